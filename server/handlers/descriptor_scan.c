// Descriptors as wire bytes: see descriptor_scan.h. The numbers are those of
// google/protobuf/descriptor.proto.
#include "server/handlers/descriptor_scan.h"

#include "common/wire.h"

enum { FILE_MESSAGE = 4, FILE_SERVICE = 6, FILE_EXTENSION = 7 };
enum { MESSAGE_NESTED = 3, MESSAGE_EXTENSION = 6 };
enum { NAME = 1, FIELD_EXTENDEE = 2, FIELD_NUMBER = 3 };
enum { MAX_DEPTH = 64 };

typedef struct extension_visitor {
  bool (*call)(void *context, rel_str type, int32_t number);
  void *context;
} extension_visitor;

static rel_str bytes_of(rel_str message, uint32_t number) {
  rel_wire_reader reader = {message};
  rel_wire_field field;
  while (rel_wire_next(&reader, &field) > 0)
    if (field.number == number && field.type == REL_WIRE_BYTES) return field.bytes;
  return rel_cstr("");
}

static int32_t number_of(rel_str message, uint32_t number) {
  rel_wire_reader reader = {message};
  rel_wire_field field;
  while (rel_wire_next(&reader, &field) > 0)
    if (field.number == number && field.type == REL_WIRE_VARINT) return (int32_t)field.value;
  return 0;
}

void rel_scan_services(rel_str file, rel_str package, void (*on_service)(void *context, rel_str name),
                       void *context) {
  rel_wire_reader reader = {file};
  rel_wire_field field;
  rel_buf name = {0};
  while (rel_wire_next(&reader, &field) > 0) {
    if (field.number != FILE_SERVICE || field.type != REL_WIRE_BYTES) continue;
    name.len = 0;
    rel_buf_str(&name, package);
    if (package.len > 0) rel_buf_cstr(&name, ".");
    rel_buf_str(&name, bytes_of(field.bytes, NAME));
    on_service(context, rel_buf_view(&name));
  }
  rel_buf_fini(&name);
}

static bool visit_extension(rel_str extension, const extension_visitor *visitor) {
  rel_str type = bytes_of(extension, FIELD_EXTENDEE);
  if (type.len > 0 && type.ptr[0] == '.') type = rel_bytes(type.ptr + 1, type.len - 1);
  return visitor->call(visitor->context, type, number_of(extension, FIELD_NUMBER));
}

static bool visit_message(rel_str message, const extension_visitor *visitor, unsigned depth) {
  if (depth == MAX_DEPTH) return true;
  rel_wire_reader reader = {message};
  rel_wire_field field;
  while (rel_wire_next(&reader, &field) > 0) {
    if (field.type != REL_WIRE_BYTES) continue;
    if (field.number == MESSAGE_EXTENSION && !visit_extension(field.bytes, visitor)) return false;
    if (field.number == MESSAGE_NESTED && !visit_message(field.bytes, visitor, depth + 1)) return false;
  }
  return true;
}

bool rel_scan_extensions(rel_str file, bool (*on_extension)(void *context, rel_str type, int32_t number),
                         void *context) {
  extension_visitor visitor = {on_extension, context};
  rel_wire_reader reader = {file};
  rel_wire_field field;
  while (rel_wire_next(&reader, &field) > 0) {
    if (field.type != REL_WIRE_BYTES) continue;
    if (field.number == FILE_EXTENSION && !visit_extension(field.bytes, &visitor)) return false;
    if (field.number == FILE_MESSAGE && !visit_message(field.bytes, &visitor, 0)) return false;
  }
  return true;
}
