// A histogram of durations in log-linear buckets: below 64 ns exact, above that 32 buckets for each power of
// two, so a quantile is at most 3.2% off, in a constant 15 KiB. One owner.
#ifndef RELATIONS_TESTS_BENCH_HISTOGRAM_H
#define RELATIONS_TESTS_BENCH_HISTOGRAM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { REL_HISTOGRAM_STEPS = 32, REL_HISTOGRAM_BUCKETS = 60 * REL_HISTOGRAM_STEPS };

// {0} is empty and valid.
typedef struct rel_histogram {
  uint64_t buckets[REL_HISTOGRAM_BUCKETS];
  uint64_t count;
} rel_histogram;

// A negative duration counts as 0.
void rel_histogram_add(rel_histogram *histogram, int64_t ns);
// The least duration that `share` (0 to 1) of them do not exceed, rounded up to its bucket's end; 0 when
// there are none.
int64_t rel_histogram_quantile(const rel_histogram *histogram, double share);

#ifdef __cplusplus
}
#endif

#endif
