// Keys of typed requests: see typed_keys.h. What is read is what any Protobuf parser would: unknown fields
// are skipped, of a field that stands twice the last counts, numbers may come packed or one by one.
#include "server/handlers/typed_keys.h"

#include "common/schema/typed.h"
#include "common/wire.h"

enum { NOT_IN_BATCH = -1, UUID_BYTES = 16 };

// What reading carries along. `index` says which of a batch, for messages.
typedef struct reader {
  const rel_model *model;
  int64_t index;
  rel_buf key; // the one being read
  rel_arena *arena;
  rel_error *error;
} reader;

// --- What is wrong ---

// "id", "keys[2].store" or "ids[2]".
static void name_field(const reader *r, const rel_field *field, rel_buf *out) {
  if (r->index == NOT_IN_BATCH) {
    rel_buf_str(out, field->name);
    return;
  }
  rel_typed_keys_name(r->model, out);
  rel_buf_printf(out, "[%lld]", (long long)r->index);
  if (r->model->primary_key_count > 1) rel_buf_printf(out, "." REL_STR_F, REL_STR_A(field->name));
}

static rel_code wrong(const reader *r, const rel_field *field, rel_code code, const char *what) {
  rel_buf name = {0};
  name_field(r, field, &name);
  const char *text = rel_buf_text(&name);
  rel_fail_field(r->error, code, text, "%s (%s) %s", text, rel_type_name(field->type), what);
  rel_buf_fini(&name);
  return code;
}

static rel_code malformed(const reader *r) {
  return rel_fail(r->error, REL_INVALID, "the request is malformed: it is no Protobuf message");
}

// --- One part of a key ---

static rel_wire_type wire_type(rel_type type) {
  switch (type) {
  case REL_TYPE_FIXED32:
  case REL_TYPE_SFIXED32:
    return REL_WIRE_FIXED32;
  case REL_TYPE_FIXED64:
  case REL_TYPE_SFIXED64:
    return REL_WIRE_FIXED64;
  case REL_TYPE_STRING:
  case REL_TYPE_BYTES:
    return REL_WIRE_BYTES;
  default:
    return REL_WIRE_VARINT;
  }
}

static int64_t zigzag(uint64_t value) {
  return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

// As parsers do, what does not fit into 32 bits loses what is above them.
static void put_number(rel_buf *key, rel_type type, uint64_t value) {
  switch (type) {
  case REL_TYPE_UINT64:
  case REL_TYPE_FIXED64:
    rel_key_put_uint(key, value);
    return;
  case REL_TYPE_UINT32:
  case REL_TYPE_FIXED32:
    rel_key_put_int(key, (int64_t)(uint32_t)value);
    return;
  case REL_TYPE_INT32:
  case REL_TYPE_SFIXED32:
    rel_key_put_int(key, (int32_t)(uint32_t)value);
    return;
  case REL_TYPE_SINT32:
    rel_key_put_int(key, zigzag((uint32_t)value));
    return;
  case REL_TYPE_SINT64:
    rel_key_put_int(key, zigzag(value));
    return;
  default:
    rel_key_put_int(key, (int64_t)value);
  }
}

static rel_code put_uuid(reader *r, const rel_field *field, rel_str value) {
  uint8_t uuid[UUID_BYTES];
  if (field->type == REL_TYPE_STRING) {
    if (!rel_uuid_parse(value, uuid))
      return wrong(r, field, REL_INVALID,
                   "is not a UUID: 36 characters with hyphens, or 32 hexadecimal digits");
  } else {
    if (value.len != UUID_BYTES) return wrong(r, field, REL_INVALID, "is not a UUID: it has 16 bytes");
    memcpy(uuid, value.ptr, UUID_BYTES);
  }
  rel_key_put_uuid(&r->key, uuid);
  return REL_OK;
}

static rel_code put_string(reader *r, const rel_field *field, rel_str value) {
  if (value.len > REL_KEY_MAX_BYTES) return wrong(r, field, REL_LIMIT, "has more bytes than a key may");
  bool is_text = field->type == REL_TYPE_STRING;
  if (is_text && !rel_utf8_valid(value)) return wrong(r, field, REL_INVALID, "is not UTF-8");
  if (is_text && memchr(value.ptr, '\0', value.len) != NULL)
    return wrong(r, field, REL_INVALID, "holds a NUL character");
  if (field->uuid) return put_uuid(r, field, value);
  if (is_text)
    rel_key_put_text(&r->key, value);
  else
    rel_key_put_bytes(&r->key, value);
  return REL_OK;
}

static rel_code put_part(reader *r, const rel_field *field, const rel_wire_field *part) {
  if (part->type != wire_type(field->type))
    return wrong(r, field, REL_INVALID, "has come as another type: is the client's .proto of this schema?");
  if (part->type == REL_WIRE_BYTES) return put_string(r, field, part->bytes);
  put_number(&r->key, field->type, part->value);
  return REL_OK;
}

// --- One key ---

static rel_code end_key(reader *r, rel_request_key *out) {
  if (r->key.len > REL_KEY_MAX_BYTES)
    return wrong(r, r->model->primary_key[0], REL_LIMIT, "begins a key of more bytes than one may have");
  out->is_null = false;
  out->bytes = rel_arena_copy(r->arena, rel_buf_view(&r->key));
  r->key.len = 0;
  return REL_OK;
}

// A key whose parts are the fields of `message`.
static rel_code read_key(reader *r, rel_str message, rel_request_key *out) {
  const rel_model *model = r->model;
  rel_wire_field parts[REL_KEY_MAX_PARTS], field;
  bool found[REL_KEY_MAX_PARTS] = {false};
  rel_wire_reader wire = {message};
  int got;
  while ((got = rel_wire_next(&wire, &field)) > 0) {
    if (field.number < REL_TYPED_KEY || field.number >= REL_TYPED_KEY + model->primary_key_count) continue;
    parts[field.number - REL_TYPED_KEY] = field;
    found[field.number - REL_TYPED_KEY] = true;
  }
  if (got < 0) return malformed(r);
  for (size_t i = 0; i < model->primary_key_count; i++) {
    if (!found[i])
      return wrong(r, model->primary_key[i], REL_INVALID, "is missing: set it, also when it is 0 or empty");
    rel_code code = put_part(r, model->primary_key[i], &parts[i]);
    if (code != REL_OK) return code;
  }
  return end_key(r, out);
}

rel_code rel_typed_key_read(rel_str request, const rel_model *model, rel_arena *arena, rel_request_key *out,
                            rel_error *error) {
  reader r = {.model = model, .index = NOT_IN_BATCH, .arena = arena, .error = error};
  rel_code code = read_key(&r, request, out);
  rel_buf_fini(&r.key);
  return code;
}

// --- Many ---

static bool is_packed(const rel_model *model, const rel_wire_field *field) {
  return model->primary_key_count == 1 && field->type == REL_WIRE_BYTES &&
         wire_type(model->primary_key[0]->type) != REL_WIRE_BYTES;
}

// How many keys a field holds. Of packed varints each ends with a byte below 0x80.
static size_t count_in(const rel_model *model, const rel_wire_field *field) {
  if (!is_packed(model, field)) return 1;
  rel_wire_type type = wire_type(model->primary_key[0]->type);
  if (type == REL_WIRE_FIXED32) return field->bytes.len / 4;
  if (type == REL_WIRE_FIXED64) return field->bytes.len / 8;
  size_t count = 0;
  for (size_t i = 0; i < field->bytes.len; i++)
    count += (uint8_t)field->bytes.ptr[i] < 0x80;
  return count;
}

static rel_code count_keys(const reader *r, rel_str request, size_t max_keys, size_t *count) {
  rel_wire_reader wire = {request};
  rel_wire_field field;
  int got;
  *count = 0;
  while ((got = rel_wire_next(&wire, &field)) > 0)
    if (field.number == REL_TYPED_KEYS) *count += count_in(r->model, &field);
  if (got < 0) return malformed(r);
  if (*count <= max_keys) return REL_OK;
  rel_buf name = {0};
  rel_typed_keys_name(r->model, &name);
  const char *text = rel_buf_text(&name);
  rel_fail_field(r->error, REL_LIMIT, text, "%s has %zu keys, more than %zu", text, *count, max_keys);
  rel_buf_fini(&name);
  return REL_LIMIT;
}

static rel_code read_packed(reader *r, rel_str rest, rel_request_key *keys, size_t *count) {
  const rel_field *field = r->model->primary_key[0];
  rel_wire_type type = wire_type(field->type);
  while (rest.len > 0) {
    uint64_t value;
    bool good = type == REL_WIRE_VARINT
                    ? rel_wire_take_varint(&rest, &value)
                    : rel_wire_take_fixed(&rest, type == REL_WIRE_FIXED32 ? 4 : 8, &value);
    if (!good) return malformed(r);
    put_number(&r->key, field->type, value);
    rel_code code = end_key(r, &keys[(*count)++]);
    if (code != REL_OK) return code;
  }
  return REL_OK;
}

static rel_code read_keys(reader *r, const rel_wire_field *field, rel_request_key *keys, size_t *count) {
  r->index = (int64_t)*count;
  if (is_packed(r->model, field)) return read_packed(r, field->bytes, keys, count);
  rel_request_key *out = &keys[(*count)++];
  if (r->model->primary_key_count == 1) {
    rel_code code = put_part(r, r->model->primary_key[0], field);
    return code == REL_OK ? end_key(r, out) : code;
  }
  if (field->type != REL_WIRE_BYTES) return malformed(r);
  return read_key(r, field->bytes, out);
}

rel_code rel_typed_keys_read(rel_str request, const rel_model *model, size_t max_keys, rel_arena *arena,
                             rel_request_key **out, size_t *count, rel_error *error) {
  reader r = {.model = model, .arena = arena, .error = error};
  rel_wire_reader wire = {request};
  rel_wire_field field;
  size_t most;
  *out = NULL;
  *count = 0;
  rel_code code = count_keys(&r, request, max_keys, &most);
  if (code != REL_OK) return code;
  rel_request_key *keys = REL_ARENA_ARRAY(arena, rel_request_key, most);
  while (code == REL_OK && rel_wire_next(&wire, &field) > 0)
    if (field.number == REL_TYPED_KEYS) code = read_keys(&r, &field, keys, count);
  rel_buf_fini(&r.key);
  *out = keys;
  return code;
}
