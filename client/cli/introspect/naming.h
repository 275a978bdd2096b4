// Names: from whatever a database calls its tables and columns to names that Protobuf and its languages take.
//
// Used by draft.c and relate.c. Knows words and letters only, no database and no schema. Deterministic: the
// same names in the same order give the same names. Stateless but for rel_names; results live in the caller's
// arena.
#ifndef RELATIONS_CLIENT_CLI_INTROSPECT_NAMING_H
#define RELATIONS_CLIENT_CLI_INTROSPECT_NAMING_H

#include "common/arena.h"

#ifdef __cplusplus
extern "C" {
#endif

// The words of a name: lower case, ASCII letters and digits, none empty; there may be none.
typedef struct rel_words {
  rel_str *items;
  size_t count;
} rel_words;

// Splits at whatever is no letter or digit, and where the case says so: "InvoiceLine", "HTTPServer",
// "user_ids", "ORDER ID". Latin letters lose their accents, others become their code point ("u540d"), bytes
// that are no UTF-8 their hexadecimal.
rel_words rel_name_words(rel_arena *arena, rel_str name);

// "support_rep_id"; empty when there are no words.
rel_str rel_name_snake(rel_arena *arena, rel_words words);
// "SupportRepId"
rel_str rel_name_camel(rel_arena *arena, rel_words words);

// The name with its last word in singular, or in plural: "people" -> "person", "invoice lines" -> "invoice
// line".
rel_words rel_name_singular(rel_arena *arena, rel_words words);
rel_words rel_name_plural(rel_arena *arena, rel_words words);

// One English word, lower case; a word that is its own plural, and one that is no noun, stays.
rel_str rel_word_singular(rel_arena *arena, rel_str word);
rel_str rel_word_plural(rel_arena *arena, rel_str word);

// Names that are taken in one scope. Two names clash when they differ in case and underscores only, since
// protoc and the languages it generates would put them together. {0} is empty; lives in the arena.
typedef struct rel_names {
  rel_str *items;
  size_t count;
  size_t capacity;
} rel_names;

bool rel_names_has(const rel_names *names, rel_str name);
void rel_names_add(rel_names *names, rel_arena *arena, rel_str name);
// Takes `wanted`, or the first free of wanted_2, wanted_3, … (`separator` between), and returns it.
rel_str rel_names_take(rel_names *names, rel_arena *arena, rel_str wanted, const char *separator);

#ifdef __cplusplus
}
#endif

#endif
