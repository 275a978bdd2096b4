// A store for tests of the loader: rows in memory, one thread, and a gate in front of every statement.
#ifndef RELATIONS_TESTS_SERVER_LOADER_FAKE_STORE_H
#define RELATIONS_TESTS_SERVER_LOADER_FAKE_STORE_H

#include "server/store/store.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

class FakeStore {
public:
  FakeStore() : thread_([this] { run(); }) { shell_.base.ops = &kOps, shell_.self = this; }
  ~FakeStore() {
    open_gate();
    stop();
  }
  rel_store *get() { return &shell_.base; }

  // What the rows of a key are; what is not here has none.
  std::map<std::string, std::vector<std::string>> rows;
  // Rows for which the lookup's verdict does not hold.
  std::set<std::string> withheld;
  // Keys with a row that does not fit.
  std::map<std::string, std::string> bad;
  // When not REL_OK, every statement fails so.
  std::atomic<rel_code> failure{REL_OK};
  std::atomic<uint64_t> version{1};
  // So many statements are given up, as if their deadline had passed.
  std::atomic<int> give_ups{0};

  void close_gate() { set_gate(false); }
  void open_gate() { set_gate(true); }
  // Waits until a statement stands at the closed gate.
  void wait_for_statement() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return at_gate_; });
  }
  // The keys of each statement so far.
  std::vector<std::vector<std::string>> statements() {
    std::lock_guard<std::mutex> lock(mutex_);
    return statements_;
  }
  void stop() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

private:
  struct Shell {
    rel_store base;
    FakeStore *self;
  };
  static FakeStore *self(rel_store *store) { return reinterpret_cast<Shell *>(store)->self; }

  static rel_code plan_new(rel_store *, const rel_lookup *, rel_plan **out, rel_error *) {
    *out = reinterpret_cast<rel_plan *>(new int(0));
    return REL_OK;
  }
  static void plan_free(rel_store *, rel_plan *plan) { delete reinterpret_cast<int *>(plan); }
  static rel_code check(rel_store *, const rel_schema *, rel_findings *, rel_error *) { return REL_OK; }
  static uint64_t read_version(rel_store *store) { return self(store)->version; }
  static void stop_store(rel_store *store) { self(store)->stop(); }
  static void submit(rel_store *store, rel_job *job) {
    FakeStore *fake = self(store);
    std::lock_guard<std::mutex> lock(fake->mutex_);
    if (job->queued) return;
    job->queued = true;
    fake->queue_.push_back(job);
    fake->changed_.notify_all();
  }

  void set_gate(bool open) {
    std::lock_guard<std::mutex> lock(mutex_);
    gate_open_ = open;
    changed_.notify_all();
  }

  void run() {
    for (;;) {
      rel_job *job;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [this] { return !queue_.empty() || stopping_; });
        if (queue_.empty()) return;
        job = queue_.front();
        queue_.pop_front();
        job->queued = false;
      }
      execute(job);
    }
  }

  void execute(rel_job *job) {
    rel_batch batch = {};
    job->take(job, &batch);
    std::vector<std::string> keys;
    for (size_t i = 0; i < batch.key_count; i++)
      keys.emplace_back(batch.keys[i].ptr, batch.keys[i].len);
    if (!keys.empty()) pass_gate(keys);
    rel_error error = {};
    rel_code code = failure;
    if (!keys.empty() && give_ups > 0) {
      give_ups--;
      batch.given_up = true;
      code = REL_TIMEOUT;
    }
    if (code != REL_OK) rel_fail(&error, code, "the fake store fails");
    for (size_t i = 0; code == REL_OK && i < keys.size(); i++)
      code = send_rows(job, &batch, i, keys[i], &error);
    job->done(job, &batch, code, code == REL_OK ? nullptr : &error);
  }

  void pass_gate(const std::vector<std::string> &keys) {
    std::unique_lock<std::mutex> lock(mutex_);
    statements_.push_back(keys);
    at_gate_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return gate_open_; });
    at_gate_ = false;
  }

  rel_code send_rows(rel_job *job, rel_batch *batch, size_t index, const std::string &key, rel_error *error) {
    if (bad.count(key) != 0) {
      rel_error row;
      rel_fail(&row, REL_BAD_DATA, "%s", bad[key].c_str());
      job->bad_row(job, batch, index, &row);
    }
    for (const std::string &row : rows[key]) {
      batch->withheld = withheld.count(row) != 0;
      rel_code code = job->row(job, batch, index, rel_bytes(row.data(), row.size()), error);
      if (code != REL_OK) return code;
    }
    return REL_OK;
  }

  static constexpr rel_store_ops kOps = {"fake",  check,        plan_new,   plan_free, submit,
                                         nullptr, read_version, stop_store, nullptr};
  Shell shell_ = {};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<rel_job *> queue_;
  std::vector<std::vector<std::string>> statements_;
  bool gate_open_ = true;
  bool at_gate_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

#endif
