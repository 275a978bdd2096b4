// A query's rows gathered into groups: the inner select, which sqlite_select.c reads as a table.
//
//   (SELECT min(t."kind") AS k0, count(*) AS v0, … FROM books AS t WHERE … GROUP BY t."kind") AS t
//
// What is grouped by, and what is counted once, is what a value means; what a group tells of it is one of the
// forms in which it stands there, always the same one. A column that compares well as it is stays as it is,
// so that its index and its collation serve; its values are then checked by an aggregate beside it.
#include "server/store/sqlite_functions.h"
#include "server/store/sqlite_writer.h"

static void put(rel_sqlite_writer *w, const char *text) {
  rel_buf_cstr(&w->sql, text);
}

// Another field of the record where the value is.
static void put_beside(rel_sqlite_writer *w, const rel_group_value *value, const rel_field *field) {
  unsigned joined;
  const rel_sort_term there = {.field = field, .path = value->path, .path_count = value->path_count};
  if (rel_sqlite_joined(w, value, &joined))
    rel_sqlite_put_column(&w->sql, joined, field);
  else if (value->path_count > 0)
    rel_sqlite_put_value_along(w, &there);
  else
    rel_sqlite_put_column(&w->sql, w->table, field);
}

static void put_column(rel_sqlite_writer *w, const rel_group_value *value) {
  put_beside(w, value, value->field);
}

static const rel_model *model_of(const rel_sqlite_writer *w, const rel_group_value *value) {
  return value->path_count > 0 ? value->path[value->path_count - 1]->relation->target : w->model;
}

// --- Calls of our own functions ---

static const rel_sqlite_subject *subject_of(rel_sqlite_writer *w, const rel_group_value *value) {
  rel_sqlite_subject *subject = REL_ARENA_NEW(w->arena, rel_sqlite_subject);
  const rel_model *model = subject->model = model_of(w, value);
  subject->fields[subject->count++] = value->field;
  for (size_t i = 0; i < model->primary_key_count; i++)
    subject->fields[subject->count++] = model->primary_key[i];
  return subject;
}

// "name(?1, t.field, t.id)"
static void put_call(rel_sqlite_writer *w, const char *name, const rel_group_value *value) {
  const rel_sqlite_subject *subject = subject_of(w, value);
  put(w, name);
  put(w, "(");
  rel_sqlite_put_value(w, &(rel_sqlite_binding){.kind = REL_BIND_SUBJECT, .subject = subject});
  for (size_t i = 0; i < subject->count; i++) {
    put(w, ", ");
    put_beside(w, value, subject->fields[i]);
  }
  put(w, ")");
}

// Columns whose values compare as what they mean.
static bool is_plain(const rel_field *field) {
  switch (rel_field_constant_kind(field)) {
  case REL_CONSTANT_BOOL:
  case REL_CONSTANT_INT:
  case REL_CONSTANT_REAL:
  case REL_CONSTANT_TEXT:
    return true;
  default:
    return false;
  }
}

void rel_sqlite_put_meaning(rel_sqlite_writer *w, const rel_group_value *value) {
  if (is_plain(value->field))
    put_column(w, value);
  else
    put_call(w, REL_SQLITE_VALUE, value);
}

// --- Keys ---

// A text is ordered by its column's collation, also when it comes out of an aggregate.
static void put_collation(rel_sqlite_writer *w, const rel_group_value *value) {
  if (rel_field_constant_kind(value->field) != REL_CONSTANT_TEXT) return;
  put(w, " COLLATE ");
  rel_sqlite_put_name(&w->sql, rel_cstr(rel_sqlite_collation(w, model_of(w, value), value->field)));
}

// One form of the values of a group; of texts that a collation takes for equal the one whose bytes come
// first, which is then ordered by that collation.
static void put_form(rel_sqlite_writer *w, const rel_group_value *value) {
  put(w, "min(");
  put_column(w, value);
  if (rel_field_constant_kind(value->field) == REL_CONSTANT_TEXT) put(w, " COLLATE BINARY");
  put(w, ")");
  put_collation(w, value);
}

// --- Terms ---

static void put_plain(rel_sqlite_writer *w, const char *function, const rel_group_value *value) {
  put(w, function);
  put(w, "(");
  put_column(w, value);
  put(w, ")");
}

static void put_count(rel_sqlite_writer *w, const rel_group_value *value) {
  if (value->field == NULL)
    put(w, "count(*)");
  else
    put_plain(w, "count", value);
}

static void put_distinct(rel_sqlite_writer *w, const rel_group_value *value) {
  put(w, "count(DISTINCT ");
  rel_sqlite_put_meaning(w, value);
  put(w, ")");
}

// SQLite's own of what compares as it is, and else ours.
static void put_end(rel_sqlite_writer *w, const char *plain, const char *ours, const rel_group_value *value) {
  if (!is_plain(value->field)) {
    put_call(w, ours, value);
    return;
  }
  put_plain(w, plain, value);
  put_collation(w, value);
}

static void put_min(rel_sqlite_writer *w, const rel_group_value *value) {
  put_end(w, "min", REL_SQLITE_MIN, value);
}

static void put_max(rel_sqlite_writer *w, const rel_group_value *value) {
  put_end(w, "max", REL_SQLITE_MAX, value);
}

static void put_sum(rel_sqlite_writer *w, const rel_group_value *value) {
  put_call(w, REL_SQLITE_SUM, value);
}

static void put_avg(rel_sqlite_writer *w, const rel_group_value *value) {
  put_call(w, REL_SQLITE_AVG, value);
}

// A function's SQL is put_WORD, by the word of its row in common/operators.h.
static void put_aggregate(rel_sqlite_writer *w, const rel_aggregate *a) {
  static void (*const put_function[])(rel_sqlite_writer *, const rel_group_value *) = {
#define PUT(with, name, word, ...) [REL_AGGREGATE_##name] = put_##word,
      REL_AGGREGATES(PUT, )
#undef PUT
  };
  put_function[a->function](w, &a->of);
}

// --- Checks ---

// Whether nothing else looks at every value that the term is about: our own functions do, and what counts
// records or values needs none.
static bool is_unchecked(const rel_aggregate *a) {
  bool is_ours = a->function == REL_AGGREGATE_SUM || a->function == REL_AGGREGATE_AVG;
  return a->function != REL_AGGREGATE_COUNT && !is_ours && is_plain(a->of.field);
}

size_t rel_sqlite_check_count(const rel_grouping *grouping) {
  size_t count = 0;
  for (size_t i = 0; i < grouping->key_count; i++)
    count += is_plain(grouping->keys[i].field);
  for (size_t i = 0; i < grouping->term_count; i++)
    count += is_unchecked(&grouping->terms[i]);
  return count;
}

static void put_check(rel_sqlite_writer *w, const rel_group_value *value, size_t *number) {
  put(w, ", ");
  put_call(w, REL_SQLITE_CHECK, value);
  rel_buf_printf(&w->sql, " AS c%zu", (*number)++);
}

static void put_checks(rel_sqlite_writer *w, const rel_grouping *grouping) {
  size_t number = 0;
  for (size_t i = 0; i < grouping->key_count; i++)
    if (is_plain(grouping->keys[i].field)) put_check(w, &grouping->keys[i], &number);
  for (size_t i = 0; i < grouping->term_count; i++)
    if (is_unchecked(&grouping->terms[i])) put_check(w, &grouping->terms[i].of, &number);
}

// --- The table ---

static void put_columns(rel_sqlite_writer *w, const rel_grouping *grouping) {
  for (size_t i = 0; i < grouping->model->field_count; i++) {
    if (i > 0) put(w, ", ");
    if (i < grouping->key_count)
      put_form(w, &grouping->keys[i]);
    else
      put_aggregate(w, &grouping->terms[i - grouping->key_count]);
    put(w, " AS ");
    rel_sqlite_put_name(&w->sql, grouping->model->fields[i]->column);
  }
  put_checks(w, grouping);
}

void rel_sqlite_put_groups(rel_sqlite_writer *w, const rel_select *select) {
  const rel_grouping *grouping = select->grouping;
  const rel_model *outer = w->model;
  w->model = select->model;
  rel_sqlite_joins_plan(w, grouping);
  put(w, "(SELECT ");
  put_columns(w, grouping);
  rel_sqlite_put_rows(w, select);
  for (size_t i = 0; i < grouping->key_count; i++) {
    put(w, i == 0 ? " GROUP BY " : ", ");
    rel_sqlite_put_meaning(w, &grouping->keys[i]);
  }
  put(w, ") AS t");
  w->joins = NULL; // of the inner select
  w->model = outer;
}
