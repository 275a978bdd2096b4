// Queries of typed services: see typed_query.h. A typed request becomes the contract's QueryRequest, and is
// that from then on: what it asks, and the bytes of its answers, cannot differ. What is wrong is said in the
// names of the typed request.
#include "server/handlers/typed_query.h"

#include "common/wire.h"
#include "server/handlers/query.h"
#include "server/handlers/typed_keys.h"
#include "server/handlers/typed_methods.h"
#include "server/query/order.h"

#include <relations/v1/typed.pb-c.h>
#include <stdio.h>

// --- Names of fields ---

// What stands behind `prefix`, which ends at the end of a name; NULL when the text does not begin so.
static const char *behind(const char *text, const char *prefix) {
  size_t len = strlen(prefix);
  if (strncmp(text, prefix, len) != 0) return NULL;
  return text[len] == '\0' || text[len] == '.' || text[len] == '[' ? text + len : NULL;
}

// "methods[1].arguments[0]" is "published_after.when".
static bool rename_argument(const rel_query *q, const Relations__V1__QueryTarget *target, char *field) {
  size_t call = 0, argument = 0;
  int read = sscanf(field, "target.methods[%zu].arguments[%zu]", &call, &argument);
  if (read < 1 || call >= target->n_methods) return false;
  const char *name = target->methods[call]->name;
  snprintf(field, REL_ERROR_FIELD_MAX, "%s", name);
  for (size_t i = 0; read == 2 && i < q->select.model->method_count; i++) {
    const rel_query_method *method = q->select.model->methods[i];
    if (rel_str_is(method->name, name) && argument < method->param_count)
      snprintf(field, REL_ERROR_FIELD_MAX, "%s." REL_STR_F, name, REL_STR_A(method->params[argument].name));
  }
  return true;
}

// From the path in the contract's request to that in the typed one.
static void rename_field(const rel_query *q, const Relations__V1__QueryTarget *target, rel_error *error) {
  char *field = error->field, rest[REL_ERROR_FIELD_MAX];
  const char *in_tree = behind(field, "target.filter");
  if (rename_argument(q, target, field)) return;
  if (behind(field, "target.filter_text") != NULL) {
    snprintf(field, REL_ERROR_FIELD_MAX, "filter");
  } else if (in_tree != NULL) {
    snprintf(rest, sizeof rest, "%s", in_tree);
    snprintf(field, REL_ERROR_FIELD_MAX, "filter_tree%.*s", (int)(sizeof rest - sizeof "filter_tree"), rest);
  } else if (behind(field, "order_by") != NULL) {
    snprintf(field, REL_ERROR_FIELD_MAX, "order_by"); // it is one text
  }
}

// --- Targets ---

static rel_code read_owner(rel_query *q, const rel_typed_method *method, rel_error *error) {
  if (method->relation == NULL) return REL_OK;
  rel_arena *arena = rel_call_arena(q->call);
  rel_request_key *key = REL_ARENA_NEW(arena, rel_request_key);
  q->owner = key;
  return rel_typed_key_read(rel_call_request(q->call), method->model, arena, key, error);
}

static rel_code read_target(rel_query *q, const rel_typed_method *method,
                            const Relations__V1__TypedQuery *typed, Relations__V1__QueryTarget *target,
                            rel_error *error) {
  rel_arena *arena = rel_call_arena(q->call);
  target->model = (char *)(uintptr_t)rel_arena_copy(arena, method->model->name).ptr;
  if (method->relation != NULL)
    target->relation = (char *)(uintptr_t)rel_arena_copy(arena, method->relation->name).ptr;
  target->filter = typed->filter_tree;
  target->filter_text = typed->filter;
  return rel_typed_methods_read(rel_call_request(q->call), rel_typed_records(method), arena, &target->methods,
                                &target->n_methods, error);
}

// --- Answers ---

static void write_records(rel_query *q, rel_str tail) {
  rel_buf path = {0};
  rel_query_write_set(q, tail);
  if (q->continues) rel_query_put_path(q, q->records_name, REL_TYPED_CONTINUES, &path);
  rel_call_write(q->call, path.data, path.len);
  rel_buf_fini(&path);
}

static const rel_query_writer whole = {rel_query_write_set, rel_query_write_count, .split = REL_SPLIT_NEVER};
static const rel_query_writer in_pieces = {write_records, rel_query_write_count, .split = REL_SPLIT_MESSAGES};

// --- Requests ---

static rel_code read_records(rel_query *q, const rel_typed_method *method,
                             const Relations__V1__TypedQuery *typed, Relations__V1__QueryTarget *target,
                             rel_error *error) {
  Relations__V1__QueryRequest request = RELATIONS__V1__QUERY_REQUEST__INIT;
  request.target = target;
  request.page_size = typed->page_size;
  request.page_token = typed->page_token;
  request.includes = typed->includes;
  request.n_includes = typed->n_includes;
  request.from_end = typed->from_end;
  request.budget = typed->budget;
  request.fields = typed->fields;
  request.n_fields = typed->n_fields;
  q->writer = typed->in_pieces ? &in_pieces : &whole;
  q->records_name = rel_typed_records_name(method);
  rel_code code = rel_order_parse(rel_cstr(typed->order_by), rel_call_arena(q->call), &request.order_by,
                                  &request.n_order_by, error);
  return code == REL_OK ? rel_query_read(q, &request, error) : code;
}

static rel_code read_request(rel_query *q, const rel_typed_method *method, rel_error *error) {
  ProtobufCMessage *message;
  Relations__V1__QueryTarget target = RELATIONS__V1__QUERY_TARGET__INIT;
  rel_code code = rel_call_unpack(q->call, &relations__v1__typed_query__descriptor, &message, error);
  if (code != REL_OK) return code;
  const Relations__V1__TypedQuery *typed = (const Relations__V1__TypedQuery *)message;
  code = read_owner(q, method, error);
  if (code == REL_OK) code = read_target(q, method, typed, &target, error);
  if (code != REL_OK) return code;
  code = method->ask == REL_TYPED_QUERY ? read_records(q, method, typed, &target, error)
                                        : rel_query_read_target(q, &target, typed->budget, error);
  if (code != REL_OK) rename_field(q, &target, error);
  return code;
}

// --- Calls ---

static rel_select_kind kind_of(rel_typed_ask ask) {
  if (ask == REL_TYPED_COUNT) return REL_SELECT_COUNT;
  return ask == REL_TYPED_EXISTS ? REL_SELECT_EXISTS : REL_SELECT_ROWS;
}

void rel_typed_query(rel_call *call, const rel_services *services, rel_snapshot *take_snapshot,
                     const rel_typed_method *method) {
  rel_query *q = rel_query_new(call, services, take_snapshot, kind_of(method->ask), &whole);
  rel_error error = {0};
  if (method->ask == REL_TYPED_QUERY) rel_call_stream(call);
  if (read_request(q, method, &error) == REL_OK)
    rel_query_start(q);
  else
    rel_query_fail(q, &error);
}
