// `relations query`: the records of a query, as they stream in.
#include "client/cli/budget.h"
#include "client/cli/explain.h"
#include "client/cli/includes.h"
#include "client/cli/keys.h"
#include "client/cli/query_args.h"
#include "client/cli/query_groups.h"
#include "client/cli/remote.h"
#include "client/cli/results.h"
#include "client/cli/table.h"
#include "common/wire.h"
#include "server/query/order.h"

#include <inttypes.h>
#include <unistd.h>

static const rel_option options[] = {
    {"filter", 'f', "TEXT", false, "Which records: 'stars >= 4 AND prefix(title, \"The\")'."},
    {"method", 'm', "CALL", true, "A query method, 'published_after(2023-01-01)'; all of several must hold."},
    {"order", 'o', "TERMS", false, "In which order: 'stars desc nulls first, title'."},
    {"limit", 'l', "N", false, "At most so many records."},
    {"last", 0, "N", false, "The last so many records, in the same order."},
    {"fields", 0, "NAMES", false, "Only these fields of each record, and its primary key: 'title, stars'."},
    {"count", 'c', NULL, false, "Only how many there are."},
    {"aggregate", 'a', "TERMS", false,
     "Aggregates in place of records: 'count, sum(pages), max(title) as last'."},
    {"group-by", 'g', "FIELDS", false,
     "One group for each of these fields' values; alone, the distinct values."},
    {"having", 0, "TEXT", false,
     "Which groups: a filter over --group-by and --aggregate, 'sum_pages > 100'."},
    {"reference", 'r', NULL, false, "KEY is what the relation joins on, not the owner's primary key."},
    {"page", 'p', "TOKEN", false,
     "Which page: a token that --tokens or a loadInfo has shown, with all else as it was."},
    {"tokens", 0, NULL, false,
     "On standard error, the tokens of the pages behind and before, of --limit or --last."},
    REL_INCLUDE_OPTION,
    REL_BUDGET_OPTION,
    REL_EXPLAIN_OPTION,
    REL_REMOTE_OPTIONS,
};

// --- The target ---

static rel_code read_owner(const rel_args *args, const Relations__V1__Model *owner,
                           const Relations__V1__EffectiveRelation *relation, rel_arena *arena,
                           Relations__V1__QueryTarget *target, rel_error *error) {
  bool reference = rel_args_get(args, "reference") != NULL;
  const Relations__V1__Field **fields;
  size_t count;
  Relations__V1__Keys *keys = REL_ARENA_NEW(arena, Relations__V1__Keys);
  rel_code code = rel_key_fields(owner, reference ? relation : NULL, arena, &fields, &count, error);
  if (code == REL_OK) code = rel_keys_parse(fields, count, args->positional + 2, 1, arena, keys, error);
  target->relation = relation->name;
  target->key_case =
      reference ? RELATIONS__V1__QUERY_TARGET__KEY_REFERENCE_KEY : RELATIONS__V1__QUERY_TARGET__KEY_OWNER_KEY;
  target->owner_key = keys; // the same member of the oneof
  return code;
}

static rel_code read_methods(const rel_args *args, rel_arena *arena, Relations__V1__QueryTarget *target,
                             rel_error *error) {
  rel_code code = REL_OK;
  target->methods = REL_ARENA_ARRAY(arena, Relations__V1__MethodCall *, args->value_count);
  for (size_t i = 0; i < args->value_count && code == REL_OK; i++) {
    if (strcmp(args->values[i].option->name, "method") != 0) continue;
    code = rel_query_method_parse(args->values[i].value, arena, &target->methods[target->n_methods++], error);
  }
  return code;
}

// --- Records ---

// What a stream goes into.
typedef struct sink {
  const Relations__V1__Model *model; // of the records
  rel_include_view *view;            // what is within them; NULL: nothing
  rel_buf pieces;                    // of a record that goes on in the next message
  bool json;
  FILE *out;
  bool progress;                 // somebody watches
  bool tokens;                   // the pages' tokens are wanted
  Relations__V1__Budget *budget; // NULL: the server's
  uint64_t count;
  rel_table table;
  rel_value *values; // of one record
  rel_code code;
  rel_error *error;
} sink;

static rel_code take_json(sink *s, rel_str record) {
  rel_buf line = {0};
  rel_code code = s->view != NULL ? rel_include_json(s->view, record, &line, s->error)
                                  : rel_results_record_json(s->model, record, s->values, &line, s->error);
  rel_buf_cstr(&line, "\n");
  if (code == REL_OK) fwrite(line.data, 1, line.len, s->out);
  rel_buf_fini(&line);
  return code;
}

static rel_code take_row(sink *s, rel_str record) {
  rel_code code = rel_record_read(s->model, record, s->values, s->error);
  if (code != REL_OK) return code;
  rel_buf text = {0};
  rel_table_row *row = rel_table_row_add(&s->table);
  for (size_t i = 0; i < s->model->n_fields; i++) {
    text.len = 0;
    rel_value_text(&s->values[i], &text);
    rel_table_set(&s->table, row, i, rel_buf_view(&text));
  }
  rel_buf_fini(&text);
  return REL_OK;
}

static rel_code take_record(sink *s, rel_str record, bool goes_on) {
  if (goes_on || s->pieces.len > 0) {
    rel_buf_str(&s->pieces, record);
    if (goes_on) return REL_OK;
    record = rel_buf_view(&s->pieces);
  }
  rel_code code = s->json ? take_json(s, record) : take_row(s, record);
  s->pieces.len = 0;
  s->count++;
  return code;
}

static rel_code take_records(sink *s, const Relations__V1__QueryResponse *response) {
  const Relations__V1__RecordSet *set = response->records;
  rel_code code = REL_OK;
  for (size_t i = 0; set != NULL && i < set->n_records && code == REL_OK; i++)
    code = take_record(s, rel_bytes(set->records[i].data, set->records[i].len),
                       response->continues && i + 1 == set->n_records);
  if (s->progress) fprintf(stderr, "\r%" PRIu64 " records", s->count);
  if (s->tokens && set != NULL && set->next_page_token[0] != '\0')
    fprintf(stderr, "the page behind: --page %s\n", set->next_page_token);
  if (s->tokens && set != NULL && set->previous_page_token[0] != '\0')
    fprintf(stderr, "the page before: --page %s\n", set->previous_page_token);
  return code;
}

static bool take_message(void *context, rel_str bytes) {
  sink *s = context;
  const rel_wire_limits limits = {.max_depth = 32, .max_fields = 10 * 1000 * 1000};
  s->code = rel_wire_check(&relations__v1__query_response__descriptor, bytes, &limits, s->error);
  if (s->code != REL_OK) return false;
  Relations__V1__QueryResponse *response =
      relations__v1__query_response__unpack(NULL, bytes.len, (const uint8_t *)bytes.ptr);
  s->code = response != NULL ? take_records(s, response)
                             : rel_fail(s->error, REL_INTERNAL, "the server's answer is broken");
  if (response != NULL) relations__v1__query_response__free_unpacked(response, NULL);
  return s->code == REL_OK;
}

static void sink_init(sink *s) {
  s->values = rel_alloc0(s->model->n_fields, sizeof *s->values);
  rel_table_init(&s->table, s->model->n_fields);
  rel_table_row *heading = rel_table_row_add(&s->table);
  for (size_t i = 0; i < s->model->n_fields; i++)
    rel_table_set(&s->table, heading, i, rel_cstr(s->model->fields[i]->name));
}

// --- Asking ---

static rel_code explain(rel_client *client, Relations__V1__QueryRequest *request, sink *s) {
  Relations__V1__ExplainRequest explained = RELATIONS__V1__EXPLAIN_REQUEST__INIT;
  explained.request_case = RELATIONS__V1__EXPLAIN_REQUEST__REQUEST_QUERY;
  explained.query = request;
  return rel_explain_print(client, &explained, s->json, s->out, s->error);
}

static rel_code explain_count(rel_client *client, Relations__V1__QueryTarget *target, sink *s) {
  Relations__V1__ExplainRequest explained = RELATIONS__V1__EXPLAIN_REQUEST__INIT;
  Relations__V1__CountRequest request = RELATIONS__V1__COUNT_REQUEST__INIT;
  request.target = target;
  request.budget = s->budget;
  explained.request_case = RELATIONS__V1__EXPLAIN_REQUEST__REQUEST_COUNT;
  explained.count = &request;
  return rel_explain_print(client, &explained, s->json, s->out, s->error);
}

// What the arguments ask for, and how a record of it is shown.
static rel_code read_request(const rel_args *args, rel_client *client, rel_arena *arena, sink *s,
                             Relations__V1__QueryRequest *request) {
  const char *order = rel_args_get(args, "order"), *fields = rel_args_get(args, "fields");
  uint64_t limit, last;
  rel_code code = rel_args_number(args, "limit", INT32_MAX, 0, &limit, s->error);
  if (code == REL_OK) code = rel_args_number(args, "last", INT32_MAX, 0, &last, s->error);
  if (code == REL_OK && limit > 0 && last > 0)
    code = rel_fail(s->error, REL_INVALID,
                    "--limit counts from the first record, --last from the end: not both");
  if (code == REL_OK && order != NULL)
    code = rel_order_parse(rel_cstr(order), arena, &request->order_by, &request->n_order_by, s->error);
  if (code != REL_OK) return code;
  const char *page = rel_args_get(args, "page");
  if (page != NULL) request->page_token = (char *)(uintptr_t)page;
  request->from_end = last > 0 && page == NULL;
  request->budget = s->budget;
  request->page_size = (int32_t)(last > 0 ? last : limit);
  request->record_type = s->model->name;
  if (fields != NULL) request->fields = rel_query_names(fields, arena, &request->n_fields);
  s->model = rel_include_shown(s->model, request->fields, request->n_fields, arena);
  return rel_includes_read(args, client, s->model, arena, &request->includes, &request->n_includes, &s->view,
                           s->error);
}

static rel_code print_stream(rel_client *client, const Relations__V1__QueryRequest *request, sink *s) {
  s->json = s->json || s->view != NULL;
  sink_init(s);
  rel_code code = rel_client_stream(client, "/relations.v1.RelationService/Query", &request->base,
                                    take_message, s, s->error);
  if (code == REL_OK) code = s->code;
  if (s->progress) fprintf(stderr, "\r\033[K");
  if (code == REL_OK && !s->json) rel_table_print(&s->table, s->out);
  rel_table_fini(&s->table);
  rel_buf_fini(&s->pieces);
  free(s->values);
  return code;
}

static rel_code print_records(const rel_args *args, rel_client *client, rel_arena *arena,
                              Relations__V1__QueryTarget *target, sink *s) {
  Relations__V1__QueryRequest request = RELATIONS__V1__QUERY_REQUEST__INIT;
  request.target = target;
  rel_code code = read_request(args, client, arena, s, &request);
  if (code != REL_OK) return code;
  code = rel_args_get(args, "explain") != NULL ? explain(client, &request, s)
                                               : print_stream(client, &request, s);
  rel_include_view_fini(s->view);
  return code;
}

static rel_code print_count(rel_client *client, Relations__V1__QueryTarget *target, sink *s) {
  Relations__V1__CountRequest request = RELATIONS__V1__COUNT_REQUEST__INIT;
  ProtobufCMessage *answer;
  request.target = target;
  request.budget = s->budget;
  rel_code code = rel_client_invoke(client, "/relations.v1.RelationService/Count", &request.base,
                                    &relations__v1__count_response__descriptor, &answer, s->error);
  if (code != REL_OK) return code;
  int64_t count = ((Relations__V1__CountResponse *)answer)->count;
  if (s->json)
    fprintf(s->out, "{\"count\":\"%" PRId64 "\"}\n", count);
  else
    fprintf(s->out, "%" PRId64 "\n", count);
  protobuf_c_message_free_unpacked(answer, NULL);
  return REL_OK;
}

static rel_code answer(const rel_args *args, rel_client *client, rel_arena *arena,
                       Relations__V1__QueryTarget *target, sink *s) {
  if (rel_query_groups_wanted(args))
    return rel_query_groups_print(args, client, arena, s->model, target, s->out, s->error);
  if (rel_args_get(args, "count") == NULL) return print_records(args, client, arena, target, s);
  return rel_args_get(args, "explain") != NULL ? explain_count(client, target, s)
                                               : print_count(client, target, s);
}

static rel_code query(const rel_args *args, rel_client *client, rel_arena *arena, FILE *out, bool *fine,
                      rel_error *error) {
  Relations__V1__DescribeModelResponse *model = NULL, *related = NULL;
  const Relations__V1__EffectiveRelation *relation = NULL;
  Relations__V1__QueryTarget target = RELATIONS__V1__QUERY_TARGET__INIT;
  (void)fine;
  if (args->positional_count == 2)
    return rel_fail(error, REL_INVALID, "of which owner? Write MODEL RELATION KEY");
  rel_code code = rel_remote_model(client, args->positional[0], &model, error);
  if (code != REL_OK) return code;
  target.model = model->model->name;
  if (args->positional_count == 3) {
    code = rel_find_relation(model->model, args->positional[1], &relation, error);
    if (code == REL_OK) code = rel_remote_model(client, relation->model, &related, error);
    if (code == REL_OK) code = read_owner(args, model->model, relation, arena, &target, error);
  }
  if (rel_args_get(args, "filter") != NULL)
    target.filter_text = (char *)(uintptr_t)rel_args_get(args, "filter");
  if (code == REL_OK) code = read_methods(args, arena, &target, error);
  sink s = {.model = related != NULL ? related->model : model->model,
            .json = rel_args_get(args, "json") != NULL,
            .out = out,
            .tokens = rel_args_get(args, "tokens") != NULL,
            .progress =
                isatty(STDERR_FILENO) && !(isatty(STDOUT_FILENO) && rel_args_get(args, "json") != NULL),
            .error = error};
  if (code == REL_OK) code = rel_budget_read(args, arena, &s.budget, error);
  if (code == REL_OK) code = answer(args, client, arena, &target, &s);
  if (related != NULL) relations__v1__describe_model_response__free_unpacked(related, NULL);
  relations__v1__describe_model_response__free_unpacked(model, NULL);
  return code;
}

static int run(const rel_args *args, FILE *out, FILE *err) {
  return rel_remote_run(args, query, out, err);
}

const rel_command rel_query_command = {
    .name = "query",
    .arguments = "MODEL [RELATION KEY]",
    .least_arguments = 1,
    .most_arguments = 3,
    .summary = "Shows the records of a model, or of a relation of one owner, filtered and ordered.",
    .details =
        "MODEL is a full name, library.v1.Author, or its last part where that is enough.\n" REL_KEYS_HELP
        "\nA method's arguments are numbers, true, false, or texts; in quotes where a text has a comma or "
        "looks\n"
        "like a number. With --json, one record a line, as they come.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run,
};
