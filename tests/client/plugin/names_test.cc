// Names in generated C. That protobuf-c's are matched is proved by odd_c, which would not compile otherwise.
#include "client/plugin/names.h"

#include <gtest/gtest.h>

#include <string>

namespace {

class Names : public ::testing::Test {
protected:
  Names() { rel_arena_init(&arena_); }
  ~Names() override { rel_arena_fini(&arena_); }
  std::string Text(rel_str s) { return std::string(s.ptr, s.len); }
  std::string Snake(const char *name) { return Text(rel_name_snake(&arena_, rel_cstr(name))); }
  std::string Type(const char *name) { return Text(rel_name_pbc_type(&arena_, rel_cstr(name))); }
  std::string Lower(const char *name) { return Text(rel_name_pbc_lower(&arena_, rel_cstr(name))); }
  std::string File(const char *proto) { return Text(rel_name_file(&arena_, rel_cstr(proto), "relations.h")); }
  rel_arena arena_;
};

TEST_F(Names, OursAreSnakeCase) {
  EXPECT_EQ(Snake("library.v1.Author"), "library_v1_author");
  EXPECT_EQ(Snake("library.v1.AuthorNote"), "library_v1_author_note");
  EXPECT_EQ(Snake("HTTPServer"), "http_server");
  EXPECT_EQ(Snake("HTTPServer2x"), "http_server2x");
  EXPECT_EQ(Snake("a.B2C"), "a_b2_c");
  EXPECT_EQ(Snake("Outer.Inner"), "outer_inner");
  EXPECT_EQ(Snake("X"), "x");
  EXPECT_EQ(Snake("already_snake"), "already_snake");
}

TEST_F(Names, OursHaveNoUnderscoreInFrontNorTwoTogether) {
  EXPECT_EQ(Snake("_Foo"), "foo");
  EXPECT_EQ(Snake("a__b._C"), "a_b_c");
}

TEST_F(Names, TypesAreProtobufCs) {
  EXPECT_EQ(Type("library.v1.Author"), "Library__V1__Author");
  EXPECT_EQ(Type("my_pkg.V1.fooBar"), "MyPkg__V1__FooBar");
  EXPECT_EQ(Type("class._inner_HTTPThing"), "Class__InnerHTTPThing");
}

TEST_F(Names, DescriptorsAreProtobufCs) {
  EXPECT_EQ(Lower("library.v1.AuthorNote"), "library__v1__author_note");
  EXPECT_EQ(Lower("my_pkg.V1.fooBar"), "my_pkg__v1__foo_bar");
  EXPECT_EQ(Lower("class._inner_HTTPThing"), "class___inner__httpthing");
  EXPECT_EQ(Lower("HTTPServer2x"), "httpserver2x");
}

TEST_F(Names, FilesKeepTheirDirectories) {
  EXPECT_EQ(File("a/b.proto"), "a/b.relations.h");
  EXPECT_EQ(File("a/b.txt"), "a/b.txt.relations.h");
  EXPECT_EQ(Text(rel_name_guard(&arena_, rel_cstr("a-b/c.d.h"))), "RELATIONS_GENERATED_A_B_C_D_H");
}

TEST_F(Names, MembersAvoidWordsOfTheLanguage) {
  rel_field field = {};
  field.name = rel_cstr("default");
  EXPECT_EQ(Text(rel_name_member(&arena_, &field)), "default_");
  field.name = rel_cstr("orderID");
  EXPECT_EQ(Text(rel_name_member(&arena_, &field)), "orderid");
  field.c_name = rel_cstr("other");
  EXPECT_EQ(Text(rel_name_member(&arena_, &field)), "other");
}

} // namespace
