// Spaces for assembled trees: see assemblies.h.
#include "server/registry/assemblies.h"

#include <pthread.h>
#include <xxhash.h>

#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned)XXH3_64bits((key), (len)))
#include <uthash.h>

typedef struct assembly {
  UT_hash_handle hh;
  rel_cache_space *space;
  size_t signature_len;
  char signature[];
} assembly;

struct rel_assemblies {
  rel_cache *cache;
  pthread_mutex_t lock; // of what follows
  assembly *by_signature;
};

rel_assemblies *rel_assemblies_new(rel_cache *cache) {
  rel_assemblies *a = REL_NEW(rel_assemblies);
  a->cache = cache;
  pthread_mutex_init(&a->lock, NULL);
  return a;
}

void rel_assemblies_free(rel_assemblies *a) {
  if (a == NULL) return;
  assembly *each, *next;
  HASH_ITER(hh, a->by_signature, each, next) {
    HASH_DEL(a->by_signature, each);
    rel_cache_space_close(each->space);
    free(each);
  }
  pthread_mutex_destroy(&a->lock);
  free(a);
}

static assembly *assembly_new(rel_str signature, rel_cache_space *space) {
  assembly *made = rel_alloc0(1, sizeof *made + signature.len);
  made->space = space;
  made->signature_len = signature.len;
  memcpy(made->signature, signature.ptr, signature.len);
  return made;
}

rel_cache_space *rel_assemblies_space(rel_assemblies *a, rel_str signature,
                                      const rel_cache_space_settings *settings) {
  assembly *found;
  rel_cache_space *spare = NULL;
  for (;;) {
    pthread_mutex_lock(&a->lock);
    HASH_FIND(hh, a->by_signature, signature.ptr, signature.len, found);
    bool full = HASH_COUNT(a->by_signature) >= REL_ASSEMBLIES_MAX;
    if (found == NULL && !full && spare != NULL) {
      found = assembly_new(signature, spare);
      spare = NULL;
      HASH_ADD_KEYPTR(hh, a->by_signature, found->signature, found->signature_len, found);
    }
    pthread_mutex_unlock(&a->lock);
    if (found != NULL || full) break;
    spare = rel_cache_space_open(a->cache, settings); // which takes the cache's lock, so not under ours
  }
  rel_cache_space_close(spare);
  return found != NULL ? found->space : NULL;
}
