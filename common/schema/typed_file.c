// The descriptor of a file of typed services, with its comments. See typed.h; called by typed.c.
//
// protobuf-c's structs are filled in a scratch arena and packed. Comments stand in SourceCodeInfo, in the
// order in which typed_print.c prints what they are about.
#include "common/schema/build.h"
#include "common/schema/typed_build.h"

#include <stdio.h>

typedef Google__Protobuf__ServiceDescriptorProto pb_service;
typedef Google__Protobuf__MethodDescriptorProto pb_method;
typedef Google__Protobuf__FileOptions pb_options;

enum { LABEL_OPTIONAL = 1, LABEL_REPEATED = 3, MAX_FIELDS = REL_TYPED_KEY_LAST };

// Field numbers of descriptor.proto, for SourceCodeInfo paths.
enum { FILE_MESSAGE = 4, FILE_SERVICE = 6, FILE_SYNTAX = 12, MESSAGE_FIELD = 2, SERVICE_METHOD = 2 };

typedef struct maker {
  rel_arena *arena; // of this file only
  rel_str package;
  rel_pb_file file;
  pb_options options;
  Google__Protobuf__SourceCodeInfo comments;
} maker;

static char *text(maker *m, rel_str s) {
  return (char *)(uintptr_t)rel_arena_copy(m->arena, s).ptr;
}

// ".library.v1.AuthorService": how a type is named whatever the scope.
static char *absolute(maker *m, rel_str name_in_package) {
  const char *dot = m->package.len > 0 ? "." : "";
  return (char *)(uintptr_t)rel_arena_printf(m->arena, "." REL_STR_F "%s" REL_STR_F, REL_STR_A(m->package),
                                             dot, REL_STR_A(name_in_package))
      .ptr;
}

// --- Comments ---

typedef struct path {
  int32_t at[4];
  size_t length;
} path;

static void comment(maker *m, path where, const char *format, ...) REL_PRINTF(3, 4);
static void comment(maker *m, path where, const char *format, ...) {
  enum { MAX_COMMENT = 4 * REL_MAX_NAME_BYTES };
  static const int32_t nowhere[] = {0, 0, 0};
  char words[MAX_COMMENT];
  va_list args;
  va_start(args, format);
  vsnprintf(words, sizeof words, format, args);
  va_end(args);
  rel_pb_location *location = rel_arena_alloc(m->arena, sizeof *location);
  google__protobuf__source_code_info__location__init(location);
  location->n_path = where.length;
  location->path = rel_arena_alloc(m->arena, sizeof where.at);
  memcpy(location->path, where.at, sizeof where.at);
  location->n_span = 3;
  location->span = (int32_t *)(uintptr_t)nowhere;
  location->leading_comments = (char *)(uintptr_t)rel_arena_printf(m->arena, " %s\n", words).ptr;
  m->comments.location[m->comments.n_location++] = location;
}

// --- Messages ---

static rel_pb_message *add_message(maker *m, rel_str name) {
  rel_pb_message *message = rel_arena_alloc(m->arena, sizeof *message);
  google__protobuf__descriptor_proto__init(message);
  message->name = text(m, name);
  message->field = REL_ARENA_ARRAY(m->arena, rel_pb_field *, MAX_FIELDS);
  m->file.message_type[m->file.n_message_type++] = message;
  return message;
}

static path at_message(const maker *m) {
  return (path){{FILE_MESSAGE, (int32_t)m->file.n_message_type - 1}, 2};
}

static path at_last_field(const maker *m, const rel_pb_message *message) {
  return (path){
      {FILE_MESSAGE, (int32_t)m->file.n_message_type - 1, MESSAGE_FIELD, (int32_t)message->n_field - 1}, 4};
}

static rel_pb_field *add_field(maker *m, rel_pb_message *message, rel_str name, int number, int label,
                               int type, char *type_name) {
  rel_pb_field *field = rel_arena_alloc(m->arena, sizeof *field);
  google__protobuf__field_descriptor_proto__init(field);
  field->name = text(m, name);
  field->has_number = field->has_label = field->has_type = true;
  field->number = number;
  field->label = (Google__Protobuf__FieldDescriptorProto__Label)label;
  field->type = (Google__Protobuf__FieldDescriptorProto__Type)type;
  field->type_name = type_name;
  message->field[message->n_field++] = field;
  return field;
}

// proto3's optional is a oneof of its own, named as protoc names it. Oneofs are made once all fields are
// there.
static void make_optional(maker *m, rel_pb_message *message) {
  message->oneof_decl = REL_ARENA_ARRAY(m->arena, Google__Protobuf__OneofDescriptorProto *, message->n_field);
  for (size_t i = 0; i < message->n_field; i++) {
    rel_pb_field *field = message->field[i];
    Google__Protobuf__OneofDescriptorProto *oneof = rel_arena_alloc(m->arena, sizeof *oneof);
    google__protobuf__oneof_descriptor_proto__init(oneof);
    oneof->name = (char *)(uintptr_t)rel_arena_printf(m->arena, "_%s", field->name).ptr;
    field->has_proto3_optional = field->proto3_optional = true;
    field->has_oneof_index = true;
    field->oneof_index = (int32_t)message->n_oneof_decl;
    message->oneof_decl[message->n_oneof_decl++] = oneof;
  }
}

// --- Requests ---

static void add_key_fields(maker *m, rel_pb_message *message, const rel_model *model) {
  for (size_t i = 0; i < model->primary_key_count; i++) {
    const rel_field *field = model->primary_key[i];
    add_field(m, message, field->name, REL_TYPED_KEY + (int)i, LABEL_OPTIONAL, (int)field->type, NULL);
    comment(m, at_last_field(m, message),
            "Primary key field " REL_STR_F
            ". Required: zero and the empty string are keys, no value is none.",
            REL_STR_A(field->name));
  }
  make_optional(m, message);
}

static void add_keys_field(maker *m, rel_pb_message *message, const rel_typed_service *service) {
  const rel_model *model = service->model;
  bool composite = model->primary_key_count > 1;
  rel_buf name = {0};
  rel_typed_keys_name(model, &name);
  add_field(m, message, rel_buf_view(&name), REL_TYPED_KEYS, LABEL_REPEATED,
            composite ? REL_TYPE_MESSAGE : (int)model->primary_key[0]->type,
            composite ? absolute(m, rel_typed_key_name(m->arena, service)) : NULL);
  rel_buf_fini(&name);
  comment(m, at_last_field(m, message), "Primary keys; one that is asked for twice is answered twice.");
}

static void add_request(maker *m, const rel_typed_service *service, const rel_typed_method *method) {
  rel_pb_message *message = add_message(m, rel_typed_request_name(m->arena, service, method));
  comment(m, at_message(m), "Request of " REL_STR_F "." REL_STR_F ".",
          REL_STR_A(rel_last_component(service->name)), REL_STR_A(method->name));
  if (method->batch)
    add_keys_field(m, message, service);
  else
    add_key_fields(m, message, service->model);
}

// --- Answers ---

static bool is_list(const rel_typed_method *method) {
  return method->relation != NULL && method->relation->kind == REL_HAS_MANY;
}

// A relation's name is the name of its records, unless another field of the answer has that name, or the same
// one in JSON.
static rel_str records_name(const rel_relation *relation) {
  static const char *const others[] = {"nextpagetoken", "state", "error", "count"};
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

static char *target_type(maker *m, const rel_typed_method *method) {
  const rel_model *target = method->relation != NULL ? method->relation->target : method->model;
  return (char *)(uintptr_t)rel_arena_printf(m->arena, "." REL_STR_F, REL_STR_A(target->name)).ptr;
}

static void add_records_field(maker *m, rel_pb_message *message, const rel_typed_method *method) {
  bool list = is_list(method);
  add_field(m, message, list ? records_name(method->relation) : rel_cstr("record"), REL_TYPED_RECORDS,
            list ? LABEL_REPEATED : LABEL_OPTIONAL, REL_TYPE_MESSAGE, target_type(m, method));
  if (list)
    comment(m, at_last_field(m, message), "The records, in order.");
  else
    comment(m, at_last_field(m, message), "The record, if there is one.");
}

static void add_single_answer(maker *m, rel_pb_message *message, const rel_typed_method *method) {
  add_records_field(m, message, method);
  if (is_list(method)) {
    add_field(m, message, rel_cstr("next_page_token"), REL_TYPED_NEXT_PAGE_TOKEN, LABEL_OPTIONAL,
              REL_TYPE_STRING, NULL);
    comment(m, at_last_field(m, message), "Set when there is more.");
  }
  add_field(m, message, rel_cstr("state"), REL_TYPED_STATE, LABEL_OPTIONAL, REL_TYPE_ENUM,
            (char *)".relations.v1.LoadState");
  comment(m, at_last_field(m, message), "Loaded, empty, NULL or dangling.");
  add_field(m, message, rel_cstr("error"), REL_TYPED_ERROR, LABEL_OPTIONAL, REL_TYPE_MESSAGE,
            (char *)".google.rpc.Status");
  comment(m, at_last_field(m, message),
          "In a batch: what failed for this one; the others stand. Of a single one it is the status of the "
          "call.");
  if (!is_list(method)) return;
  add_field(m, message, rel_cstr("count"), REL_TYPED_COUNT, LABEL_OPTIONAL, REL_TYPE_INT64, NULL);
  comment(m, at_last_field(m, message), "How many records there are, when that was asked for.");
}

// A batch is answered by what answers a single one, repeated.
static void add_batch_answer(maker *m, rel_pb_message *message, const rel_typed_service *service,
                             const rel_typed_method *method) {
  rel_typed_method single = *method;
  static const char batch[] = "Batch";
  single.name = rel_bytes(method->name.ptr + sizeof batch - 1, method->name.len - (sizeof batch - 1));
  add_field(m, message, rel_cstr("results"), REL_TYPED_RESULTS, LABEL_REPEATED, REL_TYPE_MESSAGE,
            absolute(m, rel_typed_response_name(m->arena, service, &single)));
  comment(m, at_last_field(m, message), "One for each key, in the order of the request.");
}

static void add_response(maker *m, const rel_typed_service *service, const rel_typed_method *method) {
  rel_pb_message *message = add_message(m, rel_typed_response_name(m->arena, service, method));
  comment(m, at_message(m), "Answer of " REL_STR_F "." REL_STR_F ".",
          REL_STR_A(rel_last_component(service->name)), REL_STR_A(method->name));
  if (method->batch)
    add_batch_answer(m, message, service, method);
  else
    add_single_answer(m, message, method);
}

static void add_messages(maker *m, const rel_typed_service *service) {
  if (service->model->primary_key_count > 1) {
    rel_pb_message *key = add_message(m, rel_typed_key_name(m->arena, service));
    comment(m, at_message(m), "Primary key of " REL_STR_F ".", REL_STR_A(service->model->name));
    add_key_fields(m, key, service->model);
  }
  for (size_t i = 0; i < service->method_count; i++) {
    add_request(m, service, &service->methods[i]);
    add_response(m, service, &service->methods[i]);
  }
}

// --- Services ---

static void comment_method(maker *m, path where, const rel_typed_method *method) {
  const rel_relation *relation = method->relation;
  if (method->batch)
    comment(m, where, "The same of many, in the order of the request.");
  else if (relation == NULL)
    comment(m, where, "The record with this primary key; NOT_FOUND when there is none.");
  else
    comment(m, where, REL_STR_F " (%s " REL_STR_F ") of the record with this primary key.",
            REL_STR_A(relation->name), rel_relation_kind_name(relation->kind),
            REL_STR_A(relation->target->name));
}

static void add_service(maker *m, const rel_typed_service *typed) {
  pb_service *service = rel_arena_alloc(m->arena, sizeof *service);
  google__protobuf__service_descriptor_proto__init(service);
  service->name = text(m, rel_last_component(typed->name));
  service->method = REL_ARENA_ARRAY(m->arena, pb_method *, typed->method_count);
  int32_t index = (int32_t)m->file.n_service;
  m->file.service[m->file.n_service++] = service;
  comment(m, (path){{FILE_SERVICE, index}, 2}, "Records of " REL_STR_F " and what they are related to.",
          REL_STR_A(typed->model->name));
  for (size_t i = 0; i < typed->method_count; i++) {
    pb_method *method = rel_arena_alloc(m->arena, sizeof *method);
    google__protobuf__method_descriptor_proto__init(method);
    method->name = text(m, typed->methods[i].name);
    method->input_type = absolute(m, rel_typed_request_name(m->arena, typed, &typed->methods[i]));
    method->output_type = absolute(m, rel_typed_response_name(m->arena, typed, &typed->methods[i]));
    service->method[service->n_method++] = method;
    comment_method(m, (path){{FILE_SERVICE, index, SERVICE_METHOD, (int32_t)i}, 4}, &typed->methods[i]);
  }
}

// --- The file ---

static int compare_texts(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

// The models' files, and what the answers themselves are made of.
static void add_imports(maker *m, const rel_typed_service *const *services, size_t count,
                        const rel_file *source) {
  size_t most = 3;
  for (size_t i = 0; i < count; i++)
    most += services[i]->method_count;
  char **all = REL_ARENA_ARRAY(m->arena, char *, most);
  size_t n = 0;
  all[n++] = text(m, source->name);
  all[n++] = text(m, rel_cstr("google/rpc/status.proto"));
  all[n++] = text(m, rel_cstr("relations/v1/types.proto"));
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < services[i]->method_count; j++) {
      const rel_relation *relation = services[i]->methods[j].relation;
      if (relation != NULL && !rel_str_eq(relation->target->place.file, source->name))
        all[n++] = text(m, relation->target->place.file);
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
  size_t messages = 0, methods = 0;
  for (size_t i = 0; i < count; i++) {
    methods += services[i]->method_count;
    messages += services[i]->method_count * 2 + 1;
  }
  google__protobuf__file_descriptor_proto__init(&m->file);
  google__protobuf__file_options__init(&m->options);
  google__protobuf__source_code_info__init(&m->comments);
  m->file.syntax = (char *)"proto3";
  m->file.source_code_info = &m->comments;
  m->file.service = REL_ARENA_ARRAY(m->arena, pb_service *, count);
  m->file.message_type = REL_ARENA_ARRAY(m->arena, rel_pb_message *, messages);
  size_t most = 1 + count + methods + messages * (1 + MAX_FIELDS);
  m->comments.location = REL_ARENA_ARRAY(m->arena, rel_pb_location *, most);
}

static void declare_within(const maker *m, rel_arena *arena, const char *outer, const char *inner,
                           rel_typed_declare *declare, void *context) {
  rel_buf name = {0};
  rel_buf_str(&name, m->package);
  if (name.len > 0) rel_buf_cstr(&name, ".");
  rel_buf_cstr(&name, outer);
  if (inner != NULL) rel_buf_printf(&name, ".%s", inner);
  declare(context, rel_arena_copy(arena, rel_buf_view(&name)));
  rel_buf_fini(&name);
}

static void declare_all(const maker *m, rel_arena *arena, rel_typed_declare *declare, void *context) {
  for (size_t i = 0; i < m->file.n_service; i++) {
    const pb_service *service = m->file.service[i];
    declare_within(m, arena, service->name, NULL, declare, context);
    for (size_t j = 0; j < service->n_method; j++)
      declare_within(m, arena, service->name, service->method[j]->name, declare, context);
  }
  for (size_t i = 0; i < m->file.n_message_type; i++) {
    const rel_pb_message *message = m->file.message_type[i];
    declare_within(m, arena, message->name, NULL, declare, context);
    for (size_t j = 0; j < message->n_field; j++)
      declare_within(m, arena, message->name, message->field[j]->name, declare, context);
  }
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
  m.file.name = text(&m, rel_buf_view(&name));
  if (m.package.len > 0) m.file.package = text(&m, m.package);
  copy_options(&m, source);
  add_imports(&m, services, count, source);
  comment(&m, (path){{FILE_SYNTAX}, 1},
          "Generated by protoc-gen-relations from " REL_STR_F
          ". Do not edit: relationsd serves what it says.",
          REL_STR_A(source->name));
  for (size_t i = 0; i < count; i++)
    add_service(&m, services[i]);
  for (size_t i = 0; i < count; i++)
    add_messages(&m, services[i]);
  declare_all(&m, arena, declare, context);
  finish(&m, arena, out);
  rel_buf_fini(&name);
  rel_arena_fini(&scratch);
}
