// Arenas: alignment, growth, copies, and as protobuf-c's allocator.
#include "common/arena.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

TEST(Arena, PiecesAreAlignedApartAndStay) {
  rel_arena arena;
  rel_arena_init(&arena);
  std::vector<std::pair<char *, size_t>> pieces;
  for (size_t i = 0; i < 2000; i++) {
    size_t bytes = i % 7 == 0 ? i * 40 : i % 33;
    char *piece = (char *)rel_arena_alloc(&arena, bytes);
    EXPECT_EQ((uintptr_t)piece % 16, 0u);
    memset(piece, (int)(i % 251), bytes);
    pieces.push_back({piece, bytes});
  }
  for (size_t i = 0; i < pieces.size(); i++)
    for (size_t at = 0; at < pieces[i].second; at++)
      ASSERT_EQ((unsigned char)pieces[i].first[at], i % 251);
  rel_arena_fini(&arena);
}

TEST(Arena, UsesTheCallersMemoryFirst) {
  alignas(16) char memory[256];
  rel_arena arena;
  rel_arena_init_with(&arena, memory, sizeof memory);
  char *first = (char *)rel_arena_alloc(&arena, 200);
  EXPECT_TRUE(first >= memory && first + 200 <= memory + sizeof memory);
  char *second = (char *)rel_arena_alloc(&arena, 200);
  EXPECT_FALSE(second >= memory && second < memory + sizeof memory);
  memset(second, 1, 200);
  rel_arena_fini(&arena);
}

TEST(Arena, UnalignedMemoryOfTheCallerIsUsedAligned) {
  alignas(16) char memory[64];
  rel_arena arena;
  rel_arena_init_with(&arena, memory + 1, 17);
  EXPECT_EQ((uintptr_t)rel_arena_alloc(&arena, 16) % 16, 0u);
  rel_arena_fini(&arena);
}

TEST(Arena, ZeroesCopiesAndPrints) {
  rel_arena arena;
  rel_arena_init(&arena);
  int *numbers = REL_ARENA_ARRAY(&arena, int, 100);
  for (int i = 0; i < 100; i++)
    EXPECT_EQ(numbers[i], 0);
  rel_str copy = rel_arena_copy(&arena, rel_bytes("a\0bc", 3));
  EXPECT_TRUE(rel_str_eq(copy, rel_bytes("a\0b", 3)));
  EXPECT_EQ(copy.ptr[3], '\0');
  EXPECT_EQ(rel_arena_copy(&arena, rel_cstr(nullptr)).len, 0u);
  std::string longer(10000, 'x');
  EXPECT_TRUE(rel_str_is(rel_arena_printf(&arena, "<%s>", longer.c_str()), ("<" + longer + ">").c_str()));
  EXPECT_TRUE(rel_str_is(rel_arena_printf(&arena, "%s", ""), ""));
  rel_arena_fini(&arena);
}

TEST(Arena, IsProtobufCsAllocator) {
  rel_arena arena;
  rel_arena_init(&arena);
  void *memory = arena.allocator.alloc(arena.allocator.allocator_data, 1000);
  memset(memory, 7, 1000);
  arena.allocator.free(arena.allocator.allocator_data, memory);
  EXPECT_EQ(((char *)memory)[999], 7) << "free does nothing; the arena's end does";
  rel_arena_fini(&arena);
  rel_arena_fini(nullptr);
  rel_arena zeroed = {};
  rel_arena_fini(&zeroed);
}

} // namespace
