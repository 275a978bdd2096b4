// .proto files and descriptor sets from the file system.
#include "common/schema/compile.h"
#include "tests/common/schema/compiled.h"

using namespace relations_test;

namespace {

const char model[] = "message A { option (relations.v1.model) = {}; int64 id = 1; }\n";

struct Loaded {
  rel_code code;
  std::string set;
  std::string message;
};

Loaded Load(const std::vector<std::string> &paths, const std::vector<std::string> &include_dirs = {}) {
  std::vector<const char *> p, i;
  for (const std::string &path : paths)
    p.push_back(path.c_str());
  for (const std::string &dir : include_dirs)
    i.push_back(dir.c_str());
  rel_schema_sources sources = {p.data(), p.size(), i.data(), i.size()};
  rel_buf set = {};
  rel_error error = {};
  Loaded loaded;
  loaded.code = rel_schema_load(&sources, &set, &error);
  loaded.set = Text(rel_buf_view(&set));
  loaded.message = error.message;
  rel_buf_fini(&set);
  return loaded;
}

TEST(Compile, ProtoFilesNeedNothingBesideThem) {
  std::string folder = MakeFolder();
  WriteFile(folder, "a.proto", Proto(model));
  Loaded loaded = Load({folder + "/a.proto"});
  ASSERT_EQ(loaded.code, REL_OK) << loaded.message;
  Read read = ReadSet(loaded.set);
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_EQ(Text(read.Model("t.v1.A")->place.file), "a.proto");
  EXPECT_GT(read.Model("t.v1.A")->place.line, 0);
}

TEST(Compile, AFileElsewhereIsNotHiddenByOneOfItsNameInTheCurrentDirectory) {
  std::string folder = MakeFolder();
  WriteFile(folder, "same.proto", Proto(model));
  WriteFile(".", "same.proto", "this is not a schema");
  Loaded loaded = Load({folder + "/same.proto"});
  ASSERT_EQ(remove("./same.proto"), 0);
  ASSERT_EQ(loaded.code, REL_OK) << loaded.message;
  EXPECT_EQ(Text(ReadSet(loaded.set).Model("t.v1.A")->place.file), "same.proto");
}

TEST(Compile, TheContractThatIsBroughtAlongIsTheRepositorys) {
  std::string folder = MakeFolder();
  WriteFile(folder, "a.proto", Proto(model));
  Read read = ReadSet(Load({folder + "/a.proto"}).set);
  Read plain = ReadSet(Compile({{"a.proto", Proto(model)}}));
  for (const char *name : {"relations/v1/options.proto", "relations/v1/types.proto"})
    EXPECT_EQ(Text(rel_schema_file(read.schema.get(), rel_cstr(name))->bytes),
              Text(rel_schema_file(plain.schema.get(), rel_cstr(name))->bytes));
}

TEST(Compile, ImportsAreFoundBesideTheFileAndInIncludeDirs) {
  std::string folder = MakeFolder();
  WriteFile(folder, "beside.proto", "syntax = \"proto3\"; package b; message B {}");
  WriteFile(folder, "lib/far/away.proto", "syntax = \"proto3\"; package f; message F {}");
  WriteFile(folder, "a.proto",
            Proto(std::string("import \"beside.proto\"; import \"far/away.proto\";\n") + model));
  Loaded without = Load({folder + "/a.proto"});
  EXPECT_EQ(without.code, REL_BAD_SCHEMA);
  EXPECT_NE(without.message.find("far/away.proto"), std::string::npos) << without.message;
  Loaded with = Load({folder + "/a.proto"}, {folder + "/lib"});
  EXPECT_EQ(with.code, REL_OK) << with.message;
}

TEST(Compile, ProtocsOwnMessagesArePassedOn) {
  std::string folder = MakeFolder();
  WriteFile(folder, "a.proto", "syntax = \"proto3\";\nmessage A { strin name = 1; }\n");
  Loaded loaded = Load({folder + "/a.proto"});
  EXPECT_EQ(loaded.code, REL_BAD_SCHEMA);
  EXPECT_NE(loaded.message.find("a.proto:2:13: \"strin\" is not defined"), std::string::npos)
      << loaded.message;
}

TEST(Compile, ANameThatLooksLikeAnOptionIsAFile) {
  std::string folder = MakeFolder();
  WriteFile(folder, "-I.proto", Proto(model));
  WriteFile(folder, "@x.proto", Proto("message X { option (relations.v1.model) = {}; int64 id = 1; }"));
  char before[4096];
  ASSERT_NE(getcwd(before, sizeof before), nullptr);
  ASSERT_EQ(chdir(folder.c_str()), 0);
  Loaded loaded = Load({"-I.proto", "@x.proto"});
  ASSERT_EQ(chdir(before), 0);
  EXPECT_EQ(loaded.code, REL_OK) << loaded.message;
}

TEST(Compile, DescriptorSetsAreReadAndPutTogetherWithProtoFiles) {
  std::string folder = MakeFolder();
  std::string body = "message B { option (relations.v1.model) = {}; int64 id = 1; }";
  WriteFile(folder, "one.binpb", Compile({{"b.proto", Proto(body)}}, false));
  WriteFile(folder, "a.proto", Proto(model));
  Loaded loaded = Load({folder + "/one.binpb", folder + "/a.proto"});
  ASSERT_EQ(loaded.code, REL_OK) << loaded.message;
  Read read = ReadSet(loaded.set);
  ASSERT_EQ(read.code, REL_OK) << read.All();
  EXPECT_EQ(read.schema->model_count, 2u);
}

TEST(Compile, AbsentFilesAndFoldersAreNamed) {
  std::string folder = MakeFolder();
  EXPECT_NE(Load({folder + "/no.binpb"}).message.find("no.binpb"), std::string::npos);
  EXPECT_NE(Load({folder + "/no.proto"}).message.find("no.proto"), std::string::npos);
  EXPECT_EQ(Load({folder}).code, REL_INVALID);
  EXPECT_EQ(Load({}).message, "no schema was given");
}

TEST(Compile, WithoutProtocItSaysWhatToInstall) {
  std::string folder = MakeFolder(), path = getenv("PATH");
  WriteFile(folder, "a.proto", Proto(model));
  setenv("PATH", folder.c_str(), 1);
  Loaded loaded = Load({folder + "/a.proto"});
  setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(loaded.code, REL_PRECONDITION);
  EXPECT_NE(loaded.message.find("protobuf-compiler"), std::string::npos) << loaded.message;
}

TEST(Compile, NothingIsLeftBehind) {
  std::string folder = MakeFolder(), temporary = MakeFolder();
  WriteFile(folder, "a.proto", Proto(model));
  setenv("TMPDIR", temporary.c_str(), 1);
  EXPECT_EQ(Load({folder + "/a.proto"}).code, REL_OK);
  EXPECT_EQ(Load({folder + "/none.proto"}).code, REL_BAD_SCHEMA);
  unsetenv("TMPDIR");
  EXPECT_EQ(rmdir(temporary.c_str()), 0) << "not empty";
}

} // namespace
