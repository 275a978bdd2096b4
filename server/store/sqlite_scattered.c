// Rows that lie scattered, read in the order in which they lie: see sqlite_scattered.h.
//
// An index has the rows of a key side by side, but their table has them as they came in by and by. To read
// the rows of many keys as the index names them is to look for each in another page of the table, with
// nothing of it in the processor's caches, or in the page cache, when it is looked for. That is half of what
// a tree out of a large table takes. In the order of the rows' numbers it is a walk through the table, on
// which a page that has several of the rows is looked at once. What was read is held until it can be handed
// over in the order that was asked for.
//
// What is held is bounded: so many rows at a time, and so many bytes of them. Which rows there are is known
// from the index; how large they are is not, until they are read, and is learned from those before.
#include "server/store/sqlite_scattered.h"

enum { PAGE = 4096 }; // of the database, usually

// Rows of which no two share a page of the file: nothing is gained by holding them.
static bool are_large(size_t row_bytes) {
  return row_bytes >= PAGE;
}

static size_t rows_of_page(size_t row_bytes) {
  enum { UNKNOWN = 64 };
  return row_bytes == 0 ? UNKNOWN : PAGE / row_bytes + 1;
}

// Few as long as nobody knows how large they are, and then so many that there is room for twice their bytes.
size_t rel_scattered_at_a_time(size_t row_bytes) {
  enum { FIRST = 4096 };
  if (are_large(row_bytes)) return REL_SCATTERED_MAX_ROWS; // which are not held
  size_t most = row_bytes == 0 ? FIRST : REL_SCATTERED_MAX_BYTES / 2 / row_bytes;
  return most < REL_SCATTERED_MAX_ROWS ? most : REL_SCATTERED_MAX_ROWS;
}

void rel_scattered_add(rel_scattered *p, int64_t row, size_t key) {
  enum { FIRST = 1024 };
  if (p->count == p->capacity) {
    p->capacity = p->capacity == 0 ? FIRST : 2 * p->capacity;
    p->rows = rel_realloc(p->rows, p->capacity * sizeof *p->rows);
    p->numbers = rel_realloc(p->numbers, p->capacity * sizeof *p->numbers);
  }
  p->numbers[p->count] = (rel_row_number){row, (uint32_t)p->count};
  p->rows[p->count++] = (rel_found_row){.key = (uint32_t)key};
}

// Negative numbers come last: which order it is does not matter, as long as neighbours stay together.
static uint64_t rank(const rel_row_number *number) {
  return (uint64_t)number->row;
}

static uint64_t highest_rank(const rel_scattered *p) {
  uint64_t highest = 0;
  for (size_t i = 0; i < p->count; i++)
    if (rank(&p->numbers[i]) > highest) highest = rank(&p->numbers[i]);
  return highest;
}

// How many of them lie on another page than the one before, as far as their numbers tell.
static size_t count_jumps(const rel_scattered *p, size_t page_rows) {
  size_t jumps = 0;
  for (size_t i = 1; i < p->count; i++)
    jumps += rank(&p->numbers[i]) - rank(&p->numbers[i - 1]) >= page_rows; // backwards is far, too
  return jumps;
}

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

// A pass of a radix sort: stable, by the digit that begins at `shift`.
static void sort_by_digit(const rel_row_number *from, rel_row_number *to, size_t count, unsigned shift) {
  size_t ends[DIGITS] = {0}, before = 0;
  for (size_t i = 0; i < count; i++)
    ends[rank(&from[i]) >> shift & (DIGITS - 1)]++;
  for (size_t d = 0; d < DIGITS; d++) {
    size_t here = ends[d];
    ends[d] = before;
    before += here;
  }
  for (size_t i = 0; i < count; i++)
    to[ends[rank(&from[i]) >> shift & (DIGITS - 1)]++] = from[i];
}

static void sort(rel_scattered *p) {
  enum { BITS = 64 };
  uint64_t highest = highest_rank(p);
  rel_row_number *other = rel_alloc(p->capacity * sizeof *other);
  for (unsigned shift = 0; shift < BITS && highest >> shift > 0; shift += DIGIT_BITS) {
    sort_by_digit(p->numbers, other, p->count, shift);
    rel_row_number *swap = p->numbers;
    p->numbers = other;
    other = swap;
  }
  free(other);
}

bool rel_scattered_sort(rel_scattered *p, size_t row_bytes) {
  enum { WORTH = 4 }; // a jump less for so many rows
  if (are_large(row_bytes)) return false;
  size_t page_rows = rows_of_page(row_bytes);
  size_t least = p->count / WORTH + 1, before = count_jumps(p, page_rows);
  if (before < least) return false;
  sort(p);
  if (before >= count_jumps(p, page_rows) + least) return true;
  rel_scattered_unsort(p);
  return false;
}

void rel_scattered_unsort(rel_scattered *p) {
  rel_row_number *numbers = rel_alloc(p->capacity * sizeof *numbers);
  for (size_t i = 0; i < p->count; i++)
    numbers[p->numbers[i].index] = p->numbers[i];
  free(p->numbers);
  p->numbers = numbers;
}

void rel_scattered_clear(rel_scattered *p) {
  p->count = p->bytes.len = 0;
}

void rel_scattered_fini(rel_scattered *p) {
  free(p->rows);
  free(p->numbers);
  rel_buf_fini(&p->bytes);
}
