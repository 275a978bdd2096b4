#include "tests/bench/loadgen.h"

#include "tests/bench/bench_data.h"
#include "tests/bench/child.h"

#include <grpc/grpc.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace {

TEST(Histogram, QuantilesAreAtMostABucketOff) {
  std::mt19937_64 random(1);
  std::vector<int64_t> values;
  rel_histogram histogram = {};
  EXPECT_EQ(rel_histogram_quantile(&histogram, 0.5), 0);
  for (int i = 0; i < 100000; i++) {
    values.push_back(static_cast<int64_t>(random() >> (random() % 60 + 2)));
    rel_histogram_add(&histogram, values.back());
  }
  std::sort(values.begin(), values.end());
  for (double share : {0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    size_t rank = static_cast<size_t>(std::max(1.0, share * values.size()));
    double exact = static_cast<double>(values[rank - 1]);
    double found = static_cast<double>(rel_histogram_quantile(&histogram, share));
    EXPECT_GE(found, exact);
    EXPECT_LE(found, exact * 1.033) << share;
  }
}

TEST(Histogram, TakesTheExtremes) {
  rel_histogram histogram = {};
  rel_histogram_add(&histogram, INT64_MAX);
  EXPECT_EQ(rel_histogram_quantile(&histogram, 1), INT64_MAX);
  rel_histogram_add(&histogram, -5);
  EXPECT_EQ(rel_histogram_quantile(&histogram, 0.5), 0);
}

class LoadgenTest : public ::testing::Test {
protected:
  void SetUp() override {
    const char *argv[] = {"tests/bench/echo_server", nullptr};
    std::string log = std::string(getenv("TEST_TMPDIR")) + "/log";
    rel_error error;
    ASSERT_EQ(rel_child_start(argv, REL_ANY_CORE, log.c_str(), &server, &error), REL_OK) << error.message;
    grpc_init(); // after the fork
    loadgen = rel_loadgen_new(("127.0.0.1:" + std::to_string(server.port)).c_str());
    rel_arena_init(&arena);
    request = rel_bench_echo_request(&arena, 40, 1000);
  }

  void TearDown() override {
    rel_load_result_fini(&result);
    rel_loadgen_free(loadgen);
    if (loadgen != nullptr) grpc_shutdown_blocking();
    rel_child_stop(&server);
    rel_arena_fini(&arena);
  }

  rel_load_options options(uint64_t calls) {
    rel_load_options o = {};
    o.method = "/bench.Echo/Echo";
    o.requests = &request;
    o.request_count = 1;
    o.concurrency = 4;
    o.max_calls = calls;
    o.max_ns = REL_NEVER;
    return o;
  }

  rel_child server = {};
  rel_loadgen *loadgen = nullptr;
  rel_arena arena = {};
  rel_str request = {};
  rel_load_result result = {};
  rel_error error = {};
};

TEST_F(LoadgenTest, MakesAsManyCallsAsItIsTold) {
  rel_load_options o = options(1000);
  ASSERT_EQ(rel_loadgen_run(loadgen, &o, &result, &error), REL_OK) << error.message;
  EXPECT_EQ(result.calls, 1000u);
  EXPECT_EQ(result.errors, 0u);
  EXPECT_EQ(result.latency.count, 1000u);
  EXPECT_EQ(result.answer_bytes, 1000000u);
  EXPECT_EQ(std::string(reinterpret_cast<char *>(result.answer.data), result.answer.len),
            std::string(1000, 'x'));
  EXPECT_GT(result.elapsed_ns, 0);
  EXPECT_GT(rel_child_cpu_ns(&server), 0);
}

TEST_F(LoadgenTest, EndsWhenItsTimeIsOver) {
  rel_load_options o = options(0);
  o.max_ns = 10000000;
  ASSERT_EQ(rel_loadgen_run(loadgen, &o, &result, &error), REL_OK) << error.message;
  EXPECT_GE(result.elapsed_ns, o.max_ns);
  EXPECT_GT(result.calls, 0u);
}

TEST_F(LoadgenTest, AnOpenLoopDoesNotRunAheadOfItsRate) {
  rel_load_options o = options(50);
  o.calls_per_s = 1000;
  ASSERT_EQ(rel_loadgen_run(loadgen, &o, &result, &error), REL_OK) << error.message;
  EXPECT_EQ(result.calls, 50u);
  EXPECT_GE(result.elapsed_ns, 49 * 1000000);
}

TEST_F(LoadgenTest, AnOpenLoopCountsFromWhenACallWasDue) {
  // Far more than one call at a time can do: the later ones are late before they begin.
  rel_load_options o = options(500);
  o.calls_per_s = 1e9;
  o.concurrency = 1;
  ASSERT_EQ(rel_loadgen_run(loadgen, &o, &result, &error), REL_OK) << error.message;
  EXPECT_GE(rel_histogram_quantile(&result.latency, 1.0), result.elapsed_ns / 2);
}

TEST_F(LoadgenTest, FailuresAreCountedAndTheFirstIsReturned) {
  rel_load_options o = options(10);
  o.method = "/bench.Echo/Nothing"; // which nobody answers
  o.timeout_ns = 100000000;
  EXPECT_EQ(rel_loadgen_run(loadgen, &o, &result, &error), REL_TIMEOUT);
  EXPECT_EQ(result.calls, 10u);
  EXPECT_EQ(result.errors, 10u);
  EXPECT_NE(std::string(error.message).find("DEADLINE_EXCEEDED"), std::string::npos);
}

class StreamTest : public LoadgenTest {
protected:
  void SetUp() override {
    std::string directory = getenv("TEST_TMPDIR"), path = directory + "/bench.db", url = "sqlite:" + path;
    std::string log = directory + "/relationsd.log";
    remove(path.c_str());
    ASSERT_EQ(rel_bench_database(path.c_str(), 200, &error), REL_OK) << error.message;
    const char *argv[] = {"server/relationsd", "--schema",  "tests/bench/bench.binpb",
                          "--database",        url.c_str(), "--listen",
                          "127.0.0.1:0",       nullptr};
    ASSERT_EQ(rel_child_start(argv, REL_ANY_CORE, log.c_str(), &server, &error), REL_OK) << error.message;
    grpc_init(); // after the fork
    loadgen = rel_loadgen_new(("127.0.0.1:" + std::to_string(server.port)).c_str());
    rel_arena_init(&arena);
  }

  // QueryRequest { target { model } }
  rel_load_options query(const std::string &model, uint64_t calls) {
    bytes = std::string("\n") + static_cast<char>(model.size() + 2) + "\n" + static_cast<char>(model.size()) +
            model;
    request = {bytes.data(), bytes.size()};
    rel_load_options o = options(calls);
    o.method = "/relations.v1.RelationService/Query";
    o.streams = true;
    return o;
  }

  std::string bytes;
};

TEST_F(StreamTest, IsTakenToItsEnd) {
  rel_load_options o = query("bench.v1.Book", 12);
  ASSERT_EQ(rel_loadgen_run(loadgen, &o, &result, &error), REL_OK) << error.message;
  EXPECT_EQ(result.calls, 12u);
  EXPECT_GE(result.messages, 2 * result.calls); // about 3,000 books of 70 bytes
  EXPECT_GT(result.answer_bytes, result.calls * 3000 * 50);
  EXPECT_EQ(result.latency.count, 12u);
}

TEST_F(StreamTest, ThatFailsAtOnceIsCounted) {
  rel_load_options o = query("bench.v1.Nothing", 5);
  EXPECT_NE(rel_loadgen_run(loadgen, &o, &result, &error), REL_OK);
  EXPECT_EQ(result.errors, 5u);
  EXPECT_EQ(result.messages, 0u);
}

TEST(Child, SaysWhyAServerDidNotStart) {
  rel_child child;
  rel_error error;
  std::string log = std::string(getenv("TEST_TMPDIR")) + "/log";
  const char *absent[] = {"/nonexistent/server", nullptr};
  EXPECT_EQ(rel_child_start(absent, REL_ANY_CORE, log.c_str(), &child, &error), REL_UNAVAILABLE);
  EXPECT_NE(std::string(error.message).find("cannot run /nonexistent/server"), std::string::npos)
      << error.message;
  EXPECT_EQ(child.pid, 0);
}

TEST(Child, ALogOfAnotherServerIsNotRead) {
  std::string log = std::string(getenv("TEST_TMPDIR")) + "/old";
  FILE *file = fopen(log.c_str(), "w");
  ASSERT_NE(file, nullptr);
  fputs("{\"event\":\"listening\",\"port\":1}\n", file);
  fclose(file);
  const char *argv[] = {"tests/bench/echo_server", nullptr};
  rel_child child = {};
  rel_error error;
  ASSERT_EQ(rel_child_start(argv, REL_ANY_CORE, log.c_str(), &child, &error), REL_OK) << error.message;
  EXPECT_NE(child.port, 1);
  rel_child_stop(&child);
}

TEST(BenchData, RequestsTogetherAskForEveryAuthorOnce) {
  std::vector<int> seen(1000);
  for (uint64_t place = 0; place < 1000; place++)
    seen[static_cast<size_t>(rel_bench_author(1000, place) - 1)]++;
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), 1000);
}

} // namespace
