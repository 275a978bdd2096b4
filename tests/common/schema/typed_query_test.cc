// Queries of typed services: which there are, what their requests hold, under which numbers, and what
// clashes.
#include "tests/common/schema/typed_fixture.h"

#include <relations/v1/typed.pb-c.h>

using namespace relations_test;

namespace {

std::string Method(const std::string &name, const std::string &params, const std::string &filter) {
  std::string all = "query_methods: { name: \"" + name + "\" filter: \"" + filter + "\" ";
  std::stringstream list(params);
  for (std::string param, type; list >> param >> type;)
    all += "params: { name: \"" + param + "\" type: TYPE_" + type + " } ";
  return all + "} ";
}

uint32_t Number(const std::string &name) {
  return rel_typed_query_method_number(Str(name));
}

// The text of one message of the file.
std::string Message(const std::string &text, const std::string &name) {
  size_t begin = text.find("\nmessage " + name + " {");
  EXPECT_NE(begin, std::string::npos) << name << "\n" << text;
  return begin == std::string::npos ? "" : text.substr(begin, text.find("\n}\n", begin) - begin);
}

TEST(TypedQuery, NumbersAreOfNamesAlone) {
  EXPECT_EQ(Number("born_after"), 320134800u); // as clients have it
  EXPECT_EQ(Number(""),
            static_cast<uint32_t>(REL_TYPED_QUERY_METHOD) | ((2166136261u ^ 2166136261u >> 28) & 0xfffffff));
  for (const char *name : {"a", "b", "recent", "published_after", "x_1"}) {
    EXPECT_GE(Number(name), static_cast<uint32_t>(REL_TYPED_QUERY_METHOD));
    EXPECT_LE(Number(name), 536870911u);
    EXPECT_NE(Number(name), Number(std::string(name) + "_"));
  }
}

TEST(TypedQuery, FieldsAreThoseOfTypedQuery) {
  Typed t(Model("A", "as"));
  std::string text = Message(t.Print(), "AServiceAsQueryRequest");
  const ProtobufCMessageDescriptor &contract = relations__v1__typed_query__descriptor;
  std::map<ProtobufCType, std::string> types = {{PROTOBUF_C_TYPE_STRING, "string"},
                                                {PROTOBUF_C_TYPE_INT32, "int32"},
                                                {PROTOBUF_C_TYPE_BOOL, "bool"},
                                                {PROTOBUF_C_TYPE_MESSAGE, ".relations.v1.Filter"}};
  EXPECT_NE(text.find("\n  repeated string fields = 24;"), std::string::npos) << text;
  for (const char *request :
       {"AServiceGetRequest", "AServiceBatchGetRequest", "AServiceAsRequest", "AServiceQueryRequest"})
    EXPECT_NE(Message(t.Print(), request).find("\n  repeated .relations.v1.Include includes = 22;"),
              std::string::npos)
        << request;
  for (unsigned i = 0; i < contract.n_fields; i++) {
    const ProtobufCFieldDescriptor &field = contract.fields[i];
    if (field.label == PROTOBUF_C_LABEL_REPEATED) continue; // the includes and the fields
    if (std::string(field.name) == "budget") types[field.type] = ".relations.v1.Budget";
    std::string line = "\n  " + types[field.type] + " " + field.name + " = " + std::to_string(field.id) + ";";
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  EXPECT_NE(text.find("\n  optional int64 id = 1;"), std::string::npos) << text;
  EXPECT_EQ(Message(t.Print(), "AServiceQueryRequest").find(" id ="), std::string::npos)
      << "of the whole model";
  EXPECT_EQ(Message(t.Print(), "AServiceAsCountRequest").find("page_size"), std::string::npos);
}

TEST(TypedQuery, OfWhatCanBeQueried) {
  Typed t(
      "message A { option (.relations.v1.model) = {}; int64 id = 1; int64 up_id = 2;"
      "A up = 3 [(.relations.v1.belongs_to) = { foreign_key: \"up_id\" }];"
      "A first = 4 [(.relations.v1.has_one) = { foreign_key: \"up_id\" }];"
      "repeated A loaded = 5 [(.relations.v1.has_many) = { foreign_key: \"up_id\" loader: \"grpc:l\" }]; }");
  EXPECT_EQ(t.messages, Strings{});
  EXPECT_EQ(t.Methods("t.v1.AService").size(), 5u + 3 * 2);
  EXPECT_NE(t.Print().find("rpc Query(AServiceQueryRequest) returns (stream AServiceQueryResponse);"),
            std::string::npos);
  EXPECT_EQ(t.Print().find("rpc Count(AServiceCountRequest) returns (stream"), std::string::npos);
}

TEST(TypedQuery, MethodsAreTypedFields) {
  std::string all = "BOOL b INT32 i";
  Typed t(Model("A", "as",
                Method("between", "low INT64 high INT64", "id > $low AND id < $high") +
                    Method("orphans", "", "up_id = 0") +
                    Method("every", "a INT32 b INT64 c UINT32 d UINT64", "in(id, $a, $b, $c, $d)") +
                    Method("since", "t TIMESTAMP", "at > $t") +
                    Method("like", "s STRING y BYTES x FLOAT z DOUBLE q BOOL",
                           "id = $s AND id = $y AND id = $x AND id = $z AND id = $q")));
  EXPECT_EQ(t.messages, Strings{});
  std::string query = Message(t.Print(), "AServiceAsQueryRequest"),
              count = Message(t.Print(), "AServiceAsCountRequest");
  for (std::string part :
       {"  message Between {\n", "    optional int64 low = 1;", "    optional int64 high = 2;",
        "  message Every {\n", "optional int32 a = 1;", "optional uint64 d = 4;",
        ".google.protobuf.Timestamp t = 1;", "optional string s = 1;", "optional bytes y = 2;",
        "optional float x = 3;", "optional double z = 4;", "optional bool q = 5;"}) {
    EXPECT_NE(query.find(part), std::string::npos) << part << query;
    EXPECT_EQ(count.find(part), std::string::npos) << part << count;
  }
  EXPECT_NE(query.find("\n  Between between = " + std::to_string(Number("between"))), std::string::npos)
      << query;
  EXPECT_NE(count.find("\n  AServiceAsQueryRequest.Between between ="), std::string::npos) << count;
  EXPECT_NE(query.find("\n  bool orphans = " + std::to_string(Number("orphans"))), std::string::npos)
      << query;
  EXPECT_NE(t.Print().find("import \"google/protobuf/timestamp.proto\";"), std::string::npos);
  EXPECT_TRUE(t.Knows("t.v1.AServiceAsQueryRequest.Between.low"));
  EXPECT_FALSE(t.Knows("t.v1.AServiceAsCountRequest.Between"));
  // protoc takes what is printed, and what is printed again is the same.
  Typed again(ReadFiles({{"t.proto", Proto(Model("A", "as"))}, {"t_services.proto", t.Print()}}));
}

TEST(TypedQuery, AMethodAddedMovedOrInheritedRenumbersNothing) {
  std::string a = Method("a", "x INT64", "id = $x"), b = Method("b", "", "id = 1"),
              c = Method("c", "", "id = 2");
  for (const std::string &methods : {a + b, b + a, c + b + a}) {
    std::string text = Typed(Model("A", "", methods)).Print();
    EXPECT_NE(text.find("A a = " + std::to_string(Number("a")) + ";"), std::string::npos) << text;
    EXPECT_NE(text.find("bool b = " + std::to_string(Number("b")) + ";"), std::string::npos) << text;
  }
  Typed t(Model("A", "", a + b) + Model("Child", "", "extends: \"A\" " + c + Method("b", "", "id = 7")));
  std::string text = Message(t.Print(), "ChildServiceQueryRequest");
  for (const char *name : {"a", "b", "c"})
    EXPECT_NE(text.find(std::string(" ") + name + " = " + std::to_string(Number(name)) + ";"),
              std::string::npos)
        << text;
}

// A type that a method's arguments would hide must still be found.
TEST(TypedQuery, MessagesOfArgumentsHideNothing) {
  std::string methods;
  for (const char *name :
       {"book", "relations", "google", "t", "v1", "filter_", "a_service_query_request", "a_service"})
    if (std::string(name) != "filter_") methods += Method(name, "x INT64", "id = $x");
  for (bool package : {true, false}) {
    std::string proto = Proto(Model("A", "as", methods));
    if (!package) proto.replace(proto.find("package t.v1;\n"), strlen("package t.v1;\n"), "");
    Typed t(ReadFiles({{"t.proto", proto}}));
    EXPECT_EQ(t.messages, Strings{});
    Typed again(ReadFiles({{"t.proto", proto}, {"t_services.proto", t.Print()}}));
    EXPECT_EQ(again.Print(), t.Print());
  }
}

struct Clash {
  const char *methods, *message;
};

TEST(TypedQueryCollision, BothOriginsAreNamed) {
  const std::string is = "the model has no typed service: ", end = " already; rename one of them";
  for (const auto &[methods, message] : std::vector<std::pair<std::string, std::string>>{
           {Method("filter", "", "id = 1"),
            "AServiceQueryRequest.filter would be of query method t.v1.A.filter and is of every request"},
           {Method("pageSize", "", "id = 1"),
            "AServiceQueryRequest.pageSize would be of query method t.v1.A.pageSize and is of every request"},
           {Method("Id", "", "id = 1"),
            "AServiceAsQueryRequest.Id would be of query method t.v1.A.Id and is of key t.v1.A.id"},
           {Method("new_ones", "", "id = 1") + Method("newOnes", "", "id = 1"),
            "AServiceQueryRequest.newOnes would be of query method t.v1.A.newOnes and is of query method "
            "t.v1.A.new_ones"},
           {Method("ab", "x INT64", "id = $x") + Method("Ab", "", "id = 1"),
            "AServiceQueryRequest.Ab would be of query method t.v1.A.Ab and is of query method t.v1.A.ab"},
           {Method("m", "a_b INT64 aB INT64", "id = $a_b AND id = $aB"),
            "AServiceQueryRequest.M.aB would be of query method t.v1.A.m and is of query method t.v1.A.m"},
           {Method("Same", "x INT64", "id = $x"), "AServiceQueryRequest.Same would be of query method "
                                                  "t.v1.A.Same and is of query method t.v1.A.Same"}}) {
    Typed t(Model("A", "as", methods));
    EXPECT_EQ(t.messages, Strings{is + message + end});
    EXPECT_EQ(t.Services(), Strings{});
  }
}

// The keys of a batch are called by the plural of the key's field.
TEST(TypedQueryCollision, KeysThatAreCalledIncludes) {
  for (const char *key : {"includes", "include"}) {
    Typed t("message A { option (.relations.v1.model) = { primary_key: \"" + std::string(key) +
            "\" }; int64 " + key + " = 1; }");
    ASSERT_EQ(t.messages.size(), 1u) << key;
    EXPECT_NE(t.messages[0].find("GetRequest.includes would be of key t.v1.A." + std::string(key) +
                                 " and is of every request already"),
              std::string::npos)
        << t.messages[0];
  }
}

TEST(TypedQueryCollision, RelationsThatWouldBeQueries) {
  for (const char *name : {"query", "count", "exists"}) {
    Typed t(Model("A", name));
    ASSERT_EQ(t.messages.size(), 1u) << name;
    EXPECT_NE(t.messages[0].find("relation t.v1.A." + std::string(name) + " and is of model t.v1.A already"),
              std::string::npos)
        << t.messages[0];
  }
  std::string both = Model("A", "rows");
  both.insert(both.size() - 2,
              "repeated A rows_query = 4 [(.relations.v1.has_many) = { foreign_key: \"up_id\" }];");
  EXPECT_EQ(Typed(both).messages.size(), 1u);
}

TEST(TypedQueryCollision, NamesThatAreNoneInPascalCase) {
  for (const char *name : {"_", "_1", "__2x"}) {
    Typed relation(Model("A", name));
    ASSERT_EQ(relation.messages.size(), 1u) << name;
    EXPECT_NE(relation.messages[0].find("would be no identifier"), std::string::npos) << relation.messages[0];
    Typed method(Model("A", "", Method(name, "x INT64", "id = $x")));
    ASSERT_EQ(method.messages.size(), 1u) << name;
    EXPECT_NE(method.messages[0].find("which is no identifier"), std::string::npos) << method.messages[0];
  }
}

TEST(TypedQuery, MethodsThatRequestsOfferCountInTheLimit) {
  std::string base, children;
  for (int i = 0; i < 250; i++)
    base += Method("m" + std::to_string(i), "", "id = 1");
  for (int i = 100; i < 200; i++)
    children += Model("C" + std::to_string(i), "", "extends: \"Base\"");
  Typed t("message Base { option (.relations.v1.model) = { abstract: true " + base + " }; int64 id = 1; }\n" +
          children);
  EXPECT_EQ(t.typed->service_count, 50000u / (2 + 3 * 251));
  ASSERT_EQ(t.messages.size(), 1u);
  EXPECT_NE(t.messages[0].find("more than 50000 methods"), std::string::npos) << t.messages[0];
}

} // namespace
