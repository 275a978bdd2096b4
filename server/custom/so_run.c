// Runs and hands: see so_run.h. Owns the states of a run, and what a plugin may do to its batch.
#include "server/custom/so_run.h"

#include "common/arena.h"
#include "common/status.h"
#include "common/wire.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

// Field numbers of RecordSet.
enum { SET_RECORDS = 1, SET_ERROR = 4 };

// A run's life: QUEUED until a hand is free, RUNNING while the plugin has it, then DONE, for whoever waits;
// or LEFT, when nobody waits any more.
typedef enum run_state { QUEUED, RUNNING, DONE, LEFT } run_state;

typedef struct run {
  rel_plugin_batch batch; // first: what the plugin knows of it
  run_state state;        // under the hands' lock
  struct run *next;       // in their queue

  atomic_bool of_no_use;
  rel_deadline deadline; // the batch's, as it was last seen
  atomic_bool told;      // that it is cancelled, or out of time
  rel_arena arena;       // of the names and keys
  size_t keys;           // the plugin can write to the batch, not to this

  // The answer: the plugin's thread writes it, until the run is DONE.
  rel_buf *sets; // a RecordSet a key
  size_t bytes;
  size_t max_bytes;
  rel_code code; // REL_OK, or why none of it counts
  char message[REL_ERROR_MESSAGE_MAX];
} run;

struct rel_hands {
  rel_hands_options options;
  const rel_plugin *plugin;
  void *plugin_state;

  pthread_mutex_t lock; // of what follows, and of the runs' states
  pthread_cond_t work;  // a run was queued, or there will be none
  pthread_cond_t done;  // a run is, or a thread has ended
  run *first, **last;
  bool ending;
  unsigned running; // threads that have not ended

  pthread_t *ids; // of all threads; whoever makes and ends the hands
  unsigned started;
};

// --- What the plugin calls ---

static void spoil(run *r, rel_code code, const char *format, ...) REL_PRINTF(3, 4);
static void spoil(run *r, rel_code code, const char *format, ...) {
  if (r->code != REL_OK) return; // the first reason is the best one
  va_list args;
  va_start(args, format);
  vsnprintf(r->message, sizeof r->message, format, args);
  va_end(args);
  r->code = code;
}

static bool has_key(run *r, size_t index) {
  if (index < r->keys) return true;
  spoil(r, REL_BAD_DATA, "answered for key %zu of %zu", index, r->keys);
  return false;
}

static int add(rel_plugin_batch *batch, size_t index, const void *record, size_t len) {
  run *r = (run *)batch;
  if (!has_key(r, index)) return 0;
  if (record == NULL && len > 0) {
    spoil(r, REL_BAD_DATA, "added a record of %zu bytes that are nowhere", len);
    return 0;
  }
  if (len > r->max_bytes - r->bytes) {
    spoil(r, REL_LIMIT, "answered with more than %zu bytes", r->max_bytes);
    return 0;
  }
  r->bytes += len;
  rel_wire_put_bytes(&r->sets[index], SET_RECORDS, rel_bytes(record, len));
  return 1;
}

// A status that is none, or OK, which fails nothing, is UNKNOWN.
static rel_code code_of(int status) {
  enum { LAST_STATUS = 16 };
  return status > 0 && status <= LAST_STATUS ? rel_code_plain(rel_code_from_status(status)) : REL_UNKNOWN;
}

static void fail(rel_plugin_batch *batch, size_t index, int status, const char *message) {
  run *r = (run *)batch;
  if (!has_key(r, index)) return;
  rel_error error = {0};
  rel_buf text = {0};
  rel_fail(&error, code_of(status), "%s", message != NULL ? message : "");
  rel_status_write(&error, &text);
  r->sets[index].len = 0;
  rel_wire_put_bytes(&r->sets[index], SET_ERROR, rel_buf_view(&text));
  rel_buf_fini(&text);
}

// A plugin that is told to stop leaves off wherever it is, and may return OK: what it has answered by then is
// not all that there is, and never counts.
static bool tell(const rel_plugin_batch *batch, bool stop) {
  if (stop) atomic_store_explicit(&((run *)batch)->told, true, memory_order_release);
  return stop;
}

static int64_t remaining_ms(const rel_plugin_batch *batch) {
  int64_t left_ns = rel_deadline_get(&((const run *)batch)->deadline) - rel_clock_ns();
  return tell(batch, left_ns < REL_NS_PER_MS) ? 0 : left_ns / REL_NS_PER_MS;
}

static int cancelled(const rel_plugin_batch *batch) {
  run *r = (run *)batch;
  return tell(batch, atomic_load_explicit(&r->of_no_use, memory_order_acquire) ||
                         rel_deadline_get(&r->deadline) <= rel_clock_ns());
}

// --- Making and freeing a run ---

static void copy_part(run *r, const rel_sent_part *from, rel_plugin_part *to) {
  to->kind = (uint32_t)from->kind;
  if (from->kind == REL_SENT_INT64) {
    to->int64 = (int64_t)from->integer;
  } else if (from->kind == REL_SENT_UINT64) {
    to->uint64 = from->integer;
  } else {
    rel_str bytes = rel_arena_copy(&r->arena, from->bytes);
    to->bytes = bytes.ptr;
    to->len = bytes.len;
  }
}

static void copy_keys(run *r, const rel_plan *plan, const rel_batch *batch, const rel_asked *asked) {
  size_t width = plan->lookup.key_count;
  rel_plugin_part *parts = REL_ARENA_ARRAY(&r->arena, rel_plugin_part, asked->count * width);
  rel_sent_part part;
  for (size_t i = 0; i < asked->count; i++) {
    rel_str key = batch->keys[asked->sent[i]];
    for (size_t p = 0; p < width && rel_sent_next(plan, &key, p, &part); p++)
      copy_part(r, &part, &parts[i * width + p]);
  }
  r->batch.parts = parts;
  r->batch.part_count = width;
  r->batch.key_count = r->keys = asked->count;
}

static run *run_new(const rel_hands *hands, const rel_plan *plan, const rel_batch *batch,
                    const rel_asked *asked) {
  const rel_relation *relation = plan->lookup.relation;
  run *r = REL_NEW(run);
  rel_arena_init(&r->arena);
  r->batch = (rel_plugin_batch){
      .size = sizeof r->batch,
      .model = rel_arena_copy(&r->arena, relation->owner->name).ptr,
      .relation = rel_arena_copy(&r->arena, relation->name).ptr,
      .record_type = rel_arena_copy(&r->arena, relation->target->name).ptr,
      .add = add,
      .fail = fail,
      .cancelled = cancelled,
      .remaining_ms = remaining_ms,
  };
  copy_keys(r, plan, batch, asked);
  r->sets = rel_alloc0(asked->count, sizeof *r->sets);
  r->max_bytes = hands->options.max_answer_bytes;
  rel_deadline_set(&r->deadline, rel_deadline_get(batch->deadline));
  return r;
}

static void run_free(run *r) {
  for (size_t i = 0; i < r->keys; i++)
    rel_buf_fini(&r->sets[i]);
  free(r->sets);
  rel_arena_fini(&r->arena);
  free(r);
}

// --- A hand ---

static void call_plugin(const rel_hands *hands, run *r) {
  char message[REL_ERROR_MESSAGE_MAX] = "";
  int status = hands->plugin->load_batch(hands->plugin_state, &r->batch, message, sizeof message);
  message[sizeof message - 1] = '\0';
  if (status != REL_PLUGIN_OK)
    spoil(r, code_of(status), "%s", message[0] != '\0' ? message : "failed without a message");
}

static run *next_run(rel_hands *hands) {
  while (hands->first == NULL && !hands->ending)
    pthread_cond_wait(&hands->work, &hands->lock);
  run *r = hands->first;
  if (r == NULL) return NULL;
  hands->first = r->next;
  if (hands->first == NULL) hands->last = &hands->first;
  r->state = RUNNING;
  return r;
}

static void *work(void *object) {
  rel_hands *hands = object;
  pthread_mutex_lock(&hands->lock);
  for (run *r; (r = next_run(hands)) != NULL;) {
    pthread_mutex_unlock(&hands->lock);
    call_plugin(hands, r);
    pthread_mutex_lock(&hands->lock);
    if (r->state == LEFT) {
      run_free(r);
      continue;
    }
    r->state = DONE;
    pthread_cond_broadcast(&hands->done);
  }
  hands->running--;
  pthread_cond_broadcast(&hands->done);
  pthread_mutex_unlock(&hands->lock);
  return NULL;
}

// --- Whoever waits ---

static void wait_until(rel_hands *hands, int64_t ns) {
  struct timespec until = {.tv_sec = ns / REL_NS_PER_S, .tv_nsec = ns % REL_NS_PER_S};
  pthread_cond_timedwait(&hands->done, &hands->lock, &until);
}

static void enqueue(rel_hands *hands, run *r) {
  pthread_mutex_lock(&hands->lock);
  *hands->last = r;
  hands->last = &r->next;
  pthread_cond_signal(&hands->work);
  pthread_mutex_unlock(&hands->lock);
}

static void unqueue(rel_hands *hands, const run *r) {
  run **at = &hands->first;
  while (*at != r)
    at = &(*at)->next;
  *at = r->next;
  if (*at == NULL) hands->last = at;
}

// Ends the waiting. True: the run is the caller's to free. False: the plugin still has it, and its hand will.
static bool reclaim(rel_hands *hands, run *r) {
  pthread_mutex_lock(&hands->lock);
  run_state state = r->state;
  if (state == QUEUED) unqueue(hands, r);
  if (state == RUNNING) r->state = LEFT;
  pthread_mutex_unlock(&hands->lock);
  return state != RUNNING;
}

// A tenth of a second at most, so that the caller can ask what it asks now and then.
static bool wait_a_little(rel_hands *hands, const run *r, int64_t deadline_ns) {
  int64_t tick_ns = rel_clock_after(rel_clock_ns(), 100 * REL_NS_PER_MS);
  pthread_mutex_lock(&hands->lock);
  if (r->state != DONE) wait_until(hands, tick_ns < deadline_ns ? tick_ns : deadline_ns);
  bool done = r->state == DONE;
  pthread_mutex_unlock(&hands->lock);
  return done;
}

static rel_code out_of_time(const rel_job *job, rel_batch *batch, rel_error *error) {
  batch->given_up = true;
  rel_custom_fail(error, job->plan, REL_TIMEOUT, "the deadline passed");
  return REL_TIMEOUT;
}

// REL_OK when the run is done, however it went.
static rel_code wait_for(rel_hands *hands, run *r, const rel_crew *crew, rel_job *job, rel_batch *batch,
                         rel_error *error) {
  for (;;) {
    int64_t deadline_ns = rel_deadline_get(batch->deadline);
    rel_deadline_set(&r->deadline, deadline_ns); // whoever joined may have a later one
    if (wait_a_little(hands, r, deadline_ns)) return REL_OK;
    if (rel_crew_is_stopping(crew)) {
      rel_custom_fail(error, job->plan, REL_UNAVAILABLE, "the server is stopping");
      return REL_UNAVAILABLE;
    }
    if (rel_crew_of_no_use(crew, job, batch)) {
      rel_custom_fail(error, job->plan, REL_CANCELLED, "nobody waits for it any more");
      return REL_CANCELLED;
    }
    if (rel_deadline_get(batch->deadline) <= rel_clock_ns()) return out_of_time(job, batch, error);
  }
}

static rel_code take_answer(const run *r, rel_job *job, rel_batch *batch, const rel_asked *asked,
                            rel_error *error) {
  rel_code code = r->code;
  if (code != REL_OK) rel_custom_fail(error, job->plan, code, "%s", r->message);
  for (size_t i = 0; i < asked->count && code == REL_OK; i++)
    code = rel_custom_result(job->plan, job, batch, asked->sent[i], rel_buf_view(&r->sets[i]), error);
  return code;
}

// Sets *again when there is no answer, because the plugin was told to stop, and yet there is time: somebody
// with a later deadline has joined the batch meanwhile.
static rel_code load_once(rel_hands *hands, const rel_crew *crew, rel_job *job, rel_batch *batch,
                          const rel_asked *asked, bool *again, rel_error *error) {
  run *r = run_new(hands, job->plan, batch, asked);
  *again = false;
  enqueue(hands, r);
  rel_code code = wait_for(hands, r, crew, job, batch, error);
  if (code != REL_OK) atomic_store_explicit(&r->of_no_use, true, memory_order_release);
  if (!reclaim(hands, r)) return code;
  if (code == REL_OK && atomic_load_explicit(&r->told, memory_order_acquire)) {
    *again = rel_deadline_get(batch->deadline) > rel_clock_ns();
    code = out_of_time(job, batch, error);
  } else if (code == REL_OK) {
    code = take_answer(r, job, batch, asked, error);
  }
  run_free(r);
  return code;
}

rel_code rel_hands_load(rel_hands *hands, const rel_crew *crew, rel_job *job, rel_batch *batch,
                        const rel_asked *asked, rel_error *error) {
  for (;;) {
    bool again;
    rel_code code = load_once(hands, crew, job, batch, asked, &again, error);
    if (!again) return code;
  }
}

// --- Life ---

static rel_code start_threads(rel_hands *hands, rel_error *error) {
  pthread_mutex_lock(&hands->lock); // so that none looks at the count before it is whole
  rel_code code = REL_OK;
  for (unsigned i = 0; i < hands->options.threads && code == REL_OK; i++) {
    if (pthread_create(&hands->ids[i], NULL, work, hands) == 0)
      hands->running = ++hands->started;
    else
      code = rel_fail(error, REL_LIMIT, "no thread can be started");
  }
  pthread_mutex_unlock(&hands->lock);
  return code;
}

rel_code rel_hands_new(const rel_hands_options *options, const rel_plugin *plugin, void *state,
                       rel_hands **out, rel_error *error) {
  *out = NULL;
  rel_hands *hands = REL_NEW(rel_hands);
  hands->options = *options;
  hands->plugin = plugin;
  hands->plugin_state = state;
  hands->last = &hands->first;
  hands->ids = rel_alloc0(options->threads, sizeof *hands->ids);
  pthread_mutex_init(&hands->lock, NULL);
  pthread_cond_init(&hands->work, NULL);
  pthread_condattr_t clock;
  pthread_condattr_init(&clock);
  pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
  pthread_cond_init(&hands->done, &clock);
  pthread_condattr_destroy(&clock);
  rel_code code = start_threads(hands, error);
  if (code == REL_OK)
    *out = hands;
  else
    (void)rel_hands_end(hands); // none has called anything
  return code;
}

// Whether every thread has ended, within the time of patience.
static bool end_threads(rel_hands *hands) {
  int64_t until_ns = rel_clock_after(rel_clock_ns(), hands->options.patience_ns);
  pthread_mutex_lock(&hands->lock);
  hands->ending = true;
  pthread_cond_broadcast(&hands->work);
  while (hands->running > 0 && rel_clock_ns() < until_ns)
    wait_until(hands, until_ns);
  bool ended = hands->running == 0;
  pthread_mutex_unlock(&hands->lock);
  return ended;
}

bool rel_hands_end(rel_hands *hands) {
  if (hands == NULL) return true;
  bool ended = end_threads(hands);
  for (unsigned i = 0; i < hands->started && !ended; i++)
    pthread_detach(hands->ids[i]);
  if (!ended) return false;
  for (unsigned i = 0; i < hands->started; i++) // what the plugin has on a thread ends before it is unloaded
    pthread_join(hands->ids[i], NULL);
  pthread_cond_destroy(&hands->done);
  pthread_cond_destroy(&hands->work);
  pthread_mutex_destroy(&hands->lock);
  free(hands->ids);
  free(hands);
  return true;
}
