// What was loaded of one node: see internal.h. One owner at a time.
#include "server/tree/internal.h"

#include "common/wire.h"
#include "server/loader/record_set.h"

// Field numbers of relations.v1.RecordSet.
enum { RECORDS = 1, NEXT_PAGE_TOKEN = 2, STATE = 3, COUNT = 5 };

struct rel_set_key {
  UT_hash_handle hh;
  size_t set;
};

static size_t grown(size_t capacity) {
  enum { FIRST = 64 };
  return capacity == 0 ? FIRST : 2 * capacity;
}

static size_t add_set(rel_level *level) {
  if (level->set_count == level->set_capacity) {
    level->set_capacity = grown(level->set_capacity);
    level->sets = rel_realloc(level->sets, level->set_capacity * sizeof *level->sets);
    level->keys = rel_realloc(level->keys, level->set_capacity * sizeof *level->keys);
  }
  level->sets[level->set_count] = (rel_set){0};
  level->keys[level->set_count] = (rel_str){0};
  return level->set_count++;
}

size_t rel_level_set(rel_level *level, rel_str key, rel_arena *arena) {
  rel_set_key *found;
  HASH_FIND(hh, level->by_key, key.ptr, key.len, found);
  if (found != NULL) return found->set;
  found = REL_ARENA_NEW(arena, rel_set_key);
  found->set = add_set(level);
  rel_str copy = level->keys[found->set] = rel_arena_copy(arena, key);
  HASH_ADD_KEYPTR(hh, level->by_key, copy.ptr, copy.len, found);
  return found->set;
}

int32_t rel_level_refuse(rel_level *level, const rel_error *error) {
  size_t n = level->refused_count++;
  level->refused = rel_realloc(level->refused, level->refused_count * sizeof *level->refused);
  level->refused[n] = rel_record_set_error(error);
  return REL_LINK_REFUSED - (int32_t)n;
}

size_t rel_level_add_root(rel_level *level) {
  return add_set(level);
}

static void add_record(rel_level *level, rel_str record) {
  if (level->record_count == level->record_capacity) {
    level->record_capacity = grown(level->record_capacity);
    level->records = rel_realloc(level->records, level->record_capacity * sizeof *level->records);
  }
  level->records[level->record_count++] = record;
}

void rel_level_fill(rel_level *level, size_t index, rel_blob *take_blob) {
  rel_set *set = &level->sets[index];
  rel_wire_reader reader = {rel_blob_view(take_blob)};
  rel_wire_field field;
  set->blob = take_blob;
  set->first = level->record_count;
  set->tail = reader.rest;
  set->failed = rel_record_set_status(set->tail);
  while (rel_wire_next(&reader, &field) > 0) {
    if (field.number == STATE) set->state = field.value;
    if (field.number == COUNT) set->total = field.value;
    if (field.number == NEXT_PAGE_TOKEN) set->cursor = field.bytes;
    if (field.number != RECORDS) continue; // records stand first
    add_record(level, field.bytes);
    set->tail = reader.rest;
  }
  set->count = level->record_count - set->first;
}

void rel_level_replace(rel_level *level, size_t index, rel_blob *take_whole) {
  rel_set *set = &level->sets[index];
  rel_blob_unref(set->blob);
  rel_level_fill(level, index, take_whole);
  set->assembled = true;
}

void rel_level_fini(rel_level *level) {
  for (size_t i = 0; i < level->set_count; i++)
    rel_blob_unref(level->sets[i].blob);
  for (size_t i = 0; i < level->refused_count; i++)
    rel_blob_unref(level->refused[i]);
  HASH_CLEAR(hh, level->by_key); // the entries are in the arena
  free(level->sets);
  free(level->refused);
  free(level->keys);
  free(level->records);
  free(level->links);
  free(level->again_links);
}
