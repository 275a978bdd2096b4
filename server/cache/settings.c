// What the cache is told, and tells: see cache.h and inside.h. Limits, settings, counters; how a cache and
// its spaces begin and end.
#include "server/cache/inside.h"

#include <assert.h>
#include <sys/random.h>

// --- Settings ---

static void settle(rel_cache *cache, rel_cache_space *space) {
  for (bool more = true; more;) {
    rel_policy_node *chain = NULL;
    int64_t now_ns = rel_cache_time(cache);
    int left = REL_CACHE_FREE_AT_ONCE;
    pthread_mutex_lock(&cache->lock);
    for (; left > 0 && space != NULL && rel_cache_space_is_over(space, 0, 0); left--)
      rel_cache_evict_in_space(space, now_ns, &chain);
    for (; left > 0 && rel_cache_is_over(cache, 0, 0); left--)
      rel_cache_evict_one(cache, now_ns, &chain);
    more = left == 0;
    pthread_mutex_unlock(&cache->lock);
    rel_cache_free_chain(chain);
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
  if (atomic_load_explicit(&cache->off, memory_order_relaxed)) rel_cache_drain_garbage(cache);
}

void rel_cache_space_configure(rel_cache_space *space, const rel_cache_space_settings *settings) {
  pthread_mutex_lock(&space->cache->lock);
  space->settings = *settings;
  bool on = rel_cache_space_is_on(space);
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

static int64_t clock_ns(void *context) {
  (void)context;
  return rel_clock_ns();
}

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
  rel_cache_drain_garbage(cache);
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
