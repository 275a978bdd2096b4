// What the benchmark of trees asks, and of which database; and the same asked by hand, as a C program with
// SQLite would. One owner.
#ifndef RELATIONS_TESTS_BENCH_TREE_DATA_H
#define RELATIONS_TESTS_BENCH_TREE_DATA_H

#include "common/arena.h"
#include "common/str.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  REL_TREE_AUTHORS = 100, // of a tree
  REL_TREE_BOOKS_OF_AN_AUTHOR = 19,
  REL_TREE_REVIEWS_OF_A_BOOK = 5,
};

// Authors 1 to `authors`; their books, and the reviews of those, lie scattered, as they came in by and by.
rel_code rel_tree_database(const char *path, unsigned authors, rel_error *error) REL_MUST_CHECK;

// Get requests of REL_TREE_AUTHORS authors each with "books.reviews", together every author once. In the
// arena.
rel_str *rel_tree_requests(rel_arena *arena, unsigned authors, size_t *count);

// The Query for all authors with "books.reviews". In the arena.
rel_str rel_tree_stream_request(rel_arena *arena);
// What the records of an answer take in a stream, each with its head.
size_t rel_tree_framed_bytes(rel_str answer);

// --- By hand ---

typedef struct rel_tree_by_hand rel_tree_by_hand;

rel_code rel_tree_by_hand_open(const char *path, rel_tree_by_hand **out, rel_error *error) REL_MUST_CHECK;
// Accepts NULL.
void rel_tree_by_hand_close(rel_tree_by_hand *by_hand);
// The answer to the request at a place of rel_tree_requests, byte by byte what the server answers; valid
// until the next one is made. Empty when SQLite fails.
rel_str rel_tree_by_hand_answer(rel_tree_by_hand *by_hand, unsigned authors, size_t request);

#ifdef __cplusplus
}
#endif

#endif
