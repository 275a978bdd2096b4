// Typed services: which names they get, what takes a name, and that nothing of the user's is lost.
#include "common/schema/typed.h"

#include "tests/common/schema/typed_fixture.h"

using namespace relations_test;

namespace {

std::string Pascal(const char *name) {
  rel_buf out = {};
  rel_pascal_case(rel_cstr(name), &out);
  std::string text = Text(rel_buf_view(&out));
  rel_buf_fini(&out);
  return text;
}

TEST(Pascal, OfSnakeCamelAndOddNames) {
  EXPECT_EQ(Pascal("books"), "Books");
  EXPECT_EQ(Pascal("book_reviews"), "BookReviews");
  EXPECT_EQ(Pascal("bookReviews"), "BookReviews");
  EXPECT_EQ(Pascal("Outer.Inner"), "OuterInner");
  EXPECT_EQ(Pascal("__a__b_"), "AB");
  EXPECT_EQ(Pascal("item_2_of"), "Item2Of");
  EXPECT_EQ(Pascal("HTTPServer"), "HTTPServer");
  EXPECT_EQ(Pascal(""), "");
}

TEST(Typed, AServiceForEveryModelThatHasRecords) {
  Typed t("message Base { option (.relations.v1.model) = { abstract: true }; int64 id = 1;"
          "repeated Note notes = 2 [(.relations.v1.has_many) = { foreign_key: \"up_id\" }]; }\n" +
          Model("Note") +
          "message Child { option (.relations.v1.model) = { extends: \"Base\" }; int64 id = 1; }\n"
          "message Plain { int64 id = 1; }\n"
          "message Outer { message Inner { option (.relations.v1.model) = {}; int64 id = 1; } }");
  EXPECT_EQ(t.messages, Strings{});
  EXPECT_EQ(t.Services(), (Strings{"t.v1.ChildService", "t.v1.NoteService", "t.v1.OuterInnerService"}));
  EXPECT_EQ(t.Methods("t.v1.ChildService"),
            (Strings{"/t.v1.ChildService/Get", "/t.v1.ChildService/BatchGet", "/t.v1.ChildService/Query",
                     "/t.v1.ChildService/Count", "/t.v1.ChildService/Exists", "/t.v1.ChildService/Notes",
                     "/t.v1.ChildService/BatchNotes", "/t.v1.ChildService/NotesQuery",
                     "/t.v1.ChildService/NotesCount", "/t.v1.ChildService/NotesExists"}));
  ASSERT_EQ(t.typed->file_count, 1u);
  EXPECT_EQ(Text(t.typed->files[0].name), "t_services.proto");
  EXPECT_NE(t.Print().find("repeated Note notes = 1;"), std::string::npos) << t.Print();
  EXPECT_NE(t.Print().find("  Outer.Inner record = 1;"), std::string::npos) << t.Print();
}

TEST(Typed, SymbolsOfWhatIsGenerated) {
  Typed t(Model("A", "as"));
  for (const char *known : {"t.v1.AService", "t.v1.AService.BatchAs", "t.v1.AServiceGetRequest",
                            "t.v1.AServiceGetRequest.id", "t.v1.AServiceAsResponse.next_page_token"})
    EXPECT_TRUE(t.Knows(known)) << known;
  for (const char *unknown :
       {"", "t.v1", "t.v1.A", "t.v1.AService.as", "t.v1.AServiceKey", "t.v1.AServiceGetRequest."})
    EXPECT_FALSE(t.Knows(unknown)) << unknown;
  EXPECT_NE(rel_typed_file(t.typed, rel_cstr("t_services.proto")), nullptr);
  EXPECT_EQ(rel_typed_file(t.typed, rel_cstr("t.proto")), nullptr);
  EXPECT_EQ(rel_typed_service_named(t.typed, rel_cstr("t.v1.AServiceGetRequest")), nullptr);
}

TEST(TypedCollision, RelationsThatWouldBeGetOrABatch) {
  Typed get(Model("A", "get") + Model("B", "bs"));
  EXPECT_EQ(get.Services(), Strings{"t.v1.BService"});
  EXPECT_EQ(get.messages,
            Strings{"the model has no typed service: its name t.v1.AServiceGetRequest would be of relation "
                    "t.v1.A.get and is of model t.v1.A already; rename one of them"});
  EXPECT_FALSE(get.Knows("t.v1.AService"));
  std::string both = Model("A", "rows");
  both.insert(both.size() - 2,
              "repeated A batch_rows = 4 [(.relations.v1.has_many) = { foreign_key: \"up_id\" }];");
  EXPECT_EQ(Typed(both).messages.size(), 1u);
  std::string twice = Model(
      "A", "new_rows", "relations: { name: \"newRows\" model: \"A\" has_many { foreign_key: \"up_id\" } }");
  EXPECT_EQ(Typed(twice).messages.size(), 1u);
}

TEST(TypedCollision, NamesThatTheUserHas) {
  for (const char *taken : {"message AService { }", "service AService { }", "message AServiceGetRequest { }",
                            "enum E { AServiceAsResponse = 0; }"}) {
    Typed t(Model("A", "as") + taken);
    EXPECT_EQ(t.Services(), Strings{}) << taken;
    ASSERT_EQ(t.messages.size(), 1u) << taken;
    EXPECT_NE(t.messages[0].find("the file t.proto"), std::string::npos) << t.messages[0];
    EXPECT_EQ(t.typed->file_count, 0u);
  }
  EXPECT_EQ(Typed(Model("A", "as") + "message ServiceA { }").messages, Strings{});
}

TEST(TypedCollision, TheFirstOfTwoModelsWithOneName) {
  Typed t(Model("AB") + "message A { message B { option (.relations.v1.model) = {}; int64 id = 1; } }");
  EXPECT_EQ(t.Services(), Strings{"t.v1.ABService"});
  ASSERT_EQ(t.messages.size(), 1u);
  EXPECT_NE(t.messages[0].find("model t.v1.AB and is of model t.v1.A.B already"), std::string::npos)
      << t.messages[0];
}

TEST(Typed, TheEmittedFileMayBeAmongTheSchemas) {
  Typed first(Model("A", "as"));
  Typed again(ReadFiles({{"t.proto", Proto(Model("A", "as"))}, {"t_services.proto", first.Print()}}));
  EXPECT_EQ(again.messages, Strings{});
  EXPECT_EQ(again.Print(), first.Print());
}

TEST(Typed, FieldsOfAnswersKeepApart) {
  for (const char *name : {"state", "error", "co_unt", "next_page_token", "nextPageToken"}) {
    Typed t(Model("A", name));
    EXPECT_NE(t.Print().find("repeated A records = 1;"), std::string::npos) << t.Print();
    ReadFiles({{"t.proto", Proto(Model("A", name))}, {"t_services.proto", t.Print()}}); // protoc takes it
  }
}

TEST(Typed, KeysOfBatchesAreNamedInThePlural) {
  for (auto [key, keys] : std::map<std::string, std::string>{{"id", "ids"},
                                                             {"address", "addresses"},
                                                             {"key", "keys"},
                                                             {"entry", "entries"},
                                                             {"y", "ys"},
                                                             {"hash", "hashes"}}) {
    Typed t("message A { option (.relations.v1.model) = { primary_key: \"" + key + "\" }; fixed64 " + key +
            " = 7; }");
    EXPECT_NE(t.Print().find("  repeated fixed64 " + keys + " = 1;"), std::string::npos) << t.Print();
    EXPECT_NE(t.Print().find("  optional fixed64 " + key + " = 1;"), std::string::npos) << t.Print();
  }
}

TEST(Typed, OptionsOfLanguagesAndModelsOfOtherFilesAreKept) {
  Files files = {
      {"a.proto", "syntax = \"proto3\";\npackage a;\nimport \"relations/v1/options.proto\";\n"
                  "option go_package = \"x.org/a;a\";\noption java_multiple_files = true;\n"
                  "option php_namespace = \"A\\\\B\\\"\";\noption optimize_for = CODE_SIZE;\n"
                  "message A { option (.relations.v1.model) = { relations: { name: \"bs\" model: \"b.B\" "
                  "has_many { foreign_key: \"a_id\" } } }; int64 id = 1; }"},
      {"b.proto",
       "syntax = \"proto3\";\npackage b;\nimport \"relations/v1/options.proto\";\nimport \"a.proto\";\n"
       "message B { option (.relations.v1.model) = {}; int64 id = 1; int64 a_id = 2; }"}};
  Typed t(ReadFiles(files));
  ASSERT_EQ(t.typed->file_count, 2u);
  std::string text = t.Print();
  for (const char *part : {"import \"a.proto\";\nimport \"b.proto\";\nimport \"google/rpc/status.proto\";",
                           "option go_package = \"x.org/a;a\";", "option java_multiple_files = true;",
                           "option php_namespace = \"A\\\\B\\\"\";", "repeated .b.B bs = 1;"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_EQ(text.find("optimize_for"), std::string::npos);
  files["a_services.proto"] = t.Print(0);
  files["b_services.proto"] = t.Print(1);
  EXPECT_EQ(ReadFiles(files).code, REL_OK);
}

TEST(Typed, WithoutAPackage) {
  Read read = ReadFiles({{"n.proto", "syntax = \"proto3\";\nimport \"relations/v1/options.proto\";\n"
                                     "message A { option (.relations.v1.model) = {}; int64 id = 1; }"}});
  Typed t(std::move(read));
  EXPECT_EQ(t.Methods("AService"), (Strings{"/AService/Get", "/AService/BatchGet", "/AService/Query",
                                            "/AService/Count", "/AService/Exists"}));
  EXPECT_NE(t.Print().find("rpc Get(AServiceGetRequest)"), std::string::npos);
}

// A few kilobytes of inheritance are a great many relations.
TEST(Typed, NoMoreMethodsThanTheLimit) {
  std::string base, children;
  for (int i = 0; i < 500; i++)
    base += "relations: { name: \"r" + std::to_string(i) +
            "\" model: \"N\" has_many { foreign_key: \"up_id\" } }\n";
  for (int i = 100; i < 160; i++)
    children += Model("C" + std::to_string(i), "", "extends: \"Base\"");
  Typed t(Model("N") + "message Base { option (.relations.v1.model) = { abstract: true " + base +
          " }; int64 id = 1; }\n" + children);
  size_t methods = 0;
  for (size_t i = 0; i < t.typed->service_count; i++)
    methods += t.typed->services[i].method_count;
  EXPECT_EQ(methods, 19u * 5 * 501);
  EXPECT_LE(methods, static_cast<size_t>(REL_TYPED_MAX_METHODS));
  ASSERT_EQ(t.messages.size(), 1u);
  EXPECT_NE(t.messages[0].find("more than 50000 methods"), std::string::npos) << t.messages[0];
}

} // namespace
