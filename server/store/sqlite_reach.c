// How rows are reached: what their key is compared with, and the tables that lie between the key and them.
//
// Between a key and a row may lie hops (scope.h), the links of a many-to-many relation. Wherever there is one
// key, they are a list of what leads on, in which the row's own key is:
//
//   t.a IN (SELECT t1.x FROM links AS t1 WHERE t1.key = ?1 AND …)
//
// so that the database itself sees to it that a row comes once, however many links lead to it. For many keys
// see rel_sqlite_put_ways.
#include "server/store/sqlite_functions.h"
#include "server/store/sqlite_writer.h"

static void put(rel_sqlite_writer *w, const char *text) {
  rel_buf_cstr(&w->sql, text);
}

// --- Keys ---

size_t rel_sqlite_alternatives(const rel_field *field) {
  return rel_field_key_kind(field) == REL_KEY_BYTES ? REL_SQLITE_ALTERNATIVES : 1;
}

static bool is_uuid(const rel_field *field) {
  return rel_field_key_kind(field) == REL_KEY_UUID;
}

// A column as what its values mean: the 16 bytes of a UUID. Unary plus keeps its affinity out of comparisons:
// as for a bound value, that of the rows' own column decides.
static void put_meaning(rel_buf *sql, unsigned table, const rel_field *column, const rel_field *field) {
  rel_buf_cstr(sql, is_uuid(field) ? REL_SQLITE_UUID "(" : "+");
  rel_sqlite_put_column(sql, table, column);
  if (is_uuid(field)) rel_buf_cstr(sql, ")");
}

// A part of a key while it is compared with.
typedef struct part {
  const rel_sqlite_key *key;
  const rel_field *field; // of the rows
  size_t index;
  rel_key_part value; // of REL_SQLITE_KEY_VALUE
} part;

// A part that is no value, in the form number `alternative`; *parameter counts those that are written.
static void put_form(rel_buf *sql, const part *of, size_t alternative, size_t *parameter) {
  const rel_sqlite_key *key = of->key;
  if (key->kind == REL_SQLITE_KEY_PARAMETERS) {
    rel_buf_printf(sql, "?%zu", ++*parameter);
    return;
  }
  if (key->kind == REL_SQLITE_KEY_COLUMNS) {
    rel_buf_printf(sql, "k.k%zu", of->index * REL_SQLITE_ALTERNATIVES + alternative);
    return;
  }
  bool plain = rel_sqlite_alternatives(of->field) == 1;
  if (!plain) rel_buf_cstr(sql, REL_SQLITE_BYTES "(");
  if (key->kind == REL_SQLITE_KEY_WAY)
    rel_buf_printf(sql, "l.x%zu", of->index);
  else
    put_meaning(sql, key->table, key->fields[of->index], of->field);
  if (!plain) rel_buf_printf(sql, ", %zu)", alternative);
}

static void put_uuid(rel_sqlite_writer *w, const part *of, size_t *parameter) {
  rel_buf keys = {0};
  rel_buf_cstr(&keys, "SELECT ");
  if (of->key->kind == REL_SQLITE_KEY_VALUE) {
    const rel_sqlite_binding bytes = {.kind = REL_BIND_BLOB,
                                      .bytes = rel_arena_copy(w->arena, of->value.bytes)};
    rel_buf_printf(&keys, "?%zu", rel_sqlite_add_value(w, &bytes));
  } else {
    put_form(&keys, of, 0, parameter);
  }
  rel_sqlite_put_uuid_in(w, of->field, rel_buf_text(&keys));
  rel_buf_fini(&keys);
}

static void put_value(rel_sqlite_writer *w, const part *of) {
  bool first = true;
  rel_sqlite_put_column(&w->sql, w->table, of->field);
  put(w, " IN (");
  rel_sqlite_put_part(w, &of->value, rel_sqlite_alternatives(of->field), &first);
  put(w, ")");
}

static void put_forms(rel_sqlite_writer *w, const part *of, size_t *parameter) {
  size_t alternatives = rel_sqlite_alternatives(of->field);
  rel_sqlite_put_column(&w->sql, w->table, of->field);
  put(w, alternatives > 1 ? " IN (" : " = ");
  for (size_t a = 0; a < alternatives; a++) {
    if (a > 0) put(w, ", ");
    put_form(&w->sql, of, a, parameter);
  }
  if (alternatives > 1) put(w, ")");
}

void rel_sqlite_put_key(rel_sqlite_writer *w, const rel_field *const *fields, size_t count,
                        const rel_sqlite_key *key) {
  size_t parameter = 0;
  rel_str rest = key->value;
  for (size_t i = 0; i < count; i++) {
    part of = {.key = key, .field = fields[i], .index = i};
    bool is_value = key->kind == REL_SQLITE_KEY_VALUE;
    if (is_value && !rel_key_next(&rest, &of.value)) return;
    if (i > 0) put(w, " AND ");
    if (is_uuid(of.field))
      put_uuid(w, &of, &parameter);
    else if (is_value)
      put_value(w, &of);
    else
      put_forms(w, &of, &parameter);
  }
}

// --- Hops ---

// What must hold for the rows of a hop, as the table number `table`, but for its limit.
static void put_hop_rows(rel_sqlite_writer *w, const rel_hop *hop, unsigned table,
                         const rel_sqlite_key *key) {
  const rel_model *model = w->model;
  unsigned before = w->table;
  w->model = hop->model;
  w->table = table;
  rel_sqlite_put_key(w, hop->key, hop->key_count, key);
  rel_sqlite_put_and_condition(w, hop->condition);
  rel_sqlite_put_discriminator(w);
  w->model = model;
  w->table = before;
}

static void put_list(rel_sqlite_writer *w, unsigned table, const rel_field *const *fields, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (i > 0) put(w, ", ");
    rel_sqlite_put_column(&w->sql, table, fields[i]);
  }
}

// " AND (t1.id) IN (the first rows of the key)"
static void put_hop_limit(rel_sqlite_writer *w, const rel_hop *hop, unsigned table,
                          const rel_sqlite_key *key) {
  const rel_field *const *id = (const rel_field *const *)hop->model->primary_key;
  const rel_model *model = w->model;
  unsigned before = w->table, inner = ++w->tables;
  put(w, " AND (");
  put_list(w, table, id, hop->model->primary_key_count);
  put(w, ") IN (SELECT ");
  put_list(w, inner, id, hop->model->primary_key_count);
  put(w, " FROM ");
  rel_sqlite_put_table(&w->sql, inner, hop->model);
  put(w, " WHERE ");
  put_hop_rows(w, hop, inner, key);
  w->model = hop->model;
  w->table = inner;
  rel_sqlite_put_first_by(w, hop->order_by, hop->order_count, hop->limit);
  w->model = model;
  w->table = before;
  put(w, ")");
}

// "main.links AS t1 CROSS JOIN …": the tables of the hops, the first one number `first`.
static void put_hop_tables(rel_sqlite_writer *w, const rel_hop *hops, size_t count, unsigned first) {
  for (size_t i = 0; i < count; i++) {
    if (i > 0) put(w, " CROSS JOIN ");
    rel_sqlite_put_table(&w->sql, first + (unsigned)i, hops[i].model);
  }
}

static void put_hop_conditions(rel_sqlite_writer *w, const rel_hop *hops, size_t count, unsigned first,
                               const rel_sqlite_key *key) {
  for (size_t i = 0; i < count; i++) {
    unsigned table = first + (unsigned)i;
    rel_sqlite_key from = *key;
    if (i > 0)
      from = (rel_sqlite_key){.kind = REL_SQLITE_KEY_FIELDS, .table = table - 1, .fields = hops[i - 1].on};
    put(w, i == 0 ? " WHERE " : " AND ");
    put_hop_rows(w, &hops[i], table, &from);
    if (hops[i].limit > 0) put_hop_limit(w, &hops[i], table, &from);
  }
}

// --- One key ---

// What the last hop leads on by; where a part may have several forms, in the one that table f0, f1, … says.
static void put_leads(rel_sqlite_writer *w, const rel_hop *last, unsigned table,
                      const rel_field *const *fields) {
  for (size_t i = 0; i < last->on_count; i++) {
    bool plain = rel_sqlite_alternatives(fields[i]) == 1;
    if (i > 0) put(w, ", ");
    if (!plain) put(w, REL_SQLITE_BYTES "(");
    put_meaning(&w->sql, table, last->on[i], fields[i]);
    if (!plain) rel_buf_printf(&w->sql, ", f%zu.column1)", i);
  }
}

// " CROSS JOIN (VALUES (0), (1)) AS f0": the numbers of the forms that a part may have.
static void put_form_tables(rel_sqlite_writer *w, const rel_field *const *fields, size_t count) {
  for (size_t i = 0; i < count; i++) {
    size_t alternatives = rel_sqlite_alternatives(fields[i]);
    if (alternatives == 1) continue;
    for (size_t a = 0; a < alternatives; a++)
      rel_buf_printf(&w->sql, "%s(%zu)", a == 0 ? " CROSS JOIN (VALUES " : ", ", a);
    rel_buf_printf(&w->sql, ") AS f%zu", i);
  }
}

// "SELECT t1.x FROM links AS t1 WHERE …": everything that leads on to rows.
static void put_leading(rel_sqlite_writer *w, const rel_sqlite_reach *reach, const rel_sqlite_key *key) {
  unsigned first = w->tables + 1, last = w->tables += (unsigned)reach->hop_count;
  put(w, "SELECT ");
  put_leads(w, &reach->hops[reach->hop_count - 1], last, reach->key);
  put(w, " FROM ");
  put_hop_tables(w, reach->hops, reach->hop_count, first);
  put_form_tables(w, reach->key, reach->key_count);
  put_hop_conditions(w, reach->hops, reach->hop_count, first, key);
}

static void put_led_uuid(rel_sqlite_writer *w, const rel_sqlite_reach *reach, const rel_sqlite_key *key) {
  size_t start = w->sql.len;
  put_leading(w, reach, key);
  const char *keys = rel_arena_copy(w->arena, rel_bytes(w->sql.data + start, w->sql.len - start)).ptr;
  w->sql.len = start;
  rel_sqlite_put_uuid_in(w, reach->key[0], keys);
}

void rel_sqlite_put_reached(rel_sqlite_writer *w, const rel_sqlite_reach *reach, const rel_sqlite_key *key) {
  bool row = reach->key_count > 1;
  if (reach->hop_count == 0) {
    rel_sqlite_put_key(w, reach->key, reach->key_count, key);
    return;
  }
  if (!row && is_uuid(reach->key[0])) {
    put_led_uuid(w, reach, key);
    return;
  }
  if (row) put(w, "(");
  for (size_t i = 0; i < reach->key_count; i++) {
    if (i > 0) put(w, ", ");
    if (is_uuid(reach->key[i])) put(w, REL_SQLITE_UUID "(");
    rel_sqlite_put_column(&w->sql, w->table, reach->key[i]);
    if (is_uuid(reach->key[i])) put(w, ")");
  }
  put(w, row ? ") IN (" : " IN (");
  put_leading(w, reach, key);
  put(w, ")");
}

// --- Many keys ---

// In a form in which equal parts are the same bytes. A collation of the link's own must not make one of two
// values that the rows tell apart.
static void put_way_parts(rel_sqlite_writer *w, const rel_hop *last, unsigned table,
                          const rel_field *const *fields) {
  for (size_t i = 0; i < last->on_count; i++) {
    bool plain = rel_sqlite_alternatives(fields[i]) == 1;
    put(w, plain ? ", " : ", " REL_SQLITE_BYTES "(");
    put_meaning(&w->sql, table, last->on[i], fields[i]);
    rel_buf_printf(&w->sql, plain ? " COLLATE BINARY AS x%zu" : ", 0) AS x%zu", i);
  }
}

// "t1.position AS y5": fields of the link, each once.
static void put_link_fields(rel_sqlite_writer *w, const rel_sqlite_reach *reach, unsigned first,
                            const rel_field *const *fields, size_t count) {
  unsigned table = first;
  for (size_t i = 0; i < reach->hop_count; i++)
    if (reach->hops[i].is_link) table = first + (unsigned)i;
  for (size_t i = 0; i < count; i++) {
    put(w, ", ");
    rel_sqlite_put_column(&w->sql, table, fields[i]);
    rel_buf_printf(&w->sql, " AS y%u", fields[i]->number);
  }
}

void rel_sqlite_put_ways(rel_sqlite_writer *w, const rel_sqlite_reach *reach, const rel_sqlite_key *key,
                         const rel_field *const *fields, size_t count) {
  bool many = key->kind == REL_SQLITE_KEY_COLUMNS;
  unsigned first = w->tables + 1, last = w->tables += (unsigned)reach->hop_count;
  put(w, count == 0 ? "(SELECT DISTINCT " : "(SELECT ");
  put(w, many ? "k.i AS i" : "0 AS i");
  put_way_parts(w, &reach->hops[reach->hop_count - 1], last, reach->key);
  put_link_fields(w, reach, first, fields, count);
  put(w, many ? " FROM " REL_SQLITE_KEYS "(?1) AS k CROSS JOIN " : " FROM ");
  put_hop_tables(w, reach->hops, reach->hop_count, first);
  put_hop_conditions(w, reach->hops, reach->hop_count, first, key);
  put(w, ") AS l");
}
