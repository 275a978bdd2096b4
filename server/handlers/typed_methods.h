// Calls of query methods in typed requests. Their messages are the user's, so they are read by number and by
// what the schema says of their parameters, and become the contract's.
//
// What decides which records are asked for is never skipped: a number that is of no query method, or of no
// parameter, is refused, unlike other fields that are not known.
//
// Stateless; any thread.
#ifndef RELATIONS_SERVER_HANDLERS_TYPED_METHODS_H
#define RELATIONS_SERVER_HANDLERS_TYPED_METHODS_H

#include "common/arena.h"
#include "common/schema/schema.h"

#include <relations/v1/query.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

// The calls of methods of the model, in the order in which it has them, in the arena. REL_INVALID names what
// is wrong: "published_after.when".
rel_code rel_typed_methods_read(rel_str request, const rel_model *model, rel_arena *arena,
                                Relations__V1__MethodCall ***out, size_t *count,
                                rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
