// Hosting a custom loader in C: a LoaderService whose LoadBatch is one function of yours.
//
//   static rel_code load(rel_loader_batch *batch, void *context, rel_error *error) {
//     for (size_t i = 0; i < batch->count; i++)
//       ... rel_loader_add(batch, i, &rating.base);
//     return REL_OK;
//   }
//   rel_loader_host_options options = {.listen = "127.0.0.1:50052", .load = load};
//   rel_loader_host_start(&options, &host, &error);
//
// relationsd --loader ratings=127.0.0.1:50052 calls it for the relations with loader: "grpc:ratings". On
// another machine it needs TLS: the certificate files here, and relationsd's --loader-tls-ca.
#ifndef RELATIONS_LOADER_HOST_H
#define RELATIONS_LOADER_HOST_H

#include "common/error.h"
#include "common/str.h"

#include <relations/v1/loader_service.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_loader_host rel_loader_host;

// One LoadBatch. Valid until the function returns; one thread's.
typedef struct rel_loader_batch {
  const char *model; // of the owners
  const char *relation;
  const char *record_type;                            // what to answer with
  const Relations__V1__Keys *keys;                    // one kind for all; no key twice
  size_t count;                                       // of keys
  bool (*gone)(const struct rel_loader_batch *batch); // whether nobody waits for the answer any more
  struct rel_loader_results *results;
} rel_loader_batch;

// Adds a record to the answer for key `index`. A key without one has none: EMPTY, or DANGLING for belongs_to.
void rel_loader_add(rel_loader_batch *batch, size_t index, const ProtobufCMessage *record);
// Fails this key alone.
void rel_loader_fail(rel_loader_batch *batch, size_t index, const rel_error *error);

// Answers a batch. Called on several threads at a time. With an error every key of the batch fails with its
// status and message, and nothing is cached.
typedef rel_code rel_loader_load(rel_loader_batch *batch, void *context, rel_error *error);

typedef struct rel_loader_host_options {
  const char *listen; // "127.0.0.1:50052", "unix:/run/ratings.sock"; port 0 takes a free one
  rel_loader_load *load;
  void *context;
  unsigned threads; // batches at a time; 0: 4, as many as relationsd has under way
  // Files are read when the host starts and again when they change; what cannot be used then leaves all as it
  // was, and is logged to standard error.
  const char *tls_cert_file;      // PEM: the host's certificate and its chain; with its key: TLS
  const char *tls_key_file;       // PEM: the key of it
  const char *tls_client_ca_file; // PEM: mutual TLS; who signs the certificates that relationsd may show
  const char *token_file; // calls need a token of it: lines that `relations token new` prints; over TLS only,
                          // but for addresses of this machine
  bool insecure_listen_any; // allows an address that other machines can reach without TLS: keys and records
                            // are sent unencrypted, to anybody who asks
} rel_loader_host_options;

// Serves, on threads of its own. REL_UNAVAILABLE names an address that cannot be listened on; REL_INVALID an
// option that is wrong or missing, or a file that cannot be used.
rel_code rel_loader_host_start(const rel_loader_host_options *options, rel_loader_host **out,
                               rel_error *error) REL_MUST_CHECK;
// The port that it listens on, 0 for a unix socket.
int rel_loader_host_port(const rel_loader_host *host);
// Lets the batches that run end, and frees the host. Accepts NULL.
void rel_loader_host_stop(rel_loader_host *host);

#ifdef __cplusplus
}
#endif

#endif
