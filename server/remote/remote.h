// One custom loader: a LoaderService somewhere, its queue of jobs, and the threads that call it.
//
// For loaders.c and its tests. It knows the SDK's channel, no type of C-core, and of sources only their jobs.
#ifndef RELATIONS_SERVER_REMOTE_REMOTE_H
#define RELATIONS_SERVER_REMOTE_REMOTE_H

#include "server/store/feed.h"

#include <relations/client.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_remote rel_remote;

typedef struct rel_remote_options {
  rel_str name;                  // copied
  rel_client_options connection; // but for what every loader's has: the policy of retries, the user agent
  unsigned calls;                // under way at a time, a thread each
} rel_remote_options;

rel_code rel_remote_new(const rel_remote_options *options, rel_remote **out, rel_error *error) REL_MUST_CHECK;
rel_str rel_remote_name(const rel_remote *remote);
rel_feed rel_remote_feed(rel_remote *remote);
void rel_remote_stop(rel_remote *remote);
void rel_remote_free(rel_remote *remote); // after stop

#ifdef __cplusplus
}
#endif

#endif
