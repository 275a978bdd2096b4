// The arena: see arena.h. Chunks grow from 4 KiB to 256 KiB; a request larger than that gets a chunk of its
// own.
#include "common/arena.h"

#include <stdio.h>

enum { FIRST_CHUNK = 4096, LARGEST_CHUNK = 256 * 1024, ALIGNMENT = 16 };

struct rel_arena_chunk {
  rel_arena_chunk *previous;
  size_t bytes;
  _Alignas(ALIGNMENT) char data[];
};

static void *allocator_alloc(void *arena, size_t bytes) {
  return rel_arena_alloc(arena, bytes);
}

static void allocator_free(void *arena, void *memory) {
  (void)arena;
  (void)memory;
}

void rel_arena_init(rel_arena *arena) {
  rel_arena_init_with(arena, NULL, 0);
}

void rel_arena_init_with(rel_arena *arena, void *memory, size_t bytes) {
  *arena = (rel_arena){.next = memory, .end = memory != NULL ? (char *)memory + bytes : NULL};
  arena->allocator = (ProtobufCAllocator){allocator_alloc, allocator_free, arena};
}

void rel_arena_fini(rel_arena *arena) {
  if (arena == NULL) return;
  for (rel_arena_chunk *chunk = arena->chunks, *previous; chunk != NULL; chunk = previous) {
    previous = chunk->previous;
    free(chunk);
  }
  arena->chunks = NULL;
  arena->next = arena->end = NULL;
  arena->bytes = 0;
}

static void *alloc_slow(rel_arena *arena, size_t bytes) {
  size_t size = arena->chunks == NULL ? FIRST_CHUNK : arena->chunks->bytes * 2;
  if (size > LARGEST_CHUNK) size = LARGEST_CHUNK;
  bool own = bytes > size / 2;
  if (own) size = bytes;
  rel_arena_chunk *chunk = rel_alloc(sizeof *chunk + size);
  chunk->bytes = size < FIRST_CHUNK ? FIRST_CHUNK : size;
  chunk->previous = arena->chunks;
  arena->bytes += size;
  arena->chunks = chunk;
  if (!own) {
    arena->next = chunk->data + bytes;
    arena->end = chunk->data + size;
  }
  return chunk->data;
}

void *rel_arena_alloc(rel_arena *arena, size_t bytes) {
  if (bytes > SIZE_MAX / 2) return rel_alloc(bytes); // ends the process with the size in its message
  uintptr_t start = ((uintptr_t)arena->next + ALIGNMENT - 1) & ~(uintptr_t)(ALIGNMENT - 1);
  bytes = (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
  if (arena->next == NULL || start > (uintptr_t)arena->end || (uintptr_t)arena->end - start < bytes)
    return alloc_slow(arena, bytes);
  arena->next = (char *)start + bytes;
  return (void *)start;
}

void *rel_arena_alloc0(rel_arena *arena, size_t count, size_t size) {
  if (size != 0 && count > SIZE_MAX / 4 / size) return rel_alloc0(count, size); // ends the process
  void *memory = rel_arena_alloc(arena, count * size);
  memset(memory, 0, count * size);
  return memory;
}

rel_str rel_arena_copy(rel_arena *arena, rel_str bytes) {
  char *copy = rel_arena_alloc(arena, bytes.len + 1);
  if (bytes.len > 0) memcpy(copy, bytes.ptr, bytes.len);
  copy[bytes.len] = '\0';
  return rel_bytes(copy, bytes.len);
}

rel_str rel_arena_printf(rel_arena *arena, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int wanted = vsnprintf(NULL, 0, format, args);
  size_t len = wanted > 0 ? (size_t)wanted : 0;
  char *text = rel_arena_alloc(arena, len + 1);
  text[0] = '\0';
  if (len > 0) vsnprintf(text, len + 1, format, again);
  va_end(again);
  va_end(args);
  return rel_bytes(text, len);
}
