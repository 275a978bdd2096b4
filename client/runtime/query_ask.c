// Asking queries: see relations/query.h. Owns the requests, and how the streamed messages of an answer become
// records.
#include "client/runtime/query.h"

#include "client/runtime/answer.h"
#include "common/wire.h"

#define QUERY_PATH  "/relations.v1.RelationService/Query"
#define COUNT_PATH  "/relations.v1.RelationService/Count"
#define EXISTS_PATH "/relations.v1.RelationService/Exists"

enum { NUMBER_ANSWER = 1 }; // of CountResponse and ExistsResponse
enum { SET_RECORDS = 1 };   // of RecordSet

// --- Requests ---

void rel_query_put_target(const rel_sdk_query *query, rel_buf *request) {
  rel_buf target = {0};
  rel_buf_str(&target, rel_buf_view(&query->target));
  rel_query_put_filter(query, REL_TARGET_FILTER, &target);
  rel_wire_put_bytes(request, REL_QUERY_TARGET, rel_buf_view(&target));
  rel_buf_fini(&target);
}

static void put_field_once(rel_str name, rel_buf *fields) {
  rel_wire_reader reader = {rel_buf_view(fields)};
  rel_wire_field field;
  while (rel_wire_next(&reader, &field) > 0)
    if (rel_str_eq(field.bytes, name)) return;
  rel_wire_put_bytes(fields, REL_QUERY_FIELDS, name);
}

void rel_query_put_fields(const rel_sdk_query *query, uint32_t number, rel_buf *out) {
  rel_buf fields = {0};
  rel_wire_reader reader = {rel_buf_view(&query->only)};
  rel_wire_field field;
  if (query->only.len == 0) return;
  while (rel_wire_next(&reader, &field) > 0)
    put_field_once(field.bytes, &fields);
  for (size_t i = 0; i < query->model->relation_count; i++) {
    const rel_sdk_relation *relation = &query->model->relations[i];
    for (size_t k = 0; k < relation->key_count; k++)
      put_field_once(rel_cstr(relation->key[k].name), &fields);
    if (relation->gate != NULL) put_field_once(rel_cstr(relation->gate->field.name), &fields);
  }
  rel_query_put_again(&fields, REL_QUERY_FIELDS, number, out);
  rel_buf_fini(&fields);
}

static void put_query(const rel_sdk_query *query, rel_buf *request) {
  rel_query_put_target(query, request);
  rel_buf_str(request, rel_buf_view(&query->order));
  if (query->limit > 0) rel_wire_put_uint(request, REL_QUERY_PAGE_SIZE, query->limit);
  if (query->page.len > 0)
    rel_wire_put_bytes(request, REL_QUERY_PAGE_TOKEN, rel_buf_view(&query->page));
  else if (query->from_end)
    rel_wire_put_uint(request, REL_QUERY_FROM_END, 1);
  rel_wire_put_bytes(request, REL_QUERY_RECORD_TYPE, rel_cstr(query->model->name));
  rel_query_put_includes(query, REL_QUERY_INCLUDES, request);
  rel_query_put_fields(query, REL_QUERY_FIELDS, request);
  rel_query_put_budget(query, request);
}

rel_code rel_query_check_asked(const rel_sdk_query *query, rel_error *error) {
  if (query->running)
    return rel_fail(error, REL_INVALID, "the query is asked from within its own callback: take another one");
  if (query->client == NULL)
    return rel_fail(error, REL_INVALID, "%s is included: ask the query that it is a part of",
                    query->relation->name);
  return rel_query_check(query, error);
}

// --- Streams ---

// A stream as it comes in. What is wrong with it ends it, and is in `code` and `error`.
typedef struct stream {
  const rel_expected expected;
  const ProtobufCMessageDescriptor *descriptor;
  size_t limit;     // of records; 0: none
  rel_arena *arena; // keeps every record; NULL: each message has its own
  size_t room;      // bytes that may still be kept
  rel_buf records;  // pointers to what is kept
  const rel_sdk_taker *taker;
  rel_state state;
  size_t count; // records so far
  size_t parts;
  bool stopped; // the taker wants no more
  size_t max_record;
  rel_buf piece; // of a record that goes on in the next part
  bool goes_on;
  rel_buf *next_page, *previous_page;
  rel_code code;
  rel_error *error;
} stream;

static rel_code broken(stream *s, const char *why) {
  return rel_fail(s->error, REL_INTERNAL, "the server's answer is broken (%s): %s", s->expected.path, why);
}

// What a part may be behind the parts before it.
static rel_code check_part(stream *s, const rel_set *set) {
  if (s->next_page->len > 0 || s->previous_page->len > 0)
    return broken(s, "it goes on behind the page's end");
  if (s->parts > 0 && (s->state != REL_STATE_LOADED || set->state != REL_STATE_LOADED))
    return broken(s, "a part without records is not alone");
  if (s->limit > 0 && set->record_count > s->limit - s->count)
    return broken(s, "more records than were asked for");
  return REL_OK;
}

static rel_code hand_over(stream *s, const rel_answer *part) {
  void *const *records = part->records;
  for (size_t i = 0; i < part->count && !s->stopped; i++)
    s->stopped = !s->taker->take(s->taker->context, records[i]);
  return REL_OK;
}

static rel_code keep(stream *s, const rel_answer *part, size_t bytes) {
  if (bytes > s->room)
    return rel_fail(
        s->error, REL_LIMIT,
        "the answer of %s is larger than max_message_bytes: take the records one by one, or limit them",
        s->expected.path);
  s->room -= bytes;
  rel_buf_append(&s->records, part->records, part->count * sizeof(void *));
  return REL_OK;
}

static rel_code take_set(stream *s, const rel_set *set, rel_arena *arena) {
  rel_answer part;
  rel_code code = rel_answer_fill(set, s->descriptor, false, arena, &part, s->error);
  if (code != REL_OK) return code;
  if (part.error != NULL) {
    if (s->error != NULL) *s->error = *part.error;
    return part.error->code;
  }
  code = check_part(s, set);
  if (code != REL_OK) return code;
  s->parts++;
  s->count += part.count;
  s->state = part.state;
  rel_buf_str(s->next_page, set->next_page_token);
  rel_buf_str(s->previous_page, set->previous_page_token);
  return s->arena != NULL ? keep(s, &part, set->bytes.len) : hand_over(s, &part);
}

// --- Records in pieces ---

// Adds to the piece that is waited for; it becomes one record, which is bounded as an answer is.
static rel_code add_piece(stream *s, rel_str bytes) {
  if (bytes.len > s->max_record - s->piece.len)
    return rel_fail(s->error, REL_LIMIT, "a record of %s is larger than max_message_bytes", s->expected.path);
  rel_buf_str(&s->piece, bytes);
  return REL_OK;
}

// The whole records of a part, as the bytes of another set in `joined`: the first completes what went on
// before, and of the last one only a piece may have come.
static rel_code join(stream *s, rel_set *set, rel_buf *joined) {
  rel_wire_reader reader = {set->bytes};
  rel_wire_field field;
  size_t left = set->record_count, whole = 0;
  rel_code code = REL_OK;
  while (code == REL_OK && rel_wire_next(&reader, &field) > 0) {
    if (field.number != SET_RECORDS) continue;
    bool last = --left == 0, partial = last && set->continues;
    if (!s->goes_on && !partial) {
      rel_wire_put_bytes(joined, SET_RECORDS, field.bytes);
      whole++;
      continue;
    }
    code = add_piece(s, field.bytes);
    s->goes_on = partial;
    if (code != REL_OK || partial) continue;
    rel_wire_put_bytes(joined, SET_RECORDS, rel_buf_view(&s->piece));
    s->piece.len = 0;
    whole++;
  }
  set->bytes = rel_buf_view(joined);
  set->record_count = whole;
  return code;
}

static rel_code take_part(stream *s, rel_set *set, rel_arena *arena) {
  if (s->goes_on && set->record_count == 0) return broken(s, "a record that goes on does not");
  if (!s->goes_on && !set->continues) return take_set(s, set, arena);
  rel_buf joined = {0};
  rel_code code = join(s, set, &joined);
  if (code == REL_OK) code = take_set(s, set, arena);
  rel_buf_fini(&joined);
  return code;
}

static bool take_message(void *context, rel_str message) {
  stream *s = context;
  rel_arena own;
  rel_arena_init(&own);
  rel_set set;
  s->code = rel_answer_part(message, &s->expected, s->parts == 0, &set, s->error);
  if (s->code == REL_OK) s->code = take_part(s, &set, s->arena != NULL ? s->arena : &own);
  rel_arena_fini(&own);
  return s->code == REL_OK && !s->stopped;
}

// Asks, and lets the stream take what comes.
static rel_code run(rel_sdk_query *query, stream *s) {
  query->next_page.len = 0;
  query->previous_page.len = 0;
  if (query->null) {
    s->state = REL_STATE_NULL;
    return REL_OK;
  }
  rel_buf request = {0};
  put_query(query, &request);
  query->running = true;
  rel_code code =
      rel_client_stream_bytes(query->client, QUERY_PATH, rel_buf_view(&request), take_message, s, s->error);
  query->running = false;
  rel_buf_fini(&request);
  rel_buf_fini(&s->piece);
  if (code == REL_OK) code = s->code;
  if (code == REL_OK && s->goes_on && !s->stopped) code = broken(s, "the stream ended within a record");
  if (code == REL_OK && s->parts == 0) code = broken(s, "the stream ended with OK and without a part");
  if (code != REL_OK || s->stopped) query->next_page.len = query->previous_page.len = 0;
  rel_buf_text(&query->next_page);
  rel_buf_text(&query->previous_page);
  return code;
}

static stream stream_of(rel_sdk_query *query, rel_error *error) {
  return (stream){.expected = {.path = QUERY_PATH, .record_type = query->model->name},
                  .descriptor = query->model->descriptor,
                  .limit = query->limit,
                  .max_record = rel_client_max_message_bytes(query->client),
                  .next_page = &query->next_page,
                  .previous_page = &query->previous_page,
                  .error = error};
}

rel_code rel_sdk_query_each(rel_sdk_query *query, const rel_sdk_taker *taker, rel_error *error) {
  rel_code code = rel_query_check_asked(query, error);
  if (code != REL_OK) return code;
  stream s = stream_of(query, error);
  s.taker = taker;
  return run(query, &s);
}

// The typed lists have the layout of rel_answer, not its type, so they are written as bytes.
rel_code rel_sdk_query_all(rel_sdk_query *query, void *list, rel_error *error) {
  rel_answer all = {0};
  memcpy(list, &all, sizeof all);
  rel_code code = rel_query_check_asked(query, error);
  if (code != REL_OK) return code;
  stream s = stream_of(query, error);
  rel_memory *memory = rel_memory_new();
  s.arena = &memory->arena;
  s.room = rel_client_max_message_bytes(query->client);
  code = run(query, &s);
  if (code == REL_OK) {
    void **records = REL_ARENA_ARRAY(&memory->arena, void *, s.count);
    if (s.count > 0) memcpy(records, s.records.data, s.records.len);
    all = (rel_answer){.state = s.state, .count = s.count, .records = records, .memory = memory};
    memcpy(list, &all, sizeof all);
  } else {
    rel_memory_free(memory);
  }
  rel_buf_fini(&s.records);
  return code;
}

const char *rel_sdk_query_next_page(const rel_sdk_query *query) {
  // run() put the NUL behind it.
  return query->next_page.len > 0 ? (const char *)query->next_page.data : NULL;
}

const char *rel_sdk_query_previous_page(const rel_sdk_query *query) {
  return query->previous_page.len > 0 ? (const char *)query->previous_page.data : NULL;
}

// --- Numbers ---

// The one number of a CountResponse or ExistsResponse; left out it is 0.
static rel_code read_number(rel_str bytes, const char *path, uint64_t max, uint64_t *number,
                            rel_error *error) {
  rel_wire_reader reader = {bytes};
  rel_wire_field field;
  *number = 0;
  int got;
  while ((got = rel_wire_next(&reader, &field)) > 0) {
    if (field.number != NUMBER_ANSWER) continue;
    *number = field.value;
    if (field.type != REL_WIRE_VARINT || field.value > max) got = -1;
    if (got < 0) break;
  }
  if (got == 0) return REL_OK;
  *number = 0;
  return rel_fail(error, REL_INTERNAL, "the server's answer is broken (%s): it holds no such number", path);
}

// A CountRequest or an ExistsRequest.
static void put_number(const rel_sdk_query *query, rel_buf *request) {
  rel_query_put_target(query, request);
  rel_query_put_budget(query, request);
}

static rel_code ask_number(rel_sdk_query *query, const char *path, uint64_t max, uint64_t *number,
                           rel_error *error) {
  *number = 0;
  rel_code code = rel_query_check_asked(query, error);
  if (code != REL_OK || query->null) return code;
  rel_buf request = {0}, response = {0};
  put_number(query, &request);
  code = rel_client_call(query->client, path, rel_buf_view(&request), &response, error);
  if (code == REL_OK) code = read_number(rel_buf_view(&response), path, max, number, error);
  rel_buf_fini(&response);
  rel_buf_fini(&request);
  return code;
}

rel_code rel_sdk_query_count(rel_sdk_query *query, uint64_t *count, rel_error *error) {
  return ask_number(query, COUNT_PATH, INT64_MAX, count, error);
}

rel_code rel_sdk_query_exists(rel_sdk_query *query, bool *exists, rel_error *error) {
  uint64_t number;
  rel_code code = ask_number(query, EXISTS_PATH, 1, &number, error);
  *exists = number != 0;
  return code;
}

// --- Explaining ---

static rel_code explain(const rel_sdk_query *query, uint32_t number,
                        void (*put)(const rel_sdk_query *query, rel_buf *request), rel_explanation **out,
                        rel_error *error) {
  *out = NULL;
  rel_code code = rel_query_check_asked(query, error);
  if (code != REL_OK) return code;
  if (query->null) {
    *out = rel_explanation_of_nothing();
    return REL_OK;
  }
  rel_buf request = {0};
  put(query, &request);
  code = rel_explain(query->client, number, &request, out, error);
  rel_buf_fini(&request);
  return code;
}

rel_code rel_sdk_query_explain(rel_sdk_query *query, rel_explanation **out, rel_error *error) {
  return explain(query, REL_EXPLAIN_QUERY, put_query, out, error);
}

rel_code rel_sdk_query_explain_count(rel_sdk_query *query, rel_explanation **out, rel_error *error) {
  return explain(query, REL_EXPLAIN_COUNT, put_number, out, error);
}

rel_code rel_sdk_query_explain_exists(rel_sdk_query *query, rel_explanation **out, rel_error *error) {
  return explain(query, REL_EXPLAIN_EXISTS, put_number, out, error);
}
