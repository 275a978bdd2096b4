// A schema is compared with the database, everything wrong at once.
//
// SQLite's columns take any value whatever their type says (but in STRICT tables), so a type that does not
// suit its field is a warning: the rows may still fit. In a key it is an error, because a comparison would
// silently find nothing.
#include "server/store/sqlite_writer.h"

#include <ctype.h>
#include <strings.h>

// One model over its table.
typedef struct check {
  rel_sqlite_conn *conn;
  const rel_schema *schema;
  rel_arena *arena;
  rel_findings *findings;
  const rel_model *model;
  const rel_sqlite_table *table;
  rel_error *error;
} check;

// --- Columns ---

static void no_column(const check *c, const rel_field *field) {
  rel_near near = rel_near_begin(field->column);
  for (size_t i = 0; i < c->table->column_count; i++)
    rel_near_offer(&near, c->table->columns[i].name);
  rel_findings_add(c->findings, REL_ERROR, field->place, c->model->name, field->name,
                   "%s " REL_STR_F " has no column " REL_STR_F REL_NEAR_F,
                   c->table->is_table ? "table" : "view", REL_STR_A(c->model->table),
                   REL_STR_A(field->column), REL_NEAR_A(near.best));
}

static bool relation_has(const rel_relation *relation, const rel_field *field) {
  if (relation->gate != NULL && relation->gate->field == field) return true;
  return rel_fields_have(rel_relation_owner_key(relation), relation->key_count, field) ||
         rel_fields_have(rel_relation_target_key(relation), relation->key_count, field);
}

// Whether the field of the model is compared with keys, be it for a relation of another model.
static bool is_key(const check *c, const rel_field *field) {
  if (rel_fields_have(c->model->primary_key, c->model->primary_key_count, field)) return true;
  for (size_t i = 0; i < c->schema->model_count; i++) {
    const rel_model *model = c->schema->models[i];
    for (size_t j = 0; j < model->relation_count; j++)
      if (relation_has(model->relations[j], field)) return true;
  }
  return false;
}

typedef enum suits { SUITS, DOUBTFUL, UNSUITABLE } suits;

// Whatever such a column is given becomes another kind of value, so no row fits; and who says uint64 counts
// on numbers that only text can hold.
static bool holds_no_uint64(const rel_field *field, const rel_sqlite_column *column) {
  bool is_uint64 = field->type == REL_TYPE_UINT64 || field->type == REL_TYPE_FIXED64;
  return is_uint64 && (column->affinity == REL_AFFINITY_TEXT || column->affinity == REL_AFFINITY_REAL);
}

static suits integer_suits(const rel_sqlite_column *column) {
  if (column->affinity == REL_AFFINITY_TEXT || column->affinity == REL_AFFINITY_REAL) return UNSUITABLE;
  return column->affinity == REL_AFFINITY_NONE && column->type.len > 0 ? DOUBTFUL : SUITS;
}

// TIME and TIME(6), of which Protobuf has no type; not TIMESTAMP.
static bool is_time_of_day(rel_str declared) {
  static const char name[] = "TIME";
  for (size_t i = 0; i < sizeof name - 1; i++)
    if (i >= declared.len || toupper((unsigned char)declared.ptr[i]) != name[i]) return false;
  return declared.len == sizeof name - 1 || !isalpha((unsigned char)declared.ptr[sizeof name - 1]);
}

// A column of numeric affinity gives the text '12' back as the number 12.
static suits text_suits(const rel_field *field, const rel_sqlite_column *column) {
  switch (column->affinity) {
  case REL_AFFINITY_TEXT:
  case REL_AFFINITY_NONE:
    return SUITS;
  case REL_AFFINITY_NUMERIC: // BINARY and the like; a BLOB stays what it is, and so does '12:30'
    if (is_time_of_day(column->type)) return SUITS;
    return field->uuid || field->decimal || field->type == REL_TYPE_BYTES ? SUITS : DOUBTFUL;
  default:
    return field->decimal ? SUITS : UNSUITABLE;
  }
}

static suits column_suits(const rel_field *field, const rel_sqlite_column *column) {
  switch (field->type) {
  case REL_TYPE_STRING:
  case REL_TYPE_BYTES:
    return text_suits(field, column);
  case REL_TYPE_DOUBLE:
  case REL_TYPE_FLOAT:
    return column->affinity == REL_AFFINITY_TEXT ? UNSUITABLE : SUITS;
  case REL_TYPE_ENUM:
  case REL_TYPE_TIMESTAMP:
    return column->affinity == REL_AFFINITY_REAL ? UNSUITABLE : SUITS;
  default:
    return integer_suits(column);
  }
}

static void check_type(const check *c, const rel_field *field, const rel_sqlite_column *column) {
  suits how = column_suits(field, column);
  if (how == SUITS) return;
  if (holds_no_uint64(field, column)) {
    rel_findings_add(c->findings, REL_ERROR, field->place, c->model->name, field->name,
                     "column " REL_STR_F "." REL_STR_F " is declared " REL_STR_F
                     ", in which no value is a %s; for numbers beyond 2^63-1 make the field a string with "
                     "(relations.v1.column).decimal, over a column of TEXT",
                     REL_STR_A(c->model->table), REL_STR_A(field->column), REL_STR_A(column->type),
                     rel_type_name(field->type));
    return;
  }
  bool fails = how == UNSUITABLE && is_key(c, field);
  rel_findings_add(c->findings, fails ? REL_ERROR : REL_WARNING, field->place, c->model->name, field->name,
                   "column " REL_STR_F "." REL_STR_F " is declared " REL_STR_F ", which does not suit %s%s",
                   REL_STR_A(c->model->table), REL_STR_A(field->column), REL_STR_A(column->type),
                   rel_type_name(field->type),
                   fails ? ": as a key it would find nothing"
                         : ": a row whose value does not fit is an error");
}

static void check_null(const check *c, const rel_field *field, const rel_sqlite_column *column) {
  if (!c->table->is_table || column->not_null || field->nullable || field->has_presence) return;
  if (rel_fields_have(c->model->primary_key, c->model->primary_key_count, field)) return;
  rel_findings_add(
      c->findings, REL_WARNING, field->place, c->model->name, field->name,
      "column " REL_STR_F "." REL_STR_F
      " can be NULL and the field is not optional: a row with NULL is an error; make the field optional",
      REL_STR_A(c->model->table), REL_STR_A(field->column));
}

// Without an index the spellings of a UUID are told apart by reading them.
static void check_uuid(const check *c, const rel_field *field) {
  if (!field->uuid || !is_key(c, field)) return;
  if (rel_sqlite_uuid_how(c->conn, c->model, field) != REL_UUID_EACH) return;
  rel_findings_add(
      c->findings, REL_WARNING, field->place, c->model->name, field->name,
      "no index begins with column " REL_STR_F "." REL_STR_F
      ", whose UUIDs may be in either case: a lookup reads the value of every row that the rest of "
      "the key leaves",
      REL_STR_A(c->model->table), REL_STR_A(field->column));
}

// A statement gives each column of the model, and the key that a row is for.
static void check_width(const check *c, size_t columns) {
  int most = sqlite3_limit(c->conn->db, SQLITE_LIMIT_COLUMN, -1);
  if (columns + 1 <= (size_t)most) return;
  rel_findings_add(
      c->findings, REL_ERROR, c->model->place, c->model->name, (rel_str){0},
      "the model has %zu columns, and a statement of this database gives %d beside the key; leave "
      "fields out of it, or mark them (relations.v1.column).ignore",
      columns, most - 1);
}

static void check_fields(const check *c) {
  size_t columns = 0;
  for (size_t i = 0; i < c->model->field_count; i++) {
    const rel_field *field = c->model->fields[i];
    if (!field->has_column) continue;
    columns++;
    const rel_sqlite_column *column = rel_sqlite_table_column(c->table, field->column);
    if (column == NULL) {
      no_column(c, field);
      continue;
    }
    check_type(c, field, column);
    check_null(c, field, column);
    check_uuid(c, field);
  }
  check_width(c, columns);
}

// Statements add columns of their own to a table's.
static void check_names(const check *c) {
  for (size_t i = 0; i < c->table->column_count; i++) {
    rel_str name = c->table->columns[i].name;
    size_t len = sizeof REL_SQLITE_OWN - 1;
    if (name.len < len || strncasecmp(name.ptr, REL_SQLITE_OWN, len) != 0) continue;
    rel_findings_add(c->findings, REL_ERROR, c->model->place, c->model->name, (rel_str){0},
                     "column " REL_STR_F "." REL_STR_F ": names that begin with " REL_SQLITE_OWN
                     " are for the server's own; rename it",
                     REL_STR_A(c->model->table), REL_STR_A(name));
  }
}

// --- Indexes ---

static bool has_column(const rel_sqlite_table *table, const rel_sqlite_column *column,
                       const rel_field *const *fields, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (column != NULL && rel_sqlite_table_column(table, fields[i]->column) == column) return true;
  return false;
}

// Whether every column of the key stands at the front of an index, in any order.
static bool is_indexed(const rel_sqlite_table *table, const rel_field *const *key, size_t count) {
  for (size_t i = 0; i < table->index_count; i++) {
    const rel_sqlite_index *index = &table->indexes[i];
    size_t matched = 0;
    while (matched < index->column_count && has_column(table, index->columns[matched], key, count))
      matched++;
    if (matched >= count) return true;
  }
  return false;
}

// Whether a unique index consists of nothing but columns of the key.
static bool is_unique(const rel_sqlite_table *table, const rel_field *const *key, size_t count) {
  for (size_t i = 0; i < table->index_count; i++) {
    const rel_sqlite_index *index = &table->indexes[i];
    size_t matched = 0;
    while (matched < index->column_count && has_column(table, index->columns[matched], key, count))
      matched++;
    if (index->unique && matched == index->column_count) return true;
  }
  return false;
}

static void name_columns(const rel_field *const *fields, size_t count, rel_buf *out) {
  for (size_t i = 0; i < count; i++)
    rel_buf_printf(out, "%s" REL_STR_F, i > 0 ? ", " : "", REL_STR_A(fields[i]->column));
}

static bool all_exist(const rel_sqlite_table *table, const rel_field *const *fields, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (rel_sqlite_table_column(table, fields[i]->column) == NULL) return false;
  return true;
}

static void check_primary_key(const check *c) {
  const rel_model *model = c->model;
  if (!c->table->is_table || model->primary_key_count == 0) return;
  if (!all_exist(c->table, model->primary_key, model->primary_key_count)) return;
  if (is_unique(c->table, model->primary_key, model->primary_key_count)) return;
  rel_buf names = {0};
  name_columns(model->primary_key, model->primary_key_count, &names);
  rel_findings_add(c->findings, REL_WARNING, model->place, model->name, (rel_str){0},
                   "the primary key (" REL_STR_F ") is not unique in table " REL_STR_F,
                   REL_STR_A(rel_buf_view(&names)), REL_STR_A(model->table));
  rel_buf_fini(&names);
}

// What an index has to begin with for a relation: the key that it looks records up by, and behind that the
// type field, if that stands in the same table.
static size_t indexed_fields(const check *c, const rel_relation *relation, const rel_field ***out) {
  const rel_field *const *key = rel_relation_target_key(relation);
  const rel_gate *gate = relation->kind == REL_BELONGS_TO ? NULL : relation->gate;
  *out = REL_ARENA_ARRAY(c->arena, const rel_field *, relation->key_count + 1);
  memcpy(*out, key, relation->key_count * sizeof *key);
  if (gate != NULL) (*out)[relation->key_count] = gate->field;
  return relation->key_count + (gate != NULL);
}

// An inherited relation is its declarer's affair; a loader's looks nothing up here, one through a link is two
// others. Of a key with a type
// field an index of the key alone is enough.
static rel_code check_relation(const check *c, const rel_relation *relation) {
  if (relation->declared_in != c->model || relation->loader.len > 0 || relation->through != NULL)
    return REL_OK;
  rel_sqlite_table *target;
  rel_code code = rel_sqlite_table_read(c->conn, relation->target->table, c->arena, &target, c->error);
  if (code != REL_OK || target == NULL || !target->is_table) return code;
  const rel_field **fields;
  size_t count = indexed_fields(c, relation, &fields);
  if (!all_exist(target, fields, count) || is_indexed(target, fields, count) ||
      is_indexed(target, fields, relation->key_count))
    return REL_OK;
  rel_buf names = {0};
  name_columns(fields, count, &names);
  rel_findings_add(c->findings, REL_WARNING, relation->place, c->model->name, relation->name,
                   "no index of table " REL_STR_F " begins with (" REL_STR_F
                   "): every load reads the whole table",
                   REL_STR_A(relation->target->table), REL_STR_A(rel_buf_view(&names)));
  rel_buf_fini(&names);
  return REL_OK;
}

// --- Models ---

static rel_code no_table(const check *c) {
  rel_str near;
  rel_code code = rel_sqlite_table_near(c->conn, c->model->table, c->arena, &near, c->error);
  if (code != REL_OK) return code;
  rel_findings_add(c->findings, REL_ERROR, c->model->place, c->model->name, (rel_str){0},
                   "the database has no table or view " REL_STR_F REL_NEAR_F, REL_STR_A(c->model->table),
                   REL_NEAR_A(near));
  return REL_OK;
}

static rel_code check_model(check *c, const rel_model *model) {
  rel_sqlite_table *table;
  rel_code code = rel_sqlite_table_read(c->conn, model->table, c->arena, &table, c->error);
  if (code != REL_OK) return code;
  c->model = model;
  c->table = table;
  if (table == NULL) return no_table(c);
  check_fields(c);
  check_names(c);
  check_primary_key(c);
  for (size_t i = 0; i < model->relation_count && code == REL_OK; i++)
    code = check_relation(c, model->relations[i]);
  return code;
}

rel_code rel_sqlite_check(rel_sqlite_conn *conn, const rel_schema *schema, rel_findings *findings,
                          rel_error *error) {
  rel_code code = REL_OK;
  for (size_t i = 0; i < schema->model_count && code == REL_OK; i++) {
    const rel_model *model = schema->models[i];
    if (model->table.len == 0) continue; // abstract
    rel_arena arena;
    rel_arena_init(&arena);
    check c = {.conn = conn, .schema = schema, .arena = &arena, .findings = findings, .error = error};
    code = check_model(&c, model);
    rel_arena_fini(&arena);
  }
  return code;
}
