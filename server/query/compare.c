// One comparison, from whichever form it comes: the field is found, the operator must fit it, the values are
// converted. Operators are the rows of REL_OPERATORS.
#include "server/query/internal.h"
#include "server/store/fold.h"

#include <stdio.h>

// --- Saying where ---

// Characters, not bytes, and from 1: what an editor shows.
static size_t column_of(rel_str text, size_t at) {
  size_t column = 1;
  for (size_t i = 0; i < at && i < text.len; i++)
    if (((uint8_t)text.ptr[i] & 0xC0) != 0x80) column++;
  return column;
}

rel_code rel_spot_fail(const rel_spot *spot, rel_error *error, const char *format, ...) {
  char message[REL_ERROR_MESSAGE_MAX];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  if (spot->text.ptr == NULL) return rel_fail_field(error, REL_INVALID, spot->path, "%s", message);
  return rel_fail_field(error, REL_INVALID, spot->path, "column %zu: %s", column_of(spot->text, spot->at),
                        message);
}

// --- The field ---

const char *rel_field_describe(const rel_field *field) {
  if (field->uuid) return "a UUID";
  if (field->decimal) return "a decimal";
  return field->type == REL_TYPE_ENUM ? "an enum" : rel_type_name(field->type);
}

rel_code rel_no_field(const rel_model *model, rel_str name, const char *why, const rel_spot *spot,
                      rel_error *error) {
  rel_str shown = rel_shown(name);
  rel_buf hint = {0};
  rel_hint_field(model, name, &hint);
  rel_code code = rel_spot_fail(spot, error, REL_STR_F " has no field \"" REL_STR_F "\"%s%s",
                                REL_STR_A(model->name), REL_STR_A(shown), why, rel_buf_text(&hint));
  rel_buf_fini(&hint);
  return code;
}

static rel_code find_field(const rel_filter_scope *scope, const rel_comparison *c, const rel_field **out,
                           rel_error *error) {
  const rel_field *field = rel_model_field(scope->model, c->field);
  if (field == NULL && c->fallback != NULL) field = rel_model_field(c->fallback, c->field);
  rel_str model = scope->model->name;
  if (field == NULL) return rel_no_field(scope->model, c->field, "", &c->field_spot, error);
  if (rel_field_constant_kind(field) == REL_CONSTANT_NONE &&
      rel_model_relation(scope->model, c->field) != NULL)
    return rel_spot_fail(&c->field_spot, error,
                         REL_STR_F "." REL_STR_F " is a relation: compare a field of its records, or write "
                                   "some(" REL_STR_F ", …); " REL_STR_F " : * holds where there is one",
                         REL_STR_A(model), REL_STR_A(field->name), REL_STR_A(field->name),
                         REL_STR_A(field->name));
  if (rel_field_constant_kind(field) == REL_CONSTANT_NONE)
    return rel_spot_fail(&c->field_spot, error,
                         REL_STR_F "." REL_STR_F " has no column of its own, so it cannot be compared",
                         REL_STR_A(model), REL_STR_A(field->name));
  *out = field;
  return REL_OK;
}

// --- Comparing ---

static rel_code check_fold_case(const rel_comparison *c, const rel_operator_row *row, const rel_field *field,
                                rel_error *error) {
  if (!c->fold_case) return REL_OK;
  if (rel_field_constant_kind(field) != REL_CONSTANT_TEXT)
    return rel_spot_fail(&c->field_spot, error, "case is of texts, and " REL_STR_F " is %s",
                         REL_STR_A(field->name), rel_field_describe(field));
  if (!row->folds) return rel_spot_fail(&c->operator_spot, error, "%s cannot fold case", row->written);
  return REL_OK;
}

static rel_code check_operator(const rel_comparison *c, const rel_operator_row *row, const rel_field *field,
                               rel_error *error) {
  if (!(row->fits >> rel_field_constant_kind(field) & 1))
    return rel_spot_fail(&c->operator_spot, error, "%s does not fit " REL_STR_F ", which is %s", row->written,
                         REL_STR_A(field->name), rel_field_describe(field));
  if (c->operand_count >= row->least && c->operand_count <= row->most)
    return check_fold_case(c, row, field, error);
  if (row->most == 0) return rel_spot_fail(&c->operator_spot, error, "%s takes no value", row->written);
  return rel_spot_fail(&c->operator_spot, error, "%s takes %s, not %zu", row->written,
                       row->most == 1 ? "one value" : "fewer values", c->operand_count);
}

static rel_code count_in(rel_filter_scope *scope, const rel_comparison *c, rel_error *error) {
  scope->comparisons++;
  scope->values += c->operand_count;
  if (scope->comparisons > REL_CONDITION_MAX_COMPARISONS)
    return rel_spot_fail(&c->field_spot, error, "at most %d comparisons", REL_CONDITION_MAX_COMPARISONS);
  if (scope->values > REL_CONDITION_MAX_VALUES)
    return rel_spot_fail(&c->field_spot, error, "at most %d values", REL_CONDITION_MAX_VALUES);
  return REL_OK;
}

static void fold(rel_constant *value, rel_arena *arena) {
  rel_buf folded = {0};
  rel_text_fold(value->bytes, &folded);
  value->bytes = rel_arena_copy(arena, rel_buf_view(&folded));
  rel_buf_fini(&folded);
}

// Of a field of the scope's model.
static rel_code compare_own(rel_filter_scope *scope, const rel_comparison *c, const rel_condition **out,
                            rel_error *error) {
  const rel_field *field = NULL;
  const rel_operator_row *row = rel_operator_find(c->operator_);
  if (row == NULL)
    return rel_spot_fail(&c->operator_spot, error, "operator %d is unknown", (int)c->operator_);
  rel_code code = count_in(scope, c, error);
  if (code == REL_OK) code = find_field(scope, c, &field, error);
  if (code == REL_OK) code = check_operator(c, row, field, error);
  if (code != REL_OK) return code;
  rel_constant *values = REL_ARENA_ARRAY(scope->arena, rel_constant, c->operand_count);
  for (size_t i = 0; i < c->operand_count; i++) {
    const char *why = rel_constant_of(field, &c->operands[i].literal, scope->arena, &values[i]);
    if (why == NULL && c->fold_case) fold(&values[i], scope->arena);
    if (why == NULL) continue;
    const rel_literal *literal = &c->operands[i].literal;
    if (literal->kind == REL_LITERAL_NAME && rel_model_field(scope->model, literal->bytes) != NULL)
      return rel_spot_fail(&c->operands[i].spot, error,
                           REL_STR_F " is a field; a field is compared with a value, which is %s here: %s",
                           REL_STR_A(literal->bytes), rel_field_describe(field), why);
    return rel_spot_fail(&c->operands[i].spot, error, REL_STR_F " is %s: %s", REL_STR_A(field->name),
                         rel_field_describe(field), why);
  }
  rel_condition *condition = REL_ARENA_NEW(scope->arena, rel_condition);
  *condition = (rel_condition){.kind = REL_CONDITION_COMPARE,
                               .field = field,
                               .operator_ = c->operator_,
                               .values = values,
                               .value_count = c->operand_count,
                               .fold_case = c->fold_case};
  *out = c->negated ? rel_condition_not(scope->arena, condition) : condition;
  return REL_OK;
}

// "author.name": of a record that relations lead to. Where these are many, only having is asked for: "has" in
// AIP-160's sense, of one record at least.
rel_code rel_compare(rel_filter_scope *scope, const rel_comparison *c, const rel_condition **out,
                     rel_error *error) {
  rel_comparison own = *c;
  rel_path path;
  const rel_model *outer;
  rel_str way = c->field;
  own.field = rel_path_last(&way);
  if (way.len == 0) return compare_own(scope, c, out, error);
  own.field_spot.at += (size_t)(own.field.ptr - c->field.ptr);
  own.fallback = NULL;
  bool has = c->operator_ == REL_OP_CONTAINS || (c->operator_ == REL_OP_IS_NULL && c->negated);
  rel_code code = rel_path_read(scope, way, &c->field_spot, &path, error);
  if (code == REL_OK && !has) code = rel_path_single(&path, path.count, &c->field_spot, error);
  if (code != REL_OK) return code;
  rel_path_enter(scope, &path, &outer);
  code = compare_own(scope, &own, out, error);
  rel_path_leave(scope, &path, outer);
  if (code == REL_OK) *out = rel_path_some(scope->arena, &path, path.count, *out);
  return code;
}
