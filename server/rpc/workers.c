// The worker pool: see workers.h. One list under one lock; what runs on it takes microseconds at least, so
// the lock is never the bottleneck.
#include "server/rpc/workers.h"

#include "common/str.h"

#include <pthread.h>

struct rel_workers {
  pthread_mutex_t lock;
  pthread_cond_t wake;
  rel_work *first;
  rel_work **last;
  bool stopping;
  size_t count;
  pthread_t threads[];
};

static rel_work *take(rel_workers *workers) {
  pthread_mutex_lock(&workers->lock);
  while (workers->first == NULL && !workers->stopping)
    pthread_cond_wait(&workers->wake, &workers->lock);
  rel_work *work = workers->first;
  if (work != NULL) {
    workers->first = work->next;
    if (workers->first == NULL) workers->last = &workers->first;
  }
  pthread_mutex_unlock(&workers->lock);
  return work;
}

static void *work_loop(void *context) {
  rel_workers *workers = context;
  for (rel_work *work; (work = take(workers)) != NULL;)
    work->run(work->context);
  return NULL;
}

rel_workers *rel_workers_new(size_t threads) {
  rel_workers *workers = rel_alloc0(1, sizeof *workers + threads * sizeof workers->threads[0]);
  pthread_mutex_init(&workers->lock, NULL);
  pthread_cond_init(&workers->wake, NULL);
  workers->last = &workers->first;
  for (; workers->count < threads; workers->count++)
    if (pthread_create(&workers->threads[workers->count], NULL, work_loop, workers) != 0) abort();
  return workers;
}

void rel_workers_submit(rel_workers *workers, rel_work *work) {
  work->next = NULL;
  pthread_mutex_lock(&workers->lock);
  *workers->last = work;
  workers->last = &work->next;
  pthread_cond_signal(&workers->wake);
  pthread_mutex_unlock(&workers->lock);
}

void rel_workers_free(rel_workers *workers) {
  if (workers == NULL) return;
  pthread_mutex_lock(&workers->lock);
  workers->stopping = true;
  pthread_cond_broadcast(&workers->wake);
  pthread_mutex_unlock(&workers->lock);
  for (size_t i = 0; i < workers->count; i++)
    pthread_join(workers->threads[i], NULL);
  pthread_cond_destroy(&workers->wake);
  pthread_mutex_destroy(&workers->lock);
  free(workers);
}
