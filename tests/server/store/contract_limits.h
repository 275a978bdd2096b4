// A part of contract.h: conditions, discriminators, gates, and a limit for each key.
#ifndef RELATIONS_TESTS_SERVER_STORE_CONTRACT_LIMITS_H
#define RELATIONS_TESTS_SERVER_STORE_CONTRACT_LIMITS_H

#include "tests/server/store/contract_suite.h"

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

#endif
