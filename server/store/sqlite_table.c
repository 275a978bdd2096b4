// What the database says about a table: its columns, their affinity, whether they can be NULL, how they
// compare, and what is indexed. Asked once a plan and once a check, never while rows are read.
#include "server/store/sqlite_conn.h"

enum { MAX_PRIMARY_KEY = 64 };

// What reading a table carries along.
typedef struct reader {
  rel_sqlite_conn *conn;
  rel_arena *arena;
  rel_sqlite_table *table;
  rel_error *error;
} reader;

// --- Affinity ---

static bool type_has(rel_str type, const char *word) {
  size_t len = strlen(word);
  for (size_t i = 0; i + len <= type.len; i++)
    if (sqlite3_strnicmp(type.ptr + i, word, (int)len) == 0) return true;
  return false;
}

// The rules in their order.
rel_sqlite_affinity rel_sqlite_affinity_of(rel_str type) {
  if (type_has(type, "INT")) return REL_AFFINITY_INTEGER;
  if (type_has(type, "CHAR") || type_has(type, "CLOB") || type_has(type, "TEXT")) return REL_AFFINITY_TEXT;
  if (type.len == 0 || type_has(type, "BLOB")) return REL_AFFINITY_NONE;
  if (type_has(type, "REAL") || type_has(type, "FLOA") || type_has(type, "DOUB")) return REL_AFFINITY_REAL;
  return REL_AFFINITY_NUMERIC;
}

// --- Asking ---

static rel_str column_text(sqlite3_stmt *stmt, int column) {
  const void *text = sqlite3_column_text(stmt, column);
  return rel_bytes(text != NULL ? text : "", (size_t)sqlite3_column_bytes(stmt, column));
}

static rel_code ask(const reader *r, const char *sql, rel_str name, sqlite3_stmt **stmt) {
  int rc = rel_sqlite_prepare(r->conn, sql, 0, stmt);
  if (rc == SQLITE_OK && name.ptr != NULL)
    rc = sqlite3_bind_text64(*stmt, 1, name.ptr, name.len, SQLITE_STATIC, SQLITE_UTF8);
  return rc == SQLITE_OK ? REL_OK : rel_sqlite_fail(r->conn, rc, r->error);
}

static rel_code finish(const reader *r, sqlite3_stmt *stmt, int rc, rel_code code) {
  if (code == REL_OK && rc != SQLITE_DONE && rc != SQLITE_ROW) code = rel_sqlite_fail(r->conn, rc, r->error);
  sqlite3_finalize(stmt);
  return code;
}

// What kind of thing the name is; the table stays NULL when it is nothing.
static rel_code read_kind(reader *r, rel_str name) {
  sqlite3_stmt *stmt = NULL;
  int rc = SQLITE_DONE;
  rel_code code =
      ask(r, "SELECT type, wr, strict, name FROM pragma_table_list(?1) WHERE schema = 'main'", name, &stmt);
  if (code == REL_OK && (rc = rel_sqlite_step(r->conn, stmt)) == SQLITE_ROW) {
    r->table = REL_ARENA_NEW(r->arena, rel_sqlite_table);
    r->table->is_table = rel_str_is(column_text(stmt, 0), "table");
    r->table->without_rowid = sqlite3_column_int(stmt, 1) != 0;
    r->table->strict = sqlite3_column_int(stmt, 2) != 0;
    r->table->name = rel_arena_copy(r->arena, column_text(stmt, 3));
  }
  return finish(r, stmt, rc, code);
}

// --- Columns ---

static void read_column(const reader *r, sqlite3_stmt *stmt, rel_sqlite_column *column) {
  column->name = rel_arena_copy(r->arena, column_text(stmt, 0));
  column->type = rel_arena_copy(r->arena, column_text(stmt, 1));
  // ANY is of https://sqlite.org/stricttables.html.
  bool is_any = sqlite3_stricmp(column->type.ptr, "ANY") == 0 && (r->table->strict || !r->table->is_table);
  column->affinity = is_any ? REL_AFFINITY_NONE : rel_sqlite_affinity_of(column->type);
  column->not_null = sqlite3_column_int(stmt, 2) != 0;
  const char *collation = NULL;
  if (r->table->is_table)
    sqlite3_table_column_metadata(r->conn->db, "main", r->table->name.ptr, column->name.ptr, NULL, &collation,
                                  NULL, NULL, NULL);
  column->binary = collation != NULL && sqlite3_stricmp(collation, "BINARY") == 0;
}

// The rowid under its name as a key, which no list of indexes has.
static void add_rowid_index(const reader *r, const rel_sqlite_column *column) {
  rel_sqlite_index *index = &r->table->indexes[r->table->index_count++];
  *index = (rel_sqlite_index){.unique = true, .column_count = 1};
  index->columns = REL_ARENA_ARRAY(r->arena, const rel_sqlite_column *, 1);
  index->columns[0] = column;
}

const char *const rel_sqlite_rowid_names[REL_SQLITE_ROWID_NAMES] = {"rowid", "_rowid_", "oid"};

// A row number has a name although no column does, and can be a model's key: of a table that has no other.
static void add_rowid(const reader *r) {
  rel_sqlite_table *table = r->table;
  if (!table->is_table || table->without_rowid || table->columns == NULL) return;
  for (size_t i = 0; i < REL_SQLITE_ROWID_NAMES && table->rowid == NULL; i++)
    if (rel_sqlite_table_column(table, rel_cstr(rel_sqlite_rowid_names[i])) == NULL)
      table->rowid = rel_sqlite_rowid_names[i];
  if (table->rowid == NULL) return; // columns have all three
  rel_sqlite_column *column = &table->columns[table->column_count++];
  *column = (rel_sqlite_column){.name = rel_cstr(table->rowid),
                                .type = rel_cstr("INTEGER"),
                                .affinity = REL_AFFINITY_INTEGER,
                                .not_null = true,
                                .binary = true};
  add_rowid_index(r, column);
}

// A rowid cannot be NULL, and neither can a key WITHOUT ROWID. Other primary keys can, for the sake of old
// databases.
static void mark_primary_key(const reader *r, rel_sqlite_column *const *key, size_t count) {
  if (count == 0 || !r->table->is_table) return;
  bool is_rowid = count == 1 && !r->table->without_rowid && sqlite3_stricmp(key[0]->type.ptr, "INTEGER") == 0;
  for (size_t i = 0; i < count; i++)
    if (r->table->without_rowid || is_rowid) key[i]->not_null = true;
  if (is_rowid) add_rowid_index(r, key[0]);
}

static rel_code read_columns(reader *r) {
  static const char sql[] =
      "SELECT name, type, \"notnull\", pk, count(*) OVER () FROM pragma_table_xinfo(?1, 'main')";
  rel_sqlite_table *table = r->table;
  rel_sqlite_column *primary_key[MAX_PRIMARY_KEY];
  size_t key_count = 0;
  sqlite3_stmt *stmt = NULL;
  int rc = SQLITE_DONE;
  rel_code code = ask(r, sql, table->name, &stmt);
  while (code == REL_OK && (rc = rel_sqlite_step(r->conn, stmt)) == SQLITE_ROW) {
    if (table->columns == NULL)
      table->columns = REL_ARENA_ARRAY(r->arena, rel_sqlite_column, (size_t)sqlite3_column_int(stmt, 4) + 1);
    rel_sqlite_column *column = &table->columns[table->column_count++];
    read_column(r, stmt, column);
    if (sqlite3_column_int(stmt, 3) > 0 && key_count < MAX_PRIMARY_KEY) primary_key[key_count++] = column;
  }
  mark_primary_key(r, primary_key, key_count);
  if (code == REL_OK) add_rowid(r);
  return finish(r, stmt, rc, code);
}

// --- Indexes ---

static rel_code count_indexes(reader *r, size_t *count) {
  sqlite3_stmt *stmt = NULL;
  int rc = SQLITE_DONE;
  rel_code code = ask(r, "SELECT count(*) FROM pragma_index_list(?1, 'main')", r->table->name, &stmt);
  if (code == REL_OK && (rc = rel_sqlite_step(r->conn, stmt)) == SQLITE_ROW)
    *count = (size_t)sqlite3_column_int64(stmt, 0);
  return finish(r, stmt, rc, code);
}

// One row a column of an index; partial ones do not count, since they lack rows.
static rel_code read_indexes(reader *r) {
  static const char sql[] =
      "SELECT l.\"unique\", i.seqno, i.name, count(*) OVER (PARTITION BY l.seq) "
      "FROM pragma_index_list(?1, 'main') AS l CROSS JOIN pragma_index_info(l.name, 'main') AS i "
      "WHERE NOT l.partial ORDER BY l.seq, i.seqno";
  rel_sqlite_table *table = r->table;
  sqlite3_stmt *stmt = NULL;
  int rc = SQLITE_DONE;
  rel_code code = ask(r, sql, table->name, &stmt);
  while (code == REL_OK && (rc = rel_sqlite_step(r->conn, stmt)) == SQLITE_ROW) {
    if (sqlite3_column_int(stmt, 1) == 0) {
      rel_sqlite_index *next = &table->indexes[table->index_count++];
      next->unique = sqlite3_column_int(stmt, 0) != 0;
      next->columns =
          REL_ARENA_ARRAY(r->arena, const rel_sqlite_column *, (size_t)sqlite3_column_int(stmt, 3));
    }
    rel_sqlite_index *index = &table->indexes[table->index_count - 1];
    index->columns[index->column_count++] = rel_sqlite_table_column(table, column_text(stmt, 2));
  }
  return finish(r, stmt, rc, code);
}

// --- The table ---

rel_code rel_sqlite_table_read(rel_sqlite_conn *conn, rel_str name, rel_arena *arena, rel_sqlite_table **out,
                               rel_error *error) {
  reader r = {.conn = conn, .arena = arena, .error = error};
  size_t indexes = 0;
  *out = NULL;
  rel_code code = read_kind(&r, name);
  if (code != REL_OK || r.table == NULL) return code;
  code = count_indexes(&r, &indexes);
  r.table->indexes = REL_ARENA_ARRAY(arena, rel_sqlite_index, indexes + 2);
  if (code == REL_OK) code = read_columns(&r);
  if (code == REL_OK) code = read_indexes(&r);
  if (code == REL_OK) *out = r.table;
  return code;
}

const rel_sqlite_column *rel_sqlite_table_column(const rel_sqlite_table *table, rel_str name) {
  for (size_t i = 0; i < table->column_count; i++) {
    const rel_sqlite_column *column = &table->columns[i];
    if (column->name.len == name.len && sqlite3_strnicmp(column->name.ptr, name.ptr, (int)name.len) == 0)
      return column;
  }
  return NULL;
}

rel_code rel_sqlite_table_near(rel_sqlite_conn *conn, rel_str name, rel_arena *arena, rel_str *out,
                               rel_error *error) {
  reader r = {.conn = conn, .arena = arena, .error = error};
  rel_near near = rel_near_begin(name);
  sqlite3_stmt *stmt = NULL;
  int rc = SQLITE_DONE;
  *out = (rel_str){0};
  rel_code code =
      ask(&r, "SELECT name FROM pragma_table_list WHERE schema = 'main' ORDER BY name", (rel_str){0}, &stmt);
  while (code == REL_OK && (rc = rel_sqlite_step(conn, stmt)) == SQLITE_ROW) {
    rel_str candidate = column_text(stmt, 0); // until the next step
    if (rel_near_offer(&near, candidate)) *out = rel_arena_copy(arena, candidate);
  }
  return finish(&r, stmt, rc, code);
}
