// The cache: see cache.h. This file owns the lock and everything under it: spaces, entries, limits, versions,
// counters. The index of a space is table.c, the order of eviction policy.c.
//
// An entry that leaves goes through three hands: it is taken out of the index and the policy under the lock
// (unlink), put on a list of its caller's, and freed after the lock is let go (free_chain). A flush takes
// whole lists at once; they are kept as garbage, of which every later put frees a piece, so that whoever
// notices a new version waits for nothing.
#include "server/cache/cache.h"

#include "server/cache/table.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/random.h>
#include <xxhash.h>

enum {
  KEYS_A_LOCK = 1024,      // looked up before the lock is let go
  HASHES_AT_ONCE = 32,     // of them
  SWEEP_BUCKETS = 256,     // looked at before the lock is let go
  SWEEP_BUCKETS_A_PUT = 2, // for expired entries
  FREE_AT_ONCE = 256,      // garbage freed by one put
};

// What an entry costs beyond key and blob: itself, its bucket, and its share of the policy's memory of
// evicted hashes.
enum { ENTRY_OVERHEAD = sizeof(rel_cache_entry) + sizeof(rel_cache_entry *) + 8 };

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
typedef enum reason { EVICTED, EXPIRED, INVALIDATED, REPLACED } reason;

static int64_t clock_ns(void *context) {
  (void)context;
  return rel_clock_ns();
}

static int64_t now(const rel_cache *cache) {
  return cache->now_ns(cache->clock_context);
}

// --- Leaving ---

static void entry_free(rel_cache_entry *entry) {
  rel_blob_unref(entry->blob);
  free(entry);
}

// Frees entries that have been unlinked. Not under the lock.
static void free_chain(rel_policy_node *chain) {
  for (rel_policy_node *node = chain, *next; node != NULL; node = next) {
    next = node->next;
    entry_free((rel_cache_entry *)node);
  }
}

static void count_reason(rel_cache_stats *stats, reason why) {
  stats->evictions += why == EVICTED;
  stats->expirations += why == EXPIRED;
  stats->invalidations += why == INVALIDATED;
}

// Takes an entry that the policy has already let go out of its index and puts it on the chain.
static void unlink_evicted(rel_cache_entry *entry, reason why, rel_policy_node **chain) {
  rel_cache_space *space = entry->space;
  rel_cache *cache = space->cache;
  rel_table_remove(space->table, entry);
  // Two for one, so that an index from which everything goes is small by then.
  if (space->sweeps == 0) rel_table_shrink(space->table, 2);
  space->stats.entries--;
  cache->stats.entries--;
  space->stats.bytes -= entry->node.size;
  cache->stats.bytes -= entry->node.size;
  count_reason(&space->stats, why);
  count_reason(&cache->stats, why);
  entry->node.next = *chain;
  *chain = &entry->node;
}

static void unlink_entry(rel_cache_entry *entry, reason why, rel_policy_node **chain) {
  rel_policy_remove(&entry->space->cache->policy, &entry->node);
  unlink_evicted(entry, why, chain);
}

static bool stale(const rel_cache_entry *entry) {
  return entry->epoch != entry->space->epoch;
}

static bool expired(const rel_cache_entry *entry, int64_t now_ns) {
  int64_t ttl_ns = entry->space->settings.ttl_ns;
  return ttl_ns != REL_NEVER && now_ns - entry->stored_ns >= ttl_ns;
}

// Why an entry that goes now is gone: what was over before its place was wanted was not evicted.
static reason reason_now(const rel_cache_entry *entry, int64_t now_ns) {
  return stale(entry) ? INVALIDATED : expired(entry, now_ns) ? EXPIRED : EVICTED;
}

// --- Making room ---

static bool cache_is_over(const rel_cache *cache, uint64_t more_bytes, uint64_t more_entries) {
  return cache->stats.bytes + more_bytes > cache->limits.max_bytes ||
         cache->stats.entries + more_entries > cache->limits.max_entries;
}

static bool space_is_over(const rel_cache_space *space, uint64_t more_bytes, uint64_t more_entries) {
  return space->stats.bytes + more_bytes > space->settings.max_bytes ||
         space->stats.entries + more_entries > space->settings.max_entries;
}

static void evict(rel_cache *cache, int64_t now_ns, rel_policy_node **chain) {
  rel_cache_entry *entry = (rel_cache_entry *)rel_policy_evict(&cache->policy);
  unlink_evicted(entry, reason_now(entry, now_ns), chain);
}

// Looks at the bucket under the hand, drops what is over, and moves on. With `evicting`, every entry that was
// asked for pays with one hit, and the first that cannot pay is evicted. Returns whether anything left.
static bool visit_bucket(rel_cache_space *space, int64_t now_ns, bool evicting, rel_policy_node **chain) {
  if (space->hand >= space->table->buckets) space->hand = 0;
  rel_cache_entry *entry = rel_table_bucket(space->table, space->hand++), *next, *victim = NULL;
  bool left = false;
  space->sweeps++;
  for (; entry != NULL; entry = next) {
    next = entry->chain;
    if (stale(entry) || expired(entry, now_ns)) {
      unlink_entry(entry, reason_now(entry, now_ns), chain);
      left = true;
    } else if (evicting && !rel_policy_spare(&entry->node) && victim == NULL) {
      victim = entry;
    }
  }
  space->sweeps--;
  if (victim == NULL || left) return left;
  unlink_entry(victim, EVICTED, chain);
  return true;
}

// Ends: every round over the table takes a hit from each entry, and hits are few.
static void evict_in_space(rel_cache_space *space, int64_t now_ns, rel_policy_node **chain) {
  while (!visit_bucket(space, now_ns, true, chain)) {
  }
}

static void make_room(rel_cache_space *space, uint64_t bytes, int64_t now_ns, rel_policy_node **chain) {
  rel_cache *cache = space->cache;
  while (space->stats.entries > 0 && space_is_over(space, bytes, 1))
    evict_in_space(space, now_ns, chain);
  while (cache->stats.entries > 0 && cache_is_over(cache, bytes, 1))
    evict(cache, now_ns, chain);
}

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

// Takes a piece of the garbage: up to FREE_AT_ONCE entries in front of the chain, and one table. Under the
// lock.
static rel_table *take_garbage(rel_cache *cache, rel_policy_node **chain) {
  for (int i = 0; i < FREE_AT_ONCE && cache->garbage != NULL; i++) {
    rel_policy_node *node = cache->garbage;
    cache->garbage = node->next;
    node->next = *chain;
    *chain = node;
  }
  rel_table *table = cache->garbage_tables;
  if (table != NULL) cache->garbage_tables = table->next;
  return table;
}

// Frees all of it, a piece at a time.
static void drain_garbage(rel_cache *cache) {
  for (bool more = true; more;) {
    rel_policy_node *chain = NULL;
    pthread_mutex_lock(&cache->lock);
    rel_table *table = take_garbage(cache, &chain);
    more = chain != NULL || table != NULL;
    pthread_mutex_unlock(&cache->lock);
    free_chain(chain);
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
  drain_garbage(cache);
  return dropped;
}

// --- Lookups ---

static uint32_t hash_key(const rel_cache_space *space, rel_str key) {
  return (uint32_t)XXH3_64bits_withSeed(key.ptr, key.len, space->seed);
}

// The blob of a key, borrowed.
static rel_blob *look_up(rel_cache_space *space, uint32_t hash, rel_str key, int64_t now_ns,
                         rel_policy_node **chain) {
  // Asked every time: an expired entry may have been the last.
  rel_cache_entry *entry = space->table != NULL ? rel_table_find(space->table, hash, key) : NULL;
  if (entry == NULL || stale(entry)) return NULL;
  if (expired(entry, now_ns)) {
    unlink_entry(entry, EXPIRED, chain);
    return NULL;
  }
  rel_policy_touch(&space->cache->policy, &entry->node);
  return entry->blob;
}

// In three passes, so that the memory reads of several keys overlap: entries are far apart, and so are their
// blobs.
static size_t look_up_some(rel_cache_space *space, const rel_str *keys, size_t count, int64_t now_ns,
                           rel_blob **out, rel_policy_node **chain) {
  uint32_t hashes[HASHES_AT_ONCE];
  size_t hits = 0;
  for (size_t i = 0; i < count; i++) {
    hashes[i] = hash_key(space, keys[i]);
    rel_table_prefetch(space->table, hashes[i]);
  }
  for (size_t i = 0; i < count; i++) {
    out[i] = look_up(space, hashes[i], keys[i], now_ns, chain);
    __builtin_prefetch(out[i], 1);
  }
  for (size_t i = 0; i < count; i++) {
    if (out[i] == NULL) continue;
    rel_blob_ref(out[i]);
    hits++;
  }
  return hits;
}

// As many keys as the lock is held for at once; what is left when the version moves on in between misses.
static size_t get_locked(rel_cache_space *space, uint64_t version, const rel_str *keys, size_t count,
                         int64_t now_ns, rel_blob **out, rel_policy_node **chain) {
  rel_cache *cache = space->cache;
  size_t hits = 0, done = 0;
  pthread_mutex_lock(&cache->lock);
  // A caller whose version is not the cache's must not see what was stored under the cache's.
  bool usable = version != 0 && version == atomic_load_explicit(&cache->version, memory_order_relaxed);
  while (usable && space->table != NULL && done < count) {
    size_t some = count - done < HASHES_AT_ONCE ? count - done : HASHES_AT_ONCE;
    hits += look_up_some(space, keys + done, some, now_ns, out + done, chain);
    done += some;
  }
  space->stats.hits += hits;
  cache->stats.hits += hits;
  space->stats.misses += count - hits;
  cache->stats.misses += count - hits;
  pthread_mutex_unlock(&cache->lock);
  while (done < count)
    out[done++] = NULL;
  return hits;
}

size_t rel_cache_get(rel_cache_space *space, uint64_t version, const rel_str *keys, size_t count,
                     rel_blob **out) {
  int64_t now_ns = now(space->cache);
  rel_policy_node *chain = NULL;
  size_t hits = 0;
  for (size_t done = 0, some; done < count; done += some) {
    some = count - done < KEYS_A_LOCK ? count - done : KEYS_A_LOCK;
    hits += get_locked(space, version, keys + done, some, now_ns, out + done, &chain);
  }
  free_chain(chain);
  return hits;
}

// --- Fills ---

static uint64_t generation_now(const rel_cache_space *space) {
  // Both only grow, so the sum is what it was only if both are.
  return atomic_load_explicit(&space->generation, memory_order_acquire) +
         atomic_load_explicit(&space->cache->generation, memory_order_acquire);
}

rel_cache_ticket rel_cache_ticket_now(const rel_cache_space *space, uint64_t version) {
  return (rel_cache_ticket){version, generation_now(space)};
}

static bool switched_on(const rel_cache_space *space) {
  return space->settings.enabled && space->settings.ttl_ns > 0;
}

static bool fits(const rel_cache_space *space, uint64_t bytes) {
  const rel_cache_limits *limits = &space->cache->limits;
  return bytes <= REL_POLICY_MAX_SIZE && bytes <= limits->max_bytes / 10 &&
         bytes <= space->settings.max_bytes / 10 && limits->max_entries > 0 &&
         space->settings.max_entries > 0;
}

static bool current(const rel_cache_space *space, rel_cache_ticket ticket) {
  return ticket.version != 0 &&
         ticket.version == atomic_load_explicit(&space->cache->version, memory_order_relaxed) &&
         ticket.generation == generation_now(space);
}

static rel_cache_entry *entry_new(rel_cache_space *space, rel_str key, rel_blob *blob, int64_t now_ns) {
  rel_cache_entry *entry = rel_alloc(sizeof *entry + key.len);
  *entry = (rel_cache_entry){
      .blob = rel_blob_ref(blob), .space = space, .stored_ns = now_ns, .key_len = (uint32_t)key.len};
  if (key.len > 0) memcpy(entry->key, key.ptr, key.len);
  return entry;
}

static void insert(rel_cache_space *space, rel_cache_entry *entry, uint32_t hash, uint64_t bytes,
                   rel_policy_node **chain) {
  if (space->table == NULL) space->table = rel_table_new();
  rel_cache_entry *before = rel_table_find(space->table, hash, rel_bytes(entry->key, entry->key_len));
  if (before != NULL) unlink_entry(before, stale(before) ? INVALIDATED : REPLACED, chain);
  make_room(space, bytes, entry->stored_ns, chain);
  entry->epoch = space->epoch;
  rel_policy_insert(&space->cache->policy, &entry->node, hash, (uint32_t)bytes);
  rel_table_insert(space->table, entry);
  space->stats.entries++;
  space->cache->stats.entries++;
  space->stats.bytes += bytes;
  space->cache->stats.bytes += bytes;
  for (int i = 0; i < SWEEP_BUCKETS_A_PUT && space->settings.ttl_ns != REL_NEVER; i++)
    visit_bucket(space, entry->stored_ns, false, chain);
}

bool rel_cache_put(rel_cache_space *space, rel_str key, rel_blob *blob, rel_cache_ticket ticket) {
  rel_cache *cache = space->cache;
  uint64_t bytes = ENTRY_OVERHEAD + key.len + rel_blob_footprint(blob);
  if (bytes > REL_POLICY_MAX_SIZE || atomic_load_explicit(&cache->off, memory_order_relaxed)) return false;
  rel_cache_entry *entry = entry_new(space, key, blob, now(cache));
  uint32_t hash = hash_key(space, key);
  rel_policy_node *chain = NULL;
  pthread_mutex_lock(&cache->lock);
  bool kept = switched_on(space) && fits(space, bytes) && current(space, ticket);
  if (kept) insert(space, entry, hash, bytes, &chain);
  rel_table *table = take_garbage(cache, &chain);
  pthread_mutex_unlock(&cache->lock);
  if (!kept) entry_free(entry);
  free_chain(chain);
  rel_table_free(table);
  return kept;
}

// --- Invalidation ---

size_t rel_cache_remove(rel_cache_space *space, rel_str key) {
  rel_cache *cache = space->cache;
  uint32_t hash = hash_key(space, key);
  rel_policy_node *chain = NULL;
  size_t dropped = 0;
  pthread_mutex_lock(&cache->lock);
  atomic_fetch_add_explicit(&space->generation, 1, memory_order_release);
  rel_cache_entry *entry = space->table != NULL ? rel_table_find(space->table, hash, key) : NULL;
  if (entry != NULL) {
    dropped = !stale(entry);
    unlink_entry(entry, INVALIDATED, &chain);
  }
  pthread_mutex_unlock(&cache->lock);
  free_chain(chain);
  return dropped;
}

// Drops what is stale in a piece of the table from *bucket on; false at its end. Under the lock.
static bool sweep_some(rel_cache_space *space, uint64_t *bucket, size_t *dropped, rel_policy_node **chain) {
  for (int i = 0; i < SWEEP_BUCKETS; i++, ++*bucket) {
    if (space->table == NULL || *bucket >= space->table->buckets) return false;
    for (rel_cache_entry *entry = rel_table_bucket(space->table, *bucket), *next; entry != NULL;
         entry = next) {
      next = entry->chain;
      if (!stale(entry)) continue;
      unlink_entry(entry, INVALIDATED, chain);
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
    free_chain(chain);
  }
  return dropped;
}

// --- Settings ---

static void settle(rel_cache *cache, rel_cache_space *space) {
  for (bool more = true; more;) {
    rel_policy_node *chain = NULL;
    int64_t now_ns = now(cache);
    int left = FREE_AT_ONCE;
    pthread_mutex_lock(&cache->lock);
    for (; left > 0 && space != NULL && space_is_over(space, 0, 0); left--)
      evict_in_space(space, now_ns, &chain);
    for (; left > 0 && cache_is_over(cache, 0, 0); left--)
      evict(cache, now_ns, &chain);
    more = left == 0;
    pthread_mutex_unlock(&cache->lock);
    free_chain(chain);
  }
}

static void set_limits(rel_cache *cache, const rel_cache_limits *limits) {
  cache->limits = *limits;
  atomic_store_explicit(&cache->off, limits->max_bytes == 0 || limits->max_entries == 0,
                        memory_order_relaxed);
}

void rel_cache_configure(rel_cache *cache, const rel_cache_limits *limits) {
  pthread_mutex_lock(&cache->lock);
  set_limits(cache, limits);
  pthread_mutex_unlock(&cache->lock);
  settle(cache, NULL);
  // Puts free the garbage, and when it is off there are none.
  if (atomic_load_explicit(&cache->off, memory_order_relaxed)) drain_garbage(cache);
}

void rel_cache_space_configure(rel_cache_space *space, const rel_cache_space_settings *settings) {
  pthread_mutex_lock(&space->cache->lock);
  space->settings = *settings;
  bool on = switched_on(space);
  pthread_mutex_unlock(&space->cache->lock);
  if (!on)
    rel_cache_clear_space(space);
  else
    settle(space->cache, space);
}

void rel_cache_limits_now(rel_cache *cache, rel_cache_limits *out) {
  pthread_mutex_lock(&cache->lock);
  *out = cache->limits;
  pthread_mutex_unlock(&cache->lock);
}

void rel_cache_space_settings_now(rel_cache_space *space, rel_cache_space_settings *out) {
  pthread_mutex_lock(&space->cache->lock);
  *out = space->settings;
  pthread_mutex_unlock(&space->cache->lock);
}

void rel_cache_stats_now(rel_cache *cache, rel_cache_stats *out) {
  pthread_mutex_lock(&cache->lock);
  *out = cache->stats;
  pthread_mutex_unlock(&cache->lock);
}

void rel_cache_space_stats_now(rel_cache_space *space, rel_cache_stats *out) {
  pthread_mutex_lock(&space->cache->lock);
  *out = space->stats;
  pthread_mutex_unlock(&space->cache->lock);
}

// --- Lifecycles ---

// Keys come from strangers, who must not be able to choose ones that collide.
static uint64_t random_seed(void) {
  uint64_t seed;
  if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == (ssize_t)sizeof seed) return seed;
  return (uint64_t)rel_clock_ns() * UINT64_C(0x9E3779B97F4A7C15) ^ (uint64_t)(uintptr_t)&seed;
}

rel_cache *rel_cache_new(const rel_cache_limits *limits) {
  rel_cache *cache = REL_NEW(rel_cache);
  pthread_mutex_init(&cache->lock, NULL);
  cache->now_ns = clock_ns;
  cache->seed = random_seed();
  atomic_init(&cache->version, 0);
  atomic_init(&cache->generation, 0);
  atomic_init(&cache->off, false);
  set_limits(cache, limits);
  rel_policy_init(&cache->policy, NULL);
  return cache;
}

void rel_cache_free(rel_cache *cache) {
  if (cache == NULL) return;
  assert(cache->spaces == NULL);
  drain_garbage(cache);
  rel_policy_fini(&cache->policy);
  pthread_mutex_destroy(&cache->lock);
  free(cache);
}

void rel_cache_set_clock(rel_cache *cache, int64_t (*now_ns)(void *context), void *context) {
  cache->now_ns = now_ns;
  cache->clock_context = context;
}

rel_cache_space *rel_cache_space_open(rel_cache *cache, const rel_cache_space_settings *settings) {
  rel_cache_space *space = REL_NEW(rel_cache_space);
  space->cache = cache;
  space->settings = *settings;
  atomic_init(&space->generation, 0);
  pthread_mutex_lock(&cache->lock);
  // A key has another hash in every space, or the policy would take them for one another.
  space->seed = cache->seed + ++cache->opened * UINT64_C(0x9E3779B97F4A7C15);
  space->next = cache->spaces;
  if (space->next != NULL) space->next->prev = space;
  cache->spaces = space;
  pthread_mutex_unlock(&cache->lock);
  return space;
}

void rel_cache_space_close(rel_cache_space *space) {
  if (space == NULL) return;
  rel_cache *cache = space->cache;
  rel_cache_clear_space(space);
  pthread_mutex_lock(&cache->lock);
  if (space->prev != NULL)
    space->prev->next = space->next;
  else
    cache->spaces = space->next;
  if (space->next != NULL) space->next->prev = space->prev;
  pthread_mutex_unlock(&cache->lock);
  rel_table_free(space->table);
  free(space);
}
