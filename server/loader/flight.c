// Flights and batches: one load per key however many callers wait, one statement for every key that waits.
//
// Called by load.c with keys that the cache missed, and by the store with rows. The life of a flight is in
// internal.h. Batching needs no timer: while every connection is busy, flights gather; the next one that is
// free takes them all.
#include "server/loader/internal.h"

#include "common/clock.h"
#include "server/loader/record_set.h"

// What one statement may hold in memory before its remaining keys are left to the next one.
static const size_t MAX_RUN_BYTES = 64u << 20;

// A batch while it is with the store. The context of a rel_batch; one thread's.
struct rel_run {
  rel_source *source;
  rel_flight **flights;
  rel_str *keys;
  uint8_t *key_bytes; // that they are made of: side by side, since a statement looks at them again and again
  size_t count;
  rel_deadline deadline;
  rel_buf set;     // RecordSet of the current key
  size_t current;  // index of the key whose rows are coming, SIZE_MAX at first
  size_t rows;     // of the current key
  size_t all_rows; // of all keys
  rel_buf cursor;  // with a page: where its last record stands
  bool cut;        // there are more
  bool withheld;   // the one record is not what was asked for
  size_t bytes;    // of every finished key
  bool gone;       // nobody waited when the store asked
  bool full;       // ended early: keys after the current one have not been read
};

static void count_up(atomic_ullong *counter, uint64_t by) {
  atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

// --- Joining and opening ---

static rel_flight *flight_open(rel_str key, rel_cache_ticket ticket) {
  rel_flight *flight = rel_alloc0(1, sizeof *flight + key.len);
  flight->ticket = ticket;
  flight->key_len = key.len;
  memcpy(flight->key, key.ptr, key.len);
  return flight;
}

static bool same_ticket(rel_cache_ticket a, rel_cache_ticket b) {
  return a.version == b.version && a.generation == b.generation && a.version != 0;
}

// Nobody joins it any more. Under the lock.
static void detach_locked(rel_source *source, rel_flight *flight) {
  if (!flight->detached) HASH_DEL(source->flights, flight);
  flight->detached = true;
}

// The flight that a load with this ticket may join, NULL when it must open its own. Under the lock.
static rel_flight *joinable(rel_source *source, rel_str key, rel_cache_ticket ticket) {
  rel_flight *flight;
  HASH_FIND(hh, source->flights, key.ptr, key.len, flight);
  if (flight == NULL) return NULL;
  if (flight->run == NULL) {
    // It will read later than now, so it sees all that this load must see; and its answer may then be as new.
    flight->ticket = ticket;
    return flight;
  }
  if (same_ticket(flight->ticket, ticket)) return flight;
  detach_locked(source, flight);
  return NULL;
}

static void board(rel_flight *flight, rel_waiter *waiter, int64_t deadline_ns) {
  waiter->next = flight->waiters;
  flight->waiters = waiter;
  if (deadline_ns > flight->deadline_ns) flight->deadline_ns = deadline_ns;
  if (flight->run != NULL && deadline_ns > rel_deadline_get(&flight->run->deadline))
    rel_deadline_set(&flight->run->deadline, deadline_ns);
}

rel_flight *rel_flights_join(rel_source *source, const rel_missing *missing, rel_cache_ticket ticket,
                             int64_t deadline_ns) {
  rel_flight *opened = NULL, **last = &opened;
  uint64_t joined = 0;
  pthread_mutex_lock(&source->lock);
  for (size_t i = 0; i < missing->count; i++) {
    rel_flight *flight = joinable(source, missing->keys[i], ticket);
    if (flight != NULL) {
      joined++;
    } else {
      flight = flight_open(missing->keys[i], ticket);
      HASH_ADD_KEYPTR(hh, source->flights, flight->key, flight->key_len, flight);
      *last = flight;
      last = &flight->next;
    }
    board(flight, &missing->waiters[i], deadline_ns);
  }
  pthread_mutex_unlock(&source->lock);
  count_up(&source->joined, joined);
  return opened;
}

// Whether the job must be submitted for what is in the queue now; whoever is told so does. Under the lock.
static bool must_submit_locked(rel_source *source) {
  bool must = !source->queued && source->first != NULL;
  source->queued = source->queued || must;
  return must;
}

// The source is kept until the batch is done. Not under the lock.
static void submit_job(rel_source *source) {
  const rel_feed *feed = &source->options.feed;
  source->options.keeper.ref(source->options.keeper.object);
  feed->ops->submit(feed->object, &source->job);
}

void rel_flights_queue(rel_source *source, rel_flight *opened) {
  if (opened == NULL) return;
  rel_flight **end = &opened;
  while (*end != NULL)
    end = &(*end)->next;
  pthread_mutex_lock(&source->lock);
  *source->last = opened;
  source->last = end;
  bool submit = must_submit_locked(source);
  pthread_mutex_unlock(&source->lock);
  if (submit) submit_job(source);
}

uint64_t rel_flights_landed(const rel_source *source) {
  return atomic_load_explicit(&source->landed, memory_order_acquire);
}

// --- Landing ---

// Takes the flight out of the table and its waiters out of the flight. Under the lock.
static rel_waiter *land_locked(rel_source *source, rel_flight *flight) {
  if (!flight->detached) HASH_DEL(source->flights, flight);
  // Release: who sees it finds in the cache what the flight was answered with, offered before.
  unsigned long long before = atomic_load_explicit(&source->landed, memory_order_relaxed);
  atomic_store_explicit(&source->landed, before + 1, memory_order_release);
  rel_waiter *waiters = flight->waiters;
  flight->waiters = NULL;
  return waiters;
}

// Answers everybody; afterwards each waiter's memory may be gone.
static void answer_waiters(rel_waiter *waiter, rel_blob *answer, const rel_error *error) {
  while (waiter != NULL) {
    rel_waiter *next = waiter->next;
    rel_load_deliver(waiter, answer != NULL ? rel_blob_ref(answer) : NULL, error);
    waiter = next;
  }
}

// The flight's end: its waiters have its answer, or the error, and it is freed.
static void land(rel_source *source, rel_flight *flight, const rel_error *error) {
  pthread_mutex_lock(&source->lock);
  rel_waiter *waiters = land_locked(source, flight);
  pthread_mutex_unlock(&source->lock);
  answer_waiters(waiters, error == NULL ? flight->answer : NULL, error);
  rel_blob_unref(flight->answer);
  free(flight);
}

void rel_flight_land(rel_source *source, rel_flight *flight, rel_blob *take_answer) {
  flight->answer = take_answer;
  land(source, flight, NULL);
}

// --- The job: what the store calls ---

static bool nobody_waits(const rel_flight *flight) {
  for (const rel_waiter *waiter = flight->waiters; waiter != NULL; waiter = waiter->next)
    if (!rel_load_gone(waiter->load)) return false;
  return true;
}

static void run_free(rel_run *run) {
  rel_buf_fini(&run->set);
  rel_buf_fini(&run->cursor);
  free(run->flights);
  free(run->keys);
  free(run->key_bytes);
  free(run);
}

// How many flights one batch takes at most, and the bytes of their keys. Under the lock.
static size_t waiting_locked(const rel_source *source, size_t *key_bytes) {
  size_t max_keys = rel_source_max_batch(source), count = 0;
  *key_bytes = 0;
  for (const rel_flight *flight = source->first; flight != NULL && count < max_keys; flight = flight->next) {
    *key_bytes += flight->key_len;
    count++;
  }
  return count;
}

// Moves as many live flights as one batch holds from the queue into the run, dead ones to `dead`. Under the
// lock.
static void take_locked(rel_source *source, rel_run *run, rel_flight **dead) {
  size_t max_bytes = source->options.feed.ops->max_batch_bytes, bytes = 0, waiting_bytes;
  int64_t now = rel_clock_ns();
  size_t waiting = waiting_locked(source, &waiting_bytes);
  run->flights = rel_alloc0(waiting, sizeof(rel_flight *));
  run->keys = rel_alloc0(waiting, sizeof(rel_str));
  uint8_t *key = run->key_bytes = rel_alloc(waiting_bytes);
  while (source->first != NULL && run->count < waiting) {
    rel_flight *flight = source->first;
    bytes += flight->key_len;
    if (max_bytes > 0 && bytes > max_bytes && run->count > 0) break;
    source->first = flight->next;
    flight->next = NULL;
    flight->run = run;
    if (flight->deadline_ns <= now || nobody_waits(flight)) {
      detach_locked(source, flight); // or somebody joins what is about to fail
      flight->next = *dead;
      *dead = flight;
      continue;
    }
    if (flight->deadline_ns > run->deadline.ns) run->deadline.ns = flight->deadline_ns;
    memcpy(key, flight->key, flight->key_len);
    run->keys[run->count] = rel_bytes(key, flight->key_len);
    run->flights[run->count++] = flight;
    key += flight->key_len;
  }
  if (source->first == NULL) source->last = &source->first;
}

void rel_flight_take(rel_job *job, rel_batch *batch) {
  rel_source *source = (rel_source *)job;
  rel_run *run = REL_NEW(rel_run);
  rel_flight *dead = NULL;
  run->source = source;
  run->current = SIZE_MAX;

  pthread_mutex_lock(&source->lock);
  source->queued = false;
  take_locked(source, run, &dead);
  bool more = must_submit_locked(source);
  pthread_mutex_unlock(&source->lock);

  *batch =
      (rel_batch){.keys = run->keys, .key_count = run->count, .deadline = &run->deadline, .context = run};
  if (run->count > 0) count_up(&source->statements, 1);
  if (more) submit_job(source);
  rel_error late;
  rel_fail(&late, REL_TIMEOUT, "%s: the deadline passed before a connection was free", source->label);
  for (rel_flight *next; dead != NULL; dead = next) {
    next = dead->next;
    land(source, dead, &late);
  }
}

bool rel_flight_gone(rel_job *job, const rel_batch *batch) {
  rel_source *source = (rel_source *)job;
  rel_run *run = batch->context;
  bool gone = true;
  pthread_mutex_lock(&source->lock);
  for (size_t i = 0; i < run->count && gone; i++)
    gone = nobody_waits(run->flights[i]);
  pthread_mutex_unlock(&source->lock);
  run->gone |= gone;
  return gone;
}

// Ends the current key with an error of its own.
static void fail_key(rel_run *run, rel_flight *flight, const rel_error *error) {
  rel_blob_unref(flight->answer);
  flight->answer = rel_record_set_error(error);
  flight->failed = true;
  run->set.len = 0;
  count_up(&run->source->errors, 1);
}

static void finish_current(rel_run *run) {
  if (run->current == SIZE_MAX) return;
  rel_flight *flight = run->flights[run->current];
  if (run->rows > 0 && flight->answer == NULL) {
    if (run->withheld)
      flight->answer = rel_record_set_without(RELATIONS__V1__LOAD_STATE__LOAD_STATE_FILTERED);
    else if (run->source->options.lookup.output == REL_OUTPUT_COUNT)
      flight->answer = rel_record_set_counted(run->rows);
    else if (run->cut)
      flight->answer = rel_record_set_cut(&run->set, rel_buf_view(&run->cursor));
    else
      flight->answer = rel_record_set_loaded(&run->set);
    run->bytes += rel_blob_view(flight->answer).len;
  }
  run->set.len = 0;
  run->rows = 0;
  run->cut = run->withheld = false;
}

// A row of a lookup of keys: the key itself is the answer.
static rel_code key_row(rel_run *run, size_t index, rel_str key) {
  rel_flight *flight = run->flights[index];
  if (flight->answer == NULL) flight->answer = rel_blob_copy(key);
  return REL_OK;
}

// A record of a relation to one: the first, of which a verdict decides; more are an error of a strict one,
// whatever the verdict.
static void take_single(rel_run *run, const rel_batch *batch, rel_flight *flight, rel_str bytes) {
  const rel_source_options *options = &run->source->options;
  rel_error error;
  if (run->rows == 1) {
    run->withheld = batch->withheld;
    if (!run->withheld && options->lookup.output == REL_OUTPUT_RECORD) rel_record_set_add(&run->set, bytes);
  } else if (options->strict) {
    rel_fail(&error, REL_STRICT, "%s is strict and has more than one record", options->label);
    fail_key(run, flight, &error);
  } else {
    run->rows = 1;
  }
}

static void take_many(rel_run *run, rel_flight *flight, rel_str bytes) {
  const rel_source_options *options = &run->source->options;
  rel_error error;
  if (run->rows <= options->limits.max_rows && run->set.len + bytes.len <= options->limits.max_bytes) {
    rel_record_set_add(&run->set, bytes);
    return;
  }
  rel_fail(&error, REL_LIMIT, "%s has more than %zu records or %zu bytes for one owner%s", options->label,
           options->limits.max_rows, options->limits.max_bytes,
           options->lookup.relation == NULL ? "; use Query, which streams" : "");
  fail_key(run, flight, &error);
}

// With a page: true for the record behind its last one, which only tells that there are more.
static bool ends_page(rel_run *run, const rel_batch *batch) {
  size_t page = run->source->options.page;
  if (page == 0) return false;
  run->cut = run->rows > page;
  if (run->cut) return true;
  run->cursor.len = 0;
  rel_buf_str(&run->cursor, batch->cursor);
  return false;
}

rel_code rel_flight_row(rel_job *job, rel_batch *batch, size_t index, rel_str bytes, rel_error *error) {
  rel_run *run = batch->context;
  const rel_source_options *options = &((rel_source *)job)->options;
  if (index != run->current) {
    finish_current(run);
    if (run->bytes > MAX_RUN_BYTES) {
      run->full = true;
      return rel_fail(error, REL_LIMIT, "the batch is full");
    }
    run->current = index;
  }
  run->all_rows++;
  rel_flight *flight = run->flights[index];
  if (options->lookup.output == REL_OUTPUT_KEY) return key_row(run, index, bytes);
  if (flight->failed) return REL_OK;
  run->rows++;
  if (options->single)
    take_single(run, batch, flight, bytes);
  else if (options->lookup.output != REL_OUTPUT_COUNT && !ends_page(run, batch))
    take_many(run, flight, bytes);
  return REL_OK;
}

void rel_flight_bad_row(rel_job *job, rel_batch *batch, size_t index, const rel_error *error) {
  (void)job;
  rel_run *run = batch->context;
  if (index != run->current) finish_current(run);
  run->current = index;
  fail_key(run, run->flights[index], error);
}

// The answer of a key that no row came for.
static void answer_absent(rel_source *source, rel_run *run, rel_flight *flight) {
  const rel_source_options *options = &source->options;
  if (options->lookup.output == REL_OUTPUT_KEY) {
    flight->answer = rel_blob_copy(rel_cstr(REL_NO_ROW));
  } else if (options->absence == REL_ABSENT_EMPTY) {
    flight->answer = rel_record_set_without(RELATIONS__V1__LOAD_STATE__LOAD_STATE_EMPTY);
  } else {
    count_up(&source->dangling, 1);
    flight->answer = rel_record_set_without(RELATIONS__V1__LOAD_STATE__LOAD_STATE_DANGLING);
    if (!options->strict) return;
    rel_buf key = {0};
    rel_error error;
    rel_key_format(rel_bytes(flight->key, flight->key_len), &key);
    rel_fail(&error, REL_STRICT, "%s is strict, and there is no record with key %s", options->label,
             rel_buf_text(&key));
    rel_buf_fini(&key);
    fail_key(run, flight, &error);
  }
}

// Puts the flights whose keys were not read back at the head of the queue.
static void requeue(rel_source *source, rel_flight *unread) {
  if (unread == NULL) return;
  pthread_mutex_lock(&source->lock);
  for (rel_flight *next; unread != NULL; unread = next) {
    next = unread->next;
    unread->run = NULL;
    unread->next = source->first;
    if (source->first == NULL) source->last = &unread->next;
    source->first = unread;
  }
  bool submit = must_submit_locked(source);
  pthread_mutex_unlock(&source->lock);
  if (submit) submit_job(source);
}

static void land_answered(rel_source *source, rel_run *run) {
  rel_flight *unread = NULL;
  for (size_t i = 0; i < run->count; i++) {
    rel_flight *flight = run->flights[i];
    if (flight->answer == NULL && run->full) {
      flight->next = unread;
      unread = flight;
      continue;
    }
    if (flight->answer == NULL) answer_absent(source, run, flight);
    if (!flight->failed) rel_cache_put(source->space, run->keys[i], flight->answer, flight->ticket);
    land(source, flight, NULL);
  }
  requeue(source, unread);
}

// The batch was given up: because nobody waited, or because of a deadline. Who joined one of its flights at
// that very moment, or had its deadline moved, did not ask for that, and is served by another batch. Takes
// those flights out of the run.
static rel_flight *take_waited_for(rel_source *source, rel_run *run) {
  rel_flight *waited = NULL;
  size_t left = 0;
  int64_t now_ns = rel_clock_ns();
  pthread_mutex_lock(&source->lock);
  for (size_t i = run->count; i-- > 0;) {
    rel_flight *flight = run->flights[i];
    if (flight->deadline_ns > now_ns && !nobody_waits(flight)) {
      flight->next = waited;
      waited = flight;
      rel_blob_unref(flight->answer);
      flight->answer = NULL;
      flight->failed = false;
      run->flights[i] = NULL;
    } else {
      detach_locked(source, flight);
    }
  }
  for (size_t i = 0; i < run->count; i++)
    if (run->flights[i] != NULL) run->flights[left++] = run->flights[i];
  run->count = left;
  pthread_mutex_unlock(&source->lock);
  return waited;
}

void rel_flight_done(rel_job *job, rel_batch *batch, rel_code code, const rel_error *error) {
  rel_source *source = (rel_source *)job;
  rel_run *run = batch->context;
  rel_keeper keeper = source->options.keeper;
  count_up(&source->rows, run->all_rows);
  if (code == REL_OK || run->full) {
    if (code == REL_OK) finish_current(run);
    run->full = code != REL_OK;
    land_answered(source, run);
  } else {
    rel_flight *waited = batch->given_up || run->gone ? take_waited_for(source, run) : NULL;
    if (run->count > 0) count_up(&source->errors, 1);
    for (size_t i = 0; i < run->count; i++)
      land(source, run->flights[i], error);
    requeue(source, waited);
  }
  run_free(run);
  keeper.unref(keeper.object); // the source may be gone now
}
