// Orders as text: see order.h.
#include "server/query/order.h"

static rel_str take_word(rel_str *rest) {
  *rest = rel_str_trim(*rest);
  return rel_str_cut(rest, ' ');
}

// "name", or "count(relation)".
static bool read_what(rel_str word, rel_arena *arena, Relations__V1__OrderTerm *out) {
  static const char call[] = "count(";
  size_t len = sizeof call - 1;
  bool counts = word.len > len && memcmp(word.ptr, call, len) == 0 && word.ptr[word.len - 1] == ')';
  if (counts) word = rel_str_trim(rel_bytes(word.ptr + len, word.len - len - 1));
  char *copy = (char *)(uintptr_t)rel_arena_copy(arena, word).ptr;
  *(counts ? &out->count_of : &out->field) = copy;
  return copy[0] != '\0';
}

// "a DESC NULLS LAST", as in SQL.
static bool is_in_capitals(rel_str term) {
  static const char *const words[] = {"DESC", "ASC", "NULLS", "FIRST", "LAST"};
  take_word(&term);
  while (term.len > 0) {
    rel_str word = take_word(&term);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
      if (rel_str_is(word, words[i])) return true;
  }
  return false;
}

static bool read_term(rel_str text, rel_arena *arena, Relations__V1__OrderTerm *out) {
  relations__v1__order_term__init(out);
  if (!read_what(take_word(&text), arena, out)) return false;
  rel_str word = take_word(&text);
  if (rel_str_is(word, "desc") || rel_str_is(word, "asc")) {
    out->descending = rel_str_is(word, "desc");
    word = take_word(&text);
  }
  if (rel_str_is(word, "nulls")) {
    word = take_word(&text);
    if (!rel_str_is(word, "first") && !rel_str_is(word, "last")) return false;
    out->nulls =
        rel_str_is(word, "first") ? RELATIONS__V1__NULLS__NULLS_FIRST : RELATIONS__V1__NULLS__NULLS_LAST;
    word = take_word(&text);
  }
  return word.len == 0;
}

rel_code rel_order_parse(rel_str text, rel_arena *arena, Relations__V1__OrderTerm ***out, size_t *count,
                         rel_error *error) {
  *count = 0;
  *out = NULL;
  if (text.len == 0) return REL_OK;
  size_t terms = 1;
  for (size_t i = 0; i < text.len; i++)
    terms += text.ptr[i] == ',';
  if (terms > REL_ORDER_MAX_TERMS)
    return rel_fail_field(error, REL_INVALID, "order_by", "at most %d terms", REL_ORDER_MAX_TERMS);
  *out = REL_ARENA_ARRAY(arena, Relations__V1__OrderTerm *, terms);
  while (*count < terms) {
    rel_str term = rel_str_trim(rel_str_cut(&text, ','));
    Relations__V1__OrderTerm *added = (*out)[(*count)++] = REL_ARENA_NEW(arena, Relations__V1__OrderTerm);
    if (!read_term(term, arena, added))
      return rel_fail_field(
          error, REL_INVALID, "order_by",
          "\"%.*s\" is no field or count(relation) with asc or desc, and nulls first or last%s",
          term.len < 100 ? (int)term.len : 100, term.ptr, is_in_capitals(term) ? ", in small letters" : "");
  }
  return REL_OK;
}
