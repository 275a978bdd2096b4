// `relations diagram`: what is drawn, in each form, and what is left out.
#include "tests/client/cli/introspect_fixture.h"

namespace {

const char kMuseum[] = "tests/client/cli/diagram/museum.proto";

CliRun Diagram(std::vector<std::string> options) {
  options.insert(options.begin(), "diagram");
  return RunCli(options);
}

std::string Drawn(std::vector<std::string> options) {
  CliRun run = Diagram(std::move(options));
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.err, "");
  return run.out;
}

bool Has(const std::string &text, const std::string &what) {
  return text.find(what) != std::string::npos;
}

std::string SchemaFile(const std::string &body, const std::string &package = "s.v1") {
  std::string path = TempDir() + "/" + package + ".proto";
  WriteFile(path, "syntax = \"proto3\";\npackage " + package + ";\nimport \"relations/v1/options.proto\";\n" +
                      body);
  return path;
}

// When a change is meant: relations diagram tests/client/cli/diagram/museum.proto -I proto -o the golden
// file.
void Golden(const std::string &ending, const std::string &format) {
  std::string path = "tests/client/cli/diagram/museum." + ending;
  EXPECT_EQ(Drawn({kMuseum, "--format", format}), ReadFile(path)) << path;
}

TEST(Diagram, IsWhatItWas) {
  Golden("mmd", "mermaid");
  Golden("dot", "dot");
  Golden("svg", "svg");
}

TEST(Diagram, OneLineForARelationAndItsInverse) {
  std::string text = Drawn({kMuseum});
  EXPECT_TRUE(Has(text, "\"Museum\" ||--o{ \"Hall\" : \"halls / museum\"\n")) << text;
  EXPECT_FALSE(Has(text, "\"halls\"")) << text;
  EXPECT_TRUE(Has(text, "\"Hall\" |o--o{ \"Museum\" : \"hall\"\n")) << "an optional key: " << text;
  EXPECT_TRUE(Has(text, "\"Exhibit\" ||--o| \"end\" : \"label\"\n")) << "has_one: " << text;
  EXPECT_TRUE(Has(text, "\"Person\" |o--o{ \"Person\" : \"staff / chief\"\n")) << text;
  EXPECT_TRUE(Has(text, "\"Exhibit\" ||..o{ \"Opinion\" : \"opinions (loader grpc:opinions)\"\n")) << text;
  EXPECT_TRUE(Has(text, "\"Person\" ||..o| \"Guard\" : \"extends\"\n")) << text;
  EXPECT_TRUE(Has(text, "\"Museum\" }o..o{ \"Visitor\" : \"visitors / museums (through visits)\"\n")) << text;
  EXPECT_TRUE(Has(text, "\"Museum\" ||..o{ \"Exhibit\" : \"shown (through halls)\"\n"))
      << "a hall has one museum: " << text;
  EXPECT_TRUE(Has(text, "\"Museum\" |o..o{ \"Remark\" : \"museum (about = museum)\"\n")) << text;
  EXPECT_TRUE(Has(text, "\"Hall\" |o..o{ \"Remark\" : \"remarks / hall (about = a #34;great#34; hall)\"\n"))
      << text;
}

TEST(Diagram, WhatIsNearSomeModels) {
  std::string text = Drawn({kMuseum, "--model", "Hall", "--depth", "0"});
  EXPECT_EQ(text, "erDiagram\n  \"Hall\" {\n    int64 id PK\n    int64 museum_id FK\n  }\n");
  text = Drawn({kMuseum, "-m", "museum.v1.Hall"});
  EXPECT_TRUE(Has(text, "\"Museum\" {")) << text;
  EXPECT_TRUE(Has(text, "\"Exhibit\" {")) << text;
  EXPECT_TRUE(Has(text, "\"Museum\" ||--o{ \"Exhibit\"")) << "between two that are near: " << text;
  EXPECT_FALSE(Has(text, "Guard")) << text;
  EXPECT_TRUE(Has(Drawn({kMuseum, "-m", "Hall", "--depth", "3"}), "\"Person\" {"));
  text = Drawn({kMuseum, "-m", "Hall", "-m", "Ticket", "--depth", "0"});
  EXPECT_TRUE(Has(text, "\"Hall\"") && Has(text, "\"Ticket\"")) << text;
}

TEST(Diagram, WhichFieldsAreShown) {
  std::string text = Drawn({kMuseum, "--fields", "keys", "-m", "Museum", "--depth", "0"});
  EXPECT_EQ(text, "erDiagram\n  \"Museum\" {\n    int64 id PK\n    int64 main_hall FK \"optional\"\n  }\n");
  text = Drawn({kMuseum, "--fields=none"});
  EXPECT_FALSE(Has(text, "{\n")) << text;
  EXPECT_TRUE(Has(text, "  \"Ticket\"\n")) << text;
  EXPECT_FALSE(Has(Drawn({kMuseum, "--fields=none", "--format=svg"}), "int64"));
}

TEST(Diagram, TheFormIsWhatTheFileEndsIn) {
  std::string dir = TempDir();
  for (const char *name : {"/a.svg", "/a.dot", "/a.mmd"})
    EXPECT_EQ(Drawn({kMuseum, "-o", dir + name}), "");
  EXPECT_EQ(ReadFile(dir + "/a.svg").find("<svg "), 0u);
  EXPECT_EQ(ReadFile(dir + "/a.dot").find("digraph "), 0u);
  EXPECT_EQ(ReadFile(dir + "/a.mmd").find("erDiagram\n"), 0u);
  EXPECT_EQ(Drawn({kMuseum, "-o", dir + "/a.svg", "--format", "dot"}), "");
  EXPECT_EQ(ReadFile(dir + "/a.svg").find("digraph "), 0u);
}

TEST(Diagram, ModelsOfOneNameAreToldApart) {
  std::string one = SchemaFile("message A { option (.relations.v1.model) = {}; int64 id = 1; }", "one");
  std::string two = SchemaFile("message A { option (.relations.v1.model) = {}; int64 id = 1; }", "two");
  std::string text = Drawn({one, two});
  EXPECT_TRUE(Has(text, "\"one.A\" {")) << text;
  EXPECT_TRUE(Has(text, "\"two.A\" {")) << text;
  CliRun run = Diagram({one, two, "--model", "A"});
  EXPECT_EQ(run.status, 2);
  EXPECT_TRUE(Has(run.err, "A is several models: say its full name")) << run.err;
  EXPECT_TRUE(Has(Drawn({one, two, "--model", "two.A"}), "  \"A\" {"));
}

TEST(Diagram, FieldsThatAreWordsOfMermaid) {
  std::string text = Drawn({SchemaFile("message A { option (.relations.v1.model) = {}; int64 id = 1;\n"
                                       "string FK = 2; string UK = 3; string _x = 4; }")});
  EXPECT_TRUE(Has(text, "    string FK_\n    string UK_\n    string _x\n")) << text;
}

TEST(Diagram, SaysWhatIsWrong) {
  auto said = [](std::vector<std::string> options, int status, const std::string &what) {
    CliRun run = Diagram(std::move(options));
    EXPECT_EQ(run.status, status) << run.out;
    EXPECT_TRUE(Has(run.err, what)) << run.err;
    EXPECT_EQ(run.out, "");
  };
  said({kMuseum, "--format", "png"}, 2, "--format is mermaid, dot or svg, not \"png\"");
  said({kMuseum, "--fields", "some"}, 2, "--fields is all, keys or none, not \"some\"");
  said({kMuseum, "--model", "Nothing"}, 2, "there is no model Nothing");
  said({kMuseum, "--depth", "2"}, 2, "--depth is how far from a --model");
  said({kMuseum, "-m", "Hall", "--depth", "x"}, 2, "--depth needs a whole number");
  said({kMuseum, "-o", "/does/not/exist.svg"}, 1, "cannot write /does/not/exist.svg");
  said({"/does/not/exist.proto"}, 1, "exist.proto");
  said({SchemaFile("message A { option (.relations.v1.model) = {}; }")}, 1, "the schema has errors");
  said({"--server", "127.0.0.1:1", "--deadline", "2s"}, 1, "start relationsd");
}

TEST(Diagram, APictureThatCouldNotBeReadIsRefused) {
  std::string models;
  for (int i = 0; i < 401; i++)
    models += "message A" + std::to_string(i) + " { option (.relations.v1.model) = {}; int64 id = 1; }\n";
  std::string path = SchemaFile(models);
  CliRun run = Diagram({path, "--format", "svg"});
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(Has(run.err, "401 models")) << run.err;
  EXPECT_TRUE(Has(Drawn({path, "--format", "svg", "--model", "A7"}), "A7"));
  EXPECT_TRUE(Has(Drawn({path}), "\"A400\""));
}

} // namespace
