// A part of contract.h: which rows a key has, whatever it is made of, and in which order.
#ifndef RELATIONS_TESTS_SERVER_STORE_CONTRACT_KEYS_H
#define RELATIONS_TESTS_SERVER_STORE_CONTRACT_KEYS_H

#include "tests/server/store/contract_suite.h"

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

#endif
