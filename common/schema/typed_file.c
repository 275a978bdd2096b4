// The descriptor of a file of typed services, with its comments. See typed.h; called by typed.c.
#include "common/schema/typed_build.h"

typedef Google__Protobuf__ServiceDescriptorProto pb_service;
typedef Google__Protobuf__MethodDescriptorProto pb_method;
typedef Google__Protobuf__FileOptions pb_options;
typedef rel_typed_maker maker;

// Field number of ServiceDescriptorProto, for paths.
enum { SERVICE_METHOD = 2 };

// --- Requests ---

void rel_typed_add_key(maker *m, const rel_typed_message *message, const rel_model *model) {
  for (size_t i = 0; i < model->primary_key_count; i++) {
    const rel_field *key = model->primary_key[i];
    rel_typed_field field = {
        .name = key->name, .number = REL_TYPED_KEY + (uint32_t)i, .optional = true, .type = (int)key->type};
    rel_typed_add_field(m, message, &field,
                        "Primary key field " REL_STR_F
                        ". Required: zero and the empty string are keys, no value is none.",
                        REL_STR_A(key->name));
  }
}

static void add_keys(maker *m, const rel_typed_message *message, const rel_typed_service *service) {
  const rel_model *model = service->model;
  bool composite = model->primary_key_count > 1;
  rel_buf name = {0};
  rel_typed_keys_name(model, &name);
  rel_typed_field field = {.name = rel_buf_view(&name), .number = REL_TYPED_KEYS, .repeated = true};
  field.type = composite ? REL_TYPE_MESSAGE : (int)model->primary_key[0]->type;
  if (composite) field.type_name = rel_typed_absolute(m, rel_typed_key_name(m->arena, service));
  rel_typed_add_field(m, message, &field, "Primary keys; one that is asked for twice is answered twice.");
  rel_buf_fini(&name);
}

void rel_typed_add_budget(maker *m, const rel_typed_message *message) {
  rel_typed_add_field(m, message,
                      &(rel_typed_field){.name = rel_cstr("budget"),
                                         .number = REL_TYPED_BUDGET,
                                         .type = REL_TYPE_MESSAGE,
                                         .type_name = (char *)(uintptr_t) ".relations.v1.Budget"},
                      "What the call may take; what is not set is the server's own limit.");
}

void rel_typed_add_includes(maker *m, const rel_typed_message *message) {
  rel_typed_field field = {.name = rel_cstr("includes"),
                           .number = REL_TYPED_INCLUDES,
                           .repeated = true,
                           .type = REL_TYPE_MESSAGE,
                           .type_name = (char *)(uintptr_t) ".relations.v1.Include"};
  rel_typed_add_field(m, message, &field, "Relations to load with each record, in its own fields.");
  rel_typed_add_budget(m, message);
}

static void add_request(maker *m, const rel_typed_service *service, const rel_typed_method *method) {
  rel_typed_message message =
      rel_typed_add_message(m, rel_typed_request_name(m->arena, service, method), REL_TYPED_KEY_LAST + 2,
                            "Request of " REL_STR_F "." REL_STR_F ".",
                            REL_STR_A(rel_last_component(service->name)), REL_STR_A(method->name));
  if (method->ask == REL_TYPED_BATCH)
    add_keys(m, &message, service);
  else
    rel_typed_add_key(m, &message, service->model);
  rel_typed_add_includes(m, &message);
}

// --- Answers ---

static bool is_list(const rel_typed_method *method) {
  return method->relation != NULL && method->relation->kind == REL_HAS_MANY;
}

// A relation's name is the name of its records, unless another field of the answer has that name, or the same
// one in JSON.
static rel_str name_in_list(const rel_relation *relation) {
  static const char *const others[] = {"nextpagetoken", "previouspagetoken", "state", "error",
                                       "count",         "continues"};
  char folded[REL_MAX_NAME_BYTES];
  size_t len = 0;
  for (size_t i = 0; i < relation->name.len && len < sizeof folded; i++) {
    char c = relation->name.ptr[i];
    if (c != '_') folded[len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
  }
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    if (rel_str_is(rel_bytes(folded, len), others[i])) return rel_cstr("records");
  return relation->name;
}

rel_str rel_typed_records_name(const rel_typed_method *method) {
  if (is_list(method)) return name_in_list(method->relation);
  return rel_cstr(method->ask == REL_TYPED_QUERY ? "records" : "record");
}

void rel_typed_add_records(maker *m, const rel_typed_message *message, const rel_typed_method *method) {
  bool list = is_list(method), query = method->ask == REL_TYPED_QUERY;
  rel_typed_field field = {.number = REL_TYPED_RECORDS, .repeated = list || query, .type = REL_TYPE_MESSAGE};
  field.name = rel_typed_records_name(method);
  field.type_name =
      (char *)(uintptr_t)rel_arena_printf(m->arena, "." REL_STR_F, REL_STR_A(rel_typed_records(method)->name))
          .ptr;
  rel_typed_add_field(m, message, &field,
                      field.repeated ? "The records, in order." : "The record, if there is one.");
}

void rel_typed_add_next_page_token(maker *m, const rel_typed_message *message) {
  rel_typed_add_field(m, message,
                      &(rel_typed_field){.name = rel_cstr("next_page_token"),
                                         .number = REL_TYPED_NEXT_PAGE_TOKEN,
                                         .type = REL_TYPE_STRING},
                      "Set when there is more.");
}

void rel_typed_add_state(maker *m, const rel_typed_message *message) {
  rel_typed_add_field(m, message,
                      &(rel_typed_field){.name = rel_cstr("state"),
                                         .number = REL_TYPED_STATE,
                                         .type = REL_TYPE_ENUM,
                                         .type_name = (char *)(uintptr_t) ".relations.v1.LoadState"},
                      "Loaded, empty, NULL or dangling.");
}

static void add_single_answer(maker *m, const rel_typed_message *message, const rel_typed_method *method) {
  rel_typed_add_records(m, message, method);
  if (is_list(method)) rel_typed_add_next_page_token(m, message);
  rel_typed_add_state(m, message);
  rel_typed_add_field(
      m, message,
      &(rel_typed_field){.name = rel_cstr("error"),
                         .number = REL_TYPED_ERROR,
                         .type = REL_TYPE_MESSAGE,
                         .type_name = (char *)(uintptr_t) ".google.rpc.Status"},
      "In a batch: what failed for this one; the others stand. Of a single one it is the status of "
      "the call.");
  if (!is_list(method)) return;
  rel_typed_add_field(
      m, message,
      &(rel_typed_field){.name = rel_cstr("count"), .number = REL_TYPED_COUNTED, .type = REL_TYPE_INT64},
      "How many records there are, when that was asked for.");
}

// A batch is answered by what answers a single one, repeated.
static void add_batch_answer(maker *m, const rel_typed_message *message, const rel_typed_service *service,
                             const rel_typed_method *method) {
  rel_typed_method single = *method;
  single.name = rel_typed_method_name(m->arena, method->relation, REL_TYPED_LOAD);
  rel_typed_add_field(m, message,
                      &(rel_typed_field){.name = rel_cstr("results"),
                                         .number = REL_TYPED_RESULTS,
                                         .repeated = true,
                                         .type = REL_TYPE_MESSAGE,
                                         .type_name = rel_typed_absolute(
                                             m, rel_typed_response_name(m->arena, service, &single))},
                      "One for each key, in the order of the request.");
}

static void add_response(maker *m, const rel_typed_service *service, const rel_typed_method *method) {
  rel_typed_message message =
      rel_typed_add_message(m, rel_typed_response_name(m->arena, service, method), REL_TYPED_KEY_LAST,
                            "Answer of " REL_STR_F "." REL_STR_F ".",
                            REL_STR_A(rel_last_component(service->name)), REL_STR_A(method->name));
  if (method->ask == REL_TYPED_BATCH)
    add_batch_answer(m, &message, service, method);
  else
    add_single_answer(m, &message, method);
}

static void add_messages(maker *m, const rel_typed_service *service) {
  if (service->model->primary_key_count > 1) {
    rel_typed_message key =
        rel_typed_add_message(m, rel_typed_key_name(m->arena, service), REL_TYPED_KEY_LAST,
                              "Primary key of " REL_STR_F ".", REL_STR_A(service->model->name));
    rel_typed_add_key(m, &key, service->model);
  }
  for (size_t i = 0; i < service->method_count; i++) {
    const rel_typed_method *method = &service->methods[i];
    if (method->ask >= REL_TYPED_QUERY) {
      rel_typed_add_query(m, service, method);
      continue;
    }
    add_request(m, service, method);
    add_response(m, service, method);
  }
}

// --- Services ---

static void comment_load(maker *m, rel_typed_path where, const rel_relation *relation) {
  if (relation == NULL)
    rel_typed_comment(m, where, "The record with this primary key; NOT_FOUND when there is none.");
  else
    rel_typed_comment(m, where, REL_STR_F " (%s " REL_STR_F ") of the record with this primary key.",
                      REL_STR_A(relation->name), rel_relation_kind_name(relation->kind),
                      REL_STR_A(relation->target->name));
}

static void comment_method(maker *m, rel_typed_path where, const rel_typed_method *method) {
  switch (method->ask) {
  case REL_TYPED_LOAD:
    comment_load(m, where, method->relation);
    return;
  case REL_TYPED_BATCH:
    rel_typed_comment(m, where, "The same of many, in the order of the request.");
    return;
  case REL_TYPED_QUERY:
    if (method->relation != NULL)
      rel_typed_comment(m, where,
                        REL_STR_F " of the record with this primary key, filtered and ordered: from the "
                                  "database as it is now.",
                        REL_STR_A(method->relation->name));
    else
      rel_typed_comment(m, where, "All records, filtered and ordered: from the database as it is now.");
    return;
  case REL_TYPED_COUNT:
    rel_typed_comment(m, where, "How many records that query has.");
    return;
  case REL_TYPED_EXISTS:
    rel_typed_comment(m, where, "Whether that query has any record.");
    return;
  }
}

static void add_service(maker *m, const rel_typed_service *typed) {
  pb_service *service = rel_arena_alloc(m->arena, sizeof *service);
  google__protobuf__service_descriptor_proto__init(service);
  service->name = rel_typed_text(m, rel_last_component(typed->name));
  service->method = REL_ARENA_ARRAY(m->arena, pb_method *, typed->method_count);
  int32_t index = (int32_t)m->file.n_service;
  m->file.service[m->file.n_service++] = service;
  rel_typed_comment(m, (rel_typed_path){{REL_TYPED_FILE_SERVICE, index}, 2},
                    "Records of " REL_STR_F " and what they are related to.", REL_STR_A(typed->model->name));
  for (size_t i = 0; i < typed->method_count; i++) {
    pb_method *method = rel_arena_alloc(m->arena, sizeof *method);
    google__protobuf__method_descriptor_proto__init(method);
    method->name = rel_typed_text(m, typed->methods[i].name);
    method->input_type = rel_typed_absolute(m, rel_typed_request_name(m->arena, typed, &typed->methods[i]));
    method->output_type = rel_typed_absolute(m, rel_typed_response_name(m->arena, typed, &typed->methods[i]));
    service->method[service->n_method++] = method;
    method->has_server_streaming = method->server_streaming = typed->methods[i].ask == REL_TYPED_QUERY;
    rel_typed_path where = {{REL_TYPED_FILE_SERVICE, index, SERVICE_METHOD, (int32_t)i}, 4};
    comment_method(m, where, &typed->methods[i]);
  }
}

// --- The file ---

static int compare_texts(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

// Whether a query method that the service's requests offer has a time among its parameters.
static bool takes_times(const rel_typed_service *service) {
  for (size_t i = 0; i < service->method_count; i++) {
    if (service->methods[i].ask != REL_TYPED_QUERY) continue;
    const rel_model *model = rel_typed_records(&service->methods[i]);
    for (size_t j = 0; j < model->method_count; j++)
      for (size_t k = 0; k < model->methods[j]->param_count; k++)
        if (rel_parameter_type(model->methods[j]->params[k].type) == REL_TYPE_TIMESTAMP) return true;
  }
  return false;
}

// The models' files, and what requests and answers themselves are made of.
static void add_imports(maker *m, const rel_typed_service *const *services, size_t count,
                        const rel_file *source) {
  size_t most = 5;
  for (size_t i = 0; i < count; i++)
    most += services[i]->method_count + 1;
  char **all = REL_ARENA_ARRAY(m->arena, char *, most);
  size_t n = 0;
  all[n++] = rel_typed_text(m, source->name);
  all[n++] = rel_typed_text(m, rel_cstr("google/rpc/status.proto"));
  all[n++] = rel_typed_text(m, rel_cstr("relations/v1/query.proto"));
  all[n++] = rel_typed_text(m, rel_cstr("relations/v1/relation_service.proto"));
  all[n++] = rel_typed_text(m, rel_cstr("relations/v1/types.proto"));
  for (size_t i = 0; i < count; i++) {
    if (takes_times(services[i])) all[n++] = rel_typed_text(m, rel_cstr("google/protobuf/timestamp.proto"));
    for (size_t j = 0; j < services[i]->method_count; j++) {
      const rel_relation *relation = services[i]->methods[j].relation;
      if (relation != NULL && !rel_str_eq(relation->target->place.file, source->name))
        all[n++] = rel_typed_text(m, relation->target->place.file);
    }
  }
  qsort(all, n, sizeof *all, compare_texts);
  m->file.dependency = all;
  for (size_t i = 0; i < n; i++)
    if (i == 0 || strcmp(all[i], m->file.dependency[m->file.n_dependency - 1]) != 0)
      m->file.dependency[m->file.n_dependency++] = all[i];
}

// What a package's files have in common for a language. The source was checked when the schema was read.
static void copy_options(maker *m, const rel_file *source) {
  rel_pb_file *file = (rel_pb_file *)protobuf_c_message_unpack(
      &google__protobuf__file_descriptor_proto__descriptor, &m->arena->allocator, source->bytes.len,
      (const uint8_t *)source->bytes.ptr);
  if (file == NULL || file->options == NULL) return;
  const pb_options *from = file->options;
  m->options.java_package = from->java_package;
  m->options.has_java_multiple_files = from->has_java_multiple_files;
  m->options.java_multiple_files = from->java_multiple_files;
  m->options.go_package = from->go_package;
  m->options.objc_class_prefix = from->objc_class_prefix;
  m->options.csharp_namespace = from->csharp_namespace;
  m->options.swift_prefix = from->swift_prefix;
  m->options.php_class_prefix = from->php_class_prefix;
  m->options.php_namespace = from->php_namespace;
  m->options.php_metadata_namespace = from->php_metadata_namespace;
  m->options.ruby_package = from->ruby_package;
  m->file.options = &m->options;
}

static void begin(maker *m, const rel_typed_service *const *services, size_t count) {
  size_t messages = 0;
  for (size_t i = 0; i < count; i++)
    messages += services[i]->method_count * 2 + 1;
  google__protobuf__file_descriptor_proto__init(&m->file);
  google__protobuf__file_options__init(&m->options);
  google__protobuf__source_code_info__init(&m->comments);
  m->file.syntax = (char *)"proto3";
  m->file.source_code_info = &m->comments;
  m->file.service = REL_ARENA_ARRAY(m->arena, pb_service *, count);
  m->file.message_type = REL_ARENA_ARRAY(m->arena, rel_pb_message *, messages);
}

// --- What the file declares ---

typedef struct declaring {
  rel_arena *arena;
  rel_typed_declare *declare;
  void *context;
} declaring;

// Returns the full name.
static rel_str declare_within(const declaring *d, rel_str outer, const char *name) {
  rel_str full =
      rel_arena_printf(d->arena, REL_STR_F "%s%s", REL_STR_A(outer), outer.len > 0 ? "." : "", name);
  d->declare(d->context, full);
  return full;
}

static void declare_message(const declaring *d, rel_str outer, const rel_pb_message *message) {
  rel_str name = declare_within(d, outer, message->name);
  for (size_t i = 0; i < message->n_field; i++)
    declare_within(d, name, message->field[i]->name);
  for (size_t i = 0; i < message->n_nested_type; i++) // one level of them
    declare_message(d, name, message->nested_type[i]);
}

static void declare_all(const maker *m, const declaring *d) {
  for (size_t i = 0; i < m->file.n_service; i++) {
    const pb_service *service = m->file.service[i];
    rel_str name = declare_within(d, m->package, service->name);
    for (size_t j = 0; j < service->n_method; j++)
      declare_within(d, name, service->method[j]->name);
  }
  for (size_t i = 0; i < m->file.n_message_type; i++)
    declare_message(d, m->package, m->file.message_type[i]);
}

static void finish(const maker *m, rel_arena *arena, rel_file *out) {
  out->name = rel_arena_copy(arena, rel_cstr(m->file.name));
  out->package = rel_arena_copy(arena, m->package);
  size_t len = google__protobuf__file_descriptor_proto__get_packed_size(&m->file);
  uint8_t *bytes = rel_arena_alloc(arena, len);
  google__protobuf__file_descriptor_proto__pack(&m->file, bytes);
  out->bytes = rel_bytes(bytes, len);
  out->dependency_count = m->file.n_dependency;
  out->dependencies = REL_ARENA_ARRAY(arena, rel_str, m->file.n_dependency);
  for (size_t i = 0; i < m->file.n_dependency; i++)
    out->dependencies[i] = rel_arena_copy(arena, rel_cstr(m->file.dependency[i]));
}

void rel_typed_write_file(const rel_typed_service *const *services, size_t count, const rel_file *source,
                          rel_arena *arena, rel_typed_declare *declare, void *context, rel_file *out) {
  rel_arena scratch;
  rel_buf name = {0};
  rel_arena_init(&scratch);
  maker m = {.arena = &scratch, .package = source->package};
  begin(&m, services, count);
  rel_typed_file_name(source->name, &name);
  m.file.name = rel_typed_text(&m, rel_buf_view(&name));
  if (m.package.len > 0) m.file.package = rel_typed_text(&m, m.package);
  copy_options(&m, source);
  add_imports(&m, services, count, source);
  rel_typed_comment(&m, (rel_typed_path){{REL_TYPED_FILE_SYNTAX}, 1},
                    "Generated by protoc-gen-relations from " REL_STR_F
                    ". Do not edit: relationsd serves what it says.",
                    REL_STR_A(source->name));
  for (size_t i = 0; i < count; i++)
    add_service(&m, services[i]);
  for (size_t i = 0; i < count; i++)
    add_messages(&m, services[i]);
  declare_all(&m, &(declaring){arena, declare, context});
  finish(&m, arena, out);
  rel_buf_fini(&name);
  rel_arena_fini(&scratch);
}
