// Requests as they come from the network: checked, unpacked, their keys read against every kind of key.
#include "common/wire.h"
#include "server/store/key.h"

#include <relations/v1/cache_service.pb-c.h>
#include <relations/v1/registry_service.pb-c.h>
#include <relations/v1/relation_service.pb-c.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const ProtobufCMessageDescriptor *const requests[] = {
    &relations__v1__load_request__descriptor,  &relations__v1__get_request__descriptor,
    &relations__v1__clear_request__descriptor, &relations__v1__configure_request__descriptor,
    &relations__v1__query_request__descriptor, &relations__v1__write_request__descriptor,
    &relations__v1__apply_request__descriptor, &relations__v1__aggregate_request__descriptor,
};

static const rel_field integer = {.name = {"id", 2}, .type = REL_TYPE_INT64};
static const rel_field natural = {.name = {"n", 1}, .type = REL_TYPE_UINT32};
static const rel_field text = {.name = {"code", 4}, .type = REL_TYPE_STRING};
static const rel_field bytes = {.name = {"hash", 4}, .type = REL_TYPE_BYTES};
static const rel_field uuid = {.name = {"uuid", 4}, .type = REL_TYPE_STRING, .uuid = true};

static void read_keys(const Relations__V1__Keys *keys, rel_arena *arena) {
  const rel_field *const kinds[] = {&integer, &natural, &text, &bytes, &uuid};
  for (size_t first = 0; first < sizeof kinds / sizeof kinds[0]; first++)
    for (size_t count = 1; first + count <= sizeof kinds / sizeof kinds[0]; count++) {
      rel_keys_expected expected = {.name = "keys", .shape = {kinds + first, count}, .max_keys = 1000};
      rel_request_keys out;
      rel_error error;
      if (rel_keys_read(keys, &expected, arena, &out, &error) != REL_OK) continue;
      for (size_t i = 0; i < out.count; i++) {
        rel_buf shown = {0};
        rel_str rest = out.items[i].bytes;
        rel_key_part part;
        while (!out.items[i].is_null && rel_key_next(&rest, &part)) {
        }
        rel_key_format(out.items[i].bytes, &shown);
        rel_buf_fini(&shown);
      }
    }
}

static void read_load(const Relations__V1__LoadRequest *load, rel_arena *arena) {
  if (load->key_case == RELATIONS__V1__LOAD_REQUEST__KEY_OWNER_KEYS) read_keys(load->owner_keys, arena);
  if (load->key_case == RELATIONS__V1__LOAD_REQUEST__KEY_REFERENCE_KEYS)
    read_keys(load->reference_keys, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  rel_wire_limits limits = {32, 10000};
  for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
    rel_error error;
    rel_arena arena;
    if (rel_wire_check(requests[i], rel_bytes(data, size), &limits, &error) != REL_OK) continue;
    rel_arena_init(&arena);
    ProtobufCMessage *message = protobuf_c_message_unpack(requests[i], &arena.allocator, size, data);
    if (message != NULL && i == 0) read_load((const Relations__V1__LoadRequest *)message, &arena);
    if (message != NULL && i == 1) read_keys(((const Relations__V1__GetRequest *)message)->keys, &arena);
    rel_arena_fini(&arena);
  }
  return 0;
}
