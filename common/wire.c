// The wire format: see wire.h. Owns how bytes become fields; knows no particular message.
#include "common/wire.h"

void rel_wire_put_varint(rel_buf *buf, uint64_t value) {
  uint8_t *at = rel_buf_reserve(buf, REL_WIRE_VARINT_MAX);
  buf->len += (size_t)(rel_wire_varint(at, value) - at);
}

void rel_wire_put_tag(rel_buf *buf, uint32_t field, rel_wire_type type) {
  rel_wire_put_varint(buf, (uint64_t)field << 3 | type);
}

static void put_fixed(rel_buf *buf, uint32_t field, rel_wire_type type, uint64_t value, size_t bytes) {
  uint8_t *start = rel_buf_reserve(buf, REL_WIRE_VARINT_MAX + bytes), *at = rel_wire_tag(start, field, type);
  for (size_t i = 0; i < bytes; i++)
    at[i] = (uint8_t)(value >> (8 * i));
  buf->len += (size_t)(at - start) + bytes;
}

void rel_wire_put_fixed32(rel_buf *buf, uint32_t field, uint32_t value) {
  put_fixed(buf, field, REL_WIRE_FIXED32, value, 4);
}

void rel_wire_put_fixed64(rel_buf *buf, uint32_t field, uint64_t value) {
  put_fixed(buf, field, REL_WIRE_FIXED64, value, 8);
}

static bool take_long_varint(rel_str *rest, uint64_t *value) {
  uint64_t result = 0;
  for (size_t i = 0; i < REL_WIRE_VARINT_MAX && i < rest->len; i++) {
    uint8_t byte = (uint8_t)rest->ptr[i];
    if (i == REL_WIRE_VARINT_MAX - 1 && byte > 1) return false; // more than 64 bits
    result |= (uint64_t)(byte & 0x7F) << (7 * i);
    if (byte < 0x80) {
      rest->ptr += i + 1;
      rest->len -= i + 1;
      *value = result;
      return true;
    }
  }
  return false;
}

// Most tags and most lengths have one byte.
static inline bool take_varint(rel_str *rest, uint64_t *value) {
  if (rest->len == 0 || (uint8_t)rest->ptr[0] >= 0x80) return take_long_varint(rest, value);
  *value = (uint8_t)rest->ptr[0];
  rest->ptr++;
  rest->len--;
  return true;
}

bool rel_wire_take_varint(rel_str *rest, uint64_t *value) {
  return take_varint(rest, value);
}

bool rel_wire_take_fixed(rel_str *rest, size_t bytes, uint64_t *value) {
  if (rest->len < bytes) return false;
  *value = 0;
  for (size_t i = 0; i < bytes; i++)
    *value |= (uint64_t)(uint8_t)rest->ptr[i] << (8 * i);
  rest->ptr += bytes;
  rest->len -= bytes;
  return true;
}

int rel_wire_next(rel_wire_reader *reader, rel_wire_field *field) {
  rel_str *rest = &reader->rest;
  if (rest->len == 0) return 0;
  uint64_t tag;
  if (!take_varint(rest, &tag) || tag >> 3 == 0 || tag >> 3 > REL_WIRE_MAX_FIELD) return -1;
  *field = (rel_wire_field){.number = (uint32_t)(tag >> 3), .type = (rel_wire_type)(tag & 7)};
  switch (field->type) {
  case REL_WIRE_VARINT:
    return take_varint(rest, &field->value) ? 1 : -1;
  case REL_WIRE_FIXED64:
    return rel_wire_take_fixed(rest, 8, &field->value) ? 1 : -1;
  case REL_WIRE_FIXED32:
    return rel_wire_take_fixed(rest, 4, &field->value) ? 1 : -1;
  case REL_WIRE_BYTES:
    if (!take_varint(rest, &field->value) || field->value > rest->len) return -1;
    field->bytes = rel_bytes(rest->ptr, (size_t)field->value);
    rest->ptr += field->bytes.len;
    rest->len -= field->bytes.len;
    return 1;
  default:
    return -1;
  }
}

// What one check carries through its recursion, which max_depth bounds.
typedef struct check {
  const rel_wire_limits *limits;
  size_t fields;
  rel_error *error;
} check;

static rel_code check_string(const check *c, const ProtobufCFieldDescriptor *field, rel_str text) {
  if (memchr(text.ptr, 0, text.len) != NULL)
    return rel_fail_field(c->error, REL_INVALID, field->name, "%s holds a NUL character", field->name);
  if (!rel_utf8_valid(text))
    return rel_fail_field(c->error, REL_INVALID, field->name, "%s is not UTF-8", field->name);
  return REL_OK;
}

static rel_code check_message(check *c, const ProtobufCMessageDescriptor *descriptor, rel_str bytes,
                              unsigned depth) {
  if (depth > c->limits->max_depth)
    return rel_fail(c->error, REL_INVALID, "the message is nested more than %u deep", c->limits->max_depth);
  rel_wire_reader reader = {bytes};
  rel_wire_field field;
  int got;
  while ((got = rel_wire_next(&reader, &field)) > 0) {
    if (++c->fields > c->limits->max_fields)
      return rel_fail(c->error, REL_INVALID, "the message has more than %zu fields", c->limits->max_fields);
    if (field.type != REL_WIRE_BYTES) continue;
    const ProtobufCFieldDescriptor *known = protobuf_c_message_descriptor_get_field(descriptor, field.number);
    if (known == NULL) continue; // protobuf-c keeps it as bytes
    rel_code code = REL_OK;
    if (known->type == PROTOBUF_C_TYPE_MESSAGE)
      code = check_message(c, known->descriptor, field.bytes, depth + 1);
    else if (known->type == PROTOBUF_C_TYPE_STRING && field.bytes.len > 0)
      code = check_string(c, known, field.bytes);
    if (code != REL_OK) return code;
  }
  if (got < 0) return rel_fail(c->error, REL_INVALID, "the bytes are not a well-formed %s", descriptor->name);
  return REL_OK;
}

rel_code rel_wire_check(const ProtobufCMessageDescriptor *descriptor, rel_str bytes,
                        const rel_wire_limits *limits, rel_error *error) {
  check c = {.limits = limits, .error = error};
  return check_message(&c, descriptor, bytes, 1);
}
