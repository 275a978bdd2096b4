// Keys on their way out: see batch.h. Owns which kind a relation's keys are sent as, and which of them name
// nothing.
#include "server/custom/batch.h"

rel_sent_kind rel_sent_kind_of(const rel_field *field) {
  switch (rel_field_key_kind(field)) {
  case REL_KEY_INT:
    return field->type == REL_TYPE_UINT64 || field->type == REL_TYPE_FIXED64 ? REL_SENT_UINT64
                                                                             : REL_SENT_INT64;
  case REL_KEY_TEXT:
    return REL_SENT_STRING;
  case REL_KEY_UUID:
    return field->type == REL_TYPE_STRING ? REL_SENT_STRING : REL_SENT_BYTES;
  default:
    return REL_SENT_BYTES;
  }
}

bool rel_sent_next(const rel_plan *plan, rel_str *key, size_t place, rel_sent_part *out) {
  rel_key_part part;
  if (!rel_key_next(key, &part)) return false;
  out->kind = rel_sent_kind_of(plan->lookup.key[place]);
  out->integer = part.tag == REL_PART_UINT ? part.natural : (uint64_t)part.integer;
  out->bytes = part.bytes;
  if (part.tag == REL_PART_UUID && out->kind == REL_SENT_STRING) {
    uint8_t uuid[16];
    memcpy(uuid, part.bytes.ptr, sizeof uuid);
    rel_uuid_format(uuid, out->uuid);
    out->bytes = rel_cstr(out->uuid);
  }
  return true;
}

// An integer that the kind has no value for names nothing.
static bool integer_fits(const rel_key_part *part, rel_sent_kind kind) {
  if (part->tag == REL_PART_UINT) return kind == REL_SENT_UINT64;
  return part->tag != REL_PART_INT || kind != REL_SENT_UINT64 || part->integer >= 0;
}

static bool key_fits(const rel_plan *plan, rel_str key) {
  rel_key_part part;
  for (size_t i = 0; rel_key_next(&key, &part); i++)
    if (!integer_fits(&part, rel_sent_kind_of(plan->lookup.key[i]))) return false;
  return true;
}

void rel_asked_init(rel_asked *asked, const rel_plan *plan, const rel_batch *batch) {
  *asked = (rel_asked){rel_alloc0(batch->key_count, sizeof *asked->sent), 0};
  for (size_t i = 0; i < batch->key_count; i++)
    if (key_fits(plan, batch->keys[i])) asked->sent[asked->count++] = i;
}

void rel_asked_fini(rel_asked *asked) {
  free(asked->sent);
  *asked = (rel_asked){NULL, 0};
}
