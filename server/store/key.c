// Keys: see key.h. Owns the canonical bytes: how parts are written, read, shown, and made from a request.
#include "server/store/key.h"

#include "common/keys.h"
#include "common/log.h"
#include "common/wire.h"

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>

enum { UUID_BYTES = 16, SHOWN_BYTES = 24 };

// --- Writing and reading parts ---

static void put_big_endian(rel_buf *key, rel_key_tag tag, uint64_t value) {
  uint8_t *at = rel_buf_reserve(key, 9);
  uint64_t big_endian = htobe64(value);
  at[0] = (uint8_t)tag;
  memcpy(at + 1, &big_endian, sizeof big_endian);
  key->len += 1 + sizeof big_endian;
}

static void put_counted(rel_buf *key, rel_key_tag tag, rel_str bytes) {
  *rel_buf_reserve(key, 1) = (uint8_t)tag;
  key->len++;
  rel_wire_put_varint(key, bytes.len);
  rel_buf_str(key, bytes);
}

void rel_key_put_int(rel_buf *key, int64_t value) {
  put_big_endian(key, REL_PART_INT, (uint64_t)value);
}

void rel_key_put_uint(rel_buf *key, uint64_t value) {
  put_big_endian(key, value <= INT64_MAX ? REL_PART_INT : REL_PART_UINT, value);
}

void rel_key_put_text(rel_buf *key, rel_str text) {
  put_counted(key, REL_PART_TEXT, text);
}

void rel_key_put_bytes(rel_buf *key, rel_str bytes) {
  put_counted(key, REL_PART_BYTES, bytes);
}

void rel_key_put_uuid(rel_buf *key, const uint8_t uuid[16]) {
  *rel_buf_reserve(key, 1) = (uint8_t)REL_PART_UUID;
  key->len++;
  rel_buf_append(key, uuid, UUID_BYTES);
}

static rel_str take_bytes(rel_str *rest, size_t len) {
  if (len > rest->len) len = rest->len; // our own bytes: never
  rel_str taken = rel_bytes(rest->ptr, len);
  rest->ptr += len;
  rest->len -= len;
  return taken;
}

static uint64_t take_big_endian(rel_str *rest) {
  rel_str bytes = take_bytes(rest, 8);
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.len; i++)
    value = value << 8 | (uint8_t)bytes.ptr[i];
  return value;
}

static size_t take_length(rel_str *rest) {
  size_t len = 0;
  for (unsigned shift = 0; rest->len > 0 && shift < 64; shift += 7) {
    uint8_t byte = (uint8_t)take_bytes(rest, 1).ptr[0];
    len |= (size_t)(byte & 0x7F) << shift;
    if (byte < 0x80) break;
  }
  return len;
}

bool rel_key_next(rel_str *rest, rel_key_part *part) {
  if (rest->len == 0) return false;
  *part = (rel_key_part){.tag = (rel_key_tag)take_bytes(rest, 1).ptr[0]};
  switch (part->tag) {
  case REL_PART_INT:
    part->integer = (int64_t)take_big_endian(rest);
    return true;
  case REL_PART_UINT:
    part->natural = take_big_endian(rest);
    return true;
  case REL_PART_TEXT:
  case REL_PART_BYTES:
    part->bytes = take_bytes(rest, take_length(rest));
    return true;
  case REL_PART_UUID:
    part->bytes = take_bytes(rest, UUID_BYTES);
    return true;
  }
  return false;
}

// --- Showing ---

static void format_hex(rel_str bytes, rel_buf *out) {
  for (size_t i = 0; i < bytes.len && i < SHOWN_BYTES; i++)
    rel_buf_printf(out, "%02x", (uint8_t)bytes.ptr[i]);
  if (bytes.len > SHOWN_BYTES) rel_buf_cstr(out, "...");
}

static void format_part(const rel_key_part *part, rel_buf *out) {
  char uuid[REL_UUID_TEXT + 1];
  switch (part->tag) {
  case REL_PART_INT:
    rel_buf_printf(out, "%" PRId64, part->integer);
    return;
  case REL_PART_UINT:
    rel_buf_printf(out, "%" PRIu64, part->natural);
    return;
  case REL_PART_TEXT:
    rel_json_excerpt(out, part->bytes);
    return;
  case REL_PART_BYTES:
    rel_buf_cstr(out, "0x");
    format_hex(part->bytes, out);
    return;
  case REL_PART_UUID:
    rel_uuid_format((const uint8_t *)part->bytes.ptr, uuid);
    rel_buf_cstr(out, uuid);
    return;
  }
}

void rel_key_format(rel_str key, rel_buf *out) {
  rel_key_part part;
  for (bool first = true; rel_key_next(&key, &part); first = false) {
    if (!first) rel_buf_cstr(out, ", ");
    format_part(&part, out);
  }
}

// --- UUIDs ---

// A hyphen stands before these bytes of a UUID, in the form that has hyphens.
static bool after_hyphen(size_t byte) {
  return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

bool rel_uuid_parse(rel_str text, uint8_t uuid[16]) {
  if (text.len >= 2 && text.ptr[0] == '{' && text.ptr[text.len - 1] == '}')
    text = rel_bytes(text.ptr + 1, text.len - 2);
  bool hyphens = text.len == REL_UUID_TEXT;
  if (!hyphens && text.len != 2 * UUID_BYTES) return false;
  const char *at = text.ptr;
  for (size_t i = 0; i < UUID_BYTES; i++) {
    if (hyphens && after_hyphen(i) && *at++ != '-') return false;
    if (!rel_hex_read(rel_bytes(at, 2), &uuid[i])) return false;
    at += 2;
  }
  return true;
}

void rel_uuid_format(const uint8_t uuid[16], char text[REL_UUID_TEXT + 1]) {
  static const char digits[] = "0123456789abcdef";
  char *at = text;
  for (size_t i = 0; i < UUID_BYTES; i++) {
    if (after_hyphen(i)) *at++ = '-';
    *at++ = digits[uuid[i] >> 4];
    *at++ = digits[uuid[i] & 15];
  }
  *at = '\0';
}

// --- Keys of a request ---

// What reading a request's keys carries along.
typedef struct reader {
  const char *name;
  const rel_field *const *fields;
  size_t field_count;
  rel_buf key; // the one being read
  rel_error *error;
} reader;

static const char *kind_wanted(rel_key_kind kind) {
  switch (kind) {
  case REL_KEY_INT:
    return "int64s or uint64s";
  case REL_KEY_TEXT:
    return "strings";
  case REL_KEY_BYTES:
    return "bytes";
  case REL_KEY_UUID:
    return "strings or bytes";
  case REL_KEY_NONE:
    break;
  }
  return "nothing: it cannot be a key";
}

static rel_code wrong_kind(const reader *r, const rel_field *field, size_t index) {
  return rel_fail_field(r->error, REL_INVALID, r->name, "%s[%zu]: the key field " REL_STR_F " (%s) takes %s",
                        r->name, index, REL_STR_A(field->name), rel_type_name(field->type),
                        kind_wanted(rel_field_key_kind(field)));
}

static rel_code put_integer(reader *r, const rel_field *field, size_t index, bool is_signed, uint64_t bits) {
  if (rel_field_key_kind(field) != REL_KEY_INT) return wrong_kind(r, field, index);
  if (is_signed)
    rel_key_put_int(&r->key, (int64_t)bits);
  else
    rel_key_put_uint(&r->key, bits);
  return REL_OK;
}

static rel_code put_uuid(reader *r, size_t index, rel_str value, bool is_text) {
  uint8_t uuid[UUID_BYTES];
  bool read = is_text ? rel_uuid_parse(value, uuid) : value.len == UUID_BYTES;
  if (!read)
    return rel_fail_field(r->error, REL_INVALID, r->name, "%s[%zu] is not a UUID: %s", r->name, index,
                          is_text ? "36 characters with hyphens, or 32 hexadecimal digits"
                                  : "it has 16 bytes");
  if (!is_text) memcpy(uuid, value.ptr, UUID_BYTES);
  rel_key_put_uuid(&r->key, uuid);
  return REL_OK;
}

static rel_code put_string(reader *r, const rel_field *field, size_t index, rel_str value, bool is_text) {
  if (value.len > REL_KEY_MAX_BYTES)
    return rel_fail_field(r->error, REL_LIMIT, r->name, "%s[%zu] has %zu bytes, more than %d", r->name, index,
                          value.len, REL_KEY_MAX_BYTES);
  rel_key_kind kind = rel_field_key_kind(field);
  if (kind == REL_KEY_UUID) return put_uuid(r, index, value, is_text);
  if (kind != (is_text ? REL_KEY_TEXT : REL_KEY_BYTES)) return wrong_kind(r, field, index);
  if (is_text && !rel_utf8_valid(value))
    return rel_fail_field(r->error, REL_INVALID, r->name, "%s[%zu] is not UTF-8", r->name, index);
  if (is_text)
    rel_key_put_text(&r->key, value);
  else
    rel_key_put_bytes(&r->key, value);
  return REL_OK;
}

static rel_str binary(const ProtobufCBinaryData *data) {
  return rel_bytes(data->data, data->len);
}

static rel_code put_part(reader *r, const Relations__V1__KeyPart *part, size_t field, size_t index,
                         bool *is_null) {
  const rel_field *f = r->fields[field];
  switch (part->kind_case) {
  case RELATIONS__V1__KEY_PART__KIND_INT64_VALUE:
    return put_integer(r, f, index, true, (uint64_t)part->int64_value);
  case RELATIONS__V1__KEY_PART__KIND_UINT64_VALUE:
    return put_integer(r, f, index, false, part->uint64_value);
  case RELATIONS__V1__KEY_PART__KIND_STRING_VALUE:
    return put_string(r, f, index, rel_cstr(part->string_value), true);
  case RELATIONS__V1__KEY_PART__KIND_BYTES_VALUE:
    return put_string(r, f, index, binary(&part->bytes_value), false);
  case RELATIONS__V1__KEY_PART__KIND_NULL_VALUE:
    if (!part->null_value) break;
    *is_null = true;
    return REL_OK;
  default:
    break;
  }
  return rel_fail_field(r->error, REL_INVALID, r->name, "%s[%zu]: part %zu (" REL_STR_F ") has no value",
                        r->name, index, field, REL_STR_A(f->name));
}

static rel_code put_composite(reader *r, const Relations__V1__CompositeKey *key, size_t index,
                              bool *is_null) {
  if (key->n_parts != r->field_count)
    return rel_fail_field(r->error, REL_INVALID, r->name, "%s[%zu] has %zu parts, the key has %zu", r->name,
                          index, key->n_parts, r->field_count);
  for (size_t i = 0; i < key->n_parts; i++) {
    rel_code code = put_part(r, key->parts[i], i, index, is_null);
    if (code != REL_OK) return code;
  }
  return REL_OK;
}

static rel_code put_key(reader *r, const Relations__V1__Keys *keys, size_t i, bool *is_null) {
  switch (keys->kind_case) {
  case RELATIONS__V1__KEYS__KIND_INT64S:
    return put_integer(r, r->fields[0], i, true, (uint64_t)keys->int64s->values[i]);
  case RELATIONS__V1__KEYS__KIND_UINT64S:
    return put_integer(r, r->fields[0], i, false, keys->uint64s->values[i]);
  case RELATIONS__V1__KEYS__KIND_STRINGS:
    return put_string(r, r->fields[0], i, rel_cstr(keys->strings->values[i]), true);
  case RELATIONS__V1__KEYS__KIND_BYTES:
    return put_string(r, r->fields[0], i, binary(&keys->bytes->values[i]), false);
  default:
    return put_composite(r, keys->composites->keys[i], i, is_null);
  }
}

static rel_code read_key(reader *r, const Relations__V1__Keys *keys, size_t i, rel_arena *arena,
                         rel_request_key *out) {
  bool is_null = false;
  r->key.len = 0;
  rel_code code = put_key(r, keys, i, &is_null);
  if (code != REL_OK) return code;
  if (r->key.len > REL_KEY_MAX_BYTES)
    return rel_fail_field(r->error, REL_LIMIT, r->name, "%s[%zu] has more than %d bytes", r->name, i,
                          REL_KEY_MAX_BYTES);
  *out = (rel_request_key){.is_null = is_null};
  if (!is_null) out->bytes = rel_arena_copy(arena, rel_buf_view(&r->key));
  return REL_OK;
}

rel_code rel_keys_read(const Relations__V1__Keys *keys, const rel_keys_expected *expected, rel_arena *arena,
                       rel_request_keys *out, rel_error *error) {
  const char *name = expected->name;
  rel_key_shape shape = expected->shape;
  size_t n;
  *out = (rel_request_keys){0};
  if (!rel_keys_count(keys, &n)) return rel_fail_field(error, REL_INVALID, name, "%s is not set", name);
  if (n > expected->max_keys)
    return rel_fail_field(error, REL_LIMIT, name, "%s has %zu keys, more than %zu", name, n,
                          expected->max_keys);
  if (shape.count != 1 && keys->kind_case != RELATIONS__V1__KEYS__KIND_COMPOSITES)
    return rel_fail_field(error, REL_INVALID, name, "%s takes composites: the key has %zu parts", name,
                          shape.count);

  reader r = {.name = name, .fields = shape.items, .field_count = shape.count, .error = error};
  rel_request_key *read = REL_ARENA_ARRAY(arena, rel_request_key, n);
  rel_code code = REL_OK;
  for (size_t i = 0; i < n && code == REL_OK; i++)
    code = read_key(&r, keys, i, arena, &read[i]);
  rel_buf_fini(&r.key);
  if (code == REL_OK) *out = (rel_request_keys){read, n};
  return code;
}
