// Scopes and limits of relations: what a model declares, inherits, overrides and takes away.
#include "tests/common/schema/compiled.h"

using namespace relations_test;

namespace {

TEST(Scopes, AreInheritedOverriddenAndTakenAway) {
  Read read = ReadProto(R"(
    message Author { option (relations.v1.model) = {}; int64 id = 1;
      repeated Book books = 2 [(relations.v1.has_many) = { foreign_key: "author_id" where: "price < 5" limit: 3 }]; }
    message Poet { option (relations.v1.model) = { extends: "Author" table: "author" }; int64 id = 1; }
    message Bard { option (relations.v1.model) = { extends: "Author" table: "author" }; int64 id = 1;
      repeated Book books = 2 [(relations.v1.has_many) = { where: "price > 7" }]; }
    message Scribe { option (relations.v1.model) = { extends: "Author" table: "author" }; int64 id = 1;
      repeated Book books = 2 [(relations.v1.has_many) = { limit: 9 }]; }
    message Clerk { option (relations.v1.model) = { extends: "Author" table: "author" }; int64 id = 1;
      repeated Book books = 2 [(relations.v1.has_many) = { where: "" limit: 0 }]; }
    message Book { option (relations.v1.model) = {}; int64 id = 1; int64 author_id = 2; int32 price = 3;
      Author author = 4 [(relations.v1.belongs_to) = { foreign_key: "author_id" where: "id > 0" }];
      Author plain = 5 [(relations.v1.belongs_to) = { foreign_key: "author_id" where: " " }]; })");
  ASSERT_EQ(read.code, REL_OK) << read.All();
  const struct {
    const char *model, *where;
    uint32_t limit;
  } expected[] = {{"t.v1.Author", "price < 5", 3},
                  {"t.v1.Poet", "price < 5", 3},
                  {"t.v1.Bard", "price > 7", 3},
                  {"t.v1.Scribe", "price < 5", 9},
                  {"t.v1.Clerk", "", 0}};
  for (const auto &e : expected) {
    const rel_relation *books = read.Relation(e.model, "books");
    EXPECT_EQ(Text(books->where), e.where) << e.model;
    EXPECT_EQ(books->limit, e.limit) << e.model;
  }
  EXPECT_EQ(Text(read.Relation("t.v1.Book", "author")->where), "id > 0");
  EXPECT_EQ(read.Relation("t.v1.Book", "plain")->where.len, 0u);
}

TEST(Scopes, LimitThatNobodyHasIsNotTakenAway) {
  Read read = ReadProto(R"(
    message Author { option (relations.v1.model) = {}; int64 id = 1;
      repeated Author pupils = 2 [(relations.v1.has_many) = { foreign_key: "id" }]; }
    message Poet { option (relations.v1.model) = { extends: "Author" table: "author" }; int64 id = 1;
      repeated Author pupils = 2 [(relations.v1.has_many) = { limit: 0 }]; })");
  EXPECT_NE(read.All().find("t.v1.Poet.pupils: limit: 0 would leave no record"), std::string::npos)
      << read.All();
}

TEST(Scopes, LimitThatWasTakenAwayStaysSoInAnOverrideThatSaysNothingOfIt) {
  Read read = ReadProto(R"(
    message Author { option (relations.v1.model) = {}; int64 id = 1;
      repeated Author pupils = 2 [(relations.v1.has_many) = { foreign_key: "id" limit: 2 }]; }
    message Poet { option (relations.v1.model) = { extends: "Author" table: "author" }; int64 id = 1;
      repeated Author pupils = 2 [(relations.v1.has_many) = { limit: 0 }]; }
    message Bard { option (relations.v1.model) = { extends: "Poet" table: "author" }; int64 id = 1;
      repeated Author pupils = 2 [(relations.v1.has_many) = { where: "id > 0" }]; })");
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_EQ(read.Relation("t.v1.Bard", "pupils")->limit, 0u);
}

TEST(Scopes, LongOnesAreRefused) {
  Read read = ReadProto("message A { option (relations.v1.model) = {}; int64 id = 1;"
                        " repeated A a = 2 [(relations.v1.has_many) = { foreign_key: \"id\" where: \"id = 1" +
                        std::string(70000, ' ') + "OR id = 2\" }]; }");
  EXPECT_NE(read.All().find("t.v1.A.a: where has 70015 bytes; at most 65536"), std::string::npos)
      << read.All();
}

} // namespace
