// Descriptor sets that no protoc wrote: truncated, random, too deep, too many, malformed. Each ends in an
// error, never in a crash; the sanitizers watch.
#include "common/wire.h"
#include "tests/common/schema/compiled.h"

#include <random>

using namespace relations_test;

namespace {

std::string Bytes(const std::string &payload, uint32_t field) {
  rel_buf buf = {};
  rel_wire_put_bytes(&buf, field, Str(payload));
  std::string bytes = Text(rel_buf_view(&buf));
  rel_buf_fini(&buf);
  return bytes;
}

std::string Number(uint64_t value, uint32_t field) {
  rel_buf buf = {};
  rel_wire_put_uint(&buf, field, value);
  std::string bytes = Text(rel_buf_view(&buf));
  rel_buf_fini(&buf);
  return bytes;
}

// Pieces of descriptor.proto by hand.
std::string File(const std::string &name, const std::string &content) {
  return Bytes(Bytes(name, 1) + content, 1);
}
std::string Message(const std::string &name, const std::string &content) {
  return Bytes(Bytes(name, 1) + content, 4);
}
std::string Field(const std::string &name, int32_t number, int type, const std::string &more = "") {
  return Bytes(Bytes(name, 1) + Number((uint64_t)(int64_t)number, 3) + Number(1, 4) +
                   Number((uint64_t)type, 5) + more,
               2);
}
std::string ModelOption(const std::string &options) {
  return Bytes(Bytes(options, REL_EXTENSION_MODEL), 7);
}
std::string Model(const std::string &name, const std::string &more = "") {
  return Message(name, Field("id", 1, REL_TYPE_INT64, Number(2, 4)) + ModelOption("") + more);
}

void Refuses(const std::string &set, const std::string &part) {
  Read read = ReadSet(set);
  EXPECT_EQ(read.code, REL_BAD_SCHEMA);
  EXPECT_NE(read.All().find(part), std::string::npos) << "expected: " << part << "\nsaid: " << read.All();
}

const char good[] =
    "message A { option (relations.v1.model) = { extends: \"B\" query_methods: { name: \"m\""
    " filter: \"id = $i\" params: { name: \"i\" type: TYPE_INT64 } } }; int64 id = 1; int64 b_id = 2;"
    " B b = 3 [(relations.v1.belongs_to) = { foreign_key: \"b_id\" inverse_of: \"as\" }]; }"
    "message B { option (relations.v1.model) = { table: \"b\" }; int64 id = 1; enum E { X = 0; }"
    " repeated A as = 2 [(relations.v1.has_many) = { foreign_key: \"b_id\" order_by: \"id desc\""
    " cache: { ttl: { seconds: 1 } } }]; E e = 3; google.protobuf.Timestamp at = 4; }";

TEST(Hostile, NothingAndNonsense) {
  Refuses("", "the descriptor set has 0 files");
  Refuses("syntax = \"proto3\";", "not a descriptor set");
  Refuses(Bytes("x", 2), "the descriptor set has 0 files");
  Refuses(std::string(3, '\xff'), "not a descriptor set");
  Refuses(std::string(1, '\0'), "not a descriptor set");
  Refuses(Bytes("\x0a\x05", 1), "not a descriptor set");
}

TEST(Hostile, EveryTruncationIsRefused) {
  std::string set = Compile({{"t.proto", Proto(good)}});
  ASSERT_EQ(ReadSet(set).code, REL_OK);
  // The last file is the models'; without a whole one there is no model, or a malformed message.
  for (size_t len = 0; len < set.size(); len += len < set.size() - 600 ? 997 : 3)
    EXPECT_EQ(ReadSet(set.substr(0, len)).code, REL_BAD_SCHEMA) << len;
}

TEST(Hostile, ChangedBytesNeverCrash) {
  const unsigned seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::string set = Compile({{"t.proto", Proto(good)}}, false);
  size_t start = set.rfind("t.proto");
  for (int round = 0; round < 1000; round++) {
    std::string changed = set;
    for (unsigned i = 0; i < 1 + random() % 3; i++)
      changed[start + random() % (set.size() - start)] = (char)random();
    ReadSet(changed); // which checks that code, schema and findings agree
  }
}

TEST(Hostile, RandomBytesNeverCrash) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 1000; round++) {
    std::string bytes(random() % 200, '\0');
    for (char &byte : bytes)
      byte = (char)(random() % 4 == 0 ? random() : random() % 32);
    EXPECT_EQ(ReadSet(File("f", bytes)).code, REL_BAD_SCHEMA);
  }
}

TEST(Hostile, DeepNesting) {
  std::string nested = Bytes("Deep", 1);
  for (int i = 0; i < 20000; i++)
    nested = Bytes("N", 1) + Bytes(nested, 3);
  Refuses(File("f", Bytes(nested, 4)), "nested more than 100 deep");
  std::string as_deep_as_allowed = Bytes("Deep", 1);
  for (int i = 0; i < 97; i++)
    as_deep_as_allowed = Bytes("N", 1) + Bytes(as_deep_as_allowed, 3);
  EXPECT_EQ(ReadSet(File("f", Bytes(as_deep_as_allowed, 4) + Model("M"))).code, REL_OK);
}

TEST(Hostile, Counts) {
  std::string messages;
  for (int i = 0; i < 20001; i++)
    messages += Message("M" + std::to_string(i), "");
  Refuses(File("f", messages), "the set has more than 20000 messages");
  std::string files;
  for (int i = 0; i < 20001; i++)
    files += Bytes("", 1);
  Refuses(files, "has 20001 files");
  rel_schema_limits small = {10, 0, 0};
  EXPECT_NE(ReadSet(std::string(11, 'x'), &small).All().find("has 11 bytes; at most 10"), std::string::npos);
}

TEST(Hostile, NamesThatMultiply) {
  std::string fields;
  for (int i = 1; i < 2000; i++)
    fields += Field("f" + std::to_string(i), i, REL_TYPE_INT64);
  rel_schema_limits small = {200000, 0, 0};
  Read read = ReadSet(File("f", Bytes(std::string(400, 'p'), 2) + Message("M", fields)), &small);
  EXPECT_NE(read.All().find("the names of the set take more than 200000 bytes"), std::string::npos)
      << read.All();
  Refuses(File("f", Bytes(std::string(600, 'p'), 2) + Message("M", "")),
          "has a full name of more than 512 bytes");
}

TEST(Hostile, KeysAndFiltersThatMultiply) {
  std::string key, filter(70000, '$');
  for (int i = 0; i < 17; i++)
    key += Bytes("id", 2);
  Refuses(File("f", Message("M", Field("id", 1, REL_TYPE_INT64, Number(2, 4)) + ModelOption(key))),
          "M: primary_key has 17 fields; at most 16");
  Refuses(File("f", Message("M", Field("id", 1, REL_TYPE_INT64, Number(2, 4)) +
                                     ModelOption(Bytes(Bytes("m", 1) + Bytes(filter, 3), 7)))),
          "M.m: filter has 70000 bytes");
}

TEST(Hostile, ACycleThroughEverything) {
  std::string messages;
  for (int i = 0; i < 2000; i++)
    messages +=
        Message("M" + std::to_string(i), Field("id", 1, REL_TYPE_INT64, Number(2, 4)) +
                                             ModelOption(Bytes("M" + std::to_string((i + 1) % 2000), 3)));
  Refuses(File("f", messages),
          "M0: extends itself: M0 -> M1 -> M2 -> M3 -> M4 -> M5 -> M6 -> M7 -> ... -> M0");
}

TEST(Hostile, RelationsThatMultiply) {
  std::string option;
  for (int i = 0; i < 1000; i++)
    option += Bytes(Bytes("r" + std::to_string(i), 1) + Bytes("Base", 2) + Bytes(Bytes("id", 1), 5), 6);
  std::string messages = Message("Base", Field("id", 1, REL_TYPE_INT64, Number(2, 4)) + ModelOption(option));
  for (int i = 0; i < 300; i++)
    messages += Message("M" + std::to_string(i),
                        Field("id", 1, REL_TYPE_INT64, Number(2, 4)) + ModelOption(Bytes("Base", 3)));
  Refuses(File("f", messages), "more than 200000 relations");
}

TEST(Hostile, MissingImports) {
  Refuses(File("f", Bytes("gone.proto", 3) + Model("M")), "imports \"gone.proto\", which is not in the set");
  Refuses(File("f", Model("M", Field("at", 2, REL_TYPE_MESSAGE, Bytes(".google.protobuf.Timestamp", 6)))),
          "M.at: its type \"google.protobuf.Timestamp\" is no message of the set");
  Refuses(File("f", Model("M", Field("e", 2, REL_TYPE_ENUM, Bytes(".E", 6)))),
          "M.e: its type \"E\" is no enum of the set");
}

TEST(Hostile, OddFields) {
  for (int32_t number : {0, -1, 536870912})
    Refuses(File("f", Model("M", Field("x", number, REL_TYPE_INT64))),
            "M.x: field number " + std::to_string(number));
  Refuses(File("f", Model("M", Field("x", 1, REL_TYPE_INT64))), "has the number of field");
  for (int type : {0, 19, 99, -5})
    Refuses(File("f", Model("M", Field("x", 2, type))), "M.x: has no type that is known");
  Refuses(File("f", Model("M", Bytes("", 2))), "is not a name");
  Refuses(File("f", Message("M", "") + Message("M", "")), "\"M\" is declared twice");
  Refuses(File("f", Message("a b", "")), "\".a b\" is not a name");
  Refuses(File("f", Bytes("p..q", 2) + Model("M")), "is not a name");
}

TEST(Hostile, ModelsWhereThereCanBeNone) {
  std::string entry = Bytes(Bytes("", REL_EXTENSION_MODEL) + Number(1, 7), 7);
  Refuses(File("f", Message("M", Field("id", 1, REL_TYPE_INT64, Number(2, 4)) + entry)),
          "a map's entry cannot be a model");
}

TEST(Hostile, OptionsThatAreNone) {
  Refuses(File("f", Message("M", Bytes(Number(5, REL_EXTENSION_MODEL), 7))),
          "M: option 76370 is not a message");
  Refuses(File("f", Message("M", ModelOption("\x0a\x7f"))),
          "M: option 76370 is not a relations.v1.ModelOptions");
  Refuses(File("f", Message("M", ModelOption(Bytes(std::string("a\0b", 3), 1)))), "holds a NUL character");
  Refuses(File("f", Message("M", ModelOption(Bytes("\xff", 1)))), "table is not UTF-8");
}

TEST(Hostile, OptionsOfAVersionToCome) {
  Refuses(File("f", Message("M", Field("id", 1, REL_TYPE_INT64, Number(2, 4)) +
                                     ModelOption(Bytes(Number(1, 1) + Number(1, 900), 9)))),
          "M: option 76370: this version knows no field 900 of relations.v1.CacheOptions");
}

TEST(Hostile, AFileTwice) {
  std::string one = File("f", Model("M")), other = File("f", Model("N"));
  EXPECT_EQ(ReadSet(one + one).code, REL_OK);
  EXPECT_EQ(ReadSet(one + one).schema->file_count, 1u);
  Refuses(one + other, "f: error: the file is in the set twice, with different content");
  EXPECT_EQ(ReadSet(one + File("f", Model("M") + Bytes("", 9))).code, REL_OK)
      << "source positions do not count";
}

TEST(Hostile, LongTextIsCutInFindings) {
  std::string option = Bytes(std::string(5000000, 'x'), 3);
  Read read =
      ReadSet(File("f", Message("M", Field("id", 1, REL_TYPE_INT64, Number(2, 4)) + ModelOption(option))));
  ASSERT_EQ(read.lines.size(), 1u);
  EXPECT_LT(read.lines[0].size(), 2500u);
  EXPECT_EQ(read.lines[0].substr(read.lines[0].size() - 3), "...");
}

} // namespace
