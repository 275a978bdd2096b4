// A lookup becomes SQL. Names are quoted, values are only ever bound.
//
// Each plan has two statements, because what is fast for one key is not for many: a single key needs no
// virtual table of keys, and a statement for each of many keys would read a table without an index as often.
#include "server/store/sqlite.h"

#include <errno.h>

// --- Pieces of SQL ---

void rel_sqlite_put_name(rel_buf *sql, rel_str name) {
  rel_buf_cstr(sql, "\"");
  for (size_t i = 0; i < name.len; i++) {
    if (name.ptr[i] == '"') rel_buf_cstr(sql, "\"");
    rel_buf_append(sql, &name.ptr[i], 1);
  }
  rel_buf_cstr(sql, "\"");
}

void rel_sqlite_put_column(rel_buf *sql, const rel_field *field) {
  rel_buf_cstr(sql, "t.");
  rel_sqlite_put_name(sql, field->column);
}

static void put_columns(rel_buf *sql, const rel_sqlite_plan *plan) {
  for (size_t i = 0; i < plan->column_count; i++) {
    if (i > 0) rel_buf_cstr(sql, ", ");
    rel_sqlite_put_column(sql, plan->columns[i]);
  }
}

void rel_sqlite_put_table(rel_buf *sql, const rel_model *model) {
  rel_buf_cstr(sql, "main.");
  rel_sqlite_put_name(sql, model->table);
  rel_buf_cstr(sql, " AS t");
}

// " AND t.kind IN (?2, ?3)"
static void put_discriminator(rel_buf *sql, const rel_sqlite_plan *plan, size_t first) {
  if (plan->discriminator.count == 0) return;
  rel_buf_cstr(sql, " AND ");
  rel_sqlite_put_column(sql, plan->model->discriminator);
  for (size_t i = 0; i < plan->discriminator.count; i++)
    rel_buf_printf(sql, "%s?%zu", i == 0 ? " IN (" : ", ", first + i);
  rel_buf_cstr(sql, ")");
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
static void put_order(rel_buf *sql, const char *before, const rel_lookup *lookup,
                      const rel_sqlite_table *table) {
  for (size_t i = 0; i < lookup->order_count; i++) {
    const rel_order_term *term = &lookup->order_by[i];
    rel_buf_cstr(sql, i == 0 ? before : ", ");
    rel_sqlite_put_column(sql, term->field);
    if (term->descending)
      rel_buf_cstr(sql, " DESC");
    else if (can_be_null(lookup, table, term->field))
      rel_buf_cstr(sql, " NULLS LAST");
  }
}

// "t.a = ?1 AND t.b IN (?2, ?3)": a key whose values are parameters.
static size_t put_key_parameters(rel_buf *sql, const rel_sqlite_plan *plan, const rel_lookup *lookup) {
  size_t parameter = 0;
  for (size_t i = 0; i < plan->key_count; i++) {
    if (i > 0) rel_buf_cstr(sql, " AND ");
    rel_sqlite_put_column(sql, lookup->key[i]);
    if (plan->alternatives[i] == 1) {
      rel_buf_printf(sql, " = ?%zu", ++parameter);
      continue;
    }
    for (size_t a = 0; a < plan->alternatives[i]; a++)
      rel_buf_printf(sql, "%s?%zu", a == 0 ? " IN (" : ", ", ++parameter);
    rel_buf_cstr(sql, ")");
  }
  return parameter;
}

// "t.a = k.k0 AND t.b IN (k.k5, k.k6)": a key whose values are columns of the virtual table. The table's
// column stands on the left, so that its collation and affinity decide.
static void put_key_columns(rel_buf *sql, const rel_sqlite_plan *plan, const rel_lookup *lookup) {
  for (size_t i = 0; i < plan->key_count; i++) {
    size_t first = i * REL_SQLITE_ALTERNATIVES;
    if (i > 0) rel_buf_cstr(sql, " AND ");
    rel_sqlite_put_column(sql, lookup->key[i]);
    if (plan->alternatives[i] == 1) {
      rel_buf_printf(sql, " = k.k%zu", first);
      continue;
    }
    for (size_t a = 0; a < plan->alternatives[i]; a++)
      rel_buf_printf(sql, "%sk.k%zu", a == 0 ? " IN (" : ", ", first + a);
    rel_buf_cstr(sql, ")");
  }
}

// --- The statements ---

static void write_one(rel_buf *sql, const rel_sqlite_plan *plan, const rel_lookup *lookup,
                      const rel_sqlite_table *table) {
  rel_buf_cstr(sql, "SELECT ");
  put_columns(sql, plan);
  rel_buf_cstr(sql, " FROM ");
  rel_sqlite_put_table(sql, plan->model);
  rel_buf_cstr(sql, " WHERE ");
  size_t parameters = put_key_parameters(sql, plan, lookup);
  put_discriminator(sql, plan, parameters + 1);
  put_order(sql, " ORDER BY ", lookup, table);
}

static void write_in(rel_buf *sql, const rel_sqlite_plan *plan, const rel_lookup *lookup,
                     const rel_sqlite_table *table) {
  rel_buf_cstr(sql, "SELECT ");
  rel_sqlite_put_column(sql, lookup->key[0]);
  rel_buf_cstr(sql, ", ");
  put_columns(sql, plan);
  rel_buf_cstr(sql, " FROM ");
  rel_sqlite_put_table(sql, plan->model);
  rel_buf_cstr(sql, " WHERE ");
  rel_sqlite_put_column(sql, lookup->key[0]);
  rel_buf_cstr(sql, " IN (SELECT k0 FROM " REL_SQLITE_KEYS "(?1))");
  put_discriminator(sql, plan, 2);
  rel_buf_cstr(sql, " ORDER BY ");
  rel_sqlite_put_column(sql, lookup->key[0]);
  put_order(sql, ", ", lookup, table);
}

// CROSS JOIN is SQLite's way to say: the left table is the outer loop.
static void write_join(rel_buf *sql, const rel_sqlite_plan *plan, const rel_lookup *lookup,
                       const rel_sqlite_table *table) {
  rel_buf_cstr(sql, "SELECT k.i, ");
  put_columns(sql, plan);
  rel_buf_cstr(sql, " FROM " REL_SQLITE_KEYS "(?1) AS k CROSS JOIN ");
  rel_sqlite_put_table(sql, plan->model);
  rel_buf_cstr(sql, " WHERE ");
  put_key_columns(sql, plan, lookup);
  put_discriminator(sql, plan, 2);
  rel_buf_cstr(sql, " ORDER BY k.i");
  put_order(sql, ", ", lookup, table);
}

// --- Decisions ---

size_t rel_sqlite_alternatives(const rel_field *field) {
  switch (rel_field_key_kind(field)) {
  case REL_KEY_UUID:
    return REL_SQLITE_ALTERNATIVES;
  case REL_KEY_BYTES:
    return 2;
  default:
    return 1;
  }
}

// Only a comparison that is exact, of a value that comes back as it is, can be repeated here.
static rel_sqlite_shape shape_of(const rel_lookup *lookup, const rel_sqlite_table *table) {
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

static bool read_integer(rel_str text, int64_t *value) {
  char digits[24], *end;
  if (text.len == 0 || text.len >= sizeof digits || text.ptr[0] == ' ' || text.ptr[0] == '+') return false;
  memcpy(digits, text.ptr, text.len);
  digits[text.len] = '\0';
  errno = 0;
  *value = strtoll(digits, &end, 10);
  return errno == 0 && end == digits + text.len;
}

static void add_value(rel_sqlite_discriminator *d, rel_str text, int64_t integer, bool is_text) {
  d->values[d->count++] = (rel_sqlite_value){.text = text, .integer = integer, .is_text = is_text};
}

// A value of the discriminator as the column may hold it: an enum by number as well as by name.
static bool add_discriminator(rel_sqlite_discriminator *d, const rel_field *field, rel_str value) {
  int64_t integer;
  if (field->type == REL_TYPE_STRING) {
    add_value(d, value, 0, true);
    return true;
  }
  for (size_t i = 0; field->enum_type != NULL && i < field->enum_type->value_count; i++) {
    const struct rel_enum_value *named = &field->enum_type->values[i];
    if (!rel_str_eq(named->name, value)) continue;
    add_value(d, value, 0, true);
    add_value(d, (rel_str){0}, named->number, false);
    return true;
  }
  if (!read_integer(value, &integer)) return false;
  add_value(d, (rel_str){0}, integer, false);
  return true;
}

rel_code rel_sqlite_discriminator_read(const rel_model *model, rel_arena *arena,
                                       rel_sqlite_discriminator *out, rel_error *error) {
  *out = (rel_sqlite_discriminator){0};
  if (model->discriminator == NULL || model->discriminator_value_count == 0) return REL_OK;
  out->values = REL_ARENA_ARRAY(arena, rel_sqlite_value, 2 * model->discriminator_value_count);
  for (size_t i = 0; i < model->discriminator_value_count; i++)
    if (!add_discriminator(out, model->discriminator, model->discriminator_values[i]))
      return rel_fail(error, REL_BAD_SCHEMA,
                      REL_STR_F ": the discriminator's value \"" REL_STR_F "\" is no %s",
                      REL_STR_A(model->name), REL_STR_A(model->discriminator_values[i]),
                      rel_type_name(model->discriminator->type));
  return REL_OK;
}

static void read_output(rel_sqlite_plan *plan, const rel_lookup *lookup) {
  const rel_field *const *fields = lookup->columns;
  size_t count = lookup->column_count;
  if (lookup->output == REL_OUTPUT_RECORD) {
    fields = (const rel_field *const *)lookup->model->fields;
    count = lookup->model->field_count;
  }
  plan->columns = REL_ARENA_ARRAY(&plan->arena, const rel_field *, count);
  for (size_t i = 0; i < count; i++)
    if (fields[i]->has_column) plan->columns[plan->column_count++] = fields[i];
}

static char *write_sql(void (*write)(rel_buf *, const rel_sqlite_plan *, const rel_lookup *,
                                     const rel_sqlite_table *),
                       rel_sqlite_plan *plan, const rel_lookup *lookup, const rel_sqlite_table *table) {
  rel_buf sql = {0};
  write(&sql, plan, lookup, table);
  char *text = (char *)rel_arena_copy(&plan->arena, rel_buf_view(&sql)).ptr;
  rel_buf_fini(&sql);
  return text;
}

// The database reads the statement once, so that what it refuses is known now.
static rel_code try_sql(rel_sqlite_conn *conn, const rel_model *model, const char *sql, rel_error *error) {
  sqlite3_stmt *stmt = NULL;
  int rc = rel_sqlite_prepare(conn, sql, 0, &stmt);
  sqlite3_finalize(stmt);
  if (rc == SQLITE_OK) return REL_OK;
  rel_error why = {0};
  rel_code code = rel_sqlite_fail(conn, rc, &why);
  if ((rc & 0xFF) == SQLITE_ERROR) code = REL_BAD_SCHEMA;
  return rel_fail(error, code, REL_STR_F ": %s", REL_STR_A(model->name), why.message);
}

static rel_code compile(rel_sqlite_conn *conn, const rel_lookup *lookup, rel_sqlite_plan *plan,
                        rel_error *error) {
  rel_sqlite_table *table;
  rel_code code = rel_sqlite_table_read(conn, lookup->model->table, &plan->arena, &table, error);
  if (code != REL_OK) return code;
  if (table == NULL)
    return rel_fail(error, REL_BAD_SCHEMA, REL_STR_F ": the database has no table or view " REL_STR_F,
                    REL_STR_A(lookup->model->name), REL_STR_A(lookup->model->table));
  code = rel_sqlite_discriminator_read(plan->model, &plan->arena, &plan->discriminator, error);
  if (code != REL_OK) return code;
  read_output(plan, lookup);
  for (size_t i = 0; i < lookup->key_count; i++)
    plan->alternatives[i] = rel_sqlite_alternatives(lookup->key[i]);
  plan->shape = shape_of(lookup, table);
  plan->one_sql = write_sql(write_one, plan, lookup, table);
  plan->many_sql = write_sql(plan->shape == REL_SQLITE_IN ? write_in : write_join, plan, lookup, table);
  code = try_sql(conn, plan->model, plan->one_sql, error);
  return code == REL_OK ? try_sql(conn, plan->model, plan->many_sql, error) : code;
}

rel_code rel_sqlite_plan_new(rel_sqlite_conn *conn, const rel_lookup *lookup, rel_sqlite_plan **out,
                             rel_error *error) {
  if (lookup->key_count == 0 || lookup->key_count > REL_KEY_MAX_PARTS)
    return rel_fail(error, REL_BAD_SCHEMA, REL_STR_F ": a key has 1 to %d parts, not %zu",
                    REL_STR_A(lookup->model->name), REL_KEY_MAX_PARTS, lookup->key_count);
  rel_sqlite_plan *plan = REL_NEW(rel_sqlite_plan);
  rel_arena_init(&plan->arena);
  plan->model = lookup->model;
  plan->output = lookup->output;
  plan->key_count = lookup->key_count;
  rel_code code = compile(conn, lookup, plan, error);
  if (code == REL_OK)
    *out = plan;
  else
    rel_sqlite_plan_free(plan);
  return code;
}

void rel_sqlite_plan_free(rel_sqlite_plan *plan) {
  if (plan == NULL) return;
  rel_arena_fini(&plan->arena);
  free(plan);
}
