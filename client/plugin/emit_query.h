// Emitting typed queries: a line of macros a field (relations/query.h has them), and a function a query
// method.
#ifndef RELATIONS_CLIENT_PLUGIN_EMIT_QUERY_H
#define RELATIONS_CLIENT_PLUGIN_EMIT_QUERY_H

#include "common/arena.h"
#include "common/schema/schema.h"

// Whether the model can be queried: an abstract one has no rows.
bool rel_emit_has_query(const rel_model *model);
// Whether queries of its owner may be about the relation's records: when it is the database that knows it.
bool rel_emit_follows(const rel_relation *relation);
// Whether the relation can be included: its records need a field to stand in.
bool rel_emit_has_include(const rel_relation *relation);
// Whether one of the relations of a oneof can.
bool rel_emit_has_group(const rel_group *group);
// Whether a record that it is included in says what is known of it.
bool rel_emit_has_info(const rel_relation *relation);

// The link that its records may be ordered by; NULL when it leads through none that can be queried.
const rel_model *rel_emit_link(const rel_relation *relation);

// How a field is compared; the last word of the macro.
typedef enum rel_emit_compared {
  REL_EMIT_UNCOMPARED,
  REL_EMIT_EQUAL,
  REL_EMIT_ORDERED,
  REL_EMIT_TEXT,
} rel_emit_compared;
rel_emit_compared rel_emit_compared_as(const rel_field *field);

// The table of the model's query methods, into its source; nothing when it has none.
void rel_emit_query_methods(const rel_model *model, rel_arena *arena, rel_buf *out);
// The functions of the model's query, into its header.
void rel_emit_query(const rel_model *model, rel_arena *arena, rel_buf *out);

#endif
