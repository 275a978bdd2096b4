// A batch of keys as a virtual table, so that one statement takes any number of them: no limit on bound
// values, and one text of SQL whatever the count.
//
//   CREATE TABLE keys(i, k0, …, k31, source HIDDEN)
//
// A row is a key: i is its index in the batch, k(2p + a) the form number a of its part p. The columns have no
// type, so the affinity and collation of what they are compared with decide. source is the argument: a
// pointer that only our own code can bind, so no SQL text reaches the keys. In the place of keys it may be
// numbers of rows, which are k0.
#include "server/store/sqlite_functions.h"
#include "server/store/sqlite_scattered.h"
#include "server/store/sqlite_writer.h"

enum {
  COLUMN_INDEX = 0,
  COLUMN_PARTS = 1,
  COLUMN_SOURCE = COLUMN_PARTS + REL_KEY_MAX_PARTS * REL_SQLITE_ALTERNATIVES,
};

typedef struct cursor {
  sqlite3_vtab_cursor base;
  const rel_sqlite_keys *source;
  size_t index;
  rel_key_part parts[REL_KEY_MAX_PARTS];
  size_t part_count;
} cursor;

// --- The forms of a part ---

void rel_sqlite_form_of(const rel_key_part *part, size_t alternative, rel_sqlite_form *form) {
  form->kind = REL_FORM_NONE;
  switch (part->tag) {
  case REL_PART_INT:
    form->kind = REL_FORM_INT;
    form->integer = part->integer;
    return;
  case REL_PART_UINT: // SQLite's integers have a sign: no row has it
    return;
  case REL_PART_TEXT:
    form->kind = REL_FORM_TEXT;
    form->bytes = part->bytes;
    return;
  case REL_PART_BYTES:
    if (alternative > 0 && !rel_utf8_valid(part->bytes)) return;
    form->kind = alternative == 0 ? REL_FORM_BLOB : REL_FORM_TEXT;
    form->bytes = part->bytes;
    return;
  case REL_PART_UUID:
    form->kind = REL_FORM_BLOB;
    form->bytes = part->bytes;
    return;
  }
}

// --- The cursor ---

static void read_parts(cursor *c) {
  if (c->index >= c->source->count) return;
  if (c->source->numbers != NULL) {
    c->parts[0] = (rel_key_part){.tag = REL_PART_INT, .integer = c->source->numbers[c->index].row};
    c->part_count = 1;
    return;
  }
  rel_str rest = c->source->keys[c->index];
  c->part_count = 0;
  while (c->part_count < REL_KEY_MAX_PARTS && rel_key_next(&rest, &c->parts[c->part_count]))
    c->part_count++;
}

static int keys_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out) {
  (void)table;
  cursor *c = sqlite3_malloc(sizeof *c);
  if (c == NULL) return SQLITE_NOMEM;
  memset(c, 0, sizeof *c);
  *out = &c->base;
  return SQLITE_OK;
}

static int keys_close(sqlite3_vtab_cursor *base) {
  sqlite3_free(base);
  return SQLITE_OK;
}

static int keys_filter(sqlite3_vtab_cursor *base, int plan, const char *name, int count,
                       sqlite3_value **values) {
  static const rel_sqlite_keys none = {0};
  (void)plan;
  (void)name;
  cursor *c = (cursor *)base;
  const rel_sqlite_keys *source = count == 1 ? sqlite3_value_pointer(values[0], REL_SQLITE_KEYS_TYPE) : NULL;
  c->source = source != NULL ? source : &none;
  c->index = 0;
  read_parts(c);
  return SQLITE_OK;
}

static int keys_next(sqlite3_vtab_cursor *base) {
  cursor *c = (cursor *)base;
  c->index++;
  read_parts(c);
  return SQLITE_OK;
}

static int keys_eof(sqlite3_vtab_cursor *base) {
  const cursor *c = (const cursor *)base;
  return c->index >= c->source->count;
}

void rel_sqlite_result_form(sqlite3_context *context, const rel_sqlite_form *form) {
  switch (form->kind) {
  case REL_FORM_NONE:
    sqlite3_result_null(context);
    return;
  case REL_FORM_INT:
    sqlite3_result_int64(context, form->integer);
    return;
  case REL_FORM_TEXT:
    sqlite3_result_text64(context, form->bytes.ptr, form->bytes.len, SQLITE_TRANSIENT, SQLITE_UTF8);
    return;
  case REL_FORM_BLOB:
    sqlite3_result_blob64(context, form->bytes.ptr, form->bytes.len, SQLITE_TRANSIENT);
    return;
  }
}

static int keys_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column) {
  const cursor *c = (const cursor *)base;
  if (column == COLUMN_INDEX) {
    sqlite3_result_int64(context, (sqlite3_int64)c->index);
    return SQLITE_OK;
  }
  size_t part = (size_t)(column - COLUMN_PARTS) / REL_SQLITE_ALTERNATIVES;
  if (column >= COLUMN_SOURCE || part >= c->part_count) return SQLITE_OK; // NULL
  rel_sqlite_form form;
  rel_sqlite_form_of(&c->parts[part], (size_t)(column - COLUMN_PARTS) % REL_SQLITE_ALTERNATIVES, &form);
  rel_sqlite_result_form(context, &form);
  return SQLITE_OK;
}

static int keys_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *rowid) {
  *rowid = (sqlite3_int64)((const cursor *)base)->index;
  return SQLITE_OK;
}

// --- The table ---

static int keys_connect(sqlite3 *db, void *context, int argc, const char *const *argv, sqlite3_vtab **out,
                        char **error) {
  (void)context;
  (void)argc;
  (void)argv;
  (void)error;
  rel_buf sql = {0};
  rel_buf_cstr(&sql, "CREATE TABLE keys(i");
  for (int i = 0; i < REL_KEY_MAX_PARTS * REL_SQLITE_ALTERNATIVES; i++)
    rel_buf_printf(&sql, ", k%d", i);
  rel_buf_cstr(&sql, ", source HIDDEN)");
  int rc = sqlite3_declare_vtab(db, rel_buf_text(&sql));
  rel_buf_fini(&sql);
  if (rc != SQLITE_OK) return rc;
  sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY); // not from within a view or trigger of the file
  *out = sqlite3_malloc(sizeof **out);
  if (*out == NULL) return SQLITE_NOMEM;
  memset(*out, 0, sizeof **out);
  return SQLITE_OK;
}

static int keys_disconnect(sqlite3_vtab *table) {
  sqlite3_free(table);
  return SQLITE_OK;
}

// The one plan: read every key of the source, in the order of the batch.
static int keys_best_index(sqlite3_vtab *table, sqlite3_index_info *info) {
  enum { EXPECTED_KEYS = 100 };
  (void)table;
  for (int i = 0; i < info->nConstraint; i++) {
    if (info->aConstraint[i].iColumn != COLUMN_SOURCE) continue;
    if (info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (!info->aConstraint[i].usable) return SQLITE_CONSTRAINT;
    info->aConstraintUsage[i].argvIndex = 1;
    info->aConstraintUsage[i].omit = 1;
  }
  info->estimatedCost = EXPECTED_KEYS;
  info->estimatedRows = EXPECTED_KEYS;
  return SQLITE_OK;
}

rel_code rel_sqlite_keys_register(rel_sqlite_conn *conn, rel_error *error) {
  static const sqlite3_module module = {
      .xConnect = keys_connect, // no xCreate: it exists in every connection, and nobody can create another
      .xBestIndex = keys_best_index,
      .xDisconnect = keys_disconnect,
      .xOpen = keys_open,
      .xClose = keys_close,
      .xFilter = keys_filter,
      .xNext = keys_next,
      .xEof = keys_eof,
      .xColumn = keys_column,
      .xRowid = keys_rowid,
  };
  int rc = sqlite3_create_module_v2(conn->db, REL_SQLITE_KEYS, &module, NULL, NULL);
  return rc == SQLITE_OK ? REL_OK : rel_sqlite_fail(conn, rc, error);
}
