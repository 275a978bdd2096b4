// Columns that are only called like a foreign key, user_id beside a table users, become links that are
// guesses: see draft.h. Owns what a column must be called. Rails and many others write no foreign keys into
// the database; but since the database does not say so, what is guessed stands in the schema as a comment.
#include "client/cli/introspect/relate.h"

// The stem of "user_id" and "userId"; none for a column that is not called so.
static rel_words stem_of(rel_arena *arena, rel_str column) {
  static const char *const endings[] = {"id", "uuid", "guid"};
  rel_words words = rel_name_words(arena, column);
  for (size_t i = 0; words.count > 1 && i < sizeof endings / sizeof endings[0]; i++)
    if (rel_str_is(words.items[words.count - 1], endings[i]))
      return (rel_words){.items = words.items, .count = words.count - 1};
  return (rel_words){0};
}

// The message that a column of `child` is called after: by its own name, or the child itself for parent_id.
static rel_draft_message *called_after(rel_arena *arena, const rel_draft *draft, rel_draft_message *child,
                                       rel_words stem) {
  rel_str name = rel_name_snake(arena, rel_name_singular(arena, stem));
  if (rel_str_is(name, "parent")) return child;
  for (size_t i = 0; i < draft->message_count; i++) {
    rel_draft_message *message = &draft->messages[i];
    if (message->left_out.len == 0 && rel_str_eq(rel_name_snake(arena, message->noun), name)) return message;
  }
  return NULL;
}

// What is a foreign key already, or half of a pair with a type, is not guessed at.
static bool is_spoken_for(const rel_draft_message *message, size_t column) {
  const rel_db_table *table = message->table;
  for (size_t i = 0; i < table->foreign_key_count; i++)
    for (size_t k = 0; k < table->foreign_keys[i].count; k++)
      if (rel_db_name_eq(table->foreign_keys[i].columns[k], table->columns[column].name)) return true;
  for (size_t i = 0; i < table->pair_count; i++)
    if (table->pairs[i].key_column == column) return true;
  return false;
}

const rel_db_foreign_key *rel_draft_guess_key(rel_arena *arena, const rel_draft *draft,
                                              rel_draft_message *child, size_t column) {
  const rel_draft_field *field = &child->fields[column];
  if (child->table->kind != REL_DB_TABLE || is_spoken_for(child, column)) return NULL;
  rel_words stem = stem_of(arena, field->column->name);
  const rel_draft_message *parent = stem.count > 0 ? called_after(arena, draft, child, stem) : NULL;
  bool itself = parent == child && child->primary_key_count == 1 && child->primary_key[0] == field;
  if (parent == NULL || itself || parent->primary_key_count != 1) return NULL;
  rel_db_foreign_key *key = REL_ARENA_NEW(arena, rel_db_foreign_key);
  key->target = parent->table->name;
  key->columns = REL_ARENA_ARRAY(arena, rel_str, 1);
  key->columns[0] = field->column->name;
  key->references = REL_ARENA_ARRAY(arena, rel_str, 1);
  key->count = 1;
  return key;
}
