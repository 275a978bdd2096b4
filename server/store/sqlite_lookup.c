// The statements of a lookup. Names are quoted, values are only ever bound. Called by sqlite_plan.c.
//
// Each plan has two, because what is fast for one key is not for many: a single key needs no virtual table of
// keys, and a statement for each of many keys would read a table without an index as often. Where an index
// tells which rows many keys have, there are two more: one finds the rows' numbers, the other reads the rows.
//
// Where somebody chooses among what a limit has left (rel_choice), a statement has two stages: the rows that
// the lookup itself has, and around them what is chosen.
#include "server/store/sqlite_functions.h"
#include "server/store/sqlite_plan.h"

// What a statement is written from.
typedef struct writing {
  const rel_lookup *lookup;
  rel_sqlite_plan *plan;
  rel_sqlite_writer w;
  const rel_sort_term *order; // in which rows come
  size_t order_count;
  size_t *order_cells;   // where its terms stand in the output; NULL: nowhere
  const char *key_index; // of a row's key in the batch, as SQL has it; NULL: there is one key
  rel_code code;
  rel_error *error;
} writing;

static void put(writing *s, const char *text) {
  rel_buf_cstr(&s->w.sql, text);
}

static void put_column(writing *s, const rel_field *field) {
  rel_sqlite_put_column(&s->w.sql, s->w.table, field);
}

static void put_table(writing *s) {
  rel_sqlite_put_table(&s->w.sql, s->w.table, s->w.model);
}

// What a row consists of, behind so many columns that tell its key: its fields, where it stands in the order,
// and whether the verdict holds.
static void put_output(writing *s, size_t leading) {
  const rel_sqlite_plan *plan = s->plan;
  size_t count = leading;
  for (size_t i = 0; i < plan->column_count; i++) {
    if (count++ > 0) put(s, ", ");
    put_column(s, plan->columns[i]);
  }
  for (size_t i = 0; i < plan->cursor_count; i++) {
    s->order_cells[i] = count;
    if (count++ > 0) put(s, ", ");
    rel_sqlite_put_term(&s->w, &s->order[i]);
  }
  if (s->lookup->verdict != NULL) {
    if (count++ > 0) put(s, ", ");
    rel_sqlite_put_condition(&s->w, s->lookup->verdict);
  }
  if (count == 0) put(s, "1");
}

// "SELECT …", the key first, as SQL has it; NULL: there is one key.
static void put_select(writing *s, const char *key) {
  put(s, "SELECT ");
  if (key != NULL) put(s, key);
  put_output(s, key != NULL ? 1 : 0);
}

// `before` is what stands before the first term.
static void put_order(writing *s, const char *before) {
  rel_sqlite_put_order(&s->w, before, s->order, s->order_count, s->order_cells);
}

// The first rows of the lookup itself, for one key.
static void put_own_first(writing *s) {
  const rel_lookup *lookup = s->lookup;
  rel_sqlite_put_first_by(&s->w, lookup->order_by, lookup->order_count, lookup->limit);
}

static void put_behind(writing *s, rel_str cursor) {
  if (s->code != REL_OK) return;
  s->code = rel_sqlite_put_cursor(&s->w, s->order, s->order_count, cursor, false, s->error);
}

// Only what lies behind the places where the keys' rows go on.
static void put_places(writing *s) {
  const rel_choice *choice = &s->lookup->choice;
  if (choice->after.len > 0) put_behind(s, choice->after);
  if (choice->seek_count == 0) return;
  rel_buf_printf(&s->w.sql, " AND CASE " REL_SQLITE_SEEK "(?1, %s)", s->key_index);
  for (size_t i = 0; i < choice->seek_count; i++) {
    rel_buf_printf(&s->w.sql, " WHEN %zu THEN (1", i + 1);
    put_behind(s, choice->seeks[i].cursor);
    put(s, ")");
  }
  put(s, " ELSE 1 END");
}

// What must hold besides the key, for the lookup's own rows.
static void put_conditions(writing *s) {
  rel_sqlite_put_and_condition(&s->w, s->lookup->condition);
  if (!s->plan->staged) rel_sqlite_put_and_condition(&s->w, s->lookup->choice.condition);
  if (!s->plan->staged && !s->plan->linked) put_places(s);
  rel_sqlite_put_discriminator(&s->w);
}

// What is chosen of them.
static void put_choice(writing *s) {
  if (s->plan->staged) rel_sqlite_put_and_condition(&s->w, s->lookup->choice.condition);
  if (s->plan->staged || s->plan->linked) put_places(s);
}

static const rel_sqlite_key from_parameters = {.kind = REL_SQLITE_KEY_PARAMETERS},
                            from_columns = {.kind = REL_SQLITE_KEY_COLUMNS},
                            from_way = {.kind = REL_SQLITE_KEY_WAY};

static rel_sqlite_reach reach_of(const writing *s) {
  return (rel_sqlite_reach){s->lookup->hops, s->lookup->hop_count, s->lookup->key, s->lookup->key_count};
}

static void put_key(writing *s, const rel_sqlite_key *key) {
  rel_sqlite_put_key(&s->w, s->lookup->key, s->lookup->key_count, key);
}

// --- One key ---

static void put_own_rows(writing *s) {
  const rel_sqlite_reach reach = reach_of(s);
  put_table(s);
  put(s, " WHERE ");
  rel_sqlite_put_reached(&s->w, &reach, &from_parameters);
  put_conditions(s);
}

// Begins the rows of the lookup itself as a table of their own.
static void put_stage(writing *s) {
  put(s, "(SELECT ");
  rel_sqlite_put_row(&s->w);
  put(s, " FROM ");
}

static void write_one(writing *s) {
  bool staged = s->plan->staged;
  put_select(s, NULL);
  put(s, " FROM ");
  if (staged) put_stage(s);
  put_own_rows(s);
  if (staged) {
    put_own_first(s);
    put(s, ") AS t WHERE 1");
    put_choice(s);
  }
  put_order(s, " ORDER BY ");
  if (s->plan->limit == 0) return;
  put(s, " LIMIT ");
  rel_sqlite_put_int(&s->w, (int64_t)s->plan->limit);
}

// --- Many keys ---

// The rows of the keys, behind what is selected of them.
static void put_in(writing *s) {
  const rel_field *key = s->lookup->key[0];
  put(s, " FROM ");
  put_table(s);
  put(s, " WHERE ");
  put_column(s, key);
  put(s, " IN (SELECT k0 FROM " REL_SQLITE_KEYS "(?1))");
  put_conditions(s);
  put(s, " ORDER BY ");
  put_column(s, key);
  put_order(s, ", ");
}

static void write_in(writing *s) {
  put(s, "SELECT ");
  if (s->plan->many_lead > 0) put_column(s, s->lookup->key[0]);
  put_output(s, s->plan->many_lead);
  put_in(s);
}

static void write_find(writing *s) {
  put(s, "SELECT ");
  put_column(s, s->lookup->key[0]);
  rel_buf_printf(&s->w.sql, ", t.%s", s->plan->rowid);
  put_in(s);
}

// CROSS JOIN is SQLite's way to say: the left table is the outer loop.
static void put_joined(writing *s) {
  put(s, " FROM " REL_SQLITE_KEYS "(?1) AS k CROSS JOIN ");
  put_table(s);
  put(s, " WHERE ");
}

static void write_read(writing *s) {
  put_select(s, "k.i");
  put_joined(s);
  rel_buf_printf(&s->w.sql, "t.%s = k.k0", s->plan->rowid);
}

static void put_keyed(writing *s) {
  put_joined(s);
  put_key(s, &from_columns);
  put_conditions(s);
}

static void put_led(writing *s) {
  const rel_sqlite_reach reach = reach_of(s);
  put(s, " FROM ");
  rel_sqlite_put_ways(&s->w, &reach, &from_columns, NULL, 0);
  put(s, " CROSS JOIN ");
  put_table(s);
  put(s, " WHERE ");
  put_key(s, &from_way);
  put_conditions(s);
}

static void write_join(writing *s) {
  put_select(s, "k.i");
  put_keyed(s);
  put(s, " ORDER BY k.i");
  put_order(s, ", ");
}

static void write_ways(writing *s) {
  put_select(s, "l.i");
  put_led(s);
  put(s, " ORDER BY l.i");
  put_order(s, ", ");
}

// For each key the rows that come first are found by themselves, so that an index in the order is read no
// further than the limit, and nothing else is sorted than what is few.
static void write_first(writing *s) {
  const char *rowid = s->plan->rowid;
  put_select(s, "k.i");
  put_joined(s);
  rel_buf_printf(&s->w.sql, "t.%s IN (SELECT t1.%s FROM ", rowid, rowid);
  s->w.table = 1;
  put_table(s);
  put(s, " WHERE ");
  put_key(s, &from_columns);
  put_conditions(s);
  if (s->plan->staged)
    put_own_first(s);
  else
    rel_sqlite_put_first_by(&s->w, s->order, s->order_count, s->plan->limit);
  put(s, ")");
  s->w.table = 0;
  put_choice(s);
  put(s, " ORDER BY k.i");
  put_order(s, ", ");
}

// What statements call by themselves of a table of rows with their keys.
#define KEY_INDEX "t." REL_SQLITE_KEY_INDEX
#define RANK      REL_SQLITE_OWN "rank"

static void put_linked(writing *s) {
  const rel_sqlite_reach reach = reach_of(s);
  rel_sqlite_begin_linked(&s->w, &reach, &from_columns, &s->plan->orders);
  put_conditions(s);
  rel_sqlite_end_linked(&s->w);
}

// "(…) AS t": the lookup's rows with the index of their key, as a table.
static void put_rows(writing *s) {
  bool led = s->lookup->hop_count > 0;
  if (s->plan->linked) {
    put_linked(s);
    return;
  }
  put(s, led ? "(SELECT l.i" : "(SELECT k.i");
  put(s, " AS " REL_SQLITE_KEY_INDEX ", ");
  rel_sqlite_put_row(&s->w);
  if (led)
    put_led(s);
  else
    put_keyed(s);
  put(s, ") AS t");
}

static void write_linked(writing *s) {
  put_select(s, KEY_INDEX);
  put(s, " FROM ");
  put_rows(s);
  put(s, " WHERE 1");
  put_choice(s);
  put(s, " ORDER BY " KEY_INDEX);
  put_order(s, ", ");
}

// The rows of each key are numbered as the lookup itself has them, equal ones alike, so that one which comes
// several times counts once.
static void write_ranked(writing *s) {
  const rel_lookup *lookup = s->lookup;
  put_select(s, KEY_INDEX);
  put(s, " FROM (SELECT *, dense_rank() OVER (PARTITION BY " KEY_INDEX);
  rel_sqlite_put_order(&s->w, " ORDER BY ", lookup->order_by, lookup->order_count, NULL);
  put(s, ") AS " RANK " FROM ");
  put_rows(s);
  put(s, ") AS t WHERE t." RANK " <= ");
  rel_sqlite_put_int(&s->w, (int64_t)lookup->limit);
  put_choice(s);
  put(s, " ORDER BY " KEY_INDEX);
  put_order(s, ", ");
}

// --- Texts ---

// Writes a statement whose keys take the first `reserved` parameters.
static void write_text(writing *s, void (*write)(writing *), size_t reserved, rel_sqlite_text *out) {
  rel_arena *arena = &s->plan->arena;
  s->w.reserved = reserved;
  write(s);
  rel_sqlite_binding *values = REL_ARENA_ARRAY(arena, rel_sqlite_binding, s->w.count);
  if (s->w.count > 0) memcpy(values, s->w.bindings, s->w.count * sizeof *values);
  *out = (rel_sqlite_text){.sql = rel_arena_copy(arena, rel_buf_view(&s->w.sql)).ptr,
                           .reserved = reserved,
                           .values = values,
                           .value_count = s->w.count};
  s->w.sql.len = 0;
  s->w.count = 0;
  s->w.tables = 0;
}

static writing begin(rel_sqlite_conn *conn, rel_sqlite_plan *plan, rel_error *error) {
  writing s = {.lookup = &plan->lookup, .plan = plan, .code = REL_OK, .error = error};
  s.w = (rel_sqlite_writer){.conn = conn, .model = plan->model, .arena = &plan->arena};
  s.order = plan->orders.of[0].terms;
  s.order_count = plan->orders.of[0].count;
  return s;
}

rel_code rel_sqlite_write_lookup(rel_sqlite_conn *conn, rel_sqlite_plan *plan, rel_error *error) {
  static const struct {
    void (*write)(writing *);
    const char *key_index;
  } many[] = {[REL_SQLITE_IN] = {write_in, NULL},
              [REL_SQLITE_JOIN] = {write_join, "k.i"},
              [REL_SQLITE_WAYS] = {write_ways, "l.i"},
              [REL_SQLITE_FIRST] = {write_first, "k.i"},
              [REL_SQLITE_RANKED] = {write_ranked, KEY_INDEX},
              [REL_SQLITE_LINKED] = {write_linked, KEY_INDEX}};
  writing s = begin(conn, plan, error);
  if (plan->cursor_count > 0) s.order_cells = REL_ARENA_ARRAY(&plan->arena, size_t, plan->cursor_count);
  size_t parameters = 0;
  for (size_t i = 0; i < plan->key_count; i++)
    parameters += plan->alternatives[i];
  plan->one.sql = NULL;
  if (!plan->linked && plan->lookup.choice.seek_count == 0) write_text(&s, write_one, parameters, &plan->one);
  s.key_index = many[plan->shape].key_index;
  write_text(&s, many[plan->shape].write, 1, &plan->many);
  rel_sqlite_writer_fini(&s.w);
  return s.code;
}

rel_code rel_sqlite_write_scattered(rel_sqlite_conn *conn, rel_sqlite_plan *plan, rel_error *error) {
  writing s = begin(conn, plan, error);
  write_text(&s, write_find, 1, &plan->find);
  write_text(&s, write_read, 1, &plan->read);
  rel_sqlite_writer_fini(&s.w);
  return s.code;
}
