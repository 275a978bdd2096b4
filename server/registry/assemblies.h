// Cache spaces for assembled trees: records with others within them, as one tree of includes has them.
//
// Which trees are asked for shows while the server runs, so these spaces are opened when they are first
// wanted, by a signature, and closed with the snapshot that they are of. There are so many at most; a tree
// beyond that is put together anew each time. Thread-safe.
#ifndef RELATIONS_SERVER_REGISTRY_ASSEMBLIES_H
#define RELATIONS_SERVER_REGISTRY_ASSEMBLIES_H

#include "common/str.h"
#include "server/cache/cache.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_assemblies rel_assemblies;

enum { REL_ASSEMBLIES_MAX = 4096 };

rel_assemblies *rel_assemblies_new(rel_cache *cache);
// Closes the spaces; nobody uses them any more. Accepts NULL.
void rel_assemblies_free(rel_assemblies *assemblies);

// The space with the signature, opened with the settings when there is none. NULL when there are too many.
rel_cache_space *rel_assemblies_space(rel_assemblies *assemblies, rel_str signature,
                                      const rel_cache_space_settings *settings);

#ifdef __cplusplus
}
#endif

#endif
