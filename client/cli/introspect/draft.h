// The draft: what the schema will say, decided from a database's structure and values, before it is written
// as text.
//
// draft.c makes it (messages, keys), with types.c (what a column becomes), relate.c (what foreign keys
// become), through.c (what join tables become), guess.c and pairs.c (what columns only suggest); emit.c
// writes it. Knows no engine. Immutable once made; lives in the caller's arena, as the rel_db that it points
// at.
#ifndef RELATIONS_CLIENT_CLI_INTROSPECT_DRAFT_H
#define RELATIONS_CLIENT_CLI_INTROSPECT_DRAFT_H

#include "client/cli/introspect/db.h"
#include "client/cli/introspect/naming.h"

#ifdef __cplusplus
extern "C" {
#endif

// What a key made of a field is; two sides of a relation must be the same.
typedef enum rel_draft_key {
  REL_DRAFT_NO_KEY,
  REL_DRAFT_INTEGER_KEY,
  REL_DRAFT_TEXT_KEY,
  REL_DRAFT_BYTES_KEY,
  REL_DRAFT_UUID_KEY,
} rel_draft_key;

typedef struct rel_draft_field {
  const rel_db_column *column;
  rel_str name;
  unsigned number;
  const char
      *type; // "int64", ".google.protobuf.Timestamp"; NULL: no type holds the values, the field is left out
  bool optional;
  rel_str c_name; // in generated C, where its own name is taken there; else empty
  bool decimal;
  bool uuid;
  const char *time_unit; // "TIME_UNIT_MILLISECONDS", or NULL
  rel_draft_key key;
  bool joins;     // part of a key: the primary one, or one of a relation
  rel_str note;   // comment; may be empty
  rel_str no_key; // why it cannot be part of a key; empty: it can
} rel_draft_field;

typedef struct rel_draft_message rel_draft_message;

typedef enum rel_draft_kind { REL_DRAFT_BELONGS_TO, REL_DRAFT_HAS_ONE, REL_DRAFT_HAS_MANY } rel_draft_kind;

typedef struct rel_draft_relation {
  rel_draft_kind kind;
  rel_str name;
  unsigned number;
  const rel_draft_message *target;
  rel_str inverse;                     // empty: not written
  rel_str c_name;                      // in generated C, where its own name is taken there; else empty
  rel_str through;                     // the relation of the owner that leads to a join table; empty: none
  rel_str source;                      // with through: the join table's relation that leads on
  const rel_draft_field **foreign_key; // without through, and so are the next
  const rel_draft_field **references;  // NULL: the primary key
  size_t key_count;
  bool guessed; // only suggested, in a comment
  struct rel_draft_relation *next;
} rel_draft_relation;

typedef struct rel_draft_note {
  rel_str text;
  struct rel_draft_note *next;
} rel_draft_note;

struct rel_draft_message {
  const rel_db_table *table;
  rel_words noun;          // singular: "invoice line"
  rel_str name;            // "InvoiceLine"
  rel_str left_out;        // why there is none; empty: there is one
  rel_str note;            // comment; may be empty
  rel_draft_field *fields; // one a column, in their order
  rel_draft_field **primary_key;
  size_t primary_key_count;
  rel_draft_relation *relations; // belongs_to first, then what refers to it, then what leads through others;
                                 // then all of them again that are guessed
  rel_draft_note *notes;         // foreign keys that are no relations, and why; what may be some
  rel_str load_info;             // name of the LoadInfo field
  unsigned load_info_number;
  unsigned next_number; // for the next relation
  rel_names names;      // taken in the message
};

typedef struct rel_draft {
  rel_draft_message *messages; // one a table, in their order
  size_t message_count;
} rel_draft;

// Decides everything. Never fails: what cannot be said is left out, with its reason.
//
// Field numbers stay when the database grows: columns have 1, 2, 3, … in their order, whether left out or
// not, LoadInfo 1000 and the relations 1001, … (the next thousand where there are so many columns; 19000 to
// 19999 are Protobuf's own).
void rel_draft_make(const rel_db *db, rel_arena *arena, rel_draft *out);

typedef struct rel_emit_options {
  rel_str package;  // "chinook.v1"
  rel_str database; // its name, for the first comment
} rel_emit_options;

// How many messages there are, those that are left out not counted.
size_t rel_draft_models(const rel_draft *draft);

// Appends the draft as a .proto file.
void rel_draft_emit(const rel_draft *draft, const rel_emit_options *options, rel_buf *out);

// --- Between draft.c, types.c and relate.c ---

// Decides the type of a field from its column's declared type and values; `joins` must be set. types.c
void rel_draft_choose_type(rel_arena *arena, rel_draft_field *field);
// Turns foreign keys into relations of both sides, and join tables into relations through them. relate.c
void rel_draft_relate(const rel_db *db, rel_arena *arena, rel_draft *draft);
// Suggests relations of pairs of columns, in notes. pairs.c
void rel_draft_suggest_pairs(rel_arena *arena, rel_draft *draft);
// True for what a field cannot be called in generated C: protobuf-c's own member, and macros.
bool rel_draft_taken_in_c(rel_str name);
// The message of a table, NULL when `table` is NULL.
rel_draft_message *rel_draft_of_table(const rel_draft *draft, const rel_db *db, const rel_db_table *table);
// The field of a column, NULL when there is no such column.
rel_draft_field *rel_draft_field_of(const rel_draft_message *message, rel_str column);
// A field number that is not one of Protobuf's own: the n-th that may be used.
unsigned rel_draft_number(unsigned n);

#ifdef __cplusplus
}
#endif

#endif
