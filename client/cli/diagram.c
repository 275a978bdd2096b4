// `relations diagram`: models and relations drawn, from a schema or from a server.
#include "client/cli/diagram/diagram.h"
#include "client/cli/remote.h"

#include "common/schema/compile.h"

#include <errno.h>

static const rel_option options[] = {
    {"format", 'f', "FORM", false, "mermaid, dot or svg; otherwise what --out ends in, or mermaid."},
    {"out", 'o', "FILE", false, "Where to; otherwise to standard output."},
    {"model", 'm', "MODEL", true, "Only this model and what is near it; may be repeated."},
    {"depth", 0, "N", false, "How many relations away from --model is near; 1 otherwise."},
    {"fields", 0, "WHICH", false, "all, keys (of primary and foreign keys) or none; all otherwise."},
    {"proto_path", 'I', "DIR", true, "Where imports are looked for; may be repeated."},
    REL_REMOTE_SERVER_OPTIONS,
};

enum { MAX_PICTURE_MODELS = 400, MAX_PICTURE_EDGES = 2000, MAX_DEPTH = 1000 };

typedef enum form { MERMAID, DOT, SVG, FORMS } form;

static const char *const form_names[FORMS] = {"mermaid", "dot", "svg"};

// What was asked for.
typedef struct wanted {
  form form;
  rel_diagram_options options;
  const char *out; // NULL: standard output
} wanted;

// --- Options ---

static size_t named(const char *text, const char *const *names, size_t count) {
  size_t i = 0;
  while (i < count && strcmp(text, names[i]) != 0)
    i++;
  return i;
}

static bool ends_in(const char *path, const char *ending) {
  size_t len = strlen(path), with = strlen(ending);
  return len > with && strcmp(path + len - with, ending) == 0;
}

static rel_code read_form(const rel_args *args, wanted *out, rel_error *error) {
  const char *text = rel_args_get(args, "format");
  out->form = MERMAID;
  if (text != NULL) {
    out->form = (form)named(text, form_names, FORMS);
    if (out->form == FORMS)
      return rel_fail(error, REL_INVALID, "--format is mermaid, dot or svg, not \"%s\"", text);
  } else if (out->out != NULL) {
    out->form = ends_in(out->out, ".svg") ? SVG : ends_in(out->out, ".dot") ? DOT : MERMAID;
  }
  return REL_OK;
}

static rel_code read_fields(const rel_args *args, wanted *out, rel_error *error) {
  static const char *const names[] = {"all", "keys", "none"}; // as in rel_diagram_fields
  enum { COUNT = sizeof names / sizeof names[0] };
  const char *text = rel_args_get(args, "fields");
  size_t which = text != NULL ? named(text, names, COUNT) : 0;
  if (which == COUNT) return rel_fail(error, REL_INVALID, "--fields is all, keys or none, not \"%s\"", text);
  out->options.fields = (rel_diagram_fields)which;
  return REL_OK;
}

// The values of a repeated option.
static const char **values_of(const rel_args *args, const char *name, rel_arena *arena, size_t *count) {
  const char **values = REL_ARENA_ARRAY(arena, const char *, args->value_count);
  *count = 0;
  for (size_t i = 0; i < args->value_count; i++)
    if (strcmp(args->values[i].option->name, name) == 0) values[(*count)++] = args->values[i].value;
  return values;
}

static rel_code read_options(const rel_args *args, rel_arena *arena, wanted *out, rel_error *error) {
  uint64_t depth;
  *out = (wanted){.out = rel_args_get(args, "out")};
  rel_code code = read_form(args, out, error);
  if (code == REL_OK) code = read_fields(args, out, error);
  if (code == REL_OK) code = rel_args_number(args, "depth", MAX_DEPTH, 1, &depth, error);
  if (code != REL_OK) return code;
  out->options.models = values_of(args, "model", arena, &out->options.model_count);
  out->options.depth = (size_t)depth;
  if (rel_args_get(args, "depth") != NULL && out->options.model_count == 0)
    return rel_fail(error, REL_INVALID, "--depth is how far from a --model; name one");
  return REL_OK;
}

// --- Writing ---

static rel_code check_picture(const rel_diagram *d, rel_error *error) {
  if (d->model_count <= MAX_PICTURE_MODELS && d->edge_count <= MAX_PICTURE_EDGES) return REL_OK;
  return rel_fail(
      error, REL_LIMIT,
      "a picture of %zu models with %zu relations could not be read: choose some with --model, or "
      "let Graphviz draw --format dot",
      d->model_count, d->edge_count);
}

static rel_code write_out(const char *path, const rel_buf *text, FILE *standard, rel_error *error) {
  FILE *out = path != NULL ? fopen(path, "w") : standard;
  if (out == NULL) return rel_fail(error, REL_UNAVAILABLE, "cannot write %s: %s", path, strerror(errno));
  bool written = fwrite(text->data, 1, text->len, out) == text->len;
  if (path != NULL) written = fclose(out) == 0 && written;
  return written ? REL_OK
                 : rel_fail(error, REL_UNAVAILABLE, "cannot write %s", path != NULL ? path : "the diagram");
}

static rel_code draw(rel_diagram *diagram, const wanted *what, rel_arena *arena, FILE *out,
                     rel_error *error) {
  rel_buf text = {0};
  rel_code code = rel_diagram_connect(diagram, &what->options, arena, error);
  if (code == REL_OK && what->form == SVG) code = check_picture(diagram, error);
  if (code != REL_OK) return code;
  switch (what->form) {
  case SVG:
    rel_diagram_svg(diagram, arena, &text);
    break;
  case DOT:
    rel_diagram_dot(diagram, &text);
    break;
  default:
    rel_diagram_mermaid(diagram, &text);
  }
  code = write_out(what->out, &text, out, error);
  rel_buf_fini(&text);
  return code;
}

// --- From a server ---

static rel_code draw_server(const rel_args *args, rel_client *client, rel_arena *arena, FILE *out, bool *fine,
                            rel_error *error) {
  wanted what;
  rel_diagram diagram;
  (void)fine;
  rel_code code = read_options(args, arena, &what, error);
  if (code == REL_OK) code = rel_diagram_from_server(client, arena, &diagram, error);
  return code == REL_OK ? draw(&diagram, &what, arena, out, error) : code;
}

// --- From a schema ---

static void print_errors(const rel_findings *findings, FILE *err) {
  rel_buf line = {0};
  for (size_t i = 0; i < findings->count; i++) {
    if (findings->items[i].severity != REL_ERROR) continue;
    line.len = 0;
    rel_finding_format(&findings->items[i], &line);
    fprintf(err, REL_STR_F "\n", REL_STR_A(rel_buf_view(&line)));
  }
  rel_buf_fini(&line);
}

static rel_code read_schema(const rel_args *args, rel_arena *arena, rel_schema **out, FILE *err,
                            rel_error *error) {
  rel_schema_sources sources = {.paths = args->positional, .path_count = args->positional_count};
  sources.include_dirs = values_of(args, "proto_path", arena, &sources.include_count);
  rel_buf set = {0};
  rel_findings findings = {0};
  rel_schema_limits limits = {0};
  rel_code code = rel_schema_load(&sources, &set, error);
  if (code == REL_OK && rel_schema_read(rel_buf_view(&set), &limits, &findings, out) != REL_OK) {
    print_errors(&findings, err);
    code = rel_fail(error, REL_BAD_SCHEMA, "the schema has errors");
  }
  rel_findings_fini(&findings);
  rel_buf_fini(&set);
  return code;
}

static int run_schema(const rel_args *args, FILE *out, FILE *err) {
  wanted what;
  rel_arena arena;
  rel_error error;
  rel_diagram diagram;
  rel_schema *schema = NULL;
  rel_arena_init(&arena);
  rel_code code = read_options(args, &arena, &what, &error);
  if (code == REL_OK) code = read_schema(args, &arena, &schema, err, &error);
  if (code == REL_OK) {
    rel_diagram_from_schema(schema, &arena, &diagram);
    code = draw(&diagram, &what, &arena, out, &error);
  }
  rel_schema_free(schema);
  rel_arena_fini(&arena);
  if (code == REL_OK) return REL_EXIT_OK;
  rel_cli_fail(err, &error);
  return code == REL_INVALID ? REL_EXIT_USAGE : REL_EXIT_FAILED;
}

static int run(const rel_args *args, FILE *out, FILE *err) {
  return args->positional_count > 0 ? run_schema(args, out, err)
                                    : rel_remote_run(args, draw_server, out, err);
}

const rel_command rel_diagram_command = {
    .name = "diagram",
    .arguments = "[SCHEMA...]",
    .least_arguments = 0,
    .most_arguments = SIZE_MAX,
    .summary = "Draws models and relations.",
    .details =
        "SCHEMA is a .proto file, or a descriptor set that protoc wrote with --include_imports. Without one "
        "a server\n"
        "is asked for its models. A relation and its inverse are one line, labelled with both names; a "
        "crow's "
        "foot\n"
        "is many, a circle is perhaps none; a dashed line is no foreign key of the database.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run,
};
