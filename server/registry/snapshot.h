// A snapshot: one schema, checked and compiled, with a source for everything that can be loaded. Immutable.
//
// A call pins the snapshot that it began with and lets go of it at its end, so that applying a schema changes
// nothing for calls under way. Reference-counted; ref and unref are thread-safe; reading it needs no lock.
#ifndef RELATIONS_SERVER_REGISTRY_SNAPSHOT_H
#define RELATIONS_SERVER_REGISTRY_SNAPSHOT_H

#include "common/schema/schema.h"
#include "common/schema/typed.h"
#include "server/custom/loaders.h"
#include "server/loader/source.h"
#include "server/store/scope.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_snapshot rel_snapshot;

// What every source of a snapshot has in common.
typedef struct rel_snapshot_options {
  rel_store *store;
  rel_loaders *loaders; // NULL: none are configured
  rel_cache *cache;
  rel_cache_space_settings cache_defaults; // where the schema says nothing
  rel_answer_limits limits;                // of one owner's answer
} rel_snapshot_options;

// Compiles every lookup of the schema; takes the schema, also when it fails. Blocks.
rel_code rel_snapshot_new(const rel_snapshot_options *options, rel_schema *take_schema, rel_snapshot **out,
                          rel_error *error) REL_MUST_CHECK;
rel_snapshot *rel_snapshot_ref(rel_snapshot *snapshot);
// Accepts NULL.
void rel_snapshot_unref(rel_snapshot *snapshot);

const rel_schema *rel_snapshot_schema(const rel_snapshot *snapshot);

// How one relation is loaded.
typedef struct rel_loadable {
  const rel_relation *relation; // NULL: Get of the model
  rel_scope scope;              // what its records are besides; {0} for Get
  rel_source *source;           // by the value that the relation joins on
  rel_source *owner_source; // from the owner's primary key to that value; NULL: the value is the primary key
} rel_loadable;

// Get of a model. NULL when it is abstract.
const rel_loadable *rel_snapshot_get(const rel_snapshot *snapshot, const rel_model *model);
// A relation of a model. NULL when there is none of that name, or the model is abstract.
const rel_loadable *rel_snapshot_relation(const rel_snapshot *snapshot, const rel_model *model, rel_str name);
// Every one of a model, Get first; for statistics and clearing.
const rel_loadable *rel_snapshot_loadables(const rel_snapshot *snapshot, const rel_model *model,
                                           size_t *count);

// The typed services of the schema.
const rel_typed *rel_snapshot_typed(const rel_snapshot *snapshot);
// What a typed method asks for, by its path ("/library.v1.AuthorService/Books"); NULL when there is none.
typedef struct rel_typed_target {
  const rel_typed_method *method;
  const rel_loadable *loadable;
} rel_typed_target;
const rel_typed_target *rel_snapshot_typed_target(const rel_snapshot *snapshot, rel_str path);

// Where a tree's assembled sets are kept, by what makes it; NULL when there are too many trees.
rel_cache_space *rel_snapshot_assembled(const rel_snapshot *snapshot, rel_str signature,
                                        const rel_cache_space_settings *settings);

// Counters of every source together.
void rel_snapshot_stats_now(const rel_snapshot *snapshot, rel_source_stats *out);

// By name, with an error that says what is missing and what is near.
rel_code rel_snapshot_find_model(const rel_snapshot *snapshot, rel_str name, const rel_model **out,
                                 rel_error *error) REL_MUST_CHECK;
rel_code rel_snapshot_find(const rel_snapshot *snapshot, rel_str model, rel_str relation,
                           const rel_loadable **out, rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
