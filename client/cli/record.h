// Records without generated classes: from wire bytes to values, by the fields that the server describes.
//
// Stateless. Everything that it reads is from outside: a record that is not what its description says is an
// error.
#ifndef RELATIONS_CLIENT_CLI_RECORD_H
#define RELATIONS_CLIENT_CLI_RECORD_H

#include "common/str.h"

#include <relations/v1/registry_service.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rel_value_kind {
  REL_VALUE_NULL,
  REL_VALUE_BOOL,
  REL_VALUE_INT,   // integer; of enums that which has no name
  REL_VALUE_UINT,  // natural
  REL_VALUE_FLOAT, // real, of 32 bits
  REL_VALUE_DOUBLE,
  REL_VALUE_TEXT,
  REL_VALUE_BYTES,
  REL_VALUE_TIME, // integer seconds since 1970, and nanos
} rel_value_kind;

typedef struct rel_value {
  rel_value_kind kind;
  bool wide; // an integer of 64 bits: JSON writes it as a string
  int64_t integer;
  uint64_t natural;
  double real;
  int32_t nanos;
  rel_str bytes; // a view of the record
} rel_value;

// Reads a record of the model into values[i], one for each of its fields. What the wire leaves out is NULL,
// or zero where the field is not optional. REL_INTERNAL when the bytes are not such a record.
rel_code rel_record_read(const Relations__V1__Model *model, rel_str record, rel_value *values,
                         rel_error *error) REL_MUST_CHECK;

// An enum's number becomes the name that it has in the description, and stays a number where it has none.
void rel_value_name(Relations__V1__EnumValue *const *names, size_t count, rel_value *value);

// The field with that name, NULL if there is none.
const Relations__V1__Field *rel_record_field(const Relations__V1__Model *model, const char *name);

// Appends the value as the ProtoJSON mapping says: integers of 64 bits as strings, bytes in base64, times in
// RFC 3339.
void rel_value_json(const rel_value *value, rel_buf *out);
// Appends the value for a person: text without quotes, bytes in hexadecimal.
void rel_value_text(const rel_value *value, rel_buf *out);

#ifdef __cplusplus
}
#endif

#endif
