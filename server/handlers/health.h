// grpc.health.v1.Health: whether the server, and each of its services, is serving.
//
// "" is the server as a whole. Thread-safe. Owned by server/main; must outlive the rel_rpc that its methods
// are served by.
#ifndef RELATIONS_SERVER_HANDLERS_HEALTH_H
#define RELATIONS_SERVER_HANDLERS_HEALTH_H

#include "server/rpc/rpc.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_health rel_health;

enum { REL_HEALTH_METHODS = 2 };

// The path of the method that probes call. It tells nothing about the data, so it may answer anybody; Watch
// may not, since it holds a call for as long as it likes.
#define REL_HEALTH_CHECK "/grpc.health.v1.Health/Check"

// Knows "" only, and says that it is not serving.
rel_health *rel_health_new(void);
// Accepts NULL.
void rel_health_free(rel_health *health);
// The rows of the method table.
void rel_health_methods(rel_health *health, rel_method out[REL_HEALTH_METHODS]);

// Makes the service known, or changes what is said of it; those who watch it are told. The name is copied.
void rel_health_set(rel_health *health, rel_str service, bool serving);
// Services that come and go with something else: a service that was not set is serving when `serves` says so.
// Called before the server starts; `serves` from any thread.
void rel_health_set_source(rel_health *health, bool (*serves)(rel_str service, void *context), void *context);
// What `serves` says may have changed: those who watch are told.
void rel_health_refresh(rel_health *health);
// Before rel_rpc_stop: everything is NOT_SERVING from now on; those who watch are told, and their calls end,
// so that they do not hold the stop up.
void rel_health_drain(rel_health *health);

#ifdef __cplusplus
}
#endif

#endif
