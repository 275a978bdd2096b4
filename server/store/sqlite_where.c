// A condition becomes SQL: that of an operator is the function put_WORD, which the table of put_compare finds
// by the word of its row in common/operators.h. Names come from the schema, values are only ever bound.
//
// SQL has three truth values and conditions have two. AND and OR keep "unknown" apart from "true", so it is
// enough that NOT takes what is not true: X IS NOT TRUE.
#include "server/store/sqlite_functions.h"
#include "server/store/sqlite_writer.h"

static void put_bytes(rel_sqlite_writer *w, bool is_text, rel_str bytes) {
  rel_sqlite_put_value(
      w, &(rel_sqlite_binding){.kind = is_text ? REL_BIND_TEXT : REL_BIND_BLOB, .bytes = bytes});
}

// --- Values that the database may hold in several forms ---

static void put_separator(rel_sqlite_writer *w, bool *first) {
  if (!*first) rel_buf_cstr(&w->sql, ", ");
  *first = false;
}

void rel_sqlite_put_part(rel_sqlite_writer *w, const rel_key_part *part, size_t alternatives, bool *first) {
  for (size_t a = 0; a < alternatives; a++) {
    rel_sqlite_form form;
    rel_sqlite_form_of(part, a, &form);
    if (form.kind == REL_FORM_NONE) continue; // equal to nothing
    put_separator(w, first);
    if (form.kind == REL_FORM_INT)
      rel_sqlite_put_int(w, form.integer);
    else
      put_bytes(w, form.kind == REL_FORM_TEXT, rel_arena_copy(w->arena, form.bytes));
  }
}

// An enum by its number and by every name of it.
static void put_enum(rel_sqlite_writer *w, const rel_field *field, int64_t number, bool *first) {
  put_separator(w, first);
  rel_sqlite_put_int(w, number);
  for (size_t i = 0; field->enum_type != NULL && i < field->enum_type->value_count; i++) {
    if (field->enum_type->values[i].number != number) continue;
    put_separator(w, first);
    put_bytes(w, true, field->enum_type->values[i].name);
  }
}

static void put_time(rel_sqlite_writer *w, const rel_time *time) {
  uint8_t bytes[REL_SQLITE_TIME_BYTES];
  rel_sqlite_time_bytes(time, bytes);
  put_bytes(w, false, rel_arena_copy(w->arena, rel_bytes(bytes, sizeof bytes)));
}

static void put_decimal(rel_sqlite_writer *w, rel_str digits) {
  rel_buf bytes = {0};
  rel_sqlite_decimal_bytes(digits, &bytes);
  put_bytes(w, false, rel_arena_copy(w->arena, rel_buf_view(&bytes)));
  rel_buf_fini(&bytes);
}

// Every form of a value, as elements of a list.
static void put_forms(rel_sqlite_writer *w, const rel_field *field, const rel_constant *value, bool *first) {
  switch (rel_field_constant_kind(field)) {
  case REL_CONSTANT_ENUM:
    put_enum(w, field, value->integer, first);
    return;
  case REL_CONSTANT_BYTES:
    rel_sqlite_put_part(w, &(rel_key_part){.tag = REL_PART_BYTES, .bytes = value->bytes}, 2, first);
    return;
  default:
    break;
  }
  put_separator(w, first);
  switch (rel_field_constant_kind(field)) {
  case REL_CONSTANT_TIME:
    put_time(w, &value->time);
    return;
  case REL_CONSTANT_DECIMAL:
    put_decimal(w, value->bytes);
    return;
  case REL_CONSTANT_TEXT:
    put_bytes(w, true, value->bytes);
    return;
  case REL_CONSTANT_REAL:
    rel_sqlite_put_value(w, &(rel_sqlite_binding){.kind = REL_BIND_REAL, .real = value->real});
    return;
  default:
    break;
  }
  // Every integer of SQLite is less than 2^63, which a double holds exactly; and so are the larger ones that
  // no row can be equal to.
  if (value->is_huge)
    rel_sqlite_put_value(w, &(rel_sqlite_binding){.kind = REL_BIND_REAL, .real = 0x1p63});
  else
    rel_sqlite_put_int(w, value->integer);
}

// --- Discriminators ---

void rel_sqlite_put_discriminator(rel_sqlite_writer *w) {
  const rel_model *model = w->model;
  const rel_field *field = model->discriminator;
  if (field == NULL || model->discriminator_tag_count == 0) return;
  bool first = true;
  rel_buf_cstr(&w->sql, " AND ");
  rel_sqlite_put_column(&w->sql, w->table, field);
  rel_buf_cstr(&w->sql, " IN (");
  for (size_t i = 0; i < model->discriminator_tag_count; i++) {
    const rel_tag *tag = &model->discriminator_tags[i];
    put_forms(w, field, &(rel_constant){.integer = tag->number, .bytes = tag->text}, &first);
  }
  rel_buf_cstr(&w->sql, ")");
}

// --- Comparisons ---

static const char *declared_type(const rel_sqlite_writer *w, const rel_field *field, const char **collation) {
  const char *type = NULL, *table = rel_arena_copy(w->arena, w->model->table).ptr;
  const char *column = rel_arena_copy(w->arena, field->column).ptr;
  *collation = NULL;
  if (sqlite3_table_column_metadata(w->conn->db, "main", table, column, &type, collation, NULL, NULL, NULL) !=
      SQLITE_OK)
    return NULL;
  return type != NULL ? type : "";
}

// A column of numbers makes a number of "03" before it compares, and every text is behind every number: what
// is declared TIME, and holds texts. A view's column does not tell, and may.
static bool makes_numbers(const rel_sqlite_writer *w, const rel_condition *c) {
  if (rel_field_constant_kind(c->field) != REL_CONSTANT_TEXT) return false;
  const char *collation, *type = declared_type(w, c->field, &collation);
  return type == NULL || rel_sqlite_affinity_of(rel_cstr(type)) > REL_AFFINITY_TEXT;
}

// The column, as what it means.
static void put_left(rel_sqlite_writer *w, const rel_condition *c, bool ordered) {
  rel_constant_kind kind = rel_field_constant_kind(c->field);
  const char *before = kind == REL_CONSTANT_TIME      ? REL_SQLITE_TIME "("
                       : kind == REL_CONSTANT_DECIMAL ? REL_SQLITE_DECIMAL "("
                       : c->fold_case                 ? REL_SQLITE_FOLD "("
                                                      : "";
  bool cast = ordered && kind == REL_CONSTANT_BYTES; // texts and blobs alike
  rel_buf_cstr(&w->sql, cast ? "CAST(" : before);
  bool by_order = rel_operator_find(c->operator_)->fits == REL_FITS_ORDERED;
  if (by_order && makes_numbers(w, c)) rel_buf_cstr(&w->sql, "+"); // no affinity, and no index
  rel_sqlite_put_column(&w->sql, w->table, c->field);
  if (kind == REL_CONSTANT_TIME)
    rel_buf_printf(&w->sql, ", %lld)", (long long)c->field->time_units_per_second);
  else if (kind == REL_CONSTANT_DECIMAL || c->fold_case)
    rel_buf_cstr(&w->sql, ")");
  else if (cast)
    rel_buf_cstr(&w->sql, " AS BLOB)");
}

// "VALUES (?3)": appended to a list of UUIDs.
static void add_uuid(rel_sqlite_writer *w, rel_str uuid, rel_buf *keys) {
  rel_sqlite_binding value = {.kind = REL_BIND_BLOB, .bytes = rel_arena_copy(w->arena, uuid)};
  rel_buf_printf(keys, "%s(?%zu)", keys->len == 0 ? "VALUES " : ", ", rel_sqlite_add_value(w, &value));
}

static void put_uuids(rel_sqlite_writer *w, const rel_condition *c, bool not_in) {
  rel_buf keys = {0};
  for (size_t i = 0; i < c->value_count; i++)
    add_uuid(w, c->values[i].bytes, &keys);
  if (not_in)
    rel_sqlite_put_uuid_not_in(w, c->field, rel_buf_text(&keys));
  else
    rel_sqlite_put_uuid_in(w, c->field, rel_buf_text(&keys));
  rel_buf_fini(&keys);
}

static void put_list(rel_sqlite_writer *w, const rel_condition *c, bool not_in) {
  if (rel_field_constant_kind(c->field) == REL_CONSTANT_UUID && c->value_count > 0) {
    put_uuids(w, c, not_in);
    return;
  }
  bool first = true;
  put_left(w, c, false);
  rel_buf_cstr(&w->sql, not_in ? " NOT IN (" : " IN (");
  for (size_t i = 0; i < c->value_count; i++)
    put_forms(w, c->field, &c->values[i], &first);
  rel_buf_cstr(&w->sql, ")");
}

// SQL has the signs of the filter language.
static const char *sign_of(const rel_condition *c) {
  return rel_operator_find(c->operator_)->written;
}

static void put_sign(rel_sqlite_writer *w, const rel_condition *c) {
  bool first = true;
  rel_sqlite_put_bounds(w, c);
  put_left(w, c, true);
  rel_buf_printf(&w->sql, " %s ", sign_of(c));
  if (rel_field_constant_kind(c->field) == REL_CONSTANT_BYTES)
    put_bytes(w, false, c->values[0].bytes);
  else
    put_forms(w, c->field, &c->values[0], &first);
}

static bool has_forms(const rel_field *field) {
  rel_constant_kind kind = rel_field_constant_kind(field);
  return kind == REL_CONSTANT_ENUM || kind == REL_CONSTANT_UUID || kind == REL_CONSTANT_BYTES;
}

// --- Parts of texts ---

// A view's column tells no collation, and may have any.
bool rel_sqlite_compares_bytes(const rel_sqlite_writer *w, const rel_field *field) {
  const char *collation, *type = declared_type(w, field, &collation);
  return type != NULL && w->conn->utf8 && collation != NULL && sqlite3_stricmp(collation, "BINARY") == 0;
}

static int64_t count_characters(rel_str text) {
  int64_t count = 0;
  for (size_t i = 0; i < text.len; i++)
    count += ((uint8_t)text.ptr[i] & 0xC0) != 0x80;
  return count;
}

// The range that an index knows, where the column compares bytes: up to what follows the last text with the
// prefix, whose last byte is one more. Whatever the column's collation, what decides is the exact comparison.
static void put_prefix(rel_sqlite_writer *w, const rel_condition *c) {
  rel_str prefix = c->values[0].bytes;
  if (prefix.len > 0 && !c->fold_case && !makes_numbers(w, c) && rel_sqlite_compares_bytes(w, c->field)) {
    char *end = (char *)rel_arena_copy(w->arena, prefix).ptr;
    end[prefix.len - 1] = (char)((uint8_t)end[prefix.len - 1] + 1); // UTF-8 has no byte 0xFF
    rel_sqlite_put_column(&w->sql, w->table, c->field);
    rel_buf_cstr(&w->sql, " >= ");
    put_bytes(w, true, prefix);
    rel_buf_cstr(&w->sql, " AND ");
    rel_sqlite_put_column(&w->sql, w->table, c->field);
    rel_buf_cstr(&w->sql, " < ");
    put_bytes(w, true, rel_bytes(end, prefix.len));
    rel_buf_cstr(&w->sql, " AND ");
  }
  rel_buf_cstr(&w->sql, "substr(");
  put_left(w, c, false);
  rel_buf_cstr(&w->sql, ", 1, ");
  rel_sqlite_put_int(w, count_characters(prefix));
  rel_buf_cstr(&w->sql, ") = ");
  put_bytes(w, true, prefix);
  rel_buf_cstr(&w->sql, " COLLATE BINARY");
}

static void put_suffix(rel_sqlite_writer *w, const rel_condition *c) {
  int64_t characters = count_characters(c->values[0].bytes);
  rel_buf_cstr(&w->sql, "substr(");
  put_left(w, c, false);
  rel_buf_cstr(&w->sql, ", ");
  rel_sqlite_put_int(w, -characters);
  rel_buf_cstr(&w->sql, ", ");
  rel_sqlite_put_int(w, characters);
  rel_buf_cstr(&w->sql, ") = ");
  put_bytes(w, true, c->values[0].bytes);
  rel_buf_cstr(&w->sql, " COLLATE BINARY");
}

static void put_contains(rel_sqlite_writer *w, const rel_condition *c) {
  rel_buf_cstr(&w->sql, REL_SQLITE_CONTAINS "(");
  put_left(w, c, false);
  rel_buf_cstr(&w->sql, ", ");
  put_bytes(w, true, c->values[0].bytes);
  rel_buf_cstr(&w->sql, ")");
}

// Equal byte by byte; the column's own comparison stands there as well, for the index.
static void put_exactly(rel_sqlite_writer *w, const rel_condition *c) {
  put_sign(w, c);
  if (rel_field_constant_kind(c->field) != REL_CONSTANT_TEXT || rel_sqlite_compares_bytes(w, c->field))
    return;
  rel_buf_cstr(&w->sql, " AND ");
  put_sign(w, c);
  rel_buf_cstr(&w->sql, " COLLATE BINARY");
}

// --- The operators ---

static void put_eq(rel_sqlite_writer *w, const rel_condition *c) {
  if (has_forms(c->field))
    put_list(w, c, false);
  else if (c->exact)
    put_exactly(w, c);
  else
    put_sign(w, c);
}

static void put_ne(rel_sqlite_writer *w, const rel_condition *c) {
  if (has_forms(c->field))
    put_list(w, c, true);
  else
    put_sign(w, c);
}

static void put_in(rel_sqlite_writer *w, const rel_condition *c) {
  put_list(w, c, false);
}

// To SQL even NULL is not in an empty list.
static void put_not_in(rel_sqlite_writer *w, const rel_condition *c) {
  if (c->value_count > 0) {
    put_list(w, c, true);
    return;
  }
  rel_sqlite_put_column(&w->sql, w->table, c->field);
  rel_buf_cstr(&w->sql, " IS NOT NULL");
}

static void put_is_null(rel_sqlite_writer *w, const rel_condition *c) {
  rel_sqlite_put_column(&w->sql, w->table, c->field);
  rel_buf_cstr(&w->sql, " IS NULL");
}

static void put_lt(rel_sqlite_writer *w, const rel_condition *c) {
  put_sign(w, c);
}

static void put_le(rel_sqlite_writer *w, const rel_condition *c) {
  put_sign(w, c);
}

static void put_gt(rel_sqlite_writer *w, const rel_condition *c) {
  put_sign(w, c);
}

static void put_ge(rel_sqlite_writer *w, const rel_condition *c) {
  put_sign(w, c);
}

static void put_compare(rel_sqlite_writer *w, const rel_condition *c) {
  static void (*const put_operator[])(rel_sqlite_writer *, const rel_condition *) = {
#define PUT(with, name, word, ...) [REL_OP_##name] = put_##word,
      REL_OPERATORS(PUT, )
#undef PUT
  };
  put_operator[c->operator_](w, c);
}

// --- Conditions ---

static unsigned depth_of(const rel_condition *c) {
  unsigned deepest = 0;
  for (size_t i = 0; i < c->part_count; i++) {
    unsigned depth = 1 + depth_of(c->parts[i]);
    if (depth > deepest) deepest = depth;
  }
  return deepest;
}

static size_t deepest_part(const rel_condition *c) {
  size_t deepest = 0;
  unsigned most = 0;
  for (size_t i = 0; i < c->part_count; i++) {
    unsigned depth = depth_of(c->parts[i]);
    if (depth <= most) continue;
    most = depth;
    deepest = i;
  }
  return deepest;
}

// The deepest part comes first: SQLite's parser has a stack of 100 entries, and what stands before a
// parenthesis stays on it until that is closed.
static void put_parts(rel_sqlite_writer *w, const rel_condition *c, const char *word, const char *none) {
  if (c->part_count == 0) {
    rel_buf_cstr(&w->sql, none);
    return;
  }
  size_t deepest = deepest_part(c);
  rel_sqlite_put_condition(w, c->parts[deepest]);
  for (size_t i = 0; i < c->part_count; i++) {
    if (i == deepest) continue;
    rel_buf_cstr(&w->sql, word);
    rel_sqlite_put_condition(w, c->parts[i]);
  }
}

// As deep as the condition, which is bounded.
void rel_sqlite_put_condition(rel_sqlite_writer *w, const rel_condition *c) {
  rel_buf_cstr(&w->sql, "(");
  switch (c->kind) {
  case REL_CONDITION_ALL:
    put_parts(w, c, " AND ", "1");
    break;
  case REL_CONDITION_ANY:
    put_parts(w, c, " OR ", "0");
    break;
  case REL_CONDITION_NOT:
    rel_sqlite_put_condition(w, c->parts[0]);
    rel_buf_cstr(&w->sql, " IS NOT TRUE");
    break;
  case REL_CONDITION_COMPARE:
    put_compare(w, c);
    break;
  case REL_CONDITION_SOME:
    rel_sqlite_put_some(w, c);
    break;
  case REL_CONDITION_COUNT:
    rel_sqlite_put_count(w, c);
    rel_buf_printf(&w->sql, " %s ", sign_of(c));
    rel_sqlite_put_int(w, c->values[0].integer);
    break;
  }
  rel_buf_cstr(&w->sql, ")");
}

void rel_sqlite_put_and_condition(rel_sqlite_writer *w, const rel_condition *condition) {
  if (condition == NULL) return;
  rel_buf_cstr(&w->sql, " AND ");
  rel_sqlite_put_condition(w, condition);
}
