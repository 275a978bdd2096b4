// What the kinds of custom loaders share about one batch: which of its keys go out, and as what; and which of
// a loader's records are believed.
//
// Called by remote.c, request.c and plugin_run.c. Stateless; any thread. It knows no connection and no shared
// object.
#ifndef RELATIONS_SERVER_CUSTOM_BATCH_H
#define RELATIONS_SERVER_CUSTOM_BATCH_H

#include "server/store/store.h"

#ifdef __cplusplus
extern "C" {
#endif

// A relation as its loader sees it. The lookup's relation is set.
struct rel_plan {
  rel_lookup lookup;
  rel_str loader; // the loader's name
};

// --- Keys ---

// What a key goes out as: the numbers of relations.v1.Keys, and of KeyPart but for the last.
typedef enum rel_sent_kind {
  REL_SENT_INT64 = 1,
  REL_SENT_UINT64 = 2,
  REL_SENT_STRING = 3,
  REL_SENT_BYTES = 4,
  REL_SENT_COMPOSITE = 5,
} rel_sent_kind;

// The same for all keys of a relation, so that a loader in any language reads one list.
rel_sent_kind rel_sent_kind_of(const rel_field *field);

// One part of a key as it goes out; not to be copied, since the bytes may lie in it.
typedef struct rel_sent_part {
  rel_sent_kind kind;
  uint64_t integer; // of the integers; an int64 in two's complement
  rel_str bytes;    // of the others: of the key, or of `uuid`
  char uuid[REL_UUID_TEXT + 1];
} rel_sent_part;

// The next part of a canonical key of the plan; false at its end.
bool rel_sent_next(const rel_plan *plan, rel_str *key, size_t place, rel_sent_part *out);

// Which keys of a batch go out: sent[i] is the place in the batch of the loader's key i. Keys that a field of
// their type cannot hold name nothing, and are left out.
typedef struct rel_asked {
  size_t *sent; // as large as the batch
  size_t count;
} rel_asked;

void rel_asked_init(rel_asked *asked, const rel_plan *plan, const rel_batch *batch);
void rel_asked_fini(rel_asked *asked);

// Writes a relations.v1.LoadBatchRequest.
void rel_custom_request(const rel_plan *plan, const rel_batch *batch, const rel_asked *asked, rel_buf *out);

// --- Answers ---

// Hands the records of one key's relations.v1.RecordSet to the job, if all of it is sane; what is wrong with
// it is that key's bad row. Fails only as the job does.
rel_code rel_custom_result(const rel_plan *plan, rel_job *job, rel_batch *batch, size_t index, rel_str set,
                           rel_error *error) REL_MUST_CHECK;

// The same for all results of a relations.v1.LoadBatchResponse; REL_BAD_DATA when nothing of the answer can
// be made use of.
rel_code rel_custom_answer(const rel_plan *plan, rel_job *job, rel_batch *batch, const rel_asked *asked,
                           rel_str answer, rel_error *error) REL_MUST_CHECK;

// "library.v1.Book.ratings: loader ratings: ": what every message about a loader begins with.
void rel_custom_fail(rel_error *error, const rel_plan *plan, rel_code code, const char *format, ...)
    REL_PRINTF(4, 5);

#ifdef __cplusplus
}
#endif

#endif
