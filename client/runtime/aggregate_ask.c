// Asking aggregates: see relations/aggregate.h. Owns the requests, and how the parts of an answer become
// groups.
#include "client/runtime/aggregate.h"

#include "client/runtime/answer.h"
#include "common/wire.h"

#define AGGREGATE_PATH "/relations.v1.RelationService/Aggregate"

enum { PART_GROUPS = 10000 }; // the server answers with no more at once

// Field numbers of AggregateRequest and AggregateTerm; field 1 is the target.
enum {
  ASKED_TERMS = 2,
  ASKED_GROUP_BY = 3,
  ASKED_HAVING = 4,
  ASKED_HAVING_TEXT = 5,
  ASKED_ORDER_BY = 6,
  ASKED_PAGE_SIZE = 7,
  ASKED_PAGE_TOKEN = 8,
};
enum { TERM_FUNCTION = 1, TERM_FIELD = 2, TERM_NAME = 3 };

// What is gathered: groups that are kept, in an arena, or handed over one by one.
typedef struct gathering {
  rel_sdk_aggregate *aggregate;
  rel_arena *arena; // keeps every group; NULL: each part has its own
  rel_buf kept;     // of rel_group
  size_t room;      // bytes that may still be kept
  bool (*take)(void *context, const rel_group *group);
  void *context;
  size_t left;      // groups that are still wanted
  size_t page_size; // of the part that is asked for
  bool stopped;
  rel_error *error;
} gathering;

// --- Requests ---

static void put_term(const rel_aggregate_column *column, rel_buf *request) {
  rel_buf term = {0};
  rel_wire_put_uint(&term, TERM_FUNCTION, (uint64_t)column->function);
  if (column->field != NULL) rel_wire_put_bytes(&term, TERM_FIELD, rel_cstr(column->field));
  rel_wire_put_bytes(&term, TERM_NAME, rel_cstr(column->name));
  rel_wire_put_bytes(request, ASKED_TERMS, rel_buf_view(&term));
  rel_buf_fini(&term);
}

static void put_request(const gathering *g, const rel_buf *page, rel_buf *request) {
  const rel_sdk_aggregate *a = g->aggregate;
  rel_query_put_target(a->query, request);
  for (size_t i = 0; i < a->term_count; i++)
    put_term(&a->terms[i], request);
  for (size_t i = 0; i < a->key_count; i++)
    rel_wire_put_bytes(request, ASKED_GROUP_BY, rel_cstr(a->keys[i].field));
  rel_query_put_filter(&a->having, ASKED_HAVING, request);
  rel_query_put_again(&a->having.target, REL_TARGET_FILTER_TEXT, ASKED_HAVING_TEXT, request);
  rel_query_put_again(&a->having.order, REL_QUERY_ORDER_BY, ASKED_ORDER_BY, request);
  rel_wire_put_uint(request, ASKED_PAGE_SIZE, g->page_size);
  if (page->len > 0) rel_wire_put_bytes(request, ASKED_PAGE_TOKEN, rel_buf_view(page));
  rel_query_put_budget(a->query, request);
}

// --- Parts ---

static rel_code broken(const gathering *g, const char *why) {
  return rel_fail(g->error, REL_INTERNAL, "the server's answer is broken (" AGGREGATE_PATH "): %s", why);
}

static rel_code check_part(const gathering *g, const Relations__V1__AggregateResponse *part) {
  if (part->n_groups > g->page_size) return broken(g, "more groups than were asked for");
  if (part->n_groups == 0 && part->next_page_token[0] != '\0')
    return broken(g, "there is more behind no group");
  for (size_t i = 0; i < part->n_groups; i++)
    if (!rel_group_fits(g->aggregate, part->groups[i]))
      return broken(g, "a group of other values than were asked for");
  return REL_OK;
}

static rel_code take_part(gathering *g, const Relations__V1__AggregateResponse *part, rel_arena *arena) {
  rel_group_shape *shape = REL_ARENA_NEW(arena, rel_group_shape);
  *shape = (rel_group_shape){g->aggregate, g->aggregate->key_count, g->aggregate->term_count};
  rel_code code = check_part(g, part);
  for (size_t i = 0; code == REL_OK && i < part->n_groups && !g->stopped; i++) {
    rel_group group = {shape, part->groups[i]};
    if (g->arena != NULL)
      rel_buf_append(&g->kept, &group, sizeof group);
    else
      g->stopped = !g->take(g->context, &group);
  }
  if (code != REL_OK) return code;
  rel_buf *next = &g->aggregate->having.next_page;
  next->len = 0;
  rel_buf_cstr(next, part->next_page_token);
  g->left -= part->n_groups;
  return REL_OK;
}

static rel_code read_part(gathering *g, rel_str bytes) {
  const ProtobufCMessageDescriptor *descriptor = &relations__v1__aggregate_response__descriptor;
  rel_code code = rel_answer_check(descriptor, bytes, AGGREGATE_PATH, g->error);
  if (code != REL_OK) return code;
  if (g->arena != NULL && bytes.len > g->room)
    return rel_fail(g->error, REL_LIMIT,
                    "the groups are larger than max_message_bytes: take them one by one, or limit them");
  g->room -= g->arena != NULL ? bytes.len : 0;
  rel_arena own;
  rel_arena_init(&own);
  rel_arena *arena = g->arena != NULL ? g->arena : &own;
  ProtobufCMessage *part =
      protobuf_c_message_unpack(descriptor, &arena->allocator, bytes.len, (const uint8_t *)bytes.ptr);
  code = part != NULL ? take_part(g, (const Relations__V1__AggregateResponse *)part, arena)
                      : broken(g, "it is no AggregateResponse");
  rel_arena_fini(&own);
  return code;
}

static void begin(gathering *g) {
  uint32_t limit = g->aggregate->having.limit;
  g->left = limit > 0 ? limit : SIZE_MAX;
}

static void put_part(gathering *g, const rel_buf *page, rel_buf *request) {
  g->page_size = g->left < PART_GROUPS ? g->left : PART_GROUPS;
  put_request(g, page, request);
}

static rel_code ask_part(gathering *g, const rel_buf *page) {
  rel_buf request = {0}, response = {0};
  put_part(g, page, &request);
  rel_code code = rel_client_call(g->aggregate->query->client, AGGREGATE_PATH, rel_buf_view(&request),
                                  &response, g->error);
  if (code == REL_OK) code = read_part(g, rel_buf_view(&response));
  rel_buf_fini(&response);
  rel_buf_fini(&request);
  return code;
}

// --- Asking ---

static rel_code check(const rel_sdk_aggregate *whole, rel_error *error) {
  rel_code code = rel_query_check_asked(whole->query, error);
  return code == REL_OK ? rel_query_check_asked(&whole->having, error) : code;
}

static rel_code gather(gathering *g) {
  rel_sdk_query *having = &g->aggregate->having;
  const rel_buf *page = &having->page;
  rel_code code = REL_OK;
  begin(g);
  having->next_page.len = 0;
  having->running = true;
  do {
    code = ask_part(g, page);
    page = &having->next_page;
  } while (code == REL_OK && page->len > 0 && g->left > 0 && !g->stopped);
  having->running = false;
  if (code != REL_OK || g->stopped) having->next_page.len = 0;
  rel_buf_text(&having->next_page);
  return code;
}

rel_code rel_sdk_aggregate_each(rel_sdk_aggregate *aggregate,
                                bool (*take)(void *context, const rel_group *group), void *context,
                                rel_error *error) {
  gathering g = {.aggregate = aggregate->whole, .take = take, .context = context, .error = error};
  rel_code code = check(g.aggregate, error);
  return code == REL_OK ? gather(&g) : code;
}

rel_code rel_sdk_aggregate_all(rel_sdk_aggregate *aggregate, rel_group_list *groups, rel_error *error) {
  gathering g = {.aggregate = aggregate->whole, .error = error};
  *groups = (rel_group_list){0};
  rel_code code = check(g.aggregate, error);
  if (code != REL_OK) return code;
  rel_memory *memory = rel_memory_new();
  g.arena = &memory->arena;
  g.room = rel_client_max_message_bytes(g.aggregate->query->client);
  code = gather(&g);
  if (code == REL_OK) {
    size_t count = g.kept.len / sizeof(rel_group);
    rel_group *items = REL_ARENA_ARRAY(&memory->arena, rel_group, count);
    if (count > 0) memcpy(items, g.kept.data, g.kept.len);
    *groups = (rel_group_list){count, items, memory};
  } else {
    rel_memory_free(memory);
  }
  rel_buf_fini(&g.kept);
  return code;
}

rel_code rel_sdk_aggregate_explain(rel_sdk_aggregate *aggregate, rel_explanation **out, rel_error *error) {
  gathering g = {.aggregate = aggregate->whole, .error = error};
  *out = NULL;
  rel_code code = check(g.aggregate, error);
  if (code != REL_OK) return code;
  rel_buf request = {0};
  begin(&g);
  put_part(&g, &g.aggregate->having.page, &request);
  code = rel_explain(g.aggregate->query->client, REL_EXPLAIN_AGGREGATE, &request, out, error);
  rel_buf_fini(&request);
  return code;
}

const char *rel_sdk_aggregate_next_page(const rel_sdk_aggregate *aggregate) {
  return rel_sdk_query_next_page(&aggregate->whole->having);
}
