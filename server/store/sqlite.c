// The SQLite store: a queue of jobs, a few threads with a read-only connection each, and the vtable.
// Pages of queries have a queue of their own.
//
// The life of a job: submit puts it at the queue's end, once. A thread takes it off, and from then on another
// submit queues it again; only then does the thread ask it for its keys, so that a key that was added before
// its submit is never missed. The batch lies on the thread's stack until done has returned. stop lets running
// batches end and gives those that wait REL_UNAVAILABLE.
//
// Which thread takes it: as few as there is work for, because each has a connection with a page cache of its
// own, and memory that has just been used is the fastest. A thread that submits (a job's done often leads to
// the next one) takes what it has submitted itself when it is done; else the thread that has waited shortest
// is woken.
#include "server/store/sqlite.h"
#include "server/store/sqlite_plan.h"

#include <pthread.h>

enum { DEFAULT_CONNECTIONS = 4, MAX_CONNECTIONS = 64, DEFAULT_BATCH_KEYS = 10000 };

typedef struct sqlite_store sqlite_store;

// A thread and its connection, which nobody else touches while the thread runs.
typedef struct worker {
  sqlite_store *store;
  rel_sqlite_conn conn;
  pthread_t thread;
  bool started;
  bool found_replaced; // what replaced is to be told, once the batch is done

  // Under the store's lock.
  pthread_cond_t wake;
  struct worker *next_idle;
  bool idle;
  bool finishing; // has only to say that it is done; touched by its thread alone
  bool promised;  // to look into the queues then: nobody else was woken for what is there
} worker;

struct sqlite_store {
  rel_store base;
  char *path;
  int64_t busy_timeout_ns;
  size_t max_batch_keys;
  void (*replaced)(void *context);
  void *replaced_context;
  rel_sqlite_sentinel *sentinel;
  worker *workers;
  unsigned worker_count;

  pthread_mutex_t admin_lock; // check and plan_new take turns on their connection
  rel_sqlite_conn admin;

  pthread_mutex_t lock; // everything below
  worker *idle;         // who has waited shortest first
  rel_job *first, *last;
  rel_select_job *first_select, **last_select;
  unsigned selecting;  // threads that run a query: at most all but one
  bool select_is_next; // of two that wait, lookups and queries take turns
  bool stopping;
  uint64_t last_plan_id;
  bool *slots; // those that plans occupy
  size_t slot_count;
};

static sqlite_store *self(rel_store *store) {
  return (sqlite_store *)store;
}

// --- Threads that wait ---

static _Thread_local worker *current; // whose thread this is; NULL: nobody's

// Under the lock.
static void wait_for_work(worker *me) {
  me->next_idle = me->store->idle;
  me->store->idle = me;
  me->idle = true;
  while (me->idle)
    pthread_cond_wait(&me->wake, &me->store->lock);
}

// Under the lock. The thread that is to be woken for what has been queued, without the lock, which it will
// wait for; NULL: somebody will look anyway.
static worker *find_thread(sqlite_store *store) {
  worker *found = store->idle;
  if (current != NULL && current->store == store && current->finishing && !current->promised) {
    current->promised = true;
    return NULL;
  }
  if (found == NULL) return NULL;
  store->idle = found->next_idle;
  found->idle = false;
  return found;
}

static void wake(worker *found) {
  if (found != NULL) pthread_cond_signal(&found->wake);
}

// --- The queue ---

static void enqueue(sqlite_store *store, rel_job *job) {
  job->queued = true;
  job->next = NULL;
  if (store->last != NULL)
    store->last->next = job;
  else
    store->first = job;
  store->last = job;
}

static rel_job *dequeue(sqlite_store *store) {
  rel_job *job = store->first;
  if (job == NULL) return NULL;
  store->first = job->next;
  if (store->first == NULL) store->last = NULL;
  job->next = NULL;
  job->queued = false;
  return job;
}

static rel_select_job *dequeue_select(sqlite_store *store) {
  rel_select_job *select = store->first_select;
  store->first_select = select->next;
  if (store->first_select == NULL) store->last_select = &store->first_select;
  select->next = NULL;
  return select;
}

// What a thread does next: a lookup's job or a query's page; neither when the store stops and none is left.
typedef struct task {
  rel_job *job;
  rel_select_job *select;
  bool stopping;
} task;

static bool may_select(const sqlite_store *store) {
  if (store->first_select == NULL) return false;
  unsigned most = store->worker_count > 1 ? store->worker_count - 1 : 1;
  return store->stopping || store->selecting < most;
}

static task next_task(worker *me) {
  sqlite_store *store = me->store;
  task next = {0};
  pthread_mutex_lock(&store->lock);
  while (store->first == NULL && !may_select(store) && !store->stopping)
    wait_for_work(me);
  me->promised = me->finishing = false;
  if (may_select(store) && (store->first == NULL || store->select_is_next)) {
    next.select = dequeue_select(store);
    store->selecting++;
  } else {
    next.job = dequeue(store);
  }
  store->select_is_next = next.select == NULL;
  next.stopping = store->stopping;
  pthread_mutex_unlock(&store->lock);
  return next;
}

static rel_code refusal(rel_error *error) {
  return rel_fail(error, REL_UNAVAILABLE, "the server is shutting down");
}

static void refuse(rel_job *job) {
  rel_batch batch = {0};
  rel_error error = {0};
  job->take(job, &batch);
  rel_code code = refusal(&error);
  job->done(job, &batch, code, &error);
}

static void refuse_select(rel_select_job *job) {
  rel_error error = {0};
  rel_code code = refusal(&error);
  job->done(job, &(rel_select_page){0}, code, &error);
}

// After the keys were taken, so that they are read from a file that is there when they are asked for. The
// sentinel goes first: an answer out of the new file must not be kept beside those out of the old one.
static rel_code follow(worker *self_, const rel_deadline *deadline, rel_error *error) {
  rel_sqlite_sentinel *sentinel = self_->store->sentinel;
  bool moved = rel_sqlite_conn_moved(&self_->conn);
  if (moved || rel_sqlite_sentinel_moved(sentinel))
    self_->found_replaced |= rel_sqlite_sentinel_follow(sentinel);
  if (!moved && self_->conn.db != NULL) return REL_OK;
  self_->conn.deadline = deadline;
  rel_code code = rel_sqlite_conn_follow(&self_->conn, error);
  self_->conn.deadline = NULL;
  return code;
}

static void serve(worker *self_, rel_job *job) {
  rel_batch batch = {0};
  rel_error error = {0};
  job->take(job, &batch);
  rel_code code = batch.key_count > 0 ? follow(self_, batch.deadline, &error) : REL_OK;
  if (code == REL_OK)
    code = rel_sqlite_run(&self_->conn, (rel_sqlite_plan *)job->plan, job, &batch,
                          self_->store->max_batch_keys, &error);
  self_->finishing = true;
  job->done(job, &batch, code, &error);
}

// The thread counts as free before done is called, which may ask for the next page.
static void serve_select(worker *self_, rel_select_job *job, bool stopping) {
  rel_select_page page = {0};
  rel_sqlite_ends ends = {0};
  rel_error error = {0};
  rel_code code = stopping ? REL_OK : follow(self_, job->deadline, &error);
  if (code == REL_OK && !stopping) code = rel_sqlite_select_run(&self_->conn, job, &page, &ends, &error);
  pthread_mutex_lock(&self_->store->lock);
  self_->store->selecting--;
  pthread_mutex_unlock(&self_->store->lock);
  self_->finishing = true;
  if (stopping)
    refuse_select(job);
  else
    job->done(job, &page, code, &error);
  rel_buf_fini(&ends.first);
  rel_buf_fini(&ends.last);
}

static void tell_replaced(worker *self_) {
  const sqlite_store *store = self_->store;
  bool found = self_->found_replaced;
  self_->found_replaced = false;
  if (found && store->replaced != NULL) store->replaced(store->replaced_context);
}

static void *work(void *context) {
  worker *me = context;
  current = me;
  for (;;) {
    task next = next_task(me);
    if (next.select != NULL)
      serve_select(me, next.select, next.stopping);
    else if (next.job == NULL)
      return NULL;
    else if (next.stopping)
      refuse(next.job);
    else
      serve(me, next.job);
    tell_replaced(me);
  }
}

static void sqlite_select(rel_store *base, rel_select_job *job) {
  sqlite_store *store = self(base);
  pthread_mutex_lock(&store->lock);
  bool stopping = store->stopping;
  if (!stopping) {
    job->next = NULL;
    *store->last_select = job;
    store->last_select = &job->next;
  }
  worker *found = stopping ? NULL : find_thread(store);
  pthread_mutex_unlock(&store->lock);
  wake(found);
  if (stopping) refuse_select(job);
}

static void sqlite_submit(rel_store *base, rel_job *job) {
  sqlite_store *store = self(base);
  pthread_mutex_lock(&store->lock);
  bool stopping = store->stopping, added = !stopping && !job->queued;
  if (added) enqueue(store, job);
  worker *found = added ? find_thread(store) : NULL;
  pthread_mutex_unlock(&store->lock);
  wake(found);
  if (stopping) refuse(job);
}

// --- Plans ---

static size_t take_slot(sqlite_store *store) {
  size_t slot = 0;
  while (slot < store->slot_count && store->slots[slot])
    slot++;
  if (slot == store->slot_count) {
    store->slot_count += 16;
    store->slots = rel_realloc(store->slots, store->slot_count * sizeof *store->slots);
    memset(&store->slots[slot], 0, 16 * sizeof *store->slots);
  }
  store->slots[slot] = true;
  return slot;
}

static rel_code sqlite_plan_new(rel_store *base, const rel_lookup *lookup, rel_plan **out, rel_error *error) {
  sqlite_store *store = self(base);
  rel_sqlite_plan *plan = NULL;
  if (!lookup->late) pthread_mutex_lock(&store->admin_lock);
  rel_code code = lookup->late ? REL_OK : rel_sqlite_conn_follow(&store->admin, error);
  if (code == REL_OK) code = rel_sqlite_plan_new(&store->admin, lookup, &plan, error);
  if (!lookup->late) pthread_mutex_unlock(&store->admin_lock);
  if (code != REL_OK) return code;
  pthread_mutex_lock(&store->lock);
  plan->id = ++store->last_plan_id;
  plan->slot = take_slot(store);
  pthread_mutex_unlock(&store->lock);
  *out = (rel_plan *)plan;
  return REL_OK;
}

static void sqlite_plan_free(rel_store *base, rel_plan *opaque) {
  sqlite_store *store = self(base);
  rel_sqlite_plan *plan = (rel_sqlite_plan *)opaque;
  if (plan == NULL) return;
  pthread_mutex_lock(&store->lock);
  store->slots[plan->slot] = false;
  pthread_mutex_unlock(&store->lock);
  rel_sqlite_plan_free(plan);
}

// --- Check and version ---

static rel_code sqlite_check(rel_store *base, const rel_schema *schema, rel_findings *findings,
                             rel_error *error) {
  sqlite_store *store = self(base);
  pthread_mutex_lock(&store->admin_lock);
  rel_code code = rel_sqlite_conn_follow(&store->admin, error);
  if (code == REL_OK) code = rel_sqlite_check(&store->admin, schema, findings, error);
  pthread_mutex_unlock(&store->admin_lock);
  return code;
}

static uint64_t sqlite_version(rel_store *base) {
  return rel_sqlite_sentinel_version(self(base)->sentinel);
}

// --- Life ---

static void sqlite_stop(rel_store *base) {
  sqlite_store *store = self(base);
  pthread_mutex_lock(&store->lock);
  store->stopping = true;
  for (worker *w = store->idle; w != NULL; w = w->next_idle) {
    w->idle = false;
    pthread_cond_signal(&w->wake);
  }
  store->idle = NULL;
  pthread_mutex_unlock(&store->lock);
  for (unsigned i = 0; i < store->worker_count; i++) {
    worker *w = &store->workers[i];
    if (w->started) pthread_join(w->thread, NULL);
    w->started = false;
  }
}

static void sqlite_free(rel_store *base) {
  sqlite_store *store = self(base);
  if (store == NULL) return;
  for (unsigned i = 0; i < store->worker_count; i++) {
    rel_sqlite_conn_close(&store->workers[i].conn);
    pthread_cond_destroy(&store->workers[i].wake);
  }
  rel_sqlite_conn_close(&store->admin);
  rel_sqlite_sentinel_free(store->sentinel);
  pthread_mutex_destroy(&store->lock);
  pthread_mutex_destroy(&store->admin_lock);
  free(store->workers);
  free(store->slots);
  free(store->path);
  free(store);
}

static const rel_store_ops ops = {
    .engine = "sqlite",
    .check = sqlite_check,
    .plan_new = sqlite_plan_new,
    .plan_free = sqlite_plan_free,
    .submit = sqlite_submit,
    .select = sqlite_select,
    .version = sqlite_version,
    .stop = sqlite_stop,
    .free = sqlite_free,
};

static rel_code start_worker(worker *w, rel_error *error) {
  const sqlite_store *store = w->store;
  rel_code code = rel_sqlite_conn_open(&w->conn, store->path, store->busy_timeout_ns, error);
  if (code != REL_OK) return code;
  if (pthread_create(&w->thread, NULL, work, w) != 0)
    return rel_fail(error, REL_UNAVAILABLE, "no thread could be started for the database");
  w->started = true;
  return REL_OK;
}

static rel_code start(sqlite_store *store, rel_error *error) {
  rel_code code = rel_sqlite_conn_open(&store->admin, store->path, store->busy_timeout_ns, error);
  if (code != REL_OK) return code;
  code = rel_sqlite_sentinel_new(store->path, store->busy_timeout_ns, &store->sentinel, error);
  for (unsigned i = 0; i < store->worker_count && code == REL_OK; i++)
    code = start_worker(&store->workers[i], error);
  return code;
}

static sqlite_store *store_new(const rel_store_options *options, rel_str path) {
  sqlite_store *store = REL_NEW(sqlite_store);
  store->base.ops = &ops;
  store->path = rel_strdup(path);
  store->busy_timeout_ns = options->busy_timeout_ns > 0 ? options->busy_timeout_ns : 5 * REL_NS_PER_S;
  store->replaced = options->replaced;
  store->replaced_context = options->replaced_context;
  store->max_batch_keys = options->max_batch_keys > 0 ? options->max_batch_keys : DEFAULT_BATCH_KEYS;
  store->worker_count = options->connections > 0 ? options->connections : DEFAULT_CONNECTIONS;
  store->workers = rel_alloc0(store->worker_count, sizeof *store->workers);
  for (unsigned i = 0; i < store->worker_count; i++) {
    store->workers[i].store = store;
    pthread_cond_init(&store->workers[i].wake, NULL);
  }
  store->last_select = &store->first_select;
  pthread_mutex_init(&store->admin_lock, NULL);
  pthread_mutex_init(&store->lock, NULL);
  return store;
}

rel_code rel_sqlite_open(const rel_store_options *options, rel_str path, rel_store **out, rel_error *error) {
  if (path.len == 0 || rel_str_is(path, ":memory:"))
    return rel_fail(error, REL_INVALID, "sqlite: names a file, as in sqlite:library.db");
  if (options->connections > MAX_CONNECTIONS)
    return rel_fail(error, REL_INVALID, "at most %d connections, not %u", MAX_CONNECTIONS,
                    options->connections);
  sqlite_store *store = store_new(options, path);
  rel_code code = start(store, error);
  if (code == REL_OK) {
    *out = &store->base;
    return REL_OK;
  }
  sqlite_stop(&store->base);
  sqlite_free(&store->base);
  return code;
}
