// Files of loaders: which are taken, and that each that is not is refused by name, with what to change.
#include "server/custom/so_file.h"

#include "tests/support/plugin_file.h"
#include "tests/support/scratch.h"

#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace {

class SoFile : public testing::Test {
protected:
  void Put(const std::string &plugin, const std::string &name) { rel_test::PutPlugin(plugin, At(name)); }
  std::string At(const std::string &name) { return directory_ / (name + ".so"); }

  std::string Check(const std::string &name) {
    rel_error error = {};
    rel_code code = rel_so_check(directory_.path().c_str(), rel_bytes(name.data(), name.size()), &error);
    EXPECT_TRUE(code == REL_OK || code == REL_BAD_SCHEMA);
    return code == REL_OK ? "" : error.message;
  }
  std::string Load(const std::string &name) {
    rel_error error = {};
    void *handle;
    rel_plugin plugin;
    rel_code code =
        rel_so_load(directory_.path().c_str(), rel_bytes(name.data(), name.size()), &handle, &plugin, &error);
    EXPECT_EQ(code == REL_OK, handle != nullptr);
    EXPECT_TRUE(code != REL_OK || plugin.load_batch != nullptr);
    rel_so_unload(handle);
    return code == REL_OK ? "" : error.message;
  }
  // Checking and loading refuse for the same reason, naming the file.
  void Refused(const std::string &name, const std::string &reason) {
    for (const std::string &message : {Check(name), Load(name)}) {
      EXPECT_NE(message.find(reason), std::string::npos) << message;
      EXPECT_NE(message.find(directory_.path()), std::string::npos) << message;
    }
  }

  rel_test::Scratch directory_;
};

TEST_F(SoFile, AGoodOneIsLoadedAndAgain) {
  Put("scripted", "good-1_x");
  EXPECT_EQ(Check("good-1_x"), "");
  EXPECT_EQ(Load("good-1_x"), "");
  EXPECT_EQ(Load("good-1_x"), "");
}

TEST_F(SoFile, NoNameLeadsOutOfTheDirectory) {
  Put("scripted", "a");
  ASSERT_EQ(mkdir((directory_ / "in").c_str(), 0755), 0);
  for (const char *name : {"", ".", "..", "../a", "in/../a", "a.so", "/a", "A", "1a", "a\n", "a b"}) {
    EXPECT_NE(Check(name).find("no plain name"), std::string::npos) << name;
    EXPECT_NE(Load(name).find("no plain name"), std::string::npos) << name;
  }
  EXPECT_NE(Check(std::string("a\0b", 3)).find("no plain name"), std::string::npos);
  EXPECT_NE(Check(std::string(65, 'a')).find("no plain name"), std::string::npos);
}

TEST_F(SoFile, OneThatIsNotThereIsNamed) {
  Refused("absent", "/absent.so; put the shared object there");
}

TEST_F(SoFile, ADirectoryThatIsNotThereOrIsNone) {
  rel_error error = {};
  EXPECT_EQ(rel_so_check("/nowhere/at/all", rel_cstr("a"), &error), REL_BAD_SCHEMA);
  EXPECT_NE(std::string(error.message).find("/nowhere/at/all (--loader-dir)"), std::string::npos);
  Put("scripted", "a");
  EXPECT_EQ(rel_so_check(At("a").c_str(), rel_cstr("a"), &error), REL_BAD_SCHEMA);
  EXPECT_NE(std::string(error.message).find("is no directory"), std::string::npos) << error.message;
}

TEST_F(SoFile, LinksAndOtherThingsAreNoFiles) {
  Put("scripted", "real");
  ASSERT_EQ(symlink(At("real").c_str(), At("link").c_str()), 0);
  ASSERT_EQ(mkdir(At("folder").c_str(), 0755), 0);
  ASSERT_EQ(mkfifo(At("pipe").c_str(), 0600), 0);
  for (const char *name : {"link", "folder", "pipe"})
    Refused(name, "is no regular file");
}

TEST_F(SoFile, OneThatOthersCanWriteIsRefused) {
  for (mode_t mode : {0775, 0757, 0777}) {
    Put("scripted", "open");
    ASSERT_EQ(chmod(At("open").c_str(), mode), 0);
    Refused("open", "/open.so is writable by its group or by others");
  }
}

TEST_F(SoFile, OneInADirectoryThatOthersCanWriteIsRefused) {
  Put("scripted", "a");
  ASSERT_EQ(chmod(directory_.path().c_str(), 01777), 0); // the sticky bit does not keep new files out
  Refused("a", "is writable by its group or by others");
}

TEST_F(SoFile, OneOfAnotherUserIsRefused) {
  EXPECT_TRUE(rel_so_trusts_owner(0, 1000));
  EXPECT_TRUE(rel_so_trusts_owner(1000, 1000));
  EXPECT_FALSE(rel_so_trusts_owner(1000, 0));
  EXPECT_FALSE(rel_so_trusts_owner(1001, 1000));
  Put("scripted", "foreign");
  if (chown(At("foreign").c_str(), 12345, (gid_t)-1) == 0) // only root may, and not everywhere
    Refused("foreign", "belongs to user 12345");
}

TEST_F(SoFile, WhatIsNoSharedObjectIsRefused) {
  for (const char *text : {"", "not a library\n",
                           "\x7f"
                           "ELF"}) {
    std::ofstream(At("text")) << text;
    ASSERT_EQ(chmod(At("text").c_str(), 0644), 0);
    EXPECT_EQ(Check("text"), "");
    std::string message = Load("text");
    EXPECT_NE(message.find("cannot load " + At("text")), std::string::npos) << message;
  }
}

TEST_F(SoFile, WhatIsNoLoaderOfThisServerIsRefused) {
  const std::pair<const char *, const char *> cases[] = {
      {"no_table", "returns no table"},
      {"other_abi", "has version 2 of the ABI, this server loads version 1"},
      {"too_small", "has no load_batch"},
      {"no_load", "has no load_batch"},
      {"no_entry", "has no symbol rel_loader_plugin"},
      {"undefined", "rel_test_function_that_is_nowhere"},
  };
  for (const auto &c : cases) {
    Put(c.first, c.first);
    EXPECT_EQ(Check(c.first), "");
    std::string message = Load(c.first);
    EXPECT_NE(message.find(c.second), std::string::npos) << message;
    EXPECT_NE(message.find(At(c.first)), std::string::npos) << message;
  }
}

TEST_F(SoFile, OneThatWasRefusedIsLoadedOnceItIsGood) {
  Put("no_entry", "x");
  EXPECT_NE(Load("x"), "");
  ASSERT_EQ(unlink(At("x").c_str()), 0);
  Put("scripted", "x");
  EXPECT_EQ(Load("x"), "");
}

} // namespace
