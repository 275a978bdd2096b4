// Readings and notes: see query_data.h.
#include "tests/bench/query_data.h"

#include "common/wire.h"
#include "tests/bench/bench_data.h"

#include <relations/v1/loader_service.pb-c.h>
#include <relations/v1/relation_service.pb-c.h>
#include <sqlite3.h>

#define SENSOR  "bench.query.v1.Sensor"
#define READING "bench.query.v1.Reading"
#define NOTE    "bench.query.v1.Note"

// --- The database ---

static const char SCHEMA[] =
    "CREATE TABLE sensors(id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
    "CREATE TABLE readings(id INTEGER PRIMARY KEY, sensor_id INTEGER NOT NULL, celsius REAL NOT NULL,"
    " taken_at INTEGER NOT NULL);"
    "CREATE INDEX readings_sensor_id ON readings(sensor_id);";

static const char FILL[] =
    "INSERT INTO sensors WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u)"
    " SELECT i, 'Sensor ' || i FROM n;"
    "INSERT INTO readings(sensor_id, celsius, taken_at)"
    " WITH RECURSIVE r(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM r WHERE n < %d)"
    " SELECT s.id, (s.id * 37 + r.n * 11) %% 600 / 16.0 - 5, 1700000000 + 60 * r.n"
    " FROM r, sensors s ORDER BY r.n, s.id;";

rel_code rel_readings_database(const char *path, unsigned sensors, rel_error *error) {
  char *fill = sqlite3_mprintf(FILL, sensors, REL_READINGS_OF_A_SENSOR - 1);
  rel_code code = rel_bench_make_database(path, SCHEMA, fill, error);
  sqlite3_free(fill);
  return code;
}

// --- Requests ---

static rel_str page_request(rel_arena *arena, int64_t sensor) {
  Relations__V1__Value value = RELATIONS__V1__VALUE__INIT, *values[] = {&value};
  value.kind_case = RELATIONS__V1__VALUE__KIND_INT64_VALUE;
  value.int64_value = sensor;
  Relations__V1__Comparison comparison = RELATIONS__V1__COMPARISON__INIT;
  comparison.field = (char[]){"sensor_id"};
  comparison.operator_ = RELATIONS__V1__OPERATOR__OPERATOR_EQ;
  comparison.n_values = 1;
  comparison.values = values;
  Relations__V1__Filter filter = RELATIONS__V1__FILTER__INIT;
  filter.kind_case = RELATIONS__V1__FILTER__KIND_COMPARISON;
  filter.comparison = &comparison;
  Relations__V1__QueryTarget target = RELATIONS__V1__QUERY_TARGET__INIT;
  target.model = (char[]){READING};
  target.filter = &filter;
  Relations__V1__QueryRequest request = RELATIONS__V1__QUERY_REQUEST__INIT;
  request.target = &target;
  request.page_size = REL_READINGS_PAGE;
  return rel_bench_pack(arena, &request.base);
}

rel_str *rel_readings_page_requests(rel_arena *arena, unsigned sensors, size_t *count) {
  rel_str *requests = REL_ARENA_ARRAY(arena, rel_str, sensors);
  for (unsigned i = 0; i < sensors; i++)
    requests[i] = page_request(arena, rel_bench_author(sensors, i));
  *count = sensors;
  return requests;
}

rel_str rel_readings_stream_request(rel_arena *arena, bool sorted) {
  Relations__V1__OrderTerm by_celsius = RELATIONS__V1__ORDER_TERM__INIT, *order[] = {&by_celsius};
  Relations__V1__QueryTarget target = RELATIONS__V1__QUERY_TARGET__INIT;
  by_celsius.field = (char[]){"celsius"};
  target.model = (char[]){READING};
  Relations__V1__QueryRequest request = RELATIONS__V1__QUERY_REQUEST__INIT;
  request.target = &target;
  request.n_order_by = sorted;
  request.order_by = order;
  return rel_bench_pack(arena, &request.base);
}

typedef rel_str pack_keys(rel_arena *arena, Relations__V1__Keys *keys);

static rel_str pack_load(rel_arena *arena, Relations__V1__Keys *keys) {
  Relations__V1__LoadRequest request = RELATIONS__V1__LOAD_REQUEST__INIT;
  request.model = (char[]){SENSOR};
  request.relation = (char[]){"notes"};
  request.key_case = RELATIONS__V1__LOAD_REQUEST__KEY_REFERENCE_KEYS;
  request.reference_keys = keys;
  return rel_bench_pack(arena, &request.base);
}

static rel_str pack_batch(rel_arena *arena, Relations__V1__Keys *keys) {
  Relations__V1__LoadBatchRequest request = RELATIONS__V1__LOAD_BATCH_REQUEST__INIT;
  request.model = (char[]){SENSOR};
  request.relation = (char[]){"notes"};
  request.record_type = (char[]){NOTE};
  request.keys = keys;
  return rel_bench_pack(arena, &request.base);
}

static rel_str *notes_requests(rel_arena *arena, unsigned sensors, unsigned keys, pack_keys *pack_with,
                               size_t *count) {
  *count = sensors / keys;
  rel_str *requests = REL_ARENA_ARRAY(arena, rel_str, *count);
  int64_t *ids = REL_ARENA_ARRAY(arena, int64_t, keys);
  Relations__V1__Int64Keys values = RELATIONS__V1__INT64_KEYS__INIT;
  Relations__V1__Keys all = RELATIONS__V1__KEYS__INIT;
  values.n_values = keys;
  values.values = ids;
  all.kind_case = RELATIONS__V1__KEYS__KIND_INT64S;
  all.int64s = &values;
  for (size_t i = 0; i < *count; i++) {
    for (unsigned k = 0; k < keys; k++)
      ids[k] = rel_bench_author(sensors, i * keys + k);
    requests[i] = pack_with(arena, &all);
  }
  return requests;
}

rel_str *rel_notes_load_requests(rel_arena *arena, unsigned sensors, unsigned keys, size_t *count) {
  return notes_requests(arena, sensors, keys, pack_load, count);
}

rel_str *rel_notes_batch_requests(rel_arena *arena, unsigned sensors, unsigned keys, size_t *count) {
  return notes_requests(arena, sensors, keys, pack_batch, count);
}

// --- By hand ---

struct rel_by_hand {
  sqlite3 *db;
  sqlite3_stmt *page;
  sqlite3_stmt *stream;
  sqlite3_stmt *sorted;
  rel_buf record;
  rel_buf out; // begun again when it is as large as a message may be
};

enum { BY_HAND_MESSAGE = 256 * 1024 };

rel_code rel_by_hand_open(const char *path, rel_by_hand **out, rel_error *error) {
  static const char PAGE[] = "SELECT id, sensor_id, celsius, taken_at FROM readings WHERE sensor_id = ?1"
                             " ORDER BY id LIMIT ?2";
  static const char STREAM[] = "SELECT id, sensor_id, celsius, taken_at FROM readings ORDER BY id";
  static const char SORTED[] = "SELECT id, sensor_id, celsius, taken_at FROM readings ORDER BY celsius, id";
  rel_by_hand *by_hand = REL_NEW(rel_by_hand);
  if (sqlite3_open_v2(path, &by_hand->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
      sqlite3_prepare_v2(by_hand->db, PAGE, -1, &by_hand->page, NULL) == SQLITE_OK &&
      sqlite3_prepare_v2(by_hand->db, STREAM, -1, &by_hand->stream, NULL) == SQLITE_OK &&
      sqlite3_prepare_v2(by_hand->db, SORTED, -1, &by_hand->sorted, NULL) == SQLITE_OK) {
    *out = by_hand;
    return REL_OK;
  }
  rel_code code = rel_fail(error, REL_UNAVAILABLE, "%s: %s", path, sqlite3_errmsg(by_hand->db));
  rel_by_hand_close(by_hand);
  return code;
}

void rel_by_hand_close(rel_by_hand *by_hand) {
  if (by_hand == NULL) return;
  sqlite3_finalize(by_hand->page);
  sqlite3_finalize(by_hand->stream);
  sqlite3_finalize(by_hand->sorted);
  sqlite3_close(by_hand->db);
  rel_buf_fini(&by_hand->record);
  rel_buf_fini(&by_hand->out);
  free(by_hand);
}

static void put_reading(sqlite3_stmt *row, rel_buf *out) {
  double celsius = sqlite3_column_double(row, 2);
  uint64_t bits;
  memcpy(&bits, &celsius, sizeof bits);
  rel_wire_put_uint(out, 1, (uint64_t)sqlite3_column_int64(row, 0));
  rel_wire_put_uint(out, 2, (uint64_t)sqlite3_column_int64(row, 1));
  if (bits != 0) rel_wire_put_fixed64(out, 3, bits);
  rel_wire_put_uint(out, 4, (uint64_t)sqlite3_column_int64(row, 3));
}

static size_t step_all(rel_by_hand *by_hand, sqlite3_stmt *statement) {
  size_t bytes = 0;
  int rc;
  by_hand->out.len = 0;
  while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
    by_hand->record.len = 0;
    put_reading(statement, &by_hand->record);
    if (by_hand->out.len > BY_HAND_MESSAGE) by_hand->out.len = 0;
    rel_wire_put_bytes(&by_hand->out, 1, rel_buf_view(&by_hand->record));
    bytes += by_hand->record.len;
  }
  sqlite3_reset(statement);
  return rc == SQLITE_DONE ? bytes : 0;
}

size_t rel_by_hand_page(rel_by_hand *by_hand, int64_t sensor) {
  sqlite3_bind_int64(by_hand->page, 1, sensor);
  sqlite3_bind_int64(by_hand->page, 2, REL_READINGS_PAGE);
  return step_all(by_hand, by_hand->page);
}

size_t rel_by_hand_stream(rel_by_hand *by_hand, bool sorted) {
  return step_all(by_hand, sorted ? by_hand->sorted : by_hand->stream);
}
