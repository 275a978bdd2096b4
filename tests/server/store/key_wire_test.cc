#include "server/store/key_wire.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

rel_field Field(uint32_t number, rel_type type, bool presence = false) {
  rel_field field = {};
  field.name = rel_cstr("f");
  field.number = number;
  field.type = type;
  field.has_column = true;
  field.has_presence = presence;
  return field;
}

// The key of a record's fields as text, or "nothing".
std::string KeyOf(const std::string &record, std::vector<rel_field> fields) {
  std::vector<const rel_field *> pointers;
  for (const rel_field &field : fields)
    pointers.push_back(&field);
  rel_buf key = {}, text = {};
  std::string said = "nothing";
  if (rel_key_of_record(&key, rel_bytes(record.data(), record.size()), pointers.data(), pointers.size())) {
    rel_key_format(rel_buf_view(&key), &text);
    said.assign(reinterpret_cast<char *>(text.data), text.len);
  } else {
    EXPECT_EQ(key.len, 0u) << "something was left behind";
  }
  rel_buf_fini(&key);
  rel_buf_fini(&text);
  return said;
}

std::string Wire(std::vector<std::pair<uint32_t, uint64_t>> numbers, std::string text = "") {
  rel_buf out = {};
  for (auto [number, value] : numbers)
    rel_wire_put_uint(&out, number, value);
  if (!text.empty()) rel_wire_put_bytes(&out, 9, rel_bytes(text.data(), text.size()));
  std::string bytes(reinterpret_cast<char *>(out.data), out.len);
  rel_buf_fini(&out);
  return bytes;
}

TEST(KeyOfRecord, ReadsWhatWasWritten) {
  EXPECT_EQ(KeyOf(Wire({{1, 7}, {2, 5}}), {Field(2, REL_TYPE_INT64)}), "5");
  EXPECT_EQ(KeyOf(Wire({{2, UINT64_MAX}}), {Field(2, REL_TYPE_INT64)}), "-1");
  EXPECT_EQ(KeyOf(Wire({{2, UINT64_MAX}}), {Field(2, REL_TYPE_UINT64)}), "18446744073709551615");
  EXPECT_EQ(KeyOf(Wire({{2, 3}}), {Field(2, REL_TYPE_SINT32)}), "-2");
  EXPECT_EQ(KeyOf(Wire({}, "abc"), {Field(9, REL_TYPE_STRING)}), "\"abc\"");
  EXPECT_EQ(KeyOf(Wire({{1, 7}, {2, 5}}, "x"), {Field(9, REL_TYPE_STRING), Field(1, REL_TYPE_INT32)}),
            "\"x\", 7");
}

TEST(KeyOfRecord, AbsentIsZeroWithoutPresenceAndNothingWithIt) {
  EXPECT_EQ(KeyOf("", {Field(1, REL_TYPE_INT64)}), "0");
  EXPECT_EQ(KeyOf("", {Field(1, REL_TYPE_STRING)}), "\"\"");
  EXPECT_EQ(KeyOf("", {Field(1, REL_TYPE_INT64, true)}), "nothing");
  EXPECT_EQ(KeyOf(Wire({{1, 1}}), {Field(1, REL_TYPE_INT64), Field(2, REL_TYPE_INT64, true)}), "nothing");
  EXPECT_EQ(KeyOf(Wire({{1, 0}}), {Field(1, REL_TYPE_INT64, true)}), "0");
}

TEST(KeyOfRecord, TheLastOfAFieldCounts) {
  EXPECT_EQ(KeyOf(Wire({{1, 4}, {1, 6}}), {Field(1, REL_TYPE_INT64)}), "6");
}

TEST(KeyOfRecord, UuidsAreOneIdentity) {
  rel_field uuid = Field(9, REL_TYPE_STRING);
  uuid.uuid = true;
  std::string lower = KeyOf(Wire({}, "0f0e0d0c-0b0a-0908-0706-050403020100"), {uuid});
  EXPECT_EQ(KeyOf(Wire({}, "0F0E0D0C0B0A09080706050403020100"), {uuid}), lower);
  EXPECT_EQ(KeyOf("", {uuid}), "nothing");
  EXPECT_EQ(KeyOf(Wire({}, "no uuid"), {uuid}), "nothing");
}

TEST(KeyOfRecord, BytesThatAreNoMessageAreNotReadBeyondTheirEnd) {
  EXPECT_EQ(KeyOf("\x4a\x7f", {Field(9, REL_TYPE_STRING, true)}), "nothing");
  EXPECT_EQ(KeyOf("\x0d\x01", {Field(1, REL_TYPE_INT64, true)}), "nothing");
  EXPECT_EQ(KeyOf(Wire({{9, 3}}), {Field(9, REL_TYPE_STRING)}), "nothing");
}

} // namespace
