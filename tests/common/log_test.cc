// The log: one JSON object a line, levels, escapes.
#include "common/log.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace {

std::string Json(const std::string &text) {
  rel_buf buf = {};
  rel_json_string(&buf, rel_bytes(text.data(), text.size()));
  std::string json((const char *)buf.data, buf.len);
  rel_buf_fini(&buf);
  return json;
}

TEST(Json, EscapesWhatJsonEscapes) {
  EXPECT_EQ(Json("plain \xc3\xa9"), "\"plain \xc3\xa9\"");
  EXPECT_EQ(Json("a\"b\\c\nd\te"), "\"a\\\"b\\\\c\\nd\\u0009e\"");
  EXPECT_EQ(Json(std::string("\0\x1f\x7f", 3)), "\"\\u0000\\u001f\\u007f\"");
}

TEST(Json, BytesThatAreNoTextBecomeReplacementCharacters) {
  const std::string replaced = "\xef\xbf\xbd";
  EXPECT_EQ(Json("a\xff"
                 "b"),
            "\"a" + replaced + "b\"");
  EXPECT_EQ(Json("\x80"), "\"" + replaced + "\"");
  EXPECT_EQ(Json("\xe2\x82"), "\"" + replaced + replaced + "\"") << "cut off";
  EXPECT_EQ(Json("\xe2\x82x"), "\"" + replaced + replaced + "x\"");
}

TEST(Log, WritesOneObjectALineFromTheLevelOn) {
  testing::internal::CaptureStderr();
  rel_log_field fields[] = {rel_log_text("path", rel_cstr("a\"b")), rel_log_number("port", INT64_MIN)};
  rel_log(REL_LOG_WARN, "started", fields, 2);
  rel_log(REL_LOG_DEBUG, "hidden", nullptr, 0);
  rel_log_set_level(REL_LOG_OFF);
  rel_log(REL_LOG_ERROR, "hidden", nullptr, 0);
  rel_log_set_level(REL_LOG_INFO);
  std::string out = testing::internal::GetCapturedStderr();
  EXPECT_EQ(out.find("hidden"), std::string::npos);
  EXPECT_EQ(out.rfind("{\"time\":\"20", 0), 0u) << out;
  EXPECT_NE(out.find("Z\",\"level\":\"warn\",\"event\":\"started\",\"path\":\"a\\\"b\",\"port\":-"
                     "9223372036854775808}\n"),
            std::string::npos)
      << out;
}

TEST(Log, LinesOfSeveralThreadsStayWhole) {
  testing::internal::CaptureStderr();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++)
    threads.emplace_back([] {
      rel_log_field field = rel_log_text("text", rel_cstr("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
      for (int i = 0; i < 200; i++)
        rel_log(REL_LOG_INFO, "e", &field, 1);
    });
  for (std::thread &thread : threads)
    thread.join();
  std::string out = testing::internal::GetCapturedStderr();
  size_t lines = 0;
  for (size_t at = 0, end; (end = out.find('\n', at)) != std::string::npos; at = end + 1, lines++) {
    EXPECT_EQ(out.compare(at, 9, "{\"time\":\""), 0);
    EXPECT_EQ(out[end - 1], '}');
  }
  EXPECT_EQ(lines, 800u);
}

TEST(Log, LevelsHaveNames) {
  rel_log_level level = REL_LOG_OFF;
  EXPECT_TRUE(rel_log_level_parse(rel_cstr("debug"), &level));
  EXPECT_EQ(level, REL_LOG_DEBUG);
  EXPECT_FALSE(rel_log_level_parse(rel_cstr("DEBUG"), &level));
  EXPECT_FALSE(rel_log_level_parse(rel_cstr(""), &level));
  EXPECT_EQ(level, REL_LOG_DEBUG) << "untouched";
}

} // namespace
