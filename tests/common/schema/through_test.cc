// Relations through a link: what they are made of, and what is refused.
#include "tests/common/schema/compiled.h"

using namespace relations_test;

namespace {

// Book <- Writing -> Author, with the given relations of Book.
std::string Library(const std::string &of_book, const std::string &of_author = "") {
  return R"(
    message Book { option (relations.v1.model) = {}; int64 id = 1; optional int64 shelf_id = 2; optional string kind = 8;
      repeated Writing writings = 3 [(relations.v1.has_many) = { foreign_key: "book_id" }];
      repeated Writing remote = 4 [(relations.v1.has_many) = { foreign_key: "book_id" loader: "grpc:x" }];
      )" +
         of_book + R"( }
    message Author { option (relations.v1.model) = {}; int64 id = 1;
      repeated Writing writings = 3 [(relations.v1.has_many) = { foreign_key: "author_id" }];
      )" +
         of_author + R"( }
    message Writing { option (relations.v1.model) = {}; int64 id = 1; int64 book_id = 2; int64 author_id = 3;
      Book book = 4 [(relations.v1.belongs_to) = { foreign_key: "book_id" }];
      Author author = 5 [(relations.v1.belongs_to) = { foreign_key: "author_id" }]; })";
}

TEST(Through, JoinsOnWhatThroughJoinsOn) {
  Read read = ReadProto(Library(
      "repeated Author authors = 5 [(relations.v1.has_many) = { through: \"writings\" source: \"author\" "
      "inverse_of: \"books\" order_by: \"id desc\" }];",
      "repeated Book books = 5 [(relations.v1.has_many) = { through: \"writings\" source: \"book\" "
      "inverse_of: "
      "\"authors\" }];"
      "repeated Author fellows = 6 [(relations.v1.has_many) = { through: \"books\" source: \"authors\" }];"));
  ASSERT_EQ(read.code, REL_OK) << read.All();
  const rel_relation *authors = read.Relation("t.v1.Book", "authors");
  EXPECT_EQ(authors->through, read.Relation("t.v1.Book", "writings"));
  EXPECT_EQ(authors->source, read.Relation("t.v1.Writing", "author"));
  EXPECT_EQ(authors->links, 1u);
  EXPECT_EQ(authors->inverse, read.Relation("t.v1.Author", "books"));
  EXPECT_EQ(authors->inverse->inverse, authors);
  ASSERT_EQ(authors->key_count, 1u);
  EXPECT_EQ(Text(rel_relation_owner_key(authors)[0]->name), "id");
  EXPECT_EQ(Text(rel_relation_target_key(authors)[0]->name), "book_id");
  EXPECT_TRUE(rel_relation_joins_on_primary_key(authors));
  ASSERT_EQ(authors->order_count, 1u);
  EXPECT_TRUE(authors->order_by[0].descending);
  EXPECT_EQ(read.Relation("t.v1.Author", "fellows")->links, 3u);
  EXPECT_EQ(read.Relation("t.v1.Book", "writings")->links, 0u);
}

TEST(Through, IsOrderedByTheLinksFieldsToo) {
  Read read = ReadProto(
      Library(
          "repeated Author authors = 5 [(relations.v1.has_many) = { through: \"writings\" source: \"author\" "
          "order_by: \"writings.id desc, id, writings.book_id\" }];"
          "Author last = 6 [(relations.v1.has_one) = { through: \"writings\" source: \"author\" "
          "order_by: \"writings.author_id\" }];") +
      R"(
    message Novel { option (relations.v1.model) = { extends: "Book" table: "book" }; int64 id = 1; })");
  ASSERT_EQ(read.code, REL_OK) << read.All();
  for (const char *model : {"t.v1.Book", "t.v1.Novel"}) {
    const rel_relation *authors = read.Relation(model, "authors");
    ASSERT_EQ(authors->order_count, 3u) << "the primary key is in it";
    EXPECT_TRUE(authors->order_by[0].of_link && authors->order_by[0].descending);
    EXPECT_EQ(authors->order_by[0].field, authors->through->target->primary_key[0]);
    EXPECT_FALSE(authors->order_by[1].of_link);
    EXPECT_EQ(authors->order_by[1].field, authors->target->primary_key[0]);
    rel_buf name = {};
    rel_order_term_write(authors, &authors->order_by[2], &name);
    EXPECT_STREQ(rel_buf_text(&name), "writings.book_id");
    rel_buf_fini(&name);
  }
  EXPECT_EQ(read.Relation("t.v1.Book", "last")->order_count, 2u);
}

TEST(Through, AChildsLinkMayLackWhatItsOrderIsBy) {
  Read read = ReadProto(
      Library(
          "repeated Author authors = 5 [(relations.v1.has_many) = { through: \"writings\" source: \"author\" "
          "order_by: \"writings.book_id\" }];") +
      R"(
    message Note { option (relations.v1.model) = {}; int64 id = 1; int64 of_id = 2; int64 author_id = 3;
      Author author = 5 [(relations.v1.belongs_to) = { foreign_key: "author_id" }]; }
    message Novel { option (relations.v1.model) = { extends: "Book" table: "book"
      relations: { name: "writings" model: "Note" has_many { foreign_key: "of_id" } } }; int64 id = 1; })");
  ASSERT_EQ(read.code, REL_BAD_SCHEMA);
  EXPECT_NE(read.All().find("t.v1.Novel.authors: order_by: no field \"book_id\" in t.v1.Note"),
            std::string::npos)
      << read.All();
}

TEST(Through, OverridesTakeAKeysPlaceAndGiveItBack) {
  Read read =
      ReadProto(Library("repeated Author authors = 5 [(relations.v1.has_many) = { through: \"writings\" "
                        "source: \"author\" }];") +
                R"(
    message Novel { option (relations.v1.model) = { extends: "Book" table: "book" }; int64 id = 1; }
    message Poem { option (relations.v1.model) = { extends: "Book" table: "book" }; int64 id = 1;
      repeated Author authors = 5 [(relations.v1.has_many) = { foreign_key: "id" }]; }
    message Ode { option (relations.v1.model) = { extends: "Poem" table: "book" }; int64 id = 1;
      repeated Author authors = 5 [(relations.v1.has_many) = { through: "writings" source: "author" }];
      repeated Writing writings = 3 [(relations.v1.has_many) = { where: "author_id > 1" }]; })");
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_EQ(read.Relation("t.v1.Novel", "authors")->through, read.Relation("t.v1.Novel", "writings"));
  EXPECT_EQ(read.Relation("t.v1.Poem", "authors")->through, nullptr);
  EXPECT_EQ(Text(read.Relation("t.v1.Poem", "authors")->foreign_key[0]->name), "id");
  const rel_relation *ode = read.Relation("t.v1.Ode", "authors");
  EXPECT_EQ(Text(ode->foreign_key[0]->name), "book_id");
  EXPECT_EQ(Text(ode->through->where), "author_id > 1");
}

struct Wrong {
  const char *relation, *says;
};

class Refused : public testing::TestWithParam<Wrong> {};

TEST_P(Refused, IsSaidOnceWhereItIs) {
  const Wrong &wrong = GetParam();
  Read read = ReadProto(
      Library(wrong.relation) +
      "message Child { option (relations.v1.model) = { extends: \"Book\" table: \"book\" }; int64 id "
      "= 1; optional int64 shelf_id = 2; optional string kind = 8; }");
  EXPECT_EQ(read.code, REL_BAD_SCHEMA);
  ASSERT_EQ(read.lines.size(), 1u) << read.All();
  EXPECT_NE(read.lines[0].find(wrong.says), std::string::npos) << read.lines[0];
}

#define AUTHORS(aspects) "repeated Author authors = 5 [(relations.v1.has_many) = { " aspects " }];"

INSTANTIATE_TEST_SUITE_P(
    Through, Refused,
    testing::Values(
        Wrong{AUTHORS("through: \"writings\""),
              "t.v1.Book.authors: source is missing: through names the relation"},
        Wrong{AUTHORS("source: \"author\""), "t.v1.Book.authors: through is missing"},
        Wrong{AUTHORS("through: \"writings\" source: \"author\" order_by: \"writings.bok_id\""),
              "order_by: no field \"bok_id\" in t.v1.Writing; did you mean \"book_id\"?"},
        Wrong{AUTHORS("through: \"writings\" source: \"author\" order_by: \"writing.id\""),
              "order_by: \"writing.id\": before the dot stands the relation that leads to the link, "
              "\"writings\""},
        Wrong{AUTHORS("through: \"writings\" source: \"author\" order_by: \"writings.author\""),
              "order_by: field \"author\" of t.v1.Writing has no column"},
        Wrong{AUTHORS("through: \"writings\" source: \"author\" order_by: \"writings.id, writings.id desc\""),
              "order_by: names \"writings.id\" twice"},
        Wrong{AUTHORS("through: \"writings\" source: \"author\" order_by: \"writings.book.id\""),
              "order_by: no field \"book.id\" in t.v1.Writing"},
        Wrong{AUTHORS("through: \"writngs\" source: \"author\""),
              "through: no relation \"writngs\" in t.v1.Book; did you mean \"writings\"?"},
        Wrong{AUTHORS("through: \"writings\" source: \"autor\""),
              "source: no relation \"autor\" in t.v1.Writing; did you mean \"author\"?"},
        Wrong{AUTHORS("through: \"writings\" source: \"book\""),
              "source: t.v1.Writing.book leads to t.v1.Book, not to t.v1.Author"},
        Wrong{AUTHORS("through: \"writings\" source: \"author\" foreign_key: \"id\""),
              "foreign_key: \"writings\" and \"author\" say what is joined on; leave it out"},
        Wrong{AUTHORS("through: \"writings\" source: \"author\" references: \"id\""),
              "references: \"writings\" and \"author\" say what is joined on; leave it out"},
        Wrong{AUTHORS("through: \"writings\" source: \"author\" loader: \"grpc:y\""),
              "loader: what it loads leads through no link; leave through and source out"},
        Wrong{AUTHORS("through: \"remote\" source: \"author\""),
              "through: t.v1.Book.remote is loaded by a loader, whose records are in no table that leads on: "
              "it cannot "
              "be led through"},
        Wrong{"Writing one = 7 [(relations.v1.belongs_to) = { foreign_key: "
              "\"shelf_id\" type_field: "
              "\"kind\" type_tag: \"w\" }];" AUTHORS("through: \"one\" source: \"author\""),
              "through: t.v1.Book.one is a polymorphic belongs_to: it cannot be led through"},
        Wrong{"Author author = 5 [(relations.v1.belongs_to) = { through: \"writings\" source: \"author\" }];",
              "through: belongs_to holds the key itself; through a link it is has_one or has_many"},
        Wrong{AUTHORS("through: \"authors\" source: \"author\""),
              "source: no relation \"author\" in t.v1.Author"},
        Wrong{"repeated Book books = 5 [(relations.v1.has_many) = { through: \"books\" source: \"books\" }];",
              "t.v1.Book.books: through: leads back to itself, or through more than 8 links"},
        Wrong{AUTHORS("through: \"writings\" source: \"author\" limit: 3") "repeated Writing theirs = 6 "
                                                                           "[(relations.v1.has_many) = { "
                                                                           "through: \"authors\" source: "
                                                                           "\"writings\" }];",
              "t.v1.Book.theirs: through: t.v1.Book.authors leads through a link itself and has a limit: it "
              "cannot be "
              "led through"},
        Wrong{"Author author = 5 [(relations.v1.has_one) = { through: \"writings\" source: \"author\" }];"
              "repeated Writing theirs = 6 [(relations.v1.has_many) = { through: \"author\" source: "
              "\"writings\" }];",
              "is the first of many behind a link of its own: it cannot be led through"}));

TEST(Through, InversesLeadBackTheSameWay) {
  const struct {
    const char *books, *says;
  } cases[] = {
      {"repeated Book books = 5 [(relations.v1.has_many) = { foreign_key: \"id\" }];",
       "inverse_of: t.v1.Author.books leads through no link; both do, or neither"},
      {"repeated Edit edits = 6 [(relations.v1.has_many) = { foreign_key: \"author_id\" }];"
       "repeated Book books = 5 [(relations.v1.has_many) = { through: \"edits\" source: \"book\" }];",
       "inverse_of: t.v1.Author.books leads back another way: it needs through and source over the keys of "
       "\"author\" and \"writings\""},
  };
  for (const auto &c : cases) {
    Read read = ReadProto(
        Library(AUTHORS("through: \"writings\" source: \"author\" inverse_of: \"books\""), c.books) +
        R"(
      message Edit { option (relations.v1.model) = {}; int64 id = 1; int64 book_id = 2; int64 author_id = 3;
        Book book = 4 [(relations.v1.belongs_to) = { foreign_key: "book_id" }]; })");
    ASSERT_EQ(read.lines.size(), 1u) << read.All();
    EXPECT_NE(read.lines[0].find(c.says), std::string::npos) << read.lines[0];
  }
}

// Each leads through the one before it, and some through one another.
TEST(Through, LongAndCircularChainsEnd) {
  std::string model = "message A { option (relations.v1.model) = {}; int64 id = 1; optional int64 up = 2;"
                      " A r0 = 3 [(relations.v1.has_one) = { foreign_key: \"up\" }];";
  enum { LONG = 3000, MOST = 8 };
  for (int i = 1; i <= LONG; i++)
    model += " A r" + std::to_string(i) + " = " + std::to_string(3 + i) +
             " [(relations.v1.has_one) = { through: \"r" + std::to_string(i - 1) + "\" source: \"r0\" }];";
  Read read = ReadProto(model + "}");
  EXPECT_EQ(read.code, REL_BAD_SCHEMA);
  EXPECT_NE(read.All().find("t.v1.A.r9: through: leads through more than 8 links"), std::string::npos);
  EXPECT_EQ(read.All().find("t.v1.A.r8:"), std::string::npos);
  EXPECT_EQ(read.All().find("t.v1.A.r10:"), std::string::npos) << "what follows from r9 is said once";

  Read circle = ReadProto("message A { option (relations.v1.model) = {}; int64 id = 1; optional int64 up = 2;"
                          " A a = 3 [(relations.v1.has_one) = { through: \"b\" source: \"b\" }];"
                          " A b = 4 [(relations.v1.has_one) = { through: \"a\" source: \"a\" }]; }");
  EXPECT_EQ(circle.lines.size(), 2u) << circle.All();
}

} // namespace
