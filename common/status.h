// google.rpc.Status as bytes: how an error travels, in grpc-status-details-bin and in RecordSet.error.
//
// Stateless; any thread.
#ifndef RELATIONS_COMMON_STATUS_H
#define RELATIONS_COMMON_STATUS_H

#include "common/str.h"

#ifdef __cplusplus
extern "C" {
#endif

// The domain of every ErrorInfo.
#define REL_ERROR_DOMAIN "relations"

// Appends the error as a serialized google.rpc.Status with an ErrorInfo, and a BadRequest when a field is
// named.
void rel_status_write(const rel_error *error, rel_buf *out);

// Appends a google.protobuf.Any to field 3 (details) of a Status under construction: "type.googleapis.com/" +
// type.
void rel_status_add_detail(rel_buf *status, const char *type, rel_str value);

// Reads a serialized google.rpc.Status that came from outside back into an error: message, reason, and the
// first field violation. False when it is malformed; then the error is untouched. What is unknown is skipped.
bool rel_status_read(rel_str status, rel_error *error);

#ifdef __cplusplus
}
#endif

#endif
