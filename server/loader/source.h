// A source: what one or several equal relations load from. A lookup compiled for the store, the cache space
// of its answers, the flights that are under way, and counters.
//
// Made and freed by the registry's snapshot, which the keeper stands for: while a batch of the source is
// queued or runs, the source holds a reference to its keeper, so nothing is freed under the store.
// Thread-safe, but for new and free.
#ifndef RELATIONS_SERVER_LOADER_SOURCE_H
#define RELATIONS_SERVER_LOADER_SOURCE_H

#include "server/cache/cache.h"
#include "server/store/feed.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_source rel_source;

// Whoever owns the source, by reference count.
typedef struct rel_keeper {
  void *object;
  void (*ref)(void *object);
  void (*unref)(void *object);
} rel_keeper;

// What a key without a row means.
typedef enum rel_absence {
  REL_ABSENT_EMPTY,    // there is nothing: EMPTY
  REL_ABSENT_DANGLING, // something was named that does not exist: DANGLING, counted
} rel_absence;

// Bounds of what one key's answer may be.
typedef struct rel_answer_limits {
  size_t max_bytes;
  size_t max_rows;
} rel_answer_limits;

typedef struct rel_source_options {
  rel_store *store; // whose version dates every answer in the cache
  rel_feed feed;    // where rows come from; {0}: the store
  rel_cache *cache;
  rel_lookup lookup;
  rel_cache_space_settings cache_settings;
  rel_answer_limits limits;
  rel_absence absence;
  size_t page; // with lookup.cursors: an answer has so many records at most, and says where it was cut off
  bool single; // at most one record counts: belongs_to, has_one, Get
  bool strict; // dangling keys and surplus rows are errors
  const char *label; // "library.v1.Author.books", for messages; copied
  rel_keeper keeper;
} rel_source_options;

// Counters of loading since the source was made; the cache has its own.
typedef struct rel_source_stats {
  uint64_t joined;     // misses that joined another call's load
  uint64_t statements; // or LoadBatch calls, with a custom loader
  uint64_t rows;
  uint64_t dangling;
  uint64_t errors; // batches and keys that failed
} rel_source_stats;

rel_code rel_source_new(const rel_source_options *options, rel_source **out, rel_error *error) REL_MUST_CHECK;

// What somebody asks of a relation beyond what its source does, of the records that it has by itself: its
// own limit, and which record a relation to one leads to, are decided first. Everything is borrowed, and must
// outlive the source's last load.
typedef struct rel_source_change {
  const rel_condition *condition; // which of them; of a relation to one, the others are FILTERED. NULL: all
  const rel_sort_term *order_by;  // with order_count: in another order. Not of a relation to one
  size_t order_count;
  size_t
      page; // at most so many records for each key, and where they end when there are more; 0: all. The same
  rel_str after;         // only records behind this place in the order; empty: from the first on
  const rel_seek *seeks; // with seek_count: the same for some of the keys. Neither of a relation to one
  size_t seek_count;
  bool count;                      // only how many there are
  const rel_field *const *columns; // with column_count: only these fields of each record
  size_t column_count;
} rel_source_change;

// A source for one call, of a relation whose records are in the database: never cached, and nothing is asked
// of the database before it is used. `base` outlives it.
rel_code rel_source_variant(const rel_source *base, const rel_source_change *change, rel_keeper keeper,
                            rel_source **out, rel_error *error) REL_MUST_CHECK;
// Accepts NULL. Nothing of it is queued or running: its keeper is going.
void rel_source_free(rel_source *source);

rel_cache_space *rel_source_space(const rel_source *source);
// What it asks of the database; valid as long as the source.
const rel_lookup *rel_source_lookup(const rel_source *source);
// Keys that one statement takes at most.
size_t rel_source_max_batch(const rel_source *source);
// Whether its rows come from the database, whose version tells when they may have changed.
bool rel_source_is_of_database(const rel_source *source);
// The database's version now, which the cache has been told of.
uint64_t rel_source_version(const rel_source *source);
void rel_source_stats_now(const rel_source *source, rel_source_stats *out);

#ifdef __cplusplus
}
#endif

#endif
