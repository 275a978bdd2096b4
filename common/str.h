// Views of bytes and text, growable buffers, and allocation that does not fail.
//
// A rel_str is a view: passed by value, never assumed NUL-terminated, valid as long as what it points at. A
// rel_buf owns its bytes. Not thread-safe: one owner.
#ifndef RELATIONS_COMMON_STR_H
#define RELATIONS_COMMON_STR_H

#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

// A view of bytes or text.
typedef struct rel_str {
  const char *ptr;
  size_t len;
} rel_str;

// For printf: printf(REL_STR_F, REL_STR_A(s)).
#define REL_STR_F    "%.*s"
#define REL_STR_A(s) (int)(s).len, (s).ptr

// The view of a NUL-terminated string, NULL being empty.
static inline rel_str rel_cstr(const char *text) {
  rel_str s = {text != NULL ? text : "", text != NULL ? strlen(text) : 0};
  return s;
}

static inline rel_str rel_bytes(const void *ptr, size_t len) {
  rel_str s = {(const char *)ptr, len};
  return s;
}

static inline bool rel_str_eq(rel_str a, rel_str b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool rel_str_is(rel_str a, const char *text) {
  return rel_str_eq(a, rel_cstr(text));
}

// Byte order; for qsort and merge.
static inline int rel_str_cmp(rel_str a, rel_str b) {
  size_t n = a.len < b.len ? a.len : b.len;
  int order = n == 0 ? 0 : memcmp(a.ptr, b.ptr, n);
  return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

// Without the spaces around it.
rel_str rel_str_trim(rel_str text);
// Cuts what is before `separator` off `rest`; all of it when there is none, and *rest is empty then.
rel_str rel_str_cut(rel_str *rest, char separator);

// True when the bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). NUL is well-formed.
bool rel_utf8_valid(rel_str text);
// Makes UTF-8 of a text that is none, in place: every byte beyond ASCII becomes a question mark.
void rel_utf8_make(char *text);

// Reads hexadecimal digits of either case, two a byte, into text.len / 2 bytes; false when there is anything
// else, or one digit too many.
bool rel_hex_read(rel_str text, uint8_t *out);

// How many single-character edits (insert, delete, replace) lead from a to b (Levenshtein 1965), for
// suggesting a near name. Returns `limit + 1` as soon as it is more than limit; texts over 64 bytes count as
// too far.
size_t rel_edit_distance(rel_str a, rel_str b, size_t limit);

// Of the names that are offered the one nearest to what was wanted, as long as it is near enough to be a slip
// of the pen: the more letters, the more of them may be wrong, never all. A view, which the caller keeps
// alive.
typedef struct rel_near {
  rel_str wanted;
  rel_str best;    // empty: none is near
  size_t distance; // of the best one
} rel_near;

rel_near rel_near_begin(rel_str wanted);
// True when it is nearer than all before it.
bool rel_near_offer(rel_near *near, rel_str candidate);
// Offers `candidate` under the spelling `as`.
bool rel_near_offer_as(rel_near *near, rel_str candidate, rel_str as);

// For printf, at the end of a message that something is not there: "; did you mean x?", or nothing when
// `near` is empty.
#define REL_NEAR_F       "%s%.*s%s"
#define REL_NEAR_A(near) (near).len > 0 ? "; did you mean " : "", REL_STR_A(near), (near).len > 0 ? "?" : ""

// Memory. A small allocation that fails on a machine that overcommits is past recovering from, and code that
// pretends to recover is never tested: these end the process with a message instead. What a stranger can ask
// for is bounded before it is allocated. Freed with free().
void *rel_alloc(size_t bytes);                 // uninitialized
void *rel_alloc0(size_t count, size_t size);   // zeroed, checked for overflow
void *rel_realloc(void *memory, size_t bytes); // like realloc
char *rel_strdup(rel_str text);                // a NUL-terminated copy
#define REL_NEW(type) ((type *)rel_alloc0(1, sizeof(type)))

// A growable buffer; {0} is empty and valid.
typedef struct rel_buf {
  uint8_t *data;
  size_t len;
  size_t cap;
} rel_buf;

// Frees the bytes and empties the buffer. Accepts NULL.
void rel_buf_fini(rel_buf *buf);
// What rel_buf_reserve does when there is not enough room.
uint8_t *rel_buf_grow(rel_buf *buf, size_t more);
// Makes room for `more` bytes beyond len and returns where they begin; they are not counted until len is
// raised. Every field that is written begins with it.
static inline uint8_t *rel_buf_reserve(rel_buf *buf, size_t more) {
  return buf->data != NULL && buf->cap - buf->len >= more ? buf->data + buf->len : rel_buf_grow(buf, more);
}
void rel_buf_append(rel_buf *buf, const void *bytes, size_t len);
void rel_buf_str(rel_buf *buf, rel_str text);
void rel_buf_cstr(rel_buf *buf, const char *text);
// Appends a dotted name as one word, "author.name" as author_name: what groups, which have no relations, call
// it.
void rel_buf_undotted(rel_buf *buf, rel_str name);
void rel_buf_printf(rel_buf *buf, const char *format, ...) REL_PRINTF(2, 3);
static inline rel_str rel_buf_view(const rel_buf *buf) {
  return rel_bytes(buf->data, buf->len);
}
// A NUL behind the last byte, not counted; returns the text, valid until the buffer changes.
const char *rel_buf_text(rel_buf *buf);

#ifdef __cplusplus
}
#endif

#endif
