// protoc with protoc-gen-relations, end to end: what it writes, and what it says when it does not.
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <string>

namespace {

const char kHead[] = "syntax = \"proto3\";\npackage p;\nimport \"relations/v1/options.proto\";\n";

class Plugin : public ::testing::Test {
protected:
  Plugin() {
    char name[] = "/plugin_XXXXXX";
    std::string pattern = std::string(std::getenv("TEST_TMPDIR")) + name;
    directory_ = mkdtemp(pattern.data());
  }

  void Write(const std::string &name, const std::string &text) {
    std::ofstream(directory_ + "/" + name) << text;
  }

  // Runs a command in the directory; output_ is what it said. The sanitizers' options name files relative to
  // where we are.
  int Run(const std::string &command) {
    std::string all = "unset TSAN_OPTIONS; cd " + directory_ + " && (" + command + ") >said 2>&1";
    int status = std::system(all.c_str());
    output_ = Read("said");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  int Generate(const std::string &files, const std::string &parameters = "") {
    std::string root = Runfiles();
    return Run("protoc -I. -I" + root + "/proto -I/usr/include --plugin=protoc-gen-relations=" + Program() +
               " --relations_out=" + parameters + ". " + files);
  }

  std::string Runfiles() {
    return std::string(std::getenv("TEST_SRCDIR")) + "/" + std::getenv("TEST_WORKSPACE");
  }
  std::string Program() { return Runfiles() + "/client/protoc-gen-relations"; }
  bool Exists(const std::string &name) {
    struct stat info;
    return stat((directory_ + "/" + name).c_str(), &info) == 0;
  }
  std::string Read(const std::string &name) {
    std::stringstream text;
    text << std::ifstream(directory_ + "/" + name).rdbuf();
    return text.str();
  }
  bool Said(const std::string &text) { return output_.find(text) != std::string::npos; }

  std::string directory_, output_;
};

TEST_F(Plugin, WritesModelsAndAccessors) {
  Write("a.proto",
        std::string(kHead) +
            "message A { option (relations.v1.model) = {}; int64 id = 1; optional string s = 2; }");
  ASSERT_EQ(Generate("a.proto"), 0) << output_;
  EXPECT_NE(Read("a.pb-c.h").find("P__A"), std::string::npos);
  EXPECT_NE(Read("a.relations.h").find("p_a_get("), std::string::npos);
  EXPECT_NE(Read("a.relations.c").find("p_a_model = {"), std::string::npos);
}

TEST_F(Plugin, WritesNoAccessorsWithoutModelsAndNothingForImports) {
  Write("plain.proto", "syntax = \"proto3\";\npackage p;\nmessage Plain { optional int32 n = 1; }");
  Write("b.proto",
        std::string(kHead) +
            "import \"plain.proto\"; message B { option (relations.v1.model) = {}; int64 id = 1; }");
  ASSERT_EQ(Generate("b.proto"), 0) << output_;
  EXPECT_FALSE(Exists("plain.pb-c.h"));
  EXPECT_EQ(Read("b.relations.h").find("plain.relations.h"), std::string::npos);
  ASSERT_EQ(Generate("plain.proto"), 0) << output_;
  EXPECT_TRUE(Exists("plain.pb-c.h"));
  EXPECT_FALSE(Exists("plain.relations.h"));
}

TEST_F(Plugin, IncludesTheAccessorsOfImportedModels) {
  Write("a.proto", std::string(kHead) + "message A { option (relations.v1.model) = {}; int64 id = 1; }");
  Write("b.proto",
        std::string(kHead) +
            "import \"a.proto\"; message B { option (relations.v1.model) = {}; int64 id = 1; int64 a_id = 2;"
            " A a = 3 [(relations.v1.belongs_to) = { foreign_key: \"a_id\" }]; }");
  ASSERT_EQ(Generate("b.proto"), 0) << output_;
  EXPECT_NE(Read("b.relations.h").find("#include \"a.relations.h\""), std::string::npos);
  EXPECT_FALSE(Exists("a.relations.h"));
}

TEST_F(Plugin, ListsEveryErrorOfASchema) {
  Write("bad.proto", std::string(kHead) +
                         "message A { option (relations.v1.model) = {}; int64 id = 1;\n"
                         "A up = 2 [(relations.v1.belongs_to) = { foreign_key: \"nope\" }];\n"
                         "A down = 3 [(relations.v1.has_one) = { foreign_key: \"neither\" }]; }");
  EXPECT_NE(Generate("bad.proto"), 0);
  EXPECT_TRUE(Said("nope") && Said("neither")) << output_;
  EXPECT_TRUE(Said("bad.proto:5")) << output_;
  EXPECT_FALSE(Exists("bad.pb-c.h"));
}

TEST_F(Plugin, ReportsCollisionsWithBothOriginsAndTheWayOut) {
  Write("c.proto", std::string(kHead) +
                       "message AuthorBook { option (relations.v1.model) = {}; int64 id = 1; }\n"
                       "message Author { option (relations.v1.model) = {}; int64 id = 1; int64 b = 2;\n"
                       "AuthorBook book_get = 3 [(relations.v1.belongs_to) = { foreign_key: \"b\" }]; }");
  EXPECT_NE(Generate("c.proto"), 0);
  EXPECT_TRUE(Said("p_author_book_get")) << output_;
  EXPECT_TRUE(Said("model p.AuthorBook") && Said("relation p.Author.book_get")) << output_;
  EXPECT_TRUE(Said("c_name")) << output_;
}

TEST_F(Plugin, TheOptionRenamesWhatCollides) {
  Write("c.proto", std::string(kHead) +
                       "message AuthorBook { option (relations.v1.model) = {}; int64 id = 1; }\n"
                       "message Author { option (relations.v1.model) = {}; int64 id = 1; int64 b = 2;\n"
                       "AuthorBook book_get = 3 [(relations.v1.belongs_to) = { foreign_key: \"b\" c_name: "
                       "\"bookget\" }]; }");
  ASSERT_EQ(Generate("c.proto"), 0) << output_;
  EXPECT_NE(Read("c.relations.h").find("p_author_bookget("), std::string::npos);
}

TEST_F(Plugin, ReportsNamesThatDifferOnlyInUnderscores) {
  Write("u.proto", std::string(kHead) +
                       "message AB { option (relations.v1.model) = { table: \"t\" }; int64 id = 1; }\n"
                       "message A_b { option (relations.v1.model) = { table: \"t\" }; int64 id = 1; }\n"
                       "message AB_ { option (relations.v1.model) = { table: \"t\" }; int64 id = 1; }\n"
                       "message Ab { option (relations.v1.model) = { table: \"t\" }; int64 id = 1; }");
  EXPECT_NE(Generate("u.proto"), 0);
  EXPECT_TRUE(Said("p_ab_")) << output_;
}

TEST_F(Plugin, ReportsNamesOfQueriesThatCollide) {
  Write("q.proto", std::string(kHead) +
                       "message A { option (relations.v1.model) = {\n"
                       "query_methods: { name: \"limit\" filter: \"id > 1\" }\n"
                       "query_methods: { name: \"any_of\" filter: \"id > 1\" }\n"
                       "query_methods: { name: \"where_b_in\" filter: \"id > 1\" }\n"
                       "query_methods: { name: \"order_by_c_nulls_first\" filter: \"id > 1\" }\n"
                       "query_methods: { name: \"order_by_b_nulls_first\" filter: \"id > 1\" }\n"
                       "query_methods: { name: \"where_id_eq\" filter: \"id > 1\" } };\n"
                       "int64 id = 1; int64 b = 2; optional int32 c = 3;\n"
                       "repeated A query = 4 [(relations.v1.has_many) = { foreign_key: \"b\" }]; }");
  EXPECT_NE(Generate("q.proto"), 0);
  EXPECT_TRUE(Said("p_a_query_limit is of model p.A and of query method p.A.limit")) << output_;
  EXPECT_TRUE(Said("p_a_query_where_id_eq is of query method p.A.where_id_eq and of field p.A.id"))
      << output_;
  EXPECT_TRUE(Said("p_a_query_any_of is of model p.A and of query method p.A.any_of")) << output_;
  EXPECT_TRUE(Said("p_a_query_where_b_in is of query method p.A.where_b_in and of field p.A.b")) << output_;
  EXPECT_TRUE(Said("p_a_query_order_by_c_nulls_first is of query method")) << output_;
  EXPECT_FALSE(Said("p_a_query_order_by_b_nulls_first")) << output_; // which is never NULL
  EXPECT_TRUE(Said("is of model p.A and of relation p.A.query")) << output_;
}

TEST_F(Plugin, WhatIsKnownOfARelationHasANameWhereThereIsALoadInfo) {
  for (bool load_info : {false, true}) {
    Write("i.proto", "syntax = \"proto3\"; package p; import \"relations/v1/options.proto\";\n"
                     "import \"relations/v1/types.proto\";\n"
                     "message A { option (relations.v1.model) = {}; int64 id = 1; int64 b = 2;\n"
                     "A up = 3 [(relations.v1.belongs_to) = { foreign_key: \"b\" }];\n"
                     "A up_info = 4 [(relations.v1.belongs_to) = { foreign_key: \"b\" }];\n" +
                         std::string(load_info ? "relations.v1.LoadInfo known = 5;" : "") + "}");
    EXPECT_EQ(Generate("i.proto") != 0, load_info) << output_;
    EXPECT_EQ(Said("p_a_up_info is of relation p.A.up_info and of relation p.A.up"), load_info) << output_;
  }
}

TEST_F(Plugin, ReportsMembersThatCollide) {
  Write("m.proto", std::string(kHead) +
                       "message A { option (relations.v1.model) = {}; int64 id = 1; string base = 2;\n"
                       "repeated string tag = 3; int64 n_tag = 4; }");
  EXPECT_NE(Generate("m.proto"), 0);
  EXPECT_TRUE(Said("base") && Said("protobuf-c itself")) << output_;
  EXPECT_TRUE(Said("n_tag") && Said("is of field n_tag and of tag")) << output_;
  EXPECT_TRUE(Said("(relations.v1.column).c_name")) << output_;
}

TEST_F(Plugin, RenamesMembersInProtobufCsStructsToo) {
  Write("m.proto", std::string(kHead) +
                       "message Outer { message A { option (relations.v1.model) = { primary_key: \"base\" "
                       "primary_key: \"id\" };\n"
                       "int64 id = 1; string base = 2 [(relations.v1.column) = { c_name: \"ground\" }];\n"
                       "repeated string tag = 3; optional int64 n_tag = 4 [(relations.v1.column) = { c_name: "
                       "\"tags\" }]; } }");
  ASSERT_EQ(Generate("m.proto"), 0) << output_;
  EXPECT_NE(Read("m.pb-c.h").find("char *ground;"), std::string::npos);
  EXPECT_NE(Read("m.pb-c.h").find("int64_t tags;"), std::string::npos);
  EXPECT_NE(Read("m.relations.h").find("const char *ground;"), std::string::npos);
}

TEST_F(Plugin, FollowsProtobufCsPackageOption) {
  Write("z.proto", std::string(kHead) +
                       "import \"protobuf-c/protobuf-c.proto\"; option (pb_c_file).c_package = \"zed.q\";\n"
                       "message A { option (relations.v1.model) = {}; int64 id = 1; }");
  ASSERT_EQ(Generate("z.proto"), 0) << output_;
  EXPECT_NE(Read("z.pb-c.h").find("Zed__Q__A "), std::string::npos);
  EXPECT_NE(Read("z.relations.h").find("Zed__Q__A *record;"), std::string::npos);
  EXPECT_NE(Read("z.relations.c").find("&zed__q__a__descriptor"), std::string::npos);
}

TEST_F(Plugin, KeepsTheRuntimesNames) {
  Write("r.proto", "syntax = \"proto3\"; import \"relations/v1/options.proto\";\n"
                   "message RelClient { option (relations.v1.model) = { table: \"t\" }; int64 id = 1; }");
  EXPECT_NE(Generate("r.proto"), 0);
  EXPECT_TRUE(Said("RelClient") && Said("c_name")) << output_;
}

TEST_F(Plugin, LeavesTheModelsToSomebodyElseWhenAsked) {
  Write("a.proto",
        std::string(kHead) +
            "message A { option (relations.v1.model) = {}; int64 id = 1; optional string s = 2; }");
  ASSERT_EQ(Generate("a.proto", "models=false:"), 0) << output_;
  EXPECT_FALSE(Exists("a.pb-c.h"));
  EXPECT_TRUE(Exists("a.relations.h"));
  EXPECT_NE(Generate("a.proto", "models=maybe:"), 0);
  EXPECT_TRUE(Said("models is true or false")) << output_;
}

TEST_F(Plugin, PassesOtherParametersOn) {
  Write("a.proto", std::string(kHead) + "message A { option (relations.v1.model) = {}; int64 id = 1; }");
  ASSERT_EQ(Generate("a.proto", "models=true,dllexport_decl=SHOWN:"), 0) << output_;
  EXPECT_NE(Read("a.pb-c.h").find("SHOWN"), std::string::npos);
  EXPECT_NE(Generate("a.proto", "nonsense=1:"), 0);
  EXPECT_TRUE(Said("nonsense")) << output_;
}

TEST_F(Plugin, SaysHowToGetWhatIsMissing) {
  Write("a.proto", std::string(kHead) + "message A { option (relations.v1.model) = {}; int64 id = 1; }");
  EXPECT_NE(Generate("a.proto", "protoc_gen_c=./is-not-there:"), 0);
  EXPECT_TRUE(Said("protobuf-c-compiler")) << output_;
  EXPECT_NE(Generate("a.proto", "protoc_gen_c=/bin/false:"), 0);
  EXPECT_TRUE(Said("/bin/false failed")) << output_;
}

TEST_F(Plugin, RefusesInputThatIsNoRequest) {
  EXPECT_NE(Run("printf '\\377\\377' | " + Program()), 0);
  EXPECT_TRUE(Said("run by protoc")) << output_;
}

// Broken input is refused or generates something; it never ends the program otherwise. The seed is fixed;
// SEED sets another.
TEST_F(Plugin, SurvivesBrokenRequests) {
  Write("save", "#!/bin/sh\ncat > request\n");
  ASSERT_EQ(chmod((directory_ + "/save").c_str(), 0755), 0);
  Write("a.proto", std::string(kHead) +
                       "message A { option (relations.v1.model) = { c_name: \"x\" }; int64 id = 1;\n"
                       "repeated A more = 2 [(relations.v1.has_many) = { foreign_key: \"id\" }]; }");
  Run("protoc -I. -I" + Runfiles() +
      "/proto -I/usr/include --plugin=protoc-gen-save=save --save_out=. a.proto");
  std::string good = Read("request");
  ASSERT_FALSE(good.empty()) << output_;
  const char *seed = std::getenv("SEED");
  std::mt19937 random(seed != nullptr ? static_cast<unsigned>(std::atoi(seed)) : 1u);
  for (int round = 0; round < 60; round++) {
    std::string bad = good;
    // The end of the request is the user's file; what is in front of it is imported.
    size_t at = bad.size() - 1 - random() % 400;
    if (round % 4 == 0)
      bad.resize(at);
    else
      bad[at] = static_cast<char>(bad[at] ^ (1 << random() % 8));
    Write("bad", bad);
    int code = Run(Program() + " < bad > out");
    ASSERT_TRUE(code == 0 || code == 1) << code << " at " << at << " in round " << round << ": " << output_;
  }
}

const char kTyped[] = "message A { option (relations.v1.model) = {}; int64 id = 1; int64 up_id = 2;\n"
                      "repeated A rows = 3 [(relations.v1.has_many) = { foreign_key: \"up_id\" }]; }\n";

TEST_F(Plugin, WritesServicesAndNothingElse) {
  Write("a.proto", std::string(kHead) + kTyped);
  Write("plain.proto", "syntax = \"proto3\";\npackage p;\nmessage Plain { optional int32 n = 1; }");
  ASSERT_EQ(Generate("a.proto plain.proto", "services=proto:"), 0) << output_;
  EXPECT_NE(Read("a_services.proto").find("rpc BatchRows("), std::string::npos);
  EXPECT_FALSE(Exists("a.pb-c.h"));
  EXPECT_FALSE(Exists("a.relations.h"));
  EXPECT_FALSE(Exists("plain_services.proto"));
  // Again, with what was emitted among the files.
  std::string text = Read("a_services.proto");
  ASSERT_EQ(Generate("a.proto a_services.proto", "services=proto:"), 0) << output_;
  EXPECT_EQ(Read("a_services.proto"), text);
}

TEST_F(Plugin, EmittedServicesCompileForCAndForPython) {
  Write("a.proto", std::string(kHead) + kTyped);
  ASSERT_EQ(Generate("a.proto", "services=proto:"), 0) << output_;
  ASSERT_EQ(Generate("a_services.proto"), 0) << output_;
  EXPECT_NE(Read("a_services.pb-c.h").find("P__AServiceRowsRequest"), std::string::npos);
  ASSERT_EQ(Run("protoc -I. -I" + Runfiles() + "/proto -I/usr/include --python_out=. a_services.proto"), 0)
      << output_;
  EXPECT_NE(Read("a_services_pb2.py").find("AServiceRowsRequest"), std::string::npos);
}

TEST_F(Plugin, ServicesWhoseNamesCollideAreRefusedWithBothOrigins) {
  Write("a.proto", std::string(kHead) + kTyped + "message AService { }");
  EXPECT_NE(Generate("a.proto", "services=proto:"), 0);
  EXPECT_TRUE(Said("p.AService would be of model p.A and is of the file a.proto already")) << output_;
  EXPECT_FALSE(Exists("a_services.proto"));
  EXPECT_EQ(Generate("a.proto"), 0) << "C has no services: " << output_;
  // What collides in an imported file is that file's matter.
  Write("b.proto", std::string(kHead) +
                       "import \"a.proto\"; message B { option (relations.v1.model) = {}; int64 id = 1; }");
  EXPECT_EQ(Generate("b.proto", "services=proto:"), 0) << output_;
}

TEST_F(Plugin, ServicesTakesProtoOnly) {
  Write("a.proto", std::string(kHead) + kTyped);
  EXPECT_NE(Generate("a.proto", "services=yes:"), 0);
  EXPECT_TRUE(Said("parameter services is proto, not \"yes\"")) << output_;
}

} // namespace
