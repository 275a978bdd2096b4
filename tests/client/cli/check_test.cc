// `relations check`.
#include "introspect_fixture.h"
#include "tests/support/plugin_file.h"

namespace {

std::string SchemaFile(const std::string &body) {
  std::string path = TempDir() + "/s.proto";
  WriteFile(path, "syntax = \"proto3\";\npackage s.v1;\nimport \"relations/v1/options.proto\";\n" + body);
  return path;
}

const char kBooks[] =
    "message Author { option (.relations.v1.model) = { table: \"authors\" }; int64 id = 1;\n"
    "  repeated Book books = 10 [(.relations.v1.has_many) = { foreign_key: \"author\" }]; }\n"
    "message Book { option (.relations.v1.model) = { table: \"books\" }; int64 id = 1;\n"
    "  optional int64 author_id = 2; }\n";

TEST(Check, PrintsEveryFindingOnALineOfItsOwn) {
  CliRun run = RunCli({"check", SchemaFile(kBooks)});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.err, "");
  EXPECT_EQ(run.out.find("s.proto:5: error: s.v1.Author.books: "), 0u) << run.out;
  EXPECT_NE(run.out.find("1 error, 0 warnings\n"), std::string::npos) << run.out;
}

TEST(Check, ComparesWithADatabase) {
  std::string good = kBooks;
  good.replace(good.find("\"author\""), 8, "\"author_id\"");
  std::string schema = SchemaFile(good);
  CliRun run = RunCli({"check", schema});
  EXPECT_EQ(run.status, 0) << run.out << run.err;
  EXPECT_EQ(run.out, "2 models, 0 errors, 0 warnings\n");
  std::string database = MakeDatabase("CREATE TABLE authors (id INTEGER PRIMARY KEY);"
                                      "CREATE TABLE books (id INTEGER PRIMARY KEY, author_id INT);");
  run = RunCli({"check", schema, "--database", "sqlite:" + database});
  EXPECT_EQ(run.status, 0) << run.out << run.err;
  EXPECT_NE(run.out.find("2 models, 0 errors, 1 warning\n"), std::string::npos) << run.out; // no index
  database = MakeDatabase("CREATE TABLE authors (id INTEGER PRIMARY KEY);");
  run = RunCli({"check", schema, "--database", "sqlite:" + database});
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.out.find("books"), std::string::npos) << run.out;
}

TEST(Check, ATypedServiceThatCannotBeIsAWarning) {
  CliRun run = RunCli({"check", SchemaFile("message A { option (.relations.v1.model) = {}; int64 id = 1; }\n"
                                           "message AServiceGetRequest {}\n")});
  EXPECT_EQ(run.status, 0) << run.out << run.err;
  EXPECT_NE(run.out.find("warning: s.v1.A: the model has no typed service"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("1 model, 0 errors, 1 warning\n"), std::string::npos) << run.out;
}

TEST(Check, LoadsSharedObjects) {
  std::string loaders = TempDir() + "/loaders";
  std::filesystem::create_directory(loaders);
  for (const char *name : {"scripted", "other_abi", "undefined"})
    rel_test::PutPlugin(name, loaders + "/" + name + ".so");
  auto check = [&](const std::string &loader) {
    return RunCli(
        {"check", "--loader-dir", loaders,
         SchemaFile("message A { option (.relations.v1.model) = {}; int64 id = 1;\n"
                    "  repeated A a = 2 [(.relations.v1.has_many) = { foreign_key: \"id\" loader: \"" +
                    loader + "\" }]; }\n")});
  };
  for (const char *good : {"so:scripted", "grpc:anything"})
    EXPECT_EQ(check(good).out, "1 model, 0 errors, 0 warnings\n");
  CliRun run = check("so:other_abi");
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.out.find("s.proto:5: error: s.v1.A.a: loader: " + loaders + "/other_abi.so has version 2"),
            0u)
      << run.out;
  EXPECT_NE(check("so:undefined").out.find("rel_test_function_that_is_nowhere"), std::string::npos);
  EXPECT_NE(check("so:absent").out.find("there is no " + loaders + "/absent.so"), std::string::npos);
}

TEST(Check, WhatCannotBeReadIsAnError) {
  EXPECT_EQ(RunCli({"check"}).status, 2);
  CliRun run = RunCli({"check", "/does/not/exist.proto"});
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.err, "");
  run = RunCli({"check", SchemaFile("message {")});
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.err.find("s.proto"), std::string::npos) << run.err;
  std::string good = kBooks;
  good.replace(good.find("\"author\""), 8, "\"author_id\"");
  EXPECT_EQ(RunCli({"check", SchemaFile(good), "--database", "sqlite:/does/not/exist.db"}).status, 1);
  EXPECT_EQ(RunCli({"check", SchemaFile(good), "--database", "oracle:x"}).status, 1);
}

} // namespace
