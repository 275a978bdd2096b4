// Readers, writers, clears and configures at once, for TSan and ASan, with the promise of the cache checked
// on the way: a value read under a version is never older than that version.
#include "server/cache/cache.h"

#include "tests/server/cache/cache_fixture.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace cache_fixture;

namespace {

constexpr int kKeys = 500;

struct World {
  rel_cache *cache;
  rel_cache_space *space;
  rel_cache_space *limited;
  std::atomic<uint64_t> version{1}; // of the database; its value is the version
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> hits{0};
  std::atomic<uint64_t> stale{0};
};

// Looks up ten keys, loads what is missing, as a server does.
void serve(World &world, rel_cache_space *space, uint64_t seed) {
  std::mt19937_64 random(seed);
  for (int turn = 0; turn < 4000; turn++) {
    std::array<std::string, 10> names;
    std::array<rel_str, 10> keys;
    std::array<rel_blob *, 10> out;
    for (size_t i = 0; i < keys.size(); i++) {
      names[i] = std::to_string(random() % kKeys);
      keys[i] = view(names[i]);
    }
    uint64_t version = rel_cache_observe(world.cache, world.version.load());
    rel_cache_ticket ticket = rel_cache_ticket_now(space, version);
    world.hits += rel_cache_get(space, version, keys.data(), keys.size(), out.data());
    for (size_t i = 0; i < keys.size(); i++) {
      if (out[i] == nullptr) {
        put(space, names[i], std::to_string(world.version.load()) + std::string(random() % 300, ' '), ticket);
        continue;
      }
      rel_str bytes = rel_blob_view(out[i]);
      world.stale += std::stoull(std::string(bytes.ptr, bytes.len)) < version;
      rel_blob_unref(out[i]);
    }
  }
}

void disturb(World &world, uint64_t seed) {
  std::mt19937_64 random(seed);
  while (!world.stop) {
    rel_cache_space *space = random() % 2 ? world.space : world.limited;
    rel_cache_space_settings settings = on();
    rel_cache_limits limits = unlimited();
    rel_cache_stats out;
    switch (random() % 9) {
    case 0:
      rel_cache_clear(world.cache);
      break;
    case 1:
      rel_cache_clear_space(space);
      break;
    case 2:
      settings.max_entries = random() % kKeys;
      settings.ttl_ns = random() % 2 ? REL_NEVER : 1000000;
      rel_cache_space_configure(world.limited, &settings);
      break;
    case 3:
      limits.max_bytes = 50000 + random() % 100000;
      rel_cache_configure(world.cache, &limits);
      break;
    case 4:
      world.version++;
      break;
    case 5: {
      rel_cache_space *third = rel_cache_space_open(world.cache, &settings);
      put(third, "a", "b", rel_cache_ticket_now(third, world.version.load()));
      rel_cache_space_close(third);
      break;
    }
    case 6:
      rel_cache_stats_now(world.cache, &out);
      break;
    case 7:
      rel_cache_space_stats_now(space, &out);
      break;
    default:
      rel_cache_remove(space, view(std::to_string(random() % kKeys)));
    }
    for (int i = 0; i < 50; i++)
      std::this_thread::yield();
  }
}

TEST(CacheThreads, ReadersWritersAndOperatorsAtOnce) {
  uint64_t start = seed();
  World world;
  rel_cache_limits limits = unlimited();
  rel_cache_space_settings settings = on();
  world.cache = rel_cache_new(&limits);
  world.space = rel_cache_space_open(world.cache, &settings);
  world.limited = rel_cache_space_open(world.cache, &settings);
  std::vector<std::thread> servers, operators;
  for (uint64_t i = 0; i < 4; i++)
    servers.emplace_back([&, i] { serve(world, i % 2 ? world.space : world.limited, start + i); });
  for (uint64_t i = 0; i < 2; i++)
    operators.emplace_back([&, i] { disturb(world, start + 100 + i); });
  for (std::thread &thread : servers)
    thread.join();
  world.stop = true;
  for (std::thread &thread : operators)
    thread.join();
  EXPECT_EQ(world.stale, 0u);
  EXPECT_GT(world.hits, 0u);
  rel_cache_space_close(world.space);
  rel_cache_space_close(world.limited);
  EXPECT_EQ(stats(world.cache).entries, 0u);
  EXPECT_EQ(stats(world.cache).bytes, 0u);
  rel_cache_free(world.cache);
}

} // namespace
