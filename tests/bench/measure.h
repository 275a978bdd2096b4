// What the benchmarks share: what they can be told, a folder for their files, the servers that they measure,
// and figures over rounds.
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

// --- Settings ---

// What a benchmark can be told on its command line; its defaults before that.
typedef struct rel_bench_settings {
  unsigned rounds;       // everything is measured so often
  double seconds;        // for so long
  const char *size_name; // how much there is in the database: "authors"
  unsigned size, min_size, max_size;
  unsigned concurrency, max_concurrency; // calls under way; no such option when the most is 0
  const char *relationsd;
  bool compares;      // another build may be given
  const char *before; // that; NULL: none
} rel_bench_settings;

// False when it was told something else: then the usage stands on standard error.
bool rel_bench_parse(int argc, char **argv, rel_bench_settings *settings);
// The span of one measurement.
int64_t rel_bench_span_ns(const rel_bench_settings *settings);

// --- The program ---

// What a benchmark does; `bench` is its own. Each part comes after the one before has gone well, and
// tear_down always.
typedef struct rel_bench_program {
  const char *name;
  rel_code (*set_up)(void *bench, rel_error *error);
  rel_code (*begin)(void *bench, rel_error *error); // before the first round; NULL: nothing
  rel_code (*round)(void *bench, rel_error *error);
  rel_code (*end)(void *bench, rel_error *error); // after the last; NULL: nothing
  void (*print)(const void *bench);
  void (*tear_down)(void *bench);
} rel_bench_program;

// Runs it as it was told to, and says on standard error what went wrong. The exit status of the process.
int rel_bench_run(const rel_bench_program *program, const rel_bench_settings *settings, void *bench);

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

// --- Where it happens ---

// A folder of this run and a database in it. Zeroed: none.
typedef struct rel_bench_place {
  char folder[REL_BENCH_PATH];
  char database[REL_BENCH_PATH + 32]; // URL
} rel_bench_place;

// The folder is there, the database is yet to be made.
rel_code rel_bench_place_new(rel_bench_place *place, rel_error *error) REL_MUST_CHECK;
// With the files in it. Accepts a zeroed one.
void rel_bench_place_remove(const rel_bench_place *place);
// Of the database.
const char *rel_bench_path(const rel_bench_place *place);
rel_code rel_bench_read_file(const char *path, rel_buf *out, rel_error *error) REL_MUST_CHECK;

// --- Servers ---

typedef struct rel_bench_server {
  rel_child child;
  rel_loadgen *client; // NULL until it is connected to
} rel_bench_server;

// Runs argv (NULL at its end) on the servers' core, logging to NAME.log in the folder. Before anything in
// this process starts threads: processes are forked.
rel_code rel_bench_start(const char *const *argv, const rel_bench_place *place, const char *name,
                         rel_bench_server *out, rel_error *error) REL_MUST_CHECK;
// The same for a relationsd with the database and a schema, a descriptor set; `more` are its other arguments,
// NULL at their end.
rel_code rel_bench_start_relationsd(const char *relationsd, const char *schema, const char *const *more,
                                    const rel_bench_place *place, const char *name, rel_bench_server *out,
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

#ifdef __cplusplus
}
#endif

#endif
