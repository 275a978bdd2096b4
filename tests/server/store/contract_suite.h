// A part of contract.h: the suite itself, a database and the store over it for each test anew.
#ifndef RELATIONS_TESTS_SERVER_STORE_CONTRACT_SUITE_H
#define RELATIONS_TESTS_SERVER_STORE_CONTRACT_SUITE_H

#include "tests/server/store/fixture.h"

#include <functional>
#include <memory>

using DatabaseFactory = std::function<std::unique_ptr<fixture::Database>()>;

class StoreContract : public testing::TestWithParam<DatabaseFactory> {
protected:
  void SetUp() override { database = GetParam()(); }

  void TearDown() override { close(); }

  void close() {
    if (store == nullptr) return;
    for (rel_plan *plan : plans_)
      store->ops->plan_free(store, plan);
    plans_.clear();
    store->ops->stop(store);
    store->ops->free(store);
    store = nullptr;
  }

  void open(size_t max_batch_keys = 0, unsigned connections = 2) {
    std::string url = database->url();
    rel_store_options options{};
    options.url = url.c_str();
    options.connections = connections;
    options.max_batch_keys = max_batch_keys;
    rel_error error{};
    ASSERT_EQ(rel_store_open(&options, &store, &error), REL_OK) << error.message;
  }

  rel_plan *plan(const fixture::Lookup &lookup) {
    rel_plan *made = nullptr;
    rel_error error{};
    rel_code code = store->ops->plan_new(store, &lookup.lookup, &made, &error);
    EXPECT_EQ(code, REL_OK) << error.message;
    if (code == REL_OK) plans_.push_back(made);
    return made;
  }

  // The lookup's rows for the keys, asked for in one batch; each key alone must give the same.
  std::vector<std::vector<std::string>> rows(const fixture::Lookup &lookup,
                                             const std::vector<std::string> &keys) {
    rel_plan *made = plan(lookup);
    if (made == nullptr) return std::vector<std::vector<std::string>>(keys.size());
    fixture::Collector all(made, keys);
    EXPECT_EQ(all.run(store), REL_OK) << all.message;
    EXPECT_EQ(all.dones, 1);
    EXPECT_TRUE(all.together) << "the rows of a key came apart";
    for (size_t i = 0; i < keys.size() && i < 50; i++) {
      fixture::Collector one(made, {keys[i]});
      EXPECT_EQ(one.run(store), REL_OK) << one.message;
      EXPECT_EQ(one.rows[0], all.rows[i]) << "key " << i << " alone differs from the same in a batch";
    }
    return all.rows;
  }

  std::unique_ptr<fixture::Database> database;
  rel_store *store = nullptr;

private:
  std::vector<rel_plan *> plans_;
};

using fixture::Books;
using fixture::Collector;
using fixture::column;
using fixture::fields_of;
using fixture::ikey;
using fixture::Key;
using fixture::Lookup;
using fixture::Model;
using fixture::skey;
using Texts = std::vector<std::string>;

// "field operator value", and what holds when all of several do.
struct Condition {
  Condition(const rel_field *field, rel_operator op, std::vector<rel_constant> constants)
      : values(std::move(constants)) {
    condition.kind = REL_CONDITION_COMPARE;
    condition.field = field;
    condition.operator_ = op;
    condition.values = values.data();
    condition.value_count = values.size();
  }
  Condition(const Condition &) = delete;

  static rel_constant integer(int64_t value) {
    rel_constant constant{};
    constant.integer = value;
    return constant;
  }
  static rel_constant text(const char *value) {
    rel_constant constant{};
    constant.bytes = rel_cstr(value);
    return constant;
  }

  std::vector<rel_constant> values;
  rel_condition condition{};
};

#endif
