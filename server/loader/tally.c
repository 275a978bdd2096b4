// Tallies: see tally.h.
#include "server/loader/tally.h"

#include "common/clock.h"

rel_tally *rel_tally_new(const rel_budget *budget, rel_arena *arena) {
  rel_tally *tally = REL_ARENA_NEW(arena, rel_tally);
  tally->budget = *budget;
  tally->arena = arena;
  return tally;
}

static void grow(rel_tally *tally) {
  enum { FIRST = 8 };
  size_t capacity = tally->capacity == 0 ? FIRST : 2 * tally->capacity;
  rel_step *steps = REL_ARENA_ARRAY(tally->arena, rel_step, capacity);
  if (tally->count > 0) memcpy(steps, tally->steps, tally->count * sizeof *steps);
  tally->steps = steps;
  tally->capacity = capacity;
}

rel_step *rel_tally_step(rel_tally *tally, rel_str name, const rel_source *source) {
  for (size_t i = 0; i < tally->count; i++)
    if (rel_str_eq(tally->steps[i].name, name)) {
      tally->steps[i].source = source;
      return &tally->steps[i];
    }
  if (tally->count == tally->capacity) grow(tally);
  rel_step *step = &tally->steps[tally->count++];
  *step = (rel_step){.name = rel_arena_copy(tally->arena, name), .source = source};
  return step;
}

static rel_code over(const rel_step *step, rel_error *error, const char *what, unsigned long long limit,
                     const char *advice) {
  return rel_fail_field(error, REL_LIMIT, "budget", "\"" REL_STR_F "\" would take more than %llu %s: %s",
                        REL_STR_A(step->name), limit, what, advice);
}

rel_code rel_tally_admit(rel_tally *tally, rel_step *step, size_t keys, rel_error *error) {
  size_t most = step->source != NULL ? rel_source_max_batch(step->source) : 1;
  size_t statements = (keys + most - 1) / most;
  step->rounds++;
  tally->admitted += statements;
  if (tally->admitted <= tally->budget.max_statements) return REL_OK;
  return over(step, error, "statements", tally->budget.max_statements, "include less, or allow more");
}

void rel_tally_load(rel_step *step, const rel_load *load) {
  size_t missed = rel_load_missed(load), most = rel_source_max_batch(step->source);
  step->cached += rel_load_count(load) - missed;
  step->statements += (missed + most - 1) / most;
}

int64_t rel_tally_deadline(const rel_tally *tally, int64_t deadline_ns) {
  if (tally->budget.max_time_ns == REL_NEVER) return deadline_ns;
  int64_t up_ns = rel_clock_after(rel_clock_ns(), tally->budget.max_time_ns - tally->time_ns);
  return up_ns < deadline_ns ? up_ns : deadline_ns;
}

rel_code rel_tally_time(rel_tally *tally, rel_step *step, int64_t time_ns, const rel_error *failed,
                        rel_error *error) {
  step->time_ns += time_ns;
  tally->time_ns += time_ns;
  bool late = failed != NULL && failed->code == REL_TIMEOUT;
  if (tally->time_ns < tally->budget.max_time_ns || (failed != NULL && !late)) return REL_OK;
  return over(step, error, "ms of the database",
              (unsigned long long)(tally->budget.max_time_ns / REL_NS_PER_MS),
              "ask for less at a time, or allow more");
}

rel_code rel_tally_records(rel_tally *tally, rel_step *step, size_t records, rel_error *error) {
  step->records += records;
  tally->records += records;
  if (tally->records <= tally->budget.max_records) return REL_OK;
  return over(step, error, "records", tally->budget.max_records, "ask for fewer, or allow more");
}
