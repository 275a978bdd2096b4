// RelationService's Aggregate: the request becomes a select of groups, which query.c runs. What it says of a
// group beside its keys are functions: the rows of common/operators.h, whose SQL the store writes.
#include "server/handlers/query.h"

#include "common/ascii.h"
#include "server/query/filter.h"
#include "server/query/terms.h"

#include <stdio.h>

typedef Relations__V1__AggregateRequest aggregate_request;

enum { MAX_TERMS = 32, MAX_KEYS = 16 };

// --- The functions ---

// What the results of a function are; see common/operators.h.
typedef enum result { RESULT_COUNT, RESULT_OWN, RESULT_SUM, RESULT_MEAN } result;

typedef struct function_row {
  const char *written;
  unsigned fits; // kinds of fields, as bits
  result result;
} function_row;

#define BIT(kind) (1u << (kind))
#define NUMBERS   (BIT(REL_CONSTANT_INT) | BIT(REL_CONSTANT_REAL) | BIT(REL_CONSTANT_DECIMAL))
#define ANY       (~BIT(REL_CONSTANT_NONE))

// By their numbers.
static const function_row functions[] = {
#define ROW(fits, name, word, written, result) [REL_AGGREGATE_##name] = {written, fits, RESULT_##result},
    REL_AGGREGATES_OF_ANY(ROW, ANY)         // "count"
    REL_AGGREGATES_OF_NUMBERS(ROW, NUMBERS) // "sum"
#undef ROW
};

// NULL when there is none of the number.
static const function_row *find_function(Relations__V1__AggregateFunction number) {
  switch (number) { // so that one of the contract without a row does not compile
#define CASE(with, name, ...) case RELATIONS__V1__AGGREGATE_FUNCTION__AGGREGATE_FUNCTION_##name:
    REL_AGGREGATES(CASE, )
#undef CASE
    return &functions[number];
  case RELATIONS__V1__AGGREGATE_FUNCTION__AGGREGATE_FUNCTION_UNSPECIFIED:
  case _RELATIONS__V1__AGGREGATE_FUNCTION_IS_INT_SIZE:
    break;
  }
  return NULL;
}

// A field that holds the results.
static rel_field result_field(const function_row *row, const rel_field *field) {
  rel_field integer = {.type = REL_TYPE_INT64, .has_column = true};
  rel_field decimal = {.type = REL_TYPE_STRING, .has_column = true, .decimal = true};
  rel_field real = {.type = REL_TYPE_DOUBLE, .has_column = true};
  if (row->result == RESULT_COUNT) return integer;
  if (row->result == RESULT_OWN) return *field;
  if (rel_field_constant_kind(field) == REL_CONSTANT_REAL) return real;
  return row->result == RESULT_SUM && rel_field_constant_kind(field) == REL_CONSTANT_INT ? integer : decimal;
}

// --- Reading ---

// A grouping while it is read.
typedef struct reader {
  rel_query *q;
  const aggregate_request *request;
  rel_arena *arena;
  rel_grouping *grouping;
  rel_filter_scope scope; // of keys and terms
  rel_group_value *keys;
  rel_aggregate *terms;
  rel_field **fields; // of a group
  size_t field_count;
  rel_error *error;
} reader;

static bool is_name(rel_str name) {
  enum { LONGEST = 256 };
  for (size_t i = 0; i < name.len; i++)
    if (!rel_is_word(name.ptr[i])) return false;
  return name.len > 0 && name.len <= LONGEST && !rel_is_digit(name.ptr[0]);
}

// Adds a field to those of a group.
static rel_code add_field(reader *r, const char *path, rel_str name, const rel_field *like) {
  if (!is_name(name))
    return rel_fail_field(r->error, REL_INVALID, path,
                          "\"%.100s\" is no name: letters, digits and _ make one", name.ptr);
  for (size_t i = 0; i < r->field_count; i++)
    if (rel_str_eq(r->fields[i]->name, name))
      return rel_fail_field(r->error, REL_INVALID, path,
                            "\"%.100s\" stands there twice: give one of them another name", name.ptr);
  rel_field *field = REL_ARENA_NEW(r->arena, rel_field);
  *field = *like;
  field->name = name;
  field->column = rel_arena_printf(r->arena, "v%zu", r->field_count);
  field->number = (uint32_t)r->field_count + 1;
  field->oneof = 0;
  r->fields[r->field_count++] = field;
  return REL_OK;
}

static rel_str undotted(reader *r, rel_str name) {
  rel_buf text = {0};
  rel_buf_undotted(&text, name);
  rel_str copy = rel_arena_copy(r->arena, rel_buf_view(&text));
  rel_buf_fini(&text);
  return copy;
}

static rel_code read_key(reader *r, size_t index) {
  char path[32];
  snprintf(path, sizeof path, "group_by[%zu]", index);
  rel_str name = rel_cstr(r->request->group_by[index]);
  rel_code code = rel_group_value_read(&r->scope, name, path, &r->keys[index], r->error);
  return code == REL_OK ? add_field(r, path, undotted(r, name), r->keys[index].field) : code;
}

static rel_code check_fit(reader *r, const char *path, const function_row *row, const rel_field *field) {
  if (row->fits >> rel_field_constant_kind(field) & 1) return REL_OK;
  return rel_fail_field(r->error, REL_INVALID, path, "%s does not fit " REL_STR_F ", which is %s",
                        row->written, REL_STR_A(field->name), rel_field_describe(field));
}

static rel_code read_term(reader *r, size_t index) {
  const Relations__V1__AggregateTerm *proto = r->request->terms[index];
  const function_row *row = find_function(proto->function);
  bool has_field = proto->field[0] != '\0';
  char path[40], field_path[40];
  snprintf(path, sizeof path, "terms[%zu].function", index);
  snprintf(field_path, sizeof field_path, "terms[%zu].field", index);
  if (row == NULL)
    return rel_fail_field(r->error, REL_INVALID, path, "function %d is unknown", (int)proto->function);
  if (!has_field && proto->function != RELATIONS__V1__AGGREGATE_FUNCTION__AGGREGATE_FUNCTION_COUNT)
    return rel_fail_field(r->error, REL_INVALID, field_path, "%s of which field?", row->written);
  rel_aggregate *term = &r->terms[index];
  term->function = (rel_aggregate_function)proto->function;
  rel_code code = REL_OK;
  if (has_field)
    code = rel_group_value_read(&r->scope, rel_cstr(proto->field), field_path, &term->of, r->error);
  if (code == REL_OK && has_field) code = check_fit(r, path, row, term->of.field);
  if (code != REL_OK) return code;
  rel_str name = rel_cstr(proto->name);
  if (name.len == 0 && has_field)
    name = undotted(r, rel_arena_printf(r->arena, "%s_%s", row->written, proto->field));
  if (name.len == 0) name = rel_cstr(row->written);
  snprintf(path, sizeof path, "terms[%zu].name", index);
  rel_field like = result_field(row, term->of.field);
  return add_field(r, path, name, &like);
}

static rel_code read_fields(reader *r) {
  const aggregate_request *request = r->request;
  if (request->n_terms == 0 && request->n_group_by == 0)
    return rel_fail_field(r->error, REL_INVALID, "terms",
                          "nothing is asked for: set terms, group_by or both");
  if (request->n_terms > MAX_TERMS)
    return rel_fail_field(r->error, REL_INVALID, "terms", "at most %d terms", MAX_TERMS);
  if (request->n_group_by > MAX_KEYS)
    return rel_fail_field(r->error, REL_INVALID, "group_by", "at most %d fields", MAX_KEYS);
  r->keys = REL_ARENA_ARRAY(r->arena, rel_group_value, request->n_group_by);
  r->terms = REL_ARENA_ARRAY(r->arena, rel_aggregate, request->n_terms);
  r->fields = REL_ARENA_ARRAY(r->arena, rel_field *, request->n_group_by + request->n_terms);
  rel_code code = REL_OK;
  for (size_t i = 0; i < request->n_group_by && code == REL_OK; i++)
    code = read_key(r, i);
  for (size_t i = 0; i < request->n_terms && code == REL_OK; i++)
    code = read_term(r, i);
  return code;
}

static rel_code read_having(reader *r) {
  rel_filter_scope scope = {.model = r->grouping->model, .arena = r->arena};
  const rel_condition *parts[2] = {NULL};
  rel_code code = rel_filter_from_proto(&scope, r->request->having, "having", &parts[0], r->error);
  if (code == REL_OK)
    code = rel_filter_parse(&scope, rel_cstr(r->request->having_text), "having_text", &parts[1], r->error);
  if (code == REL_OK) r->grouping->having = rel_condition_all(r->arena, parts, 2);
  return code;
}

// The keys come last in any order.
static rel_code read_order(reader *r) {
  rel_terms terms = {.model = r->grouping->model, .arena = r->arena, .by_value = true};
  rel_terms_begin(&terms, r->grouping->key_count);
  rel_code code = rel_terms_read(&terms, r->request->order_by, r->request->n_order_by, r->error);
  for (size_t i = 0; i < r->grouping->key_count; i++)
    rel_terms_add(&terms, r->fields[i], false);
  r->q->select.order = terms.items;
  r->q->select.order_count = terms.count;
  return code;
}

static rel_code read_page(reader *r) {
  aggregate_request bound = *r->request;
  bound.budget = NULL;
  bound.page_size = 0;
  bound.page_token = (char *)(uintptr_t) "";
  const ProtobufCMessage *message = &bound.base;
  rel_query_page page = {
      .size = r->request->page_size, .token = r->request->page_token, .bound = &message, .bound_count = 1};
  return rel_query_read_page(r->q, &page, r->error);
}

static rel_code read_grouping(reader *r) {
  r->scope = (rel_filter_scope){.model = r->q->select.model, .arena = r->arena};
  rel_code code = read_fields(r);
  if (code != REL_OK) return code;
  rel_str name = rel_arena_printf(r->arena, "a group of " REL_STR_F, REL_STR_A(r->q->select.model->name));
  rel_grouping *g = r->grouping = REL_ARENA_NEW(r->arena, rel_grouping);
  *g = (rel_grouping){.keys = r->keys,
                      .key_count = r->request->n_group_by,
                      .terms = r->terms,
                      .term_count = r->request->n_terms,
                      .model = rel_model_of_fields(name, r->fields, r->field_count, r->arena)};
  r->q->select.grouping = g;
  code = read_having(r);
  if (code == REL_OK) code = read_order(r);
  return code == REL_OK ? read_page(r) : code;
}

rel_code rel_query_read_groups(rel_query *q, const aggregate_request *request, rel_error *error) {
  reader r = {.q = q, .request = request, .arena = rel_call_arena(q->call), .error = error};
  rel_code code = rel_query_read_target(q, request->target, request->budget, error);
  return code == REL_OK ? read_grouping(&r) : code;
}

static rel_code read_request(rel_query *q, rel_error *error) {
  ProtobufCMessage *message;
  rel_code code = rel_call_unpack(q->call, &relations__v1__aggregate_request__descriptor, &message, error);
  return code == REL_OK ? rel_query_read_groups(q, (const aggregate_request *)message, error) : code;
}

// --- Answers ---

static const rel_query_writer writer = {.records = rel_query_write_set};

void rel_handle_aggregate(rel_call *call, void *context) {
  const rel_services *services = context;
  rel_snapshot *snapshot = rel_registry_pin(services->registry);
  rel_query *q = rel_query_new(call, services, snapshot, REL_SELECT_GROUPS, &writer);
  rel_error error = {0};
  if (read_request(q, &error) == REL_OK)
    rel_query_start(q);
  else
    rel_query_fail(q, &error);
}
