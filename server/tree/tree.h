// Trees of includes: records and, within them, their related records, as deep as was asked for.
//
// A tree is read from a request's includes and checked against the snapshot: paths, relations, budgets. A run
// of it takes RecordSets of the root's model and loads one node of the tree after another, each for all its
// parents at once, through server/loader: so a node is one statement at most, whatever is cached is not
// loaded, and what occurs twice is loaded once. At the end the related records' bytes are spliced into their
// parents' message fields, and what was loaded into their LoadInfo. No record is decoded for that: a
// message's fields may follow it in any order, so they are appended.
//
// Called by handlers. Knows no service and no engine.
#ifndef RELATIONS_SERVER_TREE_TREE_H
#define RELATIONS_SERVER_TREE_TREE_H

#include "server/loader/tally.h"
#include "server/query/fields.h"
#include "server/query/token.h"
#include "server/registry/snapshot.h"

#include <relations/v1/relation_service.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_tree rel_tree;

// Bounds of one run.
typedef struct rel_tree_limits {
  size_t max_nodes;   // of the tree, its root not counted
  size_t max_depth;   // relations on the way to a node, repetitions of a recursive one included
  size_t max_records; // loaded, the root's not counted; and spliced into one set
  size_t max_bytes;   // of everything that is answered
  size_t
      max_statements; // one for each node, and what comes before them: what is known beforehand of rel_budget
} rel_tree_limits;

typedef struct rel_tree_settings {
  rel_tree_limits limits;
  const rel_token_key *token_key; // of what is cut off
  size_t statements;              // before the first node: for the root, and to find it
  bool bare;                      // a tree of the root alone is a tree, too
} rel_tree_settings;

// Where a tree's text comes from.
typedef struct rel_tree_includes {
  Relations__V1__Include *const *items;
  size_t count;
} rel_tree_includes;

// Reads and checks the includes of a request for records of `root`. *out is NULL when there are none, unless
// a bare one will do; else it lives in the arena and borrows the snapshot and the includes. REL_INVALID,
// REL_NO_RELATION or REL_LIMIT name the include.
rel_code rel_tree_read(const rel_snapshot *snapshot, const rel_model *root, rel_tree_includes includes,
                       const rel_tree_settings *settings, rel_arena *arena, const rel_tree **out,
                       rel_error *error) REL_MUST_CHECK;

// Adds the fields of the root's records that what is included joins on, so that they are not left out.
void rel_tree_need(const rel_tree *tree, rel_field_mask *mask);

// Statements that a budget must allow for it, at least: what is known before anything is loaded.
size_t rel_tree_statements(const rel_tree *tree);

typedef struct rel_tree_request {
  const rel_tree *tree;
  // The root's records: from a source, by keys that live until done; or, without one, as they are.
  rel_source *source;
  const rel_request_key *keys;
  rel_blob **take_roots; // RecordSets of the root's model; the references change hands, the array does not
  size_t root_count;     // of either
  size_t max_bytes;      // of the answers together; 0: what the tree's limits say
  rel_tally *tally;      // of the call; NULL: nobody asks
  int64_t deadline_ns;

  // Called exactly once, on any thread, maybe before start returns. sets[i] is the answer for keys[i], or
  // take_roots[i], with the tree within its records, or with the error of what failed somewhere below it: a
  // reference of the callee's. With an error there are none. The array is gone when it returns.
  void (*done)(rel_blob **sets, const rel_error *error, void *context);
  void *context;
  // As in rel_load_request. May be NULL.
  bool (*gone)(void *context);
  // Told after each node how many bytes have been loaded so far, which are held until done; a code other than
  // REL_OK ends the run. May be NULL.
  rel_code (*keep)(void *context, size_t bytes, rel_error *error);
} rel_tree_request;

// Starts a run. It touches the request no more once it has returned. What it needs it allocates, and frees
// before done returns.
void rel_tree_start(const rel_tree_request *request);

#ifdef __cplusplus
}
#endif

#endif
