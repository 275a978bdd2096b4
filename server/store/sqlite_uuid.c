// UUIDs, which are one identity in every spelling: as 16 bytes, or as text with hyphens or without, in braces
// or not, each letter in either case.
//
// An index has the spellings of one UUID in many places, and there are too many to look them all up. So it is
// walked: from the least spelling that there can be to the first row at or behind it, from there to the least
// spelling behind that row, and so on. A spelling that no row shares the beginning of is passed over with all
// that follow from it, so a key costs a few searches, and what is found is every row in every spelling, by
// the index alone. Without an index that begins with the column each row's value is read.
#include "server/store/sqlite_functions.h"
#include "server/store/sqlite_writer.h"

// (uuid, value): where the next text of it is looked for, behind the value; NULL when there is none.
#define UUID_NEXT "sqlite_relations_uuid_next"
// (uuid, shape): its text in lower case.
#define UUID_TEXT "sqlite_relations_uuid_text"

enum { UUID_BYTES = 16, SPELLING_MAX = REL_UUID_TEXT + 2, SHAPES = 4 };

typedef struct spelling {
  char text[SPELLING_MAX];
  size_t len;
} spelling;

// --- Spellings ---

// Bit 0 of a shape: without hyphens; bit 1: in braces.
static spelling spell(const uint8_t uuid[UUID_BYTES], unsigned shape) {
  char text[REL_UUID_TEXT + 1];
  spelling s = {.len = 0};
  rel_uuid_format(uuid, text);
  if ((shape & 2) != 0) s.text[s.len++] = '{';
  for (size_t i = 0; i < REL_UUID_TEXT; i++)
    if (text[i] != '-' || (shape & 1) == 0) s.text[s.len++] = text[i];
  if ((shape & 2) != 0) s.text[s.len++] = '}';
  return s;
}

static char upper_of(char c) {
  return c >= 'a' && c <= 'f' ? (char)(c - 'a' + 'A') : c;
}

static void raise_from(spelling *s, size_t from) {
  for (size_t i = from; i < s->len; i++)
    s->text[i] = upper_of(s->text[i]);
}

// Makes the spelling, which is in lower case, the least one that comes behind the text, upper case being less
// than lower. False when there is none.
static bool spell_behind(spelling *s, rel_str text) {
  size_t at = 0, turn = SPELLING_MAX; // the last place where lower case comes behind what the text has
  for (; at < s->len && at < text.len; at++) {
    char lower = s->text[at], upper = upper_of(lower), c = text.ptr[at];
    if (c != lower && c != upper) break;
    if (c != lower) turn = at;
  }
  bool ended = at == text.len && at < s->len; // every spelling that begins so comes behind
  unsigned char c = at < text.len ? (unsigned char)text.ptr[at] : 0;
  if (!ended && (at == s->len || c > (unsigned char)s->text[at])) { // none that begins so does
    if (turn == SPELLING_MAX) return false;
    memcpy(s->text, text.ptr, turn);
    raise_from(s, turn + 1);
    return true;
  }
  char lower = at < s->len ? s->text[at] : '\0';
  memcpy(s->text, text.ptr, at);
  raise_from(s, at);
  if (!ended && c > (unsigned char)upper_of(lower)) s->text[at] = lower;
  return true;
}

static bool is_less(const spelling *a, const spelling *b) {
  return rel_str_cmp(rel_bytes(a->text, a->len), rel_bytes(b->text, b->len)) < 0;
}

static void result_spelling(sqlite3_context *context, const spelling *s) {
  sqlite3_result_text(context, s->text, (int)s->len, SQLITE_TRANSIENT);
}

// Whether a column of a numeric type would make a number of it, as "declared UUID" is to SQLite.
static bool looks_numeric(const spelling *s) {
  size_t exponents = 0;
  for (size_t i = 0; i < s->len; i++) {
    char c = s->text[i];
    if (c == 'e' || c == 'E')
      exponents++;
    else if (c < '0' || c > '9')
      return false;
  }
  return exponents <= 1;
}

// A text that such a column compares as a text, at or before the spelling and behind the value: the walk must
// go on, whatever the column makes of digits.
static void result_before(sqlite3_context *context, spelling *s, rel_str value) {
  rel_buf text = {0};
  if (s->len == 0) return;   // which none is
  s->text[s->len - 1] = '/'; // less than any digit
  bool behind = rel_str_cmp(rel_bytes(s->text, s->len), value) > 0;
  rel_buf_str(&text, behind ? rel_bytes(s->text, s->len) : value);
  if (!behind) rel_buf_append(&text, "\x01", 1);
  sqlite3_result_text64(context, (const char *)text.data, text.len, SQLITE_TRANSIENT, SQLITE_UTF8);
  rel_buf_fini(&text);
}

// --- Functions ---

static const uint8_t *uuid_argument(sqlite3_value *value) {
  const uint8_t *bytes = sqlite3_value_blob(value);
  return sqlite3_value_bytes(value) == UUID_BYTES ? bytes : NULL;
}

static void of_function(sqlite3_context *context, int count, sqlite3_value **values) {
  uint8_t uuid[UUID_BYTES];
  (void)count;
  if (sqlite3_value_type(values[0]) == SQLITE_TEXT) {
    if (!rel_uuid_parse(rel_sqlite_value_text(values[0]), uuid)) return;
    sqlite3_result_blob(context, uuid, sizeof uuid, SQLITE_TRANSIENT);
  } else if (sqlite3_value_type(values[0]) == SQLITE_BLOB && uuid_argument(values[0]) != NULL) {
    sqlite3_result_value(context, values[0]);
  }
}

static void next_function(sqlite3_context *context, int count, sqlite3_value **values) {
  const uint8_t *uuid = uuid_argument(values[0]);
  (void)count;
  int type = sqlite3_value_type(values[1]);
  if (uuid == NULL || type == SQLITE_BLOB) return; // behind every text
  rel_str value = type == SQLITE_TEXT ? rel_sqlite_value_text(values[1]) : rel_bytes("", 0);
  spelling least;
  bool found = false;
  for (unsigned shape = 0; shape < SHAPES; shape++) {
    spelling s = spell(uuid, shape);
    if (!spell_behind(&s, value) || (found && !is_less(&s, &least))) continue;
    least = s;
    found = true;
  }
  if (found && looks_numeric(&least))
    result_before(context, &least, value);
  else if (found)
    result_spelling(context, &least);
}

static void text_function(sqlite3_context *context, int count, sqlite3_value **values) {
  const uint8_t *uuid = uuid_argument(values[0]);
  (void)count;
  if (uuid == NULL) return;
  spelling s = spell(uuid, (unsigned)sqlite3_value_int(values[1]) % SHAPES);
  result_spelling(context, &s);
}

rel_code rel_sqlite_uuids_register(rel_sqlite_conn *conn, rel_error *error) {
  static const struct {
    const char *name;
    int arguments;
    void (*function)(sqlite3_context *, int, sqlite3_value **);
  } functions[] = {
      {REL_SQLITE_UUID, 1, of_function}, {UUID_NEXT, 2, next_function}, {UUID_TEXT, 2, text_function}};
  const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
  int rc = SQLITE_OK;
  for (size_t i = 0; i < sizeof functions / sizeof functions[0] && rc == SQLITE_OK; i++)
    rc = sqlite3_create_function_v2(conn->db, functions[i].name, functions[i].arguments, flags, NULL,
                                    functions[i].function, NULL, NULL, NULL);
  return rc == SQLITE_OK ? REL_OK : rel_sqlite_fail(conn, rc, error);
}

// --- How a column is compared ---

// Whether an index of every row begins with the column, and compares as the column does.
static bool begins_index(const rel_sqlite_conn *conn, const char *table, const char *column) {
  static const char sql[] =
      "SELECT 1 FROM pragma_index_list(?1, 'main') AS l CROSS JOIN pragma_index_xinfo(l.name, 'main') AS i "
      "WHERE NOT l.partial AND i.seqno = 0 AND i.name = ?2 COLLATE NOCASE AND i.coll = 'BINARY' LIMIT 1";
  sqlite3_stmt *stmt = NULL;
  bool found = rel_sqlite_prepare(conn, sql, 0, &stmt) == SQLITE_OK &&
               sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC) == SQLITE_OK &&
               sqlite3_bind_text(stmt, 2, column, -1, SQLITE_STATIC) == SQLITE_OK &&
               rel_sqlite_step(conn, stmt) == SQLITE_ROW;
  sqlite3_finalize(stmt);
  return found;
}

rel_sqlite_uuid_way rel_sqlite_uuid_how(const rel_sqlite_conn *conn, const rel_model *model,
                                        const rel_field *field) {
  const char *collation = NULL;
  char *table = rel_strdup(model->table), *column = rel_strdup(field->column);
  // Fails for a view, of whose columns nothing is known.
  int rc = sqlite3_table_column_metadata(conn->db, "main", table, column, NULL, &collation, NULL, NULL, NULL);
  rel_sqlite_uuid_way way = REL_UUID_EACH;
  if (rc == SQLITE_OK && conn->utf8 && collation != NULL) {
    if (sqlite3_stricmp(collation, "NOCASE") == 0)
      way = REL_UUID_NOCASE;
    else if (sqlite3_stricmp(collation, "BINARY") == 0 && begins_index(conn, table, column))
      way = REL_UUID_WALK;
  }
  free(table);
  free(column);
  return way;
}

// --- SQL ---

// The first row at or behind the next spelling.
static void put_step(rel_sqlite_writer *w, const rel_field *field, const char *key, const char *value) {
  rel_buf_cstr(&w->sql, "(SELECT min(x.");
  rel_sqlite_put_name(&w->sql, field->column);
  rel_buf_cstr(&w->sql, ") FROM main.");
  rel_sqlite_put_name(&w->sql, w->model->table);
  rel_buf_cstr(&w->sql, " AS x WHERE x.");
  rel_sqlite_put_name(&w->sql, field->column);
  rel_buf_printf(&w->sql, " >= " UUID_NEXT "(%s, %s))", key, value);
}

static void put_walk(rel_sqlite_writer *w, const rel_field *field, const char *keys) {
  rel_sqlite_put_column(&w->sql, w->table, field);
  rel_buf_printf(&w->sql, " IN (WITH RECURSIVE q(u) AS (%s), f(u, v) AS (SELECT q.u, ", keys);
  put_step(w, field, "q.u", "NULL");
  rel_buf_cstr(&w->sql, " FROM q UNION ALL SELECT f.u, ");
  put_step(w, field, "f.u", "f.v");
  rel_buf_cstr(&w->sql,
               " FROM f WHERE f.v IS NOT NULL) SELECT f.v FROM f WHERE " REL_SQLITE_UUID "(f.v) = f.u "
               "UNION ALL SELECT q.u FROM q)");
}

// Four texts in one case are all there are.
static void put_texts(rel_sqlite_writer *w, const rel_field *field, const char *keys) {
  rel_sqlite_put_column(&w->sql, w->table, field);
  rel_buf_printf(&w->sql, " IN (WITH q(u) AS (%s) SELECT q.u FROM q", keys);
  for (unsigned shape = 0; shape < SHAPES; shape++)
    rel_buf_printf(&w->sql, " UNION ALL SELECT " UUID_TEXT "(q.u, %u) FROM q", shape);
  rel_buf_cstr(&w->sql, ")");
}

static void put_each(rel_sqlite_writer *w, const rel_field *field, const char *keys) {
  rel_buf_cstr(&w->sql, REL_SQLITE_UUID "(");
  rel_sqlite_put_column(&w->sql, w->table, field);
  rel_buf_printf(&w->sql, ") IN (%s)", keys);
}

void rel_sqlite_put_uuid_in(rel_sqlite_writer *w, const rel_field *field, const char *keys) {
  switch (rel_sqlite_uuid_how(w->conn, w->model, field)) {
  case REL_UUID_WALK:
    put_walk(w, field, keys);
    return;
  case REL_UUID_NOCASE:
    put_texts(w, field, keys);
    return;
  case REL_UUID_EACH:
    put_each(w, field, keys);
    return;
  }
}

// A value that is none is different from all of them.
void rel_sqlite_put_uuid_not_in(rel_sqlite_writer *w, const rel_field *field, const char *keys) {
  rel_buf_cstr(&w->sql, "coalesce(" REL_SQLITE_UUID "(");
  rel_sqlite_put_column(&w->sql, w->table, field);
  rel_buf_cstr(&w->sql, "), ");
  rel_sqlite_put_column(&w->sql, w->table, field);
  rel_buf_printf(&w->sql, ") NOT IN (%s)", keys);
}
