// SQL while it is written: each piece is appended to a writer, with the values that it binds. A writer has
// one owner, for as long as one statement takes. Names come from the schema; nothing here runs anything but
// what asks the database about its own tables.
#ifndef RELATIONS_SERVER_STORE_SQLITE_WRITER_H
#define RELATIONS_SERVER_STORE_SQLITE_WRITER_H

#include "server/store/scope.h"
#include "server/store/sqlite_conn.h"

#ifdef __cplusplus
extern "C" {
#endif

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

// What the names of columns begin with that statements add to a table's own; none of those is called so
// (sqlite_check.c). Two of them are the index of a row's key, and its number.
#define REL_SQLITE_OWN       "sqlite_relations_"
#define REL_SQLITE_KEY_INDEX REL_SQLITE_OWN "key"
#define REL_SQLITE_ROW       REL_SQLITE_OWN "row"

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

// --- sqlite_group.c ---

// "(SELECT … GROUP BY …) AS t": the groups of the select's rows as a table, its columns those of the
// grouping's model and, behind them, rel_sqlite_check_count more that have to be read and are NULL: c0, c1,
// ….
void rel_sqlite_put_groups(rel_sqlite_writer *w, const rel_select *select);
size_t rel_sqlite_check_count(const rel_grouping *grouping);
// The column, or what its values mean where it may hold them in several forms.
void rel_sqlite_put_meaning(rel_sqlite_writer *w, const rel_group_value *value);

// --- The rows of a query: sqlite_select.c ---

// " FROM … WHERE …": the rows of a select, whatever its kind.
void rel_sqlite_put_rows(rel_sqlite_writer *w, const rel_select *select);

#ifdef __cplusplus
}
#endif

#endif
