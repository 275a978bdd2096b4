// One page of a query: its statement is written, and rows become wire bytes as they are stepped.
#include "server/store/sqlite_plan.h"

typedef struct run {
  rel_sqlite_conn *conn;
  const rel_select *select;
  rel_select_job *job;
  rel_select_page *page;
  rel_sqlite_ends *ends;
  rel_error *error;
  rel_sqlite_writer w;
  rel_arena arena;
  const rel_sort_term *order;
  const rel_model *model;    // of the output: the select's, or its groups'
  const rel_field **columns; // of the output; what only the order has stands behind them
  size_t column_count;
  rel_cell *cells;
  size_t cell_count;
  size_t *order_cells; // of each term of the order
} run;

static void put(run *r, const char *text) {
  rel_buf_cstr(&r->w.sql, text);
}

// --- Where rows come from ---

// Those that the rows of the scope are put into, or cut off in.
static rel_sqlite_orders orders_of(const rel_select *s) {
  rel_sqlite_orders orders = {0};
  if (s->kind == REL_SELECT_ROWS) orders.of[0] = (rel_sqlite_order){s->order, s->order_count};
  if (s->first > 0 && s->first_by != orders.of[0].terms)
    orders.of[1] = (rel_sqlite_order){s->first_by, s->first_by_count};
  return orders;
}

static void put_linked(rel_sqlite_writer *w, const rel_select *s, const rel_sqlite_orders *orders) {
  const rel_sqlite_reach reach = {s->hops, s->hop_count, s->key, s->key_count};
  const rel_sqlite_key key = {.kind = REL_SQLITE_KEY_VALUE, .value = s->scope};
  rel_sqlite_begin_linked(w, &reach, &key, orders);
  rel_sqlite_put_and_condition(w, s->scope_condition);
  rel_sqlite_put_discriminator(w);
  rel_sqlite_end_linked(w);
  rel_buf_cstr(&w->sql, " WHERE 1");
}

// The rows of the model and the scope.
static void put_scope(rel_sqlite_writer *w, const rel_select *s) {
  const rel_sqlite_orders orders = orders_of(s);
  if (rel_sqlite_by_link(&orders)) {
    put_linked(w, s, &orders);
    return;
  }
  rel_sqlite_put_table(&w->sql, w->table, s->model);
  if (s->first == 0) rel_sqlite_put_joins(w);
  rel_buf_cstr(&w->sql, " WHERE ");
  const rel_sqlite_reach reach = {s->hops, s->hop_count, s->key, s->key_count};
  const rel_sqlite_key key = {.kind = REL_SQLITE_KEY_VALUE, .value = s->scope};
  if (s->key_count > 0)
    rel_sqlite_put_reached(w, &reach, &key);
  else
    rel_buf_cstr(&w->sql, "1");
  rel_sqlite_put_and_condition(w, s->scope_condition);
  rel_sqlite_put_discriminator(w);
}

// The first rows of the scope alone, as a table of its own.
static void put_first(rel_sqlite_writer *w, const rel_select *s) {
  const rel_sqlite_orders orders = orders_of(s);
  rel_buf_cstr(&w->sql, "(SELECT ");
  if (rel_sqlite_by_link(&orders))
    rel_buf_cstr(&w->sql, "*");
  else
    rel_sqlite_put_row(w);
  rel_buf_cstr(&w->sql, " FROM ");
  put_scope(w, s);
  rel_sqlite_put_first_by(w, s->first_by, s->first_by_count, s->first);
  rel_buf_cstr(&w->sql, ") AS ");
  rel_sqlite_put_alias(&w->sql, w->table);
  rel_sqlite_put_joins(w);
  rel_buf_cstr(&w->sql, " WHERE 1");
}

void rel_sqlite_put_rows(rel_sqlite_writer *w, const rel_select *s) {
  rel_buf_cstr(&w->sql, " FROM ");
  if (s->first > 0)
    put_first(w, s);
  else
    put_scope(w, s);
  rel_sqlite_put_and_condition(w, s->condition);
}

// --- The statement ---

static void read_output(run *r) {
  const rel_select *s = r->select;
  if (s->kind == REL_SELECT_GROUPS || (s->output == REL_OUTPUT_RECORD && s->column_count == 0))
    r->columns = rel_record_columns(r->model, &r->arena, &r->column_count);
  else
    r->columns = rel_key_columns(s->columns, s->column_count, s->gate, &r->arena, &r->column_count);
}

static void put_separator(run *r) {
  put(r, r->cell_count++ == 0 ? "SELECT " : ", ");
}

static size_t column_of(const run *r, const rel_sort_term *term) {
  bool plain = !term->by_value && term->path_count == 0 && term->link == REL_LINK_NONE;
  size_t column = 0;
  while (column < r->column_count && (!plain || r->columns[column] != term->field))
    column++;
  return column;
}

// The columns of the output, behind them what else the order is by, and whether the verdict holds.
static void put_output(run *r) {
  const rel_select *s = r->select;
  read_output(r);
  r->cells = REL_ARENA_ARRAY(&r->arena, rel_cell, r->column_count + s->order_count + 1);
  r->order_cells = REL_ARENA_ARRAY(&r->arena, size_t, s->order_count);
  for (size_t i = 0; i < r->column_count; i++) {
    put_separator(r);
    rel_sqlite_put_column(&r->w.sql, 0, r->columns[i]);
  }
  for (size_t i = 0; i < s->order_count; i++) {
    size_t column = column_of(r, &r->order[i]);
    r->order_cells[i] = column < r->column_count ? column : r->cell_count;
    if (column < r->column_count) continue;
    put_separator(r);
    rel_sqlite_put_term(&r->w, &r->order[i]);
  }
  if (s->verdict == NULL) return;
  put_separator(r);
  rel_sqlite_put_condition(&r->w, s->verdict);
}

// Only what lies between the cursors, which tell their places in the order that the select has.
static rel_code put_range(run *r) {
  const rel_select *s = r->select;
  size_t count = s->order_count;
  rel_code code = REL_OK;
  if (s->after.len > 0) code = rel_sqlite_put_cursor(&r->w, r->order, count, s->after, s->at_after, r->error);
  if (code == REL_OK && s->before.len > 0)
    code = rel_sqlite_put_cursor(&r->w, rel_sqlite_turned(r->order, count, &r->arena), count, s->before,
                                 false, r->error);
  return code;
}

static rel_code put_page(run *r) {
  const rel_select *s = r->select;
  rel_code code = put_range(r);
  rel_sqlite_put_order(&r->w, " ORDER BY ", r->order, s->order_count, r->order_cells);
  put(r, " LIMIT ");
  rel_sqlite_put_int(&r->w, (int64_t)s->limit + 1); // one more, which tells whether there are more
  if (s->skip > 0) {
    put(r, " OFFSET ");
    rel_sqlite_put_int(&r->w, (int64_t)s->skip);
  }
  return code;
}

static rel_code write_rows(run *r) {
  put_output(r);
  rel_sqlite_put_rows(&r->w, r->select);
  return put_page(r);
}

static rel_code write_groups(run *r) {
  const rel_grouping *grouping = r->select->grouping;
  r->w.model = r->model;
  put_output(r);
  for (size_t i = 0; i < rel_sqlite_check_count(grouping); i++)
    rel_buf_printf(&r->w.sql, ", t.c%zu", i);
  put(r, " FROM ");
  rel_sqlite_put_groups(&r->w, r->select);
  put(r, " WHERE 1");
  rel_sqlite_put_and_condition(&r->w, grouping->having);
  return put_page(r);
}

static rel_code write_statement(run *r) {
  switch (r->select->kind) {
  case REL_SELECT_ROWS:
    return write_rows(r);
  case REL_SELECT_GROUPS:
    return write_groups(r);
  case REL_SELECT_COUNT:
    put(r, "SELECT count(*)");
    rel_sqlite_put_rows(&r->w, r->select);
    return REL_OK;
  case REL_SELECT_EXISTS:
    break;
  }
  put(r, "SELECT 1");
  rel_sqlite_put_rows(&r->w, r->select);
  put(r, " LIMIT 1");
  return REL_OK;
}

// --- Running ---

// The schema was checked: what is not there any more is no mistake of the statement.
static rel_code failed(const run *r, int rc) {
  static const char *const missing[] = {"no such table", "no such column"};
  const char *text = sqlite3_errmsg(r->conn->db);
  for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++)
    if ((rc & 0xFF) == SQLITE_ERROR && strncmp(text, missing[i], strlen(missing[i])) == 0)
      return rel_sqlite_changed(text, r->error);
  return rel_sqlite_fail(r->conn, rc, r->error);
}

static rel_code prepare(run *r, sqlite3_stmt **stmt) {
  int most = sqlite3_limit(r->conn->db, SQLITE_LIMIT_VARIABLE_NUMBER, -1);
  if (r->w.count > (size_t)most)
    return rel_fail(r->error, REL_LIMIT, "the filter has too many values: the database takes %d", most);
  int rc = rel_sqlite_kept_take(r->conn, rel_buf_text(&r->w.sql), stmt);
  if (rc == SQLITE_OK) rc = rel_sqlite_bind_values(*stmt, 0, r->w.bindings, r->w.count);
  return rc == SQLITE_OK ? REL_OK : failed(r, rc);
}

static rel_code encode(const rel_select *s, const rel_row *row, rel_buf *out, rel_error *error) {
  if (s->kind == REL_SELECT_GROUPS) return rel_encode_group(row, s->grouping->key_count, out, error);
  return s->output == REL_OUTPUT_RECORD ? rel_encode_record(row, out, error)
                                        : rel_encode_key(row, out, error);
}

static void write_end(run *r, rel_buf *out) {
  out->len = 0;
  for (size_t i = 0; i < r->select->order_count; i++)
    rel_sqlite_write_cursor(&r->cells[r->order_cells[i]], out);
}

// Hands over the row where the statement stands, unless it is withheld. False: the page ends before it.
static rel_code emit(run *r, sqlite3_stmt *stmt, rel_buf *bytes, bool *taken) {
  const rel_select *s = r->select;
  for (size_t i = 0; i < r->cell_count; i++)
    rel_sqlite_read_cell(stmt, (int)i, &r->cells[i]);
  *taken = r->page->withheld = s->verdict != NULL && !rel_sqlite_holds(&r->cells[r->cell_count - 1]);
  if (*taken) return REL_OK;
  rel_row row = {.model = r->model,
                 .fields = r->columns,
                 .cells = r->cells,
                 .count = r->column_count,
                 .lookup_key = s->scope,
                 .gate = s->gate};
  bytes->len = 0;
  rel_code code = encode(s, &row, bytes, r->error);
  if (code != REL_OK) return code;
  *taken = r->job->row(r->job, rel_buf_view(bytes));
  if (!*taken) return REL_OK;
  write_end(r, &r->ends->last);
  if (r->page->count++ == 0) write_end(r, &r->ends->first);
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
  if (code == REL_OK && rc != SQLITE_ROW && rc != SQLITE_DONE) code = failed(r, rc);
  r->page->sorted = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_SORT, 1) > 0;
  rel_buf_fini(&bytes);
  return code;
}

static rel_code read_number(run *r, sqlite3_stmt *stmt) {
  int rc = rel_sqlite_step(r->conn, stmt);
  if (rc == SQLITE_ROW) r->page->count = (uint64_t)sqlite3_column_int64(stmt, 0);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? REL_OK : failed(r, rc);
}

static rel_code execute(run *r) {
  sqlite3_stmt *stmt = NULL;
  rel_code code = write_statement(r);
  if (code == REL_OK) code = prepare(r, &stmt);
  bool number = r->select->kind == REL_SELECT_COUNT || r->select->kind == REL_SELECT_EXISTS;
  if (code == REL_OK) code = number ? read_number(r, stmt) : read_rows(r, stmt);
  rel_sqlite_kept_give(r->conn, stmt);
  return code;
}

rel_code rel_sqlite_select_run(rel_sqlite_conn *conn, rel_select_job *job, rel_select_page *page,
                               rel_sqlite_ends *ends, rel_error *error) {
  if (job->deadline != NULL && rel_clock_ns() >= rel_deadline_get(job->deadline))
    return rel_fail(error, REL_TIMEOUT, "the deadline passed before the database was asked");
  const rel_select *select = job->select;
  run r = {.conn = conn, .select = select, .job = job, .page = page, .ends = ends, .error = error};
  r.model = select->kind == REL_SELECT_GROUPS ? select->grouping->model : select->model;
  rel_arena_init(&r.arena);
  r.order = select->order;
  if (select->backwards) r.order = rel_sqlite_turned(select->order, select->order_count, &r.arena);
  r.w = (rel_sqlite_writer){.conn = conn, .model = select->model, .arena = &r.arena};
  conn->deadline = job->deadline;
  conn->given_up = false;
  conn->failed.code = REL_OK;
  rel_code code = execute(&r);
  conn->deadline = NULL;
  page->first = rel_buf_view(&ends->first);
  page->last = rel_buf_view(&ends->last);
  rel_sqlite_writer_fini(&r.w);
  rel_arena_fini(&r.arena);
  return code;
}
