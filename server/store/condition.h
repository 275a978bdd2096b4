// A condition: what must hold for a row, checked and typed. The form in which server/query hands a filter to
// a store, whatever it was written in.
//
// Two-valued: a comparison with a field that is NULL does not hold, and `not` turns exactly that around. So
// "not (x = 1)" holds for a row whose x is NULL, and "x != 1" does not. Plain data in somebody's arena,
// immutable once it is built; any thread. It knows no engine and no text.
#ifndef RELATIONS_SERVER_STORE_CONDITION_H
#define RELATIONS_SERVER_STORE_CONDITION_H

#include "common/arena.h"
#include "common/operators.h"
#include "common/schema/schema.h"
#include "server/store/text.h"

#include <relations/v1/query.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

// What a field's values are, as far as comparing goes; follows from the field alone.
typedef enum rel_constant_kind {
  REL_CONSTANT_NONE, // the field cannot be compared
  REL_CONSTANT_BOOL,
  REL_CONSTANT_INT,
  REL_CONSTANT_ENUM,
  REL_CONSTANT_REAL,
  REL_CONSTANT_TEXT,
  REL_CONSTANT_DECIMAL,
  REL_CONSTANT_UUID,
  REL_CONSTANT_BYTES,
  REL_CONSTANT_TIME,
  REL_CONSTANT_KINDS
} rel_constant_kind;

// The kinds of fields that an operator fits, as bits.
#define REL_FITS(kind) (1u << REL_CONSTANT_##kind)
#define REL_FITS_TEXT  REL_FITS(TEXT)
#define REL_FITS_ORDERED                                                                                     \
  (REL_FITS(INT) | REL_FITS(REAL) | REL_FITS(TEXT) | REL_FITS(DECIMAL) | REL_FITS(BYTES) | REL_FITS(TIME))
#define REL_FITS_ANY (REL_FITS_ORDERED | REL_FITS(BOOL) | REL_FITS(ENUM) | REL_FITS(UUID))

// The rows of common/operators.h, by the contract's numbers. All that server/query has to know of an operator
// is said there; a store writes the SQL.
typedef enum rel_operator {
#define REL_OPERATOR_NUMBER(with, name, ...) REL_OP_##name = RELATIONS__V1__OPERATOR__OPERATOR_##name,
  REL_OPERATORS(REL_OPERATOR_NUMBER, )
#undef REL_OPERATOR_NUMBER
} rel_operator;

typedef struct rel_operator_row {
  rel_operator operator_;
  const char *written;
  unsigned fits;
  size_t least, most; // values
  bool folds;
} rel_operator_row;

// NULL when there is none of the number.
const rel_operator_row *rel_operator_find(rel_operator operator_);
// Whether it stands behind a field, "=", or is the name of a function, "prefix".
bool rel_operator_is_sign(const rel_operator_row *row);
// The one that is written so, as a sign or as a function; 0 when there is none.
rel_operator rel_operator_written(rel_str text, bool sign);
// "prefix, contains, …": every function, for messages.
void rel_operator_functions(rel_buf *out);

// A value of a field. Its kind is the field's.
typedef struct rel_constant {
  int64_t integer; // REL_CONSTANT_BOOL, REL_CONSTANT_INT, REL_CONSTANT_ENUM
  bool is_huge;    // REL_CONSTANT_INT: `natural` instead, which is beyond INT64_MAX
  uint64_t natural;
  double real;   // never NaN
  rel_str bytes; // REL_CONSTANT_TEXT, REL_CONSTANT_DECIMAL (digits), REL_CONSTANT_BYTES, REL_CONSTANT_UUID
                 // (16 bytes)
  rel_time time;
} rel_constant;

typedef enum rel_condition_kind {
  REL_CONDITION_ALL, // every part; of none it holds
  REL_CONDITION_ANY, // one of the parts; of none it does not hold
  REL_CONDITION_NOT, // the one part does not hold
  REL_CONDITION_COMPARE,
  REL_CONDITION_SOME,  // there is a related record for which the one part holds; without a part, any
  REL_CONDITION_COUNT, // how many of those there are compares so with the value, an integer
} rel_condition_kind;

typedef struct rel_condition rel_condition;

// A relation as queries follow it. Its records are those that a load of it has.
typedef struct rel_related {
  const rel_relation *relation;
  const struct rel_scope *scope; // what it says of its records
  const rel_condition *gate;     // what must hold for the owner's row, or it has none; NULL: nothing
} rel_related;

struct rel_condition {
  rel_condition_kind kind;
  const rel_condition *const *parts;
  size_t part_count;
  const rel_related *related; // REL_CONDITION_SOME, REL_CONDITION_COUNT; the part is about its target
  const rel_field *field;     // REL_CONDITION_COMPARE
  rel_operator operator_;     // REL_CONDITION_COMPARE, REL_CONDITION_COUNT, and what follows
  const rel_constant *values;
  size_t value_count;
  bool exact;     // with REL_OP_EQ: byte by byte, whatever the column's collation
  bool fold_case; // of texts: the field is taken as rel_text_fold makes it, as the values are already, and
                  // compared byte by byte
};

// What a condition may be. Statements are written from it, and a database's own parser has a stack.
enum {
  REL_CONDITION_MAX_DEPTH = 16,
  REL_CONDITION_MAX_COMPARISONS = 500,
  REL_CONDITION_MAX_VALUES = 10000,
  REL_CONDITION_MAX_RELATIONS = 32,
  REL_CONDITION_MAX_RELATION_DEPTH = 8, // of relations within one another
};

// What a row is that passes the gate.
const rel_condition *rel_gate_condition(const rel_gate *gate, rel_arena *arena);

// Appends a text that two conditions on one model have in common only when they say the same; NULL has one
// too.
void rel_condition_sign(const rel_condition *condition, rel_buf *out);

// How values of the field compare; REL_CONSTANT_NONE when it has no column.
static inline rel_constant_kind rel_field_constant_kind(const rel_field *field) {
  if (!field->has_column || field->repeated) return REL_CONSTANT_NONE;
  if (field->uuid) return REL_CONSTANT_UUID;
  if (field->decimal) return REL_CONSTANT_DECIMAL;
  switch (field->type) {
  case REL_TYPE_BOOL:
    return REL_CONSTANT_BOOL;
  case REL_TYPE_ENUM:
    return REL_CONSTANT_ENUM;
  case REL_TYPE_FLOAT:
  case REL_TYPE_DOUBLE:
    return REL_CONSTANT_REAL;
  case REL_TYPE_STRING:
    return REL_CONSTANT_TEXT;
  case REL_TYPE_BYTES:
    return REL_CONSTANT_BYTES;
  case REL_TYPE_TIMESTAMP:
    return REL_CONSTANT_TIME;
  case REL_TYPE_MESSAGE:
    return REL_CONSTANT_NONE;
  default:
    return REL_CONSTANT_INT;
  }
}

// A condition of the kind with the parts, which are copied.
const rel_condition *rel_condition_of(rel_arena *arena, rel_condition_kind kind,
                                      const rel_condition *const *parts, size_t count);
const rel_condition *rel_condition_not(rel_arena *arena, const rel_condition *part);
// All of the conditions; NULLs among them say nothing, and of none the result is NULL.
const rel_condition *rel_condition_all(rel_arena *arena, const rel_condition *const *parts, size_t count);

#ifdef __cplusplus
}
#endif

#endif
