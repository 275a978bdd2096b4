// What the benchmarks share: a folder for their files, the servers that they measure, and figures over
// rounds.
//
// What is compared runs in turns, and each figure is the median of the rounds, because machines drift by more
// than what is measured; ratios are medians of each round's ratio. One owner.
#ifndef RELATIONS_TESTS_BENCH_MEASURE_H
#define RELATIONS_TESTS_BENCH_MEASURE_H

#include "tests/bench/child.h"
#include "tests/bench/loadgen.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { REL_BENCH_MAX_ROUNDS = 99, REL_BENCH_PATH = 64 };

// --- Figures ---

// One figure, once a round.
typedef struct rel_samples {
  double values[REL_BENCH_MAX_ROUNDS];
  unsigned count;
} rel_samples;

void rel_samples_add(rel_samples *samples, double value);
double rel_samples_median(const rel_samples *samples); // 0 when there is none
double rel_samples_last(const rel_samples *samples);

typedef struct rel_figures {
  rel_samples calls_per_s;
  rel_samples p50_us;
  rel_samples p99_us;
  rel_samples cpu_us;   // of the server, for each call
  rel_samples messages; // of an answer
} rel_figures;

// --- Servers ---

typedef struct rel_bench_server {
  rel_child child;
  rel_loadgen *client; // NULL until it is connected to
} rel_bench_server;

// Runs argv (NULL at its end) on the servers' core, logging to NAME.log in the folder. Before anything in
// this process starts threads: processes are forked.
rel_code rel_bench_start(const char *const *argv, const char *folder, const char *name, rel_bench_server *out,
                         rel_error *error) REL_MUST_CHECK;
// In plaintext. The process has called grpc_init.
void rel_bench_connect(rel_bench_server *server);
// Accepts a zeroed one.
void rel_bench_stop(rel_bench_server *server);
// Puts the load on the server and adds the figures of this round.
rel_code rel_bench_measure(const rel_bench_server *server, const rel_load_options *options, rel_figures *out,
                           rel_error *error) REL_MUST_CHECK;

// CPU time of this process, all threads.
int64_t rel_bench_own_cpu_ns(void);

// What is measured in this process: the call number `n`, counted from 0. False: it failed.
typedef bool rel_bench_here(void *context, uint64_t n);
// Calls it for so long on the servers' core, while they are idle, and adds the figures of this round.
rel_code rel_bench_measure_here(rel_bench_here *here, void *context, int64_t max_ns, rel_figures *out,
                                rel_error *error) REL_MUST_CHECK;

// --- Files ---

// Makes an empty folder for this run.
rel_code rel_bench_folder_new(char path[REL_BENCH_PATH], rel_error *error) REL_MUST_CHECK;
// With the files in it. Accepts "".
void rel_bench_folder_remove(const char *path);
rel_code rel_bench_read_file(const char *path, rel_buf *out, rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
