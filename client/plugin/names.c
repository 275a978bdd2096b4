// Names: see names.h. Called by emit.c and collisions.c; it knows schemas and no output.
#include "client/plugin/names.h"

#include "common/ascii.h"
#include "common/wire.h"

rel_str rel_name_snake(rel_arena *arena, rel_str full_name) {
  char *out = rel_arena_alloc(arena, full_name.len * 2 + 1);
  size_t len = 0;
  for (size_t i = 0; i < full_name.len; i++) {
    char c = full_name.ptr[i];
    bool separator = c == '.' || c == '_';
    // One underscore between words, none in front: two are protobuf-c's.
    if ((separator || rel_word_begins(full_name, i)) && len > 0 && out[len - 1] != '_') out[len++] = '_';
    if (!separator) out[len++] = rel_to_lower(c);
  }
  out[len] = '\0';
  return rel_bytes(out, len);
}

rel_str rel_name_model(rel_arena *arena, const rel_model *model) {
  return model->c_name.len > 0 ? model->c_name : rel_name_snake(arena, model->name);
}

rel_str rel_name_relation_word(rel_arena *arena, const rel_relation *relation) {
  return relation->c_name.len > 0 ? relation->c_name : rel_name_snake(arena, relation->name);
}

rel_str rel_name_relation(rel_arena *arena, const rel_relation *relation) {
  rel_str model = rel_name_model(arena, relation->owner);
  rel_str word = rel_name_relation_word(arena, relation);
  return rel_arena_printf(arena, REL_STR_F "_" REL_STR_F, REL_STR_A(model), REL_STR_A(word));
}

static bool is_keyword(rel_str name) {
  static const char *const words[] = {
      "alignas",       "alignof",     "and",       "and_eq",   "asm",        "auto",
      "bitand",        "bitor",       "bool",      "break",    "case",       "catch",
      "char",          "class",       "compl",     "const",    "const_cast", "constexpr",
      "continue",      "decltype",    "default",   "delete",   "do",         "double",
      "dynamic_cast",  "else",        "enum",      "explicit", "export",     "extern",
      "false",         "float",       "for",       "friend",   "goto",       "if",
      "inline",        "int",         "long",      "mutable",  "namespace",  "new",
      "noexcept",      "not",         "not_eq",    "nullptr",  "operator",   "or",
      "or_eq",         "private",     "protected", "public",   "register",   "reinterpret_cast",
      "restrict",      "return",      "short",     "signed",   "sizeof",     "static",
      "static_assert", "static_cast", "struct",    "switch",   "template",   "this",
      "thread_local",  "throw",       "true",      "try",      "typedef",    "typeid",
      "typename",      "union",       "unsigned",  "using",    "virtual",    "void",
      "volatile",      "wchar_t",     "while",     "xor",      "xor_eq",
  };
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (rel_str_is(name, words[i])) return true;
  return false;
}

rel_str rel_name_member(rel_arena *arena, const rel_field *field) {
  rel_str name = field->c_name.len > 0 ? field->c_name : field->name;
  char *out = rel_arena_alloc(arena, name.len + 2);
  for (size_t i = 0; i < name.len; i++)
    out[i] = rel_to_lower(name.ptr[i]);
  if (is_keyword(rel_bytes(out, name.len))) out[name.len++] = '_';
  out[name.len] = '\0';
  return rel_bytes(out, name.len);
}

rel_str rel_name_field_word(rel_arena *arena, const rel_field *field) {
  return field->c_name.len > 0 ? field->c_name : rel_name_snake(arena, field->name);
}

rel_str rel_name_parameter(rel_arena *arena, rel_str name) {
  bool taken = is_keyword(name) || rel_str_is(name, "query") || rel_str_is(name, "arguments");
  return taken ? rel_arena_printf(arena, REL_STR_F "_", REL_STR_A(name)) : name;
}

rel_str rel_name_file(rel_arena *arena, rel_str proto, const char *extension) {
  static const char suffix[] = ".proto";
  size_t len = sizeof suffix - 1;
  if (proto.len > len && memcmp(proto.ptr + proto.len - len, suffix, len) == 0) proto.len -= len;
  return rel_arena_printf(arena, REL_STR_F ".%s", REL_STR_A(proto), extension);
}

rel_str rel_name_guard(rel_arena *arena, rel_str path) {
  rel_str guard = rel_arena_printf(arena, "RELATIONS_GENERATED_" REL_STR_F, REL_STR_A(path));
  char *at = (char *)(uintptr_t)guard.ptr;
  for (size_t i = 0; i < guard.len; i++)
    at[i] = rel_is_lower(at[i]) || rel_is_upper(at[i]) || rel_is_digit(at[i]) ? rel_to_upper(at[i]) : '_';
  return guard;
}

// Field numbers of FileDescriptorProto, and of protobuf-c/protobuf-c.proto.
enum { FILE_OPTIONS = 8, OPTIONS_PB_C_FILE = 1019, PB_C_FILE_PACKAGE = 6 };

// The last field of the number along the path, as merging has it; empty when there is none.
static rel_str find_option(rel_str message, const uint32_t *path, size_t depth) {
  if (depth == 0) return message;
  rel_wire_reader reader = {message};
  rel_wire_field field;
  rel_str found = {"", 0};
  while (rel_wire_next(&reader, &field) > 0) {
    if (field.number != *path || field.type != REL_WIRE_BYTES) continue;
    rel_str inner = find_option(field.bytes, path + 1, depth - 1);
    if (inner.len > 0) found = inner;
  }
  return found;
}

rel_str rel_name_pbc_full(rel_arena *arena, const rel_model *model) {
  static const uint32_t path[] = {FILE_OPTIONS, OPTIONS_PB_C_FILE, PB_C_FILE_PACKAGE};
  const rel_file *file = rel_schema_file(model->schema, model->place.file);
  rel_str package =
      file == NULL ? rel_cstr("") : find_option(file->bytes, path, sizeof path / sizeof path[0]);
  if (package.len == 0) return model->name;
  size_t skip = model->package.len > 0 ? model->package.len + 1 : 0;
  rel_str name = rel_bytes(model->name.ptr + skip, model->name.len - skip);
  return rel_arena_printf(arena, REL_STR_F "." REL_STR_F, REL_STR_A(package), REL_STR_A(name));
}

// protobuf-c joins the parts of a full name with "__" and drops every other underscore; a letter behind one
// is a capital.
rel_str rel_name_pbc_type(rel_arena *arena, rel_str full_name) {
  char *out = rel_arena_alloc(arena, full_name.len * 2 + 1);
  size_t len = 0;
  bool capital = true;
  for (size_t i = 0; i < full_name.len; i++) {
    char c = full_name.ptr[i];
    if (c == '.') {
      out[len++] = '_';
      out[len++] = '_';
    }
    if (c == '.' || c == '_') {
      capital = true;
      continue;
    }
    out[len++] = capital ? rel_to_upper(c) : c;
    capital = false;
  }
  out[len] = '\0';
  return rel_bytes(out, len);
}

// In its function names an underscore stands before each capital that does not follow a capital; a part that
// begins with a capital does not begin with one.
rel_str rel_name_pbc_lower(rel_arena *arena, rel_str full_name) {
  char *out = rel_arena_alloc(arena, full_name.len * 2 + 1);
  size_t len = 0;
  bool was_capital = true;
  for (size_t i = 0; i < full_name.len; i++) {
    char c = full_name.ptr[i];
    if (c == '.') {
      out[len++] = '_';
      out[len++] = '_';
      was_capital = true;
      continue;
    }
    if (rel_is_upper(c) && !was_capital) out[len++] = '_';
    out[len++] = rel_to_lower(c);
    was_capital = rel_is_upper(c);
  }
  out[len] = '\0';
  return rel_bytes(out, len);
}
