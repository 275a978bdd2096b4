// One page of a query: its statement is written, the cursor of the page before stands in it as a condition,
// and rows become wire bytes as they are stepped.
//
// A cursor is the values of the order's fields in the last row, as the database holds them, so that they
// compare as the database orders them. "Behind the cursor" is spelled out term by term, since directions may
// be mixed and NULLs stand where the order says:
//
//   a behind A OR (a = A AND b behind B) OR (a = A AND b = B AND c behind C)
//
// and, for the index, "a not before A" in front of it.
#include "server/store/sqlite.h"

#include "common/wire.h"

typedef struct run {
  rel_sqlite_conn *conn;
  const rel_select *select;
  rel_select_job *job;
  rel_select_page *page;
  rel_buf *last;
  rel_error *error;
  rel_sqlite_writer w;
  rel_arena arena;
  const rel_field **columns; // of the output; the order's stand behind them
  size_t column_count;
  rel_cell *cells;
} run;

static void put(run *r, const char *text) {
  rel_buf_cstr(&r->w.sql, text);
}

static void put_column(run *r, const rel_field *field) {
  rel_sqlite_put_column(&r->w.sql, 0, field);
}

// --- Cursors ---

static void write_cell(const rel_cell *cell, rel_buf *out) {
  uint8_t tag = (uint8_t)cell->kind;
  rel_buf_append(out, &tag, 1);
  switch (cell->kind) {
  case REL_CELL_NULL:
    return;
  case REL_CELL_INT:
    rel_wire_put_varint(out, rel_wire_zigzag(cell->integer));
    return;
  case REL_CELL_REAL:
    rel_buf_append(out, &cell->real, sizeof cell->real);
    return;
  case REL_CELL_TEXT:
  case REL_CELL_BLOB:
    rel_wire_put_varint(out, cell->bytes.len);
    rel_buf_str(out, cell->bytes);
    return;
  }
}

static bool take_varint(rel_str *rest, uint64_t *value) {
  *value = 0;
  for (unsigned shift = 0; shift < 64 && rest->len > 0; shift += 7) {
    uint8_t byte = (uint8_t)*rest->ptr;
    *rest = rel_bytes(rest->ptr + 1, rest->len - 1);
    *value |= (uint64_t)(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

static bool take_bytes(rel_str *rest, size_t len, rel_str *out) {
  if (rest->len < len) return false;
  *out = rel_bytes(rest->ptr, len);
  *rest = rel_bytes(rest->ptr + len, rest->len - len);
  return true;
}

// The value of one term, as it is to be bound.
static bool read_cell(rel_str *rest, rel_sqlite_binding *out) {
  rel_str bytes;
  uint64_t number;
  if (!take_bytes(rest, 1, &bytes)) return false;
  *out = (rel_sqlite_binding){.kind = REL_BIND_NULL};
  switch ((rel_cell_kind)bytes.ptr[0]) {
  case REL_CELL_NULL:
    return true;
  case REL_CELL_INT:
    out->kind = REL_BIND_INT;
    if (!take_varint(rest, &number)) return false;
    out->integer = (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
    return true;
  case REL_CELL_REAL:
    out->kind = REL_BIND_REAL;
    if (!take_bytes(rest, sizeof out->real, &bytes)) return false;
    memcpy(&out->real, bytes.ptr, sizeof out->real);
    return true;
  case REL_CELL_TEXT:
  case REL_CELL_BLOB:
    out->kind = bytes.ptr[0] == REL_CELL_TEXT ? REL_BIND_TEXT : REL_BIND_BLOB;
    return take_varint(rest, &number) && number <= rest->len && take_bytes(rest, (size_t)number, &out->bytes);
  }
  return false;
}

// --- The place behind a cursor ---

// A term of the order with the cursor's value for it, which is parameter number `parameter`.
typedef struct place {
  const rel_select_term *term;
  bool is_null;
  bool nullable; // the column can hold NULL
  size_t parameter;
} place;

static bool in_primary_key(const rel_model *model, const rel_field *field) {
  for (size_t i = 0; i < model->primary_key_count; i++)
    if (model->primary_key[i] == field) return true;
  return false;
}

// A primary key with NULL in it is no record.
static bool is_nullable(run *r, const rel_field *field) {
  const rel_model *model = r->select->model;
  int not_null = 0;
  if (in_primary_key(model, field)) return false;
  const char *table = rel_arena_copy(&r->arena, model->table).ptr;
  const char *column = rel_arena_copy(&r->arena, field->column).ptr;
  int rc =
      sqlite3_table_column_metadata(r->conn->db, "main", table, column, NULL, NULL, &not_null, NULL, NULL);
  return rc != SQLITE_OK || !not_null;
}

static void put_behind(run *r, const place *p, const char *or_equal) {
  const rel_field *field = p->term->field;
  if (p->is_null) {
    if (!p->term->nulls_first) {
      put(r, "0");
      return;
    }
    put_column(r, field);
    put(r, " IS NOT NULL");
    return;
  }
  put(r, "(");
  put_column(r, field);
  rel_buf_printf(&r->w.sql, " %s%s ?%zu", p->term->descending ? "<" : ">", or_equal, p->parameter);
  if (p->nullable && !p->term->nulls_first) {
    put(r, " OR ");
    put_column(r, field);
    put(r, " IS NULL");
  }
  put(r, ")");
}

static void put_equal(run *r, const place *p) {
  put_column(r, p->term->field);
  if (p->is_null)
    put(r, " IS NULL");
  else
    rel_buf_printf(&r->w.sql, " = ?%zu", p->parameter);
}

// What an index on the first term can skip. With NULLs on either side of the cursor there is nothing to skip,
// or the terms themselves say it.
static void put_bound(run *r, const place *first) {
  if (first->is_null) return;
  put(r, " AND ");
  put_behind(r, first, "=");
}

static rel_code put_cursor(run *r) {
  const rel_select *s = r->select;
  place *places = REL_ARENA_ARRAY(&r->arena, place, s->order_count);
  rel_str rest = s->after;
  for (size_t i = 0; i < s->order_count; i++) {
    rel_sqlite_binding value;
    if (!read_cell(&rest, &value))
      return rel_fail(r->error, REL_INVALID, "the cursor is not one of this query");
    places[i] = (place){.term = &s->order[i],
                        .is_null = value.kind == REL_BIND_NULL,
                        .nullable = is_nullable(r, s->order[i].field)};
    if (!places[i].is_null) places[i].parameter = rel_sqlite_add_value(&r->w, &value);
  }
  if (rest.len > 0) return rel_fail(r->error, REL_INVALID, "the cursor is not one of this query");
  if (s->order_count > 1) put_bound(r, &places[0]);
  put(r, " AND (");
  for (size_t i = 0; i < s->order_count; i++) {
    put(r, i == 0 ? "(" : " OR (");
    for (size_t k = 0; k < i; k++) {
      put_equal(r, &places[k]);
      put(r, " AND ");
    }
    put_behind(r, &places[i], "");
    put(r, ")");
  }
  put(r, ")");
  return REL_OK;
}

// --- The statement ---

static void read_output(run *r) {
  const rel_select *s = r->select;
  const rel_field *const *fields = s->columns;
  size_t count = s->column_count;
  if (s->output == REL_OUTPUT_RECORD) {
    fields = (const rel_field *const *)s->model->fields;
    count = s->model->field_count;
  }
  r->columns = REL_ARENA_ARRAY(&r->arena, const rel_field *, count);
  for (size_t i = 0; i < count; i++)
    if (fields[i]->has_column) r->columns[r->column_count++] = fields[i];
}

static void put_output(run *r) {
  const rel_select *s = r->select;
  if (s->kind != REL_SELECT_ROWS) {
    put(r, s->kind == REL_SELECT_COUNT ? "SELECT count(*)" : "SELECT 1");
    return;
  }
  read_output(r);
  r->cells = REL_ARENA_ARRAY(&r->arena, rel_cell, r->column_count + s->order_count);
  for (size_t i = 0; i < r->column_count + s->order_count; i++) {
    put(r, i == 0 ? "SELECT " : ", ");
    put_column(r, i < r->column_count ? r->columns[i] : s->order[i - r->column_count].field);
  }
}

// The rows of the model and the scope.
static rel_code put_rows(run *r) {
  const rel_select *s = r->select;
  put(r, " WHERE ");
  if (s->key_count > 0)
    rel_sqlite_put_scope(&r->w, s->key, s->key_count, s->scope);
  else
    put(r, "1");
  rel_sqlite_put_and_condition(&r->w, s->scope_condition);
  return rel_sqlite_put_discriminator(&r->w, r->error);
}

// SQLite has NULLs first when ascending and last when descending; saying what holds anyway costs the index.
static void put_term(run *r, const rel_field *field, bool descending, bool nulls_first) {
  put_column(r, field);
  if (descending) put(r, " DESC");
  if (nulls_first != !descending && is_nullable(r, field))
    put(r, nulls_first ? " NULLS FIRST" : " NULLS LAST");
}

// The first rows of the scope alone, as a table of its own.
static rel_code put_first(run *r) {
  const rel_select *s = r->select;
  put(r, "(SELECT * FROM ");
  rel_sqlite_put_table(&r->w.sql, 0, s->model);
  rel_code code = put_rows(r);
  for (size_t i = 0; i < s->first_by_count; i++) {
    put(r, i == 0 ? " ORDER BY " : ", ");
    put_term(r, s->first_by[i].field, s->first_by[i].descending, false);
  }
  put(r, " LIMIT ");
  rel_sqlite_put_int(&r->w, (int64_t)s->first);
  put(r, ") AS t WHERE 1");
  return code;
}

static void put_end(run *r) {
  const rel_select *s = r->select;
  if (s->kind == REL_SELECT_EXISTS) put(r, " LIMIT 1");
  if (s->kind != REL_SELECT_ROWS) return;
  for (size_t i = 0; i < s->order_count; i++) {
    put(r, i == 0 ? " ORDER BY " : ", ");
    put_term(r, s->order[i].field, s->order[i].descending, s->order[i].nulls_first);
  }
  put(r, " LIMIT ");
  rel_sqlite_put_int(&r->w, (int64_t)s->limit + 1); // one more, which tells whether there are more
}

static rel_code write_statement(run *r) {
  const rel_select *s = r->select;
  rel_code code;
  put_output(r);
  put(r, " FROM ");
  if (s->first > 0) {
    code = put_first(r);
  } else {
    rel_sqlite_put_table(&r->w.sql, 0, s->model);
    code = put_rows(r);
  }
  rel_sqlite_put_and_condition(&r->w, s->condition);
  if (code == REL_OK && s->after.len > 0) code = put_cursor(r);
  put_end(r);
  return code;
}

// --- Running ---

static rel_code prepare(run *r, sqlite3_stmt **stmt) {
  int most = sqlite3_limit(r->conn->db, SQLITE_LIMIT_VARIABLE_NUMBER, -1);
  if (r->w.count > (size_t)most)
    return rel_fail(r->error, REL_LIMIT, "the filter has too many values: the database takes %d", most);
  int rc = rel_sqlite_prepare(r->conn, rel_buf_text(&r->w.sql), 0, stmt);
  if (rc == SQLITE_OK) rc = rel_sqlite_bind_values(*stmt, 0, r->w.bindings, r->w.count);
  return rc == SQLITE_OK ? REL_OK : rel_sqlite_fail(r->conn, rc, r->error);
}

// Hands over the row where the statement stands. False: the page ends before it.
static rel_code emit(run *r, sqlite3_stmt *stmt, rel_buf *bytes, bool *taken) {
  const rel_select *s = r->select;
  for (size_t i = 0; i < r->column_count + s->order_count; i++)
    rel_sqlite_read_cell(stmt, (int)i, &r->cells[i]);
  rel_row row = {.model = s->model,
                 .fields = r->columns,
                 .cells = r->cells,
                 .count = r->column_count,
                 .lookup_key = s->scope};
  bytes->len = 0;
  rel_code code = s->output == REL_OUTPUT_RECORD ? rel_encode_record(&row, bytes, r->error)
                                                 : rel_encode_key(&row, bytes, r->error);
  if (code != REL_OK) return code;
  *taken = r->job->row(r->job, rel_buf_view(bytes));
  if (!*taken) return REL_OK;
  r->page->count++;
  r->last->len = 0;
  for (size_t i = 0; i < s->order_count; i++)
    write_cell(&r->cells[r->column_count + i], r->last);
  return REL_OK;
}

static rel_code read_rows(run *r, sqlite3_stmt *stmt) {
  rel_buf bytes = {0};
  rel_code code = REL_OK;
  int rc = SQLITE_DONE;
  while (code == REL_OK && (rc = rel_sqlite_step(r->conn, stmt)) == SQLITE_ROW) {
    bool taken = false;
    if (r->page->count < r->select->limit) code = emit(r, stmt, &bytes, &taken);
    r->page->more = code == REL_OK && !taken;
    if (!taken) break;
  }
  if (code == REL_OK && rc != SQLITE_ROW && rc != SQLITE_DONE) code = rel_sqlite_fail(r->conn, rc, r->error);
  rel_buf_fini(&bytes);
  return code;
}

static rel_code read_number(run *r, sqlite3_stmt *stmt) {
  int rc = rel_sqlite_step(r->conn, stmt);
  if (rc == SQLITE_ROW) r->page->count = (uint64_t)sqlite3_column_int64(stmt, 0);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? REL_OK : rel_sqlite_fail(r->conn, rc, r->error);
}

static rel_code execute(run *r) {
  sqlite3_stmt *stmt = NULL;
  rel_code code = write_statement(r);
  if (code == REL_OK) code = prepare(r, &stmt);
  if (code == REL_OK) code = r->select->kind == REL_SELECT_ROWS ? read_rows(r, stmt) : read_number(r, stmt);
  sqlite3_finalize(stmt);
  return code;
}

rel_code rel_sqlite_select_run(rel_sqlite_conn *conn, rel_select_job *job, rel_select_page *page,
                               rel_buf *last, rel_error *error) {
  if (job->deadline != NULL && rel_clock_ns() >= rel_deadline_get(job->deadline))
    return rel_fail(error, REL_TIMEOUT, "the deadline passed before the database was asked");
  run r = {.conn = conn, .select = job->select, .job = job, .page = page, .last = last, .error = error};
  rel_arena_init(&r.arena);
  r.w = (rel_sqlite_writer){.conn = conn, .model = job->select->model, .arena = &r.arena};
  conn->deadline = job->deadline;
  rel_code code = execute(&r);
  conn->deadline = NULL;
  page->last = rel_buf_view(last);
  rel_sqlite_writer_fini(&r.w);
  rel_arena_fini(&r.arena);
  return code;
}
