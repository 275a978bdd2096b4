// A part of contract.h: many keys whose rows lie anywhere in their table. A store may read them in another
// order than that in which it hands them over.
#ifndef RELATIONS_TESTS_SERVER_STORE_CONTRACT_SCATTERED_H
#define RELATIONS_TESTS_SERVER_STORE_CONTRACT_SCATTERED_H

#include "tests/server/store/contract_suite.h"

#include <algorithm>

// The numbers of one to `count`, and a table of books: an author's lie far from one another.
constexpr const char *SCATTERED_NUMBERS =
    "CREATE TABLE numbers(n INTEGER PRIMARY KEY);"
    "INSERT INTO numbers WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 40000)"
    " SELECT i FROM s";

inline std::string scattered_books(int books, int authors) {
  return "INSERT INTO books SELECT n, n % " + std::to_string(authors) + ", 'book ' || n FROM numbers" +
         " WHERE n <= " + std::to_string(books);
}

inline Texts scattered_keys(int authors) {
  Texts keys;
  for (int i = authors - 1; i >= 0; i--)
    keys.push_back(ikey(i));
  return keys;
}

TEST_P(StoreContract, ScatteredRowsComeInTheOrderOfTheLookup) {
  database->exec(SCATTERED_NUMBERS);
  database->exec(Books::table);
  database->exec("CREATE INDEX books_titles ON books(author_id, title)");
  database->exec(scattered_books(2000, 100));
  database->exec("INSERT INTO books VALUES (-5, 7, 'book 0'), (9000000000000000000, 7, 'book 99')");
  open();
  Books books;
  for (bool down : {false, true}) {
    Lookup by_title(books, {"author_id"}, {{"title", down}});
    auto all = rows(by_title, scattered_keys(100));
    for (size_t key = 0; key < all.size(); key++) {
      Texts titles = column(all[key], 3), sorted = titles;
      EXPECT_EQ(titles.size(), key == 92 ? 22u : 20u);
      std::sort(sorted.begin(), sorted.end());
      if (down) std::reverse(sorted.begin(), sorted.end());
      EXPECT_EQ(titles, sorted);
    }
  }
  Lookup by_id(books, {"author_id"});
  Texts ids = column(rows(by_id, scattered_keys(100))[92], 1);
  EXPECT_EQ(ids.front(), "-5");
  EXPECT_EQ(ids.back(), "9000000000000000000");
}

TEST_P(StoreContract, ScatteredRowsOfTextKeysAndOfKeysWithoutAny) {
  database->exec(SCATTERED_NUMBERS);
  database->exec("CREATE TABLE tags(id INTEGER PRIMARY KEY, word VARCHAR(20) NOT NULL, note TEXT NOT NULL);"
                 "CREATE INDEX tags_word ON tags(word);"
                 "INSERT INTO tags SELECT n, 'w' || (n % 70), 'note ' || n FROM numbers WHERE n <= 700");
  open();
  Model tags("tags");
  tags.add("id", 1, REL_TYPE_INT64);
  tags.add("word", 2, REL_TYPE_STRING);
  tags.add("note", 3, REL_TYPE_STRING);
  tags.primary_key({tags["id"]});
  Lookup lookup(tags, {"word"});
  Texts keys;
  for (int i = 0; i < 90; i++)
    keys.push_back(skey("w" + std::to_string(i)));
  auto all = rows(lookup, keys);
  for (int i = 0; i < 90; i++)
    ASSERT_EQ(all[i].size(), i < 70 ? 10u : 0u) << i;
  EXPECT_EQ(column(all[3], 1)[1], "73");
}

TEST_P(StoreContract, ScatteredRowsOfWhichOneDoesNotFitItsModel) {
  database->exec(SCATTERED_NUMBERS);
  database->exec("CREATE TABLE books(id INTEGER PRIMARY KEY, author_id BIGINT, title TEXT);"
                 "CREATE INDEX books_author ON books(author_id);");
  database->exec(scattered_books(2000, 100));
  database->exec("UPDATE books SET title = NULL WHERE id = 703");
  open();
  Books books;
  Lookup lookup(books, {"author_id"});
  Collector all(plan(lookup), scattered_keys(100));
  EXPECT_EQ(all.run(store), REL_OK) << all.message;
  EXPECT_TRUE(all.together);
  EXPECT_EQ(all.total(), 1999u);
  ASSERT_EQ(all.bad.size(), 1u);
  EXPECT_NE(all.bad[96].at(0).find("books.title of the row with key 703"), std::string::npos);
  EXPECT_EQ(column(all.rows[96], 1).at(7), "803");
}

TEST_P(StoreContract, ScatteredRowsThatAreTooLargeToBeHeld) {
  database->exec(SCATTERED_NUMBERS);
  database->exec(Books::table);
  database->exec(scattered_books(1000, 100));
  database->exec("UPDATE books SET title = '" + std::string(16000, 'x') + "'");
  open(0, 1);
  Books books;
  Lookup lookup(books, {"author_id"});
  rel_plan *made = plan(lookup);
  for (int time = 1; time <= 2; time++) { // the second time it is known how large they are
    Collector all(made, scattered_keys(100));
    EXPECT_EQ(all.run(store), REL_OK) << all.message;
    EXPECT_TRUE(all.together);
    for (size_t key = 0; key < all.rows.size(); key++) {
      Texts ids = column(all.rows[key], 1);
      ASSERT_EQ(ids.size(), 10u);
      EXPECT_EQ(ids[3], std::to_string(key == 99 ? 400 : 399 - key));
      for (const auto &title : column(all.rows[key], 3))
        EXPECT_EQ(title.size(), 16000u);
    }
  }
}

TEST_P(StoreContract, ScatteredRowThatIsRefusedEndsTheBatch) {
  database->exec(SCATTERED_NUMBERS);
  database->exec(Books::table);
  database->exec(scattered_books(2000, 100));
  open();
  Books books;
  Lookup lookup(books, {"author_id"});
  Collector limited(plan(lookup), scattered_keys(100));
  limited.refuse_at(150);
  EXPECT_EQ(limited.run(store), REL_LIMIT);
  EXPECT_EQ(limited.total(), 150u);
  Collector after(plan(lookup), scattered_keys(100)); // the statements are fit for use again
  EXPECT_EQ(after.run(store), REL_OK);
  EXPECT_EQ(after.total(), 2000u);
}

TEST_P(StoreContract, ScatteredRowsThatAreMoreThanAreHeldAtATime) {
  database->exec(SCATTERED_NUMBERS);
  database->exec(Books::table);
  database->exec(scattered_books(40000, 100));
  open(90);
  Books books;
  Lookup lookup(books, {"author_id"});
  auto all = rows(lookup, scattered_keys(100));
  for (const auto &list : all) {
    ASSERT_EQ(list.size(), 400u);
    Texts ids = column(list, 1);
    EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end(),
                               [](const auto &a, const auto &b) { return std::stoll(a) < std::stoll(b); }));
  }
}

#endif
