// Keys of typed requests. Their messages are the user's, so they are read by field number and by what the
// model says of its key: wire bytes to canonical key bytes, without anything in between.
//
// Stateless; any thread.
#ifndef RELATIONS_SERVER_HANDLERS_TYPED_KEYS_H
#define RELATIONS_SERVER_HANDLERS_TYPED_KEYS_H

#include "server/store/key.h"

#ifdef __cplusplus
extern "C" {
#endif

// The key of a request for a single one: its fields are those of the key. REL_INVALID, naming the field, when
// one is missing or of another type, or when the bytes are no message. The key lives in the arena.
rel_code rel_typed_key_read(rel_str request, const rel_model *model, rel_arena *arena, rel_request_key *out,
                            rel_error *error) REL_MUST_CHECK;

// The keys of a batch, in order; maybe none. REL_LIMIT when there are more than `max_keys`.
rel_code rel_typed_keys_read(rel_str request, const rel_model *model, size_t max_keys, rel_arena *arena,
                             rel_request_keys *out, rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
