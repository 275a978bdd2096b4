// Keys of typed requests: see typed_keys.h. What is read is what any Protobuf parser would: unknown fields
// are skipped, of a field that stands twice the last counts, numbers may come packed or one by one.
#include "server/handlers/typed_keys.h"

#include "common/schema/typed.h"
#include "server/store/key_wire.h"

enum { NOT_IN_BATCH = -1 };

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

static rel_code put_part(reader *r, const rel_field *field, const rel_wire_field *part) {
  const char *why;
  rel_code code = rel_key_put_wire(&r->key, field, part, &why);
  return code == REL_OK ? REL_OK : wrong(r, field, code, why);
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
         rel_key_wire_type(model->primary_key[0]->type) != REL_WIRE_BYTES;
}

// How many keys a field holds. Of packed varints each ends with a byte below 0x80.
static size_t count_in(const rel_model *model, const rel_wire_field *field) {
  if (!is_packed(model, field)) return 1;
  rel_wire_type type = rel_key_wire_type(model->primary_key[0]->type);
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

static rel_code read_packed(reader *r, rel_str rest, rel_request_keys *keys) {
  const rel_field *field = r->model->primary_key[0];
  rel_wire_type type = rel_key_wire_type(field->type);
  while (rest.len > 0) {
    uint64_t value;
    bool good = type == REL_WIRE_VARINT
                    ? rel_wire_take_varint(&rest, &value)
                    : rel_wire_take_fixed(&rest, type == REL_WIRE_FIXED32 ? 4 : 8, &value);
    if (!good) return malformed(r);
    rel_key_put_number(&r->key, field->type, value);
    rel_code code = end_key(r, &keys->items[keys->count++]);
    if (code != REL_OK) return code;
  }
  return REL_OK;
}

static rel_code read_keys(reader *r, const rel_wire_field *field, rel_request_keys *keys) {
  r->index = (int64_t)keys->count;
  if (is_packed(r->model, field)) return read_packed(r, field->bytes, keys);
  rel_request_key *out = &keys->items[keys->count++];
  if (r->model->primary_key_count == 1) {
    rel_code code = put_part(r, r->model->primary_key[0], field);
    return code == REL_OK ? end_key(r, out) : code;
  }
  if (field->type != REL_WIRE_BYTES) return malformed(r);
  return read_key(r, field->bytes, out);
}

rel_code rel_typed_keys_read(rel_str request, const rel_model *model, size_t max_keys, rel_arena *arena,
                             rel_request_keys *out, rel_error *error) {
  reader r = {.model = model, .arena = arena, .error = error};
  rel_wire_reader wire = {request};
  rel_wire_field field;
  size_t most;
  *out = (rel_request_keys){0};
  rel_code code = count_keys(&r, request, max_keys, &most);
  if (code != REL_OK) return code;
  out->items = REL_ARENA_ARRAY(arena, rel_request_key, most);
  while (code == REL_OK && rel_wire_next(&wire, &field) > 0)
    if (field.number == REL_TYPED_KEYS) code = read_keys(&r, &field, out);
  rel_buf_fini(&r.key);
  return code;
}
