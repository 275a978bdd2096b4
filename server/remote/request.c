// Requests: see batch.h. Owns which kind of relations.v1.Keys a relation's keys are sent as: the same for all
// keys of a relation, so that a loader in any language reads one list.
#include "server/remote/batch.h"

#include "common/wire.h"

// Field numbers of LoadBatchRequest; of Keys and of KeyPart, which are the same but for the last; of the
// lists.
enum { REQUEST_MODEL = 1, REQUEST_RELATION = 2, REQUEST_KEYS = 3, REQUEST_RECORD_TYPE = 4 };
enum { KIND_INT64 = 1, KIND_UINT64 = 2, KIND_STRING = 3, KIND_BYTES = 4, KIND_COMPOSITE = 5 };
enum { LIST_VALUES = 1, COMPOSITE_PARTS = 1 };

static uint32_t kind_of(const rel_field *field) {
  switch (rel_field_key_kind(field)) {
  case REL_KEY_INT:
    return field->type == REL_TYPE_UINT64 || field->type == REL_TYPE_FIXED64 ? KIND_UINT64 : KIND_INT64;
  case REL_KEY_TEXT:
    return KIND_STRING;
  case REL_KEY_UUID:
    return field->type == REL_TYPE_STRING ? KIND_STRING : KIND_BYTES;
  default:
    return KIND_BYTES;
  }
}

// An integer that the kind has no value for names nothing.
static bool integer_fits(const rel_key_part *part, uint32_t kind) {
  if (part->tag == REL_PART_UINT) return kind == KIND_UINT64;
  return part->tag != REL_PART_INT || kind != KIND_UINT64 || part->integer >= 0;
}

static bool key_fits(const rel_plan *plan, rel_str key) {
  rel_key_part part;
  for (size_t i = 0; rel_key_next(&key, &part); i++)
    if (!integer_fits(&part, kind_of(plan->lookup.key[i]))) return false;
  return true;
}

static uint64_t integer_of(const rel_key_part *part) {
  return part->tag == REL_PART_UINT ? part->natural : (uint64_t)part->integer;
}

// Text or bytes of a part, as field `number`.
static void put_bytes(rel_buf *out, uint32_t number, const rel_key_part *part, uint32_t kind) {
  char text[REL_UUID_TEXT + 1];
  rel_str bytes = part->bytes;
  if (part->tag == REL_PART_UUID && kind == KIND_STRING) {
    uint8_t uuid[16];
    memcpy(uuid, part->bytes.ptr, sizeof uuid);
    rel_uuid_format(uuid, text);
    bytes = rel_cstr(text);
  }
  rel_wire_put_bytes(out, number, bytes);
}

static void put_composite(rel_buf *list, const rel_plan *plan, rel_str key, rel_buf *scratch) {
  rel_buf *composite = scratch, *value = scratch + 1;
  rel_key_part part;
  composite->len = 0;
  for (size_t i = 0; rel_key_next(&key, &part); i++) {
    uint32_t kind = kind_of(plan->lookup.key[i]);
    value->len = 0;
    if (kind == KIND_INT64 || kind == KIND_UINT64)
      rel_wire_put_uint(value, kind, integer_of(&part));
    else
      put_bytes(value, kind, &part, kind);
    rel_wire_put_bytes(composite, COMPOSITE_PARTS, rel_buf_view(value));
  }
  rel_wire_put_bytes(list, LIST_VALUES, rel_buf_view(composite));
}

// The one part of a key; integers are packed, without a tag.
static void put_single(rel_buf *list, uint32_t kind, rel_str key) {
  rel_key_part part;
  if (!rel_key_next(&key, &part)) return;
  if (kind == KIND_INT64 || kind == KIND_UINT64)
    rel_wire_put_varint(list, integer_of(&part));
  else
    put_bytes(list, LIST_VALUES, &part, kind);
}

// What the list's message holds.
static void put_list(const rel_plan *plan, const rel_batch *batch, uint32_t kind, rel_asked *asked,
                     rel_buf *list) {
  rel_buf scratch[2] = {{0}, {0}};
  asked->count = 0;
  for (size_t i = 0; i < batch->key_count; i++) {
    if (!key_fits(plan, batch->keys[i])) continue;
    asked->sent[asked->count++] = i;
    if (kind == KIND_COMPOSITE)
      put_composite(list, plan, batch->keys[i], scratch);
    else
      put_single(list, kind, batch->keys[i]);
  }
  rel_buf_fini(&scratch[0]);
  rel_buf_fini(&scratch[1]);
}

void rel_remote_request(const rel_plan *plan, const rel_batch *batch, rel_asked *asked, rel_buf *out) {
  const rel_relation *relation = plan->lookup.relation;
  uint32_t kind = plan->lookup.key_count > 1 ? KIND_COMPOSITE : kind_of(plan->lookup.key[0]);
  rel_buf values = {0}, list = {0}, keys = {0};
  put_list(plan, batch, kind, asked, &values);
  bool packed = kind == KIND_INT64 || kind == KIND_UINT64;
  if (packed) rel_wire_put_bytes(&list, LIST_VALUES, rel_buf_view(&values));
  rel_wire_put_bytes(&keys, kind, rel_buf_view(packed ? &list : &values));
  rel_wire_put_bytes(out, REQUEST_MODEL, relation->owner->name);
  rel_wire_put_bytes(out, REQUEST_RELATION, relation->name);
  rel_wire_put_bytes(out, REQUEST_KEYS, rel_buf_view(&keys));
  rel_wire_put_bytes(out, REQUEST_RECORD_TYPE, relation->target->name);
  rel_buf_fini(&values);
  rel_buf_fini(&list);
  rel_buf_fini(&keys);
}
