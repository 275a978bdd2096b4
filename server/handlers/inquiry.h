// An inquiry: what one call asks of a snapshot, from its keys to its answer. What the generic and the typed
// services have in common; they differ in how a request names its keys, and in what is written around the
// answers.
//
// Lives in the call's arena. Called by handlers; the end of the call comes on any thread.
#ifndef RELATIONS_SERVER_HANDLERS_INQUIRY_H
#define RELATIONS_SERVER_HANDLERS_INQUIRY_H

#include "server/handlers/services.h"
#include "server/loader/load.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_inquiry rel_inquiry;

// Writes the answers, taken with rel_inquiry_take, into the call. Or says what is wrong, in `error`, or by
// giving a RecordSet with an error to rel_inquiry_fail_as.
typedef rel_code rel_inquiry_answer(rel_inquiry *inquiry, rel_error *error);

struct rel_inquiry {
  rel_call *call;
  const rel_services *services;
  rel_snapshot *snapshot; // pinned until the end
  rel_inquiry_answer *answer;
  const rel_tree *tree;        // what is included in the records; NULL: nothing
  rel_tally *tally;            // with a tree: what the call takes; NULL: nothing is counted
  rel_str record_type;         // for the handler's own use, like the next
  const rel_request_key *keys; // as they were asked for
  size_t count;                // of them, and of the answers

  // For inquiry.c.
  const rel_loadable *loadable;
  rel_load *owners;       // with owner keys that are not what the relation joins on: the lookup of what is
  const rel_found *found; // what became of each owner; NULL when all have their join value
  int64_t began_ns;       // of looking up the owners
  rel_load *load;         // without a tree: the answers
  rel_blob **sets;        // with one: the answers
  rel_blob *failed;       // a RecordSet whose error is the call's
};

// Takes a pinned snapshot.
rel_inquiry *rel_inquiry_new(rel_call *call, const rel_services *services, rel_snapshot *take_snapshot,
                             rel_inquiry_answer *answer);
// Ends the call. The inquiry is gone.
void rel_inquiry_fail(rel_inquiry *inquiry, const rel_error *error);

// Start it, with keys in the call's arena: by primary key (of the records for Get, of the owners for a
// relation), or by the values that the relation joins on. Nothing touches the inquiry any more once they have
// returned.
void rel_inquiry_by_primary_key(rel_inquiry *inquiry, const rel_loadable *loadable,
                                const rel_request_key *keys, size_t count);
void rel_inquiry_by_reference(rel_inquiry *inquiry, const rel_loadable *loadable, const rel_request_key *keys,
                              size_t count);

// --- relation.c: what the contract's requests ask ---

// What a request may say beside its keys.
typedef struct rel_inquiry_terms {
  rel_tree_includes includes;
  const Relations__V1__Budget *budget; // NULL: the server's alone
  bool find_owners;                    // what the relation joins on is looked up first
} rel_inquiry_terms;

// Reads what comes with records of the model, within what the call may take. Before it is started.
rel_code rel_inquiry_read_terms(rel_inquiry *inquiry, const rel_model *model, const rel_inquiry_terms *terms,
                                rel_error *error) REL_MUST_CHECK;

// Start it. On failure nothing has been started, and the inquiry is still the caller's.
rel_code rel_inquiry_get(rel_inquiry *inquiry, const Relations__V1__GetRequest *request,
                         rel_error *error) REL_MUST_CHECK;
rel_code rel_inquiry_load(rel_inquiry *inquiry, const Relations__V1__LoadRequest *request,
                          rel_error *error) REL_MUST_CHECK;

// --- For the function that answers ---

// The answer for keys[index], a RecordSet: the caller's reference. Once for each index.
rel_blob *rel_inquiry_take(const rel_inquiry *inquiry, size_t index);
// Writes all of them as field 1 of the answer; about `more` bytes will follow.
void rel_inquiry_write_results(const rel_inquiry *inquiry, size_t more);
// The RecordSet has an error: that is the call's. For `return rel_inquiry_fail_as(…)`.
rel_code rel_inquiry_fail_as(rel_inquiry *inquiry, rel_blob *take_set);

#ifdef __cplusplus
}
#endif

#endif
