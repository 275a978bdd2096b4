// One LoadBatch as bytes: the request out of a batch's keys, and a batch's rows out of an answer that nobody
// vouches for.
//
// Called by remote.c. Stateless; any thread. It knows no connection.
#ifndef RELATIONS_SERVER_REMOTE_BATCH_H
#define RELATIONS_SERVER_REMOTE_BATCH_H

#include "server/store/store.h"

#ifdef __cplusplus
extern "C" {
#endif

// A relation as its loader sees it. The lookup's relation is set.
struct rel_plan {
  rel_lookup lookup;
  rel_str loader; // the loader's name
};

// Which keys of a batch were asked for: sent[i] is the place in the batch of the request's key i. Keys that a
// field of their type cannot hold name nothing, and are left out.
typedef struct rel_asked {
  size_t *sent; // as large as the batch
  size_t count;
} rel_asked;

// Writes a relations.v1.LoadBatchRequest.
void rel_remote_request(const rel_plan *plan, const rel_batch *batch, rel_asked *asked, rel_buf *out);

// Hands the rows of a relations.v1.LoadBatchResponse to the job. What is wrong with one key's result is that
// key's bad row; REL_BAD_DATA when nothing of the answer can be made use of.
rel_code rel_remote_answer(const rel_plan *plan, rel_job *job, rel_batch *batch, const rel_asked *asked,
                           rel_str answer, rel_error *error) REL_MUST_CHECK;

// "library.v1.Book.ratings: loader ratings: ": what every message about a loader begins with.
void rel_remote_fail(rel_error *error, const rel_plan *plan, rel_code code, const char *format, ...)
    REL_PRINTF(4, 5);

#ifdef __cplusplus
}
#endif

#endif
