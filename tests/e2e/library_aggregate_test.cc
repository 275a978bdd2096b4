// Typed aggregates, orders by related records and field masks of the example against relationsd over its
// database, and against plain SQL over the same file.
#include "tests/e2e/library_server.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>
#include <vector>

namespace {

using Strings = std::vector<std::string>;
using Rows = std::vector<Strings>;

class LibraryAndSql : public Library {
protected:
  Rows Sql(const char *text) {
    sqlite3 *db = nullptr;
    sqlite3_stmt *statement = nullptr;
    Rows rows;
    EXPECT_EQ(sqlite3_open_v2(database_.c_str(), &db, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
    EXPECT_EQ(sqlite3_prepare_v2(db, text, -1, &statement, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    while (sqlite3_step(statement) == SQLITE_ROW) {
      rows.emplace_back();
      for (int i = 0; i < sqlite3_column_count(statement); i++) {
        const unsigned char *value = sqlite3_column_text(statement, i);
        rows.back().push_back(value != nullptr ? reinterpret_cast<const char *>(value) : "NULL");
      }
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    EXPECT_FALSE(rows.empty()) << text;
    return rows;
  }
};

std::string Shown(const int64_t *value) {
  return value != nullptr ? std::to_string(*value) : "NULL";
}

// Decimals have digits that SQL's double has not.
double AsDouble(const rel_group *group, rel_decimal_term term) {
  double value = 0;
  EXPECT_TRUE(rel_group_decimal_as_double(group, term, &value));
  return value;
}

TEST_F(LibraryAndSql, StarsOfEachBookTheBestFirst) {
  library_v1_review_query *query = library_v1_review_query_new(client_);
  library_v1_review_query_where_id_le(query, 3000);
  library_v1_review_aggregate *reviews = library_v1_review_query_aggregate(query);
  rel_int64_term book = library_v1_review_aggregate_group_by_book_id(reviews);
  rel_count_term count = library_v1_review_aggregate_count(reviews);
  rel_count_term different = library_v1_review_aggregate_distinct_stars(reviews);
  rel_int64_term sum = library_v1_review_aggregate_sum_stars(reviews);
  rel_decimal_term mean = library_v1_review_aggregate_avg_stars(reviews);
  rel_text_term last = library_v1_review_aggregate_max_comment(reviews);
  rel_having_count(count, REL_SDK_GE, 2);
  library_v1_review_aggregate_any_of(reviews);
  rel_having_int64(sum, REL_SDK_GT, 8);
  rel_having_text(last, REL_SDK_PREFIX, "Comment 2");
  library_v1_review_aggregate_end(reviews);
  rel_aggregate_order_by(sum.term, true);
  rel_group_list groups;
  ASSERT_EQ(library_v1_review_aggregate_all(reviews, &groups, &error_), REL_OK) << error_.message;
  Rows expected = Sql(
      "SELECT book_id, count(*), count(DISTINCT stars), sum(stars), max(comment), avg(stars) FROM reviews "
      "WHERE id <= 3000 GROUP BY book_id HAVING count(*) >= 2 AND (sum(stars) > 8 OR max(comment) LIKE "
      "'Comment 2%') ORDER BY sum(stars) DESC, book_id");
  Rows got;
  for (size_t i = 0; i < groups.count; i++) {
    const rel_group *group = &groups.items[i];
    got.push_back({Shown(rel_group_int64(group, book)), std::to_string(rel_group_count(group, count)),
                   std::to_string(rel_group_count(group, different)), Shown(rel_group_int64(group, sum)),
                   rel_group_text(group, last), expected[i][5]});
    EXPECT_NEAR(AsDouble(group, mean), std::stod(expected[i][5]), 1e-9);
  }
  EXPECT_EQ(got, expected);
  rel_group_list_free(&groups);
  library_v1_review_query_free(query);
}

TEST_F(LibraryAndSql, GroupsLeadAlongRelations) {
  library_v1_review_query *query = library_v1_review_query_new(client_);
  library_v1_review_aggregate *reviews = library_v1_review_query_aggregate(query);
  library_v1_book_aggregate *book = library_v1_review_aggregate_along_book(reviews);
  library_v1_author_aggregate *author = library_v1_book_aggregate_along_author(book);
  rel_text_term name = library_v1_author_aggregate_group_by_name(author);
  rel_count_term books = library_v1_book_aggregate_distinct_id(book);
  rel_int64_term sum = library_v1_review_aggregate_sum_stars(reviews);
  rel_having_count(books, REL_SDK_GE, 2);
  rel_aggregate_order_by(name.term, true);
  library_v1_author_aggregate_limit(author, 5); // of the whole
  rel_group_list groups;
  ASSERT_EQ(library_v1_book_aggregate_all(book, &groups, &error_), REL_OK) << error_.message;
  Rows got;
  for (size_t i = 0; i < groups.count; i++)
    got.push_back({rel_group_text(&groups.items[i], name),
                   std::to_string(rel_group_count(&groups.items[i], books)),
                   Shown(rel_group_int64(&groups.items[i], sum))});
  EXPECT_EQ(
      got,
      Sql("SELECT a.name, count(DISTINCT b.id), sum(r.stars) FROM reviews r JOIN books b ON b.id = r.book_id "
          "JOIN authors a ON a.id = b.author_id GROUP BY a.name HAVING count(DISTINCT b.id) >= 2 "
          "ORDER BY a.name DESC LIMIT 5"));
  rel_group_list_free(&groups);
  library_v1_review_query_free(query);
}

TEST_F(LibraryAndSql, PagesOfGroupsAreTheWhole) {
  library_v1_book_query *query = library_v1_book_query_new(client_);
  library_v1_book_aggregate *books = library_v1_book_query_aggregate(query);
  rel_int64_term author = library_v1_book_aggregate_group_by_author_id(books);
  rel_count_term count = library_v1_book_aggregate_count(books);
  rel_aggregate_order_by(count.term, true);
  rel_aggregate_order_by_nulls_first(author.term, false);
  library_v1_book_aggregate_limit(books, 30);
  Rows got;
  std::string token;
  do {
    rel_group_list groups;
    library_v1_book_aggregate_page(books, token.c_str());
    ASSERT_EQ(library_v1_book_aggregate_all(books, &groups, &error_), REL_OK) << error_.message;
    for (size_t i = 0; i < groups.count; i++)
      got.push_back({Shown(rel_group_int64(&groups.items[i], author)),
                     std::to_string(rel_group_count(&groups.items[i], count))});
    rel_group_list_free(&groups);
    const char *next = library_v1_book_aggregate_next_page(books);
    token = next != nullptr ? next : "";
  } while (!token.empty());
  EXPECT_EQ(got, Sql("SELECT author_id, count(*) FROM books GROUP BY author_id "
                     "ORDER BY count(*) DESC, author_id NULLS FIRST"));
  library_v1_book_query_free(query);
}

TEST_F(LibraryAndSql, OfAnOwnerAndOfNobody) {
  Library__V1__Author author = LIBRARY__V1__AUTHOR__INIT;
  for (int64_t id : {1, 777}) {
    author.id = id;
    library_v1_book_query *query = library_v1_author_books_query(client_, &author);
    library_v1_book_aggregate *books = library_v1_book_query_aggregate(query);
    rel_count_term count = library_v1_book_aggregate_count(books);
    rel_timestamp_term first = library_v1_book_aggregate_min_published_at(books);
    rel_group_list groups;
    ASSERT_EQ(library_v1_book_aggregate_all(books, &groups, &error_), REL_OK) << error_.message;
    ASSERT_EQ(groups.count, 1u);
    const Google__Protobuf__Timestamp *time = rel_group_timestamp(&groups.items[0], first);
    EXPECT_EQ(rel_group_count(&groups.items[0], count), id == 1 ? 3u : 0u);
    EXPECT_EQ(time != nullptr ? time->seconds : 0, id == 1 ? -36806400 : 0); // 1968-11-01
    rel_group_list_free(&groups);
    library_v1_book_query_free(query);
  }
}

TEST_F(LibraryAndSql, DistinctValuesAreGroupsWithoutTerms) {
  library_v1_review_query *query = library_v1_review_query_new(client_);
  library_v1_review_aggregate *reviews = library_v1_review_query_aggregate(query);
  rel_int64_term stars = library_v1_review_aggregate_group_by_stars(reviews);
  rel_group_list groups;
  ASSERT_EQ(library_v1_review_aggregate_all(reviews, &groups, &error_), REL_OK) << error_.message;
  ASSERT_EQ(groups.count, 5u);
  for (size_t i = 0; i < 5; i++)
    EXPECT_EQ(*rel_group_int64(&groups.items[i], stars), static_cast<int64_t>(i) + 1);
  rel_group_list_free(&groups);
  library_v1_review_query_free(query);
}

TEST_F(LibraryAndSql, WhatTheServerRefusesIsSaid) {
  library_v1_review_query *query = library_v1_review_query_new(client_);
  library_v1_review_aggregate *nothing = library_v1_review_query_aggregate(query);
  rel_group_list groups;
  EXPECT_EQ(library_v1_review_aggregate_all(nothing, &groups, &error_), REL_INVALID);
  EXPECT_NE(strstr(error_.message, "nothing is asked for"), nullptr) << error_.message;
  library_v1_review_aggregate *reviews = library_v1_review_query_aggregate(query);
  library_v1_review_aggregate_count(reviews);
  library_v1_review_aggregate_having(reviews, "pages > 3");
  EXPECT_EQ(library_v1_review_aggregate_all(reviews, &groups, &error_), REL_INVALID);
  EXPECT_NE(strstr(error_.message, "pages"), nullptr) << error_.message;
  library_v1_review_query_free(query);
}

TEST_F(LibraryAndSql, BudgetsAreOfGroupsToo) {
  library_v1_review_query *query = library_v1_review_query_new(client_);
  library_v1_review_aggregate *reviews = library_v1_review_query_aggregate(query);
  library_v1_review_aggregate_group_by_book_id(reviews);
  rel_explanation *explanation;
  ASSERT_EQ(library_v1_review_aggregate_explain(reviews, &explanation, &error_), REL_OK) << error_.message;
  EXPECT_EQ(explanation->counted_statements, 1u);
  relations__v1__explain_response__free_unpacked(explanation, nullptr);
  ASSERT_EQ(library_v1_review_query_explain_count(query, &explanation, &error_), REL_OK) << error_.message;
  EXPECT_EQ(explanation->counted_statements, 1u);
  relations__v1__explain_response__free_unpacked(explanation, nullptr);
  rel_budget budget = {};
  budget.max_records = 100;
  library_v1_review_query_budget(query, budget);
  rel_group_list groups;
  EXPECT_EQ(library_v1_review_aggregate_all(reviews, &groups, &error_), REL_LIMIT);
  library_v1_review_aggregate_limit(reviews, 100);
  ASSERT_EQ(library_v1_review_aggregate_all(reviews, &groups, &error_), REL_OK) << error_.message;
  EXPECT_EQ(groups.count, 100u);
  rel_group_list_free(&groups);
  library_v1_review_query_free(query);
}

Strings Titles(library_v1_book_query *query) {
  library_v1_book_list books;
  rel_error error;
  Strings titles;
  rel_code code = library_v1_book_query_all(query, &books, &error);
  EXPECT_EQ(code, REL_OK) << error.message;
  for (size_t i = 0; code == REL_OK && i < books.count; i++)
    titles.push_back(books.records[i]->title);
  if (code == REL_OK) library_v1_book_list_free(&books);
  library_v1_book_query_free(query);
  return titles;
}

Strings First(const Rows &rows) {
  Strings first;
  for (const Strings &row : rows)
    first.push_back(row[0]);
  return first;
}

TEST_F(LibraryAndSql, OrdersByARelatedRecord) {
  library_v1_book_query *query = library_v1_book_query_new(client_);
  library_v1_author_query *author = library_v1_book_query_order_by_author(query);
  library_v1_author_query_order_by_birth_year_nulls_first(author, true);
  library_v1_author_query_order_by_books_count(author, false);
  library_v1_author_query_end(author);
  library_v1_book_query_order_by_title(query, false);
  EXPECT_EQ(Titles(query),
            First(Sql("SELECT b.Title FROM books b LEFT JOIN authors a ON a.id = b.author_id ORDER BY "
                      "a.birth_year DESC NULLS FIRST, CASE WHEN a.id IS NOT NULL THEN "
                      "(SELECT count(*) FROM books WHERE author_id = a.id) END NULLS LAST, b.Title, b.id")));
}

TEST_F(LibraryAndSql, OnlySomeFields) {
  library_v1_book_query *query = library_v1_book_query_new(client_);
  library_v1_book_query_limit(library_v1_book_query_only_title(query), 7);
  library_v1_book_list books;
  ASSERT_EQ(library_v1_book_query_all(query, &books, &error_), REL_OK) << error_.message;
  ASSERT_EQ(books.count, 7u);
  EXPECT_STREQ(books.records[3]->title, "Solaris");
  EXPECT_EQ(books.records[3]->id, 4);
  EXPECT_EQ(books.records[3]->published_at, nullptr);
  // A record leads on to others all the same.
  library_v1_author_result author;
  ASSERT_EQ(library_v1_book_author(client_, books.records[3], &author, &error_), REL_OK) << error_.message;
  ASSERT_EQ(author.state, REL_STATE_LOADED);
  EXPECT_STREQ(author.record->name, "Stanisław Lem");
  library_v1_author_result_free(&author);
  library_v1_book_list_free(&books);
  library_v1_book_query_free(query);
}

TEST_F(LibraryAndSql, FieldsAreOfQueriesThatAreAskedByThemselves) {
  library_v1_author_query *tree = library_v1_author_query_new(client_);
  library_v1_author_query_only_name(tree);
  library_v1_author_result author;
  EXPECT_EQ(library_v1_author_get_with(tree, 1, &author, &error_), REL_INVALID);
  library_v1_author_query_free(tree);
}

} // namespace
