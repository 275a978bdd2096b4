// A literal becomes a value of a field's type, exactly or not at all: see internal.h.
#include "common/base64.h"
#include "server/query/internal.h"
#include "server/store/key.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <relations/v1/types.pb-c.h>

static const char too_large[] = "the number is out of range";
static const char not_whole[] = "a whole number is needed";

// --- Numbers ---

typedef struct number {
  bool is_huge; // `natural`, beyond INT64_MAX
  int64_t integer;
  uint64_t natural;
} number;

static bool is_integer_text(rel_str text) {
  size_t i = text.len > 0 && text.ptr[0] == '-' ? 1 : 0;
  for (; i < text.len; i++)
    if (text.ptr[i] < '0' || text.ptr[i] > '9') return false;
  return text.len > 0;
}

static const char *integer_of_text(rel_str text, rel_arena *arena, number *out) {
  if (!is_integer_text(text)) return not_whole;
  const char *digits = rel_arena_copy(arena, text).ptr;
  errno = 0;
  out->integer = strtoll(digits, NULL, 10);
  if (errno == 0) return NULL;
  errno = 0;
  out->natural = strtoull(digits, NULL, 10); // wraps what is negative
  out->is_huge = true;
  return errno == 0 && digits[0] != '-' ? NULL : too_large;
}

static const char *integer_of(const rel_literal *literal, rel_arena *arena, number *out) {
  *out = (number){0};
  switch (literal->kind) {
  case REL_LITERAL_INT:
    out->integer = literal->integer;
    return NULL;
  case REL_LITERAL_UINT:
    out->is_huge = literal->natural > INT64_MAX;
    out->natural = literal->natural;
    if (!out->is_huge) out->integer = (int64_t)literal->natural;
    return NULL;
  case REL_LITERAL_NUMBER:
    return integer_of_text(literal->bytes, arena, out);
  default:
    return not_whole;
  }
}

typedef struct range {
  int64_t min, max;
  bool huge; // and more than max
} range;

static range range_of(rel_type type) {
  switch (type) {
  case REL_TYPE_INT32:
  case REL_TYPE_SINT32:
  case REL_TYPE_SFIXED32:
  case REL_TYPE_ENUM:
    return (range){INT32_MIN, INT32_MAX, false};
  case REL_TYPE_UINT32:
  case REL_TYPE_FIXED32:
    return (range){0, UINT32_MAX, false};
  case REL_TYPE_UINT64:
  case REL_TYPE_FIXED64:
    return (range){0, INT64_MAX, true};
  default:
    return (range){INT64_MIN, INT64_MAX, false};
  }
}

static const char *check_range(rel_type type, const number *n, rel_arena *arena) {
  range allowed = range_of(type);
  if (n->is_huge ? allowed.huge : n->integer >= allowed.min && n->integer <= allowed.max) return NULL;
  const char *name = type == REL_TYPE_ENUM ? "an enum" : rel_type_name(type);
  if (allowed.huge)
    return rel_arena_printf(arena, "%s; %s holds 0 to %" PRIu64, too_large, name, UINT64_MAX).ptr;
  return rel_arena_printf(arena, "%s; %s holds %" PRId64 " to %" PRId64, too_large, name, allowed.min,
                          allowed.max)
      .ptr;
}

static const char *read_int(const rel_field *field, const rel_literal *literal, rel_arena *arena,
                            rel_constant *out) {
  number n;
  const char *why = integer_of(literal, arena, &n);
  if (why == NULL) why = check_range(field->type, &n, arena);
  out->integer = n.integer;
  out->is_huge = n.is_huge;
  out->natural = n.natural;
  return why;
}

static const char *real_of_integer(const number *n, double *out) {
  *out = n->is_huge ? (double)n->natural : (double)n->integer;
  bool exact = n->is_huge ? *out < 0x1p64 && (uint64_t)*out == n->natural
                          : *out < 0x1p63 && (int64_t)*out == n->integer;
  return exact ? NULL : "a floating-point number cannot hold it exactly";
}

static const char *real_of(const rel_literal *literal, rel_arena *arena, double *out) {
  number n;
  if (literal->kind == REL_LITERAL_REAL) {
    *out = literal->real;
    return isnan(*out) ? "NaN compares with nothing" : NULL;
  }
  if (literal->kind == REL_LITERAL_NUMBER && !is_integer_text(literal->bytes)) {
    *out = strtod(rel_arena_copy(arena, literal->bytes).ptr, NULL);
    return isfinite(*out) ? NULL : too_large;
  }
  if (literal->kind == REL_LITERAL_STRING || literal->kind == REL_LITERAL_NAME) return "a number is needed";
  const char *why = integer_of(literal, arena, &n);
  if (why == not_whole) return "a number is needed";
  return why != NULL ? why : real_of_integer(&n, out);
}

static const char *decimal_of(const rel_literal *literal, rel_arena *arena, rel_str *out) {
  static const char needed[] =
      "a decimal is needed, as in \"12.50\": digits, with an optional minus and fraction";
  number n;
  if (literal->kind == REL_LITERAL_STRING || literal->kind == REL_LITERAL_NUMBER) {
    *out = literal->bytes;
    return rel_decimal_valid(*out) ? NULL : needed;
  }
  if (integer_of(literal, arena, &n) != NULL) return needed;
  *out = n.is_huge ? rel_arena_printf(arena, "%" PRIu64, n.natural)
                   : rel_arena_printf(arena, "%" PRId64, n.integer);
  return NULL;
}

// --- Everything else ---

static const char *bool_of(const rel_literal *literal, int64_t *out) {
  if (literal->kind == REL_LITERAL_BOOL)
    *out = literal->boolean;
  else if (literal->kind == REL_LITERAL_NAME && rel_str_is(literal->bytes, "true"))
    *out = 1;
  else if (literal->kind == REL_LITERAL_NAME && rel_str_is(literal->bytes, "false"))
    *out = 0;
  else
    return "true or false is needed";
  return NULL;
}

// Says which there are, as long as they are few.
static const char *no_value(const rel_field *field, rel_arena *arena) {
  enum { SHOWN = 12 };
  const rel_enum *type = field->enum_type;
  size_t count = type != NULL ? type->value_count : 0;
  rel_buf text = {0};
  rel_buf_printf(&text, REL_STR_F " has no such value", REL_STR_A(field->type_name));
  for (size_t i = 0; i < count && i < SHOWN; i++)
    rel_buf_printf(&text, "%s" REL_STR_F, i == 0 ? "; it has " : ", ", REL_STR_A(type->values[i].name));
  if (count > SHOWN) rel_buf_printf(&text, " and %zu more", count - SHOWN);
  const char *why = rel_arena_copy(arena, rel_buf_view(&text)).ptr;
  rel_buf_fini(&text);
  return why;
}

static const char *enum_of(const rel_field *field, const rel_literal *literal, rel_arena *arena,
                           rel_constant *out) {
  if (literal->kind != REL_LITERAL_NAME && literal->kind != REL_LITERAL_STRING) {
    const char *why = read_int(field, literal, arena, out);
    return why == not_whole ? "the name or the number of the enum's value is needed" : why;
  }
  for (size_t i = 0; field->enum_type != NULL && i < field->enum_type->value_count; i++) {
    if (!rel_str_eq(field->enum_type->values[i].name, literal->bytes)) continue;
    out->integer = field->enum_type->values[i].number;
    return NULL;
  }
  return no_value(field, arena);
}

static const char *text_of(const rel_literal *literal, rel_str *out) {
  if (literal->kind != REL_LITERAL_STRING) return "a text in quotes is needed";
  if (literal->bytes.len > 0 && memchr(literal->bytes.ptr, 0, literal->bytes.len) != NULL)
    return "no text holds a NUL character";
  if (!rel_utf8_valid(literal->bytes)) return "it is not UTF-8";
  *out = literal->bytes;
  return NULL;
}

static const char *bytes_of(const rel_literal *literal, rel_arena *arena, rel_str *out) {
  if (literal->kind == REL_LITERAL_BYTES) {
    *out = literal->bytes;
    return NULL;
  }
  rel_buf bytes = {0};
  bool good = literal->kind == REL_LITERAL_STRING && rel_base64_read(literal->bytes, &bytes);
  if (good) *out = rel_arena_copy(arena, rel_buf_view(&bytes));
  rel_buf_fini(&bytes);
  return good ? NULL : "bytes are needed; in a text, base64 in quotes";
}

static const char *uuid_of(const rel_literal *literal, rel_arena *arena, rel_str *out) {
  uint8_t *uuid = rel_arena_alloc(arena, 16);
  *out = rel_bytes(uuid, 16);
  if (literal->kind == REL_LITERAL_STRING && rel_uuid_parse(literal->bytes, uuid)) return NULL;
  if (literal->kind != REL_LITERAL_BYTES || literal->bytes.len != 16) return "a UUID is needed";
  memcpy(uuid, literal->bytes.ptr, 16);
  return NULL;
}

static const char *time_of(const rel_literal *literal, rel_time *out) {
  if (literal->kind == REL_LITERAL_TIME) {
    *out = literal->time;
    return NULL;
  }
  if (literal->kind == REL_LITERAL_STRING && rel_time_parse(literal->bytes, out)) return NULL;
  return "a time is needed, as in \"2024-02-29T12:00:00Z\"";
}

// --- Parameters ---

// The literal that arguments of a type become.
static rel_literal_kind kind_of_type(int type) {
  switch (type) {
  case RELATIONS__V1__TYPE__TYPE_BOOL:
    return REL_LITERAL_BOOL;
  case RELATIONS__V1__TYPE__TYPE_FLOAT:
  case RELATIONS__V1__TYPE__TYPE_DOUBLE:
    return REL_LITERAL_REAL;
  case RELATIONS__V1__TYPE__TYPE_STRING:
    return REL_LITERAL_STRING;
  case RELATIONS__V1__TYPE__TYPE_BYTES:
    return REL_LITERAL_BYTES;
  case RELATIONS__V1__TYPE__TYPE_TIMESTAMP:
    return REL_LITERAL_TIME;
  default:
    return REL_LITERAL_INT;
  }
}

static const char *type_name(int type, rel_arena *arena) {
  const ProtobufCEnumValue *value =
      protobuf_c_enum_descriptor_get_value(&relations__v1__type__descriptor, type);
  return value != NULL ? value->name : rel_arena_printf(arena, "type %d", type).ptr;
}

// Whether values of a parameter's type can be values of the field: some may still be out of range.
static const char *check_type(rel_constant_kind kind, int type, rel_arena *arena) {
  // By rel_constant_kind: a bit for each kind of literal.
#define BIT(literal) (1u << (literal))
  static const unsigned fits[REL_CONSTANT_KINDS] = {
      [REL_CONSTANT_BOOL] = BIT(REL_LITERAL_BOOL),
      [REL_CONSTANT_INT] = BIT(REL_LITERAL_INT),
      [REL_CONSTANT_ENUM] = BIT(REL_LITERAL_INT) | BIT(REL_LITERAL_STRING),
      [REL_CONSTANT_REAL] = BIT(REL_LITERAL_INT) | BIT(REL_LITERAL_REAL),
      [REL_CONSTANT_TEXT] = BIT(REL_LITERAL_STRING),
      [REL_CONSTANT_DECIMAL] = BIT(REL_LITERAL_INT) | BIT(REL_LITERAL_STRING),
      [REL_CONSTANT_UUID] = BIT(REL_LITERAL_STRING) | BIT(REL_LITERAL_BYTES),
      [REL_CONSTANT_BYTES] = BIT(REL_LITERAL_BYTES) | BIT(REL_LITERAL_STRING),
      [REL_CONSTANT_TIME] = BIT(REL_LITERAL_TIME) | BIT(REL_LITERAL_STRING),
  };
#undef BIT
  if (fits[kind] >> kind_of_type(type) & 1) return NULL;
  return rel_arena_printf(arena, "a parameter of %s does not fit", type_name(type, arena)).ptr;
}

const char *rel_literal_of(const Relations__V1__Value *value, rel_literal *out) {
  *out = (rel_literal){0};
  switch (value->kind_case) {
  case RELATIONS__V1__VALUE__KIND_BOOL_VALUE:
    *out = (rel_literal){.kind = REL_LITERAL_BOOL, .boolean = value->bool_value};
    return NULL;
  case RELATIONS__V1__VALUE__KIND_INT64_VALUE:
    *out = (rel_literal){.kind = REL_LITERAL_INT, .integer = value->int64_value};
    return NULL;
  case RELATIONS__V1__VALUE__KIND_UINT64_VALUE:
    *out = (rel_literal){.kind = REL_LITERAL_UINT, .natural = value->uint64_value};
    return NULL;
  case RELATIONS__V1__VALUE__KIND_DOUBLE_VALUE:
    *out = (rel_literal){.kind = REL_LITERAL_REAL, .real = value->double_value};
    return NULL;
  case RELATIONS__V1__VALUE__KIND_STRING_VALUE:
    *out = (rel_literal){.kind = REL_LITERAL_STRING, .bytes = rel_cstr(value->string_value)};
    return NULL;
  case RELATIONS__V1__VALUE__KIND_BYTES_VALUE:
    *out = (rel_literal){.kind = REL_LITERAL_BYTES,
                         .bytes = rel_bytes(value->bytes_value.data, value->bytes_value.len)};
    return NULL;
  case RELATIONS__V1__VALUE__KIND_TIMESTAMP_VALUE: {
    const Google__Protobuf__Timestamp *time = value->timestamp_value;
    if (time->seconds < REL_TIME_MIN_S || time->seconds > REL_TIME_MAX_S || time->nanos < 0 ||
        time->nanos > 999999999)
      return "the timestamp is out of range";
    *out = (rel_literal){.kind = REL_LITERAL_TIME, .time = {time->seconds, time->nanos}};
    return NULL;
  }
  default:
    return "no value is set; NULL is asked for with OPERATOR_IS_NULL";
  }
}

// The field that a parameter's type would be the type of: only what rel_constant_of reads of one.
static rel_field field_of_type(int type) {
  return (rel_field){.type = rel_parameter_type(type), .has_column = true};
}

const char *rel_literal_argument(const Relations__V1__Value *value, int type, rel_arena *arena,
                                 rel_literal *out) {
  rel_constant converted = {0};
  rel_field field = field_of_type(type);
  const char *why = rel_literal_of(value, out);
  if (why == NULL) why = rel_constant_of(&field, out, arena, &converted);
  if (why != NULL) return why;
  switch (kind_of_type(type)) {
  case REL_LITERAL_REAL: // an integer that was passed for a double
    *out = (rel_literal){.kind = REL_LITERAL_REAL, .real = converted.real};
    return NULL;
  case REL_LITERAL_TIME:
    *out = (rel_literal){.kind = REL_LITERAL_TIME, .time = converted.time};
    return NULL;
  case REL_LITERAL_BYTES:
    *out = (rel_literal){.kind = REL_LITERAL_BYTES, .bytes = converted.bytes};
    return NULL;
  default:
    return NULL;
  }
}

const char *rel_constant_of(const rel_field *field, const rel_literal *literal, rel_arena *arena,
                            rel_constant *out) {
  *out = (rel_constant){0};
  rel_constant_kind kind = rel_field_constant_kind(field);
  if (literal->kind == REL_LITERAL_TYPE) return check_type(kind, literal->type, arena);
  switch (kind) {
  case REL_CONSTANT_BOOL:
    return bool_of(literal, &out->integer);
  case REL_CONSTANT_INT:
    return read_int(field, literal, arena, out);
  case REL_CONSTANT_ENUM:
    return enum_of(field, literal, arena, out);
  case REL_CONSTANT_REAL:
    return real_of(literal, arena, &out->real);
  case REL_CONSTANT_TEXT:
    return text_of(literal, &out->bytes);
  case REL_CONSTANT_DECIMAL:
    return decimal_of(literal, arena, &out->bytes);
  case REL_CONSTANT_UUID:
    return uuid_of(literal, arena, &out->bytes);
  case REL_CONSTANT_BYTES:
    return bytes_of(literal, arena, &out->bytes);
  case REL_CONSTANT_TIME:
    return time_of(literal, &out->time);
  case REL_CONSTANT_NONE:
  case REL_CONSTANT_KINDS:
    break;
  }
  return "the field cannot be compared";
}
