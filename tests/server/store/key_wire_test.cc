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

// items(id = 1, item_id = 2, type = 9), which belong to something with the tag "Post".
class KeyOfOwner : public testing::Test {
protected:
  KeyOfOwner() {
    fields_[0] = Field(1, REL_TYPE_INT64);
    fields_[1] = Field(2, REL_TYPE_INT64, true);
    fields_[2] = Field(9, REL_TYPE_STRING, true);
    fields_[2].column = rel_cstr("type");
    model_.name = rel_cstr("t.v1.Item");
    model_.table = rel_cstr("items");
    model_.primary_key = &primary_;
    model_.primary_key_count = 1;
    tags_[0].text = rel_cstr("Photo");
    tags_[1].text = rel_cstr("Post");
    gate_ = {&model_, &fields_[2], tags_[1], tags_, 2};
    relation_.kind = REL_BELONGS_TO;
    relation_.owner = &model_;
    relation_.foreign_key = &foreign_;
    relation_.key_count = 1;
    relation_.gate = &gate_;
  }

  // The key as text, "nothing", or the error.
  std::string Key(const std::string &record) {
    rel_buf key = {}, text = {};
    rel_error error = {};
    bool joins = true;
    rel_code code =
        rel_key_of_owner(&key, rel_bytes(record.data(), record.size()), &relation_, &joins, &error);
    rel_key_format(rel_buf_view(&key), &text);
    std::string said = code != REL_OK ? error.message
                       : joins        ? std::string(reinterpret_cast<char *>(text.data), text.len)
                                      : "nothing";
    EXPECT_EQ(joins, key.len > 0);
    EXPECT_TRUE(code == REL_OK || (code == REL_BAD_DATA && !joins));
    rel_buf_fini(&key);
    rel_buf_fini(&text);
    return said;
  }

  rel_field fields_[3] = {};
  const rel_field *primary_ = &fields_[0], *foreign_ = &fields_[1];
  rel_tag tags_[2] = {};
  rel_model model_ = {};
  rel_gate gate_ = {};
  rel_relation relation_ = {};
};

TEST_F(KeyOfOwner, TheTypeFieldDecides) {
  EXPECT_EQ(Key(Wire({{1, 7}, {2, 5}}, "Post")), "5");
  EXPECT_EQ(Key(Wire({{1, 7}, {2, 5}}, "Photo")), "nothing");
  EXPECT_EQ(Key(Wire({{1, 7}, {2, 5}})), "nothing");
  EXPECT_EQ(Key(Wire({{1, 7}}, "Post")), "nothing");
  EXPECT_EQ(Key(Wire({{1, 7}}, "Video")), "nothing") << "a NULL key refers to nothing, whatever the tag";
  EXPECT_EQ(
      Key(Wire({{1, 7}, {2, 5}}, "Video")),
      "items.type of the row with key 7: \"Video\" is the type_tag of no relation of t.v1.Item, whose tags "
      "are \"Photo\", \"Post\"");
}

TEST_F(KeyOfOwner, WithoutAGateTheKeyAloneDoes) {
  relation_.gate = nullptr;
  EXPECT_EQ(Key(Wire({{1, 7}, {2, 5}}, "Video")), "5");
  EXPECT_EQ(Key(Wire({{1, 7}})), "nothing");
}

TEST_F(KeyOfOwner, OfHasManyTheTypeFieldIsTheTargets) {
  const rel_field *references = &fields_[0];
  relation_.kind = REL_HAS_MANY;
  relation_.references = &references;
  EXPECT_EQ(Key(Wire({{1, 7}, {2, 5}}, "Video")), "7");
}

} // namespace
