// RelationService: Get and Load. Turns a request into keys of a source, and the source's answers, untouched,
// into the response. Query, Count, Aggregate, Write and Watch are part of the contract and not served by this
// version; they say so.
#include "server/handlers/services.h"

#include "common/wire.h"
#include "server/loader/load.h"
#include "server/loader/record_set.h"

#include <relations/v1/relation_service.pb-c.h>

// Field numbers of GetResponse and LoadResponse.
enum { RESULTS = 1, RECORD_TYPE = 2 };

// One Get or Load from its request to its answer. In the call's arena.
typedef struct lookup {
  rel_call *call;
  const rel_services *services;
  rel_snapshot *snapshot;
  const rel_loadable *loadable;
  rel_str record_type;
  rel_load *owners;      // with owner keys that are not what the relation joins on: the lookup of what is
  const bool *ownerless; // keys of owners that do not exist; NULL when all do
} lookup;

static bool caller_gone(void *context) {
  return rel_call_cancelled(((lookup *)context)->call);
}

// --- Answering ---

static void write_result(rel_call *call, rel_blob *take_set) {
  uint8_t head[1 + REL_WIRE_VARINT_MAX];
  head[0] = RESULTS << 3 | REL_WIRE_BYTES;
  const uint8_t *end = rel_wire_varint(head + 1, rel_blob_view(take_set).len);
  rel_call_write(call, head, (size_t)(end - head));
  rel_call_write_blob(call, take_set);
}

static void write_record_type(rel_call *call, rel_str type) {
  uint8_t head[1 + REL_WIRE_VARINT_MAX];
  head[0] = RECORD_TYPE << 3 | REL_WIRE_BYTES;
  const uint8_t *end = rel_wire_varint(head + 1, type.len);
  rel_call_write(call, head, (size_t)(end - head));
  rel_call_write(call, type.ptr, type.len);
}

static void write_answers(lookup *l, rel_load *load) {
  enum { FRAMING = 4 }; // bytes before an answer, mostly
  size_t count = rel_load_count(load);
  rel_call_expect(l->call, rel_load_bytes(load) + count * FRAMING + REL_WIRE_VARINT_MAX + l->record_type.len,
                  count);
  for (size_t i = 0; i < count; i++) {
    rel_blob *answer = rel_load_take(load, i);
    if (l->ownerless != NULL && l->ownerless[i]) {
      rel_blob_unref(answer);
      answer = rel_record_set_without(RELATIONS__V1__LOAD_STATE__LOAD_STATE_EMPTY);
    }
    write_result(l->call, answer);
  }
  write_record_type(l->call, l->record_type);
}

// Ends the call; the lookup is gone with its arena.
static void end(lookup *l, rel_load *load, const rel_error *error) {
  rel_call *call = l->call;
  rel_snapshot *snapshot = l->snapshot;
  if (error == NULL) write_answers(l, load);
  if (load != NULL) rel_load_fini(load);
  if (l->owners != NULL) rel_load_fini(l->owners);
  if (error == NULL)
    rel_call_finish(call);
  else
    rel_call_fail(call, error);
  rel_snapshot_unref(snapshot);
}

static void loaded(rel_load *load, const rel_error *error, void *context) {
  end(context, load, error);
}

// --- Loading ---

static void load_from(lookup *l, rel_source *source, const rel_request_key *keys, size_t count,
                      void (*done)(rel_load *, const rel_error *, void *)) {
  rel_load_start(&(rel_load_request){
      .source = source,
      .keys = keys,
      .count = count,
      .deadline_ns = rel_call_deadline_ns(l->call),
      .max_bytes = l->services->max_answer_bytes,
      .arena = rel_call_arena(l->call),
      .done = done,
      .context = l,
      .gone = caller_gone,
  });
}

// The owners' join values are known: load the relation by them.
static void owners_found(rel_load *owners, const rel_error *error, void *context) {
  lookup *l = context;
  l->owners = owners;
  if (error != NULL) {
    end(l, NULL, error);
    return;
  }
  size_t count = rel_load_count(owners);
  rel_arena *arena = rel_call_arena(l->call);
  rel_request_key *keys = REL_ARENA_ARRAY(arena, rel_request_key, count);
  bool *ownerless = REL_ARENA_ARRAY(arena, bool, count);
  for (size_t i = 0; i < count; i++) {
    rel_found found = rel_load_key(owners, i, &keys[i].bytes);
    keys[i].is_null = found != REL_FOUND_KEY;
    ownerless[i] = found == REL_FOUND_NOTHING;
  }
  l->ownerless = ownerless;
  load_from(l, l->loadable->source, keys, count, loaded);
}

// A NULL part in an owner's key names no owner.
static bool *null_keys(rel_arena *arena, const rel_request_key *keys, size_t count) {
  bool *nulls = NULL;
  for (size_t i = 0; i < count; i++) {
    if (!keys[i].is_null) continue;
    if (nulls == NULL) nulls = REL_ARENA_ARRAY(arena, bool, count);
    nulls[i] = true;
  }
  return nulls;
}

// --- Requests ---

static rel_code refuse_includes(size_t count, rel_error *error) {
  if (count == 0) return REL_OK;
  return rel_fail_field(error, REL_UNIMPLEMENTED, "includes",
                        "includes are not served by this version; load the relation of the records instead");
}

static rel_code start_get(lookup *l, rel_error *error) {
  ProtobufCMessage *message;
  rel_code code = rel_call_unpack(l->call, &relations__v1__get_request__descriptor, &message, error);
  if (code != REL_OK) return code;
  const Relations__V1__GetRequest *request = (const Relations__V1__GetRequest *)message;
  const rel_model *model;
  rel_request_key *keys;
  size_t count;
  code = rel_snapshot_find_model(l->snapshot, rel_cstr(request->model), &model, error);
  if (code == REL_OK) code = refuse_includes(request->n_includes, error);
  if (code == REL_OK && model->abstract)
    code = rel_fail_field(error, REL_INVALID, "model", REL_STR_F " is abstract; get a model that extends it",
                          REL_STR_A(model->name));
  if (code == REL_OK)
    code = rel_keys_read(request->keys, model->primary_key, model->primary_key_count, l->services->max_keys,
                         "keys", rel_call_arena(l->call), &keys, &count, error);
  if (code != REL_OK) return code;
  l->loadable = rel_snapshot_get(l->snapshot, model);
  l->record_type = model->name;
  load_from(l, l->loadable->source, keys, count, loaded);
  return REL_OK;
}

static rel_code check_record_type(const rel_relation *relation, rel_str expected, rel_error *error) {
  if (expected.len == 0 || rel_str_eq(expected, relation->target->name)) return REL_OK;
  return rel_fail_field(error, REL_WRONG_TYPE, "record_type",
                        REL_STR_F "." REL_STR_F " holds " REL_STR_F ", not " REL_STR_F,
                        REL_STR_A(relation->owner->name), REL_STR_A(relation->name),
                        REL_STR_A(relation->target->name), REL_STR_A(expected));
}

static rel_code load_by_owner(lookup *l, const Relations__V1__Keys *owner_keys, rel_error *error) {
  const rel_loadable *loadable = l->loadable;
  const rel_model *owner = loadable->relation->owner;
  rel_arena *arena = rel_call_arena(l->call);
  rel_request_key *keys;
  size_t count;
  rel_code code = rel_keys_read(owner_keys, owner->primary_key, owner->primary_key_count,
                                l->services->max_keys, "owner_keys", arena, &keys, &count, error);
  if (code != REL_OK) return code;
  if (loadable->owner_source == NULL) {
    l->ownerless = null_keys(arena, keys, count);
    load_from(l, loadable->source, keys, count, loaded);
  } else {
    load_from(l, loadable->owner_source, keys, count, owners_found);
  }
  return REL_OK;
}

static rel_code load_by_reference(lookup *l, const Relations__V1__Keys *reference_keys, rel_error *error) {
  const rel_relation *relation = l->loadable->relation;
  rel_request_key *keys;
  size_t count;
  rel_code code =
      rel_keys_read(reference_keys, rel_relation_owner_key(relation), relation->key_count,
                    l->services->max_keys, "reference_keys", rel_call_arena(l->call), &keys, &count, error);
  if (code == REL_OK) load_from(l, l->loadable->source, keys, count, loaded);
  return code;
}

static rel_code start_load(lookup *l, rel_error *error) {
  ProtobufCMessage *message;
  rel_code code = rel_call_unpack(l->call, &relations__v1__load_request__descriptor, &message, error);
  if (code != REL_OK) return code;
  const Relations__V1__LoadRequest *request = (const Relations__V1__LoadRequest *)message;
  code = rel_snapshot_find(l->snapshot, rel_cstr(request->model), rel_cstr(request->relation), &l->loadable,
                           error);
  if (code == REL_OK) code = refuse_includes(request->n_includes, error);
  if (code == REL_OK) code = check_record_type(l->loadable->relation, rel_cstr(request->record_type), error);
  if (code != REL_OK) return code;
  l->record_type = l->loadable->relation->target->name;
  switch (request->key_case) {
  case RELATIONS__V1__LOAD_REQUEST__KEY_OWNER_KEYS:
    return load_by_owner(l, request->owner_keys, error);
  case RELATIONS__V1__LOAD_REQUEST__KEY_REFERENCE_KEYS:
    return load_by_reference(l, request->reference_keys, error);
  default:
    return rel_fail_field(error, REL_INVALID, "owner_keys", "no key: set owner_keys or reference_keys");
  }
}

// Once `start` has returned REL_OK the call has its lookup, or is over already: nothing here touches it any
// more.
static void begin(rel_call *call, void *context, rel_code (*start)(lookup *, rel_error *)) {
  rel_services *services = context;
  lookup *l = REL_ARENA_NEW(rel_call_arena(call), lookup);
  l->call = call;
  l->services = services;
  l->snapshot = rel_registry_pin(services->registry);
  rel_error error;
  if (start(l, &error) != REL_OK) end(l, NULL, &error);
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
      UNSERVED("Query", REL_SERVER_STREAM),
      UNSERVED("Count", REL_UNARY),
      UNSERVED("Aggregate", REL_UNARY),
      UNSERVED("Write", REL_UNARY),
      UNSERVED("Watch", REL_SERVER_STREAM),
  };
#undef UNSERVED
#undef PATH
  memcpy(table, methods, sizeof methods);
  return sizeof methods / sizeof methods[0];
}
