// An aggregate under construction, as the files that build and ask it see it. Private to client/runtime.
//
//   aggregate.c      what is built
//   aggregate_ask.c  requests, and how the parts of the answers become groups
//   group.c          the values of a group
#ifndef RELATIONS_CLIENT_RUNTIME_AGGREGATE_H
#define RELATIONS_CLIENT_RUNTIME_AGGREGATE_H

#include "client/runtime/query.h"
#include "common/arena.h"

#include <relations/v1/relation_service.pb-c.h>

enum { REL_AGGREGATE_MAX_KEYS = 16, REL_AGGREGATE_MAX_TERMS = 32 }; // the server takes no more

// A field that is grouped by, or a function of one.
typedef struct rel_aggregate_column {
  char *name;  // what conditions and the order call it
  char *field; // with the relations that lead to it; NULL: of the records
  rel_sdk_function function;
  rel_sdk_result result;
} rel_aggregate_column;

// Which groups are wanted, in which order and from where is said as of records: `having` is a query in that,
// and remembers what is wrong.
struct rel_sdk_aggregate {
  rel_sdk_aggregate
      *whole;           // itself; or that of which it is a part, along relations: what follows is empty then
  char *path;           // "author.", of such a part; else ""
  rel_sdk_query *query; // over whose records
  rel_sdk_query having;
  rel_aggregate_column keys[REL_AGGREGATE_MAX_KEYS];
  rel_aggregate_column terms[REL_AGGREGATE_MAX_TERMS];
  size_t key_count, term_count;
  rel_sdk_aggregate *next; // of those of the query
};

// --- Groups ---

// What an answer's groups have in common. `of` is compared, and not looked at: it may be gone.
typedef struct rel_group_shape {
  const rel_sdk_aggregate *of;
  size_t key_count, term_count;
} rel_group_shape;

// Whether the group's values are those of the aggregate's columns: as many, each of its type or NULL, and a
// count never that.
bool rel_group_fits(const rel_sdk_aggregate *aggregate, const Relations__V1__AggregateGroup *group);

#endif
