// Case folding.
#include "server/store/fold.h"

#include <gtest/gtest.h>

#include <string>

namespace {

std::string Fold(const std::string &text) {
  rel_buf out = {};
  rel_text_fold(rel_bytes(text.data(), text.size()), &out);
  std::string folded(reinterpret_cast<char *>(out.data), out.len);
  rel_buf_fini(&out);
  return folded;
}

TEST(Fold, LettersOfAnyScript) {
  EXPECT_EQ(Fold("Hello, World 42"), "hello, world 42");
  EXPECT_EQ(Fold("[@`{"), "[@`{");
  EXPECT_EQ(Fold("ÅNGSTRÖM Łem Ελλάς ЖУК"), "ångström łem ελλάσ жук");
  EXPECT_EQ(Fold("Straße"), Fold("STRASSE"));
  EXPECT_EQ(Fold("ΟΔΟΣ"), Fold("οδος"));
  EXPECT_EQ(Fold("日本語"), "日本語");
}

TEST(Fold, NothingIsNormalized) {
  EXPECT_EQ(Fold("\u00C9"), "\u00E9");
  EXPECT_EQ(Fold("E\u0301"), "e\u0301");
}

TEST(Fold, OfNothingAndOfNul) {
  EXPECT_EQ(Fold(""), "");
  EXPECT_EQ(Fold(std::string("A\0\u00C9", 4)), std::string("a\0\u00E9", 4));
}

TEST(Fold, WhatIsNotUtf8StaysAsItIs) {
  EXPECT_EQ(Fold("A\xff"), "A\xff");
  EXPECT_EQ(Fold("A\xc3"), "A\xc3");
}

} // namespace
