// Fitting records: see fit.h. Messages of models are looked into field by field; of others the schema keeps
// only the name, so they need to be well formed.
#include "server/custom/fit.h"

#include "common/wire.h"

enum { MAX_DEPTH = 32 };

static rel_wire_type wire_type_of(rel_type type) {
  switch (type) {
  case REL_TYPE_DOUBLE:
  case REL_TYPE_FIXED64:
  case REL_TYPE_SFIXED64:
    return REL_WIRE_FIXED64;
  case REL_TYPE_FLOAT:
  case REL_TYPE_FIXED32:
  case REL_TYPE_SFIXED32:
    return REL_WIRE_FIXED32;
  case REL_TYPE_STRING:
  case REL_TYPE_BYTES:
  case REL_TYPE_MESSAGE:
  case REL_TYPE_TIMESTAMP:
    return REL_WIRE_BYTES;
  default:
    return REL_WIRE_VARINT;
  }
}

static rel_code misfit(const rel_model *model, const rel_field *field, const char *why, rel_error *error) {
  return rel_fail(error, REL_BAD_DATA, "field \"" REL_STR_F "\" (%s) of " REL_STR_F " %s",
                  REL_STR_A(field->name), rel_type_name(field->type), REL_STR_A(model->name), why);
}

static bool is_varint_run(rel_str bytes) {
  size_t len = 0;
  for (size_t i = 0; i < bytes.len; i++) {
    if (++len > REL_WIRE_VARINT_MAX) return false;
    if (((uint8_t)bytes.ptr[i] & 0x80) == 0) len = 0;
  }
  return len == 0;
}

static bool is_packed(rel_type type, rel_str bytes) {
  switch (wire_type_of(type)) {
  case REL_WIRE_FIXED64:
    return bytes.len % 8 == 0;
  case REL_WIRE_FIXED32:
    return bytes.len % 4 == 0;
  default:
    return is_varint_run(bytes);
  }
}

static bool is_well_formed(rel_str bytes) {
  rel_wire_reader reader = {bytes};
  rel_wire_field field;
  int got;
  while ((got = rel_wire_next(&reader, &field)) > 0)
    continue;
  return got == 0;
}

static rel_code fit(const rel_model *model, rel_str record, unsigned depth, rel_error *error);

static rel_code fit_bytes(const rel_model *model, const rel_field *field, rel_str bytes, unsigned depth,
                          rel_error *error) {
  switch (field->type) {
  case REL_TYPE_BYTES:
    return REL_OK;
  case REL_TYPE_STRING:
    if (!rel_utf8_valid(bytes)) return misfit(model, field, "is not UTF-8", error);
    if (bytes.len > 0 && memchr(bytes.ptr, 0, bytes.len) != NULL)
      return misfit(model, field, "holds a NUL character", error);
    return REL_OK;
  default:
    break;
  }
  const rel_model *nested = rel_schema_model(model->schema, field->type_name);
  if (nested != NULL) return fit(nested, bytes, depth + 1, error);
  return is_well_formed(bytes) ? REL_OK : misfit(model, field, "is no well-formed message", error);
}

static const rel_field *find(const rel_model *model, uint32_t number) {
  size_t low = 0, high = model->field_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (model->fields[middle]->number < number)
      low = middle + 1;
    else
      high = middle;
  }
  bool found = low < model->field_count && model->fields[low]->number == number;
  return found ? model->fields[low] : NULL;
}

static rel_code fit_field(const rel_model *model, const rel_wire_field *got, unsigned depth,
                          rel_error *error) {
  const rel_field *field = find(model, got->number);
  if (field == NULL) return REL_OK;
  rel_wire_type expected = wire_type_of(field->type);
  if (got->type == expected)
    return expected == REL_WIRE_BYTES ? fit_bytes(model, field, got->bytes, depth, error) : REL_OK;
  if (!field->repeated || got->type != REL_WIRE_BYTES)
    return misfit(model, field, "has the wire type of another one", error);
  return is_packed(field->type, got->bytes) ? REL_OK
                                            : misfit(model, field, "is no well-formed packed list", error);
}

static rel_code fit(const rel_model *model, rel_str record, unsigned depth, rel_error *error) {
  if (depth > MAX_DEPTH)
    return rel_fail(error, REL_BAD_DATA, "messages are nested more than %d deep", MAX_DEPTH);
  rel_wire_reader reader = {record};
  rel_wire_field field;
  rel_code code = REL_OK;
  int got;
  while (code == REL_OK && (got = rel_wire_next(&reader, &field)) != 0) {
    if (got < 0)
      return rel_fail(error, REL_BAD_DATA, "its bytes are no well-formed message of " REL_STR_F,
                      REL_STR_A(model->name));
    code = fit_field(model, &field, depth, error);
  }
  return code;
}

rel_code rel_record_fit(const rel_model *model, rel_str record, rel_error *error) {
  return fit(model, record, 1, error);
}
