// Base64: see base64.h.
#include "common/base64.h"

void rel_base64url_write(rel_str bytes, rel_buf *out) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  uint32_t bits = 0;
  unsigned count = 0;
  for (size_t i = 0; i < bytes.len; i++) {
    bits = bits << 8 | (uint8_t)bytes.ptr[i];
    count += 8;
    for (; count >= 6; count -= 6)
      rel_buf_append(out, &alphabet[bits >> (count - 6) & 63], 1);
  }
  if (count > 0) rel_buf_append(out, &alphabet[bits << (6 - count) & 63], 1);
}

static int digit_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

bool rel_base64_read(rel_str text, rel_buf *out) {
  size_t start = out->len, padding = 0;
  while (padding < 2 && padding < text.len && text.ptr[text.len - 1 - padding] == '=')
    padding++;
  if (padding > 0 && text.len % 4 != 0) return false;
  text.len -= padding;
  uint32_t bits = 0;
  unsigned count = 0;
  bool good = text.len % 4 != 1;
  for (size_t i = 0; i < text.len && good; i++) {
    int digit = digit_value(text.ptr[i]);
    good = digit >= 0;
    bits = bits << 6 | (uint32_t)(digit & 63);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    uint8_t byte = (uint8_t)(bits >> count);
    rel_buf_append(out, &byte, 1);
  }
  if (good) good = (bits & ((1u << count) - 1)) == 0;
  if (!good) out->len = start;
  return good;
}
