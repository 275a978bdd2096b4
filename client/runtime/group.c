// The values of a group: see relations/aggregate.h. A group is the contract's message, as it came.
#include "client/runtime/aggregate.h"

#include <locale.h>

typedef Relations__V1__AggregateGroup group_message;
typedef Relations__V1__Value value_message;

static bool column_fits(const rel_aggregate_column *column, const value_message *value) {
  bool counts = column->function == REL_SDK_COUNT || column->function == REL_SDK_COUNT_DISTINCT;
  if ((int)value->kind_case == 0) return !counts;
  return (int)value->kind_case == (int)column->result && !(counts && value->int64_value < 0);
}

bool rel_group_fits(const rel_sdk_aggregate *aggregate, const group_message *group) {
  if (group->n_keys != aggregate->key_count || group->n_values != aggregate->term_count) return false;
  for (size_t i = 0; i < group->n_keys; i++)
    if (!column_fits(&aggregate->keys[i], group->keys[i])) return false;
  for (size_t i = 0; i < group->n_values; i++)
    if (!column_fits(&aggregate->terms[i], group->values[i])) return false;
  return true;
}

// NULL where there is none: SQL's NULL, and what the group was not asked for.
static const value_message *find(const rel_group *group, rel_term term, rel_sdk_result result) {
  const group_message *message = group->values;
  if (term.of != group->shape->of) return NULL;
  if (term.index >= (term.is_key ? group->shape->key_count : group->shape->term_count)) return NULL;
  const value_message *value = term.is_key ? message->keys[term.index] : message->values[term.index];
  return (int)value->kind_case == (int)result ? value : NULL;
}

uint64_t rel_group_count(const rel_group *group, rel_count_term term) {
  const value_message *value = find(group, term.term, REL_SDK_RESULT_INT64);
  return value != NULL ? (uint64_t)value->int64_value : 0;
}

const protobuf_c_boolean *rel_group_bool(const rel_group *group, rel_bool_term term) {
  const value_message *value = find(group, term.term, REL_SDK_RESULT_BOOL);
  return value != NULL ? &value->bool_value : NULL;
}

const int64_t *rel_group_int64(const rel_group *group, rel_int64_term term) {
  const value_message *value = find(group, term.term, REL_SDK_RESULT_INT64);
  return value != NULL ? &value->int64_value : NULL;
}

const uint64_t *rel_group_uint64(const rel_group *group, rel_uint64_term term) {
  const value_message *value = find(group, term.term, REL_SDK_RESULT_UINT64);
  return value != NULL ? &value->uint64_value : NULL;
}

const double *rel_group_double(const rel_group *group, rel_double_term term) {
  const value_message *value = find(group, term.term, REL_SDK_RESULT_DOUBLE);
  return value != NULL ? &value->double_value : NULL;
}

static const char *text_of(const rel_group *group, rel_term term) {
  const value_message *value = find(group, term, REL_SDK_RESULT_TEXT);
  return value != NULL ? value->string_value : NULL;
}

const char *rel_group_decimal(const rel_group *group, rel_decimal_term term) {
  return text_of(group, term.term);
}

const char *rel_group_text(const rel_group *group, rel_text_term term) {
  return text_of(group, term.term);
}

const ProtobufCBinaryData *rel_group_bytes(const rel_group *group, rel_bytes_term term) {
  const value_message *value = find(group, term.term, REL_SDK_RESULT_BYTES);
  return value != NULL ? &value->bytes_value : NULL;
}

const Google__Protobuf__Timestamp *rel_group_timestamp(const rel_group *group, rel_timestamp_term term) {
  const value_message *value = find(group, term.term, REL_SDK_RESULT_TIMESTAMP);
  return value != NULL ? value->timestamp_value : NULL;
}

bool rel_group_decimal_as_double(const rel_group *group, rel_decimal_term term, double *value) {
  const char *text = rel_group_decimal(group, term);
  *value = 0;
  if (text == NULL) return false;
  locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
  *value = strtod_l(text, NULL, plain);
  freelocale(plain);
  return true;
}
