// The typed queries of the example against relationsd over its database.
#include "tests/e2e/library_server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

bool Append(void *context, const Library__V1__Book *book) {
  static_cast<std::vector<std::string> *>(context)->push_back(book->title);
  return true;
}

bool Ten(void *context, const Library__V1__Review *) {
  return ++*static_cast<int *>(context) < 10;
}

TEST_F(Library, AnAuthorsBooks) {
  Library__V1__Author author = LIBRARY__V1__AUTHOR__INIT;
  author.id = 1;
  Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
  time.seconds = -31536000; // 1969
  library_v1_book_query *query = library_v1_author_books_query(client_, &author);
  library_v1_book_query_where_published_at_ge(query, &time);
  std::vector<std::string> titles;
  ASSERT_EQ(library_v1_book_query_each(query, Append, &titles, &error_), REL_OK) << error_.message;
  EXPECT_EQ(titles, (std::vector<std::string>{"The Dispossessed", "The Left Hand of Darkness"}));
  titles.clear();
  library_v1_book_query_where_title_prefix(query, "The L");
  ASSERT_EQ(library_v1_book_query_each(query, Append, &titles, &error_), REL_OK) << error_.message;
  EXPECT_EQ(titles, (std::vector<std::string>{"The Left Hand of Darkness"}));
  library_v1_book_query_free(query);
}

TEST_F(Library, AuthorsByMethodAndField) {
  library_v1_author_query *query = library_v1_author_query_new(client_);
  library_v1_author_query_born_after(query, 1921);
  library_v1_author_query_order_by_name(library_v1_author_query_where_id_le(query, 3), false);
  library_v1_author_list authors;
  ASSERT_EQ(library_v1_author_query_all(query, &authors, &error_), REL_OK) << error_.message;
  ASSERT_EQ(authors.count, 2u);
  EXPECT_STREQ(authors.records[0]->name, "Octavia E. Butler");
  EXPECT_STREQ(authors.records[1]->name, "Ursula K. Le Guin");
  library_v1_author_list_free(&authors);
  library_v1_author_query_free(query);
}

std::vector<std::string> Names(library_v1_author_query *query) {
  library_v1_author_list authors;
  rel_error error;
  std::vector<std::string> names;
  rel_code code = library_v1_author_query_all(query, &authors, &error);
  EXPECT_EQ(code, REL_OK) << error.message;
  for (size_t i = 0; code == REL_OK && i < authors.count; i++)
    names.push_back(authors.records[i]->name);
  if (code == REL_OK) library_v1_author_list_free(&authors);
  library_v1_author_query_free(query);
  return names;
}

using Strings = std::vector<std::string>;

TEST_F(Library, AuthorsOfAList) {
  const int64_t ids[] = {3, 1, 3};
  const char *const names[] = {"Octavia E. Butler", "Nobody"};
  EXPECT_EQ(Names(library_v1_author_query_where_id_in(library_v1_author_query_new(client_), ids, 3)).size(),
            2u);
  EXPECT_EQ(Names(library_v1_author_query_where_id_in(library_v1_author_query_new(client_), ids, 0)),
            Strings{});
  EXPECT_EQ(Names(library_v1_author_query_where_name_in(library_v1_author_query_new(client_), names, 2)),
            Strings{"Octavia E. Butler"});
}

// "Not" of a list holds for NULL; none of a list does not, also when the list is empty.
TEST_F(Library, WhatIsNoneOfAListHasAValue) {
  auto query = [&] { return library_v1_author_query_new(client_); };
  auto text = [&](const char *filter) { return Names(library_v1_author_query_filter(query(), filter)); };
  const int32_t years[] = {1947, 1900};
  const char *const names[] = {"octavia e. BUTLER"};
  Strings known = text("birth_year : *"), butler = Strings{"Octavia E. Butler"};
  EXPECT_LT(known.size(), text("").size());
  EXPECT_EQ(Names(library_v1_author_query_where_birth_year_not_in(query(), years, 0)), known);
  EXPECT_EQ(Names(library_v1_author_query_where_birth_year_not_in(query(), years, 2)),
            text("birth_year != 1947 AND birth_year != 1900"));
  EXPECT_EQ(Names(library_v1_author_query_where_name_in_folded(query(), names, 1)), butler);
  Strings others = text("name != \"Octavia E. Butler\"");
  EXPECT_FALSE(others.empty());
  EXPECT_EQ(Names(library_v1_author_query_where_name_not_in_folded(query(), names, 1)), others);
  EXPECT_EQ(Names(library_v1_author_query_where_name_ne_folded(query(), names[0])), others);
}

TEST_F(Library, PartsOfTextsInAnyCase) {
  auto query = [&] { return library_v1_author_query_new(client_); };
  EXPECT_EQ(Names(library_v1_author_query_where_name_suffix(query(), "Butler")),
            Strings{"Octavia E. Butler"});
  EXPECT_EQ(Names(library_v1_author_query_where_name_suffix(query(), "BUTLER")), Strings{});
  EXPECT_EQ(Names(library_v1_author_query_where_name_suffix_folded(query(), "BUTLER")),
            Strings{"Octavia E. Butler"});
  EXPECT_EQ(Names(library_v1_author_query_where_name_prefix_folded(query(), "OCT")),
            Strings{"Octavia E. Butler"});
  EXPECT_EQ(Names(library_v1_author_query_where_name_contains_folded(query(), "A E.")),
            Strings{"Octavia E. Butler"});
  EXPECT_EQ(Names(library_v1_author_query_where_name_eq_folded(query(), "octavia e. BUTLER")),
            Strings{"Octavia E. Butler"});
}

// The same by text is what the groups must mean.
TEST_F(Library, GroupsMeanWhatTheFilterLanguageMeans) {
  library_v1_author_query *query = library_v1_author_query_new(client_);
  library_v1_author_query_any_of(query);
  library_v1_author_query_where_name_prefix(query, "U");
  library_v1_author_query_all_of(query);
  library_v1_author_query_where_birth_year_gt(query, 1900);
  library_v1_author_query_where_id_ge(query, 3);
  library_v1_author_query_end(library_v1_author_query_end(query));
  library_v1_author_query_none_of(query);
  library_v1_author_query_where_id_eq(query, 4);
  library_v1_author_query_where_birth_year_is_null(query);
  library_v1_author_query_end(query);
  library_v1_author_query *text = library_v1_author_query_new(client_);
  library_v1_author_query_filter(text, "(prefix(name, \"U\") OR (birth_year > 1900 AND id >= 3)) AND "
                                       "NOT (id = 4 OR is_null(birth_year))");
  Strings expected = Names(text);
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(Names(query), expected);
}

TEST_F(Library, ConditionsOnRelationsMeanWhatTheFilterLanguageMeans) {
  auto text = [this](const char *filter) {
    return Names(library_v1_author_query_filter(library_v1_author_query_new(client_), filter));
  };
  library_v1_author_query *query = library_v1_author_query_new(client_);
  library_v1_book_query *books = library_v1_author_query_where_books_some(query);
  library_v1_book_query_where_title_prefix(books, "Book 1");
  library_v1_review_query *reviews = library_v1_book_query_where_reviews_count(books, REL_SDK_GE, 2);
  library_v1_review_query_where_stars_ge(reviews, 4);
  library_v1_review_query_end(reviews);
  library_v1_book_query_end(books);
  library_v1_author_query_where_birth_year_gt(query, 1920);
  Strings expected = text(
      "some(books, prefix(title, \"Book 1\") AND count(reviews, stars >= 4) >= 2) AND birth_year > 1920");
  ASSERT_FALSE(expected.empty());
  ASSERT_LT(expected.size(), 203u);
  EXPECT_EQ(Names(query), expected);

  query = library_v1_author_query_new(client_);
  books = library_v1_author_query_where_books_every(query);
  library_v1_book_query_where_published_at_is_not_null(books);
  library_v1_book_query_end(books);
  library_v1_book_query_end(library_v1_author_query_where_books_every(query)); // of nothing: it holds
  EXPECT_EQ(Names(query), text("every(books, NOT is_null(published_at))"));

  query = library_v1_author_query_new(client_);
  library_v1_book_query_end(library_v1_author_query_where_books_none(query));
  EXPECT_EQ(Names(query), text("none(books)"));
}

TEST_F(Library, OrdersByHowManyRecordsARelationHas) {
  library_v1_author_query *query = library_v1_author_query_new(client_);
  library_v1_author_query_order_by_books_count(query, true);
  library_v1_author_query_limit(query, 20);
  Strings most = Names(query);
  ASSERT_EQ(most.size(), 20u);
  uint64_t fewest = UINT64_MAX;
  for (const std::string &name : most) {
    library_v1_book_query *books = library_v1_book_query_new(client_);
    library_v1_author_query *author = library_v1_book_query_where_author_some(books);
    library_v1_author_query_where_name_eq(author, name.c_str());
    library_v1_author_query_end(author);
    uint64_t count;
    ASSERT_EQ(library_v1_book_query_count(books, &count, &error_), REL_OK) << error_.message;
    EXPECT_LE(count, fewest);
    fewest = count;
    library_v1_book_query_free(books);
  }
}

TEST_F(Library, PagesLeadBackwardsAsWell) {
  library_v1_book_query *query = library_v1_book_query_new(client_);
  library_v1_book_query_order_by_title(library_v1_book_query_limit(query, 700), false);
  library_v1_book_query_from_end(query, true);
  std::vector<int64_t> ids, whole;
  library_v1_book_list page;
  for (std::string token; token != "none";) {
    library_v1_book_query_page(query, token.c_str());
    ASSERT_EQ(library_v1_book_query_all(query, &page, &error_), REL_OK) << error_.message;
    EXPECT_EQ(library_v1_book_query_next_page(query) == nullptr, token.empty());
    for (size_t i = page.count; i > 0; i--)
      ids.push_back(page.records[i - 1]->id);
    library_v1_book_list_free(&page);
    const char *before = library_v1_book_query_previous_page(query);
    token = before != nullptr ? before : "none";
  }
  std::reverse(ids.begin(), ids.end());
  library_v1_book_query_from_end(library_v1_book_query_limit(query, 0), false);
  ASSERT_EQ(library_v1_book_query_all(library_v1_book_query_page(query, nullptr), &page, &error_), REL_OK)
      << error_.message;
  for (size_t i = 0; i < page.count; i++)
    whole.push_back(page.records[i]->id);
  library_v1_book_list_free(&page);
  EXPECT_EQ(ids, whole);
  library_v1_book_query_free(query);
}

TEST_F(Library, NullsStandWhereTheOrderSays) {
  Strings last =
      Names(library_v1_author_query_order_by_birth_year(library_v1_author_query_new(client_), false));
  Strings first = Names(
      library_v1_author_query_order_by_birth_year_nulls_first(library_v1_author_query_new(client_), false));
  library_v1_author_query *unknown = library_v1_author_query_new(client_);
  Strings nulls = Names(library_v1_author_query_where_birth_year_is_null(unknown));
  ASSERT_FALSE(nulls.empty());
  ASSERT_EQ(first.size(), last.size());
  std::rotate(last.begin(), last.end() - static_cast<std::ptrdiff_t>(nulls.size()), last.end());
  EXPECT_EQ(first, last);
}

// More than one message.
TEST_F(Library, StreamsAllReviewsOrAsManyAsAreWanted) {
  library_v1_review_query *query = library_v1_review_query_new(client_);
  library_v1_review_list reviews;
  ASSERT_EQ(library_v1_review_query_all(query, &reviews, &error_), REL_OK) << error_.message;
  ASSERT_EQ(reviews.count, 6000u);
  for (size_t i = 0; i < reviews.count; i++)
    ASSERT_EQ(reviews.records[i]->id, static_cast<int64_t>(i) + 1);
  library_v1_review_list_free(&reviews);
  uint64_t count;
  ASSERT_EQ(library_v1_review_query_count(query, &count, &error_), REL_OK) << error_.message;
  EXPECT_EQ(count, 6000u);
  int seen = 0;
  ASSERT_EQ(library_v1_review_query_each(query, Ten, &seen, &error_), REL_OK) << error_.message;
  EXPECT_EQ(seen, 10);
  library_v1_review_query_free(query);
}

} // namespace
