// Queries: see relations/query.h. Owns what is built, which is written to wire bytes at once. It knows bytes
// and tables, no channel.
//
// Comparisons are gathered into a list; a group begins a list of its own, which becomes one filter of the
// list around it at its end.
#include "client/runtime/query.h"

#include "client/runtime/keys.h"
#include "common/wire.h"

// Field numbers of query.proto.
enum { VALUE_BOOL = 1, VALUE_INT64, VALUE_UINT64, VALUE_DOUBLE, VALUE_STRING, VALUE_BYTES, VALUE_TIMESTAMP };
enum { TIMESTAMP_SECONDS = 1, TIMESTAMP_NANOS = 2 };
enum { COMPARISON_FIELD = 1, COMPARISON_OPERATOR = 2, COMPARISON_VALUES = 3, COMPARISON_FOLD_CASE = 4 };
enum { RELATED_RELATION = 1, RELATED_QUANTIFIER = 2, RELATED_FILTER = 3 };
enum { RELATED_COUNT_FILTER = 2, RELATED_COUNT_OPERATOR = 3, RELATED_COUNT_VALUE = 4 };
enum { FILTER_COMPARISON = 1, FILTER_ALL = 2, FILTER_ANY = 3, FILTER_NOT = 4, LIST_FILTERS = 1 };
enum { FILTER_RELATED = 5, FILTER_RELATED_COUNT = 6 };
enum { METHOD_NAME = 1, METHOD_ARGUMENTS = 2 };
enum { ORDER_FIELD = 1, ORDER_DESCENDING = 2, ORDER_NULLS = 3, ORDER_COUNT_OF = 4, NULLS_FIRST = 1 };

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

void rel_query_init(rel_sdk_query *query, rel_client *client, const rel_sdk_model *model) {
  *query = (rel_sdk_query){.client = client, .model = model};
  rel_wire_put_bytes(&query->target, REL_TARGET_MODEL, rel_cstr(model->name));
}

rel_sdk_query *rel_sdk_query_new(rel_client *client, const rel_sdk_model *model) {
  rel_sdk_query *query = REL_NEW(rel_sdk_query);
  rel_query_init(query, client, model);
  return query;
}

rel_sdk_query *rel_sdk_query_of(rel_client *client, const rel_sdk_relation *relation,
                                const ProtobufCMessage *owner) {
  rel_sdk_query *query = rel_sdk_query_new(client, relation->owner);
  query->model = relation->target;
  rel_wire_put_bytes(&query->target, REL_TARGET_RELATION, rel_cstr(relation->name));
  rel_sdk_member members[REL_SDK_MAX_KEY_PARTS];
  rel_code code = rel_owner_key(relation, owner, members, &query->null, &query->wrong);
  if (code != REL_OK) return query;
  if (query->null) {
    rel_key_put_null(REL_TARGET_REFERENCE_KEY, relation->key_count, &query->target);
    return query;
  }
  rel_key_list keys = {0};
  rel_key_list_add(&keys, members, relation->key_count, owner);
  rel_key_list_put(&keys, REL_TARGET_REFERENCE_KEY, &query->target);
  rel_key_list_fini(&keys);
  return query;
}

void rel_query_fini(rel_sdk_query *query) {
  rel_query_free_includes(query);
  rel_aggregates_free(query->aggregates);
  rel_buf_fini(&query->target);
  rel_buf_fini(&query->filters);
  rel_buf_fini(&query->comparison);
  for (size_t i = 0; i < query->depth; i++)
    rel_buf_fini(&query->groups[i].around);
  rel_buf_fini(&query->order);
  rel_buf_fini(&query->only);
  rel_buf_fini(&query->page);
  rel_buf_fini(&query->next_page);
  rel_buf_fini(&query->previous_page);
}

void rel_sdk_query_free(rel_sdk_query *query) {
  if (query == NULL) return;
  rel_query_fini(query);
  free(query);
}

rel_sdk_query *rel_query_remember(rel_sdk_query *query, const char *field, const char *message) {
  if (query->wrong.code == REL_OK) rel_fail_field(&query->wrong, REL_INVALID, field, "%s", message);
  return query;
}

// The innermost group, or NULL.
static const rel_query_group *innermost(const rel_sdk_query *query) {
  return query->depth > 0 ? &query->groups[query->depth - 1] : NULL;
}

void rel_query_refuse_in_group(rel_sdk_query *query, const char *what) {
  if (query->depth > 0)
    rel_query_remember(query, what, "it is of the query as a whole: it cannot stand in a group");
}

// Conditions do not stand where only the order is.
static void refuse_in_order(rel_sdk_query *query, const char *what) {
  const rel_query_group *group = innermost(query);
  if (group != NULL && group->orders)
    rel_query_remember(query, what, "a condition cannot stand in what orders by a relation's record");
}

static void add_comparison(rel_sdk_query *query, const rel_buf *comparison, bool negated) {
  rel_buf filter = {0}, outer = {0};
  rel_wire_put_bytes(&filter, FILTER_COMPARISON, rel_buf_view(comparison));
  if (negated) rel_wire_put_bytes(&outer, FILTER_NOT, rel_buf_view(&filter));
  rel_wire_put_bytes(&query->filters, LIST_FILTERS, rel_buf_view(negated ? &outer : &filter));
  rel_buf_fini(&outer);
  rel_buf_fini(&filter);
}

static rel_sdk_query *add_where(rel_sdk_query *query, const char *field, rel_sdk_operator operator_,
                                rel_sdk_value value, bool fold_case) {
  if (value.kind == 0) return rel_query_remember(query, field, "the value to compare with is NULL");
  refuse_in_order(query, field);
  rel_buf comparison = {0};
  rel_wire_put_bytes(&comparison, COMPARISON_FIELD, rel_cstr(field));
  rel_wire_put_uint(&comparison, COMPARISON_OPERATOR, (uint64_t)operator_);
  put_value(&comparison, COMPARISON_VALUES, &value);
  if (fold_case) rel_wire_put_uint(&comparison, COMPARISON_FOLD_CASE, 1);
  add_comparison(query, &comparison, false);
  rel_buf_fini(&comparison);
  return query;
}

rel_sdk_query *rel_sdk_query_where(rel_sdk_query *query, const char *field, rel_sdk_operator operator_,
                                   rel_sdk_value value) {
  return add_where(query, field, operator_, value, false);
}

rel_sdk_query *rel_sdk_query_where_folded(rel_sdk_query *query, const char *field, rel_sdk_operator operator_,
                                          rel_sdk_value value) {
  return add_where(query, field, operator_, value, true);
}

rel_sdk_query *rel_sdk_query_where_null(rel_sdk_query *query, const char *field, bool is) {
  rel_buf comparison = {0};
  refuse_in_order(query, field);
  rel_wire_put_bytes(&comparison, COMPARISON_FIELD, rel_cstr(field));
  rel_wire_put_uint(&comparison, COMPARISON_OPERATOR, REL_SDK_IS_NULL);
  add_comparison(query, &comparison, !is);
  rel_buf_fini(&comparison);
  return query;
}

rel_sdk_query *rel_sdk_query_values_begin(rel_sdk_query *query, const char *field, rel_sdk_operator operator_,
                                          bool fold_case) {
  query->comparison.len = 0;
  refuse_in_order(query, field);
  rel_wire_put_bytes(&query->comparison, COMPARISON_FIELD, rel_cstr(field));
  rel_wire_put_uint(&query->comparison, COMPARISON_OPERATOR, (uint64_t)operator_);
  if (fold_case) rel_wire_put_uint(&query->comparison, COMPARISON_FOLD_CASE, 1);
  return query;
}

void rel_sdk_query_values_add(rel_sdk_query *query, rel_sdk_value value) {
  if (value.kind == 0)
    rel_query_remember(query, "values", "one of the values to compare with is NULL");
  else
    put_value(&query->comparison, COMPARISON_VALUES, &value);
}

rel_sdk_query *rel_sdk_query_values_end(rel_sdk_query *query) {
  add_comparison(query, &query->comparison, false);
  return query;
}

// --- Groups ---

static rel_sdk_query *begin_group(rel_sdk_query *query, rel_query_group begun) {
  if (query->depth == REL_QUERY_MAX_GROUPS)
    return rel_query_remember(query, "group", "groups stand in one another too deep");
  if (query->depth > 0 && innermost(query)->orders != begun.orders)
    rel_query_remember(query, begun.relation != NULL ? begun.relation : "group",
                       "conditions and what orders by a relation's record do not stand in one another");
  begun.around = query->filters;
  query->groups[query->depth++] = begun;
  query->filters = (rel_buf){0};
  return query;
}

rel_sdk_query *rel_sdk_query_group(rel_sdk_query *query, rel_sdk_group kind) {
  return begin_group(query, (rel_query_group){.kind = kind});
}

rel_sdk_query *rel_sdk_query_related(rel_sdk_query *query, const char *relation,
                                     rel_sdk_quantifier quantifier) {
  return begin_group(query, (rel_query_group){.relation = relation, .quantifier = quantifier});
}

rel_sdk_query *rel_sdk_query_related_count(rel_sdk_query *query, const char *relation,
                                           rel_sdk_operator operator_, uint64_t count) {
  return begin_group(query, (rel_query_group){.relation = relation, .operator_ = operator_, .count = count});
}

rel_sdk_query *rel_sdk_query_order_by_related(rel_sdk_query *query, const char *relation) {
  return begin_group(query, (rel_query_group){.relation = relation, .orders = true});
}

// Of no conditions, "there is one" needs no filter; "every one" does.
static void add_related(rel_sdk_query *query, const rel_query_group *ended, const rel_buf *filters) {
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
  if (query->depth == 0) return rel_query_remember(query, "end", "no group has begun that could end");
  rel_query_group ended = query->groups[--query->depth];
  rel_buf filters = query->filters;
  query->filters = ended.around;
  if (ended.relation == NULL)
    add_group(query, ended.kind, &filters);
  else if (!ended.orders) // what orders stands in the order already
    add_related(query, &ended, &filters);
  rel_buf_fini(&filters);
  return query;
}

rel_sdk_query *rel_sdk_query_method(rel_sdk_query *query, const char *name, const rel_sdk_value *arguments,
                                    size_t count) {
  if (query->depth > 0) return rel_query_remember(query, name, "a query method cannot stand in a group");
  rel_buf call = {0};
  rel_wire_put_bytes(&call, METHOD_NAME, rel_cstr(name));
  for (size_t i = 0; i < count; i++) {
    if (arguments[i].kind == 0) rel_query_remember(query, name, "an argument of the query method is NULL");
    put_value(&call, METHOD_ARGUMENTS, &arguments[i]);
  }
  rel_wire_put_bytes(&query->target, REL_TARGET_METHODS, rel_buf_view(&call));
  rel_buf_fini(&call);
  return query;
}

rel_sdk_query *rel_sdk_query_filter(rel_sdk_query *query, const char *text) {
  if (text == NULL) return rel_query_remember(query, "filter", "the filter is NULL");
  if (query->depth > 0) return rel_query_remember(query, "filter", "a filter text cannot stand in a group");
  if (query->has_text)
    return rel_query_remember(query, "filter", "a query takes one filter text, and has it already");
  query->has_text = true;
  rel_wire_put_bytes(&query->target, REL_TARGET_FILTER_TEXT, rel_cstr(text));
  return query;
}

// --- Orders ---

// What is ordered by, and where: the name behind the relations whose groups have begun.
typedef struct order_term {
  uint32_t what; // ORDER_FIELD or ORDER_COUNT_OF
  const char *name;
  bool descending;
  bool nulls_first;
} order_term;

static rel_sdk_query *add_term(rel_sdk_query *query, const order_term *term) {
  rel_buf name = {0}, own = {0};
  if (query->depth > 0 && !innermost(query)->orders)
    rel_query_remember(query, term->name, "an order cannot stand in a group of conditions");
  for (size_t i = 0; i < query->depth && query->groups[i].orders; i++)
    rel_buf_printf(&name, "%s.", query->groups[i].relation);
  rel_buf_cstr(&name, term->name);
  rel_wire_put_bytes(&own, term->what, rel_buf_view(&name));
  if (term->descending) rel_wire_put_uint(&own, ORDER_DESCENDING, 1);
  if (term->nulls_first) rel_wire_put_uint(&own, ORDER_NULLS, NULLS_FIRST);
  rel_wire_put_bytes(&query->order, REL_QUERY_ORDER_BY, rel_buf_view(&own));
  rel_buf_fini(&own);
  rel_buf_fini(&name);
  return query;
}

rel_sdk_query *rel_sdk_query_order_by(rel_sdk_query *query, const char *field, bool descending,
                                      bool nulls_first) {
  return add_term(query, &(order_term){ORDER_FIELD, field, descending, nulls_first});
}

rel_sdk_query *rel_sdk_query_order_by_count(rel_sdk_query *query, const char *relation, bool descending) {
  return add_term(query, &(order_term){ORDER_COUNT_OF, relation, descending, false});
}

// --- Which fields, how many, from where ---

rel_sdk_query *rel_sdk_query_only(rel_sdk_query *query, const char *field) {
  rel_query_refuse_in_group(query, field);
  rel_wire_put_bytes(&query->only, REL_QUERY_FIELDS, rel_cstr(field));
  return query;
}

rel_sdk_query *rel_sdk_query_limit(rel_sdk_query *query, uint32_t limit) {
  rel_query_refuse_in_group(query, "limit");
  if (limit > INT32_MAX) return rel_query_remember(query, "limit", "the limit is more than 2147483647");
  query->limit = limit;
  return query;
}

rel_sdk_query *rel_sdk_query_from_end(rel_sdk_query *query, bool from_end) {
  rel_query_refuse_in_group(query, "from_end");
  query->from_end = from_end;
  return query;
}

rel_sdk_query *rel_sdk_query_page(rel_sdk_query *query, const char *token) {
  bool included = query->relation != NULL;
  rel_query_refuse_in_group(query, "page");
  if (!included || token == NULL) query->page.len = 0;
  if (token == NULL || token[0] == '\0') return query;
  if (included)
    rel_wire_put_bytes(&query->page, REL_QUERY_PAGE_TOKEN, rel_cstr(token));
  else
    rel_buf_cstr(&query->page, token);
  return query;
}

void rel_query_put_again(const rel_buf *from, uint32_t number, uint32_t as, rel_buf *out) {
  rel_wire_reader reader = {rel_buf_view(from)};
  rel_wire_field field;
  while (rel_wire_next(&reader, &field) > 0)
    if (field.number == number) rel_wire_put_bytes(out, as, field.bytes);
}

void rel_query_put_filter(const rel_sdk_query *query, uint32_t number, rel_buf *out) {
  rel_buf filter = {0};
  if (query->filters.len == 0) return;
  rel_wire_put_bytes(&filter, FILTER_ALL, rel_buf_view(&query->filters));
  rel_wire_put_bytes(out, number, rel_buf_view(&filter));
  rel_buf_fini(&filter);
}
