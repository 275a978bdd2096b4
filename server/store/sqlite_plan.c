// A lookup becomes SQL. Names are quoted, values are only ever bound.
//
// Each plan has two statements, because what is fast for one key is not for many: a single key needs no
// virtual table of keys, and a statement for each of many keys would read a table without an index as often.
#include "server/store/sqlite.h"

#include <stdio.h>

// What a statement is written from.
typedef struct writing {
  const rel_lookup *lookup;
  const rel_sqlite_table *table;
  rel_sqlite_plan *plan;
  rel_sqlite_writer w;
  rel_error *error;
} writing;

static void put(writing *s, const char *text) {
  rel_buf_cstr(&s->w.sql, text);
}

static void put_column(writing *s, const rel_field *field) {
  rel_sqlite_put_column(&s->w.sql, s->w.table, field);
}

static void put_table(writing *s) {
  rel_sqlite_put_table(&s->w.sql, s->w.table, s->w.model);
}

static void put_columns(writing *s) {
  size_t count = s->plan->column_count + s->plan->cursor_count;
  if (count == 0) put(s, "1");
  for (size_t i = 0; i < count; i++) {
    if (i > 0) put(s, ", ");
    put_column(s, s->plan->columns[i]);
  }
}

static bool is_one_of(const rel_field *const *fields, size_t count, const rel_field *field) {
  for (size_t i = 0; i < count; i++)
    if (fields[i] == field) return true;
  return false;
}

// Whether a row of the answer can have NULL there. SQLite lets primary keys be NULL, but such a row is no
// record.
static bool can_be_null(const rel_lookup *lookup, const rel_sqlite_table *table, const rel_field *field) {
  if (is_one_of(lookup->model->primary_key, lookup->model->primary_key_count, field)) return false;
  if (is_one_of(lookup->key, lookup->key_count, field)) return false;
  const rel_sqlite_column *column = rel_sqlite_table_column(table, field->column);
  return column == NULL || !column->not_null;
}

// NULLs come last in either direction. SQLite has them first when ascending, and saying otherwise costs a
// pass over an index: so only where there can be NULLs. `before` is what stands before the first term.
static void put_order(writing *s, const char *before) {
  for (size_t i = 0; i < s->lookup->order_count; i++) {
    const rel_order_term *term = &s->lookup->order_by[i];
    put(s, i == 0 ? before : ", ");
    put_column(s, term->field);
    if (term->descending) put(s, " DESC");
    if (term->nulls_first == term->descending && can_be_null(s->lookup, s->table, term->field))
      put(s, term->nulls_first ? " NULLS FIRST" : " NULLS LAST");
  }
}

// What must hold besides the key.
static rel_code put_conditions(writing *s) {
  rel_sqlite_put_and_condition(&s->w, s->lookup->condition);
  return rel_sqlite_put_discriminator(&s->w, s->error);
}

// --- The statements ---

static const rel_sqlite_key from_parameters = {.kind = REL_SQLITE_KEY_PARAMETERS},
                            from_columns = {.kind = REL_SQLITE_KEY_COLUMNS},
                            from_way = {.kind = REL_SQLITE_KEY_WAY};

static rel_sqlite_reach reach_of(const writing *s) {
  return (rel_sqlite_reach){s->lookup->hops, s->lookup->hop_count, s->lookup->key, s->lookup->key_count};
}

static void put_key(writing *s, const rel_sqlite_key *key) {
  rel_sqlite_put_key(&s->w, s->lookup->key, s->lookup->key_count, key);
}

static void put_limit(writing *s) {
  if (s->plan->limit == 0) return;
  put(s, " LIMIT ");
  rel_sqlite_put_int(&s->w, (int64_t)s->plan->limit);
}

static rel_code write_one(writing *s) {
  put(s, "SELECT ");
  put_columns(s);
  put(s, " FROM ");
  put_table(s);
  put(s, " WHERE ");
  const rel_sqlite_reach reach = reach_of(s);
  rel_code code = rel_sqlite_put_reached(&s->w, &reach, &from_parameters, s->error);
  if (code == REL_OK) code = put_conditions(s);
  put_order(s, " ORDER BY ");
  put_limit(s);
  return code;
}

static rel_code write_in(writing *s) {
  const rel_field *key = s->lookup->key[0];
  put(s, "SELECT ");
  put_column(s, key);
  put(s, ", ");
  put_columns(s);
  put(s, " FROM ");
  put_table(s);
  put(s, " WHERE ");
  put_column(s, key);
  put(s, " IN (SELECT k0 FROM " REL_SQLITE_KEYS "(?1))");
  rel_code code = put_conditions(s);
  put(s, " ORDER BY ");
  put_column(s, key);
  put_order(s, ", ");
  return code;
}

// CROSS JOIN is SQLite's way to say: the left table is the outer loop.
static void begin_join(writing *s) {
  put(s, "SELECT k.i, ");
  put_columns(s);
  put(s, " FROM " REL_SQLITE_KEYS "(?1) AS k CROSS JOIN ");
  put_table(s);
  put(s, " WHERE ");
}

static void end_join(writing *s) {
  put(s, " ORDER BY k.i");
  put_order(s, ", ");
}

static rel_code write_join(writing *s) {
  begin_join(s);
  put_key(s, &from_columns);
  rel_code code = put_conditions(s);
  end_join(s);
  return code;
}

static rel_code write_ways(writing *s) {
  const rel_sqlite_reach reach = reach_of(s);
  put(s, "SELECT l.i, ");
  put_columns(s);
  put(s, " FROM ");
  rel_code code = rel_sqlite_put_ways(&s->w, &reach, s->error);
  put(s, " CROSS JOIN ");
  put_table(s);
  put(s, " WHERE ");
  put_key(s, &from_way);
  if (code == REL_OK) code = put_conditions(s);
  put(s, " ORDER BY l.i");
  put_order(s, ", ");
  return code;
}

// For each key the rows that come first are found by themselves, so that an index in the order is read no
// further than the limit, and nothing else is sorted than what is few.
static rel_code write_first(writing *s) {
  const char *rowid = s->table->rowid;
  begin_join(s);
  rel_buf_printf(&s->w.sql, "t.%s IN (SELECT t1.%s FROM ", rowid, rowid);
  s->w.table = 1;
  put_table(s);
  put(s, " WHERE ");
  put_key(s, &from_columns);
  rel_code code = put_conditions(s);
  put_order(s, " ORDER BY ");
  put_limit(s);
  put(s, ")");
  s->w.table = 0;
  end_join(s);
  return code;
}

// --- Decisions ---

static bool is_key_column(const rel_lookup *lookup, const rel_sqlite_table *table,
                          const rel_sqlite_column *column) {
  for (size_t i = 0; i < lookup->key_count; i++)
    if (rel_sqlite_table_column(table, lookup->key[i]->column) == column) return true;
  return false;
}

// True when a key has one row at most, unless the index compares in another way than its column.
static bool is_unique(const rel_lookup *lookup, const rel_sqlite_table *table) {
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

// Only a comparison that is exact, of a value that comes back as it is, can be repeated here.
static rel_sqlite_shape shape_of(const rel_sqlite_plan *plan, const rel_lookup *lookup,
                                 const rel_sqlite_table *table) {
  if (lookup->hop_count > 0) return REL_SQLITE_WAYS;
  if (plan->limit > 0 && table->rowid != NULL && !is_unique(lookup, table)) return REL_SQLITE_FIRST;
  if (lookup->key_count != 1 || !table->is_table) return REL_SQLITE_JOIN;
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

static void read_output(rel_sqlite_plan *plan, const rel_lookup *lookup) {
  const rel_field **fields = NULL;
  plan->gate = lookup->gate;
  if (lookup->output == REL_OUTPUT_RECORD)
    fields = rel_record_columns(plan->model, &plan->arena, &plan->column_count);
  else if (lookup->output == REL_OUTPUT_KEY)
    fields = rel_key_columns(lookup->columns, lookup->column_count, lookup->gate, &plan->arena,
                             &plan->column_count);
  else if (lookup->hop_count > 0) // rows that are counted are told apart where they may come several times
    fields = rel_key_columns(plan->model->primary_key, plan->model->primary_key_count, NULL, &plan->arena,
                             &plan->column_count);
  plan->columns = REL_ARENA_ARRAY(&plan->arena, const rel_field *, plan->column_count + lookup->order_count);
  if (fields != NULL) memcpy(plan->columns, fields, plan->column_count * sizeof *fields);
  for (size_t i = 0; i < lookup->order_count && lookup->cursors; i++)
    plan->columns[plan->column_count + plan->cursor_count++] = lookup->order_by[i].field;
}

// Writes a statement whose keys take the first `reserved` parameters.
static rel_code write_text(writing *s, rel_code (*write)(writing *), size_t reserved, rel_sqlite_text *out) {
  rel_arena *arena = &s->plan->arena;
  s->w.reserved = reserved;
  rel_code code = write(s);
  if (code == REL_OK) code = rel_sqlite_writer_code(&s->w, s->error);
  rel_sqlite_binding *values = REL_ARENA_ARRAY(arena, rel_sqlite_binding, s->w.count);
  if (s->w.count > 0) memcpy(values, s->w.bindings, s->w.count * sizeof *values);
  *out = (rel_sqlite_text){.sql = rel_arena_copy(arena, rel_buf_view(&s->w.sql)).ptr,
                           .reserved = reserved,
                           .values = values,
                           .value_count = s->w.count};
  s->w.sql.len = 0;
  s->w.count = 0;
  s->w.tables = 0;
  return code;
}

static rel_code write_texts(writing *s) {
  static rel_code (*const many[])(writing *) = {[REL_SQLITE_IN] = write_in,
                                                [REL_SQLITE_JOIN] = write_join,
                                                [REL_SQLITE_WAYS] = write_ways,
                                                [REL_SQLITE_FIRST] = write_first};
  rel_sqlite_plan *plan = s->plan;
  size_t parameters = 0;
  for (size_t i = 0; i < plan->key_count; i++)
    parameters += plan->alternatives[i];
  rel_code code = write_text(s, write_one, parameters, &plan->one);
  if (code == REL_OK) code = write_text(s, many[plan->shape], 1, &plan->many);
  return code;
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

static rel_code compile(rel_sqlite_conn *conn, const rel_lookup *lookup, rel_sqlite_plan *plan,
                        rel_error *error) {
  rel_sqlite_table *table;
  rel_code code = rel_sqlite_table_read(conn, lookup->model->table, &plan->arena, &table, error);
  if (code != REL_OK) return code;
  if (table == NULL)
    return rel_fail(error, REL_BAD_SCHEMA, REL_STR_F ": the database has no table or view " REL_STR_F,
                    REL_STR_A(lookup->model->name), REL_STR_A(lookup->model->table));
  plan->column_count = plan->cursor_count = 0; // of an attempt that failed
  read_output(plan, lookup);
  const rel_field *const *key = rel_lookup_key(lookup, &plan->key_count);
  for (size_t i = 0; i < plan->key_count; i++)
    plan->alternatives[i] = rel_sqlite_alternatives(key[i]);
  plan->limit = lookup->limit;
  plan->repeats = lookup->hop_count > 0;
  plan->shape = shape_of(plan, lookup, table);
  writing s = {.lookup = lookup, .table = table, .plan = plan, .error = error};
  s.w = (rel_sqlite_writer){.conn = conn, .model = plan->model, .arena = &plan->arena};
  code = write_texts(&s);
  rel_sqlite_writer_fini(&s.w);
  if (code == REL_OK && !lookup->late) code = try_text(conn, plan, &plan->one, error);
  if (code == REL_OK && !lookup->late) code = try_text(conn, plan, &plan->many, error);
  return code;
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
  rel_code code = plan->compiled ? REL_OK : compile(conn, &plan->lookup, plan, error);
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
