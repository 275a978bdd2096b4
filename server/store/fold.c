// Case folding: see fold.h. ASCII here, all other letters by utf8proc.
#include "server/store/fold.h"

#include <stdlib.h>
#include <utf8proc.h>

static bool is_ascii(rel_str text) {
  for (size_t i = 0; i < text.len; i++)
    if ((uint8_t)text.ptr[i] >= 0x80) return false;
  return true;
}

static void fold_ascii(rel_str text, rel_buf *out) {
  size_t start = out->len;
  rel_buf_str(out, text);
  for (size_t i = start; i < out->len; i++)
    if (out->data[i] >= 'A' && out->data[i] <= 'Z') out->data[i] += 'a' - 'A';
}

void rel_text_fold(rel_str text, rel_buf *out) {
  if (is_ascii(text)) {
    fold_ascii(text, out);
    return;
  }
  utf8proc_uint8_t *folded = NULL;
  utf8proc_ssize_t len = utf8proc_map((const utf8proc_uint8_t *)text.ptr, (utf8proc_ssize_t)text.len, &folded,
                                      UTF8PROC_CASEFOLD);
  rel_buf_str(out, len < 0 ? text : rel_bytes(folded, (size_t)len));
  free(folded);
}
