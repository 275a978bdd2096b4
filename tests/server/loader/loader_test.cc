// Loads, flights and batches over a store whose statements wait for the test.
#include "server/loader/load.h"
#include "server/loader/record_set.h"
#include "tests/server/loader/fake_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <memory>

namespace {

std::string Bytes(rel_blob *blob) {
  rel_str view = rel_blob_view(blob);
  return std::string(view.ptr, view.len);
}

// The bytes of a RecordSet with these records.
std::string Records(const std::vector<std::string> &records) {
  rel_buf set = {};
  for (const std::string &record : records)
    rel_record_set_add(&set, rel_bytes(record.data(), record.size()));
  rel_blob *blob = rel_record_set_loaded(&set);
  std::string bytes = Bytes(blob);
  rel_blob_unref(blob);
  rel_buf_fini(&set);
  return bytes;
}

std::string Without(Relations__V1__LoadState state) {
  rel_blob *blob = rel_record_set_without(state);
  std::string bytes = Bytes(blob);
  rel_blob_unref(blob);
  return bytes;
}

const std::string kEmpty = Without(RELATIONS__V1__LOAD_STATE__LOAD_STATE_EMPTY);
const std::string kNull = Without(RELATIONS__V1__LOAD_STATE__LOAD_STATE_NULL);
const std::string kDangling = Without(RELATIONS__V1__LOAD_STATE__LOAD_STATE_DANGLING);
const std::string kFiltered = Without(RELATIONS__V1__LOAD_STATE__LOAD_STATE_FILTERED);
const char kNullKey[] = "<null>";

// Counts references, as a snapshot would.
struct Keeper {
  std::atomic<int> refs{1};
  static void Ref(void *object) { static_cast<Keeper *>(object)->refs++; }
  static void Unref(void *object) { static_cast<Keeper *>(object)->refs--; }
};

// One load, which can be waited for.
class Load {
public:
  Load(rel_source *source, std::vector<std::string> keys, int64_t deadline_ns = REL_NEVER,
       size_t max_bytes = SIZE_MAX)
      : keys_(std::move(keys)) {
    rel_arena_init(&arena_);
    std::vector<rel_request_key> request_keys;
    for (const std::string &key : keys_)
      request_keys.push_back({rel_bytes(key.data(), key.size()), key == kNullKey});
    rel_load_request request = {};
    request.source = source;
    request.keys = request_keys.data();
    request.count = request_keys.size();
    request.deadline_ns = deadline_ns;
    request.max_bytes = max_bytes;
    request.arena = &arena_;
    request.done = Done;
    request.context = this;
    request.gone = Gone;
    rel_load_start(&request);
  }
  ~Load() {
    Wait();
    rel_arena_fini(&arena_);
  }
  Load &Wait() {
    if (finished_.valid()) finished_.get();
    return *this;
  }
  rel_code code() { return Wait().code_; }
  std::string message() { return Wait().message_; }
  std::vector<std::string> answers() { return Wait().answers_; }
  void Leave() { gone_ = true; }

private:
  static bool Gone(void *context) { return static_cast<Load *>(context)->gone_; }
  static void Done(rel_load *load, const rel_error *error, void *context) {
    Load *self = static_cast<Load *>(context);
    if (error != nullptr) {
      self->code_ = error->code;
      self->message_ = error->message;
    } else {
      for (size_t i = 0; i < rel_load_count(load); i++) {
        rel_blob *answer = rel_load_take(load, i);
        self->answers_.push_back(Bytes(answer));
        rel_blob_unref(answer);
      }
    }
    rel_load_fini(load);
    self->promise_.set_value();
  }

  std::vector<std::string> keys_;
  rel_arena arena_;
  std::promise<void> promise_;
  std::future<void> finished_ = promise_.get_future();
  std::atomic<bool> gone_{false};
  rel_code code_ = REL_OK;
  std::string message_;
  std::vector<std::string> answers_;
};

class LoaderTest : public testing::Test {
protected:
  LoaderTest() {
    rel_cache_limits limits = {64u << 20, UINT64_MAX};
    cache_ = rel_cache_new(&limits);
    options_.store = store_.get();
    options_.cache = cache_;
    options_.cache_settings = {true, REL_NEVER, UINT64_MAX, UINT64_MAX};
    options_.limits = {1u << 20, 1000};
    options_.label = "library.v1.Author.books";
    options_.keeper = {&keeper_, Keeper::Ref, Keeper::Unref};
    store_.rows = {{"a", {"a1", "a2"}}, {"b", {"b1"}}};
  }
  ~LoaderTest() override {
    store_.open_gate();
    store_.stop();
    EXPECT_EQ(keeper_.refs, 1) << "a batch kept its source";
    rel_source_free(source_);
    rel_cache_free(cache_);
  }
  rel_source *source() {
    if (source_ == nullptr) {
      EXPECT_EQ(rel_source_new(&options_, &source_, nullptr), REL_OK);
    }
    return source_;
  }
  rel_source_stats stats() {
    rel_source_stats stats;
    rel_source_stats_now(source(), &stats);
    return stats;
  }

  FakeStore store_;
  Keeper keeper_;
  rel_cache *cache_ = nullptr;
  rel_source_options options_ = {};
  rel_source *source_ = nullptr;
};

using Keys = std::vector<std::string>;
using Statements = std::vector<Keys>;

TEST_F(LoaderTest, AnswersComeInTheOrderOfTheRequestAndTwiceWhenAskedTwice) {
  Keys expected = {Records({"b1"}), Records({"a1", "a2"}), kEmpty, Records({"b1"})};
  EXPECT_EQ(Load(source(), {"b", "a", "none", "b"}).answers(), expected);
  EXPECT_EQ(Load(source(), {"b", "a", "none", "b"}).answers(), expected) << "warm";
  EXPECT_EQ(store_.statements().size(), 1u);
}

TEST_F(LoaderTest, ANullKeyRunsNoStatement) {
  EXPECT_EQ(Load(source(), {kNullKey, kNullKey}).answers(), (Keys{kNull, kNull}));
  EXPECT_TRUE(store_.statements().empty());
}

TEST_F(LoaderTest, NoKeysAreAnsweredAtOnce) {
  EXPECT_TRUE(Load(source(), {}).answers().empty());
}

TEST_F(LoaderTest, ManyCallersOfOneKeyShareOneLoad) {
  store_.close_gate();
  std::vector<std::unique_ptr<Load>> loads;
  for (int i = 0; i < 20; i++)
    loads.push_back(std::make_unique<Load>(source(), Keys{"a"}));
  store_.wait_for_statement();
  for (int i = 0; i < 20; i++)
    loads.push_back(std::make_unique<Load>(source(), Keys{"a"}));
  store_.open_gate();
  for (auto &load : loads)
    EXPECT_EQ(load->answers(), Keys{Records({"a1", "a2"})});
  EXPECT_EQ(store_.statements(), Statements{{"a"}});
  EXPECT_EQ(stats().joined, 39u);
}

TEST_F(LoaderTest, CallersThatComeWhileAStatementRunsShareTheNext) {
  store_.close_gate();
  Load first(source(), {"a"});
  store_.wait_for_statement();
  Load second(source(), {"b"}), third(source(), {"c", "d"}), fourth(source(), {"b", "e"});
  store_.open_gate();
  first.Wait(), second.Wait(), third.Wait(), fourth.Wait();
  Statements statements = store_.statements();
  ASSERT_EQ(statements.size(), 2u);
  std::sort(statements[1].begin(), statements[1].end());
  EXPECT_EQ(statements[1], (Keys{"b", "c", "d", "e"}));
}

TEST_F(LoaderTest, ACommitDetachesARunningFlight) {
  store_.close_gate();
  Load before(source(), {"a"});
  store_.wait_for_statement();
  store_.version = 2;
  Load after(source(), {"a"});
  store_.open_gate();
  before.Wait(), after.Wait();
  EXPECT_EQ(store_.statements(), (Statements{{"a"}, {"a"}}));
  EXPECT_EQ(Load(source(), {"a"}).answers(), Keys{Records({"a1", "a2"})});
  EXPECT_EQ(store_.statements().size(), 2u) << "the newer answer was kept";
}

TEST_F(LoaderTest, ASlowLoadDoesNotPutBackWhatWasInvalidated) {
  store_.close_gate();
  Load slow(source(), {"a"});
  store_.wait_for_statement();
  rel_cache_remove(rel_source_space(source()), rel_cstr("a"));
  store_.open_gate();
  slow.Wait();
  store_.rows["a"] = {"new"};
  EXPECT_EQ(Load(source(), {"a"}).answers(), Keys{Records({"new"})});
}

TEST_F(LoaderTest, WithoutAKnownVersionNothingIsCachedAndRunningFlightsAreNotJoined) {
  store_.version = 0;
  store_.close_gate();
  Load first(source(), {"a"});
  store_.wait_for_statement();
  Load second(source(), {"a"});
  store_.open_gate();
  first.Wait(), second.Wait();
  Load(source(), {"a"}).Wait();
  EXPECT_EQ(store_.statements().size(), 3u);
}

TEST_F(LoaderTest, AFailureIsReturnedAndNotCached) {
  store_.failure = REL_UNAVAILABLE;
  Load failed(source(), {"a", "b"});
  EXPECT_EQ(failed.code(), REL_UNAVAILABLE);
  EXPECT_EQ(failed.message(), "the fake store fails");
  store_.failure = REL_OK;
  EXPECT_EQ(Load(source(), {"a"}).answers(), Keys{Records({"a1", "a2"})});
}

TEST_F(LoaderTest, ABadRowSpoilsItsOwnKeyAndIsNotCached) {
  store_.bad["a"] = "books.title of the row with key 7: does not fit";
  Keys answers = Load(source(), {"a", "b"}).answers();
  EXPECT_NE(answers[0].find("books.title of the row with key 7"), std::string::npos);
  EXPECT_EQ(answers[1], Records({"b1"}));
  store_.bad.clear();
  EXPECT_EQ(Load(source(), {"a", "b"}).answers(), (Keys{Records({"a1", "a2"}), Records({"b1"})}));
  EXPECT_EQ(store_.statements(), (Statements{{"a", "b"}, {"a"}}));
}

TEST_F(LoaderTest, ASingleRelationTakesTheFirstRow) {
  options_.single = true;
  EXPECT_EQ(Load(source(), {"a", "b"}).answers(), (Keys{Records({"a1"}), Records({"b1"})}));
}

TEST_F(LoaderTest, AStrictSingleRelationRefusesASecondRow) {
  options_.single = options_.strict = true;
  Keys answers = Load(source(), {"a", "b"}).answers();
  EXPECT_NE(answers[0].find("has more than one record"), std::string::npos);
  EXPECT_EQ(answers[1], Records({"b1"}));
}

TEST_F(LoaderTest, ARecordThatIsWithheldIsFilteredAndNoOtherTakesItsPlace) {
  options_.single = true;
  options_.lookup.output = REL_OUTPUT_RECORD;
  store_.rows = {{"a", {"1", "2"}}, {"b", {"2", "1"}}};
  store_.withheld = {"1"};
  EXPECT_EQ(Load(source(), {"a", "b", "c"}).answers(), (Keys{kFiltered, Records({"2"}), kEmpty}));
}

TEST_F(LoaderTest, AStrictRelationRefusesASecondRowWhateverTheVerdict) {
  options_.single = options_.strict = true;
  store_.rows = {{"a", {"1", "2"}}, {"b", {"1"}}, {"c", {"2", "1"}}};
  store_.withheld = {"1"};
  Keys answers = Load(source(), {"a", "b", "c"}).answers();
  EXPECT_NE(answers[0].find("strict and has more than one record"), std::string::npos);
  EXPECT_EQ(answers[1], kFiltered);
  EXPECT_NE(answers[2].find("strict and has more than one record"), std::string::npos);
}

TEST_F(LoaderTest, ASingleRelationIsCounted) {
  options_.single = true;
  options_.lookup.output = REL_OUTPUT_COUNT;
  store_.rows = {{"a", {"", ""}}, {"b", {"1"}}};
  store_.withheld = {"1"};
  rel_blob *one = rel_record_set_counted(1);
  EXPECT_EQ(Load(source(), {"a", "b", "c"}).answers(), (Keys{Bytes(one), kFiltered, kEmpty}));
  rel_blob_unref(one);
}

TEST_F(LoaderTest, DanglingIsAStateCountedAndCached) {
  options_.absence = REL_ABSENT_DANGLING;
  EXPECT_EQ(Load(source(), {"none"}).answers(), Keys{kDangling});
  EXPECT_EQ(Load(source(), {"none"}).answers(), Keys{kDangling});
  EXPECT_EQ(store_.statements().size(), 1u);
  EXPECT_EQ(stats().dangling, 1u);
}

TEST_F(LoaderTest, StrictDanglingIsAnErrorThatNamesTheKey) {
  options_.absence = REL_ABSENT_DANGLING;
  options_.strict = true;
  rel_buf key = {};
  rel_key_put_int(&key, 42);
  Keys answers = Load(source(), {std::string(reinterpret_cast<char *>(key.data), key.len)}).answers();
  EXPECT_NE(answers[0].find("no record with key 42"), std::string::npos) << answers[0];
  rel_buf_fini(&key);
}

TEST_F(LoaderTest, TooManyRowsOfOneOwnerFailThatOwner) {
  options_.limits.max_rows = 1;
  Keys answers = Load(source(), {"a", "b"}).answers();
  EXPECT_NE(answers[0].find("use Query"), std::string::npos);
  EXPECT_EQ(answers[1], Records({"b1"}));
}

TEST_F(LoaderTest, AnAnswerThatIsTooLargeFailsTheCallColdAndWarm) {
  for (int i = 0; i < 2; i++)
    EXPECT_EQ(Load(source(), {"a", "b"}, REL_NEVER, 6).code(), REL_LIMIT);
}

TEST_F(LoaderTest, APassedDeadlineRunsNoStatement) {
  Load late(source(), {"a"}, rel_clock_ns() - 1);
  EXPECT_EQ(late.code(), REL_TIMEOUT);
  EXPECT_TRUE(store_.statements().empty());
}

TEST_F(LoaderTest, KeysThatOnlyLeftCallersWantAreNotLoaded) {
  store_.close_gate();
  Load first(source(), {"a"});
  store_.wait_for_statement();
  Load impatient(source(), {"b"}), patient(source(), {"c"});
  impatient.Leave();
  store_.open_gate();
  first.Wait(), patient.Wait(), impatient.Wait();
  EXPECT_EQ(store_.statements(), (Statements{{"a"}, {"c"}}));
}

// The deadline that passed was another caller's, or those that had gone were others.
TEST_F(LoaderTest, WhoJoinsABatchThatIsBeingGivenUpIsServedByTheNext) {
  store_.close_gate();
  Load gone(source(), {"a", "b"});
  store_.wait_for_statement();
  gone.Leave();
  Load joined(source(), {"b"});
  store_.give_ups = 1;
  store_.open_gate();
  EXPECT_EQ(gone.code(), REL_TIMEOUT);
  EXPECT_EQ(joined.answers(), (Keys{Records({"b1"})}));
  EXPECT_EQ(store_.statements(), (Statements{{"a", "b"}, {"b"}}));
  EXPECT_EQ(stats().joined, 1u);
}

TEST_F(LoaderTest, ABatchThatIsFullLeavesItsRestToTheNext) {
  Keys keys;
  for (int i = 0; i < 90; i++) {
    keys.push_back("key" + std::to_string(i));
    store_.rows[keys.back()] = {std::string(1000000, 'x')};
  }
  Keys answers = Load(source(), keys).answers();
  ASSERT_EQ(answers.size(), 90u);
  for (const std::string &answer : answers)
    EXPECT_GT(answer.size(), 1000000u);
  EXPECT_GT(store_.statements().size(), 1u);
}

TEST_F(LoaderTest, ALookupOfKeysTellsFoundFromNullFromNothing) {
  options_.lookup.output = REL_OUTPUT_KEY;
  store_.rows = {{"found", {"i1234567"}}, {"null", {""}}};
  EXPECT_EQ(Load(source(), {"found", "null", "none"}).answers(), (Keys{"i1234567", "", "-"}));
}

TEST_F(LoaderTest, ManyThreadsManyKeysEveryAnswerIsRight) {
  for (int key = 0; key < 50; key++)
    store_.rows[std::to_string(key)] = {"row of " + std::to_string(key)};
  source();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++)
    threads.emplace_back([this, t] {
      unsigned seed = static_cast<unsigned>(t);
      for (int i = 0; i < 500; i++) {
        Keys keys, expected;
        for (int k = 0; k < 5; k++) {
          std::string key = std::to_string(rand_r(&seed) % 50);
          keys.push_back(key);
          expected.push_back(Records({"row of " + key}));
        }
        if (i % 50 == 0) store_.version++;
        if (i % 70 == 0) rel_cache_clear_space(rel_source_space(source_));
        ASSERT_EQ(Load(source_, keys).answers(), expected);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
}

} // namespace
