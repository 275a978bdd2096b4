// Differences of schemas: see diff.h. Each aspect is put into words once, for one schema; two aspects differ
// when their words do.
#include "server/registry/diff.h"

typedef struct diff {
  rel_arena *arena;
  rel_change *changes;
  size_t count;
  size_t capacity;
} diff;

static void add(diff *d, rel_str model, rel_str element, rel_str description) {
  if (d->count == d->capacity) {
    size_t capacity = d->capacity > 0 ? d->capacity * 2 : 16;
    rel_change *grown = REL_ARENA_ARRAY(d->arena, rel_change, capacity);
    if (d->count > 0) memcpy(grown, d->changes, d->count * sizeof *grown);
    d->changes = grown;
    d->capacity = capacity;
  }
  d->changes[d->count++] =
      (rel_change){rel_arena_copy(d->arena, model), rel_arena_copy(d->arena, element), description};
}

static void compare(diff *d, rel_str model, rel_str element, const char *aspect, rel_str before,
                    rel_str after) {
  if (rel_str_eq(before, after)) return;
  add(d, model, element,
      rel_arena_printf(d->arena, "%s changes from \"" REL_STR_F "\" to \"" REL_STR_F "\"", aspect,
                       REL_STR_A(before), REL_STR_A(after)));
}

// --- Words ---

static rel_str words_of_fields(rel_arena *arena, const rel_field *const *fields, size_t count) {
  rel_buf text = {0};
  for (size_t i = 0; i < count; i++)
    rel_buf_printf(&text, "%s" REL_STR_F, i > 0 ? ", " : "", REL_STR_A(fields[i]->name));
  rel_str words = rel_arena_copy(arena, rel_buf_view(&text));
  rel_buf_fini(&text);
  return words;
}

static rel_str words_of_parents(rel_arena *arena, const rel_model *model) {
  rel_buf text = {0};
  for (size_t i = 0; i < model->parent_count; i++)
    rel_buf_printf(&text, "%s" REL_STR_F, i > 0 ? ", " : "", REL_STR_A(model->parents[i]->name));
  rel_str words = rel_arena_copy(arena, rel_buf_view(&text));
  rel_buf_fini(&text);
  return words;
}

static rel_str words_of_order(rel_arena *arena, const rel_relation *relation) {
  rel_buf text = {0};
  for (size_t i = 0; i < relation->order_count; i++) {
    if (i > 0) rel_buf_cstr(&text, ", ");
    rel_order_term_write(relation, &relation->order_by[i], &text);
    if (relation->order_by[i].descending) rel_buf_cstr(&text, " desc");
  }
  rel_str words = rel_arena_copy(arena, rel_buf_view(&text));
  rel_buf_fini(&text);
  return words;
}

// "book_authors.author"
static rel_str words_of_way(rel_arena *arena, const rel_relation *relation) {
  if (relation->through == NULL) return rel_cstr("");
  return rel_arena_printf(arena, REL_STR_F "." REL_STR_F, REL_STR_A(relation->through->name),
                          REL_STR_A(relation->source->name));
}

static void word_number(rel_buf *text, const char *name, bool has, uint64_t value) {
  if (has) rel_buf_printf(text, " %s=%llu", name, (unsigned long long)value);
}

static rel_str words_of_cache(rel_arena *arena, const rel_cache_settings *cache) {
  rel_buf text = {0};
  word_number(&text, "enabled", cache->has_enabled, cache->enabled);
  word_number(&text, "ttl_ns", cache->has_ttl, (uint64_t)cache->ttl_ns);
  word_number(&text, "max_entries", cache->has_max_entries, cache->max_entries);
  word_number(&text, "max_bytes", cache->has_max_bytes, cache->max_bytes);
  rel_str words =
      text.len > 0 ? rel_arena_copy(arena, rel_bytes(text.data + 1, text.len - 1)) : rel_cstr("default");
  rel_buf_fini(&text);
  return words;
}

// "item_type = Post", or nothing.
static rel_str words_of_gate(rel_arena *arena, const rel_gate *gate) {
  if (gate == NULL) return rel_cstr("");
  return rel_arena_printf(arena, REL_STR_F " = " REL_STR_F, REL_STR_A(gate->field->name),
                          REL_STR_A(gate->tag.text));
}

static rel_str words_of_type(rel_arena *arena, const rel_field *field) {
  rel_str name = field->type_name.len > 0 ? field->type_name : rel_cstr(rel_type_name(field->type));
  return rel_arena_printf(arena, "%s%s" REL_STR_F, field->repeated ? "repeated " : "",
                          field->nullable ? "optional " : "", REL_STR_A(name));
}

// --- Comparing ---

static void compare_relation(diff *d, const rel_relation *a, const rel_relation *b) {
  rel_str model = a->owner->name, name = a->name;
  rel_arena *arena = d->arena;
  compare(d, model, name, "kind", rel_cstr(rel_relation_kind_name(a->kind)),
          rel_cstr(rel_relation_kind_name(b->kind)));
  compare(d, model, name, "related model", a->target->name, b->target->name);
  compare(d, model, name, "foreign key", words_of_fields(arena, a->foreign_key, a->key_count),
          words_of_fields(arena, b->foreign_key, b->key_count));
  compare(d, model, name, "referenced key", words_of_fields(arena, a->references, a->key_count),
          words_of_fields(arena, b->references, b->key_count));
  compare(d, model, name, "through", words_of_way(arena, a), words_of_way(arena, b));
  compare(d, model, name, "where", a->where, b->where);
  compare(d, model, name, "order", words_of_order(arena, a), words_of_order(arena, b));
  compare(d, model, name, "limit", rel_arena_printf(arena, "%u", a->limit),
          rel_arena_printf(arena, "%u", b->limit));
  compare(d, model, name, "strict", rel_cstr(a->strict ? "true" : "false"),
          rel_cstr(b->strict ? "true" : "false"));
  compare(d, model, name, "cache", words_of_cache(arena, &a->cache), words_of_cache(arena, &b->cache));
  compare(d, model, name, "loader", a->loader, b->loader);
  compare(d, model, name, "type field and tag", words_of_gate(arena, a->gate), words_of_gate(arena, b->gate));
  compare(d, model, name, "inverse", a->inverse != NULL ? a->inverse->name : rel_cstr(""),
          b->inverse != NULL ? b->inverse->name : rel_cstr(""));
  compare(d, model, name, "declaring model", a->declared_in->name, b->declared_in->name);
}

static void compare_field(diff *d, const rel_model *model, const rel_field *a, const rel_field *b) {
  compare(d, model->name, a->name, "type", words_of_type(d->arena, a), words_of_type(d->arena, b));
  compare(d, model->name, a->name, "column", a->column, b->column);
  compare(d, model->name, a->name, "field number", rel_arena_printf(d->arena, "%u", a->number),
          rel_arena_printf(d->arena, "%u", b->number));
}

static void compare_fields(diff *d, const rel_model *a, const rel_model *b) {
  for (size_t i = 0; i < a->field_count; i++) {
    const rel_field *same = rel_model_field(b, a->fields[i]->name);
    if (same == NULL)
      add(d, a->name, a->fields[i]->name, rel_cstr("the field is removed"));
    else
      compare_field(d, a, a->fields[i], same);
  }
  for (size_t i = 0; i < b->field_count; i++)
    if (rel_model_field(a, b->fields[i]->name) == NULL)
      add(d, a->name, b->fields[i]->name, rel_cstr("the field is added"));
}

static void compare_relations(diff *d, const rel_model *a, const rel_model *b) {
  for (size_t i = 0; i < a->relation_count; i++) {
    const rel_relation *same = rel_model_relation(b, a->relations[i]->name);
    if (same == NULL)
      add(d, a->name, a->relations[i]->name, rel_cstr("the relation is removed"));
    else
      compare_relation(d, a->relations[i], same);
  }
  for (size_t i = 0; i < b->relation_count; i++)
    if (rel_model_relation(a, b->relations[i]->name) == NULL)
      add(d, a->name, b->relations[i]->name, rel_cstr("the relation is added"));
}

static void compare_model(diff *d, const rel_model *a, const rel_model *b) {
  rel_str none = rel_cstr("");
  compare(d, a->name, none, "table", a->table, b->table);
  compare(d, a->name, none, "primary key", words_of_fields(d->arena, a->primary_key, a->primary_key_count),
          words_of_fields(d->arena, b->primary_key, b->primary_key_count));
  compare(d, a->name, none, "extended model", words_of_parents(d->arena, a), words_of_parents(d->arena, b));
  compare(d, a->name, none, "cache", words_of_cache(d->arena, &a->cache),
          words_of_cache(d->arena, &b->cache));
  compare_fields(d, a, b);
  compare_relations(d, a, b);
}

rel_change *rel_schema_diff(const rel_schema *before, const rel_schema *after, rel_arena *arena,
                            size_t *count) {
  diff d = {.arena = arena};
  for (size_t i = 0; i < before->model_count; i++) {
    const rel_model *same = rel_schema_model(after, before->models[i]->name);
    if (same == NULL)
      add(&d, before->models[i]->name, rel_cstr(""), rel_cstr("the model is removed"));
    else
      compare_model(&d, before->models[i], same);
  }
  for (size_t i = 0; i < after->model_count; i++)
    if (rel_schema_model(before, after->models[i]->name) == NULL)
      add(&d, after->models[i]->name, rel_cstr(""), rel_cstr("the model is added"));
  *count = d.count;
  return d.changes;
}
