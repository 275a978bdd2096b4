// `relations introspect`: an annotated .proto from an existing database. Owns the command; introspect/ does
// the work.
#include "client/cli/command.h"
#include "client/cli/introspect/draft.h"

#include <ctype.h>
#include <errno.h>

static const rel_option options[] = {
    {"package", 'p', "NAME", false, "Package of the schema, \"chinook.v1\". Required."},
    {"output", 'o', "FILE", false, "Where to write; standard output otherwise."},
    {"table", 't', "NAME", true, "Only this table or view; may be repeated."},
    {"max-rows", 0, "N", false, "Look at the values of N rows a table; all otherwise."},
};

static bool is_identifier(const char *text, size_t len) {
  if (len == 0 || isdigit((unsigned char)text[0])) return false;
  for (size_t i = 0; i < len; i++)
    if (!isalnum((unsigned char)text[i]) && text[i] != '_') return false;
  return true;
}

static rel_code check_package(const char *package, rel_error *error) {
  if (package == NULL)
    return rel_fail(error, REL_INVALID, "introspect needs --package NAME, for example shop.v1");
  for (const char *at = package;; at++) {
    size_t len = strcspn(at, ".");
    if (!is_identifier(at, len))
      return rel_fail(error, REL_INVALID, "\"%s\" is no package name; an example is shop.v1", package);
    at += len;
    if (*at == '\0') return REL_OK;
  }
}

static rel_code read_url(const char *url, const char **path, rel_error *error) {
  static const char scheme[] = "sqlite:";
  if (strncmp(url, scheme, sizeof scheme - 1) != 0 || url[sizeof scheme - 1] == '\0')
    return rel_fail(error, REL_INVALID, "\"%s\" names no database; an example is sqlite:shop.db", url);
  *path = url + sizeof scheme - 1;
  return REL_OK;
}

static rel_code write_text(const char *path, rel_str text, FILE *out, rel_error *error) {
  FILE *file = path != NULL ? fopen(path, "w") : out;
  if (file == NULL) return rel_fail(error, REL_UNAVAILABLE, "cannot write %s: %s", path, strerror(errno));
  bool written = fwrite(text.ptr, 1, text.len, file) == text.len;
  written = (path != NULL ? fclose(file) : fflush(file)) == 0 && written;
  if (written) return REL_OK;
  return rel_fail(error, REL_UNAVAILABLE, "cannot write %s: %s", path != NULL ? path : "the output",
                  strerror(errno));
}

static rel_code introspect(const char *path, const rel_introspect_options *how, const char *package,
                           const char *output, FILE *out, rel_error *error) {
  rel_arena arena;
  rel_arena_init(&arena);
  rel_buf text = {0};
  rel_db db;
  rel_code code = rel_introspect_sqlite(path, how, &arena, &db, error);
  if (code != REL_OK) goto out;
  rel_draft draft;
  rel_draft_make(&db, &arena, &draft);
  const char *slash = strrchr(path, '/');
  rel_emit_options emit = {.package = rel_cstr(package),
                           .database = rel_cstr(slash != NULL ? slash + 1 : path)};
  rel_draft_emit(&draft, &emit, &text);
  code = write_text(output, rel_buf_view(&text), out, error);
  if (code == REL_OK && rel_draft_models(&draft) == 0)
    code = db.table_count == 0
               ? rel_fail(error, REL_BAD_SCHEMA, "%s has no tables: is it the file that you mean?", path)
               : rel_fail(error, REL_BAD_SCHEMA, "no table of %s can be a model; what was written says why",
                          path);
out:
  rel_buf_fini(&text);
  rel_arena_fini(&arena);
  return code;
}

static int run(const rel_args *args, FILE *out, FILE *err) {
  rel_error error;
  const char *path = NULL;
  const char *package = rel_args_get(args, "package");
  rel_introspect_options how = {0};
  if (check_package(package, &error) != REL_OK || read_url(args->positional[0], &path, &error) != REL_OK ||
      rel_args_number(args, "max-rows", INT64_MAX, 0, &how.max_rows, &error) != REL_OK) {
    rel_cli_fail(err, &error);
    return REL_EXIT_USAGE;
  }
  const char **tables = rel_alloc0(args->value_count, sizeof *tables);
  for (size_t i = 0; i < args->value_count; i++)
    if (strcmp(args->values[i].option->name, "table") == 0) tables[how.table_count++] = args->values[i].value;
  how.tables = tables;
  rel_code code = introspect(path, &how, package, rel_args_get(args, "output"), out, &error);
  free(tables);
  return code == REL_OK ? REL_EXIT_OK : rel_cli_fail(err, &error);
}

const rel_command rel_introspect_command = {
    .name = "introspect",
    .arguments = "sqlite:FILE --package NAME",
    .least_arguments = 1,
    .most_arguments = 1,
    .summary = "Writes an annotated .proto from an existing database.",
    .details = "Reads tables, views, keys and foreign keys, and looks at every value, so that the schema "
               "holds the data\n"
               "as it is: a DATETIME column with other text in it becomes a string. What cannot be said in "
               "the schema is\n"
               "left out with a comment that says why. The database is opened read-only.\n"
               "\n"
               "Field numbers follow the order of the columns; LoadInfo is 1000, relations begin at 1001.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run,
};
