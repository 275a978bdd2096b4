// Budgets: see budget.h.
#include "client/cli/budget.h"

#include "client/cli/query_args.h"

#include <errno.h>

enum { MS_PER_S = 1000, NS_PER_MS = 1000000 };

static bool read_number(rel_str text, rel_arena *arena, uint64_t most, uint64_t *out) {
  char *end;
  const char *digits = rel_arena_copy(arena, text).ptr;
  errno = 0;
  *out = strtoull(digits, &end, 10);
  return digits[0] >= '0' && digits[0] <= '9' && *end == '\0' && errno == 0 && *out <= most;
}

static bool read_time(rel_str text, rel_arena *arena, Relations__V1__Budget *budget) {
  uint64_t ms;
  Google__Protobuf__Duration *time = REL_ARENA_NEW(arena, Google__Protobuf__Duration);
  google__protobuf__duration__init(time);
  if (!read_number(text, arena, UINT32_MAX, &ms)) return false;
  time->seconds = (int64_t)(ms / MS_PER_S);
  time->nanos = (int32_t)(ms % MS_PER_S * NS_PER_MS);
  budget->max_database_time = time;
  return true;
}

static bool read_count(rel_str text, rel_arena *arena, uint32_t *out) {
  uint64_t number;
  if (!read_number(text, arena, UINT32_MAX, &number)) return false;
  *out = (uint32_t)number;
  return true;
}

// "statements=3"
static bool read_limit(rel_str text, rel_arena *arena, Relations__V1__Budget *budget) {
  rel_str value = text, name = rel_str_trim(rel_str_cut(&value, '='));
  value = rel_str_trim(value);
  if (rel_str_is(name, "statements")) return read_count(value, arena, &budget->max_statements);
  if (rel_str_is(name, "relations")) return read_count(value, arena, &budget->max_relations);
  if (rel_str_is(name, "depth")) return read_count(value, arena, &budget->max_depth);
  if (rel_str_is(name, "records")) return read_number(value, arena, UINT64_MAX, &budget->max_records);
  if (rel_str_is(name, "bytes")) return read_number(value, arena, UINT64_MAX, &budget->max_bytes);
  return rel_str_is(name, "ms") && read_time(value, arena, budget);
}

rel_code rel_budget_read(const rel_args *args, rel_arena *arena, Relations__V1__Budget **out,
                         rel_error *error) {
  const char *text = rel_args_get(args, "budget");
  *out = NULL;
  if (text == NULL) return REL_OK;
  Relations__V1__Budget *budget = *out = REL_ARENA_NEW(arena, Relations__V1__Budget);
  relations__v1__budget__init(budget);
  rel_str rest = rel_cstr(text);
  do {
    rel_str limit = rel_str_trim(rel_str_cut(&rest, ','));
    if (!read_limit(limit, arena, budget))
      return rel_fail(error, REL_INVALID,
                      "--budget: \"" REL_STR_F
                      "\" is no limit like statements=3; there are statements, records, "
                      "bytes, relations, depth and ms",
                      REL_STR_A(limit));
  } while (rest.len > 0);
  return REL_OK;
}
