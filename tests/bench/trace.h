// Access traces: read from files, or made up. For cache_sim and its test.
//
// A trace is a sequence of keys, numbered from 0 in the order in which they first occur. One owner.
#ifndef RELATIONS_TESTS_BENCH_TRACE_H
#define RELATIONS_TESTS_BENCH_TRACE_H

#include "common/str.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_trace {
  uint32_t *keys;
  size_t count;
  uint32_t distinct;
} rel_trace;

// Reads big-endian 32-bit keys. A path that ends in ".xz" goes through xz.
rel_code rel_trace_read(const char *path, rel_trace *out, rel_error *error) REL_MUST_CHECK;
// Numbers any keys; takes a copy.
void rel_trace_of(const uint32_t *keys, size_t count, rel_trace *out);
// Zipf-distributed: key k of `keys` with a probability proportional to 1 / (k + 1)^alpha. Every `scan_every`
// accesses, unless that is 0, come `scan_len` keys that never come again.
void rel_trace_zipf(uint64_t seed, double alpha, uint32_t keys, size_t count, size_t scan_every,
                    size_t scan_len, rel_trace *out);
// Accepts a zeroed one.
void rel_trace_fini(rel_trace *trace);

#ifdef __cplusplus
}
#endif

#endif
