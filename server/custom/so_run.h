// One batch in a plugin's hands, and the threads that call plugins.
//
// A plugin cannot be interrupted. So it is not called on the thread that owes the batch an end, but on one of
// a few hands; and it is given memory of the run's own, never the batch's. Whoever waits for a run leaves it
// when the batch's deadline passes or nobody wants it any more. A run that was left while the plugin has it
// is freed by its hand, whenever the plugin returns.
//
// For so.c. Thread-safe, but for new and end.
#ifndef RELATIONS_SERVER_CUSTOM_SO_RUN_H
#define RELATIONS_SERVER_CUSTOM_SO_RUN_H

#include "server/custom/batch.h"
#include "server/custom/crew.h"

#include <relations/loader_plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_hands rel_hands;

typedef struct rel_hands_options {
  unsigned threads;        // batches in the plugin at a time
  size_t max_answer_bytes; // of one batch
  int64_t patience_ns;     // how long end waits for a plugin to return
} rel_hands_options;

// The plugin is opened, and outlives the hands. REL_LIMIT when no thread can be started.
rel_code rel_hands_new(const rel_hands_options *options, const rel_plugin *plugin, void *state,
                       rel_hands **out, rel_error *error) REL_MUST_CHECK;

// Has a batch of these keys, at least one, loaded, and hands its rows to the job. Blocks to the batch's
// deadline at most.
rel_code rel_hands_load(rel_hands *hands, const rel_crew *crew, rel_job *job, rel_batch *batch,
                        const rel_asked *asked, rel_error *error) REL_MUST_CHECK;

// Nobody loads any more. Ends the threads and frees the hands: true. False: after the time of patience the
// plugin still has not returned; then it, the hands and those of its threads stay until the process ends.
// Accepts NULL, which is true.
bool rel_hands_end(rel_hands *hands);

#ifdef __cplusplus
}
#endif

#endif
