// The store: where records are. A vtable, so that loaders, handlers and tests know no engine; one contract
// suite (tests/server/store/contract.h) runs over every implementation.
//
// How it works: a rel_plan is a lookup compiled once per relation ("rows of books whose author_id is one of
// these keys, in this order, as Book"). A rel_job is somebody who has keys waiting for a plan. The store
// keeps a queue of jobs and a few connections; when one is free it asks the job for every key that is waiting
// by then (take), runs one statement for all of them, hands over rows as wire bytes (row), and says that the
// batch is done (done). So while one statement runs the next batch gathers, without a timer.
//
// Threads: every function here is thread-safe unless it says otherwise. A job's callbacks run on the store's
// threads, one batch on one thread, never under a lock of the store; they may submit jobs. Nothing here
// blocks the caller, but for open, close, check and plan_new.
#ifndef RELATIONS_SERVER_STORE_STORE_H
#define RELATIONS_SERVER_STORE_STORE_H

#include "common/clock.h"
#include "common/schema/schema.h"
#include "server/store/key.h"
#include "server/store/scope.h"

#include <relations/v1/relation_service.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_store rel_store;
typedef struct rel_plan rel_plan;
typedef struct rel_job rel_job;

// What a row becomes.
typedef enum rel_output {
  REL_OUTPUT_RECORD, // a serialized message of `model`
  REL_OUTPUT_KEY, // the canonical key made of `columns`: what the owner's relation joins on; no bytes at all
                  // when a part is NULL, or `gate` does not let the row pass
  REL_OUTPUT_COUNT, // nothing: that there is a row is all
} rel_output;

// Where the rows of one key go on.
typedef struct rel_seek {
  rel_str key;    // canonical
  rel_str cursor; // what rel_select.after takes
} rel_seek;

// What somebody chooses among the rows that a lookup has. Those are decided first, by its own condition,
// order and limit.
typedef struct rel_choice {
  const rel_condition *condition; // NULL: every row
  const rel_sort_term *order_by;  // with order_count: in another order, which ends in the primary key
  size_t order_count;
  size_t limit;  // at most so many rows for each key, the first in the order; 0: all
  rel_str after; // only rows behind this place in the order, as rel_select.after; empty: from the first on
  const rel_seek *seeks; // with seek_count: the same for some of the keys
  size_t seek_count;
} rel_choice;

// Whether anything is chosen.
static inline bool rel_choice_is_made(const rel_choice *choice) {
  return choice->condition != NULL || choice->order_count > 0 || choice->limit > 0 || choice->after.len > 0 ||
         choice->seek_count > 0;
}

// A lookup. Everything is borrowed, and must outlive the plan.
typedef struct rel_lookup {
  const rel_model *model; // whose table is read; its discriminator, if any, is part of the condition
  const rel_hop *hops;    // tables between the keys and the rows; a row comes once for a key, however many
  size_t hop_count;       // ways there are
  const rel_field *const *key; // fields of the model: equal to the key, or to what the last hop leads on by
  size_t key_count;
  const rel_condition *condition; // what must hold for a row besides its key; NULL: nothing
  const rel_sort_term *order_by;  // within one key; ends in the primary key; none: a key has at most one row
  size_t order_count;
  size_t limit; // at most so many rows for each key, the first in the order; 0: all
  rel_choice choice;
  const rel_condition *verdict; // a row for which it does not hold comes as withheld: see rel_batch. NULL:
                                // none does
  rel_output output;
  const rel_field *const *columns; // for REL_OUTPUT_KEY; for REL_OUTPUT_RECORD with column_count: only these
  size_t column_count;
  const rel_gate *gate; // for REL_OUTPUT_KEY, of a polymorphic relation; else NULL
  bool cursors;         // rows come with where they stand in the order: see rel_batch
  bool late; // compiled when it is first run, so that making the plan asks nothing of the database: what is
             // wrong with it, and what `check` would have said, is then the first batch's error
  const rel_relation *relation; // for a custom loader, which is told its name; a store does not look at it
} rel_lookup;

// The fields that the keys are compared with: the lookup's own, or those of its first hop.
static inline const rel_field *const *rel_lookup_key(const rel_lookup *lookup, size_t *count) {
  *count = lookup->hop_count > 0 ? lookup->hops[0].key_count : lookup->key_count;
  return lookup->hop_count > 0 ? lookup->hops[0].key : lookup->key;
}

// The order in which rows come.
static inline const rel_sort_term *rel_lookup_order(const rel_lookup *lookup, size_t *count) {
  bool chosen = lookup->choice.order_count > 0;
  *count = chosen ? lookup->choice.order_count : lookup->order_count;
  return chosen ? lookup->choice.order_by : lookup->order_by;
}

// One statement's worth of keys. Filled by the job's take; belongs to the job until done returns.
typedef struct rel_batch {
  const rel_str *keys;          // canonical, no key twice
  size_t key_count;             // 0: there was nothing to do after all
  const rel_deadline *deadline; // may move while the statement runs. Past it, the statement is interrupted
                                // and done gets REL_TIMEOUT
  void *context;                // the job's own
  rel_str cursor; // set before each row, with rel_lookup.cursors: what rel_select.after takes. Valid as the
                  // row is
  bool withheld;  // set before each row, with rel_lookup.verdict: it does not hold, and the bytes are no
                  // record
  bool given_up;  // set before done: it was ended because its deadline had passed, or `gone` said so
} rel_batch;

// Who has keys waiting. Embed it, zeroed.
struct rel_job {
  const rel_plan *plan;

  // Fills the batch with what is waiting now. A submit that comes after take began queues the job again, so
  // several batches of a job can be under way at once.
  void (*take)(rel_job *job, rel_batch *batch);

  // One row for keys[index], as bytes that are valid until it returns. Rows of one key come in order; keys
  // come in any order, but all rows of one key come together. A code other than REL_OK ends the statement,
  // and done gets it.
  rel_code (*row)(rel_job *job, rel_batch *batch, size_t index, rel_str bytes, rel_error *error);

  // A row for keys[index] does not fit its declared types; the rest of the batch goes on.
  void (*bad_row)(rel_job *job, rel_batch *batch, size_t index, const rel_error *error);

  // The batch is over. Called exactly once for each take. With a code other than REL_OK nothing of it counts.
  // The job may be freed from here if it is not submitted again.
  void (*done)(rel_job *job, rel_batch *batch, rel_code code, const rel_error *error);

  // Asked, from its thread, while a batch is under way: whether nobody waits for it any more, so that it need
  // not go on. May be NULL.
  bool (*gone)(rel_job *job, const rel_batch *batch);

  rel_job *next; // the store's, under its lock
  bool queued;   // the same
};

// --- Selecting: one page of a query ---
//
// A query is never held open between pages: each page is a statement of its own that begins behind the last
// row of the page before (keyset pagination), so a caller who reads slowly holds no connection, and sees each
// page as the database is when it is asked for.

typedef enum rel_select_kind {
  REL_SELECT_ROWS,
  REL_SELECT_COUNT,  // how many rows there are
  REL_SELECT_EXISTS, // whether there is one: 1 or 0
  REL_SELECT_GROUPS, // groups of rows: see rel_grouping
} rel_select_kind;

// A field of a row; or of the record that relations lead to from there, the first one where a relation has
// several, and NULL where there is none.
typedef struct rel_group_value {
  const rel_field *field;
  const rel_related *const *path;
  size_t path_count;
} rel_group_value;

// The rows of common/operators.h, by the contract's numbers. The sum of doubles is a double, of integers an
// integer, of decimals a decimal; the mean of what is no double is a decimal. REL_OUT_OF_RANGE when a sum
// does not fit.
typedef enum rel_aggregate_function {
#define REL_AGGREGATE_NUMBER(with, name, ...)                                                                \
  REL_AGGREGATE_##name = RELATIONS__V1__AGGREGATE_FUNCTION__AGGREGATE_FUNCTION_##name,
  REL_AGGREGATES(REL_AGGREGATE_NUMBER, )
#undef REL_AGGREGATE_NUMBER
} rel_aggregate_function;

typedef struct rel_aggregate {
  rel_aggregate_function function;
  rel_group_value of; // without a field: the rows themselves, for REL_AGGREGATE_COUNT
} rel_aggregate;

// What rows are gathered into. Values are equal as what they mean, whatever they are stored as, and NULL
// equals NULL.
typedef struct rel_grouping {
  const rel_group_value *keys; // that are equal; without any, all rows are one group
  size_t key_count;
  const rel_aggregate *terms;
  size_t term_count;
  const rel_model *model;      // a group as a row: a field for each key, then one for each term, each with a
                               // column whose name is its own. No table, no primary key
  const rel_condition *having; // on that model; NULL: every group
} rel_grouping;

// What is asked for. Everything is borrowed, and lives until done is called.
typedef struct rel_select {
  rel_select_kind kind;
  const rel_model *model; // whose table is read; its discriminator, if any, is part of the condition
  const rel_hop *hops;    // with hop_count: tables between the key and the rows, as in a lookup
  size_t hop_count;
  const rel_field *const *key; // with key_count: only rows that are reached from `scope`, a canonical key
  size_t key_count;
  rel_str scope;
  const rel_condition *scope_condition; // what must hold for a row of the scope besides; NULL: nothing
  const rel_sort_term *first_by;  // with first: of the scope only the first so many rows in this order, NULLs
  size_t first_by_count;          // last; the condition decides about those alone
  size_t first;                   // 0: all
  const rel_condition *condition; // NULL: every row
  const rel_condition *verdict;   // for rows, of a scope with one at most: where it does not hold, the row is
                                  // withheld, and the page says so. NULL: it is not
  const rel_grouping *grouping;   // for groups
  const rel_sort_term *order;     // for rows; ends in the primary key. For groups, fields of their model
  size_t order_count;
  bool backwards; // the order is turned round, and all that follows with it
  rel_str after;  // a page's `first` or `last`: only rows behind it. Empty: from the first
  bool at_after;  // and that one itself
  rel_str before; // the same: only rows before it. Empty: to the last
  size_t skip;    // so many rows, first
  size_t limit;   // at most so many rows, at least 1
  rel_output output;
  const rel_field *const *columns; // for REL_OUTPUT_KEY; for REL_OUTPUT_RECORD with column_count: only these
  size_t column_count;
  const rel_gate *gate; // the same, of a polymorphic relation; else NULL
} rel_select;

typedef struct rel_select_page {
  uint64_t count; // rows that were taken; for the other kinds, the answer
  bool more;      // there is a row behind the last one
  bool withheld;  // there is a row for which the verdict does not hold
  bool sorted;    // no index had the order: every page costs as much as all rows that are left
  rel_str first;  // where the page began and
  rel_str last;   // ended, in the store's own form; empty when no row was taken
} rel_select_page;

typedef struct rel_select_job rel_select_job;

// Who asks. Embed it, zeroed.
struct rel_select_job {
  const rel_select *select;
  const rel_deadline *deadline; // may move while the statement runs; past it the statement is interrupted and
                                // done gets REL_TIMEOUT

  // A row, in order, as bytes that are valid until it returns; a group as a relations.v1.AggregateGroup.
  // False: it was not taken, and the page ends before it. The first row of a page must be taken, or the next
  // page would be the same.
  bool (*row)(rel_select_job *job, rel_str bytes);

  // The page is over; called exactly once. With a code other than REL_OK nothing of it counts. A row that
  // does not fit its declared types is REL_BAD_DATA. The page's memory ends with the call. The job may be
  // freed or be given to select again from here.
  void (*done)(rel_select_job *job, const rel_select_page *page, rel_code code, const rel_error *error);

  rel_select_job *next; // the store's, under its lock
};

typedef struct rel_store_ops {
  const char *engine; // "sqlite"

  // Compares a schema with the database: tables, columns, types; a warning for a foreign key without an
  // index. Blocks. Fails only when the database cannot be asked.
  rel_code (*check)(rel_store *store, const rel_schema *schema, rel_findings *findings, rel_error *error);

  // Compiles a lookup. Blocks. The caller frees it with plan_free, after its last batch is done.
  rel_code (*plan_new)(rel_store *store, const rel_lookup *lookup, rel_plan **out, rel_error *error);
  void (*plan_free)(rel_store *store, rel_plan *plan);

  // Queues the job, unless it is queued already. After stop, take and done (with REL_UNAVAILABLE) are called
  // from within: hold no lock that they take.
  void (*submit)(rel_store *store, rel_job *job);

  // Queues one page. Its callbacks run on the store's threads. Queries leave one connection to lookups, as
  // long as there are several. After stop, done (with REL_UNAVAILABLE) is called from within: hold no lock
  // that it takes.
  void (*select)(rel_store *store, rel_select_job *job);

  // A number that differs after any commit to the database, by whomever, from what it was before: a commit
  // that returned anywhere before this call began is seen. Costs a memory read or one small file read, never
  // a statement. 0: cannot be told now; then nothing may be served from a cache, and nothing be put into one.
  uint64_t (*version)(rel_store *store);

  // Takes no more batches; running ones end. Blocks until every thread of the store has ended.
  void (*stop)(rel_store *store);
  void (*free)(rel_store *store); // after stop
} rel_store_ops;

// Implementations begin with this.
struct rel_store {
  const rel_store_ops *ops;
};

typedef struct rel_store_options {
  const char *url;         // "sqlite:library.db"
  unsigned connections;    // and threads; 0: 4
  size_t max_batch_keys;   // keys in one statement; 0: 10,000
  int64_t busy_timeout_ns; // how long a locked database is waited for, within the deadline; 0: 5 s
  // Told, on a thread of the store and between two batches, that answers come from another database from now
  // on: its file was replaced. May block, and call the store. NULL: nobody is told.
  void (*replaced)(void *context);
  void *replaced_context;
} rel_store_options;

// Opens the store that the URL names. REL_INVALID for an unknown scheme, REL_UNAVAILABLE with the reason when
// the database cannot be read. Blocks.
rel_code rel_store_open(const rel_store_options *options, rel_store **out, rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
