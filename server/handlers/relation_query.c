// RelationService's query set: Query, Count and Exists. Unpacks requests, and frames what query.c answers.
#include "server/handlers/query.h"

#include "common/wire.h"

// Fields of QueryResponse.
enum { RECORDS = 1, RECORD_TYPE = 2, CONTINUES = 3 };

// --- Answers ---

static void write_records(rel_query *q, rel_str tail) {
  rel_call_write_head(q->call, RECORDS, q->part.len + tail.len);
  rel_query_write_set(q, tail);
  if (q->continues) rel_call_write(q->call, (const uint8_t[]){CONTINUES << 3 | REL_WIRE_VARINT, 1}, 2);
  if (q->started) return;
  rel_str type = q->select.model->name;
  rel_call_write_head(q->call, RECORD_TYPE, type.len);
  rel_call_write(q->call, type.ptr, type.len);
}

static const rel_query_writer writer = {write_records, rel_query_write_count, .split = REL_SPLIT_BYTES};

// --- Requests ---

static rel_code read_query(rel_query *q, rel_error *error) {
  ProtobufCMessage *message;
  rel_code code = rel_call_unpack(q->call, &relations__v1__query_request__descriptor, &message, error);
  return code == REL_OK ? rel_query_read(q, (Relations__V1__QueryRequest *)message, error) : code;
}

static rel_code read_count(rel_query *q, rel_error *error) {
  ProtobufCMessage *message;
  rel_code code = rel_call_unpack(q->call, &relations__v1__count_request__descriptor, &message, error);
  if (code != REL_OK) return code;
  const Relations__V1__CountRequest *request = (const Relations__V1__CountRequest *)message;
  return rel_query_read_target(q, request->target, request->budget, error);
}

static rel_code read_exists(rel_query *q, rel_error *error) {
  ProtobufCMessage *message;
  rel_code code = rel_call_unpack(q->call, &relations__v1__exists_request__descriptor, &message, error);
  if (code != REL_OK) return code;
  const Relations__V1__ExistsRequest *request = (const Relations__V1__ExistsRequest *)message;
  return rel_query_read_target(q, request->target, request->budget, error);
}

static void begin(rel_call *call, void *context, rel_select_kind kind,
                  rel_code (*read)(rel_query *, rel_error *)) {
  const rel_services *services = context;
  rel_query *q = rel_query_new(call, services, rel_registry_pin(services->registry), kind, &writer);
  rel_error error = {0};
  if (read(q, &error) == REL_OK)
    rel_query_start(q);
  else
    rel_query_fail(q, &error);
}

void rel_handle_query(rel_call *call, void *services) {
  begin(call, services, REL_SELECT_ROWS, read_query);
}

void rel_handle_count(rel_call *call, void *services) {
  begin(call, services, REL_SELECT_COUNT, read_count);
}

void rel_handle_exists(rel_call *call, void *services) {
  begin(call, services, REL_SELECT_EXISTS, read_exists);
}
