// Clocks: see clock.h.
#include "common/clock.h"

#include <time.h>

int64_t rel_clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * REL_NS_PER_S + now.tv_nsec;
}
