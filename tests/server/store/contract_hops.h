// A part of contract.h: rows that lie behind other tables.
#ifndef RELATIONS_TESTS_SERVER_STORE_CONTRACT_HOPS_H
#define RELATIONS_TESTS_SERVER_STORE_CONTRACT_HOPS_H

#include "tests/server/store/contract_suite.h"

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
  std::vector<rel_sort_term> order;
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

#endif
