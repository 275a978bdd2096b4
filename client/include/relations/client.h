// The C client of a relations server: connecting, and the calls that are not generated from a schema.
//
// A program includes this header, and the X.relations.h that protoc-gen-relations writes for each of its
// X.proto. Every call blocks until its answer, its error or its deadline. A rel_client is thread-safe: any
// number of threads may call over one at the same time, and each call waits on its own. Answers belong to the
// caller. No answer is trusted: it is checked against its declared shape before it is unpacked, and a broken
// one is an error.
#ifndef RELATIONS_CLIENT_H
#define RELATIONS_CLIENT_H

#include "common/error.h"
#include "common/str.h"

#include <relations/v1/cache_service.pb-c.h>
#include <relations/v1/registry_service.pb-c.h>
#include <relations/v1/relation_service.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_client rel_client;

// How to connect; {0} takes every default. Texts are copied.
typedef struct rel_client_options {
  const char *target;         // "127.0.0.1:50051" (the default), "unix:/run/relations.sock"
  int64_t timeout_ms;         // how long a call may take in all, retries included; 0: 30 s
  size_t max_message_bytes;   // of an answer; 0: 65 MiB, above what a server sends by default
  unsigned max_attempts;      // of a call that finds the server UNAVAILABLE; 0: 4, 1: none is repeated
  const char *service_config; // gRPC service config JSON, in place of max_attempts; leave `timeout` out of it
  const char *user_agent;     // stands before gRPC's own: "billing/1.4"
  // Files are read here and again when they change; what cannot be used then leaves all as it was.
  bool tls;                    // implied by each of the next four
  const char *tls_ca_file;     // PEM: who signs servers' certificates; NULL: whom the system trusts
  const char *tls_cert_file;   // PEM: the client's own certificate, for mutual TLS
  const char *tls_key_file;    // PEM: the key of it
  const char *tls_server_name; // what the server's certificate must be for; NULL: the target's host
  const char *token_file;      // holds the bearer token that calls carry; to other machines over TLS only
  bool wait_for_ready; // a call waits for the server until its deadline, instead of failing while there is
                       // none
} rel_client_options;

// A client of the server at the target. Connects when the first call needs it, and again whenever the
// connection is lost, so a server that is not there is an error of the calls. `options` may be NULL.
// REL_INVALID: an option is wrong, or a file cannot be used.
rel_code rel_client_connect(const rel_client_options *options, rel_client **out,
                            rel_error *error) REL_MUST_CHECK;

// The same client with another deadline (0: the same one), over the same connection: what generated calls
// with a deadline of their own take. Freed by itself; either may be freed first.
rel_client *rel_client_with_timeout(const rel_client *client, int64_t timeout_ms);

// The option as it is in force.
size_t rel_client_max_message_bytes(const rel_client *client);

// Not while a call over this client runs. Accepts NULL.
void rel_client_free(rel_client *client);

// --- Any method ---

// Calls a unary method ("/relations.v1.RelationService/Load") with the bytes of its request, and puts the
// bytes of its answer into `answer`, which is emptied first. The bytes are as they came: nothing in them was
// checked.
rel_code rel_client_call(rel_client *client, const char *path, rel_str request, rel_buf *answer,
                         rel_error *error) REL_MUST_CHECK;

// The same with messages. *out is checked and unpacked; free it with protobuf_c_message_free_unpacked(*out,
// NULL).
rel_code rel_client_invoke(rel_client *client, const char *path, const ProtobufCMessage *request,
                           const ProtobufCMessageDescriptor *answer, ProtobufCMessage **out,
                           rel_error *error) REL_MUST_CHECK;

// Calls a method that streams its answer. `message` gets the bytes of each message as they come, on the
// calling thread, valid until it returns and unchecked; false ends the call, which then is REL_OK. The server
// goes on when it has returned, so a slow reader slows the server down and no more. The client's deadline is
// that of the whole stream.
rel_code rel_client_stream(rel_client *client, const char *path, const ProtobufCMessage *request,
                           bool (*message)(void *context, rel_str bytes), void *context,
                           rel_error *error) REL_MUST_CHECK;

// The same with the bytes of the request.
rel_code rel_client_stream_bytes(rel_client *client, const char *path, rel_str request,
                                 bool (*message)(void *context, rel_str bytes), void *context,
                                 rel_error *error) REL_MUST_CHECK;

// --- The services; every *out is freed with its own …__free_unpacked(*out, NULL) ---

// Records by primary key. There is one result a key, in the order of the keys, and each says its state; the
// type of the records is the request's model, or REL_WRONG_TYPE is returned. The bytes in them are not looked
// into.
rel_code rel_client_get(rel_client *client, const Relations__V1__GetRequest *request,
                        Relations__V1__GetResponse **out, rel_error *error) REL_MUST_CHECK;
// The records of a relation, checked in the same way; of the request's record_type, unless that is empty.
rel_code rel_client_load(rel_client *client, const Relations__V1__LoadRequest *request,
                         Relations__V1__LoadResponse **out, rel_error *error) REL_MUST_CHECK;

rel_code rel_client_cache_stats(rel_client *client, Relations__V1__StatsResponse **out,
                                rel_error *error) REL_MUST_CHECK;
rel_code rel_client_cache_configure(rel_client *client, const Relations__V1__ConfigureRequest *request,
                                    rel_error *error) REL_MUST_CHECK;
// `cleared`, unless NULL, is how many entries were dropped.
rel_code rel_client_cache_clear(rel_client *client, const Relations__V1__ClearRequest *request,
                                uint64_t *cleared, rel_error *error) REL_MUST_CHECK;

rel_code rel_client_list_models(rel_client *client, Relations__V1__ListModelsResponse **out,
                                rel_error *error) REL_MUST_CHECK;
rel_code rel_client_describe_model(rel_client *client, const char *model,
                                   Relations__V1__DescribeModelResponse **out,
                                   rel_error *error) REL_MUST_CHECK;
// What is wrong with a serialized FileDescriptorSet. Findings are an answer, not an error.
rel_code rel_client_validate(rel_client *client, rel_str descriptor_set,
                             Relations__V1__ValidateResponse **out, rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
