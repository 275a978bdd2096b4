// A batch is run: the plan's statement, kept prepared by the connection, takes the keys; each row becomes
// wire bytes in one buffer and goes to the job at once.
#include "server/store/encode.h"
#include "server/store/sqlite_functions.h"
#include "server/store/sqlite_plan.h"
#include "server/store/sqlite_scattered.h"

#include <xxhash.h>

// A plan's statements in one connection. When the plan is gone, the next one in its slot takes their place.
struct rel_sqlite_statement {
  uint64_t plan_id;
  sqlite3_stmt *one, *many, *find, *read; // NULL until they are needed
  rel_cell *cells;                        // of a row, what tells its key included
  size_t row_bytes;                       // of the rows that were held last, on average; 0: not known
  unsigned rests; // batches whose rows are read as they are found, before that is thought over
};

// What one run carries along.
typedef struct run {
  rel_sqlite_conn *conn;
  const rel_sqlite_plan *plan;
  rel_sqlite_statement *statement;
  rel_job *job;
  rel_batch *batch;
  rel_error *error;
  rel_buf bytes;    // of the row
  rel_buf cursor;   // the same
  rel_buf key;      // that the row tells, canonical
  rel_buf last_key; // of the row before, with its index
  rel_cell last;    // the same, if an integer
  size_t last_index;
  size_t current;          // the key whose row was handed over last; SIZE_MAX: none yet
  size_t rows;             // of it, so far
  rel_buf row;             // the row itself, of a plan that repeats rows
  bool walks;              // rows are found first, and read in the order in which they lie
  rel_scattered scattered; // of a plan that finds rows first
} run;

// --- Statements ---

static void forget(rel_sqlite_statement *statement) {
  sqlite3_finalize(statement->one);
  sqlite3_finalize(statement->many);
  sqlite3_finalize(statement->find);
  sqlite3_finalize(statement->read);
  free(statement->cells);
  *statement = (rel_sqlite_statement){0};
}

void rel_sqlite_run_forget(rel_sqlite_conn *conn) {
  for (size_t i = 0; i < conn->statement_count; i++)
    forget(&conn->statements[i]);
  free(conn->statements);
  conn->statements = NULL;
  conn->statement_count = 0;
}

// Columns that stand before those of a row.
enum { MAX_LEAD = 2 };

// What of a row is read.
static size_t cells_of(const rel_sqlite_plan *plan) {
  return plan->column_count + plan->cursor_count + (plan->lookup.verdict != NULL ? 1 : 0);
}

// What a late plan leaves behind would otherwise stay until another plan takes its slot: as much memory as
// requests have ever been under way at a time.
static void give_back(run *r) {
  if (!r->plan->lookup.late) return;
  rel_sqlite_kept_give(r->conn, r->statement->one);
  rel_sqlite_kept_give(r->conn, r->statement->many);
  r->statement->one = r->statement->many = NULL;
  forget(r->statement);
}

static rel_sqlite_statement *statement_of(rel_sqlite_conn *conn, const rel_sqlite_plan *plan) {
  if (plan->slot >= conn->statement_count) {
    size_t count = plan->slot + 16;
    conn->statements = rel_realloc(conn->statements, count * sizeof *conn->statements);
    memset(&conn->statements[conn->statement_count], 0,
           (count - conn->statement_count) * sizeof *conn->statements);
    conn->statement_count = count;
  }
  rel_sqlite_statement *statement = &conn->statements[plan->slot];
  if (statement->plan_id == plan->id) return statement;
  forget(statement);
  statement->plan_id = plan->id;
  statement->cells = rel_alloc0(MAX_LEAD + cells_of(plan), sizeof *statement->cells);
  return statement;
}

static int bind_form(sqlite3_stmt *stmt, int parameter, const rel_sqlite_form *form) {
  switch (form->kind) {
  case REL_FORM_INT:
    return sqlite3_bind_int64(stmt, parameter, form->integer);
  case REL_FORM_TEXT:
    return sqlite3_bind_text64(stmt, parameter, form->bytes.ptr, form->bytes.len, SQLITE_STATIC, SQLITE_UTF8);
  case REL_FORM_BLOB:
    return sqlite3_bind_blob64(stmt, parameter, form->bytes.ptr, form->bytes.len, SQLITE_STATIC);
  case REL_FORM_NONE:
    break;
  }
  return sqlite3_bind_null(stmt, parameter);
}

// The statement was good when the plan was made: what SQLite does not understand now is a table that was
// changed.
static rel_code failed(const run *r, int rc) {
  if ((rc & 0xFF) != SQLITE_ERROR || rel_sqlite_too_deep(r->conn))
    return rel_sqlite_fail(r->conn, rc, r->error);
  return rel_sqlite_changed(sqlite3_errmsg(r->conn->db), r->error);
}

// Prepares a statement unless it is, with its constant values bound. One of a plan that is made for a single
// request is among those of queries: the next request has another plan, and the same text.
static rel_code prepare(run *r, const rel_sqlite_text *text, sqlite3_stmt **stmt) {
  if (*stmt != NULL) return REL_OK;
  int rc = r->plan->lookup.late ? rel_sqlite_kept_take(r->conn, text->sql, stmt)
                                : rel_sqlite_prepare(r->conn, text->sql, SQLITE_PREPARE_PERSISTENT, stmt);
  if (rc == SQLITE_OK) rc = rel_sqlite_bind_values(*stmt, text->reserved, text->values, text->value_count);
  if (rc == SQLITE_OK) return REL_OK;
  rel_code code = failed(r, rc);
  sqlite3_finalize(*stmt);
  *stmt = NULL;
  return code;
}

// --- Rows ---

void rel_sqlite_cell_of(sqlite3_value *value, rel_cell *cell) {
  switch (sqlite3_value_type(value)) {
  case SQLITE_INTEGER:
    cell->kind = REL_CELL_INT;
    cell->integer = sqlite3_value_int64(value);
    return;
  case SQLITE_FLOAT:
    cell->kind = REL_CELL_REAL;
    cell->real = sqlite3_value_double(value);
    return;
  case SQLITE_TEXT:
    cell->kind = REL_CELL_TEXT;
    cell->bytes.ptr = (const char *)sqlite3_value_text(value); // before its length: it may convert
    cell->bytes.len = (size_t)sqlite3_value_bytes(value);
    return;
  case SQLITE_BLOB:
    cell->kind = REL_CELL_BLOB;
    cell->bytes = rel_bytes(sqlite3_value_blob(value), (size_t)sqlite3_value_bytes(value));
    return;
  default:
    cell->kind = REL_CELL_NULL;
    return;
  }
}

bool rel_sqlite_holds(const rel_cell *cell) {
  return cell->kind == REL_CELL_INT && cell->integer != 0;
}

// Its value is asked and not the statement, which would look at itself for each question. A connection
// without a mutex allows that (SQLITE_OPEN_NOMUTEX): its values are its owner's.
void rel_sqlite_read_cell(sqlite3_stmt *stmt, int column, rel_cell *cell) {
  rel_sqlite_cell_of(sqlite3_column_value(stmt, column), cell);
}

// Reads the row where the statement stands.
static const rel_cell *read_cells(run *r, sqlite3_stmt *stmt, size_t count) {
  rel_cell *cells = r->statement->cells;
  for (size_t i = 0; i < count; i++)
    rel_sqlite_read_cell(stmt, (int)i, &cells[i]);
  return cells;
}

static void note_cursor(run *r, const rel_cell *cells) {
  r->cursor.len = 0;
  for (size_t i = 0; i < r->plan->cursor_count; i++)
    rel_sqlite_write_cursor(&cells[i], &r->cursor);
  r->batch->cursor = rel_buf_view(&r->cursor);
}

// Rows of one key come together: whether this key has as many as the limit allows.
static bool is_full(const run *r, size_t index) {
  return r->plan->limit > 0 && r->current == index && r->rows == r->plan->limit;
}

// Hands over the row, unless it is the one before once more: rows have their primary key, and the order ends
// in it, so equal ones come together and are one.
static rel_code hand_over(run *r, size_t index) {
  bool same = r->current == index;
  if (!same) r->rows = 0;
  r->current = index;
  if (r->plan->repeats) {
    if (same && rel_str_eq(rel_buf_view(&r->row), rel_buf_view(&r->bytes))) return REL_OK;
    rel_buf swap = r->row;
    r->row = r->bytes;
    r->bytes = swap;
  }
  r->rows++;
  return r->job->row(r->job, r->batch, index, rel_buf_view(r->plan->repeats ? &r->row : &r->bytes), r->error);
}

// Appends the row's bytes. Of a row that is withheld no value has to fit: it is only told apart from others.
static rel_code encode(run *r, const rel_cell *cells, size_t index, rel_buf *out, rel_error *why) {
  const rel_sqlite_plan *plan = r->plan;
  rel_row row = {.model = plan->model,
                 .fields = (const rel_field *const *)plan->columns,
                 .cells = cells,
                 .count = plan->column_count,
                 .lookup_key = r->batch->keys[index],
                 .gate = plan->gate};
  if (!r->batch->withheld)
    return plan->output == REL_OUTPUT_RECORD ? rel_encode_record(&row, out, why)
                                             : rel_encode_key(&row, out, why);
  for (size_t i = 0; i < plan->column_count; i++)
    rel_sqlite_write_cursor(&cells[i], out);
  return REL_OK;
}

// Hands over a row as one for keys[index].
static rel_code emit(run *r, const rel_cell *cells, size_t index) {
  const rel_sqlite_plan *plan = r->plan;
  if (is_full(r, index)) return REL_OK;
  r->batch->withheld = plan->lookup.verdict != NULL && !rel_sqlite_holds(&cells[cells_of(plan) - 1]);
  rel_error why;
  r->bytes.len = 0;
  rel_code code = encode(r, cells, index, &r->bytes, &why);
  if (plan->cursor_count > 0) note_cursor(r, cells + plan->column_count);
  if (code == REL_OK) return hand_over(r, index);
  r->job->bad_row(r->job, r->batch, index, &why);
  return REL_OK;
}

static rel_code finish(run *r, sqlite3_stmt *stmt, int rc) {
  rel_code code = rc == SQLITE_DONE ? REL_OK : failed(r, rc);
  sqlite3_reset(stmt);
  return code;
}

// --- One key ---

static rel_code run_one(run *r, size_t index) {
  const rel_sqlite_plan *plan = r->plan;
  rel_sqlite_form forms[REL_KEY_MAX_PARTS * REL_SQLITE_ALTERNATIVES]; // bound values live until the reset
  rel_code code = prepare(r, &plan->one, &r->statement->one);
  if (code != REL_OK) return code;

  sqlite3_stmt *stmt = r->statement->one;
  rel_str rest = r->batch->keys[index];
  rel_key_part part;
  int rc = SQLITE_OK, bound = 0;
  for (size_t i = 0; i < plan->key_count && rel_key_next(&rest, &part); i++) {
    for (size_t a = 0; a < plan->alternatives[i] && rc == SQLITE_OK; a++, bound++) {
      rel_sqlite_form_of(&part, a, &forms[bound]);
      rc = bind_form(stmt, bound + 1, &forms[bound]);
    }
  }
  if (rc != SQLITE_OK) return finish(r, stmt, rc);
  while ((rc = rel_sqlite_step(r->conn, stmt)) == SQLITE_ROW) {
    code = emit(r, read_cells(r, stmt, cells_of(plan)), index);
    if (code == REL_OK) continue;
    sqlite3_reset(stmt);
    return code;
  }
  return finish(r, stmt, rc);
}

// --- Many keys ---

// From a canonical key to its index in a part of the batch: open addressing, 0 being empty and i + 1 key i.
typedef struct key_map {
  const rel_str *keys;
  uint32_t *slots;
  size_t mask;
} key_map;

static size_t map_slot(const key_map *map, rel_str key) {
  size_t at = (size_t)XXH3_64bits(key.ptr, key.len) & map->mask;
  while (map->slots[at] != 0 && !rel_str_eq(map->keys[map->slots[at] - 1], key))
    at = (at + 1) & map->mask;
  return at;
}

static void map_init(key_map *map, const rel_str *keys, size_t count) {
  size_t capacity = 16;
  while (capacity < 2 * count)
    capacity *= 2;
  *map = (key_map){keys, rel_alloc0(capacity, sizeof *map->slots), capacity - 1};
  for (size_t i = 0; i < count; i++)
    map->slots[map_slot(map, keys[i])] = (uint32_t)i + 1;
}

// The key of the row as it would have been asked for.
static void put_row_key(run *r, const rel_cell *cell) {
  r->key.len = 0;
  if (cell->kind == REL_CELL_INT)
    rel_key_put_int(&r->key, cell->integer);
  else if (cell->kind == REL_CELL_REAL) // 5.0 in a column without a type equals 5
    rel_key_put_int(&r->key, (int64_t)cell->real);
  else if (cell->kind == REL_CELL_TEXT)
    rel_key_put_text(&r->key, cell->bytes);
}

// Before a statement whose keys are others.
static void forget_row_key(run *r) {
  r->last_key.len = 0;
  r->last.kind = REL_CELL_NULL;
}

static bool same_integer(const run *r, const rel_cell *cell) {
  return cell->kind == REL_CELL_INT && r->last.kind == REL_CELL_INT && cell->integer == r->last.integer;
}

static bool same_key(const run *r) {
  return rel_str_eq(rel_buf_view(&r->key), rel_buf_view(&r->last_key));
}

// The key that a row is of: its number as the database says it, or found by its value.
static rel_code locate(run *r, const rel_cell *cell, const key_map *map, size_t *index) {
  if (r->plan->shape != REL_SQLITE_IN) {
    *index = (size_t)cell->integer;
    return REL_OK;
  }
  if (same_integer(r, cell)) {
    *index = r->last_index;
    return REL_OK;
  }
  put_row_key(r, cell);
  if (!same_key(r)) {
    uint32_t slot = map->slots[map_slot(map, rel_buf_view(&r->key))];
    if (slot == 0)
      return rel_fail(r->error, REL_INTERNAL,
                      REL_STR_F ": the database gave a row for a key that was not asked for",
                      REL_STR_A(r->plan->model->table));
    rel_buf swap = r->last_key;
    r->last_key = r->key;
    r->key = swap;
    r->last_index = slot - 1;
  }
  r->last = *cell;
  *index = r->last_index;
  return REL_OK;
}

// Which of the keys have a seek, as rel_sqlite_keys says it.
static uint32_t *seeks_of(const rel_sqlite_plan *plan, const rel_sqlite_keys *source) {
  const rel_choice *choice = &plan->lookup.choice;
  if (choice->seek_count == 0) return NULL;
  uint32_t *seeks = rel_alloc0(source->count, sizeof *seeks);
  key_map map;
  map_init(&map, source->keys, source->count);
  for (size_t i = 0; i < choice->seek_count; i++) {
    uint32_t slot = map.slots[map_slot(&map, choice->seeks[i].key)];
    if (slot > 0) seeks[slot - 1] = (uint32_t)i + 1;
  }
  free(map.slots);
  return seeks;
}

// Rows of keys[first] to keys[first + count - 1].
static rel_code run_many(run *r, size_t first, size_t count) {
  rel_code code = prepare(r, &r->plan->many, &r->statement->many);
  if (code != REL_OK) return code;
  sqlite3_stmt *stmt = r->statement->many;
  rel_sqlite_keys source = {.keys = r->batch->keys + first, .count = count};
  uint32_t *seeks = seeks_of(r->plan, &source);
  key_map map = {0};
  source.seeks = seeks;
  if (r->plan->shape == REL_SQLITE_IN) map_init(&map, source.keys, count);
  forget_row_key(r);
  size_t lead = r->plan->many_lead, cell_count = lead + cells_of(r->plan);

  int rc = sqlite3_bind_pointer(stmt, 1, &source, REL_SQLITE_KEYS_TYPE, NULL);
  while (rc == SQLITE_OK || rc == SQLITE_ROW) {
    rc = rel_sqlite_step(r->conn, stmt);
    size_t index = 0;
    if (rc != SQLITE_ROW) break;
    const rel_cell *cells = read_cells(r, stmt, cell_count);
    code = locate(r, &cells[r->plan->many_key], &map, &index);
    if (code == REL_OK) code = emit(r, cells + lead, first + index);
    if (code != REL_OK) break;
  }
  if (code == REL_OK)
    code = finish(r, stmt, rc);
  else
    sqlite3_reset(stmt);
  sqlite3_bind_null(stmt, 1);
  free(map.slots);
  free(seeks);
  return code;
}

// --- Many keys, whose rows lie scattered ---

// A few rows are read as they are found: there is nothing to walk through. So are rows that were found to lie
// together, which costs a look at them now and then.
static bool walks(run *r) {
  enum { LEAST_KEYS = 64 };
  if (r->plan->find.sql == NULL || r->batch->key_count < LEAST_KEYS) return false;
  if (r->statement->rests == 0) return true;
  r->statement->rests--;
  return false;
}

// Notes the next rows, as many as are held at a time; *rc is what the statement said last.
static rel_code find_rows(run *r, const key_map *map, int *rc) {
  enum { KEY, ROW, FOUND };
  sqlite3_stmt *find = r->statement->find;
  size_t most = rel_scattered_at_a_time(r->statement->row_bytes);
  rel_scattered_clear(&r->scattered);
  while (r->scattered.count < most && (*rc = rel_sqlite_step(r->conn, find)) == SQLITE_ROW) {
    const rel_cell *cells = read_cells(r, find, FOUND);
    size_t index;
    if (cells[ROW].kind != REL_CELL_INT)
      return rel_fail(r->error, REL_PRECONDITION, REL_STR_F " has rows without numbers",
                      REL_STR_A(r->plan->model->table));
    rel_code code = locate(r, &cells[KEY], map, &index);
    if (code != REL_OK) return code;
    rel_scattered_add(&r->scattered, cells[ROW].integer, index);
  }
  return *rc == SQLITE_ROW || *rc == SQLITE_DONE ? REL_OK : failed(r, *rc);
}

// Holds a row until its turn; false when it cannot be.
static bool hold(run *r, const rel_cell *cells, rel_found_row *row, size_t first) {
  rel_buf *bytes = &r->scattered.bytes;
  rel_error why;
  size_t at = bytes->len;
  if (encode(r, cells, first + row->key, bytes, &why) != REL_OK || bytes->len > REL_SCATTERED_MAX_BYTES)
    return false;
  row->at = (uint32_t)at;
  row->len = (uint32_t)(bytes->len - at);
  return true;
}

static void learn_size(run *r, size_t rows) {
  if (rows > 0) r->statement->row_bytes = 1 + r->scattered.bytes.len / rows;
}

// Reads the rows that were found, in the order of their numbers. They are held, or with `held` NULL handed
// over as they come; *held becomes false when one of them cannot be held.
static rel_code read_rows(run *r, size_t first, bool *held) {
  sqlite3_stmt *read = r->statement->read;
  rel_sqlite_keys source = {.numbers = r->scattered.numbers, .count = r->scattered.count};
  rel_code code = REL_OK;
  size_t rows = 0;
  int rc = sqlite3_bind_pointer(read, 1, &source, REL_SQLITE_KEYS_TYPE, NULL);
  while (code == REL_OK && (held == NULL || *held) && (rc == SQLITE_OK || rc == SQLITE_ROW)) {
    rc = rel_sqlite_step(r->conn, read);
    if (rc != SQLITE_ROW) break;
    rows++;
    const rel_cell *cells = read_cells(r, read, 1 + r->plan->column_count);
    rel_found_row *row = &r->scattered.rows[r->scattered.numbers[cells[0].integer].index];
    if (held != NULL)
      *held = hold(r, cells + 1, row, first);
    else
      code = emit(r, cells + 1, first + row->key);
  }
  if (held != NULL) learn_size(r, rows);
  if (code == REL_OK && rc != SQLITE_ROW) code = finish(r, read, rc);
  sqlite3_reset(read);
  sqlite3_bind_null(read, 1);
  return code;
}

static rel_code hand_over_held(run *r, size_t first) {
  const rel_scattered *p = &r->scattered;
  rel_code code = REL_OK;
  for (size_t i = 0; i < p->count && code == REL_OK; i++) {
    rel_str bytes = rel_bytes(p->bytes.data + p->rows[i].at, p->rows[i].len);
    code = r->job->row(r->job, r->batch, first + p->rows[i].key, bytes, r->error);
  }
  return code;
}

// What cannot be held, since it is too large or has a row that does not fit its model, is read once more, in
// the order in which it is handed over.
static rel_code take_rows(run *r, size_t first) {
  enum { RESTS = 15, TELLING = 256 }; // rows, of which fewer say little about the others
  bool held = rel_scattered_sort(&r->scattered, r->statement->row_bytes);
  if (!held && r->scattered.count >= TELLING) r->statement->rests = RESTS;
  if (held) {
    rel_code code = read_rows(r, first, &held);
    if (code != REL_OK) return code;
    if (held) return hand_over_held(r, first);
    rel_scattered_unsort(&r->scattered);
  }
  return read_rows(r, first, NULL);
}

// The same as run_many, in two statements; there is a transaction around them.
static rel_code run_scattered(run *r, size_t first, size_t count) {
  rel_code code = prepare(r, &r->plan->find, &r->statement->find);
  if (code == REL_OK) code = prepare(r, &r->plan->read, &r->statement->read);
  if (code != REL_OK) return code;
  sqlite3_stmt *find = r->statement->find;
  rel_sqlite_keys source = {.keys = r->batch->keys + first, .count = count};
  key_map map;
  map_init(&map, source.keys, count);
  forget_row_key(r);
  int rc = sqlite3_bind_pointer(find, 1, &source, REL_SQLITE_KEYS_TYPE, NULL);
  if (rc != SQLITE_OK) code = failed(r, rc);
  do {
    if (code == REL_OK) code = find_rows(r, &map, &rc);
    if (code == REL_OK && r->scattered.count > 0) code = take_rows(r, first);
  } while (code == REL_OK && rc == SQLITE_ROW);
  sqlite3_reset(find);
  sqlite3_bind_null(find, 1);
  free(map.slots);
  return code;
}

// A table that has become a view, under a plan that was made for the table, has no row numbers any longer.
// Nothing was handed over when that shows: it is so of the first row, or the statement is refused at once.
static rel_code run_part(run *r, size_t first, size_t count) {
  rel_code code = r->walks ? run_scattered(r, first, count) : REL_PRECONDITION;
  return code == REL_PRECONDITION ? run_many(r, first, count) : code;
}

static rel_code check_deadline(const run *r) {
  const rel_deadline *deadline = r->batch->deadline;
  if (deadline == NULL || rel_clock_ns() < rel_deadline_get(deadline)) return REL_OK;
  return rel_fail(r->error, REL_TIMEOUT, "the deadline passed before the database was asked");
}

// In several statements, one transaction around them: the batch sees one state of the database.
static rel_code run_parts(run *r, size_t max_keys) {
  rel_code code = rel_sqlite_exec(r->conn, "BEGIN", r->error);
  if (code != REL_OK) return code;
  for (size_t i = 0; i < r->batch->key_count && code == REL_OK; i += max_keys) {
    size_t left = r->batch->key_count - i;
    code = check_deadline(r);
    size_t count = left < max_keys ? left : max_keys;
    if (code == REL_OK) code = run_part(r, i, count);
  }
  // There is nothing to commit, and unlike COMMIT it cannot leave the transaction open and its snapshot
  // growing old.
  sqlite3_exec(r->conn->db, "ROLLBACK", NULL, NULL, NULL);
  return code;
}

rel_code rel_sqlite_run(rel_sqlite_conn *conn, rel_sqlite_plan *plan, rel_job *job, rel_batch *batch,
                        size_t max_keys, rel_error *error) {
  if (batch->key_count == 0) return REL_OK;
  rel_error why = {0};
  rel_code ready = rel_sqlite_plan_ready(conn, plan, &why);
  if (ready == REL_BAD_SCHEMA)
    return rel_sqlite_changed(why.message, error); // it was good when it was checked
  if (ready != REL_OK) {
    if (error != NULL) *error = why;
    return ready;
  }
  run r = {.conn = conn,
           .plan = plan,
           .statement = statement_of(conn, plan),
           .job = job,
           .batch = batch,
           .error = error,
           .current = SIZE_MAX};
  rel_code code = check_deadline(&r);
  if (code != REL_OK) return code;
  r.walks = walks(&r);
  conn->deadline = batch->deadline;
  conn->job = job;
  conn->batch = batch;
  conn->given_up = false;
  if (batch->key_count == 1 && plan->one.sql != NULL)
    code = run_one(&r, 0);
  else if (batch->key_count <= max_keys && !r.walks)
    code = run_many(&r, 0, batch->key_count);
  else
    code = run_parts(&r, max_keys);
  batch->given_up = conn->given_up;
  conn->deadline = NULL;
  conn->job = NULL;
  conn->batch = NULL;
  give_back(&r);
  rel_buf_fini(&r.bytes);
  rel_buf_fini(&r.cursor);
  rel_buf_fini(&r.key);
  rel_buf_fini(&r.last_key);
  rel_buf_fini(&r.row);
  rel_scattered_fini(&r.scattered);
  return code;
}
