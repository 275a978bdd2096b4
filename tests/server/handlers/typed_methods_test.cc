// Calls of query methods in typed requests, byte by byte: what a client's message may hold, and what none
// would.
#include "server/handlers/typed_methods.h"

#include "common/schema/typed.h"
#include "common/wire.h"
#include "tests/common/schema/compiled.h"

#include <google/protobuf/timestamp.pb-c.h>

#include <cstring>

using namespace relations_test;

namespace {

std::string Bytes(rel_buf *take) {
  std::string all = Text(rel_buf_view(take));
  rel_buf_fini(take);
  return all;
}

std::string Varint(uint32_t field, uint64_t value) {
  rel_buf out = {};
  rel_wire_put_uint(&out, field, value);
  return Bytes(&out);
}

std::string Part(uint32_t field, const std::string &bytes) {
  rel_buf out = {};
  rel_wire_put_bytes(&out, field, Str(bytes));
  return Bytes(&out);
}

std::string Fixed32(uint32_t field, float number) {
  rel_buf out = {};
  uint32_t bits;
  memcpy(&bits, &number, sizeof bits);
  rel_wire_put_fixed32(&out, field, bits);
  return Bytes(&out);
}

std::string Fixed64(uint32_t field, double number) {
  rel_buf out = {};
  uint64_t bits;
  memcpy(&bits, &number, sizeof bits);
  rel_wire_put_fixed64(&out, field, bits);
  return Bytes(&out);
}

std::string Call(const std::string &method, const std::string &arguments) {
  return Part(rel_typed_query_method_number(Str(method)), arguments);
}

std::string Show(const Relations__V1__Value *value) {
  switch (value->kind_case) {
  case RELATIONS__V1__VALUE__KIND_BOOL_VALUE:
    return value->bool_value ? "true" : "false";
  case RELATIONS__V1__VALUE__KIND_INT64_VALUE:
    return std::to_string(value->int64_value);
  case RELATIONS__V1__VALUE__KIND_UINT64_VALUE:
    return std::to_string(value->uint64_value) + "u";
  case RELATIONS__V1__VALUE__KIND_DOUBLE_VALUE:
    return std::to_string(value->double_value);
  case RELATIONS__V1__VALUE__KIND_STRING_VALUE:
    return "'" + std::string(value->string_value) + "'";
  case RELATIONS__V1__VALUE__KIND_BYTES_VALUE:
    return "b" + std::to_string(value->bytes_value.len);
  case RELATIONS__V1__VALUE__KIND_TIMESTAMP_VALUE:
    return std::to_string(value->timestamp_value->seconds) + "." +
           std::to_string(value->timestamp_value->nanos);
  default:
    return "unset";
  }
}

class TypedMethods : public testing::Test {
protected:
  // "name(1, 'x') other()", or "field: message".
  std::string Calls(const std::string &request) {
    rel_arena arena;
    rel_arena_init(&arena);
    Relations__V1__MethodCall **calls;
    size_t count;
    rel_error error = {};
    std::string all;
    if (rel_typed_methods_read(Str(request), model_, &arena, &calls, &count, &error) != REL_OK) {
      EXPECT_EQ(error.code, REL_INVALID);
      all = std::string(error.field) + ": " + error.message;
    } else {
      for (size_t i = 0; i < count; i++) {
        all += (i > 0 ? " " : "") + std::string(calls[i]->name) + "(";
        for (size_t a = 0; a < calls[i]->n_arguments; a++)
          all += (a > 0 ? ", " : "") + Show(calls[i]->arguments[a]);
        all += ")";
      }
    }
    rel_arena_fini(&arena);
    return all;
  }

  Read read_ = ReadProto(R"(
    message A {
      option (.relations.v1.model) = {
        query_methods: { name: "bare" filter: "id = 1" }
        query_methods: { name: "ints" filter: "id = $a AND id = $b AND id = $c AND id = $d"
          params: { name: "a" type: TYPE_INT32 } params: { name: "b" type: TYPE_INT64 }
          params: { name: "c" type: TYPE_UINT32 } params: { name: "d" type: TYPE_UINT64 } }
        query_methods: { name: "others" filter: "q = $f AND q = $g AND q = $h AND q = $i"
          params: { name: "f" type: TYPE_BOOL } params: { name: "g" type: TYPE_FLOAT }
          params: { name: "h" type: TYPE_DOUBLE } params: { name: "i" type: TYPE_BYTES } }
        query_methods: { name: "text" params: { name: "s" type: TYPE_STRING } filter: "s = $s" }
        query_methods: { name: "at" params: { name: "t" type: TYPE_TIMESTAMP } filter: "t = $t" }
      };
      int64 id = 1; bool q = 2; string s = 3; google.protobuf.Timestamp t = 4;
    })");
  const rel_model *model_ = read_.Model("t.v1.A");
};

TEST_F(TypedMethods, ArgumentsOfEveryType) {
  EXPECT_EQ(Calls(""), "");
  EXPECT_EQ(Calls(Varint(rel_typed_query_method_number(rel_cstr("bare")), 1)), "bare()");
  EXPECT_EQ(
      Calls(Call("ints", Varint(1, static_cast<uint64_t>(-1)) + Varint(2, static_cast<uint64_t>(INT64_MIN)) +
                             Varint(3, UINT32_MAX) + Varint(4, UINT64_MAX))),
      "ints(-1, -9223372036854775808, 4294967295u, 18446744073709551615u)");
  EXPECT_EQ(Calls(Call("others",
                       Varint(1, 1) + Fixed32(2, 0.5f) + Fixed64(3, -0.25) + Part(4, std::string(3, '\0')))),
            "others(true, 0.500000, -0.250000, b3)");
  EXPECT_EQ(Calls(Call("text", Part(1, ""))), "text('')");
  EXPECT_EQ(Calls(Call("at", Part(1, Varint(1, 7) + Varint(2, 8)))), "at(7.8)");
  EXPECT_EQ(Calls(Call("at", Part(1, ""))), "at(0.0)");
}

TEST_F(TypedMethods, InTheOrderOfTheModelAndTheLastOneCounts) {
  uint32_t bare = rel_typed_query_method_number(rel_cstr("bare"));
  EXPECT_EQ(Calls(Call("text", Part(1, "x")) + Varint(1, 5) + Varint(bare, 1)), "bare() text('x')");
  EXPECT_EQ(Calls(Varint(bare, 1) + Varint(bare, 0)), "");
  EXPECT_EQ(Calls(Call("text", Part(1, "x")) + Call("text", Part(1, "y"))), "text('y')");
  EXPECT_EQ(Calls(Call("ints", Varint(1, 1) + Varint(2, 2)) +
                  Call("ints", Varint(3, 3) + Varint(4, 4) + Varint(1, 9))),
            "ints(9, 2, 3u, 4u)");
  EXPECT_EQ(Calls(Part(100, "of a request to come")), "");
}

TEST_F(TypedMethods, WhatIsMissingIsNamed) {
  EXPECT_EQ(Calls(Call("text", "")),
            "text.s: text.s (string) is missing: set it, also when it is 0 or empty");
  EXPECT_EQ(Calls(Call("ints", Varint(1, 0) + Varint(2, 0) + Varint(4, 0))),
            "ints.c: ints.c (uint32) is missing: set it, also when it is 0 or empty");
}

TEST_F(TypedMethods, WhatTheSchemaDoesNotHaveIsRefused) {
  EXPECT_NE(
      Calls(Varint(REL_TYPED_QUERY_METHOD + 1, 1)).find("t.v1.A does not have, by the number 268435457"),
      std::string::npos);
  EXPECT_NE(Calls(Part(REL_WIRE_MAX_FIELD, "x")).find("by the number 536870911"), std::string::npos);
  EXPECT_EQ(Calls(Call("text", Part(1, "x") + Part(2, "y"))),
            "text: text has 1 parameters, and no number 2: the client knows another schema");
}

TEST_F(TypedMethods, OfAnotherType) {
  EXPECT_EQ(Calls(Call("bare", "")), "bare: bare takes no arguments: it is a bool");
  EXPECT_EQ(Calls(Varint(rel_typed_query_method_number(rel_cstr("text")), 1)),
            "text: text takes its arguments as a message");
  EXPECT_EQ(Calls(Call("text", Varint(1, 1))), "text.s: text.s (string) has another type");
  EXPECT_EQ(Calls(Call("ints", Part(1, "x"))), "ints.a: ints.a (int32) has another type");
  EXPECT_EQ(Calls(Call("others", Fixed64(2, 1))), "others.g: others.g (float) has another type");
  EXPECT_EQ(Calls(Call("text", Part(1, "\xff"))), "text.s: text.s (string) is not UTF-8");
  EXPECT_EQ(Calls(Call("text", Part(1, std::string("a\0b", 3)))),
            "text.s: text.s (string) holds a NUL character");
  EXPECT_EQ(Calls(Call("at", Part(1, "\x08"))),
            "at.t: at.t (google.protobuf.Timestamp) is no message of that type");
}

TEST_F(TypedMethods, MalformedBytes) {
  const std::string wrong = ": the request is malformed: it is no Protobuf message";
  for (const std::string &bytes :
       {std::string("\x08"), std::string(11, '\xff'), Call("text", "\x0a\x7fx"), Call("ints", "\x08")})
    EXPECT_EQ(Calls(bytes), wrong);
  std::string whole = Call("ints", Varint(1, 1) + Varint(2, 2) + Varint(3, 3) + Varint(4, 4));
  for (size_t len = 1; len < whole.size(); len++)
    EXPECT_EQ(Calls(whole.substr(0, len)), wrong) << len;
}

// Nothing of a request's size costs more than its size.
TEST_F(TypedMethods, AMillionCallsAreOneCall) {
  std::string one = Call("text", Part(1, "x")), all;
  while (all.size() < 4 << 20)
    all += one;
  EXPECT_EQ(Calls(all), "text('x')");
}

TEST_F(TypedMethods, AModelWithoutMethods) {
  Read read = ReadProto("message B { option (.relations.v1.model) = {}; int64 id = 1; }");
  model_ = read.Model("t.v1.B");
  EXPECT_EQ(Calls(Varint(1, 1)), "");
  EXPECT_NE(Calls(Call("text", "")).find("t.v1.B does not have"), std::string::npos);
}

} // namespace
