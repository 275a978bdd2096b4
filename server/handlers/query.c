// RelationService's query set: Query, Count and Exists. Always from the database, never from or into the
// cache.
//
// The life of a Query: the request becomes a select; with an owner's key that is not what the relation joins
// on, a select of the owner finds that first. Then one page follows another: a statement fills a message,
// which is sent; the next statement begins when the transport has taken it. So nothing of the database is
// held while a caller is slow, and a call never holds more than one message.
#include "server/handlers/services.h"

#include "common/wire.h"
#include "server/query/filter.h"
#include "server/query/token.h"

#include <relations/v1/relation_service.pb-c.h>
#include <stdio.h>

typedef Relations__V1__QueryTarget query_target;

enum {
  MESSAGE_RECORDS = 1000,     // of a streamed message
  MESSAGE_BYTES = 256 * 1024, // the same, unless a single record is larger
  MAX_ORDER_TERMS = 16,
  RESPONSE_RECORDS = 1, // fields of QueryResponse
  RESPONSE_RECORD_TYPE = 2,
  SET_RECORDS = 1, // fields of RecordSet
  SET_NEXT_PAGE_TOKEN = 2,
  SET_STATE = 3,
};

// One call. In its arena, but for the buffers.
typedef struct query {
  rel_select_job job; // first: the store's callbacks get it
  rel_call *call;
  const rel_services *services;
  rel_snapshot *snapshot;
  const rel_relation *relation; // NULL: the model itself
  rel_select select;
  rel_select preface; // what is asked before: with find_owner for the join value
  bool find_owner;
  bool owner_exists;
  bool refers_to_nothing; // the key is NULL, or there is no owner
  rel_deadline deadline;
  rel_str binding; // of page tokens
  bool paged;      // a page was asked for, not everything
  size_t remaining;
  bool more;                      // another message follows
  bool started;                   // a message has been sent
  Relations__V1__LoadState empty; // the state when there are no records
  rel_buf records;
  rel_buf cursor;
} query;

// Ends the call; the query is gone with its arena.
static void end(query *q, const rel_error *error) {
  rel_call *call = q->call;
  rel_snapshot *snapshot = q->snapshot;
  rel_buf_fini(&q->records);
  rel_buf_fini(&q->cursor);
  if (error == NULL)
    rel_call_finish(call);
  else
    rel_call_fail(call, error);
  rel_snapshot_unref(snapshot);
}

// --- Answers ---

// Puts a message together: the records as they were gathered, and what is said about them.
static void write_response(query *q, rel_str token) {
  rel_buf tail = {0};
  Relations__V1__LoadState state =
      q->records.len > 0 ? RELATIONS__V1__LOAD_STATE__LOAD_STATE_LOADED : q->empty;
  if (token.len > 0) rel_wire_put_bytes(&tail, SET_NEXT_PAGE_TOKEN, token);
  rel_wire_put_uint(&tail, SET_STATE, (uint64_t)state);
  rel_call_write_head(q->call, RESPONSE_RECORDS, q->records.len + tail.len);
  if (q->records.len > 0) rel_call_write_blob(q->call, rel_blob_copy(rel_buf_view(&q->records)));
  rel_call_write(q->call, tail.data, tail.len);
  rel_buf_fini(&tail);
  if (q->started) return;
  rel_str type = q->select.model->name;
  rel_call_write_head(q->call, RESPONSE_RECORD_TYPE, type.len);
  rel_call_write(q->call, type.ptr, type.len);
}

static void next_page(query *q);

static void sent(rel_call *call, bool ok, void *context) {
  query *q = context;
  rel_error error;
  (void)call;
  if (!ok) {
    rel_fail(&error, REL_CANCELLED, "the caller has gone");
    end(q, &error);
  } else if (q->more) {
    next_page(q);
  } else {
    end(q, NULL);
  }
}

static rel_code write_token(query *q, rel_buf *token, rel_error *error) {
  if (q->cursor.len > REL_TOKEN_MAX_CURSOR)
    return rel_fail_field(
        error, REL_LIMIT, "order_by",
        "the page ends in a record whose values in the order are too large for a page token");
  rel_token_seal(q->services->token_key, q->binding, rel_buf_view(&q->cursor), token);
  return REL_OK;
}

// A message with what was gathered; with `beyond` there are records behind it.
static void send_message(query *q, bool beyond) {
  rel_buf token = {0};
  rel_error error;
  rel_code code = REL_OK;
  q->more = beyond && q->remaining > 0;
  if (beyond && !q->more) code = write_token(q, &token, &error);
  if (code == REL_OK) write_response(q, rel_buf_view(&token));
  rel_buf_fini(&token);
  if (code != REL_OK) {
    end(q, &error);
    return;
  }
  q->started = true;
  q->records.len = 0;
  rel_call_send(q->call, sent, q); // the query may be gone from here on
}

static void answer_count(query *q, uint64_t count) {
  Relations__V1__CountResponse response = RELATIONS__V1__COUNT_RESPONSE__INIT;
  Relations__V1__ExistsResponse exists = RELATIONS__V1__EXISTS_RESPONSE__INIT;
  response.count = (int64_t)count;
  exists.exists = count > 0;
  rel_call_write_message(q->call, q->select.kind == REL_SELECT_COUNT ? &response.base : &exists.base);
  end(q, NULL);
}

static void answer_nothing(query *q) {
  if (q->select.kind == REL_SELECT_ROWS)
    send_message(q, false);
  else
    answer_count(q, 0);
}

// --- Pages ---

static query *query_of(rel_select_job *job) {
  return (query *)job;
}

static bool take_record(rel_select_job *job, rel_str record) {
  query *q = query_of(job);
  if (rel_call_cancelled(q->call)) return false;
  size_t size = 1 + rel_wire_varint_size(record.len) + record.len;
  if (q->records.len > 0 && q->records.len + size > MESSAGE_BYTES) return false;
  rel_wire_put_bytes(&q->records, SET_RECORDS, record);
  return true;
}

static void page_done(rel_select_job *job, const rel_select_page *page, rel_code code,
                      const rel_error *error) {
  query *q = query_of(job);
  rel_error gone;
  if (code == REL_OK && rel_call_cancelled(q->call)) {
    code = rel_fail(&gone, REL_CANCELLED, "the caller has gone");
    error = &gone;
  }
  if (code != REL_OK) {
    end(q, error);
    return;
  }
  if (q->select.kind != REL_SELECT_ROWS) {
    answer_count(q, page->count);
    return;
  }
  q->cursor.len = 0;
  rel_buf_str(&q->cursor, page->last);
  if (q->paged) q->remaining -= page->count;
  if (page->count == 0 && q->started) // what was behind the page before is gone
    end(q, NULL);
  else
    send_message(q, page->more);
}

static void next_page(query *q) {
  q->select.after = rel_buf_view(&q->cursor); // changes when the page is done
  q->select.limit = q->remaining < MESSAGE_RECORDS ? q->remaining : MESSAGE_RECORDS;
  q->job.select = &q->select;
  q->job.row = take_record;
  q->job.done = page_done;
  q->services->store->ops->select(q->services->store, &q->job);
}

// --- Strict relations ---

// A strict relation refuses surplus rows and dangling keys, whatever the condition says of the others.
static rel_code judge(const query *q, uint64_t rows, rel_error *error) {
  const rel_relation *relation = q->relation;
  rel_str owner = relation->owner->name, name = relation->name;
  if (rows > 1)
    return rel_fail(error, REL_STRICT, REL_STR_F "." REL_STR_F " is strict and has more than one record",
                    REL_STR_A(owner), REL_STR_A(name));
  if (rows > 0 || relation->kind != REL_BELONGS_TO) return REL_OK;
  rel_buf key = {0};
  rel_key_format(q->select.scope, &key);
  rel_fail(error, REL_STRICT, REL_STR_F "." REL_STR_F " is strict, and there is no record with key %s",
           REL_STR_A(owner), REL_STR_A(name), rel_buf_text(&key));
  rel_buf_fini(&key);
  return REL_STRICT;
}

static void scope_counted(rel_select_job *job, const rel_select_page *page, rel_code code,
                          const rel_error *error) {
  query *q = query_of(job);
  rel_error refused;
  if (code == REL_OK) {
    code = judge(q, page->count, &refused);
    error = &refused;
  }
  if (code == REL_OK)
    next_page(q);
  else
    end(q, error);
}

// The scope is known: the first page, or before it, for a strict relation, how many rows the scope has.
static void start_pages(query *q) {
  if (q->relation == NULL || !q->relation->strict || q->relation->kind == REL_HAS_MANY) {
    next_page(q);
    return;
  }
  q->preface = (rel_select){.kind = REL_SELECT_COUNT,
                            .model = q->select.model,
                            .key = q->select.key,
                            .key_count = q->select.key_count,
                            .scope = q->select.scope};
  q->job.select = &q->preface;
  q->job.done = scope_counted;
  q->services->store->ops->select(q->services->store, &q->job);
}

// --- The owner ---

static bool take_owner(rel_select_job *job, rel_str key) {
  query *q = query_of(job);
  q->owner_exists = true;
  q->select.scope = rel_arena_copy(rel_call_arena(q->call), key);
  return true;
}

static void owner_done(rel_select_job *job, const rel_select_page *page, rel_code code,
                       const rel_error *error) {
  query *q = query_of(job);
  (void)page;
  if (code != REL_OK) {
    end(q, error);
  } else if (!q->owner_exists) {
    q->empty = RELATIONS__V1__LOAD_STATE__LOAD_STATE_EMPTY;
    answer_nothing(q);
  } else if (q->select.scope.len == 0) {
    q->empty = RELATIONS__V1__LOAD_STATE__LOAD_STATE_NULL;
    answer_nothing(q);
  } else {
    start_pages(q);
  }
}

static void find_owner(query *q) {
  q->job.select = &q->preface;
  q->job.row = take_owner;
  q->job.done = owner_done;
  q->services->store->ops->select(q->services->store, &q->job);
}

// --- Targets ---

static void in_target(rel_error *error) {
  char field[REL_ERROR_FIELD_MAX];
  snprintf(field, sizeof field, "%s", error->field);
  int room = REL_ERROR_FIELD_MAX - (int)sizeof "target.";
  snprintf(error->field, sizeof error->field, "target.%.*s", room, field);
}

static rel_code read_key(query *q, const Relations__V1__Keys *keys, const rel_field *const *fields,
                         size_t count, const char *name, rel_str *out, rel_error *error) {
  rel_request_key *read;
  size_t read_count;
  rel_code code =
      rel_keys_read(keys, fields, count, 1, name, rel_call_arena(q->call), &read, &read_count, error);
  if (code != REL_OK) return code;
  if (read_count != 1) return rel_fail_field(error, REL_INVALID, name, "exactly one key is needed");
  q->refers_to_nothing = read[0].is_null;
  *out = read[0].bytes;
  return REL_OK;
}

static rel_select_term *primary_key_order(query *q, const rel_model *model) {
  rel_select_term *terms =
      REL_ARENA_ARRAY(rel_call_arena(q->call), rel_select_term, model->primary_key_count);
  for (size_t i = 0; i < model->primary_key_count; i++)
    terms[i].field = model->primary_key[i];
  return terms;
}

static rel_code read_owner_key(query *q, const query_target *target, rel_error *error) {
  const rel_relation *relation = q->relation;
  const rel_model *owner = relation->owner;
  rel_str key = {0};
  rel_code code =
      read_key(q, target->owner_key, owner->primary_key, owner->primary_key_count, "owner_key", &key, error);
  if (code != REL_OK) return code;
  if (rel_relation_joins_on_primary_key(relation)) {
    q->select.scope = key;
    return REL_OK;
  }
  q->find_owner = !q->refers_to_nothing;
  q->preface = (rel_select){.kind = REL_SELECT_ROWS,
                            .model = owner,
                            .key = owner->primary_key,
                            .key_count = owner->primary_key_count,
                            .scope = key,
                            .order = primary_key_order(q, owner),
                            .order_count = owner->primary_key_count,
                            .limit = 1,
                            .output = REL_OUTPUT_KEY,
                            .columns = rel_relation_owner_key(relation),
                            .column_count = relation->key_count};
  return REL_OK;
}

static rel_code read_relation(query *q, const query_target *target, rel_error *error) {
  const rel_loadable *loadable;
  rel_code code =
      rel_snapshot_find(q->snapshot, rel_cstr(target->model), rel_cstr(target->relation), &loadable, error);
  if (code != REL_OK) return code;
  const rel_relation *relation = q->relation = loadable->relation;
  if (relation->loader.len > 0)
    return rel_fail_field(error, REL_INVALID, "relation",
                          REL_STR_F " is loaded by " REL_STR_F ", which has no queries; use Load",
                          REL_STR_A(relation->name), REL_STR_A(relation->loader));
  q->select.model = relation->target;
  q->select.key = rel_relation_target_key(relation);
  q->select.key_count = relation->key_count;
  if (relation->kind != REL_HAS_MANY) { // it is its first record, whatever the condition says of the others
    q->select.first_by = relation->order_by;
    q->select.first_count = relation->order_count;
  }
  switch (target->key_case) {
  case RELATIONS__V1__QUERY_TARGET__KEY_OWNER_KEY:
    return read_owner_key(q, target, error);
  case RELATIONS__V1__QUERY_TARGET__KEY_REFERENCE_KEY:
    return read_key(q, target->reference_key, rel_relation_owner_key(relation), relation->key_count,
                    "reference_key", &q->select.scope, error);
  default:
    return rel_fail_field(error, REL_INVALID, "owner_key", "no key: set owner_key or reference_key");
  }
}

static rel_code read_model(query *q, const query_target *target, rel_error *error) {
  const rel_model *model;
  rel_code code = rel_snapshot_find_model(q->snapshot, rel_cstr(target->model), &model, error);
  if (code != REL_OK) return code;
  if (target->key_case != RELATIONS__V1__QUERY_TARGET__KEY__NOT_SET)
    return rel_fail_field(error, REL_INVALID, "relation", "a key is for a relation; name it");
  if (model->abstract)
    return rel_fail_field(error, REL_INVALID, "model",
                          REL_STR_F " is abstract; query a model that extends it", REL_STR_A(model->name));
  q->select.model = model;
  return REL_OK;
}

static rel_code read_filters(query *q, const query_target *target, rel_error *error) {
  rel_filter_scope scope = {.model = q->select.model, .arena = rel_call_arena(q->call)};
  const rel_condition *parts[2 + REL_FILTER_MAX_METHODS] = {NULL};
  if (target->n_methods > REL_FILTER_MAX_METHODS)
    return rel_fail_field(error, REL_INVALID, "methods", "at most %d query methods", REL_FILTER_MAX_METHODS);
  rel_code code = rel_filter_from_proto(&scope, target->filter, "filter", &parts[0], error);
  if (code == REL_OK)
    code = rel_filter_parse(&scope, rel_cstr(target->filter_text), "filter_text", &parts[1], error);
  for (size_t i = 0; i < target->n_methods && code == REL_OK; i++) {
    char path[32];
    snprintf(path, sizeof path, "methods[%zu]", i);
    code = rel_filter_from_method(&scope, target->methods[i], path, &parts[2 + i], error);
  }
  if (code == REL_OK) q->select.condition = rel_condition_all(scope.arena, parts, 2 + target->n_methods);
  return code;
}

static rel_code read_target(query *q, const query_target *target, rel_error *error) {
  if (target == NULL) return rel_fail_field(error, REL_INVALID, "target", "no target: say what is asked for");
  rel_code code =
      target->relation[0] != '\0' ? read_relation(q, target, error) : read_model(q, target, error);
  if (code == REL_OK) code = read_filters(q, target, error);
  if (code != REL_OK && error->field[0] != '\0') in_target(error);
  q->empty = RELATIONS__V1__LOAD_STATE__LOAD_STATE_EMPTY;
  if (q->refers_to_nothing)
    q->empty = RELATIONS__V1__LOAD_STATE__LOAD_STATE_NULL;
  else if (q->relation != NULL && q->relation->kind == REL_BELONGS_TO && q->select.condition == NULL)
    q->empty = RELATIONS__V1__LOAD_STATE__LOAD_STATE_DANGLING;
  return code;
}

// --- Orders ---

static bool add_term(query *q, rel_select_term *terms, const rel_field *field, bool descending,
                     bool nulls_first) {
  for (size_t i = 0; i < q->select.order_count; i++)
    if (terms[i].field == field) return false;
  terms[q->select.order_count++] = (rel_select_term){field, descending, nulls_first};
  return true;
}

static rel_code read_term(query *q, const Relations__V1__OrderTerm *proto, size_t index,
                          rel_select_term *terms, rel_error *error) {
  const rel_model *model = q->select.model;
  const rel_field *field = rel_model_field(model, rel_cstr(proto->field));
  char path[48];
  snprintf(path, sizeof path, "order_by[%zu].field", index);
  if (field == NULL || rel_field_constant_kind(field) == REL_CONSTANT_NONE) {
    rel_str near = rel_model_near_field(model, rel_cstr(proto->field));
    return rel_fail_field(error, REL_INVALID, path,
                          REL_STR_F " has no field \"%.100s\" to order by%s" REL_STR_F "%s",
                          REL_STR_A(model->name), proto->field, near.len > 0 ? "; did you mean " : "",
                          REL_STR_A(near), near.len > 0 ? "?" : "");
  }
  if (!add_term(q, terms, field, proto->descending != 0, proto->nulls == RELATIONS__V1__NULLS__NULLS_FIRST))
    return rel_fail_field(error, REL_INVALID, path, "%.100s stands there twice", proto->field);
  return REL_OK;
}

// The order of the request, else the relation's; the primary key comes last in any.
static rel_code read_order(query *q, Relations__V1__OrderTerm *const *order_by, size_t count,
                           rel_error *error) {
  const rel_model *model = q->select.model;
  size_t declared = count == 0 && q->relation != NULL ? q->relation->order_count : 0;
  rel_code code = REL_OK;
  if (count > MAX_ORDER_TERMS)
    return rel_fail_field(error, REL_INVALID, "order_by", "at most %d terms", MAX_ORDER_TERMS);
  rel_select_term *terms =
      REL_ARENA_ARRAY(rel_call_arena(q->call), rel_select_term, count + declared + model->primary_key_count);
  for (size_t i = 0; i < count && code == REL_OK; i++)
    code = read_term(q, order_by[i], i, terms, error);
  for (size_t i = 0; i < declared; i++)
    add_term(q, terms, q->relation->order_by[i].field, q->relation->order_by[i].descending, false);
  for (size_t i = 0; i < model->primary_key_count; i++)
    add_term(q, terms, model->primary_key[i], false, false);
  q->select.order = terms;
  return code;
}

// --- Page tokens ---

static void bind_message(rel_buf *out, const ProtobufCMessage *message) {
  size_t size = protobuf_c_message_get_packed_size(message);
  rel_buf_printf(out, "%zu:", size);
  out->len += protobuf_c_message_pack(message, rel_buf_reserve(out, size));
}

// Everything that decides which records a query has and in which order.
static rel_str binding_of(query *q, const Relations__V1__QueryRequest *request) {
  rel_buf text = {0};
  rel_buf_cstr(&text, rel_snapshot_schema(q->snapshot)->digest);
  bind_message(&text, &request->target->base);
  for (size_t i = 0; i < request->n_order_by; i++)
    bind_message(&text, &request->order_by[i]->base);
  rel_str binding = rel_arena_copy(rel_call_arena(q->call), rel_buf_view(&text));
  rel_buf_fini(&text);
  return binding;
}

static rel_code read_page(query *q, const Relations__V1__QueryRequest *request, rel_error *error) {
  if (request->page_size < 0)
    return rel_fail_field(error, REL_INVALID, "page_size", "it is negative; 0 asks for every record");
  q->paged = request->page_size > 0;
  q->remaining = q->paged ? (size_t)request->page_size : SIZE_MAX;
  q->binding = binding_of(q, request);
  rel_str token = rel_cstr(request->page_token);
  if (token.len == 0 || rel_token_open(q->services->token_key, q->binding, token, &q->cursor)) return REL_OK;
  return rel_fail_field(error, REL_INVALID, "page_token",
                        "it is no token of this query: it was altered, belongs to another query or another "
                        "schema, or the server was started again since");
}

// --- Requests ---

static rel_code check_record_type(const query *q, const char *expected, rel_error *error) {
  rel_str type = q->select.model->name;
  if (expected[0] == '\0' || rel_str_is(type, expected)) return REL_OK;
  return rel_fail_field(error, REL_WRONG_TYPE, "record_type",
                        "the query has records of " REL_STR_F ", not %.200s", REL_STR_A(type), expected);
}

static rel_code read_query(query *q, rel_error *error) {
  ProtobufCMessage *message;
  rel_code code = rel_call_unpack(q->call, &relations__v1__query_request__descriptor, &message, error);
  if (code != REL_OK) return code;
  const Relations__V1__QueryRequest *request = (const Relations__V1__QueryRequest *)message;
  if (request->n_includes > 0)
    return rel_fail_field(
        error, REL_UNIMPLEMENTED, "includes",
        "includes are not served by this version; load the relation of the records instead");
  code = read_target(q, request->target, error);
  if (code == REL_OK) code = check_record_type(q, request->record_type, error);
  if (code == REL_OK) code = read_order(q, request->order_by, request->n_order_by, error);
  return code == REL_OK ? read_page(q, request, error) : code;
}

static rel_code read_count(query *q, rel_error *error) {
  ProtobufCMessage *message;
  q->select.kind = REL_SELECT_COUNT;
  rel_code code = rel_call_unpack(q->call, &relations__v1__count_request__descriptor, &message, error);
  return code == REL_OK ? read_target(q, ((Relations__V1__CountRequest *)message)->target, error) : code;
}

static rel_code read_exists(query *q, rel_error *error) {
  ProtobufCMessage *message;
  q->select.kind = REL_SELECT_EXISTS;
  rel_code code = rel_call_unpack(q->call, &relations__v1__exists_request__descriptor, &message, error);
  return code == REL_OK ? read_target(q, ((Relations__V1__ExistsRequest *)message)->target, error) : code;
}

// A statement that nobody waits for any more is interrupted.
static void caller_gone(rel_call *call, void *context) {
  (void)call;
  rel_deadline_set(&((query *)context)->deadline, 0);
}

static void begin(rel_call *call, void *context, rel_code (*read)(query *, rel_error *)) {
  rel_services *services = context;
  query *q = REL_ARENA_NEW(rel_call_arena(call), query);
  q->call = call;
  q->services = services;
  q->snapshot = rel_registry_pin(services->registry);
  q->remaining = SIZE_MAX;
  q->deadline.ns = rel_call_deadline_ns(call);
  q->job.deadline = &q->deadline;
  rel_error error = {0};
  if (read(q, &error) != REL_OK) {
    end(q, &error);
    return;
  }
  rel_call_on_cancel(call, caller_gone, q);
  if (q->refers_to_nothing)
    answer_nothing(q);
  else if (q->find_owner)
    find_owner(q);
  else
    start_pages(q);
}

void rel_handle_query(rel_call *call, void *services) {
  begin(call, services, read_query);
}

void rel_handle_count(rel_call *call, void *services) {
  begin(call, services, read_count);
}

void rel_handle_exists(rel_call *call, void *services) {
  begin(call, services, read_exists);
}
