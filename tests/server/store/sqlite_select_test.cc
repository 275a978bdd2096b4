// One page of a query: what is taken, where it ends, and what ends it early.
#include "tests/server/store/sqlite_database.h"

#include <functional>
#include <set>

namespace {

using fixture::Model;

// Asks for pages, one at a time, and waits for them.
class Asker : public rel_select_job {
public:
  Asker() : rel_select_job{} {
    deadline = &time;
    row = [](rel_select_job *job, rel_str bytes) { return static_cast<Asker *>(job)->take(bytes); };
    done = [](rel_select_job *job, const rel_select_page *page, rel_code code, const rel_error *error) {
      static_cast<Asker *>(job)->finish(page, code, error);
    };
  }

  rel_code ask(rel_store *store, const rel_select &what) {
    rows.clear();
    select = &what;
    over_ = false;
    store->ops->select(store, this);
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return over_; });
    return code;
  }

  rel_deadline time = {REL_NEVER};
  size_t most = SIZE_MAX; // takes no more rows
  std::function<void()> on_row;
  std::vector<std::string> rows;
  uint64_t count = 0;
  bool more = false;
  std::string first, last, message;
  rel_code code = REL_OK;

private:
  bool take(rel_str bytes) {
    if (rows.size() >= most) return false;
    if (on_row) on_row();
    rows.push_back(fixture::str(bytes));
    return true;
  }
  void finish(const rel_select_page *page, rel_code result, const rel_error *error) {
    std::lock_guard<std::mutex> lock(mutex_);
    count = page->count;
    more = page->more;
    first = fixture::str(page->first);
    last = fixture::str(page->last);
    code = result;
    message = result == REL_OK ? "" : error->message;
    over_ = true;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
};

class SqliteSelect : public testing::Test {
protected:
  SqliteSelect() {
    database_.exec("CREATE TABLE items (id INTEGER PRIMARY KEY, rank INTEGER);"
                   "INSERT INTO items VALUES (1, 5), (2, NULL), (3, 5), (4, 1), (5, NULL)");
    id_ = items_.add("id", 1, REL_TYPE_INT64);
    rank_ = items_.optional(items_.add("rank", 2, REL_TYPE_INT64));
    items_.primary_key({id_});
    order_ = {{rank_, true, true}, {id_, false, false}};
    select_.model = &items_.model;
    select_.order = order_.data();
    select_.order_count = order_.size();
    select_.limit = 100;
    std::string url = database_.url();
    rel_store_options options = {};
    options.url = url.c_str();
    options.connections = 1;
    rel_error error;
    EXPECT_EQ(rel_store_open(&options, &store_, &error), REL_OK) << error.message;
  }
  ~SqliteSelect() override {
    store_->ops->stop(store_);
    store_->ops->free(store_);
  }

  // The ids of the rows: field 1, a varint below 128.
  std::vector<int> ids() const {
    std::vector<int> ids;
    for (const std::string &row : asker_.rows)
      ids.push_back(row.at(1));
    return ids;
  }

  SqliteDatabase database_{"wal"};
  Model items_{"items"};
  const rel_field *id_, *rank_;
  std::vector<rel_sort_term> order_;
  rel_select select_ = {};
  rel_store *store_ = nullptr;
  Asker asker_;
};

using Ids = std::vector<int>;

TEST_F(SqliteSelect, PagesFollowOneAnotherAcrossNulls) {
  for (size_t limit = 1; limit <= 5; limit++) {
    select_.limit = limit;
    std::string after;
    Ids all;
    do {
      select_.after = fixture::view(after);
      ASSERT_EQ(asker_.ask(store_, select_), REL_OK) << asker_.message;
      EXPECT_LE(asker_.count, limit);
      EXPECT_EQ(asker_.count, asker_.rows.size());
      for (int id : ids())
        all.push_back(id);
      after = asker_.last;
    } while (asker_.more);
    EXPECT_EQ(all, (Ids{2, 5, 1, 3, 4})) << limit;
  }
}

TEST_F(SqliteSelect, ARowThatIsNotTakenComesNext) {
  asker_.most = 2;
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK);
  EXPECT_EQ(ids(), (Ids{2, 5}));
  EXPECT_TRUE(asker_.more);
  std::string after = asker_.last;
  select_.after = fixture::view(after);
  asker_.most = SIZE_MAX;
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK);
  EXPECT_EQ(ids(), (Ids{1, 3, 4}));
  EXPECT_FALSE(asker_.more);
}

// The clock was looked at every 4,000 instructions of the database, each of which may read a long text.
TEST_F(SqliteSelect, ADeadlineThatPassesEndsWhatReadsLongTexts) {
  database_.exec("CREATE TABLE texts (id INTEGER PRIMARY KEY, body TEXT);"
                 "INSERT INTO texts SELECT value, replace(hex(zeroblob(10000)), '0', 'A') FROM (WITH "
                 "RECURSIVE n(value) AS (VALUES (1) "
                 "UNION ALL SELECT value + 1 FROM n WHERE value < 300) SELECT value FROM n)");
  Model texts("texts");
  const rel_field *id = texts.add("id", 1, REL_TYPE_INT64);
  const rel_field *body = texts.optional(texts.add("body", 2, REL_TYPE_STRING));
  texts.primary_key({id});
  std::vector<rel_sort_term> order = {{id, false, false}};
  rel_constant value = {};
  value.bytes = rel_cstr("a");
  rel_condition compares = {};
  compares.kind = REL_CONDITION_COMPARE;
  compares.field = body;
  compares.values = &value;
  compares.value_count = 1;
  for (bool folds : {true, false}) {
    compares.operator_ = folds ? REL_OP_NE : REL_OP_CONTAINS;
    compares.fold_case = folds;
    value.bytes = folds ? rel_cstr("a") : rel_cstr("A");
    rel_select select = {};
    select.model = &texts.model;
    select.order = order.data();
    select.order_count = order.size();
    select.limit = 1000;
    select.condition = &compares;
    asker_.time.ns = REL_NEVER;
    asker_.on_row = [this] { rel_deadline_set(&asker_.time, 0); };
    EXPECT_EQ(asker_.ask(store_, select), REL_TIMEOUT) << asker_.message;
    EXPECT_EQ(asker_.rows.size(), 1u);
  }
}

// SQLite's own instr begins anew at each character: hours for what takes milliseconds.
TEST_F(SqliteSelect, ALongTextThatAlmostOccursIsLookedForOnce) {
  database_.exec("CREATE TABLE texts (id INTEGER PRIMARY KEY, body TEXT);"
                 "INSERT INTO texts SELECT 1, replace(hex(zeroblob(2000000)), '0', 'A')");
  Model texts("texts");
  const rel_field *id = texts.add("id", 1, REL_TYPE_INT64);
  const rel_field *body = texts.optional(texts.add("body", 2, REL_TYPE_STRING));
  texts.primary_key({id});
  std::string almost = std::string(1000000, 'A') + "B";
  rel_constant value = {};
  value.bytes = rel_cstr(almost.c_str());
  rel_condition contains = {};
  contains.kind = REL_CONDITION_COMPARE;
  contains.field = body;
  contains.operator_ = REL_OP_CONTAINS;
  contains.values = &value;
  contains.value_count = 1;
  rel_select select = {};
  select.kind = REL_SELECT_COUNT;
  select.model = &texts.model;
  select.condition = &contains;
  ASSERT_EQ(asker_.ask(store_, select), REL_OK) << asker_.message;
  EXPECT_EQ(asker_.count, 0u);
  almost.pop_back();
  value.bytes = rel_cstr(almost.c_str());
  ASSERT_EQ(asker_.ask(store_, select), REL_OK) << asker_.message;
  EXPECT_EQ(asker_.count, 1u);
}

// It was told as a fault of the server.
TEST_F(SqliteSelect, ATableThatIsNotAsItWasCheckedIsNamed) {
  database_.exec("ALTER TABLE items RENAME COLUMN rank TO level");
  EXPECT_EQ(asker_.ask(store_, select_), REL_PRECONDITION);
  EXPECT_NE(asker_.message.find("no longer fits the schema: no such column"), std::string::npos)
      << asker_.message;
  database_.exec("ALTER TABLE items RENAME TO things");
  select_.kind = REL_SELECT_COUNT;
  EXPECT_EQ(asker_.ask(store_, select_), REL_PRECONDITION);
  EXPECT_NE(asker_.message.find("no longer fits the schema: no such table"), std::string::npos)
      << asker_.message;
}

TEST_F(SqliteSelect, CountsAndExists) {
  select_.kind = REL_SELECT_COUNT;
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK);
  EXPECT_EQ(asker_.count, 5u);
  select_.kind = REL_SELECT_EXISTS;
  rel_condition nothing = {};
  nothing.kind = REL_CONDITION_ANY;
  select_.condition = &nothing;
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK);
  EXPECT_EQ(asker_.count, 0u);
}

// Which rows the scope has is settled before the condition is asked.
TEST_F(SqliteSelect, TheScopeHasItsOwnConditionAndItsFirstRows) {
  rel_constant five = {}, three = {};
  five.integer = 5;
  three.integer = 3;
  rel_condition ranked = {}, later = {};
  ranked.kind = later.kind = REL_CONDITION_COMPARE;
  ranked.field = rank_;
  ranked.operator_ = REL_OP_LE;
  ranked.values = &five;
  later.field = id_;
  later.operator_ = REL_OP_GE;
  later.values = &three;
  ranked.value_count = later.value_count = 1;
  std::vector<rel_sort_term> first_by = {{rank_, true}, {id_, false}};
  select_.scope_condition = &ranked;
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK) << asker_.message;
  EXPECT_EQ(ids(), (Ids{1, 3, 4}));
  select_.first_by = first_by.data();
  select_.first_by_count = first_by.size();
  select_.first = 2;
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK) << asker_.message;
  EXPECT_EQ(ids(), (Ids{1, 3}));
  select_.condition = &later;
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK) << asker_.message;
  EXPECT_EQ(ids(), (Ids{3}));
  select_.kind = REL_SELECT_COUNT;
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK) << asker_.message;
  EXPECT_EQ(asker_.count, 1u);
}

TEST_F(SqliteSelect, ACursorOfAnotherOrderIsRefused) {
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK);
  std::string after = asker_.last;
  for (size_t len = 1; len < after.size(); len++) {
    select_.after = rel_bytes(after.data(), len);
    EXPECT_EQ(asker_.ask(store_, select_), REL_INVALID) << len;
  }
  after += '\0';
  select_.after = fixture::view(after);
  EXPECT_EQ(asker_.ask(store_, select_), REL_INVALID);
}

// The order's values are read with the record's, or behind the key's when they are not among them.
TEST_F(SqliteSelect, TheOrderNeedNotBeInTheOutput) {
  select_.output = REL_OUTPUT_KEY;
  select_.columns = &id_;
  select_.column_count = 1;
  select_.limit = 2;
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK) << asker_.message;
  std::vector<std::string> all = asker_.rows;
  std::string first = asker_.last;
  select_.output = REL_OUTPUT_RECORD;
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK) << asker_.message;
  EXPECT_EQ(asker_.last, first);
  EXPECT_EQ(ids(), (Ids{2, 5}));
  select_.output = REL_OUTPUT_KEY;
  while (asker_.more) {
    std::string after = asker_.last;
    select_.after = fixture::view(after);
    ASSERT_EQ(asker_.ask(store_, select_), REL_OK) << asker_.message;
    all.insert(all.end(), asker_.rows.begin(), asker_.rows.end());
  }
  EXPECT_EQ(all.size(), 5u);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 5u);
}

// The order is 2, 5, 1, 3, 4.
TEST_F(SqliteSelect, WhatLiesBeforeARow) {
  select_.limit = 4;
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK);
  std::string third = asker_.last;
  EXPECT_NE(asker_.first, third);
  select_.before = fixture::view(third);
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK) << asker_.message;
  EXPECT_EQ(ids(), (Ids{2, 5, 1}));
  EXPECT_FALSE(asker_.more);
  select_.before = {};
  select_.after = fixture::view(third);
  select_.at_after = true;
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK) << asker_.message;
  EXPECT_EQ(ids(), (Ids{3, 4}));
  select_.backwards = true;
  select_.at_after = false;
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK) << asker_.message;
  EXPECT_EQ(ids(), (Ids{1, 5, 2}));
  select_.skip = 1;
  select_.limit = 1;
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK) << asker_.message;
  EXPECT_EQ(ids(), (Ids{5}));
  EXPECT_TRUE(asker_.more);
}

TEST_F(SqliteSelect, OnlySomeFields) {
  database_.exec("INSERT INTO items VALUES (6, 'six')");
  select_.columns = &id_;
  select_.column_count = 1;
  select_.order = order_.data() + 1;
  select_.order_count = 1;
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK) << "the rank that does not fit is not read";
  EXPECT_EQ(ids(), (Ids{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(asker_.rows[0].size(), 2u);
}

// Groups of the items by rank, with how many there are and the sum of their ids.
class SqliteGroups : public SqliteSelect {
protected:
  SqliteGroups() {
    terms_ = {{REL_AGGREGATE_COUNT, {}}, {REL_AGGREGATE_SUM, {id_, nullptr, 0}}};
    key_.field = rank_;
    for (const char *name : {"rank", "many", "sum"})
      groups_.optional(
          groups_.add(name, static_cast<uint32_t>(groups_.model.field_count + 1), REL_TYPE_INT64));
    order_ = {{groups_["rank"], false, false, true}};
    grouping_.keys = &key_;
    grouping_.key_count = 1;
    grouping_.terms = terms_.data();
    grouping_.term_count = terms_.size();
    grouping_.model = &groups_.model;
    select_.kind = REL_SELECT_GROUPS;
    select_.grouping = &grouping_;
    select_.order = order_.data();
    select_.order_count = 1;
  }
  // An AggregateGroup of small numbers; below zero is NULL.
  static std::string Group(const std::vector<int> &keys, const std::vector<int> &values) {
    std::string group;
    for (size_t i = 0; i < keys.size() + values.size(); i++) {
      bool key = i < keys.size();
      int number = key ? keys[i] : values[i - keys.size()];
      group += key ? '\x0a' : '\x12';
      group += number < 0 ? std::string(1, '\0') : std::string("\x02\x10") + static_cast<char>(number);
    }
    return group;
  }

  Model groups_{""};
  rel_group_value key_{};
  std::vector<rel_aggregate> terms_;
  rel_grouping grouping_ = {};
};

using Rows = std::vector<std::string>;

TEST_F(SqliteGroups, HaveTheirValuesAndAnOrder) {
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK) << asker_.message;
  EXPECT_EQ(asker_.rows, (Rows{Group({1}, {1, 4}), Group({5}, {2, 4}), Group({-1}, {2, 7})}));
  order_ = {{groups_["sum"], true, false, true}, {groups_["rank"], false, false, true}};
  select_.order = order_.data();
  select_.order_count = 2;
  Rows pages;
  std::string after;
  select_.limit = 1;
  do {
    select_.after = fixture::view(after);
    ASSERT_EQ(asker_.ask(store_, select_), REL_OK) << asker_.message;
    pages.insert(pages.end(), asker_.rows.begin(), asker_.rows.end());
    after = asker_.last;
  } while (asker_.more);
  EXPECT_EQ(pages, (Rows{Group({-1}, {2, 7}), Group({1}, {1, 4}), Group({5}, {2, 4})}));
}

TEST_F(SqliteGroups, OfNoRowThereIsOneWithoutKeysAndNoneWithThem) {
  rel_condition nothing = {};
  nothing.kind = REL_CONDITION_ANY;
  select_.condition = &nothing;
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK) << asker_.message;
  EXPECT_TRUE(asker_.rows.empty());
  Model whole("");
  for (const char *name : {"many", "sum"})
    whole.optional(whole.add(name, static_cast<uint32_t>(whole.model.field_count + 1), REL_TYPE_INT64));
  grouping_.key_count = select_.order_count = 0;
  grouping_.model = &whole.model;
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK) << asker_.message;
  EXPECT_EQ(asker_.rows, (Rows{Group({}, {0, -1})}));
  select_.condition = nullptr;
  ASSERT_EQ(asker_.ask(store_, select_), REL_OK) << asker_.message;
  EXPECT_EQ(asker_.rows, (Rows{Group({}, {5, 15})}));
}

TEST_F(SqliteGroups, AreRefusedWhenAValueDoesNotFitOrASumOverflows) {
  database_.exec("INSERT INTO items VALUES (9223372036854775807, 1)");
  EXPECT_EQ(asker_.ask(store_, select_), REL_OUT_OF_RANGE);
  EXPECT_NE(asker_.message.find("id: the sum is 9223372036854775811"), std::string::npos) << asker_.message;
  database_.exec("INSERT INTO items VALUES (6, 'six')");
  grouping_.term_count = 1;
  groups_.model.field_count = 2;
  EXPECT_EQ(asker_.ask(store_, select_), REL_BAD_DATA);
  EXPECT_NE(asker_.message.find("items.rank of the row with key 6"), std::string::npos) << asker_.message;
  database_.exec("DELETE FROM items WHERE id = 6");
  EXPECT_EQ(asker_.ask(store_, select_), REL_OK) << "a failure is of its statement alone: " << asker_.message;
}

TEST_F(SqliteSelect, TheDeadlineInterrupts) {
  asker_.time.ns = 0;
  EXPECT_EQ(asker_.ask(store_, select_), REL_TIMEOUT);
  // One that passes while the statement runs: the first row moves it.
  database_.exec("WITH RECURSIVE n(i) AS (VALUES (10) UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
                 "INSERT INTO items SELECT i, 7 FROM n");
  asker_.time.ns = REL_NEVER;
  asker_.row = [](rel_select_job *job, rel_str) {
    rel_deadline_set(&static_cast<Asker *>(job)->time, 0);
    return true;
  };
  select_.limit = 1000000;
  EXPECT_EQ(asker_.ask(store_, select_), REL_TIMEOUT);
}

TEST_F(SqliteSelect, ARowThatDoesNotFitEndsThePage) {
  database_.exec("INSERT INTO items VALUES (6, 'six')");
  EXPECT_EQ(asker_.ask(store_, select_), REL_BAD_DATA);
  EXPECT_NE(asker_.message.find("items.rank"), std::string::npos) << asker_.message;
}

TEST_F(SqliteSelect, ATableThatIsGoneIsAnError) {
  database_.exec("DROP TABLE items");
  EXPECT_NE(asker_.ask(store_, select_), REL_OK);
  EXPECT_EQ(asker_.message.find("SELECT"), std::string::npos) << "no SQL in messages: " << asker_.message;
}

TEST_F(SqliteSelect, AfterStopItIsRefused) {
  store_->ops->stop(store_);
  EXPECT_EQ(asker_.ask(store_, select_), REL_UNAVAILABLE);
}

} // namespace
