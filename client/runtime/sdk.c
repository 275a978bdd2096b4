// The calls behind generated code: see relations/sdk.h. Owns how owners become requests and results find
// their owners.
//
// Requests are written straight to wire bytes from the tables. Many owners go in slices of MAX_KEYS, so that
// no call is refused for its size; an answer to many owns one memory for all of them.
#include "client/runtime/answer.h"
#include "client/runtime/keys.h"
#include "client/runtime/query.h"

#include "common/wire.h"

#define GET_PATH   "/relations.v1.RelationService/Get"
#define LOAD_PATH  "/relations.v1.RelationService/Load"
#define CLEAR_PATH "/relations.v1.CacheService/Clear"

// Keys of one call. From here on a larger call costs no less per key.
enum { MAX_KEYS = 1000 };
// Field numbers of GetRequest, LoadRequest, ClearRequest and OwnerScope.
enum { GET_MODEL = 1, GET_KEYS = 2, GET_INCLUDES = 3 };
enum {
  LOAD_MODEL = 1,
  LOAD_RELATION = 2,
  LOAD_REFERENCE_KEYS = 4,
  LOAD_RECORD_TYPE = 5,
  LOAD_INCLUDES = 6,
};
enum { CLEAR_OWNERS = 4, SCOPE_MODEL = 1, SCOPE_RELATION = 2, SCOPE_REFERENCE_KEYS = 4 };

// What is asked for many at a time: records of a model by key, or the records of a relation by owner.
typedef struct question {
  rel_client *client;
  const rel_sdk_model *model;       // Get
  const rel_sdk_relation *relation; // Load; else NULL
  const void *const *owners;        // Load
  const char *keys;                 // Get: side by side
  size_t count;
  const rel_sdk_query *with; // what is included in the records; NULL: nothing
} question;

// What asking needs and makes. `places` says whose answer the n-th key of the running slice is.
typedef struct asking {
  const question *q;
  rel_memory *memory;
  rel_answer *answers;
  rel_key_list keys;
  size_t *places;
  rel_buf with; // fields of the request: includes and a budget
  rel_buf request;
  rel_buf response;
} asking;

static const rel_sdk_model *record_model(const question *q) {
  return q->relation != NULL ? q->relation->target : q->model;
}

static void write_request(asking *a) {
  const rel_sdk_relation *relation = a->q->relation;
  a->request.len = 0;
  if (relation == NULL) {
    rel_wire_put_bytes(&a->request, GET_MODEL, rel_cstr(a->q->model->name));
    rel_key_list_put(&a->keys, GET_KEYS, &a->request);
    rel_buf_str(&a->request, rel_buf_view(&a->with));
    return;
  }
  rel_wire_put_bytes(&a->request, LOAD_MODEL, rel_cstr(relation->owner->name));
  rel_wire_put_bytes(&a->request, LOAD_RELATION, rel_cstr(relation->name));
  rel_key_list_put(&a->keys, LOAD_REFERENCE_KEYS, &a->request);
  rel_wire_put_bytes(&a->request, LOAD_RECORD_TYPE, rel_cstr(relation->target->name));
  rel_buf_str(&a->request, rel_buf_view(&a->with));
}

// Asks for the keys gathered so far and puts each answer at its owner's place.
static rel_code ask(asking *a, rel_error *error) {
  const rel_sdk_model *records = record_model(a->q);
  bool single = a->q->relation == NULL || a->q->relation->kind != REL_SDK_HAS_MANY;
  rel_expected expected = {a->q->relation != NULL ? LOAD_PATH : GET_PATH, a->keys.count, records->name};
  write_request(a);
  rel_code code =
      rel_client_call(a->q->client, expected.path, rel_buf_view(&a->request), &a->response, error);
  if (code != REL_OK) return code;
  rel_arena scratch;
  rel_arena_init(&scratch);
  rel_set *sets;
  code = rel_answer_split(rel_buf_view(&a->response), &expected, &scratch, &sets, error);
  for (size_t i = 0; code == REL_OK && i < expected.count; i++)
    code = rel_answer_fill(&sets[i], records->descriptor, single, &a->memory->arena,
                           &a->answers[a->places[i]], error);
  rel_arena_fini(&scratch);
  rel_key_list_clear(&a->keys);
  return code;
}

// Adds the i-th key to the slice, or answers at once where the key is NULL.
static rel_code gather(asking *a, size_t i, rel_error *error) {
  const question *q = a->q;
  if (q->relation == NULL) {
    a->places[a->keys.count] = i;
    rel_key_list_add(&a->keys, q->model->key, q->model->key_count, q->keys + i * q->model->key_size);
    return REL_OK;
  }
  rel_sdk_member members[REL_SDK_MAX_KEY_PARTS];
  rel_error why;
  bool null;
  rel_code code = rel_owner_key(q->relation, q->owners[i], members, &null, &why);
  if (code == REL_BAD_DATA) { // this owner's own affair
    rel_error *own = REL_ARENA_NEW(&a->memory->arena, rel_error);
    *own = why;
    a->answers[i].error = own;
    return REL_OK;
  }
  if (code != REL_OK) {
    if (error != NULL) *error = why;
    return code;
  }
  if (null) {
    a->answers[i].state = REL_STATE_NULL;
    return REL_OK;
  }
  a->places[a->keys.count] = i;
  rel_key_list_add(&a->keys, members, q->relation->key_count, q->owners[i]);
  return REL_OK;
}

static asking *asking_new(const question *q) {
  asking *a = REL_NEW(asking);
  a->q = q;
  a->memory = rel_memory_new();
  a->answers = REL_ARENA_ARRAY(&a->memory->arena, rel_answer, q->count);
  a->places = rel_alloc0(q->count < MAX_KEYS ? q->count : MAX_KEYS, sizeof *a->places);
  return a;
}

// But for the memory, which is the answer's.
static void asking_free(asking *a) {
  rel_key_list_fini(&a->keys);
  rel_buf_fini(&a->with);
  rel_buf_fini(&a->request);
  rel_buf_fini(&a->response);
  free(a->places);
  free(a);
}

static rel_code put_with(asking *a, rel_error *error) {
  const question *q = a->q;
  if (q->with == NULL) return REL_OK;
  return rel_query_put_only_includes(q->with, q->relation != NULL ? LOAD_INCLUDES : GET_INCLUDES, &a->with,
                                     error);
}

// On success *memory is the caller's, with the answers in it.
static rel_code ask_all(const question *q, rel_memory **memory, rel_answer **answers, rel_error *error) {
  asking *a = asking_new(q);
  rel_code code = put_with(a, error);
  for (size_t i = 0; code == REL_OK && i < q->count; i++) {
    code = gather(a, i, error);
    if (code == REL_OK && a->keys.count == MAX_KEYS) code = ask(a, error);
  }
  if (code == REL_OK && a->keys.count > 0) code = ask(a, error);
  *memory = a->memory;
  *answers = a->answers;
  if (code != REL_OK) {
    rel_memory_free(a->memory);
    *memory = NULL;
  }
  asking_free(a);
  return code;
}

static rel_code explain(const question *q, rel_explanation **out, rel_error *error) {
  *out = NULL;
  if (q->count > MAX_KEYS)
    return rel_fail(error, REL_INVALID, "at most %d keys are explained at once, not %zu", MAX_KEYS, q->count);
  asking *a = asking_new(q);
  rel_code code = put_with(a, error);
  for (size_t i = 0; code == REL_OK && i < q->count; i++)
    code = gather(a, i, error);
  if (code == REL_OK && a->keys.count == 0) {
    *out = rel_explanation_of_nothing();
  } else if (code == REL_OK) {
    write_request(a);
    code = rel_explain(q->client, q->relation != NULL ? REL_EXPLAIN_LOAD : REL_EXPLAIN_GET, &a->request, out,
                       error);
  }
  rel_memory_free(a->memory);
  asking_free(a);
  return code;
}

// The typed answers have the layout of rel_answer, not its type, so they are written as bytes.
static rel_code answer_one(const question *q, void *answer, rel_error *error) {
  rel_answer one = {0};
  memcpy(answer, &one, sizeof one);
  rel_memory *memory;
  rel_answer *answers;
  rel_code code = ask_all(q, &memory, &answers, error);
  if (code != REL_OK) return code;
  one = answers[0];
  if (one.error != NULL) {
    code = one.error->code;
    if (error != NULL) *error = *one.error;
    rel_memory_free(memory);
    return code;
  }
  one.memory = memory;
  memcpy(answer, &one, sizeof one);
  return REL_OK;
}

static rel_code answer_many(const question *q, void *answers, rel_error *error) {
  rel_answers many = {0};
  memcpy(answers, &many, sizeof many);
  rel_memory *memory;
  rel_answer *items;
  rel_code code = ask_all(q, &memory, &items, error);
  if (code != REL_OK) return code;
  many = (rel_answers){q->count, items, memory};
  memcpy(answers, &many, sizeof many);
  return REL_OK;
}

// --- What generated code calls ---

static rel_code get_one(const question *q, void *answer, rel_error *error) {
  rel_code code = answer_one(q, answer, error);
  rel_answer got;
  memcpy(&got, answer, sizeof got);
  if (code != REL_OK || got.count > 0) return code;
  rel_memory_free(got.memory);
  memset(answer, 0, sizeof got);
  return rel_fail(error, REL_NOT_FOUND, "there is no %s with this key", q->model->name);
}

rel_code rel_sdk_get(rel_client *client, const rel_sdk_model *model, const void *key, void *answer,
                     rel_error *error) {
  question q = {.client = client, .model = model, .keys = key, .count = 1};
  return get_one(&q, answer, error);
}

rel_code rel_sdk_get_many(rel_client *client, const rel_sdk_model *model, const void *keys, size_t count,
                          void *answers, rel_error *error) {
  question q = {.client = client, .model = model, .keys = keys, .count = count};
  return answer_many(&q, answers, error);
}

rel_code rel_sdk_get_with(const rel_sdk_query *with, const void *key, void *answer, rel_error *error) {
  question q = {.client = with->client, .model = with->model, .keys = key, .count = 1, .with = with};
  return get_one(&q, answer, error);
}

rel_code rel_sdk_get_many_with(const rel_sdk_query *with, const void *keys, size_t count, void *answers,
                               rel_error *error) {
  question q = {.client = with->client, .model = with->model, .keys = keys, .count = count, .with = with};
  return answer_many(&q, answers, error);
}

rel_code rel_sdk_load(rel_client *client, const rel_sdk_relation *relation, const ProtobufCMessage *owner,
                      void *answer, rel_error *error) {
  const void *owners[] = {owner};
  question q = {.client = client, .relation = relation, .owners = owners, .count = 1};
  return answer_one(&q, answer, error);
}

rel_code rel_sdk_load_many(rel_client *client, const rel_sdk_relation *relation, rel_sdk_owners owners,
                           void *answers, rel_error *error) {
  question q = {.client = client, .relation = relation, .owners = owners.messages, .count = owners.count};
  return answer_many(&q, answers, error);
}

rel_code rel_sdk_refers(const rel_sdk_relation *relation, const ProtobufCMessage *owner, bool *refers,
                        rel_error *error) {
  rel_sdk_member members[REL_SDK_MAX_KEY_PARTS];
  bool null = true;
  rel_code code = rel_owner_key(relation, owner, members, &null, error);
  *refers = code == REL_OK && !null;
  return code;
}

rel_code rel_sdk_load_with(const rel_sdk_query *with, const rel_sdk_relation *relation,
                           const ProtobufCMessage *owner, void *answer, rel_error *error) {
  const void *owners[] = {owner};
  question q = {.client = with->client, .relation = relation, .owners = owners, .count = 1, .with = with};
  return answer_one(&q, answer, error);
}

rel_code rel_sdk_load_many_with(const rel_sdk_query *with, const rel_sdk_relation *relation,
                                rel_sdk_owners owners, void *answers, rel_error *error) {
  question q = {.client = with->client,
                .relation = relation,
                .owners = owners.messages,
                .count = owners.count,
                .with = with};
  return answer_many(&q, answers, error);
}

rel_code rel_sdk_get_explain(const rel_sdk_query *with, const void *keys, size_t count, rel_explanation **out,
                             rel_error *error) {
  question q = {.client = with->client, .model = with->model, .keys = keys, .count = count, .with = with};
  return explain(&q, out, error);
}

rel_code rel_sdk_load_explain(const rel_sdk_query *with, const rel_sdk_relation *relation,
                              rel_sdk_owners owners, rel_explanation **out, rel_error *error) {
  question q = {.client = with->client,
                .relation = relation,
                .owners = owners.messages,
                .count = owners.count,
                .with = with};
  return explain(&q, out, error);
}

rel_code rel_sdk_clear(rel_client *client, const rel_sdk_relation *relation, const ProtobufCMessage *owner,
                       rel_error *error) {
  rel_sdk_member members[REL_SDK_MAX_KEY_PARTS];
  bool null;
  rel_code code = rel_owner_key(relation, owner, members, &null, error);
  if (code != REL_OK || null) return code;
  rel_key_list keys = {0};
  rel_buf scope = {0}, request = {0}, response = {0};
  rel_key_list_add(&keys, members, relation->key_count, owner);
  rel_wire_put_bytes(&scope, SCOPE_MODEL, rel_cstr(relation->owner->name));
  rel_wire_put_bytes(&scope, SCOPE_RELATION, rel_cstr(relation->name));
  rel_key_list_put(&keys, SCOPE_REFERENCE_KEYS, &scope);
  rel_wire_put_bytes(&request, CLEAR_OWNERS, rel_buf_view(&scope));
  code = rel_client_call(client, CLEAR_PATH, rel_buf_view(&request), &response, error);
  rel_buf_fini(&response);
  rel_buf_fini(&request);
  rel_buf_fini(&scope);
  rel_key_list_fini(&keys);
  return code;
}
