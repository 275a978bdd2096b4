// Wire bytes to values, and values to text.
#include "client/cli/record.h"

#include "client/cli/json.h"
#include "common/wire.h"
#include "model_fixture.h"

#include <gtest/gtest.h>

namespace {

std::string Take(rel_buf *buf) {
  std::string text(reinterpret_cast<char *>(buf->data), buf->len);
  rel_buf_fini(buf);
  return text;
}

// The values of a record as JSON, or the error.
std::string Read(const ModelOf &of, const std::string &bytes, bool json = true) {
  std::vector<rel_value> values(of.model.n_fields);
  rel_error error;
  if (rel_record_read(&of.model, rel_bytes(bytes.data(), bytes.size()), values.data(), &error) != REL_OK)
    return error.message;
  rel_buf out = {};
  for (const rel_value &value : values) {
    if (out.len > 0) rel_buf_cstr(&out, " ");
    json ? rel_value_json(&value, &out) : rel_value_text(&value, &out);
  }
  return Take(&out);
}

std::string Time(int64_t seconds, int32_t nanos) {
  rel_buf out = {};
  rel_json_time(&out, seconds, nanos);
  return Take(&out);
}

std::string Base64(const std::string &bytes) {
  rel_buf out = {};
  rel_json_bytes(&out, rel_bytes(bytes.data(), bytes.size()));
  return Take(&out);
}

const std::vector<FieldSpec> kEvery = {
    {"a", 1, "int64", false},
    {"b", 2, "uint64", false},
    {"c", 3, "int32", false},
    {"d", 4, "sint64", false},
    {"e", 5, "fixed64", false},
    {"f", 6, "sfixed32", false},
    {"g", 7, "bool", false},
    {"h", 8, "double", false},
    {"i", 9, "float", false},
    {"j", 10, "string", false},
    {"k", 11, "bytes", false},
    {"l", 12, "odd.v1.Color", false},
    {"m", 13, "google.protobuf.Timestamp", true},
};

TEST(Record, EveryTypeIsExact) {
  rel_buf out = {};
  rel_wire_put_uint(&out, 1, static_cast<uint64_t>(INT64_MIN));
  rel_wire_put_uint(&out, 2, UINT64_MAX);
  rel_wire_put_uint(&out, 3, static_cast<uint64_t>(int64_t{-5}));
  rel_wire_put_uint(&out, 4, rel_wire_zigzag(INT64_MIN));
  rel_wire_put_fixed64(&out, 5, UINT64_MAX);
  rel_wire_put_fixed32(&out, 6, static_cast<uint32_t>(-7));
  rel_wire_put_uint(&out, 7, 1);
  uint64_t bits;
  double real = 0.1;
  memcpy(&bits, &real, sizeof bits);
  rel_wire_put_fixed64(&out, 8, bits);
  uint32_t half_bits;
  float single = 0.1f;
  memcpy(&half_bits, &single, sizeof half_bits);
  rel_wire_put_fixed32(&out, 9, half_bits);
  rel_wire_put_bytes(&out, 10, rel_cstr("x\"\n"));
  rel_wire_put_bytes(&out, 11, rel_bytes("\x00\xFF", 2));
  rel_wire_put_uint(&out, 12, 2);
  rel_wire_put_bytes(&out, 13, rel_cstr("\x08\x01\x10\x80\xca\xb5\xee\x01")); // 1 s, 500 ms
  std::string bytes = Take(&out);
  ModelOf model(kEvery, {"a"});
  EXPECT_EQ(Read(model, bytes), "\"-9223372036854775808\" \"18446744073709551615\" -5 "
                                "\"-9223372036854775808\" \"18446744073709551615\" -7 "
                                "true 0.1 0.1 \"x\\\"\\n\" \"AP8=\" 2 \"1970-01-01T00:00:01.500Z\"");
  EXPECT_EQ(Read(model, bytes, false), "-9223372036854775808 18446744073709551615 -5 -9223372036854775808 "
                                       "18446744073709551615 -7 true 0.1 0.1 "
                                       "x\"\n 0x00ff 2 1970-01-01T00:00:01.500Z");
}

TEST(Record, WhatIsLeftOutIsZeroOrNull) {
  EXPECT_EQ(Read(ModelOf(kEvery, {"a"}), ""), "\"0\" \"0\" 0 \"0\" \"0\" 0 false 0 0 \"\" \"\" 0 null");
  ModelOf nullable({{"a", 1, "int64", true}, {"b", 2, "string", true}}, {"a"});
  EXPECT_EQ(Read(nullable, ""), "null null");
  EXPECT_EQ(Read(nullable, std::string("\x08\x00\x12\x00", 4)), "\"0\" \"\"");
}

TEST(Record, TheLastOfAFieldCountsAndUnknownOnesDoNot) {
  EXPECT_EQ(Read(ModelOf({{"a", 1, "int32", false}}, {"a"}), "\x08\x01\x08\x02\xA2\x06\x01x"), "2");
}

TEST(Record, BrokenOnesAreErrors) {
  ModelOf model(
      {{"a", 1, "int64", false}, {"b", 2, "string", false}, {"t", 3, "google.protobuf.Timestamp", true}},
      {"a"});
  EXPECT_EQ(Read(model, "\x0A\x01x"), "the server sent a odd.v1.Thing whose field a is no int64");
  EXPECT_EQ(Read(model, "\x12\x01\xFF"), "the server sent a odd.v1.Thing whose field b is no string");
  EXPECT_EQ(Read(model, "\x1A\x02\x08\xFF"),
            "the server sent a odd.v1.Thing whose field t is no google.protobuf.Timestamp");
  EXPECT_EQ(Read(model, "\x12\x7Fx"), "the server sent a odd.v1.Thing that is broken");
  EXPECT_EQ(Read(model, "\x08"), "the server sent a odd.v1.Thing that is broken");
}

TEST(Json, TimesOfEveryCentury) {
  EXPECT_EQ(Time(0, 0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(Time(-1, 999999999), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(Time(951782400, 0), "2000-02-29T00:00:00Z");
  EXPECT_EQ(Time(4107542399, 1000), "2100-02-28T23:59:59.000001Z");
  EXPECT_EQ(Time(-62135596800, 0), "0001-01-01T00:00:00Z");
  EXPECT_EQ(Time(253402300799, 0), "9999-12-31T23:59:59Z");
}

TEST(Json, Base64Pads) {
  EXPECT_EQ(Base64(""), "\"\"");
  EXPECT_EQ(Base64("f"), "\"Zg==\"");
  EXPECT_EQ(Base64("fo"), "\"Zm8=\"");
  EXPECT_EQ(Base64("foobar"), "\"Zm9vYmFy\"");
}

TEST(Json, MessagesOfTheContract) {
  ModelOf of({{"user_id", 1, "int64", true}}, {"user_id"});
  Relations__V1__EffectiveRelation relation = RELATIONS__V1__EFFECTIVE_RELATION__INIT;
  Relations__V1__EffectiveRelation *relations[] = {&relation};
  relation.kind = RELATIONS__V1__RELATION_KIND__RELATION_KIND_HAS_MANY;
  Relations__V1__CacheSettings cache = RELATIONS__V1__CACHE_SETTINGS__INIT;
  Google__Protobuf__Duration ttl = GOOGLE__PROTOBUF__DURATION__INIT;
  ttl.seconds = 60;
  ttl.nanos = 500000000;
  cache.ttl = &ttl;
  cache.max_bytes = 7;
  relation.cache = &cache;
  of.model.relations = relations;
  of.model.n_relations = 1;
  rel_buf out = {};
  rel_json_message(&out, &of.model.base);
  EXPECT_EQ(Take(&out),
            "{\"name\":\"odd.v1.Thing\",\"table\":\"\",\"primaryKey\":[\"user_id\"],\"extends\":\"\","
            "\"abstract\":false,"
            "\"discriminatorField\":\"\",\"discriminatorValue\":\"\",\"fields\":[{\"name\":\"user_id\","
            "\"number\":1,"
            "\"type\":\"int64\",\"column\":\"\",\"nullable\":true,\"enumValues\":[]}],\"relations\":[{\"name\":\"\",\"kind\":"
            "\"RELATION_KIND_HAS_MANY\",\"model\":\"\",\"foreignKey\":[],\"references\":[],\"inverseOf\":"
            "\"\",\"orderBy\":[],"
            "\"strict\":false,\"declaredIn\":\"\",\"overrides\":[],\"cache\":{\"enabled\":false,\"ttl\":\"60."
            "500s\","
            "\"maxEntries\":\"0\",\"maxBytes\":\"7\"},\"fieldNumber\":0,\"loader\":\"\",\"where\":\"\","
            "\"limit\":0,\"through\":\"\",\"source\":\"\",\"typeField\":\"\",\"typeTag\":\"\",\"oneof\":\"\"}],"
            "\"queryMethods\":[],\"loadedFields\":[],\"alsoExtends\":[]}");
}

} // namespace
