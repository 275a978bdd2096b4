// Entries of the cache: see cache.h and inside.h. How they are found, kept, and made room for.
#include "server/cache/inside.h"

enum {
  KEYS_A_LOCK = 1024,      // looked up before the lock is let go
  HASHES_AT_ONCE = 32,     // of them
  SWEEP_BUCKETS_A_PUT = 2, // for expired entries
};

// What an entry costs beyond key and blob: itself, its bucket, and its share of the policy's memory of
// evicted hashes.
enum { ENTRY_OVERHEAD = sizeof(rel_cache_entry) + sizeof(rel_cache_entry *) + 8 };

// --- Leaving ---

static void entry_free(rel_cache_entry *entry) {
  rel_blob_unref(entry->blob);
  free(entry);
}

void rel_cache_free_chain(rel_policy_node *chain) {
  for (rel_policy_node *node = chain, *next; node != NULL; node = next) {
    next = node->next;
    entry_free((rel_cache_entry *)node);
  }
}

static void count_reason(rel_cache_stats *stats, rel_cache_reason why) {
  stats->evictions += why == REL_CACHE_EVICTED;
  stats->expirations += why == REL_CACHE_EXPIRED;
  stats->invalidations += why == REL_CACHE_INVALIDATED;
}

// Takes an entry that the policy has already let go out of its index and puts it on the chain.
static void unlink_evicted(rel_cache_entry *entry, rel_cache_reason why, rel_policy_node **chain) {
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

void rel_cache_unlink(rel_cache_entry *entry, rel_cache_reason why, rel_policy_node **chain) {
  rel_policy_remove(&entry->space->cache->policy, &entry->node);
  unlink_evicted(entry, why, chain);
}

static bool expired(const rel_cache_entry *entry, int64_t now_ns) {
  int64_t ttl_ns = entry->space->settings.ttl_ns;
  return ttl_ns != REL_NEVER && now_ns - entry->stored_ns >= ttl_ns;
}

// Why an entry that goes now is gone: what was over before its place was wanted was not evicted.
static rel_cache_reason reason_now(const rel_cache_entry *entry, int64_t now_ns) {
  return rel_cache_stale(entry)   ? REL_CACHE_INVALIDATED
         : expired(entry, now_ns) ? REL_CACHE_EXPIRED
                                  : REL_CACHE_EVICTED;
}

// --- Making room ---

void rel_cache_evict_one(rel_cache *cache, int64_t now_ns, rel_policy_node **chain) {
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
    if (rel_cache_stale(entry) || expired(entry, now_ns)) {
      rel_cache_unlink(entry, reason_now(entry, now_ns), chain);
      left = true;
    } else if (evicting && !rel_policy_spare(&entry->node) && victim == NULL) {
      victim = entry;
    }
  }
  space->sweeps--;
  if (victim == NULL || left) return left;
  rel_cache_unlink(victim, REL_CACHE_EVICTED, chain);
  return true;
}

// It ends: every round over the table takes a hit from each entry, and hits are few.
void rel_cache_evict_in_space(rel_cache_space *space, int64_t now_ns, rel_policy_node **chain) {
  while (!visit_bucket(space, now_ns, true, chain)) {
  }
}

static void make_room(rel_cache_space *space, uint64_t bytes, int64_t now_ns, rel_policy_node **chain) {
  rel_cache *cache = space->cache;
  while (space->stats.entries > 0 && rel_cache_space_is_over(space, bytes, 1))
    rel_cache_evict_in_space(space, now_ns, chain);
  while (cache->stats.entries > 0 && rel_cache_is_over(cache, bytes, 1))
    rel_cache_evict_one(cache, now_ns, chain);
}

// --- Lookups ---

// The blob of a key, borrowed.
static rel_blob *look_up(rel_cache_space *space, uint32_t hash, rel_str key, int64_t now_ns,
                         rel_policy_node **chain) {
  // Asked every time: an expired entry may have been the last.
  rel_cache_entry *entry = space->table != NULL ? rel_table_find(space->table, hash, key) : NULL;
  if (entry == NULL || rel_cache_stale(entry)) return NULL;
  if (expired(entry, now_ns)) {
    rel_cache_unlink(entry, REL_CACHE_EXPIRED, chain);
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
    hashes[i] = rel_cache_hash(space, keys[i]);
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
  int64_t now_ns = rel_cache_time(space->cache);
  rel_policy_node *chain = NULL;
  size_t hits = 0;
  for (size_t done = 0, some; done < count; done += some) {
    some = count - done < KEYS_A_LOCK ? count - done : KEYS_A_LOCK;
    hits += get_locked(space, version, keys + done, some, now_ns, out + done, &chain);
  }
  rel_cache_free_chain(chain);
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
  if (before != NULL)
    rel_cache_unlink(before, rel_cache_stale(before) ? REL_CACHE_INVALIDATED : REL_CACHE_REPLACED, chain);
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
  rel_cache_entry *entry = entry_new(space, key, blob, rel_cache_time(cache));
  uint32_t hash = rel_cache_hash(space, key);
  rel_policy_node *chain = NULL;
  pthread_mutex_lock(&cache->lock);
  bool kept = rel_cache_space_is_on(space) && fits(space, bytes) && current(space, ticket);
  if (kept) insert(space, entry, hash, bytes, &chain);
  rel_table *table = rel_cache_take_garbage(cache, &chain);
  pthread_mutex_unlock(&cache->lock);
  if (!kept) entry_free(entry);
  rel_cache_free_chain(chain);
  rel_table_free(table);
  return kept;
}
