// The filter language: an AIP-160 text, or the contract's tree of messages, becomes a checked condition.
//
//   filter.h      what others call
//   lex.c         a text -> tokens
//   parse.c       tokens -> condition
//   from_proto.c  relations.v1.Filter -> condition
//   related.c     relations: quantifiers, counts, and the dotted names that lead along them
//   compare.c     one comparison: the table of operators; both forms end here, so they mean the same
//   value.c       a literal -> a value of a field's type, exactly
//   method.c      query methods: filters with parameters
//   order.c       orders as text (order.h)
//   scope.c       what a relation says of its records: its where
//
// Called by handlers and by the registry's check. Stateless; any thread. Everything lives in the arena that
// is passed in. Nothing here recurses deeper than REL_CONDITION_MAX_DEPTH. It knows no SQL.
#ifndef RELATIONS_SERVER_QUERY_FILTER_H
#define RELATIONS_SERVER_QUERY_FILTER_H

#include "common/arena.h"
#include "server/store/scope.h"

#include <relations/v1/query.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { REL_FILTER_MAX_BYTES = 64 * 1024, REL_FILTER_MAX_METHODS = 32 };

// What filters of one query are about. The limits hold for all of them together.
typedef struct rel_filter_scope {
  const rel_model *model; // whose fields are meant
  rel_arena *arena;
  size_t comparisons; // so far
  size_t values;
  size_t relations;
  unsigned depth; // of what is being read
  unsigned relation_depth;
} rel_filter_scope;

// Reads a text. REL_INVALID names `path` as the field, and the message begins with the column, from 1, of the
// mistake. *out is NULL when the text says nothing.
rel_code rel_filter_parse(rel_filter_scope *scope, rel_str text, const char *path, const rel_condition **out,
                          rel_error *error) REL_MUST_CHECK;

// Reads a tree. The error's field is `path` continued to where the mistake is.
rel_code rel_filter_from_proto(rel_filter_scope *scope, const Relations__V1__Filter *filter, const char *path,
                               const rel_condition **out, rel_error *error) REL_MUST_CHECK;

// What a request says of which records: any of it may be absent, and all of it must hold.
typedef struct rel_filter_request {
  const Relations__V1__Filter *filter;
  const char *filter_text;
  Relations__V1__MethodCall *const *methods;
  size_t method_count;
} rel_filter_request;

// Reads all of it. The error's field begins with "filter", "filter_text" or "methods". *out is NULL when it
// says nothing.
rel_code rel_filter_read(rel_filter_scope *scope, const rel_filter_request *request,
                         const rel_condition **out, rel_error *error) REL_MUST_CHECK;

// Reads a call of a query method of the model.
rel_code rel_filter_from_method(rel_filter_scope *scope, const Relations__V1__MethodCall *call,
                                const char *path, const rel_condition **out, rel_error *error) REL_MUST_CHECK;

// "a decimal", "int64": what a field is, for messages.
const char *rel_field_describe(const rel_field *field);

// Reads what a relation says of its records besides their key. What it gives lives as long as the arena and
// the relation.
rel_code rel_scope_read(const rel_relation *relation, rel_arena *arena, rel_scope *out,
                        rel_error *error) REL_MUST_CHECK;

// Compiles every filter of a schema, those of query methods and of relations, and adds what is wrong with
// them to the findings.
void rel_filters_check(const rel_schema *schema, rel_findings *findings);

#ifdef __cplusplus
}
#endif

#endif
