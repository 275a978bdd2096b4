// Custom options: the one place where they are decoded. protobuf-c keeps them as unknown fields of the
// options message.
#include "common/schema/build.h"
#include "common/wire.h"

enum { MAX_OPTION_DEPTH = 20, MAX_OPTION_FIELDS = 100000, MESSAGE_OPTIONS = 7, FIELD_OPTIONS = 8 };

// The payload of a length-delimited unknown field, which protobuf-c keeps with its length in front.
static rel_str payload(const ProtobufCMessageUnknownField *field) {
  size_t skip = 0;
  while (skip < field->len && (field->data[skip] & 0x80) != 0)
    skip++;
  return skip < field->len ? rel_bytes(field->data + skip + 1, field->len - skip - 1) : rel_cstr("");
}

// Every unknown field with the tag, one after the other: `option (x).a = 1; option (x).b = 2;` arrives as
// two, and the concatenation of two serialized messages is their merge. False when there is none.
static bool gather(rel_at at, const ProtobufCMessage *options, uint32_t tag, rel_buf *bytes) {
  bool found = false;
  for (unsigned i = 0; i < options->n_unknown_fields; i++) {
    const ProtobufCMessageUnknownField *field = &options->unknown_fields[i];
    if (field->tag != tag) continue;
    if (field->wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) {
      rel_report(at, "option %u is not a message: another extension has its number", tag);
      return false;
    }
    rel_buf_str(bytes, payload(field));
    found = true;
  }
  return found;
}

// Reports what this version does not know of an option: to leave it out silently would change what was meant.
static void check_known(rel_at at, uint32_t tag, const ProtobufCMessageDescriptor *descriptor,
                        rel_str bytes) {
  rel_wire_reader reader = {bytes};
  rel_wire_field field;
  while (rel_wire_next(&reader, &field) > 0) {
    const ProtobufCFieldDescriptor *known = protobuf_c_message_descriptor_get_field(descriptor, field.number);
    if (known == NULL)
      rel_report(at, "option %u: this version knows no field %u of %s", tag, field.number, descriptor->name);
    else if (known->type == PROTOBUF_C_TYPE_MESSAGE && field.type == REL_WIRE_BYTES)
      check_known(at, tag, known->descriptor, field.bytes);
  }
}

// The field, when it holds one message; NULL for every other field.
static const ProtobufCFieldDescriptor *single_message(const ProtobufCMessageDescriptor *descriptor,
                                                      uint32_t number) {
  const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(descriptor, number);
  bool single =
      field != NULL && field->type == PROTOBUF_C_TYPE_MESSAGE && field->label != PROTOBUF_C_LABEL_REPEATED;
  return single ? field : NULL;
}

// Copies the message and joins the parts of each message in it that came in several: protobuf-c's own merge
// loses fields of proto3 messages (`cache.ttl.seconds = 1`, then `cache.ttl.nanos = 2`). The bytes are
// checked, depth included.
static void join_parts(const ProtobufCMessageDescriptor *descriptor, rel_str bytes, rel_buf *out) {
  struct part {
    bool present;
    rel_buf bytes;
  } *parts = rel_alloc0(descriptor->n_fields, sizeof *parts);
  rel_wire_reader reader = {bytes};
  rel_wire_field field;
  for (const char *start = bytes.ptr; rel_wire_next(&reader, &field) > 0; start = reader.rest.ptr) {
    const ProtobufCFieldDescriptor *single = single_message(descriptor, field.number);
    if (single == NULL || field.type != REL_WIRE_BYTES) {
      rel_buf_append(out, start, (size_t)(reader.rest.ptr - start));
      continue;
    }
    struct part *part = &parts[single - descriptor->fields];
    part->present = true;
    rel_buf_str(&part->bytes, field.bytes);
  }
  for (unsigned i = 0; i < descriptor->n_fields; i++) {
    if (!parts[i].present) continue;
    rel_buf joined = {0};
    join_parts(descriptor->fields[i].descriptor, rel_buf_view(&parts[i].bytes), &joined);
    rel_wire_put_bytes(out, descriptor->fields[i].id, rel_buf_view(&joined));
    rel_buf_fini(&joined);
    rel_buf_fini(&parts[i].bytes);
  }
  free(parts);
}

// The option `tag`, unpacked into the scratch arena; NULL when there is none or it cannot be decoded, which
// is reported.
static const void *decode(rel_at at, const ProtobufCMessage *options, uint32_t tag,
                          const ProtobufCMessageDescriptor *descriptor) {
  rel_buf bytes = {0}, joined = {0};
  rel_error error;
  const void *decoded = NULL;
  rel_wire_limits limits = {MAX_OPTION_DEPTH, MAX_OPTION_FIELDS};
  if (!gather(at, options, tag, &bytes)) goto out;
  if (rel_wire_check(descriptor, rel_buf_view(&bytes), &limits, &error) != REL_OK) {
    rel_report(at, "option %u is not a %s: %s", tag, descriptor->name, error.message);
    goto out;
  }
  check_known(at, tag, descriptor, rel_buf_view(&bytes));
  join_parts(descriptor, rel_buf_view(&bytes), &joined);
  decoded = protobuf_c_message_unpack(descriptor, &at.builder->scratch.allocator, joined.len, joined.data);
  if (decoded == NULL) rel_report(at, "option %u is not a %s", tag, descriptor->name);
out:
  rel_buf_fini(&bytes);
  rel_buf_fini(&joined);
  return decoded;
}

const Relations__V1__ModelOptions *rel_build_model_options(rel_builder *b, const rel_message *message) {
  if (message->proto->options == NULL) return NULL;
  int32_t tail[] = {MESSAGE_OPTIONS};
  rel_at at = {.builder = b, .place = rel_build_place(message, tail, 1), .model = message->name};
  return decode(at, &message->proto->options->base, REL_EXTENSION_MODEL,
                &relations__v1__model_options__descriptor);
}

void rel_build_field_options(rel_at at, const rel_pb_field *proto, rel_field_options *options) {
  static const uint32_t tags[] = {
      [REL_BELONGS_TO] = REL_EXTENSION_BELONGS_TO,
      [REL_HAS_ONE] = REL_EXTENSION_HAS_ONE,
      [REL_HAS_MANY] = REL_EXTENSION_HAS_MANY,
  };
  *options = (rel_field_options){0};
  if (proto->options == NULL) return;
  const ProtobufCMessage *message = &proto->options->base;
  options->column = decode(at, message, REL_EXTENSION_COLUMN, &relations__v1__column_options__descriptor);
  for (int kind = REL_BELONGS_TO; kind <= REL_HAS_MANY; kind++)
    options->relations[kind] = decode(at, message, tags[kind], &relations__v1__relation__descriptor);
}

// Nanoseconds of a Duration; false when it is negative or too long.
static bool duration_ns(const Google__Protobuf__Duration *duration, int64_t *ns) {
  const int64_t per_second = INT64_C(1000000000);
  if (duration->seconds < 0 || duration->nanos < 0 || duration->nanos >= per_second) return false;
  if (duration->seconds > (INT64_MAX - duration->nanos) / per_second) return false;
  *ns = duration->seconds * per_second + duration->nanos;
  return true;
}

bool rel_build_cache(const Relations__V1__CacheOptions *options, rel_cache_settings *settings) {
  if (options == NULL) return true;
  if (options->has_enabled) {
    settings->has_enabled = true;
    settings->enabled = options->enabled;
  }
  if (options->has_max_entries) {
    settings->has_max_entries = true;
    settings->max_entries = options->max_entries;
  }
  if (options->has_max_bytes) {
    settings->has_max_bytes = true;
    settings->max_bytes = options->max_bytes;
  }
  if (options->ttl == NULL) return true;
  return settings->has_ttl = duration_ns(options->ttl, &settings->ttl_ns);
}
