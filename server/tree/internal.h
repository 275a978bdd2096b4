// What the files of server/tree share: nodes, and what of each a run has loaded. Nobody else includes it.
//
//   read.c    a request's includes become nodes
//   arguments.c  what an include asks of the records: filters, orders, limits, counts
//   pages.c   and behind which of them it goes on: page tokens
//   run.c     node after node is loaded
//   level.c   what was loaded of one node: distinct keys, their sets, the records in them
//   assembled.c  sets with everything below them, kept for the next time
//   splice.c  bytes of records are put into one another
#ifndef RELATIONS_SERVER_TREE_INTERNAL_H
#define RELATIONS_SERVER_TREE_INTERNAL_H

#include "server/loader/load.h"
#include "server/tree/tree.h"

#include <stdatomic.h>
#include <xxhash.h>

#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned)XXH3_64bits((key), (len)))
#include <uthash.h>

typedef struct rel_node rel_node;
typedef struct rel_arguments rel_arguments;
typedef struct rel_own_source rel_own_source;

// A node: the records that a relation of the parent's records leads to. The root has no relation.
struct rel_node {
  rel_str path; // "books.reviews"; empty for the root
  const rel_model *model;
  const rel_loadable *loadable; // of the parent's model
  const rel_loadable *again;    // of a recursive one, the relation of `model` that repeats it; else NULL
  size_t max_rounds;            // how often it is followed: 1, unless recursive
  size_t depth;                 // relations between the root and here, repetitions not counted
  rel_arguments *arguments;     // NULL: its records are the relation's
  const rel_field *count_field; // of the parent's model, that holds its count; NULL: none
  bool counts;                  // only how many there are: it has no children
  rel_node *beside; // the other one of its parent and relation: of records the one that counts, and of that
                    // the records; NULL: there is none
  bool asked; // an include of its own, not only the way to one
  rel_node *parent;
  rel_node *children, *next; // in the order of the request
  size_t index;              // among the tree's nodes: behind its parent's
};

struct rel_tree {
  const rel_snapshot *snapshot;
  const rel_token_key *token_key;
  rel_arena *arena; // that it lives in
  rel_node **nodes; // the root first, parents before children
  size_t count;
  size_t statements; // before the first node
  bool repeats;      // a relation in it is followed again and again
  rel_tree_limits limits;
};

// --- arguments.c ---

// What is asked of the records of a node.
struct rel_arguments {
  const Relations__V1__Include *include;
  Relations__V1__OrderTerm **order_by; // with order_count: what the include says, in whichever form
  size_t order_count;
  rel_source_change change;
  rel_field_mask mask; // of its records' fields
};

// Reads them, if there are any, for the node that the include is about.
rel_code rel_arguments_read(const rel_tree *tree, rel_node *node, const Relations__V1__Include *include,
                            size_t index, rel_error *error) REL_MUST_CHECK;

// A source that keeps to the change, what that borrows included. Its last batch may end after unref.
rel_code rel_own_source_new(const rel_tree *tree, const rel_source *base, const rel_source_change *change,
                            rel_own_source **out, rel_error *error) REL_MUST_CHECK;
rel_source *rel_own_source_get(const rel_own_source *own);
// Accepts NULL.
void rel_own_source_unref(rel_own_source *own);

// --- pages.c ---

// Reads the include's page tokens into the change; everything else of the arguments has been read.
rel_code rel_pages_read(const rel_tree *tree, const rel_node *node, rel_arguments *arguments,
                        rel_error *error) REL_MUST_CHECK;
// The change for these keys alone: without the tokens of others. In the arena.
rel_source_change rel_pages_of_keys(const rel_source_change *change, const rel_str *keys, size_t count,
                                    rel_arena *arena);
// Appends the page token with which a Query of the relation, or an include, goes on where a set was cut off.
void rel_pages_token(const rel_tree *tree, const rel_relation *relation, const rel_arguments *arguments,
                     rel_str key, rel_str cursor, rel_buf *out);

// --- level.c ---

// A record refers to nothing; or has not been looked at, because what is below is in it already, or is not
// asked for; or, with REL_LINK_REFUSED - n, nobody can tell what it refers to, as refused[n] says.
enum { REL_LINK_NULL = -1, REL_LINK_UNREAD = -2, REL_LINK_REFUSED = -3 };

// Records from..from + count - 1 of a level.
typedef struct rel_set {
  rel_blob *blob; // the RecordSet; NULL as long as it is loaded
  bool assembled; // everything below is in it
  size_t first, count;
  rel_str tail;   // what stands behind the records in it
  uint64_t state; // its LoadState
  uint64_t total; // how many records there are, where only that was asked for
  rel_str cursor; // where it was cut off, in the store's form
  rel_str failed; // its google.rpc.Status, or {NULL}
} rel_set;

typedef struct rel_set_key rel_set_key;

// What a run has loaded of a node.
typedef struct rel_level {
  rel_set *sets; // one a distinct key; of the root, one a request's key
  size_t set_count, set_capacity;
  rel_str *records;
  size_t record_count, record_capacity;
  rel_set_key *by_key;
  rel_str *keys;        // of the sets; in the run's arena
  int32_t *links;       // of each of the parent level's records: its set here, or REL_LINK_
  int32_t *again_links; // the same of its own records, when recursive
  rel_blob **refused;   // RecordSets with an error
  size_t refused_count;
  size_t again_count; // of how many of them
  size_t again_sets;  // and of how many of the sets
} rel_level;

// The number of the set for a key; a new set, without a blob, when there is none yet.
size_t rel_level_set(rel_level *level, rel_str key, rel_arena *arena);
// A link with an error.
int32_t rel_level_refuse(rel_level *level, const rel_error *error);
// The number of a new set without a key.
size_t rel_level_add_root(rel_level *level);
// The set's blob has come; the reference changes hands. Lists its records.
void rel_level_fill(rel_level *level, size_t set, rel_blob *take_blob);
// The set with everything below it takes the place of the set; the reference changes hands.
void rel_level_replace(rel_level *level, size_t set, rel_blob *take_whole);
void rel_level_fini(rel_level *level);

// --- assembled.c ---

// Where sets of a node are kept, and what dates them.
typedef struct rel_assembled {
  rel_cache_space *space; // NULL: they are not kept
  uint64_t generations;   // of every source below
  rel_cache_ticket ticket;
} rel_assembled;

// `source` is the node's. Before anything of the node is loaded.
void rel_assembled_find(const rel_tree *tree, const rel_node *node, const rel_source *source,
                        rel_assembled *out);
// Fills in those of the level's sets from `first` on that are kept.
void rel_assembled_get(const rel_assembled *assembled, rel_level *level, size_t first, rel_arena *arena);
// Keeps a set; there is a space.
void rel_assembled_put(const rel_assembled *assembled, rel_str key, rel_blob *set, rel_arena *arena);

// --- splice.c ---

// What sets are spliced from.
typedef struct rel_loaded_tree {
  const rel_tree *tree;
  const rel_level *levels; // by node
  size_t room;             // bytes that may still be answered
} rel_loaded_tree;

// A set of a node, which is not recursive, with everything below it; or a RecordSet with the error of what
// failed there. *out is a new reference. Takes its bytes from the room; REL_LIMIT when there is not enough,
// or it has too many records.
rel_code rel_tree_splice(rel_loaded_tree *loaded, const rel_node *node, size_t set, rel_blob **out,
                         rel_error *error) REL_MUST_CHECK;

#endif
