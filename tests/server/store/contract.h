// What every store must do, whatever its engine. A store's test includes this file once and instantiates the
// suite:
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(...));
//
// The SQL here is what the engines have in common.
#ifndef RELATIONS_TESTS_SERVER_STORE_CONTRACT_H
#define RELATIONS_TESTS_SERVER_STORE_CONTRACT_H

#include "tests/server/store/fixture.h"

#include <atomic>
#include <functional>
#include <memory>
#include <numeric>
#include <thread>

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

TEST_P(StoreContract, RowsOfEachKeyInPrimaryKeyOrder) {
  database->exec(Books::table);
  database->exec(
      "INSERT INTO books VALUES (3, 1, 'c'), (1, 1, 'a'), (4, 2, 'd'), (2, 1, 'b'), (5, NULL, 'e')");
  open();
  Books books;
  auto got = rows(Lookup(books, {"author_id"}), {ikey(2), ikey(7), ikey(1)});
  EXPECT_EQ(column(got[0], 3), Texts({"d"}));
  EXPECT_TRUE(got[1].empty());
  EXPECT_EQ(column(got[2], 1), Texts({"1", "2", "3"}));
}

TEST_P(StoreContract, DeclaredOrderThenPrimaryKey) {
  database->exec(Books::table);
  database->exec("INSERT INTO books VALUES (1, 1, 'b'), (2, 1, 'a'), (3, 1, 'b'), (4, 1, 'c')");
  open();
  Books books;
  EXPECT_EQ(column(rows(Lookup(books, {"author_id"}, {{"title", true}}), {ikey(1), ikey(2)})[0], 1),
            Texts({"4", "1", "3", "2"}));
}

TEST_P(StoreContract, NullsComeLastInEitherDirection) {
  database->exec(Books::table);
  database->exec("INSERT INTO books VALUES (1, NULL, 'x'), (2, 5, 'x'), (3, NULL, 'x'), (4, 9, 'x')");
  open();
  Books books;
  EXPECT_EQ(column(rows(Lookup(books, {"title"}, {{"author_id", false}}), {skey("x")})[0], 1),
            Texts({"2", "4", "1", "3"}));
  EXPECT_EQ(column(rows(Lookup(books, {"title"}, {{"author_id", true}}), {skey("x")})[0], 1),
            Texts({"4", "2", "1", "3"}));
}

TEST_P(StoreContract, KeyZeroAndEmptyTextAreKeys) {
  database->exec(Books::table);
  database->exec("INSERT INTO books VALUES (0, 0, ''), (1, NULL, 'x')");
  open();
  Books books;
  EXPECT_EQ(rows(Lookup(books, {"author_id"}), {ikey(0), ikey(1)})[0].size(), 1u);
  EXPECT_EQ(rows(Lookup(books, {"title"}), {skey(""), skey("y")})[0].size(), 1u);
}

TEST_P(StoreContract, IntegersOf64BitsAreExact) {
  database->exec(Books::table);
  database->exec("INSERT INTO books VALUES (9007199254740993, -9223372036854775808, 'min'), "
                 "(9007199254740992, 9223372036854775807, 'max')");
  open();
  Books books;
  auto got = rows(Lookup(books, {"author_id"}), {ikey(INT64_MIN), ikey(INT64_MAX), ikey(INT64_MAX - 1)});
  EXPECT_EQ(fields_of(got[0].at(0))[1], "9007199254740993");
  EXPECT_EQ(fields_of(got[0].at(0))[2], std::to_string(INT64_MIN));
  EXPECT_EQ(fields_of(got[1].at(0))[1], "9007199254740992");
  EXPECT_TRUE(got[2].empty());
}

TEST_P(StoreContract, KeyThatNoColumnCanHoldMatchesNothing) {
  database->exec(Books::table);
  database->exec("INSERT INTO books VALUES (1, -1, 'minus one'), (2, NULL, 'null')");
  open();
  Books books;
  auto got = rows(Lookup(books, {"author_id"}), {Key().u(UINT64_MAX), ikey(-1), Key().u(UINT64_C(1) << 63)});
  EXPECT_TRUE(got[0].empty());
  EXPECT_EQ(got[1].size(), 1u);
  EXPECT_TRUE(got[2].empty());
}

// (author, year) -> parts
struct Parts : Model {
  Parts() : Model("parts") {
    add("a", 1, REL_TYPE_STRING);
    add("b", 2, REL_TYPE_STRING);
    add("n", 3, REL_TYPE_INT64);
    primary_key({(*this)["n"]});
  }
};

TEST_P(StoreContract, CompositeKeysNeverCollide) {
  database->exec("CREATE TABLE parts(a TEXT, b TEXT, n BIGINT NOT NULL PRIMARY KEY);"
                 "INSERT INTO parts VALUES ('a', 'bc', 1), ('ab', 'c', 2), ('a', NULL, 3), ('', 'abc', 4), "
                 "('a', 'bc', 5)");
  open();
  Parts parts;
  auto got = rows(Lookup(parts, {"a", "b"}),
                  {Key().s("ab").s("c"), Key().s("a").s("bc"), Key().s("").s("abc"), Key().s("abc").s("")});
  EXPECT_EQ(column(got[0], 3), Texts({"2"}));
  EXPECT_EQ(column(got[1], 3), Texts({"1", "5"}));
  EXPECT_EQ(column(got[2], 3), Texts({"4"}));
  EXPECT_TRUE(got[3].empty());
}

TEST_P(StoreContract, DiscriminatorChoosesRows) {
  database->exec(
      "CREATE TABLE people(id INTEGER PRIMARY KEY, kind TEXT, level INTEGER, boss_id BIGINT);"
      "INSERT INTO people VALUES (1, 'manager', 1, 9), (2, 'employee', 2, 9), (3, 'it''s \"odd\"', 3, 9), "
      "(4, NULL, NULL, 9)");
  open();
  Model people("people");
  people.add("id", 1, REL_TYPE_INT64);
  people.optional(people.add("kind", 2, REL_TYPE_STRING));
  people.optional(people.add("boss_id", 3, REL_TYPE_INT64));
  people.primary_key({people["id"]});
  people.discriminator(people["kind"], {"it's \"odd\"", "manager"});
  EXPECT_EQ(column(rows(Lookup(people, {"boss_id"}), {ikey(9), ikey(8)})[0], 1), Texts({"1", "3"}));

  Model ranked("people");
  ranked.add("id", 1, REL_TYPE_INT64);
  ranked.optional(ranked.add("level", 2, REL_TYPE_INT32));
  ranked.optional(ranked.add("boss_id", 3, REL_TYPE_INT64));
  ranked.primary_key({ranked["id"]});
  ranked.discriminator(ranked["level"], {"2", "3"});
  EXPECT_EQ(column(rows(Lookup(ranked, {"boss_id"}), {ikey(9), ikey(8)})[0], 1), Texts({"2", "3"}));
}

TEST_P(StoreContract, DiscriminatorThatIsNoNumberIsRefused) {
  database->exec(Books::table);
  open();
  Books books;
  books.discriminator(books["author_id"], {"many"});
  Lookup lookup(books, {"id"});
  rel_plan *made = nullptr;
  rel_error error{};
  EXPECT_EQ(store->ops->plan_new(store, &lookup.lookup, &made, &error), REL_BAD_SCHEMA);
  EXPECT_NE(std::string(error.message).find("\"many\""), std::string::npos) << error.message;
}

TEST_P(StoreContract, OutputKeyGivesWhatARelationJoinsOn) {
  database->exec(Books::table);
  database->exec("INSERT INTO books VALUES (1, 7, 'a'), (2, NULL, 'b'), (3, 8, 'c')");
  open();
  Books books;
  Lookup lookup(books, {"id"});
  lookup.output_key(books, {"author_id"});
  auto got = rows(lookup, {ikey(3), ikey(2), ikey(1), ikey(4)});
  EXPECT_EQ(got[0], Texts({ikey(8)}));
  EXPECT_EQ(got[1], Texts({""}));
  EXPECT_EQ(got[2], Texts({ikey(7)}));
  EXPECT_TRUE(got[3].empty());

  Lookup two(books, {"id"});
  two.output_key(books, {"title", "author_id"});
  auto pairs = rows(two, {ikey(1), ikey(2)});
  EXPECT_EQ(pairs[0], Texts({Key().s("a").i(7)}));
  EXPECT_EQ(pairs[1], Texts({""}));
}

TEST_P(StoreContract, NamesWithSpacesQuotesAndLettersOfAnyLanguage) {
  database->exec(
      "CREATE TABLE \"Order \"\"Détails\"\"\"(\"my id\" INTEGER PRIMARY KEY, \"größe; DROP\" BIGINT, "
      "\"select\" TEXT);"
      "INSERT INTO \"Order \"\"Détails\"\"\" VALUES (1, 5, 'x')");
  open();
  Model model("Order \"Détails\"");
  model.add("id", 1, REL_TYPE_INT64, "my id");
  model.add("size", 2, REL_TYPE_INT64, "größe; DROP");
  model.add("word", 3, REL_TYPE_STRING, "select");
  model.primary_key({model["id"]});
  EXPECT_EQ(column(rows(Lookup(model, {"size"}, {{"word", false}}), {ikey(5), ikey(6)})[0], 3), Texts({"x"}));
  EXPECT_EQ(rows(Lookup(model, {"size", "word"}), {Key().i(5).s("x"), Key().i(5).s("y")})[0].size(), 1u);
}

TEST_P(StoreContract, UuidInAnyFormIsOneIdentity) {
  database->exec("CREATE TABLE items(id INTEGER PRIMARY KEY, owner TEXT NOT NULL);"
                 "INSERT INTO items VALUES (1, '6ba7b810-9dad-11d1-80b4-00c04fd430c8'), "
                 "(2, '6BA7B810-9DAD-11D1-80B4-00C04FD430C8'), (3, '6ba7b8109dad11d180b400c04fd430c8'), "
                 "(4, '00000000-0000-0000-0000-000000000000'), (5, '6Ba7b810-9dAD-11d1-80b4-00C04fd430c8'), "
                 "(6, '{6ba7B8109dad11d180b400c04fd430C8}')");
  open();
  Model items("items");
  items.add("id", 1, REL_TYPE_INT64);
  items.add("owner", 2, REL_TYPE_STRING)->uuid = true;
  items.primary_key({items["id"]});
  auto got = rows(Lookup(items, {"owner"}), {Key().g("6BA7B810-9dad-11d1-80b4-00c04fd430c8"),
                                             Key().g("00000000000000000000000000000001")});
  EXPECT_EQ(column(got[0], 1), Texts({"1", "2", "3", "5", "6"}));
  EXPECT_EQ(column(got[0], 2), Texts(5, "6ba7b810-9dad-11d1-80b4-00c04fd430c8"));
  EXPECT_TRUE(got[1].empty());
}

TEST_P(StoreContract, MoreKeysThanAnyLimitOfBoundValues) {
  enum { KEYS = 300000, ROWS = 1000 };
  database->exec(Books::table);
  std::string sql = "INSERT INTO books VALUES ";
  for (int i = 0; i < ROWS; i++)
    sql += (i > 0 ? ",(" : "(") + std::to_string(i) + "," + std::to_string(i * 300) + ",'t')";
  database->exec(sql);
  std::vector<std::string> keys;
  for (int i = KEYS - 1; i >= 0; i--)
    keys.push_back(ikey(i));
  Books books;
  Lookup lookup(books, {"author_id"});
  for (size_t max_batch_keys : {size_t(0), size_t(1000000)}) { // in several statements, and in one
    open(max_batch_keys);
    Collector all(plan(lookup), keys);
    ASSERT_EQ(all.run(store), REL_OK) << all.message;
    EXPECT_EQ(all.total(), size_t(ROWS));
    for (int i = 0; i < ROWS; i++)
      EXPECT_EQ(column(all.rows[KEYS - 1 - i * 300], 3), Texts({"t"}));
    close();
  }
}

// --- Conditions and limits ---

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

TEST_P(StoreContract, ConditionHoldsForOneKeyAndForMany) {
  database->exec(Books::table);
  database->exec("INSERT INTO books VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'b'), (4, 2, 'c'), (5, 3, 'c')");
  open();
  Books books;
  Condition in(books["title"], REL_OP_IN, {Condition::text("b"), Condition::text("a")});
  Lookup lookup(books, {"author_id"});
  lookup.lookup.condition = &in.condition;
  auto got = rows(lookup, {ikey(2), ikey(3), ikey(1)});
  EXPECT_EQ(column(got[0], 1), Texts({"3"}));
  EXPECT_TRUE(got[1].empty());
  EXPECT_EQ(column(got[2], 1), Texts({"1", "2"}));
}

TEST_P(StoreContract, ConditionStandsBesideADiscriminator) {
  database->exec("CREATE TABLE people(id INTEGER PRIMARY KEY, kind TEXT, level INTEGER, boss_id BIGINT);"
                 "INSERT INTO people VALUES (1, 'm', 1, 9), (2, 'm', 2, 9), (3, 'e', 2, 9), (4, 'm', 2, 8)");
  open();
  Model people("people");
  people.add("id", 1, REL_TYPE_INT64);
  people.add("kind", 2, REL_TYPE_STRING);
  people.add("level", 3, REL_TYPE_INT32);
  people.optional(people.add("boss_id", 4, REL_TYPE_INT64));
  people.primary_key({people["id"]});
  people.discriminator(people["kind"], {"m"});
  Condition level(people["level"], REL_OP_EQ, {Condition::integer(2)});
  for (size_t limit : {size_t(0), size_t(1)}) {
    Lookup lookup(people, {"boss_id"});
    lookup.lookup.condition = &level.condition;
    lookup.lookup.limit = limit;
    auto got = rows(lookup, {ikey(9), ikey(8)});
    EXPECT_EQ(column(got[0], 1), Texts({"2"}));
    EXPECT_EQ(column(got[1], 1), Texts({"4"}));
  }
}

TEST_P(StoreContract, GateIsAConditionByteByByteWhateverTheCollation) {
  database->exec(
      "CREATE TABLE books(id INTEGER PRIMARY KEY, author_id BIGINT, title TEXT NOT NULL COLLATE NOCASE);"
      "INSERT INTO books VALUES (1, 1, 'Post'), (2, 1, 'post'), (3, 2, 'POST'), (4, 2, 'Post'), (5, 2, 'Post "
      "')");
  open();
  Books books;
  rel_arena arena;
  rel_arena_init(&arena);
  fixture::Gate gate(books, books["title"], {{rel_cstr("Post"), 0}, {rel_cstr("post"), 0}});
  for (size_t own : {0, 1}) {
    gate.gate.tag = gate.known[own];
    Lookup lookup(books, {"author_id"});
    lookup.lookup.condition = rel_gate_condition(&gate.gate, &arena);
    auto got = rows(lookup, {ikey(2), ikey(3), ikey(1)});
    EXPECT_EQ(column(got[0], 1), own == 0 ? Texts({"4"}) : Texts());
    EXPECT_TRUE(got[1].empty());
    EXPECT_EQ(column(got[2], 1), Texts({own == 0 ? "1" : "2"}));
  }
  rel_arena_fini(&arena);
}

TEST_P(StoreContract, OutputKeyPassesTheGate) {
  database->exec(Books::table);
  database->exec("INSERT INTO books VALUES (1, 7, 'a'), (2, 7, 'b'), (3, NULL, 'a'), (4, 8, 'c')");
  open();
  Books books;
  fixture::Gate gate(books, books["title"], {{rel_cstr("a"), 0}, {rel_cstr("b"), 0}});
  Lookup lookup(books, {"id"});
  lookup.output_key(books, {"author_id"});
  lookup.lookup.gate = &gate.gate;
  rel_plan *made = plan(lookup);
  for (const std::vector<std::string> &keys :
       {std::vector<std::string>{ikey(1), ikey(2), ikey(3), ikey(4), ikey(5)}, {ikey(4)}}) {
    Collector all(made, keys);
    EXPECT_EQ(all.run(store), REL_OK) << all.message;
    size_t last = keys.size() == 1 ? 0 : 3;
    EXPECT_NE(all.bad.at(last).at(0).find("\"c\" is the type_tag of no relation of books"),
              std::string::npos);
    if (keys.size() == 1) continue;
    EXPECT_EQ(all.rows[0], Texts({ikey(7)}));
    EXPECT_EQ(all.rows[1], Texts({""}));
    EXPECT_EQ(all.rows[2], Texts({""}));
    EXPECT_TRUE(all.rows[3].empty());
    EXPECT_TRUE(all.rows[4].empty());
  }
}

TEST_P(StoreContract, LimitIsForEachKeyAndTakesTheFirstInTheOrder) {
  database->exec(Books::table);
  database->exec("INSERT INTO books VALUES (1, 1, 'a'), (2, 1, 'c'), (3, 1, 'b'), (4, 2, 'a'), (5, 2, 'b'), "
                 "(6, 3, 'x'), (7, NULL, 'n')");
  open();
  Books books;
  Lookup lookup(books, {"author_id"}, {{"title", true}});
  lookup.lookup.limit = 2;
  auto got = rows(lookup, {ikey(3), ikey(1), ikey(4), ikey(2)});
  EXPECT_EQ(column(got[0], 1), Texts({"6"}));
  EXPECT_EQ(column(got[1], 1), Texts({"2", "3"}));
  EXPECT_TRUE(got[2].empty());
  EXPECT_EQ(column(got[3], 1), Texts({"5", "4"}));
}

TEST_P(StoreContract, LimitCountsOnlyRowsForWhichTheConditionHolds) {
  database->exec(Books::table);
  database->exec("INSERT INTO books VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 1, 'x'), (4, 1, 'x'), (5, 2, 'y')");
  open();
  Books books;
  Condition x(books["title"], REL_OP_EQ, {Condition::text("x")});
  Lookup lookup(books, {"author_id"});
  lookup.lookup.condition = &x.condition;
  lookup.lookup.limit = 2;
  auto got = rows(lookup, {ikey(1), ikey(2)});
  EXPECT_EQ(column(got[0], 1), Texts({"1", "3"}));
  EXPECT_TRUE(got[1].empty());
}

TEST_P(StoreContract, LimitWithNullsCompositeKeysAndEveryFormOfUuid) {
  database->exec("CREATE TABLE items(a TEXT, owner TEXT, n BIGINT, id BIGINT NOT NULL PRIMARY KEY);"
                 "INSERT INTO items VALUES ('a', '6ba7b810-9dad-11d1-80b4-00c04fd430c8', NULL, 1), "
                 "('a', '6BA7B810-9DAD-11D1-80B4-00C04FD430C8', 7, 2), "
                 "('a', '6ba7b8109dad11d180b400c04fd430c8', 5, 3), "
                 "('b', '6ba7b8109dad11d180b400c04fd430c8', 1, 4)");
  open();
  Model items("items");
  items.add("a", 1, REL_TYPE_STRING);
  items.add("owner", 2, REL_TYPE_STRING)->uuid = true;
  items.optional(items.add("n", 3, REL_TYPE_INT64));
  items.add("id", 4, REL_TYPE_INT64);
  items.primary_key({items["id"]});
  const char *uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
  Lookup one(items, {"owner"}, {{"n", false}});
  one.lookup.limit = 2;
  EXPECT_EQ(column(rows(one, {Key().g(uuid)})[0], 4), Texts({"4", "3"}));
  Lookup two(items, {"a", "owner"}, {{"n", false}});
  two.lookup.limit = 2;
  auto got = rows(two, {Key().s("b").g(uuid), Key().s("a").g(uuid), Key().s("c").g(uuid)});
  EXPECT_EQ(column(got[0], 4), Texts({"4"}));
  EXPECT_EQ(column(got[1], 4), Texts({"3", "2"}));
  EXPECT_TRUE(got[2].empty());
}

// A table whose key the database compares in its own way, and a view, which has no row numbers.
TEST_P(StoreContract, LimitOfAViewAndOfATableWithoutAnyKey) {
  database->exec("CREATE TABLE plain(k BIGINT, id BIGINT);"
                 "INSERT INTO plain VALUES (1, 3), (1, 2), (1, 1), (2, 9), (2, 8);"
                 "CREATE VIEW seen AS SELECT k, id FROM plain");
  open();
  for (const char *name : {"plain", "seen"}) {
    Model model(name);
    model.add("k", 1, REL_TYPE_INT64);
    model.add("id", 2, REL_TYPE_INT64);
    model.primary_key({model["id"]});
    Lookup lookup(model, {"k"});
    lookup.lookup.limit = 2;
    auto got = rows(lookup, {ikey(2), ikey(1)});
    EXPECT_EQ(column(got[0], 2), Texts({"8", "9"})) << name;
    EXPECT_EQ(column(got[1], 2), Texts({"1", "2"})) << name;
  }
}

TEST_P(StoreContract, LimitHoldsWhereTheKeyIsUniqueInOneSpellingOnly) {
  database->exec("CREATE TABLE items(owner TEXT NOT NULL UNIQUE, id BIGINT NOT NULL PRIMARY KEY);"
                 "INSERT INTO items VALUES ('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 2), "
                 "('6BA7B810-9DAD-11D1-80B4-00C04FD430C8', 1)");
  open();
  Model items("items");
  items.add("owner", 1, REL_TYPE_STRING)->uuid = true;
  items.add("id", 2, REL_TYPE_INT64);
  items.primary_key({items["id"]});
  Lookup lookup(items, {"owner"});
  lookup.lookup.limit = 1;
  EXPECT_EQ(column(rows(lookup, {Key().g("6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
                                 Key().g("00000000000000000000000000000001")})[0],
                   2),
            Texts({"1"}));
}

TEST_P(StoreContract, LimitOverMoreKeysThanOneStatementTakes) {
  database->exec(Books::table);
  std::string sql = "INSERT INTO books VALUES ";
  std::vector<std::string> keys;
  for (int i = 0; i < 300; i++)
    sql += (i > 0 ? ",(" : "(") + std::to_string(i) + "," + std::to_string(i % 100) + ",'t')";
  database->exec(sql);
  for (int i = 99; i >= 0; i--)
    keys.push_back(ikey(i));
  open(7);
  Books books;
  Lookup lookup(books, {"author_id"}, {{"id", true}});
  lookup.lookup.limit = 2;
  auto got = rows(lookup, keys);
  for (int i = 0; i < 100; i++)
    EXPECT_EQ(column(got[99 - i], 1), Texts({std::to_string(200 + i), std::to_string(100 + i)}));
}

// --- Hops ---

// links(id, a, b, rank): rows of many tables lie between keys and rows.
struct Links : Model {
  explicit Links(rel_type type = REL_TYPE_INT64) : Model("links") {
    add("id", 1, REL_TYPE_INT64);
    optional(add("a", 2, type));
    optional(add("b", 3, type));
    optional(add("rank", 4, REL_TYPE_INT64));
    primary_key({(*this)["id"]});
  }
  void exec(fixture::Database &database, const std::string &type, const std::string &rows) {
    database.exec("CREATE TABLE links(id INTEGER PRIMARY KEY, a " + type + ", b " + type +
                  ", rank BIGINT); INSERT INTO links VALUES " + rows);
  }
};

// A hop from fields of a model to others, ordered by its primary key.
struct Hop {
  Hop(const Model &model, const std::vector<std::string> &from, const std::vector<std::string> &to) {
    for (const auto &name : from)
      key.push_back(model[name]);
    for (const auto &name : to)
      on.push_back(model[name]);
    for (size_t i = 0; i < model.model.primary_key_count; i++)
      order.push_back({model.model.primary_key[i], false});
    hop.model = &model.model;
    hop.key = key.data();
    hop.key_count = key.size();
    hop.on = on.data();
    hop.on_count = on.size();
    hop.order_by = order.data();
    hop.order_count = order.size();
  }
  Hop(const Hop &) = delete;

  std::vector<const rel_field *> key, on;
  std::vector<rel_order_term> order;
  rel_hop hop{};
};

TEST_P(StoreContract, HopsLeadToEachRowOnce) {
  database->exec(Books::table);
  database->exec("INSERT INTO books VALUES (0, NULL, ''), (1, 1, 'c'), (2, 1, 'b'), (3, 2, 'a')");
  Links links;
  links.exec(*database, "BIGINT",
             "(1, 7, 3, 1), (2, 7, 1, 2), (3, 7, 3, 3), (4, 8, 2, 4), (5, 7, NULL, 5), (6, NULL, 2, 6), "
             "(7, 7, 99, 7), (8, 9, 0, 8), (9, 9, 0, 9)");
  open();
  Books books;
  Hop hop(links, {"a"}, {"b"});
  Lookup lookup(books, {"id"}, {{"title", false}});
  lookup.lookup.hops = &hop.hop;
  lookup.lookup.hop_count = 1;
  auto got = rows(lookup, {ikey(8), ikey(7), ikey(6), ikey(9)});
  EXPECT_EQ(column(got[0], 1), Texts({"2"}));
  EXPECT_EQ(column(got[1], 1), Texts({"3", "1"}));
  EXPECT_TRUE(got[2].empty());
  EXPECT_EQ(got[3], Texts({""})) << "a record of zeros is a record";

  lookup.lookup.limit = 1;
  got = rows(lookup, {ikey(7), ikey(9)});
  EXPECT_EQ(column(got[0], 1), Texts({"3"}));
  EXPECT_EQ(got[1].size(), 1u);

  Condition late(links["rank"], REL_OP_GT, {Condition::integer(1)});
  Condition named(books["title"], REL_OP_EQ, {Condition::text("a")});
  hop.hop.condition = &late.condition;
  lookup.lookup.condition = &named.condition;
  lookup.lookup.limit = 0;
  got = rows(lookup, {ikey(7), ikey(8)});
  EXPECT_EQ(column(got[0], 1), Texts({"3"}));
  EXPECT_TRUE(got[1].empty());
}

TEST_P(StoreContract, HopsFollowOneAnotherAndMayBeLimited) {
  database->exec(Books::table);
  database->exec("INSERT INTO books VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'c'), (4, 3, 'd')");
  Links links;
  links.exec(*database, "BIGINT",
             "(1, 7, 10, 1), (2, 7, 20, 2), (3, 10, 1, 1), (4, 10, 2, 1), (5, 20, 2, 1), "
             "(6, 20, 3, 1), (7, 8, 20, 1)");
  open();
  Books books;
  Hop first(links, {"a"}, {"b"}), second(links, {"a"}, {"b"});
  rel_hop hops[] = {first.hop, second.hop};
  Lookup lookup(books, {"author_id"});
  lookup.lookup.hops = hops;
  lookup.lookup.hop_count = 2;
  auto got = rows(lookup, {ikey(7), ikey(8)});
  EXPECT_EQ(column(got[0], 1), Texts({"1", "2", "3", "4"}));
  EXPECT_EQ(column(got[1], 1), Texts({"3", "4"}));
  hops[1].limit = 1; // of each row of the hop before
  got = rows(lookup, {ikey(7), ikey(8)});
  EXPECT_EQ(column(got[0], 1), Texts({"1", "2", "3"}));
  EXPECT_EQ(column(got[1], 1), Texts({"3"}));
  hops[0].limit = 1;
  EXPECT_EQ(column(rows(lookup, {ikey(7), ikey(8)})[0], 1), Texts({"1", "2"}));
}

TEST_P(StoreContract, HopsOverCompositeKeysAndEveryForm) {
  const char *uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
  database->exec(
      "CREATE TABLE parts(a TEXT, u TEXT, n BIGINT NOT NULL PRIMARY KEY);"
      "INSERT INTO parts VALUES ('x', '6ba7b810-9dad-11d1-80b4-00c04fd430c8', 1), "
      "('x', '6BA7B810-9DAD-11D1-80B4-00C04FD430C8', 2), ('y', '6ba7b8109dad11d180b400c04fd430c8', 3);"
      "CREATE TABLE links(id INTEGER PRIMARY KEY, u TEXT, n BIGINT, a TEXT, v TEXT);"
      "INSERT INTO links VALUES (1, '6ba7b8109dad11d180b400c04fd430c8', 5, 'x', "
      "'6BA7B8109DAD11D180B400C04FD430C8'), (2, '6BA7B810-9DAD-11D1-80B4-00C04FD430C8', 5, 'x', "
      "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'), (3, '6BA7B810-9DAD-11D1-80B4-00C04FD430C8', NULL, 'y', "
      "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'), (4, '6BA7B810-9DAD-11D1-80B4-00C04FD430C8', 6, 'y', "
      "'no uuid')");
  open();
  Model parts("parts"), links("links");
  parts.add("a", 1, REL_TYPE_STRING);
  parts.add("u", 2, REL_TYPE_STRING)->uuid = true;
  parts.add("n", 3, REL_TYPE_INT64);
  parts.primary_key({parts["n"]});
  links.add("id", 1, REL_TYPE_INT64);
  links.add("u", 2, REL_TYPE_STRING)->uuid = true;
  links.add("n", 3, REL_TYPE_INT64);
  links.add("a", 4, REL_TYPE_STRING);
  links.add("v", 5, REL_TYPE_STRING)->uuid = true;
  links.primary_key({links["id"]});
  Hop hop(links, {"u", "n"}, {"a", "v"});
  Lookup lookup(parts, {"a", "u"});
  lookup.lookup.hops = &hop.hop;
  lookup.lookup.hop_count = 1;
  for (size_t limit : {size_t(0), size_t(1)}) {
    hop.hop.limit = limit;
    auto got = rows(lookup, {Key().g(uuid).i(5), Key().g(uuid).i(6), Key().g(uuid).i(7)});
    EXPECT_EQ(column(got[0], 3), Texts({"1", "2"}));
    EXPECT_TRUE(got[1].empty());
    EXPECT_TRUE(got[2].empty());
  }
}

// What the rows tell apart stays apart, and what they make equal is one row, whatever the link's collation.
TEST_P(StoreContract, HopsCompareAsTheRowsDo) {
  database->exec("CREATE TABLE exact(k TEXT NOT NULL PRIMARY KEY);"
                 "CREATE TABLE loose(k TEXT COLLATE NOCASE NOT NULL PRIMARY KEY);"
                 "INSERT INTO exact VALUES ('a'), ('A'), ('b'); INSERT INTO loose VALUES ('a'), ('b');"
                 "CREATE TABLE links(id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE, b TEXT COLLATE NOCASE, "
                 "rank BIGINT);"
                 "INSERT INTO links VALUES (1, 'k', 'A', 1), (2, 'K', 'a', 1), (3, 'k', 'B', 1)");
  open();
  Links links(REL_TYPE_STRING);
  for (const char *table : {"exact", "loose"}) {
    Model model(table);
    model.add("k", 1, REL_TYPE_STRING);
    model.primary_key({model["k"]});
    Hop hop(links, {"a"}, {"b"});
    Lookup lookup(model, {"k"});
    lookup.lookup.hops = &hop.hop;
    lookup.lookup.hop_count = 1;
    auto got = rows(lookup, {skey("K"), skey("z")});
    EXPECT_EQ(column(got[0], 1), *table == 'e' ? Texts({"A", "a"}) : Texts({"a", "b"})) << table;
    EXPECT_TRUE(got[1].empty());
  }
}

// --- Batches and their ends ---

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
