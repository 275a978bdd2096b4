// What the SQLite store runs: lookups, compiled once and run for batches of keys, and pages of queries, which
// are written each time.
#ifndef RELATIONS_SERVER_STORE_SQLITE_PLAN_H
#define RELATIONS_SERVER_STORE_SQLITE_PLAN_H

#include "server/store/sqlite_writer.h"

#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

// --- sqlite_plan.c ---

// How a batch of several keys is asked for.
typedef enum rel_sqlite_shape {
  REL_SQLITE_IN, // t.key IN (the keys) ORDER BY t.key: an index on the key brings the rows in order, without
                 // a sorter. The row tells its key, so the comparison must be one that can be repeated here:
                 // of integers or bytes
  REL_SQLITE_JOIN,  // keys JOIN t: the database tells the key, whatever its collation and affinity make equal
  REL_SQLITE_WAYS,  // ways JOIN t: with hops, where the ways from the keys are found first
  REL_SQLITE_FIRST, // keys JOIN t ON t.rowid IN (the first rows of the key): with a limit, where that spares
                    // the reading of the others
  REL_SQLITE_RANKED, // rows with a key, numbered for each: where somebody chooses among the first of them,
                     // and they have no rowid or lie behind hops
  REL_SQLITE_LINKED, // rows with a key and the values of the link: where the order is by those
} rel_sqlite_shape;

// A statement of a plan.
typedef struct rel_sqlite_text {
  const char *sql;
  size_t reserved;                  // parameters for the keys
  const rel_sqlite_binding *values; // of the parameters behind them, always the same
  size_t value_count;
} rel_sqlite_text;

// A compiled lookup. Immutable once it is compiled, so that any connection may prepare it.
typedef struct rel_sqlite_plan {
  uint64_t id; // never used again
  size_t slot; // of the statement in each connection; used again when the plan is gone
  const rel_model *model;
  rel_output output;
  const rel_field **columns; // what a row consists of
  size_t column_count;
  size_t cursor_count;  // values of the order, behind those; then the verdict, if any
  const rel_gate *gate; // of a key, or NULL
  size_t key_count;
  size_t alternatives[REL_KEY_MAX_PARTS]; // of each key part, 1 or more
  size_t limit;                           // rows that come for each key; 0: all
  rel_sqlite_orders orders;               // that rows come in, and that they are cut off in before
  bool linked;                            // one of them is by fields of the link
  bool staged;                            // somebody chooses among what the lookup's own limit has left
  const char *rowid;                      // the name of the table's; NULL: it has none
  bool repeats;                           // rows of a key may come several times, one after the other
  rel_sqlite_shape shape;
  rel_sqlite_text one;  // a single key, its parts bound as ?1...; without a text: it is one of many
  rel_sqlite_text many; // any number of keys, ?1 being the pointer for rel_sqlite_keys
  size_t many_key;      // which of its columns tells the key
  size_t many_lead;     // columns before those of the row: 1 for the key, or 0 where it is among them
  rel_sqlite_text find; // the keys and numbers of the same rows, out of an index alone; no text: the rows
                        // are not read by their numbers
  rel_sqlite_text read; // the rows of numbers, ?1 being the pointer for rel_sqlite_keys
  rel_arena arena;
  rel_lookup lookup;    // what it is compiled from
  pthread_mutex_t lock; // of compiling it late
  bool compiled;
} rel_sqlite_plan;

// Compiles, and has the database prepare both statements; a late one not yet.
rel_code rel_sqlite_plan_new(rel_sqlite_conn *conn, const rel_lookup *lookup, rel_sqlite_plan **out,
                             rel_error *error) REL_MUST_CHECK;
// Compiles a late one, unless it is. Thread-safe.
rel_code rel_sqlite_plan_ready(rel_sqlite_conn *conn, rel_sqlite_plan *plan, rel_error *error) REL_MUST_CHECK;
// Accepts NULL.
void rel_sqlite_plan_free(rel_sqlite_plan *plan);

// --- sqlite_lookup.c ---

// Writes the statements of a plan for one key and for many; everything else of it is known.
rel_code rel_sqlite_write_lookup(rel_sqlite_conn *conn, rel_sqlite_plan *plan,
                                 rel_error *error) REL_MUST_CHECK;
// Writes those that find and read rows by their numbers.
rel_code rel_sqlite_write_scattered(rel_sqlite_conn *conn, rel_sqlite_plan *plan,
                                    rel_error *error) REL_MUST_CHECK;

// --- sqlite_run.c ---

// Runs a batch on the connection and hands its rows to the job; everything but done.
rel_code rel_sqlite_run(rel_sqlite_conn *conn, rel_sqlite_plan *plan, rel_job *job, rel_batch *batch,
                        size_t max_keys, rel_error *error) REL_MUST_CHECK;
// Finalizes the statements that the connection keeps.
void rel_sqlite_run_forget(rel_sqlite_conn *conn);

// --- sqlite_select.c ---

// Where a page began and ended.
typedef struct rel_sqlite_ends {
  rel_buf first, last;
} rel_sqlite_ends;

// Runs one page of a query on the connection and hands its rows to the job; everything but done. The page's
// views point into `ends`.
rel_code rel_sqlite_select_run(rel_sqlite_conn *conn, rel_select_job *job, rel_select_page *page,
                               rel_sqlite_ends *ends, rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
