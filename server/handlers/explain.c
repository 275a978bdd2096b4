// RelationService.Explain: a request is carried out as ever, and what it took is the answer.
#include "server/handlers/inquiry.h"
#include "server/handlers/query.h"

#include "common/wire.h"

typedef Relations__V1__ExplainRequest explain_request;

// --- Answering ---

static Relations__V1__ExplainStep *step_of(const rel_step *step, rel_arena *arena) {
  Relations__V1__ExplainStep *said = REL_ARENA_NEW(arena, Relations__V1__ExplainStep);
  relations__v1__explain_step__init(said);
  said->path = (char *)rel_arena_copy(arena, step->name).ptr;
  said->shape = (char *)rel_arena_copy(arena, step->shape).ptr;
  said->rounds = step->rounds;
  said->keys = step->keys;
  said->assembled = step->assembled;
  said->cached = step->cached;
  said->statements = step->statements;
  said->records = step->records;
  said->time = rel_services_duration(arena, step->time_ns);
  return said;
}

// `known`: statements that it takes at least, which are more than were met where a whole tree was kept.
static void write_explanation(rel_call *call, size_t known, const rel_tally *tally, size_t bytes) {
  rel_arena *arena = rel_call_arena(call);
  Relations__V1__ExplainResponse response = RELATIONS__V1__EXPLAIN_RESPONSE__INIT;
  response.steps = REL_ARENA_ARRAY(arena, Relations__V1__ExplainStep *, tally->count);
  for (size_t i = 0; i < tally->count; i++) {
    response.steps[response.n_steps++] = step_of(&tally->steps[i], arena);
    response.statements += tally->steps[i].statements;
  }
  response.counted_statements = tally->admitted > known ? tally->admitted : known;
  response.bytes = bytes;
  rel_call_write_message(call, &response.base);
}

// --- Get and Load ---

static rel_code explain_inquiry(rel_inquiry *q, rel_error *error) {
  (void)error;
  size_t bytes = 0;
  for (size_t i = 0; i < q->count; i++) {
    rel_blob *set = rel_inquiry_take(q, i);
    bytes += rel_blob_view(set).len;
    rel_blob_unref(set);
  }
  write_explanation(q->call, rel_tree_statements(q->tree), q->tally, bytes);
  return REL_OK;
}

static rel_tally *new_tally(rel_call *call, const rel_services *services) {
  rel_tally *tally = rel_tally_new(&services->budget, rel_call_arena(call));
  tally->shapes = true;
  return tally;
}

static void explain_lookup(rel_call *call, const rel_services *services, const explain_request *request) {
  rel_inquiry *q = rel_inquiry_new(call, services, rel_registry_pin(services->registry), explain_inquiry);
  rel_error error;
  q->tally = new_tally(call, services);
  rel_code code = request->request_case == RELATIONS__V1__EXPLAIN_REQUEST__REQUEST_GET
                      ? rel_inquiry_get(q, request->get, &error)
                      : rel_inquiry_load(q, request->load, &error);
  if (code != REL_OK) rel_inquiry_fail(q, &error);
}

// --- Query ---

static void measure_records(rel_query *q, rel_str tail) {
  q->dropped += q->part.len + tail.len;
}

static void explain_query_end(rel_query *q) {
  size_t known = q->tree != NULL ? rel_tree_statements(q->tree) : q->statements;
  write_explanation(q->call, known, q->tally, q->dropped);
}

// A count, or 1 for what exists, is a field of its message.
static void measure_count(rel_query *q, uint64_t count) {
  if (count > 0) q->dropped = 1 + rel_wire_varint_size(count);
}

static const rel_query_writer writer = {
    .records = measure_records, .count = measure_count, .ended = explain_query_end};

static rel_select_kind kind_of(const explain_request *request) {
  switch (request->request_case) {
  case RELATIONS__V1__EXPLAIN_REQUEST__REQUEST_COUNT:
    return REL_SELECT_COUNT;
  case RELATIONS__V1__EXPLAIN_REQUEST__REQUEST_EXISTS:
    return REL_SELECT_EXISTS;
  case RELATIONS__V1__EXPLAIN_REQUEST__REQUEST_AGGREGATE:
    return REL_SELECT_GROUPS;
  default:
    return REL_SELECT_ROWS;
  }
}

static rel_code read_query(rel_query *q, const explain_request *request, rel_error *error) {
  switch (q->select.kind) {
  case REL_SELECT_COUNT:
    return rel_query_read_target(q, request->count->target, request->count->budget, error);
  case REL_SELECT_EXISTS:
    return rel_query_read_target(q, request->exists->target, request->exists->budget, error);
  case REL_SELECT_GROUPS:
    return rel_query_read_groups(q, request->aggregate, error);
  default:
    return rel_query_read(q, request->query, error);
  }
}

static void explain_query(rel_call *call, const rel_services *services, const explain_request *request) {
  rel_snapshot *snapshot = rel_registry_pin(services->registry);
  rel_query *q = rel_query_new(call, services, snapshot, kind_of(request), &writer);
  rel_error error = {0};
  q->dry = true;
  q->tally = new_tally(call, services);
  if (read_query(q, request, &error) == REL_OK)
    rel_query_start(q);
  else
    rel_query_fail(q, &error);
}

// --- The call ---

void rel_handle_explain(rel_call *call, void *services) {
  ProtobufCMessage *message;
  rel_error error;
  if (rel_call_unpack(call, &relations__v1__explain_request__descriptor, &message, &error) != REL_OK) {
    rel_call_fail(call, &error);
    return;
  }
  const explain_request *request = (const explain_request *)message;
  switch (request->request_case) {
  case RELATIONS__V1__EXPLAIN_REQUEST__REQUEST_GET:
  case RELATIONS__V1__EXPLAIN_REQUEST__REQUEST_LOAD:
    explain_lookup(call, services, request);
    return;
  case RELATIONS__V1__EXPLAIN_REQUEST__REQUEST_QUERY:
  case RELATIONS__V1__EXPLAIN_REQUEST__REQUEST_COUNT:
  case RELATIONS__V1__EXPLAIN_REQUEST__REQUEST_EXISTS:
  case RELATIONS__V1__EXPLAIN_REQUEST__REQUEST_AGGREGATE:
    explain_query(call, services, request);
    return;
  default:
    rel_fail_field(&error, REL_INVALID, "request",
                   "nothing to explain: set get, load, query, count, exists or aggregate");
    rel_call_fail(call, &error);
  }
}
