// Orders as text: "name desc nulls first, count(books), author.name" becomes the contract's terms. What the
// fields are is for those who know the model.
//
// Stateless; any thread.
#ifndef RELATIONS_SERVER_QUERY_ORDER_H
#define RELATIONS_SERVER_QUERY_ORDER_H

#include "common/arena.h"

#include <relations/v1/query.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { REL_ORDER_MAX_TERMS = 16 }; // of one query

// The terms live in the arena. REL_INVALID, with the field "order_by", says which one is wrong, or that there
// are too many. An empty text has none.
rel_code rel_order_parse(rel_str text, rel_arena *arena, Relations__V1__OrderTerm ***out, size_t *count,
                         rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
