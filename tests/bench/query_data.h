// What the benchmark of queries asks, and of which database; and the same asked by hand, as a C program with
// SQLite would: statements prepared once, rows stepped and written as Protobuf, nothing sent. One owner.
#ifndef RELATIONS_TESTS_BENCH_QUERY_DATA_H
#define RELATIONS_TESTS_BENCH_QUERY_DATA_H

#include "common/arena.h"
#include "common/str.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  REL_READINGS_OF_A_SENSOR = 200,
  REL_READINGS_PAGE = 20,
  REL_NOTES_OF_A_SENSOR = 3,
};

// Sensors 1 to `sensors`, and the readings of all of them as they came in by and by.
rel_code rel_readings_database(const char *path, unsigned sensors, rel_error *error) REL_MUST_CHECK;

// Queries of the first page of a sensor's readings, by a filter on the model; one for each sensor. In the
// arena, as all requests here.
rel_str *rel_readings_page_requests(rel_arena *arena, unsigned sensors, size_t *count);
// A query of every reading; `sorted` by a field without an index.
rel_str rel_readings_stream_request(rel_arena *arena, bool sorted);
// Loads of the notes of `keys` sensors each, together every sensor once; the same as LoadBatch requests,
// which are the loader's.
rel_str *rel_notes_load_requests(rel_arena *arena, unsigned sensors, unsigned keys, size_t *count);
rel_str *rel_notes_batch_requests(rel_arena *arena, unsigned sensors, unsigned keys, size_t *count);

// --- By hand ---

typedef struct rel_by_hand rel_by_hand;

rel_code rel_by_hand_open(const char *path, rel_by_hand **out, rel_error *error) REL_MUST_CHECK;
// Accepts NULL.
void rel_by_hand_close(rel_by_hand *by_hand);
// The first page of a sensor's readings; every reading. Returns how many bytes were written, 0 when SQLite
// fails.
size_t rel_by_hand_page(rel_by_hand *by_hand, int64_t sensor);
size_t rel_by_hand_stream(rel_by_hand *by_hand, bool sorted);

#ifdef __cplusplus
}
#endif

#endif
