// The joins of a statement of groups: a record that relations lead to from a row is found once, however many
// values are taken of it.
//
//   FROM main."books" AS t LEFT JOIN main."authors" AS t1
//     ON t1._rowid_ = (SELECT t2._rowid_ FROM main."authors" AS t2 WHERE …)
//
// The subquery says which record it is, as everywhere (sqlite_related.c). No row comes twice, since a row
// number is one row's. What has no row numbers, a view or a table without them, is not joined: each value
// that is taken of its rows is a subquery.
#include "server/store/sqlite_writer.h"

static void put(rel_sqlite_writer *w, const char *text) {
  rel_buf_cstr(&w->sql, text);
}

static bool has_row_numbers(const rel_sqlite_writer *w, const rel_model *model) {
  const char *table = rel_arena_copy(w->arena, model->table).ptr, *type = NULL;
  int in_key = 0;
  int rc =
      sqlite3_table_column_metadata(w->conn->db, "main", table, "_rowid_", &type, NULL, NULL, &in_key, NULL);
  return rc == SQLITE_OK && in_key && type != NULL && sqlite3_stricmp(type, "INTEGER") == 0;
}

// --- Which there are ---

static const rel_sqlite_join *find(const rel_sqlite_joins *joins, const rel_sqlite_join *from,
                                   const rel_related *related) {
  for (size_t i = 0; i < joins->count; i++)
    if (joins->items[i].from == from && joins->items[i].related->relation == related->relation)
      return &joins->items[i];
  return NULL;
}

// The last join of a path; NULL when a step of it is not joined.
static const rel_sqlite_join *find_path(const rel_sqlite_joins *joins, const rel_group_value *value) {
  const rel_sqlite_join *join = NULL;
  for (size_t i = 0; i < value->path_count; i++) {
    join = find(joins, join, value->path[i]);
    if (join == NULL) return NULL;
  }
  return join;
}

static void add_path(rel_sqlite_writer *w, rel_sqlite_joins *joins, const rel_group_value *value) {
  const rel_sqlite_join *from = NULL;
  for (size_t i = 0; i < value->path_count; i++)
    if (!has_row_numbers(w, value->path[i]->relation->target)) return;
  for (size_t i = 0; i < value->path_count; i++) {
    const rel_sqlite_join *known = find(joins, from, value->path[i]);
    if (known == NULL) {
      rel_sqlite_join *made = &joins->items[joins->count++];
      *made = (rel_sqlite_join){.related = value->path[i], .from = from, .table = ++w->tables};
      known = made;
    }
    from = known;
  }
}

void rel_sqlite_joins_plan(rel_sqlite_writer *w, const rel_grouping *grouping) {
  size_t most = 0;
  for (size_t i = 0; i < grouping->key_count; i++)
    most += grouping->keys[i].path_count;
  for (size_t i = 0; i < grouping->term_count; i++)
    most += grouping->terms[i].of.path_count;
  rel_sqlite_joins *joins = REL_ARENA_NEW(w->arena, rel_sqlite_joins);
  joins->items = REL_ARENA_ARRAY(w->arena, rel_sqlite_join, most);
  for (size_t i = 0; i < grouping->key_count; i++)
    add_path(w, joins, &grouping->keys[i]);
  for (size_t i = 0; i < grouping->term_count; i++)
    add_path(w, joins, &grouping->terms[i].of);
  w->joins = joins;
}

bool rel_sqlite_joined(const rel_sqlite_writer *w, const rel_group_value *value, unsigned *table) {
  const rel_sqlite_join *join = w->joins != NULL ? find_path(w->joins, value) : NULL;
  if (join != NULL) *table = join->table;
  return join != NULL;
}

// --- Writing them ---

static void put_join(rel_sqlite_writer *w, const rel_sqlite_join *join) {
  const rel_sqlite_place rows = {w->model, w->table};
  const rel_model *target = join->related->relation->target;
  put(w, " LEFT JOIN ");
  rel_sqlite_put_table(&w->sql, join->table, target);
  put(w, " ON ");
  rel_sqlite_put_alias(&w->sql, join->table);
  put(w, "._rowid_ = (");
  if (join->from != NULL)
    rel_sqlite_leave(w, &(rel_sqlite_place){join->from->related->relation->target, join->from->table});
  rel_sqlite_put_row_number(w, join->related);
  put(w, ")");
  rel_sqlite_leave(w, &rows);
}

void rel_sqlite_put_joins(rel_sqlite_writer *w) {
  for (size_t i = 0; w->joins != NULL && i < w->joins->count; i++)
    put_join(w, &w->joins->items[i]);
}
