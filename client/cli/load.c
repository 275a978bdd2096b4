// `relations load`: the records of a relation.
#include "client/cli/budget.h"
#include "client/cli/explain.h"
#include "client/cli/includes.h"
#include "client/cli/keys.h"
#include "client/cli/remote.h"
#include "client/cli/results.h"

static const rel_option options[] = {
    {"reference", 'r', NULL, false, "Keys are what the relation joins on, not the owners' primary keys."},
    REL_INCLUDE_OPTION,
    REL_BUDGET_OPTION,
    REL_EXPLAIN_OPTION,
    REL_REMOTE_OPTIONS,
};

// What the arguments ask for. The request and its keys live in the arena.
static rel_code read_request(const rel_args *args, const Relations__V1__Model *owner,
                             const Relations__V1__EffectiveRelation *relation, rel_arena *arena,
                             Relations__V1__LoadRequest *request, rel_error *error) {
  bool reference = rel_args_get(args, "reference") != NULL;
  const Relations__V1__Field **fields;
  size_t field_count;
  Relations__V1__Keys *keys = REL_ARENA_NEW(arena, Relations__V1__Keys);
  rel_code code = rel_key_fields(owner, reference ? relation : NULL, arena, &fields, &field_count, error);
  if (code == REL_OK)
    code = rel_keys_parse(fields, field_count, args->positional + 2, args->positional_count - 2, arena, keys,
                          error);
  if (code != REL_OK) return code;
  request->model = owner->name;
  request->relation = relation->name;
  request->record_type = relation->model;
  request->key_case = reference ? RELATIONS__V1__LOAD_REQUEST__KEY_REFERENCE_KEYS
                                : RELATIONS__V1__LOAD_REQUEST__KEY_OWNER_KEYS;
  request->owner_keys = keys; // the same member of the oneof
  return REL_OK;
}

static rel_code explain(rel_client *client, Relations__V1__LoadRequest *request, bool json, FILE *out,
                        rel_error *error) {
  Relations__V1__ExplainRequest explained = RELATIONS__V1__EXPLAIN_REQUEST__INIT;
  explained.request_case = RELATIONS__V1__EXPLAIN_REQUEST__REQUEST_LOAD;
  explained.load = request;
  return rel_explain_print(client, &explained, json, out, error);
}

static rel_code print(const rel_args *args, rel_client *client, const Relations__V1__LoadRequest *request,
                      rel_results *results, FILE *out, bool *fine, rel_error *error) {
  Relations__V1__LoadResponse *answer;
  rel_code code = rel_client_load(client, request, &answer, error);
  if (code != REL_OK) return code;
  results->keys = args->positional + 2;
  results->count = args->positional_count - 2;
  results->sets = answer->results;
  code = rel_results_print(results, rel_args_get(args, "json") != NULL, out, error);
  *fine = rel_results_fine(results);
  relations__v1__load_response__free_unpacked(answer, NULL);
  return code;
}

static rel_code load(const rel_args *args, rel_client *client, rel_arena *arena, FILE *out, bool *fine,
                     rel_error *error) {
  Relations__V1__DescribeModelResponse *owner = NULL, *target = NULL;
  Relations__V1__LoadRequest request = RELATIONS__V1__LOAD_REQUEST__INIT;
  const Relations__V1__EffectiveRelation *relation = NULL;
  rel_include_view *view = NULL;
  rel_code code = rel_remote_model(client, args->positional[0], &owner, error);
  if (code == REL_OK) code = rel_find_relation(owner->model, args->positional[1], &relation, error);
  if (code == REL_OK) code = rel_remote_model(client, relation->model, &target, error);
  if (code == REL_OK) code = read_request(args, owner->model, relation, arena, &request, error);
  if (code == REL_OK)
    code = rel_includes_read(args, client, target->model, arena, &request.includes, &request.n_includes,
                             &view, error);
  if (code == REL_OK) code = rel_budget_read(args, arena, &request.budget, error);
  if (code == REL_OK && rel_args_get(args, "explain") != NULL) {
    code = explain(client, &request, rel_args_get(args, "json") != NULL, out, error);
  } else if (code == REL_OK) {
    rel_results results = {
        .model = target->model, .record_json = view != NULL ? rel_include_record_json : NULL, .view = view};
    code = print(args, client, &request, &results, out, fine, error);
  }
  rel_include_view_fini(view);
  if (target != NULL) relations__v1__describe_model_response__free_unpacked(target, NULL);
  if (owner != NULL) relations__v1__describe_model_response__free_unpacked(owner, NULL);
  return code;
}

static int run(const rel_args *args, FILE *out, FILE *err) {
  return rel_remote_run(args, load, out, err);
}

const rel_command rel_load_command = {
    .name = "load",
    .arguments = "MODEL RELATION KEY...",
    .least_arguments = 3,
    .most_arguments = SIZE_MAX,
    .summary = "Shows the records of a relation, for one owner or many.",
    .details =
        "MODEL is a full name, library.v1.Author, or its last part where that is enough.\n" REL_KEYS_HELP
        "\nSTATE tells LOADED, EMPTY (no record), NULL (the key is NULL) and DANGLING (the foreign key names "
        "a\n"
        "record that does not exist) apart. Exits with 1 when a key ended in an ERROR.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run,
};
