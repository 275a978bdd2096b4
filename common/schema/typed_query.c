// Requests and answers of typed queries: see typed_build.h. A request has the key, if it is about a relation,
// the fields of relations.v1.TypedQuery that its kind reads, and a field for each query method of the model
// whose records are asked for. The arguments of a method are a message within the request of the query, which
// those of Count and Exists use too; a method without parameters is a bool.
#include "common/schema/typed_build.h"

typedef rel_typed_maker maker;

// --- Fields of every query ---

static void add_filters(maker *m, const rel_typed_message *request) {
  rel_typed_add_field(
      m, request,
      &(rel_typed_field){.name = rel_cstr("filter"), .number = REL_TYPED_FILTER, .type = REL_TYPE_STRING},
      "Which records, as an AIP-160 filter over their fields. Everything that the request says must hold.");
  rel_typed_add_field(m, request,
                      &(rel_typed_field){.name = rel_cstr("filter_tree"),
                                         .number = REL_TYPED_FILTER_TREE,
                                         .type = REL_TYPE_MESSAGE,
                                         .type_name = (char *)(uintptr_t) ".relations.v1.Filter"},
                      "The same as a tree of messages.");
}

static void add_pages(maker *m, const rel_typed_message *request) {
  rel_typed_add_field(
      m, request,
      &(rel_typed_field){.name = rel_cstr("order_by"), .number = REL_TYPED_ORDER_BY, .type = REL_TYPE_STRING},
      "In which order: fields, each with asc or desc and nulls first or last, and commas between them. The "
      "primary key always comes last.");
  rel_typed_add_field(
      m, request,
      &(rel_typed_field){
          .name = rel_cstr("page_size"), .number = REL_TYPED_PAGE_SIZE, .type = REL_TYPE_INT32},
      "At most so many records; 0 is no limit. The last message has next_page_token when there are more.");
  rel_typed_add_field(
      m, request,
      &(rel_typed_field){
          .name = rel_cstr("page_token"), .number = REL_TYPED_PAGE_TOKEN, .type = REL_TYPE_STRING},
      "Which page: a next_page_token or previous_page_token, with the rest of the request as it was.");
  rel_typed_add_field(
      m, request,
      &(rel_typed_field){.name = rel_cstr("from_end"), .number = REL_TYPED_FROM_END, .type = REL_TYPE_BOOL},
      "Without a page_token: begin with the last page instead of the first one. Needs a page_size.");
}

static void add_fields(maker *m, const rel_typed_message *request) {
  rel_typed_field field = {
      .name = rel_cstr("fields"), .number = REL_TYPED_FIELDS, .repeated = true, .type = REL_TYPE_STRING};
  rel_typed_add_field(
      m, request, &field,
      "Only these fields of each record are read and sent, its primary key always. Empty: all.");
}

static void add_pieces(maker *m, const rel_typed_message *request) {
  rel_typed_field field = {
      .name = rel_cstr("in_pieces"), .number = REL_TYPED_IN_PIECES, .type = REL_TYPE_BOOL};
  rel_typed_add_field(
      m, request, &field,
      "A record that is too large for a message may come in several, as `continues` of the answer says.");
}

// --- Query methods ---

static void add_arguments(maker *m, const rel_typed_message *request, const rel_query_method *method) {
  rel_typed_message message =
      rel_typed_add_nested(m, request, rel_typed_arguments_name(m->arena, method), method->param_count,
                           "Arguments of the query method " REL_STR_F ".", REL_STR_A(method->name));
  for (size_t i = 0; i < method->param_count; i++) {
    rel_type type = rel_parameter_type(method->params[i].type);
    rel_typed_field field = {.name = method->params[i].name,
                             .number = (uint32_t)i + 1,
                             .optional = type != REL_TYPE_TIMESTAMP, // which is present or not by itself
                             .type = type};
    rel_typed_add_field(m, &message, &field, "Parameter " REL_STR_F ". Required.", REL_STR_A(field.name));
  }
}

// The messages of arguments are within `query`, the request of the query.
static void add_methods(maker *m, const rel_typed_message *request, const rel_model *model, rel_str query) {
  for (size_t i = 0; i < model->method_count; i++) {
    const rel_query_method *method = model->methods[i];
    rel_typed_field field = {
        .name = method->name, .number = rel_typed_query_method_number(method->name), .type = REL_TYPE_BOOL};
    if (method->param_count > 0) {
      field.type = REL_TYPE_MESSAGE;
      rel_str within = rel_arena_printf(m->arena, REL_STR_F "." REL_STR_F, REL_STR_A(query),
                                        REL_STR_A(rel_typed_arguments_name(m->arena, method)));
      field.type_name = rel_typed_absolute(m, within);
    }
    rel_typed_add_field(m, request, &field, "Query method " REL_STR_F " of " REL_STR_F ".",
                        REL_STR_A(method->name), REL_STR_A(model->name));
  }
}

// --- Requests and answers ---

static void add_request(maker *m, const rel_typed_service *service, const rel_typed_method *method) {
  const rel_model *records = rel_typed_records(method);
  rel_typed_method query = *method;
  query.name = rel_typed_method_name(m->arena, method->relation, REL_TYPED_QUERY);
  size_t room = REL_TYPED_IN_PIECES + records->method_count;
  rel_typed_message request = rel_typed_add_message(
      m, rel_typed_request_name(m->arena, service, method), room, "Request of " REL_STR_F "." REL_STR_F ".",
      REL_STR_A(rel_last_component(service->name)), REL_STR_A(method->name));
  for (size_t i = 0; method->ask == REL_TYPED_QUERY && i < records->method_count; i++)
    if (records->methods[i]->param_count > 0) add_arguments(m, &request, records->methods[i]);
  if (method->relation != NULL) rel_typed_add_key(m, &request, service->model);
  add_filters(m, &request);
  if (method->ask == REL_TYPED_QUERY) {
    add_pages(m, &request);
    rel_typed_add_includes(m, &request);
    add_fields(m, &request);
    add_pieces(m, &request);
  } else {
    rel_typed_add_budget(m, &request);
  }
  add_methods(m, &request, records, rel_typed_request_name(m->arena, service, &query));
}

static void add_response(maker *m, const rel_typed_service *service, const rel_typed_method *method) {
  bool query = method->ask == REL_TYPED_QUERY, count = method->ask == REL_TYPED_COUNT;
  rel_typed_message response =
      rel_typed_add_message(m, rel_typed_response_name(m->arena, service, method), REL_TYPED_KEY_LAST,
                            "%s of " REL_STR_F "." REL_STR_F ".", query ? "A part of the answer" : "Answer",
                            REL_STR_A(rel_last_component(service->name)), REL_STR_A(method->name));
  if (query) {
    rel_typed_add_records(m, &response, method);
    rel_typed_add_next_page_token(m, &response);
    rel_typed_add_state(m, &response);
    rel_typed_add_field(m, &response,
                        &(rel_typed_field){.name = rel_cstr("previous_page_token"),
                                           .number = REL_TYPED_PREVIOUS_PAGE_TOKEN,
                                           .type = REL_TYPE_STRING},
                        "Set when there may be records before the page.");
    rel_typed_add_field(
        m, &response,
        &(rel_typed_field){.name = rel_cstr("continues"),
                           .number = REL_TYPED_CONTINUES,
                           .repeated = true,
                           .type = REL_TYPE_STRING},
        "Of a request with in_pieces: set when the last record here is not whole. It, and from there on the "
        "last of each relation that is named, goes on with the first one of the next message.");
    return;
  }
  rel_typed_add_field(m, &response,
                      &(rel_typed_field){.name = rel_cstr(count ? "count" : "exists"),
                                         .number = REL_TYPED_ANSWER,
                                         .type = count ? REL_TYPE_INT64 : REL_TYPE_BOOL},
                      count ? "How many records there are." : "Whether there is a record.");
}

void rel_typed_add_query(maker *m, const rel_typed_service *service, const rel_typed_method *method) {
  add_request(m, service, method);
  add_response(m, service, method);
}
