// Linear hashing: see table.h.
#include "server/cache/table.h"

enum { SEGMENT = 64, SEGMENT_ROOM = 4 };

rel_table *rel_table_new(void) {
  rel_table *table = REL_NEW(rel_table);
  table->segments = rel_alloc0(SEGMENT_ROOM, sizeof *table->segments);
  table->segment_room = SEGMENT_ROOM;
  table->segments[0] = rel_alloc0(SEGMENT, sizeof **table->segments);
  table->buckets = table->low = SEGMENT;
  return table;
}

void rel_table_free(rel_table *table) {
  if (table == NULL) return;
  for (uint64_t i = 0; i < table->segment_room; i++)
    free(table->segments[i]);
  free(table->segments);
  free(table);
}

static rel_cache_entry **slot(const rel_table *table, uint64_t bucket) {
  return &table->segments[bucket / SEGMENT][bucket % SEGMENT];
}

static rel_cache_entry **slot_of(const rel_table *table, uint32_t hash) {
  uint64_t bucket = hash & (2 * table->low - 1);
  return slot(table, bucket < table->buckets ? bucket : bucket - table->low);
}

rel_cache_entry *rel_table_bucket(const rel_table *table, uint64_t bucket) {
  return *slot(table, bucket);
}

void rel_table_prefetch(const rel_table *table, uint32_t hash) {
  __builtin_prefetch(*slot_of(table, hash));
}

rel_cache_entry *rel_table_find(const rel_table *table, uint32_t hash, rel_str key) {
  for (rel_cache_entry *entry = *slot_of(table, hash); entry != NULL; entry = entry->chain) {
    if (entry->node.hash == hash && rel_str_eq(rel_bytes(entry->key, entry->key_len), key)) return entry;
  }
  return NULL;
}

static void make_room_for_segment(rel_table *table, uint64_t segment) {
  if (segment < table->segment_room) return;
  uint64_t room = table->segment_room * 2;
  table->segments = rel_realloc(table->segments, room * sizeof *table->segments);
  memset(table->segments + table->segment_room, 0, (room - table->segment_room) * sizeof *table->segments);
  table->segment_room = room;
}

// One bucket more: the entries of its lower buddy that belong into it move there.
static void split(rel_table *table) {
  uint64_t fresh = table->buckets;
  make_room_for_segment(table, fresh / SEGMENT);
  if (table->segments[fresh / SEGMENT] == NULL)
    table->segments[fresh / SEGMENT] = rel_alloc0(SEGMENT, sizeof **table->segments);
  rel_cache_entry **stay = slot(table, fresh - table->low), **go = slot(table, fresh);
  for (rel_cache_entry *entry = *stay; entry != NULL; entry = *stay) {
    if ((entry->node.hash & table->low) == 0) {
      stay = &entry->chain;
      continue;
    }
    *stay = entry->chain;
    entry->chain = *go;
    *go = entry;
  }
  table->buckets++;
  if (table->buckets == 2 * table->low) table->low = table->buckets;
}

// One bucket less: its entries move to its lower buddy.
static void join(rel_table *table) {
  if (table->buckets == table->low) table->low /= 2;
  uint64_t last = --table->buckets;
  rel_cache_entry **from = slot(table, last), **end = slot(table, last - table->low);
  while (*end != NULL)
    end = &(*end)->chain;
  *end = *from;
  *from = NULL;
  if (last % SEGMENT == 0) {
    free(table->segments[last / SEGMENT]);
    table->segments[last / SEGMENT] = NULL;
  }
}

void rel_table_insert(rel_table *table, rel_cache_entry *entry) {
  rel_cache_entry **first = slot_of(table, entry->node.hash);
  entry->chain = *first;
  *first = entry;
  table->count++;
  if (table->count > table->buckets && table->buckets < UINT32_MAX) split(table);
}

void rel_table_remove(rel_table *table, rel_cache_entry *entry) {
  rel_cache_entry **link = slot_of(table, entry->node.hash);
  while (*link != entry)
    link = &(*link)->chain;
  *link = entry->chain;
  table->count--;
}

bool rel_table_shrink(rel_table *table, unsigned steps) {
  while (table->buckets > SEGMENT && table->count < table->buckets / 2) {
    if (steps-- == 0) return true;
    join(table);
  }
  return false;
}
