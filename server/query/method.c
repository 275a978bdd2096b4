// Query methods: filters with typed parameters. Read anew for each call, with the arguments in their place;
// and once when a schema is checked, with the types alone.
#include "server/query/internal.h"

#include <stdio.h>

// An inherited filter may use fields that the model does not redeclare, as long as the table is the same.
static const rel_model *fallback_of(const rel_model *model, const rel_query_method *method) {
  bool same = method->declared_in == model || rel_str_eq(method->declared_in->table, model->table);
  return same ? method->declared_in : NULL;
}

// --- Calls ---

static rel_code find_method(const rel_model *model, const char *name, const char *path,
                            const rel_query_method **out, rel_error *error) {
  rel_near near = rel_near_begin(rel_cstr(name));
  for (size_t i = 0; i < model->method_count; i++) {
    *out = model->methods[i];
    if (rel_str_eq((*out)->name, near.wanted)) return REL_OK;
    rel_near_offer(&near, (*out)->name);
  }
  char field[REL_ERROR_FIELD_MAX];
  snprintf(field, sizeof field, "%s.name", path);
  return rel_fail_field(error, REL_INVALID, field, REL_STR_F " has no query method \"%.100s\"" REL_NEAR_F,
                        REL_STR_A(model->name), name, REL_NEAR_A(near.best));
}

static rel_code read_arguments(rel_filter_scope *scope, const rel_query_method *method,
                               const Relations__V1__MethodCall *call, const char *path,
                               rel_parameters *parameters, rel_error *error) {
  if (call->n_arguments != method->param_count)
    return rel_fail_field(error, REL_INVALID, path, REL_STR_F " takes %zu argument%s, not %zu",
                          REL_STR_A(method->name), method->param_count, method->param_count == 1 ? "" : "s",
                          call->n_arguments);
  rel_literal *literals = REL_ARENA_ARRAY(scope->arena, rel_literal, call->n_arguments);
  const char **paths = REL_ARENA_ARRAY(scope->arena, const char *, call->n_arguments);
  for (size_t i = 0; i < call->n_arguments; i++) {
    paths[i] = rel_arena_printf(scope->arena, "%s.arguments[%zu]", path, i).ptr;
    const struct rel_parameter *param = &method->params[i];
    const char *why = rel_literal_argument(call->arguments[i], param->type, scope->arena, &literals[i]);
    if (why != NULL)
      return rel_fail_field(error, REL_INVALID, paths[i], "$" REL_STR_F ": %s", REL_STR_A(param->name), why);
  }
  parameters->literals = literals;
  parameters->paths = paths;
  return REL_OK;
}

rel_code rel_filter_from_method(rel_filter_scope *scope, const Relations__V1__MethodCall *call,
                                const char *path, const rel_condition **out, rel_error *error) {
  const rel_query_method *method = NULL;
  rel_code code = find_method(scope->model, call->name, path, &method, error);
  if (code != REL_OK) return code;
  rel_parameters parameters = {.method = method, .fallback = fallback_of(scope->model, method)};
  code = read_arguments(scope, method, call, path, &parameters, error);
  return code == REL_OK ? rel_filter_parse_with(scope, method->filter, path, &parameters, out, error) : code;
}

// --- Checking ---

static rel_code compile(const rel_model *model, const rel_query_method *method, rel_error *error) {
  rel_arena arena;
  rel_arena_init(&arena);
  rel_filter_scope scope = {.model = model, .arena = &arena};
  rel_literal *types = REL_ARENA_ARRAY(&arena, rel_literal, method->param_count);
  for (size_t i = 0; i < method->param_count; i++)
    types[i] = (rel_literal){.kind = REL_LITERAL_TYPE, .type = method->params[i].type};
  rel_parameters parameters = {.method = method, .literals = types, .fallback = fallback_of(model, method)};
  const rel_condition *condition;
  rel_code code = rel_filter_parse_with(&scope, method->filter, "filter", &parameters, &condition, error);
  if (code == REL_OK && condition == NULL)
    code = rel_fail_field(error, REL_INVALID, "filter", "it says nothing");
  rel_arena_fini(&arena);
  return code;
}

static void check_method(const rel_model *model, const rel_query_method *method, rel_findings *findings) {
  rel_error error = {0};
  if (compile(model, method, &error) == REL_OK) return;
  if (method->declared_in == model) {
    rel_findings_add(findings, REL_ERROR, method->place, model->name, method->name, "filter: %s",
                     error.message);
    return;
  }
  rel_error declared = {0};
  if (compile(method->declared_in, method, &declared) != REL_OK) return; // said where it is declared
  rel_findings_add(findings, REL_ERROR, model->place, model->name, method->name,
                   "the filter inherited from " REL_STR_F " does not fit this model: %s",
                   REL_STR_A(method->declared_in->name), error.message);
}

void rel_methods_check(const rel_schema *schema, rel_findings *findings) {
  for (size_t i = 0; i < schema->model_count; i++)
    for (size_t m = 0; m < schema->models[i]->method_count; m++)
      check_method(schema->models[i], schema->models[i]->methods[m], findings);
}

// --- Requests ---

rel_code rel_filter_read(rel_filter_scope *scope, const rel_filter_request *request,
                         const rel_condition **out, rel_error *error) {
  const rel_condition *parts[2 + REL_FILTER_MAX_METHODS] = {NULL};
  size_t count = request->method_count;
  if (count > REL_FILTER_MAX_METHODS)
    return rel_fail_field(error, REL_INVALID, "methods", "at most %d query methods", REL_FILTER_MAX_METHODS);
  rel_code code = rel_filter_from_proto(scope, request->filter, "filter", &parts[0], error);
  if (code == REL_OK)
    code = rel_filter_parse(scope, rel_cstr(request->filter_text), "filter_text", &parts[1], error);
  for (size_t i = 0; i < count && code == REL_OK; i++) {
    char path[32];
    snprintf(path, sizeof path, "methods[%zu]", i);
    code = rel_filter_from_method(scope, request->methods[i], path, &parts[2 + i], error);
  }
  if (code == REL_OK) *out = rel_condition_all(scope->arena, parts, 2 + count);
  return code;
}
