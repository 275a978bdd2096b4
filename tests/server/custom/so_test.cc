// Loaders within the process: batches through a scripted shared object, and what it may do to them.
#include "server/custom/loaders.h"
#include "server/custom/so.h"

#include "server/custom/batch.h"
#include "tests/common/schema/compiled.h"
#include "tests/support/plugin_file.h"
#include "tests/support/scratch.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

using namespace relations_test;

namespace {

const char kSchema[] = R"(
message Book { option (relations.v1.model) = {}; int64 id = 1; fixed64 wide = 2; string shelf = 3;
  string uuid = 5 [(relations.v1.column).uuid = true];
  repeated Note notes = 10 [(relations.v1.has_many) = { foreign_key: "book_id" loader: "so:l" }];
  Note note = 11 [(relations.v1.has_one) = { foreign_key: "book_id" loader: "so:l" }];
  repeated Note uuids = 12 [(relations.v1.has_many) = { foreign_key: "uuid" references: "uuid" loader: "so:l" }];
  repeated Note pairs = 13 [(relations.v1.has_many) = { foreign_key: "text" foreign_key: "wide"
    references: "shelf" references: "wide" loader: "so:l" }];
}
message Note { option (relations.v1.model) = { abstract: true }; int64 book_id = 1; uint64 wide = 2;
  string uuid = 3 [(relations.v1.column).uuid = true]; string text = 4; }
)";

std::string Hex(const std::string &bytes) {
  static const char digits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned char c : bytes)
    hex += {digits[c >> 4], digits[c & 15]};
  return hex;
}

std::string Int(int64_t value) {
  rel_buf key = {};
  rel_key_put_int(&key, value);
  std::string bytes = Text(rel_buf_view(&key));
  rel_buf_fini(&key);
  return bytes;
}

// One batch, as server/loader would have it; Wait waits for its end.
struct Asked : rel_job {
  std::vector<std::string> keys;
  std::vector<rel_str> views;
  rel_deadline deadline = {};
  std::map<size_t, std::vector<std::string>> rows;
  std::map<size_t, std::string> bad;
  rel_code code = REL_OK;
  std::string message;
  bool ended = false;
  std::atomic<bool> left{false};
  std::function<void()> meanwhile; // done once, when the waiting first asks whether anybody waits
  std::mutex mutex;
  std::condition_variable changed;

  explicit Asked(std::vector<std::string> asked) : rel_job{}, keys(std::move(asked)) {
    for (const std::string &key : keys)
      views.push_back(Str(key));
    rel_deadline_set(&deadline, rel_clock_ns() + 3600 * REL_NS_PER_S);
    take = [](rel_job *job, rel_batch *batch) {
      Asked *self = static_cast<Asked *>(job);
      *batch = rel_batch{self->views.data(), self->views.size(), &self->deadline, nullptr};
    };
    row = [](rel_job *job, rel_batch *, size_t index, rel_str bytes, rel_error *) {
      static_cast<Asked *>(job)->rows[index].push_back(Text(bytes));
      return REL_OK;
    };
    bad_row = [](rel_job *job, rel_batch *, size_t index, const rel_error *error) {
      static_cast<Asked *>(job)->bad[index] = error->message;
    };
    gone = [](rel_job *job, const rel_batch *) {
      Asked *self = static_cast<Asked *>(job);
      if (self->meanwhile) std::exchange(self->meanwhile, nullptr)();
      return self->left.load();
    };
    done = [](rel_job *job, rel_batch *, rel_code code, const rel_error *error) {
      Asked *self = static_cast<Asked *>(job);
      std::lock_guard<std::mutex> lock(self->mutex);
      self->code = code;
      if (code != REL_OK) self->message = error->message;
      self->ended = true;
      self->changed.notify_all();
    };
  }
  // Its deadline passes now.
  void Expire() { rel_deadline_set(&deadline, rel_clock_ns()); }
  rel_code Wait() {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [this] { return ended; });
    return code;
  }
};

class So : public testing::Test {
protected:
  static void SetUpTestSuite() { read_ = new Read(ReadProto(kSchema)); }
  static void TearDownTestSuite() { delete read_; }

  void SetUp() override {
    ASSERT_EQ(read_->code, REL_OK) << read_->All();
    rel_test::PutPlugin("scripted", scratch_ / "l.so");
    Script("");
    setenv("RELATIONS_TEST_SCRIPT", ScriptPath().c_str(), 1);
    Start(2, 0);
  }
  void TearDown() override { Stop(); }

  void Start(unsigned calls, int64_t patience_ns) {
    rel_so_options options = {scratch_.path().c_str(), rel_cstr("l"), calls, 1 << 20, patience_ns};
    rel_error error = {};
    ASSERT_EQ(rel_so_new(&options, &so_, &error), REL_OK) << error.message;
    feed_ = rel_crew_feed(rel_so_crew(so_));
  }
  void Stop() {
    if (so_ == nullptr) return;
    for (rel_plan *plan : plans_)
      feed_.ops->plan_free(feed_.object, plan);
    plans_.clear();
    rel_so_stop(so_);
    rel_so_free(so_);
    so_ = nullptr;
  }

  std::string ScriptPath() { return scratch_ / "script"; }
  void Script(const std::string &text) {
    std::ofstream(ScriptPath() + ".new") << text;
    ASSERT_EQ(rename((ScriptPath() + ".new").c_str(), ScriptPath().c_str()), 0);
  }
  std::string Log() { return ReadFile(ScriptPath() + ".log"); }
  size_t Logged(const std::string &line) {
    std::string log = Log();
    size_t count = 0;
    for (size_t at = log.find(line + "\n"); at != std::string::npos; at = log.find(line + "\n", at + 1))
      count++;
    return count;
  }
  void WaitForLog(const std::string &line, size_t count = 1) {
    while (Logged(line) < count)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  void Submit(const char *relation, Asked *asked) {
    const rel_relation *found = rel_model_relation(read_->Model("t.v1.Book"), rel_cstr(relation));
    rel_lookup lookup = {};
    lookup.relation = found;
    lookup.model = found->target;
    lookup.key = rel_relation_target_key(found);
    lookup.key_count = found->key_count;
    rel_plan *plan;
    ASSERT_EQ(feed_.ops->plan_new(feed_.object, &lookup, &plan, nullptr), REL_OK);
    plans_.push_back(plan);
    asked->plan = plan;
    feed_.ops->submit(feed_.object, asked);
  }
  rel_code Ask(const char *relation, Asked *asked) {
    Submit(relation, asked);
    return asked->Wait();
  }
  // The message of a batch for one key that fails as a whole.
  std::string Failure(rel_code expected, const char *relation = "notes") {
    Asked asked({Int(1)});
    EXPECT_EQ(Ask(relation, &asked), expected) << asked.message;
    EXPECT_TRUE(asked.rows.empty());
    std::string head = std::string("t.v1.Book.") + relation + ": loader l: ";
    EXPECT_EQ(asked.message.substr(0, head.size()), head);
    return asked.message.substr(std::min(head.size(), asked.message.size()));
  }

  static Read *read_;
  rel_test::Scratch scratch_;
  rel_so *so_ = nullptr;
  rel_feed feed_ = {};
  std::vector<rel_plan *> plans_;
};
Read *So::read_ = nullptr;

using Rows = std::vector<std::string>;

TEST_F(So, RecordsComeInTheLoadersOrder) {
  Script("record " + Hex("2") + " 0802\nrecord " + Hex("1") + " 0801\nrecord " + Hex("2") + " \n");
  Asked asked({Int(1), Int(3), Int(2)});
  ASSERT_EQ(Ask("notes", &asked), REL_OK) << asked.message;
  EXPECT_EQ(asked.rows.size(), 2u);
  EXPECT_EQ(asked.rows[0], Rows{"\x08\x01"});
  EXPECT_EQ(asked.rows[2], (Rows{"\x08\x02", ""}));
  EXPECT_EQ(Logged("open l"), 1u);
  EXPECT_EQ(Logged("keys " + Hex("1") + " " + Hex("3") + " " + Hex("2")), 1u);
}

TEST_F(So, KeysComeAsWhatTheyAre) {
  rel_buf uuid = {}, pair = {};
  uint8_t bytes[16];
  ASSERT_TRUE(rel_uuid_parse(rel_cstr("6BA7B810-9DAD-11D1-80B4-00C04FD430C8"), bytes));
  rel_key_put_uuid(&uuid, bytes);
  Asked uuids({Text(rel_buf_view(&uuid))});
  EXPECT_EQ(Ask("uuids", &uuids), REL_OK);
  EXPECT_EQ(Logged("keys " + Hex("6ba7b810-9dad-11d1-80b4-00c04fd430c8")), 1u);
  rel_key_put_text(&pair, rel_cstr("a,"));
  rel_key_put_uint(&pair, UINT64_MAX);
  Asked pairs({Text(rel_buf_view(&pair))});
  EXPECT_EQ(Ask("pairs", &pairs), REL_OK);
  EXPECT_EQ(Logged("keys " + Hex("a,,18446744073709551615")), 1u);
  Asked least({Int(INT64_MIN)});
  EXPECT_EQ(Ask("notes", &least), REL_OK);
  EXPECT_EQ(Logged("keys " + Hex("-9223372036854775808")), 1u);
  rel_buf_fini(&uuid);
  rel_buf_fini(&pair);
}

TEST_F(So, AStatusFailsTheBatchAndNothingElse) {
  Script("record " + Hex("1") + " 0801\nfail 9 the index is being built\n");
  EXPECT_EQ(Failure(REL_PRECONDITION), "the index is being built");
  Script("fail 5 \n");
  EXPECT_EQ(Failure(REL_NOT_FOUND), "failed without a message");
  for (const char *status : {"2", "17", "-1"}) {
    Script(std::string("fail ") + status + " not \xff yours\n");
    EXPECT_EQ(Failure(REL_UNKNOWN), "not ? yours");
  }
  Script("");
  Asked asked({Int(1)});
  EXPECT_EQ(Ask("notes", &asked), REL_OK);
}

TEST_F(So, OneKeyFailsAlone) {
  Script("fail_keys 7 not yours\nrecord " + Hex("2") + " 0802\n");
  Asked asked({Int(1), Int(2)});
  ASSERT_EQ(Ask("notes", &asked), REL_OK) << asked.message;
  EXPECT_TRUE(asked.rows.empty());
  EXPECT_EQ(asked.bad[0], "t.v1.Book.notes: loader l: not yours");
  EXPECT_EQ(asked.bad[1], "t.v1.Book.notes: loader l: not yours"); // a failure and records are a failure
}

TEST_F(So, RecordsThatDoNotFitAreTheirKeysFailure) {
  Script("garbage\n");
  Asked asked({Int(1), Int(2)});
  ASSERT_EQ(Ask("notes", &asked), REL_OK);
  EXPECT_EQ(asked.bad.size(), 2u);
  EXPECT_NE(asked.bad[0].find("record 0 of the answer: its bytes are no well-formed message of t.v1.Note"),
            std::string::npos)
      << asked.bad[0];
  Script("record " + Hex("1") + " 0801\nrecord " + Hex("1") + " 0801\n");
  Asked single({Int(1)});
  ASSERT_EQ(Ask("note", &single), REL_OK);
  EXPECT_NE(single.bad[0].find("more than one record"), std::string::npos) << single.bad[0];
}

TEST_F(So, AnAnswerForAKeyThatIsNotThereFailsTheBatch) {
  Script("surplus\n");
  EXPECT_EQ(Failure(REL_BAD_DATA), "answered for key 1 of 1");
}

TEST_F(So, AnAnswerThatIsTooLargeFailsTheBatch) {
  Script("flood 1000\n");
  EXPECT_EQ(Failure(REL_LIMIT), "answered with more than 1048576 bytes");
}

TEST_F(So, TheDeadlineEndsTheWaitingAndIsTold) {
  Script("stall\n");
  Asked asked({Int(1)});
  Submit("notes", &asked);
  WaitForLog("keys " + Hex("1"));
  asked.Expire();
  EXPECT_EQ(asked.Wait(), REL_TIMEOUT);
  EXPECT_EQ(asked.message, "t.v1.Book.notes: loader l: the deadline passed");
  WaitForLog("cancelled");
  EXPECT_EQ(Logged("no time"), 0u);
}

// What it had when it was told to stop was taken for all that there is, and cached.
TEST_F(So, WhoStopsBecauseItIsToldToHasNotAnswered) {
  Script("record " + Hex("1") + " 0801\nstall\n");
  for (int round = 0; round < 100; round++) {
    Asked asked({Int(1)});
    rel_deadline_set(&asked.deadline, rel_clock_ns() + 3 * REL_NS_PER_MS);
    EXPECT_EQ(Ask("notes", &asked), REL_TIMEOUT);
    EXPECT_TRUE(asked.rows.empty());
  }
}

TEST_F(So, WhoJoinsWithALaterDeadlineIsAnsweredThoughThePluginWasToldToStop) {
  Script("hang\nstall\n");
  Asked asked({Int(1)});
  int64_t first_ns = rel_clock_ns() + 30 * REL_NS_PER_MS;
  asked.meanwhile = [&] {
    while (rel_clock_ns() <= first_ns)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::ofstream(ScriptPath() + ".release").close();
    WaitForLog("cancelled");
    Script("record " + Hex("1") + " 0801\n");
    rel_deadline_set(&asked.deadline, rel_clock_ns() + 3600 * REL_NS_PER_S);
  };
  rel_deadline_set(&asked.deadline, first_ns);
  EXPECT_EQ(Ask("notes", &asked), REL_OK) << asked.message;
  EXPECT_EQ(asked.rows[0], Rows{"\x08\x01"});
  EXPECT_EQ(Logged("keys " + Hex("1")), 2u);
}

TEST_F(So, WhatNobodyWaitsForIsCancelled) {
  Script("stall\n");
  Asked asked({Int(1)});
  Submit("notes", &asked);
  WaitForLog("keys " + Hex("1"));
  asked.left = true;
  EXPECT_EQ(asked.Wait(), REL_CANCELLED);
  WaitForLog("cancelled");
}

// Every hand is held for ever: batches fail at their deadlines, started or not; and when the plugin lets go,
// what was left is dropped and the next ones are answered.
TEST_F(So, APluginThatHangsCostsItsCallersTheirDeadlineOnly) {
  Script("hang\n");
  std::vector<std::unique_ptr<Asked>> stuck;
  for (int i = 0; i < 5; i++) {
    stuck.push_back(std::make_unique<Asked>(std::vector<std::string>{Int(1)}));
    Submit("notes", stuck.back().get());
    if (i == 1) WaitForLog("hangs", 2);
  }
  for (auto &asked : stuck)
    asked->Expire();
  for (auto &asked : stuck)
    EXPECT_EQ(asked->Wait(), REL_TIMEOUT);
  EXPECT_EQ(Logged("hangs"), 2u);
  Script("record " + Hex("1") + " 0801\n");
  std::ofstream(ScriptPath() + ".release").close();
  Asked asked({Int(1)});
  EXPECT_EQ(Ask("notes", &asked), REL_OK);
  EXPECT_EQ(asked.rows[0], Rows{"\x08\x01"});
}

TEST_F(So, StoppingCancelsAndCloses) {
  Script("stall\n");
  Asked asked({Int(1)});
  Submit("notes", &asked);
  WaitForLog("keys " + Hex("1"));
  rel_so_stop(so_);
  EXPECT_EQ(asked.Wait(), REL_UNAVAILABLE);
  EXPECT_EQ(asked.message, "t.v1.Book.notes: loader l: the server is stopping");
  EXPECT_EQ(Logged("close"), 1u);
  Asked late({Int(1)});
  EXPECT_EQ(Ask("notes", &late), REL_UNAVAILABLE);
  for (rel_plan *plan : plans_)
    feed_.ops->plan_free(feed_.object, plan);
  plans_.clear();
  rel_so_free(so_);
  so_ = nullptr;
}

TEST_F(So, AStuckPluginDoesNotHoldUpTheStop) {
  Stop();
  Start(1, 1);          // no patience
  static rel_so *stuck; // by intent never freed: not a leak
  stuck = so_;
  Script("hang\n");
  Asked asked({Int(1)});
  Submit("notes", &asked);
  WaitForLog("hangs");
  asked.Expire();
  EXPECT_EQ(asked.Wait(), REL_TIMEOUT);
  Stop();
  EXPECT_EQ(Logged("close"), 1u) << "only the first one's";
  std::ofstream(ScriptPath() + ".release").close();
  WaitForLog("released"); // in memory that is still there
  EXPECT_NE(stuck, nullptr);
}

TEST_F(So, ManyThreadsAtOnce) {
  Script("record " + Hex("1") + " 0801\n");
  Asked first({Int(1)});
  ASSERT_EQ(Ask("notes", &first), REL_OK);
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int t = 0; t < 4; t++)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; i++) {
        Asked asked({Int(1), Int(2)});
        asked.plan = first.plan;
        feed_.ops->submit(feed_.object, &asked);
        if (asked.Wait() == REL_OK && asked.rows.size() == 1) good++;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(good, 200);
}

// --- Both kinds by their names ---

TEST(Loaders, AreFoundByKindAndName) {
  rel_test::Scratch scratch;
  setenv("RELATIONS_TEST_SCRIPT", (scratch / "script").c_str(), 1);
  rel_test::PutPlugin("scripted", scratch / "both.so");
  rel_test::PutPlugin("open_fails", scratch / "fails.so");
  std::string path = scratch.path();
  const char *const entries[] = {"both=127.0.0.1:1"};
  rel_loaders_options options = {};
  options.loaders = entries;
  options.count = 1;
  options.directory = path.c_str();
  rel_loaders *loaders;
  rel_error error = {};
  ASSERT_EQ(rel_loaders_new(&options, &loaders, &error), REL_OK) << error.message;
  rel_feed grpc = {}, so = {}, again = {};
  EXPECT_EQ(rel_loaders_get(loaders, rel_cstr("grpc:both"), &grpc, &error), REL_OK);
  EXPECT_EQ(rel_loaders_check(loaders, rel_cstr("so:both"), &error), REL_OK);
  EXPECT_EQ(rel_loaders_get(loaders, rel_cstr("so:both"), &so, &error), REL_OK) << error.message;
  EXPECT_EQ(rel_loaders_get(loaders, rel_cstr("so:both"), &again, &error), REL_OK);
  EXPECT_NE(grpc.object, so.object);
  EXPECT_EQ(so.object, again.object);
  EXPECT_EQ(rel_loaders_check(loaders, rel_cstr("grpc:none"), &error), REL_BAD_SCHEMA);
  EXPECT_NE(std::string(error.message).find("--loader none=HOST:PORT"), std::string::npos);
  EXPECT_EQ(rel_loaders_check(loaders, rel_cstr("so:none"), &error), REL_BAD_SCHEMA);
  EXPECT_EQ(rel_loaders_check(loaders, rel_cstr("so:fails"), &error), REL_OK) << "nothing of it is run";
  EXPECT_EQ(rel_loaders_get(loaders, rel_cstr("so:fails"), &again, &error), REL_BAD_SCHEMA);
  EXPECT_EQ(std::string(error.message),
            "loader: open of " + path + "/fails.so failed with status 14: the index is missing");
  rel_loaders_stop(loaders);
  rel_loaders_free(loaders);
}

TEST(Loaders, WithoutADirectoryNothingIsLoaded) {
  rel_loaders_options options = {};
  rel_loaders *loaders;
  rel_error error = {};
  rel_feed feed;
  ASSERT_EQ(rel_loaders_new(&options, &loaders, &error), REL_OK);
  for (rel_loaders *none : {loaders, (rel_loaders *)nullptr}) {
    EXPECT_EQ(rel_loaders_get(none, rel_cstr("so:ratings"), &feed, &error), REL_BAD_SCHEMA);
    EXPECT_NE(std::string(error.message).find("--loader-dir DIR, where ratings.so is"), std::string::npos);
    EXPECT_EQ(rel_loaders_check(none, rel_cstr("so:ratings"), &error), REL_BAD_SCHEMA);
    EXPECT_EQ(rel_loaders_get(none, rel_cstr("grpc:ratings"), &feed, &error), REL_BAD_SCHEMA);
  }
  rel_loaders_stop(loaders);
  rel_loaders_free(loaders);
}

} // namespace
