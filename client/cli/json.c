// JSON: see json.h.
#include "client/cli/json.h"

#include <ctype.h>
#include <google/protobuf/duration.pb-c.h>
#include <inttypes.h>

void rel_json_bytes(rel_buf *out, rel_str bytes) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  rel_buf_cstr(out, "\"");
  for (size_t i = 0; i < bytes.len; i += 3) {
    size_t left = bytes.len - i < 3 ? bytes.len - i : 3;
    uint32_t group = 0;
    for (size_t k = 0; k < 3; k++)
      group = group << 8 | (k < left ? (uint8_t)bytes.ptr[i + k] : 0);
    char text[4] = {digits[group >> 18], digits[group >> 12 & 63], left > 1 ? digits[group >> 6 & 63] : '=',
                    left > 2 ? digits[group & 63] : '='};
    rel_buf_append(out, text, sizeof text);
  }
  rel_buf_cstr(out, "\"");
}

// None, 3, 6 or 9 digits, as many as are needed.
static void put_fraction(rel_buf *out, int32_t nanos) {
  if (nanos == 0) return;
  if (nanos % 1000000 == 0)
    rel_buf_printf(out, ".%03" PRId32, nanos / 1000000);
  else if (nanos % 1000 == 0)
    rel_buf_printf(out, ".%06" PRId32, nanos / 1000);
  else
    rel_buf_printf(out, ".%09" PRId32, nanos);
}

void rel_json_time(rel_buf *out, int64_t seconds, int32_t nanos) {
  enum { DAY = 86400, ERA_DAYS = 146097, EPOCH_DAYS = 719468, CLAMP = 1 };
  // Howard Hinnant's civil_from_days: years begin in March, so that the leap day is a year's last.
  int64_t days = seconds / DAY - (seconds % DAY < 0 ? CLAMP : 0);
  int64_t clock = seconds - days * DAY;
  int64_t shifted = days + EPOCH_DAYS;
  int64_t era = (shifted >= 0 ? shifted : shifted - (ERA_DAYS - 1)) / ERA_DAYS;
  int64_t of_era = shifted - era * ERA_DAYS;
  int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / (ERA_DAYS - 1)) / 365;
  int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t month = (5 * of_year + 2) / 153;
  int64_t day = of_year - (153 * month + 2) / 5 + 1;
  month = month < 10 ? month + 3 : month - 9;
  int64_t year = year_of_era + era * 400 + (month <= 2);
  rel_buf_printf(out, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02d", year, (int)month, (int)day,
                 (int)(clock / 3600), (int)(clock / 60 % 60), (int)(clock % 60));
  put_fraction(out, nanos);
  rel_buf_cstr(out, "Z");
}

void rel_json_name(rel_buf *out, const char *field) {
  rel_buf_cstr(out, "\"");
  bool upper = false;
  for (const char *p = field; *p != '\0'; p++) {
    if (*p != '_') rel_buf_printf(out, "%c", upper ? toupper((unsigned char)*p) : *p);
    upper = *p == '_';
  }
  rel_buf_cstr(out, "\"");
}

static void put_enum(rel_buf *out, const ProtobufCEnumDescriptor *descriptor, int number) {
  const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(descriptor, number);
  if (value != NULL)
    rel_json_string(out, rel_cstr(value->name));
  else
    rel_buf_printf(out, "%d", number);
}

static void put_duration(rel_buf *out, const Google__Protobuf__Duration *duration) {
  rel_buf_printf(out, "\"%" PRId64, duration->seconds);
  put_fraction(out, duration->nanos);
  rel_buf_cstr(out, "s\"");
}

// One value at `at`; an element of an array, or a field's own place.
static void put_element(rel_buf *out, const ProtobufCFieldDescriptor *field, const void *at) {
  switch (field->type) {
  case PROTOBUF_C_TYPE_INT32:
    rel_buf_printf(out, "%" PRId32, *(const int32_t *)at);
    return;
  case PROTOBUF_C_TYPE_UINT32:
    rel_buf_printf(out, "%" PRIu32, *(const uint32_t *)at);
    return;
  case PROTOBUF_C_TYPE_INT64:
    rel_buf_printf(out, "\"%" PRId64 "\"", *(const int64_t *)at);
    return;
  case PROTOBUF_C_TYPE_UINT64:
    rel_buf_printf(out, "\"%" PRIu64 "\"", *(const uint64_t *)at);
    return;
  case PROTOBUF_C_TYPE_BOOL:
    rel_buf_cstr(out, *(const protobuf_c_boolean *)at ? "true" : "false");
    return;
  case PROTOBUF_C_TYPE_ENUM:
    put_enum(out, field->descriptor, *(const int *)at);
    return;
  case PROTOBUF_C_TYPE_STRING:
    rel_json_string(out, rel_cstr(*(char *const *)at));
    return;
  case PROTOBUF_C_TYPE_BYTES: {
    const ProtobufCBinaryData *bytes = at;
    rel_json_bytes(out, rel_bytes(bytes->data, bytes->len));
    return;
  }
  case PROTOBUF_C_TYPE_MESSAGE: {
    const ProtobufCMessage *message = *(ProtobufCMessage *const *)at;
    if (message->descriptor == &google__protobuf__duration__descriptor)
      put_duration(out, (const Google__Protobuf__Duration *)message);
    else
      rel_json_message(out, message);
    return;
  }
  default: // the contract has no other type
    rel_buf_cstr(out, "null");
    return;
  }
}

static size_t size_of(ProtobufCType type) {
  switch (type) {
  case PROTOBUF_C_TYPE_INT32:
  case PROTOBUF_C_TYPE_UINT32:
    return sizeof(int32_t);
  case PROTOBUF_C_TYPE_BOOL:
    return sizeof(protobuf_c_boolean);
  case PROTOBUF_C_TYPE_ENUM:
    return sizeof(int);
  case PROTOBUF_C_TYPE_STRING:
  case PROTOBUF_C_TYPE_MESSAGE:
    return sizeof(void *);
  case PROTOBUF_C_TYPE_BYTES:
    return sizeof(ProtobufCBinaryData);
  default:
    return sizeof(int64_t);
  }
}

static void put_array(rel_buf *out, const ProtobufCFieldDescriptor *field, const char *items, size_t count) {
  rel_buf_cstr(out, "[");
  for (size_t i = 0; i < count; i++) {
    if (i > 0) rel_buf_cstr(out, ",");
    put_element(out, field, items + i * size_of(field->type));
  }
  rel_buf_cstr(out, "]");
}

static bool is_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
  const char *base = (const char *)message;
  if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
    return *(const uint32_t *)(const void *)(base + field->quantifier_offset) == field->id;
  if (field->label == PROTOBUF_C_LABEL_REPEATED || field->type != PROTOBUF_C_TYPE_MESSAGE) return true;
  return *(void *const *)(const void *)(base + field->offset) != NULL;
}

void rel_json_message(rel_buf *out, const ProtobufCMessage *message) {
  const char *base = (const char *)message;
  bool first = true;
  rel_buf_cstr(out, "{");
  for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
    const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
    if (!is_set(message, field)) continue;
    if (!first) rel_buf_cstr(out, ",");
    first = false;
    rel_json_name(out, field->name);
    rel_buf_cstr(out, ":");
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
      put_array(out, field, *(const char *const *)(const void *)(base + field->offset),
                *(const size_t *)(const void *)(base + field->quantifier_offset));
    else
      put_element(out, field, base + field->offset);
  }
  rel_buf_cstr(out, "}");
}
