// Emitting the gates of polymorphic relations: what tells generated code, from an owner in hand, whether its
// foreign key is a relation's.
#ifndef RELATIONS_CLIENT_PLUGIN_EMIT_GATE_H
#define RELATIONS_CLIENT_PLUGIN_EMIT_GATE_H

#include "common/arena.h"
#include "common/schema/schema.h"

// The tables that the relation's row refers to; nothing when the owner's side has no gate.
void rel_emit_gate(const rel_relation *relation, rel_arena *arena, rel_buf *out);
// What stands in the row: "&gate_of_…" or "NULL".
rel_str rel_emit_gate_address(const rel_relation *relation, rel_arena *arena);

#endif
