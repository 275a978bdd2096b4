// Arguments of includes: see include_args.h. What may stand behind a path is a row of the table here.
#include "client/cli/include_args.h"

#include "client/cli/query_args.h"
#include "server/query/order.h"

#include <errno.h>

// A clause under way; `value` ends in NUL.
typedef struct clause {
  const char *value;
  rel_arena *arena;
  Relations__V1__Include *out;
  rel_error *error;
} clause;

static rel_code read_filter(const clause *c) {
  c->out->filter_text = (char *)(uintptr_t)c->value;
  return REL_OK;
}

// One after the other may stand there; all must hold.
static rel_code read_method(const clause *c) {
  Relations__V1__MethodCall **all =
      REL_ARENA_ARRAY(c->arena, Relations__V1__MethodCall *, c->out->n_methods + 1);
  if (c->out->n_methods > 0) memcpy(all, c->out->methods, c->out->n_methods * sizeof *all);
  c->out->methods = all;
  return rel_query_method_parse(c->value, c->arena, &all[c->out->n_methods++], c->error);
}

static rel_code read_order(const clause *c) {
  return rel_order_parse(rel_cstr(c->value), c->arena, &c->out->order_by, &c->out->n_order_by, c->error);
}

static rel_code read_fields(const clause *c) {
  c->out->fields = rel_query_names(c->value, c->arena, &c->out->n_fields);
  return REL_OK;
}

static rel_code read_number(const clause *c, uint32_t *out) {
  char *end;
  errno = 0;
  unsigned long long value = strtoull(c->value, &end, 10);
  *out = (uint32_t)value;
  if (c->value[0] >= '0' && c->value[0] <= '9' && *end == '\0' && errno == 0 && value <= UINT32_MAX)
    return REL_OK;
  return rel_fail(c->error, REL_INVALID, "--include %s: \"%s\" is no whole number", c->out->path, c->value);
}

static rel_code read_limit(const clause *c) {
  return read_number(c, &c->out->limit);
}

// One after the other may stand there, each of another owner.
static rel_code read_page(const clause *c) {
  char **all = REL_ARENA_ARRAY(c->arena, char *, c->out->n_page_tokens + 1);
  if (c->out->n_page_tokens > 0) memcpy(all, c->out->page_tokens, c->out->n_page_tokens * sizeof *all);
  c->out->page_tokens = all;
  all[c->out->n_page_tokens++] = (char *)(uintptr_t)c->value;
  return REL_OK;
}

static rel_code read_depth(const clause *c) {
  return read_number(c, &c->out->depth);
}

static rel_code read_count(const clause *c) {
  c->out->count_only = true;
  if (c->value[0] == '\0') return REL_OK;
  return rel_fail(c->error, REL_INVALID, "--include %s: count takes no value", c->out->path);
}

static const struct {
  const char *name;
  rel_code (*read)(const clause *c);
} clauses[] = {
    {"filter", read_filter}, {"method", read_method}, {"order", read_order},   {"limit", read_limit},
    {"depth", read_depth},   {"count", read_count},   {"fields", read_fields}, {"page", read_page},
};

// Takes what stands before the next semicolon that is in no quotes.
static rel_str take_clause(rel_str *rest) {
  size_t len = 0;
  char quote = '\0';
  for (; len < rest->len && (quote != '\0' || rest->ptr[len] != ';'); len++) {
    char c = rest->ptr[len];
    if (quote != '\0' && c == '\\' && len + 1 < rest->len)
      len++;
    else if (c == quote)
      quote = '\0';
    else if (quote == '\0' && (c == '"' || c == '\''))
      quote = c;
  }
  rel_str taken = rel_str_trim(rel_bytes(rest->ptr, len));
  size_t used = len < rest->len ? len + 1 : len;
  *rest = rel_bytes(rest->ptr + used, rest->len - used);
  return taken;
}

static rel_code read_clause(rel_str text, clause *c) {
  rel_str value = text, name = rel_str_trim(rel_str_cut(&value, ':'));
  c->value = rel_arena_copy(c->arena, rel_str_trim(value)).ptr;
  for (size_t i = 0; i < sizeof clauses / sizeof clauses[0]; i++)
    if (rel_str_is(name, clauses[i].name)) return clauses[i].read(c);
  return rel_fail(c->error, REL_INVALID,
                  "--include %s: \"" REL_STR_F
                  "\" is none of filter, method, order, limit, page, depth, count and fields",
                  c->out->path, REL_STR_A(name));
}

rel_code rel_include_parse(const char *text, rel_arena *arena, Relations__V1__Include **out,
                           rel_error *error) {
  rel_str rest = rel_cstr(text);
  Relations__V1__Include *include = *out = REL_ARENA_NEW(arena, Relations__V1__Include);
  relations__v1__include__init(include);
  include->path = (char *)(uintptr_t)rel_arena_copy(arena, take_clause(&rest)).ptr;
  clause c = {.arena = arena, .out = include, .error = error};
  rel_code code = REL_OK;
  while (code == REL_OK && rest.len > 0) {
    rel_str one = take_clause(&rest);
    if (one.len > 0) code = read_clause(one, &c);
  }
  return code;
}
