// Names: what is an identifier, snake_case, and which name was probably meant.
#include "common/schema/build.h"

// Beyond this many errors nobody reads the hints, and looking for them would cost most.
enum { MAX_HINTED_ERRORS = 100 };

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
static bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
static bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

bool rel_is_identifier(rel_str name) {
  if (name.len == 0 || !is_letter(name.ptr[0])) return false;
  for (size_t i = 1; i < name.len; i++)
    if (!is_letter(name.ptr[i]) && !is_digit(name.ptr[i])) return false;
  return true;
}

bool rel_is_dotted_identifier(rel_str name) {
  for (;;) {
    const char *dot = name.len == 0 ? NULL : memchr(name.ptr, '.', name.len);
    size_t len = dot == NULL ? name.len : (size_t)(dot - name.ptr);
    if (!rel_is_identifier(rel_bytes(name.ptr, len))) return false;
    if (dot == NULL) return true;
    name = rel_bytes(dot + 1, name.len - len - 1);
  }
}

rel_str rel_last_component(rel_str full_name) {
  for (size_t i = full_name.len; i > 0; i--)
    if (full_name.ptr[i - 1] == '.') return rel_bytes(full_name.ptr + i, full_name.len - i);
  return full_name;
}

void rel_snake_case(rel_str name, rel_buf *out) {
  for (size_t i = 0; i < name.len; i++) {
    char c = name.ptr[i];
    bool after_word = i > 0 && (is_lower(name.ptr[i - 1]) || is_digit(name.ptr[i - 1]));
    bool ends_acronym = i > 0 && is_upper(name.ptr[i - 1]) && i + 1 < name.len && is_lower(name.ptr[i + 1]);
    if (is_upper(c) && (after_word || ends_acronym)) rel_buf_cstr(out, "_");
    char lower = is_upper(c) ? (char)(c - 'A' + 'a') : c;
    rel_buf_append(out, &lower, 1);
  }
}

rel_str rel_near_hint(rel_builder *b, const rel_near *near) {
  if (near->best.len == 0) return rel_cstr("");
  return rel_arena_printf(&b->scratch, "; did you mean \"%.*s\"?", REL_STR_A(near->best));
}

rel_str rel_near_field(rel_builder *b, const rel_model *model, rel_str name) {
  rel_near near = rel_near_begin(name);
  if (b->findings->errors < MAX_HINTED_ERRORS)
    for (size_t i = 0; i < model->field_count; i++)
      rel_near_offer(&near, model->fields[i]->name);
  return rel_near_hint(b, &near);
}

rel_str rel_near_model(rel_builder *b, rel_str name) {
  if (b->findings->errors >= MAX_HINTED_ERRORS) return rel_cstr("");
  rel_str best = rel_schema_near_model(&b->schema->schema, name);
  rel_near near = {.best = best};
  return rel_near_hint(b, &near);
}

rel_str rel_near_link(rel_builder *b, const rel_draft *draft, rel_str name) {
  rel_near near = rel_near_begin(name);
  if (b->findings->errors < MAX_HINTED_ERRORS)
    for (size_t i = 0; i < draft->link_count; i++)
      rel_near_offer(&near, draft->links[i].name);
  return rel_near_hint(b, &near);
}
