// From a row to wire bytes: see encode.h.
//
// Every put_* below writes one value and returns NULL, or writes nothing and returns why it does not fit.
#include "server/store/encode.h"

#include "common/schema/gate.h"
#include "common/wire.h"
#include "server/store/key.h"
#include "server/store/text.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>

static const char wrong_type[] = ""; // the types themselves say it
static const char out_of_range[] = "out of range";
static const char not_utf8[] = "it is not UTF-8";
static const char has_nul[] = "it holds a NUL character";

// --- Integers ---

typedef struct range {
  int64_t min, max;
} range;

// What a column of the type may hold; of unsigned 64 bits what a signed column can hold of it.
static const range RANGES[REL_TYPE_SINT64 + 1] = {
    [REL_TYPE_INT64] = {INT64_MIN, INT64_MAX},    [REL_TYPE_UINT64] = {0, INT64_MAX},
    [REL_TYPE_INT32] = {INT32_MIN, INT32_MAX},    [REL_TYPE_FIXED64] = {0, INT64_MAX},
    [REL_TYPE_FIXED32] = {0, UINT32_MAX},         [REL_TYPE_BOOL] = {0, 1},
    [REL_TYPE_UINT32] = {0, UINT32_MAX},          [REL_TYPE_ENUM] = {INT32_MIN, INT32_MAX},
    [REL_TYPE_SFIXED32] = {INT32_MIN, INT32_MAX}, [REL_TYPE_SFIXED64] = {INT64_MIN, INT64_MAX},
    [REL_TYPE_SINT32] = {INT32_MIN, INT32_MAX},   [REL_TYPE_SINT64] = {INT64_MIN, INT64_MAX},
};

static inline const char *read_integer(rel_type type, const rel_cell *cell, int64_t *value) {
  if (cell->kind != REL_CELL_INT) return wrong_type;
  const range *allowed = &RANGES[type];
  if (cell->integer < allowed->min || cell->integer > allowed->max) return out_of_range;
  *value = cell->integer;
  return NULL;
}

static inline void write_integer(const rel_field *field, int64_t value, rel_buf *out) {
  if (value == 0 && !field->has_presence) return;
  switch (field->type) {
  case REL_TYPE_SINT32:
  case REL_TYPE_SINT64:
    rel_wire_put_uint(out, field->number, rel_wire_zigzag(value));
    return;
  case REL_TYPE_FIXED32:
  case REL_TYPE_SFIXED32:
    rel_wire_put_fixed32(out, field->number, (uint32_t)value);
    return;
  case REL_TYPE_FIXED64:
  case REL_TYPE_SFIXED64:
    rel_wire_put_fixed64(out, field->number, (uint64_t)value);
    return;
  default: // a negative int32 or enum takes ten bytes, sign-extended
    rel_wire_put_uint(out, field->number, (uint64_t)value);
    return;
  }
}

static const char *put_integer(const rel_field *field, const rel_cell *cell, rel_buf *out) {
  int64_t value;
  const char *why = read_integer(field->type, cell, &value);
  if (why == NULL) write_integer(field, value, out);
  return why;
}

// An enum's value by its number, or by its name in text. Numbers without a name pass: enums of proto3 are
// open.
static const char *read_enum(const rel_field *field, const rel_cell *cell, int64_t *value) {
  if (cell->kind != REL_CELL_TEXT) return read_integer(field->type, cell, value);
  for (size_t i = 0; field->enum_type != NULL && i < field->enum_type->value_count; i++) {
    const struct rel_enum_value *named = &field->enum_type->values[i];
    if (!rel_str_eq(named->name, cell->bytes)) continue;
    *value = named->number;
    return NULL;
  }
  return "the enum has no value of that name";
}

static const char *put_enum(const rel_field *field, const rel_cell *cell, rel_buf *out) {
  int64_t value;
  const char *why = read_enum(field, cell, &value);
  if (why == NULL) write_integer(field, value, out);
  return why;
}

// --- Floating point ---

static const char *read_real(const rel_cell *cell, double *value) {
  if (cell->kind == REL_CELL_REAL) {
    *value = cell->real;
    return NULL;
  }
  // SQLite keeps 1.0 in a NUMERIC column as the integer 1.
  if (cell->kind != REL_CELL_INT) return wrong_type;
  *value = (double)cell->integer;
  bool exact = *value < 0x1p63 && (int64_t)*value == cell->integer;
  return exact ? NULL : "it cannot be represented exactly";
}

static const char *put_double(const rel_field *field, const rel_cell *cell, rel_buf *out) {
  double value;
  const char *why = read_real(cell, &value);
  if (why != NULL) return why;
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (bits != 0 || field->has_presence)
    rel_wire_put_fixed64(out, field->number, bits); // -0.0 is not the default
  return NULL;
}

// Databases have doubles where a schema says float: rounding to it is what the schema asks for, overflow is
// not.
static const char *put_float(const rel_field *field, const rel_cell *cell, rel_buf *out) {
  double wide;
  const char *why = read_real(cell, &wide);
  if (why != NULL) return why;
  if (isfinite(wide) && fabs(wide) > FLT_MAX) return out_of_range;
  float value = (float)wide;
  if (cell->kind == REL_CELL_INT && (double)value != wide) return "it cannot be represented exactly";
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (bits != 0 || field->has_presence) rel_wire_put_fixed32(out, field->number, bits);
  return NULL;
}

// --- Text and bytes ---

static void write_bytes(const rel_field *field, rel_str bytes, rel_buf *out) {
  if (bytes.len > 0 || field->has_presence) rel_wire_put_bytes(out, field->number, bytes);
}

static const char *check_text(const rel_cell *cell) {
  if (cell->kind != REL_CELL_TEXT) return wrong_type;
  if (cell->bytes.len > 0 && memchr(cell->bytes.ptr, 0, cell->bytes.len) != NULL) return has_nul;
  return rel_utf8_valid(cell->bytes) ? NULL : not_utf8;
}

static const char *put_text(const rel_field *field, const rel_cell *cell, rel_buf *out) {
  const char *why = check_text(cell);
  if (why == NULL) write_bytes(field, cell->bytes, out);
  return why;
}

static const char *put_decimal(const rel_field *field, const rel_cell *cell, rel_buf *out) {
  if (cell->kind == REL_CELL_TEXT) {
    if (!rel_decimal_valid(cell->bytes)) return "it is not a decimal number";
    write_bytes(field, cell->bytes, out);
    return NULL;
  }
  rel_buf digits = {0};
  const char *why = NULL;
  if (cell->kind == REL_CELL_INT)
    rel_buf_printf(&digits, "%" PRId64, cell->integer);
  else if (cell->kind != REL_CELL_REAL)
    why = wrong_type;
  else if (!rel_decimal_from_real(cell->real, &digits))
    why = out_of_range;
  if (why == NULL) write_bytes(field, rel_buf_view(&digits), out);
  rel_buf_fini(&digits);
  return why;
}

static const char *read_uuid(const rel_cell *cell, uint8_t uuid[16]) {
  if (cell->kind == REL_CELL_TEXT) return rel_uuid_parse(cell->bytes, uuid) ? NULL : "it is not a UUID";
  if (cell->kind != REL_CELL_BLOB) return wrong_type;
  if (cell->bytes.len != 16) return "a UUID has 16 bytes";
  memcpy(uuid, cell->bytes.ptr, 16);
  return NULL;
}

static const char *put_uuid(const rel_field *field, const rel_cell *cell, rel_buf *out) {
  uint8_t uuid[16];
  const char *why = read_uuid(cell, uuid);
  if (why != NULL) return why;
  if (field->type == REL_TYPE_BYTES) {
    rel_wire_put_bytes(out, field->number, rel_bytes(uuid, sizeof uuid));
    return NULL;
  }
  char text[REL_UUID_TEXT + 1];
  rel_uuid_format(uuid, text);
  rel_wire_put_bytes(out, field->number, rel_bytes(text, REL_UUID_TEXT));
  return NULL;
}

static const char *put_string(const rel_field *field, const rel_cell *cell, rel_buf *out) {
  if (field->uuid) return put_uuid(field, cell, out);
  if (field->decimal) return put_decimal(field, cell, out);
  return put_text(field, cell, out);
}

static const char *put_bytes(const rel_field *field, const rel_cell *cell, rel_buf *out) {
  if (field->uuid) return put_uuid(field, cell, out);
  if (cell->kind != REL_CELL_BLOB && cell->kind != REL_CELL_TEXT) return wrong_type;
  write_bytes(field, cell->bytes, out);
  return NULL;
}

// --- Times ---

static const char *put_timestamp(const rel_field *field, const rel_cell *cell, rel_buf *out) {
  rel_time time;
  if (cell->kind == REL_CELL_TEXT) {
    if (!rel_time_parse(cell->bytes, &time)) return "it is not an ISO 8601 time from 0001 to 9999";
  } else if (cell->kind != REL_CELL_INT) {
    return wrong_type;
  } else if (!rel_time_from_units(cell->integer, field->time_units_per_second, &time)) {
    return out_of_range;
  }
  enum { SECONDS = 1, NANOS = 2 }; // fields of google.protobuf.Timestamp; each with its tag, in a single byte
  size_t len = 0;
  if (time.seconds != 0) len += 1 + rel_wire_varint_size((uint64_t)time.seconds);
  if (time.nanos != 0) len += 1 + rel_wire_varint_size((uint64_t)time.nanos);
  rel_wire_put_tag(out, field->number, REL_WIRE_BYTES);
  rel_wire_put_varint(out, len);
  if (time.seconds != 0) rel_wire_put_uint(out, SECONDS, (uint64_t)time.seconds);
  if (time.nanos != 0) rel_wire_put_uint(out, NANOS, (uint64_t)time.nanos);
  return NULL;
}

// --- Any field ---

static const char *put_nothing(const rel_field *field, const rel_cell *cell, rel_buf *out) {
  (void)field;
  (void)cell;
  (void)out;
  return wrong_type;
}

// Through a table, and not a switch that all of them are made part of: what a text or an integer takes is
// most of a row, and little.
static const char *(*const PUTS[REL_TYPE_TIMESTAMP + 1])(const rel_field *, const rel_cell *, rel_buf *) = {
    [REL_TYPE_DOUBLE] = put_double,   [REL_TYPE_FLOAT] = put_float,      [REL_TYPE_INT64] = put_integer,
    [REL_TYPE_UINT64] = put_integer,  [REL_TYPE_INT32] = put_integer,    [REL_TYPE_FIXED64] = put_integer,
    [REL_TYPE_FIXED32] = put_integer, [REL_TYPE_BOOL] = put_integer,     [REL_TYPE_STRING] = put_string,
    [REL_TYPE_MESSAGE] = put_nothing, [REL_TYPE_BYTES] = put_bytes,      [REL_TYPE_UINT32] = put_integer,
    [REL_TYPE_ENUM] = put_enum,       [REL_TYPE_SFIXED32] = put_integer, [REL_TYPE_SFIXED64] = put_integer,
    [REL_TYPE_SINT32] = put_integer,  [REL_TYPE_SINT64] = put_integer,   [REL_TYPE_TIMESTAMP] = put_timestamp,
};

static inline const char *put_field(const rel_field *field, const rel_cell *cell, rel_buf *out) {
  if (cell->kind == REL_CELL_NULL)
    return field->nullable || field->has_presence ? NULL : "the field is not optional";
  return PUTS[field->type](field, cell, out);
}

static const char *put_key_part(const rel_field *field, const rel_cell *cell, rel_buf *out) {
  const char *why;
  int64_t integer = 0;
  uint8_t uuid[16];
  switch (rel_field_key_kind(field)) {
  case REL_KEY_INT:
    why = read_integer(field->type, cell, &integer);
    if (why == NULL) rel_key_put_int(out, integer);
    return why;
  case REL_KEY_TEXT:
    why = check_text(cell);
    if (why == NULL) rel_key_put_text(out, cell->bytes);
    return why;
  case REL_KEY_BYTES:
    if (cell->kind != REL_CELL_BLOB && cell->kind != REL_CELL_TEXT) return wrong_type;
    rel_key_put_bytes(out, cell->bytes);
    return NULL;
  case REL_KEY_UUID:
    why = read_uuid(cell, uuid);
    if (why == NULL) rel_key_put_uuid(out, uuid);
    return why;
  case REL_KEY_NONE:
    break;
  }
  return wrong_type;
}

// --- Saying what is wrong ---

static const rel_cell *cell_of(const rel_row *row, const rel_field *field) {
  for (size_t i = 0; i < row->count; i++)
    if (row->fields[i] == field) return &row->cells[i];
  return NULL;
}

// The row's primary key when it can be told, else what it was looked up by.
static void describe_row(const rel_row *row, rel_buf *out) {
  rel_buf key = {0};
  for (size_t i = 0; i < row->model->primary_key_count; i++) {
    const rel_field *field = row->model->primary_key[i];
    const rel_cell *cell = cell_of(row, field);
    if (cell != NULL && put_key_part(field, cell, &key) == NULL) continue;
    key.len = 0;
    break;
  }
  rel_key_format(key.len > 0 ? rel_buf_view(&key) : row->lookup_key, out);
  rel_buf_fini(&key);
}

static void describe_cell(const rel_cell *cell, rel_buf *out) {
  rel_buf quoted = {0};
  switch (cell->kind) {
  case REL_CELL_NULL:
    rel_buf_cstr(out, "NULL");
    break;
  case REL_CELL_INT:
    rel_buf_printf(out, "INTEGER %" PRId64, cell->integer);
    break;
  case REL_CELL_REAL:
    rel_buf_printf(out, "REAL %.15g", cell->real);
    break;
  case REL_CELL_TEXT:
    rel_key_put_text(&quoted, cell->bytes);
    rel_buf_cstr(out, "TEXT ");
    rel_key_format(rel_buf_view(&quoted), out);
    break;
  case REL_CELL_BLOB:
    rel_buf_printf(out, "BLOB of %zu bytes", cell->bytes.len);
    break;
  }
  rel_buf_fini(&quoted);
}

static rel_code misfit(const rel_row *row, size_t column, const char *why, rel_error *error) {
  const rel_field *field = row->fields[column];
  rel_buf key = {0}, cell = {0};
  describe_row(row, &key);
  describe_cell(&row->cells[column], &cell);
  const char *type = field->type == REL_TYPE_ENUM ? "enum" : rel_type_name(field->type);
  const char *format = field->decimal ? " (decimal)" : field->uuid ? " (uuid)" : "";
  rel_fail(error, REL_BAD_DATA, REL_STR_F "." REL_STR_F " of the row with key %s: %s does not fit %s%s%s%s",
           REL_STR_A(row->model->table), REL_STR_A(field->column), rel_buf_text(&key), rel_buf_text(&cell),
           type, format, *why != '\0' ? ": " : "", why);
  rel_buf_fini(&key);
  rel_buf_fini(&cell);
  return REL_BAD_DATA;
}

// --- Records ---

const rel_field **rel_record_columns(const rel_model *model, rel_arena *arena, size_t *count) {
  const rel_field **columns = REL_ARENA_ARRAY(arena, const rel_field *, model->field_count);
  *count = 0;
  for (size_t i = 0; i < model->field_count; i++)
    if (model->fields[i]->has_column) columns[(*count)++] = model->fields[i];
  return columns;
}

// Of several members of a oneof a reader would keep the last alone.
static const char *check_oneof(const rel_row *row, size_t column) {
  uint32_t oneof = row->fields[column]->oneof;
  if (row->cells[column].kind == REL_CELL_NULL) return NULL;
  for (size_t i = 0; i < column; i++)
    if (row->fields[i]->oneof == oneof && row->cells[i].kind != REL_CELL_NULL)
      return "another column of its oneof is not NULL either";
  return NULL;
}

rel_code rel_encode_record(const rel_row *row, rel_buf *out, rel_error *error) {
  size_t start = out->len;
  for (size_t i = 0; i < row->count; i++) {
    const char *why = put_field(row->fields[i], &row->cells[i], out);
    if (why == NULL && row->fields[i]->oneof != 0) why = check_oneof(row, i);
    if (why == NULL) continue;
    out->len = start;
    return misfit(row, i, why, error);
  }
  return REL_OK;
}

rel_code rel_encode_check(const rel_row *row, size_t column, rel_error *error) {
  if (row->cells[column].kind == REL_CELL_NULL) return REL_OK;
  rel_buf scratch = {0};
  const char *why = put_field(row->fields[column], &row->cells[column], &scratch);
  rel_buf_fini(&scratch);
  return why == NULL ? REL_OK : misfit(row, column, why, error);
}

// The member of relations.v1.Value that values of the field are: a field of that message.
static rel_field value_member(const rel_field *field) {
  enum {
    BOOL_VALUE = 1,
    INT64_VALUE,
    UINT64_VALUE,
    DOUBLE_VALUE,
    STRING_VALUE,
    BYTES_VALUE,
    TIMESTAMP_VALUE
  };
  rel_field member = *field;
  member.has_presence = true;
  switch (field->type) {
  case REL_TYPE_BOOL:
    member.number = BOOL_VALUE;
    break;
  case REL_TYPE_ENUM: // has its own way to be read, and the wire form of an int64
    member.number = INT64_VALUE;
    break;
  case REL_TYPE_UINT32:
  case REL_TYPE_FIXED32:
  case REL_TYPE_UINT64:
  case REL_TYPE_FIXED64:
    member.number = UINT64_VALUE;
    member.type = REL_TYPE_UINT64;
    break;
  case REL_TYPE_FLOAT:
  case REL_TYPE_DOUBLE:
    member.number = DOUBLE_VALUE;
    member.type = REL_TYPE_DOUBLE;
    break;
  case REL_TYPE_STRING:
    member.number = STRING_VALUE;
    break;
  case REL_TYPE_BYTES:
    member.number = BYTES_VALUE;
    break;
  case REL_TYPE_TIMESTAMP:
    member.number = TIMESTAMP_VALUE;
    break;
  default:
    member.number = INT64_VALUE;
    member.type = REL_TYPE_INT64;
    break;
  }
  return member;
}

rel_code rel_encode_value(const rel_row *row, size_t column, rel_buf *out, rel_error *error) {
  rel_code code = rel_encode_check(row, column, error);
  if (code != REL_OK || row->cells[column].kind == REL_CELL_NULL) return code;
  rel_field member = value_member(row->fields[column]);
  const char *why = put_field(&member, &row->cells[column], out);
  return why == NULL ? REL_OK : misfit(row, column, why, error);
}

rel_code rel_encode_group(const rel_row *row, size_t key_count, rel_buf *out, rel_error *error) {
  enum { KEYS = 1, VALUES = 2 };
  rel_buf value = {0};
  rel_code code = REL_OK;
  for (size_t i = 0; i < row->count && code == REL_OK; i++) {
    value.len = 0;
    code = rel_encode_value(row, i, &value, error);
    if (code == REL_OK) rel_wire_put_bytes(out, i < key_count ? KEYS : VALUES, rel_buf_view(&value));
  }
  rel_buf_fini(&value);
  return code;
}

// --- Keys ---

const rel_field **rel_key_columns(const rel_field *const *key, size_t key_count, const rel_gate *gate,
                                  rel_arena *arena, size_t *count) {
  const rel_field **columns = REL_ARENA_ARRAY(arena, const rel_field *, key_count + 1);
  if (key_count > 0) memcpy(columns, key, key_count * sizeof *columns);
  *count = key_count;
  if (gate != NULL) columns[(*count)++] = gate->field;
  return columns;
}

static bool has_null(const rel_cell *cells, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (cells[i].kind == REL_CELL_NULL) return true;
  return false;
}

static const char *read_tag(const rel_field *field, const rel_cell *cell, rel_tag *tag) {
  if (field->type == REL_TYPE_ENUM) return read_enum(field, cell, &tag->number);
  if (field->type != REL_TYPE_STRING) return read_integer(field->type, cell, &tag->number);
  tag->text = cell->bytes;
  return check_text(cell);
}

// Whether the row's key is that of the gate's relation.
static rel_code ask_gate(const rel_row *row, bool *passes, rel_error *error) {
  const rel_cell *cell = &row->cells[row->count - 1];
  rel_tag tag = {.text = rel_cstr("")};
  *passes = false;
  if (cell->kind == REL_CELL_NULL) return REL_OK;
  const char *why = read_tag(row->gate->field, cell, &tag);
  if (why != NULL) return misfit(row, row->count - 1, why, error);
  rel_passage passage = rel_gate_ask(row->gate, &tag);
  *passes = passage == REL_PASSES;
  if (passage != REL_UNKNOWN_TAG) return REL_OK;
  rel_buf key = {0};
  describe_row(row, &key);
  rel_code code = rel_gate_refuse(row->gate, &tag, rel_buf_view(&key), error);
  rel_buf_fini(&key);
  return code;
}

rel_code rel_encode_key(const rel_row *row, rel_buf *out, rel_error *error) {
  size_t start = out->len, parts = row->gate != NULL ? row->count - 1 : row->count;
  bool passes = true;
  if (has_null(row->cells, parts)) return REL_OK;
  rel_code code = row->gate != NULL ? ask_gate(row, &passes, error) : REL_OK;
  if (code != REL_OK || !passes) return code;
  for (size_t i = 0; i < parts; i++) {
    const char *why = put_key_part(row->fields[i], &row->cells[i], out);
    if (why == NULL) continue;
    out->len = start;
    return misfit(row, i, why, error);
  }
  return REL_OK;
}
