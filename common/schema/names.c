// Names: what is an identifier, snake_case, and which name was probably meant.
#include "common/ascii.h"
#include "common/schema/build.h"

// Beyond this many errors nobody reads the hints, and looking for them would cost most.
enum { MAX_HINTED_ERRORS = 100 };

bool rel_is_identifier(rel_str name) {
  for (size_t i = 0; i < name.len; i++)
    if (!rel_is_word(name.ptr[i])) return false;
  return name.len > 0 && !rel_is_digit(name.ptr[0]);
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

bool rel_word_begins(rel_str name, size_t i) {
  if (i == 0 || !rel_is_upper(name.ptr[i])) return false;
  char before = name.ptr[i - 1];
  bool small_follows = i + 1 < name.len && rel_is_lower(name.ptr[i + 1]);
  return rel_is_lower(before) || rel_is_digit(before) || (rel_is_upper(before) && small_follows);
}

void rel_snake_case(rel_str name, rel_buf *out) {
  for (size_t i = 0; i < name.len; i++) {
    char lower = rel_to_lower(name.ptr[i]);
    if (rel_word_begins(name, i)) rel_buf_cstr(out, "_");
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
