// Keys out of wire bytes: see key_wire.h.
#include "server/store/key_wire.h"

#include "common/schema/gate.h"

enum { UUID_BYTES = 16 };

rel_wire_type rel_key_wire_type(rel_type type) {
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

void rel_key_put_number(rel_buf *key, rel_type type, uint64_t value) {
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

static const char *put_uuid(rel_buf *key, const rel_field *field, rel_str value) {
  uint8_t uuid[UUID_BYTES];
  if (field->type == REL_TYPE_STRING) {
    if (!rel_uuid_parse(value, uuid))
      return "is not a UUID: 36 characters with hyphens, or 32 hexadecimal digits";
  } else {
    if (value.len != UUID_BYTES) return "is not a UUID: it has 16 bytes";
    memcpy(uuid, value.ptr, UUID_BYTES);
  }
  rel_key_put_uuid(key, uuid);
  return NULL;
}

static const char *put_text(rel_buf *key, const rel_field *field, rel_str value) {
  if (!rel_utf8_valid(value)) return "is not UTF-8";
  if (value.len > 0 && memchr(value.ptr, '\0', value.len) != NULL) return "holds a NUL character";
  if (field->uuid) return put_uuid(key, field, value);
  rel_key_put_text(key, value);
  return NULL;
}

static const char *put_bytes(rel_buf *key, const rel_field *field, rel_str value) {
  if (field->type == REL_TYPE_STRING) return put_text(key, field, value);
  if (field->uuid) return put_uuid(key, field, value);
  rel_key_put_bytes(key, value);
  return NULL;
}

rel_code rel_key_put_wire(rel_buf *key, const rel_field *field, const rel_wire_field *value,
                          const char **why) {
  *why = NULL;
  if (value->type != rel_key_wire_type(field->type)) {
    *why = "has come as another type: is the client's .proto of this schema?";
    return REL_INVALID;
  }
  if (value->type != REL_WIRE_BYTES) {
    rel_key_put_number(key, field->type, value->value);
    return REL_OK;
  }
  if (value->bytes.len > REL_KEY_MAX_BYTES) {
    *why = "has more bytes than a key may";
    return REL_LIMIT;
  }
  *why = put_bytes(key, field, value->bytes);
  return *why == NULL ? REL_OK : REL_INVALID;
}

// --- Of records ---

// What stands for a field that is absent and has no presence.
static rel_wire_field zero_of(const rel_field *field) {
  return (rel_wire_field){.number = field->number, .type = rel_key_wire_type(field->type), .bytes = {"", 0}};
}

bool rel_key_of_record(rel_buf *key, rel_str record, const rel_field *const *fields, size_t count) {
  rel_wire_field values[REL_KEY_MAX_PARTS], value;
  bool found[REL_KEY_MAX_PARTS] = {false};
  rel_wire_reader reader = {record};
  const char *why;
  while (rel_wire_next(&reader, &value) > 0) {
    for (size_t i = 0; i < count; i++) {
      if (fields[i]->number != value.number) continue;
      values[i] = value;
      found[i] = true;
    }
  }
  size_t before = key->len;
  for (size_t i = 0; i < count; i++) {
    if (!found[i] && !fields[i]->has_presence)
      values[i] = zero_of(fields[i]);
    else if (!found[i])
      goto nothing;
    // A value that cannot be a key, such as an empty UUID, is that of no record.
    if (rel_key_put_wire(key, fields[i], &values[i], &why) != REL_OK) goto nothing;
  }
  return true;
nothing:
  key->len = before;
  return false;
}

static rel_code refuse(rel_str record, const rel_gate *gate, const rel_tag *tag, rel_error *error) {
  rel_buf key = {0}, words = {0};
  (void)rel_key_of_record(&key, record, gate->model->primary_key, gate->model->primary_key_count);
  rel_key_format(rel_buf_view(&key), &words);
  rel_code code = rel_gate_refuse(gate, tag, rel_buf_view(&words), error);
  rel_buf_fini(&key);
  rel_buf_fini(&words);
  return code;
}

rel_code rel_key_of_owner(rel_buf *key, rel_str record, const rel_relation *relation, bool *joins,
                          rel_error *error) {
  size_t before = key->len;
  *joins = rel_key_of_record(key, record, rel_relation_owner_key(relation), relation->key_count);
  const rel_gate *gate = rel_relation_owner_gate(relation);
  if (!*joins || gate == NULL) return REL_OK;
  rel_tag tag;
  rel_passage passage = rel_gate_ask(gate, rel_gate_read(gate, record, &tag) ? &tag : NULL);
  if (passage == REL_PASSES) return REL_OK;
  *joins = false;
  key->len = before;
  return passage == REL_PASSES_NOT ? REL_OK : refuse(record, gate, &tag, error);
}
