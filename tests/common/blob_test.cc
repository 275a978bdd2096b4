// Blobs: bytes that several threads own together.
#include "common/blob.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace {

TEST(Blob, HoldsItsBytes) {
  rel_blob *blob = rel_blob_copy(rel_bytes("a\0b", 3));
  EXPECT_TRUE(rel_str_eq(rel_blob_view(blob), rel_bytes("a\0b", 3)));
  EXPECT_GE(rel_blob_footprint(blob), 3u);
  rel_blob_unref(blob);
  blob = rel_blob_new(4);
  memcpy(rel_blob_data(blob), "abcd", 4);
  EXPECT_TRUE(rel_str_is(rel_blob_view(blob), "abcd"));
  rel_blob_unref(blob);
  rel_blob *empty = rel_blob_copy(rel_cstr(""));
  EXPECT_EQ(rel_blob_view(empty).len, 0u);
  rel_blob_unref(empty);
  rel_blob_unref(nullptr);
}

TEST(Blob, TheLastOfSeveralThreadsFrees) {
  rel_blob *blob = rel_blob_copy(rel_cstr("shared"));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++) {
    rel_blob_ref(blob);
    threads.emplace_back([blob] {
      for (int i = 0; i < 1000; i++)
        rel_blob_unref(rel_blob_ref(blob));
      EXPECT_TRUE(rel_str_is(rel_blob_view(blob), "shared"));
      rel_blob_unref(blob);
    });
  }
  rel_blob_unref(blob);
  for (std::thread &thread : threads)
    thread.join();
}

} // namespace
