// Descriptors of typed services, piece by piece: see typed_build.h.
#include "common/schema/typed_build.h"

#include <stdio.h>

typedef Google__Protobuf__OneofDescriptorProto pb_oneof;

enum { LABEL_OPTIONAL = 1, LABEL_REPEATED = 3 };

// Field numbers of DescriptorProto, for paths.
enum { MESSAGE_FIELD = 2, MESSAGE_NESTED = 3 };

char *rel_typed_text(rel_typed_maker *m, rel_str s) {
  return (char *)(uintptr_t)rel_arena_copy(m->arena, s).ptr;
}

char *rel_typed_absolute(rel_typed_maker *m, rel_str name_in_package) {
  const char *dot = m->package.len > 0 ? "." : "";
  return (char *)(uintptr_t)rel_arena_printf(m->arena, "." REL_STR_F "%s" REL_STR_F, REL_STR_A(m->package),
                                             dot, REL_STR_A(name_in_package))
      .ptr;
}

// --- Comments ---

static void add_location(rel_typed_maker *m, rel_pb_location *location) {
  Google__Protobuf__SourceCodeInfo *info = &m->comments;
  if (info->n_location == m->comment_room) {
    size_t room = m->comment_room > 0 ? m->comment_room * 2 : 64;
    rel_pb_location **grown = REL_ARENA_ARRAY(m->arena, rel_pb_location *, room);
    if (info->n_location > 0) memcpy(grown, info->location, info->n_location * sizeof *grown);
    info->location = grown;
    m->comment_room = room;
  }
  info->location[info->n_location++] = location;
}

static void comment(rel_typed_maker *m, rel_typed_path where, const char *format, va_list args) {
  enum { MAX_COMMENT = 4 * REL_MAX_NAME_BYTES };
  static const int32_t nowhere[] = {0, 0, 0};
  char words[MAX_COMMENT];
  vsnprintf(words, sizeof words, format, args);
  rel_pb_location *location = rel_arena_alloc(m->arena, sizeof *location);
  google__protobuf__source_code_info__location__init(location);
  location->n_path = where.length;
  location->path = rel_arena_alloc(m->arena, sizeof where.at);
  memcpy(location->path, where.at, sizeof where.at);
  location->n_span = 3;
  location->span = (int32_t *)(uintptr_t)nowhere;
  location->leading_comments = (char *)(uintptr_t)rel_arena_printf(m->arena, " %s\n", words).ptr;
  add_location(m, location);
}

void rel_typed_comment(rel_typed_maker *m, rel_typed_path where, const char *format, ...) {
  va_list args;
  va_start(args, format);
  comment(m, where, format, args);
  va_end(args);
}

// --- Messages ---

static rel_pb_message *new_message(rel_typed_maker *m, rel_str name, size_t room) {
  rel_pb_message *message = rel_arena_alloc(m->arena, sizeof *message);
  google__protobuf__descriptor_proto__init(message);
  message->name = rel_typed_text(m, name);
  message->field = REL_ARENA_ARRAY(m->arena, rel_pb_field *, room);
  message->nested_type = REL_ARENA_ARRAY(m->arena, rel_pb_message *, room);
  message->oneof_decl = REL_ARENA_ARRAY(m->arena, pb_oneof *, room);
  return message;
}

rel_typed_message rel_typed_add_message(rel_typed_maker *m, rel_str name, size_t room, const char *format,
                                        ...) {
  rel_typed_message message = {new_message(m, name, room),
                               {{REL_TYPED_FILE_MESSAGE, (int32_t)m->file.n_message_type}, 2}};
  m->file.message_type[m->file.n_message_type++] = message.proto;
  va_list args;
  va_start(args, format);
  comment(m, message.path, format, args);
  va_end(args);
  return message;
}

// Where the part of a message stands that is its `index`th of a kind.
static rel_typed_path within(const rel_typed_message *message, int32_t kind, size_t index) {
  rel_typed_path path = message->path;
  path.at[path.length++] = kind;
  path.at[path.length++] = (int32_t)index;
  return path;
}

rel_typed_message rel_typed_add_nested(rel_typed_maker *m, const rel_typed_message *outer, rel_str name,
                                       size_t room, const char *format, ...) {
  rel_pb_message *proto = outer->proto;
  rel_typed_message message = {new_message(m, name, room),
                               within(outer, MESSAGE_NESTED, proto->n_nested_type)};
  proto->nested_type[proto->n_nested_type++] = message.proto;
  va_list args;
  va_start(args, format);
  comment(m, message.path, format, args);
  va_end(args);
  return message;
}

// proto3's optional is a oneof of its own, named as protoc names it.
static void make_optional(rel_typed_maker *m, rel_pb_message *message, rel_pb_field *field) {
  pb_oneof *oneof = rel_arena_alloc(m->arena, sizeof *oneof);
  google__protobuf__oneof_descriptor_proto__init(oneof);
  oneof->name = (char *)(uintptr_t)rel_arena_printf(m->arena, "_%s", field->name).ptr;
  field->has_proto3_optional = field->proto3_optional = true;
  field->has_oneof_index = true;
  field->oneof_index = (int32_t)message->n_oneof_decl;
  message->oneof_decl[message->n_oneof_decl++] = oneof;
}

void rel_typed_add_field(rel_typed_maker *m, const rel_typed_message *message, const rel_typed_field *spec,
                         const char *format, ...) {
  bool timestamp = spec->type == REL_TYPE_TIMESTAMP;
  rel_pb_field *field = rel_arena_alloc(m->arena, sizeof *field);
  google__protobuf__field_descriptor_proto__init(field);
  field->name = rel_typed_text(m, spec->name);
  field->has_number = field->has_label = field->has_type = true;
  field->number = (int32_t)spec->number;
  field->label =
      (Google__Protobuf__FieldDescriptorProto__Label)(spec->repeated ? LABEL_REPEATED : LABEL_OPTIONAL);
  field->type = (Google__Protobuf__FieldDescriptorProto__Type)(timestamp ? REL_TYPE_MESSAGE : spec->type);
  field->type_name = timestamp ? (char *)(uintptr_t) ".google.protobuf.Timestamp" : spec->type_name;
  if (spec->optional) make_optional(m, message->proto, field);
  rel_typed_path path = within(message, MESSAGE_FIELD, message->proto->n_field);
  message->proto->field[message->proto->n_field++] = field;
  va_list args;
  va_start(args, format);
  comment(m, path, format, args);
  va_end(args);
}
