// Calls of methods as arguments: see query_args.h.
#include "client/cli/query_args.h"

#include <errno.h>

// Takes what stands before `end`, or everything.
static void read_number(const char *text, Relations__V1__Value *out) {
  char *end;
  errno = 0;
  out->kind_case = RELATIONS__V1__VALUE__KIND_INT64_VALUE;
  out->int64_value = strtoll(text, &end, 10);
  if (*end == '\0' && errno == 0) return;
  errno = 0;
  out->kind_case = RELATIONS__V1__VALUE__KIND_UINT64_VALUE;
  out->uint64_value = strtoull(text, &end, 10);
  if (*end == '\0' && errno == 0 && text[0] != '-') return;
  out->kind_case = RELATIONS__V1__VALUE__KIND_DOUBLE_VALUE;
  out->double_value = strtod(text, &end);
  if (*end == '\0') return;
  out->kind_case = RELATIONS__V1__VALUE__KIND_STRING_VALUE; // 2023-01-01
  out->string_value = (char *)(uintptr_t)text;
}

static Relations__V1__Value *read_bare(rel_str text, rel_arena *arena) {
  Relations__V1__Value *value = REL_ARENA_NEW(arena, Relations__V1__Value);
  relations__v1__value__init(value);
  const char *copy = rel_arena_copy(arena, text).ptr;
  if (rel_str_is(text, "true") || rel_str_is(text, "false")) {
    value->kind_case = RELATIONS__V1__VALUE__KIND_BOOL_VALUE;
    value->bool_value = rel_str_is(text, "true");
  } else if ((text.ptr[0] >= '0' && text.ptr[0] <= '9') || text.ptr[0] == '-') {
    read_number(copy, value);
  } else {
    value->kind_case = RELATIONS__V1__VALUE__KIND_STRING_VALUE;
    value->string_value = (char *)(uintptr_t)copy;
  }
  return value;
}

// What stands in quotes, a backslash before what is taken as it is. False when they are not closed.
static bool read_quoted(rel_str *rest, rel_arena *arena, Relations__V1__Value **out) {
  char quote = rest->ptr[0], *text = rel_arena_alloc(arena, rest->len);
  size_t i = 1, len = 0;
  for (; i < rest->len && rest->ptr[i] != quote; i++) {
    if (rest->ptr[i] == '\\' && i + 1 < rest->len) i++;
    text[len++] = rest->ptr[i];
  }
  if (i >= rest->len) return false;
  text[len] = '\0';
  *rest = rel_bytes(rest->ptr + i + 1, rest->len - i - 1);
  *out = REL_ARENA_NEW(arena, Relations__V1__Value);
  relations__v1__value__init(*out);
  (*out)->kind_case = RELATIONS__V1__VALUE__KIND_STRING_VALUE;
  (*out)->string_value = text;
  return true;
}

// One argument and the comma behind it.
static bool read_argument(rel_str *rest, rel_arena *arena, Relations__V1__Value **out) {
  *rest = rel_str_trim(*rest);
  if (rest->len == 0) return false;
  if (rest->ptr[0] != '"' && rest->ptr[0] != '\'') {
    rel_str bare = rel_str_trim(rel_str_cut(rest, ','));
    if (bare.len > 0) *out = read_bare(bare, arena);
    return bare.len > 0;
  }
  if (!read_quoted(rest, arena, out)) return false;
  return rel_str_trim(rel_str_cut(rest, ',')).len == 0;
}

rel_code rel_query_method_parse(const char *text, rel_arena *arena, Relations__V1__MethodCall **out,
                                rel_error *error) {
  rel_str rest = rel_str_trim(rel_cstr(text));
  Relations__V1__MethodCall *call = *out = REL_ARENA_NEW(arena, Relations__V1__MethodCall);
  relations__v1__method_call__init(call);
  bool arguments = rest.len > 0 && memchr(rest.ptr, '(', rest.len) != NULL;
  bool good = !arguments || rest.ptr[rest.len - 1] == ')';
  call->name = (char *)rel_arena_copy(arena, rel_str_trim(rel_str_cut(&rest, '('))).ptr;
  if (good && arguments) rest = rel_str_trim(rel_bytes(rest.ptr, rest.len - 1));
  call->arguments = REL_ARENA_ARRAY(arena, Relations__V1__Value *, rest.len + 1);
  while (good && rest.len > 0)
    good = read_argument(&rest, arena, &call->arguments[call->n_arguments++]);
  if (good && call->name[0] != '\0') return REL_OK;
  return rel_fail(error, REL_INVALID, "--method: \"%s\" is no call like name(1, \"text\")", text);
}

// --- Names ---

char **rel_query_names(const char *text, rel_arena *arena, size_t *count) {
  rel_str rest = rel_cstr(text);
  *count = 1;
  for (size_t i = 0; i < rest.len; i++)
    *count += rest.ptr[i] == ',';
  char **names = REL_ARENA_ARRAY(arena, char *, *count);
  for (size_t i = 0; i < *count; i++)
    names[i] = (char *)(uintptr_t)rel_arena_copy(arena, rel_str_trim(rel_str_cut(&rest, ','))).ptr;
  return names;
}
