// Aggregates: see relations/aggregate.h. Owns what is built; conditions on groups, their order and their
// pages are built by query.c.
#include "client/runtime/aggregate.h"

static void free_columns(rel_aggregate_column *columns, size_t count) {
  for (size_t i = 0; i < count; i++) {
    free(columns[i].name);
    free(columns[i].field);
  }
}

void rel_aggregates_free(rel_sdk_aggregate *first) {
  for (rel_sdk_aggregate *one = first, *next; one != NULL; one = next) {
    next = one->next;
    free_columns(one->keys, one->key_count);
    free_columns(one->terms, one->term_count);
    if (one->whole == one) rel_query_fini(&one->having);
    free(one->path);
    free(one);
  }
}

static rel_sdk_aggregate *add_aggregate(rel_sdk_query *query) {
  rel_sdk_aggregate *made = REL_NEW(rel_sdk_aggregate);
  made->next = query->aggregates;
  query->aggregates = made;
  return made;
}

rel_sdk_aggregate *rel_sdk_query_aggregate(rel_sdk_query *query) {
  rel_query_refuse_in_group(query, "aggregate");
  rel_sdk_aggregate *made = add_aggregate(query);
  made->whole = made;
  made->path = rel_strdup(rel_cstr(""));
  made->query = query;
  rel_query_init(&made->having, query->client, query->model);
  return made;
}

rel_sdk_aggregate *rel_sdk_aggregate_along(rel_sdk_aggregate *aggregate, const char *relation) {
  rel_sdk_aggregate *part = add_aggregate(aggregate->whole->query);
  rel_buf path = {0};
  rel_buf_printf(&path, "%s%s.", aggregate->path, relation);
  part->whole = aggregate->whole;
  part->path = rel_strdup(rel_buf_view(&path));
  rel_buf_fini(&path);
  return part;
}

// --- Columns ---

static bool has_name(const rel_aggregate_column *columns, size_t count, rel_str name) {
  for (size_t i = 0; i < count; i++)
    if (rel_str_is(name, columns[i].name)) return true;
  return false;
}

// Fields of the model too: one that is grouped by later keeps its own name.
static bool is_taken(const rel_sdk_aggregate *aggregate, rel_str name) {
  const ProtobufCMessageDescriptor *record = aggregate->query->model->descriptor;
  for (unsigned i = 0; i < record->n_fields; i++)
    if (rel_str_is(name, record->fields[i].name)) return true;
  return has_name(aggregate->keys, aggregate->key_count, name) ||
         has_name(aggregate->terms, aggregate->term_count, name);
}

static char *key_name(const char *field) {
  rel_buf name = {0};
  rel_buf_undotted(&name, rel_cstr(field));
  char *copy = rel_strdup(rel_buf_view(&name));
  rel_buf_fini(&name);
  return copy;
}

// What the server would call it, with "_" behind it as often as that is taken.
static char *name_of(const rel_sdk_aggregate *aggregate, rel_sdk_function function, const char *field) {
  static const char *const functions[] = {"", "count", "count_distinct", "sum", "min", "max", "avg"};
  rel_buf name = {0};
  rel_buf_cstr(&name, functions[function]);
  if (field != NULL) {
    rel_buf_cstr(&name, "_");
    rel_buf_undotted(&name, rel_cstr(field));
  }
  while (is_taken(aggregate, rel_buf_view(&name)))
    rel_buf_cstr(&name, "_");
  char *copy = rel_strdup(rel_buf_view(&name));
  rel_buf_fini(&name);
  return copy;
}

static bool same_field(const char *a, const char *b) {
  return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static rel_term refuse(rel_sdk_aggregate *aggregate, const char *field, const char *why) {
  rel_query_remember(&aggregate->having, field, why);
  return (rel_term){.of = aggregate, .index = UINT32_MAX};
}

// The field with the part's path before it; NULL of NULL. The caller's.
static char *field_of(const rel_sdk_aggregate *part, const char *field) {
  rel_buf whole = {0};
  if (field == NULL) return NULL;
  rel_buf_printf(&whole, "%s%s", part->path, field);
  char *copy = rel_strdup(rel_buf_view(&whole));
  rel_buf_fini(&whole);
  return copy;
}

// Takes the field, which is a new one's or nobody's any more.
static rel_term add_key(rel_sdk_aggregate *whole, char *take_field, rel_sdk_result result) {
  size_t index = 0;
  while (index < whole->key_count && !same_field(whole->keys[index].field, take_field))
    index++;
  if (index == whole->key_count && index < REL_AGGREGATE_MAX_KEYS)
    whole->keys[whole->key_count++] =
        (rel_aggregate_column){.name = key_name(take_field), .field = take_field, .result = result};
  else
    free(take_field);
  return (rel_term){whole, (uint32_t)index, true};
}

rel_term rel_sdk_aggregate_group_by(rel_sdk_aggregate *aggregate, const char *field, rel_sdk_result result) {
  rel_term term = add_key(aggregate->whole, field_of(aggregate, field), result);
  if (term.index < REL_AGGREGATE_MAX_KEYS) return term;
  return refuse(aggregate->whole, field, "at most 16 fields can be grouped by");
}

static rel_term add_term(rel_sdk_aggregate *whole, rel_sdk_function function, char *take_field,
                         rel_sdk_result result) {
  size_t index = 0;
  while (index < whole->term_count &&
         (whole->terms[index].function != function || !same_field(whole->terms[index].field, take_field)))
    index++;
  if (index == whole->term_count && index < REL_AGGREGATE_MAX_TERMS)
    whole->terms[whole->term_count++] =
        (rel_aggregate_column){name_of(whole, function, take_field), take_field, function, result};
  else
    free(take_field);
  return (rel_term){whole, (uint32_t)index, false};
}

rel_term rel_sdk_aggregate_term(rel_sdk_aggregate *aggregate, rel_sdk_function function, const char *field,
                                rel_sdk_result result) {
  rel_term term = add_term(aggregate->whole, function, field_of(aggregate, field), result);
  if (term.index < REL_AGGREGATE_MAX_TERMS) return term;
  return refuse(aggregate->whole, field != NULL ? field : "count", "at most 32 terms in one aggregate");
}

// --- Which groups, in which order ---

// What is wrong with a term that was refused is remembered already.
static const char *column_name(rel_term term) {
  if (term.index == UINT32_MAX) return "";
  return term.is_key ? term.of->keys[term.index].name : term.of->terms[term.index].name;
}

void rel_having(rel_term term, rel_sdk_operator operator_, rel_sdk_value value) {
  rel_sdk_query_where(&term.of->having, column_name(term), operator_, value);
}

void rel_having_null(rel_term term, bool is) {
  rel_sdk_query_where_null(&term.of->having, column_name(term), is);
}

void rel_aggregate_order_by(rel_term term, bool descending) {
  rel_sdk_query_order_by(&term.of->having, column_name(term), descending, false);
}

void rel_aggregate_order_by_nulls_first(rel_term term, bool descending) {
  rel_sdk_query_order_by(&term.of->having, column_name(term), descending, true);
}

void rel_sdk_aggregate_group(rel_sdk_aggregate *aggregate, rel_sdk_group group) {
  rel_sdk_query_group(&aggregate->whole->having, group);
}

void rel_sdk_aggregate_end(rel_sdk_aggregate *aggregate) {
  rel_sdk_query_end(&aggregate->whole->having);
}

void rel_sdk_aggregate_having(rel_sdk_aggregate *aggregate, const char *text) {
  rel_sdk_query_filter(&aggregate->whole->having, text);
}

void rel_sdk_aggregate_limit(rel_sdk_aggregate *aggregate, uint32_t limit) {
  rel_sdk_query_limit(&aggregate->whole->having, limit);
}

void rel_sdk_aggregate_page(rel_sdk_aggregate *aggregate, const char *token) {
  rel_sdk_query_page(&aggregate->whole->having, token);
}
