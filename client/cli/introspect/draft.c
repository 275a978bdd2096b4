// Tables become messages, columns become fields: see draft.h. Owns names, keys and field numbers of messages;
// types.c and relate.c do their part.
#include "client/cli/introspect/draft.h"

enum { THOUSAND = 1000, RESERVED_FIRST = 19000, RESERVED_COUNT = 1000 };

unsigned rel_draft_number(unsigned n) {
  return n < RESERVED_FIRST ? n : n + RESERVED_COUNT;
}

// --- Finding things ---

rel_draft_message *rel_draft_of_table(const rel_draft *draft, const rel_db *db, const rel_db_table *table) {
  return table != NULL ? &draft->messages[table - db->tables] : NULL;
}

rel_draft_field *rel_draft_field_of(const rel_draft_message *message, rel_str column) {
  const rel_db_column *found = rel_db_find_column(message->table, column);
  return found != NULL ? &message->fields[found - message->table->columns] : NULL;
}

size_t rel_draft_models(const rel_draft *draft) {
  size_t count = 0;
  for (size_t i = 0; i < draft->message_count; i++)
    count += draft->messages[i].left_out.len == 0;
  return count;
}

// --- Names ---

// A name must begin with a letter.
static rel_words lettered(rel_arena *arena, rel_words words, const char *first) {
  bool fine = words.count > 0 && (words.items[0].ptr[0] < '0' || words.items[0].ptr[0] > '9');
  if (fine) return words;
  rel_words longer = {.items = REL_ARENA_ARRAY(arena, rel_str, words.count + 1), .count = words.count + 1};
  longer.items[0] = rel_cstr(first);
  for (size_t i = 0; i < words.count; i++)
    longer.items[i + 1] = words.items[i];
  return longer;
}

// "tbl_customers" and "tblCustomers" are customers.
static rel_words without_prefix(rel_words words) {
  static const char *const prefixes[] = {"tbl", "tb", "vw"};
  for (size_t i = 0; words.count > 1 && i < sizeof prefixes / sizeof prefixes[0]; i++)
    if (rel_str_is(words.items[0], prefixes[i]))
      return (rel_words){.items = words.items + 1, .count = words.count - 1};
  return words;
}

static void name_message(rel_arena *arena, rel_draft_message *message, rel_names *taken) {
  rel_words words = lettered(arena, without_prefix(rel_name_words(arena, message->table->name)), "table");
  message->noun = rel_name_singular(arena, words);
  message->name = rel_names_take(taken, arena, rel_name_camel(arena, message->noun), "");
}

bool rel_draft_taken_in_c(rel_str name) {
  static const char *const taken[] = {"base", "errno", "i386", "linux", "unix"};
  for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
    if (rel_str_is(name, taken[i])) return true;
  return false;
}

static void name_fields(rel_arena *arena, rel_draft_message *message) {
  for (size_t i = 0; i < message->table->column_count; i++) {
    rel_draft_field *field = &message->fields[i];
    if (field->type == NULL) continue;
    rel_words words = lettered(arena, rel_name_words(arena, field->column->name), "column");
    field->name = rel_names_take(&message->names, arena, rel_name_snake(arena, words), "_");
  }
  for (size_t i = 0; i < message->table->column_count; i++)
    if (rel_draft_taken_in_c(message->fields[i].name))
      message->fields[i].c_name = rel_names_take(
          &message->names, arena,
          rel_arena_printf(arena, REL_STR_F "_value", REL_STR_A(message->fields[i].name)), "_");
  message->load_info = rel_names_take(&message->names, arena, rel_cstr("load_info"), "_");
}

// --- Keys ---

static void set_key(rel_arena *arena, rel_draft_message *message, size_t count) {
  message->primary_key = REL_ARENA_ARRAY(arena, rel_draft_field *, count);
  message->primary_key_count = count;
}

static bool use_primary_key(rel_arena *arena, rel_draft_message *message) {
  size_t count = 0;
  for (size_t i = 0; i < message->table->column_count; i++)
    count += message->table->columns[i].key_place > 0;
  if (count == 0) return false;
  set_key(arena, message, count);
  for (size_t i = 0; i < message->table->column_count; i++) {
    unsigned place = message->table->columns[i].key_place;
    if (place > 0) message->primary_key[place - 1] = &message->fields[i];
  }
  return true;
}

// The smallest set of columns that is unique and never NULL; the first of several.
static bool use_unique_set(rel_arena *arena, rel_draft_message *message) {
  const rel_db_table *table = message->table;
  const rel_db_columns *best = NULL;
  for (size_t i = 0; i < table->unique_count; i++) {
    const rel_db_columns *set = &table->uniques[i];
    if (rel_db_never_null(table, set) && (best == NULL || set->count < best->count)) best = set;
  }
  if (best == NULL) return false;
  set_key(arena, message, best->count);
  for (size_t k = 0; k < best->count; k++)
    message->primary_key[k] = &message->fields[best->items[k]];
  message->note = rel_cstr("Has no primary key; a unique key stands in for it.");
  return true;
}

// Nothing of the table refers to a row by its number, so that it may change does no harm.
static bool use_row_number(rel_arena *arena, rel_draft_message *message) {
  const rel_db_table *table = message->table;
  size_t last = table->column_count - 1;
  if (table->column_count == 0 || !table->columns[last].row_number) return false;
  set_key(arena, message, 1);
  message->primary_key[0] = &message->fields[last];
  message->note = rel_arena_printf(
      arena, "Has no key; the row's number, \"" REL_STR_F "\", stands in for it, and may change with VACUUM.",
      REL_STR_A(table->columns[last].name));
  return true;
}

static bool use_view_key(rel_arena *arena, rel_draft_message *message) {
  const rel_db_table *view = message->table;
  if (view->key_origin.len == 0) return false;
  set_key(arena, message, 1);
  message->primary_key[0] = &message->fields[view->key_column];
  message->note =
      rel_arena_printf(arena, "A view. Its key shows " REL_STR_F ", and no value comes twice now.",
                       REL_STR_A(view->key_origin));
  return true;
}

static void find_key(rel_arena *arena, rel_draft_message *message) {
  if (message->table->kind == REL_DB_VIEW) {
    if (!use_view_key(arena, message))
      message->left_out = rel_cstr("no column of the view shows a primary key without repeating a value");
  } else if (!use_primary_key(arena, message) && !use_unique_set(arena, message) &&
             !use_row_number(arena, message)) {
    message->left_out = rel_cstr("it has no primary key, and no unique key whose columns are NOT NULL");
  }
  for (size_t i = 0; i < message->primary_key_count; i++)
    message->primary_key[i]->joins = true;
}

// Whatever a foreign key compares must have a type that can be compared.
static void mark_foreign_keys(const rel_db *db, const rel_draft *draft, rel_draft_message *message) {
  for (size_t i = 0; i < message->table->foreign_key_count; i++) {
    const rel_db_foreign_key *key = &message->table->foreign_keys[i];
    const rel_draft_message *target = rel_draft_of_table(draft, db, rel_db_find_table(db, key->target));
    for (size_t k = 0; k < key->count; k++) {
      rel_draft_field *here = rel_draft_field_of(message, key->columns[k]);
      rel_draft_field *there = target != NULL ? rel_draft_field_of(target, key->references[k]) : NULL;
      if (here != NULL) here->joins = true;
      if (there != NULL) there->joins = true;
    }
  }
}

// SQLite lets a primary key be NULL unless it says NOT NULL; a model's key cannot be.
static void check_key(rel_arena *arena, rel_draft_message *message) {
  for (size_t i = 0; i < message->primary_key_count; i++) {
    rel_draft_field *field = message->primary_key[i];
    rel_str why = field->column->values.nulls > 0 ? rel_cstr("holds NULL") : field->no_key;
    field->optional = false;
    if (why.len == 0) continue;
    message->left_out = rel_arena_printf(arena, "its key column \"" REL_STR_F "\" " REL_STR_F,
                                         REL_STR_A(field->column->name), REL_STR_A(why));
    return;
  }
}

// --- Everything ---

static void start_message(const rel_db_table *table, rel_arena *arena, rel_draft_message *message) {
  message->table = table;
  message->left_out = table->unusable;
  message->fields = REL_ARENA_ARRAY(arena, rel_draft_field, table->column_count);
  for (size_t i = 0; i < table->column_count; i++) {
    message->fields[i].column = &table->columns[i];
    message->fields[i].number = rel_draft_number((unsigned)i + 1);
  }
  // A column that is added later takes the number after the others, so a row number has one far from them.
  unsigned behind = (unsigned)(table->column_count / THOUSAND + 1) * THOUSAND;
  message->load_info_number = rel_draft_number(behind);
  message->next_number = behind + 1;
  for (size_t i = 0; i < table->column_count; i++)
    if (table->columns[i].row_number) message->fields[i].number = rel_draft_number(behind - 1);
  if (table->name.len == 0) message->left_out = rel_cstr("it has no name");
  if (message->left_out.len == 0) find_key(arena, message);
}

static void finish_message(rel_arena *arena, rel_draft_message *message, rel_names *taken) {
  for (size_t i = 0; i < message->table->column_count; i++)
    rel_draft_choose_type(arena, &message->fields[i]);
  check_key(arena, message);
  if (message->left_out.len > 0) return;
  name_message(arena, message, taken);
  name_fields(arena, message);
}

void rel_draft_make(const rel_db *db, rel_arena *arena, rel_draft *out) {
  *out = (rel_draft){.messages = REL_ARENA_ARRAY(arena, rel_draft_message, db->table_count),
                     .message_count = db->table_count};
  for (size_t i = 0; i < db->table_count; i++)
    start_message(&db->tables[i], arena, &out->messages[i]);
  for (size_t i = 0; i < db->table_count; i++)
    mark_foreign_keys(db, out, &out->messages[i]);
  rel_names taken = {0};
  for (size_t i = 0; i < db->table_count; i++)
    finish_message(arena, &out->messages[i], &taken);
  rel_draft_relate(db, arena, out);
  rel_draft_suggest_pairs(arena, out);
}
