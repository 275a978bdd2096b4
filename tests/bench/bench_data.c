// The benchmark's data: see bench_data.h.
#include "tests/bench/bench_data.h"

#include <relations/v1/relation_service.pb-c.h>
#include <sqlite3.h>
#include <stdio.h>

static const char SCHEMA[] =
    "CREATE TABLE authors(id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
    "CREATE TABLE books(id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL, title TEXT NOT NULL,"
    " published_at TEXT NOT NULL);"
    "CREATE INDEX books_author_id ON books(author_id);";

// Ten to twenty books an author, in an order that scatters them: `n * step % total` visits every row once.
static const char FILL[] =
    "INSERT INTO authors WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u)"
    " SELECT i, 'Author number ' || i FROM n;"
    "INSERT INTO books(author_id, title, published_at)"
    " WITH RECURSIVE b(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM b WHERE n < 20)"
    " SELECT a.id, printf('The %%s book of author %%d, a novel in two parts', b.n, a.id),"
    "        printf('%%04d-%%02d-%%02dT12:%%02d:00Z', 1950 + a.id %% 70, 1 + b.n %% 12, 1 + a.id %% 28, b.n)"
    " FROM b, authors a WHERE b.n < 10 + a.id %% 11 ORDER BY b.n, (a.id * 7919) %% 104729;";

rel_code rel_bench_make_database(const char *path, const char *schema, const char *fill, rel_error *error) {
  sqlite3 *db = NULL;
  char *sql =
      sqlite3_mprintf("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; BEGIN; %s %s COMMIT;", schema, fill);
  rel_code code = REL_OK;
  if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
    code = rel_fail(error, REL_UNAVAILABLE, "%s: %s", path, sqlite3_errmsg(db));
  sqlite3_free(sql);
  sqlite3_close(db);
  return code;
}

rel_code rel_bench_database(const char *path, unsigned authors, rel_error *error) {
  char *fill = sqlite3_mprintf(FILL, authors);
  rel_code code = rel_bench_make_database(path, SCHEMA, fill, error);
  sqlite3_free(fill);
  return code;
}

int64_t rel_bench_author(unsigned authors, uint64_t place) {
  // 2^31 - 1 is a prime beyond any number of authors, so the steps visit every one.
  return (int64_t)(place % authors * UINT64_C(2147483647) % authors) + 1;
}

rel_str rel_bench_pack(rel_arena *arena, const ProtobufCMessage *message) {
  size_t len = protobuf_c_message_get_packed_size(message);
  uint8_t *bytes = rel_arena_alloc(arena, len);
  protobuf_c_message_pack(message, bytes);
  return rel_bytes(bytes, len);
}

static rel_str request_for(rel_arena *arena, unsigned authors, uint64_t first, unsigned keys) {
  Relations__V1__Int64Keys values = RELATIONS__V1__INT64_KEYS__INIT;
  Relations__V1__Keys all = RELATIONS__V1__KEYS__INIT;
  Relations__V1__LoadRequest request = RELATIONS__V1__LOAD_REQUEST__INIT;
  int64_t *ids = rel_arena_alloc0(arena, keys, sizeof *ids);
  for (unsigned i = 0; i < keys; i++)
    ids[i] = rel_bench_author(authors, first + i);
  values.n_values = keys;
  values.values = ids;
  all.kind_case = RELATIONS__V1__KEYS__KIND_INT64S;
  all.int64s = &values;
  request.model = (char[]){"bench.v1.Author"};
  request.relation = (char[]){"books"};
  request.key_case = RELATIONS__V1__LOAD_REQUEST__KEY_REFERENCE_KEYS;
  request.reference_keys = &all;
  return rel_bench_pack(arena, &request.base);
}

rel_str *rel_bench_requests(rel_arena *arena, unsigned authors, unsigned keys, size_t *count) {
  *count = authors / keys;
  rel_str *requests = rel_arena_alloc0(arena, *count, sizeof *requests);
  for (size_t i = 0; i < *count; i++)
    requests[i] = request_for(arena, authors, i * keys, keys);
  return requests;
}

rel_str rel_bench_echo_request(rel_arena *arena, size_t len, size_t answer_bytes) {
  uint8_t *bytes = rel_arena_alloc0(arena, 1, len < 4 ? 4 : len);
  for (int i = 0; i < 4; i++)
    bytes[i] = (uint8_t)(answer_bytes >> (24 - 8 * i));
  return rel_bytes(bytes, len < 4 ? 4 : len);
}
