// A lookup becomes a plan: what its rows consist of, how its keys are asked for, and the statements that
// sqlite_lookup.c writes; their life.
#include "server/store/sqlite_plan.h"

// --- Decisions ---

static bool is_key_column(const rel_lookup *lookup, const rel_sqlite_table *table,
                          const rel_sqlite_column *column) {
  for (size_t i = 0; i < lookup->key_count; i++)
    if (rel_sqlite_table_column(table, lookup->key[i]->column) == column) return true;
  return false;
}

// True when a key has one row at most, unless the index compares in another way than its column.
static bool is_unique(const rel_lookup *lookup, const rel_sqlite_table *table) {
  if (lookup->hop_count > 0) return false;
  for (size_t i = 0; i < table->index_count; i++) {
    const rel_sqlite_index *index = &table->indexes[i];
    size_t covered = 0;
    while (index->unique && covered < index->column_count && index->columns[covered] != NULL &&
           is_key_column(lookup, table, index->columns[covered]))
      covered++;
    if (index->unique && covered == index->column_count) return true;
  }
  return false;
}

// How many rows of a key come. Where it has one at most, its own limit says nothing.
static void read_limits(rel_sqlite_plan *plan, const rel_sqlite_table *table) {
  const rel_lookup *lookup = &plan->lookup;
  const rel_choice *choice = &lookup->choice;
  bool chosen = rel_choice_is_made(choice);
  plan->staged = chosen && lookup->limit > 0 && !is_unique(lookup, table);
  plan->limit = chosen ? choice->limit : lookup->limit;
  plan->repeats = lookup->hop_count > 0;
}

// What rows are put in order by; and, before somebody chooses among them, cut off by.
static void read_orders(rel_sqlite_plan *plan) {
  const rel_lookup *lookup = &plan->lookup;
  rel_sqlite_order *asked = &plan->orders.of[0], *own = &plan->orders.of[1];
  asked->terms = rel_lookup_order(lookup, &asked->count);
  if (plan->staged && lookup->choice.order_count > 0)
    *own = (rel_sqlite_order){lookup->order_by, lookup->order_count};
  plan->linked = rel_sqlite_by_link(&plan->orders);
}

// Only a comparison that is exact, of a value that comes back as it is, can be repeated here.
static rel_sqlite_shape shape_of(const rel_sqlite_plan *plan, const rel_sqlite_table *table) {
  const rel_lookup *lookup = &plan->lookup;
  bool in_table = lookup->hop_count == 0 && plan->rowid != NULL;
  if (plan->staged) return in_table ? REL_SQLITE_FIRST : REL_SQLITE_RANKED;
  if (plan->linked) return REL_SQLITE_LINKED;
  if (lookup->hop_count > 0) return REL_SQLITE_WAYS;
  if (plan->limit > 0 && in_table && !is_unique(lookup, table)) return REL_SQLITE_FIRST;
  if (lookup->key_count != 1 || !table->is_table || lookup->choice.seek_count > 0) return REL_SQLITE_JOIN;
  const rel_sqlite_column *column = rel_sqlite_table_column(table, lookup->key[0]->column);
  if (column == NULL) return REL_SQLITE_JOIN;
  rel_sqlite_affinity affinity = column->affinity;
  switch (rel_field_key_kind(lookup->key[0])) {
  case REL_KEY_INT:
    return affinity == REL_AFFINITY_TEXT || affinity == REL_AFFINITY_REAL ? REL_SQLITE_JOIN : REL_SQLITE_IN;
  case REL_KEY_TEXT:
    return column->binary && (affinity == REL_AFFINITY_TEXT || affinity == REL_AFFINITY_NONE)
               ? REL_SQLITE_IN
               : REL_SQLITE_JOIN;
  default:
    return REL_SQLITE_JOIN;
  }
}

// Rows that are counted are told apart where they may come several times.
static void read_output(rel_sqlite_plan *plan) {
  const rel_lookup *lookup = &plan->lookup;
  rel_arena *arena = &plan->arena;
  plan->column_count = 0; // of an attempt that failed
  if (lookup->output == REL_OUTPUT_RECORD && lookup->column_count == 0)
    plan->columns = rel_record_columns(plan->model, arena, &plan->column_count);
  else if (lookup->output != REL_OUTPUT_COUNT)
    plan->columns =
        rel_key_columns(lookup->columns, lookup->column_count, lookup->gate, arena, &plan->column_count);
  else if (plan->repeats)
    plan->columns = rel_key_columns(plan->model->primary_key, plan->model->primary_key_count, NULL, arena,
                                    &plan->column_count);
  plan->gate = lookup->gate;
  plan->cursor_count = 0;
  if (lookup->cursors) rel_lookup_order(lookup, &plan->cursor_count);
}

// Each column of a row costs: a key that the row has is not asked for once more.
static void place_key(rel_sqlite_plan *plan) {
  plan->many_key = 0;
  plan->many_lead = 1;
  for (size_t i = 0; i < plan->column_count && plan->shape == REL_SQLITE_IN; i++) {
    if (plan->columns[i] != plan->lookup.key[0]) continue;
    plan->many_key = i;
    plan->many_lead = 0;
    return;
  }
}

// The database reads the statement once, so that what it refuses is known now. Of a late plan it is run next.
static rel_code try_text(rel_sqlite_conn *conn, const rel_sqlite_plan *plan, const rel_sqlite_text *text,
                         rel_error *error) {
  sqlite3_stmt *stmt = NULL;
  int rc = rel_sqlite_prepare(conn, text->sql, 0, &stmt);
  sqlite3_finalize(stmt);
  if (rc == SQLITE_OK) return REL_OK;
  rel_error why = {0};
  rel_code code = rel_sqlite_fail(conn, rc, &why);
  if ((rc & 0xFF) == SQLITE_ERROR) code = REL_BAD_SCHEMA;
  return rel_fail(error, code, REL_STR_F ": %s", REL_STR_A(plan->model->name), why.message);
}

// Whether the database finds everything that the statement says in an index, in its order: it says so itself
// (https://sqlite.org/eqp.html). What it says of other statements, or in other words, is no.
static bool is_covered(rel_sqlite_conn *conn, const rel_sqlite_text *text) {
  rel_buf sql = {0};
  sqlite3_stmt *stmt = NULL;
  bool covered = false, sorted = false;
  rel_buf_printf(&sql, "EXPLAIN QUERY PLAN %s", text->sql);
  int rc = rel_sqlite_prepare(conn, rel_buf_text(&sql), 0, &stmt);
  while (rc == SQLITE_OK && rel_sqlite_step(conn, stmt) == SQLITE_ROW) {
    enum { DETAIL = 3 };
    const char *detail = (const char *)sqlite3_column_text(stmt, DETAIL);
    if (detail == NULL) continue;
    covered |= strncmp(detail, "SEARCH t ", 9) == 0 && strstr(detail, " USING COVERING INDEX ") != NULL;
    sorted |= strncmp(detail, "USE TEMP B-TREE", 15) == 0;
  }
  sqlite3_finalize(stmt);
  rel_buf_fini(&sql);
  return covered && !sorted;
}

// Rows that an index names are anywhere in their table, so that reading them one after the other takes a page
// of the file for each. Where the index alone tells which rows there are and in which order, they are found
// first, and then read in the order in which they lie. A late plan runs once, which does not pay for asking.
static rel_code write_scattered(rel_sqlite_conn *conn, rel_sqlite_plan *plan, rel_error *error) {
  const rel_lookup *lookup = &plan->lookup;
  plan->find.sql = plan->read.sql = NULL;
  if (plan->shape != REL_SQLITE_IN || plan->rowid == NULL || plan->output != REL_OUTPUT_RECORD ||
      plan->limit > 0 || lookup->verdict != NULL || lookup->cursors || lookup->late)
    return REL_OK;
  rel_code code = rel_sqlite_write_scattered(conn, plan, error);
  if (code != REL_OK) return code;
  if (!is_covered(conn, &plan->find) || is_covered(conn, &plan->many)) {
    plan->find.sql = plan->read.sql = NULL;
    return REL_OK;
  }
  return try_text(conn, plan, &plan->read, error);
}

static rel_code compile(rel_sqlite_conn *conn, rel_sqlite_plan *plan, rel_error *error) {
  const rel_lookup *lookup = &plan->lookup;
  rel_sqlite_table *table;
  rel_code code = rel_sqlite_table_read(conn, lookup->model->table, &plan->arena, &table, error);
  if (code != REL_OK) return code;
  if (table == NULL)
    return rel_fail(error, REL_BAD_SCHEMA, REL_STR_F ": the database has no table or view " REL_STR_F,
                    REL_STR_A(lookup->model->name), REL_STR_A(lookup->model->table));
  const rel_field *const *key = rel_lookup_key(lookup, &plan->key_count);
  for (size_t i = 0; i < plan->key_count; i++)
    plan->alternatives[i] = rel_sqlite_alternatives(key[i]);
  read_limits(plan, table);
  read_orders(plan);
  read_output(plan);
  plan->rowid = table->rowid;
  plan->shape = shape_of(plan, table);
  place_key(plan);
  code = rel_sqlite_write_lookup(conn, plan, error);
  if (code != REL_OK) return code;
  if (!lookup->late && plan->one.sql != NULL) code = try_text(conn, plan, &plan->one, error);
  if (code == REL_OK && !lookup->late) code = try_text(conn, plan, &plan->many, error);
  return code == REL_OK ? write_scattered(conn, plan, error) : code;
}

rel_code rel_sqlite_plan_new(rel_sqlite_conn *conn, const rel_lookup *lookup, rel_sqlite_plan **out,
                             rel_error *error) {
  size_t key_count;
  rel_lookup_key(lookup, &key_count);
  if (key_count == 0 || key_count > REL_KEY_MAX_PARTS)
    return rel_fail(error, REL_BAD_SCHEMA, REL_STR_F ": a key has 1 to %d parts, not %zu",
                    REL_STR_A(lookup->model->name), REL_KEY_MAX_PARTS, key_count);
  rel_sqlite_plan *plan = REL_NEW(rel_sqlite_plan);
  rel_arena_init(&plan->arena);
  plan->model = lookup->model;
  plan->output = lookup->output;
  plan->lookup = *lookup;
  pthread_mutex_init(&plan->lock, NULL);
  rel_code code = lookup->late ? REL_OK : rel_sqlite_plan_ready(conn, plan, error);
  if (code == REL_OK)
    *out = plan;
  else
    rel_sqlite_plan_free(plan);
  return code;
}

rel_code rel_sqlite_plan_ready(rel_sqlite_conn *conn, rel_sqlite_plan *plan, rel_error *error) {
  pthread_mutex_lock(&plan->lock);
  rel_code code = plan->compiled ? REL_OK : compile(conn, plan, error);
  if (code == REL_OK) plan->compiled = true;
  pthread_mutex_unlock(&plan->lock);
  return code;
}

void rel_sqlite_plan_free(rel_sqlite_plan *plan) {
  if (plan == NULL) return;
  pthread_mutex_destroy(&plan->lock);
  rel_arena_fini(&plan->arena);
  free(plan);
}
