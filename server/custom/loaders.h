// The custom loaders that schemas may name: those of the configuration ("grpc:ratings" is --loader
// ratings=HOST:PORT) and those in its directory ("so:ratings" is --loader-dir DIR, DIR/ratings.so). Each is a
// feed for server/loader.
//
// Made and ended by main, looked up by the registry. Thread-safe, but for new, stop and free. Nothing that a
// LoaderService does or leaves undone reaches further than the batches that it was asked for; a shared object
// is a part of the process.
#ifndef RELATIONS_SERVER_CUSTOM_LOADERS_H
#define RELATIONS_SERVER_CUSTOM_LOADERS_H

#include "server/store/feed.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_loaders rel_loaders;

typedef struct rel_loaders_options {
  const char *const *loaders; // "ratings=127.0.0.1:50052", "ratings=unix:/run/ratings.sock"
  size_t count;
  const char *directory;   // of shared objects; NULL: none are loaded
  const char *tls_ca_file; // as in rel_client_options, for all LoaderServices
  const char *tls_cert_file;
  const char *tls_key_file;
  const char *token_file;
  unsigned calls;          // under way to one loader at a time, a thread each; 0: 4
  size_t max_answer_bytes; // of one LoadBatch; 0: 64 MiB
} rel_loaders_options;

// Connects when there is something to load, so a LoaderService that is not there is an error of the calls
// that need it; shared objects are loaded when they are asked for. REL_INVALID names an entry that is wrong.
rel_code rel_loaders_new(const rel_loaders_options *options, rel_loaders **out,
                         rel_error *error) REL_MUST_CHECK;

// Whether there is the loader that a schema calls `loader`; of a shared object only the file is looked at,
// and none of its code runs. REL_BAD_SCHEMA says what is missing. Blocks. `loaders` may be NULL: none.
rel_code rel_loaders_check(const rel_loaders *loaders, rel_str loader, rel_error *error) REL_MUST_CHECK;

// The feed of it. A shared object is loaded and opened when it is asked for first, and stays. The same
// errors. Blocks.
rel_code rel_loaders_get(rel_loaders *loaders, rel_str loader, rel_feed *out,
                         rel_error *error) REL_MUST_CHECK;

// Cancels the calls that run and joins every thread; jobs that are submitted later fail. Accepts NULL.
void rel_loaders_stop(rel_loaders *loaders);
// After stop, and after the last plan is freed. Accepts NULL.
void rel_loaders_free(rel_loaders *loaders);

#ifdef __cplusplus
}
#endif

#endif
