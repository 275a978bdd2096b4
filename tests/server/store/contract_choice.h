// A part of contract.h: what somebody chooses among the rows of a lookup, and verdicts.
#ifndef RELATIONS_TESTS_SERVER_STORE_CONTRACT_CHOICE_H
#define RELATIONS_TESTS_SERVER_STORE_CONTRACT_CHOICE_H

#include "tests/server/store/contract_hops.h"

// Books of three authors, also as a view, which has no row numbers.
static void FillShelf(fixture::Database &database) {
  database.exec(Books::table);
  database.exec("INSERT INTO books VALUES (1, 1, 'd'), (2, 1, 'c'), (3, 1, 'b'), (4, 1, 'a'), (5, 2, 'b'), "
                "(6, 2, 'a'), (7, 3, 'z'); CREATE VIEW shelf AS SELECT * FROM books");
}

// Of the first three, those for which `later` holds, in another order.
static void ChooseAmongThree(Lookup &lookup, const Condition &later,
                             const std::vector<rel_sort_term> &order) {
  lookup.lookup.limit = 3;
  lookup.lookup.choice.condition = &later.condition;
  lookup.lookup.choice.order_by = order.data();
  lookup.lookup.choice.order_count = order.size();
}

TEST_P(StoreContract, AChoiceIsAmongTheFirstRowsOfEachKey) {
  FillShelf(*database);
  open();
  for (const char *table : {"books", "shelf"}) {
    Books books;
    books.model.table = rel_cstr(table);
    Condition later(books["title"], REL_OP_GE, {Condition::text("b")});
    std::vector<rel_sort_term> order = {{books["title"], true}, {books["id"], false}};
    Lookup lookup(books, {"author_id"}, {{"title", false}});
    ChooseAmongThree(lookup, later, order);
    auto got = rows(lookup, {ikey(2), ikey(9), ikey(1), ikey(3)});
    EXPECT_EQ(column(got[0], 3), Texts({"b"})) << table;
    EXPECT_TRUE(got[1].empty());
    EXPECT_EQ(column(got[2], 3), Texts({"c", "b"})) << table;
    EXPECT_EQ(column(got[3], 3), Texts({"z"})) << table;
    lookup.lookup.choice.limit = 1;
    got = rows(lookup, {ikey(2), ikey(1)});
    EXPECT_EQ(column(got[0], 3), Texts({"b"})) << table;
    EXPECT_EQ(column(got[1], 3), Texts({"c"})) << table;
  }
}

TEST_P(StoreContract, AChoiceBehindHopsCountsARowOnce) {
  FillShelf(*database);
  Links links;
  links.exec(
      *database, "BIGINT",
      "(1, 7, 4, 1), (2, 7, 4, 2), (3, 7, 4, 3), (4, 7, 3, 4), (5, 7, 2, 5), (6, 7, 1, 6), (7, 8, 1, 7)");
  open();
  Books books;
  Hop hop(links, {"a"}, {"b"});
  Condition later(books["title"], REL_OP_GE, {Condition::text("b")});
  std::vector<rel_sort_term> order = {{books["title"], true}, {books["id"], false}};
  Lookup lookup(books, {"id"}, {{"title", false}});
  lookup.lookup.hops = &hop.hop;
  lookup.lookup.hop_count = 1;
  ChooseAmongThree(lookup, later, order);
  auto got = rows(lookup, {ikey(8), ikey(7)});
  EXPECT_EQ(column(got[0], 3), Texts({"d"}));
  EXPECT_EQ(column(got[1], 3), Texts({"c", "b"}));
  lookup.lookup.output = REL_OUTPUT_COUNT;
  got = rows(lookup, {ikey(8), ikey(7)});
  EXPECT_EQ(got[0].size(), 1u);
  EXPECT_EQ(got[1].size(), 2u);
}

// In whatever way the keys lead to their rows: alone, with a limit, within the limit of the lookup itself.
TEST_P(StoreContract, RowsGoOnBehindACursorOfTheirKey) {
  FillShelf(*database);
  open();
  for (const char *table : {"books", "shelf"}) {
    for (size_t own_limit : {0, 3}) {
      for (size_t limit : {0, 1}) {
        Books books;
        books.model.table = rel_cstr(table);
        std::vector<rel_sort_term> order = {{books["title"], false}, {books["id"], false}};
        Lookup lookup(books, {"author_id"}, {{"title", true}});
        lookup.lookup.limit = own_limit;
        lookup.lookup.choice.order_by = order.data();
        lookup.lookup.choice.order_count = order.size();
        lookup.lookup.cursors = true;
        const std::vector<std::string> keys = {ikey(2), ikey(9), ikey(1), ikey(3)};
        Collector whole(plan(lookup), keys);
        ASSERT_EQ(whole.run(store), REL_OK) << whole.message;
        std::string one = whole.cursors[2][1], other = whole.cursors[0][0], unknown = ikey(77);
        rel_seek seeks[] = {{fixture::view(keys[2]), fixture::view(one)},
                            {fixture::view(unknown), fixture::view(one)},
                            {fixture::view(keys[0]), fixture::view(other)}};
        lookup.lookup.choice.limit = limit;
        lookup.lookup.choice.seeks = seeks;
        lookup.lookup.choice.seek_count = 3;
        auto got = rows(lookup, keys);
        Texts first = own_limit > 0 ? Texts{"d"} : Texts{"c", "d"}; // of three: b, c, d
        if (limit == 1) first.resize(1);
        EXPECT_EQ(column(got[2], 3), first) << table << own_limit << limit;
        EXPECT_EQ(column(got[0], 3), Texts({"b"}));
        EXPECT_TRUE(got[1].empty());
        EXPECT_EQ(column(got[3], 3), Texts({"z"})) << "a key without a seek begins with its first row";
        lookup.lookup.choice.seek_count = 0;
        lookup.lookup.choice.after = fixture::view(one);
        EXPECT_EQ(column(rows(lookup, {keys[2]})[0], 3), first) << table << own_limit << limit;
      }
    }
  }
}

TEST_P(StoreContract, ACursorThatIsNoneIsAnError) {
  FillShelf(*database);
  open();
  Books books;
  Lookup lookup(books, {"author_id"});
  lookup.lookup.choice.after = rel_cstr("nonsense");
  lookup.lookup.late = true;
  Collector job(plan(lookup), {ikey(1)});
  EXPECT_EQ(job.run(store), REL_INVALID);
  EXPECT_NE(job.message.find("not one of this query"), std::string::npos) << job.message;
}

TEST_P(StoreContract, AnOrderByTheLinkPlacesARowByItsFirstLink) {
  FillShelf(*database);
  Links links;
  links.exec(*database, "BIGINT",
             "(1, 7, 1, 5), (2, 7, 2, 3), (3, 7, 1, 1), (4, 7, 3, NULL), (5, 8, 3, 2), (6, 8, 2, 2), "
             "(7, 7, 99, 0), (8, 7, NULL, 0), (9, NULL, 4, 0)");
  open();
  for (const char *table : {"books", "shelf"}) {
    Books books;
    books.model.table = rel_cstr(table);
    Hop hop(links, {"a"}, {"b"});
    hop.hop.is_link = true;
    Lookup lookup(books, {"id"});
    lookup.lookup.hops = &hop.hop;
    lookup.lookup.hop_count = 1;
    rel_sort_term rank = {};
    rank.field = links["rank"];
    rank.link = REL_LINK_DECLARED;
    lookup.order.insert(lookup.order.begin(), rank);
    lookup.lookup.order_by = lookup.order.data();
    lookup.lookup.order_count = lookup.order.size();
    auto got = rows(lookup, {ikey(8), ikey(6), ikey(7)});
    EXPECT_EQ(column(got[0], 1), Texts({"2", "3"})) << "equal ones by the primary key";
    EXPECT_TRUE(got[1].empty());
    EXPECT_EQ(column(got[2], 1), Texts({"1", "2", "3"})) << "NULLs last";
    lookup.order[0].descending = true;
    EXPECT_EQ(column(rows(lookup, {ikey(8), ikey(7)})[1], 1), Texts({"1", "2", "3"})) << "5, 3, NULL";
    lookup.lookup.limit = 2;
    EXPECT_EQ(column(rows(lookup, {ikey(8), ikey(7)})[1], 1), Texts({"1", "2"}));

    std::vector<rel_sort_term> asked = lookup.order; // of the first two: 1 has the rank 1, 2 has 3
    asked[0].link = REL_LINK_ASKED;
    asked[0].descending = false;
    lookup.lookup.choice.order_by = asked.data();
    lookup.lookup.choice.order_count = asked.size();
    EXPECT_EQ(column(rows(lookup, {ikey(8), ikey(7)})[1], 1), Texts({"1", "2"}));
    lookup.order[0].descending = false;
    asked[0].descending = true; // 1 is first by 1 and by 5
    lookup.lookup.choice.limit = 1;
    EXPECT_EQ(column(rows(lookup, {ikey(8), ikey(7)})[1], 1), Texts({"1"}));
    lookup.lookup.output = REL_OUTPUT_COUNT;
    lookup.lookup.choice = {};
    EXPECT_EQ(rows(lookup, {ikey(8), ikey(7)})[1].size(), 2u);
  }
}

TEST_P(StoreContract, AChoiceWithoutALimitBeforeItIsAmongAllRows) {
  FillShelf(*database);
  open();
  Books books;
  Condition later(books["title"], REL_OP_GE, {Condition::text("b")});
  std::vector<rel_sort_term> order = {{books["title"], true}, {books["id"], false}};
  Lookup lookup(books, {"author_id"}, {{"title", false}});
  ChooseAmongThree(lookup, later, order);
  lookup.lookup.limit = 0;
  EXPECT_EQ(column(rows(lookup, {ikey(2), ikey(1)})[1], 3), Texts({"d", "c", "b"}));
  lookup.lookup.choice.limit = 2;
  auto got = rows(lookup, {ikey(2), ikey(1)});
  EXPECT_EQ(column(got[0], 3), Texts({"b"}));
  EXPECT_EQ(column(got[1], 3), Texts({"d", "c"}));
}

TEST_P(StoreContract, AVerdictIsToldOfTheFirstRowAndAsksNothingOfItsTypes) {
  database->exec(Books::table);
  database->exec("INSERT INTO books VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'b'), (4, 2, 'a')");
  Links links;
  links.exec(*database, "BIGINT", "(1, 7, 1, 1), (2, 7, 1, 2), (3, 8, 3, 1), (4, 7, 4, 1)");
  open();
  Books books;
  Condition named(books["title"], REL_OP_EQ, {Condition::text("a")});
  Lookup lookup(books, {"author_id"});
  lookup.lookup.verdict = &named.condition;
  lookup.lookup.limit = 1;
  auto got = rows(lookup, {ikey(2), ikey(9), ikey(1)});
  EXPECT_EQ(got[0], Texts({"withheld"}));
  EXPECT_TRUE(got[1].empty());
  EXPECT_EQ(column(got[2], 1), Texts({"1"}));

  Hop hop(links, {"a"}, {"b"});
  Lookup linked(books, {"id"}, {{"title", true}});
  linked.lookup.hops = &hop.hop;
  linked.lookup.hop_count = 1;
  linked.lookup.verdict = &named.condition;
  got = rows(linked, {ikey(7), ikey(8)});
  EXPECT_EQ(column(got[0], 1), Texts({"1", "4"})) << "once each";
  EXPECT_EQ(got[1], Texts({"withheld"}));
  named.condition.operator_ = REL_OP_NE;
  EXPECT_EQ(rows(linked, {ikey(7), ikey(8)})[0], Texts({"withheld", "withheld"})) << "two rows, told apart";
}

TEST_P(StoreContract, OnlyTheFieldsThatAreAskedFor) {
  FillShelf(*database);
  open();
  Books books;
  Lookup lookup(books, {"author_id"}, {{"title", false}});
  lookup.output_key(books, {"id"});
  lookup.lookup.output = REL_OUTPUT_RECORD;
  auto got = rows(lookup, {ikey(2), ikey(3)});
  EXPECT_EQ(column(got[0], 1), Texts({"6", "5"}));
  EXPECT_EQ(column(got[0], 3), Texts({"-", "-"}));
}

#endif
