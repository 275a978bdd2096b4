// Relations in a query: the rows of a relation of the row that is being looked at, as a subquery.
//
//   EXISTS (SELECT 1 FROM main."books" AS t1 WHERE t1."author_id" = +t."id" AND …)
//
// The one place where a query goes from one table to another. Whatever decides which rows are a relation's,
// its key, its scope, its target's discriminator, its limit, stands here as it stands in a lookup.
#include "server/store/sqlite_writer.h"

static void put(rel_sqlite_writer *w, const char *text) {
  rel_buf_cstr(&w->sql, text);
}

// --- Rows ---

// What must hold for the owner's row.
static void put_gate(rel_sqlite_writer *w, const rel_sqlite_place *owner, const rel_condition *gate) {
  rel_sqlite_place here = {w->model, w->table};
  rel_sqlite_leave(w, owner);
  rel_sqlite_put_and_condition(w, gate);
  rel_sqlite_leave(w, &here);
}

// With `orders` by the link the rows have what these are by.
static void put_rows(rel_sqlite_writer *w, const rel_sqlite_place *owner, const rel_related *related,
                     const rel_sqlite_orders *orders) {
  const rel_scope *scope = related->scope;
  bool linked = rel_sqlite_by_link(orders);
  const rel_sqlite_reach reach = {scope->hops, scope->hop_count, scope->key, scope->key_count};
  const rel_sqlite_key key = {.kind = REL_SQLITE_KEY_FIELDS,
                              .table = owner->table,
                              .fields = rel_relation_owner_key(related->relation)};
  if (linked) {
    rel_sqlite_begin_linked(w, &reach, &key, orders);
  } else {
    rel_sqlite_put_table(&w->sql, w->table, w->model);
    put(w, " WHERE ");
    rel_sqlite_put_reached(w, &reach, &key);
  }
  put_gate(w, owner, related->gate);
  rel_sqlite_put_and_condition(w, related->scope->condition);
  rel_sqlite_put_discriminator(w);
  if (linked) rel_sqlite_end_linked(w);
}

// How many of the rows are the relation's, the first in its order; 0: all. Where the key is the target's
// primary key there is one at most anyway.
static size_t first_of(const rel_related *related) {
  const rel_relation *relation = related->relation;
  const rel_scope *scope = related->scope;
  const rel_model *target = relation->target;
  if (relation->kind == REL_HAS_MANY) return relation->limit;
  bool unique = scope->hop_count == 0 && scope->key_count == target->primary_key_count;
  for (size_t i = 0; unique && i < scope->key_count; i++)
    unique = scope->key[i] == target->primary_key[i];
  return unique ? 0 : 1;
}

static void put_first(rel_sqlite_writer *w, const rel_sqlite_place *owner, const rel_related *related,
                      size_t first) {
  const rel_scope *scope = related->scope;
  put(w, "(SELECT ");
  const rel_sqlite_orders orders = {.of = {{scope->order_by, scope->order_count}}};
  bool linked = rel_sqlite_by_link(&orders);
  if (linked)
    put(w, "*");
  else
    rel_sqlite_put_row(w);
  put(w, " FROM ");
  put_rows(w, owner, related, &orders);
  rel_sqlite_put_first_by(w, scope->order_by, scope->order_count, first);
  put(w, ") AS ");
  rel_sqlite_put_alias(&w->sql, w->table);
  put(w, " WHERE 1");
}

rel_sqlite_place rel_sqlite_enter(rel_sqlite_writer *w, const rel_related *related) {
  rel_sqlite_place owner = {w->model, w->table};
  w->model = related->relation->target;
  w->tables = (w->tables > w->table ? w->tables : w->table) + 1;
  w->table = w->tables;
  return owner;
}

void rel_sqlite_put_related(rel_sqlite_writer *w, const rel_related *related, const rel_sqlite_place *owner) {
  size_t first = first_of(related);
  put(w, " FROM ");
  if (first > 0)
    put_first(w, owner, related, first);
  else
    put_rows(w, owner, related, &(rel_sqlite_orders){0});
}

void rel_sqlite_put_row_number(rel_sqlite_writer *w, const rel_related *related) {
  const rel_scope *scope = related->scope;
  rel_sqlite_place owner = rel_sqlite_enter(w, related);
  size_t first = first_of(related);
  rel_sqlite_orders orders = {.row_number = true};
  if (first > 0) orders.of[0] = (rel_sqlite_order){scope->order_by, scope->order_count};
  put(w, "SELECT ");
  rel_sqlite_put_alias(&w->sql, w->table);
  put(w, rel_sqlite_by_link(&orders) ? "." REL_SQLITE_ROW " FROM " : "._rowid_ FROM ");
  put_rows(w, &owner, related, &orders);
  if (first > 0) rel_sqlite_put_first_by(w, scope->order_by, scope->order_count, first);
  rel_sqlite_leave(w, &owner);
}

void rel_sqlite_leave(rel_sqlite_writer *w, const rel_sqlite_place *owner) {
  w->model = owner->model;
  w->table = owner->table;
}

// --- Conditions ---

static void put_filtered(rel_sqlite_writer *w, const rel_condition *c) {
  rel_sqlite_place owner = rel_sqlite_enter(w, c->related);
  rel_sqlite_put_related(w, c->related, &owner);
  rel_sqlite_put_and_condition(w, c->part_count > 0 ? c->parts[0] : NULL);
  rel_sqlite_leave(w, &owner);
}

void rel_sqlite_put_some(rel_sqlite_writer *w, const rel_condition *c) {
  put(w, "EXISTS (SELECT 1");
  put_filtered(w, c);
  put(w, ")");
}

void rel_sqlite_put_count(rel_sqlite_writer *w, const rel_condition *c) {
  put(w, "(SELECT count(*)");
  put_filtered(w, c);
  put(w, ")");
}

// --- Values ---

// "(SELECT t1.name FROM …)", from the step on: as deep as paths are.
static void put_step(rel_sqlite_writer *w, const rel_sort_term *term, size_t step) {
  if (step == term->path_count) {
    if (term->counts)
      put(w, "count(*)");
    else
      rel_sqlite_put_column(&w->sql, w->table, term->field);
    return;
  }
  rel_sqlite_place owner = rel_sqlite_enter(w, term->path[step]);
  put(w, "(SELECT ");
  put_step(w, term, step + 1);
  rel_sqlite_put_related(w, term->path[step], &owner);
  put(w, ")");
  rel_sqlite_leave(w, &owner);
}

void rel_sqlite_put_value_along(rel_sqlite_writer *w, const rel_sort_term *term) {
  put_step(w, term, 0);
  if (term->counts || rel_field_constant_kind(term->field) != REL_CONSTANT_TEXT) return;
  const rel_model *end = term->path[term->path_count - 1]->relation->target;
  put(w, " COLLATE "); // a subquery's text has none of its own
  rel_sqlite_put_name(&w->sql, rel_cstr(rel_sqlite_collation(w, end, term->field)));
}
