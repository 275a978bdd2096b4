// Reads the structure of a SQLite database through its pragmas, and its values by reading every row once.
// Called by the command; knows SQLite and db.h, nothing of Protobuf.
//
// The file may be anybody's: it is opened read-only, in SQLite's defensive mode, and its views and triggers
// are not trusted. What cannot be read of one table (a view over a lost table, a virtual table) is said in
// its `unusable` and does not spoil the others.
#include "client/cli/introspect/db.h"

#include <sqlite3.h>

typedef struct reader {
  sqlite3 *db;
  const rel_introspect_options *options;
  rel_arena *arena;
  rel_error *error;
} reader;

static rel_code sqlite_failed(const reader *r, const char *doing) {
  return rel_fail(r->error, REL_UNAVAILABLE, "cannot %s: %s", doing, sqlite3_errmsg(r->db));
}

static rel_str column_text(const reader *r, sqlite3_stmt *statement, int column) {
  const void *text = sqlite3_column_text(statement, column); // before bytes: it may convert
  return rel_arena_copy(r->arena, rel_bytes(text, (size_t)sqlite3_column_bytes(statement, column)));
}

// Prepares `sql` with one text bound to ?1.
static rel_code prepare(const reader *r, const char *sql, rel_str bound, sqlite3_stmt **out) {
  if (sqlite3_prepare_v2(r->db, sql, -1, out, NULL) != SQLITE_OK)
    return sqlite_failed(r, "read the database");
  if (sqlite3_bind_parameter_count(*out) > 0)
    sqlite3_bind_text(*out, 1, bound.ptr, (int)bound.len, SQLITE_TRANSIENT);
  return REL_OK;
}

// A statement about one table failed. What is wrong with that table only (a view over a lost one) makes it
// unusable; what is wrong with the file ends everything.
static rel_code table_failed(const reader *r, rel_db_table *table) {
  if (sqlite3_errcode(r->db) != SQLITE_ERROR) return sqlite_failed(r, "read the database");
  table->unusable = rel_arena_printf(r->arena, "it cannot be read: %s", sqlite3_errmsg(r->db));
  return REL_OK;
}

// Calls `visit` for every row of a pragma about a table (or an index).
static rel_code each_row(const reader *r, const char *sql, rel_str bound,
                         void (*visit)(const reader *r, sqlite3_stmt *row, rel_db_table *table),
                         rel_db_table *table) {
  sqlite3_stmt *statement = NULL;
  rel_code code = prepare(r, sql, bound, &statement);
  int step = SQLITE_DONE;
  while (code == REL_OK && (step = sqlite3_step(statement)) == SQLITE_ROW)
    visit(r, statement, table);
  if (code == REL_OK && step != SQLITE_DONE) code = table_failed(r, table);
  sqlite3_finalize(statement);
  return code;
}

// The arrays below grow one by one in an arena; at these sizes copying is cheaper than counting first would
// be to read.
static void *grown(rel_arena *arena, void *items, size_t count, size_t size) {
  enum { STEP = 16 };
  if (count % STEP != 0) return items;
  char *copy = rel_arena_alloc0(arena, count + STEP, size);
  if (count > 0) memcpy(copy, items, count * size);
  return copy;
}

// --- Columns, unique sets, foreign keys ---

static void visit_column(const reader *r, sqlite3_stmt *row, rel_db_table *table) {
  enum { NAME, TYPE, NOT_NULL, PK, HIDDEN };
  if (sqlite3_column_int(row, HIDDEN) == 1) return; // a virtual table's; generated columns are 2 and 3
  table->columns = grown(r->arena, table->columns, table->column_count, sizeof *table->columns);
  table->columns[table->column_count++] = (rel_db_column){
      .name = column_text(r, row, NAME),
      .declared = column_text(r, row, TYPE),
      .not_null = sqlite3_column_int(row, NOT_NULL) != 0,
      .key_place = (unsigned)sqlite3_column_int(row, PK),
  };
}

static void visit_unique_column(const reader *r, sqlite3_stmt *row, rel_db_table *table) {
  enum { INDEX, NAME };
  static const size_t no_column = SIZE_MAX;
  if (sqlite3_column_int(row, INDEX) == 0) { // the first column of an index
    table->uniques = grown(r->arena, table->uniques, table->unique_count, sizeof *table->uniques);
    table->unique_count++;
  }
  rel_db_columns *set = &table->uniques[table->unique_count - 1];
  const rel_db_column *column = rel_db_find_column(table, column_text(r, row, NAME));
  set->items = grown(r->arena, set->items, set->count, sizeof *set->items);
  set->items[set->count++] = column != NULL ? (size_t)(column - table->columns) : no_column;
}

// An index over an expression says nothing about columns.
static void drop_expressions(rel_db_table *table) {
  size_t kept = 0;
  for (size_t i = 0; i < table->unique_count; i++) {
    bool whole = true;
    for (size_t k = 0; k < table->uniques[i].count; k++)
      whole = whole && table->uniques[i].items[k] != SIZE_MAX;
    if (whole) table->uniques[kept++] = table->uniques[i];
  }
  table->unique_count = kept;
}

static void visit_foreign_key(const reader *r, sqlite3_stmt *row, rel_db_table *table) {
  enum { PART, TARGET, FROM, TO };
  if (sqlite3_column_int(row, PART) == 0) {
    table->foreign_keys =
        grown(r->arena, table->foreign_keys, table->foreign_key_count, sizeof *table->foreign_keys);
    table->foreign_keys[table->foreign_key_count++].target = column_text(r, row, TARGET);
  }
  rel_db_foreign_key *key = &table->foreign_keys[table->foreign_key_count - 1];
  key->columns = grown(r->arena, key->columns, key->count, sizeof *key->columns);
  key->references = grown(r->arena, key->references, key->count, sizeof *key->references);
  key->columns[key->count] = column_text(r, row, FROM);
  key->references[key->count++] = column_text(r, row, TO);
}

static rel_code read_structure(const reader *r, rel_db_table *table) {
  rel_code code =
      each_row(r, "SELECT name, type, \"notnull\", pk, hidden FROM pragma_table_xinfo(?1) ORDER BY cid",
               table->name, visit_column, table);
  if (code == REL_OK && table->kind == REL_DB_TABLE)
    code = each_row(r,
                    "SELECT c.seqno, c.name FROM pragma_index_list(?1) AS l, pragma_index_info(l.name) AS c"
                    " WHERE l.\"unique\" AND NOT l.partial ORDER BY l.name, c.seqno",
                    table->name, visit_unique_column, table);
  drop_expressions(table);
  // SQLite numbers foreign keys from the last to the first; they are wanted in the order in which they were
  // written.
  if (code == REL_OK && table->kind == REL_DB_TABLE)
    code = each_row(r,
                    "SELECT seq, \"table\", \"from\", coalesce(\"to\", '') FROM pragma_foreign_key_list(?1)"
                    " ORDER BY id DESC, seq",
                    table->name, visit_foreign_key, table);
  return code;
}

// --- Row numbers ---

static bool has_key(const rel_db_table *table) {
  for (size_t i = 0; i < table->column_count; i++)
    if (table->columns[i].key_place > 0) return true;
  for (size_t i = 0; i < table->unique_count; i++)
    if (rel_db_never_null(table, &table->uniques[i])) return true;
  return false;
}

// The rowid as a column, under a name that no other column has, where nothing else tells rows apart: join
// tables of Rails have no key at all.
static void add_rowid(const reader *r, rel_db_table *table) {
  static const char *const names[] = {"rowid", "_rowid_", "oid"};
  if (table->kind != REL_DB_TABLE || table->column_count == 0 || has_key(table)) return;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (rel_db_find_column(table, rel_cstr(names[i])) != NULL) continue;
    table->columns = grown(r->arena, table->columns, table->column_count, sizeof *table->columns);
    table->columns[table->column_count++] = (rel_db_column){
        .name = rel_cstr(names[i]), .declared = rel_cstr("INTEGER"), .not_null = true, .row_number = true};
    return;
  }
}

// --- Values ---

static void put_identifier(rel_buf *sql, rel_str name) {
  rel_buf_cstr(sql, "\"");
  for (size_t i = 0; i < name.len; i++)
    rel_buf_printf(sql, name.ptr[i] == '"' ? "\"\"" : "%c", name.ptr[i]);
  rel_buf_cstr(sql, "\"");
}

static sqlite3_stmt *prepare_scan(const reader *r, const rel_db_table *table) {
  rel_buf sql = {0};
  rel_buf_cstr(&sql, "SELECT ");
  for (size_t i = 0; i < table->column_count; i++) {
    if (i > 0) rel_buf_cstr(&sql, ", ");
    put_identifier(&sql, table->columns[i].name);
  }
  rel_buf_cstr(&sql, " FROM main.");
  put_identifier(&sql, table->name);
  if (r->options->max_rows > 0) rel_buf_printf(&sql, " LIMIT %llu", (unsigned long long)r->options->max_rows);
  sqlite3_stmt *statement = NULL;
  sqlite3_prepare_v2(r->db, rel_buf_text(&sql), -1, &statement, NULL);
  rel_buf_fini(&sql);
  return statement;
}

static void count_value(rel_db_values *values, sqlite3_stmt *row, int column) {
  switch (sqlite3_column_type(row, column)) {
  case SQLITE_NULL:
    values->nulls++;
    break;
  case SQLITE_INTEGER:
    rel_db_count_integer(values, sqlite3_column_int64(row, column));
    break;
  case SQLITE_FLOAT:
    rel_db_count_real(values, sqlite3_column_double(row, column));
    break;
  case SQLITE_TEXT: {
    const void *text = sqlite3_column_text(row, column);
    rel_db_count_text(values, rel_bytes(text, (size_t)sqlite3_column_bytes(row, column)));
    break;
  }
  default: {
    const void *blob = sqlite3_column_blob(row, column);
    rel_db_count_blob(values, rel_bytes(blob, (size_t)sqlite3_column_bytes(row, column)));
  }
  }
}

static bool is_unique(const reader *r, const rel_db_table *table, size_t column) {
  rel_buf sql = {0};
  rel_buf_cstr(&sql, "SELECT count(*) = count(DISTINCT ");
  put_identifier(&sql, table->columns[column].name);
  rel_buf_cstr(&sql, ") FROM main.");
  put_identifier(&sql, table->name);
  sqlite3_stmt *statement = NULL;
  sqlite3_prepare_v2(r->db, rel_buf_text(&sql), -1, &statement, NULL);
  bool unique = sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int(statement, 0) == 1;
  sqlite3_finalize(statement);
  rel_buf_fini(&sql);
  return unique;
}

// A view has a key when one of its columns shows a table's whole primary key and no value comes twice.
static void find_view_key(const reader *r, rel_db_table *view, sqlite3_stmt *scan) {
  for (size_t i = 0; i < view->column_count; i++) {
    const char *table = sqlite3_column_table_name(scan, (int)i);
    const char *column = sqlite3_column_origin_name(scan, (int)i);
    int primary = 0;
    if (table == NULL || column == NULL || view->columns[i].values.nulls > 0) continue;
    if (sqlite3_table_column_metadata(r->db, "main", table, column, NULL, NULL, NULL, &primary, NULL) !=
        SQLITE_OK)
      continue;
    sqlite3_stmt *count = NULL;
    bool whole = prepare(r, "SELECT count(*) FROM pragma_table_xinfo(?1) WHERE pk > 0", rel_cstr(table),
                         &count) == REL_OK &&
                 sqlite3_step(count) == SQLITE_ROW && sqlite3_column_int(count, 0) == 1;
    sqlite3_finalize(count);
    if (!primary || !whole || !is_unique(r, view, i)) continue;
    view->key_origin = rel_arena_printf(r->arena, "%s.%s", table, column);
    view->key_column = i;
    return;
  }
}

// --- Pairs ---

// What stands before the ending, without regard to case; empty when the name does not end so.
static rel_str stem_of(rel_str name, const char *ending) {
  size_t len = strlen(ending);
  if (name.len <= len || !rel_db_name_eq(rel_bytes(name.ptr + name.len - len, len), rel_cstr(ending)))
    return (rel_str){NULL, 0};
  return rel_bytes(name.ptr, name.len - len);
}

// Of a key that is one already nothing has to be guessed.
static bool is_key(const rel_db_table *table, rel_str column) {
  if (rel_db_find_column(table, column)->key_place > 0) return true;
  for (size_t i = 0; i < table->foreign_key_count; i++)
    for (size_t k = 0; k < table->foreign_keys[i].count; k++)
      if (rel_db_name_eq(table->foreign_keys[i].columns[k], column)) return true;
  return false;
}

static bool holds_texts_alone(const rel_db_values *values) {
  return values->texts > 0 && values->bad_texts == 0 && values->integers == 0 && values->reals == 0 &&
         values->blobs == 0;
}

enum { MOST_TYPES = 8 };

// Which types there are: of a column of texts, or by their keys in Django's table.
static rel_code read_types(const reader *r, rel_db_table *table, rel_db_pair *pair,
                           const rel_db_foreign_key *django) {
  rel_str column = table->columns[pair->type_column].name;
  rel_buf sql = {0};
  rel_buf_cstr(&sql, "SELECT DISTINCT t.");
  put_identifier(&sql, column);
  rel_buf_cstr(&sql, django != NULL ? ", c.app_label || '_' || c.model FROM main." : " FROM main.");
  put_identifier(&sql, table->name);
  rel_buf_cstr(&sql, " AS t");
  if (django != NULL) {
    rel_buf_cstr(&sql, " JOIN main.");
    put_identifier(&sql, django->target);
    rel_buf_cstr(&sql, " AS c ON c.id = t.");
    put_identifier(&sql, column);
  }
  rel_buf_cstr(&sql, " WHERE t.");
  put_identifier(&sql, column);
  rel_buf_printf(&sql, " IS NOT NULL ORDER BY 1 LIMIT %d", MOST_TYPES + 1);
  sqlite3_stmt *row = NULL;
  rel_code code = prepare(r, rel_buf_text(&sql), rel_cstr(""), &row);
  pair->types = REL_ARENA_ARRAY(r->arena, rel_str, MOST_TYPES);
  if (django != NULL) pair->tables = REL_ARENA_ARRAY(r->arena, rel_str, MOST_TYPES);
  while (code == REL_OK && sqlite3_step(row) == SQLITE_ROW) {
    pair->more = pair->type_count == MOST_TYPES;
    if (pair->more) continue;
    if (django != NULL) pair->tables[pair->type_count] = column_text(r, row, 1);
    pair->types[pair->type_count++] = column_text(r, row, 0);
  }
  sqlite3_finalize(row);
  rel_buf_fini(&sql);
  return code;
}

// The foreign key of the column to Django's table of content types, or NULL.
static const rel_db_foreign_key *django_key(const rel_db *db, const rel_db_table *table, rel_str column) {
  for (size_t i = 0; i < table->foreign_key_count; i++) {
    const rel_db_foreign_key *key = &table->foreign_keys[i];
    const rel_db_table *types = rel_db_find_table(db, key->target);
    if (key->count == 1 && types != NULL && rel_db_name_eq(key->columns[0], column) &&
        rel_db_name_eq(types->name, rel_cstr("django_content_type")) &&
        rel_db_find_column(types, rel_cstr("id")) != NULL &&
        rel_db_find_column(types, rel_cstr("app_label")) != NULL &&
        rel_db_find_column(types, rel_cstr("model")) != NULL)
      return key;
  }
  return NULL;
}

// What the key beside a column of types is called: "item_id" of item_type, and of Django's keys of types
// "object_id" of content_type_id, "target_id" of target_type_id.
static rel_str key_name_of(const reader *r, rel_str type, bool django) {
  rel_str content = stem_of(type, "content_type_id");
  bool whole = django && rel_db_name_eq(type, rel_cstr("content_type_id"));
  if (django && (whole || content.len > 0))
    return rel_arena_printf(r->arena, REL_STR_F "object_id", REL_STR_A(content));
  rel_str stem = stem_of(type, django ? "type_id" : "type");
  return stem.len == 0 ? stem : rel_arena_printf(r->arena, REL_STR_F "id", REL_STR_A(stem));
}

static rel_code find_pairs(const reader *r, const rel_db *db, rel_db_table *table) {
  rel_code code = REL_OK;
  for (size_t i = 0; i < table->column_count && code == REL_OK; i++) {
    const rel_db_column *type = &table->columns[i];
    const rel_db_foreign_key *django = django_key(db, table, type->name);
    bool can = django != NULL || (holds_texts_alone(&type->values) && !is_key(table, type->name));
    rel_str name = can ? key_name_of(r, type->name, django != NULL) : (rel_str){NULL, 0};
    const rel_db_column *key = name.len > 0 ? rel_db_find_column(table, name) : NULL;
    if (key == NULL || is_key(table, key->name)) continue;
    table->pairs = grown(r->arena, table->pairs, table->pair_count, sizeof *table->pairs);
    rel_db_pair *pair = &table->pairs[table->pair_count++];
    *pair = (rel_db_pair){.type_column = i, .key_column = (size_t)(key - table->columns)};
    code = read_types(r, table, pair, django);
  }
  return code;
}

static rel_code read_values(const reader *r, rel_db_table *table) {
  sqlite3_stmt *scan = prepare_scan(r, table);
  int step = SQLITE_ERROR;
  while (scan != NULL && (step = sqlite3_step(scan)) == SQLITE_ROW)
    for (size_t i = 0; i < table->column_count; i++)
      count_value(&table->columns[i].values, scan, (int)i);
  rel_code code = step == SQLITE_DONE ? REL_OK : table_failed(r, table);
  if (step == SQLITE_DONE && table->kind == REL_DB_VIEW) find_view_key(r, table, scan);
  sqlite3_finalize(scan);
  return code;
}

// --- Tables ---

static bool wanted(const reader *r, rel_str name) {
  if (r->options->table_count == 0) return true;
  for (size_t i = 0; i < r->options->table_count; i++)
    if (rel_db_name_eq(rel_cstr(r->options->tables[i]), name)) return true;
  return false;
}

static rel_code read_tables(const reader *r, rel_db *out) {
  sqlite3_stmt *statement = NULL;
  // The catalog's own order is that of creation: a table that is added later comes last.
  rel_code code =
      prepare(r,
              "SELECT s.name, l.type FROM main.sqlite_schema AS s JOIN pragma_table_list AS l"
              " ON l.schema = 'main' AND l.name = s.name WHERE s.type IN ('table', 'view')"
              " AND l.type <> 'shadow' AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY s.rowid",
              rel_cstr(""), &statement);
  int step = SQLITE_DONE;
  while (code == REL_OK && (step = sqlite3_step(statement)) == SQLITE_ROW) {
    rel_str name = column_text(r, statement, 0), type = column_text(r, statement, 1);
    if (!wanted(r, name)) continue;
    out->tables = grown(r->arena, out->tables, out->table_count, sizeof *out->tables);
    rel_db_table *table = &out->tables[out->table_count++];
    *table = (rel_db_table){.name = name, .kind = rel_str_is(type, "view") ? REL_DB_VIEW : REL_DB_TABLE};
    if (rel_str_is(type, "virtual")) table->unusable = rel_cstr("it is a virtual table");
  }
  if (code == REL_OK && step != SQLITE_DONE) code = sqlite_failed(r, "list the tables");
  sqlite3_finalize(statement);
  return code;
}

static rel_code check_wanted(const reader *r, const rel_db *db) {
  for (size_t i = 0; i < r->options->table_count; i++)
    if (rel_db_find_table(db, rel_cstr(r->options->tables[i])) == NULL)
      return rel_fail(r->error, REL_INVALID, "there is no table or view \"%s\"", r->options->tables[i]);
  return REL_OK;
}

static rel_code open_database(const char *path, reader *r) {
  if (sqlite3_open_v2(path, &r->db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
    return rel_fail(r->error, REL_UNAVAILABLE, "cannot open the database %s: %s", path,
                    sqlite3_errmsg(r->db));
  sqlite3_db_config(r->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
  sqlite3_db_config(r->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
  sqlite3_busy_timeout(r->db, 5000);
  // One transaction, so that structure and values are of one moment; also the first thing that really reads
  // the file.
  if (sqlite3_exec(r->db, "BEGIN; SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL) != SQLITE_OK)
    return rel_fail(r->error, REL_UNAVAILABLE, "cannot read the database %s: %s", path,
                    sqlite3_errmsg(r->db));
  return REL_OK;
}

rel_code rel_introspect_sqlite(const char *path, const rel_introspect_options *options, rel_arena *arena,
                               rel_db *out, rel_error *error) {
  reader r = {.options = options, .arena = arena, .error = error};
  *out = (rel_db){0};
  rel_code code = open_database(path, &r);
  if (code != REL_OK) goto out;
  code = read_tables(&r, out);
  if (code == REL_OK) code = check_wanted(&r, out);
  for (size_t i = 0; code == REL_OK && i < out->table_count; i++) {
    rel_db_table *table = &out->tables[i];
    if (table->unusable.len > 0) continue;
    code = read_structure(&r, table);
    if (code == REL_OK && table->unusable.len == 0) add_rowid(&r, table);
    if (code == REL_OK && table->unusable.len == 0) code = read_values(&r, table);
  }
  for (size_t i = 0; code == REL_OK && i < out->table_count; i++) // whose types another table may tell
    if (out->tables[i].unusable.len == 0) code = find_pairs(&r, out, &out->tables[i]);
out:
  sqlite3_close(r.db);
  return code;
}
