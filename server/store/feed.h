// A feed: the part of a store that a source needs, which is: a lookup is compiled, jobs are queued, rows come
// back. Made by a store for its own tables, and by server/custom for a custom loader, so that server/loader
// batches, shares and caches the answers of both alike and knows neither.
//
// Threads and callbacks are those of store.h. By value; what it points at outlives whoever holds it.
#ifndef RELATIONS_SERVER_STORE_FEED_H
#define RELATIONS_SERVER_STORE_FEED_H

#include "server/store/store.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_feed_ops {
  // As in rel_store_ops.
  rel_code (*plan_new)(void *object, const rel_lookup *lookup, rel_plan **out, rel_error *error);
  void (*plan_free)(void *object, rel_plan *plan);
  void (*submit)(void *object, rel_job *job);

  // The most that one take may fill a batch with; 0: the job's own measure.
  size_t max_batch_keys;
  size_t max_batch_bytes; // of keys
} rel_feed_ops;

typedef struct rel_feed {
  const rel_feed_ops *ops;
  void *object;
} rel_feed;

// The feed of a store.
rel_feed rel_store_feed(rel_store *store);

#ifdef __cplusplus
}
#endif

#endif
