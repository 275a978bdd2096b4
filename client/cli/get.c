// `relations get`: records by primary key.
#include "client/cli/budget.h"
#include "client/cli/explain.h"
#include "client/cli/includes.h"
#include "client/cli/keys.h"
#include "client/cli/remote.h"
#include "client/cli/results.h"

static const rel_option options[] = {REL_INCLUDE_OPTION, REL_BUDGET_OPTION, REL_EXPLAIN_OPTION,
                                     REL_REMOTE_OPTIONS};

static rel_code get(const rel_args *args, rel_client *client, rel_arena *arena, FILE *out, bool *fine,
                    rel_error *error) {
  Relations__V1__DescribeModelResponse *described = NULL;
  Relations__V1__GetResponse *answer = NULL;
  const Relations__V1__Field **fields;
  size_t field_count;
  Relations__V1__Keys keys;
  rel_include_view *view = NULL;
  bool json = rel_args_get(args, "json") != NULL;
  rel_results results = {.keys = args->positional + 1, .count = args->positional_count - 1};
  rel_code code = rel_remote_model(client, args->positional[0], &described, error);
  if (code != REL_OK) goto out;
  results.model = described->model;
  code = rel_key_fields(described->model, NULL, arena, &fields, &field_count, error);
  if (code == REL_OK)
    code = rel_keys_parse(fields, field_count, results.keys, results.count, arena, &keys, error);
  if (code != REL_OK) goto out;
  Relations__V1__GetRequest request = RELATIONS__V1__GET_REQUEST__INIT;
  request.model = described->model->name;
  request.keys = &keys;
  code = rel_includes_read(args, client, results.model, arena, &request.includes, &request.n_includes, &view,
                           error);
  if (code == REL_OK) code = rel_budget_read(args, arena, &request.budget, error);
  if (code != REL_OK) goto out;
  if (rel_args_get(args, "explain") != NULL) {
    Relations__V1__ExplainRequest explain = RELATIONS__V1__EXPLAIN_REQUEST__INIT;
    explain.request_case = RELATIONS__V1__EXPLAIN_REQUEST__REQUEST_GET;
    explain.get = &request;
    code = rel_explain_print(client, &explain, json, out, error);
    goto out;
  }
  code = rel_client_get(client, &request, &answer, error);
  if (code != REL_OK) goto out;
  results.sets = answer->results;
  results.record_json = view != NULL ? rel_include_record_json : NULL;
  results.view = view;
  code = rel_results_print(&results, json, out, error);
  *fine = rel_results_fine(&results);
  for (size_t i = 0; i < results.count; i++)
    *fine = *fine && results.sets[i]->n_records > 0;
out:
  rel_include_view_fini(view);
  if (answer != NULL) relations__v1__get_response__free_unpacked(answer, NULL);
  if (described != NULL) relations__v1__describe_model_response__free_unpacked(described, NULL);
  return code;
}

static int run(const rel_args *args, FILE *out, FILE *err) {
  return rel_remote_run(args, get, out, err);
}

const rel_command rel_get_command = {
    .name = "get",
    .arguments = "MODEL KEY...",
    .least_arguments = 2,
    .most_arguments = SIZE_MAX,
    .summary = "Shows records by primary key.",
    .details =
        "MODEL is a full name, library.v1.Author, or its last part where that is enough.\n" REL_KEYS_HELP
        "\nExits with 1 when a key has no record.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run,
};
