// JSON as Protobuf maps to it (protobuf.dev/programming-guides/json): scalars, and whole messages of the
// contract. Stateless.
#ifndef RELATIONS_CLIENT_CLI_JSON_H
#define RELATIONS_CLIENT_CLI_JSON_H

#include "common/log.h"
#include "common/str.h"

#include <protobuf-c/protobuf-c.h>

#ifdef __cplusplus
extern "C" {
#endif

// Base64 with its quotes.
void rel_json_bytes(rel_buf *out, rel_str bytes);
// RFC 3339 without quotes: "2024-02-29T12:00:00.500Z".
void rel_json_time(rel_buf *out, int64_t seconds, int32_t nanos);
// A field's name in lowerCamelCase, with its quotes.
void rel_json_name(rel_buf *out, const char *field);
// A message. Fields without presence stand there even when they are zero; messages that are not set are left
// out.
void rel_json_message(rel_buf *out, const ProtobufCMessage *message);

#ifdef __cplusplus
}
#endif

#endif
