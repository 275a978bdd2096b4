// `relations check`: everything that is wrong with a schema, in itself and against a database.
#include "client/cli/command.h"

#include "common/schema/compile.h"
#include "common/schema/schema.h"
#include "common/schema/typed.h"
#include "server/custom/check.h"
#include "server/custom/so_file.h"
#include "server/query/filter.h"
#include "server/store/store.h"

static const rel_option options[] = {
    {"database", 'd', "URL", false, "Also compares with this database, sqlite:FILE."},
    {"loader-dir", 0, "DIR", false,
     "Also loads the shared objects of \"so:NAME\" from here, as a server would."},
    {"proto_path", 'I', "DIR", true, "Where imports are looked for; may be repeated."},
};

static rel_code check_database(const char *url, const rel_schema *schema, rel_findings *findings,
                               rel_error *error) {
  rel_store_options how = {.url = url, .connections = 1};
  rel_store *store;
  rel_code code = rel_store_open(&how, &store, error);
  if (code != REL_OK) return code;
  code = store->ops->check(store, schema, findings, error);
  store->ops->stop(store);
  store->ops->free(store);
  return code;
}

// Shared objects are loaded and unloaded again, not opened. Where services are, only a server knows.
static rel_code load_loader(void *directory, rel_str loader, rel_error *error) {
  rel_str name;
  void *handle;
  rel_plugin plugin;
  if (rel_loader_parse(loader, &name) != REL_LOADER_SO) return REL_OK;
  rel_code code = rel_so_load(directory, name, &handle, &plugin, error);
  rel_so_unload(handle);
  return code;
}

// Everything wrong goes into `findings`; another code than REL_OK means that it could not even be looked for.
static rel_code check(const rel_args *args, rel_findings *findings, size_t *models, rel_error *error) {
  const char **dirs = rel_alloc0(args->value_count, sizeof *dirs);
  rel_schema_sources sources = {
      .paths = args->positional, .path_count = args->positional_count, .include_dirs = dirs};
  for (size_t i = 0; i < args->value_count; i++)
    if (strcmp(args->values[i].option->name, "proto_path") == 0)
      dirs[sources.include_count++] = args->values[i].value;
  rel_buf set = {0};
  rel_schema *schema = NULL;
  const char *database = rel_args_get(args, "database"), *loaders = rel_args_get(args, "loader-dir");
  rel_code code = rel_schema_load(&sources, &set, error);
  if (code != REL_OK) goto out;
  rel_schema_limits limits = {0};
  if (rel_schema_read(rel_buf_view(&set), &limits, findings, &schema) != REL_OK) goto out;
  *models = schema->model_count;
  rel_filters_check(schema, findings);
  rel_typed_check(schema, REL_WARNING, findings);
  if (database != NULL) code = check_database(database, schema, findings, error);
  if (loaders != NULL) rel_schema_check_loaders(schema, load_loader, (void *)loaders, findings);
  rel_findings_sort(findings);
out:
  rel_schema_free(schema);
  rel_buf_fini(&set);
  free(dirs);
  return code;
}

static void print_findings(const rel_findings *findings, size_t models, FILE *out) {
  rel_buf line = {0};
  for (size_t i = 0; i < findings->count; i++) {
    line.len = 0;
    rel_finding_format(&findings->items[i], &line);
    fprintf(out, REL_STR_F "\n", REL_STR_A(rel_buf_view(&line)));
  }
  rel_buf_fini(&line);
  size_t warnings = findings->count - findings->errors;
  if (findings->errors == 0) fprintf(out, "%zu model%s, ", models, models == 1 ? "" : "s");
  fprintf(out, "%zu error%s, %zu warning%s\n", findings->errors, findings->errors == 1 ? "" : "s", warnings,
          warnings == 1 ? "" : "s");
}

static int run(const rel_args *args, FILE *out, FILE *err) {
  rel_error error;
  rel_findings findings = {0};
  size_t models = 0;
  int status = REL_EXIT_FAILED;
  if (check(args, &findings, &models, &error) != REL_OK) {
    rel_cli_fail(err, &error);
  } else {
    print_findings(&findings, models, out);
    if (findings.errors == 0) status = REL_EXIT_OK;
  }
  rel_findings_fini(&findings);
  return status;
}

const rel_command rel_check_command = {
    .name = "check",
    .arguments = "SCHEMA...",
    .least_arguments = 1,
    .most_arguments = SIZE_MAX,
    .summary = "Finds everything that is wrong with a schema.",
    .details =
        "SCHEMA is a .proto file, or a descriptor set that protoc wrote with --include_imports. One "
        "finding a line.\n"
        "Exits with 1 when there is an error; warnings are none.\n"
        "Loaders are not called: that \"grpc:NAME\" is one, the server says that it is configured for. "
        "With --loader-dir\n"
        "shared objects are loaded, which runs what they run when they are loaded.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run,
};
