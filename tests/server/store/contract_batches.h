// A part of contract.h: how batches gather, fail and end, and the version of the database.
#ifndef RELATIONS_TESTS_SERVER_STORE_CONTRACT_BATCHES_H
#define RELATIONS_TESTS_SERVER_STORE_CONTRACT_BATCHES_H

#include "tests/server/store/contract_suite.h"

#include <atomic>
#include <thread>

TEST_P(StoreContract, RowThatIsRefusedEndsTheBatch) {
  database->exec(Books::table);
  database->exec("INSERT INTO books VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'c')");
  open();
  Books books;
  Lookup lookup(books, {"author_id"});
  rel_plan *made = plan(lookup);
  for (const Texts &keys : {Texts{ikey(1)}, Texts{ikey(1), ikey(2)}}) {
    Collector limited(made, keys);
    limited.refuse_at(2);
    EXPECT_EQ(limited.run(store), REL_LIMIT);
    EXPECT_EQ(limited.message, "that is enough");
    EXPECT_EQ(limited.total(), 2u);
    Collector after(made, keys); // the statement is fit for use again
    EXPECT_EQ(after.run(store), REL_OK);
    EXPECT_EQ(after.total(), keys.size() + 1);
  }
}

TEST_P(StoreContract, DeadlineThatHasPassedRunsNothing) {
  database->exec(Books::table);
  open();
  Books books;
  Lookup lookup(books, {"id"});
  Collector late(plan(lookup), {ikey(1)});
  late.set_deadline(rel_clock_ns() - 1);
  EXPECT_EQ(late.run(store), REL_TIMEOUT);
}

TEST_P(StoreContract, BatchWithoutKeysIsDone) {
  database->exec(Books::table);
  open();
  Books books;
  Lookup lookup(books, {"id"});
  Collector nothing(plan(lookup), {});
  EXPECT_EQ(nothing.run(store), REL_OK);
  EXPECT_EQ(nothing.dones, 1);
}

TEST_P(StoreContract, WhatWaitsWhileABatchRunsIsOneBatch) {
  database->exec(Books::table);
  database->exec("INSERT INTO books VALUES (1, 1, 'a')");
  open(0, 1);
  Books books;
  Lookup lookup(books, {"id"});
  std::mutex lock;
  std::condition_variable moved;
  bool entered = false, released = false;
  Collector first(plan(lookup), {ikey(1)});
  first.on_row = [&] {
    std::unique_lock<std::mutex> hold(lock);
    entered = true;
    moved.notify_all();
    moved.wait(hold, [&] { return released; });
  };
  first.submit(store);
  {
    std::unique_lock<std::mutex> hold(lock);
    moved.wait(hold, [&] { return entered; });
  }
  Collector second(plan(lookup), {ikey(1)});
  for (int i = 0; i < 3; i++)
    second.submit(store);
  {
    std::lock_guard<std::mutex> hold(lock);
    released = true;
    moved.notify_all();
  }
  EXPECT_EQ(first.wait(), REL_OK);
  EXPECT_EQ(second.wait(), REL_OK);
  Collector third(plan(lookup), {ikey(1)});
  EXPECT_EQ(third.run(store), REL_OK); // behind whatever else was queued
  EXPECT_EQ(second.dones, 1);
}

TEST_P(StoreContract, JobSubmittedFromItsOwnRowRunsAgain) {
  database->exec(Books::table);
  database->exec("INSERT INTO books VALUES (1, 1, 'a')");
  open(0, 1);
  Books books;
  Lookup lookup(books, {"id"});
  Collector twice(plan(lookup), {ikey(1)});
  std::atomic<int> rows_seen{0};
  twice.on_row = [&] {
    if (rows_seen++ == 0) twice.submit(store);
  };
  twice.submit(store);
  EXPECT_EQ(twice.wait(2), REL_OK);
  EXPECT_EQ(rows_seen, 2);
}

TEST_P(StoreContract, KeyWithTooManyPartsIsRefused) {
  database->exec(Books::table);
  open();
  Books books;
  for (size_t parts : {size_t(0), size_t(REL_KEY_MAX_PARTS + 1)}) {
    Lookup lookup(books, std::vector<std::string>(parts, "id"));
    rel_plan *made = nullptr;
    rel_error error{};
    EXPECT_EQ(store->ops->plan_new(store, &lookup.lookup, &made, &error), REL_BAD_SCHEMA) << parts;
  }
}

TEST_P(StoreContract, TableThatDoesNotExistIsRefusedByName) {
  database->exec(Books::table);
  open();
  Model missing("no_such_table");
  missing.add("id", 1, REL_TYPE_INT64);
  missing.primary_key({missing["id"]});
  Lookup lookup(missing, {"id"});
  rel_plan *made = nullptr;
  rel_error error{};
  EXPECT_EQ(store->ops->plan_new(store, &lookup.lookup, &made, &error), REL_BAD_SCHEMA);
  EXPECT_NE(std::string(error.message).find("no_such_table"), std::string::npos) << error.message;

  Books books;
  books.add("nonsense", 9, REL_TYPE_STRING);
  Lookup column_lookup(books, {"id"});
  EXPECT_EQ(store->ops->plan_new(store, &column_lookup.lookup, &made, &error), REL_BAD_SCHEMA);
  EXPECT_NE(std::string(error.message).find("nonsense"), std::string::npos) << error.message;
}

TEST_P(StoreContract, SubmitAfterStopIsUnavailable) {
  database->exec(Books::table);
  open();
  Books books;
  Lookup lookup(books, {"id"});
  Collector late(plan(lookup), {ikey(1)});
  store->ops->stop(store);
  EXPECT_EQ(late.run(store), REL_UNAVAILABLE);
  EXPECT_EQ(late.dones, 1);
}

TEST_P(StoreContract, ManyThreadsSubmitManyPlans) {
  enum { THREADS = 8, ROUNDS = 100 };
  database->exec(Books::table);
  std::string sql = "INSERT INTO books VALUES ";
  for (int i = 0; i < 1000; i++)
    sql += (i > 0 ? ",(" : "(") + std::to_string(i) + "," + std::to_string(i % 100) + ",'t" +
           std::to_string(i) + "')";
  database->exec(sql);
  open();
  Books books;
  std::vector<std::thread> threads;
  for (int t = 0; t < THREADS; t++)
    threads.emplace_back([&, t] {
      for (int round = 0; round < ROUNDS; round++) {
        Lookup lookup(books, {round % 2 == 0 ? "author_id" : "id"});
        rel_plan *made = nullptr;
        rel_error error{};
        ASSERT_EQ(store->ops->plan_new(store, &lookup.lookup, &made, &error), REL_OK) << error.message;
        Collector some(made, {ikey((t * ROUNDS + round) % 100), ikey((t * ROUNDS + round + 1) % 100)});
        EXPECT_EQ(some.run(store), REL_OK) << some.message;
        EXPECT_EQ(some.total(), round % 2 == 0 ? 20u : 2u);
        store->ops->plan_free(store, made);
      }
    });
  for (auto &thread : threads)
    thread.join();
}

// --- The version ---

TEST_P(StoreContract, VersionMovesWithEveryCommitAndOnlyThen) {
  database->exec(Books::table);
  open();
  uint64_t before = store->ops->version(store);
  ASSERT_NE(before, 0u);
  EXPECT_EQ(store->ops->version(store), before);
  for (int i = 0; i < 100; i++) {
    database->exec("INSERT INTO books VALUES (" + std::to_string(i) + ", 1, 'x')");
    uint64_t after = store->ops->version(store);
    EXPECT_GT(after, before);
    EXPECT_EQ(store->ops->version(store), after);
    before = after;
  }
  database->exec("BEGIN; INSERT INTO books VALUES (1000, 1, 'x'); ROLLBACK");
  EXPECT_EQ(store->ops->version(store), before);
}

TEST_P(StoreContract, CommitIsSeenByTheNextBatch) {
  database->exec(Books::table);
  open();
  Books books;
  Lookup lookup(books, {"author_id"});
  rel_plan *made = plan(lookup);
  for (int i = 1; i <= 20; i++) {
    database->exec("INSERT INTO books VALUES (" + std::to_string(i) + ", 1, 'x')");
    Collector now(made, {ikey(1)});
    ASSERT_EQ(now.run(store), REL_OK) << now.message;
    EXPECT_EQ(now.total(), size_t(i));
  }
}

#endif
