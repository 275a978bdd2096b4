// Rows that lie scattered in their table, and are read in another order than that in which they are handed
// over: what sqlite_run.c notes of them. Knows no statement. One owner.
#ifndef RELATIONS_SERVER_STORE_SQLITE_SCATTERED_H
#define RELATIONS_SERVER_STORE_SQLITE_SCATTERED_H

#include "common/str.h"

#ifdef __cplusplus
extern "C" {
#endif

// A row that was found, in the order in which rows are handed over.
typedef struct rel_found_row {
  uint32_t key;     // its index in the part of the batch
  uint32_t at, len; // of its bytes, once it has been read
} rel_found_row;

// The number of a row, and its index among the found.
typedef struct rel_row_number {
  int64_t row;
  uint32_t index;
} rel_row_number;

// Rows that were found and are to be read; {0} has none.
typedef struct rel_scattered {
  rel_found_row *rows;
  rel_row_number *numbers; // of the same rows
  size_t count, capacity;
  rel_buf bytes; // of the rows that were read
} rel_scattered;

// Bounds of what is held at a time.
enum { REL_SCATTERED_MAX_ROWS = 32768, REL_SCATTERED_MAX_BYTES = 8 * 1024 * 1024 };

void rel_scattered_add(rel_scattered *scattered, int64_t row, size_t key);
// How many rows are held at a time, of as many bytes on average; 0: not known.
size_t rel_scattered_at_a_time(size_t row_bytes);
// Puts the numbers in their own order; false when too little is gained by that, and nothing is done: so near
// to one another they lie already, or so far they are even in order, where so many rows share a page; or the
// rows, of as many bytes on average, are too large to share any. 0: it is not known how large they are.
bool rel_scattered_sort(rel_scattered *scattered, size_t row_bytes);
// Puts them back into the order of the found rows.
void rel_scattered_unsort(rel_scattered *scattered);
// Empties it and keeps its memory.
void rel_scattered_clear(rel_scattered *scattered);
void rel_scattered_fini(rel_scattered *scattered);

#ifdef __cplusplus
}
#endif

#endif
