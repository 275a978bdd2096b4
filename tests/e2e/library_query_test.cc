// The typed queries of the example against relationsd over its database.
#include "library.relations.h"
#include "tests/e2e/relationsd.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace {

class Library : public ::testing::Test {
protected:
  void SetUp() override {
    // Its journal lies beside the database, so that must be where files can be made.
    std::string database = std::string(getenv("TEST_TMPDIR")) + "/library.db";
    std::ofstream(database, std::ios::binary)
        << std::ifstream("examples/library/library.db", std::ios::binary).rdbuf();
    server_.Start("examples/library/library.binpb", database);
    std::string target = server_.target();
    rel_client_options options = {};
    options.target = target.c_str();
    ASSERT_EQ(rel_client_connect(&options, &client_, nullptr), REL_OK);
  }
  void TearDown() override {
    rel_client_free(client_);
    EXPECT_EQ(server_.Stop(), 0);
  }
  Relationsd server_;
  rel_client *client_ = nullptr;
  rel_error error_ = {};
};

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
