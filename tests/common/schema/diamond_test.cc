// Models with several parents: what comes down from each, and what only the child can decide.
#include "tests/common/schema/compiled.h"

using namespace relations_test;

namespace {

using Strings = std::vector<std::string>;

// Base <- Left (overrides notes) and Right; both hand down what Base declares as well.
const char base[] = R"(
message Base {
  option (relations.v1.model) = { abstract: true
    query_methods: { name: "all" filter: "id > 0" }
    query_methods: { name: "named" params: { name: "n" type: TYPE_STRING } filter: "name = $n" } };
  int64 id = 1;
  string name = 2;
  repeated Note notes = 10 [(relations.v1.has_many) = { foreign_key: "base_id" order_by: "text" }];
  repeated Note drafts = 11 [(relations.v1.has_many) = { foreign_key: "base_id" where: "id < 0" }];
}
message Left {
  option (relations.v1.model) = { extends: "Base" abstract: true query_methods: { name: "left" filter: "id = 1" } };
  int64 id = 1;
  repeated Note notes = 10 [(relations.v1.has_many) = { order_by: "text desc" limit: 5 }];
  repeated Note lefts = 12 [(relations.v1.has_many).foreign_key = "base_id"];
}
message Right {
  option (relations.v1.model) = { extends: "Base" abstract: true };
  int64 id = 1;
  repeated Note rights = 12 [(relations.v1.has_many).foreign_key = "base_id"];
}
message Note { option (relations.v1.model) = {}; int64 id = 1; int64 base_id = 2; string text = 3; }
)";

Strings RelationNames(const rel_model *model) {
  Strings names;
  for (size_t i = 0; i < model->relation_count; i++)
    names.push_back(Text(model->relations[i]->name));
  return names;
}

Read With(const std::string &more) {
  return ReadProto((base + more).c_str());
}

TEST(Diamond, TheChildDecidesAndHasAllElseOnce) {
  Read read = With(R"(
    message Child { option (relations.v1.model) = { extends: "Left" extends: "Right" };
      int64 id = 1; string name = 2;
      repeated Note notes = 10 [(relations.v1.has_many) = { strict: true }]; })");
  ASSERT_EQ(read.code, REL_OK) << read.All();
  const rel_model *child = read.Model("t.v1.Child");
  EXPECT_EQ(RelationNames(child), (Strings{"notes", "lefts", "drafts", "rights"}));
  const rel_relation *notes = read.Relation("t.v1.Child", "notes");
  EXPECT_EQ(Order(notes), "text desc, id")
      << "what it leaves out is the first parent's that has the relation";
  EXPECT_EQ(notes->limit, 5u);
  ASSERT_EQ(notes->override_count, 2u);
  EXPECT_EQ(notes->overrides[0], read.Model("t.v1.Left"));
  EXPECT_EQ(notes->overrides[1], read.Model("t.v1.Base"));
  EXPECT_EQ(read.Relation("t.v1.Child", "drafts")->declared_in, read.Model("t.v1.Base"));
  EXPECT_EQ(child->method_count, 3u) << "all, named, left";
  for (const char *ancestor : {"t.v1.Left", "t.v1.Right", "t.v1.Base", "t.v1.Child"})
    EXPECT_TRUE(rel_model_is_a(child, read.Model(ancestor))) << ancestor;
  EXPECT_FALSE(rel_model_is_a(child, read.Model("t.v1.Note")));
  EXPECT_EQ(child->ancestor_count, 3u);
}

TEST(Diamond, IsRefusedUnlessTheChildDecides) {
  Read read = With(R"(
    message Child { option (relations.v1.model) = { extends: "Right" extends: "Left" }; int64 id = 1; string name = 2; })");
  EXPECT_EQ(read.code, REL_BAD_SCHEMA);
  ASSERT_EQ(read.lines.size(), 1u) << read.All();
  EXPECT_NE(read.lines[0].find(
                "t.v1.Child: inherits the relation \"notes\" as t.v1.Base declares it and as t.v1.Left does: "
                "declare it again here, to decide"),
            std::string::npos)
      << read.All();
}

TEST(Diamond, AHeirOfTheChildHasWhatWasDecided) {
  Read read = With(R"(
    message Child { option (relations.v1.model) = { extends: "Left" extends: "Right" }; int64 id = 1; string name = 2;
      repeated Note notes = 10 [(relations.v1.has_many) = { order_by: "" }]; }
    message Heir { option (relations.v1.model) = { extends: "Child" }; int64 id = 1; string name = 2; })");
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_EQ(read.Relation("t.v1.Heir", "notes")->declared_in, read.Model("t.v1.Child"));
  EXPECT_EQ(Order(read.Relation("t.v1.Heir", "notes")), "id");
}

TEST(Diamond, OfQueryMethods) {
  const char *two = R"(
    message One { option (relations.v1.model) = { extends: "Base" abstract: true
      query_methods: { name: "all" filter: "id > 1" } }; int64 id = 1; })";
  Read read = With(std::string(two) + R"(
    message Child { option (relations.v1.model) = { extends: "One" extends: "Right" }; int64 id = 1; string name = 2; })");
  ASSERT_EQ(read.lines.size(), 1u) << read.All();
  EXPECT_NE(read.lines[0].find("inherits the query method \"all\" from two models"), std::string::npos)
      << read.All();
  read = With(std::string(two) + R"(
    message Child { option (relations.v1.model) = { extends: "One" extends: "Right"
      query_methods: { name: "all" filter: "id > 2" } }; int64 id = 1; string name = 2; })");
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_EQ(read.Model("t.v1.Child")->method_count, 2u);
  EXPECT_EQ(Text(read.Model("t.v1.Child")->methods[0]->filter), "id > 2");
}

TEST(Diamond, FieldsFitThoseOfEveryParent) {
  Read read = ReadProto(R"(
    message A { option (relations.v1.model) = { abstract: true }; int64 id = 1; }
    message B { option (relations.v1.model) = { abstract: true }; int64 id = 1; string code = 2; }
    message C { option (relations.v1.model) = { extends: "A" extends: "B" }; int64 id = 1; int64 code = 2; })");
  ASSERT_EQ(read.lines.size(), 1u) << read.All();
  EXPECT_NE(read.lines[0].find("C.code: has type int64, but string in t.v1.B"), std::string::npos)
      << read.All();
}

TEST(Diamond, TheTableIsThatOfTheAncestorWithADiscriminator) {
  Read read = ReadProto(R"(
    message Mixin { option (relations.v1.model) = { abstract: true }; int64 id = 1; }
    message Person { option (relations.v1.model) = { table: "people" discriminator: { field: "kind" value: "person" } };
      int64 id = 1; string kind = 2; }
    message Guest { option (relations.v1.model) = { extends: "Mixin" extends: "Person" discriminator: { value: "guest" } };
      int64 id = 1; string kind = 2; })");
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_EQ(Text(read.Model("t.v1.Guest")->table), "people");
  EXPECT_EQ(read.Model("t.v1.Person")->discriminator_tag_count, 2u);
  EXPECT_EQ(read.Model("t.v1.Guest")->discriminator_tag_count, 1u);
}

TEST(Diamond, CirclesThroughAnyParentAreReported) {
  Read read = ReadProto(R"(
    message X { option (relations.v1.model) = { abstract: true }; }
    message A { option (relations.v1.model) = { extends: "X" extends: "B" }; int64 id = 1; }
    message B { option (relations.v1.model) = { extends: "X" extends: "C" }; int64 id = 1; }
    message C { option (relations.v1.model) = { extends: "X" extends: "A" }; int64 id = 1; }
    message D { option (relations.v1.model) = { extends: "A" extends: "X" }; int64 id = 1; })");
  EXPECT_EQ(read.lines.size(), 3u) << read.All();
  for (const auto &line : read.lines)
    EXPECT_NE(line.find("extends itself: t.v1.A -> t.v1.B -> t.v1.C -> t.v1.A"), std::string::npos) << line;
}

TEST(Diamond, TheSameParentTwiceAndTooManyAncestors) {
  Read read = ReadProto(R"(
    message A { option (relations.v1.model) = { abstract: true }; }
    message B { option (relations.v1.model) = { extends: "A" extends: "A" }; int64 id = 1; })");
  ASSERT_EQ(read.lines.size(), 1u) << read.All();
  EXPECT_NE(read.lines[0].find("extends \"t.v1.A\" twice"), std::string::npos) << read.All();
  std::string text, extends;
  for (int i = 0; i < 33; i++) {
    text += "message M" + std::to_string(i) + " { option (relations.v1.model) = { abstract: true }; }\n";
    if (i < 32) extends += " extends: \"M" + std::to_string(i) + "\"";
  }
  text += "message Fits { option (relations.v1.model) = {" + extends + " }; int64 id = 1; }\n";
  EXPECT_EQ(ReadProto(text.c_str()).code, REL_OK);
  read = ReadProto(
      (text + "message Not { option (relations.v1.model) = { extends: \"M32\"" + extends +
       " }; int64 id = 1; }\n"
       "message Nor { option (relations.v1.model) = { extends: \"Fits\" extends: \"M32\" }; int64 id = 1; }")
          .c_str());
  EXPECT_EQ(read.lines.size(), 2u) << read.All();
  for (const auto &line : read.lines)
    EXPECT_NE(line.find("has more than 32 ancestors"), std::string::npos) << line;
}

} // namespace
