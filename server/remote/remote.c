// A custom loader: see remote.h. Owns its queue and its threads: as a store's thread has a connection, each
// of these has one LoadBatch under way at most. So a loader that stalls holds up nobody but those who wait
// for it, keys gather while every call is busy, and no completion queue is ever blocked.
#include "server/remote/remote.h"

#include "client/runtime/channel.h"
#include "server/remote/batch.h"

#include <pthread.h>
#include <stdatomic.h>

struct rel_remote {
  char *name;
  rel_channel *channel;
  pthread_t *threads;
  unsigned thread_count;
  atomic_bool stopping; // written under the lock

  pthread_mutex_t lock; // of what follows
  pthread_cond_t work;
  rel_job *first, **last;
};

static const char method[] = "/relations.v1.LoaderService/LoadBatch";

// Only what was surely not answered is asked again, within the deadline.
static const char service_config[] =
    "{\"methodConfig\":[{\"name\":[{\"service\":\"relations.v1.LoaderService\"}],"
    "\"retryPolicy\":{\"maxAttempts\":4,\"initialBackoff\":\"0.05s\",\"maxBackoff\":\"1s\","
    "\"backoffMultiplier\":2,\"retryableStatusCodes\":[\"UNAVAILABLE\"]}}]}";

// --- Plans ---

static rel_code plan_new(void *object, const rel_lookup *lookup, rel_plan **out, rel_error *error) {
  (void)error;
  rel_remote *remote = object;
  *out = REL_NEW(rel_plan);
  **out = (rel_plan){*lookup, rel_cstr(remote->name)};
  return REL_OK;
}

static void plan_free(void *object, rel_plan *plan) {
  (void)object;
  free(plan);
}

// --- One batch ---

// What a running call asks about.
typedef struct asking {
  rel_remote *remote;
  rel_job *job;
  const rel_batch *batch;
} asking;

static bool is_stopping(const rel_remote *remote) {
  return atomic_load_explicit(&remote->stopping, memory_order_acquire);
}

static bool of_no_use(void *context) {
  const asking *a = context;
  return is_stopping(a->remote) || (a->job->gone != NULL && a->job->gone(a->job, a->batch));
}

static int64_t ms_until(int64_t deadline_ns) {
  int64_t left_ns = deadline_ns - rel_clock_ns();
  return left_ns > REL_NS_PER_MS ? left_ns / REL_NS_PER_MS : 1;
}

// Calls until there is an answer, an error, or no time. The deadline of a call that is under way cannot move,
// the batch's can: whoever joined with a later one is not failed with an earlier one's.
static rel_code call(rel_remote *remote, rel_job *job, const rel_batch *batch, rel_str request,
                     rel_buf *answer, rel_error *error) {
  asking a = {remote, job, batch};
  rel_code code;
  int64_t deadline_ns;
  do {
    deadline_ns = rel_deadline_get(batch->deadline);
    rel_channel_ask ask = {method, ms_until(deadline_ns), of_no_use, &a};
    code = rel_channel_call(remote->channel, &ask, request, answer, error);
  } while (code == REL_TIMEOUT && rel_deadline_get(batch->deadline) > deadline_ns);
  return code;
}

static rel_code fail_call(rel_remote *remote, const rel_plan *plan, rel_error *error) {
  rel_error theirs = *error;
  if (is_stopping(remote))
    rel_remote_fail(error, plan, REL_UNAVAILABLE, "the server is stopping");
  else
    rel_remote_fail(error, plan, rel_code_plain(theirs.code), "%s", theirs.message);
  return error->code;
}

static rel_code load(rel_remote *remote, rel_job *job, rel_batch *batch, rel_error *error) {
  const rel_plan *plan = job->plan;
  rel_asked asked = {rel_alloc0(batch->key_count, sizeof *asked.sent), 0};
  rel_buf request = {0}, answer = {0};
  rel_code code = REL_OK;
  rel_remote_request(plan, batch, &asked, &request);
  if (asked.count > 0) {
    code = call(remote, job, batch, rel_buf_view(&request), &answer, error);
    if (code != REL_OK)
      code = fail_call(remote, plan, error);
    else
      code = rel_remote_answer(plan, job, batch, &asked, rel_buf_view(&answer), error);
  }
  rel_buf_fini(&answer);
  rel_buf_fini(&request);
  free(asked.sent);
  return code;
}

static void run(rel_remote *remote, rel_job *job) {
  rel_batch batch = {0};
  rel_error error = {0};
  rel_code code = REL_OK;
  job->take(job, &batch);
  if (is_stopping(remote)) {
    rel_remote_fail(&error, job->plan, REL_UNAVAILABLE, "the server is stopping");
    code = REL_UNAVAILABLE;
  } else if (batch.key_count > 0) {
    code = load(remote, job, &batch, &error);
  }
  job->done(job, &batch, code, &error);
}

// --- The queue ---

// Waits for the next job; NULL when there will be none.
static rel_job *next_job(rel_remote *remote) {
  pthread_mutex_lock(&remote->lock);
  while (remote->first == NULL && !is_stopping(remote))
    pthread_cond_wait(&remote->work, &remote->lock);
  rel_job *job = remote->first;
  if (job != NULL) {
    remote->first = job->next;
    if (remote->first == NULL) remote->last = &remote->first;
    job->next = NULL;
    job->queued = false;
  }
  pthread_mutex_unlock(&remote->lock);
  return job;
}

static void *work(void *object) {
  rel_remote *remote = object;
  for (rel_job *job; (job = next_job(remote)) != NULL;)
    run(remote, job);
  return NULL;
}

static void submit(void *object, rel_job *job) {
  rel_remote *remote = object;
  pthread_mutex_lock(&remote->lock);
  bool stopping = is_stopping(remote);
  if (!stopping && !job->queued) {
    job->queued = true;
    job->next = NULL;
    *remote->last = job;
    remote->last = &job->next;
    pthread_cond_signal(&remote->work);
  }
  pthread_mutex_unlock(&remote->lock);
  if (stopping) run(remote, job);
}

// --- Life ---

rel_code rel_remote_new(const rel_remote_options *options, rel_remote **out, rel_error *error) {
  rel_client_options connection = options->connection;
  connection.service_config = service_config;
  connection.user_agent = "relationsd";
  rel_channel *channel;
  rel_code code = rel_channel_new(&connection, &channel, error);
  if (code != REL_OK) return code;
  rel_remote *remote = REL_NEW(rel_remote);
  remote->name = rel_strdup(options->name);
  remote->channel = channel;
  remote->last = &remote->first;
  remote->thread_count = options->calls;
  remote->threads = rel_alloc0(options->calls, sizeof *remote->threads);
  pthread_mutex_init(&remote->lock, NULL);
  pthread_cond_init(&remote->work, NULL);
  for (unsigned i = 0; i < options->calls && code == REL_OK; i++) {
    if (pthread_create(&remote->threads[i], NULL, work, remote) == 0) continue;
    remote->thread_count = i;
    code = rel_fail(error, REL_LIMIT, "loader %s: no thread can be started", remote->name);
  }
  *out = remote;
  if (code == REL_OK) return code;
  rel_remote_stop(remote);
  rel_remote_free(remote);
  *out = NULL;
  return code;
}

rel_str rel_remote_name(const rel_remote *remote) {
  return rel_cstr(remote->name);
}

rel_feed rel_remote_feed(rel_remote *remote) {
  // A request of so many keys is below the 4 MiB that gRPC's servers take unless told otherwise.
  static const rel_feed_ops ops = {
      .plan_new = plan_new,
      .plan_free = plan_free,
      .submit = submit,
      .max_batch_keys = 1000,
      .max_batch_bytes = 1 << 20,
  };
  return (rel_feed){&ops, remote};
}

void rel_remote_stop(rel_remote *remote) {
  pthread_mutex_lock(&remote->lock);
  atomic_store_explicit(&remote->stopping, true, memory_order_release);
  pthread_cond_broadcast(&remote->work);
  pthread_mutex_unlock(&remote->lock);
  for (unsigned i = 0; i < remote->thread_count; i++)
    pthread_join(remote->threads[i], NULL);
  remote->thread_count = 0;
}

void rel_remote_free(rel_remote *remote) {
  rel_channel_unref(remote->channel);
  pthread_cond_destroy(&remote->work);
  pthread_mutex_destroy(&remote->lock);
  free(remote->threads);
  free(remote->name);
  free(remote);
}
