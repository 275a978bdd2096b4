// grpc.reflection.v1 and v1alpha ServerReflection: lets grpcurl, `buf curl` and their like find out what may
// be called.
//
// Answers from the server's own services, built in, and from the user's schema as it is at that moment, with
// its typed services. v1 and v1alpha are one on the wire, and here. Immutable once made, so any thread; owned
// by server/main, and must outlive the rel_rpc that its methods are served by.
#ifndef RELATIONS_SERVER_HANDLERS_REFLECTION_H
#define RELATIONS_SERVER_HANDLERS_REFLECTION_H

#include "common/schema/typed.h"
#include "server/rpc/rpc.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_reflection rel_reflection;

enum { REL_REFLECTION_METHODS = 2 };

// Where the user's schema is. `pin` returns the one in force, or NULL when there is none, with its typed
// services, and sets *pinned to what keeps both, which `unpin` then lets go of. Any thread.
typedef struct rel_reflection_source {
  const rel_schema *(*pin)(void *context, const rel_typed **typed, void **pinned);
  void (*unpin)(void *context, void *pinned);
  void *context;
} rel_reflection_source;

// `source` may be NULL: no schema.
rel_code rel_reflection_new(const rel_reflection_source *source, rel_reflection **out,
                            rel_error *error) REL_MUST_CHECK;
// Accepts NULL.
void rel_reflection_free(rel_reflection *reflection);
// The rows of the method table.
void rel_reflection_methods(rel_reflection *reflection, rel_method out[REL_REFLECTION_METHODS]);
// Says that a service is served, so that it is listed: the name is copied. Before the server starts. Services
// that the user's schema declares are listed by themselves.
void rel_reflection_add_service(rel_reflection *reflection, rel_str service);

#ifdef __cplusplus
}
#endif

#endif
