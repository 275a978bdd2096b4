// Names in generated C: protobuf-c's, which must be matched letter by letter, and ours, which must not
// collide.
//
// Ours: a model is its full name in snake_case (library.v1.AuthorNote: library_v1_author_note) or the option
// c_name; what belongs to it is that, "_" and a word; a relation's word is its name or its option c_name. No
// two generated names of a schema may be the same, and none may begin with the runtime's "rel_".
#ifndef RELATIONS_CLIENT_PLUGIN_NAMES_H
#define RELATIONS_CLIENT_PLUGIN_NAMES_H

#include "common/arena.h"
#include "common/schema/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

// Ours.
rel_str rel_name_snake(rel_arena *arena, rel_str full_name);
rel_str rel_name_model(rel_arena *arena, const rel_model *model);
rel_str rel_name_relation(rel_arena *arena, const rel_relation *relation); // "library_v1_author_books"
// "books": the last part of it.
rel_str rel_name_relation_word(rel_arena *arena, const rel_relation *relation);
// A member of a struct for this field: its name, or its option c_name; with "_" behind what is a word of C or
// C++.
rel_str rel_name_member(rel_arena *arena, const rel_field *field);
// The word for a field in the names of functions: "title", or its option c_name.
rel_str rel_name_field_word(rel_arena *arena, const rel_field *field);
// A parameter of a function, as it is called in the schema; with "_" behind what is taken.
rel_str rel_name_parameter(rel_arena *arena, rel_str name);
// The file's path with "." + `extension` in place of ".proto".
rel_str rel_name_file(rel_arena *arena, rel_str proto, const char *extension);
// An include guard's name from a path.
rel_str rel_name_guard(rel_arena *arena, rel_str path);

// protobuf-c's.
// The full name that protobuf-c's names are made of: the model's, in the file option (pb_c_file).c_package if
// that is set.
rel_str rel_name_pbc_full(rel_arena *arena, const rel_model *model);
rel_str rel_name_pbc_type(rel_arena *arena, rel_str full_name);  // "Library__V1__AuthorNote"
rel_str rel_name_pbc_lower(rel_arena *arena, rel_str full_name); // "library__v1__author_note"

// Adds a finding for every two names that are the same, with both origins and what renames them, and for
// every name that is no identifier of ours to give.
void rel_names_check(const rel_schema *schema, rel_arena *arena, rel_findings *findings);

#ifdef __cplusplus
}
#endif

#endif
