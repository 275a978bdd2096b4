// Polymorphic relations: gates, their tags, the oneofs of their members, and what a value of the type field
// means.
#include "common/schema/gate.h"
#include "common/wire.h"
#include "tests/common/schema/compiled.h"

using namespace relations_test;

namespace {

const std::string kPost = "foreign_key: \"item_id\" type_field: \"item_type\" type_tag: \"Post\"";
const std::string kPhoto = "foreign_key: \"item_id\" type_field: \"item_type\" type_tag: \"Photo\"";

// Comment with relations that tests write into it, and what they lead to.
std::string Comments(const std::string &relations, const std::string &comments = kPost,
                     const std::string &type = "optional string") {
  return "message Comment { option (relations.v1.model) = {}; int64 id = 1;\n" + type +
         " item_type = 2; optional int64 item_id = 3; optional int64 other_id = 4;\n"
         "repeated int64 marks = 5; string price = 6 [(relations.v1.column).decimal = true];\n" +
         relations +
         "}\nmessage Post { option (relations.v1.model) = {}; int64 id = 1;\n"
         "repeated Comment comments = 10 [(relations.v1.has_many) = {" +
         comments +
         "}]; }\nmessage Photo { option (relations.v1.model) = {}; int64 id = 1; }\n"
         "enum Kind { KIND_UNSPECIFIED = 0; KIND_POST = 1; KIND_PHOTO = 2; }\n";
}

std::string BelongsTo(const std::string &field, const std::string &aspects) {
  return field + " [(relations.v1.belongs_to) = { " + aspects + " }];\n";
}

const std::string kOneof =
    "oneof item {\n" + BelongsTo("Post post = 10", kPost) + BelongsTo("Photo photo = 11", kPhoto) + "}\n";

std::vector<std::string> Known(const rel_relation *relation) {
  std::vector<std::string> tags;
  for (size_t i = 0; i < relation->gate->known_count; i++)
    tags.push_back(Text(relation->gate->known[i].text));
  return tags;
}

using Names = std::vector<std::string>;

TEST(Polymorphic, BothSidesHaveTheGateOfTheForeignKey) {
  Read read = ReadProto(Comments(kOneof));
  ASSERT_EQ(read.code, REL_OK) << read.All();
  const rel_relation *post = read.Relation("t.v1.Comment", "post");
  const rel_relation *comments = read.Relation("t.v1.Post", "comments");
  for (const rel_relation *relation : {post, comments}) {
    ASSERT_NE(relation->gate, nullptr);
    EXPECT_EQ(relation->gate->model, read.Model("t.v1.Comment"));
    EXPECT_EQ(Text(relation->gate->field->name), "item_type");
    EXPECT_EQ(Text(relation->gate->tag.text), "Post");
  }
  EXPECT_EQ(Known(post), Names({"Photo", "Post"}));
  EXPECT_EQ(Known(read.Relation("t.v1.Comment", "photo")), Names({"Photo", "Post"}));
}

TEST(Polymorphic, AOneofIsAGroupOfItsMembers) {
  Read read = ReadProto(Comments(kOneof));
  ASSERT_EQ(read.code, REL_OK) << read.All();
  const rel_model *comment = read.Model("t.v1.Comment");
  const rel_group *group = rel_model_group(comment, rel_cstr("item"));
  ASSERT_NE(group, nullptr);
  ASSERT_EQ(group->member_count, 2u);
  EXPECT_EQ(group->members[0], read.Relation("t.v1.Comment", "post"));
  EXPECT_EQ(group->members[1], read.Relation("t.v1.Comment", "photo"));
  EXPECT_EQ(rel_model_group(comment, rel_cstr("post")), nullptr);
  EXPECT_EQ(rel_model_group(read.Model("t.v1.Post"), rel_cstr("item")), nullptr);
}

TEST(Polymorphic, AOneofOfColumnsIsNoGroup) {
  Read read = ReadProto(Comments("oneof value { string text = 20; int64 number = 21; }\n" + kOneof));
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_EQ(read.Model("t.v1.Comment")->group_count, 1u);
}

TEST(Polymorphic, ForwardReferencesAndRelationsOutsideOfAOneofHaveGatesToo) {
  Read read =
      ReadProto("message Comment { option (relations.v1.model) = {\n"
                "  relations: { name: \"photo\" model: \"Photo\" belongs_to { " +
                kPhoto + " } } };\nint64 id = 1; string item_type = 2; int64 item_id = 3;\n" +
                BelongsTo("Post post = 10", kPost) +
                "}\nmessage Post { option (relations.v1.model) = {}; int64 id = 1; }\n"
                "message Photo { option (relations.v1.model) = {\n"
                "  relations: { name: \"comments\" model: \"Comment\" has_many { inverse_of: \"photo\" " +
                kPhoto + " } } }; int64 id = 1; }\n");
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_EQ(Known(read.Relation("t.v1.Comment", "post")), Names({"Photo", "Post"}));
  EXPECT_EQ(read.Relation("t.v1.Photo", "comments")->inverse, read.Relation("t.v1.Comment", "photo"));
  EXPECT_EQ(read.Model("t.v1.Comment")->group_count, 0u);
}

// One column of types beside a foreign key for each kind of key.
TEST(Polymorphic, TagsAreKnownWhateverTheForeignKey) {
  Read read =
      ReadProto(Comments("oneof item {\n" + BelongsTo("Post post = 10", kPost) +
                         BelongsTo("Photo photo = 11", "foreign_key: \"other_id\" "
                                                       "type_field: \"item_type\" type_tag: \"Photo\"") +
                         "}\n"));
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_EQ(Known(read.Relation("t.v1.Comment", "post")), Names({"Photo", "Post"}));
}

TEST(Polymorphic, InversesHaveOneTag) {
  std::string post = BelongsTo("Post post = 10", kPost + " inverse_of: \"comments\"");
  Read read = ReadProto(Comments(post, kPost + " inverse_of: \"post\""));
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_EQ(read.Relation("t.v1.Post", "comments")->inverse, read.Relation("t.v1.Comment", "post"));

  const char *other = "inverse_of: t.v1.Comment.post has another type_field or type_tag; both need the same";
  const char *another = "inverse_of: t.v1.Post.comments has another type_field or type_tag";
  ExpectRefused(Comments(post, kPhoto + " inverse_of: \"post\""), {another, other});
  ExpectRefused(Comments(post, "foreign_key: \"item_id\" inverse_of: \"post\""), {another, other});
}

struct Case {
  const char *name;
  std::string body;
  std::vector<std::string> lines;
};

void PrintTo(const Case &c, std::ostream *out) {
  *out << c.name;
}

std::string Post(const std::string &aspects) {
  return Comments(BelongsTo("Post post = 10", "foreign_key: \"item_id\" " + aspects));
}

const Case cases[] = {
    {"a field without a tag",
     Post("type_field: \"item_type\""),
     {"t.proto:9: error: t.v1.Comment.post: type_field: write type_tag too, the value of \"item_type\" that "
      "stands for t.v1.Post"}},
    {"an empty tag",
     Post("type_field: \"item_type\" type_tag: \"\""),
     {"post: type_field: write type_tag too"}},
    {"a tag without a field",
     Post("type_tag: \"Post\""),
     {"t.v1.Comment.post: type_tag: write type_field too, the field of t.v1.Comment that has the tag"}},
    {"a tag without a field, from the other side",
     Comments("", "foreign_key: \"item_id\" type_tag: \"Post\""),
     {"t.v1.Post.comments: type_tag: write type_field too, the field of t.v1.Comment that has the tag"}},
    {"a field that is missing",
     Comments(
         BelongsTo("Post post = 10", "foreign_key: \"item_id\" type_field: \"item_typ\" type_tag: \"P\""),
         "foreign_key: \"item_id\" type_field: \"kind\" type_tag: \"P\""),
     {"post: type_field: no field \"item_typ\" in t.v1.Comment; did you mean \"item_type\"?",
      "comments: type_field: no field \"kind\" in t.v1.Comment"}},
    {"fields that cannot tell",
     Comments(BelongsTo("Post a = 10", "foreign_key: \"item_id\" type_field: \"marks\" type_tag: \"1\"") +
              BelongsTo("Post b = 11", "foreign_key: \"item_id\" type_field: \"price\" type_tag: \"1\"") +
              BelongsTo("Post c = 12", "foreign_key: \"item_id\" type_field: \"at\" type_tag: \"1\"") +
              "google.protobuf.Timestamp at = 20;\n"),
     {"a: type_field: \"marks\" of t.v1.Comment (int64) cannot tell: a string, an integer or an enum with a "
      "column can",
      "b: type_field: \"price\" of t.v1.Comment (string) cannot tell",
      "c: type_field: \"at\" of t.v1.Comment (google.protobuf.Timestamp) cannot tell"}},
    {"a field of the foreign key",
     Post("type_field: \"item_id\" type_tag: \"1\""),
     {"post: type_field: \"item_id\" is part of foreign_key"}},
    {"tags that do not fit",
     Comments(BelongsTo("Post post = 10", kPost), kPost, "Kind") + "message M { int64 a = 1; }\n",
     {"t.v1.Comment.post: type_tag: \"Post\" is no value of enum t.v1.Kind",
      "t.v1.Post.comments: type_tag: \"Post\" is no value of enum t.v1.Kind"}},
    {"numbers that do not fit",
     Comments(BelongsTo("Post post = 10", "foreign_key: \"item_id\" type_field: \"item_type\" type_tag: "
                                          "\"4294967296\""),
              "foreign_key: \"item_id\" type_field: \"item_type\" type_tag: \"-1\"", "uint32"),
     {"post: type_tag: \"4294967296\" is no uint32, the type of field \"item_type\"",
      "comments: type_tag: \"-1\" is no uint32"}},
    {"a number beyond what databases hold",
     Comments(BelongsTo("Post post = 10", "foreign_key: \"item_id\" type_field: \"item_type\" type_tag: "
                                          "\"9223372036854775808\""),
              "foreign_key: \"item_id\" type_field: \"item_type\" type_tag: \"9223372036854775807\"",
              "uint64"),
     {"post: type_tag: \"9223372036854775808\" is no uint64 below 2^63"}},
    {"one tag twice",
     Comments("oneof item {\n" + BelongsTo("Post post = 10", kPost) + BelongsTo("Photo photo = 11", kPost) +
              "}\n"),
     {"type_tag: \"Post\" is that of \""}},
    {"one tag twice, by name and by number",
     Comments(BelongsTo("Post post = 10", "foreign_key: \"item_id\" type_field: \"item_type\" type_tag: "
                                          "\"KIND_POST\"") +
                  BelongsTo("Photo photo = 11",
                            "foreign_key: \"item_id\" type_field: \"item_type\" type_tag: "
                            "\"1\""),
              "foreign_key: \"item_id\" type_field: \"item_type\" type_tag: \"1\"", "optional Kind"),
     {"type_tag: \""}},
    {"one tag twice in a oneof, over two foreign keys",
     Comments("oneof item {\n" + BelongsTo("Post post = 10", kPost) +
              BelongsTo("Photo photo = 11", "foreign_key: \"other_id\" type_field: \"item_type\" type_tag: "
                                            "\"Post\"") +
              "}\n"),
     {"type_tag: \"Post\" is that of \""}},
    {"a oneof of relations with something else in it",
     Comments("oneof item {\n" + BelongsTo("Post post = 10", kPost) + "string note = 12;\n}\n"),
     {"t.v1.Comment.note: stands in a oneof with a relation, and a record holds one member of it"}},
    {"a oneof of relations that are not polymorphic",
     Comments("oneof item {\n" + BelongsTo("Post post = 10", "foreign_key: \"item_id\"") +
              BelongsTo("Photo photo = 11", "foreign_key: \"other_id\"") + "}\n"),
     {"t.v1.Comment.post: stands in a oneof with a relation"}},
    {"a oneof over two type fields",
     Comments("string other_type = 30;\noneof item {\n" + BelongsTo("Post post = 10", kPost) +
              BelongsTo("Photo photo = 11", "foreign_key: \"other_id\" type_field: \"other_type\" type_tag: "
                                            "\"Photo\"") +
              "}\n"),
     {"t.v1.Comment.photo: stands in a oneof with a relation"}},
    {"a relation with the name of a oneof",
     "message Comment { option (relations.v1.model) = { relations: { name: \"item\" model: \"Photo\"\n"
     "  belongs_to { foreign_key: \"item_id\" } } }; int64 id = 1; string item_type = 2; int64 item_id = 3;\n"
     "oneof item {\n" +
         BelongsTo("Post post = 10", kPost) + BelongsTo("Photo photo = 11", kPhoto) +
         "} }\nmessage Post { option (relations.v1.model) = {}; int64 id = 1; }\n"
         "message Photo { option (relations.v1.model) = {}; int64 id = 1; }\n",
     {"t.v1.Comment.item: has the name of a oneof of relations"}},
    {"a loader's records",
     Comments("", kPost + " loader: \"grpc:comments\""),
     {"t.v1.Post.comments: type_field: the loader \"grpc:comments\" decides which records there are"}},
};

class Refused : public testing::TestWithParam<Case> {};

TEST_P(Refused, WithEveryError) {
  ExpectRefused(GetParam().body, GetParam().lines);
}

INSTANTIATE_TEST_SUITE_P(All, Refused, testing::ValuesIn(cases), [](const testing::TestParamInfo<Case> &c) {
  std::string name = c.param.name;
  for (char &letter : name)
    if (!isalnum(letter)) letter = '_';
  return name;
});

// --- Inheritance ---

std::string Family(const std::string &child) {
  return Comments(kOneof) +
         "message Reply { option (relations.v1.model) = { table: \"comment\" extends: "
         "\"Comment\" }; int64 id = 1;\noptional string item_type = 2; optional int64 "
         "item_id = 3; optional string kind = 5;\n" +
         child + "}\n";
}

TEST(PolymorphicInheritance, AnHeirHasTheGateOverItsOwnField) {
  Read read = ReadProto(Family("oneof item { Post post = 10; Photo photo = 11; }\n"));
  ASSERT_EQ(read.code, REL_OK) << read.All();
  const rel_relation *post = read.Relation("t.v1.Reply", "post");
  EXPECT_EQ(post->gate->field, rel_model_field(read.Model("t.v1.Reply"), rel_cstr("item_type")));
  EXPECT_NE(rel_model_group(read.Model("t.v1.Reply"), rel_cstr("item")), nullptr);
}

TEST(PolymorphicInheritance, AspectsAreOverriddenOneByOne) {
  Read read = ReadProto(Family(BelongsTo("Post post = 10", "type_tag: \"Article\"") +
                               BelongsTo("Photo photo = 11", "type_field: \"kind\"")));
  ASSERT_EQ(read.code, REL_OK) << read.All();
  const rel_relation *post = read.Relation("t.v1.Reply", "post");
  EXPECT_EQ(Text(post->gate->tag.text), "Article");
  EXPECT_EQ(Text(post->gate->field->name), "item_type");
  EXPECT_EQ(Known(post), Names({"Article"}));
  const rel_relation *photo = read.Relation("t.v1.Reply", "photo");
  EXPECT_EQ(Text(photo->gate->tag.text), "Photo");
  EXPECT_EQ(Text(photo->gate->field->name), "kind");
  EXPECT_EQ(Text(read.Relation("t.v1.Comment", "post")->gate->tag.text), "Post");
}

TEST(PolymorphicInheritance, AnEmptyTypeFieldTakesTheGateAway) {
  Read read = ReadProto(Family(BelongsTo("Post post = 10", "type_field: \"\"")));
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_EQ(read.Relation("t.v1.Reply", "post")->gate, nullptr);
  EXPECT_NE(read.Relation("t.v1.Comment", "post")->gate, nullptr);
}

TEST(PolymorphicInheritance, AnHeirDeclaresTheTypeField) {
  ExpectRefused(Comments(kOneof) +
                    "message Reply { option (relations.v1.model) = { table: \"comment\" extends: "
                    "\"Comment\" }; int64 id = 1; optional int64 item_id = 3; }\n",
                {"inherited from t.v1.Comment, needs the field \"item_type\" (type_field) of type string",
                 "inherited from t.v1.Comment, needs the field \"item_type\" (type_field) of type string"});
}

TEST(PolymorphicInheritance, ATagThatAnHeirTakesFromItsAncestorIsReportedAtTheHeir) {
  ExpectRefused(Family(BelongsTo("Post post = 10", "type_tag: \"Photo\"")),
                {"type_tag: \"Photo\" is that of \""});
}

// --- What a value means ---

rel_passage Ask(const rel_relation *relation, const std::string &value) {
  rel_tag tag = {Str(value), 0};
  return rel_gate_ask(relation->gate, &tag);
}

TEST(Gate, LetsPassItsOwnTagOnly) {
  Read read = ReadProto(Comments(kOneof));
  ASSERT_EQ(read.code, REL_OK) << read.All();
  const rel_relation *post = read.Relation("t.v1.Comment", "post");
  EXPECT_EQ(Ask(post, "Post"), REL_PASSES);
  EXPECT_EQ(Ask(post, "Photo"), REL_PASSES_NOT);
  EXPECT_EQ(rel_gate_ask(post->gate, nullptr), REL_PASSES_NOT);
  for (const char *unknown : {"", "post", "Post ", "Pos", "Posts", "Video", "A"})
    EXPECT_EQ(Ask(post, unknown), REL_UNKNOWN_TAG) << unknown;
}

TEST(Gate, SaysWhichTagNobodyHas) {
  Read read = ReadProto(Comments(kOneof));
  ASSERT_EQ(read.code, REL_OK) << read.All();
  rel_tag tag = {rel_cstr("Vid\"eo"), 0};
  rel_error error;
  EXPECT_EQ(rel_gate_refuse(read.Relation("t.v1.Comment", "post")->gate, &tag, rel_cstr("5"), &error),
            REL_BAD_DATA);
  EXPECT_STREQ(error.message, "comment.item_type of the row with key 5: \"Vid\\\"eo\" is the type_tag of no "
                              "relation of t.v1.Comment, whose tags are \"Photo\", \"Post\"");
}

std::string Typed(const std::string &type) {
  const char *tag = "foreign_key: \"item_id\" type_field: \"item_type\" type_tag: ";
  return Comments(BelongsTo("Post post = 10", tag + std::string("\"1\"")) +
                      BelongsTo("Photo photo = 11", tag + std::string("\"2\"")),
                  tag + std::string("\"1\""), type);
}

struct Bytes {
  rel_buf buf = {};
  ~Bytes() { rel_buf_fini(&buf); }
};

TEST(Gate, ReadsNumbersOfEveryTypeFromARecord) {
  for (std::string type :
       {"int32", "sint32", "sfixed32", "uint64", "fixed64", "sint64", "sfixed64", "Kind"}) {
    Read read = ReadProto(Typed(type));
    ASSERT_EQ(read.code, REL_OK) << type << read.All();
    const rel_gate *gate = read.Relation("t.v1.Comment", "photo")->gate;
    Bytes record;
    rel_wire_put_uint(&record.buf, 1, 7);
    if (type == "sfixed32")
      rel_wire_put_fixed32(&record.buf, 2, 2);
    else if (type == "fixed64" || type == "sfixed64")
      rel_wire_put_fixed64(&record.buf, 2, 2);
    else
      rel_wire_put_uint(&record.buf, 2, type[0] == 's' ? rel_wire_zigzag(2) : 2);
    rel_wire_put_uint(&record.buf, 3, 9);
    rel_tag tag;
    ASSERT_TRUE(rel_gate_read(gate, rel_buf_view(&record.buf), &tag)) << type;
    EXPECT_EQ(rel_gate_ask(gate, &tag), REL_PASSES) << type;
  }
}

TEST(Gate, ANegativeNumberIsExact) {
  const char *tag = "foreign_key: \"item_id\" type_field: \"item_type\" type_tag: \"-2\"";
  for (std::string type : {"int32", "sint32", "sfixed32", "int64"}) {
    Read read = ReadProto(Comments(BelongsTo("Post post = 10", tag), tag, type));
    ASSERT_EQ(read.code, REL_OK) << type << read.All();
    const rel_gate *gate = read.Relation("t.v1.Comment", "post")->gate;
    Bytes record;
    if (type == "sfixed32")
      rel_wire_put_fixed32(&record.buf, 2, (uint32_t)-2);
    else
      rel_wire_put_uint(&record.buf, 2, type[0] == 's' ? rel_wire_zigzag(-2) : (uint64_t)-2);
    rel_tag value;
    ASSERT_TRUE(rel_gate_read(gate, rel_buf_view(&record.buf), &value));
    EXPECT_EQ(value.number, -2) << type;
    EXPECT_EQ(rel_gate_ask(gate, &value), REL_PASSES) << type;
  }
}

TEST(Gate, AnAbsentFieldIsNullWhereItHasPresenceAndZeroElsewhere) {
  rel_tag tag;
  Read optional = ReadProto(Comments(kOneof));
  EXPECT_FALSE(rel_gate_read(optional.Relation("t.v1.Comment", "post")->gate, rel_cstr(""), &tag));
  Read plain = ReadProto(Comments(kOneof, kPost, "string"));
  ASSERT_TRUE(rel_gate_read(plain.Relation("t.v1.Comment", "post")->gate, rel_cstr(""), &tag));
  EXPECT_EQ(Text(tag.text), "");
}

} // namespace
