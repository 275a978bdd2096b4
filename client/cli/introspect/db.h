// A database's structure, as an engine's catalog tells it, with what its columns really hold.
//
// Filled by sqlite.c (and whatever engine comes next), read by draft.c and relate.c, which know no engine.
// Immutable after that; lives in the arena that it was read into.
#ifndef RELATIONS_CLIENT_CLI_INTROSPECT_DB_H
#define RELATIONS_CLIENT_CLI_INTROSPECT_DB_H

#include "common/arena.h"

#ifdef __cplusplus
extern "C" {
#endif

// What the values of a column are. Counts of rows, but for the two bounds.
typedef struct rel_db_values {
  uint64_t nulls;
  uint64_t integers;
  uint64_t wide_integers; // of them: not exact as a double
  int64_t least_integer;  // 0 when there is none
  int64_t most_integer;
  uint64_t reals;
  uint64_t infinities; // of them
  uint64_t texts;
  uint64_t bad_texts;  // of them: not UTF-8, or with a NUL inside
  uint64_t times;      // of the others: that a Timestamp is read from
  uint64_t decimals;   // of the others: decimal numbers
  uint64_t uuid_texts; // of the others: UUIDs
  uint64_t blobs;
  uint64_t uuid_blobs; // of them: 16 bytes long
} rel_db_values;

typedef struct rel_db_column {
  rel_str name;
  rel_str declared; // type as written; may be empty
  bool not_null;
  unsigned key_place; // place in the primary key, from 1; 0: not in it
  bool row_number;    // no column that was declared, but what the engine numbers the rows of the table by
  rel_db_values values;
} rel_db_column;

// Columns of a table, by index.
typedef struct rel_db_columns {
  size_t *items;
  size_t count;
} rel_db_columns;

typedef struct rel_db_foreign_key {
  rel_str target;      // table, as written
  rel_str *columns;    // of this table, as written
  rel_str *references; // of the target, as written; empty names: its primary key
  size_t count;
} rel_db_foreign_key;

// A column of texts and one of keys that are no foreign key and whose names say that they belong together,
// "item_type" and "item_id": perhaps a foreign key to several tables. Or one of Django, whose types are keys
// of its table of content types.
typedef struct rel_db_pair {
  size_t type_column;
  size_t key_column;
  rel_str *types;  // that are there, in order
  rel_str *tables; // of Django: what its content types say that each type's table is called; else NULL
  size_t type_count;
  bool more; // than are listed
} rel_db_pair;

typedef enum rel_db_kind { REL_DB_TABLE, REL_DB_VIEW } rel_db_kind;

typedef struct rel_db_table {
  rel_str name;
  rel_db_kind kind;
  rel_str unusable;       // why there can be no model of it; empty: there can
  rel_db_column *columns; // in the order of their creation; a row number last
  size_t column_count;
  rel_db_columns *uniques; // sets of columns whose values, when none is NULL, no two rows share
  size_t unique_count;
  rel_db_foreign_key *foreign_keys;
  size_t foreign_key_count;
  rel_db_pair *pairs;
  size_t pair_count;
  rel_str key_origin; // of a view: the "table.column" that its one key column shows; empty: it has none
  size_t key_column;  // of a view with a key_origin: that column
} rel_db_table;

typedef struct rel_db {
  rel_db_table *tables; // in the order in which they were created
  size_t table_count;
} rel_db;

// Finds a table or a column by name, without regard to ASCII case, as SQL compares names.
const rel_db_table *rel_db_find_table(const rel_db *db, rel_str name);
const rel_db_column *rel_db_find_column(const rel_db_table *table, rel_str name);
bool rel_db_name_eq(rel_str a, rel_str b);
// True when none of the columns can be NULL: a unique set of them tells any two rows apart.
bool rel_db_never_null(const rel_db_table *table, const rel_db_columns *set);

typedef struct rel_introspect_options {
  const char *const *tables; // only these tables and views; none: all
  size_t table_count;
  uint64_t max_rows; // rows of each table whose values are looked at; 0: all
} rel_introspect_options;

// Reads the structure and the values of the SQLite database at `path`, which is opened read-only and never
// changed. REL_UNAVAILABLE when it cannot be read, REL_INVALID when a table that was asked for does not
// exist.
rel_code rel_introspect_sqlite(const char *path, const rel_introspect_options *options, rel_arena *arena,
                               rel_db *out, rel_error *error) REL_MUST_CHECK;

// Counts a value among those of a column.
void rel_db_count_text(rel_db_values *values, rel_str text);
void rel_db_count_blob(rel_db_values *values, rel_str bytes);
void rel_db_count_real(rel_db_values *values, double value);
void rel_db_count_integer(rel_db_values *values, int64_t value);

#ifdef __cplusplus
}
#endif

#endif
