// Filters that a schema has: query methods, and the scopes of relations.
#include "tests/server/query/filters.h"

using conditions::Show;
using filters::Filter;
using filters::Int;
using filters::String;

namespace {

// What is wrong with a schema's filters, a line each; every finding has a place.
std::string Findings(const relations_test::Read &read) {
  rel_findings findings = {};
  rel_filters_check(read.schema.get(), &findings);
  rel_findings_sort(&findings);
  std::string all;
  for (size_t i = 0; i < findings.count; i++) {
    const rel_finding &one = findings.items[i];
    EXPECT_GT(one.place.line, 0);
    all += relations_test::Text(one.model) + "." + relations_test::Text(one.element) + ": " +
           relations_test::Text(one.message) + "\n";
  }
  rel_findings_fini(&findings);
  return all;
}

class Methods : public Filter {
protected:
  std::string method(const std::string &model, const char *name,
                     std::initializer_list<Relations__V1__Value *> arguments) {
    Relations__V1__MethodCall call = RELATIONS__V1__METHOD_CALL__INIT;
    call.name = const_cast<char *>(name);
    std::vector<Relations__V1__Value *> values(arguments);
    call.arguments = values.data();
    call.n_arguments = values.size();
    rel_filter_scope s = scope(model);
    const rel_condition *out = nullptr;
    rel_error error = {};
    if (rel_filter_from_method(&s, &call, "methods[0]", &out, &error) == REL_OK) return Show(out);
    return std::string(error.field) + ": " + error.message;
  }
};

TEST_F(Methods, TakeTypedArguments) {
  Relations__V1__Value one = Int(1), big = Int(INT64_C(5000000000)), time = String("2024-01-01"),
                       wrong = String("x");
  EXPECT_EQ(method("t.v1.Thing", "after", {&time}), "at > 1704067200.000000000");
  EXPECT_EQ(method("t.v1.Child", "after", {&time}), "at > 1704067200.000000000")
      << "a field of the same table";
  EXPECT_EQ(method("t.v1.Thing", "after", {&wrong}).find("methods[0].arguments[0]: $t: a time is needed"),
            0u);
  EXPECT_EQ(method("t.v1.Thing", "after", {}), "methods[0]: after takes 1 argument, not 0");
  EXPECT_EQ(method("t.v1.Thing", "afte", {&time}).find("methods[0].name: t.v1.Thing has no query method"),
            0u);
  EXPECT_EQ(method("t.v1.Thing", "between", {&one, &one}), "all(n >= 1, n < 1)");
  EXPECT_EQ(method("t.v1.Thing", "between", {&big, &one}).find("methods[0].arguments[0]: $a: "), 0u);
  EXPECT_EQ(method("t.v1.Thing", "between", {&one, &big}).find("methods[0].arguments[1]: n is int32: "), 0u)
      << "the parameter's type holds it, the field's does not";
}

TEST_F(Methods, AreCompiledWhenASchemaIsChecked) {
  relations_test::Read read = relations_test::ReadProto(R"(
message Base {
  option (relations.v1.model) = {
    table: "a"
    query_methods: { name: "good" params: { name: "x" type: TYPE_INT64 } filter: "id > $x" }
    query_methods: { name: "nofield" filter: "idd = 1" }
    query_methods: { name: "badtype" params: { name: "x" type: TYPE_STRING } filter: "id = $x" }
    query_methods: { name: "syntax" filter: "id = 1 AND" }
    query_methods: { name: "named" params: { name: "x" type: TYPE_STRING } filter: "name = $x" }
  };
  int64 id = 1;
  string name = 2;
}
message Other {
  option (relations.v1.model) = { extends: "Base" table: "b" };
  int64 id = 1;
}
)");
  ASSERT_NE(read.schema, nullptr) << read.All();
  EXPECT_EQ(
      Findings(read),
      "t.v1.Base.badtype: filter: column 6: id is int64: a parameter of TYPE_STRING does not fit\n"
      "t.v1.Base.nofield: filter: column 1: t.v1.Base has no field \"idd\"; did you mean id?\n"
      "t.v1.Base.syntax: filter: column 11: the filter ends where a comparison is needed\n"
      "t.v1.Other.named: the filter inherited from t.v1.Base does not fit this model: column 1: t.v1.Other "
      "has no field \"name\"\n");
}

TEST(Scopes, AreCompiledWhenASchemaIsChecked) {
  relations_test::Read read = relations_test::ReadProto(R"(
message Author {
  option (relations.v1.model) = {};
  int64 id = 1;
  repeated Book cheap = 2 [(relations.v1.has_many) = { foreign_key: "author_id" where: "price < 5" }];
  repeated Book wrong = 3 [(relations.v1.has_many) = { foreign_key: "author_id" where: "name = 'x'" }];
  Book typed = 4 [(relations.v1.has_one) = { foreign_key: "author_id" where: "price : 'x'" }];
  repeated Book asks = 5 [(relations.v1.has_many) = { foreign_key: "author_id" where: "price < $most" }];
}
message Poet {
  option (relations.v1.model) = { extends: "Author" table: "author" };
  int64 id = 1;
}
message Book {
  option (relations.v1.model) = {};
  int64 id = 1;
  int64 author_id = 2;
  int32 price = 3;
}
)");
  ASSERT_NE(read.schema, nullptr) << read.All();
  EXPECT_EQ(Findings(read),
            "t.v1.Author.wrong: where: column 1: t.v1.Book has no field \"name\"\n"
            "t.v1.Author.typed: where: column 7: contains does not fit price, which is int32\n"
            "t.v1.Author.asks: where: column 9: a filter has no parameters; those of query methods have\n");
}

TEST(Scopes, GiveTheRelationsCondition) {
  relations_test::Read read = relations_test::ReadProto(R"(
message Book {
  option (relations.v1.model) = {};
  int64 id = 1;
  optional int64 next_id = 2;
  Book next = 3 [(relations.v1.belongs_to) = { foreign_key: "next_id" where: "id > 5" }];
  Book any = 4 [(relations.v1.belongs_to) = { foreign_key: "next_id" }];
}
)");
  ASSERT_NE(read.schema, nullptr) << read.All();
  const rel_model *book = rel_schema_model(read.schema.get(), rel_cstr("t.v1.Book"));
  rel_arena arena;
  rel_arena_init(&arena);
  rel_scope scope;
  rel_error error;
  ASSERT_EQ(rel_scope_read(rel_model_relation(book, rel_cstr("next")), &arena, &scope, &error), REL_OK);
  ASSERT_NE(scope.condition, nullptr);
  EXPECT_EQ(scope.condition->operator_, REL_OP_GT);
  ASSERT_EQ(rel_scope_read(rel_model_relation(book, rel_cstr("any")), &arena, &scope, &error), REL_OK);
  EXPECT_EQ(scope.condition, nullptr);
  rel_arena_fini(&arena);
}

} // namespace
