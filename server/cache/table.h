// The index of one space: key -> entry, chained through the entries themselves.
//
// It grows and shrinks by one bucket at a time (linear hashing, Litwin 1980), so no call ever pays for a
// rehash of everything, and there is always about one bucket an entry. Buckets are visited by number, for
// sweeps.
//
// Of cache.c alone, under its lock. Knows entries by their hash and key; what they hold and when they go is
// not its business, and it frees none.
#ifndef RELATIONS_SERVER_CACHE_TABLE_H
#define RELATIONS_SERVER_CACHE_TABLE_H

#include "common/blob.h"
#include "server/cache/policy.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_cache_entry {
  rel_policy_node node; // first: a node is its entry
  struct rel_cache_entry *chain;
  rel_blob *blob;
  struct rel_cache_space *space;
  int64_t stored_ns;
  uint32_t epoch; // the space's when it was stored; an older one is as good as gone
  uint32_t key_len;
  char key[];
} rel_cache_entry;

typedef struct rel_table {
  rel_cache_entry ***segments;
  uint64_t segment_room;
  uint64_t buckets;
  uint64_t low; // the highest power of two that is not above buckets
  uint64_t count;
  struct rel_table *next; // of who collects tables
} rel_table;

rel_table *rel_table_new(void);
// Frees no entry. Accepts NULL.
void rel_table_free(rel_table *table);

// NULL when there is none.
rel_cache_entry *rel_table_find(const rel_table *table, uint32_t hash, rel_str key);
// Starts the memory reads that a find will need.
void rel_table_prefetch(const rel_table *table, uint32_t hash);
// The key is not in the table.
void rel_table_insert(rel_table *table, rel_cache_entry *entry);
// The entry is in the table. The table keeps its buckets: see shrink.
void rel_table_remove(rel_table *table, rel_cache_entry *entry);

// First entry of a bucket below table->buckets, NULL when it is empty; the others follow by `chain`.
rel_cache_entry *rel_table_bucket(const rel_table *table, uint64_t bucket);

// Joins up to `steps` buckets with their buddies, as long as there are more than two buckets an entry. An
// entry moves to a higher bucket when one is split and to a lower one only here: who visits the buckets from
// the lowest on, in several turns, misses none as long as nobody shrinks the table. Returns whether there is
// more to do.
bool rel_table_shrink(rel_table *table, unsigned steps);

#ifdef __cplusplus
}
#endif

#endif
