// What the files of the SQLite store share: nobody else includes it.
//
//   sqlite.c          the store: its queue, its threads, the vtable
//   sqlite_conn.c     a connection: opened read-only, its deadlines, its errors in our words
//   sqlite_table.c    what the database says about a table
//   sqlite_writer.c   pieces of SQL, and the values bound to them
//   sqlite_reach.c    what a row's key is compared with, and the tables between
//   sqlite_link.c     rows with the values of the link that leads to them first
//   sqlite_plan.c     a lookup becomes a plan
//   sqlite_lookup.c   and that becomes SQL
//   sqlite_keys.c     a batch of keys as a virtual table
//   sqlite_run.c      a batch is run: statements kept, rows handed over
//   sqlite_where.c    a condition becomes SQL
//   sqlite_related.c  from one table to another, along relations
//   sqlite_functions.c  times and decimals, comparable whatever they are stored as
//   sqlite_aggregates.c sums, means and the like, exact
//   sqlite_kept.c     statements of queries, kept prepared by their text
//   sqlite_select.c   one page of a query: its statement, its rows
//   sqlite_order.c    a query's order, and the cursor between its pages
//   sqlite_group.c    a query's rows gathered into groups
//   sqlite_check.c    a schema is compared with the database
//   sqlite_version.c  has anybody committed?
#ifndef RELATIONS_SERVER_STORE_SQLITE_H
#define RELATIONS_SERVER_STORE_SQLITE_H

#include "server/store/encode.h"
#include "server/store/scope.h"
#include "server/store/store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

rel_code rel_sqlite_open(const rel_store_options *options, rel_str path, rel_store **out,
                         rel_error *error) REL_MUST_CHECK;

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
// Whether that was one of SQLite's limits on how deep a statement is, which have no codes of their own.
bool rel_sqlite_too_deep(const rel_sqlite_conn *conn);
// sqlite3_prepare_v3 and sqlite3_step, which survive that a writer begins at the wrong moment.
int rel_sqlite_prepare(const rel_sqlite_conn *conn, const char *sql, unsigned flags, sqlite3_stmt **stmt);
int rel_sqlite_step(const rel_sqlite_conn *conn, sqlite3_stmt *stmt);
// Runs SQL without results.
rel_code rel_sqlite_exec(rel_sqlite_conn *conn, const char *sql, rel_error *error) REL_MUST_CHECK;

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

// --- sqlite_writer.c ---

typedef struct rel_sqlite_binding {
  enum { REL_BIND_NULL, REL_BIND_INT, REL_BIND_REAL, REL_BIND_TEXT, REL_BIND_BLOB, REL_BIND_SUBJECT } kind;
  int64_t integer;
  double real;
  rel_str bytes;
  const struct rel_sqlite_subject *subject;
} rel_sqlite_binding;

// A statement while it is written: text, and the values of its parameters. {0} with conn, model and arena
// begins one. `model` and `table` are what is being written about: table 0 is called t, 1 is called t1.
typedef struct rel_sqlite_writer {
  rel_sqlite_conn *conn;
  const rel_model *model;
  unsigned table, tables; // the highest number so far
  rel_arena *arena;       // of the values
  rel_buf sql;
  const struct rel_sqlite_joins *joins; // of its rows; NULL: none
  size_t reserved; // parameters that stand before the first value, and are bound by others
  rel_sqlite_binding *bindings;
  size_t count, capacity;
} rel_sqlite_writer;

void rel_sqlite_writer_fini(rel_sqlite_writer *w);
// The number of a new parameter, which stands for the value; its bytes must live as long as the arena.
size_t rel_sqlite_add_value(rel_sqlite_writer *w, const rel_sqlite_binding *value);
// The same, written.
void rel_sqlite_put_value(rel_sqlite_writer *w, const rel_sqlite_binding *value);
void rel_sqlite_put_int(rel_sqlite_writer *w, int64_t value);
// Binds the values of a statement that was written.
int rel_sqlite_bind_values(sqlite3_stmt *stmt, size_t reserved, const rel_sqlite_binding *values,
                           size_t count);
// How the texts of a column compare: the name of its collation.
const char *rel_sqlite_collation(const rel_sqlite_writer *w, const rel_model *model, const rel_field *field);
// Pieces of SQL: a quoted name; t; t."column"; main."table" AS t.
void rel_sqlite_put_name(rel_buf *sql, rel_str name);
void rel_sqlite_put_alias(rel_buf *sql, unsigned table);
void rel_sqlite_put_column(rel_buf *sql, unsigned table, const rel_field *field);
void rel_sqlite_put_table(rel_buf *sql, unsigned table, const rel_model *model);
// "t.*" of the writer's table, for a select that others read as a table: with the row number, which * leaves
// out, where the model knows its rows by it.
void rel_sqlite_put_row(struct rel_sqlite_writer *w);

// --- sqlite_reach.c ---

// Alternatives of one key part, as the database may have stored it: bytes as BLOB or TEXT. A UUID goes in as
// its bytes, and sqlite_uuid.c finds its spellings.
enum { REL_SQLITE_ALTERNATIVES = 2 };

// In how many forms the database may hold a key part of this field.
size_t rel_sqlite_alternatives(const rel_field *field);

// What the fields of a key are compared with.
typedef struct rel_sqlite_key {
  enum {
    REL_SQLITE_KEY_PARAMETERS, // ?1...: each part in its forms, in turn
    REL_SQLITE_KEY_COLUMNS,    // those of the virtual table, named k
    REL_SQLITE_KEY_VALUE,      // `value`, a canonical key
    REL_SQLITE_KEY_FIELDS,     // `fields` of the table number `table`
    REL_SQLITE_KEY_WAY,        // what a way from a key leads on by: columns of rel_sqlite_put_ways
  } kind;
  rel_str value;
  unsigned table;
  const rel_field *const *fields;
} rel_sqlite_key;

// "t.a = ?1 AND t.b IN (?2, ?3)": rows of the writer's table with this key. The table's columns stand on the
// left, so that their collation and affinity decide.
void rel_sqlite_put_key(rel_sqlite_writer *w, const rel_field *const *fields, size_t count,
                        const rel_sqlite_key *key);

// How rows of the writer's table are reached: see scope.h.
typedef struct rel_sqlite_reach {
  const rel_hop *hops;
  size_t hop_count;
  const rel_field *const *key; // of the rows
  size_t key_count;
} rel_sqlite_reach;

// The rows that are reached from one key, each once.
void rel_sqlite_put_reached(rel_sqlite_writer *w, const rel_sqlite_reach *reach, const rel_sqlite_key *key);
// "(SELECT DISTINCT k.i AS i, … AS x0) AS l": the ways from each of many keys, l.i being the key's index, to
// what leads on to rows; of any other key, l.i is 0. Joined with it, a row may still come several times for a
// key, where the database makes equal what is not the same. With fields of the link, l.y5 being the field
// number 5, there is a way for each link.
void rel_sqlite_put_ways(rel_sqlite_writer *w, const rel_sqlite_reach *reach, const rel_sqlite_key *key,
                         const rel_field *const *fields, size_t count);

// --- sqlite_link.c ---

typedef struct rel_sqlite_order {
  const rel_sort_term *terms;
  size_t count;
} rel_sqlite_order;

enum { REL_SQLITE_ORDERS = 2 };

// The orders that rows are put into, or cut off in; any may be empty.
typedef struct rel_sqlite_orders {
  rel_sqlite_order of[REL_SQLITE_ORDERS];
  bool row_number; // the row's number is asked for as well: REL_SQLITE_ROW
} rel_sqlite_orders;

// Whether any of them is by the link's fields: then rows come from a table of their own.
bool rel_sqlite_by_link(const rel_sqlite_orders *orders);
// "(SELECT … WHERE …", to which conditions on the writer's table may be added, and ") AS t": the rows that
// are reached, once for each key, with the values of the link that the orders are by, and
// REL_SQLITE_KEY_INDEX.
void rel_sqlite_begin_linked(rel_sqlite_writer *w, const rel_sqlite_reach *reach, const rel_sqlite_key *key,
                             const rel_sqlite_orders *orders);
void rel_sqlite_end_linked(rel_sqlite_writer *w);
// The value of a term that is by the link.
void rel_sqlite_put_link_value(rel_sqlite_writer *w, const rel_sort_term *term);

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

// Writes both statements of a plan; everything else of it is known.
rel_code rel_sqlite_write_lookup(rel_sqlite_conn *conn, rel_sqlite_plan *plan,
                                 rel_error *error) REL_MUST_CHECK;

// What the names of columns begin with that statements add to a table's own; none of those is called so
// (sqlite_check.c). Two of them are the index of a row's key, and its number.
#define REL_SQLITE_OWN       "sqlite_relations_"
#define REL_SQLITE_KEY_INDEX REL_SQLITE_OWN "key"
#define REL_SQLITE_ROW       REL_SQLITE_OWN "row"

// --- sqlite_keys.c ---

// Keys for the virtual table; given to it as the pointer of this type's name.
typedef struct rel_sqlite_keys {
  const rel_str *keys;
  size_t count;
  const uint32_t *seeks; // for each of them, 1 and the number of its seek, or 0; NULL: none has one
} rel_sqlite_keys;

// The table's name. Names that begin with sqlite_ are closed to users, so it cannot hide one of their tables.
#define REL_SQLITE_KEYS      "sqlite_relations_keys"
#define REL_SQLITE_KEYS_TYPE "rel_sqlite_keys"

rel_code rel_sqlite_keys_register(rel_sqlite_conn *conn, rel_error *error) REL_MUST_CHECK;

// A value to be bound, in one of the forms in which the database may hold it.
typedef struct rel_sqlite_form {
  enum {
    REL_FORM_NONE,
    REL_FORM_INT,
    REL_FORM_TEXT,
    REL_FORM_BLOB
  } kind; // REL_FORM_NONE: NULL, equal to nothing
  int64_t integer;
  rel_str bytes;
} rel_sqlite_form;

// The form number `alternative` of a part.
void rel_sqlite_form_of(const rel_key_part *part, size_t alternative, rel_sqlite_form *form);
// Makes it the result of a function.
void rel_sqlite_result_form(sqlite3_context *context, const rel_sqlite_form *form);

// --- sqlite_run.c ---

// Runs a batch on the connection and hands its rows to the job; everything but done.
rel_code rel_sqlite_run(rel_sqlite_conn *conn, rel_sqlite_plan *plan, rel_job *job, rel_batch *batch,
                        size_t max_keys, rel_error *error) REL_MUST_CHECK;
// A value as it is; texts and blobs are valid as long as it.
void rel_sqlite_cell_of(sqlite3_value *value, rel_cell *cell);
// A column of the row where the statement stands; texts and blobs are valid until the next step.
void rel_sqlite_read_cell(sqlite3_stmt *stmt, int column, rel_cell *cell);
// Whether the value of a condition is that it holds.
bool rel_sqlite_holds(const rel_cell *cell);
// Finalizes the statements that the connection keeps.
void rel_sqlite_run_forget(rel_sqlite_conn *conn);

// --- sqlite_where.c ---

// What a condition on rows of the writer's table says, in parentheses.
void rel_sqlite_put_condition(rel_sqlite_writer *w, const rel_condition *condition);
// " AND " and the condition; nothing for NULL.
void rel_sqlite_put_and_condition(rel_sqlite_writer *w, const rel_condition *condition);
// " AND t.kind IN (?2, ?3)": only the model's rows, an enum's value by its number and by every name of it;
// nothing when the whole table is the model's.
void rel_sqlite_put_discriminator(rel_sqlite_writer *w);
// A part of a key in its forms, as elements of a list.
void rel_sqlite_put_part(rel_sqlite_writer *w, const rel_key_part *part, size_t alternatives, bool *first);

// Whether the column is a table's and compares texts byte by byte.
bool rel_sqlite_compares_bytes(const rel_sqlite_writer *w, const rel_field *field);

// --- sqlite_bounds.c ---

// "(…) AND ": what every row for which the comparison holds has, in terms that an index knows; nothing where
// there is nothing such, or the comparison itself is known.
void rel_sqlite_put_bounds(rel_sqlite_writer *w, const rel_condition *condition);

// --- sqlite_uuid.c ---

// How the rows of a UUID are found, whatever their spelling.
typedef enum rel_sqlite_uuid_way {
  REL_UUID_WALK,   // by an index, from one spelling that there is to the next
  REL_UUID_NOCASE, // as texts: the column's collation makes the cases one
  REL_UUID_EACH,   // by each row's value: no index begins with the column, or it is a view's
} rel_sqlite_uuid_way;

rel_sqlite_uuid_way rel_sqlite_uuid_how(const rel_sqlite_conn *conn, const rel_model *model,
                                        const rel_field *field);
// The column of the writer's model is, or is none, of `keys`: a SELECT or VALUES of UUIDs as 16 bytes.
void rel_sqlite_put_uuid_in(rel_sqlite_writer *w, const rel_field *field, const char *keys);
void rel_sqlite_put_uuid_not_in(rel_sqlite_writer *w, const rel_field *field, const char *keys);

// (value): the UUID's 16 bytes, in whichever spelling it is; NULL when it is none.
#define REL_SQLITE_UUID "sqlite_relations_uuid"

rel_code rel_sqlite_uuids_register(rel_sqlite_conn *conn, rel_error *error) REL_MUST_CHECK;

// --- sqlite_related.c ---

typedef struct rel_sqlite_place {
  const rel_model *model;
  unsigned table;
} rel_sqlite_place;

// Goes along a relation of the row that the writer is writing about: from then on it writes about the rows of
// that, until it leaves to where it was.
rel_sqlite_place rel_sqlite_enter(rel_sqlite_writer *w, const rel_related *related);
// " FROM … WHERE …": those rows.
void rel_sqlite_put_related(rel_sqlite_writer *w, const rel_related *related, const rel_sqlite_place *owner);
void rel_sqlite_leave(rel_sqlite_writer *w, const rel_sqlite_place *owner);
// What a REL_CONDITION_SOME says; what a REL_CONDITION_COUNT counts.
void rel_sqlite_put_some(rel_sqlite_writer *w, const rel_condition *condition);
void rel_sqlite_put_count(rel_sqlite_writer *w, const rel_condition *condition);
// "SELECT t2._rowid_ FROM …": the row number of the relation's record, the first one of several.
void rel_sqlite_put_row_number(rel_sqlite_writer *w, const rel_related *related);
// The value of a term that has a path; NULL where that leads to no record.
void rel_sqlite_put_value_along(rel_sqlite_writer *w, const rel_sort_term *term);

// --- sqlite_functions.c ---

// Functions that make what a column holds comparable as what the field means: REL_SQLITE_TIME(column, units
// per second) and REL_SQLITE_DECIMAL(column) give bytes in the order of the times and numbers, NULL for what
// is none.
#define REL_SQLITE_TIME    "sqlite_relations_time"
#define REL_SQLITE_DECIMAL "sqlite_relations_decimal"
// REL_SQLITE_UUID(column): its 16 bytes; NULL for what is no UUID.
#define REL_SQLITE_UUID "sqlite_relations_uuid"

// An argument's text, whatever the database's encoding; valid as long as the argument.
rel_str rel_sqlite_value_text(sqlite3_value *value);

// (value, n): bytes in the form number n of a key part (rel_sqlite_form_of), in whichever form they are.
#define REL_SQLITE_BYTES "sqlite_relations_bytes"
// REL_SQLITE_FOLD(column): its text with case folded; NULL for what is no text.
#define REL_SQLITE_FOLD "sqlite_relations_fold"
// REL_SQLITE_SEEK(the keys, i): 1 and the number of the seek for key i of the batch (rel_sqlite_keys.seeks);
// 0: there is none.
#define REL_SQLITE_SEEK "sqlite_relations_seek"
// REL_SQLITE_CONTAINS(column, text): whether the text occurs in it; NULL for NULL. Unlike SQLite's instr it
// takes no longer than the two are long together.
#define REL_SQLITE_CONTAINS "sqlite_relations_contains"

rel_code rel_sqlite_functions_register(rel_sqlite_conn *conn, rel_error *error) REL_MUST_CHECK;

// The bytes of a constant: what the functions give for an equal value.
enum { REL_SQLITE_TIME_BYTES = 12 };
void rel_sqlite_time_bytes(const rel_time *time, uint8_t bytes[REL_SQLITE_TIME_BYTES]);
// Of a text that rel_decimal_valid accepts.
void rel_sqlite_decimal_bytes(rel_str digits, rel_buf *out);

// --- sqlite_aggregates.c ---

// What a function of ours is told about the column that it is called with: passed as a pointer.
typedef struct rel_sqlite_subject {
  const rel_model *model;
  const rel_field *fields[1 + REL_KEY_MAX_PARTS]; // the column's, then the model's primary key
  size_t count;
} rel_sqlite_subject;

#define REL_SQLITE_SUBJECT "rel_sqlite_subject" // the pointer's type

// Each takes (subject, the column, the primary key's columns), passes NULL over, and fails the statement at a
// value that does not fit the field, with the connection's `failed`. VALUE gives bytes that are equal for
// equal values and in their order, of any kind of field but text; the others are aggregates. CHECK gives
// NULL.
#define REL_SQLITE_VALUE "sqlite_relations_value"
#define REL_SQLITE_CHECK "sqlite_relations_check"
#define REL_SQLITE_MIN   "sqlite_relations_min"
#define REL_SQLITE_MAX   "sqlite_relations_max"
#define REL_SQLITE_SUM   "sqlite_relations_sum"
#define REL_SQLITE_AVG   "sqlite_relations_avg"

rel_code rel_sqlite_aggregates_register(rel_sqlite_conn *conn, rel_error *error) REL_MUST_CHECK;

// --- sqlite_order.c ---

// "a, b DESC NULLS LAST" of the writer's table, with `before` in front of it. Where the terms stand in the
// output, columns from 0, is in `output`: what is costly is not computed again. NULL: nowhere.
void rel_sqlite_put_order(rel_sqlite_writer *w, const char *before, const rel_sort_term *terms, size_t count,
                          const size_t *output);
// " ORDER BY a, b DESC LIMIT ?5": the first rows of the writer's table, NULLs last.
void rel_sqlite_put_first_by(rel_sqlite_writer *w, const rel_sort_term *terms, size_t count, size_t first);
// What a term orders by.
void rel_sqlite_put_term(rel_sqlite_writer *w, const rel_sort_term *term);
// " AND …": only rows behind a cursor, and with `inclusive` the one that it is of.
rel_code rel_sqlite_put_cursor(rel_sqlite_writer *w, const rel_sort_term *terms, size_t count, rel_str cursor,
                               bool inclusive, rel_error *error) REL_MUST_CHECK;
// The terms of the opposite order.
const rel_sort_term *rel_sqlite_turned(const rel_sort_term *terms, size_t count, rel_arena *arena);
// Appends one term's value to a cursor.
void rel_sqlite_write_cursor(const rel_cell *cell, rel_buf *out);

// --- sqlite_group.c ---

// "(SELECT … GROUP BY …) AS t": the groups of the select's rows as a table, its columns those of the
// grouping's model and, behind them, rel_sqlite_check_count more that have to be read and are NULL: c0, c1,
// ….
void rel_sqlite_put_groups(rel_sqlite_writer *w, const rel_select *select);
size_t rel_sqlite_check_count(const rel_grouping *grouping);
// The column, or what its values mean where it may hold them in several forms.
void rel_sqlite_put_meaning(rel_sqlite_writer *w, const rel_group_value *value);

// --- sqlite_joins.c ---

// A record that a relation leads to, from the rows or from another join.
typedef struct rel_sqlite_join {
  const rel_related *related;
  const struct rel_sqlite_join *from; // NULL: the rows
  unsigned table;                     // its number
} rel_sqlite_join;

typedef struct rel_sqlite_joins {
  rel_sqlite_join *items;
  size_t count;
} rel_sqlite_joins;

// Joins all that the grouping takes values of, where that can be joined: before anything else is written.
void rel_sqlite_joins_plan(rel_sqlite_writer *w, const rel_grouping *grouping);
// " LEFT JOIN …", behind the rows' table; nothing without joins.
void rel_sqlite_put_joins(rel_sqlite_writer *w);
// Whether the record that a value is of is joined, and then as which table.
bool rel_sqlite_joined(const rel_sqlite_writer *w, const rel_group_value *value, unsigned *table);

// --- sqlite_kept.c ---

// The statement of a text, kept from before or prepared now, with nothing bound; the caller's to give back,
// or to finalize. SQLite's result code.
int rel_sqlite_kept_take(rel_sqlite_conn *conn, const char *sql, sqlite3_stmt **statement);
// Ends its run, however that went, and keeps it. Accepts NULL.
void rel_sqlite_kept_give(rel_sqlite_conn *conn, sqlite3_stmt *take_statement);
// Finalizes all that are kept.
void rel_sqlite_kept_forget(rel_sqlite_conn *conn);

// --- sqlite_select.c ---

// Where a page began and ended.
typedef struct rel_sqlite_ends {
  rel_buf first, last;
} rel_sqlite_ends;

// Runs one page of a query on the connection and hands its rows to the job; everything but done. The page's
// views point into `ends`.
rel_code rel_sqlite_select_run(rel_sqlite_conn *conn, rel_select_job *job, rel_select_page *page,
                               rel_sqlite_ends *ends, rel_error *error) REL_MUST_CHECK;
// " FROM … WHERE …": the rows of a select, whatever its kind.
void rel_sqlite_put_rows(rel_sqlite_writer *w, const rel_select *select);

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
