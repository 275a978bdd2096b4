// Query methods: their names, parameters and the parameters that their filters use; then inheritance by name.
// What a filter says beyond its parameters is for those who run it.
#include "common/ascii.h"
#include "common/schema/build.h"

#include <relations/v1/types.pb-c.h>

enum { MESSAGE_OPTIONS = 7, MAX_PARAMETERS = 64, MAX_FILTER_BYTES = 64 * 1024 };

// --- Parameters ---

static struct rel_parameter *find_parameter(const rel_query_method *method, rel_str name) {
  for (size_t i = 0; i < method->param_count; i++)
    if (rel_str_eq(method->params[i].name, name)) return &method->params[i];
  return NULL;
}

static void add_parameter(rel_at at, rel_query_method *method, const Relations__V1__Parameter *proto) {
  rel_str name = rel_arena_copy(at.builder->arena, rel_cstr(proto->name));
  if (!rel_is_identifier(name)) {
    rel_report(at, "params: \"%.*s\" is not an identifier", REL_STR_A(name));
    return;
  }
  if (find_parameter(method, name) != NULL) {
    rel_report(at, "params: \"%.*s\" stands there twice", REL_STR_A(name));
    return;
  }
  if (!proto->has_type || proto->type == RELATIONS__V1__TYPE__TYPE_UNSPECIFIED)
    rel_report(at, "params: \"%.*s\" has no type; write type: TYPE_STRING, say", REL_STR_A(name));
  else if (protobuf_c_enum_descriptor_get_value(&relations__v1__type__descriptor, (int)proto->type) == NULL)
    rel_report(at, "params: \"%.*s\" has the type %d, which this version does not know", REL_STR_A(name),
               (int)proto->type);
  struct rel_parameter *param = &method->params[method->param_count++];
  param->name = name;
  param->type = (int)proto->type;
}

// --- The filter ---

// What stands behind the closing quote of the string that begins at `at`; the end when it is not closed.
static size_t skip_string(rel_str filter, size_t at) {
  char quote = filter.ptr[at++];
  while (at < filter.len && filter.ptr[at] != quote)
    at += filter.ptr[at] == '\\' ? 2 : 1;
  return at < filter.len ? at + 1 : filter.len + 1;
}

// Marks the parameters that the filter uses and reports those that it has not declared.
static void check_filter(rel_at at, const rel_query_method *method, bool *used) {
  rel_str filter = method->filter;
  for (size_t i = 0; i < filter.len;) {
    char c = filter.ptr[i];
    if (c == '"' || c == '\'') {
      i = skip_string(filter, i);
      if (i > filter.len) rel_report(at, "filter: a string is not closed");
      continue;
    }
    i++;
    if (c != '$') continue;
    size_t start = i;
    while (i < filter.len && rel_is_word(filter.ptr[i]))
      i++;
    rel_str name = rel_bytes(filter.ptr + start, i - start);
    const struct rel_parameter *param = find_parameter(method, name);
    if (param != NULL) {
      used[param - method->params] = true;
      continue;
    }
    rel_near near = rel_near_begin(name);
    for (size_t p = 0; p < method->param_count; p++)
      rel_near_offer(&near, method->params[p].name);
    rel_report(at, "filter: parameter \"$%.*s\" is not in params%.*s", REL_STR_A(name),
               REL_STR_A(rel_near_hint(at.builder, &near)));
  }
}

static void check_parameters_used(rel_at at, const rel_query_method *method) {
  bool used[MAX_PARAMETERS] = {false};
  check_filter(at, method, used);
  for (size_t i = 0; i < method->param_count; i++)
    if (!used[i])
      rel_report(at, "params: \"%.*s\" is not used in the filter", REL_STR_A(method->params[i].name));
}

// --- Methods ---

static void build_method(rel_builder *b, rel_draft *draft, const Relations__V1__QueryMethod *proto) {
  static const int32_t tail[] = {MESSAGE_OPTIONS, REL_EXTENSION_MODEL};
  rel_query_method *method = &draft->methods[draft->method_count++];
  method->name = rel_arena_copy(b->arena, rel_cstr(proto->name));
  method->filter = rel_arena_copy(b->arena, rel_cstr(proto->filter));
  method->declared_in = draft->model;
  method->place = (rel_place){draft->model->place.file, rel_build_place(draft->message, tail, 2).line};
  rel_at at = {b, method->place, draft->model->name, method->name};
  if (!rel_is_identifier(method->name)) {
    rel_report(at, "query_methods: \"%.*s\" is not an identifier; write name", REL_STR_A(method->name));
    return;
  }
  if (rel_draft_link(draft, method->name) != NULL)
    rel_report(at, "is a relation and a query method; rename one of them");
  if (method->filter.len == 0) rel_report(at, "has no filter");
  if (method->filter.len > MAX_FILTER_BYTES) {
    rel_report(at, "filter has %zu bytes; at most %d", method->filter.len, MAX_FILTER_BYTES);
    return;
  }
  if (proto->n_params > MAX_PARAMETERS) {
    rel_report(at, "has %zu parameters; at most %d", proto->n_params, MAX_PARAMETERS);
    return;
  }
  method->params = rel_arena_alloc0(b->arena, proto->n_params, sizeof *method->params);
  for (size_t i = 0; i < proto->n_params; i++)
    add_parameter(at, method, proto->params[i]);
  check_parameters_used(at, method);
}

static const rel_query_method *find_method(const rel_query_method *const *methods, size_t count,
                                           rel_str name) {
  for (size_t i = 0; i < count; i++)
    if (rel_str_eq(methods[i]->name, name)) return methods[i];
  return NULL;
}

// What the model declares stands before what it inherits; the same from two parents is inherited once.
static void inherit_method(rel_builder *b, rel_draft *draft, size_t declared,
                           const rel_query_method *method) {
  rel_model *model = draft->model;
  const rel_query_method *known = find_method(model->methods, model->method_count, method->name);
  if (known == NULL)
    model->methods[model->method_count++] = method;
  else if (known != method && find_method(model->methods, declared, method->name) == NULL)
    rel_report(
        rel_at_draft(b, draft),
        "inherits the query method \"%.*s\" from two models, and they differ: declare it again here, to "
        "decide",
        REL_STR_A(method->name));
}

static void build_methods(rel_builder *b, rel_draft *draft) {
  enum { MAX_METHODS = 256 };
  rel_model *model = draft->model;
  size_t count = draft->options->n_query_methods, inherited = 0;
  for (size_t i = 0; i < model->parent_count; i++)
    inherited += model->parents[i]->method_count;
  if (count + inherited > MAX_METHODS) {
    rel_report(rel_at_draft(b, draft), "has more than %d query methods, inherited ones included",
               MAX_METHODS);
    return;
  }
  draft->methods = REL_ARENA_ARRAY(b->arena, rel_query_method, count);
  model->methods = REL_ARENA_ARRAY(b->arena, const rel_query_method *, count + inherited);
  for (size_t i = 0; i < count; i++) {
    build_method(b, draft, draft->options->query_methods[i]);
    const rel_query_method *method = &draft->methods[i];
    if (find_method(model->methods, model->method_count, method->name) != NULL)
      rel_report((rel_at){b, method->place, model->name, method->name}, "is declared twice");
    model->methods[model->method_count++] = method;
  }
  for (size_t i = 0; i < model->parent_count; i++)
    for (size_t k = 0; k < model->parents[i]->method_count; k++)
      inherit_method(b, draft, count, model->parents[i]->methods[k]);
}

void rel_build_methods(rel_builder *b) {
  for (size_t i = 0; i < b->draft_count; i++)
    build_methods(b, b->by_depth[i]);
}
