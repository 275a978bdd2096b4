// The same lookups without a server: the relation's plan on a store in this process, rows put together to
// record sets by the loader's own writer. What a miss costs when nothing is received, sent or kept. One
// owner.
#ifndef RELATIONS_TESTS_BENCH_INPROCESS_H
#define RELATIONS_TESTS_BENCH_INPROCESS_H

#include "common/str.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_inprocess rel_inprocess;

typedef struct rel_inprocess_result {
  uint64_t keys;
  uint64_t bytes; // of record sets
  int64_t elapsed_ns;
  int64_t cpu_ns; // of this process
} rel_inprocess_result;

// `set` is a descriptor set with bench.v1. The store has one connection, on `core`.
rel_code rel_inprocess_new(const char *url, rel_str set, unsigned authors, int core, rel_inprocess **out,
                           rel_error *error) REL_MUST_CHECK;
// Accepts NULL.
void rel_inprocess_free(rel_inprocess *inprocess);
// Loads batches of `keys` authors, one after the other, for `max_ns`, at least one.
rel_code rel_inprocess_run(rel_inprocess *inprocess, unsigned keys, int64_t max_ns, rel_inprocess_result *out,
                           rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
