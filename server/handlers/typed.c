// Typed services: "/library.v1.AuthorService/Books", for every model of the running schema, with no generated
// code.
//
// The snapshot says what a path asks for. The answer of a single one is its RecordSet as it lies in the
// cache, whose wire form is that of the typed answer; an error in it is the call's status. Queries are in
// typed_query.c.
#include "server/handlers/services.h"

#include "common/wire.h"
#include "server/handlers/inquiry.h"
#include "server/handlers/typed_keys.h"
#include "server/handlers/typed_query.h"
#include "server/loader/record_set.h"

#include <relations/v1/typed.pb-c.h>

// --- Answers ---

static rel_code answer_batch(rel_inquiry *q, rel_error *error) {
  (void)error; // what failed for one of them is in that one's set
  rel_inquiry_write_results(q, 0);
  return REL_OK;
}

static rel_code answer_single(rel_inquiry *q, rel_error *error) {
  (void)error;
  rel_blob *set = rel_inquiry_take(q, 0);
  if (rel_record_set_status(rel_blob_view(set)).ptr != NULL) return rel_inquiry_fail_as(q, set);
  rel_call_write_blob(q->call, set);
  return REL_OK;
}

static rel_code not_found(const rel_inquiry *q, rel_error *error) {
  rel_buf key = {0};
  rel_key_format(q->keys[0].bytes, &key);
  rel_fail(error, REL_NOT_FOUND, "there is no " REL_STR_F " with the key %s", REL_STR_A(q->record_type),
           rel_buf_text(&key));
  rel_buf_fini(&key);
  return REL_NOT_FOUND;
}

static rel_code answer_get(rel_inquiry *q, rel_error *error) {
  rel_blob *set = rel_inquiry_take(q, 0);
  rel_str bytes = rel_blob_view(set);
  if (rel_record_set_has_records(bytes)) {
    rel_call_write_blob(q->call, set);
    return REL_OK;
  }
  if (rel_record_set_status(bytes).ptr != NULL) return rel_inquiry_fail_as(q, set);
  rel_blob_unref(set);
  return not_found(q, error);
}

static rel_inquiry_answer *answer_of(const rel_typed_method *method) {
  if (method->ask == REL_TYPED_BATCH) return answer_batch;
  return method->relation == NULL ? answer_get : answer_single;
}

// --- Calls ---

// Whether the request says anything beside its keys; mostly it does not, and is not read a second time.
static bool says_more(rel_str request) {
  rel_wire_reader wire = {request};
  rel_wire_field field;
  while (rel_wire_next(&wire, &field) > 0)
    if (field.number > REL_TYPED_KEY_LAST) return true;
  return false;
}

static rel_code read_terms(rel_inquiry *q, const rel_typed_target *target, rel_error *error) {
  ProtobufCMessage *message;
  rel_inquiry_terms terms = {.find_owners = target->loadable->owner_source != NULL};
  if (says_more(rel_call_request(q->call))) {
    rel_code code = rel_call_unpack(q->call, &relations__v1__typed_query__descriptor, &message, error);
    if (code != REL_OK) return code;
    const Relations__V1__TypedQuery *typed = (const Relations__V1__TypedQuery *)message;
    terms.includes = (rel_tree_includes){typed->includes, typed->n_includes};
    terms.budget = typed->budget;
  }
  return rel_inquiry_read_terms(q, rel_typed_records(target->method), &terms, error);
}

static rel_code start(rel_inquiry *q, const rel_typed_target *target, rel_error *error) {
  const rel_typed_method *method = target->method;
  rel_arena *arena = rel_call_arena(q->call);
  rel_str request = rel_call_request(q->call);
  rel_request_keys keys = {.count = 1};
  rel_code code;
  if (method->ask == REL_TYPED_BATCH) {
    code = rel_typed_keys_read(request, method->model, q->services->max_keys, arena, &keys, error);
  } else {
    keys.items = REL_ARENA_NEW(arena, rel_request_key);
    code = rel_typed_key_read(request, method->model, arena, keys.items, error);
  }
  if (code == REL_OK) code = read_terms(q, target, error);
  if (code != REL_OK) return code;
  q->answer = answer_of(method);
  q->record_type = method->model->name;
  rel_inquiry_by_primary_key(q, target->loadable, keys.items, keys.count);
  return REL_OK;
}

static void look_up(rel_call *call, const rel_services *services, rel_snapshot *take_snapshot,
                    const rel_typed_target *target) {
  rel_inquiry *q = rel_inquiry_new(call, services, take_snapshot, NULL);
  rel_error error;
  if (start(q, target, &error) != REL_OK) rel_inquiry_fail(q, &error);
}

static void refuse_gone(rel_call *call, rel_str path) {
  rel_error error;
  rel_fail(&error, REL_UNIMPLEMENTED, "method " REL_STR_F " is not of the running schema any more",
           REL_STR_A(path));
  rel_call_fail(call, &error);
}

static void handle(rel_call *call, rel_str path, void *context) {
  const rel_services *services = context;
  rel_snapshot *snapshot = rel_registry_pin(services->registry);
  const rel_typed_target *target = rel_snapshot_typed_target(snapshot, path);
  if (target == NULL) {
    refuse_gone(call, path);
    rel_snapshot_unref(snapshot);
  } else if (target->method->ask >= REL_TYPED_QUERY) {
    rel_typed_query(call, services, snapshot, target->method);
  } else {
    look_up(call, services, snapshot, target);
  }
}

static bool serves(rel_str path, void *context) {
  const rel_services *services = context;
  rel_snapshot *snapshot = rel_registry_pin(services->registry);
  bool found = rel_snapshot_typed_target(snapshot, path) != NULL;
  rel_snapshot_unref(snapshot);
  return found;
}

rel_fallback rel_typed_fallback(rel_services *services) {
  return (rel_fallback){serves, handle, services};
}
