// Schemas that are refused: each with every line that must be said, and no other.
#include "tests/common/schema/compiled.h"

using namespace relations_test;

namespace {

struct Case {
  const char *name;
  const char *body;
  std::vector<const char *> lines; // a part of each expected line, in order
};

void PrintTo(const Case &c, std::ostream *out) {
  *out << c.name;
}

// Two good models that cases add to.
#define AUTHOR_AND_BOOK                                                                                      \
  "message Author { option (relations.v1.model) = {}; int64 id = 1; string name = 2; }\n"                    \
  "message Book { option (relations.v1.model) = {}; int64 id = 1; int64 author_id = 2; string title = 3;\n"  \
  "  double price = 4; string author_name = 5; repeated int64 marks = 6; bool sold = 7; }\n"

// A model that belongs to Author with the given option.
#define SHELF(type_and_name, option)                                                                         \
  AUTHOR_AND_BOOK                                                                                            \
  "message Shelf { option (relations.v1.model) = {}; int64 id = 1; int64 author_id = 2;\n"                   \
  "  double weight = 3; string label = 4; google.protobuf.Timestamp at = 5; bool open = 6;\n"                \
  "  Kind kind = 7; repeated int64 many = 8; string exact = 9 [(relations.v1.column).decimal = true];\n"     \
  "  string other = 11 [(relations.v1.column).uuid = true]; Author plain = 12;\n"                            \
  "  " type_and_name " = 10 [" option "]; }\nenum Kind { KIND_UNSPECIFIED = 0; }\n"

const Case cases[] = {
    {"no model", "message A { int64 id = 1; }", {"error: there is no model in the schema: import"}},
    {"option outside of a model",
     AUTHOR_AND_BOOK "message C { int64 author_id = 1; Author a = 2 [(relations.v1.belongs_to).foreign_key = "
                     "\"author_id\"]; }",
     {"t.v1.C.a: has the option belongs_to, but its message is no model"}},

    // Targets and kinds
    {"related message is no model",
     AUTHOR_AND_BOOK
     "message N {} message C { option (relations.v1.model) = {}; int64 id = 1; int64 n_id = 2;"
     " N n = 3 [(relations.v1.belongs_to).foreign_key = \"n_id\"]; }",
     {"t.v1.C.n: \"t.v1.N\" is no model: write option"}},
    {"relation on a scalar",
     SHELF("int64 author", "(relations.v1.belongs_to).foreign_key = \"author_id\""),
     {"t.v1.Shelf.author: a relation's field has the related model as its type, not int64"}},
    {"belongs_to of a list",
     SHELF("repeated Author author", "(relations.v1.belongs_to).foreign_key = \"author_id\""),
     {"t.v1.Shelf.author: belongs_to is one record; the field must not be repeated"}},
    {"has_many of one",
     SHELF("Book book", "(relations.v1.has_many).foreign_key = \"author_id\""),
     {"t.v1.Shelf.book: has_many is a list; the field must be repeated"}},
    {"has_one of a list",
     SHELF("repeated Book book", "(relations.v1.has_one).foreign_key = \"author_id\""),
     {"has_one is one record"}},
    {"two kinds",
     SHELF("Author author", "(relations.v1.belongs_to).foreign_key = \"author_id\","
                            " (relations.v1.has_one).foreign_key = \"author_id\""),
     {"t.v1.Shelf.author: is both belongs_to and has_one"}},
    {"relation to a map",
     SHELF("map<string, Author> author", "(relations.v1.has_many).foreign_key = \"author_id\""),
     {"t.v1.Shelf.author: \"t.v1.Shelf.AuthorEntry\" is no model"}},

    // Keys
    {"foreign key left out",
     SHELF("Author author", "(relations.v1.belongs_to).strict = true"),
     {"foreign_key is missing: write the field of t.v1.Shelf that holds the key of t.v1.Author"}},
    {"foreign key unknown, with a near name",
     SHELF("Author author", "(relations.v1.belongs_to).foreign_key = \"autor_id\""),
     {"foreign_key: no field \"autor_id\" in t.v1.Shelf; did you mean \"author_id\"?"}},
    {"foreign key unknown on the other side",
     SHELF("repeated Book books", "(relations.v1.has_many).foreign_key = \"shelf\""),
     {"foreign_key: no field \"shelf\" in t.v1.Book"}},
    {"references unknown",
     SHELF("Author author", "(relations.v1.belongs_to) = { foreign_key: \"label\" references: \"nam\" }"),
     {"references: no field \"nam\" in t.v1.Author; did you mean \"name\"?"}},
    {"integer against text",
     SHELF("Author author", "(relations.v1.belongs_to).foreign_key = \"label\""),
     {"field \"label\" of t.v1.Shelf (string) cannot refer to \"id\" of t.v1.Author (int64); the types must "
      "match"}},
    {"text against uuid",
     SHELF("Author author", "(relations.v1.belongs_to) = { foreign_key: \"other\" references: \"name\" }"),
     {"field \"other\" of t.v1.Shelf (uuid as string) cannot refer to \"name\" of t.v1.Author (string)"}},
    {"floating-point key",
     SHELF("Author author", "(relations.v1.belongs_to).foreign_key = \"weight\""),
     {"field \"weight\" of t.v1.Shelf (double) is floating-point, which cannot be a key"}},
    {"bool key",
     SHELF("Author author", "(relations.v1.belongs_to).foreign_key = \"open\""),
     {"field \"open\" of t.v1.Shelf (bool) cannot be a key"}},
    {"enum key",
     SHELF("Author author", "(relations.v1.belongs_to).foreign_key = \"kind\""),
     {"field \"kind\" of t.v1.Shelf (enum) cannot be a key"}},
    {"time key",
     SHELF("Author author", "(relations.v1.belongs_to).foreign_key = \"at\""),
     {"field \"at\" of t.v1.Shelf (google.protobuf.Timestamp) cannot be a key"}},
    {"repeated key",
     SHELF("Author author", "(relations.v1.belongs_to).foreign_key = \"many\""),
     {"field \"many\" of t.v1.Shelf (int64) is repeated"}},
    {"decimal key",
     SHELF("Author author", "(relations.v1.belongs_to).foreign_key = \"exact\""),
     {"field \"exact\" of t.v1.Shelf (string) is a decimal"}},
    {"relation as a key",
     SHELF("Author author", "(relations.v1.belongs_to).foreign_key = \"plain\""),
     {"field \"plain\" of t.v1.Shelf (message) has no column"}},
    {"counts of keys differ",
     SHELF("Author author", "(relations.v1.belongs_to) = { foreign_key: [\"author_id\", \"id\"] }"),
     {"foreign_key has 2 fields, but the primary key of t.v1.Author 1"}},
    {"counts of written keys differ",
     SHELF("Author author",
           "(relations.v1.belongs_to) = { foreign_key: \"author_id\" references: [\"id\", \"name\"] }"),
     {"foreign_key has 1 field, but references of t.v1.Author 2"}},
    {"a key's field twice",
     SHELF("Author author", "(relations.v1.belongs_to) = { foreign_key: [\"author_id\", \"author_id\"]"
                            " references: [\"id\", \"id\"] }"),
     {"foreign_key: names \"author_id\" twice", "references: names \"id\" twice"}},

    // Primary keys
    {"no primary key",
     "message A { option (relations.v1.model) = {}; int64 key = 1; }",
     {"t.v1.A: has no field \"id\": write primary_key"}},
    {"primary key unknown",
     "message A { option (relations.v1.model) = { primary_key: \"kye\" }; int64 key = 1; }",
     {"t.v1.A: primary_key: no field \"kye\"; did you mean \"key\"?"}},
    {"primary key nullable",
     "message A { option (relations.v1.model) = {}; optional int64 id = 1; }",
     {"t.v1.A.id: a field of the primary key cannot be NULL; declare it without optional"}},
    {"primary key of a wrong type",
     "message A { option (relations.v1.model) = { primary_key: [\"x\", \"y\", \"z\"] }; float x = 1;"
     " google.protobuf.Timestamp y = 2; repeated int32 z = 3; }",
     {"t.v1.A.x: a float cannot be part of a primary key",
      "t.v1.A.y: a google.protobuf.Timestamp cannot be part",
      "t.v1.A.z: a field of the primary key needs a column"}},
    {"primary key twice",
     "message A { option (relations.v1.model) = { primary_key: [\"id\", \"id\"] }; int64 id = 1; }",
     {"t.v1.A.id: stands twice in primary_key"}},

    // Columns
    {"decimal and uuid of other types",
     "message A { option (relations.v1.model) = {}; int64 id = 1;"
     " double price = 2 [(relations.v1.column).decimal = true]; int64 u = 3 [(relations.v1.column).uuid = "
     "true];"
     " int64 t = 4 [(relations.v1.column).time_unit = TIME_UNIT_SECONDS];"
     " string both = 5 [(relations.v1.column) = { uuid: true decimal: true }]; }",
     {"t.v1.A.both: a column cannot be both decimal and uuid",
      "t.v1.A.price: column.decimal is for string fields; the field has type double",
      "t.v1.A.t: column.time_unit is for google.protobuf.Timestamp; the field has type int64",
      "t.v1.A.u: column.uuid is for string and bytes fields; the field has type int64"}},
    {"counts of what cannot be counted, in what cannot hold them",
     "message A { option (relations.v1.model) = {}; int64 id = 1; optional int64 up = 2;"
     " repeated A parts = 3 [(relations.v1.has_many).foreign_key = \"up\"];"
     " A whole = 4 [(relations.v1.belongs_to).foreign_key = \"up\"];"
     " optional string text = 5 [(relations.v1.column).count_of = \"parts\"];"
     " int64 bare = 6 [(relations.v1.column).count_of = \"parts\"];"
     " optional int64 one = 7 [(relations.v1.column).count_of = \"whole\"];"
     " optional int64 none = 8 [(relations.v1.column).count_of = \"part\"]; }",
     {"t.v1.A.bare: column.count_of is for an optional integer",
      "t.v1.A.none: column.count_of: no relation \"part\"; did you mean parts?",
      "t.v1.A.one: column.count_of: whole is belongs_to",
      "t.v1.A.text: column.count_of is for an optional integer"}},
    {"two fields in one column",
     "message A { option (relations.v1.model) = {}; int64 id = 1; string a = 2;"
     " string b = 3 [(relations.v1.column).name = \"a\"]; }",
     {"t.v1.A.b: column \"a\" is that of field \"a\" already"}},
    {"columns where there are none",
     "message A { option (relations.v1.model) = {}; int64 id = 1;"
     " repeated int64 r = 2 [(relations.v1.column).name = \"r\"]; A m = 3 [(relations.v1.column).name = "
     "\"m\"];"
     " map<string, string> p = 4 [(relations.v1.column).name = \"p\"];"
     " string e = 5 [(relations.v1.column).name = \"\"]; }",
     {"t.v1.A.e: column.name is empty", "t.v1.A.m: a field with a message type has no column",
      "t.v1.A.p: a repeated field has no column", "t.v1.A.r: a repeated field has no column"}},
    {"a relation with a column",
     SHELF("Author author",
           "(relations.v1.belongs_to).foreign_key = \"author_id\", (relations.v1.column).name = \"x\""),
     {"t.v1.Shelf.author: a relation has no column"}},
    {"names that are none",
     "message A { option (relations.v1.model) = { table: \"\" c_name: \"a b\" }; int64 id = 1"
     " [(relations.v1.column).c_name = \"1\"]; }",
     {"t.v1.A: table is empty", "t.v1.A: c_name \"a b\" is not an identifier",
      "t.v1.A.id: c_name \"1\" is not"}},
    {"load info twice, and repeated",
     "message A { option (relations.v1.model) = {}; int64 id = 1; relations.v1.LoadInfo a = 2;"
     " relations.v1.LoadInfo b = 3; repeated relations.v1.LoadInfo c = 4; }",
     {"t.v1.A.b: a model has one field of type relations.v1.LoadInfo; \"a\" is it already",
      "t.v1.A.c: a field of type relations.v1.LoadInfo cannot be repeated"}},

    // Order
    {"order by what is not there",
     SHELF("repeated Book books",
           "(relations.v1.has_many) = { foreign_key: \"author_id\" order_by: \"titel desc\" }"),
     {"order_by: no field \"titel\" in t.v1.Book; did you mean \"title\"?"}},
    {"order by all that is wrong",
     SHELF("repeated Book books", "(relations.v1.has_many) = { foreign_key: \"author_id\" order_by: \"title "
                                  "down,,marks, price, price desc,\" }"),
     {"order_by: \"down\" after \"title\"; write asc or desc", "order_by: a field is missing",
      "order_by: field \"marks\" of t.v1.Book has no column", "order_by: names \"price\" twice",
      "order_by: a field is missing"}},

    // Scopes, limits and loaders
    {"limits that are none",
     "message A { option (relations.v1.model) = {}; int64 id = 1;\n"
     "repeated A a = 2 [(relations.v1.has_many) = { foreign_key: \"id\" limit: 0 }];\n"
     "A b = 3 [(relations.v1.has_one) = { foreign_key: \"id\" limit: 1 }];\n"
     "A c = 4 [(relations.v1.belongs_to) = { foreign_key: \"id\" limit: 2 }];\n"
     "repeated A d = 5 [(relations.v1.has_many) = { foreign_key: \"id\" limit: 3 loader: \"grpc:x\" }]; }",
     {"a: limit: 0 would leave no record; leave limit out for all of them",
      "b: limit: has_one has one record at most; limit is for has_many",
      "c: limit: belongs_to has one record",
      "d: limit: the loader \"grpc:x\" decides what there is; leave limit out"}},
    {"a scope that the loader would have to keep",
     SHELF("repeated Book books",
           "(relations.v1.has_many) = { foreign_key: \"author_id\" where: \"id > 1\" loader: "
           "\"grpc:shelf\" }"),
     {"books: where: the loader \"grpc:shelf\" decides what there is; leave where out"}},
    {"an override that gives a loader to what has a scope",
     AUTHOR_AND_BOOK "message A { option (relations.v1.model) = {}; int64 id = 1;\n"
                     "repeated Book books = 2 [(relations.v1.has_many) = { foreign_key: \"author_id\" where: "
                     "\"id > 1\" limit: 2 }]; }\n"
                     "message E { option (relations.v1.model) = { extends: \"A\" }; int64 id = 1;\n"
                     "repeated Book books = 2 [(relations.v1.has_many) = { loader: \"grpc:shelf\" }]; }",
     {"E.books: where: the loader \"grpc:shelf\" decides what there is; leave where out, or write where: "
      "\"\"",
      "E.books: limit: the loader \"grpc:shelf\" decides what there is; leave limit out, or write limit: 0"}},
    {"loaders that are none",
     "message A { option (relations.v1.model) = {}; int64 id = 1;\n"
     "repeated A a = 2 [(relations.v1.has_many) = { foreign_key: \"id\" loader: \"ratings\" }];\n"
     "repeated A b = 3 [(relations.v1.has_many) = { foreign_key: \"id\" loader: \"grpc:\" }];\n"
     "repeated A c = 4 [(relations.v1.has_many) = { foreign_key: \"id\" loader: \"grpc:9lives\" }];\n"
     "repeated A d = 5 [(relations.v1.has_many) = { foreign_key: \"id\" loader: \"grpc:a b\" }];\n"
     "repeated A e = 6 [(relations.v1.has_many) = { foreign_key: \"id\" loader: \"so:../x\" }];\n"
     "repeated A f = 7 [(relations.v1.has_many) = { foreign_key: \"id\" loader: \"so:x.so\" }]; }",
     {"a: loader: \"ratings\" names no loader: write \"grpc:\" or \"so:\"",
      "b: loader: \"grpc:\" names no loader", "c: loader: \"grpc:9lives\" names no loader",
      "d: loader: \"grpc:a b\" names no loader", "e: loader: \"so:../x\" names no loader",
      "f: loader: \"so:x.so\" names no loader"}},
    {"an order that the loader would have to keep",
     SHELF("repeated Book books",
           "(relations.v1.has_many) = { foreign_key: \"author_id\" order_by: \"title\" "
           "loader: \"grpc:shelf\" }"),
     {"books: order_by: the loader \"grpc:shelf\" decides the order; leave order_by out"}},
    {"cache that lives for less than nothing",
     "message A { option (relations.v1.model) = { cache: { ttl: { seconds: -1 } } }; int64 id = 1; }",
     {"t.v1.A: cache.ttl must be from 0 seconds"}},
    {"cache that outlives everything",
     SHELF("Author author", "(relations.v1.belongs_to) = { foreign_key: \"author_id\" cache: { ttl: { "
                            "seconds: 9223372036854775807 } } }"),
     {"t.v1.Shelf.author: cache.ttl must be"}},

    // Named relations
    {"named relations that say too little",
     "message A { option (relations.v1.model) = { relations: { name: \"x\" has_many { foreign_key: \"id\" } }"
     " relations: { name: \"y\" model: \"A\" } relations: { model: \"A\" has_one { foreign_key: \"id\" } }"
     " relations: { name: \"z\" model: \"t.v1.B\" has_one { foreign_key: \"id\" } } }; int64 id = 1; }",
     {"t.v1.A: relations: \"\" is not an identifier; write name", "t.v1.A.x: says no model",
      "t.v1.A.y: says no kind: write belongs_to { }", "foreign_key is missing",
      "t.v1.A.z: no message \"t.v1.B\""}},
    {"a named relation that is a field too",
     SHELF("Author author",
           "(relations.v1.belongs_to).foreign_key = \"author_id\"") "message D { option (relations.v1.model) "
                                                                    "= { relations: { name: \"a\" model: "
                                                                    "\"Author\""
                                                                    " belongs_to { foreign_key: \"id\" } } "
                                                                    "}; int64 id = 1; Author a = 2; }",
     {"t.v1.D.a: is a field as well"}},
    {"a name twice",
     "message A { option (relations.v1.model) = { relations: { name: \"x\" model: \"A\" has_many { "
     "foreign_key: \"id\" } }"
     " relations: { name: \"x\" model: \"A\" has_one { foreign_key: \"id\" } } }; int64 id = 1; }",
     {"t.v1.A.x: is declared twice"}},
    {"a model that is none, with a near name",
     AUTHOR_AND_BOOK "message C { option (relations.v1.model) = { relations: { name: \"a\" model: \"Auhtor\""
                     " has_many { foreign_key: \"id\" } } }; int64 id = 1; }",
     {"t.v1.C.a: no message \"Auhtor\"; did you mean \"t.v1.Author\"?"}},

    // Query methods
    {"query methods with everything wrong",
     "message A { option (relations.v1.model) = {"
     " query_methods: { name: \"a b\" filter: \"x\" } query_methods: { name: \"empty\" }"
     " query_methods: { name: \"p\" filter: \"id > $yaer AND n = '$no'\" params: { name: \"year\" type: "
     "TYPE_INT32 }"
     "   params: { name: \"year\" type: TYPE_INT32 } params: { name: \"t\" } params: { name: \"1\" type: "
     "TYPE_BOOL } }"
     " query_methods: { name: \"q\" filter: \"n = 'open\" } query_methods: { name: \"q\" filter: \"id = 1\" "
     "} };"
     " int64 id = 1; }",
     {"t.v1.A.a b: query_methods: \"a b\" is not an identifier", "t.v1.A.empty: has no filter",
      "t.v1.A.p: params: \"year\" stands there twice", "t.v1.A.p: params: \"t\" has no type",
      "t.v1.A.p: params: \"1\" is not an identifier",
      "t.v1.A.p: filter: parameter \"$yaer\" is not in params; did you mean \"year\"?",
      "t.v1.A.p: params: \"year\" is not used", "t.v1.A.p: params: \"t\" is not used",
      "t.v1.A.q: filter: a string is not closed", "t.v1.A.q: is declared twice"}},
    {"a query method named like a relation",
     "message A { option (relations.v1.model) = { query_methods: { name: \"x\" filter: \"id = 1\" }"
     " relations: { name: \"x\" model: \"A\" has_many { foreign_key: \"id\" } } }; int64 id = 1; }",
     {"t.v1.A.x: is a relation and a query method"}},
    {"a parameter of a type to come",
     "message A { option (relations.v1.model) = { query_methods: { name: \"x\" filter: \"id = $a\""
     " params: { name: \"a\" type: TYPE_UNSPECIFIED } } }; int64 id = 1; }",
     {"t.v1.A.x: params: \"a\" has no type"}},
};

class Refused : public testing::TestWithParam<Case> {};

TEST_P(Refused, SaysAllThatIsWrongAndNothingElse) {
  const Case &c = GetParam();
  Read read = ReadProto(c.body);
  EXPECT_EQ(read.code, REL_BAD_SCHEMA);
  ASSERT_EQ(read.lines.size(), c.lines.size()) << read.All();
  for (size_t i = 0; i < c.lines.size(); i++)
    EXPECT_NE(read.lines[i].find(c.lines[i]), std::string::npos)
        << "expected: " << c.lines[i] << "\nsaid: " << read.lines[i];
}

INSTANTIATE_TEST_SUITE_P(All, Refused, testing::ValuesIn(cases));

TEST(Refused, ErrorsOfSeveralFilesComeAtOnceInOrderWithTheirLines) {
  std::string a = "syntax = \"proto3\";\npackage a;\nimport \"relations/v1/options.proto\";\n"
                  "message A {\n  option (relations.v1.model) = {};\n  optional int64 id = 1;\n}\n";
  std::string b = "syntax = \"proto3\";\npackage b;\nimport \"relations/v1/options.proto\";\n\n\n"
                  "message B {\n  option (relations.v1.model) = {};\n}\n";
  Read read = ReadFiles({{"b.proto", b}, {"a.proto", a}});
  ASSERT_EQ(read.lines.size(), 2u) << read.All();
  EXPECT_EQ(read.lines[0].rfind("a.proto:6: error: a.A.id: ", 0), 0u) << read.lines[0];
  EXPECT_EQ(read.lines[1].rfind("b.proto:6: error: b.B: has no field", 0), 0u) << read.lines[1];
}

TEST(Refused, AListOfFindingsEnds) {
  std::string body;
  for (int i = 0; i < 1500; i++)
    body += "message M" + std::to_string(i) + " { option (relations.v1.model) = {}; }\n";
  Read read = ReadProto(body);
  ASSERT_EQ(read.lines.size(), 1001u);
  EXPECT_EQ(read.lines.back(), "error: there is more wrong than is listed here");
}

} // namespace
