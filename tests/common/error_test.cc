// Errors by value: codes, statuses, messages that are cut.
#include "common/error.h"
#include "common/str.h"

#include <gtest/gtest.h>

#include <string>

namespace {

TEST(Error, KeepsCodeMessageAndField) {
  rel_error error;
  EXPECT_EQ(rel_fail_field(&error, REL_INVALID, "owner_keys", "key %d of %s", 3, "Author"), REL_INVALID);
  EXPECT_EQ(error.code, REL_INVALID);
  EXPECT_STREQ(error.field, "owner_keys");
  EXPECT_STREQ(error.message, "key 3 of Author");
  EXPECT_EQ(rel_fail(&error, REL_LIMIT, "too many"), REL_LIMIT);
  EXPECT_STREQ(error.field, "") << "of the error before";
  EXPECT_EQ(rel_fail(nullptr, REL_LIMIT, "nobody listens %d", 1), REL_LIMIT);
  EXPECT_EQ(rel_fail_field(nullptr, REL_INVALID, "f", "nobody listens"), REL_INVALID);
}

TEST(Error, ALongMessageIsCutBetweenCharacters) {
  rel_error error;
  for (size_t shift = 0; shift < 4; shift++) {
    std::string text(shift, 'x');
    while (text.size() < 2 * REL_ERROR_MESSAGE_MAX)
      text += "\xe2\x82\xac";
    rel_fail(&error, REL_INVALID, "%s", text.c_str());
    std::string message = error.message;
    EXPECT_LT(message.size(), (size_t)REL_ERROR_MESSAGE_MAX);
    EXPECT_EQ(message.substr(message.size() - 3), "...");
    EXPECT_TRUE(rel_utf8_valid(rel_cstr(error.message)));
    EXPECT_GT(message.size(), (size_t)REL_ERROR_MESSAGE_MAX - 8);
  }
}

TEST(Error, AMessageThatJustFitsIsWhole) {
  rel_error error;
  std::string text(REL_ERROR_MESSAGE_MAX - 1, 'x');
  rel_fail(&error, REL_INVALID, "%s", text.c_str());
  EXPECT_EQ(error.message, text);
}

TEST(Error, ALongFieldIsCut) {
  rel_error error;
  std::string field(REL_ERROR_FIELD_MAX + 50, 'f');
  rel_fail_field(&error, REL_INVALID, field.c_str(), "m");
  EXPECT_EQ(strlen(error.field), (size_t)REL_ERROR_FIELD_MAX - 1);
}

TEST(Code, HasAReasonAndAStatus) {
  EXPECT_STREQ(rel_code_reason(REL_NO_MODEL), "NO_SUCH_MODEL");
  EXPECT_EQ(rel_code_status(REL_NO_MODEL), 5);
  EXPECT_EQ(rel_code_from_status(rel_code_status(REL_BAD_DATA)), REL_BAD_DATA);
  EXPECT_EQ(rel_code_from_status(3), REL_INVALID) << "the first of several";
  EXPECT_EQ(rel_code_from_status(99), REL_INTERNAL);
}

TEST(Code, SomebodyElsesSaysOnlyItsStatus) {
  EXPECT_EQ(rel_code_plain(rel_code_from_status(5)), REL_NOT_FOUND);
  EXPECT_EQ(rel_code_plain(REL_BAD_SCHEMA), REL_INVALID);
  for (int status = 0; status <= 16; status++)
    EXPECT_EQ(rel_code_status(rel_code_plain(rel_code_from_status(status))), status);
}

TEST(Status, HasAName) {
  EXPECT_STREQ(rel_status_name(0), "OK");
  EXPECT_STREQ(rel_status_name(16), "UNAUTHENTICATED");
  EXPECT_STREQ(rel_status_name(17), "UNKNOWN");
  EXPECT_STREQ(rel_status_name(-1), "UNKNOWN");
}

} // namespace
