// Clocks. Every duration and deadline inside is in nanoseconds of the monotonic clock; the wall clock is for
// logs only.
#ifndef RELATIONS_COMMON_CLOCK_H
#define RELATIONS_COMMON_CLOCK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define REL_NS_PER_MS INT64_C(1000000)
#define REL_NS_PER_S  INT64_C(1000000000)
#define REL_NEVER     INT64_MAX

// Nanoseconds of CLOCK_MONOTONIC. Thread-safe.
int64_t rel_clock_ns(void);

// now + span, REL_NEVER when that overflows.
static inline int64_t rel_clock_after(int64_t now_ns, int64_t span_ns) {
  return span_ns > REL_NEVER - now_ns ? REL_NEVER : now_ns + span_ns;
}

// A deadline that several threads read while one moves it. Touched through these functions only.
typedef struct rel_deadline {
  int64_t ns; // monotonic
} rel_deadline;

static inline int64_t rel_deadline_get(const rel_deadline *deadline) {
  return __atomic_load_n(&deadline->ns, __ATOMIC_ACQUIRE);
}

static inline void rel_deadline_set(rel_deadline *deadline, int64_t ns) {
  __atomic_store_n(&deadline->ns, ns, __ATOMIC_RELEASE);
}

#ifdef __cplusplus
}
#endif

#endif
