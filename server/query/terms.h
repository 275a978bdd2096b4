// The terms of an order, and single values: from the contract's messages to what a store orders and gathers
// by.
//
// Called by handlers. Stateless; everything lives in the arena that is passed in. It knows no SQL.
#ifndef RELATIONS_SERVER_QUERY_TERMS_H
#define RELATIONS_SERVER_QUERY_TERMS_H

#include "common/arena.h"
#include "server/query/filter.h"
#include "server/query/order.h"
#include "server/store/store.h"

#include <relations/v1/query.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

// An order while it is put together.
typedef struct rel_terms {
  const rel_model *model;       // whose fields are meant
  const rel_relation *relation; // whose records are ordered: its link's fields may be named too. NULL: none's
  rel_arena *arena;
  bool by_value; // see rel_sort_term; of every term that is read or added
  rel_sort_term *items;
  size_t count;
} rel_terms;

// Room for `more` terms besides those of a request.
void rel_terms_begin(rel_terms *terms, size_t more);
// Reads a request's terms. REL_INVALID names "order_by[1].field".
rel_code rel_terms_read(rel_terms *terms, Relations__V1__OrderTerm *const *order_by, size_t count,
                        rel_error *error) REL_MUST_CHECK;
// Begins with a request's terms, and ends in the primary key.
rel_code rel_terms_read_total(rel_terms *terms, Relations__V1__OrderTerm *const *order_by, size_t count,
                              rel_error *error) REL_MUST_CHECK;
// Adds a field, NULLs last, unless the order has it already.
void rel_terms_add(rel_terms *terms, const rel_field *field, bool descending);

// Reads the name of a field of the scope's model, or of one that belongs_to and has_one relations lead to:
// "author.name". REL_INVALID names `path`.
rel_code rel_group_value_read(rel_filter_scope *scope, rel_str name, const char *path, rel_group_value *out,
                              rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
