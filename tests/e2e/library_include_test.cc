// Records that come with others, in the example's generated C, against relationsd over its database.
#include "tests/e2e/library_server.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

std::vector<std::string> Titles(const Library__V1__Author *author) {
  std::vector<std::string> titles;
  for (size_t i = 0; i < author->n_books; i++)
    titles.push_back(author->books[i]->title);
  return titles;
}

TEST_F(Library, AuthorsWithTheirBooksAndTheirReviews) {
  library_v1_author_query *tree = library_v1_author_query_new(client_);
  library_v1_book_query *books = library_v1_author_query_include_books(tree);
  library_v1_review_query *reviews = library_v1_book_query_include_reviews(books);
  library_v1_review_query_limit(library_v1_review_query_order_by_stars(reviews, true), 2);
  const int64_t ids[] = {1, 2, 99999, 1};
  library_v1_author_results authors;
  ASSERT_EQ(library_v1_author_get_many_with(tree, ids, 4, &authors, &error_), REL_OK) << error_.message;
  EXPECT_EQ(
      Titles(authors.items[0].record),
      (std::vector<std::string>{"The Dispossessed", "The Left Hand of Darkness", "A Wizard of Earthsea"}));
  EXPECT_EQ(Titles(authors.items[1].record), (std::vector<std::string>{"The Cyberiad", "Solaris"}));
  EXPECT_EQ(authors.items[2].state, REL_STATE_EMPTY);
  for (size_t i = 0; i < 3; i++) {
    const Library__V1__Book *book = authors.items[3].record->books[i];
    ASSERT_EQ(book->n_reviews, 2u);
    EXPECT_GE(book->reviews[0]->stars, book->reviews[1]->stars);
    const Relations__V1__RelationInfo *info = library_v1_book_reviews_info(book);
    ASSERT_NE(info, nullptr);
    EXPECT_STREQ(info->relation, "reviews");
    EXPECT_STRNE(info->next_page_token, "") << "there are ten";
    EXPECT_EQ(library_v1_book_author_info(book), nullptr) << "nobody asked for it";
  }
  library_v1_author_results_free(&authors);
  library_v1_author_query_free(tree);
}

TEST_F(Library, FiltersMethodsAndCountsOfWhatIsIncluded) {
  library_v1_author_query *query = library_v1_author_query_new(client_);
  library_v1_author_query_where_id_le(query, 2);
  library_v1_book_query *books = library_v1_author_query_include_books(query);
  library_v1_book_query_published_after(library_v1_book_query_where_title_prefix(books, "The "),
                                        "1968-12-31");
  library_v1_review_query_count_only(library_v1_book_query_include_reviews(books));
  library_v1_author_list authors;
  ASSERT_EQ(library_v1_author_query_all(query, &authors, &error_), REL_OK) << error_.message;
  ASSERT_EQ(authors.count, 2u);
  EXPECT_EQ(Titles(authors.records[0]),
            (std::vector<std::string>{"The Dispossessed", "The Left Hand of Darkness"}));
  EXPECT_EQ(Titles(authors.records[1]), std::vector<std::string>{}) << "the roots stay";
  const Library__V1__Book *book = authors.records[0]->books[0];
  EXPECT_EQ(book->n_reviews, 0u);
  EXPECT_EQ(library_v1_book_reviews_info(book)->count, 10);
  const Library__V1__Book unknown = LIBRARY__V1__BOOK__INIT;
  EXPECT_EQ(library_v1_book_reviews_info(&unknown), nullptr) << "it came without a LoadInfo";
  library_v1_author_list_free(&authors);
  library_v1_author_query_free(query);
}

// Page by page, until there is no more: all of them, in their order.
TEST_F(Library, WhatIsBehindTheLimitIsTheRest) {
  library_v1_book_query *tree = library_v1_book_query_new(client_);
  library_v1_review_query *reviews = library_v1_book_query_include_reviews(tree);
  library_v1_review_query_where_stars_ge(reviews, 2);
  library_v1_review_query_limit(library_v1_review_query_order_by_comment(reviews, true), 4);
  library_v1_book_result book;
  ASSERT_EQ(library_v1_book_get_with(tree, 3, &book, &error_), REL_OK) << error_.message;
  std::vector<int64_t> ids, expected;
  for (size_t i = 0; i < book.record->n_reviews; i++)
    ids.push_back(book.record->reviews[i]->id);
  ASSERT_EQ(ids.size(), 4u);
  library_v1_review_query *rest = library_v1_book_reviews_rest(client_, reviews, book.record);
  ASSERT_NE(rest, nullptr);
  const char *next;
  do {
    library_v1_review_list page;
    ASSERT_EQ(library_v1_review_query_all(rest, &page, &error_), REL_OK) << error_.message;
    for (size_t i = 0; i < page.count; i++)
      ids.push_back(page.records[i]->id);
    library_v1_review_list_free(&page);
    next = library_v1_review_query_next_page(rest);
    library_v1_review_query_page(rest, next);
  } while (next != nullptr);
  library_v1_review_query_free(rest);

  library_v1_review_query *whole = library_v1_book_reviews_query(client_, book.record);
  library_v1_review_query_where_stars_ge(whole, 2);
  library_v1_review_query_order_by_comment(whole, true);
  library_v1_review_list all;
  ASSERT_EQ(library_v1_review_query_all(whole, &all, &error_), REL_OK) << error_.message;
  for (size_t i = 0; i < all.count; i++)
    expected.push_back(all.records[i]->id);
  EXPECT_GT(expected.size(), 4u);
  EXPECT_EQ(ids, expected);
  library_v1_review_list_free(&all);
  library_v1_review_query_free(whole);
  // Everything is there: nothing is behind it.
  library_v1_review_query_limit(reviews, 100);
  library_v1_book_result_free(&book);
  ASSERT_EQ(library_v1_book_get_with(tree, 3, &book, &error_), REL_OK) << error_.message;
  EXPECT_EQ(library_v1_book_reviews_rest(client_, reviews, book.record), nullptr);
  library_v1_book_result_free(&book);
  library_v1_book_query_free(tree);
}

TEST_F(Library, PagesWithinATree) {
  library_v1_author_query *tree = library_v1_author_query_new(client_);
  library_v1_book_query *books = library_v1_book_query_limit(library_v1_author_query_include_books(tree), 1);
  library_v1_author_result author;
  std::vector<std::string> titles;
  for (bool more = true; more;) {
    ASSERT_EQ(library_v1_author_get_with(tree, 1, &author, &error_), REL_OK) << error_.message;
    for (const std::string &title : Titles(author.record))
      titles.push_back(title);
    const char *next = library_v1_author_books_info(author.record)->next_page_token;
    more = next[0] != '\0';
    library_v1_book_query_page(library_v1_book_query_page(books, nullptr), next);
    library_v1_author_result_free(&author);
  }
  EXPECT_EQ(titles, (std::vector<std::string>{"The Dispossessed", "The Left Hand of Darkness",
                                              "A Wizard of Earthsea"}));
  library_v1_book_query_page(books, "no token");
  EXPECT_EQ(library_v1_author_get_with(tree, 1, &author, &error_), REL_INVALID);
  EXPECT_STREQ(error_.field, "includes[0].page_tokens[0]");
  library_v1_author_query_free(tree);
}

TEST_F(Library, OnlySomeFieldsOfWhatIsIncluded) {
  library_v1_author_query *tree = library_v1_author_query_new(client_);
  library_v1_book_query *books = library_v1_author_query_include_books(tree);
  library_v1_book_query_limit(library_v1_book_query_only_title(books), 2);
  library_v1_author_result author;
  ASSERT_EQ(library_v1_author_get_with(tree, 1, &author, &error_), REL_OK) << error_.message;
  EXPECT_EQ(Titles(author.record),
            (std::vector<std::string>{"The Dispossessed", "The Left Hand of Darkness"}));
  EXPECT_EQ(author.record->books[0]->published_at, nullptr);
  EXPECT_EQ(author.record->books[0]->id, 3);
  // It leads on to others, and the rest is as the first were.
  library_v1_author_result again;
  ASSERT_EQ(library_v1_book_author(client_, author.record->books[0], &again, &error_), REL_OK)
      << error_.message;
  EXPECT_EQ(again.state, REL_STATE_LOADED);
  library_v1_author_result_free(&again);
  library_v1_book_query *rest = library_v1_author_books_rest(client_, books, author.record);
  ASSERT_NE(rest, nullptr);
  library_v1_book_list list;
  ASSERT_EQ(library_v1_book_query_all(rest, &list, &error_), REL_OK) << error_.message;
  ASSERT_EQ(list.count, 1u);
  EXPECT_STREQ(list.records[0]->title, "A Wizard of Earthsea");
  EXPECT_EQ(list.records[0]->published_at, nullptr);
  library_v1_book_list_free(&list);
  library_v1_book_query_free(rest);
  library_v1_author_result_free(&author);
  library_v1_author_query_free(tree);
}

TEST_F(Library, BudgetsAndWhatIsTaken) {
  library_v1_author_query *tree = library_v1_author_query_new(client_);
  library_v1_book_query_include_reviews(library_v1_author_query_include_books(tree));
  const int64_t ids[] = {1, 2};
  rel_explanation *explanation;
  ASSERT_EQ(library_v1_author_get_explain(tree, ids, 2, &explanation, &error_), REL_OK) << error_.message;
  EXPECT_EQ(explanation->n_steps, 3u);
  EXPECT_EQ(explanation->counted_statements, 3u);
  relations__v1__explain_response__free_unpacked(explanation, nullptr);
  rel_budget budget = {};
  budget.max_statements = 2;
  library_v1_author_query_budget(tree, budget);
  library_v1_author_results authors;
  EXPECT_EQ(library_v1_author_get_many_with(tree, ids, 2, &authors, &error_), REL_LIMIT);
  EXPECT_NE(strstr(error_.message, "books.reviews"), nullptr) << error_.message;
  library_v1_author_list list;
  EXPECT_EQ(library_v1_author_query_all(tree, &list, &error_), REL_LIMIT);
  budget.max_statements = 3;
  library_v1_author_query_budget(tree, budget);
  ASSERT_EQ(library_v1_author_get_many_with(tree, ids, 2, &authors, &error_), REL_OK) << error_.message;
  Library__V1__Author *owners[] = {authors.items[0].record, authors.items[1].record};
  library_v1_book_query *books = library_v1_book_query_new(client_);
  ASSERT_EQ(library_v1_author_books_explain(books, owners, 2, &explanation, &error_), REL_OK)
      << error_.message;
  ASSERT_EQ(explanation->n_steps, 1u);
  EXPECT_EQ(explanation->steps[0]->keys, 2u);
  EXPECT_EQ(explanation->steps[0]->cached, 2u);
  EXPECT_EQ(explanation->statements, 0u);
  relations__v1__explain_response__free_unpacked(explanation, nullptr);
  library_v1_book_query_limit(books, 10);
  ASSERT_EQ(library_v1_book_query_explain(books, &explanation, &error_), REL_OK) << error_.message;
  EXPECT_EQ(explanation->statements, 1u);
  relations__v1__explain_response__free_unpacked(explanation, nullptr);
  library_v1_book_query_free(books);
  library_v1_author_results_free(&authors);
  library_v1_author_query_free(tree);
}

TEST_F(Library, OfARelationOfOneAndOfMany) {
  library_v1_book_query *tree = library_v1_book_query_new(client_);
  library_v1_book_query_include_author(tree);
  Library__V1__Author one = LIBRARY__V1__AUTHOR__INIT, two = LIBRARY__V1__AUTHOR__INIT;
  one.id = 1, two.id = 2;
  library_v1_book_list books;
  ASSERT_EQ(library_v1_author_books_with(tree, &one, &books, &error_), REL_OK) << error_.message;
  ASSERT_EQ(books.count, 3u);
  EXPECT_STREQ(books.records[2]->author->name, "Ursula K. Le Guin");
  library_v1_book_list_free(&books);
  Library__V1__Author *both[] = {&two, &one};
  library_v1_book_lists lists;
  ASSERT_EQ(library_v1_author_books_many_with(tree, both, 2, &lists, &error_), REL_OK) << error_.message;
  EXPECT_STREQ(lists.items[0].records[0]->author->name, "Stanisław Lem");
  library_v1_book_lists_free(&lists);
  library_v1_book_query_free(tree);
}

// One record with more in it than a message of a stream holds: it comes in pieces.
TEST_F(Library, ARecordLargerThanAMessage) {
  const int times = 7; // 3 to the 8th books, with ten reviews each
  library_v1_author_query *query = library_v1_author_query_new(client_);
  library_v1_author_query_where_id_eq(query, 1);
  library_v1_book_query *books = library_v1_author_query_include_books(query);
  for (int depth = 0; depth < times; depth++) // books of the author of the books …
    books = library_v1_author_query_include_books(library_v1_book_query_include_author(books));
  library_v1_book_query_include_reviews(books);
  library_v1_author_list authors;
  ASSERT_EQ(library_v1_author_query_all(query, &authors, &error_), REL_OK) << error_.message;
  const Library__V1__Book *deep = authors.records[0]->books[2];
  for (int depth = 0; depth < times; depth++) {
    ASSERT_EQ(deep->author->n_books, 3u) << depth;
    deep = deep->author->books[2];
  }
  EXPECT_EQ(deep->n_reviews, 10u);
  library_v1_author_list_free(&authors);
  library_v1_author_query_free(query);
}

TEST_F(Library, WhatTheServerRefuses) {
  library_v1_author_query *query = library_v1_author_query_new(client_);
  library_v1_book_query_filter(library_v1_author_query_include_books(query), "pages > 3");
  library_v1_author_result author;
  EXPECT_EQ(library_v1_author_get_with(query, 1, &author, &error_), REL_INVALID);
  EXPECT_NE(std::string(error_.field).find("includes[0]"), std::string::npos) << error_.field;
  library_v1_author_query_free(query);
}

} // namespace
