// Loads: see load.h. Owns one call's answers: asks the cache once for all keys, and flights for what it
// missed.
#include "server/loader/internal.h"

#include "server/loader/record_set.h"

struct rel_load {
  rel_blob **answers;
  size_t count;
  size_t max_bytes, bytes_before;
  size_t missed;
  void (*done)(rel_load *load, const rel_error *error, void *context);
  bool (*gone)(void *context);
  void *context;
  const char *label;

  atomic_size_t pending; // keys without an answer, and one for start itself
  atomic_size_t bytes;   // of the answers so far, and before
  atomic_bool failed;    // `error` is somebody's to write, or written
  rel_error error;
};

static void fail(rel_load *load, const rel_error *error) {
  // Whoever is first writes; done reads it after `pending` has reached zero, which every writer's decrement
  // precedes.
  if (!atomic_exchange_explicit(&load->failed, true, memory_order_relaxed)) load->error = *error;
}

// One key less to wait for; the last one reports.
static void settle(rel_load *load, size_t keys) {
  if (atomic_fetch_sub_explicit(&load->pending, keys, memory_order_acq_rel) != keys) return;
  bool failed = atomic_load_explicit(&load->failed, memory_order_relaxed);
  load->done(load, failed ? &load->error : NULL, load->context);
}

static void add_bytes(rel_load *load, size_t bytes) {
  size_t before = atomic_fetch_add_explicit(&load->bytes, bytes, memory_order_relaxed);
  if (before + bytes <= load->max_bytes) return;
  rel_error error;
  rel_fail(&error, REL_LIMIT, "%s: the answer is larger than %zu bytes; ask for fewer keys, or use Query",
           load->label, load->max_bytes);
  fail(load, &error);
}

void rel_load_deliver(rel_waiter *waiter, rel_blob *take_answer, const rel_error *error) {
  rel_load *load = waiter->load;
  load->answers[waiter->index] = take_answer;
  if (error != NULL)
    fail(load, error);
  else
    add_bytes(load, rel_blob_view(take_answer).len);
  settle(load, 1);
}

bool rel_load_gone(const rel_load *load) {
  // A failed load only waits for its flights to land.
  return atomic_load_explicit(&load->failed, memory_order_relaxed) ||
         (load->gone != NULL && load->gone(load->context));
}

// Answers NULL keys and hits; lists the rest.
static rel_missing answer_hits(rel_load *load, const rel_load_request *request, uint64_t version) {
  rel_missing m = {0};
  rel_str *keys = rel_arena_alloc(request->arena, request->count * sizeof *keys);
  size_t *places = rel_arena_alloc(request->arena, request->count * sizeof *places);
  rel_blob **found = rel_arena_alloc(request->arena, request->count * sizeof *found);
  size_t asked = 0;
  for (size_t i = 0; i < request->count; i++) {
    if (request->keys[i].is_null) {
      load->answers[i] = rel_record_set_without(RELATIONS__V1__LOAD_STATE__LOAD_STATE_NULL);
      continue;
    }
    keys[asked] = request->keys[i].bytes;
    places[asked++] = i;
  }
  size_t hits = rel_cache_get(request->source->space, version, keys, asked, found);
  size_t bytes = 0;
  if (hits < asked) m.waiters = REL_ARENA_ARRAY(request->arena, rel_waiter, asked - hits);
  for (size_t i = 0; i < asked; i++) {
    load->answers[places[i]] = found[i];
    if (found[i] != NULL) {
      bytes += rel_blob_view(found[i]).len;
      continue;
    }
    m.waiters[m.count] = (rel_waiter){load, places[i], NULL};
    keys[m.count++] = keys[i];
  }
  m.keys = keys;
  add_bytes(load, bytes);
  return m;
}

// A flight may have landed between the look into the cache and the opening of a new one. Its answer was
// offered to the cache before, so a second look finds it, and the key is not loaded twice.
static rel_flight *land_what_came(rel_source *source, rel_flight *opened, uint64_t version) {
  rel_flight *left = NULL, **last = &left;
  for (rel_flight *next; opened != NULL; opened = next) {
    next = opened->next;
    rel_str key = rel_bytes(opened->key, opened->key_len);
    rel_blob *answer;
    if (rel_cache_get(source->space, version, &key, 1, &answer) == 1) {
      rel_flight_land(source, opened, answer);
      continue;
    }
    opened->next = NULL;
    *last = opened;
    last = &opened->next;
  }
  return left;
}

void rel_load_start(const rel_load_request *request) {
  rel_source *source = request->source;
  rel_load *load = REL_ARENA_NEW(request->arena, rel_load);
  load->answers = REL_ARENA_ARRAY(request->arena, rel_blob *, request->count);
  load->count = request->count;
  load->max_bytes = request->max_bytes;
  load->bytes_before = request->bytes_before;
  atomic_store_explicit(&load->bytes, request->bytes_before, memory_order_relaxed);
  load->done = request->done;
  load->gone = request->gone;
  load->context = request->context;
  load->label = source->label;

  uint64_t version = rel_source_version(source);
  rel_cache_ticket ticket = rel_cache_ticket_now(source->space, version);
  uint64_t landed = rel_flights_landed(source);
  rel_missing missing = answer_hits(load, request, version);

  load->missed = missing.count;
  atomic_store_explicit(&load->pending, missing.count + 1, memory_order_relaxed);
  if (missing.count > 0) {
    rel_flight *opened = rel_flights_join(source, &missing, ticket, request->deadline_ns);
    if (rel_flights_landed(source) != landed) opened = land_what_came(source, opened, version);
    rel_flights_queue(source, opened);
  }
  settle(load, 1);
}

size_t rel_load_count(const rel_load *load) {
  return load->count;
}

size_t rel_load_bytes(const rel_load *load) {
  return atomic_load_explicit(&load->bytes, memory_order_relaxed) - load->bytes_before;
}

size_t rel_load_missed(const rel_load *load) {
  return load->missed;
}

rel_blob *rel_load_take(rel_load *load, size_t index) {
  rel_blob *answer = load->answers[index];
  load->answers[index] = NULL;
  return answer;
}

rel_found rel_load_key(const rel_load *load, size_t index, rel_str *key) {
  *key = rel_blob_view(load->answers[index]);
  if (key->len == 0) return REL_FOUND_NULL;
  if (rel_record_set_status(*key).ptr != NULL) return REL_FOUND_ERROR; // no key begins like it
  return rel_str_is(*key, REL_NO_ROW) ? REL_FOUND_NOTHING : REL_FOUND_KEY;
}

void rel_load_fini(rel_load *load) {
  for (size_t i = 0; i < load->count; i++)
    rel_blob_unref(load->answers[i]);
}
