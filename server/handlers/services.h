// What the handlers of the services share, and their rows for the method table.
//
// A handler is a function of a call and this context; it keeps nothing between calls. Called by server/rpc.
// Knows no C-core and no engine.
#ifndef RELATIONS_SERVER_HANDLERS_SERVICES_H
#define RELATIONS_SERVER_HANDLERS_SERVICES_H

#include "server/query/token.h"
#include "server/registry/registry.h"
#include "server/rpc/rpc.h"
#include "server/tree/tree.h"

#ifdef __cplusplus
extern "C" {
#endif

// Immutable while the server runs; everything it points at is thread-safe.
typedef struct rel_services {
  rel_registry *registry;
  rel_cache *cache;
  rel_store *store; // for queries, which pass the cache by
  const rel_token_key *token_key;
  size_t max_keys;         // in one call
  size_t max_answer_bytes; // of one call
  rel_tree_settings trees;
  rel_budget budget;   // of one call
  size_t *ahead_bytes; // that streams have read ahead of their messages, counted atomically
  bool allow_apply;
  void (*applied)(void *context); // after another schema has begun to run; may be NULL
  void *applied_context;
} rel_services;

// A unary handler that is done when it returns: it has written its answer, or says what is wrong.
typedef rel_code rel_unary(const rel_services *services, const rel_snapshot *snapshot, rel_call *call,
                           rel_error *error);

// Runs it with the running snapshot pinned, and ends the call.
void rel_services_answer(rel_services *services, rel_call *call, rel_unary *handle);

// A span of time as a message in the arena.
Google__Protobuf__Duration *rel_services_duration(rel_arena *arena, int64_t ns);

// Append the methods of a service to a table with room for them; return how many. The context is borrowed.
size_t rel_relation_methods(rel_services *services, rel_method *table);
size_t rel_registry_methods(rel_services *services, rel_method *table);
size_t rel_cache_methods(rel_services *services, rel_method *table);

// The typed services of the running schema.
rel_fallback rel_typed_fallback(rel_services *services);

// relation_query.c: the query set's methods, whose rows stand with RelationService's others. The context is
// the services.
void rel_handle_query(rel_call *call, void *services);
void rel_handle_count(rel_call *call, void *services);
void rel_handle_exists(rel_call *call, void *services);
// explain.c, likewise.
void rel_handle_explain(rel_call *call, void *services);
// aggregate.c
void rel_handle_aggregate(rel_call *call, void *services);

enum { REL_SERVICE_METHODS_MAX = 32 };

#ifdef __cplusplus
}
#endif

#endif
