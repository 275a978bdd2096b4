// Conditions: see condition.h. Owns the operators, how conditions are put together, what a gate says as one,
// and their signature.
#include "server/store/condition.h"

#include <inttypes.h>

// --- Operators ---

#define TAKES_NONE 0, 0
#define TAKES_ONE  1, 1
#define TAKES_MANY 0, REL_CONDITION_MAX_VALUES

#define IS_FOLDS true
#define IS_EXACT false

// By their numbers.
static const rel_operator_row operators[] = {
#define ROW(fits, name, word, written, values, folds)                                                        \
  [REL_OP_##name] = {REL_OP_##name, written, fits, TAKES_##values, IS_##folds},
    REL_OPERATORS_OF_ANY(ROW, REL_FITS_ANY)         // "="
    REL_OPERATORS_OF_NULLABLE(ROW, REL_FITS_ANY)    // "is_null"
    REL_OPERATORS_OF_ORDERED(ROW, REL_FITS_ORDERED) // "<"
    REL_OPERATORS_OF_TEXT(ROW, REL_FITS_TEXT)       // "prefix"
#undef ROW
};

enum { OPERATORS = sizeof operators / sizeof operators[0] };

const rel_operator_row *rel_operator_find(rel_operator operator_) {
  switch ((Relations__V1__Operator)operator_) { // so that one of the contract without a row does not compile
#define CASE(with, name, ...) case RELATIONS__V1__OPERATOR__OPERATOR_##name:
    REL_OPERATORS(CASE, )
#undef CASE
    return &operators[operator_];
  case RELATIONS__V1__OPERATOR__OPERATOR_UNSPECIFIED:
  case _RELATIONS__V1__OPERATOR_IS_INT_SIZE:
    break;
  }
  return NULL;
}

bool rel_operator_is_sign(const rel_operator_row *row) {
  return row->written[0] < 'a' || row->written[0] > 'z';
}

rel_operator rel_operator_written(rel_str text, bool sign) {
  for (size_t i = 0; i < OPERATORS; i++)
    if (operators[i].written != NULL && rel_operator_is_sign(&operators[i]) == sign &&
        rel_str_is(text, operators[i].written))
      return operators[i].operator_;
  return (rel_operator)0;
}

void rel_operator_functions(rel_buf *out) {
  for (size_t i = 0; i < OPERATORS; i++) {
    if (operators[i].written == NULL || rel_operator_is_sign(&operators[i])) continue;
    if (out->len > 0) rel_buf_cstr(out, ", ");
    rel_buf_cstr(out, operators[i].written);
  }
}

// --- Signatures ---

static void sign_constant(const rel_constant *value, rel_buf *out) {
  uint64_t real;
  memcpy(&real, &value->real, sizeof real);
  rel_buf_printf(out, "%" PRId64 ",%d,%" PRIu64 ",%" PRIx64 ",%" PRId64 ".%d,%zu:", value->integer,
                 value->is_huge, value->natural, real, value->time.seconds, (int)value->time.nanos,
                 value->bytes.len);
  rel_buf_str(out, value->bytes);
}

// Its scope is the relation's own, so the name says it.
static void sign_relation(const rel_relation *relation, rel_buf *out) {
  rel_buf_printf(out, REL_STR_F "." REL_STR_F ";", REL_STR_A(relation->owner->name),
                 REL_STR_A(relation->name));
}

// As deep as the condition, which is bounded.
void rel_condition_sign(const rel_condition *c, rel_buf *out) {
  if (c == NULL) {
    rel_buf_cstr(out, "-");
    return;
  }
  rel_buf_printf(out, "(%d", (int)c->kind);
  for (size_t i = 0; i < c->part_count; i++)
    rel_condition_sign(c->parts[i], out);
  if (c->field != NULL)
    rel_buf_printf(out, "%u%s", c->field->number, c->exact ? "!" : c->fold_case ? "~" : "");
  if (c->related != NULL) sign_relation(c->related->relation, out);
  if (c->value_count > 0 || c->field != NULL) rel_buf_printf(out, " %d", (int)c->operator_);
  for (size_t i = 0; i < c->value_count; i++)
    sign_constant(&c->values[i], out);
  rel_buf_cstr(out, ")");
}

// --- Putting together ---

const rel_condition *rel_condition_of(rel_arena *arena, rel_condition_kind kind,
                                      const rel_condition *const *parts, size_t count) {
  const rel_condition **copy = REL_ARENA_ARRAY(arena, const rel_condition *, count);
  for (size_t i = 0; i < count; i++)
    copy[i] = parts[i];
  rel_condition *condition = REL_ARENA_NEW(arena, rel_condition);
  *condition = (rel_condition){.kind = kind, .parts = copy, .part_count = count};
  return condition;
}

const rel_condition *rel_condition_not(rel_arena *arena, const rel_condition *part) {
  return rel_condition_of(arena, REL_CONDITION_NOT, &part, 1);
}

const rel_condition *rel_condition_all(rel_arena *arena, const rel_condition *const *parts, size_t count) {
  const rel_condition **some = REL_ARENA_ARRAY(arena, const rel_condition *, count);
  size_t n = 0;
  for (size_t i = 0; i < count; i++)
    if (parts[i] != NULL) some[n++] = parts[i];
  if (n == 0) return NULL;
  return n == 1 ? some[0] : rel_condition_of(arena, REL_CONDITION_ALL, some, n);
}

const rel_condition *rel_gate_condition(const rel_gate *gate, rel_arena *arena) {
  rel_constant *value = REL_ARENA_NEW(arena, rel_constant);
  rel_condition *condition = REL_ARENA_NEW(arena, rel_condition);
  if (gate->field->type == REL_TYPE_STRING)
    value->bytes = gate->tag.text;
  else
    value->integer = gate->tag.number;
  *condition = (rel_condition){.kind = REL_CONDITION_COMPARE,
                               .field = gate->field,
                               .operator_ = REL_OP_EQ,
                               .values = value,
                               .value_count = 1,
                               .exact = true};
  return condition;
}
