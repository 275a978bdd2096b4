// See question_world.h.
#include "tests/fuzz/question_world.h"

#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

static const char sql[] =
    "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, real REAL, flag BOOLEAN, raw BLOB, price "
    "DECIMAL,"
    " code TEXT, made DATETIME, color INTEGER, big INTEGER, up_id INTEGER);"
    "CREATE TABLE links (thing_id INTEGER NOT NULL, other_id INTEGER NOT NULL, PRIMARY KEY (thing_id, "
    "other_id));"
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, item_type TEXT, item_id INTEGER);"
    "INSERT INTO things VALUES (1, 'a', 0.5, 1, x'00', '1.5', '00000000-0000-0000-0000-000000000001',"
    " '2024-01-01', 1, 7, NULL), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1),"
    " (3, 'b', 1, 0, x'', 2, NULL, '2024-02-29T12:00:00Z', 2, 8, 3);"
    "INSERT INTO links VALUES (1, 2), (1, 3), (3, 1); INSERT INTO notes VALUES (1, 'Thing', 1), (2, 'Note', "
    "1);";

void question_must(rel_code code, const rel_error *error) {
  if (code == REL_OK) return;
  fprintf(stderr, "%s\n", error->message);
  abort();
}

void question_store(char *path, rel_store **store) {
  sqlite3 *db = NULL;
  char url[256];
  rel_error error = {0};
  int fd = mkstemp(path);
  if (fd < 0) abort();
  close(fd);
  if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) abort();
  sqlite3_close(db);
  snprintf(url, sizeof url, "sqlite:%s", path);
  question_must(rel_store_open(&(rel_store_options){.url = url, .connections = 1}, store, &error), &error);
}
