// Renaming: see rename.h. Copies wire bytes, and descends only where a name may have to be replaced. Called
// by delegate.c with a request whose descriptors the schema was read from, so they are well formed and not
// too deep.
#include "client/plugin/rename.h"

#include "common/wire.h"

enum { REQUEST_PROTO_FILE = 15 };
enum { FILE_PACKAGE = 2, FILE_MESSAGE = 4 };
enum { MESSAGE_NAME = 1, MESSAGE_FIELD = 2, MESSAGE_NESTED = 3 };
enum { FIELD_NAME = 1, FIELD_NUMBER = 3 };

// Reads the next field; *raw are its bytes as they stand.
static bool next(rel_wire_reader *reader, rel_wire_field *field, rel_str *raw) {
  const char *start = reader->rest.ptr;
  if (rel_wire_next(reader, field) <= 0) return false;
  *raw = rel_bytes(start, (size_t)(reader->rest.ptr - start));
  return true;
}

static rel_wire_field find(rel_str message, uint32_t number) {
  rel_wire_reader reader = {message};
  rel_wire_field field;
  while (rel_wire_next(&reader, &field) > 0)
    if (field.number == number) return field;
  return (rel_wire_field){.bytes = {"", 0}};
}

static rel_str join(rel_arena *arena, rel_str scope, rel_str name) {
  if (scope.len == 0) return name;
  return rel_arena_printf(arena, REL_STR_F "." REL_STR_F, REL_STR_A(scope), REL_STR_A(name));
}

static rel_str c_name_of(const rel_model *model, uint64_t number) {
  for (size_t i = 0; i < model->field_count; i++)
    if (model->fields[i]->number == number) return model->fields[i]->c_name;
  return rel_cstr("");
}

static void copy_field(const rel_model *model, rel_str descriptor, rel_buf *out) {
  rel_str c_name = c_name_of(model, find(descriptor, FIELD_NUMBER).value);
  rel_buf_str(out, descriptor);
  // The last occurrence of a field is the one that holds.
  if (c_name.len > 0) rel_wire_put_bytes(out, FIELD_NAME, c_name);
}

static void copy_message(const rel_schema *schema, rel_str scope, rel_str descriptor, rel_arena *arena,
                         rel_buf *out) {
  rel_str name = join(arena, scope, find(descriptor, MESSAGE_NAME).bytes);
  const rel_model *model = rel_schema_model(schema, name);
  rel_wire_reader reader = {descriptor};
  rel_wire_field field;
  rel_str raw;
  while (next(&reader, &field, &raw)) {
    rel_buf inner = {0};
    if (field.number == MESSAGE_NESTED)
      copy_message(schema, name, field.bytes, arena, &inner);
    else if (field.number == MESSAGE_FIELD && model != NULL)
      copy_field(model, field.bytes, &inner);
    if (inner.len > 0)
      rel_wire_put_bytes(out, field.number, rel_buf_view(&inner));
    else
      rel_buf_str(out, raw);
    rel_buf_fini(&inner);
  }
}

static void copy_file(const rel_schema *schema, rel_str descriptor, rel_arena *arena, rel_buf *out) {
  rel_str package = find(descriptor, FILE_PACKAGE).bytes;
  rel_wire_reader reader = {descriptor};
  rel_wire_field field;
  rel_str raw;
  while (next(&reader, &field, &raw)) {
    if (field.number != FILE_MESSAGE) {
      rel_buf_str(out, raw);
      continue;
    }
    rel_buf message = {0};
    copy_message(schema, package, field.bytes, arena, &message);
    rel_wire_put_bytes(out, FILE_MESSAGE, rel_buf_view(&message));
    rel_buf_fini(&message);
  }
}

static bool renames_anything(const rel_schema *schema) {
  for (size_t i = 0; i < schema->model_count; i++)
    for (size_t j = 0; j < schema->models[i]->field_count; j++)
      if (schema->models[i]->fields[j]->c_name.len > 0) return true;
  return false;
}

void rel_rename_fields(const rel_schema *schema, rel_str request, rel_arena *arena, rel_buf *out) {
  if (!renames_anything(schema)) {
    rel_buf_str(out, request);
    return;
  }
  rel_wire_reader reader = {request};
  rel_wire_field field;
  rel_str raw;
  while (next(&reader, &field, &raw)) {
    if (field.number != REQUEST_PROTO_FILE) {
      rel_buf_str(out, raw);
      continue;
    }
    rel_buf file = {0};
    copy_file(schema, field.bytes, arena, &file);
    rel_wire_put_bytes(out, REQUEST_PROTO_FILE, rel_buf_view(&file));
    rel_buf_fini(&file);
  }
}
