// A crew: the queue of jobs of one custom loader, and its threads. It is what makes a loader of any kind a
// feed: as a store's thread has a connection, each of these has one batch under way at most. So a loader that
// stalls holds up nobody but those who wait for it, keys gather while every thread is busy, and no completion
// queue is ever blocked.
//
// For remote.c and plugin.c, each of which says how a batch is loaded. Thread-safe, but for new, stop and
// free. It knows no connection and no shared object.
#ifndef RELATIONS_SERVER_CUSTOM_CREW_H
#define RELATIONS_SERVER_CUSTOM_CREW_H

#include "server/store/feed.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_crew rel_crew;

typedef struct rel_crew_options {
  rel_str name;     // the loader's; copied
  unsigned threads; // batches under way at a time
  // Loads a batch that is not empty and hands its rows to the job, on a thread of the crew. May block as long
  // as rel_crew_of_no_use is asked now and then, and no longer than to the batch's deadline.
  rel_code (*load)(void *object, rel_job *job, rel_batch *batch, rel_error *error);
  void *object;
} rel_crew_options;

// REL_LIMIT when no thread can be started.
rel_code rel_crew_new(const rel_crew_options *options, rel_crew **out, rel_error *error) REL_MUST_CHECK;
rel_str rel_crew_name(const rel_crew *crew);
rel_feed rel_crew_feed(rel_crew *crew);

bool rel_crew_is_stopping(const rel_crew *crew);
// Whether nobody waits for the batch any more.
bool rel_crew_of_no_use(const rel_crew *crew, rel_job *job, const rel_batch *batch);

// Makes every batch of no use, and joins the threads; jobs that are submitted later fail. Accepts NULL.
void rel_crew_stop(rel_crew *crew);
// After stop, and after the last plan is freed. Accepts NULL.
void rel_crew_free(rel_crew *crew);

#ifdef __cplusplus
}
#endif

#endif
