// Base64 (RFC 4648). Stateless; any thread.
#ifndef RELATIONS_COMMON_BASE64_H
#define RELATIONS_COMMON_BASE64_H

#include "common/str.h"

#ifdef __cplusplus
extern "C" {
#endif

// Appends the bytes in the URL's alphabet, without padding.
void rel_base64url_write(rel_str bytes, rel_buf *out);

// Appends what the text stands for: either alphabet, with padding or without. False, with nothing appended,
// when it is anything else; bits that belong to no byte must be zero, so that no two texts of one form are
// the same bytes.
bool rel_base64_read(rel_str text, rel_buf *out);

#ifdef __cplusplus
}
#endif

#endif
