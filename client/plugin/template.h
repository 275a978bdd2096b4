// Templates of generated text: "$name$" stands for a value. One owner.
#ifndef RELATIONS_CLIENT_PLUGIN_TEMPLATE_H
#define RELATIONS_CLIENT_PLUGIN_TEMPLATE_H

#include "common/str.h"

typedef struct rel_template_value {
  const char *name;
  rel_str text;
} rel_template_value;

// Appends the template. A name with no value is a mistake of ours, and asserts. The values end with a NULL
// name.
void rel_template_put(rel_buf *out, const char *template_text, const rel_template_value *values);

#endif
