// Tables and discriminators: where each model's records lie, and which rows of a shared table are its own.
#include "common/schema/build.h"
#include "common/schema/gate.h"

rel_draft *rel_draft_table_sharer(const rel_draft *draft) {
  for (size_t i = 0; i < draft->ancestor_count; i++) {
    rel_draft *up = draft->ancestors[i];
    if (draft->model->table.len > 0 && rel_str_eq(up->model->table, draft->model->table)) return up;
  }
  return NULL;
}

// The nearest ancestor that has a table, when a discriminator tells its rows apart.
static const rel_draft *shared_ancestor(const rel_draft *draft) {
  size_t i = 0;
  while (i < draft->ancestor_count && draft->ancestors[i]->model->abstract)
    i++;
  const rel_draft *up = i < draft->ancestor_count ? draft->ancestors[i] : NULL;
  return up != NULL && up->discriminator_field.len > 0 ? up : NULL;
}

static void set_table(rel_builder *b, rel_draft *draft) {
  rel_model *model = draft->model;
  if (model->abstract) return;
  const rel_draft *shared = shared_ancestor(draft);
  if (draft->options->table != NULL) {
    model->table = rel_arena_copy(b->arena, rel_cstr(draft->options->table));
  } else if (shared != NULL) {
    model->table = shared->model->table;
  } else {
    rel_buf table = {0};
    rel_snake_case(rel_last_component(model->name), &table);
    model->table = rel_arena_copy(b->arena, rel_buf_view(&table));
    rel_buf_fini(&table);
  }
}

// --- Discriminators ---

static void read_value(rel_at at, const rel_field *field, rel_draft *draft) {
  const char *value = draft->discriminator_value;
  if (!rel_build_can_tell(field))
    rel_report(at,
               "discriminator: a field with a column and type string, integer or enum is needed; \"%.*s\" is "
               "not one",
               REL_STR_A(field->name));
  else if (value != NULL)
    draft->has_tag = rel_build_tag(at, "discriminator", field, value, &draft->discriminator_tag);
}

static void set_discriminator(rel_builder *b, rel_draft *draft) {
  const Relations__V1__Discriminator *own = draft->options->discriminator;
  rel_model *model = draft->model;
  rel_at at = rel_at_draft(b, draft);
  for (size_t i = 0; i < draft->parent_count && draft->discriminator_field.len == 0; i++)
    draft->discriminator_field = draft->parents[i]->discriminator_field;
  if (own != NULL && own->field != NULL) draft->discriminator_field = rel_cstr(own->field);
  if (own != NULL) draft->discriminator_value = own->value;
  if (model->abstract && draft->discriminator_value != NULL)
    rel_report(at, "discriminator: the model is abstract, so no row has its value; take value away");
  if (own != NULL && draft->discriminator_field.len == 0) {
    rel_report(at, "discriminator: no ancestor has a field to tell by; write discriminator { field: }");
    return;
  }
  set_table(b, draft);
  const rel_draft *sharer = rel_draft_table_sharer(draft);
  if (own == NULL && (sharer == NULL || sharer->discriminator_field.len == 0)) {
    // Its own table, without a discriminator: all rows, unless it only hands the field on.
    if (!model->abstract) draft->discriminator_field = rel_cstr("");
    return;
  }
  model->discriminator = rel_model_field(model, draft->discriminator_field);
  if (model->discriminator == NULL)
    rel_report(at, "discriminator: no field \"%.*s\"%.*s; a child declares the fields that it needs",
               REL_STR_A(draft->discriminator_field),
               REL_STR_A(rel_near_field(b, model, draft->discriminator_field)));
  else
    read_value(at, model->discriminator, draft);
}

// --- Models on one table ---

static void check_same_key(rel_builder *b, const rel_draft *draft, const rel_draft *sharer) {
  bool same = draft->model->primary_key_count == sharer->model->primary_key_count;
  for (size_t i = 0; same && i < draft->model->primary_key_count; i++)
    same = rel_str_eq(draft->model->primary_key[i]->name, sharer->model->primary_key[i]->name);
  if (!same)
    rel_report(rel_at_draft(b, draft), "shares the table \"%.*s\" of %.*s, so it needs the same primary_key",
               REL_STR_A(draft->model->table), REL_STR_A(sharer->model->name));
}

static void check_same_columns(rel_builder *b, const rel_draft *draft, const rel_draft *sharer) {
  for (size_t i = 0; i < draft->model->field_count; i++) {
    const rel_field *field = draft->model->fields[i];
    const rel_field *theirs = rel_model_field(sharer->model, field->name);
    if (theirs == NULL || !field->has_column || !theirs->has_column ||
        rel_str_eq(field->column, theirs->column))
      continue;
    rel_report(rel_at_field(b, draft, field),
               "lies in column \"%.*s\", but in \"%.*s\" in %.*s, which has the same table",
               REL_STR_A(field->column), REL_STR_A(theirs->column), REL_STR_A(sharer->model->name));
  }
}

static void check_shared(rel_builder *b, const rel_draft *draft) {
  const rel_draft *sharer = rel_draft_table_sharer(draft);
  if (sharer == NULL) return;
  check_same_key(b, draft, sharer);
  check_same_columns(b, draft, sharer);
  if (draft->discriminator_value == NULL && sharer->model->discriminator != NULL)
    rel_report(rel_at_draft(b, draft),
               "shares the table \"%.*s\" of %.*s: write discriminator { value: } for its rows, or a table "
               "of its own",
               REL_STR_A(draft->model->table), REL_STR_A(sharer->model->name));
}

static bool has_value(const rel_draft *draft) {
  return draft->has_tag && !draft->model->abstract;
}

// By what the values mean: an enum's may be written by name or by number.
static int compare_tags(const rel_draft *a, const rel_draft *b) {
  return rel_tag_cmp(a->model->discriminator, &a->discriminator_tag, &b->discriminator_tag);
}

static int compare_values(const void *left, const void *right) {
  const rel_draft *a = *(rel_draft *const *)left, *b = *(rel_draft *const *)right;
  int order = rel_str_cmp(a->model->table, b->model->table);
  if (order == 0) order = compare_tags(a, b);
  return order != 0 ? order : (a > b) - (a < b);
}

// Two models with one value would each claim the other's rows.
static void check_distinct_values(rel_builder *b) {
  rel_draft **sorted = REL_ARENA_ARRAY(&b->scratch, rel_draft *, b->draft_count);
  size_t count = 0;
  for (size_t i = 0; i < b->draft_count; i++)
    if (has_value(&b->drafts[i])) sorted[count++] = &b->drafts[i];
  qsort(sorted, count, sizeof *sorted, compare_values);
  for (size_t i = 1; i < count; i++)
    if (rel_str_eq(sorted[i]->model->table, sorted[i - 1]->model->table) &&
        compare_tags(sorted[i], sorted[i - 1]) == 0)
      rel_report(rel_at_draft(b, sorted[i]), "discriminator: \"%s\" is the value of %.*s already",
                 sorted[i]->discriminator_value, REL_STR_A(sorted[i - 1]->model->name));
}

static void give_tag(rel_model *to, const rel_draft *of, bool count_only) {
  if (!count_only) to->discriminator_tags[to->discriminator_tag_count] = of->discriminator_tag;
  to->discriminator_tag_count++;
}

// Gives the draft's value to itself and to its ancestors on the same table; first only counts.
static void spread_value(rel_draft *draft, bool count_only) {
  give_tag(draft->model, draft, count_only);
  for (size_t i = 0; i < draft->ancestor_count; i++) {
    rel_draft *to = draft->ancestors[i];
    if (has_value(to) && rel_str_eq(to->model->table, draft->model->table))
      give_tag(to->model, draft, count_only);
  }
}

static void collect_values(rel_builder *b) {
  for (size_t i = 0; i < b->draft_count; i++)
    if (has_value(b->by_depth[i])) spread_value(b->by_depth[i], true);
  for (size_t i = 0; i < b->draft_count; i++) {
    rel_model *model = b->drafts[i].model;
    model->discriminator_tags = REL_ARENA_ARRAY(b->arena, rel_tag, model->discriminator_tag_count);
    model->discriminator_tag_count = 0;
  }
  // Ancestors come first, so each model's own value is the first of its list.
  for (size_t i = 0; i < b->draft_count; i++) {
    rel_draft *draft = b->by_depth[i];
    if (!has_value(draft)) continue;
    draft->discriminator_tag.text = rel_arena_copy(b->arena, draft->discriminator_tag.text);
    spread_value(draft, false);
  }
}

void rel_build_tables(rel_builder *b) {
  for (size_t i = 0; i < b->draft_count; i++)
    set_discriminator(b, b->by_depth[i]);
  for (size_t i = 0; i < b->draft_count; i++)
    check_shared(b, &b->drafts[i]);
  check_distinct_values(b);
  collect_values(b);
}
