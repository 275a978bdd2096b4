// From a database's row to wire bytes: the one place where a stored value becomes a field, shared by every
// store.
//
// A value that does not fit its field's declared type is REL_BAD_DATA, naming table.column, the row's key,
// the value and the type; nothing is ever coerced silently, cut or replaced. Stateless; any thread. It knows
// no engine.
#ifndef RELATIONS_SERVER_STORE_ENCODE_H
#define RELATIONS_SERVER_STORE_ENCODE_H

#include "common/arena.h"
#include "common/schema/schema.h"
#include "common/str.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rel_cell_kind {
  REL_CELL_NULL,
  REL_CELL_INT,
  REL_CELL_REAL,
  REL_CELL_TEXT,
  REL_CELL_BLOB
} rel_cell_kind;

// A value as a database gives it.
typedef struct rel_cell {
  rel_cell_kind kind;
  union {
    int64_t integer; // REL_CELL_INT
    double real;     // REL_CELL_REAL
    rel_str bytes;   // REL_CELL_TEXT and REL_CELL_BLOB: a view
  };
} rel_cell;

// The columns of a row: cells[i] is the value of fields[i].
typedef struct rel_row {
  const rel_model *model;
  const rel_field *const *fields;
  const rel_cell *cells;
  size_t count;
  rel_str lookup_key; // what the row was looked up by; names it in messages when its primary key is not among
                      // the fields
  const rel_gate *gate; // of a key that is a polymorphic foreign key: its field is the last one. Else NULL
} rel_row;

// The columns that a row is read with, to become a record of the model: its fields that have one.
const rel_field **rel_record_columns(const rel_model *model, rel_arena *arena, size_t *count);
// The same to become a key: its parts, and the gate's field behind them unless `gate` is NULL.
const rel_field **rel_key_columns(const rel_field *const *key, size_t key_count, const rel_gate *gate,
                                  rel_arena *arena, size_t *count);

// Appends the row as a message of its model, field by field in the order given, which is that of the numbers.
// Fields without presence are left out when zero, as proto3 serializes them. On REL_BAD_DATA `out` is as it
// was.
rel_code rel_encode_record(const rel_row *row, rel_buf *out, rel_error *error) REL_MUST_CHECK;

// Appends one column of the row as a relations.v1.Value, its number telling whether signed, unsigned, text,
// …; enums are their number. NULL is a Value without a kind, whatever the field.
rel_code rel_encode_value(const rel_row *row, size_t column, rel_buf *out, rel_error *error) REL_MUST_CHECK;
// Appends the row as a relations.v1.AggregateGroup, its first columns being the keys.
rel_code rel_encode_group(const rel_row *row, size_t key_count, rel_buf *out,
                          rel_error *error) REL_MUST_CHECK;
// Whether one column of the row fits its field, or is NULL.
rel_code rel_encode_check(const rel_row *row, size_t column, rel_error *error) REL_MUST_CHECK;

// Appends the row as a canonical key, one part a field; nothing at all when a part is NULL, or the gate lets
// the row not pass.
rel_code rel_encode_key(const rel_row *row, rel_buf *out, rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
