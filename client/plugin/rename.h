// The option (relations.v1.column).c_name for protobuf-c, which knows no such thing: the field is given that
// name in the descriptors that protoc-gen-c sees. Nothing else that it generates depends on a field's name.
#ifndef RELATIONS_CLIENT_PLUGIN_RENAME_H
#define RELATIONS_CLIENT_PLUGIN_RENAME_H

#include "common/arena.h"
#include "common/schema/schema.h"

// Appends a CodeGeneratorRequest with the fields renamed; byte for byte the same where no option is.
void rel_rename_fields(const rel_schema *schema, rel_str request, rel_arena *arena, rel_buf *out);

#endif
