// Rows with the values of the link that leads to them: for orders by a link's own columns,
// "entries.position".
//
// Many links may lead to one row, and it comes once, placed by the first of them in the order. So the ways to
// each row are numbered, and what the first one says goes with the row:
//
//   (SELECT * FROM (SELECT l.i AS key, first_value(l.y5) OVER (PARTITION BY l.i, t.id ORDER BY l.y5) AS …,
//                   row_number() OVER (PARTITION BY l.i, t.id) AS way, t.*
//                   FROM (the ways) AS l CROSS JOIN tracks AS t WHERE t.id = l.x0) WHERE way = 1) AS t
//
// The links of a key are read once, whether or not an index has them by row.
#include "server/store/sqlite_writer.h"

static void put(rel_sqlite_writer *w, const char *text) {
  rel_buf_cstr(&w->sql, text);
}

// --- Terms ---

bool rel_sqlite_by_link(const rel_sqlite_orders *orders) {
  for (size_t o = 0; o < REL_SQLITE_ORDERS; o++)
    for (size_t i = 0; i < orders->of[o].count; i++)
      if (orders->of[o].terms[i].link != REL_LINK_NONE) return true;
  return false;
}

static void put_name(rel_sqlite_writer *w, const rel_sort_term *term) {
  rel_buf_printf(&w->sql, REL_SQLITE_OWN "%u_%u", term->link, term->field->number);
}

void rel_sqlite_put_link_value(rel_sqlite_writer *w, const rel_sort_term *term) {
  rel_sqlite_put_alias(&w->sql, w->table);
  put(w, ".");
  put_name(w, term);
}

static void add_fields(const rel_sqlite_order *order, const rel_field **fields, size_t *count) {
  for (size_t i = 0; i < order->count; i++) {
    size_t known = 0;
    while (known < *count && fields[known] != order->terms[i].field)
      known++;
    if (order->terms[i].link != REL_LINK_NONE && known == *count) fields[(*count)++] = order->terms[i].field;
  }
}

static const rel_model *link_of(const rel_sqlite_reach *reach) {
  for (size_t i = 0; i < reach->hop_count; i++)
    if (reach->hops[i].is_link) return reach->hops[i].model;
  return NULL;
}

// --- Values ---

// " OVER (PARTITION BY l.i, t.id": the ways to one row.
static void put_partition(rel_sqlite_writer *w) {
  put(w, " OVER (PARTITION BY l.i");
  for (size_t i = 0; i < w->model->primary_key_count; i++) {
    put(w, ", ");
    rel_sqlite_put_column(&w->sql, w->table, w->model->primary_key[i]);
  }
}

// The links as the order has them, as far as it is by the link.
static void put_links_order(rel_sqlite_writer *w, const rel_sqlite_order *order) {
  const char *before = " ORDER BY ";
  for (size_t i = 0; i < order->count; i++) {
    const rel_sort_term *term = &order->terms[i];
    if (term->link == REL_LINK_NONE) continue;
    rel_buf_printf(&w->sql, "%sl.y%u%s NULLS %s", before, term->field->number,
                   term->descending ? " DESC" : "", term->nulls_first ? "FIRST" : "LAST");
    before = ", ";
  }
}

// A function's value has no collation of its own.
static void put_value(rel_sqlite_writer *w, const rel_model *link, const rel_sqlite_order *order,
                      const rel_sort_term *term) {
  rel_buf_printf(&w->sql, "first_value(l.y%u)", term->field->number);
  put_partition(w);
  put_links_order(w, order);
  put(w, ")");
  if (rel_field_constant_kind(term->field) == REL_CONSTANT_TEXT) {
    put(w, " COLLATE ");
    rel_sqlite_put_name(&w->sql, rel_cstr(rel_sqlite_collation(w, link, term->field)));
  }
  put(w, " AS ");
  put_name(w, term);
  put(w, ", ");
}

// --- Rows ---

void rel_sqlite_begin_linked(rel_sqlite_writer *w, const rel_sqlite_reach *reach, const rel_sqlite_key *key,
                             const rel_sqlite_orders *orders) {
  static const rel_sqlite_key from_way = {.kind = REL_SQLITE_KEY_WAY};
  size_t most = orders->of[0].count + orders->of[1].count, count = 0;
  const rel_field **fields = REL_ARENA_ARRAY(w->arena, const rel_field *, most);
  put(w, "(SELECT * FROM (SELECT l.i AS " REL_SQLITE_KEY_INDEX ", ");
  for (size_t o = 0; o < REL_SQLITE_ORDERS; o++) {
    const rel_sqlite_order *order = &orders->of[o];
    add_fields(order, fields, &count);
    for (size_t i = 0; i < order->count; i++)
      if (order->terms[i].link != REL_LINK_NONE) put_value(w, link_of(reach), order, &order->terms[i]);
  }
  put(w, "row_number()");
  put_partition(w);
  put(w, ") AS " REL_SQLITE_OWN "way, ");
  if (orders->row_number) {
    rel_sqlite_put_alias(&w->sql, w->table);
    put(w, "._rowid_ AS " REL_SQLITE_ROW ", ");
  }
  rel_sqlite_put_row(w);
  put(w, " FROM ");
  rel_sqlite_put_ways(w, reach, key, fields, count);
  put(w, " CROSS JOIN ");
  rel_sqlite_put_table(&w->sql, w->table, w->model);
  put(w, " WHERE ");
  rel_sqlite_put_key(w, reach->key, reach->key_count, &from_way);
}

void rel_sqlite_end_linked(rel_sqlite_writer *w) {
  put(w, ") WHERE " REL_SQLITE_OWN "way = 1) AS ");
  rel_sqlite_put_alias(&w->sql, w->table);
}
