// Groups: see query_groups.h.
#include "client/cli/query_groups.h"

#include "client/cli/budget.h"
#include "client/cli/explain.h"
#include "client/cli/json.h"
#include "client/cli/query_args.h"
#include "client/cli/record.h"
#include "client/cli/table.h"
#include "common/operators.h"
#include "server/query/order.h"

enum { PAGE_GROUPS = 1000 };

bool rel_query_groups_wanted(const rel_args *args) {
  return rel_args_get(args, "aggregate") != NULL || rel_args_get(args, "group-by") != NULL;
}

// --- Arguments ---

static size_t count_parts(const char *text) {
  size_t parts = 1;
  for (; *text != '\0'; text++)
    parts += *text == ',';
  return parts;
}

static const struct {
  const char *name;
  Relations__V1__AggregateFunction function;
} functions[] = {
#define ROW(with, name, word, written, ...)                                                                  \
  {written, RELATIONS__V1__AGGREGATE_FUNCTION__AGGREGATE_FUNCTION_##name},
    REL_AGGREGATES(ROW, )
#undef ROW
};

static bool read_function(rel_str name, Relations__V1__AggregateTerm *out) {
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
    if (!rel_str_is(name, functions[i].name)) continue;
    out->function = functions[i].function;
    return true;
  }
  return false;
}

// As the server calls it: the function and the field, in which a dot is a _.
static rel_str name_of(rel_arena *arena, rel_str function, rel_str field) {
  rel_buf text = {0};
  rel_buf_str(&text, function);
  if (field.len > 0) rel_buf_cstr(&text, "_");
  rel_buf_undotted(&text, field);
  rel_str name = rel_arena_copy(arena, rel_buf_view(&text));
  rel_buf_fini(&text);
  return name;
}

// "sum(pages) as total"
static bool read_term(rel_str text, rel_arena *arena, Relations__V1__AggregateTerm *out) {
  relations__v1__aggregate_term__init(out);
  if ((strchr(text.ptr, '(') != NULL) != (strchr(text.ptr, ')') != NULL)) return false;
  rel_str call = rel_str_cut(&text, ')'), function = rel_str_cut(&call, '(');
  rel_str field = rel_str_trim(call);
  if (field.len == 0) { // no parentheses: the function's name ends at a space
    rel_str all = rel_str_trim(function);
    function = rel_str_cut(&all, ' ');
    text = all;
  }
  if (!read_function(rel_str_trim(function), out)) return false;
  text = rel_str_trim(text);
  if (text.len > 0 && !rel_str_is(rel_str_cut(&text, ' '), "as")) return false;
  rel_str name = rel_str_trim(text);
  if (name.len == 0) name = name_of(arena, rel_str_trim(function), field);
  out->field = (char *)(uintptr_t)rel_arena_copy(arena, field).ptr;
  out->name = (char *)(uintptr_t)rel_arena_copy(arena, name).ptr;
  return true;
}

rel_code rel_query_terms_parse(const char *text, rel_arena *arena, Relations__V1__AggregateTerm ***out,
                               size_t *count, rel_error *error) {
#define CALL(with, name, word, written, ...) ", " written "(field)"
  static const char known[] = "count" REL_AGGREGATES(CALL, );
#undef CALL
  rel_str rest = rel_cstr(text);
  *count = count_parts(text);
  *out = REL_ARENA_ARRAY(arena, Relations__V1__AggregateTerm *, *count);
  for (size_t i = 0; i < *count; i++) {
    rel_str term = rel_arena_copy(arena, rel_str_trim(rel_str_cut(&rest, ','))); // ends in NUL
    (*out)[i] = REL_ARENA_NEW(arena, Relations__V1__AggregateTerm);
    if (read_term(term, arena, (*out)[i])) continue;
    return rel_fail(error, REL_INVALID,
                    "--aggregate: \"" REL_STR_F "\" is none of %s, with \"as name\" behind it or not",
                    REL_STR_A(term), known);
  }
  return REL_OK;
}

static rel_code read_request(const rel_args *args, rel_arena *arena, Relations__V1__AggregateRequest *request,
                             rel_error *error) {
  const char *terms = rel_args_get(args, "aggregate"), *keys = rel_args_get(args, "group-by");
  const char *order = rel_args_get(args, "order"), *having = rel_args_get(args, "having");
  const char *page = rel_args_get(args, "page");
  uint64_t limit;
  rel_code code = rel_args_number(args, "limit", INT32_MAX, 0, &limit, error);
  if (code == REL_OK && terms != NULL)
    code = rel_query_terms_parse(terms, arena, &request->terms, &request->n_terms, error);
  if (code == REL_OK && order != NULL)
    code = rel_order_parse(rel_cstr(order), arena, &request->order_by, &request->n_order_by, error);
  if (code != REL_OK) return code;
  if (keys != NULL) request->group_by = rel_query_names(keys, arena, &request->n_group_by);
  if (having != NULL) request->having_text = (char *)(uintptr_t)having;
  if (page != NULL) request->page_token = (char *)(uintptr_t)page;
  request->page_size = (int32_t)limit;
  return rel_budget_read(args, arena, &request->budget, error);
}

// --- Values ---

static rel_value value_of(const Relations__V1__Value *value) {
  switch (value->kind_case) {
  case RELATIONS__V1__VALUE__KIND_BOOL_VALUE:
    return (rel_value){.kind = REL_VALUE_BOOL, .natural = value->bool_value != 0};
  case RELATIONS__V1__VALUE__KIND_INT64_VALUE:
    return (rel_value){.kind = REL_VALUE_INT, .wide = true, .integer = value->int64_value};
  case RELATIONS__V1__VALUE__KIND_UINT64_VALUE:
    return (rel_value){.kind = REL_VALUE_UINT, .wide = true, .natural = value->uint64_value};
  case RELATIONS__V1__VALUE__KIND_DOUBLE_VALUE:
    return (rel_value){.kind = REL_VALUE_DOUBLE, .real = value->double_value};
  case RELATIONS__V1__VALUE__KIND_STRING_VALUE:
    return (rel_value){.kind = REL_VALUE_TEXT, .bytes = rel_cstr(value->string_value)};
  case RELATIONS__V1__VALUE__KIND_BYTES_VALUE:
    return (rel_value){.kind = REL_VALUE_BYTES,
                       .bytes = rel_bytes(value->bytes_value.data, value->bytes_value.len)};
  case RELATIONS__V1__VALUE__KIND_TIMESTAMP_VALUE:
    return (rel_value){.kind = REL_VALUE_TIME,
                       .integer = value->timestamp_value->seconds,
                       .nanos = value->timestamp_value->nanos};
  default:
    return (rel_value){.kind = REL_VALUE_NULL};
  }
}

// --- Names of enums ---

typedef struct enum_names {
  Relations__V1__EnumValue **items;
  size_t count;
} enum_names;

static void copy_names(const Relations__V1__Field *field, rel_arena *arena, enum_names *out) {
  out->count = field->n_enum_values;
  out->items = REL_ARENA_ARRAY(arena, Relations__V1__EnumValue *, out->count);
  for (size_t i = 0; i < out->count; i++) {
    out->items[i] = REL_ARENA_NEW(arena, Relations__V1__EnumValue);
    *out->items[i] = *field->enum_values[i];
    out->items[i]->name = (char *)(uintptr_t)rel_arena_copy(arena, rel_cstr(field->enum_values[i]->name)).ptr;
  }
}

// Of the field of the model, or of one that relations lead to, "author.country"; what there is not is for the
// server to refuse.
static rel_code find_names(rel_client *client, const Relations__V1__Model *model, const char *path,
                           rel_arena *arena, enum_names *out, rel_error *error) {
  size_t len = strcspn(path, ".");
  const Relations__V1__Field *field = rel_record_field(model, path);
  if (field != NULL) copy_names(field, arena, out);
  for (size_t i = 0; path[len] == '.' && i < model->n_relations; i++) {
    const Relations__V1__EffectiveRelation *relation = model->relations[i];
    if (strlen(relation->name) != len || memcmp(relation->name, path, len) != 0) continue;
    Relations__V1__DescribeModelResponse *described;
    rel_code code = rel_remote_model(client, relation->model, &described, error);
    if (code == REL_OK) code = find_names(client, described->model, path + len + 1, arena, out, error);
    relations__v1__describe_model_response__free_unpacked(described, NULL);
    return code;
  }
  return REL_OK;
}

// Whether the values of a function are those of its field.
static bool is_of_field(Relations__V1__AggregateFunction function) {
  return function == RELATIONS__V1__AGGREGATE_FUNCTION__AGGREGATE_FUNCTION_MIN ||
         function == RELATIONS__V1__AGGREGATE_FUNCTION__AGGREGATE_FUNCTION_MAX;
}

static rel_code find_all_names(rel_client *client, const Relations__V1__Model *model,
                               const Relations__V1__AggregateRequest *request, rel_arena *arena,
                               enum_names **out, rel_error *error) {
  rel_code code = REL_OK;
  *out = REL_ARENA_ARRAY(arena, enum_names, request->n_group_by + request->n_terms);
  for (size_t i = 0; i < request->n_group_by && code == REL_OK; i++)
    code = find_names(client, model, request->group_by[i], arena, &(*out)[i], error);
  for (size_t i = 0; i < request->n_terms && code == REL_OK; i++)
    if (is_of_field(request->terms[i]->function))
      code =
          find_names(client, model, request->terms[i]->field, arena, &(*out)[request->n_group_by + i], error);
  return code;
}

// --- Printing ---

typedef struct printer {
  const Relations__V1__AggregateRequest *request;
  const enum_names *names; // of each column
  size_t columns;
  bool json;
  bool tokens; // the pages' tokens are wanted
  FILE *out;
  rel_table table;
} printer;

static const char *column_name(const printer *p, size_t index) {
  const Relations__V1__AggregateRequest *request = p->request;
  return index < request->n_group_by ? request->group_by[index]
                                     : request->terms[index - request->n_group_by]->name;
}

static rel_value group_value(const printer *p, const Relations__V1__AggregateGroup *group, size_t index) {
  bool is_key = index < group->n_keys;
  rel_value value = value_of(is_key ? group->keys[index] : group->values[index - group->n_keys]);
  rel_value_name(p->names[index].items, p->names[index].count, &value);
  return value;
}

static void print_json(const printer *p, const Relations__V1__AggregateGroup *group) {
  rel_buf line = {0};
  for (size_t i = 0; i < p->columns; i++) {
    rel_value value = group_value(p, group, i);
    rel_buf_cstr(&line, i == 0 ? "{" : ",");
    rel_json_string(&line, rel_cstr(column_name(p, i)));
    rel_buf_cstr(&line, ":");
    rel_value_json(&value, &line);
  }
  rel_buf_cstr(&line, "}\n");
  fwrite(line.data, 1, line.len, p->out);
  rel_buf_fini(&line);
}

static void add_row(printer *p, const Relations__V1__AggregateGroup *group) {
  rel_buf text = {0};
  rel_table_row *row = rel_table_row_add(&p->table);
  for (size_t i = 0; i < p->columns; i++) {
    rel_value value = group_value(p, group, i);
    text.len = 0;
    rel_value_text(&value, &text);
    rel_table_set(&p->table, row, i, rel_buf_view(&text));
  }
  rel_buf_fini(&text);
}

static rel_code take_groups(printer *p, const Relations__V1__AggregateResponse *answer, rel_error *error) {
  for (size_t i = 0; i < answer->n_groups; i++) {
    const Relations__V1__AggregateGroup *group = answer->groups[i];
    if (group->n_keys != p->request->n_group_by || group->n_values != p->request->n_terms)
      return rel_fail(error, REL_INTERNAL,
                      "the server's answer is broken: a group of other values than asked for");
    if (p->json)
      print_json(p, group);
    else
      add_row(p, group);
  }
  return REL_OK;
}

// With --limit one page of that size; else all of them.
static rel_code ask(printer *p, rel_client *client, rel_arena *arena,
                    Relations__V1__AggregateRequest *request, rel_error *error) {
  bool all = request->page_size == 0, more = true;
  rel_code code = REL_OK;
  if (all) request->page_size = PAGE_GROUPS;
  while (code == REL_OK && more) {
    ProtobufCMessage *message;
    code = rel_client_invoke(client, "/relations.v1.RelationService/Aggregate", &request->base,
                             &relations__v1__aggregate_response__descriptor, &message, error);
    if (code != REL_OK) return code;
    const Relations__V1__AggregateResponse *answer = (const Relations__V1__AggregateResponse *)message;
    code = take_groups(p, answer, error);
    bool behind = answer->next_page_token[0] != '\0';
    more = all && behind;
    if (p->tokens && behind && !all) fprintf(stderr, "the page behind: --page %s\n", answer->next_page_token);
    request->page_token = (char *)(uintptr_t)rel_arena_copy(arena, rel_cstr(answer->next_page_token)).ptr;
    protobuf_c_message_free_unpacked(message, NULL);
  }
  return code;
}

static rel_code explain(const rel_args *args, rel_client *client, Relations__V1__AggregateRequest *request,
                        FILE *out, rel_error *error) {
  Relations__V1__ExplainRequest explained = RELATIONS__V1__EXPLAIN_REQUEST__INIT;
  explained.request_case = RELATIONS__V1__EXPLAIN_REQUEST__REQUEST_AGGREGATE;
  explained.aggregate = request;
  return rel_explain_print(client, &explained, rel_args_get(args, "json") != NULL, out, error);
}

rel_code rel_query_groups_print(const rel_args *args, rel_client *client, rel_arena *arena,
                                const Relations__V1__Model *records, Relations__V1__QueryTarget *target,
                                FILE *out, rel_error *error) {
  Relations__V1__AggregateRequest request = RELATIONS__V1__AGGREGATE_REQUEST__INIT;
  enum_names *named;
  rel_code code = read_request(args, arena, &request, error);
  if (code == REL_OK) code = find_all_names(client, records, &request, arena, &named, error);
  if (code != REL_OK) return code;
  request.target = target;
  if (rel_args_get(args, "explain") != NULL) return explain(args, client, &request, out, error);
  printer p = {.request = &request,
               .names = named,
               .columns = request.n_group_by + request.n_terms,
               .json = rel_args_get(args, "json") != NULL,
               .tokens = rel_args_get(args, "tokens") != NULL,
               .out = out};
  rel_table_init(&p.table, p.columns);
  rel_table_row *heading = rel_table_row_add(&p.table);
  for (size_t i = 0; i < p.columns; i++)
    rel_table_set(&p.table, heading, i, rel_cstr(column_name(&p, i)));
  code = ask(&p, client, arena, &request, error);
  if (code == REL_OK && !p.json) rel_table_print(&p.table, out);
  rel_table_fini(&p.table);
  return code;
}
