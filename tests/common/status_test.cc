// google.rpc.Status as bytes: what is written is read back, what comes from outside is not believed blindly.
#include "common/status.h"
#include "common/wire.h"

#include <gtest/gtest.h>

#include <string>

namespace {

std::string Take(rel_buf *buf) {
  std::string bytes((const char *)buf->data, buf->len);
  rel_buf_fini(buf);
  return bytes;
}

std::string Write(const rel_error &error) {
  rel_buf buf = {};
  rel_status_write(&error, &buf);
  return Take(&buf);
}

// A status with a code, a message and one detail.
std::string Status(int code, const std::string &message, const char *type, const std::string &detail) {
  rel_buf buf = {};
  rel_wire_put_uint(&buf, 1, (uint64_t)code);
  rel_wire_put_bytes(&buf, 2, rel_bytes(message.data(), message.size()));
  if (type != nullptr) rel_status_add_detail(&buf, type, rel_bytes(detail.data(), detail.size()));
  return Take(&buf);
}

bool Read(const std::string &bytes, rel_error *error) {
  return rel_status_read(rel_bytes(bytes.data(), bytes.size()), error);
}

TEST(Status, EveryErrorComesBackAsItWas) {
  const rel_code codes[] = {
#define X(code, reason, status) code,
      REL_CODES(X)
#undef X
  };
  for (rel_code code : codes) {
    rel_error error, back = {};
    (void)rel_fail_field(&error, code, "owner_keys", "about %s", rel_code_reason(code));
    ASSERT_TRUE(Read(Write(error), &back));
    EXPECT_EQ(back.code, error.code);
    EXPECT_STREQ(back.message, error.message);
    EXPECT_STREQ(back.field, error.field);
  }
}

TEST(Status, AReasonThatContradictsTheStatusIsNotBelieved) {
  rel_error error = {};
  ASSERT_TRUE(Read(Status(14, "m", "google.rpc.ErrorInfo", "\x0a\x09NOT_FOUND"), &error));
  EXPECT_EQ(error.code, REL_UNAVAILABLE);
  ASSERT_TRUE(Read(Status(5, "m", "google.rpc.ErrorInfo", "\x0a\x10NO_SUCH_RELATION"), &error));
  EXPECT_EQ(error.code, REL_NO_RELATION);
  ASSERT_TRUE(Read(Status(5, "m", "google.rpc.ErrorInfo", "\x0a\x05WHAT?"), &error));
  EXPECT_EQ(error.code, REL_NO_MODEL) << "the first of the status";
}

TEST(Status, UnknownDetailsAndStatusesAreSkipped) {
  rel_error error = {};
  ASSERT_TRUE(Read(Status(77, "m", "google.rpc.Help", "\xff\xff"), &error));
  EXPECT_EQ(error.code, REL_INTERNAL);
  EXPECT_STREQ(error.message, "m");
}

TEST(Status, MalformedBytesLeaveTheErrorAlone) {
  rel_error error = {};
  (void)rel_fail(&error, REL_LIMIT, "before");
  EXPECT_FALSE(Read("\xff", &error));
  EXPECT_FALSE(Read(Status(5, "m", "google.rpc.ErrorInfo", "\x0a\x7f"), &error));
  EXPECT_FALSE(Read(Status(5, "m", "google.rpc.BadRequest", "\x0a\x02\x0a\x7f"), &error));
  EXPECT_FALSE(Read(std::string("\x1a\x01\x0a", 3), &error)) << "a detail that is no Any";
  EXPECT_EQ(error.code, REL_LIMIT);
  EXPECT_STREQ(error.message, "before");
}

TEST(Status, ALongMessageIsCutBetweenCharacters) {
  for (size_t shift = 0; shift < 3; shift++) {
    std::string message(shift, 'x');
    while (message.size() < 2 * REL_ERROR_MESSAGE_MAX)
      message += "\xe2\x82\xac";
    rel_error error = {};
    ASSERT_TRUE(Read(Status(5, message, nullptr, ""), &error));
    EXPECT_GT(strlen(error.message), (size_t)REL_ERROR_MESSAGE_MAX - 5);
    EXPECT_TRUE(rel_utf8_valid(rel_cstr(error.message)));
  }
}

} // namespace
