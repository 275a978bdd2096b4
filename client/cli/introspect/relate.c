// Foreign keys become relations of both sides: see draft.h. Owns which foreign keys can, and what the
// relations are called.
//
// A link is a foreign key that can. belongs_to is called after the column ("support_rep" for SupportRepId),
// or after the target where the column's name says no more; the other side after the child's plural, or
// singular where the key is unique. Where that name is taken, or would not tell several links apart, the
// column's name comes before it.
#include "client/cli/introspect/relate.h"

typedef rel_draft_link link;

typedef struct links {
  link *first;
  link **last;
} links;

// --- Which foreign keys are links ---

static void add_note(rel_arena *arena, rel_draft_message *message, const rel_db_foreign_key *key,
                     rel_str why) {
  rel_str columns = rel_cstr("");
  for (size_t i = 0; i < key->count; i++)
    columns = rel_arena_printf(arena, REL_STR_F "%s" REL_STR_F, REL_STR_A(columns), i > 0 ? ", " : "",
                               REL_STR_A(key->columns[i]));
  rel_draft_note *note = REL_ARENA_NEW(arena, rel_draft_note);
  note->text = rel_arena_printf(
      arena, "No relation for FOREIGN KEY (" REL_STR_F ") REFERENCES " REL_STR_F ": " REL_STR_F,
      REL_STR_A(columns), REL_STR_A(key->target), REL_STR_A(why));
  rel_draft_note **at = &message->notes;
  while (*at != NULL)
    at = &(*at)->next;
  *at = note;
}

bool rel_draft_same_set(const rel_draft_message *message, const rel_db_columns *set,
                        const rel_draft_field *const *fields, size_t count) {
  size_t found = 0;
  for (size_t i = 0; i < set->count; i++)
    for (size_t k = 0; k < count; k++)
      if (fields[k] == &message->fields[set->items[i]]) found++;
  return set->count == count && found == count;
}

// True when the fields hold a whole unique set, the primary key included: no two rows then have the same
// values.
static bool holds_unique(const rel_draft_message *message, const rel_draft_field *const *fields,
                         size_t count) {
  size_t found = 0;
  for (size_t k = 0; k < count; k++)
    found += fields[k]->column->key_place > 0;
  size_t key_columns = 0;
  for (size_t i = 0; i < message->table->column_count; i++)
    key_columns += message->table->columns[i].key_place > 0;
  if (key_columns > 0 && found == key_columns) return true;
  for (size_t i = 0; i < message->table->unique_count; i++) {
    const rel_db_columns *set = &message->table->uniques[i];
    found = 0;
    for (size_t j = 0; j < set->count; j++)
      for (size_t k = 0; k < count; k++)
        found += fields[k] == &message->fields[set->items[j]];
    if (set->count > 0 && found == set->count) return true;
  }
  return false;
}

bool rel_draft_is_primary_key(const rel_draft_message *message, const rel_draft_field *const *fields,
                              size_t count) {
  if (count != message->primary_key_count) return false;
  for (size_t i = 0; i < count; i++) {
    bool found = false;
    for (size_t k = 0; k < count; k++)
      found = found || fields[k] == message->primary_key[i];
    if (!found) return false;
  }
  return true;
}

static bool is_unique_key(const rel_draft_message *message, const rel_draft_field *const *fields,
                          size_t count) {
  for (size_t i = 0; i < message->table->unique_count; i++)
    if (rel_draft_same_set(message, &message->table->uniques[i], fields, count)) return true;
  return false;
}

// Finds both sides' fields; returns why it cannot, or "".
static rel_str find_sides(rel_arena *arena, const rel_db_foreign_key *key, link *l) {
  for (size_t i = 0; i < key->count; i++) {
    bool implicit = key->references[i].len == 0;
    if (implicit && key->count != l->parent->primary_key_count)
      return rel_cstr("the primary key there has another number of columns");
    l->foreign_key[i] = rel_draft_field_of(l->child, key->columns[i]);
    l->references[i] =
        implicit ? l->parent->primary_key[i] : rel_draft_field_of(l->parent, key->references[i]);
    if (l->foreign_key[i] == NULL || l->references[i] == NULL)
      return rel_cstr("it names a column that does not exist");
  }
  for (size_t i = 0; i < key->count; i++) {
    const rel_draft_field *here = l->foreign_key[i], *there = l->references[i];
    const rel_draft_field *bad = here->no_key.len > 0 ? here : there->no_key.len > 0 ? there : NULL;
    if (bad != NULL)
      return rel_arena_printf(arena, "\"" REL_STR_F "\" " REL_STR_F, REL_STR_A(bad->column->name),
                              REL_STR_A(bad->no_key));
    if (here->key == there->key) continue;
    return rel_arena_printf(arena, "\"" REL_STR_F "\" is %s%s here and \"" REL_STR_F "\" is %s%s there",
                            REL_STR_A(here->column->name), here->uuid ? "a UUID as " : "", here->type,
                            REL_STR_A(there->column->name), there->uuid ? "a UUID as " : "", there->type);
  }
  return rel_cstr("");
}

// Puts a key that refers to the primary key into the primary key's order, which then need not be written.
static void order_by_primary_key(rel_arena *arena, link *l) {
  const rel_draft_field **ordered = REL_ARENA_ARRAY(arena, const rel_draft_field *, l->count);
  for (size_t i = 0; i < l->count; i++)
    for (size_t k = 0; k < l->count; k++)
      if (l->references[k] == l->parent->primary_key[i]) ordered[i] = l->foreign_key[k];
  l->foreign_key = ordered;
  for (size_t i = 0; i < l->count; i++)
    l->references[i] = l->parent->primary_key[i];
  l->to_primary_key = true;
}

static bool is_known(const links *all, const link *l) {
  for (const link *other = all->first; other != NULL; other = other->next) {
    bool same = other->child == l->child && other->parent == l->parent && other->count == l->count;
    for (size_t i = 0; same && i < l->count; i++)
      same = other->foreign_key[i] == l->foreign_key[i] && other->references[i] == l->references[i];
    if (same) return true;
  }
  return false;
}

// Adds the link of a foreign key; returns why there is none, or "".
static rel_str add_link(const rel_db *db, const rel_draft *draft, rel_arena *arena, rel_draft_message *child,
                        const rel_db_foreign_key *key, bool guessed, links *all) {
  link *l = REL_ARENA_NEW(arena, link);
  l->guessed = guessed;
  l->child = child;
  l->parent = rel_draft_of_table(draft, db, rel_db_find_table(db, key->target));
  l->count = key->count;
  l->foreign_key = REL_ARENA_ARRAY(arena, const rel_draft_field *, key->count);
  l->references = REL_ARENA_ARRAY(arena, const rel_draft_field *, key->count);
  if (l->parent == NULL) return rel_cstr("there is no such table");
  if (l->parent->left_out.len > 0) return rel_cstr("there is no model of it");
  rel_str why = find_sides(arena, key, l);
  if (why.len > 0) return why;
  if (rel_draft_is_primary_key(l->parent, l->references, l->count))
    order_by_primary_key(arena, l);
  else if (!is_unique_key(l->parent, l->references, l->count))
    return rel_cstr("what it refers to is not unique");
  if (is_known(all, l)) return rel_cstr("");
  l->one_to_one = holds_unique(child, l->foreign_key, l->count);
  *all->last = l;
  all->last = &l->next;
  return rel_cstr("");
}

// --- What they are called ---

static bool is_key_word(rel_str word) {
  static const char *const words[] = {"id", "fk", "key", "ref", "uuid", "guid"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (rel_str_is(word, words[i])) return true;
  return false;
}

static bool ends_with(rel_words words, rel_words ending) {
  if (words.count <= ending.count || ending.count == 0) return false;
  for (size_t i = 0; i < ending.count; i++)
    if (!rel_str_eq(words.items[words.count - ending.count + i], ending.items[i])) return false;
  return true;
}

// "author" of author_id, fk_author and authorid; "country" of country_code where that refers to a column
// code.
static void find_stem(rel_arena *arena, link *l) {
  enum { GLUED_MIN = 6 };
  rel_words words = rel_name_words(arena, l->foreign_key[l->count - 1]->column->name);
  rel_words there = rel_name_words(arena, l->references[l->count - 1]->column->name);
  size_t full = words.count;
  if (ends_with(words, there)) words.count -= there.count;
  while (words.count > 1 && is_key_word(words.items[words.count - 1]))
    words.count--;
  if (words.count > 1 && is_key_word(words.items[0])) {
    words.items++;
    words.count--;
    full--;
    l->told = true;
  }
  l->told = l->told || words.count < full;
  rel_str *only = &words.items[0];
  if (!l->told && words.count == 1 && only->len >= GLUED_MIN &&
      rel_str_is(rel_bytes(only->ptr + only->len - 2, 2), "id")) {
    only->len -= 2;
    l->told = true;
  }
  l->stem = words;
}

rel_words rel_draft_join_words(rel_arena *arena, rel_words a, rel_words b) {
  rel_words words = {.items = REL_ARENA_ARRAY(arena, rel_str, a.count + b.count + 1),
                     .count = a.count + b.count};
  for (size_t i = 0; i < a.count; i++)
    words.items[i] = a.items[i];
  for (size_t i = 0; i < b.count; i++)
    words.items[a.count + i] = b.items[i];
  return words;
}

// Can be a relation's name: begins with a letter and is free; a repeated field `books` is also `n_books` in
// C.
static bool is_free(const rel_draft_message *message, rel_arena *arena, rel_str name) {
  if (name.len == 0 || (name.ptr[0] >= '0' && name.ptr[0] <= '9')) return false;
  return !rel_draft_taken_in_c(name) && !rel_names_has(&message->names, name) &&
         !rel_names_has(&message->names, rel_arena_printf(arena, "n_" REL_STR_F, REL_STR_A(name)));
}

rel_str rel_draft_take_name(rel_draft_message *message, rel_arena *arena, const rel_words *candidates,
                            size_t count) {
  rel_str name = rel_cstr("");
  for (size_t i = 0; i < count; i++) {
    rel_str candidate = rel_name_snake(arena, candidates[i]);
    if (is_free(message, arena, candidate)) {
      name = candidate;
      break;
    }
  }
  if (name.len == 0) {
    rel_str last = rel_name_snake(arena, candidates[count - 1]);
    if (last.len == 0 || (last.ptr[0] >= '0' && last.ptr[0] <= '9'))
      last = rel_arena_printf(arena, "relation_" REL_STR_F, REL_STR_A(last));
    name = last;
    for (unsigned n = 2; !is_free(message, arena, name); n++)
      name = rel_arena_printf(arena, REL_STR_F "_%u", REL_STR_A(last), n);
  }
  rel_names_add(&message->names, arena, name);
  rel_names_add(&message->names, arena, rel_arena_printf(arena, "n_" REL_STR_F, REL_STR_A(name)));
  return name;
}

static rel_str name_forward(rel_arena *arena, const link *l) {
  rel_words candidates[3];
  size_t count = 0;
  if (l->count > 1 && l->alone)
    candidates[count++] = l->parent->noun;
  else if (l->told)
    candidates[count++] = l->stem;
  else if (l->alone)
    candidates[count++] = l->parent->noun;
  rel_str record = rel_cstr("record");
  rel_words tail = {.items = &record, .count = 1};
  bool same = rel_str_eq(rel_name_snake(arena, l->stem), rel_name_snake(arena, l->parent->noun));
  candidates[count++] = rel_draft_join_words(arena, l->stem, same ? tail : l->parent->noun);
  return rel_draft_take_name(l->child, arena, candidates, count);
}

// Relations of a model to itself: "children" of parent_id, "reports" of reports_to.
static rel_words name_of_selves(const link *l) {
  rel_words words = l->stem;
  static const char *const prepositions[] = {"to", "of"};
  if (words.count == 1 && rel_str_is(words.items[0], "parent")) {
    static rel_str child = {"child", 5};
    return (rel_words){.items = &child, .count = 1};
  }
  for (size_t i = 0; words.count > 1 && i < 2; i++)
    if (rel_str_is(words.items[words.count - 1], prepositions[i]))
      return (rel_words){.items = words.items, .count = words.count - 1};
  return (rel_words){0};
}

static rel_str name_inverse(rel_arena *arena, const link *l) {
  rel_words candidates[2];
  size_t count = 0;
  rel_words nouns[2] = {l->child->noun, name_of_selves(l)};
  for (size_t i = 0; i < 2; i++)
    nouns[i] = l->one_to_one ? rel_name_singular(arena, nouns[i]) : rel_name_plural(arena, nouns[i]);
  if (l->alone)
    candidates[count++] = nouns[0];
  else if (l->child == l->parent && nouns[1].count > 0)
    candidates[count++] = nouns[1];
  candidates[count++] = rel_draft_join_words(arena, l->stem, nouns[0]);
  return rel_draft_take_name(l->parent, arena, candidates, count);
}

// What asks how many books there are is called books_count in generated C, and so is a column that counts
// them, as Rails' counter caches do.
static bool has_counter(const rel_draft_message *owner, rel_arena *arena, rel_str name) {
  return rel_names_has(&owner->names, rel_arena_printf(arena, REL_STR_F "_count", REL_STR_A(name)));
}

// Every model has these in generated C (library_v1_author_get, …_list); a relation of that name needs another
// one there.
rel_str rel_draft_c_name(rel_arena *arena, const rel_draft_message *owner, rel_draft_kind kind,
                         rel_str name) {
  static const char *const taken[] = {"get",       "get_many", "key",         "list",
                                      "list_free", "lists",    "lists_free",  "model",
                                      "result",    "results",  "result_free", "results_free"};
  bool clashes = has_counter(owner, arena, name);
  for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
    clashes = clashes || rel_str_is(name, taken[i]);
  if (!clashes) return rel_cstr("");
  return rel_arena_printf(arena, REL_STR_F "_%s", REL_STR_A(name),
                          kind == REL_DRAFT_HAS_MANY ? "records" : "record");
}

// --- Relations of links ---

rel_draft_relation *rel_draft_add_relation(rel_arena *arena, rel_draft_message *owner,
                                           const rel_draft_message *target, rel_draft_kind kind,
                                           rel_str name) {
  rel_draft_relation *relation = REL_ARENA_NEW(arena, rel_draft_relation);
  *relation = (rel_draft_relation){
      .kind = kind,
      .name = name,
      .c_name = rel_draft_c_name(arena, owner, kind, name),
      .number = rel_draft_number(owner->next_number++),
      .target = target,
  };
  rel_draft_relation **at = &owner->relations;
  while (*at != NULL)
    at = &(*at)->next;
  *at = relation;
  return relation;
}

static void join_by(rel_draft_relation *relation, const link *l) {
  relation->foreign_key = l->foreign_key;
  relation->references = l->to_primary_key ? NULL : l->references;
  relation->key_count = l->count;
}

static void find_links(const rel_db *db, rel_arena *arena, rel_draft *draft, links *all) {
  for (size_t i = 0; i < draft->message_count; i++) {
    rel_draft_message *message = &draft->messages[i];
    if (message->left_out.len > 0) continue;
    for (size_t k = 0; k < message->table->foreign_key_count; k++) {
      const rel_db_foreign_key *key = &message->table->foreign_keys[k];
      rel_str why = add_link(db, draft, arena, message, key, false, all);
      if (why.len > 0) add_note(arena, message, key, why);
    }
  }
}

// A guess that turns out to be none is dropped without a word.
static void find_guesses(const rel_db *db, rel_arena *arena, rel_draft *draft, links *all) {
  for (size_t i = 0; i < draft->message_count; i++) {
    rel_draft_message *message = &draft->messages[i];
    if (message->left_out.len > 0) continue;
    for (size_t k = 0; k < message->table->column_count; k++) {
      const rel_db_foreign_key *key = rel_draft_guess_key(arena, draft, message, k);
      if (key != NULL) (void)add_link(db, draft, arena, message, key, true, all);
    }
  }
}

// Guesses do not change what the others are called.
static bool is_alone(const links *all, const link *l) {
  for (const link *other = all->first; other != NULL; other = other->next)
    if (other != l && other->child == l->child && other->parent == l->parent &&
        (l->guessed || !other->guessed))
      return false;
  return l->child != l->parent;
}

// Relations of the links that are guesses, or of those that are not.
static void relate(rel_arena *arena, const links *all, bool guessed) {
  for (link *l = all->first; l != NULL; l = l->next) {
    if (l->guessed != guessed) continue;
    l->alone = is_alone(all, l);
    find_stem(arena, l);
    l->forward =
        rel_draft_add_relation(arena, l->child, l->parent, REL_DRAFT_BELONGS_TO, name_forward(arena, l));
    l->forward->guessed = guessed;
    join_by(l->forward, l);
  }
  for (link *l = all->first; l != NULL; l = l->next) {
    if (l->guessed != guessed) continue;
    rel_draft_kind kind = l->one_to_one ? REL_DRAFT_HAS_ONE : REL_DRAFT_HAS_MANY;
    l->backward = rel_draft_add_relation(arena, l->parent, l->child, kind, name_inverse(arena, l));
    l->backward->guessed = guessed;
    join_by(l->backward, l);
    l->backward->inverse = l->forward->name;
    if (!guessed) l->forward->inverse = l->backward->name; // who takes a guess may take this side alone
  }
  rel_draft_relate_through(arena, all->first, guessed);
}

void rel_draft_relate(const rel_db *db, rel_arena *arena, rel_draft *draft) {
  links all = {0};
  all.last = &all.first;
  find_links(db, arena, draft, &all);
  relate(arena, &all, false);
  find_guesses(db, arena, draft, &all);
  relate(arena, &all, true);
}
