// Templates: see template.h.
#include "client/plugin/template.h"

#include <assert.h>

static rel_str value_of(const rel_template_value *values, rel_str name) {
  for (; values->name != NULL; values++)
    if (rel_str_is(name, values->name)) return values->text;
  assert(!"a template names a value that was not given");
  return rel_cstr("");
}

void rel_template_put(rel_buf *out, const char *template_text, const rel_template_value *values) {
  for (const char *at = template_text; *at != '\0';) {
    const char *mark = strchr(at, '$');
    if (mark == NULL) {
      rel_buf_cstr(out, at);
      return;
    }
    rel_buf_append(out, at, (size_t)(mark - at));
    const char *end = strchr(mark + 1, '$');
    assert(end != NULL);
    rel_buf_str(out, value_of(values, rel_bytes(mark + 1, (size_t)(end - mark) - 1)));
    at = end + 1;
  }
}
