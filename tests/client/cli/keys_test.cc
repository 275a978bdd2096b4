// Arguments to keys.
#include "client/cli/keys.h"

#include "client/cli/json.h"
#include "model_fixture.h"

#include <gtest/gtest.h>

namespace {

// The keys as JSON, or the error.
std::string Parse(const std::vector<FieldSpec> &fields, const std::vector<const char *> &arguments) {
  std::vector<const char *> names;
  for (const FieldSpec &field : fields)
    names.push_back(field.name);
  ModelOf of(fields, names);
  rel_arena arena;
  rel_arena_init(&arena);
  rel_error error;
  const Relations__V1__Field **key;
  size_t count;
  Relations__V1__Keys keys;
  EXPECT_EQ(rel_key_fields(&of.model, nullptr, &arena, &key, &count, &error), REL_OK);
  std::string text;
  if (rel_keys_parse(key, count, arguments.data(), arguments.size(), &arena, &keys, &error) == REL_OK) {
    rel_buf out = {};
    rel_json_message(&out, &keys.base);
    text = rel_buf_text(&out);
    rel_buf_fini(&out);
  } else {
    text = error.message;
  }
  rel_arena_fini(&arena);
  return text;
}

const FieldSpec kInt = {"id", 1, "int64", false}, kUint = {"id", 1, "uint64", false},
                kText = {"code", 2, "string", false}, kBytes = {"hash", 3, "bytes", false},
                kReal = {"x", 4, "double", false};

TEST(Keys, TheTypeDecides) {
  EXPECT_EQ(Parse({kInt}, {"5", "-9223372036854775808"}),
            "{\"int64s\":{\"values\":[\"5\",\"-9223372036854775808\"]}}");
  EXPECT_EQ(Parse({kUint}, {"18446744073709551615"}),
            "{\"uint64s\":{\"values\":[\"18446744073709551615\"]}}");
  EXPECT_EQ(Parse({kText}, {"5", "", "a,b\\c"}), "{\"strings\":{\"values\":[\"5\",\"\",\"a,b\\\\c\"]}}");
  EXPECT_EQ(Parse({kBytes}, {"0x00fF", "x"}), "{\"bytes\":{\"values\":[\"AP8=\",\"eA==\"]}}");
}

TEST(Keys, WhatDoesNotFitIsRefused) {
  EXPECT_EQ(Parse({kInt}, {"five"}), "\"five\" is no int64, which the key's field id is");
  for (const char *text : {"", " 5", "+5", "5x", "9223372036854775808", "-", "0x5"})
    EXPECT_EQ(Parse({kInt}, {text}),
              "\"" + std::string(text) + "\" is no int64, which the key's field id is");
  EXPECT_EQ(Parse({kUint}, {"-1"}), "\"-1\" is no uint64, which the key's field id is");
  EXPECT_EQ(Parse({kText}, {"\xFF"}), "\"\xFF\" is no string, which the key's field code is");
  EXPECT_EQ(Parse({kBytes}, {"0x0"}), "\"0x0\" is no bytes, which the key's field hash is");
  EXPECT_EQ(Parse({kBytes}, {"0x0g"}), "\"0x0g\" is no bytes, which the key's field hash is");
  EXPECT_EQ(Parse({kReal}, {"1"}), "\"1\" is no double, which the key's field x is");
}

TEST(Keys, CompositeKeysAreSeparatedByCommas) {
  EXPECT_EQ(
      Parse({kInt, kText}, {"7,a\\,b\\\\"}),
      "{\"composites\":{\"keys\":[{\"parts\":[{\"int64Value\":\"7\"},{\"stringValue\":\"a,b\\\\\"}]}]}}");
  EXPECT_EQ(Parse({kInt, kText}, {"\\N,\\N"}),
            "{\"composites\":{\"keys\":[{\"parts\":[{\"nullValue\":true},{\"nullValue\":true}]}]}}");
  EXPECT_EQ(Parse({kText, kText}, {","}),
            "{\"composites\":{\"keys\":[{\"parts\":[{\"stringValue\":\"\"},{\"stringValue\":\"\"}]}]}}");
  EXPECT_EQ(Parse({kInt, kText}, {"7"}), "\"7\" is no key of 2 parts separated by commas");
  EXPECT_EQ(Parse({kInt, kText}, {"7,a,b"}), "\"7,a,b\" is no key of 2 parts separated by commas");
  EXPECT_EQ(Parse({kInt, kText}, {"a,7"}), "\"a\" is no int64, which the key's field id is");
}

TEST(Keys, AKeyThatIsNotDescribedIsAnError) {
  ModelOf of({kInt}, {"other"});
  rel_arena arena;
  rel_arena_init(&arena);
  rel_error error;
  const Relations__V1__Field **key;
  size_t count;
  EXPECT_EQ(rel_key_fields(&of.model, nullptr, &arena, &key, &count, &error), REL_INTERNAL);
  rel_arena_fini(&arena);
}

} // namespace
