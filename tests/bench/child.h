// A server as a child process: started on one core, waited for until it listens, its CPU time read, ended.
// One owner.
#ifndef RELATIONS_TESTS_BENCH_CHILD_H
#define RELATIONS_TESTS_BENCH_CHILD_H

#include "common/clock.h"
#include "common/str.h"

#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_child {
  pid_t pid; // 0: none
  int port;  // of 127.0.0.1
} rel_child;

enum { REL_ANY_CORE = -1 };

// Runs argv (NULL at its end) with its standard error in the file `log`, until a line
// {"event":"listening","port":N} stands there. It ends with this process at the latest. REL_UNAVAILABLE with
// the end of its log.
rel_code rel_child_start(const char *const *argv, int core, const char *log, rel_child *out,
                         rel_error *error) REL_MUST_CHECK;
// Ends it with SIGTERM and waits for it. Accepts a zeroed one.
void rel_child_stop(rel_child *child);
// CPU time of all its threads, in user and kernel.
int64_t rel_child_cpu_ns(const rel_child *child);

// The n-th core that this process may use, REL_ANY_CORE if there are not so many.
int rel_core(unsigned n);
// Keeps this thread, and those that it will start, on a core. REL_ANY_CORE: does nothing.
void rel_core_pin(int core);
// Gives it all cores that the process had at the start back.
void rel_core_unpin(void);

#ifdef __cplusplus
}
#endif

#endif
