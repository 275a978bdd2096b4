// A scope: which rows are a relation's, besides that they have its key, by which way they are reached from
// it, and in which order. The form in which server/query hands what a schema says to a store.
//
// Plain data in somebody's arena, immutable once it is built; any thread. It knows no engine and no text.
#ifndef RELATIONS_SERVER_STORE_SCOPE_H
#define RELATIONS_SERVER_STORE_SCOPE_H

#include "server/store/condition.h"

#ifdef __cplusplus
extern "C" {
#endif

// A term of an order. NULLs stand where it says, whatever the direction.
typedef struct rel_sort_term {
  const rel_field *field;
  bool descending;
  bool nulls_first;
  bool by_value; // by what the values mean, whatever they are stored as
  const rel_related *const
      *path;         // relations that lead to the record whose field is meant; where one has several,
  size_t path_count; // to the first. NULL where there is none
  bool counts;       // how many records the last of them has, in place of a field
  unsigned link;     // REL_LINK_…: the field is not the row's own
} rel_sort_term;

// Whose field a term is by: the row's own, or that of the link that it is reached by (rel_hop.is_link). Where
// several links lead to a row, it is placed by the first of them, in the order that the term belongs to.
enum {
  REL_LINK_NONE,
  REL_LINK_DECLARED, // in the relation's own order
  REL_LINK_ASKED,    // in the order that was asked for
};

// A table on the way from a key to rows: a link of a many-to-many relation. A row is reached from a key when
// a row of each hop leads from one to the next, NULLs leading nowhere; and once, however many ways lead to
// it.
typedef struct rel_hop {
  const rel_model *model;      // its discriminator, if any, is part of the condition
  const rel_field *const *key; // fields of it: equal to the key in the first hop, in others to what the hop
  size_t key_count;            // before leads on by
  const rel_field *const *on;  // fields of it by which it leads on: as many as the next hop's key has, or
  size_t on_count;             // the key of what is looked up
  const rel_condition *condition; // what must hold for its rows; NULL: nothing
  const rel_sort_term *order_by;  // with limit: ends in the primary key
  size_t order_count;
  bool is_link; // orders may be by its fields
  size_t limit; // of rows with one key only so many, the first in the order, NULLs last; 0: all
} rel_hop;

enum { REL_SCOPE_MAX_HOPS = 16 };

typedef struct rel_scope {
  const rel_hop *hops; // between the key and the rows, in order
  size_t hop_count;
  const rel_field *const
      *key; // fields of the rows' model: equal to the key, or to what the last hop leads on by
  size_t key_count;
  const rel_condition *condition; // what must hold for a row; NULL: nothing
  const rel_sort_term *order_by;  // ends in the primary key
  size_t order_count;
} rel_scope;

#ifdef __cplusplus
}
#endif

#endif
