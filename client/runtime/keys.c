// Keys: see keys.h. Called by sdk.c; it knows protobuf-c's layout of messages, and nothing of calls.
#include "client/runtime/keys.h"

#include "common/log.h"
#include "common/wire.h"

#include <inttypes.h>

// Field numbers of keys.proto.
enum { KEYS_INT64S = 1, KEYS_UINT64S = 2, KEYS_STRINGS = 3, KEYS_BYTES = 4, KEYS_COMPOSITES = 5 };
enum { VALUES = 1, COMPOSITE_KEYS = 1, COMPOSITE_PARTS = 1 };
enum { PART_INT64 = 1, PART_UINT64 = 2, PART_STRING = 3, PART_BYTES = 4, PART_NULL = 5 };

// A part as it goes over the wire; the kinds are those of Keys, and of KeyPart.
typedef struct part {
  uint32_t kind;
  uint64_t number;
  rel_str bytes;
} part;

static uint32_t kind_of(ProtobufCType type) {
  switch (type) {
  case PROTOBUF_C_TYPE_STRING:
    return KEYS_STRINGS;
  case PROTOBUF_C_TYPE_BYTES:
    return KEYS_BYTES;
  case PROTOBUF_C_TYPE_UINT32:
  case PROTOBUF_C_TYPE_FIXED32:
  case PROTOBUF_C_TYPE_UINT64:
  case PROTOBUF_C_TYPE_FIXED64:
    return KEYS_UINT64S;
  default:
    return KEYS_INT64S;
  }
}

static part read_part(ProtobufCType type, const void *at) {
  part p = {.kind = kind_of(type)};
  switch (type) {
  case PROTOBUF_C_TYPE_STRING:
    p.bytes = rel_cstr(*(const char *const *)at);
    break;
  case PROTOBUF_C_TYPE_BYTES:
    p.bytes = rel_bytes(((const ProtobufCBinaryData *)at)->data, ((const ProtobufCBinaryData *)at)->len);
    break;
  case PROTOBUF_C_TYPE_UINT32:
  case PROTOBUF_C_TYPE_FIXED32:
    p.number = *(const uint32_t *)at;
    break;
  case PROTOBUF_C_TYPE_UINT64:
  case PROTOBUF_C_TYPE_FIXED64:
    p.number = *(const uint64_t *)at;
    break;
  case PROTOBUF_C_TYPE_INT64:
  case PROTOBUF_C_TYPE_SINT64:
  case PROTOBUF_C_TYPE_SFIXED64:
    p.number = (uint64_t) * (const int64_t *)at;
    break;
  default:
    p.number = (uint64_t)(int64_t) * (const int32_t *)at;
    break;
  }
  return p;
}

void rel_key_list_fini(rel_key_list *keys) {
  rel_buf_fini(&keys->values);
}

void rel_key_list_clear(rel_key_list *keys) {
  keys->values.len = 0;
  keys->count = 0;
}

static void add_composite(rel_key_list *keys, const rel_sdk_member *members, size_t count, const void *key) {
  rel_buf parts = {0}, one = {0};
  for (size_t i = 0; i < count; i++) {
    part p = read_part(members[i].type, (const char *)key + members[i].offset);
    one.len = 0;
    if (p.kind == PART_STRING || p.kind == PART_BYTES)
      rel_wire_put_bytes(&one, p.kind, p.bytes);
    else
      rel_wire_put_uint(&one, p.kind, p.number);
    rel_wire_put_bytes(&parts, COMPOSITE_PARTS, rel_buf_view(&one));
  }
  rel_wire_put_bytes(&keys->values, COMPOSITE_KEYS, rel_buf_view(&parts));
  rel_buf_fini(&one);
  rel_buf_fini(&parts);
}

void rel_key_list_add(rel_key_list *keys, const rel_sdk_member *members, size_t count, const void *key) {
  keys->count++;
  keys->composite = count > 1;
  keys->type = members[0].type;
  if (keys->composite) {
    add_composite(keys, members, count, key);
    return;
  }
  part p = read_part(members[0].type, (const char *)key + members[0].offset);
  if (p.kind == KEYS_STRINGS || p.kind == KEYS_BYTES)
    rel_wire_put_bytes(&keys->values, VALUES, p.bytes);
  else
    rel_wire_put_varint(&keys->values, p.number);
}

void rel_key_list_put(const rel_key_list *keys, uint32_t number, rel_buf *message) {
  uint32_t kind = keys->composite ? KEYS_COMPOSITES : kind_of(keys->type);
  rel_buf of_kind = {0}, all = {0};
  if (kind == KEYS_INT64S || kind == KEYS_UINT64S)
    rel_wire_put_bytes(&of_kind, VALUES, rel_buf_view(&keys->values));
  else
    rel_buf_str(&of_kind, rel_buf_view(&keys->values));
  rel_wire_put_bytes(&all, kind, rel_buf_view(&of_kind));
  rel_wire_put_bytes(message, number, rel_buf_view(&all));
  rel_buf_fini(&of_kind);
  rel_buf_fini(&all);
}

void rel_key_put_null(uint32_t number, size_t parts, rel_buf *message) {
  rel_buf null = {0}, key = {0}, of_kind = {0}, all = {0};
  rel_wire_put_uint(&null, PART_NULL, 1);
  for (size_t i = 0; i < parts; i++)
    rel_wire_put_bytes(&key, COMPOSITE_PARTS, rel_buf_view(&null));
  rel_wire_put_bytes(&of_kind, COMPOSITE_KEYS, rel_buf_view(&key));
  rel_wire_put_bytes(&all, KEYS_COMPOSITES, rel_buf_view(&of_kind));
  rel_wire_put_bytes(message, number, rel_buf_view(&all));
  rel_buf_fini(&all);
  rel_buf_fini(&of_kind);
  rel_buf_fini(&key);
  rel_buf_fini(&null);
}

// Whether the record has the field: a member of a oneof (proto3 optional among them) when the case says so,
// an optional one of proto2 by its flag or its pointer.
static bool has_field(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
  const char *base = (const char *)message;
  if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
    return *(const uint32_t *)(base + field->quantifier_offset) == field->id;
  if (field->label != PROTOBUF_C_LABEL_OPTIONAL) return true;
  if (field->type == PROTOBUF_C_TYPE_STRING) {
    const char *text = *(const char *const *)(base + field->offset);
    return text != NULL && text != field->default_value;
  }
  return *(const protobuf_c_boolean *)(base + field->quantifier_offset);
}

// --- Owners ---

static rel_code misfit(const ProtobufCMessageDescriptor *descriptor, rel_error *error) {
  return rel_fail(error, REL_BAD_SCHEMA,
                  "the generated code of %s does not fit its messages: generate both again",
                  descriptor->name);
}

static bool has_tag(const part *value, const rel_sdk_tag *tag) {
  return value->kind == KEYS_STRINGS ? rel_str_is(value->bytes, tag->text)
                                     : value->number == (uint64_t)tag->number;
}

static rel_code refuse(const ProtobufCMessageDescriptor *owner, const ProtobufCFieldDescriptor *field,
                       const part *value, rel_error *error) {
  rel_buf text = {0};
  if (value->kind == KEYS_STRINGS)
    rel_json_excerpt(&text, value->bytes);
  else
    rel_buf_printf(&text, "%" PRId64, (int64_t)value->number);
  rel_fail(error, REL_BAD_DATA, "%s.%s is %s, which is the type_tag of no relation of %s", owner->name,
           field->name, rel_buf_text(&text), owner->name);
  rel_buf_fini(&text);
  return REL_BAD_DATA;
}

// Sets *null when the owner's key is not the gate's relation's.
static rel_code ask_gate(const rel_sdk_gate *gate, const ProtobufCMessage *owner, bool *null,
                         rel_error *error) {
  const ProtobufCFieldDescriptor *field =
      protobuf_c_message_descriptor_get_field(owner->descriptor, gate->field.number);
  if (field == NULL) return misfit(owner->descriptor, error);
  *null = !has_field(owner, field);
  if (*null) return REL_OK;
  part value = read_part(field->type, (const char *)owner + field->offset);
  if (has_tag(&value, &gate->tag)) return REL_OK;
  *null = true;
  for (size_t i = 0; i < gate->known_count; i++)
    if (has_tag(&value, &gate->known[i])) return REL_OK;
  return refuse(owner->descriptor, field, &value, error);
}

rel_code rel_owner_key(const rel_sdk_relation *relation, const ProtobufCMessage *owner,
                       rel_sdk_member members[REL_SDK_MAX_KEY_PARTS], bool *null, rel_error *error) {
  const ProtobufCMessageDescriptor *descriptor = relation->owner->descriptor;
  if (owner == NULL || owner->descriptor != descriptor)
    return rel_fail(error, REL_WRONG_TYPE, "relation %s is of %s, and the owner passed is %s", relation->name,
                    descriptor->name,
                    owner == NULL               ? "NULL"
                    : owner->descriptor == NULL ? "not initialized"
                                                : owner->descriptor->name);
  *null = false;
  for (size_t i = 0; i < relation->key_count; i++) {
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(descriptor, relation->key[i].number);
    if (field == NULL || relation->key_count > REL_SDK_MAX_KEY_PARTS) return misfit(descriptor, error);
    members[i] = (rel_sdk_member){field->type, field->offset};
    if (!has_field(owner, field)) *null = true;
  }
  return relation->gate == NULL || *null ? REL_OK : ask_gate(relation->gate, owner, null, error);
}
