// A loader's jobs and threads: see crew.h. Owns the queue.
#include "server/custom/crew.h"

#include "server/custom/batch.h"

#include <pthread.h>
#include <stdatomic.h>

struct rel_crew {
  rel_crew_options options;
  char *name;
  pthread_t *threads;
  unsigned thread_count;
  atomic_bool stopping; // written under the lock

  pthread_mutex_t lock; // of what follows
  pthread_cond_t work;
  rel_job *first, **last;
};

rel_str rel_crew_name(const rel_crew *crew) {
  return rel_cstr(crew->name);
}

bool rel_crew_is_stopping(const rel_crew *crew) {
  return atomic_load_explicit(&crew->stopping, memory_order_acquire);
}

bool rel_crew_of_no_use(const rel_crew *crew, rel_job *job, const rel_batch *batch) {
  return rel_crew_is_stopping(crew) || (job->gone != NULL && job->gone(job, batch));
}

// --- Plans ---

static rel_code plan_new(void *object, const rel_lookup *lookup, rel_plan **out, rel_error *error) {
  (void)error;
  *out = REL_NEW(rel_plan);
  **out = (rel_plan){*lookup, rel_crew_name(object)};
  return REL_OK;
}

static void plan_free(void *object, rel_plan *plan) {
  (void)object;
  free(plan);
}

// --- Jobs ---

static void run(rel_crew *crew, rel_job *job) {
  rel_batch batch = {0};
  rel_error error = {0};
  rel_code code = REL_OK;
  job->take(job, &batch);
  if (rel_crew_is_stopping(crew)) {
    rel_custom_fail(&error, job->plan, REL_UNAVAILABLE, "the server is stopping");
    code = REL_UNAVAILABLE;
  } else if (batch.key_count > 0) {
    code = crew->options.load(crew->options.object, job, &batch, &error);
  }
  job->done(job, &batch, code, &error);
}

// Waits for the next job; NULL when there will be none.
static rel_job *next_job(rel_crew *crew) {
  pthread_mutex_lock(&crew->lock);
  while (crew->first == NULL && !rel_crew_is_stopping(crew))
    pthread_cond_wait(&crew->work, &crew->lock);
  rel_job *job = crew->first;
  if (job != NULL) {
    crew->first = job->next;
    if (crew->first == NULL) crew->last = &crew->first;
    job->next = NULL;
    job->queued = false;
  }
  pthread_mutex_unlock(&crew->lock);
  return job;
}

static void *work(void *object) {
  rel_crew *crew = object;
  for (rel_job *job; (job = next_job(crew)) != NULL;)
    run(crew, job);
  return NULL;
}

static void submit(void *object, rel_job *job) {
  rel_crew *crew = object;
  pthread_mutex_lock(&crew->lock);
  bool stopping = rel_crew_is_stopping(crew);
  if (!stopping && !job->queued) {
    job->queued = true;
    job->next = NULL;
    *crew->last = job;
    crew->last = &job->next;
    pthread_cond_signal(&crew->work);
  }
  pthread_mutex_unlock(&crew->lock);
  if (stopping) run(crew, job);
}

// --- Life ---

rel_code rel_crew_new(const rel_crew_options *options, rel_crew **out, rel_error *error) {
  rel_crew *crew = REL_NEW(rel_crew);
  rel_code code = REL_OK;
  crew->options = *options;
  crew->name = rel_strdup(options->name);
  crew->last = &crew->first;
  crew->thread_count = options->threads;
  crew->threads = rel_alloc0(options->threads, sizeof *crew->threads);
  pthread_mutex_init(&crew->lock, NULL);
  pthread_cond_init(&crew->work, NULL);
  for (unsigned i = 0; i < options->threads && code == REL_OK; i++) {
    if (pthread_create(&crew->threads[i], NULL, work, crew) == 0) continue;
    crew->thread_count = i;
    code = rel_fail(error, REL_LIMIT, "loader %s: no thread can be started", crew->name);
  }
  *out = crew;
  if (code == REL_OK) return code;
  rel_crew_stop(crew);
  rel_crew_free(crew);
  *out = NULL;
  return code;
}

rel_feed rel_crew_feed(rel_crew *crew) {
  // A request of so many keys is below the 4 MiB that gRPC's servers take unless told otherwise.
  static const rel_feed_ops ops = {
      .plan_new = plan_new,
      .plan_free = plan_free,
      .submit = submit,
      .max_batch_keys = 1000,
      .max_batch_bytes = 1 << 20,
  };
  return (rel_feed){&ops, crew};
}

void rel_crew_stop(rel_crew *crew) {
  if (crew == NULL) return;
  pthread_mutex_lock(&crew->lock);
  atomic_store_explicit(&crew->stopping, true, memory_order_release);
  pthread_cond_broadcast(&crew->work);
  pthread_mutex_unlock(&crew->lock);
  for (unsigned i = 0; i < crew->thread_count; i++)
    pthread_join(crew->threads[i], NULL);
  crew->thread_count = 0;
}

void rel_crew_free(rel_crew *crew) {
  if (crew == NULL) return;
  pthread_cond_destroy(&crew->work);
  pthread_mutex_destroy(&crew->lock);
  free(crew->threads);
  free(crew->name);
  free(crew);
}
