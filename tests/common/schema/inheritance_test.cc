// Inheritance: what a child has, overrides and shares.
#include "tests/common/schema/compiled.h"

using namespace relations_test;

namespace {

// Person <- Employee (overrides one aspect each) <- Manager (declares nothing again); Guest is Employee's
// sibling.
const char people[] = R"(
message Person {
  option (relations.v1.model) = { table: "people" cache: { max_bytes: 1000 }
    query_methods: { name: "named" params: { name: "n" type: TYPE_STRING } filter: "name = $n" }
    query_methods: { name: "all" filter: "id > 0" } };
  int64 id = 1;
  string name = 2;
  int64 town_id = 3;
  Town town = 10 [(relations.v1.belongs_to) = { foreign_key: "town_id" inverse_of: "people" }];
  repeated Letter letters = 11 [(relations.v1.has_many) = {
    foreign_key: "person_id" order_by: "title" cache: { ttl: { seconds: 5 } max_entries: 7 } }];
}
message Employee {
  option (relations.v1.model) = { extends: "Person"
    query_methods: { name: "all" filter: "id > 1" } };
  int64 id = 1;
  int64 town_id = 3;
  repeated Letter letters = 4 [(relations.v1.has_many) = { order_by: "title desc" strict: true
    cache: { max_entries: 9 } }];
  repeated Letter drafts = 5 [(relations.v1.has_many).foreign_key = "person_id"];
}
message Manager {
  option (relations.v1.model) = { extends: "Employee" };
  int64 id = 1;
  int64 town_id = 3;
  repeated Letter letters = 20;
}
message Guest {
  option (relations.v1.model) = { extends: "Person" };
  int64 id = 1;
  int64 town_id = 2;
}
message Town {
  option (relations.v1.model) = {};
  int64 id = 1;
  repeated Person people = 2 [(relations.v1.has_many).foreign_key = "town_id"];
}
message Letter {
  option (relations.v1.model) = {};
  int64 id = 1;
  int64 person_id = 2;
  string title = 3;
}
)";

class People : public testing::Test {
protected:
  static void SetUpTestSuite() { read = new Read(ReadProto(people)); }
  static void TearDownTestSuite() { delete read; }
  void SetUp() override { ASSERT_EQ(read->code, REL_OK) << read->All(); }
  static std::vector<std::string> Relations(const std::string &model) {
    std::vector<std::string> names;
    for (size_t i = 0; i < read->Model(model)->relation_count; i++)
      names.push_back(Text(read->Model(model)->relations[i]->name));
    return names;
  }
  static Read *read;
};
Read *People::read = nullptr;

using Strings = std::vector<std::string>;

TEST(Loaders, AreInheritedOverriddenAndTakenAway) {
  Read read = ReadProto(R"(
    message Book { option (relations.v1.model) = {}; int64 id = 1;
      repeated Review reviews = 2 [(relations.v1.has_many) = { foreign_key: "book_id" loader: "grpc:a" }]; }
    message Novel { option (relations.v1.model) = { extends: "Book" }; int64 id = 1; }
    message Poem { option (relations.v1.model) = { extends: "Book" }; int64 id = 1;
      repeated Review reviews = 2 [(relations.v1.has_many) = { loader: "so:b-2_x" }]; }
    message Essay { option (relations.v1.model) = { extends: "Book" }; int64 id = 1;
      repeated Review reviews = 2 [(relations.v1.has_many) = { loader: "" order_by: "id desc" }]; }
    message Review { option (relations.v1.model) = {}; int64 id = 1; int64 book_id = 2; })");
  ASSERT_EQ(read.code, REL_OK) << read.All();
  auto reviews = [&](const char *model) { return read.Model(model)->relations[0]; };
  EXPECT_EQ(Text(reviews("t.v1.Novel")->loader), "grpc:a");
  EXPECT_EQ(Text(reviews("t.v1.Poem")->loader), "so:b-2_x");
  rel_str name;
  EXPECT_EQ(rel_loader_parse(reviews("t.v1.Poem")->loader, &name), REL_LOADER_SO);
  EXPECT_EQ(Text(name), "b-2_x");
  EXPECT_EQ(reviews("t.v1.Poem")->order_count, 0u);
  EXPECT_EQ(Text(reviews("t.v1.Essay")->loader), "");
  EXPECT_EQ(reviews("t.v1.Essay")->order_count, 1u);
}

TEST(Loaders, MayLoadRecordsThatHaveNoTable) {
  const char schema[] =
      "message Book { option (relations.v1.model) = {}; int64 id = 1;"
      " repeated Review reviews = 2 [(relations.v1.has_many) = { foreign_key: \"book_id\" %s }]; }"
      "message Review { option (relations.v1.model) = { abstract: true }; int64 book_id = 2; }";
  char text[sizeof schema + 32];
  snprintf(text, sizeof text, schema, "loader: \"grpc:a\"");
  EXPECT_EQ(ReadProto(text).code, REL_OK);
  snprintf(text, sizeof text, schema, "");
  EXPECT_EQ(ReadProto(text).code, REL_BAD_SCHEMA);
}

TEST_F(People, EachModelHasItsOwnTable) {
  EXPECT_EQ(Text(read->Model("t.v1.Person")->table), "people");
  EXPECT_EQ(Text(read->Model("t.v1.Employee")->table), "employee");
  EXPECT_EQ(Text(read->Model("t.v1.Manager")->table), "manager");
  EXPECT_TRUE(rel_model_is_a(read->Model("t.v1.Manager"), read->Model("t.v1.Person")));
  EXPECT_FALSE(rel_model_is_a(read->Model("t.v1.Person"), read->Model("t.v1.Manager")));
}

TEST_F(People, DeclaredRelationsComeFirstThenInheritedOnes) {
  EXPECT_EQ(Relations("t.v1.Employee"), (Strings{"letters", "drafts", "town"}));
  EXPECT_EQ(Relations("t.v1.Manager"), (Strings{"letters", "drafts", "town"}));
  EXPECT_EQ(Relations("t.v1.Guest"), (Strings{"town", "letters"}));
}

TEST_F(People, AnOverrideReplacesWhatItSetsAndKeepsTheRest) {
  const rel_relation *letters = read->Relation("t.v1.Employee", "letters");
  EXPECT_EQ(Order(letters), "title desc, id");
  EXPECT_TRUE(letters->strict);
  EXPECT_EQ(Names(letters->foreign_key, letters->key_count), Strings{"person_id"});
  EXPECT_EQ(letters->cache.ttl_ns, INT64_C(5000000000));
  EXPECT_EQ(letters->cache.max_entries, 9u);
  EXPECT_EQ(letters->cache.max_bytes, 1000u) << "the model's, inherited";
  EXPECT_EQ(letters->field_number, 4u);
  EXPECT_EQ(letters->declared_in, read->Model("t.v1.Employee"));
  ASSERT_EQ(letters->override_count, 1u);
  EXPECT_EQ(letters->overrides[0], read->Model("t.v1.Person"));
}

TEST_F(People, ParentAndSiblingAreUntouched) {
  for (const char *model : {"t.v1.Person", "t.v1.Guest"}) {
    const rel_relation *letters = read->Relation(model, "letters");
    EXPECT_EQ(Order(letters), "title, id");
    EXPECT_FALSE(letters->strict);
    EXPECT_EQ(letters->cache.max_entries, 7u);
    EXPECT_EQ(letters->declared_in, read->Model("t.v1.Person"));
    EXPECT_EQ(letters->override_count, 0u);
    EXPECT_EQ(letters->owner, read->Model(model));
  }
  EXPECT_EQ(read->Relation("t.v1.Guest", "letters")->field_number, 0u) << "can be loaded, not included";
}

TEST_F(People, AGrandchildHasItsNearestAncestorsRelation) {
  const rel_relation *letters = read->Relation("t.v1.Manager", "letters");
  EXPECT_EQ(Order(letters), "title desc, id");
  EXPECT_TRUE(letters->strict);
  EXPECT_EQ(letters->cache.max_entries, 9u);
  EXPECT_EQ(letters->declared_in, read->Model("t.v1.Employee"));
  EXPECT_EQ(letters->override_count, 1u);
  EXPECT_EQ(letters->owner, read->Model("t.v1.Manager"));
  EXPECT_EQ(letters->references[0], rel_model_field(letters->owner, rel_cstr("id")));
  EXPECT_EQ(letters->field_number, 20u) << "a field of its name and type is the relation's";
  const rel_relation *town = read->Relation("t.v1.Manager", "town");
  EXPECT_EQ(town->declared_in, read->Model("t.v1.Person"));
  EXPECT_EQ(town->foreign_key[0], rel_model_field(town->owner, rel_cstr("town_id")));
}

TEST_F(People, AnInverseMayBeDeclaredOnAnAncestor) {
  EXPECT_EQ(read->Relation("t.v1.Person", "town")->inverse, read->Relation("t.v1.Town", "people"));
  EXPECT_EQ(read->Relation("t.v1.Manager", "town")->inverse, read->Relation("t.v1.Town", "people"));
}

TEST_F(People, QueryMethodsAreInheritedByName) {
  const rel_model *manager = read->Model("t.v1.Manager");
  ASSERT_EQ(manager->method_count, 2u);
  EXPECT_EQ(Text(manager->methods[0]->filter), "id > 1");
  EXPECT_EQ(manager->methods[0]->declared_in, read->Model("t.v1.Employee"));
  EXPECT_EQ(Text(manager->methods[1]->name), "named");
}

TEST(Inheritance, AnOverrideMayChangeKindAndTarget) {
  Read read = ReadProto(R"(
    message A { option (relations.v1.model) = {}; int64 id = 1; int64 b_id = 2;
      repeated B link = 3 [(relations.v1.has_many).foreign_key = "a_id"]; }
    message C { option (relations.v1.model) = { extends: "A" }; int64 id = 1; int64 d_id = 2;
      D link = 3 [(relations.v1.belongs_to).foreign_key = "d_id"]; }
    message E { option (relations.v1.model) = { extends: "A"
      relations: { name: "link" has_one { } } }; int64 id = 1; }
    message B { option (relations.v1.model) = {}; int64 id = 1; int64 a_id = 2; }
    message D { option (relations.v1.model) = {}; int64 id = 1; })");
  ASSERT_EQ(read.code, REL_OK) << read.All();
  const rel_relation *link = read.Relation("t.v1.C", "link");
  EXPECT_EQ(link->kind, REL_BELONGS_TO);
  EXPECT_EQ(link->target, read.Model("t.v1.D"));
  EXPECT_EQ(link->overrides[0], read.Model("t.v1.A"));
  EXPECT_EQ(read.Relation("t.v1.A", "link")->kind, REL_HAS_MANY);
  EXPECT_EQ(read.Relation("t.v1.E", "link")->kind, REL_HAS_ONE);
  EXPECT_EQ(read.Relation("t.v1.E", "link")->target, read.Model("t.v1.B")) << "left out, so it stays";
}

TEST(Inheritance, SingleTable) {
  Read read = ReadProto(R"(
    message Vehicle { option (relations.v1.model) = { table: "vehicles" discriminator: { field: "kind" } };
      int64 id = 1; string kind = 2; }
    message Car { option (relations.v1.model) = { extends: "Vehicle" discriminator: { value: "car" } };
      int64 id = 1; string kind = 2; }
    message Taxi { option (relations.v1.model) = { extends: "Car" discriminator: { value: "taxi" } };
      int64 id = 1; string kind = 2; }
    message Sporty { option (relations.v1.model) = { extends: "Car" abstract: true }; }
    message Racer { option (relations.v1.model) = { extends: "Sporty" discriminator: { value: "racer" } };
      int64 id = 1; string kind = 2; }
    message Museum { option (relations.v1.model) = { extends: "Car" table: "museum" }; int64 id = 1; })");
  ASSERT_EQ(read.code, REL_OK) << read.All();
  auto values = [&](const char *name) {
    const rel_model *model = read.Model(name);
    Strings all;
    for (size_t i = 0; i < model->discriminator_tag_count; i++)
      all.push_back(Text(model->discriminator_tags[i].text));
    return all;
  };
  EXPECT_EQ(values("t.v1.Vehicle"), Strings{}) << "every row";
  EXPECT_EQ(values("t.v1.Car"), (Strings{"car", "taxi", "racer"}));
  EXPECT_EQ(values("t.v1.Taxi"), Strings{"taxi"});
  EXPECT_EQ(Text(read.Model("t.v1.Taxi")->table), "vehicles");
  EXPECT_EQ(Text(read.Model("t.v1.Racer")->table), "vehicles");
  EXPECT_EQ(Text(read.Model("t.v1.Sporty")->table), "");
  EXPECT_EQ(Text(read.Model("t.v1.Museum")->table), "museum");
  EXPECT_EQ(read.Model("t.v1.Museum")->discriminator, nullptr);
  EXPECT_EQ(read.Model("t.v1.Car")->discriminator, rel_model_field(read.Model("t.v1.Car"), rel_cstr("kind")));
}

TEST(Inheritance, AnAbstractModelGivesRelationsAndHasNoTable) {
  Read read = ReadProto(R"(
    message Base { option (relations.v1.model) = { abstract: true }; int64 owner_id = 1;
      User owner = 2 [(relations.v1.belongs_to).foreign_key = "owner_id"]; }
    message Note { option (relations.v1.model) = { extends: "Base" }; int64 id = 1; int64 owner_id = 2; }
    message User { option (relations.v1.model) = {}; int64 id = 1; })");
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_TRUE(read.Model("t.v1.Base")->abstract);
  EXPECT_EQ(Text(read.Model("t.v1.Note")->table), "note");
  EXPECT_EQ(read.Relation("t.v1.Note", "owner")->declared_in, read.Model("t.v1.Base"));
}

struct Case {
  const char *name;
  const char *body;
  Strings lines;
};
void PrintTo(const Case &c, std::ostream *out) {
  *out << c.name;
}

const Case refused[] = {
    {"unknown ancestor",
     "message Person { option (relations.v1.model) = {}; int64 id = 1; }"
     "message A { option (relations.v1.model) = { extends: \"Persn\" }; int64 id = 1; }",
     {"t.v1.A: extends: no message \"Persn\"; did you mean \"t.v1.Person\"?"}},
    {"ancestor that is no model",
     "message P { int64 id = 1; } message A { option (relations.v1.model) = { extends: \"P\" }; int64 id = "
     "1; }",
     {"t.v1.A: extends \"t.v1.P\", which is no model"}},
    {"extends itself",
     "message A { option (relations.v1.model) = { extends: \"A\" }; int64 id = 1; }",
     {"t.v1.A: extends itself: t.v1.A -> t.v1.A"}},
    {"cycle, and one who leads into it",
     "message A { option (relations.v1.model) = { extends: \"B\" }; int64 id = 1; }"
     "message B { option (relations.v1.model) = { extends: \"C\" }; int64 id = 1; }"
     "message C { option (relations.v1.model) = { extends: \"B\" }; int64 id = 1; }",
     {"t.v1.B: extends itself: t.v1.B -> t.v1.C -> t.v1.B", "t.v1.C: extends itself"}},
    {"child without the field that an inherited relation needs",
     "message A { option (relations.v1.model) = {}; int64 id = 1; int32 b_id = 2;"
     " B b = 3 [(relations.v1.belongs_to).foreign_key = \"b_id\"]; }"
     "message B { option (relations.v1.model) = {}; int64 id = 1; }"
     "message C { option (relations.v1.model) = { extends: \"A\" }; int64 id = 1; }",
     {"t.v1.C.b: inherited from t.v1.A, needs the field \"b_id\" (foreign_key) of type int32"}},
    {"child with a field of another type",
     "message A { option (relations.v1.model) = {}; int64 id = 1; int64 n = 2; string u = 3"
     " [(relations.v1.column).uuid = true]; }"
     "message C { option (relations.v1.model) = { extends: \"A\" }; int64 id = 1; string n = 2; string u = "
     "3; }",
     {"t.v1.C.n: has type string, but int64 in t.v1.A", "t.v1.C.u: is a uuid"}},
    {"field that hides an inherited relation",
     "message A { option (relations.v1.model) = {}; int64 id = 1; int64 b_id = 2;"
     " repeated A all = 3 [(relations.v1.has_many).foreign_key = \"b_id\"]; }"
     "message C { option (relations.v1.model) = { extends: \"A\" }; int64 id = 1; string all = 2; }"
     "message D { option (relations.v1.model) = { extends: \"A\" }; int64 id = 1; A all = 2; }",
     {"t.v1.C.all: hides the relation inherited from t.v1.A: give it the type repeated t.v1.A",
      "t.v1.D.all: hides"}},
    {"error of an ancestor is said once",
     "message A { option (relations.v1.model) = {}; int64 id = 1;"
     " repeated A all = 3 [(relations.v1.has_many) = { foreign_key: \"nix\" order_by: \"x\" inverse_of: "
     "\"y\" }]; }"
     "message C { option (relations.v1.model) = { extends: \"A\" }; int64 id = 1; }",
     {"t.v1.A.all: order_by: no field \"x\"", "t.v1.A.all: foreign_key: no field \"nix\""}},
    {"override of nothing",
     "message A { option (relations.v1.model) = {}; int64 id = 1; }"
     "message C { option (relations.v1.model) = { extends: \"A\" relations: { name: \"x\" has_one { "
     "foreign_key: \"id\" } } };"
     " int64 id = 1; }",
     {"t.v1.C.x: says no model, and no ancestor has a relation of that name"}},
    {"abstract with a table",
     "message A { option (relations.v1.model) = { abstract: true table: \"a\" }; int64 id = 1; }",
     {"t.v1.A: is abstract, so it has no table"}},
    {"abstract with rows of its own",
     "message A { option (relations.v1.model) = { abstract: true discriminator: { field: \"k\" value: \"a\" "
     "} };"
     " string k = 2; }",
     {"t.v1.A: discriminator: the model is abstract, so no row has its value"}},
    {"relation to an abstract model",
     "message A { option (relations.v1.model) = { abstract: true }; int64 id = 1; }"
     "message B { option (relations.v1.model) = {}; int64 id = 1; int64 a_id = 2;"
     " A a = 3 [(relations.v1.belongs_to).foreign_key = \"a_id\"]; }",
     {"t.v1.B.a: t.v1.A is abstract: it has no table"}},
    {"abstract model without the key that its relation refers to",
     "message A { option (relations.v1.model) = { abstract: true };"
     " repeated B bs = 3 [(relations.v1.has_many).foreign_key = \"a_id\"]; }"
     "message B { option (relations.v1.model) = {}; int64 id = 1; int64 a_id = 2; }",
     {"t.v1.A.bs: t.v1.A has no primary key to refer to: write references"}},
    {"discriminator without a field",
     "message A { option (relations.v1.model) = { discriminator: { value: \"a\" } }; int64 id = 1; }"
     "message B { option (relations.v1.model) = { discriminator: { field: \"knd\" } }; int64 id = 1; string "
     "kind = 2; }",
     {"t.v1.A: discriminator: no ancestor has a field to tell by",
      "t.v1.B: discriminator: no field \"knd\"; did you mean"}},
    {"discriminators that do not fit",
     "enum K { K_UNSPECIFIED = 0; K_CAR = 1; }"
     "message A { option (relations.v1.model) = { table: \"t\" discriminator: { field: \"k\" } }; int64 id = "
     "1; K k = 2; }"
     "message B { option (relations.v1.model) = { extends: \"A\" discriminator: { value: \"CAR\" } }; int64 "
     "id = 1; K k = 2; }"
     "message C { option (relations.v1.model) = { extends: \"A\" discriminator: { value: \"K_CAR\" } }; "
     "int64 id = 1; K k = 2; }"
     "message D { option (relations.v1.model) = { discriminator: { field: \"k\" value: \"2147483648\" } }; "
     "int64 id = 1; int32 k = 2; }"
     "message E { option (relations.v1.model) = { discriminator: { field: \"k\" value: \"-2147483648\" } }; "
     "int64 id = 1; int32 k = 2; }"
     "message F { option (relations.v1.model) = { discriminator: { field: \"k\" value: \"1\" } }; int64 id = "
     "1; double k = 2; }",
     {"t.v1.B: discriminator: \"CAR\" is no value of enum t.v1.K",
      "t.v1.D: discriminator: \"2147483648\" is no int32",
      "t.v1.F: discriminator: a field with a column and type string, integer or enum is needed"}},
    {"a value twice, and none",
     "message A { option (relations.v1.model) = { table: \"t\" discriminator: { field: \"k\" } }; int64 id = "
     "1; string k = 2; }"
     "message B { option (relations.v1.model) = { extends: \"A\" discriminator: { value: \"b\" } }; int64 id "
     "= 1; string k = 2; }"
     "message C { option (relations.v1.model) = { extends: \"A\" discriminator: { value: \"b\" } }; int64 id "
     "= 1; string k = 2; }"
     "message D { option (relations.v1.model) = { extends: \"A\" }; int64 id = 1; string k = 2; }",
     {"t.v1.C: discriminator: \"b\" is the value of t.v1.B already",
      "t.v1.D: shares the table \"t\" of t.v1.A: write"}},
    {"a value twice, by name and by number",
     "enum K { K_NONE = 0; K_CAR = 1; }"
     "message A { option (relations.v1.model) = { table: \"t\" discriminator: { field: \"k\" } }; int64 id = "
     "1; K k = 2; }"
     "message B { option (relations.v1.model) = { extends: \"A\" discriminator: { value: \"K_CAR\" } }; "
     "int64 id = 1; K k = 2; }"
     "message C { option (relations.v1.model) = { extends: \"A\" discriminator: { value: \"1\" } }; int64 id "
     "= 1; K k = 2; }",
     {"t.v1.C: discriminator: \"1\" is the value of t.v1.B already"}},
    {"another key and another column on a shared table",
     "message A { option (relations.v1.model) = { table: \"t\" discriminator: { field: \"k\" } }; int64 id = "
     "1; string k = 2;"
     " string n = 3 [(relations.v1.column).name = \"N\"]; }"
     "message B { option (relations.v1.model) = { extends: \"A\" primary_key: \"k\" discriminator: { value: "
     "\"b\" } };"
     " int64 id = 1; string k = 2; string n = 3; }",
     {"t.v1.B: shares the table \"t\" of t.v1.A, so it needs the same primary_key",
      "t.v1.B.n: lies in column \"n\", but in \"N\" in t.v1.A"}},
};

class Refused : public testing::TestWithParam<Case> {};

TEST_P(Refused, SaysAllThatIsWrongAndNothingElse) {
  Read read = ReadProto(GetParam().body);
  EXPECT_EQ(read.code, REL_BAD_SCHEMA);
  ASSERT_EQ(read.lines.size(), GetParam().lines.size()) << read.All();
  for (size_t i = 0; i < read.lines.size(); i++)
    EXPECT_NE(read.lines[i].find(GetParam().lines[i]), std::string::npos)
        << "expected: " << GetParam().lines[i] << "\nsaid: " << read.lines[i];
}

INSTANTIATE_TEST_SUITE_P(Inheritance, Refused, testing::ValuesIn(refused));

TEST(Inheritance, ALongChainIsRefusedAndALongEnoughOneServed) {
  auto chain = [](int count) {
    std::string body = "message M0 { option (relations.v1.model) = {}; int64 id = 1; }\n";
    for (int i = 1; i <= count; i++)
      body += "message M" + std::to_string(i) + " { option (relations.v1.model) = { extends: \"M" +
              std::to_string(i - 1) + "\" }; int64 id = 1; }\n";
    return ReadProto(body);
  };
  EXPECT_EQ(chain(32).code, REL_OK);
  Read longer = chain(33);
  ASSERT_EQ(longer.lines.size(), 1u) << longer.All();
  EXPECT_NE(longer.lines[0].find("t.v1.M33: has more than 32 ancestors"), std::string::npos);
}

} // namespace
