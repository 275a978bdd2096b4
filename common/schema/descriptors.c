// Descriptors: from the bytes of a FileDescriptorSet to files, messages, symbols and positions.
//
// Everything here comes from outside: sizes, depth, counts and names are checked before they are used.
#include "common/schema/build.h"
#include "common/wire.h"

enum {
  MAX_WIRE_FIELDS = 4000000,
  // Field numbers of descriptor.proto, for SourceCodeInfo paths.
  SET_FILE = 1,
  FILE_MESSAGE = 4,
  MESSAGE_NESTED = 3,
  FILE_SOURCE_CODE_INFO = 9,
};

static rel_at at_file(rel_builder *b, rel_str file) {
  return (rel_at){.builder = b, .place = {.file = file}};
}

// --- Symbols ---

// Adds scope + "." + name. False when the set's names are unreasonable, which is reported.
static bool add_symbol(rel_builder *b, const rel_source *source, rel_str scope, rel_str name,
                       rel_symbol symbol) {
  if (!rel_is_identifier(name)) {
    rel_report(at_file(b, source->name), "\"%.*s.%.*s\" is not a name: the descriptor is malformed",
               REL_STR_A(scope), REL_STR_A(name));
    return false;
  }
  if (scope.len + name.len + 1 > REL_MAX_NAME_BYTES) {
    rel_report(at_file(b, source->name), "\"%.*s\" has a full name of more than %d bytes", REL_STR_A(name),
               REL_MAX_NAME_BYTES);
    return false;
  }
  b->name_bytes += scope.len + name.len + 1;
  if (b->name_bytes > b->limits.max_bytes) {
    rel_report(at_file(b, source->name), "the names of the set take more than %zu bytes",
               b->limits.max_bytes);
    return false;
  }
  if (b->symbol_count == b->symbol_capacity) {
    b->symbol_capacity = b->symbol_capacity == 0 ? 256 : b->symbol_capacity * 2;
    b->symbols = rel_realloc(b->symbols, b->symbol_capacity * sizeof *b->symbols);
  }
  symbol.name = scope.len == 0 ? rel_arena_copy(b->arena, name)
                               : rel_arena_printf(b->arena, "%.*s.%.*s", REL_STR_A(scope), REL_STR_A(name));
  symbol.file = source->index;
  b->symbols[b->symbol_count++] = symbol;
  return true;
}

static bool add_other(rel_builder *b, const rel_source *source, rel_str scope, const char *name) {
  return add_symbol(b, source, scope, rel_cstr(name), (rel_symbol){.kind = REL_SYMBOL_OTHER});
}

static rel_str last_symbol(const rel_builder *b) {
  return b->symbols[b->symbol_count - 1].name;
}

static bool add_enum(rel_builder *b, const rel_source *source, rel_str scope, const rel_pb_enum *proto) {
  if (!add_symbol(b, source, scope, rel_cstr(proto->name),
                  (rel_symbol){.kind = REL_SYMBOL_ENUM, .proto = proto}))
    return false;
  // An enum's values are its siblings, as in C++.
  for (size_t i = 0; i < proto->n_value; i++)
    if (!add_other(b, source, scope, proto->value[i]->name)) return false;
  return true;
}

static bool add_package(rel_builder *b, const rel_source *source) {
  if (source->package.len == 0) return true;
  rel_str scope = rel_cstr("");
  for (rel_str rest = source->package;;) {
    const char *dot = rest.len == 0 ? NULL : memchr(rest.ptr, '.', rest.len);
    size_t len = dot == NULL ? rest.len : (size_t)(dot - rest.ptr);
    if (!add_symbol(b, source, scope, rel_bytes(rest.ptr, len), (rel_symbol){.kind = REL_SYMBOL_PACKAGE}))
      return false;
    if (dot == NULL) return true;
    scope = last_symbol(b);
    rest = rel_bytes(dot + 1, rest.len - len - 1);
  }
}

static bool add_members(rel_builder *b, const rel_source *source, rel_str scope,
                        const rel_pb_message *proto) {
  for (size_t i = 0; i < proto->n_field; i++)
    if (!add_other(b, source, scope, proto->field[i]->name)) return false;
  for (size_t i = 0; i < proto->n_oneof_decl; i++)
    if (!add_other(b, source, scope, proto->oneof_decl[i]->name)) return false;
  for (size_t i = 0; i < proto->n_extension; i++)
    if (!add_other(b, source, scope, proto->extension[i]->name)) return false;
  for (size_t i = 0; i < proto->n_enum_type; i++)
    if (!add_enum(b, source, scope, proto->enum_type[i])) return false;
  return true;
}

// A message and what is in it; the depth of nesting was bounded when the bytes were checked.
static bool add_message(rel_builder *b, const rel_source *source, rel_str scope, const rel_pb_message *proto,
                        const int32_t *path, size_t path_length) {
  if (b->message_count == b->limits.max_messages) {
    rel_report(at_file(b, source->name), "the set has more than %zu messages", b->limits.max_messages);
    return false;
  }
  rel_symbol symbol = {.kind = REL_SYMBOL_MESSAGE, .message = b->message_count};
  if (!add_symbol(b, source, scope, rel_cstr(proto->name), symbol)) return false;
  rel_str name = last_symbol(b);
  if (b->message_count == b->message_capacity) {
    b->message_capacity = b->message_capacity == 0 ? 64 : b->message_capacity * 2;
    b->messages = rel_realloc(b->messages, b->message_capacity * sizeof *b->messages);
  }
  b->messages[b->message_count++] = (rel_message){name, proto, source, path, path_length, NULL};
  if (!add_members(b, source, name, proto)) return false;
  for (size_t i = 0; i < proto->n_nested_type; i++) {
    int32_t *nested = REL_ARENA_ARRAY(&b->scratch, int32_t, path_length + 2);
    memcpy(nested, path, path_length * sizeof *path);
    nested[path_length] = MESSAGE_NESTED;
    nested[path_length + 1] = (int32_t)i;
    if (!add_message(b, source, name, proto->nested_type[i], nested, path_length + 2)) return false;
  }
  return true;
}

static bool add_service(rel_builder *b, const rel_source *source,
                        const Google__Protobuf__ServiceDescriptorProto *proto) {
  if (!add_other(b, source, source->package, proto->name)) return false;
  rel_str name = last_symbol(b);
  for (size_t i = 0; i < proto->n_method; i++)
    if (!add_other(b, source, name, proto->method[i]->name)) return false;
  return true;
}

static bool add_file(rel_builder *b, const rel_source *source) {
  const rel_pb_file *proto = source->proto;
  if (!add_package(b, source)) return false;
  for (size_t i = 0; i < proto->n_message_type; i++) {
    int32_t *path = REL_ARENA_ARRAY(&b->scratch, int32_t, 2);
    path[0] = FILE_MESSAGE;
    path[1] = (int32_t)i;
    if (!add_message(b, source, source->package, proto->message_type[i], path, 2)) return false;
  }
  for (size_t i = 0; i < proto->n_enum_type; i++)
    if (!add_enum(b, source, source->package, proto->enum_type[i])) return false;
  for (size_t i = 0; i < proto->n_service; i++)
    if (!add_service(b, source, proto->service[i])) return false;
  for (size_t i = 0; i < proto->n_extension; i++)
    if (!add_other(b, source, source->package, proto->extension[i]->name)) return false;
  return true;
}

static int compare_symbols(const void *left, const void *right) {
  return rel_str_cmp(((const rel_symbol *)left)->name, ((const rel_symbol *)right)->name);
}

// Sorts the symbols into the schema and refuses a name that two things have.
static void keep_symbols(rel_builder *b) {
  if (b->symbol_count > 0) qsort(b->symbols, b->symbol_count, sizeof *b->symbols, compare_symbols);
  for (size_t i = 1; i < b->symbol_count; i++) {
    const rel_symbol *a = &b->symbols[i - 1], *s = &b->symbols[i];
    if (!rel_str_eq(a->name, s->name) || (a->kind == REL_SYMBOL_PACKAGE && s->kind == REL_SYMBOL_PACKAGE))
      continue;
    rel_report(at_file(b, b->sources[s->file].name), "\"%.*s\" is declared twice, here and in %.*s",
               REL_STR_A(s->name), REL_STR_A(b->sources[a->file].name));
  }
  b->schema->symbols = REL_ARENA_ARRAY(b->arena, rel_symbol, b->symbol_count);
  if (b->symbol_count > 0) memcpy(b->schema->symbols, b->symbols, b->symbol_count * sizeof *b->symbols);
  b->schema->symbol_count = b->symbol_count;
}

const rel_symbol *rel_build_symbol(const rel_builder *b, rel_str full_name) {
  if (b->schema->symbol_count == 0) return NULL;
  rel_symbol wanted = {.name = full_name};
  return bsearch(&wanted, b->schema->symbols, b->schema->symbol_count, sizeof wanted, compare_symbols);
}

// The scope without its last component, or false when it was the outermost.
static bool leave_scope(rel_str *scope) {
  if (scope->len == 0) return false;
  size_t last = rel_last_component(*scope).len;
  scope->len -= last < scope->len ? last + 1 : last;
  return true;
}

static const rel_symbol *symbol_in(const rel_builder *b, rel_str scope, rel_str name) {
  if (scope.len == 0) return rel_build_symbol(b, name);
  rel_buf full = {0};
  rel_buf_str(&full, scope);
  rel_buf_cstr(&full, ".");
  rel_buf_str(&full, name);
  const rel_symbol *symbol = rel_build_symbol(b, rel_buf_view(&full));
  rel_buf_fini(&full);
  return symbol;
}

rel_message *rel_build_resolve_message(const rel_builder *b, rel_str name, rel_str scope) {
  const rel_symbol *found = NULL;
  if (!rel_is_dotted_identifier(name)) {
    if (name.len > 0 && name.ptr[0] == '.')
      found = rel_build_symbol(b, rel_bytes(name.ptr + 1, name.len - 1));
    return found != NULL && found->kind == REL_SYMBOL_MESSAGE ? &b->messages[found->message] : NULL;
  }
  // The innermost scope that knows the first component decides, unless what it knows there cannot hold the
  // rest.
  const char *dot = memchr(name.ptr, '.', name.len);
  rel_str first = rel_bytes(name.ptr, dot == NULL ? name.len : (size_t)(dot - name.ptr));
  do {
    found = symbol_in(b, scope, first);
    if (found == NULL) continue;
    if (dot == NULL && found->kind == REL_SYMBOL_MESSAGE) break;
    if (dot != NULL && (found->kind == REL_SYMBOL_MESSAGE || found->kind == REL_SYMBOL_PACKAGE)) {
      found = symbol_in(b, scope, name);
      break;
    }
    found = NULL;
  } while (leave_scope(&scope));
  return found != NULL && found->kind == REL_SYMBOL_MESSAGE ? &b->messages[found->message] : NULL;
}

// --- Positions ---

static int compare_paths(const int32_t *a, size_t a_length, const int32_t *b, size_t b_length) {
  for (size_t i = 0; i < a_length && i < b_length; i++)
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  return (a_length > b_length) - (a_length < b_length);
}

static int compare_locations(const void *left, const void *right) {
  const rel_pb_location *a = *(const rel_pb_location *const *)left,
                        *b = *(const rel_pb_location *const *)right;
  return compare_paths(a->path, a->n_path, b->path, b->n_path);
}

static void sort_locations(rel_builder *b, rel_source *source) {
  const Google__Protobuf__SourceCodeInfo *info = source->proto->source_code_info;
  if (info == NULL || info->n_location == 0) return;
  source->location_count = info->n_location;
  source->locations = REL_ARENA_ARRAY(&b->scratch, const rel_pb_location *, info->n_location);
  for (size_t i = 0; i < info->n_location; i++)
    source->locations[i] = info->location[i];
  qsort(source->locations, source->location_count, sizeof *source->locations, compare_locations);
}

static int line_of(const rel_source *source, const int32_t *path, size_t length) {
  Google__Protobuf__SourceCodeInfo__Location wanted = {.path = (int32_t *)path, .n_path = length};
  const rel_pb_location *key = &wanted, **found;
  if (source->location_count == 0) return 0;
  found =
      bsearch(&key, source->locations, source->location_count, sizeof *source->locations, compare_locations);
  if (found == NULL || (*found)->n_span == 0 || (*found)->span[0] < 0 || (*found)->span[0] == INT32_MAX)
    return 0;
  return (*found)->span[0] + 1;
}

rel_place rel_build_place(const rel_message *message, const int32_t *tail, size_t tail_length) {
  enum { MAX_PATH = 256 };
  int32_t path[MAX_PATH];
  rel_place place = {.file = message->source->name};
  if (message->path_length + tail_length > MAX_PATH) return place;
  memcpy(path, message->path, message->path_length * sizeof *path);
  if (tail_length > 0) memcpy(path + message->path_length, tail, tail_length * sizeof *path);
  for (size_t length = message->path_length + tail_length; length > 0 && place.line == 0; length--)
    place.line = line_of(message->source, path, length);
  return place;
}

// --- Files ---

// True when two serialized files differ in nothing but their source positions: sets that are put together
// from several repeat the files that they share.
static bool same_file(rel_str a, rel_str b) {
  rel_wire_reader left = {a}, right = {b};
  rel_wire_field l = {0}, r = {0};
  for (;;) {
    int got_left, got_right;
    do
      got_left = rel_wire_next(&left, &l);
    while (got_left > 0 && l.number == FILE_SOURCE_CODE_INFO);
    do
      got_right = rel_wire_next(&right, &r);
    while (got_right > 0 && r.number == FILE_SOURCE_CODE_INFO);
    if (got_left <= 0 || got_right <= 0) return got_left == got_right;
    if (l.number != r.number || l.type != r.type || l.value != r.value || !rel_str_eq(l.bytes, r.bytes))
      return false;
  }
}

static int compare_sources(const void *left, const void *right) {
  const rel_source *a = *(rel_source *const *)left, *b = *(rel_source *const *)right;
  int order = rel_str_cmp(a->name, b->name);
  return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

// Of files with the same name and content the first stays; with other content it is an error. Then counts
// anew.
static void drop_repeated_files(rel_builder *b) {
  rel_source **sorted = REL_ARENA_ARRAY(&b->scratch, rel_source *, b->source_count);
  for (size_t i = 0; i < b->source_count; i++)
    sorted[i] = &b->sources[i];
  qsort(sorted, b->source_count, sizeof *sorted, compare_sources);
  const rel_source *first = sorted[0];
  for (size_t i = 1; i < b->source_count; i++) {
    if (!rel_str_eq(sorted[i]->name, first->name)) {
      first = sorted[i];
      continue;
    }
    if (!same_file(first->bytes, sorted[i]->bytes))
      rel_report(at_file(b, first->name), "the file is in the set twice, with different content");
    sorted[i]->proto = NULL;
  }
  size_t kept = 0;
  for (size_t i = 0; i < b->source_count; i++) {
    if (b->sources[i].proto == NULL) continue;
    b->sources[kept] = b->sources[i];
    b->sources[kept].index = kept;
    kept++;
  }
  b->source_count = kept;
}

static bool unpack_file(rel_builder *b, rel_str bytes, rel_source *source) {
  ProtobufCMessage *message =
      protobuf_c_message_unpack(&google__protobuf__file_descriptor_proto__descriptor, &b->scratch.allocator,
                                bytes.len, (const uint8_t *)bytes.ptr);
  if (message == NULL) {
    rel_report((rel_at){.builder = b}, "file %zu of the set is not a google.protobuf.FileDescriptorProto",
               source->index);
    return false;
  }
  source->proto = (const rel_pb_file *)message;
  source->name = rel_cstr(source->proto->name);
  source->package = rel_cstr(source->proto->package);
  source->bytes = bytes;
  sort_locations(b, source);
  return true;
}

static bool unpack_files(rel_builder *b, rel_str set) {
  rel_wire_reader reader = {set};
  rel_wire_field field;
  size_t count = 0;
  while (rel_wire_next(&reader, &field) > 0)
    count += field.number == SET_FILE && field.type == REL_WIRE_BYTES;
  if (count == 0 || count > b->limits.max_messages) {
    rel_report((rel_at){.builder = b}, "the descriptor set has %zu files; from 1 to %zu are read", count,
               b->limits.max_messages);
    return false;
  }
  b->sources = REL_ARENA_ARRAY(&b->scratch, rel_source, count);
  reader = (rel_wire_reader){set};
  while (rel_wire_next(&reader, &field) > 0) {
    if (field.number != SET_FILE || field.type != REL_WIRE_BYTES) continue;
    rel_source *source = &b->sources[b->source_count];
    source->index = b->source_count++;
    if (!unpack_file(b, field.bytes, source)) return false;
  }
  return true;
}

// --- The schema's files ---

static int compare_files(const void *left, const void *right) {
  return rel_str_cmp((*(const rel_file *const *)left)->name, (*(const rel_file *const *)right)->name);
}

static void keep_files(rel_builder *b) {
  rel_schema *schema = &b->schema->schema;
  schema->file_count = b->source_count;
  schema->files = REL_ARENA_ARRAY(b->arena, rel_file, b->source_count);
  b->schema->files_by_name = REL_ARENA_ARRAY(b->arena, const rel_file *, b->source_count);
  for (size_t i = 0; i < b->source_count; i++) {
    const rel_source *source = &b->sources[i];
    rel_file *file = &schema->files[i];
    file->name = rel_arena_copy(b->arena, source->name);
    file->package = rel_arena_copy(b->arena, source->package);
    file->bytes = source->bytes;
    file->dependency_count = source->proto->n_dependency;
    file->dependencies = REL_ARENA_ARRAY(b->arena, rel_str, file->dependency_count);
    for (size_t d = 0; d < file->dependency_count; d++)
      file->dependencies[d] = rel_arena_copy(b->arena, rel_cstr(source->proto->dependency[d]));
    b->schema->files_by_name[i] = file;
  }
  qsort(b->schema->files_by_name, b->source_count, sizeof *b->schema->files_by_name, compare_files);
}

static void check_dependencies(rel_builder *b) {
  const rel_schema *schema = &b->schema->schema;
  for (size_t i = 0; i < schema->file_count; i++)
    for (size_t d = 0; d < schema->files[i].dependency_count; d++)
      if (rel_schema_file(schema, schema->files[i].dependencies[d]) == NULL)
        rel_report(at_file(b, schema->files[i].name),
                   "imports \"%.*s\", which is not in the set: write it with protoc --include_imports",
                   REL_STR_A(schema->files[i].dependencies[d]));
}

bool rel_build_descriptors(rel_builder *b, rel_str set) {
  rel_at at = {.builder = b};
  rel_error error;
  if (set.len > b->limits.max_bytes) {
    rel_report(at, "the descriptor set has %zu bytes; at most %zu are read", set.len, b->limits.max_bytes);
    return false;
  }
  rel_wire_limits limits = {b->limits.max_depth, MAX_WIRE_FIELDS};
  if (rel_wire_check(&google__protobuf__file_descriptor_set__descriptor, set, &limits, &error) != REL_OK) {
    rel_report(at, "not a descriptor set: %s", error.message);
    return false;
  }
  set = rel_arena_copy(b->arena, set);
  if (!unpack_files(b, set)) return false;
  drop_repeated_files(b);
  keep_files(b);
  check_dependencies(b);
  for (size_t i = 0; i < b->source_count; i++)
    if (!add_file(b, &b->sources[i])) return false;
  keep_symbols(b);
  return b->findings->errors == b->errors_before;
}
