// The contract's request becomes a select: see query.h. Names are looked up in the pinned snapshot; whatever
// is wrong is said with its place in the request.
#include "server/handlers/query.h"

#include "server/handlers/budget.h"
#include "server/query/binding.h"
#include "server/query/fields.h"
#include "server/query/filter.h"
#include "server/query/terms.h"
#include "server/query/token.h"

#include <stdio.h>

typedef Relations__V1__QueryTarget query_target;

// --- Targets ---

static void in_target(rel_error *error) {
  char field[REL_ERROR_FIELD_MAX];
  snprintf(field, sizeof field, "%s", error->field);
  int room = REL_ERROR_FIELD_MAX - (int)sizeof "target.";
  snprintf(error->field, sizeof error->field, "target.%.*s", room, field);
}

static rel_code read_key(const Relations__V1__Keys *keys, const char *name, rel_key_shape shape,
                         rel_arena *arena, const rel_request_key **out, rel_error *error) {
  rel_keys_expected one = {.name = name, .shape = shape, .max_keys = 1};
  rel_request_keys read;
  rel_code code = rel_keys_read(keys, &one, arena, &read, error);
  if (code == REL_OK && read.count != 1)
    code = rel_fail_field(error, REL_INVALID, name, "exactly one key is needed");
  *out = read.items;
  return code;
}

// The relation of the records with this value of what it joins on.
static void scope_by_reference(rel_query *q, const rel_request_key *key) {
  q->refers_to_nothing = key->is_null;
  q->select.scope = key->bytes;
}

static rel_sort_term *primary_key_order(rel_query *q, const rel_model *model) {
  rel_sort_term *terms = REL_ARENA_ARRAY(rel_call_arena(q->call), rel_sort_term, model->primary_key_count);
  for (size_t i = 0; i < model->primary_key_count; i++)
    terms[i].field = model->primary_key[i];
  return terms;
}

// The relation of the owner with this primary key.
static void scope_by_owner(rel_query *q, const rel_request_key *key) {
  const rel_relation *relation = q->relation;
  const rel_model *owner = relation->owner;
  if (rel_relation_joins_on_primary_key(relation)) {
    scope_by_reference(q, key);
    return;
  }
  q->refers_to_nothing = key->is_null;
  q->find_owner = !key->is_null;
  q->preface = (rel_select){.kind = REL_SELECT_ROWS,
                            .model = owner,
                            .key = owner->primary_key,
                            .key_count = owner->primary_key_count,
                            .scope = key->bytes,
                            .order = primary_key_order(q, owner),
                            .order_count = owner->primary_key_count,
                            .limit = 1,
                            .output = REL_OUTPUT_KEY,
                            .columns = rel_relation_owner_key(relation),
                            .column_count = relation->key_count,
                            .gate = rel_relation_owner_gate(relation)};
}

static rel_code read_scope(rel_query *q, const query_target *target, rel_error *error) {
  const rel_relation *relation = q->relation;
  rel_arena *arena = rel_call_arena(q->call);
  const rel_request_key *key;
  rel_code code;
  if (q->owner != NULL) {
    scope_by_owner(q, q->owner);
    return REL_OK;
  }
  switch (target->key_case) {
  case RELATIONS__V1__QUERY_TARGET__KEY_OWNER_KEY:
    code =
        read_key(target->owner_key, "owner_key", rel_primary_key_shape(relation->owner), arena, &key, error);
    if (code == REL_OK) scope_by_owner(q, key);
    return code;
  case RELATIONS__V1__QUERY_TARGET__KEY_REFERENCE_KEY:
    code =
        read_key(target->reference_key, "reference_key", rel_owner_key_shape(relation), arena, &key, error);
    if (code == REL_OK) scope_by_reference(q, key);
    return code;
  default:
    return rel_fail_field(error, REL_INVALID, "owner_key", "no key: set owner_key or reference_key");
  }
}

static rel_code read_relation(rel_query *q, const query_target *target, rel_error *error) {
  const rel_loadable *loadable;
  rel_code code =
      rel_snapshot_find(q->snapshot, rel_cstr(target->model), rel_cstr(target->relation), &loadable, error);
  if (code != REL_OK) return code;
  const rel_relation *relation = q->relation = loadable->relation;
  if (relation->loader.len > 0)
    return rel_fail_field(error, REL_INVALID, "relation",
                          REL_STR_F " is loaded by " REL_STR_F ", which has no queries; use Load",
                          REL_STR_A(relation->name), REL_STR_A(relation->loader));
  q->select.model = relation->target;
  q->select.hops = loadable->scope.hops;
  q->select.hop_count = loadable->scope.hop_count;
  q->select.key = loadable->scope.key;
  q->select.key_count = loadable->scope.key_count;
  q->select.scope_condition = loadable->scope.condition;
  // It is its first records, whatever the condition says of the others.
  q->select.first_by = loadable->scope.order_by;
  q->select.first_by_count = loadable->scope.order_count;
  q->select.first = relation->kind != REL_HAS_MANY ? 1 : relation->limit;
  return read_scope(q, target, error);
}

static rel_code read_model(rel_query *q, const query_target *target, rel_error *error) {
  const rel_model *model;
  rel_code code = rel_snapshot_find_model(q->snapshot, rel_cstr(target->model), &model, error);
  if (code != REL_OK) return code;
  if (target->key_case != RELATIONS__V1__QUERY_TARGET__KEY__NOT_SET)
    return rel_fail_field(error, REL_INVALID, "relation", "a key is for a relation; name it");
  if (model->abstract)
    return rel_fail_field(error, REL_INVALID, "model",
                          REL_STR_F " is abstract; query a model that extends it", REL_STR_A(model->name));
  q->select.model = model;
  return REL_OK;
}

// Of a relation to one the filters decide about its record, so that it can be told apart from none at all.
static rel_code read_filters(rel_query *q, const query_target *target, rel_error *error) {
  rel_filter_scope scope = {.model = q->select.model, .arena = rel_call_arena(q->call)};
  rel_filter_request asked = {target->filter, target->filter_text, target->methods, target->n_methods};
  bool judges = q->select.kind == REL_SELECT_ROWS && q->relation != NULL && q->relation->kind != REL_HAS_MANY;
  return rel_filter_read(&scope, &asked, judges ? &q->select.verdict : &q->select.condition, error);
}

static rel_code read_target(rel_query *q, const query_target *target, rel_error *error) {
  if (target == NULL) return rel_fail_field(error, REL_INVALID, "target", "no target: say what is asked for");
  rel_code code =
      target->relation[0] != '\0' ? read_relation(q, target, error) : read_model(q, target, error);
  if (code == REL_OK) code = read_filters(q, target, error);
  if (code != REL_OK && error->field[0] != '\0') in_target(error);
  q->empty = RELATIONS__V1__LOAD_STATE__LOAD_STATE_EMPTY;
  if (q->refers_to_nothing)
    q->empty = RELATIONS__V1__LOAD_STATE__LOAD_STATE_NULL;
  else if (q->relation != NULL && q->relation->kind == REL_BELONGS_TO && q->select.scope_condition == NULL)
    q->empty = RELATIONS__V1__LOAD_STATE__LOAD_STATE_DANGLING;
  q->statements = 1 + q->find_owner + rel_query_judges(q);
  return code;
}

// --- Orders ---

// The order of the request, else the relation's; the primary key comes last in any.
static rel_code read_order(rel_query *q, Relations__V1__OrderTerm *const *order_by, size_t count,
                           rel_error *error) {
  rel_terms terms = {.model = q->select.model, .relation = q->relation, .arena = rel_call_arena(q->call)};
  q->select.order = q->select.first_by;
  q->select.order_count = q->select.first_by_count;
  if (count == 0 && q->relation != NULL) return REL_OK;
  rel_code code = rel_terms_read_total(&terms, order_by, count, error);
  q->select.order = terms.items;
  q->select.order_count = terms.count;
  return code;
}

// --- Page tokens ---

rel_str rel_query_binding_before(rel_query *q) {
  rel_buf text = {0};
  rel_buf_str(&text, q->binding);
  rel_buf_cstr(&text, "before");
  rel_str binding = rel_arena_copy(rel_call_arena(q->call), rel_buf_view(&text));
  rel_buf_fini(&text);
  return binding;
}

static rel_code no_token(rel_error *error) {
  return rel_fail_field(error, REL_INVALID, "page_token",
                        "it is no token of this query: it was altered, belongs to another query or another "
                        "schema, or the server was started again since");
}

// A token of either direction. Where the owner is still to be found it may be one for what that leads to.
static rel_code open_token(rel_query *q, rel_str token, rel_error *error) {
  const rel_token_key *key = q->services->token_key;
  if (token.len == 0) return REL_OK;
  q->has_before = rel_token_open(key, q->binding, token, &q->cursor);
  if (!q->has_before) q->backwards = rel_token_open(key, rel_query_binding_before(q), token, &q->cursor);
  if (q->has_before || q->backwards) return REL_OK;
  if (q->find_owner) q->token_of_reference = token;
  return q->find_owner ? REL_OK : no_token(error);
}

rel_code rel_query_open_reference(rel_query *q, rel_error *error) {
  rel_buf binding = {0};
  if (q->token_of_reference.len == 0) return REL_OK;
  rel_buf_str(&binding, q->binding_of_page);
  rel_binding_key(&binding, q->select.scope, true);
  q->has_before =
      rel_token_open(q->services->token_key, rel_buf_view(&binding), q->token_of_reference, &q->cursor);
  rel_buf_fini(&binding);
  return q->has_before ? REL_OK : no_token(error);
}

rel_code rel_query_read_page(rel_query *q, const rel_query_page *page, rel_error *error) {
  rel_arena *arena = rel_call_arena(q->call);
  rel_buf binding = {0};
  if (page->size < 0)
    return rel_fail_field(error, REL_INVALID, "page_size", "it is negative; 0 asks for everything");
  q->paged = page->size > 0;
  q->remaining = q->paged ? (size_t)page->size : SIZE_MAX;
  rel_binding_schema(&binding, rel_snapshot_schema(q->snapshot)->digest);
  if (page->target != NULL) rel_binding_target(&binding, page->target);
  for (size_t i = 0; i < page->bound_count; i++)
    rel_binding_message(&binding, page->bound[i]);
  q->binding_of_page = rel_arena_copy(arena, rel_buf_view(&binding));
  if (page->target != NULL)
    rel_binding_key(&binding, q->find_owner ? q->preface.scope : q->select.scope, !q->find_owner);
  q->binding = rel_arena_copy(arena, rel_buf_view(&binding));
  rel_buf_fini(&binding);
  return open_token(q, rel_cstr(page->token), error);
}

static rel_code read_page(rel_query *q, const Relations__V1__QueryRequest *request, rel_error *error) {
  const ProtobufCMessage **bound =
      REL_ARENA_ARRAY(rel_call_arena(q->call), const ProtobufCMessage *, request->n_order_by);
  for (size_t i = 0; i < request->n_order_by; i++)
    bound[i] = &request->order_by[i]->base;
  rel_query_page page = {.size = request->page_size,
                         .token = request->page_token,
                         .target = request->target,
                         .bound = bound,
                         .bound_count = request->n_order_by};
  rel_code code = rel_query_read_page(q, &page, error);
  if (code != REL_OK) return code;
  if (request->from_end && request->page_token[0] != '\0')
    return rel_fail_field(error, REL_INVALID, "from_end", "a page_token says already where the page is");
  q->backwards |= request->from_end != 0;
  if (q->backwards && !q->paged)
    return rel_fail_field(error, REL_INVALID, "page_size", "of how many records is the page before?");
  q->statements += q->backwards;
  return REL_OK;
}

// --- Fields ---

static rel_code read_fields(rel_query *q, const Relations__V1__QueryRequest *request, rel_error *error) {
  rel_arena *arena = rel_call_arena(q->call);
  rel_field_mask mask;
  rel_code code =
      rel_field_mask_read(q->select.model, request->fields, request->n_fields, arena, &mask, error);
  if (code != REL_OK) return code;
  if (q->tree != NULL) rel_tree_need(q->tree, &mask);
  q->select.columns = rel_field_mask_columns(&mask, arena, &q->select.column_count);
  return REL_OK;
}

// --- Requests ---

static rel_code check_record_type(const rel_query *q, const char *expected, rel_error *error) {
  rel_str type = q->select.model->name;
  if (expected[0] == '\0' || rel_str_is(type, expected)) return REL_OK;
  return rel_fail_field(error, REL_WRONG_TYPE, "record_type",
                        "the query has records of " REL_STR_F ", not %.200s", REL_STR_A(type), expected);
}

// What is explained has a tally already.
static rel_code read_budget(rel_query *q, const Relations__V1__Budget *budget, rel_allowance *allowance,
                            rel_error *error) {
  rel_code code = rel_allowance_read(q->services, budget, rel_call_arena(q->call), allowance, error);
  if (code != REL_OK) return code;
  if (q->tally == NULL)
    q->tally = allowance->tally;
  else if (allowance->tally != NULL)
    q->tally->budget = allowance->tally->budget;
  q->max_bytes = allowance->trees.limits.max_bytes;
  allowance->trees.statements = q->statements;
  if (q->statements <= allowance->trees.limits.max_statements) return REL_OK;
  return rel_fail_field(error, REL_LIMIT, "budget",
                        "\"" REL_STEP_REQUEST "\" would take more than %zu statements: allow more",
                        allowance->trees.limits.max_statements);
}

static rel_code read_includes(rel_query *q, const Relations__V1__QueryRequest *request, rel_error *error) {
  rel_tree_includes includes = {request->includes, request->n_includes};
  rel_allowance allowance;
  rel_arena *arena = rel_call_arena(q->call);
  rel_code code = read_budget(q, request->budget, &allowance, error);
  if (code != REL_OK) return code;
  allowance.trees.bare = false;
  return rel_tree_read(q->snapshot, q->select.model, includes, &allowance.trees, arena, &q->tree, error);
}

rel_code rel_query_read(rel_query *q, const Relations__V1__QueryRequest *request, rel_error *error) {
  rel_code code = read_target(q, request->target, error);
  if (code == REL_OK) code = check_record_type(q, request->record_type, error);
  if (code == REL_OK) code = read_order(q, request->order_by, request->n_order_by, error);
  if (code == REL_OK) code = read_page(q, request, error);
  if (code == REL_OK) code = read_includes(q, request, error);
  return code == REL_OK ? read_fields(q, request, error) : code;
}

rel_code rel_query_read_target(rel_query *q, const query_target *target, const Relations__V1__Budget *budget,
                               rel_error *error) {
  rel_allowance allowance;
  rel_code code = read_target(q, target, error);
  return code == REL_OK ? read_budget(q, budget, &allowance, error) : code;
}
