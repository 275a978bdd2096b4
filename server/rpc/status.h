// google.rpc details of an error, as clients find them in grpc-status-details-bin. Stateless.
#ifndef RELATIONS_SERVER_RPC_STATUS_H
#define RELATIONS_SERVER_RPC_STATUS_H

#include "common/arena.h"

// The error as a serialized google.rpc.Status with an ErrorInfo (reason, domain "relations") and, when it is
// about a field of the request, a BadRequest. Valid as long as the arena.
rel_str rel_status_details(rel_arena *arena, const rel_error *error);

// The text with whatever is not well-formed UTF-8 replaced by '?': what protobuf's string and grpc-message
// may hold.
rel_str rel_status_text(rel_arena *arena, rel_str text);

#endif
