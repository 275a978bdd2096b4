// Includes: see relations/query.h. A query of a relation's records stands within the query of their owners;
// here both become the paths that the contract has.
#include "client/runtime/query.h"

#include "common/wire.h"

// Field numbers of Include.
enum {
  INCLUDE_PATH = 1,
  INCLUDE_FILTER = 2,
  INCLUDE_FILTER_TEXT = 3,
  INCLUDE_ORDER_BY = 4,
  INCLUDE_LIMIT = 5,
  INCLUDE_COUNT_ONLY = 6,
  INCLUDE_DEPTH = 7,
  INCLUDE_METHODS = 8,
  INCLUDE_FIELDS = 9,
  INCLUDE_PAGE_TOKENS = 10,
};

// --- Building ---

static rel_sdk_query *include(rel_sdk_query *query, const rel_sdk_relation *relation, bool again,
                              uint32_t times, bool counts) {
  rel_sdk_query **last = &query->includes;
  rel_query_refuse_in_group(query, relation->name);
  for (; *last != NULL; last = &(*last)->next)
    if ((*last)->relation == relation && (*last)->again == again && (*last)->counts == counts) return *last;
  rel_sdk_query *made = *last = REL_NEW(rel_sdk_query);
  made->model = relation->target;
  made->relation = relation;
  made->again = again;
  made->times = times;
  made->counts = made->count_only = counts;
  return made;
}

rel_sdk_query *rel_sdk_query_include(rel_sdk_query *query, const rel_sdk_relation *relation) {
  return include(query, relation, false, 0, false);
}

rel_sdk_query *rel_sdk_query_include_again(rel_sdk_query *query, const rel_sdk_relation *relation,
                                           uint32_t times) {
  return include(query, relation, true, times, false);
}

rel_sdk_query *rel_sdk_query_include_count(rel_sdk_query *query, const rel_sdk_relation *relation) {
  return include(query, relation, false, 0, true);
}

rel_sdk_query *rel_sdk_query_count_only(rel_sdk_query *query) {
  if (query->relation == NULL)
    return rel_query_remember(query, "count_only",
                              "only what is included has a count in the place of records");
  rel_query_refuse_in_group(query, "count_only");
  query->count_only = true;
  return query;
}

const Relations__V1__RelationInfo *rel_sdk_info(const Relations__V1__LoadInfo *info, const char *relation) {
  for (size_t i = 0; info != NULL && i < info->n_relations; i++)
    if (strcmp(info->relations[i]->relation, relation) == 0) return info->relations[i];
  return NULL;
}

// --- The rest ---

static void copy(const rel_sdk_query *from, rel_sdk_query *to);

static void copy_includes(const rel_sdk_query *from, rel_sdk_query *to) {
  rel_sdk_query **last = &to->includes;
  for (const rel_sdk_query *one = from->includes; one != NULL; one = one->next) {
    rel_sdk_query *made = *last = REL_NEW(rel_sdk_query);
    made->model = one->model;
    made->relation = one->relation;
    made->again = one->again;
    made->times = one->times;
    made->count_only = one->count_only;
    made->counts = one->counts;
    copy(one, made);
    last = &made->next;
  }
}

// What is said of the records, and what is included in them.
static void copy(const rel_sdk_query *from, rel_sdk_query *to) {
  rel_query_put_again(&from->target, REL_TARGET_FILTER_TEXT, REL_TARGET_FILTER_TEXT, &to->target);
  rel_query_put_again(&from->target, REL_TARGET_METHODS, REL_TARGET_METHODS, &to->target);
  rel_buf_str(&to->filters, rel_buf_view(&from->filters));
  rel_buf_str(&to->order, rel_buf_view(&from->order));
  rel_buf_str(&to->only, rel_buf_view(&from->only));
  to->has_text = from->has_text;
  to->limit = from->limit;
  if (to->wrong.code == REL_OK) to->wrong = from->wrong;
  if (from->depth > 0) rel_query_remember(to, "group", "a group of the query has no end");
  copy_includes(from, to);
}

rel_sdk_query *rel_sdk_query_rest(rel_client *client, const rel_sdk_query *included,
                                  const rel_sdk_relation *relation, const ProtobufCMessage *owner,
                                  const Relations__V1__LoadInfo *info) {
  const Relations__V1__RelationInfo *known = rel_sdk_info(info, relation->name);
  if (known == NULL || known->next_page_token[0] == '\0') return NULL;
  rel_sdk_query *rest = rel_sdk_query_of(client, relation, owner);
  if (included->relation != relation)
    rel_query_remember(rest, relation->name, "the query is not what the relation was included with");
  if (included->again)
    rel_query_remember(rest, relation->name,
                       "it was followed again and again: the rest of it is a query of its own");
  copy(included, rest);
  return rel_sdk_query_page(rest, known->next_page_token);
}

void rel_query_free_includes(rel_sdk_query *query) {
  for (rel_sdk_query *one = query->includes, *next; one != NULL; one = next) {
    next = one->next;
    rel_sdk_query_free(one);
  }
}

// --- Checking ---

static rel_code check_one(const rel_sdk_query *query, rel_error *error) {
  if (query->wrong.code != REL_OK) {
    if (error != NULL) *error = query->wrong;
    return query->wrong.code;
  }
  if (query->depth > 0) return rel_fail_field(error, REL_INVALID, "group", "a group of the query has no end");
  if (query->relation != NULL && query->from_end)
    return rel_fail_field(error, REL_INVALID, "from_end",
                          "%s is included: its last page is another query, of the relation",
                          query->relation->name);
  if (query->relation != NULL && rel_query_has_budget(query))
    return rel_fail_field(error, REL_INVALID, "budget", "%s is included: the budget is of the whole request",
                          query->relation->name);
  return REL_OK;
}

rel_code rel_query_check(const rel_sdk_query *query, rel_error *error) {
  rel_code code = check_one(query, error);
  for (const rel_sdk_query *one = query->includes; code == REL_OK && one != NULL; one = one->next)
    code = rel_query_check(one, error);
  return code;
}

// --- Requests ---

static void put_include(const rel_sdk_query *one, rel_str path, uint32_t number, rel_buf *request) {
  rel_buf own = {0};
  rel_wire_put_bytes(&own, INCLUDE_PATH, path);
  rel_query_put_filter(one, INCLUDE_FILTER, &own);
  rel_query_put_again(&one->target, REL_TARGET_FILTER_TEXT, INCLUDE_FILTER_TEXT, &own);
  rel_query_put_again(&one->order, REL_QUERY_ORDER_BY, INCLUDE_ORDER_BY, &own);
  if (one->limit > 0) rel_wire_put_uint(&own, INCLUDE_LIMIT, one->limit);
  if (one->count_only) rel_wire_put_uint(&own, INCLUDE_COUNT_ONLY, 1);
  if (one->times > 0) rel_wire_put_uint(&own, INCLUDE_DEPTH, one->times);
  rel_query_put_again(&one->target, REL_TARGET_METHODS, INCLUDE_METHODS, &own);
  rel_query_put_fields(one, INCLUDE_FIELDS, &own);
  rel_query_put_again(&one->page, REL_QUERY_PAGE_TOKEN, INCLUDE_PAGE_TOKENS, &own);
  rel_wire_put_bytes(request, number, rel_buf_view(&own));
  rel_buf_fini(&own);
}

// Each behind the one that it stands in; `path` is that one's.
static void put_within(const rel_sdk_query *query, rel_buf *path, uint32_t number, rel_buf *request) {
  size_t len = path->len;
  for (const rel_sdk_query *one = query->includes; one != NULL; one = one->next) {
    rel_buf_printf(path, "%s%s%s", len > 0 ? "." : "", one->relation->name, one->again ? "*" : "");
    put_include(one, rel_buf_view(path), number, request);
    put_within(one, path, number, request);
    path->len = len;
  }
}

void rel_query_put_includes(const rel_sdk_query *query, uint32_t number, rel_buf *request) {
  rel_buf path = {0};
  put_within(query, &path, number, request);
  rel_buf_fini(&path);
}

// The target of a query that says nothing holds its model alone.
static bool says_more(const rel_sdk_query *query) {
  rel_wire_reader reader = {rel_buf_view(&query->target)};
  rel_wire_field field;
  while (rel_wire_next(&reader, &field) > 0)
    if (field.number != REL_TARGET_MODEL) return true;
  return query->filters.len > 0 || query->order.len > 0 || query->limit > 0 || query->page.len > 0 ||
         query->only.len > 0 || query->from_end;
}

rel_code rel_query_put_only_includes(const rel_sdk_query *query, uint32_t number, rel_buf *request,
                                     rel_error *error) {
  rel_code code = rel_query_check(query, error);
  if (code == REL_OK && (query->client == NULL || says_more(query)))
    code = rel_fail_field(
        error, REL_INVALID, "with",
        "records that are asked for by key come as they are: what says what is included in them "
        "is a query of %s that says nothing else",
        query->model->name);
  if (code != REL_OK) return code;
  rel_query_put_includes(query, number, request);
  rel_query_put_budget(query, request);
  return code;
}
