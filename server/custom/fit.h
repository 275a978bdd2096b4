// Whether bytes from outside are a message of a model: wire types, UTF-8, well-formed nested messages.
//
// Called by answer.c. Stateless; any thread. What it lets pass can be unpacked by any client of the model's
// type: fields that the model does not know are allowed, as everywhere in Protobuf.
#ifndef RELATIONS_SERVER_CUSTOM_FIT_H
#define RELATIONS_SERVER_CUSTOM_FIT_H

#include "common/schema/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

// REL_BAD_DATA says which field does not fit, and why.
rel_code rel_record_fit(const rel_model *model, rel_str record, rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
