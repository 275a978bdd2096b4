// Gates of polymorphic relations: whether a row's foreign key is a relation's, told by the type field beside
// it.
//
// A row whose type field has the relation's tag passes. One whose field is NULL, or has the tag of another
// relation over the same field, refers to nothing as far as this relation goes. A tag that no relation of the
// model has is neither: nobody can tell what the row refers to, and to answer "nothing" would hide that. Tags
// are compared byte by byte and enums by their numbers. Stateless; any thread.
#ifndef RELATIONS_COMMON_SCHEMA_GATE_H
#define RELATIONS_COMMON_SCHEMA_GATE_H

#include "common/schema/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rel_passage {
  REL_PASSES,      // the foreign key is the relation's
  REL_PASSES_NOT,  // NULL, or another relation's
  REL_UNKNOWN_TAG, // no relation's: REL_BAD_DATA, see rel_gate_refuse
} rel_passage;

// What a row with this value of the gate's field is to the relation; `value` is NULL where the field is.
rel_passage rel_gate_ask(const rel_gate *gate, const rel_tag *value);

// The value of the field in a serialized record of the gate's model; false when it is NULL. The text is a
// view of the record.
bool rel_gate_read(const rel_gate *gate, rel_str record, rel_tag *value);

// The error of a row with an unknown tag. `row` names it: its key, as rel_key_format writes it.
rel_code rel_gate_refuse(const rel_gate *gate, const rel_tag *value, rel_str row, rel_error *error);

// The order of two values of the field; 0 when they are the same.
int rel_tag_cmp(const rel_field *field, const rel_tag *a, const rel_tag *b);

#ifdef __cplusplus
}
#endif

#endif
