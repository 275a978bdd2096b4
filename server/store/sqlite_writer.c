// Statements while they are written: pieces of SQL that plans and queries have in common, and the values that
// are bound to them. Names are quoted, values are only ever bound.
#include "server/store/sqlite_writer.h"
#include "server/store/sqlite_functions.h"

// --- Names ---

void rel_sqlite_put_name(rel_buf *sql, rel_str name) {
  rel_buf_cstr(sql, "\"");
  for (const char *quote; (quote = memchr(name.ptr, '"', name.len)) != NULL;) {
    size_t len = (size_t)(quote - name.ptr) + 1;
    rel_buf_append(sql, name.ptr, len);
    rel_buf_cstr(sql, "\"");
    name = rel_bytes(quote + 1, name.len - len);
  }
  rel_buf_str(sql, name);
  rel_buf_cstr(sql, "\"");
}

void rel_sqlite_put_alias(rel_buf *sql, unsigned table) {
  rel_buf_cstr(sql, "t");
  if (table > 0) rel_buf_printf(sql, "%u", table);
}

void rel_sqlite_put_column(rel_buf *sql, unsigned table, const rel_field *field) {
  rel_sqlite_put_alias(sql, table);
  rel_buf_cstr(sql, ".");
  rel_sqlite_put_name(sql, field->column);
}

void rel_sqlite_put_table(rel_buf *sql, unsigned table, const rel_model *model) {
  rel_buf_cstr(sql, "main.");
  rel_sqlite_put_name(sql, model->table);
  rel_buf_cstr(sql, " AS ");
  rel_sqlite_put_alias(sql, table);
}

// By which a table without a key may be known. A column that is called so is in * as well, which does no
// harm.
static bool names_row_number(rel_str column) {
  for (size_t i = 0; i < REL_SQLITE_ROWID_NAMES; i++) {
    const char *name = rel_sqlite_rowid_names[i];
    if (column.len == strlen(name) && sqlite3_strnicmp(column.ptr, name, (int)column.len) == 0) return true;
  }
  return false;
}

void rel_sqlite_put_row(rel_sqlite_writer *w) {
  rel_sqlite_put_alias(&w->sql, w->table);
  rel_buf_cstr(&w->sql, ".*");
  for (size_t i = 0; i < w->model->field_count; i++) {
    const rel_field *field = w->model->fields[i];
    if (!field->has_column || !names_row_number(field->column)) continue;
    rel_buf_cstr(&w->sql, ", ");
    rel_sqlite_put_column(&w->sql, w->table, field);
    rel_buf_cstr(&w->sql, " AS ");
    rel_sqlite_put_name(&w->sql, field->column);
  }
}

// --- Values ---

void rel_sqlite_writer_fini(rel_sqlite_writer *w) {
  rel_buf_fini(&w->sql);
  free(w->bindings);
}

size_t rel_sqlite_add_value(rel_sqlite_writer *w, const rel_sqlite_binding *value) {
  if (w->count == w->capacity) {
    w->capacity = w->capacity == 0 ? 16 : 2 * w->capacity;
    w->bindings = rel_realloc(w->bindings, w->capacity * sizeof *w->bindings);
  }
  w->bindings[w->count++] = *value;
  return w->reserved + w->count;
}

void rel_sqlite_put_value(rel_sqlite_writer *w, const rel_sqlite_binding *value) {
  rel_buf_printf(&w->sql, "?%zu", rel_sqlite_add_value(w, value));
}

void rel_sqlite_put_int(rel_sqlite_writer *w, int64_t value) {
  rel_sqlite_put_value(w, &(rel_sqlite_binding){.kind = REL_BIND_INT, .integer = value});
}

static int bind(sqlite3_stmt *stmt, int parameter, const rel_sqlite_binding *value) {
  switch (value->kind) {
  case REL_BIND_INT:
    return sqlite3_bind_int64(stmt, parameter, value->integer);
  case REL_BIND_REAL:
    return sqlite3_bind_double(stmt, parameter, value->real);
  case REL_BIND_TEXT:
    return sqlite3_bind_text64(stmt, parameter, value->bytes.ptr, value->bytes.len, SQLITE_STATIC,
                               SQLITE_UTF8);
  case REL_BIND_BLOB: // an empty blob without memory would be NULL
    return value->bytes.len == 0
               ? sqlite3_bind_zeroblob(stmt, parameter, 0)
               : sqlite3_bind_blob64(stmt, parameter, value->bytes.ptr, value->bytes.len, SQLITE_STATIC);
  case REL_BIND_SUBJECT: // in the statement's arena
    return sqlite3_bind_pointer(stmt, parameter, (void *)(uintptr_t)value->subject, REL_SQLITE_SUBJECT, NULL);
  case REL_BIND_NULL:
    break;
  }
  return sqlite3_bind_null(stmt, parameter);
}

int rel_sqlite_bind_values(sqlite3_stmt *stmt, size_t reserved, const rel_sqlite_binding *values,
                           size_t count) {
  int rc = SQLITE_OK;
  for (size_t i = 0; i < count && rc == SQLITE_OK; i++)
    rc = bind(stmt, (int)(reserved + i) + 1, &values[i]);
  return rc;
}

// --- Columns ---

static const char *collation_of(const rel_sqlite_conn *conn, const char *table, const char *column) {
  const char *collation = NULL;
  int rc = sqlite3_table_column_metadata(conn->db, "main", table, column, NULL, &collation, NULL, NULL, NULL);
  return rc == SQLITE_OK ? collation : NULL;
}

// Of a view's column, that of the table's column that it shows; NULL when it is computed.
static const char *view_collation(const rel_sqlite_conn *conn, const rel_model *model,
                                  const rel_field *field) {
  rel_buf sql = {0};
  sqlite3_stmt *stmt = NULL;
  const char *collation = NULL;
  rel_buf_cstr(&sql, "SELECT ");
  rel_sqlite_put_column(&sql, 0, field);
  rel_buf_cstr(&sql, " FROM ");
  rel_sqlite_put_table(&sql, 0, model);
  if (rel_sqlite_prepare(conn, rel_buf_text(&sql), 0, &stmt) == SQLITE_OK) {
    const char *table = sqlite3_column_table_name(stmt, 0), *column = sqlite3_column_origin_name(stmt, 0);
    if (table != NULL && column != NULL) collation = collation_of(conn, table, column);
  }
  sqlite3_finalize(stmt);
  rel_buf_fini(&sql);
  return collation;
}

const char *rel_sqlite_collation(const rel_sqlite_writer *w, const rel_model *model, const rel_field *field) {
  const char *table = rel_arena_copy(w->arena, model->table).ptr;
  const char *column = rel_arena_copy(w->arena, field->column).ptr;
  const char *collation = collation_of(w->conn, table, column);
  if (collation == NULL) collation = view_collation(w->conn, model, field);
  return collation != NULL ? collation : "BINARY";
}
