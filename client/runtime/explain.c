// Budgets and explanations: see relations/query.h. Owns what a request may take, and asks what it takes.
#include "client/runtime/query.h"

#include "client/runtime/answer.h"
#include "common/wire.h"

#define EXPLAIN_PATH "/relations.v1.RelationService/Explain"

enum { BUDGET_RELATIONS = 1, BUDGET_DEPTH, BUDGET_RECORDS, BUDGET_BYTES, BUDGET_STATEMENTS, BUDGET_TIME };
enum { DURATION_SECONDS = 1, DURATION_NANOS = 2, MS_PER_S = 1000, NS_PER_MS = 1000000 };

// --- Budgets ---

rel_sdk_query *rel_sdk_query_budget(rel_sdk_query *query, rel_budget budget) {
  rel_query_refuse_in_group(query, "budget");
  query->budget = budget;
  return query;
}

bool rel_query_has_budget(const rel_sdk_query *query) {
  const rel_budget *b = &query->budget;
  return b->max_relations > 0 || b->max_depth > 0 || b->max_records > 0 || b->max_bytes > 0 ||
         b->max_statements > 0 || b->max_database_ms > 0;
}

static void put_limit(uint32_t number, uint64_t limit, rel_buf *out) {
  if (limit > 0) rel_wire_put_uint(out, number, limit);
}

void rel_query_put_budget(const rel_sdk_query *query, rel_buf *request) {
  const rel_budget *b = &query->budget;
  rel_buf own = {0}, time = {0};
  if (!rel_query_has_budget(query)) return;
  put_limit(BUDGET_RELATIONS, b->max_relations, &own);
  put_limit(BUDGET_DEPTH, b->max_depth, &own);
  put_limit(BUDGET_RECORDS, b->max_records, &own);
  put_limit(BUDGET_BYTES, b->max_bytes, &own);
  put_limit(BUDGET_STATEMENTS, b->max_statements, &own);
  put_limit(DURATION_SECONDS, b->max_database_ms / MS_PER_S, &time);
  put_limit(DURATION_NANOS, (uint64_t)(b->max_database_ms % MS_PER_S) * NS_PER_MS, &time);
  if (time.len > 0) rel_wire_put_bytes(&own, BUDGET_TIME, rel_buf_view(&time));
  rel_wire_put_bytes(request, REL_REQUEST_BUDGET, rel_buf_view(&own));
  rel_buf_fini(&time);
  rel_buf_fini(&own);
}

// --- Explanations ---

static rel_code unpack(const rel_buf *answer, rel_explanation **out, rel_error *error) {
  rel_code code = rel_answer_check(&relations__v1__explain_response__descriptor, rel_buf_view(answer),
                                   EXPLAIN_PATH, error);
  if (code != REL_OK) return code;
  *out = relations__v1__explain_response__unpack(NULL, answer->len, answer->data);
  if (*out != NULL) return REL_OK;
  return rel_fail(error, REL_INTERNAL, "the server's answer is broken (" EXPLAIN_PATH ")");
}

rel_code rel_explain(rel_client *client, uint32_t number, const rel_buf *request, rel_explanation **out,
                     rel_error *error) {
  rel_buf whole = {0}, answer = {0};
  rel_wire_put_bytes(&whole, number, rel_buf_view(request));
  rel_code code = rel_client_call(client, EXPLAIN_PATH, rel_buf_view(&whole), &answer, error);
  if (code == REL_OK) code = unpack(&answer, out, error);
  rel_buf_fini(&answer);
  rel_buf_fini(&whole);
  return code;
}

// As free_unpacked frees it.
rel_explanation *rel_explanation_of_nothing(void) {
  rel_explanation *nothing = REL_NEW(rel_explanation);
  relations__v1__explain_response__init(nothing);
  return nothing;
}
