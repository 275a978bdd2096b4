// What the schema language can say beyond the README's example: names, files, types, spellings of options.
#include "tests/common/schema/compiled.h"

using namespace relations_test;

namespace {

using Strings = std::vector<std::string>;

const rel_field *Field(const Read &read, const char *model, const char *name) {
  const rel_field *field = rel_model_field(read.Model(model), rel_cstr(name));
  EXPECT_NE(field, nullptr) << name;
  return field;
}

TEST(Names, FilesThatCannotImportEachOtherReferForward) {
  auto file = [](const std::string &package, const std::string &imports, const std::string &body) {
    return "syntax = \"proto3\";\npackage " + package + ";\nimport \"relations/v1/options.proto\";\n" +
           imports + body;
  };
  Read read = ReadFiles(
      {{"shop.proto", file("shop.v1", "",
                           "message Product { option (relations.v1.model) = { relations: {"
                           " name: \"reviews\" model: \"review.v1.Review\""
                           " has_many { foreign_key: \"product_id\" inverse_of: \"product\" } } };"
                           " int64 id = 1; }")},
       {"review.proto",
        file("review.v1", "import \"shop.proto\";\n",
             "message Review { option (relations.v1.model) = {}; int64 id = 1; int64 product_id = 2;"
             " shop.v1.Product product = 3 [(relations.v1.belongs_to) = { foreign_key: \"product_id\""
             " inverse_of: \"reviews\" }]; }")}});
  ASSERT_EQ(read.code, REL_OK) << read.All();
  const rel_relation *reviews = read.Relation("shop.v1.Product", "reviews");
  EXPECT_EQ(reviews->target, read.Model("review.v1.Review"));
  EXPECT_EQ(reviews->inverse, read.Relation("review.v1.Review", "product"));
  EXPECT_EQ(reviews->field_number, 0u);
  EXPECT_EQ(reviews->place.line, 4);
}

TEST(Names, AreScopedAsProtocScopesThem) {
  auto model = [](const std::string &name, const std::string &to, const std::string &inner) {
    return "message " + name + " { option (.relations.v1.model) = { relations: { name: \"r\" model: \"" + to +
           "\" has_many { foreign_key: \"id\" } } }; int64 id = 1; " + inner + "}\n";
  };
  std::string plain = " { option (.relations.v1.model) = {}; int64 id = 1; }\n";
  std::string header = "syntax = \"proto3\";\nimport \"relations/v1/options.proto\";\n";
  Read read =
      ReadFiles({{"inner.proto", header + "package a.b;\n" + model("Innermost", "X", "message X" + plain) +
                                     model("Sibling", "X", "") + model("Outwards", "Y", "") +
                                     model("Absolute", ".a.X", "") + model("Partly", "b.X", "") +
                                     model("PastAField", "X.Z", "") + "message X" + plain},
                 {"outer.proto", header + "package a;\nmessage X" + plain + "message Y" + plain}});
  // a.b.X is a message, so X.Z is looked for in it and nowhere else.
  ASSERT_EQ(read.lines.size(), 1u) << read.All();
  EXPECT_NE(read.lines[0].find("a.b.PastAField.r: no message \"X.Z\""), std::string::npos);
  read = ReadFiles({{"inner.proto", header + "package a.b;\n" + model("Innermost", "X", "message X" + plain) +
                                        model("Sibling", "X", "") + model("Outwards", "Y", "") +
                                        model("Absolute", ".a.X", "") + model("Partly", "b.X", "") +
                                        model("PastAField", "Y", "int64 Y = 2;") + "message X" + plain},
                    {"outer.proto", header + "package a;\nmessage X" + plain + "message Y" + plain}});
  ASSERT_EQ(read.code, REL_OK) << read.All();
  auto target = [&](const char *name) { return Text(read.Relation(name, "r")->target->name); };
  EXPECT_EQ(target("a.b.Innermost"), "a.b.Innermost.X");
  EXPECT_EQ(target("a.b.Sibling"), "a.b.X");
  EXPECT_EQ(target("a.b.Outwards"), "a.Y");
  EXPECT_EQ(target("a.b.Absolute"), "a.X");
  EXPECT_EQ(target("a.b.Partly"), "a.b.X");
  EXPECT_EQ(target("a.b.PastAField"), "a.Y");
}

TEST(Names, APackageMayItselfContainRelations) {
  Read read = ReadFiles({{"f.proto", "syntax = \"proto3\";\npackage family.relations.v1;\n"
                                     "import \"relations/v1/options.proto\";\nmessage Cousin {"
                                     " option (.relations.v1.model) = { table: \"c\" }; int64 id = 1; }"}});
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_EQ(Text(read.Model("family.relations.v1.Cousin")->table), "c");
}

TEST(Names, NoPackageAtAll) {
  Read read =
      ReadFiles({{"f.proto", "syntax = \"proto3\";\nimport \"relations/v1/options.proto\";\nmessage Lone {"
                             " option (relations.v1.model) = {}; int64 id = 1; }"}});
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_EQ(Text(read.Model("Lone")->package), "");
}

TEST(Names, TablesAreSnakeCase) {
  const std::pair<const char *, const char *> names[] = {{"BookReview", "book_review"},
                                                         {"HTTPServer", "http_server"},
                                                         {"UserV2", "user_v2"},
                                                         {"lower", "lower"},
                                                         {"Already_There", "already_there"},
                                                         {"ABC", "abc"}};
  for (const auto &name : names) {
    rel_buf out = {};
    rel_snake_case(rel_cstr(name.first), &out);
    EXPECT_EQ(Text(rel_buf_view(&out)), name.second);
    rel_buf_fini(&out);
  }
}

TEST(Options, DottedFormIsTheSameAsAnAggregate) {
  Read read = ReadProto(R"(
    message A { option (relations.v1.model).table = "as"; option (relations.v1.model).cache.ttl.seconds = 3;
      option (relations.v1.model).cache.ttl.nanos = 5; option (relations.v1.model).cache.max_entries = 2;
      int64 id = 1; int64 x = 2; int64 y = 3;
      A next = 4 [(relations.v1.belongs_to).foreign_key = "x", (relations.v1.belongs_to).strict = true,
        (relations.v1.belongs_to).cache.enabled = false, (relations.v1.belongs_to).cache.max_bytes = 9]; }
    message B { option (relations.v1.model) = { primary_key: "x" }; option (relations.v1.model).primary_key = "y";
      int64 x = 1; int64 y = 2; })");
  ASSERT_EQ(read.code, REL_OK) << read.All();
  const rel_model *a = read.Model("t.v1.A");
  EXPECT_EQ(Text(a->table), "as");
  EXPECT_EQ(a->cache.ttl_ns, INT64_C(3000000005));
  const rel_relation *next = read.Relation("t.v1.A", "next");
  EXPECT_TRUE(next->strict);
  EXPECT_TRUE(next->cache.has_enabled && !next->cache.enabled);
  EXPECT_EQ(next->cache.max_bytes, 9u);
  EXPECT_EQ(next->cache.max_entries, 2u) << "the model's";
  const rel_model *b = read.Model("t.v1.B");
  EXPECT_EQ(Names(b->primary_key, b->primary_key_count), (Strings{"x", "y"}));
}

TEST(Keys, CompositeKeysGoInPairs) {
  Read read = ReadProto(R"(
    message Order { option (relations.v1.model) = { primary_key: ["shop", "number"] }; string shop = 2; uint32 number = 1;
      repeated Line lines = 3 [(relations.v1.has_many) = { foreign_key: ["shop", "order_number"] }]; }
    message Line { option (relations.v1.model) = {}; sfixed64 id = 1; string shop = 2; int64 order_number = 3;
      Order order = 4 [(relations.v1.belongs_to) = { foreign_key: ["order_number", "shop"]
        references: ["number", "shop"] }]; })");
  ASSERT_EQ(read.code, REL_OK) << read.All();
  const rel_relation *lines = read.Relation("t.v1.Order", "lines");
  EXPECT_EQ(Names(lines->references, lines->key_count), (Strings{"shop", "number"}));
  EXPECT_TRUE(rel_relation_joins_on_primary_key(lines));
  const rel_relation *order = read.Relation("t.v1.Line", "order");
  EXPECT_EQ(Names(order->foreign_key, order->key_count), (Strings{"order_number", "shop"}));
  EXPECT_EQ(Order(order), "shop, number");
}

TEST(Keys, UuidsAreOneIdentityAsTextOrBytes) {
  Read read = ReadProto(R"(
    message A { option (relations.v1.model) = {}; string id = 1 [(relations.v1.column).uuid = true]; }
    message B { option (relations.v1.model) = {}; int64 id = 1; optional bytes a_id = 2 [(relations.v1.column).uuid = true];
      A a = 3 [(relations.v1.belongs_to).foreign_key = "a_id"]; })");
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_EQ(rel_field_key_kind(Field(read, "t.v1.A", "id")), REL_KEY_UUID);
  EXPECT_EQ(rel_field_key_kind(Field(read, "t.v1.B", "a_id")), REL_KEY_UUID);
}

TEST(Fields, EveryTypeHasItsColumnOrNone) {
  Read read = ReadProto(R"(
    enum Color { COLOR_UNSPECIFIED = 0; COLOR_RED = 5; }
    message A { option (relations.v1.model) = {}; int64 id = 1; Color color = 2; optional Color maybe = 3;
      repeated string tags = 4; map<string, int64> counts = 5; A nested = 6; oneof one { int32 x = 7; A y = 8; }
      string price = 9 [(relations.v1.column).decimal = true]; bytes raw = 10;
      google.protobuf.Timestamp at = 11 [(relations.v1.column).time_unit = TIME_UNIT_MICROSECONDS];
      string gone = 12 [(relations.v1.column) = { ignore: true c_name: "g" }];
      repeated google.protobuf.Timestamp times = 13; })");
  ASSERT_EQ(read.code, REL_OK) << read.All();
  const rel_field *color = Field(read, "t.v1.A", "color");
  ASSERT_NE(color->enum_type, nullptr);
  EXPECT_EQ(Text(color->type_name), "t.v1.Color");
  EXPECT_EQ(Text(color->enum_type->values[1].name), "COLOR_RED");
  EXPECT_EQ(color->enum_type->values[1].number, 5);
  EXPECT_TRUE(color->has_column && !color->nullable);
  EXPECT_EQ(Field(read, "t.v1.A", "maybe")->enum_type, color->enum_type);
  EXPECT_TRUE(Field(read, "t.v1.A", "maybe")->nullable);
  for (const char *name : {"tags", "counts", "nested", "y", "gone", "times"})
    EXPECT_FALSE(Field(read, "t.v1.A", name)->has_column) << name;
  EXPECT_TRUE(Field(read, "t.v1.A", "x")->nullable && Field(read, "t.v1.A", "x")->has_presence);
  EXPECT_TRUE(Field(read, "t.v1.A", "price")->decimal);
  EXPECT_EQ(Field(read, "t.v1.A", "at")->time_units_per_second, 1000000);
  EXPECT_EQ(Text(Field(read, "t.v1.A", "gone")->c_name), "g");
  EXPECT_STREQ(rel_type_name(Field(read, "t.v1.A", "raw")->type), "bytes");
  EXPECT_STREQ(rel_type_name(Field(read, "t.v1.A", "at")->type), "google.protobuf.Timestamp");
  EXPECT_STREQ(rel_type_name((rel_type)4711), "unknown");
  const rel_model *a = read.Model("t.v1.A");
  for (size_t i = 1; i < a->field_count; i++)
    EXPECT_LT(a->fields[i - 1]->number, a->fields[i]->number);
}

TEST(Fields, OfProto2HavePresenceUnlessRequired) {
  Read read = ReadFiles(
      {{"p.proto", "syntax = \"proto2\";\npackage p;\nimport \"relations/v1/options.proto\";\n"
                   "message A { option (relations.v1.model) = {}; required int64 id = 1;"
                   " optional string name = 2; optional group Grp = 3 { optional int32 x = 1; } }"}});
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_FALSE(Field(read, "p.A", "id")->nullable);
  EXPECT_TRUE(Field(read, "p.A", "name")->nullable);
  EXPECT_FALSE(Field(read, "p.A", "grp")->has_column);
  Read refused =
      ReadFiles({{"p.proto", "syntax = \"proto2\";\npackage p;\nimport \"relations/v1/options.proto\";\n"
                             "message A { option (relations.v1.model) = {}; optional int64 id = 1; }"}});
  EXPECT_NE(refused.All().find("declare it without optional (required, in proto2)"), std::string::npos)
      << refused.All();
}

TEST(Methods, DollarsInStringsAreText) {
  Read read = ReadProto(
      "message A { option (relations.v1.model) = { query_methods: { name: \"m\""
      " filter: 'name = \"$x \\\\\" $y\" OR id = $id' params: { name: \"id\" type: TYPE_INT64 } } };"
      " int64 id = 1; string name = 2; }");
  EXPECT_EQ(read.code, REL_OK) << read.All();
}

TEST(Options, OfAnotherExtensionAreNotOurs) {
  Read read = ReadFiles(
      {{"o.proto", "syntax = \"proto2\";\npackage o;\nimport \"google/protobuf/descriptor.proto\";\n"
                   "import \"relations/v1/options.proto\";\n"
                   "extend google.protobuf.MessageOptions { optional string mine = 76380; }\n"
                   "message B { option (mine) = \"x\"; }\n"
                   "message A { option (relations.v1.model) = {}; required int64 id = 1; }"}});
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_EQ(read.schema->model_count, 1u);
}

} // namespace
