// Bindings: see binding.h.
#include "server/query/binding.h"

void rel_binding_schema(rel_buf *binding, const char *digest) {
  rel_buf_cstr(binding, digest);
}

void rel_binding_message(rel_buf *binding, const ProtobufCMessage *message) {
  size_t size = protobuf_c_message_get_packed_size(message);
  rel_buf_printf(binding, "%s %zu:", message->descriptor->name, size);
  binding->len += protobuf_c_message_pack(message, rel_buf_reserve(binding, size));
}

void rel_binding_target(rel_buf *binding, const Relations__V1__QueryTarget *target) {
  Relations__V1__QueryTarget keyless = *target;
  keyless.key_case = RELATIONS__V1__QUERY_TARGET__KEY__NOT_SET;
  keyless.owner_key = NULL;
  rel_binding_message(binding, &keyless.base);
}

void rel_binding_key(rel_buf *binding, rel_str key, bool by_reference) {
  rel_buf_printf(binding, "%s %zu:", by_reference ? "reference" : "owner", key.len);
  rel_buf_str(binding, key);
}
