// Pairs of a column of types and one of keys, "item_type" and "item_id": perhaps one foreign key to several
// models. No database says so, so it is only suggested, in comments that are a relation once the marks are
// taken away. See draft.h.
#include "client/cli/introspect/relate.h"

static void add_note(rel_arena *arena, rel_draft_message *message, rel_str text) {
  rel_draft_note *note = REL_ARENA_NEW(arena, rel_draft_note);
  note->text = text;
  rel_draft_note **at = &message->notes;
  while (*at != NULL)
    at = &(*at)->next;
  *at = note;
}

// What stands behind the last dot or colon: "Blog::Post" is a Post.
static rel_str last_part(rel_str tag) {
  for (size_t i = tag.len; i > 0; i--)
    if (tag.ptr[i - 1] == '.' || tag.ptr[i - 1] == ':') return rel_bytes(tag.ptr + i, tag.len - i);
  return tag;
}

static const rel_draft_message *message_called(rel_arena *arena, const rel_draft *draft, rel_str tag) {
  rel_words noun = rel_name_singular(arena, rel_name_words(arena, last_part(tag)));
  rel_str name = rel_name_camel(arena, noun);
  for (size_t i = 0; i < draft->message_count; i++)
    if (draft->messages[i].left_out.len == 0 && rel_str_eq(draft->messages[i].name, name))
      return &draft->messages[i];
  return NULL;
}

static const rel_draft_message *message_of_table(const rel_draft *draft, rel_str table) {
  for (size_t i = 0; i < draft->message_count; i++)
    if (draft->messages[i].left_out.len == 0 && rel_db_name_eq(draft->messages[i].table->name, table))
      return &draft->messages[i];
  return NULL;
}

// The message that a type means, or NULL; `*why_not` then says what is in the way.
static rel_draft_message *message_of(rel_arena *arena, const rel_draft *draft, const rel_db_pair *pair,
                                     size_t type, const rel_draft_field *key, const char **why_not) {
  const rel_draft_message *message = pair->tables != NULL ? message_of_table(draft, pair->tables[type])
                                                          : message_called(arena, draft, pair->types[type]);
  *why_not = message == NULL ? "no model is called so"
             : message->primary_key_count != 1 || message->primary_key[0]->key != key->key
                 ? "its key has another type"
                 : NULL;
  return *why_not == NULL ? &draft->messages[message - draft->messages] : NULL;
}

static bool is_plain(rel_str tag) {
  for (size_t i = 0; i < tag.len; i++)
    if ((unsigned char)tag.ptr[i] < 0x20 || tag.ptr[i] == '"' || tag.ptr[i] == '\\' || tag.ptr[i] == 0x7F)
      return false;
  return rel_utf8_valid(tag);
}

// What is suggested for one pair, and of whom.
typedef struct pair_of {
  rel_draft_message *message;
  const rel_db_pair *pair;
  const rel_draft_field *type;
  const rel_draft_field *key;
  rel_words stem; // "item"
} pair_of;

static rel_str join_of(rel_arena *arena, const pair_of *p, rel_str tag) {
  return rel_arena_printf(
      arena, "foreign_key: \"" REL_STR_F "\" type_field: \"" REL_STR_F "\" type_tag: \"" REL_STR_F "\"",
      REL_STR_A(p->key->name), REL_STR_A(p->type->name), REL_STR_A(tag));
}

// The line of one type; returns the member's name.
static rel_str add_member(rel_arena *arena, const pair_of *p, rel_str tag, const rel_draft_message *target) {
  unsigned number =
      rel_draft_number(p->message->next_number++); // free now; a relation added later may take it
  rel_words candidates[] = {target->noun, rel_draft_join_words(arena, p->stem, target->noun)};
  rel_str name = rel_draft_take_name(p->message, arena, candidates, 2);
  add_note(arena, p->message,
           rel_arena_printf(
               arena, "  " REL_STR_F " " REL_STR_F " = %u [(.relations.v1.belongs_to) = { " REL_STR_F " }];",
               REL_STR_A(target->name), REL_STR_A(name), number, REL_STR_A(join_of(arena, p, tag))));
  return name;
}

// The other side: what of the pair's model refers to a record of this one.
static void add_inverse(rel_arena *arena, const pair_of *p, rel_str tag, rel_draft_message *target,
                        rel_str inverse) {
  rel_words nouns = rel_name_plural(arena, p->message->noun);
  rel_words candidates[] = {nouns, rel_draft_join_words(arena, p->stem, nouns)};
  rel_str name = rel_draft_take_name(target, arena, candidates, 2);
  rel_str c_name = rel_draft_c_name(arena, target, REL_DRAFT_HAS_MANY, name);
  rel_str option =
      c_name.len == 0 ? c_name : rel_arena_printf(arena, " c_name: \"" REL_STR_F "\"", REL_STR_A(c_name));
  add_note(arena, target,
           rel_arena_printf(arena, "If " REL_STR_F "." REL_STR_F " is such a foreign key, then also:",
                            REL_STR_A(p->message->name), REL_STR_A(p->key->name)));
  add_note(
      arena, target,
      rel_arena_printf(arena,
                       "repeated " REL_STR_F " " REL_STR_F " = %u [(.relations.v1.has_many) = { " REL_STR_F
                       " inverse_of: \"" REL_STR_F "\"" REL_STR_F " }];",
                       REL_STR_A(p->message->name), REL_STR_A(name), rel_draft_number(target->next_number++),
                       REL_STR_A(join_of(arena, p, tag)), REL_STR_A(inverse), REL_STR_A(option)));
}

static bool can_be(const pair_of *p) {
  bool holds_types =
      p->type->type != NULL &&
      (p->pair->tables != NULL ? p->type->key == REL_DRAFT_INTEGER_KEY
                               : strcmp(p->type->type, "string") == 0 && !p->type->uuid && !p->type->decimal);
  return holds_types && p->key->key != REL_DRAFT_NO_KEY;
}

// What the oneof is called: after the column of types, of Django's after that of keys.
static rel_words stem_of(rel_arena *arena, const pair_of *p) {
  rel_words stem =
      rel_name_words(arena, p->pair->tables != NULL ? p->key->column->name : p->type->column->name);
  if (stem.count > 1) stem.count--; // "type" or "id"
  return stem;
}

// Only of types that are called like models: others are kinds of something else.
static void suggest(rel_arena *arena, const rel_draft *draft, rel_draft_message *message,
                    const rel_db_pair *pair) {
  pair_of p = {.message = message,
               .pair = pair,
               .type = &message->fields[pair->type_column],
               .key = &message->fields[pair->key_column]};
  p.stem = stem_of(arena, &p);
  rel_draft_message **targets = REL_ARENA_ARRAY(arena, rel_draft_message *, pair->type_count);
  const char **why_not = REL_ARENA_ARRAY(arena, const char *, pair->type_count);
  size_t found = 0;
  for (size_t i = 0; i < pair->type_count && can_be(&p); i++) {
    why_not[i] = "no model is called so";
    if (is_plain(pair->types[i])) targets[i] = message_of(arena, draft, pair, i, p.key, &why_not[i]);
    found += targets[i] != NULL;
  }
  if (found == 0) return;
  add_note(arena, message,
           rel_arena_printf(
               arena, REL_STR_F " and " REL_STR_F " may be a foreign key to several models%s. As such:",
               REL_STR_A(p.type->name), REL_STR_A(p.key->name), pair->more ? ", more than these" : ""));
  rel_str name = rel_draft_take_name(message, arena, &p.stem, 1);
  add_note(arena, message, rel_arena_printf(arena, "oneof " REL_STR_F " {", REL_STR_A(name)));
  rel_str *members = REL_ARENA_ARRAY(arena, rel_str, pair->type_count);
  for (size_t i = 0; i < pair->type_count; i++) {
    rel_str type = pair->tables != NULL ? pair->tables[i] : pair->types[i];
    if (targets[i] != NULL)
      members[i] = add_member(arena, &p, pair->types[i], targets[i]);
    else
      add_note(arena, message,
               rel_arena_printf(arena, "  // \"" REL_STR_F "\": %s", REL_STR_A(type), why_not[i]));
  }
  add_note(arena, message, rel_cstr("}"));
  for (size_t i = 0; i < pair->type_count; i++)
    if (targets[i] != NULL) add_inverse(arena, &p, pair->types[i], targets[i], members[i]);
}

void rel_draft_suggest_pairs(rel_arena *arena, rel_draft *draft) {
  for (size_t i = 0; i < draft->message_count; i++) {
    rel_draft_message *message = &draft->messages[i];
    for (size_t k = 0; message->left_out.len == 0 && k < message->table->pair_count; k++)
      suggest(arena, draft, message, &message->table->pairs[k]);
  }
}
