// A fixed pool of threads for work that may block. Knows nothing of calls. Thread-safe.
#ifndef RELATIONS_SERVER_RPC_WORKERS_H
#define RELATIONS_SERVER_RPC_WORKERS_H

#include <stddef.h>

typedef struct rel_workers rel_workers;

// A piece of work; lies inside of what it works on, and is the pool's from submit until run is called.
typedef struct rel_work {
  void (*run)(void *context);
  void *context;
  struct rel_work *next;
} rel_work;

rel_workers *rel_workers_new(size_t threads);
// Runs it on one of the threads, first come first served.
void rel_workers_submit(rel_workers *workers, rel_work *work);
// Runs what was submitted, joins the threads, frees. Nothing may be submitted any more. Accepts NULL.
void rel_workers_free(rel_workers *workers);

#endif
