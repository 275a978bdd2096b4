// The policy: which entry goes when there is no room. S3-FIFO (Yang et al., "FIFO queues are all you need for
// cache eviction", SOSP 2023): new nodes enter a small queue; those that are asked for twice before its end
// move to the main queue, those that are asked for once go through the small one again, the others leave and
// are remembered by their hash alone (the ghost); a node whose hash is remembered enters the main queue at
// once. So a scan passes through the small queue and leaves the main one alone, and a hit moves nothing: it
// only counts up.
//
// Used by cache.c, and by tests/bench/cache_sim as it is. It knows nothing of keys, blobs, limits or time:
// the caller says when there is no room, in whatever unit its sizes are. Not thread-safe: one owner, or the
// owner's lock.
#ifndef RELATIONS_SERVER_CACHE_POLICY_H
#define RELATIONS_SERVER_CACHE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { REL_POLICY_MAX_SIZE = (1 << 28) - 1, REL_POLICY_MAX_USES = 7 };

// What is evicted: the first member of the caller's entry. The caller reads hash and size, and writes
// nothing.
typedef struct rel_policy_node {
  struct rel_policy_node *prev;
  struct rel_policy_node *next;
  uint32_t hash;
  uint32_t size : 28;
  uint32_t uses : 3; // hits since it entered its queue, at most max_uses
  uint32_t in_main : 1;
} rel_policy_node;

// The knobs, with what was best by measurement in REL_POLICY_DEFAULTS.
typedef struct rel_policy_options {
  unsigned small_percent; // of all that is held; above it the small queue is evicted from first
  unsigned promote_uses;  // hits in the small queue that lead to the main one
  unsigned max_uses;      // how far hits count, and so how many rounds in the main queue they are worth
  unsigned ghost_percent; // hashes remembered, in percent of the nodes held
} rel_policy_options;

#define REL_POLICY_DEFAULTS ((rel_policy_options){10, 2, 4, 90})

typedef struct rel_policy_queue {
  rel_policy_node ends; // next: the newest, prev: the oldest
  uint64_t size;
  uint64_t count;
} rel_policy_queue;

// Hashes of what was evicted from the small queue, in sets of a few slots; a slot is 16 bits of a hash and
// when.
typedef struct rel_policy_ghost {
  uint32_t *slots;
  uint64_t mask;     // number of sets - 1
  uint64_t limit;    // how many evictions are remembered
  uint64_t inserted; // evictions so far
} rel_policy_ghost;

// Embed it. Its members are its own.
typedef struct rel_policy {
  rel_policy_options options;
  rel_policy_queue small;
  rel_policy_queue main;
  rel_policy_ghost ghost;
} rel_policy;

// `options` NULL: REL_POLICY_DEFAULTS. The policy must not move afterwards.
void rel_policy_init(rel_policy *policy, const rel_policy_options *options);
// The nodes stay the caller's.
void rel_policy_fini(rel_policy *policy);

// Takes a node in. Its size is at most REL_POLICY_MAX_SIZE.
void rel_policy_insert(rel_policy *policy, rel_policy_node *node, uint32_t hash, uint32_t size);
// A hit.
void rel_policy_touch(rel_policy *policy, rel_policy_node *node);
// The node's size has changed.
void rel_policy_resize(rel_policy *policy, rel_policy_node *node, uint32_t size);
// Takes a node out that the caller drops for reasons of its own.
void rel_policy_remove(rel_policy *policy, rel_policy_node *node);
// Chooses a victim and takes it out; NULL when nothing is held.
rel_policy_node *rel_policy_evict(rel_policy *policy);
// Takes every node out at once, in constant time, as a chain of `next` that goes on with `behind`. What is
// remembered stays.
rel_policy_node *rel_policy_take_all(rel_policy *policy, rel_policy_node *behind);

// For an owner that makes room among some of its nodes only: uses up one hit of the node; false when it had
// none.
bool rel_policy_spare(rel_policy_node *node);

#ifdef __cplusplus
}
#endif

#endif
