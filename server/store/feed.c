// The feed of a store: see feed.h. Hands everything on.
#include "server/store/feed.h"

static rel_code plan_new(void *object, const rel_lookup *lookup, rel_plan **out, rel_error *error) {
  rel_store *store = object;
  return store->ops->plan_new(store, lookup, out, error);
}

static void plan_free(void *object, rel_plan *plan) {
  rel_store *store = object;
  store->ops->plan_free(store, plan);
}

static void submit(void *object, rel_job *job) {
  rel_store *store = object;
  store->ops->submit(store, job);
}

rel_feed rel_store_feed(rel_store *store) {
  static const rel_feed_ops ops = {.plan_new = plan_new, .plan_free = plan_free, .submit = submit};
  return (rel_feed){&ops, store};
}
