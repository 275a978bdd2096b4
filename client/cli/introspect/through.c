// Join tables become many-to-many relations: see draft.h. Owns which tables link two others, and what the
// relations through them are called.
//
// A table links two others when two of its foreign keys make up its primary key, or a unique key: then each
// pair of rows stands there once at most. So does one without any key that has no other columns. It stays a
// model, with its own columns; each of the two others leads through it. The relation is called after the
// plural of what it leads to, or of the column's name where a model leads to itself; where that is taken, the
// join table's name comes before it.
#include "client/cli/introspect/relate.h"

// True when both foreign keys together are a key of their table. No column is in both.
static bool is_pair(rel_arena *arena, const rel_draft_link *a, const rel_draft_link *b) {
  const rel_draft_message *child = a->child;
  size_t count = a->count + b->count;
  const rel_draft_field **fields = REL_ARENA_ARRAY(arena, const rel_draft_field *, count);
  if (b->child != child || a->one_to_one || b->one_to_one) return false;
  for (size_t i = 0; i < count; i++) {
    fields[i] = i < a->count ? a->foreign_key[i] : b->foreign_key[i - a->count];
    for (size_t k = 0; k < i; k++)
      if (fields[k] == fields[i]) return false;
  }
  if (rel_draft_is_primary_key(child, fields, count)) return true;
  if (count + 1 == child->table->column_count && child->table->columns[count].row_number) return true;
  for (size_t i = 0; i < child->table->unique_count; i++)
    if (rel_draft_same_set(child, &child->table->uniques[i], fields, count)) return true;
  return false;
}

// What leads from one link's parent to the other's.
static rel_str name_through(rel_arena *arena, const rel_draft_link *from, const rel_draft_link *to) {
  rel_words candidates[2];
  size_t count = 0;
  bool itself = from->parent == to->parent;
  rel_words noun = rel_name_plural(arena, itself ? to->stem : to->parent->noun);
  if (!itself || to->told) candidates[count++] = noun;
  candidates[count++] = rel_draft_join_words(arena, from->child->noun, noun);
  return rel_draft_take_name(from->parent, arena, candidates, count);
}

static rel_draft_relation *lead(rel_arena *arena, const rel_draft_link *from, const rel_draft_link *to) {
  rel_draft_relation *relation = rel_draft_add_relation(arena, from->parent, to->parent, REL_DRAFT_HAS_MANY,
                                                        name_through(arena, from, to));
  relation->through = from->backward->name;
  relation->source = to->forward->name;
  relation->guessed = from->guessed || to->guessed;
  return relation;
}

void rel_draft_relate_through(rel_arena *arena, const rel_draft_link *links, bool guessed) {
  for (const rel_draft_link *a = links; a != NULL; a = a->next) {
    for (const rel_draft_link *b = a->next; b != NULL; b = b->next) {
      if ((a->guessed || b->guessed) != guessed || !is_pair(arena, a, b)) continue;
      rel_draft_relation *there = lead(arena, a, b), *back = lead(arena, b, a);
      if (guessed) continue; // each can be taken without the other
      there->inverse = back->name;
      back->inverse = there->name;
    }
  }
}
