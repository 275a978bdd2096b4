// Statements of queries that a connection keeps prepared, found by their text: the pages of a query, and the
// queries of a program, are mostly the same few texts with other values, and preparing one costs more than
// running it for a page. Least recently used go first.
//
// A statement is either kept or with who has taken it, so nobody can find one that runs.
#include "server/store/sqlite_conn.h"

#include <xxhash.h>

enum { MAX_KEPT_TEXT = 8192 }; // a filter's long list comes but once, and its statement is as large

static uint64_t hash_of(rel_str text) {
  return XXH3_64bits(text.ptr, text.len);
}

// Takes out the entry at an index; those before it stay the more recent ones.
static sqlite3_stmt *remove_at(rel_sqlite_conn *conn, size_t index) {
  sqlite3_stmt *statement = conn->kept[index].statement;
  conn->kept_count--;
  memmove(&conn->kept[index], &conn->kept[index + 1], (conn->kept_count - index) * sizeof *conn->kept);
  return statement;
}

int rel_sqlite_kept_take(rel_sqlite_conn *conn, const char *sql, sqlite3_stmt **statement) {
  uint64_t hash = hash_of(rel_cstr(sql));
  for (size_t i = 0; i < conn->kept_count; i++) {
    if (conn->kept[i].hash != hash || strcmp(sqlite3_sql(conn->kept[i].statement), sql) != 0) continue;
    *statement = remove_at(conn, i);
    return SQLITE_OK;
  }
  return rel_sqlite_prepare(conn, sql, SQLITE_PREPARE_PERSISTENT, statement);
}

void rel_sqlite_kept_give(rel_sqlite_conn *conn, sqlite3_stmt *take_statement) {
  if (take_statement == NULL) return;
  rel_str text = rel_cstr(sqlite3_sql(take_statement));
  if (text.len > MAX_KEPT_TEXT) {
    sqlite3_finalize(take_statement);
    return;
  }
  sqlite3_reset(take_statement); // tells again what its last step told
  sqlite3_clear_bindings(take_statement);
  if (conn->kept_count == REL_SQLITE_MAX_KEPT) sqlite3_finalize(remove_at(conn, conn->kept_count - 1));
  memmove(&conn->kept[1], conn->kept, conn->kept_count * sizeof *conn->kept);
  conn->kept[0] = (rel_sqlite_kept){hash_of(text), take_statement};
  conn->kept_count++;
}

void rel_sqlite_kept_forget(rel_sqlite_conn *conn) {
  while (conn->kept_count > 0)
    sqlite3_finalize(remove_at(conn, conn->kept_count - 1));
}
