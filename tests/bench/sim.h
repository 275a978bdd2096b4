// Eviction policies over a trace: how many accesses hit a cache of so many keys, all of one size, when every
// miss is stored. For cache_sim and its test.
#ifndef RELATIONS_TESTS_BENCH_SIM_H
#define RELATIONS_TESTS_BENCH_SIM_H

#include "server/cache/policy.h"
#include "tests/bench/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

// The server's own policy.c; `options` NULL: as the server uses it.
uint64_t rel_sim_policy(const rel_trace *trace, uint32_t capacity, const rel_policy_options *options);
// Least recently used.
uint64_t rel_sim_lru(const rel_trace *trace, uint32_t capacity);
// SIEVE (Zhang et al., NSDI 2024).
uint64_t rel_sim_sieve(const rel_trace *trace, uint32_t capacity);
// The best possible, which knows the future: what is used again last goes (Belady 1966).
uint64_t rel_sim_belady(const rel_trace *trace, uint32_t capacity);

#ifdef __cplusplus
}
#endif

#endif
