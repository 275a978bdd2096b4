// Which fields of a model's records are read: those that a request names, the primary key, and what others
// need to go on from there.
//
// Stateless; everything lives in the arena that is passed in.
#ifndef RELATIONS_SERVER_QUERY_FIELDS_H
#define RELATIONS_SERVER_QUERY_FIELDS_H

#include "common/arena.h"
#include "common/schema/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_field_mask {
  const rel_model *model;
  bool *wanted; // by the place in the model's fields; NULL: all of them are, because nobody named any
} rel_field_mask;

// The fields of these names, and the primary key. REL_INVALID, with the field "fields[1]", says which one is
// none with a column.
rel_code rel_field_mask_read(const rel_model *model, char *const *names, size_t count, rel_arena *arena,
                             rel_field_mask *out, rel_error *error) REL_MUST_CHECK;
// One more; nothing when all of them are wanted.
void rel_field_mask_add(rel_field_mask *mask, const rel_field *field);
// What is read, in the order of the numbers, as records have it. *count is 0, for everything, when all of
// them are wanted.
const rel_field *const *rel_field_mask_columns(const rel_field_mask *mask, rel_arena *arena, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
