// For tests of the filter language: a model with a field of every kind, and conditions as texts.
#ifndef RELATIONS_TESTS_SERVER_QUERY_CONDITIONS_H
#define RELATIONS_TESTS_SERVER_QUERY_CONDITIONS_H

#include "server/query/filter.h"
#include "tests/common/schema/compiled.h"

#include <string>

namespace conditions {

inline const char *kSchema = R"(
enum Mood { MOOD_UNSPECIFIED = 0; HAPPY = 1; SAD = 2; }
message Thing {
  option (relations.v1.model) = {
    table: "things"
    query_methods: { name: "after" params: { name: "t" type: TYPE_TIMESTAMP } filter: "at > $t" }
    query_methods: { name: "between" params: { name: "a" type: TYPE_INT32 } params: { name: "b" type: TYPE_INT64 }
                     filter: "n >= $a AND n < $b" }
  };
  int64 id = 1;
  optional int32 n = 2;
  optional uint64 u = 3;
  optional bool b = 4;
  optional double d = 5;
  optional float f = 6;
  optional string s = 7;
  optional bytes y = 8;
  optional Mood e = 9;
  google.protobuf.Timestamp at = 10;
  optional string dec = 11 [(relations.v1.column) = { decimal: true }];
  optional string uuid = 12 [(relations.v1.column) = { uuid: true }];
  optional int64 boss_id = 13;
  Thing boss = 14 [(relations.v1.belongs_to) = { foreign_key: "boss_id" }];
  string nowhere = 15 [(relations.v1.column) = { ignore: true }];
  repeated Thing staff = 16 [(relations.v1.has_many) = { foreign_key: "boss_id" where: "n > 0" }];
  repeated Thing rated = 17 [(relations.v1.has_many) = { foreign_key: "boss_id" loader: "grpc:ratings" }];
}
message Child {
  option (relations.v1.model) = { extends: "Thing" table: "things" };
  int64 id = 1;
  optional int64 boss_id = 13;
}
)";

inline std::string Quote(rel_str bytes) {
  std::string out = "\"";
  for (size_t i = 0; i < bytes.len; i++) {
    char hex[8];
    unsigned char c = static_cast<unsigned char>(bytes.ptr[i]);
    snprintf(hex, sizeof hex, c < 32 || c > 126 ? "\\x%02x" : "%c", c);
    out += hex;
  }
  return out + "\"";
}

inline std::string Show(const rel_field *field, const rel_constant &value) {
  char text[80];
  switch (rel_field_constant_kind(field)) {
  case REL_CONSTANT_REAL:
    snprintf(text, sizeof text, "%.17g", value.real);
    return text;
  case REL_CONSTANT_TIME:
    snprintf(text, sizeof text, "%lld.%09d", static_cast<long long>(value.time.seconds), value.time.nanos);
    return text;
  case REL_CONSTANT_TEXT:
  case REL_CONSTANT_DECIMAL:
  case REL_CONSTANT_UUID:
  case REL_CONSTANT_BYTES:
    return Quote(value.bytes);
  default:
    return value.is_huge ? std::to_string(value.natural) : std::to_string(value.integer);
  }
}

// "all(n = 1, not(any(s prefix "a", …)))"
inline std::string Show(const rel_condition *c) {
  static const char *const kinds[] = {"all", "any", "not", "", "some", "count"};
  if (c == nullptr) return "";
  std::string out;
  if (c->kind == REL_CONDITION_COMPARE) {
    out = relations_test::Text(c->field->name) + (c->fold_case ? "~ " : " ") +
          rel_operator_find(c->operator_)->written;
    for (size_t i = 0; i < c->value_count; i++)
      out += " " + Show(c->field, c->values[i]);
    return out;
  }
  if (c->related != nullptr) out = relations_test::Text(c->related->relation->name);
  for (size_t i = 0; i < c->part_count; i++)
    out += (out.empty() ? "" : ", ") + Show(c->parts[i]);
  out = std::string(kinds[c->kind]) + "(" + out + ")";
  if (c->kind != REL_CONDITION_COUNT) return out;
  return out + " " + rel_operator_find(c->operator_)->written + " " + std::to_string(c->values[0].integer);
}

} // namespace conditions

#endif
