// S3-FIFO: see policy.h.
#include "server/cache/policy.h"

#include "common/str.h"

#include <assert.h>

// --- Queues ---

static void queue_init(rel_policy_queue *queue) {
  queue->ends.next = queue->ends.prev = &queue->ends;
  queue->size = queue->count = 0;
}

static void queue_push(rel_policy_queue *queue, rel_policy_node *node) {
  node->prev = &queue->ends;
  node->next = queue->ends.next;
  node->next->prev = node;
  queue->ends.next = node;
  queue->size += node->size;
  queue->count++;
}

static void queue_remove(rel_policy_queue *queue, rel_policy_node *node) {
  node->prev->next = node->next;
  node->next->prev = node->prev;
  queue->size -= node->size;
  queue->count--;
}

static rel_policy_queue *queue_of(rel_policy *policy, const rel_policy_node *node) {
  return node->in_main ? &policy->main : &policy->small;
}

// --- The ghost: a set-associative table. A wrong answer costs a worse place in a queue, nothing else. ---

enum { GHOST_WAYS = 8, GHOST_MIN_SETS = 8, GHOST_TICKS = 4096 };

// A slot is (when << 16 | mark), 0: empty. `when` counts ticks of 1/4096 of the limit, from 1 to 65535 and
// around.
static uint32_t ghost_now(const rel_policy_ghost *ghost) {
  uint64_t tick = ghost->limit / GHOST_TICKS + 1;
  return (uint32_t)(ghost->inserted / tick % UINT16_MAX) + 1;
}

static uint32_t ghost_age(const rel_policy_ghost *ghost, uint32_t slot) {
  uint32_t now = ghost_now(ghost), then = slot >> 16;
  return now >= then ? now - then : now + UINT16_MAX - then;
}

static uint32_t *ghost_set(const rel_policy_ghost *ghost, uint32_t hash, uint32_t *mark) {
  uint64_t mixed = hash * UINT64_C(0x9E3779B97F4A7C15);
  *mark = (uint32_t)(mixed >> 16) & UINT16_MAX;
  return ghost->slots + ((mixed >> 32) & ghost->mask) * GHOST_WAYS;
}

static bool ghost_fresh(const rel_policy_ghost *ghost, uint32_t slot) {
  uint64_t tick = ghost->limit / GHOST_TICKS + 1;
  return slot != 0 && ghost_age(ghost, slot) * tick < ghost->limit;
}

// Forgets the hash and says whether it was remembered.
static bool ghost_take(rel_policy_ghost *ghost, uint32_t hash) {
  if (ghost->slots == NULL) return false;
  uint32_t mark, *set = ghost_set(ghost, hash, &mark);
  for (unsigned i = 0; i < GHOST_WAYS; i++) {
    if ((set[i] & UINT16_MAX) != mark || !ghost_fresh(ghost, set[i])) continue;
    set[i] = 0;
    return true;
  }
  return false;
}

static void ghost_put(rel_policy_ghost *ghost, uint32_t hash) {
  uint32_t mark, *set = ghost_set(ghost, hash, &mark), *oldest = set;
  for (unsigned i = 0; i < GHOST_WAYS && *oldest != 0; i++) {
    if (set[i] == 0 || ghost_age(ghost, set[i]) > ghost_age(ghost, *oldest)) oldest = &set[i];
  }
  *oldest = ghost_now(ghost) << 16 | mark;
  ghost->inserted++;
}

// Fits the table to what is held now. A table that has become too small is begun anew: that happens while a
// cache fills, when there is nothing to remember yet.
static void ghost_fit(rel_policy_ghost *ghost, uint64_t limit) {
  uint64_t sets = GHOST_MIN_SETS;
  while (sets * GHOST_WAYS < limit + limit / 4)
    sets *= 2;
  if (ghost->slots == NULL || sets > ghost->mask + 1) {
    free(ghost->slots);
    ghost->slots = rel_alloc0(sets * GHOST_WAYS, sizeof *ghost->slots);
    ghost->mask = sets - 1;
  }
  // The limit sets the tick, and so what the times in the slots mean: it follows in steps, not with every
  // entry.
  if (limit > ghost->limit + ghost->limit / 8 || limit < ghost->limit - ghost->limit / 8)
    ghost->limit = limit;
}

// --- The policy ---

void rel_policy_init(rel_policy *policy, const rel_policy_options *options) {
  *policy = (rel_policy){.options = options != NULL ? *options : REL_POLICY_DEFAULTS};
  assert(policy->options.max_uses <= REL_POLICY_MAX_USES && policy->options.small_percent <= 100);
  queue_init(&policy->small);
  queue_init(&policy->main);
}

void rel_policy_fini(rel_policy *policy) {
  if (policy == NULL) return;
  free(policy->ghost.slots);
  policy->ghost.slots = NULL;
}

void rel_policy_insert(rel_policy *policy, rel_policy_node *node, uint32_t hash, uint32_t size) {
  assert(size <= REL_POLICY_MAX_SIZE);
  node->hash = hash;
  node->size = size & REL_POLICY_MAX_SIZE;
  node->uses = 0;
  node->in_main = ghost_take(&policy->ghost, hash);
  queue_push(queue_of(policy, node), node);
}

void rel_policy_touch(rel_policy *policy, rel_policy_node *node) {
  if (node->uses < policy->options.max_uses) node->uses = (node->uses + 1) & REL_POLICY_MAX_USES;
}

void rel_policy_resize(rel_policy *policy, rel_policy_node *node, uint32_t size) {
  assert(size <= REL_POLICY_MAX_SIZE);
  rel_policy_queue *queue = queue_of(policy, node);
  queue->size -= node->size;
  node->size = size & REL_POLICY_MAX_SIZE;
  queue->size += node->size;
}

void rel_policy_remove(rel_policy *policy, rel_policy_node *node) {
  queue_remove(queue_of(policy, node), node);
}

bool rel_policy_spare(rel_policy_node *node) {
  if (node->uses == 0) return false;
  node->uses = (node->uses - 1u) & REL_POLICY_MAX_USES;
  return true;
}

static bool small_is_due(const rel_policy *policy) {
  if (policy->small.count == 0) return false;
  if (policy->main.count == 0) return true;
  uint64_t share = (policy->small.size + policy->main.size) * policy->options.small_percent / 100;
  return policy->small.size > share;
}

// The oldest of the small queue: on to the main one or another round (NULL), or out.
static rel_policy_node *step_small(rel_policy *policy) {
  rel_policy_node *node = policy->small.ends.prev;
  queue_remove(&policy->small, node);
  if (node->uses > 0) {
    node->in_main = node->uses >= policy->options.promote_uses;
    node->uses = 0;
    queue_push(queue_of(policy, node), node);
    return NULL;
  }
  ghost_fit(&policy->ghost,
            (policy->main.count + policy->small.count + 1) * policy->options.ghost_percent / 100 + 1);
  ghost_put(&policy->ghost, node->hash);
  return node;
}

// The oldest of the main queue: another round (NULL), or out.
static rel_policy_node *step_main(rel_policy *policy) {
  rel_policy_node *node = policy->main.ends.prev;
  queue_remove(&policy->main, node);
  if (!rel_policy_spare(node)) return node;
  queue_push(&policy->main, node);
  return NULL;
}

rel_policy_node *rel_policy_evict(rel_policy *policy) {
  // Ends: every step evicts a node, or takes hits from one.
  while (policy->small.count + policy->main.count > 0) {
    rel_policy_node *victim = small_is_due(policy) ? step_small(policy) : step_main(policy);
    if (victim != NULL) return victim;
  }
  return NULL;
}

static rel_policy_node *queue_take_all(rel_policy_queue *queue, rel_policy_node *behind) {
  if (queue->count == 0) return behind;
  rel_policy_node *first = queue->ends.next;
  queue->ends.prev->next = behind;
  queue_init(queue);
  return first;
}

rel_policy_node *rel_policy_take_all(rel_policy *policy, rel_policy_node *behind) {
  return queue_take_all(&policy->small, queue_take_all(&policy->main, behind));
}
