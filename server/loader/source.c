// Sources: see source.h. Owns their making, their end and their counters; how they load is flight.c's.
#include "server/loader/internal.h"

rel_code rel_source_new(const rel_source_options *options, rel_source **out, rel_error *error) {
  rel_source *source = REL_NEW(rel_source);
  source->options = *options;
  if (options->feed.ops == NULL) source->options.feed = rel_store_feed(options->store);
  const rel_feed *feed = &source->options.feed;
  rel_code code = feed->ops->plan_new(feed->object, &options->lookup, &source->plan, error);
  if (code != REL_OK) {
    free(source);
    return code;
  }
  source->label = rel_strdup(rel_cstr(options->label));
  source->options.label = source->label;
  source->space = rel_cache_space_open(options->cache, &options->cache_settings);
  source->job = (rel_job){
      .plan = source->plan,
      .take = rel_flight_take,
      .row = rel_flight_row,
      .bad_row = rel_flight_bad_row,
      .done = rel_flight_done,
      .gone = rel_flight_gone,
  };
  source->last = &source->first;
  pthread_mutex_init(&source->lock, NULL);
  *out = source;
  return REL_OK;
}

rel_code rel_source_variant(const rel_source *base, const rel_source_change *change, rel_keeper keeper,
                            rel_source **out, rel_error *error) {
  rel_source_options options = base->options;
  rel_lookup *lookup = &options.lookup;
  if (options.single)
    lookup->verdict = change->condition;
  else
    lookup->choice = (rel_choice){.condition = change->condition,
                                  .order_by = change->order_by,
                                  .order_count = change->order_count,
                                  .after = change->after,
                                  .seeks = change->seeks,
                                  .seek_count = change->seek_count};
  if (change->count) lookup->output = REL_OUTPUT_COUNT;
  lookup->columns = change->columns;
  lookup->column_count = change->column_count;
  if (change->page > 0) {
    lookup->choice.limit = change->page + 1; // one more tells that there is more
    lookup->cursors = true;
    options.page = change->page;
  }
  lookup->late = true;
  options.cache_settings.enabled = false;
  options.keeper = keeper;
  return rel_source_new(&options, out, error);
}

void rel_source_free(rel_source *source) {
  if (source == NULL) return;
  const rel_feed *feed = &source->options.feed;
  feed->ops->plan_free(feed->object, source->plan);
  rel_cache_space_close(source->space);
  pthread_mutex_destroy(&source->lock);
  free(source->label);
  free(source);
}

rel_cache_space *rel_source_space(const rel_source *source) {
  return source->space;
}

const rel_lookup *rel_source_lookup(const rel_source *source) {
  return &source->options.lookup;
}

size_t rel_source_max_batch(const rel_source *source) {
  size_t most = source->options.feed.ops->max_batch_keys;
  return most > 0 && most < REL_RUN_MAX_KEYS ? most : REL_RUN_MAX_KEYS;
}

bool rel_source_is_of_database(const rel_source *source) {
  return source->options.feed.object == source->options.store;
}

uint64_t rel_source_version(const rel_source *source) {
  rel_store *store = source->options.store;
  return rel_cache_observe(source->options.cache, store->ops->version(store));
}

// Relaxed: counters, which order nothing.
static uint64_t counter(const atomic_ullong *value) {
  return atomic_load_explicit(value, memory_order_relaxed);
}

void rel_source_stats_now(const rel_source *source, rel_source_stats *out) {
  *out = (rel_source_stats){
      .joined = counter(&source->joined),
      .statements = counter(&source->statements),
      .rows = counter(&source->rows),
      .dangling = counter(&source->dangling),
      .errors = counter(&source->errors),
  };
}
