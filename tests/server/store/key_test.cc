// Keys: their bytes, their text, and what is read from requests.
#include "server/store/key.h"

#include "tests/server/store/fixture.h"

namespace {

using fixture::ikey;
using fixture::Key;
using fixture::skey;
using fixture::str;
using fixture::view;

std::string shown(const std::string &key) {
  rel_buf out{};
  rel_key_format(view(key), &out);
  std::string text = str(rel_buf_view(&out));
  rel_buf_fini(&out);
  return text;
}

TEST(Key, EqualExactlyWhenTheValuesAre) {
  EXPECT_EQ(std::string(Key().i(5)), std::string(Key().u(5)));
  EXPECT_EQ(std::string(Key().i(INT64_MAX)), std::string(Key().u(INT64_MAX)));
  EXPECT_NE(std::string(Key().i(-1)), std::string(Key().u(UINT64_MAX)));
  EXPECT_NE(std::string(Key().s("a").s("bc")), std::string(Key().s("ab").s("c")));
  EXPECT_NE(std::string(Key().s("abc")), std::string(Key().b("abc")));
  EXPECT_NE(std::string(Key().s("")), std::string());
  EXPECT_EQ(std::string(Key().g("6BA7B810-9DAD-11D1-80B4-00C04FD430C8")),
            std::string(Key().g("{6ba7b8109dad11d180b400c04fd430c8}")));
}

TEST(Key, PartsComeBackAsTheyWentIn) {
  std::string long_text(300, 'x');
  std::string key = Key().i(-7).u(UINT64_MAX).s(long_text).b(std::string("\0\xff", 2)).s("");
  rel_str rest = view(key);
  rel_key_part part;
  ASSERT_TRUE(rel_key_next(&rest, &part));
  EXPECT_EQ(part.tag, REL_PART_INT);
  EXPECT_EQ(part.integer, -7);
  ASSERT_TRUE(rel_key_next(&rest, &part));
  EXPECT_EQ(part.tag, REL_PART_UINT);
  EXPECT_EQ(part.natural, UINT64_MAX);
  ASSERT_TRUE(rel_key_next(&rest, &part));
  EXPECT_EQ(str(part.bytes), long_text);
  ASSERT_TRUE(rel_key_next(&rest, &part));
  EXPECT_EQ(part.tag, REL_PART_BYTES);
  EXPECT_EQ(str(part.bytes), std::string("\0\xff", 2));
  ASSERT_TRUE(rel_key_next(&rest, &part));
  EXPECT_EQ(part.tag, REL_PART_TEXT);
  EXPECT_EQ(part.bytes.len, 0u);
  EXPECT_FALSE(rel_key_next(&rest, &part));
}

TEST(Key, Shown) {
  EXPECT_EQ(shown(ikey(INT64_MIN)), "-9223372036854775808");
  EXPECT_EQ(shown(Key().u(UINT64_MAX)), "18446744073709551615");
  EXPECT_EQ(shown(Key().s("a\"b").i(7)), "\"a\\\"b\", 7");
  EXPECT_EQ(shown(Key().b(std::string("\0\xab", 2))), "0x00ab");
  EXPECT_EQ(shown(Key().g("6BA7B810-9DAD-11D1-80B4-00C04FD430C8")), "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  EXPECT_EQ(shown(skey(std::string(100, 'x'))), "\"" + std::string(48, 'x') + "\"...");
  std::string accents;
  for (int i = 0; i < 40; i++)
    accents += i == 0 ? "x" : "é";
  EXPECT_TRUE(rel_utf8_valid(view(shown(skey(accents)))));
}

TEST(Uuid, FormsThatAreOne) {
  uint8_t uuid[16];
  for (const char *text : {"6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6BA7B810-9DAD-11D1-80B4-00C04FD430C8",
                           "6ba7b8109DAD11d180b400c04fd430c8", "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}"}) {
    ASSERT_TRUE(rel_uuid_parse(rel_cstr(text), uuid)) << text;
    char canonical[REL_UUID_TEXT + 1];
    rel_uuid_format(uuid, canonical);
    EXPECT_STREQ(canonical, "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  }
  for (const char *text : {"", "{}", "6ba7b810", "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
                           "6ba7b810-9dad-11d1-80b400c04fd430c8", "6ba7b8109-dad-11d1-80b4-00c04fd430c8",
                           "{6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6ba7b810-9dad-11d1-80b4-00c04fd430c8 "})
    EXPECT_FALSE(rel_uuid_parse(rel_cstr(text), uuid)) << text;
}

// --- Requests ---

class Request : public testing::Test {
protected:
  Request() {
    rel_arena_init(&arena_);
    number_ = model_.add("id", 1, REL_TYPE_INT64);
    text_ = model_.add("name", 2, REL_TYPE_STRING);
    bytes_ = model_.add("hash", 3, REL_TYPE_BYTES);
    uuid_ = model_.add("uuid", 4, REL_TYPE_STRING);
    uuid_->uuid = true;
    relations__v1__keys__init(&keys_);
  }
  ~Request() override { rel_arena_fini(&arena_); }

  rel_code read(const std::vector<const rel_field *> &fields, size_t max_keys = 1000) {
    rel_keys_expected expected = {"owner_keys", {fields.data(), fields.size()}, max_keys};
    rel_request_keys read;
    rel_code code = rel_keys_read(&keys_, &expected, &arena_, &read, &error_);
    out_ = read.items;
    count_ = read.count;
    return code;
  }
  std::string key(size_t i) { return str(out_[i].bytes); }

  void integers(std::vector<int64_t> values) {
    integers_ = std::move(values);
    relations__v1__int64_keys__init(&int64s_);
    int64s_.n_values = integers_.size();
    int64s_.values = integers_.data();
    keys_.kind_case = RELATIONS__V1__KEYS__KIND_INT64S;
    keys_.int64s = &int64s_;
  }
  void naturals(std::vector<uint64_t> values) {
    naturals_ = std::move(values);
    relations__v1__uint64_keys__init(&uint64s_);
    uint64s_.n_values = naturals_.size();
    uint64s_.values = naturals_.data();
    keys_.kind_case = RELATIONS__V1__KEYS__KIND_UINT64S;
    keys_.uint64s = &uint64s_;
  }
  void texts(std::vector<std::string> values) {
    texts_ = std::move(values);
    pointers_.clear();
    for (auto &text : texts_)
      pointers_.push_back(text.data());
    relations__v1__string_keys__init(&strings_);
    strings_.n_values = pointers_.size();
    strings_.values = pointers_.data();
    keys_.kind_case = RELATIONS__V1__KEYS__KIND_STRINGS;
    keys_.strings = &strings_;
  }
  void blobs(std::vector<std::string> values) {
    texts_ = std::move(values);
    data_.clear();
    for (auto &text : texts_)
      data_.push_back({text.size(), reinterpret_cast<uint8_t *>(text.data())});
    relations__v1__bytes_keys__init(&blobs_);
    blobs_.n_values = data_.size();
    blobs_.values = data_.data();
    keys_.kind_case = RELATIONS__V1__KEYS__KIND_BYTES;
    keys_.bytes = &blobs_;
  }
  // One composite key of integers; nothing stands for an unset part, NULL parts follow by number.
  void composite(std::vector<Relations__V1__KeyPart> parts) {
    parts_ = std::move(parts);
    part_pointers_.clear();
    for (auto &part : parts_)
      part_pointers_.push_back(&part);
    relations__v1__composite_key__init(&composite_);
    composite_.n_parts = part_pointers_.size();
    composite_.parts = part_pointers_.data();
    composite_pointer_ = &composite_;
    relations__v1__composite_keys__init(&composites_);
    composites_.n_keys = 1;
    composites_.keys = &composite_pointer_;
    keys_.kind_case = RELATIONS__V1__KEYS__KIND_COMPOSITES;
    keys_.composites = &composites_;
  }
  static Relations__V1__KeyPart part(Relations__V1__KeyPart__KindCase kind) {
    Relations__V1__KeyPart made;
    relations__v1__key_part__init(&made);
    made.kind_case = kind;
    return made;
  }
  static Relations__V1__KeyPart integer(int64_t value) {
    auto made = part(RELATIONS__V1__KEY_PART__KIND_INT64_VALUE);
    made.int64_value = value;
    return made;
  }
  static Relations__V1__KeyPart null(bool value) {
    auto made = part(RELATIONS__V1__KEY_PART__KIND_NULL_VALUE);
    made.null_value = value;
    return made;
  }

  fixture::Model model_{"m"};
  rel_field *number_, *text_, *bytes_, *uuid_;
  Relations__V1__Keys keys_;
  rel_request_key *out_ = nullptr;
  size_t count_ = 0;
  rel_error error_{};

private:
  rel_arena arena_;
  std::vector<int64_t> integers_;
  std::vector<uint64_t> naturals_;
  std::vector<std::string> texts_;
  std::vector<char *> pointers_;
  std::vector<ProtobufCBinaryData> data_;
  std::vector<Relations__V1__KeyPart> parts_;
  std::vector<Relations__V1__KeyPart *> part_pointers_;
  Relations__V1__Int64Keys int64s_;
  Relations__V1__Uint64Keys uint64s_;
  Relations__V1__StringKeys strings_;
  Relations__V1__BytesKeys blobs_;
  Relations__V1__CompositeKey composite_;
  Relations__V1__CompositeKey *composite_pointer_;
  Relations__V1__CompositeKeys composites_;
};

TEST_F(Request, Integers) {
  integers({5, 0, -1});
  ASSERT_EQ(read({number_}), REL_OK) << error_.message;
  ASSERT_EQ(count_, 3u);
  EXPECT_EQ(key(1), ikey(0));
  EXPECT_EQ(key(2), ikey(-1));
  naturals({5, UINT64_MAX});
  ASSERT_EQ(read({number_}), REL_OK);
  EXPECT_EQ(key(0), ikey(5));
  EXPECT_EQ(key(1), std::string(Key().u(UINT64_MAX)));
}

TEST_F(Request, NoKeysAtAllAreFine) {
  integers({});
  EXPECT_EQ(read({number_}), REL_OK);
  EXPECT_EQ(count_, 0u);
}

TEST_F(Request, UnsetIsInvalidAndNamesTheField) {
  EXPECT_EQ(read({number_}), REL_INVALID);
  EXPECT_STREQ(error_.field, "owner_keys");
  rel_keys_expected expected = {"keys", {nullptr, 1}, 9};
  rel_request_keys read;
  EXPECT_EQ(rel_keys_read(nullptr, &expected, nullptr, &read, &error_), REL_INVALID);
  EXPECT_STREQ(error_.field, "keys");
}

TEST_F(Request, WrongKindIsInvalidAndSaysWhatFits) {
  texts({"5"});
  EXPECT_EQ(read({number_}), REL_INVALID);
  EXPECT_NE(std::string(error_.message).find("id (int64) takes int64s or uint64s"), std::string::npos)
      << error_.message;
  integers({5});
  EXPECT_EQ(read({text_}), REL_INVALID);
  EXPECT_EQ(read({bytes_}), REL_INVALID);
  EXPECT_EQ(read({uuid_}), REL_INVALID);
  blobs({"x"});
  EXPECT_EQ(read({text_}), REL_INVALID);
}

TEST_F(Request, TextBytesAndUuids) {
  texts({"", "a"});
  ASSERT_EQ(read({text_}), REL_OK);
  EXPECT_EQ(key(0), skey(""));
  blobs({std::string("\0", 1)});
  ASSERT_EQ(read({bytes_}), REL_OK);
  EXPECT_EQ(key(0), std::string(Key().b(std::string("\0", 1))));
  texts({"6BA7B810-9DAD-11D1-80B4-00C04FD430C8"});
  ASSERT_EQ(read({uuid_}), REL_OK);
  std::string as_text = key(0);
  blobs({std::string("\x6b\xa7\xb8\x10\x9d\xad\x11\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8", 16)});
  ASSERT_EQ(read({uuid_}), REL_OK);
  EXPECT_EQ(key(0), as_text);
  blobs({"short"});
  EXPECT_EQ(read({uuid_}), REL_INVALID);
  texts({"not a uuid"});
  EXPECT_EQ(read({uuid_}), REL_INVALID);
  texts({"\xff"});
  EXPECT_EQ(read({text_}), REL_INVALID);
}

TEST_F(Request, CompositesWithNullReferToNothing) {
  composite({integer(1), integer(2)});
  ASSERT_EQ(read({number_, number_}), REL_OK) << error_.message;
  EXPECT_FALSE(out_[0].is_null);
  EXPECT_EQ(key(0), std::string(Key().i(1).i(2)));
  composite({integer(1), null(true)});
  ASSERT_EQ(read({number_, number_}), REL_OK);
  EXPECT_TRUE(out_[0].is_null);
  EXPECT_EQ(out_[0].bytes.len, 0u);
  composite({null(true)});
  ASSERT_EQ(read({number_}), REL_OK);
  EXPECT_TRUE(out_[0].is_null);
}

TEST_F(Request, CompositesThatAreNotWhole) {
  composite({integer(1), null(false)});
  EXPECT_EQ(read({number_, number_}), REL_INVALID);
  composite({integer(1), part(RELATIONS__V1__KEY_PART__KIND__NOT_SET)});
  EXPECT_EQ(read({number_, number_}), REL_INVALID);
  composite({integer(1)});
  EXPECT_EQ(read({number_, number_}), REL_INVALID);
  composite({integer(1), integer(2), integer(3)});
  EXPECT_EQ(read({number_, number_}), REL_INVALID);
  composite({null(true), integer(2)});
  EXPECT_EQ(read({number_, text_}), REL_INVALID) << "the kind of a part counts beside a NULL";
  integers({1});
  EXPECT_EQ(read({number_, number_}), REL_INVALID);
}

TEST_F(Request, Limits) {
  integers({1, 2, 3});
  EXPECT_EQ(read({number_}, 2), REL_LIMIT);
  EXPECT_STREQ(error_.field, "owner_keys");
  texts({std::string(REL_KEY_MAX_BYTES + 1, 'x')});
  EXPECT_EQ(read({text_}), REL_LIMIT);
  texts({std::string(REL_KEY_MAX_BYTES, 'x')});
  EXPECT_EQ(read({text_}), REL_LIMIT) << "with its tag and length it is too long";
}

} // namespace
