// What the benchmark asks, and of which database: authors with 10 to 20 books each, and Load requests for
// them; and what the data of the other benchmarks are made with.
#ifndef RELATIONS_TESTS_BENCH_BENCH_DATA_H
#define RELATIONS_TESTS_BENCH_BENCH_DATA_H

#include "common/arena.h"
#include "common/str.h"

#include <protobuf-c/protobuf-c.h>

#ifdef __cplusplus
extern "C" {
#endif

// What the benchmarks' databases have in common: a new file in WAL mode, with tables by `schema`, and `fill`
// run in one transaction.
rel_code rel_bench_make_database(const char *path, const char *schema, const char *fill,
                                 rel_error *error) REL_MUST_CHECK;
// A serialized message, in the arena.
rel_str rel_bench_pack(rel_arena *arena, const ProtobufCMessage *message);

// Authors have the ids 1 to `authors`. The books lie in the table in no order of authors, as they do where
// books of all authors come in over time; an index leads to an author's.
rel_code rel_bench_database(const char *path, unsigned authors, rel_error *error) REL_MUST_CHECK;

// The author at a place of a fixed order that scatters them, from 0 on and around.
int64_t rel_bench_author(unsigned authors, uint64_t place);

// Load requests of `keys` authors each, together every author once, in that order. They live in the arena.
rel_str *rel_bench_requests(rel_arena *arena, unsigned authors, unsigned keys, size_t *count);

// What an echo server is asked: as long as the request, for an answer of `answer_bytes`.
rel_str rel_bench_echo_request(rel_arena *arena, size_t len, size_t answer_bytes);

#ifdef __cplusplus
}
#endif

#endif
