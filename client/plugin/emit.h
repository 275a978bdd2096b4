// The generated C: X.relations.h and X.relations.c of one X.proto.
//
// Little is generated: types, constant tables and functions of one line. What they do is in the runtime
// (relations/sdk.h).
#ifndef RELATIONS_CLIENT_PLUGIN_EMIT_H
#define RELATIONS_CLIENT_PLUGIN_EMIT_H

#include "common/arena.h"
#include "common/schema/schema.h"

// True when the file declares a model; other files get no code of ours.
bool rel_emit_has_models(const rel_schema *schema, rel_str file);

void rel_emit_header(const rel_schema *schema, const rel_file *file, rel_arena *arena, rel_buf *out);
void rel_emit_source(const rel_schema *schema, const rel_file *file, rel_arena *arena, rel_buf *out);

#endif
