// A load generator over C-core: any method with one request and one answer or a stream of them, any
// serialized requests. One thread, one channel, one completion queue.
//
// Closed loop: so many calls are always under way, and the next begins when one ends. Open loop: calls begin
// at a rate, whatever the server does, and a latency counts from when the call was due, so that a server
// which stalls is not asked less just then. One owner. The process has called grpc_init.
#ifndef RELATIONS_TESTS_BENCH_LOADGEN_H
#define RELATIONS_TESTS_BENCH_LOADGEN_H

#include "common/clock.h"
#include "common/str.h"
#include "tests/bench/histogram.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_loadgen rel_loadgen;

typedef struct rel_load_options {
  const char *method;      // "/relations.v1.RelationService/Load"
  bool streams;            // the answer is a stream: its messages are taken as they come
  const rel_str *requests; // serialized; sent in turn, from the first on
  size_t request_count;
  unsigned concurrency;      // most calls under way at once
  double calls_per_s;        // 0: closed loop
  uint64_t max_calls;        // 0: no limit
  int64_t max_ns;            // no call begins later; REL_NEVER: no limit
  int64_t timeout_ns;        // of a call; 0: a minute
  const char *authorization; // "Bearer TOKEN"; NULL: none
} rel_load_options;

typedef struct rel_load_result {
  uint64_t calls;
  uint64_t errors;   // calls with another status than OK
  uint64_t messages; // of answers
  uint64_t answer_bytes;
  int64_t elapsed_ns;
  rel_histogram latency;
  rel_buf answer;    // the last message of the call that ended last
  rel_error failure; // of the first call that failed
} rel_load_result;

// Connects when it is first used.
rel_loadgen *rel_loadgen_new(const char *target);
// Over TLS; `ca` is the PEM of who signs the server's certificate.
rel_loadgen *rel_loadgen_new_tls(const char *target, const char *ca);
// Accepts NULL.
void rel_loadgen_free(rel_loadgen *loadgen);

// Runs until a limit is reached and every call has ended. Fails when any call failed, with the first one's
// message; the result is filled in all the same, and the caller's to rel_load_result_fini.
rel_code rel_loadgen_run(rel_loadgen *loadgen, const rel_load_options *options, rel_load_result *result,
                         rel_error *error) REL_MUST_CHECK;
// Accepts a zeroed one.
void rel_load_result_fini(rel_load_result *result);

#ifdef __cplusplus
}
#endif

#endif
