// Histograms: see histogram.h.
#include "tests/bench/histogram.h"

// Values below 2 * STEPS are their own buckets; above, a bucket is the highest bit and the five bits below
// it.
static unsigned bucket_of(uint64_t ns) {
  if (ns < 2 * REL_HISTOGRAM_STEPS) return (unsigned)ns;
  unsigned shift = 63 - (unsigned)__builtin_clzll(ns) - 5;
  return shift * REL_HISTOGRAM_STEPS + (unsigned)(ns >> shift);
}

static int64_t bucket_end(unsigned bucket) {
  if (bucket < 2 * REL_HISTOGRAM_STEPS) return bucket;
  unsigned shift = bucket / REL_HISTOGRAM_STEPS - 1;
  uint64_t first = bucket - shift * REL_HISTOGRAM_STEPS;
  return (int64_t)(((first + 1) << shift) - 1);
}

void rel_histogram_add(rel_histogram *histogram, int64_t ns) {
  histogram->buckets[bucket_of(ns > 0 ? (uint64_t)ns : 0)]++;
  histogram->count++;
}

int64_t rel_histogram_quantile(const rel_histogram *histogram, double share) {
  double wanted = share * (double)histogram->count;
  uint64_t seen = 0;
  for (unsigned i = 0; i < REL_HISTOGRAM_BUCKETS; i++) {
    seen += histogram->buckets[i];
    if (seen > 0 && (double)seen >= wanted) return bucket_end(i);
  }
  return 0;
}
