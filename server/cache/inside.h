// What the files of the cache share. Private to server/cache.
//
//   cache.c       entries: how they are found, kept and evicted
//   invalidate.c  what is true no longer: one entry, a space, all
//   settings.c    limits and counters; how a cache and its spaces begin and end
//   table.c       the index of a space
//   policy.c      the order of eviction
//
// Everything here is under the cache's lock but what says otherwise. An entry that leaves goes through three
// hands: it is taken out of the index and the policy under the lock (rel_cache_unlink), put on a chain of its
// caller's, and freed after the lock is let go (rel_cache_free_chain). A flush takes whole lists at once;
// they are kept as garbage, of which every later put frees a piece, so that whoever notices a new version
// waits for nothing.
#ifndef RELATIONS_SERVER_CACHE_INSIDE_H
#define RELATIONS_SERVER_CACHE_INSIDE_H

#include "server/cache/cache.h"
#include "server/cache/table.h"

#include <pthread.h>
#include <stdatomic.h>
#include <xxhash.h>

enum { REL_CACHE_FREE_AT_ONCE = 256 }; // entries that one caller frees, or evicts, before it looks up

struct rel_cache_space {
  rel_cache *cache;
  rel_cache_space *prev;
  rel_cache_space *next;
  uint64_t seed;
  atomic_uint_fast64_t generation;
  rel_cache_space_settings settings;
  rel_table *table; // NULL: nothing in it
  uint64_t hand;    // bucket that is looked at next when the space needs room, or for expired entries
  uint32_t epoch;   // moves on when the space is cleared
  unsigned sweeps;  // under way; the table must not shrink
  rel_cache_stats stats;
};

struct rel_cache {
  pthread_mutex_t lock;
  int64_t (*now_ns)(void *context);
  void *clock_context;
  uint64_t seed;
  // Written under the lock, read without: acquire and release, so that who sees a version sees the flush
  // before it.
  atomic_uint_fast64_t version;
  atomic_uint_fast64_t generation; // moves on when everything is dropped
  atomic_bool off;                 // the limits leave room for nothing; read without the lock, as a hint
  rel_cache_limits limits;
  rel_policy policy;
  rel_cache_space *spaces;
  uint64_t opened;
  rel_cache_stats stats;
  rel_policy_node *garbage; // entries, by node.next
  rel_table *garbage_tables;
};

// Why an entry leaves.
typedef enum rel_cache_reason {
  REL_CACHE_EVICTED,
  REL_CACHE_EXPIRED,
  REL_CACHE_INVALIDATED,
  REL_CACHE_REPLACED,
} rel_cache_reason;

// By the cache's clock. Needs no lock.
static inline int64_t rel_cache_time(const rel_cache *cache) {
  return cache->now_ns(cache->clock_context);
}

// Needs no lock.
static inline uint32_t rel_cache_hash(const rel_cache_space *space, rel_str key) {
  return (uint32_t)XXH3_64bits_withSeed(key.ptr, key.len, space->seed);
}

// Is it of before the space was cleared?
static inline bool rel_cache_stale(const rel_cache_entry *entry) {
  return entry->epoch != entry->space->epoch;
}

static inline bool rel_cache_space_is_on(const rel_cache_space *space) {
  return space->settings.enabled && space->settings.ttl_ns > 0;
}

// With so much more.
static inline bool rel_cache_is_over(const rel_cache *cache, uint64_t more_bytes, uint64_t more_entries) {
  return cache->stats.bytes + more_bytes > cache->limits.max_bytes ||
         cache->stats.entries + more_entries > cache->limits.max_entries;
}

static inline bool rel_cache_space_is_over(const rel_cache_space *space, uint64_t more_bytes,
                                           uint64_t more_entries) {
  return space->stats.bytes + more_bytes > space->settings.max_bytes ||
         space->stats.entries + more_entries > space->settings.max_entries;
}

// --- cache.c ---

// Takes the entry out and puts it in front of the chain.
void rel_cache_unlink(rel_cache_entry *entry, rel_cache_reason why, rel_policy_node **chain);
// Frees what has been unlinked. Not under the lock.
void rel_cache_free_chain(rel_policy_node *chain);
// Evicts an entry of the cache, which has one; of the space, which has one.
void rel_cache_evict_one(rel_cache *cache, int64_t now_ns, rel_policy_node **chain);
void rel_cache_evict_in_space(rel_cache_space *space, int64_t now_ns, rel_policy_node **chain);

// --- invalidate.c ---

// Takes a piece of the garbage: REL_CACHE_FREE_AT_ONCE entries at most, in front of the chain, and one table,
// which is the caller's to free.
rel_table *rel_cache_take_garbage(rel_cache *cache, rel_policy_node **chain);
// Frees all of it, a piece at a time. Not under the lock.
void rel_cache_drain_garbage(rel_cache *cache);

#endif
