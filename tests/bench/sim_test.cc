// The simulator's own correctness: traces small enough to follow by hand, and what must hold on any trace.
#include "tests/bench/sim.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace {

class Trace {
public:
  explicit Trace(const std::vector<uint32_t> &keys) { rel_trace_of(keys.data(), keys.size(), &trace_); }
  Trace(uint64_t seed, double alpha, size_t scan_every) {
    rel_trace_zipf(seed, alpha, 1000, 20000, scan_every, 100, &trace_);
  }
  ~Trace() { rel_trace_fini(&trace_); }
  const rel_trace *get() const { return &trace_; }

private:
  rel_trace trace_;
};

TEST(Sim, BeladyByHand) {
  Trace trace({1, 2, 3, 1, 3, 2, 1});
  // 1 miss, 2 miss, 3 in the place of 2, 1 hit, 3 hit, 2 miss, 1 hit.
  EXPECT_EQ(rel_sim_belady(trace.get(), 2), 3u);
  EXPECT_EQ(rel_sim_belady(trace.get(), 3), 4u);
  EXPECT_EQ(rel_sim_belady(trace.get(), 1), 2u); // 1 keeps the only place
}

TEST(Sim, LruByHand) {
  Trace trace({1, 2, 1, 3, 2, 1});
  // 1 miss, 2 miss, 1 hit, 3 in the place of 2, 2 in the place of 1, 1 in the place of 3.
  EXPECT_EQ(rel_sim_lru(trace.get(), 2), 1u);
  EXPECT_EQ(rel_sim_lru(trace.get(), 3), 3u);
}

TEST(Sim, SieveByHand) {
  Trace trace({1, 2, 3, 1, 4, 2, 1, 5, 1});
  // 1 2 3 miss, 1 hit, 4 in the place of 2 (the hand passed 1), 2 in the place of 3, 1 hit, 5 in the place of
  // 4, 1 hit.
  EXPECT_EQ(rel_sim_sieve(trace.get(), 3), 3u);
}

TEST(Sim, ThePolicyByHand) {
  Trace trace({1, 2, 1, 1, 3, 2, 1});
  // 1 miss, 2 miss, 1 hit twice, 3: 1 goes to the main queue and 2 out; 2 is remembered: 3 out, 2 in main; 1
  // hit.
  EXPECT_EQ(rel_sim_policy(trace.get(), 2, nullptr), 3u);
}

TEST(Sim, ALoopThatIsTooLongForLruIsNotForTheBest) {
  std::vector<uint32_t> keys;
  for (int i = 0; i < 1000; i++)
    keys.push_back(static_cast<uint32_t>(i % 11));
  Trace trace(keys);
  EXPECT_EQ(rel_sim_lru(trace.get(), 10), 0u);
  EXPECT_GT(rel_sim_belady(trace.get(), 10), 850u);
}

TEST(Sim, NothingBeatsTheBestAndRoomForAllMissesEachKeyOnce) {
  const char *given = std::getenv("RELATIONS_TEST_SEED");
  uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 0) : std::random_device{}();
  std::printf("RELATIONS_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  for (double alpha : {0.5, 0.99, 1.3}) {
    for (size_t scan_every : {0u, 500u}) {
      Trace trace(seed, alpha, scan_every);
      for (uint32_t capacity : {1u, 2u, 10u, 100u, 500u}) {
        uint64_t best = rel_sim_belady(trace.get(), capacity);
        EXPECT_LE(rel_sim_policy(trace.get(), capacity, nullptr), best);
        EXPECT_LE(rel_sim_lru(trace.get(), capacity), best);
        EXPECT_LE(rel_sim_sieve(trace.get(), capacity), best);
        EXPECT_LE(best, rel_sim_belady(trace.get(), capacity + 1)) << "more room never hurts the best";
        EXPECT_LE(rel_sim_lru(trace.get(), capacity), rel_sim_lru(trace.get(), capacity + 1));
      }
      uint64_t all = trace.get()->count - trace.get()->distinct;
      EXPECT_EQ(rel_sim_policy(trace.get(), trace.get()->distinct, nullptr), all);
      EXPECT_EQ(rel_sim_lru(trace.get(), trace.get()->distinct), all);
      EXPECT_EQ(rel_sim_sieve(trace.get(), trace.get()->distinct), all);
      EXPECT_EQ(rel_sim_belady(trace.get(), trace.get()->distinct), all);
    }
  }
}

TEST(Sim, ThePolicyResistsScansBetterThanLru) {
  for (double alpha : {0.8, 0.99, 1.2}) {
    for (size_t scan_every : {0u, 200u}) {
      Trace trace(1, alpha, scan_every);
      EXPECT_GT(rel_sim_policy(trace.get(), 100, nullptr), rel_sim_lru(trace.get(), 100));
    }
  }
}

TEST(TraceFile, IsReadPlainAndCompressed) {
  std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/trace";
  const unsigned char bytes[] = {0, 0, 1, 0, 255, 255, 255, 255, 0, 0, 1, 0};
  std::FILE *file = std::fopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  std::fwrite(bytes, 1, sizeof bytes, file);
  std::fclose(file);
  ASSERT_EQ(std::system(("xz -kf '" + path + "'").c_str()), 0);
  for (const std::string &name : {path, path + ".xz"}) {
    rel_trace trace;
    rel_error error;
    ASSERT_EQ(rel_trace_read(name.c_str(), &trace, &error), REL_OK) << error.message;
    ASSERT_EQ(trace.count, 3u);
    EXPECT_EQ(trace.distinct, 2u);
    EXPECT_EQ(trace.keys[0], 0u);
    EXPECT_EQ(trace.keys[1], 1u);
    EXPECT_EQ(trace.keys[2], 0u);
    rel_trace_fini(&trace);
  }
}

TEST(TraceFile, SaysWhatIsWrong) {
  std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/broken.xz";
  std::FILE *file = std::fopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  std::fwrite("not compressed", 1, 14, file);
  std::fclose(file);
  rel_trace trace;
  rel_error error;
  EXPECT_EQ(rel_trace_read(path.c_str(), &trace, &error), REL_INVALID);
  EXPECT_EQ(rel_trace_read("/nonexistent/trace", &trace, &error), REL_NOT_FOUND);
  EXPECT_NE(std::string(error.message).find("/nonexistent/trace"), std::string::npos);
  EXPECT_EQ(rel_trace_read("/nonexistent/trace.xz", &trace, &error), REL_INVALID);
}

} // namespace
