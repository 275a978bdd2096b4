// What the files of server/loader share: sources, flights, waiters. Nobody else includes it.
//
// A flight is one key on its way from the database, for however many callers ("single flight"). Its life:
//
//   opened    in the source's table; anybody may join. Made by the first load that misses the key.
//   waiting   also in the queue of the source, until a connection of the store is free.
//   started   taken into a batch. Only loads whose ticket is the flight's may join: the statement's snapshot
//             could be older than what others have a right to see. A load with another ticket detaches it and
//             opens a new one.
//   landed    out of the table; its waiters are answered, its answer has been offered to the cache before.
//
// All of it under the source's lock, but for the answers, which belong to the thread that runs the batch.
// Waiters lie in the memory of their load, which lives until each of them has been answered.
#ifndef RELATIONS_SERVER_LOADER_INTERNAL_H
#define RELATIONS_SERVER_LOADER_INTERNAL_H

#include "server/loader/load.h"

#include <pthread.h>
#include <stdatomic.h>
#include <xxhash.h>

#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned)XXH3_64bits((key), (len)))
#include <uthash.h>

typedef struct rel_flight rel_flight;
typedef struct rel_waiter rel_waiter;
typedef struct rel_run rel_run;

// One key of one load, waiting.
struct rel_waiter {
  rel_load *load;
  size_t index;
  rel_waiter *next;
};

// The keys of a load that were not answered at once, and who waits for each.
typedef struct rel_missing {
  rel_str *keys;
  rel_waiter *waiters;
  size_t count;
} rel_missing;

struct rel_flight {
  UT_hash_handle hh;
  rel_flight *next; // in a queue or a list of new ones
  rel_waiter *waiters;
  rel_cache_ticket ticket;
  int64_t deadline_ns; // the latest of its waiters'
  rel_run *run;        // the batch that it was taken into, NULL before
  bool detached;       // no longer in the table
  bool failed;         // `answer` is an error: not cached
  rel_blob *answer;    // the running thread's
  size_t key_len;
  char key[];
};

struct rel_source {
  rel_job job; // first: the store's callbacks get it
  rel_source_options options;
  char *label;
  rel_plan *plan;
  rel_cache_space *space;

  pthread_mutex_t lock; // of what follows
  rel_flight *flights;  // by key
  rel_flight *first, **last;
  bool queued; // submitted, and not taken yet

  atomic_ullong landed; // how many flights have landed: written under the lock, read without, as a hint

  atomic_ullong joined, statements, rows, dangling, errors;
};

// Keys of one batch, unless the feed takes fewer.
enum { REL_RUN_MAX_KEYS = 10000 };

// The answer to a lookup of a key whose row does not exist; no key begins like it.
#define REL_NO_ROW "-"

// flight.c: the job's callbacks.
void rel_flight_take(rel_job *job, rel_batch *batch);
rel_code rel_flight_row(rel_job *job, rel_batch *batch, size_t index, rel_str bytes, rel_error *error);
void rel_flight_bad_row(rel_job *job, rel_batch *batch, size_t index, const rel_error *error);
void rel_flight_done(rel_job *job, rel_batch *batch, rel_code code, const rel_error *error);

bool rel_flight_gone(rel_job *job, const rel_batch *batch);

// Makes each waiter wait for its key: joins flights or opens them. Returns the opened ones, which must be
// passed to rel_flights_queue or rel_flight_land.
rel_flight *rel_flights_join(rel_source *source, const rel_missing *missing, rel_cache_ticket ticket,
                             int64_t deadline_ns);
// Queues opened flights for the store.
void rel_flights_queue(rel_source *source, rel_flight *opened);
// Lands an opened flight with an answer that came from elsewhere; takes the reference.
void rel_flight_land(rel_source *source, rel_flight *flight, rel_blob *take_answer);
// A hint that a flight may have landed between two calls: the value has changed.
uint64_t rel_flights_landed(const rel_source *source);

// load.c: one key's answer. Takes the reference; with an error there is none.
void rel_load_deliver(rel_waiter *waiter, rel_blob *take_answer, const rel_error *error);
// Whether nobody waits behind this load any more. A plain read; asked under the source's lock.
bool rel_load_gone(const rel_load *load);

#endif
