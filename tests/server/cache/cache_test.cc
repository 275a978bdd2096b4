#include "server/cache/cache.h"

#include "tests/server/cache/cache_fixture.h"

#include <gtest/gtest.h>

#include <vector>

using namespace cache_fixture;

namespace {

constexpr uint64_t kVersion = 7;

class CacheTest : public ::testing::Test {
protected:
  void SetUp() override { open(unlimited()); }

  void TearDown() override {
    rel_cache_space_close(other);
    rel_cache_space_close(space);
    rel_cache_free(cache);
  }

  void open(const rel_cache_limits &limits) {
    if (cache != nullptr) TearDown();
    cache = rel_cache_new(&limits);
    rel_cache_set_clock(
        cache, [](void *clock) { return *static_cast<int64_t *>(clock); }, &now_ns);
    rel_cache_space_settings settings = on();
    space = rel_cache_space_open(cache, &settings);
    other = rel_cache_space_open(cache, &settings);
    rel_cache_observe(cache, kVersion);
  }

  rel_cache_ticket ticket() { return rel_cache_ticket_now(space, kVersion); }
  bool fill(std::string_view key, std::string_view value) { return put(space, key, value, ticket()); }
  std::optional<std::string> find(std::string_view key) { return get(space, kVersion, key); }
  size_t remove(std::string_view key) { return rel_cache_remove(space, view(key)); }

  void configure(const rel_cache_space_settings &settings) { rel_cache_space_configure(space, &settings); }
  void configure(const rel_cache_limits &limits) { rel_cache_configure(cache, &limits); }

  // How many of the keys "0".."count-1" are there.
  int present(rel_cache_space *where, int count) {
    int found = 0;
    for (int i = 0; i < count; i++)
      found += get(where, kVersion, std::to_string(i)).has_value();
    return found;
  }

  int64_t now_ns = 1000;
  rel_cache *cache = nullptr;
  rel_cache_space *space = nullptr;
  rel_cache_space *other = nullptr;
};

TEST_F(CacheTest, ReturnsWhatWasStored) {
  EXPECT_EQ(find("a"), std::nullopt);
  EXPECT_TRUE(fill("a", "one"));
  EXPECT_EQ(find("a"), "one");
  EXPECT_EQ(stats(space).hits, 1u);
  EXPECT_EQ(stats(space).misses, 1u);
  EXPECT_EQ(stats(cache).hits, 1u);
  EXPECT_EQ(stats(other).hits + stats(other).misses, 0u);
}

TEST_F(CacheTest, EmptyAnswersAndEmptyKeysAreEntries) {
  EXPECT_TRUE(fill("", ""));
  EXPECT_EQ(find(""), "");
  EXPECT_TRUE(fill(std::string_view("\0", 1), "nul"));
  EXPECT_EQ(find(std::string_view("\0", 1)), "nul");
  EXPECT_EQ(find(""), "");
}

TEST_F(CacheTest, SpacesNeverMix) {
  EXPECT_TRUE(fill("a", "one"));
  EXPECT_EQ(get(other, kVersion, "a"), std::nullopt);
  EXPECT_TRUE(put(other, "a", "two", rel_cache_ticket_now(other, kVersion)));
  EXPECT_EQ(find("a"), "one");
  EXPECT_EQ(rel_cache_clear_space(other), 1u);
  EXPECT_EQ(find("a"), "one");
}

TEST_F(CacheTest, ManyKeysAreAnsweredInTheirOrder) {
  std::vector<std::string> names;
  for (int i = 0; i < 100; i++) {
    names.push_back(std::to_string(i));
    if (i % 3 != 0) fill(names.back(), "v" + names.back());
  }
  names.push_back("1"); // twice
  std::vector<rel_str> keys(names.size());
  for (size_t i = 0; i < names.size(); i++)
    keys[i] = view(names[i]);
  std::vector<rel_blob *> out(names.size());
  EXPECT_EQ(rel_cache_get(space, kVersion, keys.data(), keys.size(), out.data()), 67u);
  for (size_t i = 0; i < names.size(); i++) {
    if (i % 3 == 0 && i < 100) {
      EXPECT_EQ(out[i], nullptr) << i;
      continue;
    }
    ASSERT_NE(out[i], nullptr) << i;
    EXPECT_TRUE(rel_str_eq(rel_blob_view(out[i]), view("v" + names[i]))) << i;
    rel_blob_unref(out[i]);
  }
  EXPECT_EQ(stats(space).hits, 67u);
  EXPECT_EQ(stats(space).misses, 34u);
  EXPECT_EQ(rel_cache_get(space, kVersion, nullptr, 0, nullptr), 0u);
}

TEST_F(CacheTest, SoManyKeysThatTheLockIsLetGoInBetween) {
  constexpr size_t kCount = 5000;
  std::vector<std::string> names(kCount);
  std::vector<rel_str> keys(kCount);
  std::vector<rel_blob *> out(kCount);
  for (size_t i = 0; i < kCount; i++) {
    names[i] = std::to_string(i);
    keys[i] = view(names[i]);
    if (i % 2 == 0) fill(names[i], names[i]);
  }
  EXPECT_EQ(rel_cache_get(space, kVersion, keys.data(), kCount, out.data()), kCount / 2);
  for (size_t i = 0; i < kCount; i++) {
    ASSERT_EQ(out[i] != nullptr, i % 2 == 0) << i;
    if (out[i] == nullptr) continue;
    EXPECT_TRUE(rel_str_eq(rel_blob_view(out[i]), keys[i]));
    rel_blob_unref(out[i]);
  }
  EXPECT_EQ(stats(space).misses, kCount / 2);
}

TEST_F(CacheTest, AReferenceOutlivesItsEntry) {
  fill("a", "one");
  rel_str key = view("a");
  rel_blob *blob;
  ASSERT_EQ(rel_cache_get(space, kVersion, &key, 1, &blob), 1u);
  EXPECT_EQ(remove("a"), 1u);
  EXPECT_TRUE(rel_str_is(rel_blob_view(blob), "one"));
  rel_blob_unref(blob);
}

TEST_F(CacheTest, ASecondFillReplacesTheFirst) {
  fill("a", "one");
  uint64_t bytes = stats(space).bytes;
  EXPECT_TRUE(fill("a", "three"));
  EXPECT_EQ(find("a"), "three");
  EXPECT_EQ(stats(space).entries, 1u);
  EXPECT_EQ(stats(space).bytes, bytes + 2);
  EXPECT_EQ(stats(space).evictions + stats(space).invalidations, 0u);
}

// --- Never wrong ---

TEST_F(CacheTest, ANewVersionDropsEverything) {
  fill("a", "one");
  put(other, "b", "two", rel_cache_ticket_now(other, kVersion));
  EXPECT_EQ(rel_cache_observe(cache, kVersion + 1), kVersion + 1);
  EXPECT_EQ(get(space, kVersion + 1, "a"), std::nullopt);
  EXPECT_EQ(get(other, kVersion + 1, "b"), std::nullopt);
  EXPECT_EQ(stats(cache).entries, 0u);
  EXPECT_EQ(stats(cache).bytes, 0u);
  EXPECT_EQ(stats(cache).invalidations, 2u);
  EXPECT_EQ(stats(space).invalidations, 1u);
}

TEST_F(CacheTest, AVersionThatGoesBackIsNewToo) {
  rel_cache_ticket old = ticket();
  rel_cache_observe(cache, kVersion + 1);
  EXPECT_TRUE(put(space, "a", "new", rel_cache_ticket_now(space, kVersion + 1)));
  rel_cache_observe(cache, kVersion);
  EXPECT_EQ(find("a"), std::nullopt);
  EXPECT_FALSE(put(space, "a", "old", old)) << "a load from before both changes";
  EXPECT_TRUE(fill("a", "newest"));
  EXPECT_EQ(find("a"), "newest");
}

TEST_F(CacheTest, AnUnknownVersionNeitherHitsNorStoresNorDrops) {
  fill("a", "one");
  EXPECT_EQ(rel_cache_observe(cache, 0), 0u);
  EXPECT_EQ(get(space, 0, "a"), std::nullopt);
  EXPECT_FALSE(put(space, "b", "two", rel_cache_ticket_now(space, 0)));
  EXPECT_EQ(find("a"), "one");
  EXPECT_EQ(stats(space).misses, 1u);
}

TEST_F(CacheTest, AnotherVersionThanTheLastObservedMisses) {
  fill("a", "one");
  EXPECT_EQ(get(space, kVersion + 1, "a"), std::nullopt);
  EXPECT_EQ(get(space, kVersion - 1, "a"), std::nullopt);
  EXPECT_FALSE(put(space, "a", "two", rel_cache_ticket_now(space, kVersion + 1)));
  EXPECT_EQ(find("a"), "one");
}

TEST_F(CacheTest, ASlowLoadCannotPutBackWhatWasInvalidated) {
  rel_cache_ticket before = ticket();
  remove("a");
  EXPECT_FALSE(put(space, "a", "old", before));

  before = ticket();
  rel_cache_clear_space(space);
  EXPECT_FALSE(put(space, "a", "old", before));

  before = ticket();
  rel_cache_clear(cache);
  EXPECT_FALSE(put(space, "a", "old", before));

  before = ticket();
  rel_cache_observe(cache, kVersion + 1);
  EXPECT_FALSE(put(space, "a", "old", before));
  EXPECT_EQ(get(space, kVersion + 1, "a"), std::nullopt);
}

TEST_F(CacheTest, InvalidatingOneSpaceLeavesFillsOfAnother) {
  rel_cache_ticket before = rel_cache_ticket_now(other, kVersion);
  remove("a");
  rel_cache_clear_space(space);
  EXPECT_TRUE(put(other, "a", "one", before));
}

TEST_F(CacheTest, RemoveAndClearSayHowMany) {
  for (int i = 0; i < 1000; i++) {
    fill(std::to_string(i), "v");
    put(other, std::to_string(i), "v", rel_cache_ticket_now(other, kVersion));
  }
  EXPECT_EQ(remove("5"), 1u);
  EXPECT_EQ(remove("5"), 0u);
  EXPECT_EQ(rel_cache_clear_space(space), 999u);
  EXPECT_EQ(rel_cache_clear_space(space), 0u);
  EXPECT_EQ(stats(space).bytes, 0u);
  EXPECT_EQ(stats(space).invalidations, 1000u);
  EXPECT_EQ(present(other, 1000), 1000);
  EXPECT_EQ(rel_cache_clear(cache), 1000u);
  EXPECT_EQ(present(other, 1000), 0);
  EXPECT_EQ(stats(cache).invalidations, 2000u);
}

TEST_F(CacheTest, AClosedSpaceTakesItsEntriesAlong) {
  rel_cache_space_settings settings = on();
  rel_cache_space *third = rel_cache_space_open(cache, &settings);
  put(third, "a", "one", rel_cache_ticket_now(third, kVersion));
  fill("a", "two");
  rel_cache_space_close(third);
  EXPECT_EQ(stats(cache).entries, 1u);
  EXPECT_EQ(find("a"), "two");
}

// --- Bounded ---

TEST_F(CacheTest, EntriesAreLimited) {
  open({UINT64_C(1) << 30, 100});
  for (int i = 0; i < 1000; i++) {
    EXPECT_TRUE(fill(std::to_string(i), "v"));
    EXPECT_EQ(find(std::to_string(i)), "v") << "what was just stored is there";
    EXPECT_LE(stats(cache).entries, 100u);
  }
  EXPECT_EQ(stats(cache).entries, 100u);
  EXPECT_EQ(stats(cache).evictions, 900u);
  EXPECT_EQ(present(space, 1000), 100);
}

TEST_F(CacheTest, BytesAreLimited) {
  open({100000, UINT64_MAX});
  std::string value(1000, 'v');
  for (int i = 0; i < 500; i++) {
    EXPECT_TRUE(fill(std::to_string(i), value));
    EXPECT_LE(stats(cache).bytes, 100000u);
  }
  EXPECT_GE(stats(cache).entries, 90u);
  EXPECT_GT(stats(cache).evictions, 0u);
}

TEST_F(CacheTest, AnEntryCostsAtMost96BytesMore) {
  for (size_t len : {0u, 1u, 100u, 5000u}) {
    uint64_t before = stats(cache).bytes;
    ASSERT_TRUE(fill("key" + std::to_string(len), std::string(len, 'v')));
    uint64_t payload = 3 + std::to_string(len).size() + len;
    EXPECT_GT(stats(cache).bytes - before, payload);
    EXPECT_LE(stats(cache).bytes - before, payload + 96);
  }
}

TEST_F(CacheTest, ASpaceHasItsOwnLimits) {
  for (int i = 0; i < 1000; i++)
    put(other, std::to_string(i), "v", rel_cache_ticket_now(other, kVersion));
  rel_cache_space_settings settings = on();
  settings.max_entries = 50;
  configure(settings);
  for (int i = 0; i < 500; i++) {
    EXPECT_TRUE(fill(std::to_string(i), "v"));
    EXPECT_EQ(find(std::to_string(i)), "v");
    EXPECT_LE(stats(space).entries, 50u);
  }
  EXPECT_EQ(stats(space).entries, 50u);
  EXPECT_EQ(stats(space).evictions, 450u);
  EXPECT_EQ(present(other, 1000), 1000) << "the neighbour pays nothing";

  settings.max_entries = UINT64_MAX;
  settings.max_bytes = 20000;
  configure(settings);
  for (int i = 0; i < 500; i++) {
    EXPECT_TRUE(fill(std::to_string(i), std::string(500, 'v')));
    EXPECT_LE(stats(space).bytes, 20000u);
  }
  EXPECT_GE(stats(space).entries, 30u);
}

TEST_F(CacheTest, ASpaceOverItsLimitKeepsWhatIsAskedFor) {
  rel_cache_space_settings settings = on();
  settings.max_entries = 100;
  configure(settings);
  for (int i = 0; i < 10; i++)
    fill("hot" + std::to_string(i), "v");
  for (int i = 0; i < 1000; i++) {
    fill(std::to_string(i), "v");
    for (int j = 0; j < 10 && i % 10 == 0; j++)
      EXPECT_TRUE(find("hot" + std::to_string(j)).has_value()) << i;
  }
}

TEST_F(CacheTest, AScanLeavesWhatIsAskedFor) {
  open({UINT64_C(1) << 30, 1000});
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 500; i++) {
      std::string key = "hot" + std::to_string(i);
      if (!find(key)) fill(key, "v");
    }
  }
  for (int i = 0; i < 100000; i++)
    fill("scan" + std::to_string(i), "v");
  int left = 0;
  for (int i = 0; i < 500; i++)
    left += find("hot" + std::to_string(i)).has_value();
  EXPECT_EQ(left, 500);
}

TEST_F(CacheTest, WhatIsLargerThanATenthOfALimitIsNotKept) {
  open({100000, UINT64_MAX});
  EXPECT_FALSE(fill("a", std::string(10001, 'v')));
  EXPECT_TRUE(fill("a", std::string(9000, 'v')));
  rel_cache_space_settings settings = on();
  settings.max_bytes = 50000;
  configure(settings);
  EXPECT_FALSE(fill("b", std::string(5001, 'v')));
  EXPECT_TRUE(fill("b", std::string(4000, 'v')));
}

TEST_F(CacheTest, LimitZeroIsOff) {
  for (rel_cache_limits limits : {rel_cache_limits{0, UINT64_MAX}, rel_cache_limits{1 << 20, 0}}) {
    configure(unlimited());
    ASSERT_TRUE(fill("a", "one"));
    configure(limits);
    EXPECT_EQ(stats(cache).entries, 0u);
    EXPECT_EQ(stats(cache).bytes, 0u);
    EXPECT_FALSE(fill("a", "one"));
    EXPECT_EQ(find("a"), std::nullopt);
  }
  configure(unlimited());
  rel_cache_space_settings settings = on();
  ASSERT_TRUE(fill("a", "one"));
  settings.max_entries = 0;
  configure(settings);
  EXPECT_EQ(stats(cache).entries, 0u);
  EXPECT_FALSE(fill("a", "one"));
  settings = on();
  settings.max_bytes = 0;
  configure(settings);
  EXPECT_FALSE(fill("a", "one"));
  configure(on());
  EXPECT_TRUE(fill("a", "one"));
}

TEST_F(CacheTest, LoweringALimitEvictsBeforeItReturns) {
  for (int i = 0; i < 5000; i++) {
    fill(std::to_string(i), "v");
    put(other, std::to_string(i), "v", rel_cache_ticket_now(other, kVersion));
  }
  rel_cache_space_settings settings = on();
  settings.max_entries = 3;
  configure(settings);
  EXPECT_EQ(stats(space).entries, 3u);
  EXPECT_EQ(present(space, 5000), 3);
  EXPECT_EQ(present(other, 5000), 5000);
  configure(rel_cache_limits{UINT64_C(1) << 40, 10});
  EXPECT_EQ(stats(cache).entries, 10u);
  EXPECT_EQ(stats(cache).evictions, 9990u);
  rel_cache_limits limits;
  rel_cache_limits_now(cache, &limits);
  EXPECT_EQ(limits.max_entries, 10u);
  rel_cache_space_settings_now(space, &settings);
  EXPECT_EQ(settings.max_entries, 3u);
}

// --- Time ---

TEST_F(CacheTest, EntriesExpire) {
  rel_cache_space_settings settings = on();
  settings.ttl_ns = 100;
  configure(settings);
  fill("a", "one");
  now_ns += 99;
  EXPECT_EQ(find("a"), "one");
  now_ns += 1;
  EXPECT_EQ(find("a"), std::nullopt);
  EXPECT_EQ(stats(space).expirations, 1u);
  EXPECT_EQ(stats(space).entries, 0u);
  EXPECT_EQ(stats(space).evictions, 0u);
  fill("a", "two");
  EXPECT_EQ(find("a"), "two");
}

TEST_F(CacheTest, AnotherTtlHoldsForTheEntriesThatAreThere) {
  rel_cache_space_settings settings = on();
  fill("a", "one");
  now_ns += 1000;
  settings.ttl_ns = 2000;
  configure(settings);
  EXPECT_EQ(find("a"), "one");
  settings.ttl_ns = 500;
  configure(settings);
  EXPECT_EQ(find("a"), std::nullopt);
}

TEST_F(CacheTest, ExpiredEntriesAreSweptByFills) {
  rel_cache_space_settings settings = on();
  settings.ttl_ns = 100;
  configure(settings);
  for (int i = 0; i < 1000; i++)
    fill("old" + std::to_string(i), "v");
  now_ns += 100;
  for (int i = 0; i < 2000; i++)
    fill("new" + std::to_string(i), "v");
  EXPECT_EQ(stats(space).expirations, 1000u);
  EXPECT_EQ(stats(space).entries, 2000u);
}

TEST_F(CacheTest, WhatHadExpiredWasNotEvicted) {
  open({UINT64_C(1) << 30, 100});
  rel_cache_space_settings settings = on();
  settings.ttl_ns = 100;
  configure(settings);
  for (int i = 0; i < 100; i++)
    fill(std::to_string(i), "v");
  now_ns += 100;
  for (int i = 0; i < 100; i++)
    put(other, std::to_string(i), "v", rel_cache_ticket_now(other, kVersion));
  EXPECT_EQ(stats(cache).expirations, 100u);
  EXPECT_EQ(stats(cache).evictions, 0u);
}

TEST_F(CacheTest, TtlZeroAndDisabledAreOff) {
  rel_cache_space_settings settings = on();
  for (bool enabled : {true, false}) {
    configure(on());
    ASSERT_TRUE(fill("a", "one"));
    settings.enabled = enabled;
    settings.ttl_ns = enabled ? 0 : REL_NEVER;
    configure(settings);
    EXPECT_EQ(stats(space).entries, 0u) << "what was there is dropped";
    EXPECT_FALSE(fill("a", "one"));
    uint64_t misses = stats(space).misses;
    EXPECT_EQ(find("a"), std::nullopt);
    EXPECT_EQ(stats(space).misses, misses + 1);
  }
  configure(on());
  EXPECT_EQ(find("a"), std::nullopt) << "switching on again brings nothing back";
}

TEST_F(CacheTest, ALargeCacheIsDroppedAndFilledAgain) {
  for (uint64_t version = kVersion + 1; version < kVersion + 5; version++) {
    rel_cache_observe(cache, version);
    for (int i = 0; i < 20000; i++)
      ASSERT_TRUE(put(space, std::to_string(i), "v", rel_cache_ticket_now(space, version)));
    EXPECT_EQ(stats(cache).entries, 20000u);
  }
  EXPECT_EQ(stats(cache).invalidations, 60000u);
}

TEST(CacheLifecycle, NullIsAccepted) {
  rel_cache_free(nullptr);
  rel_cache_space_close(nullptr);
}

TEST(CacheLifecycle, TheClockIsMonotonicTime) {
  rel_cache_limits limits = unlimited();
  rel_cache *cache = rel_cache_new(&limits);
  rel_cache_space_settings settings = on();
  settings.ttl_ns = 3600 * REL_NS_PER_S;
  rel_cache_space *space = rel_cache_space_open(cache, &settings);
  rel_cache_observe(cache, 1);
  EXPECT_TRUE(put(space, "a", "one", rel_cache_ticket_now(space, 1)));
  EXPECT_EQ(get(space, 1, "a"), "one");
  settings.ttl_ns = 1; // over long ago, by any clock that runs
  rel_cache_space_configure(space, &settings);
  while (get(space, 1, "a").has_value()) {
  }
  EXPECT_EQ(stats(space).expirations, 1u);
  rel_cache_space_close(space);
  rel_cache_free(cache);
}

} // namespace
