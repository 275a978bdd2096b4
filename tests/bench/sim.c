// Simulated caches: see sim.h. Keys are small numbers, so each is an index into arrays.
#include "tests/bench/sim.h"

// --- The server's policy ---

uint64_t rel_sim_policy(const rel_trace *trace, uint32_t capacity, const rel_policy_options *options) {
  rel_policy policy;
  rel_policy_init(&policy, options);
  rel_policy_node *nodes = rel_alloc0(trace->distinct, sizeof *nodes);
  bool *held = rel_alloc0(trace->distinct, sizeof *held);
  uint64_t hits = 0, used = 0;
  for (size_t i = 0; i < trace->count; i++) {
    uint32_t key = trace->keys[i];
    if (held[key]) {
      hits++;
      rel_policy_touch(&policy, &nodes[key]);
      continue;
    }
    if (used == capacity)
      held[rel_policy_evict(&policy) - nodes] = false;
    else
      used++;
    held[key] = true;
    rel_policy_insert(&policy, &nodes[key], (uint32_t)(key * UINT64_C(0xD6E8FEB86659FD93) >> 32), 1);
  }
  free(held);
  free(nodes);
  rel_policy_fini(&policy);
  return hits;
}

// --- Lists, for LRU and SIEVE. Index `distinct` is both ends. ---

typedef struct list {
  uint32_t *newer;
  uint32_t *older;
  bool *held;
  bool *visited;
  uint32_t ends;
  uint32_t used;
} list;

static void list_init(list *l, uint32_t distinct) {
  *l = (list){.ends = distinct};
  l->newer = rel_alloc0((size_t)distinct + 1, sizeof *l->newer);
  l->older = rel_alloc0((size_t)distinct + 1, sizeof *l->older);
  l->held = rel_alloc0((size_t)distinct + 1, sizeof *l->held);
  l->visited = rel_alloc0((size_t)distinct + 1, sizeof *l->visited);
  l->newer[distinct] = l->older[distinct] = distinct;
}

static void list_fini(list *l) {
  free(l->newer);
  free(l->older);
  free(l->held);
  free(l->visited);
}

static void list_push(list *l, uint32_t key) {
  l->newer[key] = l->ends;
  l->older[key] = l->older[l->ends];
  l->newer[l->older[key]] = key;
  l->older[l->ends] = key;
  l->held[key] = true;
  l->used++;
}

static void list_remove(list *l, uint32_t key) {
  l->newer[l->older[key]] = l->newer[key];
  l->older[l->newer[key]] = l->older[key];
  l->held[key] = false;
  l->used--;
}

uint64_t rel_sim_lru(const rel_trace *trace, uint32_t capacity) {
  list l;
  list_init(&l, trace->distinct);
  uint64_t hits = 0;
  for (size_t i = 0; i < trace->count; i++) {
    uint32_t key = trace->keys[i];
    if (l.held[key]) {
      hits++;
      list_remove(&l, key);
    } else if (l.used == capacity) {
      list_remove(&l, l.newer[l.ends]);
    }
    list_push(&l, key);
  }
  list_fini(&l);
  return hits;
}

// Moves the hand from old to new, past what was visited, and takes out where it stops.
static uint32_t sieve_evict(list *l, uint32_t hand) {
  if (hand == l->ends) hand = l->newer[l->ends];
  while (l->visited[hand]) {
    l->visited[hand] = false;
    hand = l->newer[hand];
    if (hand == l->ends) hand = l->newer[l->ends];
  }
  uint32_t next = l->newer[hand];
  list_remove(l, hand);
  return next;
}

uint64_t rel_sim_sieve(const rel_trace *trace, uint32_t capacity) {
  list l;
  list_init(&l, trace->distinct);
  uint64_t hits = 0;
  uint32_t hand = l.ends;
  for (size_t i = 0; i < trace->count; i++) {
    uint32_t key = trace->keys[i];
    if (l.held[key]) {
      hits++;
      l.visited[key] = true;
      continue;
    }
    if (l.used == capacity) hand = sieve_evict(&l, hand);
    l.visited[key] = false;
    list_push(&l, key);
  }
  list_fini(&l);
  return hits;
}

// --- Belady: a heap of held keys, the one whose next use is farthest on top ---

typedef struct heap {
  uint32_t *keys;
  uint32_t *at;   // by key: place in `keys` + 1, 0: not held
  uint64_t *next; // by key
  uint32_t used;
} heap;

static void heap_set(heap *h, uint32_t place, uint32_t key) {
  h->keys[place] = key;
  h->at[key] = place + 1;
}

static void heap_up(heap *h, uint32_t place) {
  uint32_t key = h->keys[place];
  for (; place > 0 && h->next[h->keys[(place - 1) / 2]] < h->next[key]; place = (place - 1) / 2)
    heap_set(h, place, h->keys[(place - 1) / 2]);
  heap_set(h, place, key);
}

static void heap_down(heap *h, uint32_t place) {
  uint32_t key = h->keys[place];
  for (uint32_t child = 2 * place + 1; child < h->used; child = 2 * place + 1) {
    if (child + 1 < h->used && h->next[h->keys[child + 1]] > h->next[h->keys[child]]) child++;
    if (h->next[h->keys[child]] <= h->next[key]) break;
    heap_set(h, place, h->keys[child]);
    place = child;
  }
  heap_set(h, place, key);
}

// When each access's key is used again: next_use[i] > i.
static uint64_t *next_uses(const rel_trace *trace) {
  uint64_t *next = rel_alloc0(trace->count + 1, sizeof *next);
  uint64_t *seen = rel_alloc0((size_t)trace->distinct + 1, sizeof *seen);
  for (uint32_t key = 0; key < trace->distinct; key++)
    seen[key] = UINT64_MAX;
  for (size_t i = trace->count; i-- > 0;) {
    next[i] = seen[trace->keys[i]];
    seen[trace->keys[i]] = i;
  }
  free(seen);
  return next;
}

// A miss: into a free place, or in the place of what is used again later than this.
static void belady_store(heap *h, uint32_t capacity, uint32_t key) {
  if (h->used < capacity) {
    heap_set(h, h->used++, key);
    heap_up(h, h->used - 1);
  } else if (h->next[h->keys[0]] > h->next[key]) {
    h->at[h->keys[0]] = 0;
    heap_set(h, 0, key);
    heap_down(h, 0);
  }
}

uint64_t rel_sim_belady(const rel_trace *trace, uint32_t capacity) {
  uint64_t *uses = next_uses(trace), hits = 0;
  heap h = {.keys = rel_alloc0((size_t)capacity + 1, sizeof *h.keys),
            .at = rel_alloc0((size_t)trace->distinct + 1, sizeof *h.at),
            .next = rel_alloc0((size_t)trace->distinct + 1, sizeof *h.next)};
  for (size_t i = 0; i < trace->count; i++) {
    uint32_t key = trace->keys[i];
    h.next[key] = uses[i];
    if (h.at[key] == 0) {
      belady_store(&h, capacity, key);
      continue;
    }
    hits++;
    heap_up(&h, h.at[key] - 1); // its next use is later than the one that is now
  }
  free(h.keys);
  free(h.at);
  free(h.next);
  free(uses);
  return hits;
}
