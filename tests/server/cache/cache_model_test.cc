// Random operations beside a plain model. The database is a map from keys to numbers that only grow; a load
// reads it at one time and fills at a later one. What must hold: a hit is never older than the last
// invalidation of its key, and no limit is ever exceeded.
#include "server/cache/cache.h"

#include "tests/server/cache/cache_fixture.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <map>
#include <string>

using namespace cache_fixture;

namespace {

constexpr int kSpaces = 3;
constexpr int kKeys = 200;

struct Load {
  int space;
  std::string key;
  uint64_t value;
  size_t padding;
  rel_cache_ticket ticket;
};

class Model {
public:
  explicit Model(uint64_t seed) : random_(seed) {
    cache_ = rel_cache_new(&limits_);
    rel_cache_set_clock(
        cache_, [](void *now) { return *static_cast<int64_t *>(now); }, &now_ns_);
    for (int i = 0; i < kSpaces; i++) {
      settings_[i] = on();
      spaces_[i] = rel_cache_space_open(cache_, &settings_[i]);
    }
    rel_cache_observe(cache_, version_);
  }

  ~Model() {
    for (rel_cache_space *space : spaces_)
      rel_cache_space_close(space);
    rel_cache_free(cache_);
  }

  void step() {
    now_ns_ += pick(10);
    int dice = pick(1000);
    if (dice < 550)
      look_up(pick(kSpaces), key());
    else if (dice < 700)
      begin_load(pick(kSpaces), key());
    else if (dice < 900)
      end_load();
    else if (dice < 950)
      write_and_remove(pick(kSpaces), key());
    else if (dice < 960)
      write_behind_our_back();
    else if (dice < 966)
      clear_space(pick(kSpaces));
    else if (dice < 968)
      clear_all();
    else if (dice < 984)
      configure_space(pick(kSpaces));
    else if (dice < 990)
      configure_cache();
    else if (dice < 995)
      reopen(pick(kSpaces));
    else
      unknown_version(pick(kSpaces), key());
    check_limits();
  }

  uint64_t hits() const { return stats(cache_).hits; }

private:
  // The values of a space's keys; `oldest` is the oldest that may still be served.
  struct Row {
    uint64_t value = 1;
    uint64_t oldest = 1;
    int64_t loaded_ns = 0; // latest fill
  };

  int pick(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }
  std::string key() { return std::to_string(pick(2) ? pick(kKeys) : pick(kKeys / 10)); }
  Row &row(int space, const std::string &key) { return rows_[space][key]; }

  void look_up(int space, const std::string &key) {
    auto found = get(spaces_[space], rel_cache_observe(cache_, version_), key);
    if (!found) return;
    Row &current = row(space, key);
    uint64_t value = std::stoull(*found);
    ASSERT_GE(value, current.oldest) << "stale: space " << space << " key " << key;
    ASSERT_LE(value, current.value);
    ASSERT_TRUE(settings_[space].enabled);
    if (settings_[space].ttl_ns != REL_NEVER) {
      ASSERT_LT(now_ns_ - current.loaded_ns, settings_[space].ttl_ns);
    }
  }

  void begin_load(int space, const std::string &key) {
    uint64_t version = rel_cache_observe(cache_, version_);
    rel_cache_ticket ticket = rel_cache_ticket_now(spaces_[space], version);
    loads_.push_back({space, key, row(space, key).value, static_cast<size_t>(pick(400)), ticket});
  }

  void end_load() {
    if (loads_.empty()) return;
    size_t index = static_cast<size_t>(pick(static_cast<int>(loads_.size())));
    Load load = loads_[index];
    loads_.erase(loads_.begin() + static_cast<long>(index));
    std::string value = std::to_string(load.value) + std::string(load.padding, ' ');
    if (!put(spaces_[load.space], load.key, value, load.ticket)) return;
    row(load.space, load.key).loaded_ns = now_ns_;
    // A change that nobody has noticed yet may be behind this; then nobody will see the entry either.
    if (load.ticket.version != version_) return;
    ASSERT_GE(load.value, row(load.space, load.key).oldest) << "a stale fill was taken";
    ASSERT_EQ(get(spaces_[load.space], version_, load.key), value) << "what was just taken is there";
  }

  void write_and_remove(int space, const std::string &key) {
    Row &current = row(space, key);
    current.oldest = ++current.value;
    rel_cache_remove(spaces_[space], view(key));
  }

  // Another process: every key may have changed; it is noticed by the next observe. A version that goes back
  // was seen before: a database never has one version twice without anybody noticing what was in between.
  void write_behind_our_back() {
    if (pick(4) == 0) {
      rel_cache_observe(cache_, version_);
      rel_cache_observe(cache_, --version_);
    } else {
      version_++;
    }
    for (auto &space : rows_) {
      for (auto &[name, current] : space)
        current.oldest = ++current.value;
    }
    if (pick(2)) rel_cache_observe(cache_, version_);
  }

  void clear_space(int space) {
    rel_cache_clear_space(spaces_[space]);
    for (auto &[name, current] : rows_[space])
      current.oldest = ++current.value;
  }

  void clear_all() {
    rel_cache_clear(cache_);
    ASSERT_EQ(stats(cache_).entries, 0u);
    for (auto &space : rows_) {
      for (auto &[name, current] : space)
        current.oldest = ++current.value;
    }
  }

  void configure_space(int space) {
    settings_[space] = on();
    settings_[space].enabled = pick(6) != 0;
    if (pick(3) == 0) settings_[space].ttl_ns = pick(2000);
    if (pick(3) == 0) settings_[space].max_entries = static_cast<uint64_t>(pick(kKeys));
    if (pick(3) == 0) settings_[space].max_bytes = static_cast<uint64_t>(pick(40000));
    rel_cache_space_configure(spaces_[space], &settings_[space]);
  }

  void configure_cache() {
    limits_ = unlimited();
    if (pick(2)) limits_.max_entries = static_cast<uint64_t>(pick(2 * kKeys));
    if (pick(2)) limits_.max_bytes = static_cast<uint64_t>(pick(100000));
    rel_cache_configure(cache_, &limits_);
  }

  void reopen(int space) {
    rel_cache_space_close(spaces_[space]);
    spaces_[space] = rel_cache_space_open(cache_, &settings_[space]);
    for (size_t i = 0; i < loads_.size();)
      if (loads_[i].space == space)
        loads_.erase(loads_.begin() + static_cast<long>(i));
      else
        i++;
  }

  void unknown_version(int space, const std::string &key) {
    ASSERT_EQ(rel_cache_observe(cache_, 0), 0u);
    ASSERT_EQ(get(spaces_[space], 0, key), std::nullopt);
  }

  void check_limits() {
    rel_cache_stats total = stats(cache_), sum = {};
    ASSERT_LE(total.entries, limits_.max_entries);
    ASSERT_LE(total.bytes, limits_.max_bytes);
    for (int i = 0; i < kSpaces; i++) {
      rel_cache_stats one = stats(spaces_[i]);
      ASSERT_LE(one.entries, settings_[i].max_entries);
      ASSERT_LE(one.bytes, settings_[i].max_bytes);
      sum.entries += one.entries;
      sum.bytes += one.bytes;
    }
    ASSERT_EQ(sum.entries, total.entries);
    ASSERT_EQ(sum.bytes, total.bytes);
  }

  std::mt19937_64 random_;
  int64_t now_ns_ = 1;
  uint64_t version_ = 1000000;
  rel_cache_limits limits_ = unlimited();
  rel_cache *cache_ = nullptr;
  std::array<rel_cache_space *, kSpaces> spaces_ = {};
  std::array<rel_cache_space_settings, kSpaces> settings_ = {};
  std::array<std::map<std::string, Row>, kSpaces> rows_;
  std::deque<Load> loads_;
};

TEST(CacheModel, IsNeverStaleAndNeverOverItsLimits) {
  uint64_t start = seed(), hits = 0;
  for (uint64_t round = 0; round < 10; round++) {
    Model model(start + round);
    for (int i = 0; i < 10000; i++) {
      model.step();
      if (::testing::Test::HasFatalFailure()) FAIL() << "seed " << start + round << " step " << i;
    }
    hits += model.hits();
  }
  EXPECT_GT(hits, 1000u) << "a cache that never hits is never stale";
}

} // namespace
