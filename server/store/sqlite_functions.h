// What the SQLite store adds to SQL on every connection: functions, aggregates, and a table of keys.
//
// Registering is the connection's owner's. A function runs within a statement of its connection.
#ifndef RELATIONS_SERVER_STORE_SQLITE_FUNCTIONS_H
#define RELATIONS_SERVER_STORE_SQLITE_FUNCTIONS_H

#include "server/store/sqlite_conn.h"

#ifdef __cplusplus
extern "C" {
#endif

// --- sqlite_functions.c ---

// Functions that make what a column holds comparable as what the field means: REL_SQLITE_TIME(column, units
// per second) and REL_SQLITE_DECIMAL(column) give bytes in the order of the times and numbers, NULL for what
// is none.
#define REL_SQLITE_TIME    "sqlite_relations_time"
#define REL_SQLITE_DECIMAL "sqlite_relations_decimal"

// An argument's text, whatever the database's encoding; valid as long as the argument.
rel_str rel_sqlite_value_text(sqlite3_value *value);

// (value, n): bytes in the form number n of a key part (rel_sqlite_form_of), in whichever form they are.
#define REL_SQLITE_BYTES "sqlite_relations_bytes"
// REL_SQLITE_FOLD(column): its text with case folded; NULL for what is no text.
#define REL_SQLITE_FOLD "sqlite_relations_fold"
// REL_SQLITE_SEEK(the keys, i): 1 and the number of the seek for key i of the batch (rel_sqlite_keys.seeks);
// 0: there is none.
#define REL_SQLITE_SEEK "sqlite_relations_seek"
// REL_SQLITE_CONTAINS(column, text): whether the text occurs in it; NULL for NULL. Unlike SQLite's instr it
// takes no longer than the two are long together.
#define REL_SQLITE_CONTAINS "sqlite_relations_contains"

rel_code rel_sqlite_functions_register(rel_sqlite_conn *conn, rel_error *error) REL_MUST_CHECK;

// The bytes of a constant: what the functions give for an equal value.
enum { REL_SQLITE_TIME_BYTES = 12 };
void rel_sqlite_time_bytes(const rel_time *time, uint8_t bytes[REL_SQLITE_TIME_BYTES]);
// Of a text that rel_decimal_valid accepts.
void rel_sqlite_decimal_bytes(rel_str digits, rel_buf *out);

// --- sqlite_aggregates.c ---

// What a function of ours is told about the column that it is called with: passed as a pointer.
typedef struct rel_sqlite_subject {
  const rel_model *model;
  const rel_field *fields[1 + REL_KEY_MAX_PARTS]; // the column's, then the model's primary key
  size_t count;
} rel_sqlite_subject;

#define REL_SQLITE_SUBJECT "rel_sqlite_subject" // the pointer's type

// Each takes (subject, the column, the primary key's columns), passes NULL over, and fails the statement at a
// value that does not fit the field, with the connection's `failed`. VALUE gives bytes that are equal for
// equal values and in their order, of any kind of field but text; the others are aggregates. CHECK gives
// NULL.
#define REL_SQLITE_VALUE "sqlite_relations_value"
#define REL_SQLITE_CHECK "sqlite_relations_check"
#define REL_SQLITE_MIN   "sqlite_relations_min"
#define REL_SQLITE_MAX   "sqlite_relations_max"
#define REL_SQLITE_SUM   "sqlite_relations_sum"
#define REL_SQLITE_AVG   "sqlite_relations_avg"

rel_code rel_sqlite_aggregates_register(rel_sqlite_conn *conn, rel_error *error) REL_MUST_CHECK;

// --- sqlite_keys.c ---

// Keys for the virtual table; given to it as the pointer of this type's name.
typedef struct rel_sqlite_keys {
  const rel_str *keys;
  size_t count;
  const struct rel_row_number *numbers; // of rows, in the place of keys; NULL: keys
  const uint32_t *seeks; // for each of them, 1 and the number of its seek, or 0; NULL: none has one
} rel_sqlite_keys;

// The table's name. Names that begin with sqlite_ are closed to users, so it cannot hide one of their tables.
#define REL_SQLITE_KEYS      "sqlite_relations_keys"
#define REL_SQLITE_KEYS_TYPE "rel_sqlite_keys"

rel_code rel_sqlite_keys_register(rel_sqlite_conn *conn, rel_error *error) REL_MUST_CHECK;

// A value to be bound, in one of the forms in which the database may hold it.
typedef struct rel_sqlite_form {
  enum {
    REL_FORM_NONE,
    REL_FORM_INT,
    REL_FORM_TEXT,
    REL_FORM_BLOB
  } kind; // REL_FORM_NONE: NULL, equal to nothing
  int64_t integer;
  rel_str bytes;
} rel_sqlite_form;

// The form number `alternative` of a part.
void rel_sqlite_form_of(const rel_key_part *part, size_t alternative, rel_sqlite_form *form);
// Makes it the result of a function.
void rel_sqlite_result_form(sqlite3_context *context, const rel_sqlite_form *form);

#ifdef __cplusplus
}
#endif

#endif
