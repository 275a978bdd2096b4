// Records: see record.h.
#include "client/cli/record.h"

#include "client/cli/json.h"
#include "common/wire.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

// How a type lies on the wire and what it becomes. Any other name is an enum's.
typedef enum number_form { PLAIN, SIGNED_32, ZIGZAG } number_form;

typedef struct type_row {
  const char *name;
  rel_wire_type wire;
  rel_value_kind kind;
  bool wide;
  number_form form;
} type_row;

static const type_row types[] = {
    {"bool", REL_WIRE_VARINT, REL_VALUE_BOOL, false, PLAIN},
    {"int32", REL_WIRE_VARINT, REL_VALUE_INT, false, PLAIN},
    {"int64", REL_WIRE_VARINT, REL_VALUE_INT, true, PLAIN},
    {"uint32", REL_WIRE_VARINT, REL_VALUE_UINT, false, PLAIN},
    {"uint64", REL_WIRE_VARINT, REL_VALUE_UINT, true, PLAIN},
    {"sint32", REL_WIRE_VARINT, REL_VALUE_INT, false, ZIGZAG},
    {"sint64", REL_WIRE_VARINT, REL_VALUE_INT, true, ZIGZAG},
    {"fixed32", REL_WIRE_FIXED32, REL_VALUE_UINT, false, PLAIN},
    {"fixed64", REL_WIRE_FIXED64, REL_VALUE_UINT, true, PLAIN},
    {"sfixed32", REL_WIRE_FIXED32, REL_VALUE_INT, false, SIGNED_32},
    {"sfixed64", REL_WIRE_FIXED64, REL_VALUE_INT, true, PLAIN},
    {"float", REL_WIRE_FIXED32, REL_VALUE_FLOAT, false, PLAIN},
    {"double", REL_WIRE_FIXED64, REL_VALUE_DOUBLE, false, PLAIN},
    {"string", REL_WIRE_BYTES, REL_VALUE_TEXT, false, PLAIN},
    {"bytes", REL_WIRE_BYTES, REL_VALUE_BYTES, false, PLAIN},
    {"google.protobuf.Timestamp", REL_WIRE_BYTES, REL_VALUE_TIME, false, PLAIN},
};

static const type_row enum_row = {"enum", REL_WIRE_VARINT, REL_VALUE_INT, false, PLAIN};

static const type_row *find_type(const char *name) {
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
    if (strcmp(types[i].name, name) == 0) return &types[i];
  return &enum_row;
}

const Relations__V1__Field *rel_record_field(const Relations__V1__Model *model, const char *name) {
  for (size_t i = 0; i < model->n_fields; i++)
    if (strcmp(model->fields[i]->name, name) == 0) return model->fields[i];
  return NULL;
}

static bool read_time(rel_str bytes, rel_value *value) {
  enum { SECONDS = 1, NANOS = 2, MAX_NANOS = 999999999 };
  rel_wire_reader reader = {bytes};
  rel_wire_field field;
  int got;
  while ((got = rel_wire_next(&reader, &field)) > 0) {
    if (field.type != REL_WIRE_VARINT) continue;
    if (field.number == SECONDS) value->integer = (int64_t)field.value;
    if (field.number == NANOS) value->nanos = (int32_t)field.value;
  }
  return got == 0 && value->nanos >= 0 && value->nanos <= MAX_NANOS;
}

static bool read_value(const type_row *type, const rel_wire_field *field, rel_value *value) {
  if (field->type != type->wire) return false;
  *value = (rel_value){.kind = type->kind, .wide = type->wide};
  switch (type->kind) {
  case REL_VALUE_FLOAT: {
    uint32_t bits = (uint32_t)field->value;
    float real;
    memcpy(&real, &bits, sizeof real);
    value->real = (double)real;
    return true;
  }
  case REL_VALUE_DOUBLE:
    memcpy(&value->real, &field->value, sizeof value->real);
    return true;
  case REL_VALUE_TEXT:
    value->bytes = field->bytes;
    return rel_utf8_valid(field->bytes);
  case REL_VALUE_BYTES:
    value->bytes = field->bytes;
    return true;
  case REL_VALUE_TIME:
    return read_time(field->bytes, value);
  default:
    value->natural = field->value;
    value->integer = (int64_t)field->value;
    if (type->form == ZIGZAG) value->integer = (int64_t)(field->value >> 1) ^ -(int64_t)(field->value & 1);
    if (type->form == SIGNED_32) value->integer = (int32_t)field->value;
    return true;
  }
}

void rel_value_name(Relations__V1__EnumValue *const *names, size_t count, rel_value *value) {
  for (size_t i = 0; i < count && value->kind == REL_VALUE_INT; i++)
    if (names[i]->number == (int32_t)value->integer)
      *value = (rel_value){.kind = REL_VALUE_TEXT, .bytes = rel_cstr(names[i]->name)};
}

static void set_defaults(const Relations__V1__Model *model, rel_value *values) {
  for (size_t i = 0; i < model->n_fields; i++) {
    const type_row *type = find_type(model->fields[i]->type);
    bool null = model->fields[i]->nullable || type->kind == REL_VALUE_TIME;
    values[i] =
        (rel_value){.kind = null ? REL_VALUE_NULL : type->kind, .wide = type->wide, .bytes = rel_cstr("")};
  }
}

rel_code rel_record_read(const Relations__V1__Model *model, rel_str record, rel_value *values,
                         rel_error *error) {
  set_defaults(model, values);
  rel_wire_reader reader = {record};
  rel_wire_field field;
  int got;
  while ((got = rel_wire_next(&reader, &field)) > 0) {
    for (size_t i = 0; i < model->n_fields; i++) {
      if ((uint32_t)model->fields[i]->number != field.number) continue;
      if (!read_value(find_type(model->fields[i]->type), &field, &values[i]))
        return rel_fail(error, REL_INTERNAL, "the server sent a %s whose field %s is no %s", model->name,
                        model->fields[i]->name, model->fields[i]->type);
    }
  }
  if (got < 0) return rel_fail(error, REL_INTERNAL, "the server sent a %s that is broken", model->name);
  for (size_t i = 0; i < model->n_fields; i++)
    rel_value_name(model->fields[i]->enum_values, model->fields[i]->n_enum_values, &values[i]);
  return REL_OK;
}

// --- Writing values ---

// The shortest digits that read back as the same number.
static void put_real(const rel_value *value, rel_buf *out) {
  char text[40];
  bool single = value->kind == REL_VALUE_FLOAT;
  for (int digits = single ? 6 : 15; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, value->real);
    double again = strtod(text, NULL);
    if (single ? (float)again == (float)value->real : again == value->real) break;
  }
  rel_buf_cstr(out, text);
}

static void put_hexadecimal(rel_str bytes, rel_buf *out) {
  rel_buf_cstr(out, "0x");
  for (size_t i = 0; i < bytes.len; i++)
    rel_buf_printf(out, "%02x", (unsigned char)bytes.ptr[i]);
}

void rel_value_json(const rel_value *value, rel_buf *out) {
  const char *quote = value->wide ? "\"" : "";
  switch (value->kind) {
  case REL_VALUE_NULL:
    rel_buf_cstr(out, "null");
    return;
  case REL_VALUE_BOOL:
    rel_buf_cstr(out, value->natural != 0 ? "true" : "false");
    return;
  case REL_VALUE_INT:
    rel_buf_printf(out, "%s%" PRId64 "%s", quote, value->integer, quote);
    return;
  case REL_VALUE_UINT:
    rel_buf_printf(out, "%s%" PRIu64 "%s", quote, value->natural, quote);
    return;
  case REL_VALUE_FLOAT:
  case REL_VALUE_DOUBLE:
    if (isfinite(value->real))
      put_real(value, out);
    else
      rel_buf_cstr(out, isnan(value->real) ? "\"NaN\"" : value->real > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    return;
  case REL_VALUE_TEXT:
    rel_json_string(out, value->bytes);
    return;
  case REL_VALUE_BYTES:
    rel_json_bytes(out, value->bytes);
    return;
  case REL_VALUE_TIME:
    rel_buf_cstr(out, "\"");
    rel_json_time(out, value->integer, value->nanos);
    rel_buf_cstr(out, "\"");
    return;
  }
}

void rel_value_text(const rel_value *value, rel_buf *out) {
  rel_value plain = *value;
  plain.wide = false;
  switch (value->kind) {
  case REL_VALUE_NULL:
    rel_buf_cstr(out, "NULL");
    return;
  case REL_VALUE_FLOAT:
  case REL_VALUE_DOUBLE:
    put_real(value, out);
    return;
  case REL_VALUE_TEXT:
    rel_buf_str(out, value->bytes);
    return;
  case REL_VALUE_BYTES:
    put_hexadecimal(value->bytes, out);
    return;
  case REL_VALUE_TIME:
    rel_json_time(out, value->integer, value->nanos);
    return;
  default:
    rel_value_json(&plain, out);
    return;
  }
}
