// What differs between two schemas, in words.
#ifndef RELATIONS_SERVER_REGISTRY_DIFF_H
#define RELATIONS_SERVER_REGISTRY_DIFF_H

#include "common/arena.h"
#include "common/schema/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_change {
  rel_str model;
  rel_str element; // relation or field, or empty
  rel_str description;
} rel_change;

// Every difference that a caller of the server could notice, by model. Both schemas are borrowed; the list
// and its texts are the arena's.
rel_change *rel_schema_diff(const rel_schema *before, const rel_schema *after, rel_arena *arena,
                            size_t *count);

#ifdef __cplusplus
}
#endif

#endif
