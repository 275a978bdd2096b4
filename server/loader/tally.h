// A tally: what one call takes from the database, step by step. What budgets are held against, and what
// explaining a request tells.
//
// A step is one relation of the request, or its root: keys go in, some are answered by the cache, the rest by
// statements. A call has one owner at a time, and so has its tally. Lives in the call's arena, but for
// nothing else.
#ifndef RELATIONS_SERVER_LOADER_TALLY_H
#define RELATIONS_SERVER_LOADER_TALLY_H

#include "server/loader/load.h"

#ifdef __cplusplus
extern "C" {
#endif

// The most that a call may take. Rounds of a step count the same whether the cache answers them or not, so
// that a request is not refused one time and served the next.
typedef struct rel_budget {
  size_t max_statements; // SIZE_MAX: any number; the same below
  size_t max_records;    // loaded, each where it is first met
  int64_t max_time_ns;   // waiting for the database; REL_NEVER
} rel_budget;

typedef struct rel_step {
  rel_str name;             // "root", "books.reviews"; lives as long as the tally
  const rel_source *source; // as long as the step is under way; NULL: pages of a query
  rel_str shape;            // what is asked; empty unless shapes are wanted
  size_t rounds;
  size_t keys;      // distinct ones
  size_t assembled; // of them, found in the cache with everything below
  size_t cached;    // of them, found in the cache
  size_t statements;
  size_t records;
  int64_t time_ns; // from asking to having the answers
} rel_step;

typedef struct rel_tally {
  rel_budget budget;
  rel_step *steps;
  size_t count, capacity;
  rel_arena *arena;
  bool shapes;     // are wanted
  size_t admitted; // statements
  size_t records;
  int64_t time_ns;
} rel_tally;

// Names of the steps that are no includes.
#define REL_STEP_REQUEST "request"
#define REL_STEP_OWNERS  "owners"

rel_tally *rel_tally_new(const rel_budget *budget, rel_arena *arena);
// The step of that name; a new one when there is none yet.
rel_step *rel_tally_step(rel_tally *tally, rel_str name, const rel_source *source);

// Before a round of a step with so many keys is asked: counts the statements that it may take. REL_LIMIT
// names the step and the number.
rel_code rel_tally_admit(rel_tally *tally, rel_step *step, size_t keys, rel_error *error) REL_MUST_CHECK;
// What a step's load took.
void rel_tally_load(rel_step *step, const rel_load *load);
// Until when it may take: the call's deadline, or when its time with the database is up.
int64_t rel_tally_deadline(const rel_tally *tally, int64_t deadline_ns);
// When it has taken so long, and failed with `failed` unless that is NULL: REL_LIMIT when the budget is used
// up, which then is why it failed.
rel_code rel_tally_time(rel_tally *tally, rel_step *step, int64_t time_ns, const rel_error *failed,
                        rel_error *error) REL_MUST_CHECK;
// So many records of the step were met. REL_LIMIT when they are too many.
rel_code rel_tally_records(rel_tally *tally, rel_step *step, size_t records, rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
