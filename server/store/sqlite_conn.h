// The SQLite store's database: connections and what they keep, what the database says of its tables, whether
// anybody has committed. A connection has one owner at a time.
#ifndef RELATIONS_SERVER_STORE_SQLITE_CONN_H
#define RELATIONS_SERVER_STORE_SQLITE_CONN_H

#include "server/store/encode.h"
#include "server/store/store.h"

#include <sqlite3.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// --- sqlite_conn.c ---

typedef struct rel_sqlite_statement rel_sqlite_statement;

// Which file a path led to. A file that is open keeps its number, so another file cannot have it.
typedef struct rel_sqlite_file {
  dev_t device;
  ino_t number;
} rel_sqlite_file;

// A statement that waits to be used again, by the hash of its text.
typedef struct rel_sqlite_kept {
  uint64_t hash;
  sqlite3_stmt *statement;
} rel_sqlite_kept;

enum { REL_SQLITE_MAX_KEPT = 32 };

// A connection, used by one thread at a time.
typedef struct rel_sqlite_conn {
  sqlite3 *db;            // NULL: the file could not be opened when it was opened again
  char *path;             // as it was given
  rel_sqlite_file opened; // what it led to just before
  int64_t busy_timeout_ns;
  const rel_deadline *deadline; // of what runs now; NULL: none
  rel_job *job;                 // the same; NULL: no batch
  const rel_batch *batch;
  int64_t ask_gone_ns; // when it is asked again whether anybody waits for the batch
  bool given_up;       // what runs now: see rel_sqlite_given_up
  int64_t busy_since_ns;
  rel_error failed;                 // what one of our functions refused, while a statement runs
  bool utf8;                        // the database's encoding
  rel_sqlite_statement *statements; // by the plan's slot
  size_t statement_count;
  rel_sqlite_kept kept[REL_SQLITE_MAX_KEPT]; // of queries; the most recent first
  size_t kept_count;
} rel_sqlite_conn;

// Opens the database read-only and reads from it once, so that what is wrong with it shows now. On failure
// the connection is closed.
rel_code rel_sqlite_conn_open(rel_sqlite_conn *conn, const char *path, int64_t busy_timeout_ns,
                              rel_error *error) REL_MUST_CHECK;
// Accepts the zeroed.
void rel_sqlite_conn_close(rel_sqlite_conn *conn);
// Is the path's file another one by now, or none? Costs one stat.
bool rel_sqlite_conn_moved(const rel_sqlite_conn *conn);
// Opens the database again if its file was replaced, so that a file that nobody else sees any longer is not
// read for ever. Statements are forgotten then. On failure the connection is closed, and the next call tries
// again.
rel_code rel_sqlite_conn_follow(rel_sqlite_conn *conn, rel_error *error) REL_MUST_CHECK;
// Whether what runs is to end, since its deadline has passed or nobody waits for it any more. Asked now and
// then while it runs, and by functions of ours before what takes long; each time the clock is read.
bool rel_sqlite_given_up(rel_sqlite_conn *conn);
// The failure of the last call on the connection, `rc` being its extended result code.
rel_code rel_sqlite_fail(const rel_sqlite_conn *conn, int rc, rel_error *error);
// What it says of a table or a column that is not there as the schema has it, though it was when the schema
// was checked.
rel_code rel_sqlite_changed(const char *what, rel_error *error);
// Whether that was one of SQLite's limits on how deep a statement is, which have no codes of their own.
bool rel_sqlite_too_deep(const rel_sqlite_conn *conn);
// sqlite3_prepare_v3 and sqlite3_step, which survive that a writer begins at the wrong moment.
int rel_sqlite_prepare(const rel_sqlite_conn *conn, const char *sql, unsigned flags, sqlite3_stmt **stmt);
int rel_sqlite_step(const rel_sqlite_conn *conn, sqlite3_stmt *stmt);
// Runs SQL without results.
rel_code rel_sqlite_exec(rel_sqlite_conn *conn, const char *sql, rel_error *error) REL_MUST_CHECK;

// --- sqlite_kept.c ---

// The statement of a text, kept from before or prepared now, with nothing bound; the caller's to give back,
// or to finalize. SQLite's result code.
int rel_sqlite_kept_take(rel_sqlite_conn *conn, const char *sql, sqlite3_stmt **statement);
// Ends its run, however that went, and keeps it. Accepts NULL.
void rel_sqlite_kept_give(rel_sqlite_conn *conn, sqlite3_stmt *take_statement);
// Finalizes all that are kept.
void rel_sqlite_kept_forget(rel_sqlite_conn *conn);

// --- Values: sqlite_run.c ---

// A value as it is; texts and blobs are valid as long as it.
void rel_sqlite_cell_of(sqlite3_value *value, rel_cell *cell);
// A column of the row where the statement stands; texts and blobs are valid until the next step.
void rel_sqlite_read_cell(sqlite3_stmt *stmt, int column, rel_cell *cell);
// Whether the value of a condition is that it holds.
bool rel_sqlite_holds(const rel_cell *cell);

// --- sqlite_table.c ---

// https://sqlite.org/datatype3.html, section 3.1.
typedef enum rel_sqlite_affinity {
  REL_AFFINITY_NONE,
  REL_AFFINITY_TEXT, // what is behind it makes numbers of texts
  REL_AFFINITY_NUMERIC,
  REL_AFFINITY_INTEGER,
  REL_AFFINITY_REAL,
} rel_sqlite_affinity;

// What a row's number may be called, unless a column is.
enum { REL_SQLITE_ROWID_NAMES = 3 };
extern const char *const rel_sqlite_rowid_names[REL_SQLITE_ROWID_NAMES];

// Of a declared type, outside of STRICT tables.
rel_sqlite_affinity rel_sqlite_affinity_of(rel_str type);

typedef struct rel_sqlite_column {
  rel_str name;
  rel_str type; // as declared, or empty
  rel_sqlite_affinity affinity;
  bool not_null; // cannot hold NULL
  bool binary;   // compares text byte by byte
} rel_sqlite_column;

// An index over every row; NULL stands for an expression.
typedef struct rel_sqlite_index {
  bool unique;
  const rel_sqlite_column **columns;
  size_t column_count;
} rel_sqlite_index;

// A table or view; everything in the arena that it was read into.
typedef struct rel_sqlite_table {
  rel_str name;
  bool is_table; // an ordinary one: not a view, not virtual
  bool without_rowid;
  bool strict;
  const char *rowid;          // the name of the row number that no column hides; NULL: there is none
  rel_sqlite_column *columns; // the row number last, if there is one
  size_t column_count;
  rel_sqlite_index *indexes; // the rowid's among them
  size_t index_count;
} rel_sqlite_table;

// *out is NULL when there is no such table or view.
rel_code rel_sqlite_table_read(rel_sqlite_conn *conn, rel_str name, rel_arena *arena, rel_sqlite_table **out,
                               rel_error *error) REL_MUST_CHECK;
// NULL when there is none; names are compared as SQLite compares them.
const rel_sqlite_column *rel_sqlite_table_column(const rel_sqlite_table *table, rel_str name);
// The table or view whose name is nearest to `name`, or empty.
rel_code rel_sqlite_table_near(rel_sqlite_conn *conn, rel_str name, rel_arena *arena, rel_str *out,
                               rel_error *error) REL_MUST_CHECK;

// --- sqlite_check.c ---

rel_code rel_sqlite_check(rel_sqlite_conn *conn, const rel_schema *schema, rel_findings *findings,
                          rel_error *error) REL_MUST_CHECK;

// --- sqlite_version.c ---

typedef struct rel_sqlite_sentinel rel_sqlite_sentinel;

// Watches the database through a connection of its own.
rel_code rel_sqlite_sentinel_new(const char *path, int64_t busy_timeout_ns, rel_sqlite_sentinel **out,
                                 rel_error *error) REL_MUST_CHECK;
void rel_sqlite_sentinel_free(rel_sqlite_sentinel *sentinel);
// See rel_store_ops.version. Thread-safe. Looks once a second whether the file was replaced; from then on it
// is 0 until somebody follows.
uint64_t rel_sqlite_sentinel_version(rel_sqlite_sentinel *sentinel);
// Is the version 0 until somebody follows? Thread-safe.
bool rel_sqlite_sentinel_moved(rel_sqlite_sentinel *sentinel);
// Looks at once, and opens the file that has taken the place of the old one. True for the one caller who did.
// Thread-safe; blocks.
bool rel_sqlite_sentinel_follow(rel_sqlite_sentinel *sentinel);

#ifdef __cplusplus
}
#endif

#endif
