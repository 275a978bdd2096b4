// The registry: which snapshot is the running one.
//
// Thread-safe. One apply runs at a time, and swaps the snapshot atomically; calls keep the one that
// they pinned.
#ifndef RELATIONS_SERVER_REGISTRY_REGISTRY_H
#define RELATIONS_SERVER_REGISTRY_REGISTRY_H

#include "server/registry/snapshot.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_registry rel_registry;

// Empty: pin returns NULL until the first schema is applied.
rel_registry *rel_registry_new(const rel_snapshot_options *options);
// Nobody calls it any more; snapshots that are still pinned live on. Accepts NULL.
void rel_registry_free(rel_registry *registry);

// The running snapshot: a reference of the caller's.
rel_snapshot *rel_registry_pin(rel_registry *registry);

// Checks a serialized FileDescriptorSet against the rules and the database. With `out` the schema is the
// caller's when there is no error; without, it is dropped. REL_BAD_SCHEMA when there are errors among the
// findings. Blocks.
rel_code rel_registry_check(rel_registry *registry, rel_str set, rel_findings *findings, rel_schema **out,
                            rel_error *error) REL_MUST_CHECK;

// Checks a schema and makes it the running one. REL_PRECONDITION while another apply runs. With
// `expected_digest` not empty: REL_PRECONDITION unless that is the running schema's. Blocks.
rel_code rel_registry_apply(rel_registry *registry, rel_str set, rel_str expected_digest,
                            rel_findings *findings, char digest[33], rel_error *error) REL_MUST_CHECK;

// The database is another one: checks the running schema against it and compiles it anew, since what a
// statement may rely on, such as an index or a collation, can be different there. Findings are logged. A
// schema that has errors there stays as it is compiled: what does not fit fails when it is asked for. While
// another apply runs it is that one's to do, afterwards. Blocks.
void rel_registry_refresh(rel_registry *registry);

#ifdef __cplusplus
}
#endif

#endif
