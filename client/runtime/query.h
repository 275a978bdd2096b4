// A query under construction, as the files that build and ask it see it. Private to client/runtime.
//
//   query.c      what is built, as wire bytes
//   include.c    queries within queries: what comes with the records
//   explain.c    what a request may take, and what it takes
//   query_ask.c  requests, and how the streamed messages of the answers become records
//
// Aggregates of a query's records stand beside it: aggregate.h.
#ifndef RELATIONS_CLIENT_RUNTIME_QUERY_H
#define RELATIONS_CLIENT_RUNTIME_QUERY_H

#include "common/str.h"

#include <relations/aggregate.h>

// Field numbers of QueryTarget and QueryRequest.
enum {
  REL_TARGET_MODEL = 1,
  REL_TARGET_RELATION = 2,
  REL_TARGET_REFERENCE_KEY = 4,
  REL_TARGET_FILTER = 5,
  REL_TARGET_FILTER_TEXT = 6,
  REL_TARGET_METHODS = 7,
  REL_QUERY_TARGET = 1,
  REL_QUERY_ORDER_BY = 2,
  REL_QUERY_PAGE_SIZE = 3,
  REL_QUERY_PAGE_TOKEN = 4,
  REL_QUERY_RECORD_TYPE = 5,
  REL_QUERY_INCLUDES = 6,
  REL_QUERY_FIELDS = 7,
  REL_QUERY_FROM_END = 8,
};
enum { REL_REQUEST_BUDGET = 15 }; // of every request that has one
// Fields of ExplainRequest.
enum {
  REL_EXPLAIN_GET = 1,
  REL_EXPLAIN_LOAD = 2,
  REL_EXPLAIN_QUERY = 3,
  REL_EXPLAIN_COUNT = 4,
  REL_EXPLAIN_EXISTS = 5,
  REL_EXPLAIN_AGGREGATE = 6,
};

enum { REL_QUERY_MAX_GROUPS = 16 }; // in one another; the server takes no more

// A group that has begun.
typedef struct rel_query_group {
  rel_sdk_group kind;
  const char *relation; // over whose records it is; NULL: those that it stands among
  bool orders;          // holds terms of the order, of the record that the relation leads to; no conditions
  rel_sdk_quantifier quantifier;
  rel_sdk_operator operator_; // with which their count is compared; 0: they are quantified
  uint64_t count;
  rel_buf around; // the filters of the list that it stands in
} rel_query_group;

// `target` holds the fields of a QueryTarget but for its filter, since comparisons have to be gathered into
// one list.
struct rel_sdk_query {
  rel_client *client;         // NULL: within another query
  const rel_sdk_model *model; // of the records
  bool null;                  // the owner's key refers to nothing
  bool has_text;
  bool running;
  uint32_t limit;
  rel_buf target;
  rel_buf filters;    // fields of a FilterList: of the innermost group, if there is one
  rel_buf comparison; // the one that is being filled with values
  rel_query_group groups[REL_QUERY_MAX_GROUPS];
  size_t depth;
  rel_buf order; // fields of a QueryRequest
  rel_buf only;  // the same: the fields of each record that are wanted; none: all
  rel_buf page; // the token; within another query fields of a QueryRequest, a token for each owner
  rel_buf next_page, previous_page;
  bool from_end;
  bool counts; // within another query, beside the one of the records that are counted
  rel_budget budget;
  rel_error wrong; // what was wrong first; REL_OK: nothing

  // What comes with the records: queries of their relations, in the order in which they were begun.
  rel_sdk_query *includes;
  rel_sdk_query *next;              // of those of one query
  const rel_sdk_relation *relation; // that this one is included by; NULL: it is asked by itself
  bool again;                       // the relation is followed again and again
  uint32_t times;                   // so often; 0: as often as the server does
  bool count_only;

  rel_sdk_aggregate *aggregates; // of its records; freed with it
};

// A query by itself, in memory of the caller's.
void rel_query_init(rel_sdk_query *query, rel_client *client, const rel_sdk_model *model);
void rel_query_fini(rel_sdk_query *query);

// aggregate.c
void rel_aggregates_free(rel_sdk_aggregate *first);

// query.c
// Remembers the first thing that is wrong. Returns the query.
rel_sdk_query *rel_query_remember(rel_sdk_query *query, const char *field, const char *message);
// Remembers it when a group has begun: `what` is of the query as a whole.
void rel_query_refuse_in_group(rel_sdk_query *query, const char *what);
// Appends the filter that the comparisons are, if there are any, as field `number`.
void rel_query_put_filter(const rel_sdk_query *query, uint32_t number, rel_buf *out);
// Appends the fields of that number, as fields of another.
void rel_query_put_again(const rel_buf *from, uint32_t number, uint32_t as, rel_buf *out);

// explain.c
bool rel_query_has_budget(const rel_sdk_query *query);
// Appends the budget to a request, if there is one.
void rel_query_put_budget(const rel_sdk_query *query, rel_buf *request);
// Asks what the request takes, which is that field of an ExplainRequest.
rel_code rel_explain(rel_client *client, uint32_t number, const rel_buf *request, rel_explanation **out,
                     rel_error *error) REL_MUST_CHECK;
// Of what the server is not asked for.
rel_explanation *rel_explanation_of_nothing(void);

// query_ask.c
// Appends the fields that are wanted, if not all are, as fields `number`; and with them what the model's
// relations join on: else such a record would say of each belongs_to that it refers to nothing.
void rel_query_put_fields(const rel_sdk_query *query, uint32_t number, rel_buf *out);
// Appends the target as field 1, which it is in each request that has one.
void rel_query_put_target(const rel_sdk_query *query, rel_buf *request);
// Whether the query, and what is within it, can be asked.
rel_code rel_query_check_asked(const rel_sdk_query *query, rel_error *error) REL_MUST_CHECK;

// include.c
void rel_query_free_includes(rel_sdk_query *query);
// What is wrong with the query or with one within it.
rel_code rel_query_check(const rel_sdk_query *query, rel_error *error) REL_MUST_CHECK;
// Appends the includes as fields `number` of a request.
void rel_query_put_includes(const rel_sdk_query *query, uint32_t number, rel_buf *request);
// The same, and the budget, where nothing else of the query is asked for: REL_INVALID when it says more.
rel_code rel_query_put_only_includes(const rel_sdk_query *query, uint32_t number, rel_buf *request,
                                     rel_error *error) REL_MUST_CHECK;

#endif
