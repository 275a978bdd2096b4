// Views, buffers and allocation: see str.h.
#include "common/str.h"

#include <stdio.h>

rel_str rel_str_trim(rel_str text) {
  while (text.len > 0 && text.ptr[0] == ' ') {
    text.ptr++;
    text.len--;
  }
  while (text.len > 0 && text.ptr[text.len - 1] == ' ')
    text.len--;
  return text;
}

rel_str rel_str_cut(rel_str *rest, char separator) {
  const char *at = rest->len == 0 ? NULL : memchr(rest->ptr, separator, rest->len);
  rel_str part = rel_bytes(rest->ptr, at == NULL ? rest->len : (size_t)(at - rest->ptr));
  size_t used = part.len + (at != NULL);
  *rest = rel_bytes(rest->ptr + used, rest->len - used);
  return part;
}

static void out_of_memory(size_t bytes) {
  fprintf(stderr, "relations: out of memory (%zu bytes)\n", bytes);
  abort();
}

void *rel_alloc(size_t bytes) {
  void *memory = malloc(bytes > 0 ? bytes : 1);
  if (memory == NULL) out_of_memory(bytes);
  return memory;
}

void *rel_alloc0(size_t count, size_t size) {
  void *memory = calloc(count > 0 ? count : 1, size > 0 ? size : 1);
  if (memory == NULL) out_of_memory(count * size);
  return memory;
}

void *rel_realloc(void *memory, size_t bytes) {
  void *grown = realloc(memory, bytes > 0 ? bytes : 1);
  if (grown == NULL) out_of_memory(bytes);
  return grown;
}

char *rel_strdup(rel_str text) {
  char *copy = rel_alloc(text.len + 1);
  if (text.len > 0) memcpy(copy, text.ptr, text.len);
  copy[text.len] = '\0';
  return copy;
}

void rel_buf_fini(rel_buf *buf) {
  if (buf == NULL) return;
  free(buf->data);
  *buf = (rel_buf){0};
}

uint8_t *rel_buf_grow(rel_buf *buf, size_t more) {
  size_t cap = buf->cap * 2 > 64 ? buf->cap * 2 : 64;
  if (cap < buf->len + more) cap = buf->len + more;
  buf->data = rel_realloc(buf->data, cap);
  buf->cap = cap;
  return buf->data + buf->len;
}

void rel_buf_append(rel_buf *buf, const void *bytes, size_t len) {
  if (len == 0) return;
  memcpy(rel_buf_reserve(buf, len), bytes, len);
  buf->len += len;
}

void rel_buf_str(rel_buf *buf, rel_str text) {
  rel_buf_append(buf, text.ptr, text.len);
}

void rel_buf_undotted(rel_buf *buf, rel_str name) {
  size_t start = buf->len;
  rel_buf_str(buf, name);
  for (size_t i = start; i < buf->len; i++)
    if (buf->data[i] == '.') buf->data[i] = '_';
}

void rel_buf_cstr(rel_buf *buf, const char *text) {
  rel_buf_append(buf, text, strlen(text));
}

void rel_buf_printf(rel_buf *buf, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int wanted = vsnprintf(NULL, 0, format, args);
  if (wanted > 0) {
    vsnprintf((char *)rel_buf_reserve(buf, (size_t)wanted + 1), (size_t)wanted + 1, format, again);
    buf->len += (size_t)wanted;
  }
  va_end(again);
  va_end(args);
}

const char *rel_buf_text(rel_buf *buf) {
  *rel_buf_reserve(buf, 1) = 0;
  return (const char *)buf->data;
}

// Length of the well-formed character at p, 0 if there is none. Table 3-7 of the Unicode Standard.
static size_t utf8_char(const uint8_t *p, const uint8_t *end) {
  size_t left = (size_t)(end - p);
  if (p[0] < 0x80) return 1;
  if (p[0] < 0xC2 || p[0] > 0xF4) return 0;
  size_t len = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
  if (left < len) return 0;
  uint8_t low = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
  uint8_t high = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;
  if (p[1] < low || p[1] > high) return 0;
  for (size_t i = 2; i < len; i++)
    if ((p[i] & 0xC0) != 0x80) return 0;
  return len;
}

static bool eight_are_ascii(const uint8_t *p) {
  uint64_t eight;
  memcpy(&eight, p, sizeof eight);
  return (eight & 0x8080808080808080u) == 0;
}

bool rel_utf8_valid(rel_str text) {
  if (text.len == 0) return true;
  const uint8_t *p = (const uint8_t *)text.ptr;
  const uint8_t *end = p + text.len;
  while (p < end) {
    if (end - p >= 8 && eight_are_ascii(p)) {
      p += 8;
      continue;
    }
    // The last few again with those before them, all of which are known to be whole characters.
    if (end - p < 8 && text.len >= 8 && eight_are_ascii(end - 8)) return true;
    size_t len = utf8_char(p, end);
    if (len == 0) return false;
    p += len;
  }
  return true;
}

void rel_utf8_make(char *text) {
  if (rel_utf8_valid(rel_cstr(text))) return;
  for (; *text != '\0'; text++)
    if ((unsigned char)*text >= 0x80) *text = '?';
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool rel_hex_read(rel_str text, uint8_t *out) {
  if (text.len % 2 != 0) return false;
  for (size_t i = 0; i < text.len; i += 2) {
    int high = hex_digit(text.ptr[i]), low = hex_digit(text.ptr[i + 1]);
    if (high < 0 || low < 0) return false;
    out[i / 2] = (uint8_t)(high << 4 | low);
  }
  return true;
}

size_t rel_edit_distance(rel_str a, rel_str b, size_t limit) {
  enum { MAX = 64 };
  if (a.len > MAX || b.len > MAX) return limit + 1;
  size_t row[MAX + 1];
  for (size_t j = 0; j <= b.len; j++)
    row[j] = j;
  for (size_t i = 1; i <= a.len; i++) {
    size_t diagonal = row[0];
    size_t best = row[0] = i;
    for (size_t j = 1; j <= b.len; j++) {
      size_t replace = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
      size_t gap = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
      diagonal = row[j];
      row[j] = replace < gap ? replace : gap;
      if (row[j] < best) best = row[j];
    }
    if (best > limit) return limit + 1;
  }
  return row[b.len] <= limit ? row[b.len] : limit + 1;
}

rel_near rel_near_begin(rel_str wanted) {
  // Two letters that changed places are two edits.
  size_t limit = wanted.len < 3 ? 1 : wanted.len < 9 ? 2 : wanted.len < 12 ? 3 : 4;
  return (rel_near){.wanted = wanted, .distance = limit + 1};
}

bool rel_near_offer_as(rel_near *near, rel_str candidate, rel_str as) {
  if (near->distance == 0) return false;
  size_t distance = rel_edit_distance(near->wanted, as, near->distance - 1);
  if (distance >= near->distance || distance >= near->wanted.len) return false;
  near->distance = distance;
  near->best = candidate;
  return true;
}

bool rel_near_offer(rel_near *near, rel_str candidate) {
  return rel_near_offer_as(near, candidate, candidate);
}
