// protoc-gen-relations: typed C accessors, and the protobuf-c models under them, from an annotated schema.
//
//   protoc --plugin=protoc-gen-relations --relations_out=[PARAMETERS:]DIR library.proto
//
// writes library.pb-c.{h,c} (by protoc-gen-c) and, for a file with models, library.relations.{h,c}.
// Parameters, comma separated:
//   models=false          do not run protoc-gen-c; the protobuf-c code is generated elsewhere
//   protoc_gen_c=PROGRAM  run this one; default: protoc-gen-c, found in PATH
//   dllexport_decl=NAME   passed on to protoc-gen-c, as is every other parameter
//   services=proto        write library_services.proto, the typed services of the models, and nothing else
// A schema with errors generates nothing, and every error is listed.
//
// The pipeline: load (request.c, common/schema), names (names.c, collisions.c), emit (emit.c, delegate.c,
// rename.c).
#include "client/plugin/delegate.h"
#include "client/plugin/emit.h"
#include "client/plugin/names.h"
#include "client/plugin/request.h"
#include "common/schema/typed.h"

#include <stdio.h>

static rel_code read_stdin(rel_buf *out, rel_error *error) {
  enum { CHUNK = 64 * 1024 };
  size_t got;
  while ((got = fread(rel_buf_reserve(out, CHUNK), 1, CHUNK, stdin)) > 0)
    out->len += got;
  return ferror(stdin) ? rel_fail(error, REL_UNAVAILABLE, "cannot read standard input") : REL_OK;
}

static void put_findings(rel_findings *findings, rel_buf *out) {
  rel_findings_sort(findings);
  for (size_t i = 0; i < findings->count; i++) {
    if (findings->items[i].severity != REL_ERROR) continue;
    if (out->len > 0) rel_buf_cstr(out, "\n");
    rel_finding_format(&findings->items[i], out);
  }
}

static rel_code load(const rel_plugin_request *request, rel_arena *arena, rel_findings *findings,
                     rel_schema **schema) {
  rel_code code =
      rel_schema_read(rel_buf_view(&request->descriptors), &(rel_schema_limits){0}, findings, schema);
  if (code != REL_OK) return code;
  if (!request->services) rel_names_check(*schema, arena, findings);
  return findings->errors > 0 ? REL_BAD_SCHEMA : REL_OK;
}

static void emit(const rel_plugin_request *request, const rel_schema *schema, rel_arena *arena,
                 rel_buf *response) {
  for (size_t i = 0; i < request->file_count; i++) {
    if (!rel_emit_has_models(schema, request->files[i])) continue;
    const rel_file *file = rel_schema_file(schema, request->files[i]);
    rel_buf text = {0};
    rel_emit_header(schema, file, arena, &text);
    rel_plugin_put_file(response, rel_name_file(arena, file->name, "relations.h"), rel_buf_view(&text));
    text.len = 0;
    rel_emit_source(schema, file, arena, &text);
    rel_plugin_put_file(response, rel_name_file(arena, file->name, "relations.c"), rel_buf_view(&text));
    rel_buf_fini(&text);
  }
}

static bool is_wanted(const rel_plugin_request *request, const rel_model *model) {
  for (size_t i = 0; i < request->file_count; i++)
    if (rel_str_eq(request->files[i], model->place.file)) return true;
  return false;
}

// Collisions matter where something is generated of them.
static void keep_wanted(const rel_plugin_request *request, const rel_schema *schema,
                        const rel_findings *collisions, rel_findings *findings) {
  for (size_t i = 0; i < collisions->count; i++) {
    const rel_finding *one = &collisions->items[i];
    if (is_wanted(request, rel_schema_model(schema, one->model)))
      rel_findings_add(findings, one->severity, one->place, one->model, one->element, REL_STR_F,
                       REL_STR_A(one->message));
  }
}

// The services of the files to generate; REL_BAD_SCHEMA when names collide.
static rel_code emit_services(const rel_plugin_request *request, const rel_schema *schema,
                              rel_findings *findings, rel_buf *response) {
  rel_findings collisions = {0};
  rel_typed *typed = rel_typed_new(schema, REL_ERROR, &collisions);
  keep_wanted(request, schema, &collisions, findings);
  rel_findings_fini(&collisions);
  for (size_t i = 0; findings->errors == 0 && i < request->file_count; i++) {
    rel_buf name = {0}, text = {0};
    rel_typed_file_name(request->files[i], &name);
    const rel_file *file = rel_typed_file(typed, rel_buf_view(&name));
    if (file != NULL) {
      rel_typed_print(file, &text);
      rel_plugin_put_file(response, file->name, rel_buf_view(&text));
    }
    rel_buf_fini(&text);
    rel_buf_fini(&name);
  }
  rel_typed_free(typed);
  return findings->errors > 0 ? REL_BAD_SCHEMA : REL_OK;
}

// Fills the response; what is wrong with the schema is a response too.
static rel_code generate(rel_str bytes, rel_arena *arena, rel_buf *response, rel_error *error) {
  rel_plugin_request request;
  rel_findings findings = {0};
  rel_schema *schema = NULL;
  rel_buf message = {0};
  rel_code code = rel_plugin_request_read(bytes, arena, &request, error);
  if (code != REL_OK) goto out;
  rel_code loaded = request.annotated ? load(&request, arena, &findings, &schema) : REL_OK;
  if (loaded == REL_OK && request.models && !request.services)
    code = rel_delegate_models(&request, schema, arena, response, error);
  if (code != REL_OK) goto out;
  rel_plugin_put_features(response);
  if (schema != NULL && loaded == REL_OK) {
    if (request.services)
      loaded = emit_services(&request, schema, &findings, response);
    else
      emit(&request, schema, arena, response);
  }
  if (loaded != REL_OK) {
    put_findings(&findings, &message);
    rel_plugin_put_error(response, rel_buf_view(&message));
  }
out:
  rel_buf_fini(&message);
  rel_schema_free(schema);
  rel_findings_fini(&findings);
  rel_plugin_request_fini(&request);
  return code;
}

int main(void) {
  rel_buf request = {0}, response = {0};
  rel_error error;
  rel_arena arena;
  rel_arena_init(&arena);
  rel_code code = read_stdin(&request, &error);
  if (code == REL_OK) code = generate(rel_buf_view(&request), &arena, &response, &error);
  if (code == REL_OK &&
      (fwrite(response.data, 1, response.len, stdout) != response.len || fflush(stdout) != 0))
    code = rel_fail(&error, REL_UNAVAILABLE, "cannot write standard output");
  if (code != REL_OK) fprintf(stderr, "protoc-gen-relations: %s\n", error.message);
  rel_arena_fini(&arena);
  rel_buf_fini(&response);
  rel_buf_fini(&request);
  return code == REL_OK ? 0 : 1;
}
