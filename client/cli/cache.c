// `relations cache`: the server's cache, looked at, cleared and configured.
#include "client/cli/json.h"
#include "client/cli/keys.h"
#include "client/cli/remote.h"
#include "client/cli/table.h"
#include "common/clock.h"

#include <inttypes.h>

static const rel_option options[] = {
    {"all", 'a', NULL, false, "clear: everything."},
    {"reference", 'r', NULL, false, "clear: keys are what the relation joins on."},
    {"enabled", 0, "on|off", false, "configure: caches, or does not."},
    {"ttl", 0, "TIME", false, "configure: how long an entry lives, as 60s; or never, for no end."},
    {"max-entries", 0, "N", false, "configure: at most so many entries."},
    {"max-bytes", 0, "N", false, "configure: at most so many bytes."},
    REL_REMOTE_OPTIONS,
};

// What follows the action: MODEL, RELATION, KEY...
typedef struct scope {
  const char *model;
  const char *relation;
  const char *const *keys;
  size_t key_count;
} scope;

static scope scope_of(const rel_args *args) {
  size_t count = args->positional_count;
  return (scope){
      .model = count > 1 ? args->positional[1] : NULL,
      .relation = count > 2 ? args->positional[2] : NULL,
      .keys = args->positional + (count < 3 ? count : 3),
      .key_count = count > 3 ? count - 3 : 0,
  };
}

// --- stats ---

enum { MODEL, RELATION, FIRST_COUNTER };

static void add_counters(rel_table *table, const char *model, const char *relation,
                         const Relations__V1__Counters *counters) {
  const ProtobufCMessageDescriptor *descriptor = &relations__v1__counters__descriptor;
  rel_table_row *row = rel_table_row_add(table);
  rel_table_set(table, row, MODEL, rel_cstr(model));
  rel_table_set(table, row, RELATION, rel_cstr(relation));
  for (unsigned i = 0; i < descriptor->n_fields; i++) {
    const char *at = (const char *)counters + descriptor->fields[i].offset;
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, counters != NULL ? *(const uint64_t *)(const void *)at : 0);
    rel_table_set(table, row, FIRST_COUNTER + i, rel_cstr(text));
  }
}

static void print_stats(const Relations__V1__StatsResponse *stats, FILE *out) {
  const ProtobufCMessageDescriptor *descriptor = &relations__v1__counters__descriptor;
  rel_table table;
  rel_table_init(&table, FIRST_COUNTER + descriptor->n_fields);
  rel_table_row *heading = rel_table_row_add(&table);
  rel_table_set(&table, heading, MODEL, rel_cstr("MODEL"));
  rel_table_set(&table, heading, RELATION, rel_cstr("RELATION"));
  for (unsigned i = 0; i < descriptor->n_fields; i++)
    rel_table_set(&table, heading, FIRST_COUNTER + i, rel_cstr(descriptor->fields[i].name));
  for (size_t i = 0; i < stats->n_relations; i++) {
    const char *relation = stats->relations[i]->relation;
    add_counters(&table, stats->relations[i]->model, relation[0] != '\0' ? relation : "(get)",
                 stats->relations[i]->counters);
  }
  add_counters(&table, "TOTAL", "", stats->total);
  rel_table_print(&table, out);
  rel_table_fini(&table);
  fprintf(out, "limit: %" PRIu64 " bytes", stats->max_bytes);
  if (stats->max_entries > 0) fprintf(out, ", %" PRIu64 " entries", stats->max_entries);
  fprintf(out, "\n");
}

static rel_code show_stats(const rel_args *args, rel_client *client, rel_arena *arena, FILE *out,
                           rel_error *error) {
  (void)arena;
  if (args->positional_count > 1) return rel_fail(error, REL_INVALID, "cache stats takes no arguments");
  Relations__V1__StatsResponse *stats;
  rel_code code = rel_client_cache_stats(client, &stats, error);
  if (code != REL_OK) return code;
  if (rel_args_get(args, "json") != NULL) {
    rel_buf text = {0};
    rel_json_message(&text, &stats->base);
    fprintf(out, "%s\n", rel_buf_text(&text));
    rel_buf_fini(&text);
  } else {
    print_stats(stats, out);
  }
  relations__v1__stats_response__free_unpacked(stats, NULL);
  return REL_OK;
}

// --- clear ---

static rel_code clear_owners(rel_client *client, const scope *what, const Relations__V1__Model *model,
                             bool reference, rel_arena *arena, uint64_t *cleared, rel_error *error) {
  const Relations__V1__Field **fields;
  size_t field_count;
  Relations__V1__Keys keys;
  Relations__V1__OwnerScope owners = RELATIONS__V1__OWNER_SCOPE__INIT;
  Relations__V1__ClearRequest request = RELATIONS__V1__CLEAR_REQUEST__INIT;
  const Relations__V1__EffectiveRelation *relation;
  rel_code code = rel_find_relation(model, what->relation, &relation, error);
  if (code == REL_OK)
    code = rel_key_fields(model, reference ? relation : NULL, arena, &fields, &field_count, error);
  if (code == REL_OK)
    code = rel_keys_parse(fields, field_count, what->keys, what->key_count, arena, &keys, error);
  if (code != REL_OK) return code;
  owners.model = model->name;
  owners.relation = (char *)(uintptr_t)what->relation;
  owners.key_case =
      reference ? RELATIONS__V1__OWNER_SCOPE__KEY_REFERENCE_KEYS : RELATIONS__V1__OWNER_SCOPE__KEY_OWNER_KEYS;
  owners.owner_keys = &keys; // the same member of the oneof
  request.scope_case = RELATIONS__V1__CLEAR_REQUEST__SCOPE_OWNERS;
  request.owners = &owners;
  return rel_client_cache_clear(client, &request, cleared, error);
}

static rel_code clear_named(rel_client *client, const scope *what, bool reference, rel_arena *arena,
                            uint64_t *cleared, rel_error *error) {
  Relations__V1__DescribeModelResponse *described;
  rel_code code = rel_remote_model(client, what->model, &described, error);
  if (code != REL_OK) return code;
  Relations__V1__ClearRequest request = RELATIONS__V1__CLEAR_REQUEST__INIT;
  Relations__V1__RelationScope relation = RELATIONS__V1__RELATION_SCOPE__INIT;
  if (what->key_count > 0) {
    code = clear_owners(client, what, described->model, reference, arena, cleared, error);
  } else if (what->relation != NULL) {
    relation.model = described->model->name;
    relation.relation = (char *)(uintptr_t)what->relation;
    request.scope_case = RELATIONS__V1__CLEAR_REQUEST__SCOPE_RELATION;
    request.relation = &relation;
    code = rel_client_cache_clear(client, &request, cleared, error);
  } else {
    request.scope_case = RELATIONS__V1__CLEAR_REQUEST__SCOPE_MODEL;
    request.model = described->model->name;
    code = rel_client_cache_clear(client, &request, cleared, error);
  }
  relations__v1__describe_model_response__free_unpacked(described, NULL);
  return code;
}

static rel_code clear(const rel_args *args, rel_client *client, rel_arena *arena, FILE *out,
                      rel_error *error) {
  scope what = scope_of(args);
  bool all = rel_args_get(args, "all") != NULL;
  if (all == (what.model != NULL)) return rel_fail(error, REL_INVALID, "cache clear takes a MODEL, or --all");
  uint64_t cleared = 0;
  rel_code code;
  if (all) {
    Relations__V1__ClearRequest request = RELATIONS__V1__CLEAR_REQUEST__INIT;
    request.scope_case = RELATIONS__V1__CLEAR_REQUEST__SCOPE_ALL;
    request.all = true;
    code = rel_client_cache_clear(client, &request, &cleared, error);
  } else {
    code = clear_named(client, &what, rel_args_get(args, "reference") != NULL, arena, &cleared, error);
  }
  if (code != REL_OK) return code;
  if (rel_args_get(args, "json") != NULL)
    fprintf(out, "{\"cleared\":\"%" PRIu64 "\"}\n", cleared);
  else
    fprintf(out, "%" PRIu64 " %s cleared\n", cleared, cleared == 1 ? "entry" : "entries");
  return REL_OK;
}

// --- configure ---

static rel_code read_limit(const rel_args *args, const char *name, Relations__V1__Limit *limit,
                           Relations__V1__Limit **out, rel_error *error) {
  relations__v1__limit__init(limit);
  if (rel_args_get(args, name) != NULL) *out = limit;
  return rel_args_number(args, name, UINT64_MAX, 0, &limit->value, error);
}

static rel_code read_ttl(const rel_args *args, Google__Protobuf__Duration *ttl,
                         Relations__V1__ConfigureRequest *request, rel_error *error) {
  google__protobuf__duration__init(ttl);
  const char *text = rel_args_get(args, "ttl");
  request->no_ttl = text != NULL && strcmp(text, "never") == 0;
  if (text == NULL || request->no_ttl) return REL_OK;
  int64_t ns = 0;
  rel_code code = rel_remote_time("ttl", text, &ns, error);
  ttl->seconds = ns / REL_NS_PER_S;
  ttl->nanos = (int32_t)(ns % REL_NS_PER_S);
  request->ttl = ttl;
  return code;
}

static rel_code read_enabled(const rel_args *args, Relations__V1__ConfigureRequest *request,
                             rel_error *error) {
  const char *text = rel_args_get(args, "enabled");
  if (text == NULL) return REL_OK;
  bool on = strcmp(text, "on") == 0;
  if (!on && strcmp(text, "off") != 0)
    return rel_fail(error, REL_INVALID, "--enabled is on or off, not \"%s\"", text);
  request->enabled = on ? RELATIONS__V1__TOGGLE__TOGGLE_ON : RELATIONS__V1__TOGGLE__TOGGLE_OFF;
  return REL_OK;
}

static rel_code configure(const rel_args *args, rel_client *client, rel_arena *arena, FILE *out,
                          rel_error *error) {
  (void)arena;
  scope what = scope_of(args);
  Google__Protobuf__Duration ttl;
  Relations__V1__Limit entries, bytes;
  Relations__V1__DescribeModelResponse *described = NULL;
  Relations__V1__ConfigureRequest request = RELATIONS__V1__CONFIGURE_REQUEST__INIT;
  rel_code code = what.key_count > 0 ? rel_fail(error, REL_INVALID, "cache configure takes no keys") : REL_OK;
  if (code == REL_OK) code = read_enabled(args, &request, error);
  if (code == REL_OK) code = read_ttl(args, &ttl, &request, error);
  if (code == REL_OK) code = read_limit(args, "max-entries", &entries, &request.max_entries, error);
  if (code == REL_OK) code = read_limit(args, "max-bytes", &bytes, &request.max_bytes, error);
  if (code == REL_OK && what.model != NULL) code = rel_remote_model(client, what.model, &described, error);
  if (described != NULL) request.model = described->model->name;
  if (what.relation != NULL) request.relation = (char *)(uintptr_t)what.relation;
  if (code == REL_OK) code = rel_client_cache_configure(client, &request, error);
  if (code == REL_OK) fprintf(out, rel_args_get(args, "json") != NULL ? "{}\n" : "configured\n");
  if (described != NULL) relations__v1__describe_model_response__free_unpacked(described, NULL);
  return code;
}

// --- The command ---

static const struct {
  const char *name;
  rel_code (*run)(const rel_args *args, rel_client *client, rel_arena *arena, FILE *out, rel_error *error);
} actions[] = {{"stats", show_stats}, {"clear", clear}, {"configure", configure}};

static rel_code act(const rel_args *args, rel_client *client, rel_arena *arena, FILE *out, bool *fine,
                    rel_error *error) {
  (void)fine;
  enum { COUNT = sizeof actions / sizeof actions[0] };
  const char *names[COUNT];
  for (size_t i = 0; i < COUNT; i++) {
    names[i] = actions[i].name;
    if (strcmp(names[i], args->positional[0]) == 0) return actions[i].run(args, client, arena, out, error);
  }
  const char *near = rel_nearest(args->positional[0], names, COUNT);
  return rel_fail(error, REL_INVALID, "cache can do stats, clear and configure, not \"%s\"%s%s%s",
                  args->positional[0], near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                  near != NULL ? "?" : "");
}

static int run(const rel_args *args, FILE *out, FILE *err) {
  return rel_remote_run(args, act, out, err);
}

const rel_command rel_cache_command = {
    .name = "cache",
    .arguments = "stats | clear [MODEL [RELATION [KEY...]]] | configure [MODEL [RELATION]]",
    .least_arguments = 1,
    .most_arguments = SIZE_MAX,
    .summary = "Shows, clears and configures the server's cache.",
    .details =
        "clear drops entries: of a model, of one relation of it, of some owners of that relation, or --all.\n"
        "configure changes limits until the server restarts: of the whole cache, of a model's get, or of a\n"
        "relation. What is not given stays as it is.\n" REL_KEYS_HELP,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run,
};
