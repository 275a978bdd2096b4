// The order of a query, and the cursor between its pages.
//
// A cursor is the values of the order's terms in the last row, as the database holds them, so that they
// compare as the database orders them. "Behind the cursor" is spelled out term by term, since directions may
// be mixed and NULLs stand where the order says:
//
//   a behind A OR (a = A AND b behind B) OR (a = A AND b = B AND c behind C)
//
// and, for the index, "a not before A" in front of it.
#include "common/wire.h"
#include "server/store/sqlite_writer.h"

static void put(rel_sqlite_writer *w, const char *text) {
  rel_buf_cstr(&w->sql, text);
}

// --- Terms ---

// A primary key with NULL in it is no record.
static bool is_nullable(const rel_sqlite_writer *w, const rel_sort_term *term) {
  int not_null = 0;
  if (term->link != REL_LINK_NONE) return true;
  if (term->path_count > 0) return !term->counts || term->path_count > 1;
  if (rel_model_has_in_key(w->model, term->field)) return false;
  const char *table = rel_arena_copy(w->arena, w->model->table).ptr;
  const char *column = rel_arena_copy(w->arena, term->field->column).ptr;
  int rc =
      sqlite3_table_column_metadata(w->conn->db, "main", table, column, NULL, NULL, &not_null, NULL, NULL);
  return rc != SQLITE_OK || !not_null;
}

void rel_sqlite_put_term(rel_sqlite_writer *w, const rel_sort_term *term) {
  if (term->link != REL_LINK_NONE)
    rel_sqlite_put_link_value(w, term);
  else if (term->path_count > 0)
    rel_sqlite_put_value_along(w, term);
  else if (term->by_value)
    rel_sqlite_put_meaning(w, &(rel_group_value){.field = term->field});
  else
    rel_sqlite_put_column(&w->sql, w->table, term->field);
}

// SQLite has NULLs first when ascending and last when descending; saying what holds anyway costs the index.
void rel_sqlite_put_order(rel_sqlite_writer *w, const char *before, const rel_sort_term *terms, size_t count,
                          const size_t *output) {
  for (size_t i = 0; i < count; i++) {
    const rel_sort_term *term = &terms[i];
    put(w, i == 0 ? before : ", ");
    if (output != NULL && term->path_count > 0)
      rel_buf_printf(&w->sql, "%zu", output[i] + 1);
    else
      rel_sqlite_put_term(w, term);
    if (term->descending) put(w, " DESC");
    if (term->nulls_first != !term->descending && is_nullable(w, term))
      put(w, term->nulls_first ? " NULLS FIRST" : " NULLS LAST");
  }
}

const rel_sort_term *rel_sqlite_turned(const rel_sort_term *terms, size_t count, rel_arena *arena) {
  rel_sort_term *turned = REL_ARENA_ARRAY(arena, rel_sort_term, count);
  for (size_t i = 0; i < count; i++) {
    turned[i] = terms[i];
    turned[i].descending = !terms[i].descending;
    turned[i].nulls_first = !terms[i].nulls_first;
  }
  return turned;
}

void rel_sqlite_put_first_by(rel_sqlite_writer *w, const rel_sort_term *terms, size_t count, size_t first) {
  rel_sqlite_put_order(w, " ORDER BY ", terms, count, NULL);
  put(w, " LIMIT ");
  rel_sqlite_put_int(w, (int64_t)first);
}

// --- Cursors as bytes ---

void rel_sqlite_write_cursor(const rel_cell *cell, rel_buf *out) {
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
  const rel_sort_term *term;
  bool is_null;
  bool nullable; // the column can hold NULL
  size_t parameter;
} place;

static void put_behind(rel_sqlite_writer *w, const place *p, const char *or_equal) {
  if (p->is_null) {
    if (!p->term->nulls_first) {
      put(w, "0");
      return;
    }
    rel_sqlite_put_term(w, p->term);
    put(w, " IS NOT NULL");
    return;
  }
  put(w, "(");
  rel_sqlite_put_term(w, p->term);
  rel_buf_printf(&w->sql, " %s%s ?%zu", p->term->descending ? "<" : ">", or_equal, p->parameter);
  if (p->nullable && !p->term->nulls_first) {
    put(w, " OR ");
    rel_sqlite_put_term(w, p->term);
    put(w, " IS NULL");
  }
  put(w, ")");
}

static void put_equal(rel_sqlite_writer *w, const place *p) {
  rel_sqlite_put_term(w, p->term);
  if (p->is_null)
    put(w, " IS NULL");
  else
    rel_buf_printf(&w->sql, " = ?%zu", p->parameter);
}

// "a = A AND b = B AND "
static void put_equals(rel_sqlite_writer *w, const place *places, size_t count) {
  for (size_t i = 0; i < count; i++) {
    put_equal(w, &places[i]);
    put(w, " AND ");
  }
}

// What an index on the first term can skip. With NULLs on either side of the cursor there is nothing to skip,
// or the terms themselves say it.
static void put_bound(rel_sqlite_writer *w, const place *first) {
  if (first->is_null) return;
  put(w, " AND ");
  put_behind(w, first, "=");
}

static rel_code read_places(rel_sqlite_writer *w, const rel_sort_term *terms, size_t count, rel_str cursor,
                            place *places, rel_error *error) {
  for (size_t i = 0; i < count; i++) {
    rel_sqlite_binding value;
    if (!read_cell(&cursor, &value))
      return rel_fail(error, REL_INVALID, "the cursor is not one of this query");
    places[i] = (place){
        .term = &terms[i], .is_null = value.kind == REL_BIND_NULL, .nullable = is_nullable(w, &terms[i])};
    if (!places[i].is_null) places[i].parameter = rel_sqlite_add_value(w, &value);
  }
  return cursor.len == 0 ? REL_OK : rel_fail(error, REL_INVALID, "the cursor is not one of this query");
}

rel_code rel_sqlite_put_cursor(rel_sqlite_writer *w, const rel_sort_term *terms, size_t count, rel_str cursor,
                               bool inclusive, rel_error *error) {
  place *places = REL_ARENA_ARRAY(w->arena, place, count);
  rel_code code = read_places(w, terms, count, cursor, places, error);
  if (code != REL_OK) return code;
  if (count > 1) put_bound(w, &places[0]);
  put(w, " AND (");
  for (size_t i = 0; i < count; i++) {
    put(w, i == 0 ? "(" : " OR (");
    put_equals(w, places, i);
    put_behind(w, &places[i], "");
    put(w, ")");
  }
  if (inclusive) {
    put(w, " OR (");
    put_equals(w, places, count);
    put(w, "1)");
  }
  put(w, ")");
  return REL_OK;
}
