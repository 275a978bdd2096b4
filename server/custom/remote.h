// One custom loader of the kind "grpc:": a LoaderService somewhere, which is called over the SDK's channel.
//
// For loaders.c. It knows no type of C-core, and of sources only their jobs. Threads are its crew's.
#ifndef RELATIONS_SERVER_CUSTOM_REMOTE_H
#define RELATIONS_SERVER_CUSTOM_REMOTE_H

#include "server/custom/crew.h"

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
rel_crew *rel_remote_crew(const rel_remote *remote);
// After its crew was stopped, and after the last plan is freed. Accepts NULL.
void rel_remote_free(rel_remote *remote);

#ifdef __cplusplus
}
#endif

#endif
