// A scope: which rows are a relation's, besides that they have its key. The form in which server/query hands
// what a schema says to a store.
//
// Plain data in somebody's arena, immutable once it is built; any thread. It knows no engine and no text.
#ifndef RELATIONS_SERVER_STORE_SCOPE_H
#define RELATIONS_SERVER_STORE_SCOPE_H

#include "server/store/condition.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_scope {
  const rel_condition *condition; // what must hold for a row; NULL: nothing
} rel_scope;

#ifdef __cplusplus
}
#endif

#endif
