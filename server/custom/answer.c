// Answers: see batch.h. Owns what a sane result of a loader is. Nothing of a result is handed on before all
// of it has been looked at.
#include "server/custom/batch.h"

#include "common/status.h"
#include "common/wire.h"
#include "server/custom/fit.h"

#include <relations/v1/types.pb-c.h>
#include <stdarg.h>
#include <stdio.h>

// Field numbers of LoadBatchResponse and of RecordSet.
enum { RESPONSE_RESULTS = 1 };
enum { SET_RECORDS = 1, SET_TOKEN = 2, SET_STATE = 3, SET_ERROR = 4, SET_COUNT = 5 };

// One key's result, a view of the answer.
typedef struct result {
  rel_str bytes;
  size_t records;
  uint64_t state;
  rel_str error;
  bool has_error;
  bool paged; // says that there is more, or how many there are
} result;

void rel_custom_fail(rel_error *error, const rel_plan *plan, rel_code code, const char *format, ...) {
  char text[REL_ERROR_MESSAGE_MAX];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  rel_utf8_make(text); // what a loader says may stand in it
  const rel_relation *relation = plan->lookup.relation;
  (void)rel_fail(error, code, REL_STR_F "." REL_STR_F ": loader " REL_STR_F ": %s",
                 REL_STR_A(relation->owner->name), REL_STR_A(relation->name), REL_STR_A(plan->loader), text);
}

static const char *read_field(const rel_wire_field *field, result *out) {
  bool number = field->number == SET_STATE || field->number == SET_COUNT;
  if (field->number <= SET_COUNT && field->type != (number ? REL_WIRE_VARINT : REL_WIRE_BYTES))
    return "a field of its RecordSet has the wire type of another one";
  switch (field->number) {
  case SET_RECORDS:
    out->records++;
    break;
  case SET_STATE:
    out->state = field->value;
    break;
  case SET_ERROR:
    out->error = field->bytes;
    out->has_error = true;
    break;
  case SET_TOKEN:
    out->paged |= field->bytes.len > 0;
    break;
  case SET_COUNT:
    out->paged |= field->value != 0;
    break;
  default:
    break;
  }
  return NULL;
}

// Whether the state, if one is given, is one that the relation can have with so many records.
static bool state_fits(const rel_plan *plan, const result *got) {
  bool belongs = plan->lookup.relation->kind == REL_BELONGS_TO;
  switch (got->state) {
  case RELATIONS__V1__LOAD_STATE__LOAD_STATE_UNSPECIFIED:
    return true;
  case RELATIONS__V1__LOAD_STATE__LOAD_STATE_LOADED:
    return got->records > 0;
  case RELATIONS__V1__LOAD_STATE__LOAD_STATE_EMPTY:
    return got->records == 0 && !belongs;
  case RELATIONS__V1__LOAD_STATE__LOAD_STATE_DANGLING:
    return got->records == 0 && belongs;
  default:
    return false; // NULL among them: a key that is NULL is never sent
  }
}

// What is wrong with the result, but for its records; NULL: nothing.
static const char *read_result(const rel_plan *plan, rel_str bytes, result *out) {
  rel_wire_reader reader = {bytes};
  rel_wire_field field;
  const char *wrong = NULL;
  int got;
  *out = (result){.bytes = bytes};
  while (wrong == NULL && (got = rel_wire_next(&reader, &field)) != 0)
    wrong = got < 0 ? "its RecordSet is malformed" : read_field(&field, out);
  if (wrong != NULL || out->has_error) return wrong;
  if (!state_fits(plan, out)) return "the state does not fit the records and the kind of the relation";
  if (out->paged) return "next_page_token and count must not be set";
  if (plan->lookup.relation->kind != REL_HAS_MANY && out->records > 1)
    return "more than one record; the relation has at most one";
  return NULL;
}

// The loader's own error for one key.
static void fail_key(const rel_plan *plan, const result *got, rel_error *error) {
  rel_error theirs;
  if (got->error.len == 0 || !rel_status_read(got->error, &theirs) || theirs.code == REL_OK)
    rel_custom_fail(error, plan, REL_BAD_DATA, "answered with an error that is no google.rpc.Status of one");
  else
    rel_custom_fail(error, plan, rel_code_plain(theirs.code), "%s", theirs.message);
}

static bool next_record(rel_wire_reader *reader, rel_str *record) {
  rel_wire_field field;
  while (rel_wire_next(reader, &field) > 0) {
    if (field.number != SET_RECORDS) continue;
    *record = field.bytes;
    return true;
  }
  return false;
}

static bool records_fit(const rel_plan *plan, const result *got, rel_error *error) {
  rel_wire_reader reader = {got->bytes};
  rel_str record;
  rel_error why;
  for (size_t i = 0; next_record(&reader, &record); i++) {
    if (rel_record_fit(plan->lookup.relation->target, record, &why) == REL_OK) continue;
    rel_custom_fail(error, plan, REL_BAD_DATA, "record %zu of the answer: %s", i, why.message);
    return false;
  }
  return true;
}

static rel_code hand_over(rel_job *job, rel_batch *batch, size_t index, const result *got, rel_error *error) {
  rel_wire_reader reader = {got->bytes};
  rel_str record;
  rel_code code = REL_OK;
  while (code == REL_OK && next_record(&reader, &record))
    code = job->row(job, batch, index, record, error);
  return code;
}

rel_code rel_custom_result(const rel_plan *plan, rel_job *job, rel_batch *batch, size_t index, rel_str set,
                           rel_error *error) {
  result got;
  rel_error bad;
  const char *wrong = read_result(plan, set, &got);
  bool good = false;
  if (wrong != NULL)
    rel_custom_fail(&bad, plan, REL_BAD_DATA, "%s", wrong);
  else if (got.has_error)
    fail_key(plan, &got, &bad);
  else
    good = records_fit(plan, &got, &bad);
  if (good) return hand_over(job, batch, index, &got, error);
  job->bad_row(job, batch, index, &bad);
  return REL_OK;
}

// As many results as keys, or none of them can be told whose it is.
static rel_code check_count(const rel_plan *plan, const rel_asked *asked, rel_str answer, rel_error *error) {
  rel_wire_reader reader = {answer};
  rel_wire_field field;
  size_t count = 0;
  int got;
  while ((got = rel_wire_next(&reader, &field)) > 0) {
    if (field.number != RESPONSE_RESULTS) continue;
    if (field.type != REL_WIRE_BYTES) break;
    count++;
  }
  if (got != 0)
    rel_custom_fail(error, plan, REL_BAD_DATA, "its answer is no well-formed LoadBatchResponse");
  else if (count != asked->count)
    rel_custom_fail(error, plan, REL_BAD_DATA, "answered %zu results for %zu keys", count, asked->count);
  else
    return REL_OK;
  return REL_BAD_DATA;
}

rel_code rel_custom_answer(const rel_plan *plan, rel_job *job, rel_batch *batch, const rel_asked *asked,
                           rel_str answer, rel_error *error) {
  rel_wire_reader reader = {answer};
  rel_wire_field field;
  rel_code code = check_count(plan, asked, answer, error);
  size_t next = 0;
  while (code == REL_OK && rel_wire_next(&reader, &field) > 0)
    if (field.number == RESPONSE_RESULTS)
      code = rel_custom_result(plan, job, batch, asked->sent[next++], field.bytes, error);
  return code;
}
