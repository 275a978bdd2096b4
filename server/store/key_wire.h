// Keys out of wire bytes: a field of a message becomes a part of a canonical key, without anything in
// between.
//
// Of requests, whose bytes are a stranger's, and of records, whose bytes are our own. Stateless; any thread.
#ifndef RELATIONS_SERVER_STORE_KEY_WIRE_H
#define RELATIONS_SERVER_STORE_KEY_WIRE_H

#include "common/wire.h"
#include "server/store/key.h"

#ifdef __cplusplus
extern "C" {
#endif

// How a field of the type lies on the wire, when it is not packed.
rel_wire_type rel_key_wire_type(rel_type type);

// Appends a number of the type as it came, varint or fixed. As parsers do, what does not fit into 32 bits
// loses what is above them.
void rel_key_put_number(rel_buf *key, rel_type type, uint64_t value);

// Appends the field's value. REL_INVALID or REL_LIMIT, with `why` ("is not UTF-8"), when it cannot be part of
// a key; then nothing is appended.
rel_code rel_key_put_wire(rel_buf *key, const rel_field *field, const rel_wire_field *value,
                          const char **why) REL_MUST_CHECK;

// Appends the key made of `fields` of a record. False when it refers to nothing: a field with presence is
// absent. A field without presence that is absent is 0 or empty, and so is its part. Of a field that stands
// twice the last one counts.
bool rel_key_of_record(rel_buf *key, rel_str record, const rel_field *const *fields, size_t count);

// Appends the key that a record of the relation's owner joins on. *joins is false, and nothing is appended,
// when the record refers to nothing by this relation: a part is NULL, or the type field beside it says so.
// REL_BAD_DATA, naming the record, when that holds a tag of no relation.
rel_code rel_key_of_owner(rel_buf *key, rel_str record, const rel_relation *relation, bool *joins,
                          rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
