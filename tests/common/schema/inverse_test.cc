// Inverses: found, mirrored, unambiguous. Several relations to one target, self-relations.
#include "tests/common/schema/compiled.h"

using namespace relations_test;

namespace {

// Author and Book with the given options of Author.books, Author.other and Book.author.
std::string Pair(const std::string &books, const std::string &other, const std::string &author) {
  return "message Author { option (relations.v1.model) = {}; int64 id = 1; int64 code = 2;\n"
         "repeated Book books = 10 [(relations.v1.has_many) = {" +
         books +
         "}];\n"
         "repeated Book other = 11 [(relations.v1.has_many) = {" +
         other +
         "}]; }\n"
         "message Book { option (relations.v1.model) = {}; int64 id = 1; int64 author_id = 2; int64 "
         "editor_id = 3;\n"
         "Author author = 10 [(relations.v1.belongs_to) = {" +
         author +
         "}];\n"
         "Author editor = 11 [(relations.v1.belongs_to) = { foreign_key: \"editor_id\" }];\n"
         "Book sequel = 12 [(relations.v1.belongs_to) = { foreign_key: \"editor_id\" }]; }\n";
}

const std::string by_author = "foreign_key: \"author_id\"";

TEST(Inverse, OneSideMaySayIt) {
  Read read = ReadProto(Pair(by_author + " inverse_of: \"author\"", by_author, by_author));
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_EQ(read.Relation("t.v1.Author", "books")->inverse, read.Relation("t.v1.Book", "author"));
  EXPECT_EQ(read.Relation("t.v1.Book", "author")->inverse, nullptr) << "not declared";
}

TEST(Inverse, SeveralRelationsToOneTargetAreToldApartByName) {
  Read read = ReadProto(Pair(by_author + " inverse_of: \"author\"",
                             "foreign_key: \"editor_id\" inverse_of: \"editor\"",
                             by_author + " inverse_of: \"books\""));
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_EQ(read.Relation("t.v1.Author", "books")->inverse, read.Relation("t.v1.Book", "author"));
  EXPECT_EQ(read.Relation("t.v1.Author", "other")->inverse, read.Relation("t.v1.Book", "editor"));
  EXPECT_EQ(read.Relation("t.v1.Book", "author")->inverse, read.Relation("t.v1.Author", "books"));
}

TEST(Inverse, TwoThatNameOneAreAmbiguousUntilThatOneDecides) {
  std::string claims = by_author + " inverse_of: \"author\"";
  ExpectRefused(Pair(claims, claims, by_author),
                {"t.v1.Author.other: inverse_of: \"books\" names t.v1.Book.author "
                 "as its inverse too; write inverse_of there"});
  ExpectRefused(
      Pair(claims, claims, by_author + " inverse_of: \"books\""),
      {"t.v1.Author.other: inverse_of: the inverse of t.v1.Book.author is \"books\", not this one"});
}

TEST(Inverse, UnknownOnesAreNamedWithTheNearest) {
  ExpectRefused(
      Pair(by_author + " inverse_of: \"auhtor\"", by_author, by_author + " inverse_of: \"nothing\""),
      {"t.v1.Author.books: inverse_of: no relation \"auhtor\" in t.v1.Book; did you mean \"author\"?",
       "t.v1.Book.author: inverse_of: no relation \"nothing\" in t.v1.Author"});
}

TEST(Inverse, WrongTargetKindAndKeyAreAllSaidAtOnce) {
  ExpectRefused(
      Pair(by_author + " inverse_of: \"sequel\"", by_author + " inverse_of: \"editor\"", by_author) +
          "message X { option (relations.v1.model) = {}; int64 id = 1; int64 y_id = 2;"
          " Y y = 3 [(relations.v1.belongs_to) = { foreign_key: \"y_id\" inverse_of: \"x\" }]; }"
          "message Y { option (relations.v1.model) = {}; int64 id = 1; int64 x_id = 2;"
          " X x = 3 [(relations.v1.belongs_to) = { foreign_key: \"x_id\" }]; }",
      {"t.v1.Author.books: inverse_of: t.v1.Book.sequel points at t.v1.Book, not back at t.v1.Author",
       "t.v1.Author.other: inverse_of: t.v1.Book.editor has another key",
       "t.v1.X.y: inverse_of: t.v1.Y.x is belongs_to too; the inverse of belongs_to is has_one or has_many"});
}

TEST(Inverse, AnotherReferenceIsAnotherKey) {
  ExpectRefused(Pair(by_author + " references: \"code\" inverse_of: \"author\"", by_author, by_author),
                {"t.v1.Author.books: inverse_of: t.v1.Book.author has another key"});
}

TEST(Inverse, ASelfRelationIsTwoRelations) {
  Read read = ReadProto(
      R"(message Employee { option (relations.v1.model) = {}; int64 id = 1; optional int64 boss_id = 2;
    Employee boss = 3 [(relations.v1.belongs_to) = { foreign_key: "boss_id" inverse_of: "reports" }];
    repeated Employee reports = 4 [(relations.v1.has_many) = { foreign_key: "boss_id" inverse_of: "boss" }]; })");
  ASSERT_EQ(read.code, REL_OK) << read.All();
  const rel_relation *boss = read.Relation("t.v1.Employee", "boss");
  const rel_relation *reports = read.Relation("t.v1.Employee", "reports");
  EXPECT_EQ(boss->inverse, reports);
  EXPECT_EQ(reports->inverse, boss);
  EXPECT_EQ(rel_relation_owner_key(boss)[0], rel_relation_target_key(reports)[0]);
}

TEST(Inverse, AnHeirHasItOnlyWhereItLeadsBackToTheHeir) {
  Read read = ReadProto(R"(
    message Person { option (relations.v1.model) = {}; int64 id = 1;
      repeated Book books = 2 [(relations.v1.has_many) = { foreign_key: "author_id" inverse_of: "author" }]; }
    message Author { option (relations.v1.model) = { extends: "Person" }; int64 id = 1; }
    message Editor { option (relations.v1.model) = { extends: "Person" }; int64 id = 1; }
    message Book { option (relations.v1.model) = {}; int64 id = 1; int64 author_id = 2;
      Author author = 3 [(relations.v1.belongs_to) = { foreign_key: "author_id" inverse_of: "books" }]; })");
  ASSERT_EQ(read.code, REL_OK) << read.All();
  const rel_relation *author = read.Relation("t.v1.Book", "author");
  EXPECT_EQ(author->inverse, read.Relation("t.v1.Author", "books"));
  EXPECT_EQ(read.Relation("t.v1.Author", "books")->inverse, author);
  EXPECT_EQ(read.Relation("t.v1.Editor", "books")->inverse, nullptr);
}

TEST(Inverse, AnEmptyOverrideTakesItAway) {
  Read read = ReadProto(R"(
    message A { option (relations.v1.model) = {}; int64 id = 1;
      repeated B bs = 2 [(relations.v1.has_many) = { foreign_key: "a_id" inverse_of: "a" }]; }
    message C { option (relations.v1.model) = { extends: "A" }; int64 id = 1;
      repeated B bs = 2 [(relations.v1.has_many) = { inverse_of: "" }]; }
    message B { option (relations.v1.model) = {}; int64 id = 1; int64 a_id = 2;
      A a = 3 [(relations.v1.belongs_to) = { foreign_key: "a_id" }]; })");
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_EQ(read.Relation("t.v1.C", "bs")->inverse, nullptr);
  EXPECT_NE(read.Relation("t.v1.A", "bs")->inverse, nullptr);
}

} // namespace
