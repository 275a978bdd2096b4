// Typed services: which there are, and the symbols of what is generated. See typed.h.
#include "common/schema/typed_build.h"

#include <uthash.h>

// A generated name. `relation` and `model` say what it was generated for.
typedef struct symbol {
  UT_hash_handle hh;
  rel_str name;
  const rel_model *model;
  const rel_relation *relation;
  struct symbol *claimed_before;
  size_t file; // in the generated files
} symbol;

// The public part is first.
typedef struct typed_impl {
  rel_typed typed;
  const rel_schema *schema;
  rel_arena arena;
  symbol *symbols;
  symbol *last_claimed;
  rel_severity severity;
  rel_findings *findings;
} typed_impl;

// --- Services ---

const rel_model *rel_typed_records(const rel_typed_method *method) {
  return method->relation != NULL ? method->relation->target : method->model;
}

static void add_methods(typed_impl *t, rel_typed_service *service, const rel_relation *relation,
                        rel_typed_ask last) {
  for (rel_typed_ask ask = REL_TYPED_LOAD; ask <= last; ask++) {
    rel_typed_method *method = &service->methods[service->method_count++];
    *method = (rel_typed_method){.model = service->model, .relation = relation, .ask = ask};
    method->name = rel_typed_method_name(&t->arena, relation, ask);
    method->path = rel_arena_printf(&t->arena, "/" REL_STR_F "/" REL_STR_F, REL_STR_A(service->name),
                                    REL_STR_A(method->name));
  }
}

static rel_typed_service make_service(typed_impl *t, const rel_model *model) {
  rel_typed_service service = {.name = rel_typed_service_name(&t->arena, model), .model = model};
  size_t most = (model->relation_count + 1) * (REL_TYPED_EXISTS + 1);
  service.methods = REL_ARENA_ARRAY(&t->arena, rel_typed_method, most);
  add_methods(t, &service, NULL, REL_TYPED_EXISTS);
  for (size_t i = 0; i < model->relation_count; i++) {
    const rel_relation *relation = model->relations[i];
    add_methods(t, &service, relation,
                rel_relation_has_queries(relation) ? REL_TYPED_EXISTS : REL_TYPED_BATCH);
  }
  return service;
}

// How many methods the service would have, with the query methods that its requests would offer.
static size_t weight_of(const rel_model *model) {
  enum { LOADS = 2, QUERIES = 3 };
  size_t weight = LOADS + QUERIES * (1 + model->method_count);
  for (size_t i = 0; i < model->relation_count; i++) {
    weight += LOADS;
    if (rel_relation_has_queries(model->relations[i]))
      weight += QUERIES * (1 + model->relations[i]->target->method_count);
  }
  return weight;
}

// --- Collisions ---

static rel_str origin(rel_arena *arena, const rel_model *model, const rel_relation *relation) {
  if (relation == NULL) return rel_arena_printf(arena, "model " REL_STR_F, REL_STR_A(model->name));
  return rel_arena_printf(arena, "relation " REL_STR_F "." REL_STR_F, REL_STR_A(model->name),
                          REL_STR_A(relation->name));
}

// What has no typed service, and because of what.
static void report(typed_impl *t, const rel_model *model, const rel_relation *relation, rel_str reason) {
  if (t->findings == NULL) return;
  rel_findings_add(t->findings, t->severity, relation != NULL ? relation->place : model->place, model->name,
                   relation != NULL ? relation->name : rel_cstr(""),
                   "the model has no typed service: " REL_STR_F, REL_STR_A(reason));
}

static void report_taken(typed_impl *t, const symbol *taken, rel_str by) {
  rel_str whose = origin(&t->arena, taken->model, taken->relation);
  report(t, taken->model, taken->relation,
         rel_arena_printf(&t->arena,
                          "its name " REL_STR_F " would be of " REL_STR_F " and is of " REL_STR_F
                          " already; rename one of them",
                          REL_STR_A(taken->name), REL_STR_A(whose), REL_STR_A(by)));
}

static symbol *find_symbol(const typed_impl *t, rel_str name) {
  symbol *found;
  HASH_FIND(hh, t->symbols, name.ptr, name.len, found);
  return found;
}

static bool is_generated(rel_str file, const rel_model *model) {
  rel_buf name = {0};
  rel_typed_file_name(model->place.file, &name);
  bool same = rel_str_eq(file, rel_buf_view(&name));
  rel_buf_fini(&name);
  return same;
}

// Claims a name of the service's package. False, and reported, when somebody has it: another generated name,
// or the user, but in the generated file itself, which may be among the user's.
static bool claim(typed_impl *t, rel_str name, const rel_model *model, const rel_relation *relation) {
  if (model->package.len > 0)
    name = rel_arena_printf(&t->arena, REL_STR_F "." REL_STR_F, REL_STR_A(model->package), REL_STR_A(name));
  symbol wanted = {.name = name, .model = model, .relation = relation, .claimed_before = t->last_claimed};
  const symbol *other = find_symbol(t, name);
  if (other != NULL) {
    report_taken(t, &wanted, origin(&t->arena, other->model, other->relation));
    return false;
  }
  const rel_file *file = rel_schema_file_of_symbol(t->schema, name);
  if (file != NULL && !is_generated(file->name, model)) {
    report_taken(t, &wanted, rel_arena_printf(&t->arena, "the file " REL_STR_F, REL_STR_A(file->name)));
    return false;
  }
  symbol *added = REL_ARENA_NEW(&t->arena, symbol);
  *added = wanted;
  HASH_ADD_KEYPTR(hh, t->symbols, added->name.ptr, added->name.len, added);
  t->last_claimed = added;
  return true;
}

// "query method shop.v1.Line.after", "key shop.v1.Order.filter", "every request".
static rel_str clash_origin(typed_impl *t, const rel_typed_method *method, rel_typed_origin of) {
  if (of.method == NULL && of.key == NULL) return rel_cstr("every request");
  bool is_key = of.method == NULL;
  rel_str model = is_key ? method->model->name : rel_typed_records(method)->name;
  rel_str name = is_key ? of.key->name : of.method->name;
  return rel_arena_printf(&t->arena, "%s " REL_STR_F "." REL_STR_F, is_key ? "key" : "query method",
                          REL_STR_A(model), REL_STR_A(name));
}

static bool check_arguments(typed_impl *t, const rel_typed_method *method) {
  const rel_model *records = rel_typed_records(method);
  for (size_t i = 0; i < records->method_count; i++) {
    rel_str name = rel_typed_arguments_name(&t->arena, records->methods[i]);
    if (rel_is_identifier(name)) continue;
    report(t, method->model, method->relation,
           rel_arena_printf(&t->arena,
                            "the query method " REL_STR_F "." REL_STR_F " would have the message \"" REL_STR_F
                            "\", which is no identifier; rename it",
                            REL_STR_A(records->name), REL_STR_A(records->methods[i]->name), REL_STR_A(name)));
    return false;
  }
  return true;
}

// Whether names within the request keep apart; what is wrong is reported. Requests of relations to load are
// like those of their owner.
static bool check_request(typed_impl *t, const rel_typed_service *service, const rel_typed_method *method) {
  bool query = method->ask == REL_TYPED_QUERY, load = method->ask <= REL_TYPED_BATCH;
  rel_typed_clash clash;
  if (query && !check_arguments(t, method)) return false;
  if (!query && !(load && method->relation == NULL)) return true;
  if (!rel_typed_find_clash(method, &t->arena, &clash)) return true;
  rel_str request = rel_typed_request_name(&t->arena, service, method);
  rel_str first = clash_origin(t, method, clash.first), second = clash_origin(t, method, clash.second);
  report(t, method->model, method->relation,
         rel_arena_printf(&t->arena,
                          REL_STR_F "." REL_STR_F " would be of " REL_STR_F " and is of " REL_STR_F
                                    " already; rename one of them",
                          REL_STR_A(request), REL_STR_A(clash.name), REL_STR_A(second), REL_STR_A(first)));
  return false;
}

static bool claim_method(typed_impl *t, const rel_typed_service *service, const rel_typed_method *method) {
  if (!rel_is_identifier(method->name)) {
    report(t, method->model, method->relation,
           rel_arena_printf(&t->arena,
                            "its method \"" REL_STR_F "\" would be no identifier; rename the relation",
                            REL_STR_A(method->name)));
    return false;
  }
  return claim(t, rel_typed_request_name(&t->arena, service, method), method->model, method->relation) &&
         claim(t, rel_typed_response_name(&t->arena, service, method), method->model, method->relation) &&
         check_request(t, service, method);
}

// The names that a service brings with it. After the first that is taken the service is refused, and its
// other names are not looked at: one finding says enough.
static bool claim_all(typed_impl *t, const rel_typed_service *service) {
  const rel_model *model = service->model;
  if (!claim(t, rel_last_component(service->name), model, NULL)) return false;
  if (model->primary_key_count > 1 && !claim(t, rel_typed_key_name(&t->arena, service), model, NULL))
    return false;
  for (size_t i = 0; i < service->method_count; i++)
    if (!claim_method(t, service, &service->methods[i])) return false;
  return true;
}

static void release_from(typed_impl *t, symbol *last_kept) {
  while (t->last_claimed != last_kept) {
    symbol *gone = t->last_claimed;
    t->last_claimed = gone->claimed_before;
    HASH_DEL(t->symbols, gone);
  }
}

static void report_too_many(const typed_impl *t, const rel_model *model) {
  if (t->findings == NULL) return;
  rel_findings_add(
      t->findings, t->severity, model->place, model->name, rel_cstr(""),
      "the model has no typed service, nor has one behind it in the order of names: together the schema's "
      "would have more than %d methods, each query method that a request offers counted as another",
      REL_TYPED_MAX_METHODS);
}

static void add_services(typed_impl *t) {
  const rel_schema *schema = t->schema;
  size_t methods = 0;
  t->typed.services = REL_ARENA_ARRAY(&t->arena, rel_typed_service, schema->model_count);
  for (size_t i = 0; i < schema->model_count; i++) {
    if (schema->models[i]->abstract) continue;
    methods += weight_of(schema->models[i]);
    if (methods > REL_TYPED_MAX_METHODS) {
      report_too_many(t, schema->models[i]);
      return;
    }
    rel_typed_service service = make_service(t, schema->models[i]);
    symbol *before = t->last_claimed;
    if (claim_all(t, &service))
      t->typed.services[t->typed.service_count++] = service;
    else
      release_from(t, before);
  }
}

// --- Files ---

static void declare(void *context, rel_str name) {
  typed_impl *t = context;
  symbol *found = find_symbol(t, name);
  if (found == NULL) {
    found = REL_ARENA_NEW(&t->arena, symbol);
    found->name = name;
    HASH_ADD_KEYPTR(hh, t->symbols, found->name.ptr, found->name.len, found);
  }
  found->file = t->typed.file_count;
}

static int by_file(const void *a, const void *b) {
  const rel_typed_service *left = *(const rel_typed_service *const *)a,
                          *right = *(const rel_typed_service *const *)b;
  int order = rel_str_cmp(left->model->place.file, right->model->place.file);
  if (order != 0) return order;
  return (left->model->index > right->model->index) - (left->model->index < right->model->index);
}

static void add_file(typed_impl *t, const rel_typed_service *const *services, size_t count) {
  const rel_file *source = rel_schema_file(t->schema, services[0]->model->place.file);
  rel_typed_write_file(services, count, source, &t->arena, declare, t, &t->typed.files[t->typed.file_count]);
  t->typed.file_count++;
}

static void add_files(typed_impl *t) {
  size_t count = t->typed.service_count;
  if (count == 0) return;
  const rel_typed_service **services = rel_alloc(count * sizeof *services);
  for (size_t i = 0; i < count; i++)
    services[i] = &t->typed.services[i];
  qsort(services, count, sizeof *services, by_file);
  t->typed.files = REL_ARENA_ARRAY(&t->arena, rel_file, t->schema->file_count);
  for (size_t first = 0, end = 1; first < count; end++) {
    if (end < count && rel_str_eq(services[end]->model->place.file, services[first]->model->place.file))
      continue;
    add_file(t, services + first, end - first);
    first = end;
  }
  free(services);
}

// --- Life, and looking up ---

static typed_impl *new_without_files(const rel_schema *schema, rel_severity severity,
                                     rel_findings *findings) {
  typed_impl *t = REL_NEW(typed_impl);
  t->schema = schema;
  t->severity = severity;
  t->findings = findings;
  rel_arena_init(&t->arena);
  add_services(t);
  return t;
}

rel_typed *rel_typed_new(const rel_schema *schema, rel_severity severity, rel_findings *findings) {
  typed_impl *t = new_without_files(schema, severity, findings);
  add_files(t);
  return &t->typed;
}

void rel_typed_check(const rel_schema *schema, rel_severity severity, rel_findings *findings) {
  rel_typed_free(&new_without_files(schema, severity, findings)->typed);
}

void rel_typed_free(rel_typed *typed) {
  if (typed == NULL) return;
  typed_impl *t = (typed_impl *)typed;
  HASH_CLEAR(hh, t->symbols);
  rel_arena_fini(&t->arena);
  free(t);
}

const rel_file *rel_typed_file(const rel_typed *typed, rel_str name) {
  for (size_t i = 0; i < typed->file_count; i++)
    if (rel_str_eq(typed->files[i].name, name)) return &typed->files[i];
  return NULL;
}

const rel_file *rel_typed_file_of_symbol(const rel_typed *typed, rel_str full_name) {
  const symbol *found = find_symbol((const typed_impl *)typed, full_name);
  return found != NULL ? &typed->files[found->file] : NULL;
}

const rel_typed_service *rel_typed_service_named(const rel_typed *typed, rel_str full_name) {
  const symbol *found = find_symbol((const typed_impl *)typed, full_name);
  for (size_t i = 0; found != NULL && i < typed->service_count; i++)
    if (rel_str_eq(typed->services[i].name, full_name)) return &typed->services[i];
  return NULL;
}
