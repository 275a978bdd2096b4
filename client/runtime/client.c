// The client: see relations/client.h. Owns its deadline and the generic calls; calling itself is channel.c's.
#include "client/runtime/answer.h"
#include "client/runtime/channel.h"
#include "common/keys.h"

enum { DEFAULT_TIMEOUT_MS = 30 * 1000 };

struct rel_client {
  rel_channel *channel;
  int64_t timeout_ms;
};

rel_code rel_client_connect(const rel_client_options *options, rel_client **out, rel_error *error) {
  static const rel_client_options defaults;
  *out = NULL;
  if (options == NULL) options = &defaults;
  rel_channel *channel;
  rel_code code = rel_channel_new(options, &channel, error);
  if (code != REL_OK) return code;
  rel_client *client = REL_NEW(rel_client);
  client->channel = channel;
  client->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
  *out = client;
  return REL_OK;
}

rel_client *rel_client_with_timeout(const rel_client *client, int64_t timeout_ms) {
  rel_client *other = REL_NEW(rel_client);
  other->channel = rel_channel_ref(client->channel);
  other->timeout_ms = timeout_ms > 0 ? timeout_ms : client->timeout_ms;
  return other;
}

void rel_client_free(rel_client *client) {
  if (client == NULL) return;
  rel_channel_unref(client->channel);
  free(client);
}

rel_code rel_client_call(rel_client *client, const char *path, rel_str request, rel_buf *answer,
                         rel_error *error) {
  return rel_channel_unary(client->channel, path, client->timeout_ms, request, answer, error);
}

// Packs and calls; the answer's bytes are not checked yet.
static rel_code call_message(rel_client *client, const char *path, const ProtobufCMessage *request,
                             rel_buf *answer, rel_error *error) {
  rel_buf bytes = {0};
  bytes.len =
      protobuf_c_message_pack(request, rel_buf_reserve(&bytes, protobuf_c_message_get_packed_size(request)));
  rel_code code = rel_client_call(client, path, rel_buf_view(&bytes), answer, error);
  rel_buf_fini(&bytes);
  return code;
}

rel_code rel_client_stream_bytes(rel_client *client, const char *path, rel_str request,
                                 bool (*message)(void *context, rel_str bytes), void *context,
                                 rel_error *error) {
  rel_channel_stream stream = {path, client->timeout_ms, message, context};
  return rel_channel_read(client->channel, &stream, request, error);
}

size_t rel_client_max_message_bytes(const rel_client *client) {
  return rel_channel_max_message_bytes(client->channel);
}

rel_code rel_client_stream(rel_client *client, const char *path, const ProtobufCMessage *request,
                           bool (*message)(void *context, rel_str bytes), void *context, rel_error *error) {
  rel_buf bytes = {0};
  bytes.len =
      protobuf_c_message_pack(request, rel_buf_reserve(&bytes, protobuf_c_message_get_packed_size(request)));
  rel_code code = rel_client_stream_bytes(client, path, rel_buf_view(&bytes), message, context, error);
  rel_buf_fini(&bytes);
  return code;
}

static rel_code unpack(const rel_buf *bytes, const char *path, const ProtobufCMessageDescriptor *descriptor,
                       ProtobufCMessage **out, rel_error *error) {
  rel_code code = rel_answer_check(descriptor, rel_buf_view(bytes), path, error);
  if (code != REL_OK) return code;
  *out = protobuf_c_message_unpack(descriptor, NULL, bytes->len, bytes->data);
  if (*out != NULL) return REL_OK;
  return rel_fail(error, REL_INTERNAL, "the server's answer is broken (%s): it is no %s", path,
                  descriptor->name);
}

rel_code rel_client_invoke(rel_client *client, const char *path, const ProtobufCMessage *request,
                           const ProtobufCMessageDescriptor *answer, ProtobufCMessage **out,
                           rel_error *error) {
  *out = NULL;
  rel_buf bytes = {0};
  rel_code code = call_message(client, path, request, &bytes, error);
  if (code == REL_OK) code = unpack(&bytes, path, answer, out, error);
  rel_buf_fini(&bytes);
  return code;
}

// Get and Load: an answer with one result a key.
static rel_code invoke_for_sets(rel_client *client, const ProtobufCMessage *request,
                                const rel_expected *expected, const ProtobufCMessageDescriptor *descriptor,
                                ProtobufCMessage **out, rel_error *error) {
  *out = NULL;
  rel_buf bytes = {0};
  rel_arena arena;
  rel_arena_init(&arena);
  rel_set *sets;
  rel_code code = call_message(client, expected->path, request, &bytes, error);
  if (code == REL_OK) code = rel_answer_split(rel_buf_view(&bytes), expected, &arena, &sets, error);
  if (code == REL_OK) code = unpack(&bytes, expected->path, descriptor, out, error);
  rel_arena_fini(&arena);
  rel_buf_fini(&bytes);
  return code;
}

rel_code rel_client_get(rel_client *client, const Relations__V1__GetRequest *request,
                        Relations__V1__GetResponse **out, rel_error *error) {
  rel_expected expected = {.path = "/relations.v1.RelationService/Get", .record_type = request->model};
  (void)rel_keys_count(request->keys, &expected.count); // the server says what is wrong with none
  ProtobufCMessage *answer;
  rel_code code = invoke_for_sets(client, &request->base, &expected, &relations__v1__get_response__descriptor,
                                  &answer, error);
  *out = (Relations__V1__GetResponse *)answer;
  return code;
}

rel_code rel_client_load(rel_client *client, const Relations__V1__LoadRequest *request,
                         Relations__V1__LoadResponse **out, rel_error *error) {
  const Relations__V1__Keys *keys = NULL;
  if (request->key_case == RELATIONS__V1__LOAD_REQUEST__KEY_OWNER_KEYS) keys = request->owner_keys;
  if (request->key_case == RELATIONS__V1__LOAD_REQUEST__KEY_REFERENCE_KEYS) keys = request->reference_keys;
  const char *type = request->record_type;
  if (type != NULL && type[0] == '\0') type = NULL;
  rel_expected expected = {.path = "/relations.v1.RelationService/Load", .record_type = type};
  (void)rel_keys_count(keys, &expected.count);
  ProtobufCMessage *answer;
  rel_code code = invoke_for_sets(client, &request->base, &expected,
                                  &relations__v1__load_response__descriptor, &answer, error);
  *out = (Relations__V1__LoadResponse *)answer;
  return code;
}

rel_code rel_client_cache_stats(rel_client *client, Relations__V1__StatsResponse **out, rel_error *error) {
  Relations__V1__StatsRequest request = RELATIONS__V1__STATS_REQUEST__INIT;
  ProtobufCMessage *answer;
  rel_code code = rel_client_invoke(client, "/relations.v1.CacheService/Stats", &request.base,
                                    &relations__v1__stats_response__descriptor, &answer, error);
  *out = (Relations__V1__StatsResponse *)answer;
  return code;
}

rel_code rel_client_cache_configure(rel_client *client, const Relations__V1__ConfigureRequest *request,
                                    rel_error *error) {
  ProtobufCMessage *answer;
  rel_code code = rel_client_invoke(client, "/relations.v1.CacheService/Configure", &request->base,
                                    &relations__v1__configure_response__descriptor, &answer, error);
  protobuf_c_message_free_unpacked(answer, NULL);
  return code;
}

rel_code rel_client_cache_clear(rel_client *client, const Relations__V1__ClearRequest *request,
                                uint64_t *cleared, rel_error *error) {
  ProtobufCMessage *answer;
  rel_code code = rel_client_invoke(client, "/relations.v1.CacheService/Clear", &request->base,
                                    &relations__v1__clear_response__descriptor, &answer, error);
  if (code == REL_OK && cleared != NULL) *cleared = ((Relations__V1__ClearResponse *)answer)->cleared;
  protobuf_c_message_free_unpacked(answer, NULL);
  return code;
}

rel_code rel_client_list_models(rel_client *client, Relations__V1__ListModelsResponse **out,
                                rel_error *error) {
  Relations__V1__ListModelsRequest request = RELATIONS__V1__LIST_MODELS_REQUEST__INIT;
  ProtobufCMessage *answer;
  rel_code code = rel_client_invoke(client, "/relations.v1.RegistryService/ListModels", &request.base,
                                    &relations__v1__list_models_response__descriptor, &answer, error);
  *out = (Relations__V1__ListModelsResponse *)answer;
  return code;
}

rel_code rel_client_describe_model(rel_client *client, const char *model,
                                   Relations__V1__DescribeModelResponse **out, rel_error *error) {
  Relations__V1__DescribeModelRequest request = RELATIONS__V1__DESCRIBE_MODEL_REQUEST__INIT;
  request.model = (char *)model;
  ProtobufCMessage *answer;
  rel_code code = rel_client_invoke(client, "/relations.v1.RegistryService/DescribeModel", &request.base,
                                    &relations__v1__describe_model_response__descriptor, &answer, error);
  *out = (Relations__V1__DescribeModelResponse *)answer;
  return code;
}

rel_code rel_client_validate(rel_client *client, rel_str descriptor_set,
                             Relations__V1__ValidateResponse **out, rel_error *error) {
  Relations__V1__ValidateRequest request = RELATIONS__V1__VALIDATE_REQUEST__INIT;
  request.descriptor_set =
      (ProtobufCBinaryData){descriptor_set.len, (uint8_t *)(uintptr_t)descriptor_set.ptr};
  ProtobufCMessage *answer;
  rel_code code = rel_client_invoke(client, "/relations.v1.RegistryService/Validate", &request.base,
                                    &relations__v1__validate_response__descriptor, &answer, error);
  *out = (Relations__V1__ValidateResponse *)answer;
  return code;
}
