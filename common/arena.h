// An arena: memory that ends all at once, with the call or the schema that it belongs to.
//
// One owner; not thread-safe. Nothing that outlives the owner may point into it.
#ifndef RELATIONS_COMMON_ARENA_H
#define RELATIONS_COMMON_ARENA_H

#include "common/str.h"

#include <protobuf-c/protobuf-c.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_arena_chunk rel_arena_chunk;

// `allocator` lets protobuf-c unpack into the arena: its free does nothing, the arena's end frees. Not to be
// moved after init, since the allocator points at it.
typedef struct rel_arena {
  rel_arena_chunk *chunks;
  char *next;
  char *end;
  size_t bytes; // of all chunks: what it has taken
  ProtobufCAllocator allocator;
} rel_arena;

// Fills memory that the caller owns; the first chunk is allocated when it is needed.
void rel_arena_init(rel_arena *arena);
// Uses `memory` (the caller's, which must outlive the arena) before any chunk.
void rel_arena_init_with(rel_arena *arena, void *memory, size_t bytes);
// Frees every chunk. Accepts NULL and the zeroed.
void rel_arena_fini(rel_arena *arena);

// Uninitialized, aligned for any type, valid until fini.
void *rel_arena_alloc(rel_arena *arena, size_t bytes);
// Zeroed.
void *rel_arena_alloc0(rel_arena *arena, size_t count, size_t size);
// A copy of the bytes with a NUL behind them that is not counted.
rel_str rel_arena_copy(rel_arena *arena, rel_str bytes);
// The text of a format.
rel_str rel_arena_printf(rel_arena *arena, const char *format, ...) REL_PRINTF(2, 3);

#define REL_ARENA_NEW(arena, type)      ((type *)rel_arena_alloc0((arena), 1, sizeof(type)))
#define REL_ARENA_ARRAY(arena, type, n) ((type *)rel_arena_alloc0((arena), (n), sizeof(type)))

#ifdef __cplusplus
}
#endif

#endif
