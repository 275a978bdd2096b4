// Tags: values that options write for a field, told by which one a row has: a discriminator's, and those of a
// polymorphic relation's type field.
#include "common/schema/build.h"

static bool is_unsigned(rel_type type) {
  return type == REL_TYPE_UINT32 || type == REL_TYPE_UINT64 || type == REL_TYPE_FIXED32 ||
         type == REL_TYPE_FIXED64;
}

static bool is_wide(rel_type type) {
  return type == REL_TYPE_INT64 || type == REL_TYPE_UINT64 || type == REL_TYPE_SINT64 ||
         type == REL_TYPE_FIXED64 || type == REL_TYPE_SFIXED64;
}

// The whole of `text` as a decimal integer that the type holds. No database's integer is beyond INT64_MAX.
static bool read_integer(rel_type type, const char *text, int64_t *out) {
  bool negative = text[0] == '-';
  uint64_t limit = is_wide(type) ? INT64_MAX : is_unsigned(type) ? UINT32_MAX : INT32_MAX;
  uint64_t value = 0;
  if (negative) limit = is_unsigned(type) ? 0 : limit + 1;
  const char *at = text + negative;
  if (*at == '\0') return false;
  for (; *at != '\0'; at++) {
    if (*at < '0' || *at > '9') return false;
    uint64_t digit = (uint64_t)(*at - '0');
    if (digit > limit || value > (limit - digit) / 10) return false;
    value = value * 10 + digit;
  }
  *out = negative ? (int64_t)(0 - value) : (int64_t)value;
  return true;
}

// A value by its name or its number; an enum that could not be found was reported with the field.
static bool read_enum(const rel_enum *type, const char *text, int64_t *out) {
  for (size_t i = 0; type != NULL && i < type->value_count; i++) {
    if (!rel_str_is(type->values[i].name, text)) continue;
    *out = type->values[i].number;
    return true;
  }
  return read_integer(REL_TYPE_ENUM, text, out) || type == NULL;
}

bool rel_build_can_tell(const rel_field *field) {
  if (!field->has_column) return false;
  if (field->type == REL_TYPE_STRING) return !field->decimal && !field->uuid;
  return field->type == REL_TYPE_ENUM || rel_field_key_kind(field) == REL_KEY_INT;
}

bool rel_build_tag(rel_at at, const char *aspect, const rel_field *field, const char *value, rel_tag *out) {
  *out = (rel_tag){.text = rel_cstr(value)};
  if (field->type == REL_TYPE_STRING) return true;
  if (field->type == REL_TYPE_ENUM) {
    if (read_enum(field->enum_type, value, &out->number)) return true;
    rel_report(at, "%s: \"%s\" is no value of enum %.*s", aspect, value, REL_STR_A(field->enum_type->name));
    return false;
  }
  if (read_integer(field->type, value, &out->number)) return true;
  rel_report(at, "%s: \"%s\" is no %s%s, the type of field \"%.*s\"", aspect, value,
             rel_type_name(field->type),
             is_wide(field->type) && is_unsigned(field->type) ? " below 2^63" : "", REL_STR_A(field->name));
  return false;
}
