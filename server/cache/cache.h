// The cache: answers as ready-to-send bytes, bounded, never wrong.
//
// An entry is (space, key) -> blob, the wire bytes of a RecordSet. A space is one relation as declared, with
// its table and its settings: relations that may share entries share a space, all others have their own. So a
// space and the join value are everything that can change an answer, but for the data itself, for which there
// are two numbers: the database's version, which the caller reads before it loads and passes with what it
// loaded, and the space's generation, which every explicit invalidation moves on. Both together are a ticket.
// A fill with an old ticket is dropped, so a slow load cannot put back what has just been invalidated.
//
// Thread-safe, all of it; one lock, held for no longer than a lookup or a short piece of a sweep; nothing is
// called out to under it. Blobs are freed outside it. Eviction is S3-FIFO (Yang et al., SOSP 2023), in
// policy.c, which knows nothing of keys or bytes; a space that is over its own limit gives second chances
// among its entries.
#ifndef RELATIONS_SERVER_CACHE_CACHE_H
#define RELATIONS_SERVER_CACHE_CACHE_H

#include "common/blob.h"
#include "common/clock.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_cache rel_cache;
typedef struct rel_cache_space rel_cache_space;

// Limits of the whole cache. 0 bytes or entries: nothing is cached.
typedef struct rel_cache_limits {
  uint64_t max_bytes;   // payload, key and overhead
  uint64_t max_entries; // UINT64_MAX: only bytes count
} rel_cache_limits;

// Settings of a space.
typedef struct rel_cache_space_settings {
  bool enabled;
  int64_t ttl_ns;     // since an entry was stored; REL_NEVER: they do not expire. 0: nothing is cached
  uint64_t max_bytes; // UINT64_MAX: only the global limit
  uint64_t max_entries;
} rel_cache_space_settings;

// When a load began. Equal tickets: nothing was invalidated in between.
typedef struct rel_cache_ticket {
  uint64_t version;    // the database's, 0: unknown, never stored
  uint64_t generation; // the space's
} rel_cache_ticket;

// Monotonic counters and sizes. Those of the cache are the sums, closed spaces included.
typedef struct rel_cache_stats {
  uint64_t hits;
  uint64_t misses;
  uint64_t evictions;
  uint64_t expirations;
  uint64_t invalidations;
  uint64_t bytes; // payload, key and overhead, the share of the index included; not what is being freed
  uint64_t entries;
} rel_cache_stats;

rel_cache *rel_cache_new(const rel_cache_limits *limits);
// After the last space is closed. Accepts NULL.
void rel_cache_free(rel_cache *cache);
// For tests: what tells the time instead of rel_clock_ns. Before anything else uses the cache.
void rel_cache_set_clock(rel_cache *cache, int64_t (*now_ns)(void *context), void *context);

// A space of its own, empty.
rel_cache_space *rel_cache_space_open(rel_cache *cache, const rel_cache_space_settings *settings);
// Drops its entries and the space. Nobody may use it any more. Accepts NULL.
void rel_cache_space_close(rel_cache_space *space);

// Says which version the database has now. One that differs from the last drops every entry (and 0 does not:
// it only stops hits and fills of calls that pass it). Cheap when nothing changed. Returns the version, for
// the ticket.
uint64_t rel_cache_observe(rel_cache *cache, uint64_t version);

// The ticket for loading what is about to be missed.
rel_cache_ticket rel_cache_ticket_now(const rel_cache_space *space, uint64_t version);

// Looks up `count` keys at once: out[i] is a reference that the caller drops, or NULL. Counts hits and
// misses. With version 0 everything misses. Returns how many were hit. A disabled space misses, and counts.
size_t rel_cache_get(rel_cache_space *space, uint64_t version, const rel_str *keys, size_t count,
                     rel_blob **out);

// Offers an entry; the cache takes a reference of its own. Returns whether it was kept: not with an old
// ticket, not when it is disabled or larger than a tenth of a limit in bytes.
bool rel_cache_put(rel_cache_space *space, rel_str key, rel_blob *blob, rel_cache_ticket ticket);

// Invalidation: drops entries, moves the generation on, returns how many were dropped.
size_t rel_cache_remove(rel_cache_space *space, rel_str key);
size_t rel_cache_clear_space(rel_cache_space *space);
size_t rel_cache_clear(rel_cache *cache);

// Changes limits at run time; what is over them is evicted before it returns, what is switched off is
// dropped. A new ttl holds for the entries that are there, too.
void rel_cache_configure(rel_cache *cache, const rel_cache_limits *limits);
void rel_cache_space_configure(rel_cache_space *space, const rel_cache_space_settings *settings);
void rel_cache_limits_now(rel_cache *cache, rel_cache_limits *out);
void rel_cache_space_settings_now(rel_cache_space *space, rel_cache_space_settings *out);

void rel_cache_stats_now(rel_cache *cache, rel_cache_stats *out);
void rel_cache_space_stats_now(rel_cache_space *space, rel_cache_stats *out);

#ifdef __cplusplus
}
#endif

#endif
