// Keys of typed requests, well formed and not, against what a Protobuf parser would read.
#include "server/handlers/typed_keys.h"

#include "common/wire.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace {

// A model that has nothing but its key.
struct Model {
  explicit Model(std::vector<std::pair<const char *, rel_type>> key, bool uuid = false) {
    fields.resize(key.size());
    for (size_t i = 0; i < key.size(); i++) {
      fields[i].name = rel_cstr(key[i].first);
      fields[i].number = static_cast<uint32_t>(i + 5); // not the number in requests
      fields[i].type = key[i].second;
      fields[i].has_column = true;
      fields[i].uuid = uuid;
      pointers.push_back(&fields[i]);
    }
    model.name = rel_cstr("t.v1.T");
    model.primary_key = pointers.data();
    model.primary_key_count = pointers.size();
  }
  std::vector<rel_field> fields;
  std::vector<const rel_field *> pointers;
  rel_model model = {};
};

// What reading came to: the keys as text, or the code, the field and the message.
struct Got {
  rel_code code;
  std::string field, message;
  std::vector<std::string> keys;
};

std::string Shown(const rel_request_key &key) {
  EXPECT_FALSE(key.is_null);
  rel_buf out = {};
  rel_key_format(key.bytes, &out);
  std::string text(reinterpret_cast<char *>(out.data), out.len);
  rel_buf_fini(&out);
  return text;
}

Got One(const Model &m, const std::string &request) {
  rel_arena arena;
  rel_arena_init(&arena);
  rel_request_key key;
  rel_error error = {};
  Got got;
  got.code = rel_typed_key_read(rel_bytes(request.data(), request.size()), &m.model, &arena, &key, &error);
  if (got.code == REL_OK) got.keys.push_back(Shown(key));
  got.field = error.field;
  got.message = error.message;
  rel_arena_fini(&arena);
  return got;
}

Got Many(const Model &m, const std::string &request, size_t max_keys = 100) {
  rel_arena arena;
  rel_arena_init(&arena);
  rel_request_keys keys;
  rel_error error = {};
  Got got;
  got.code = rel_typed_keys_read(rel_bytes(request.data(), request.size()), &m.model, max_keys, &arena, &keys,
                                 &error);
  for (size_t i = 0; got.code == REL_OK && i < keys.count; i++)
    got.keys.push_back(Shown(keys.items[i]));
  got.field = error.field;
  got.message = error.message;
  rel_arena_fini(&arena);
  return got;
}

std::string Bytes(int field, const std::string &value) {
  return std::string(1, static_cast<char>(field << 3 | 2)) + static_cast<char>(value.size()) + value;
}

using Strings = std::vector<std::string>;
using namespace std::string_literals;

const Model kInt({{"id", REL_TYPE_INT64}});
const Model kText({{"name", REL_TYPE_STRING}});
const Model kPair({{"store", REL_TYPE_STRING}, {"number", REL_TYPE_UINT32}});

TEST(TypedKey, EveryIntegerType) {
  struct Case {
    rel_type type;
    std::string bytes, key;
  };
  std::string minus_one = "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s;
  std::string below_2_64 = minus_one;
  for (const Case &c : std::vector<Case>{
           {REL_TYPE_INT64, "\x08\x00"s, "0"},
           {REL_TYPE_INT64, minus_one, "-1"},
           {REL_TYPE_INT64, "\x08\x81\x80\x80\x80\x80\x80\x80\x10"s, "9007199254740993"},
           {REL_TYPE_UINT64, below_2_64, "18446744073709551615"},
           {REL_TYPE_INT32, minus_one, "-1"},
           {REL_TYPE_INT32, "\x08\xff\xff\xff\xff\x0f"s, "-1"}, // 2^32 - 1: cut to 32 bits, as parsers do
           {REL_TYPE_UINT32, minus_one, "4294967295"},
           {REL_TYPE_SINT32, "\x08\x01"s, "-1"},
           {REL_TYPE_SINT32, "\x08\xff\xff\xff\xff\x0f"s, "-2147483648"},
           {REL_TYPE_SINT64, below_2_64, "-9223372036854775808"},
           {REL_TYPE_FIXED32, "\x0d\xff\xff\xff\xff"s, "4294967295"},
           {REL_TYPE_SFIXED32, "\x0d\xff\xff\xff\xff"s, "-1"},
           {REL_TYPE_FIXED64, "\x09\xff\xff\xff\xff\xff\xff\xff\xff"s, "18446744073709551615"},
           {REL_TYPE_SFIXED64, "\x09\xff\xff\xff\xff\xff\xff\xff\xff"s, "-1"},
       }) {
    Model m({{"id", c.type}});
    Got got = One(m, c.bytes);
    EXPECT_EQ(got.keys, Strings{c.key}) << got.message;
    EXPECT_EQ(Many(m, c.bytes).keys, Strings{c.key}); // one by one
    EXPECT_EQ(Many(m, Bytes(1, c.bytes.substr(1) + c.bytes.substr(1))).keys,
              (Strings{c.key, c.key})); // packed
  }
}

TEST(TypedKey, TextBytesAndUuids) {
  EXPECT_EQ(One(kText, Bytes(1, "")).keys, Strings{"\"\""});
  EXPECT_EQ(One(kText, Bytes(1, "a")).keys, Strings{"\"a\""});
  Model bytes({{"hash", REL_TYPE_BYTES}});
  EXPECT_EQ(One(bytes, Bytes(1, "a\0\xff"s)).keys, Strings{"0x6100ff"});
  Model uuid_text({{"id", REL_TYPE_STRING}}, true), uuid_bytes({{"id", REL_TYPE_BYTES}}, true);
  Strings same{"0d5f6a1e-8c1b-4d7e-9f00-aabbccddeeff"};
  EXPECT_EQ(One(uuid_text, Bytes(1, "0D5F6A1E-8C1B-4D7E-9F00-AABBCCDDEEFF")).keys, same);
  EXPECT_EQ(
      One(uuid_bytes, Bytes(1, "\x0d\x5f\x6a\x1e\x8c\x1b\x4d\x7e\x9f\x00\xaa\xbb\xcc\xdd\xee\xff"s)).keys,
      same);
  EXPECT_EQ(One(uuid_bytes, Bytes(1, "0d5f")).code, REL_INVALID);
  EXPECT_EQ(Many(uuid_text, Bytes(1, "nope")).field, "ids[0]");
}

TEST(TypedKey, WhatIsMissingIsNamed) {
  Got got = One(kInt, "");
  EXPECT_EQ(got.code, REL_INVALID);
  EXPECT_EQ(got.field, "id");
  EXPECT_EQ(got.message, "id (int64) is missing: set it, also when it is 0 or empty");
  EXPECT_EQ(One(kPair, "\x10\x07"s).field, "store");
  EXPECT_EQ(One(kPair, Bytes(1, "s")).field, "number");
  EXPECT_EQ(Many(kPair, Bytes(1, Bytes(1, "s") + "\x10\x07"s) + Bytes(1, Bytes(1, "s"))).field,
            "keys[1].number");
  EXPECT_EQ(Many(kPair, Bytes(1, "")).field, "keys[0].store");
  EXPECT_EQ(Many(kPair, "").keys, Strings{});
  EXPECT_EQ(Many(kInt, "").keys, Strings{});
}

TEST(TypedKey, TheLastOfAFieldCountsAndUnknownOnesAreSkipped) {
  EXPECT_EQ(One(kInt, "\x08\x01\x08\x02"s).keys, Strings{"2"});
  EXPECT_EQ(One(kInt, "\x12\x01x\x08\x02\xf8\x01\x05"s).keys, Strings{"2"});
  EXPECT_EQ(Many(kInt, "\x08\x01\x12\x01x\x0a\x02\x05\x06\x08\x02"s).keys, (Strings{"1", "5", "6", "2"}));
  EXPECT_EQ(Many(kPair, Bytes(1, "\x10\x01"s + Bytes(1, "a") + Bytes(3, "x") + Bytes(1, "b"))).keys,
            Strings{"\"b\", 1"});
}

TEST(TypedKey, AnotherWireTypeIsRefused) {
  for (const std::string &wrong : {"\x09\0\0\0\0\0\0\0\0"s, "\x0d\0\0\0\0"s, Bytes(1, "x")}) {
    EXPECT_EQ(One(kInt, wrong).field, "id");
    EXPECT_EQ(One(kInt, wrong).code, REL_INVALID);
  }
  EXPECT_EQ(One(kText, "\x08\x01"s).field, "name");
  EXPECT_EQ(Many(kText, "\x08\x01"s).field, "names[0]");
  EXPECT_EQ(Many(kInt, "\x08\x01\x0d\0\0\0\0"s).field, "ids[1]");
  EXPECT_EQ(Many(kPair, "\x08\x01"s).code, REL_INVALID);
}

TEST(TypedKey, BadTextIsRefused) {
  EXPECT_EQ(One(kText, Bytes(1, "\xff")).code, REL_INVALID);
  EXPECT_EQ(One(kText, Bytes(1, "a\0b"s)).code, REL_INVALID);
  EXPECT_EQ(One(kText, Bytes(1, "\xed\xa0\x80")).code, REL_INVALID);
}

TEST(TypedKey, Limits) {
  std::string long_text = "\x0a\x81\x80\x01"s + std::string(16385, 'x');
  EXPECT_EQ(One(kText, long_text).code, REL_LIMIT);
  EXPECT_EQ(Many(kText, long_text).code, REL_LIMIT);
  EXPECT_EQ(Many(kInt, Bytes(1, "\1\2\3"), 3).keys.size(), 3u);
  Got got = Many(kInt, Bytes(1, "\1\2\3") + "\x08\x01"s, 3);
  EXPECT_EQ(got.code, REL_LIMIT);
  EXPECT_EQ(got.message, "ids has 4 keys, more than 3");
  EXPECT_EQ(Many(kPair, Bytes(1, "") + Bytes(1, ""), 1).code, REL_LIMIT);
}

TEST(TypedKey, MalformedBytes) {
  for (const std::string &bad :
       {"\x08"s, "\x0a\x05x"s, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s, "\x0b\x0c"s, "\x00\x00"s,
        "\x0e\x00"s, "\x09\x01"s, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"s})
    for (const Model *m : {&kInt, &kText, &kPair}) {
      EXPECT_EQ(One(*m, bad).code, REL_INVALID);
      EXPECT_EQ(Many(*m, bad).code, REL_INVALID);
    }
  EXPECT_EQ(Many(kInt, Bytes(1, "\x01\x80")).code, REL_INVALID); // a packed number without its end
  EXPECT_EQ(Many(Model({{"id", REL_TYPE_FIXED32}}), Bytes(1, "\x01\0\0\0\x02"s)).code, REL_INVALID);
  EXPECT_EQ(Many(kPair, Bytes(1, "\x0a\x7f")).code, REL_INVALID);
}

// Whatever the bytes, the answer is keys within the limit or an error that a client may see.
TEST(TypedKey, RandomBytes) {
  uint32_t seed = std::random_device()();
  if (const char *given = getenv("SEED")) seed = static_cast<uint32_t>(strtoul(given, nullptr, 10));
  std::printf("SEED=%u\n", seed);
  std::mt19937 random(seed);
  const Model fixed({{"id", REL_TYPE_SFIXED64}}), uuid({{"id", REL_TYPE_BYTES}}, true);
  for (int i = 0; i < 20000; i++) {
    std::string bytes;
    size_t len = random() % 24;
    // Half of them begin as something that is looked at.
    if (random() % 2 == 0) bytes += static_cast<char>("\x08\x09\x0a\x0d\x12"[random() % 5]);
    while (bytes.size() < len)
      bytes += static_cast<char>(random() % 4 == 0 ? random() : random() % 20);
    for (const Model *m : {&kInt, &kText, &kPair, &fixed, &uuid})
      for (const Got &got : {One(*m, bytes), Many(*m, bytes, 5)}) {
        EXPECT_TRUE(got.code == REL_OK || got.code == REL_INVALID || got.code == REL_LIMIT);
        EXPECT_EQ(got.code == REL_OK, got.message.empty());
        EXPECT_LE(got.keys.size(), 5u);
      }
  }
}

} // namespace
