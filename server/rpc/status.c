// Error details: see status.h. Knows google.rpc's messages, nothing of calls.
#include "server/rpc/status.h"

#include <google/rpc/error_details.pb-c.h>
#include <google/rpc/status.pb-c.h>

static rel_str pack(rel_arena *arena, const ProtobufCMessage *message) {
  size_t len = protobuf_c_message_get_packed_size(message);
  uint8_t *bytes = rel_arena_alloc(arena, len);
  protobuf_c_message_pack(message, bytes);
  return rel_bytes(bytes, len);
}

static Google__Protobuf__Any any_of(rel_arena *arena, const char *type_url, const ProtobufCMessage *message) {
  rel_str bytes = pack(arena, message);
  Google__Protobuf__Any any = GOOGLE__PROTOBUF__ANY__INIT;
  any.type_url = (char *)type_url;
  any.value = (ProtobufCBinaryData){bytes.len, (uint8_t *)bytes.ptr};
  return any;
}

rel_str rel_status_text(rel_arena *arena, rel_str text) {
  rel_str copy = rel_arena_copy(arena, text);
  if (rel_utf8_valid(text)) return copy;
  for (char *c = (char *)copy.ptr; c < copy.ptr + copy.len; c++)
    if ((unsigned char)*c >= 0x80) *c = '?';
  return copy;
}

rel_str rel_status_details(rel_arena *arena, const rel_error *error) {
  Google__Rpc__ErrorInfo info = GOOGLE__RPC__ERROR_INFO__INIT;
  info.reason = (char *)rel_code_reason(error->code);
  info.domain = "relations";

  const char *text = rel_status_text(arena, rel_cstr(error->message)).ptr;
  Google__Rpc__BadRequest__FieldViolation violation = GOOGLE__RPC__BAD_REQUEST__FIELD_VIOLATION__INIT;
  violation.field = (char *)rel_status_text(arena, rel_cstr(error->field)).ptr;
  violation.description = (char *)text;
  Google__Rpc__BadRequest__FieldViolation *violations[] = {&violation};
  Google__Rpc__BadRequest bad_request = GOOGLE__RPC__BAD_REQUEST__INIT;
  bad_request.n_field_violations = 1;
  bad_request.field_violations = violations;

  Google__Protobuf__Any any[2];
  Google__Protobuf__Any *details[] = {&any[0], &any[1]};
  size_t count = 0;
  any[count++] = any_of(arena, "type.googleapis.com/google.rpc.ErrorInfo", &info.base);
  if (error->field[0] != '\0')
    any[count++] = any_of(arena, "type.googleapis.com/google.rpc.BadRequest", &bad_request.base);

  Google__Rpc__Status status = GOOGLE__RPC__STATUS__INIT;
  status.code = rel_code_status(error->code);
  status.message = (char *)text;
  status.n_details = count;
  status.details = details;
  return pack(arena, &status.base);
}
