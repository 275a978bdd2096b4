// RelationService: Get and Load. Turns a request into keys of a source, and the source's answers, untouched,
// into the response; includes are a tree's affair. The query set is in relation_query.c. Aggregate, Write and
// Watch are part of the contract and not served by this version; they say so.
#include "server/handlers/inquiry.h"

#include "server/handlers/budget.h"

#include "common/wire.h"

#include <relations/v1/relation_service.pb-c.h>

// Field number of GetResponse and LoadResponse.
enum { RECORD_TYPE = 2 };

// --- Answering ---

static void write_record_type(rel_call *call, rel_str type) {
  rel_call_write_head(call, RECORD_TYPE, type.len);
  rel_call_write(call, type.ptr, type.len);
}

static rel_code write_answers(rel_inquiry *q, rel_error *error) {
  (void)error; // what failed for one owner is in that owner's set
  rel_inquiry_write_results(q, 1 + REL_WIRE_VARINT_MAX + q->record_type.len);
  write_record_type(q->call, q->record_type);
  return REL_OK;
}

// --- Requests ---

rel_code rel_inquiry_read_terms(rel_inquiry *q, const rel_model *model, const rel_inquiry_terms *terms,
                                rel_error *error) {
  rel_arena *arena = rel_call_arena(q->call);
  rel_allowance allowance;
  rel_code code = rel_allowance_read(q->services, terms->budget, arena, &allowance, error);
  if (code != REL_OK) return code;
  if (terms->find_owners) allowance.trees.statements++;
  if (q->tally != NULL) { // somebody wants to know anyway
    q->tally->budget = allowance.tally != NULL ? allowance.tally->budget : q->tally->budget;
    allowance.tally = q->tally;
  }
  q->tally = allowance.tally;
  allowance.trees.bare = q->tally != NULL;
  return rel_tree_read(q->snapshot, model, terms->includes, &allowance.trees, arena, &q->tree, error);
}

static rel_code read_keys(const rel_inquiry *q, const Relations__V1__Keys *keys, const char *name,
                          rel_key_shape shape, rel_request_keys *out, rel_error *error) {
  rel_keys_expected expected = {.name = name, .shape = shape, .max_keys = q->services->max_keys};
  return rel_keys_read(keys, &expected, rel_call_arena(q->call), out, error);
}

rel_code rel_inquiry_get(rel_inquiry *q, const Relations__V1__GetRequest *request, rel_error *error) {
  const rel_model *model;
  rel_request_keys keys;
  rel_inquiry_terms terms = {.includes = {request->includes, request->n_includes}, .budget = request->budget};
  rel_code code = rel_snapshot_find_model(q->snapshot, rel_cstr(request->model), &model, error);
  if (code == REL_OK && model->abstract)
    code = rel_fail_field(error, REL_INVALID, "model", REL_STR_F " is abstract; get a model that extends it",
                          REL_STR_A(model->name));
  if (code == REL_OK) code = read_keys(q, request->keys, "keys", rel_primary_key_shape(model), &keys, error);
  if (code == REL_OK) code = rel_inquiry_read_terms(q, model, &terms, error);
  if (code != REL_OK) return code;
  q->record_type = model->name;
  rel_inquiry_by_primary_key(q, rel_snapshot_get(q->snapshot, model), keys.items, keys.count);
  return REL_OK;
}

static rel_code check_record_type(const rel_relation *relation, rel_str expected, rel_error *error) {
  if (expected.len == 0 || rel_str_eq(expected, relation->target->name)) return REL_OK;
  return rel_fail_field(error, REL_WRONG_TYPE, "record_type",
                        REL_STR_F "." REL_STR_F " holds " REL_STR_F ", not " REL_STR_F,
                        REL_STR_A(relation->owner->name), REL_STR_A(relation->name),
                        REL_STR_A(relation->target->name), REL_STR_A(expected));
}

static rel_code load_by_owner(rel_inquiry *q, const rel_loadable *loadable,
                              const Relations__V1__Keys *owner_keys, rel_error *error) {
  rel_key_shape shape = rel_primary_key_shape(loadable->relation->owner);
  rel_request_keys keys;
  rel_code code = read_keys(q, owner_keys, "owner_keys", shape, &keys, error);
  if (code == REL_OK) rel_inquiry_by_primary_key(q, loadable, keys.items, keys.count);
  return code;
}

static rel_code load_by_reference(rel_inquiry *q, const rel_loadable *loadable,
                                  const Relations__V1__Keys *reference_keys, rel_error *error) {
  rel_key_shape shape = rel_owner_key_shape(loadable->relation);
  rel_request_keys keys;
  rel_code code = read_keys(q, reference_keys, "reference_keys", shape, &keys, error);
  if (code == REL_OK) rel_inquiry_by_reference(q, loadable, keys.items, keys.count);
  return code;
}

rel_code rel_inquiry_load(rel_inquiry *q, const Relations__V1__LoadRequest *request, rel_error *error) {
  const rel_loadable *loadable;
  rel_inquiry_terms terms = {.includes = {request->includes, request->n_includes}, .budget = request->budget};
  rel_code code =
      rel_snapshot_find(q->snapshot, rel_cstr(request->model), rel_cstr(request->relation), &loadable, error);
  if (code == REL_OK) code = check_record_type(loadable->relation, rel_cstr(request->record_type), error);
  terms.find_owners = code == REL_OK && loadable->owner_source != NULL &&
                      request->key_case == RELATIONS__V1__LOAD_REQUEST__KEY_OWNER_KEYS;
  if (code == REL_OK) code = rel_inquiry_read_terms(q, loadable->relation->target, &terms, error);
  if (code != REL_OK) return code;
  q->record_type = loadable->relation->target->name;
  switch (request->key_case) {
  case RELATIONS__V1__LOAD_REQUEST__KEY_OWNER_KEYS:
    return load_by_owner(q, loadable, request->owner_keys, error);
  case RELATIONS__V1__LOAD_REQUEST__KEY_REFERENCE_KEYS:
    return load_by_reference(q, loadable, request->reference_keys, error);
  default:
    return rel_fail_field(error, REL_INVALID, "owner_keys", "no key: set owner_keys or reference_keys");
  }
}

static rel_code start_get(rel_inquiry *q, rel_error *error) {
  ProtobufCMessage *message;
  rel_code code = rel_call_unpack(q->call, &relations__v1__get_request__descriptor, &message, error);
  return code == REL_OK ? rel_inquiry_get(q, (const Relations__V1__GetRequest *)message, error) : code;
}

static rel_code start_load(rel_inquiry *q, rel_error *error) {
  ProtobufCMessage *message;
  rel_code code = rel_call_unpack(q->call, &relations__v1__load_request__descriptor, &message, error);
  return code == REL_OK ? rel_inquiry_load(q, (const Relations__V1__LoadRequest *)message, error) : code;
}

// Once `start` has returned REL_OK the call has its inquiry, or is over already: nothing here touches it any
// more.
static void begin(rel_call *call, void *context, rel_code (*start)(rel_inquiry *, rel_error *)) {
  const rel_services *services = context;
  rel_inquiry *q = rel_inquiry_new(call, services, rel_registry_pin(services->registry), write_answers);
  rel_error error;
  if (start(q, &error) != REL_OK) rel_inquiry_fail(q, &error);
}

static void handle_get(rel_call *call, void *context) {
  begin(call, context, start_get);
}

static void handle_load(rel_call *call, void *context) {
  begin(call, context, start_load);
}

static void handle_unserved(rel_call *call, void *context) {
  rel_error error;
  rel_fail(&error, REL_UNIMPLEMENTED, "%s is part of the contract and not served by this version",
           (const char *)context);
  rel_call_fail(call, &error);
}

size_t rel_relation_methods(rel_services *services, rel_method *table) {
#define PATH(name) "/relations.v1.RelationService/" name
#define UNSERVED(name, shape)                                                                                \
  { PATH(name), shape, REL_RUN_INLINE, handle_unserved, (void *)"RelationService." name }
  const rel_method methods[] = {
      {PATH("Get"), REL_UNARY, REL_RUN_INLINE, handle_get, services},
      {PATH("Load"), REL_UNARY, REL_RUN_INLINE, handle_load, services},
      {PATH("Query"), REL_SERVER_STREAM, REL_RUN_INLINE, rel_handle_query, services},
      {PATH("Count"), REL_UNARY, REL_RUN_INLINE, rel_handle_count, services},
      {PATH("Explain"), REL_UNARY, REL_RUN_INLINE, rel_handle_explain, services},
      {PATH("Exists"), REL_UNARY, REL_RUN_INLINE, rel_handle_exists, services},
      {PATH("Aggregate"), REL_UNARY, REL_RUN_INLINE, rel_handle_aggregate, services},
      UNSERVED("Write", REL_UNARY),
      UNSERVED("Watch", REL_SERVER_STREAM),
  };
#undef UNSERVED
#undef PATH
  memcpy(table, methods, sizeof methods);
  return sizeof methods / sizeof methods[0];
}
