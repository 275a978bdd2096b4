// Names: see names.h. Called by emit.c and main.c; it knows schemas and no output.
#include "client/plugin/names.h"

#include <ctype.h>

static bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
static bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
static char to_lower(char c) {
  return is_upper(c) ? (char)(c - 'A' + 'a') : c;
}
static char to_upper(char c) {
  return is_lower(c) ? (char)(c - 'a' + 'A') : c;
}

// A word begins at a capital behind a small letter or a digit, and at the last capital of a run that a small
// letter follows: HTTPServer is http_server.
static bool word_begins(rel_str s, size_t i) {
  if (i == 0 || !is_upper(s.ptr[i])) return false;
  char before = s.ptr[i - 1];
  bool small_follows = i + 1 < s.len && is_lower(s.ptr[i + 1]);
  return is_lower(before) || is_digit(before) || (is_upper(before) && small_follows);
}

rel_str rel_name_snake(rel_arena *arena, rel_str full_name) {
  char *out = rel_arena_alloc(arena, full_name.len * 2 + 1);
  size_t len = 0;
  for (size_t i = 0; i < full_name.len; i++) {
    char c = full_name.ptr[i];
    bool separator = c == '.' || c == '_';
    // One underscore between words, none in front: two are protobuf-c's.
    if ((separator || word_begins(full_name, i)) && len > 0 && out[len - 1] != '_') out[len++] = '_';
    if (!separator) out[len++] = to_lower(c);
  }
  out[len] = '\0';
  return rel_bytes(out, len);
}

rel_str rel_name_model(rel_arena *arena, const rel_model *model) {
  return model->c_name.len > 0 ? model->c_name : rel_name_snake(arena, model->name);
}

rel_str rel_name_relation(rel_arena *arena, const rel_relation *relation) {
  rel_str model = rel_name_model(arena, relation->owner);
  rel_str word = relation->c_name.len > 0 ? relation->c_name : rel_name_snake(arena, relation->name);
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
  rel_str name = field->c_name.len > 0 ? field->c_name : rel_name_snake(arena, field->name);
  return is_keyword(name) ? rel_arena_printf(arena, REL_STR_F "_", REL_STR_A(name)) : name;
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
    at[i] = is_lower(at[i]) || is_upper(at[i]) || is_digit(at[i]) ? to_upper(at[i]) : '_';
  return guard;
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
    out[len++] = capital ? to_upper(c) : c;
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
    if (is_upper(c) && !was_capital) out[len++] = '_';
    out[len++] = to_lower(c);
    was_capital = is_upper(c);
  }
  out[len] = '\0';
  return rel_bytes(out, len);
}

// --- Collisions ---

// A generated name and what it was generated for.
typedef struct origin {
  rel_str name;
  const rel_model *model;
  const rel_relation *relation; // NULL: the model itself
} origin;

typedef struct origins {
  origin *items;
  size_t count;
  size_t capacity;
} origins;

static void add(origins *all, rel_str name, const rel_model *model, const rel_relation *relation) {
  if (all->count == all->capacity) {
    all->capacity = all->capacity > 0 ? all->capacity * 2 : 64;
    all->items = rel_realloc(all->items, all->capacity * sizeof *all->items);
  }
  all->items[all->count++] = (origin){name, model, relation};
}

static void add_with_suffixes(origins *all, rel_arena *arena, rel_str stem, const char *const *suffixes,
                              const origin *of) {
  for (; *suffixes != NULL; suffixes++)
    add(all, rel_arena_printf(arena, REL_STR_F "%s", REL_STR_A(stem), *suffixes), of->model, of->relation);
}

// Every name that emit.c writes for a model; they stay here beside each other.
static void add_model(origins *all, rel_arena *arena, const rel_model *model) {
  static const char *const of_model[] = {
      "_model", "_key",         "_get",          "_get_many",  "_result",     "_results", "_list",
      "_lists", "_result_free", "_results_free", "_list_free", "_lists_free", NULL};
  static const char *const of_relation[] = {"", "_many", "_clear", NULL};
  add_with_suffixes(all, arena, rel_name_model(arena, model), of_model, &(origin){.model = model});
  for (size_t i = 0; i < model->relation_count; i++) {
    const rel_relation *relation = model->relations[i];
    add_with_suffixes(all, arena, rel_name_relation(arena, relation), of_relation,
                      &(origin){.model = model, .relation = relation});
  }
}

static int by_name(const void *a, const void *b) {
  const origin *left = a, *right = b;
  int order = rel_str_cmp(left->name, right->name);
  if (order != 0) return order;
  order = rel_str_cmp(left->model->name, right->model->name);
  if (order != 0) return order;
  return (left->relation != NULL) - (right->relation != NULL);
}

static rel_str describe(rel_arena *arena, const origin *of) {
  if (of->relation == NULL) return rel_arena_printf(arena, "model " REL_STR_F, REL_STR_A(of->model->name));
  return rel_arena_printf(arena, "relation " REL_STR_F "." REL_STR_F, REL_STR_A(of->model->name),
                          REL_STR_A(of->relation->name));
}

static rel_str renaming_option(rel_arena *arena, const origin *of) {
  if (of->relation == NULL) return rel_cstr("(relations.v1.model).c_name");
  return rel_arena_printf(arena, "(relations.v1.%s).c_name", rel_relation_kind_name(of->relation->kind));
}

static rel_place place_of(const origin *of) {
  return of->relation != NULL ? of->relation->place : of->model->place;
}

static void report_collision(rel_arena *arena, const origin *first, const origin *second,
                             rel_findings *findings) {
  rel_str a = describe(arena, first), b = describe(arena, second), option = renaming_option(arena, second);
  rel_findings_add(findings, REL_ERROR, place_of(second), second->model->name,
                   second->relation != NULL ? second->relation->name : rel_cstr(""),
                   "the generated C name " REL_STR_F " is of " REL_STR_F " and of " REL_STR_F
                   ": rename one of them, for example the latter with " REL_STR_F,
                   REL_STR_A(second->name), REL_STR_A(a), REL_STR_A(b), REL_STR_A(option));
}

static bool is_ours_to_give(rel_str name) {
  if (name.len >= 4 && memcmp(name.ptr, "rel_", 4) == 0) return false;
  if (name.len == 0 || is_digit(name.ptr[0]) || name.ptr[0] == '_') return false;
  for (size_t i = 0; i < name.len; i++)
    if (!isalnum((unsigned char)name.ptr[i]) && name.ptr[i] != '_') return false;
  return true;
}

static void report_reserved(rel_arena *arena, const origin *of, rel_findings *findings) {
  rel_str option = renaming_option(arena, of);
  rel_findings_add(findings, REL_ERROR, place_of(of), of->model->name,
                   of->relation != NULL ? of->relation->name : rel_cstr(""),
                   "the generated C name " REL_STR_F
                   " is the runtime's (rel_...), or no identifier: give another with " REL_STR_F,
                   REL_STR_A(of->name), REL_STR_A(option));
}

void rel_names_check(const rel_schema *schema, rel_arena *arena, rel_findings *findings) {
  origins all = {0};
  for (size_t i = 0; i < schema->model_count; i++)
    add_model(&all, arena, schema->models[i]);
  if (all.count > 0) qsort(all.items, all.count, sizeof *all.items, by_name);
  const origin *reported = NULL; // one finding for each pair, not one for each of their names
  for (size_t i = 0; i < all.count; i++) {
    const origin *of = &all.items[i];
    if (!is_ours_to_give(of->name) && (reported == NULL || reported->model != of->model)) {
      report_reserved(arena, of, findings);
      reported = of;
    }
    if (i == 0 || !rel_str_eq(of[-1].name, of->name)) continue;
    report_collision(arena, &of[-1], of, findings);
  }
  free(all.items);
}
