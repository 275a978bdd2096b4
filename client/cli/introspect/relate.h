// What relate.c, guess.c, through.c and pairs.c share: nobody else includes it. A link is a foreign key that
// is a relation of both sides, or a column that is only called like one, which is a guess.
#ifndef RELATIONS_CLIENT_CLI_INTROSPECT_RELATE_H
#define RELATIONS_CLIENT_CLI_INTROSPECT_RELATE_H

#include "client/cli/introspect/draft.h"

typedef struct rel_draft_link {
  rel_draft_message *child;
  rel_draft_message *parent;
  const rel_draft_field **foreign_key;
  const rel_draft_field **references;
  size_t count;
  bool to_primary_key;
  bool one_to_one;
  bool guessed;   // the database does not say so
  bool alone;     // the only link from child to parent, and not to itself
  rel_words stem; // the column's name without what only says that it is a key
  bool told;      // the stem says more than the column's own name
  rel_draft_relation *forward;
  rel_draft_relation *backward;
  struct rel_draft_link *next;
} rel_draft_link;

// --- relate.c ---

// "home team matches" of "home team" and "matches".
rel_words rel_draft_join_words(rel_arena *arena, rel_words a, rel_words b);
// Takes the first free one of the candidates as a relation's name, or makes the last one unique.
rel_str rel_draft_take_name(rel_draft_message *message, rel_arena *arena, const rel_words *candidates,
                            size_t count);
// What generated C calls the relation instead, where its name is taken there; else empty.
rel_str rel_draft_c_name(rel_arena *arena, const rel_draft_message *owner, rel_draft_kind kind, rel_str name);
// Adds a relation that does not say yet what it joins.
rel_draft_relation *rel_draft_add_relation(rel_arena *arena, rel_draft_message *owner,
                                           const rel_draft_message *target, rel_draft_kind kind,
                                           rel_str name);
// True when the columns of the set are those of the fields, in any order.
bool rel_draft_same_set(const rel_draft_message *message, const rel_db_columns *set,
                        const rel_draft_field *const *fields, size_t count);
// True when the fields are the primary key, in any order.
bool rel_draft_is_primary_key(const rel_draft_message *message, const rel_draft_field *const *fields,
                              size_t count);

// --- guess.c ---

// The foreign key that a column would be if it is what it is called like, or NULL.
const rel_db_foreign_key *rel_draft_guess_key(rel_arena *arena, const rel_draft *draft,
                                              rel_draft_message *child, size_t column);

// --- through.c ---

// Adds the relations that lead through tables which do nothing but link two others: by foreign keys alone,
// or, `guessed`, where one of the two links is a guess at least.
void rel_draft_relate_through(rel_arena *arena, const rel_draft_link *links, bool guessed);

#endif
