// What is true no longer: see cache.h and inside.h. One entry, a space, or everything because the database
// has changed.
#include "server/cache/inside.h"

enum { SWEEP_BUCKETS = 256 }; // looked at before the lock is let go

// --- Everything at once ---

// Drops all entries in constant time, but for the number of spaces; they become garbage.
static void flush(rel_cache *cache) {
  atomic_fetch_add_explicit(&cache->generation, 1, memory_order_release);
  for (rel_cache_space *space = cache->spaces; space != NULL; space = space->next) {
    space->stats.invalidations += space->stats.entries;
    space->stats.entries = space->stats.bytes = 0;
    if (space->table == NULL) continue;
    space->table->next = cache->garbage_tables;
    cache->garbage_tables = space->table;
    space->table = NULL;
  }
  cache->stats.invalidations += cache->stats.entries;
  cache->stats.entries = cache->stats.bytes = 0;
  cache->garbage = rel_policy_take_all(&cache->policy, cache->garbage);
}

rel_table *rel_cache_take_garbage(rel_cache *cache, rel_policy_node **chain) {
  for (int i = 0; i < REL_CACHE_FREE_AT_ONCE && cache->garbage != NULL; i++) {
    rel_policy_node *node = cache->garbage;
    cache->garbage = node->next;
    node->next = *chain;
    *chain = node;
  }
  rel_table *table = cache->garbage_tables;
  if (table != NULL) cache->garbage_tables = table->next;
  return table;
}

void rel_cache_drain_garbage(rel_cache *cache) {
  for (bool more = true; more;) {
    rel_policy_node *chain = NULL;
    pthread_mutex_lock(&cache->lock);
    rel_table *table = rel_cache_take_garbage(cache, &chain);
    more = chain != NULL || table != NULL;
    pthread_mutex_unlock(&cache->lock);
    rel_cache_free_chain(chain);
    rel_table_free(table);
  }
}

uint64_t rel_cache_observe(rel_cache *cache, uint64_t version) {
  if (version == 0 || atomic_load_explicit(&cache->version, memory_order_acquire) == version) return version;
  pthread_mutex_lock(&cache->lock);
  if (atomic_load_explicit(&cache->version, memory_order_relaxed) != version) {
    flush(cache);
    atomic_store_explicit(&cache->version, version, memory_order_release);
  }
  pthread_mutex_unlock(&cache->lock);
  return version;
}

size_t rel_cache_clear(rel_cache *cache) {
  pthread_mutex_lock(&cache->lock);
  size_t dropped = cache->stats.entries;
  flush(cache);
  pthread_mutex_unlock(&cache->lock);
  rel_cache_drain_garbage(cache);
  return dropped;
}

// --- One entry, one space ---

size_t rel_cache_remove(rel_cache_space *space, rel_str key) {
  rel_cache *cache = space->cache;
  uint32_t hash = rel_cache_hash(space, key);
  rel_policy_node *chain = NULL;
  size_t dropped = 0;
  pthread_mutex_lock(&cache->lock);
  atomic_fetch_add_explicit(&space->generation, 1, memory_order_release);
  rel_cache_entry *entry = space->table != NULL ? rel_table_find(space->table, hash, key) : NULL;
  if (entry != NULL) {
    dropped = !rel_cache_stale(entry);
    rel_cache_unlink(entry, REL_CACHE_INVALIDATED, &chain);
  }
  pthread_mutex_unlock(&cache->lock);
  rel_cache_free_chain(chain);
  return dropped;
}

// Drops what is stale in a piece of the table from *bucket on; false at its end. Under the lock.
static bool sweep_some(rel_cache_space *space, uint64_t *bucket, size_t *dropped, rel_policy_node **chain) {
  for (int i = 0; i < SWEEP_BUCKETS; i++, ++*bucket) {
    if (space->table == NULL || *bucket >= space->table->buckets) return false;
    for (rel_cache_entry *entry = rel_table_bucket(space->table, *bucket), *next; entry != NULL;
         entry = next) {
      next = entry->chain;
      if (!rel_cache_stale(entry)) continue;
      rel_cache_unlink(entry, REL_CACHE_INVALIDATED, chain);
      ++*dropped;
    }
  }
  return true;
}

static bool shrink_some(rel_cache_space *space) {
  return space->sweeps == 0 && space->table != NULL && rel_table_shrink(space->table, SWEEP_BUCKETS);
}

// Nothing of before can be found once the epoch has moved on; what follows is tidying, with the lock let go
// in between.
size_t rel_cache_clear_space(rel_cache_space *space) {
  rel_cache *cache = space->cache;
  uint64_t bucket = 0;
  size_t dropped = 0;
  bool begun = false, sweeping = true, shrinking = true;
  while (sweeping || shrinking) {
    rel_policy_node *chain = NULL;
    pthread_mutex_lock(&cache->lock);
    if (!begun) {
      atomic_fetch_add_explicit(&space->generation, 1, memory_order_release);
      space->epoch++;
      space->sweeps++;
      begun = true;
    }
    if (sweeping) {
      sweeping = sweep_some(space, &bucket, &dropped, &chain);
      space->sweeps -= !sweeping;
    } else {
      shrinking = shrink_some(space);
    }
    pthread_mutex_unlock(&cache->lock);
    rel_cache_free_chain(chain);
  }
  return dropped;
}
