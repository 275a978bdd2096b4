#include "server/cache/table.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <vector>

namespace {

class TableTest : public ::testing::Test {
protected:
  void SetUp() override { table = rel_table_new(); }
  void TearDown() override {
    for (rel_cache_entry *entry : entries)
      std::free(entry);
    rel_table_free(table);
  }

  rel_cache_entry *insert(uint32_t hash, const std::string &key) {
    auto *entry = static_cast<rel_cache_entry *>(std::calloc(1, sizeof(rel_cache_entry) + key.size()));
    entry->node.hash = hash;
    entry->key_len = static_cast<uint32_t>(key.size());
    std::memcpy(entry->key, key.data(), key.size());
    entries.push_back(entry);
    rel_table_insert(table, entry);
    return entry;
  }

  rel_cache_entry *find(uint32_t hash, const std::string &key) {
    return rel_table_find(table, hash, rel_bytes(key.data(), key.size()));
  }

  std::set<rel_cache_entry *> visit() {
    std::set<rel_cache_entry *> seen;
    for (uint64_t i = 0; i < table->buckets; i++) {
      for (rel_cache_entry *entry = rel_table_bucket(table, i); entry != nullptr; entry = entry->chain)
        EXPECT_TRUE(seen.insert(entry).second);
    }
    return seen;
  }

  static uint32_t hash_of(uint32_t i) { return i * 2654435761u ^ i >> 7; }

  rel_table *table = nullptr;
  std::vector<rel_cache_entry *> entries;
};

TEST_F(TableTest, GrowsAndShrinksAndLosesNothing) {
  constexpr uint32_t kCount = 20000;
  for (uint32_t i = 0; i < kCount; i++) {
    insert(hash_of(i), std::to_string(i));
    ASSERT_GE(table->buckets + 1, table->count);
    ASSERT_EQ(find(hash_of(i / 2), std::to_string(i / 2)), entries[i / 2]);
  }
  EXPECT_EQ(visit().size(), kCount);
  for (uint32_t i = 0; i < kCount; i++) {
    rel_table_remove(table, entries[i]);
    rel_table_shrink(table, 2);
    ASSERT_EQ(find(hash_of(i), std::to_string(i)), nullptr);
    if (i % 1000 != 0) continue;
    EXPECT_EQ(visit().size(), kCount - i - 1);
    ASSERT_EQ(find(hash_of(kCount - 1), std::to_string(kCount - 1)), entries[kCount - 1]);
  }
  EXPECT_EQ(table->count, 0u);
  EXPECT_EQ(table->buckets, 64u);
}

TEST_F(TableTest, EqualHashesAreToldApartByKey) {
  for (int i = 0; i < 200; i++)
    insert(42, std::to_string(i));
  for (int i = 0; i < 200; i++)
    EXPECT_EQ(find(42, std::to_string(i)), entries[i]);
  EXPECT_EQ(find(42, "x"), nullptr);
  EXPECT_EQ(find(42, ""), nullptr);
  insert(42, "");
  EXPECT_EQ(find(42, ""), entries.back());
}

TEST_F(TableTest, AVisitFromTheLowestBucketOnMissesNothingWhileItGrows) {
  std::set<rel_cache_entry *> first;
  for (uint32_t i = 0; i < 1000; i++)
    first.insert(insert(hash_of(i), std::to_string(i)));
  uint32_t next = 1000;
  for (uint64_t bucket = 0; bucket < table->buckets; bucket++) {
    for (rel_cache_entry *entry = rel_table_bucket(table, bucket); entry != nullptr; entry = entry->chain)
      first.erase(entry);
    if (bucket % 2 == 0) insert(hash_of(next), std::to_string(next)), next++;
  }
  EXPECT_TRUE(first.empty());
  EXPECT_GT(next, 1900u);
}

TEST_F(TableTest, ShrinksInSteps) {
  for (uint32_t i = 0; i < 1000; i++)
    insert(hash_of(i), std::to_string(i));
  for (uint32_t i = 0; i < 990; i++)
    rel_table_remove(table, entries[i]);
  uint64_t buckets = table->buckets;
  EXPECT_TRUE(rel_table_shrink(table, 10));
  EXPECT_EQ(table->buckets, buckets - 10);
  while (rel_table_shrink(table, 10)) {
  }
  EXPECT_EQ(table->buckets, 64u);
  for (uint32_t i = 990; i < 1000; i++)
    EXPECT_EQ(find(hash_of(i), std::to_string(i)), entries[i]);
}

} // namespace
