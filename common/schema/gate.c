// Gates: see gate.h. Only reads a finished schema.
#include "common/schema/gate.h"

#include "common/log.h"
#include "common/wire.h"

#include <inttypes.h>

int rel_tag_cmp(const rel_field *field, const rel_tag *a, const rel_tag *b) {
  if (field->type == REL_TYPE_STRING) return rel_str_cmp(a->text, b->text);
  return (a->number > b->number) - (a->number < b->number);
}

static bool is_known(const rel_gate *gate, const rel_tag *value) {
  size_t low = 0, high = gate->known_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = rel_tag_cmp(gate->field, value, &gate->known[middle]);
    if (order == 0) return true;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return false;
}

rel_passage rel_gate_ask(const rel_gate *gate, const rel_tag *value) {
  if (value == NULL) return REL_PASSES_NOT;
  if (rel_tag_cmp(gate->field, value, &gate->tag) == 0) return REL_PASSES;
  return is_known(gate, value) ? REL_PASSES_NOT : REL_UNKNOWN_TAG;
}

// --- Reading ---

// The number that a varint or a fixed field of the type stands for.
static int64_t number_of(rel_type type, const rel_wire_field *wire) {
  uint64_t value = wire->value;
  switch (type) {
  case REL_TYPE_SINT32:
  case REL_TYPE_SINT64:
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
  case REL_TYPE_SFIXED32:
    return (int32_t)value;
  default:
    return (int64_t)value;
  }
}

bool rel_gate_read(const rel_gate *gate, rel_str record, rel_tag *value) {
  const rel_field *field = gate->field;
  rel_wire_reader reader = {record};
  rel_wire_field wire;
  bool found = !field->has_presence; // then zero is left out
  *value = (rel_tag){.text = rel_cstr("")};
  while (rel_wire_next(&reader, &wire) > 0) {
    if (wire.number != field->number) continue;
    found = true;
    if (field->type == REL_TYPE_STRING)
      value->text = wire.bytes;
    else
      value->number = number_of(field->type, &wire);
  }
  return found;
}

// --- Saying what is wrong ---

// "\"Post\"", "3", "KIND_POST (3)".
static void put_value(rel_buf *out, const rel_field *field, const rel_tag *value) {
  if (field->type == REL_TYPE_STRING) {
    rel_json_excerpt(out, value->text);
    return;
  }
  for (size_t i = 0; field->enum_type != NULL && i < field->enum_type->value_count; i++) {
    const struct rel_enum_value *named = &field->enum_type->values[i];
    if (named->number != value->number) continue;
    rel_buf_printf(out, REL_STR_F " (%" PRId64 ")", REL_STR_A(named->name), value->number);
    return;
  }
  rel_buf_printf(out, "%" PRId64, value->number);
}

rel_code rel_gate_refuse(const rel_gate *gate, const rel_tag *value, rel_str row, rel_error *error) {
  enum { SHOWN = 5 };
  const rel_model *model = gate->model;
  rel_buf what = {0}, known = {0};
  put_value(&what, gate->field, value);
  for (size_t i = 0; i < gate->known_count && i < SHOWN; i++) {
    if (i > 0) rel_buf_cstr(&known, ", ");
    put_value(&known, gate->field, &gate->known[i]);
  }
  if (gate->known_count > SHOWN) rel_buf_cstr(&known, ", ...");
  rel_fail(error, REL_BAD_DATA,
           REL_STR_F "." REL_STR_F " of the row with key " REL_STR_F
                     ": %s is the type_tag of no relation of " REL_STR_F ", whose tags are %s",
           REL_STR_A(model->table), REL_STR_A(gate->field->column), REL_STR_A(row), rel_buf_text(&what),
           REL_STR_A(model->name), rel_buf_text(&known));
  rel_buf_fini(&what);
  rel_buf_fini(&known);
  return REL_BAD_DATA;
}
