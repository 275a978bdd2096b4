// Queries: see relations/query.h. Owns how a query under construction becomes a request, and how the streamed
// messages of its answer become records. It knows bytes and tables, no channel.
//
// What is built is written to wire bytes at once: `target` holds the fields of a QueryTarget but for its
// filter, since comparisons have to be gathered into one list. A group begins a list of its own, which
// becomes one filter of the list around it at its end.
#include <relations/query.h>

#include "client/runtime/answer.h"
#include "client/runtime/keys.h"
#include "common/wire.h"

#define QUERY_PATH  "/relations.v1.RelationService/Query"
#define COUNT_PATH  "/relations.v1.RelationService/Count"
#define EXISTS_PATH "/relations.v1.RelationService/Exists"

// Field numbers of query.proto and relation_service.proto.
enum { VALUE_BOOL = 1, VALUE_INT64, VALUE_UINT64, VALUE_DOUBLE, VALUE_STRING, VALUE_BYTES, VALUE_TIMESTAMP };
enum { TIMESTAMP_SECONDS = 1, TIMESTAMP_NANOS = 2 };
enum { COMPARISON_FIELD = 1, COMPARISON_OPERATOR = 2, COMPARISON_VALUES = 3 };
enum { RELATED_RELATION = 1, RELATED_QUANTIFIER = 2, RELATED_FILTER = 3 };
enum { RELATED_COUNT_FILTER = 2, RELATED_COUNT_OPERATOR = 3, RELATED_COUNT_VALUE = 4 };
enum { FILTER_COMPARISON = 1, FILTER_ALL = 2, FILTER_ANY = 3, FILTER_NOT = 4, LIST_FILTERS = 1 };
enum { FILTER_RELATED = 5, FILTER_RELATED_COUNT = 6 };
enum { METHOD_NAME = 1, METHOD_ARGUMENTS = 2 };
enum { ORDER_FIELD = 1, ORDER_DESCENDING = 2, ORDER_NULLS = 3, ORDER_COUNT_OF = 4, NULLS_FIRST = 1 };
enum {
  TARGET_MODEL = 1,
  TARGET_RELATION = 2,
  TARGET_REFERENCE_KEY = 4,
  TARGET_FILTER = 5,
  TARGET_FILTER_TEXT = 6,
  TARGET_METHODS = 7,
};
enum {
  QUERY_TARGET = 1,
  QUERY_ORDER_BY = 2,
  QUERY_PAGE_SIZE = 3,
  QUERY_PAGE_TOKEN = 4,
  QUERY_RECORD_TYPE = 5,
  QUERY_FROM_END = 8,
};
enum { NUMBER_ANSWER = 1 }; // of CountResponse and ExistsResponse

enum { MAX_GROUPS = 16 }; // in one another; the server takes no more

// A group that has begun.
typedef struct group {
  rel_sdk_group kind;
  const char *relation; // over whose records it is; NULL: those that it stands among
  rel_sdk_quantifier quantifier;
  rel_sdk_operator operator_; // with which their count is compared; 0: they are quantified
  uint64_t count;
  rel_buf around; // the filters of the list that it stands in
} group;

struct rel_sdk_query {
  rel_client *client;
  const rel_sdk_model *model; // of the records
  bool null;                  // the owner's key refers to nothing
  bool has_text;
  bool running;
  uint32_t limit;
  rel_buf target;
  rel_buf filters; // fields of a FilterList: of the innermost group, if there is one
  rel_buf in;      // the comparison that is being filled with values
  group groups[MAX_GROUPS];
  size_t depth;
  rel_buf order; // fields of a QueryRequest
  rel_buf page;
  rel_buf next_page, previous_page;
  bool from_end;
  rel_error wrong; // what was wrong first; REL_OK: nothing
};

// --- Values ---

rel_sdk_value rel_sdk_bool(bool value) {
  return (rel_sdk_value){.kind = VALUE_BOOL, .number = value};
}

rel_sdk_value rel_sdk_int64(int64_t value) {
  return (rel_sdk_value){.kind = VALUE_INT64, .number = (uint64_t)value};
}

rel_sdk_value rel_sdk_uint64(uint64_t value) {
  return (rel_sdk_value){.kind = VALUE_UINT64, .number = value};
}

rel_sdk_value rel_sdk_double(double value) {
  rel_sdk_value made = {.kind = VALUE_DOUBLE};
  memcpy(&made.number, &value, sizeof value);
  return made;
}

rel_sdk_value rel_sdk_string(const char *value) {
  return (rel_sdk_value){.kind = value != NULL ? VALUE_STRING : 0, .bytes = rel_cstr(value)};
}

rel_sdk_value rel_sdk_bytes(ProtobufCBinaryData value) {
  bool given = value.data != NULL || value.len == 0;
  return (rel_sdk_value){.kind = given ? VALUE_BYTES : 0, .bytes = rel_bytes(value.data, value.len)};
}

rel_sdk_value rel_sdk_timestamp(const Google__Protobuf__Timestamp *value) {
  if (value == NULL) return (rel_sdk_value){0};
  return (rel_sdk_value){.kind = VALUE_TIMESTAMP, .number = (uint64_t)value->seconds, .nanos = value->nanos};
}

// Appends the value as field `number` of a message under construction.
static void put_value(rel_buf *out, uint32_t number, const rel_sdk_value *value) {
  rel_buf own = {0}, time = {0};
  switch (value->kind) {
  case VALUE_DOUBLE:
    rel_wire_put_fixed64(&own, VALUE_DOUBLE, value->number);
    break;
  case VALUE_STRING:
  case VALUE_BYTES:
    rel_wire_put_bytes(&own, value->kind, value->bytes);
    break;
  case VALUE_TIMESTAMP:
    rel_wire_put_uint(&time, TIMESTAMP_SECONDS, value->number);
    rel_wire_put_uint(&time, TIMESTAMP_NANOS, (uint64_t)(int64_t)value->nanos);
    rel_wire_put_bytes(&own, VALUE_TIMESTAMP, rel_buf_view(&time));
    break;
  default:
    rel_wire_put_uint(&own, value->kind, value->number);
    break;
  }
  rel_wire_put_bytes(out, number, rel_buf_view(&own));
  rel_buf_fini(&time);
  rel_buf_fini(&own);
}

// --- Building ---

rel_sdk_query *rel_sdk_query_new(rel_client *client, const rel_sdk_model *model) {
  rel_sdk_query *query = REL_NEW(rel_sdk_query);
  query->client = client;
  query->model = model;
  rel_wire_put_bytes(&query->target, TARGET_MODEL, rel_cstr(model->name));
  return query;
}

rel_sdk_query *rel_sdk_query_of(rel_client *client, const rel_sdk_relation *relation,
                                const ProtobufCMessage *owner) {
  rel_sdk_query *query = rel_sdk_query_new(client, relation->owner);
  query->model = relation->target;
  rel_wire_put_bytes(&query->target, TARGET_RELATION, rel_cstr(relation->name));
  rel_sdk_member members[REL_SDK_MAX_KEY_PARTS];
  rel_code code = rel_owner_key(relation, owner, members, &query->null, &query->wrong);
  if (code != REL_OK || query->null) return query;
  rel_key_list keys = {0};
  rel_key_list_add(&keys, members, relation->key_count, owner);
  rel_key_list_put(&keys, TARGET_REFERENCE_KEY, &query->target);
  rel_key_list_fini(&keys);
  return query;
}

void rel_sdk_query_free(rel_sdk_query *query) {
  if (query == NULL) return;
  rel_buf_fini(&query->target);
  rel_buf_fini(&query->filters);
  rel_buf_fini(&query->in);
  for (size_t i = 0; i < query->depth; i++)
    rel_buf_fini(&query->groups[i].around);
  rel_buf_fini(&query->order);
  rel_buf_fini(&query->page);
  rel_buf_fini(&query->next_page);
  rel_buf_fini(&query->previous_page);
  free(query);
}

// Remembers the first thing that is wrong.
static rel_sdk_query *remember(rel_sdk_query *query, const char *field, const char *message) {
  if (query->wrong.code == REL_OK) rel_fail_field(&query->wrong, REL_INVALID, field, "%s", message);
  return query;
}

static void add_comparison(rel_sdk_query *query, const rel_buf *comparison, bool negated) {
  rel_buf filter = {0}, outer = {0};
  rel_wire_put_bytes(&filter, FILTER_COMPARISON, rel_buf_view(comparison));
  if (negated) rel_wire_put_bytes(&outer, FILTER_NOT, rel_buf_view(&filter));
  rel_wire_put_bytes(&query->filters, LIST_FILTERS, rel_buf_view(negated ? &outer : &filter));
  rel_buf_fini(&outer);
  rel_buf_fini(&filter);
}

rel_sdk_query *rel_sdk_query_where(rel_sdk_query *query, const char *field, rel_sdk_operator operator_,
                                   rel_sdk_value value) {
  if (value.kind == 0) return remember(query, field, "the value to compare with is NULL");
  rel_buf comparison = {0};
  rel_wire_put_bytes(&comparison, COMPARISON_FIELD, rel_cstr(field));
  rel_wire_put_uint(&comparison, COMPARISON_OPERATOR, (uint64_t)operator_);
  put_value(&comparison, COMPARISON_VALUES, &value);
  add_comparison(query, &comparison, false);
  rel_buf_fini(&comparison);
  return query;
}

rel_sdk_query *rel_sdk_query_where_null(rel_sdk_query *query, const char *field, bool is) {
  rel_buf comparison = {0};
  rel_wire_put_bytes(&comparison, COMPARISON_FIELD, rel_cstr(field));
  rel_wire_put_uint(&comparison, COMPARISON_OPERATOR, REL_SDK_IS_NULL);
  add_comparison(query, &comparison, !is);
  rel_buf_fini(&comparison);
  return query;
}

rel_sdk_query *rel_sdk_query_in_begin(rel_sdk_query *query, const char *field) {
  query->in.len = 0;
  rel_wire_put_bytes(&query->in, COMPARISON_FIELD, rel_cstr(field));
  rel_wire_put_uint(&query->in, COMPARISON_OPERATOR, REL_SDK_IN);
  return query;
}

void rel_sdk_query_in_add(rel_sdk_query *query, rel_sdk_value value) {
  if (value.kind == 0)
    remember(query, "in", "one of the values to compare with is NULL");
  else
    put_value(&query->in, COMPARISON_VALUES, &value);
}

rel_sdk_query *rel_sdk_query_in_end(rel_sdk_query *query) {
  add_comparison(query, &query->in, false);
  return query;
}

// --- Groups ---

static rel_sdk_query *begin_group(rel_sdk_query *query, group begun) {
  if (query->depth == MAX_GROUPS) return remember(query, "group", "groups stand in one another too deep");
  begun.around = query->filters;
  query->groups[query->depth++] = begun;
  query->filters = (rel_buf){0};
  return query;
}

rel_sdk_query *rel_sdk_query_group(rel_sdk_query *query, rel_sdk_group kind) {
  return begin_group(query, (group){.kind = kind});
}

rel_sdk_query *rel_sdk_query_related(rel_sdk_query *query, const char *relation,
                                     rel_sdk_quantifier quantifier) {
  return begin_group(query, (group){.relation = relation, .quantifier = quantifier});
}

rel_sdk_query *rel_sdk_query_related_count(rel_sdk_query *query, const char *relation,
                                           rel_sdk_operator operator_, uint64_t count) {
  return begin_group(query, (group){.relation = relation, .operator_ = operator_, .count = count});
}

// Of no conditions, "there is one" needs no filter; "every one" does.
static void add_related(rel_sdk_query *query, const group *ended, const rel_buf *filters) {
  bool counts = ended->operator_ != 0;
  rel_buf related = {0}, inner = {0}, filter = {0};
  rel_wire_put_bytes(&related, RELATED_RELATION, rel_cstr(ended->relation));
  if (filters->len > 0 || ended->quantifier == REL_SDK_EVERY) {
    rel_wire_put_bytes(&inner, FILTER_ALL, rel_buf_view(filters));
    rel_wire_put_bytes(&related, counts ? RELATED_COUNT_FILTER : RELATED_FILTER, rel_buf_view(&inner));
  }
  if (counts) {
    rel_sdk_value count = rel_sdk_uint64(ended->count);
    rel_wire_put_uint(&related, RELATED_COUNT_OPERATOR, (uint64_t)ended->operator_);
    put_value(&related, RELATED_COUNT_VALUE, &count);
  } else {
    rel_wire_put_uint(&related, RELATED_QUANTIFIER, (uint64_t)ended->quantifier);
  }
  rel_wire_put_bytes(&filter, counts ? FILTER_RELATED_COUNT : FILTER_RELATED, rel_buf_view(&related));
  rel_wire_put_bytes(&query->filters, LIST_FILTERS, rel_buf_view(&filter));
  rel_buf_fini(&filter);
  rel_buf_fini(&inner);
  rel_buf_fini(&related);
}

static void add_group(rel_sdk_query *query, rel_sdk_group kind, const rel_buf *filters) {
  rel_buf filter = {0}, outer = {0};
  bool none = kind == REL_SDK_NONE_OF;
  rel_wire_put_bytes(&filter, kind == REL_SDK_ALL_OF ? FILTER_ALL : FILTER_ANY, rel_buf_view(filters));
  if (none) rel_wire_put_bytes(&outer, FILTER_NOT, rel_buf_view(&filter));
  rel_wire_put_bytes(&query->filters, LIST_FILTERS, rel_buf_view(none ? &outer : &filter));
  rel_buf_fini(&outer);
  rel_buf_fini(&filter);
}

rel_sdk_query *rel_sdk_query_end(rel_sdk_query *query) {
  if (query->depth == 0) return remember(query, "end", "no group has begun that could end");
  group ended = query->groups[--query->depth];
  rel_buf filters = query->filters;
  query->filters = ended.around;
  if (ended.relation != NULL)
    add_related(query, &ended, &filters);
  else
    add_group(query, ended.kind, &filters);
  rel_buf_fini(&filters);
  return query;
}

rel_sdk_query *rel_sdk_query_method(rel_sdk_query *query, const char *name, const rel_sdk_value *arguments,
                                    size_t count) {
  if (query->depth > 0) return remember(query, name, "a query method cannot stand in a group");
  rel_buf call = {0};
  rel_wire_put_bytes(&call, METHOD_NAME, rel_cstr(name));
  for (size_t i = 0; i < count; i++) {
    if (arguments[i].kind == 0) remember(query, name, "an argument of the query method is NULL");
    put_value(&call, METHOD_ARGUMENTS, &arguments[i]);
  }
  rel_wire_put_bytes(&query->target, TARGET_METHODS, rel_buf_view(&call));
  rel_buf_fini(&call);
  return query;
}

rel_sdk_query *rel_sdk_query_filter(rel_sdk_query *query, const char *text) {
  if (text == NULL) return remember(query, "filter", "the filter is NULL");
  if (query->depth > 0) return remember(query, "filter", "a filter text cannot stand in a group");
  if (query->has_text) return remember(query, "filter", "a query takes one filter text, and has it already");
  query->has_text = true;
  rel_wire_put_bytes(&query->target, TARGET_FILTER_TEXT, rel_cstr(text));
  return query;
}

rel_sdk_query *rel_sdk_query_order_by(rel_sdk_query *query, const char *field, bool descending,
                                      bool nulls_first) {
  rel_buf term = {0};
  rel_wire_put_bytes(&term, ORDER_FIELD, rel_cstr(field));
  if (descending) rel_wire_put_uint(&term, ORDER_DESCENDING, 1);
  if (nulls_first) rel_wire_put_uint(&term, ORDER_NULLS, NULLS_FIRST);
  rel_wire_put_bytes(&query->order, QUERY_ORDER_BY, rel_buf_view(&term));
  rel_buf_fini(&term);
  return query;
}

rel_sdk_query *rel_sdk_query_order_by_count(rel_sdk_query *query, const char *relation, bool descending) {
  rel_buf term = {0};
  rel_wire_put_bytes(&term, ORDER_COUNT_OF, rel_cstr(relation));
  if (descending) rel_wire_put_uint(&term, ORDER_DESCENDING, 1);
  rel_wire_put_bytes(&query->order, QUERY_ORDER_BY, rel_buf_view(&term));
  rel_buf_fini(&term);
  return query;
}

rel_sdk_query *rel_sdk_query_limit(rel_sdk_query *query, uint32_t limit) {
  if (limit > INT32_MAX) return remember(query, "limit", "the limit is more than 2147483647");
  query->limit = limit;
  return query;
}

rel_sdk_query *rel_sdk_query_from_end(rel_sdk_query *query, bool from_end) {
  query->from_end = from_end;
  return query;
}

rel_sdk_query *rel_sdk_query_page(rel_sdk_query *query, const char *token) {
  query->page.len = 0;
  rel_buf_cstr(&query->page, token != NULL ? token : "");
  return query;
}

// --- Requests ---

// Appends the target as field 1, which it is in each of the three requests.
static void put_target(const rel_sdk_query *query, rel_buf *request) {
  rel_buf target = {0}, filter = {0};
  rel_buf_str(&target, rel_buf_view(&query->target));
  if (query->filters.len > 0) {
    rel_wire_put_bytes(&filter, FILTER_ALL, rel_buf_view(&query->filters));
    rel_wire_put_bytes(&target, TARGET_FILTER, rel_buf_view(&filter));
  }
  rel_wire_put_bytes(request, QUERY_TARGET, rel_buf_view(&target));
  rel_buf_fini(&filter);
  rel_buf_fini(&target);
}

static void put_query(const rel_sdk_query *query, rel_buf *request) {
  put_target(query, request);
  rel_buf_str(request, rel_buf_view(&query->order));
  if (query->limit > 0) rel_wire_put_uint(request, QUERY_PAGE_SIZE, query->limit);
  if (query->page.len > 0)
    rel_wire_put_bytes(request, QUERY_PAGE_TOKEN, rel_buf_view(&query->page));
  else if (query->from_end)
    rel_wire_put_uint(request, QUERY_FROM_END, 1);
  rel_wire_put_bytes(request, QUERY_RECORD_TYPE, rel_cstr(query->model->name));
}

// Whether the query can be asked.
static rel_code check(const rel_sdk_query *query, rel_error *error) {
  if (query->running)
    return rel_fail(error, REL_INVALID, "the query is asked from within its own callback: take another one");
  if (query->wrong.code != REL_OK && error != NULL) *error = query->wrong;
  if (query->wrong.code != REL_OK || query->depth == 0) return query->wrong.code;
  return rel_fail_field(error, REL_INVALID, "group", "a group of the query has no end");
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

static bool take_message(void *context, rel_str message) {
  stream *s = context;
  rel_arena own;
  rel_arena_init(&own);
  rel_set set;
  s->code = rel_answer_part(message, &s->expected, s->parts == 0, &set, s->error);
  if (s->code == REL_OK) s->code = take_set(s, &set, s->arena != NULL ? s->arena : &own);
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
  if (code == REL_OK) code = s->code;
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
                  .next_page = &query->next_page,
                  .previous_page = &query->previous_page,
                  .error = error};
}

rel_code rel_sdk_query_each(rel_sdk_query *query, const rel_sdk_taker *taker, rel_error *error) {
  rel_code code = check(query, error);
  if (code != REL_OK) return code;
  stream s = stream_of(query, error);
  s.taker = taker;
  return run(query, &s);
}

// The typed lists have the layout of rel_answer, not its type, so they are written as bytes.
rel_code rel_sdk_query_all(rel_sdk_query *query, void *list, rel_error *error) {
  rel_answer all = {0};
  memcpy(list, &all, sizeof all);
  rel_code code = check(query, error);
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

static rel_code ask_number(rel_sdk_query *query, const char *path, uint64_t max, uint64_t *number,
                           rel_error *error) {
  *number = 0;
  rel_code code = check(query, error);
  if (code != REL_OK || query->null) return code;
  rel_buf request = {0}, response = {0};
  put_target(query, &request);
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
