// What the tests of the cache share: settings, strings in and out, a seed.
#ifndef RELATIONS_TESTS_SERVER_CACHE_CACHE_FIXTURE_H
#define RELATIONS_TESTS_SERVER_CACHE_CACHE_FIXTURE_H

#include "server/cache/cache.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace cache_fixture {

inline rel_str view(std::string_view text) {
  return rel_bytes(text.data(), text.size());
}

inline rel_cache_limits unlimited() {
  return {UINT64_C(1) << 40, UINT64_MAX};
}

inline rel_cache_space_settings on() {
  return {true, REL_NEVER, UINT64_MAX, UINT64_MAX};
}

// Stores a value; the caller's reference is dropped.
inline bool put(rel_cache_space *space, std::string_view key, std::string_view value,
                rel_cache_ticket ticket) {
  rel_blob *blob = rel_blob_copy(view(value));
  bool kept = rel_cache_put(space, view(key), blob, ticket);
  rel_blob_unref(blob);
  return kept;
}

inline std::optional<std::string> get(rel_cache_space *space, uint64_t version, std::string_view key) {
  rel_str wanted = view(key);
  rel_blob *blob = nullptr;
  if (rel_cache_get(space, version, &wanted, 1, &blob) == 0) return std::nullopt;
  rel_str bytes = rel_blob_view(blob);
  std::string value(bytes.ptr, bytes.len);
  rel_blob_unref(blob);
  return value;
}

inline rel_cache_stats stats(rel_cache *cache) {
  rel_cache_stats out;
  rel_cache_stats_now(cache, &out);
  return out;
}

inline rel_cache_stats stats(rel_cache_space *space) {
  rel_cache_stats out;
  rel_cache_space_stats_now(space, &out);
  return out;
}

// RELATIONS_TEST_SEED, or a new one; printed, so that a failure can be run again.
inline uint64_t seed() {
  const char *given = std::getenv("RELATIONS_TEST_SEED");
  uint64_t value = given != nullptr ? std::strtoull(given, nullptr, 0) : std::random_device{}();
  std::printf("RELATIONS_TEST_SEED=%llu\n", static_cast<unsigned long long>(value));
  return value;
}

} // namespace cache_fixture

#endif
