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

// The message that a type is called after, with a key that the field can hold; or NULL.
static const rel_draft_message *message_of(rel_arena *arena, const rel_draft *draft, rel_str tag,
                                           const rel_draft_field *key) {
  rel_words noun = rel_name_singular(arena, rel_name_words(arena, last_part(tag)));
  rel_str name = rel_name_camel(arena, noun);
  for (size_t i = 0; i < draft->message_count; i++) {
    const rel_draft_message *message = &draft->messages[i];
    if (message->left_out.len == 0 && rel_str_eq(message->name, name) && message->primary_key_count == 1 &&
        message->primary_key[0]->key == key->key)
      return message;
  }
  return NULL;
}

static bool is_plain(rel_str tag) {
  for (size_t i = 0; i < tag.len; i++)
    if ((unsigned char)tag.ptr[i] < 0x20 || tag.ptr[i] == '"' || tag.ptr[i] == '\\' || tag.ptr[i] == 0x7F)
      return false;
  return rel_utf8_valid(tag);
}

// The line of one type.
static rel_str member_of(rel_arena *arena, rel_draft_message *message, const rel_db_pair *pair,
                         rel_words stem, rel_str tag, const rel_draft_message *target) {
  const rel_draft_field *type = &message->fields[pair->type_column],
                        *key = &message->fields[pair->key_column];
  unsigned number = rel_draft_number(message->next_number++); // free now; a relation added later may take it
  if (target == NULL)
    return rel_arena_printf(arena, "  // \"" REL_STR_F "\": no model is called so", REL_STR_A(tag));
  rel_words candidates[] = {target->noun, rel_draft_join_words(arena, stem, target->noun)};
  rel_str name = rel_draft_take_name(message, arena, candidates, 2);
  return rel_arena_printf(arena,
                          "  " REL_STR_F " " REL_STR_F
                          " = %u [(.relations.v1.belongs_to) = { foreign_key: \"" REL_STR_F
                          "\" type_field: \"" REL_STR_F "\" type_tag: \"" REL_STR_F "\" }];",
                          REL_STR_A(target->name), REL_STR_A(name), number, REL_STR_A(key->name),
                          REL_STR_A(type->name), REL_STR_A(tag));
}

static bool can_be(const rel_draft_field *type, const rel_draft_field *key) {
  return type->type != NULL && strcmp(type->type, "string") == 0 && !type->uuid && !type->decimal &&
         key->key != REL_DRAFT_NO_KEY;
}

// Only of types that are called like models: others are kinds of something else.
static void suggest(rel_arena *arena, const rel_draft *draft, rel_draft_message *message,
                    const rel_db_pair *pair) {
  const rel_draft_field *type = &message->fields[pair->type_column],
                        *key = &message->fields[pair->key_column];
  const rel_draft_message **targets = REL_ARENA_ARRAY(arena, const rel_draft_message *, pair->type_count);
  size_t found = 0;
  for (size_t i = 0; i < pair->type_count && can_be(type, key); i++) {
    targets[i] = is_plain(pair->types[i]) ? message_of(arena, draft, pair->types[i], key) : NULL;
    found += targets[i] != NULL;
  }
  if (found == 0) return;
  rel_words stem = rel_name_words(arena, type->column->name);
  if (stem.count > 1) stem.count--; // "type"
  add_note(arena, message,
           rel_arena_printf(
               arena, REL_STR_F " and " REL_STR_F " may be a foreign key to several models%s. As such:",
               REL_STR_A(type->name), REL_STR_A(key->name), pair->more ? ", more than these" : ""));
  rel_str name = rel_draft_take_name(message, arena, &stem, 1);
  add_note(arena, message, rel_arena_printf(arena, "oneof " REL_STR_F " {", REL_STR_A(name)));
  for (size_t i = 0; i < pair->type_count; i++)
    add_note(arena, message, member_of(arena, message, pair, stem, pair->types[i], targets[i]));
  add_note(arena, message, rel_cstr("}"));
}

void rel_draft_suggest_pairs(rel_arena *arena, rel_draft *draft) {
  for (size_t i = 0; i < draft->message_count; i++) {
    rel_draft_message *message = &draft->messages[i];
    for (size_t k = 0; message->left_out.len == 0 && k < message->table->pair_count; k++)
      suggest(arena, draft, message, &message->table->pairs[k]);
  }
}
