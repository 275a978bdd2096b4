// Texts without their case.
//
// Stateless; any thread. It knows no cells and no conditions.
#ifndef RELATIONS_SERVER_STORE_FOLD_H
#define RELATIONS_SERVER_STORE_FOLD_H

#include "common/str.h"

#ifdef __cplusplus
extern "C" {
#endif

// Appends the text as Unicode's toCasefold makes it (The Unicode Standard, section 3.13), under which
// "Straße" and "STRASSE" are the same. Nothing is normalized, and what is not UTF-8 is appended as it is.
void rel_text_fold(rel_str text, rel_buf *out);

#ifdef __cplusplus
}
#endif

#endif
