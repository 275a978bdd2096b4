// Reflection: see reflection.h. A stream of questions, each answered by itself; files travel as the bytes
// that protoc wrote.
#include "server/handlers/reflection.h"

#include "common/wire.h"
#include "proto/services_descriptor.h"
#include "server/handlers/descriptor_scan.h"

#include <grpc/reflection/v1/reflection.pb-c.h>

typedef Grpc__Reflection__V1__ServerReflectionRequest Request;
typedef Grpc__Reflection__V1__ServerReflectionResponse Response;

struct rel_reflection {
  rel_schema *own; // the built-in files
  rel_reflection_source source;
  char **services;
  size_t service_count;
};

// The sets that one question is answered from.
typedef struct sets {
  const rel_schema *all[2];
  size_t count;
  const rel_typed *typed; // NULL: no schema
} sets;

rel_code rel_reflection_new(const rel_reflection_source *source, rel_reflection **out, rel_error *error) {
  rel_reflection *reflection = REL_NEW(rel_reflection);
  if (source != NULL) reflection->source = *source;
  rel_findings findings = {0};
  rel_str set = rel_bytes(rel_services_descriptor, rel_services_descriptor_len);
  rel_schema_limits limits = {.allow_no_models = true};
  rel_code code = rel_schema_read(set, &limits, &findings, &reflection->own);
  if (code != REL_OK) {
    rel_str reason = findings.count > 0 ? findings.items[0].message : rel_cstr("");
    rel_fail(error, REL_INTERNAL, "the built-in descriptors cannot be read: " REL_STR_F, REL_STR_A(reason));
    rel_reflection_free(reflection);
    reflection = NULL;
  }
  rel_findings_fini(&findings);
  *out = reflection;
  return code;
}

void rel_reflection_free(rel_reflection *reflection) {
  if (reflection == NULL) return;
  for (size_t i = 0; i < reflection->service_count; i++)
    free(reflection->services[i]);
  free(reflection->services);
  rel_schema_free(reflection->own);
  free(reflection);
}

void rel_reflection_add_service(rel_reflection *reflection, rel_str service) {
  for (size_t i = 0; i < reflection->service_count; i++)
    if (rel_str_is(service, reflection->services[i])) return;
  size_t bytes = (reflection->service_count + 1) * sizeof *reflection->services;
  reflection->services = rel_realloc(reflection->services, bytes);
  reflection->services[reflection->service_count++] = rel_strdup(service);
}

static const rel_file *find_file(const sets *from, rel_str name) {
  const rel_file *file = NULL;
  for (size_t i = 0; i < from->count && file == NULL; i++)
    file = rel_schema_file(from->all[i], name);
  return file == NULL && from->typed != NULL ? rel_typed_file(from->typed, name) : file;
}

// A schema may hold the emitted files of its typed services; then they stand for the generated ones.
static const rel_file *find_typed(const sets *from, rel_str symbol) {
  const rel_file *file = from->typed != NULL ? rel_typed_file_of_symbol(from->typed, symbol) : NULL;
  return file != NULL && find_file(from, file->name) == file ? file : NULL;
}

// --- Answers ---

// What is sent: the response without its oneof is written first, the oneof's field follows.
enum { FILE_RESPONSE = 4, EXTENSIONS_RESPONSE = 5, SERVICES_RESPONSE = 6, ERROR_RESPONSE = 7 };

static void answer_error(rel_buf *out, rel_code code, const char *what, rel_str name) {
  rel_buf text = {0}, error = {0};
  rel_buf_printf(&text, "%s " REL_STR_F " is not known", what, REL_STR_A(name));
  rel_wire_put_uint(&error, 1, (uint64_t)rel_code_status(code));
  rel_wire_put_bytes(&error, 2, rel_buf_view(&text));
  rel_wire_put_bytes(out, ERROR_RESPONSE, rel_buf_view(&error));
  rel_buf_fini(&text);
  rel_buf_fini(&error);
}

static bool is_listed(const rel_file *const *files, size_t count, const rel_file *file) {
  for (size_t i = 0; i < count; i++)
    if (rel_str_eq(files[i]->name, file->name)) return true;
  return false;
}

// The file and all that it imports, nearest first, each once.
static void answer_files(const sets *from, const rel_file *first, rel_buf *out) {
  const rel_file **files = rel_alloc(sizeof *files);
  size_t count = 0;
  files[count++] = first;
  rel_buf response = {0};
  for (size_t i = 0; i < count; i++) {
    rel_wire_put_bytes(&response, 1, files[i]->bytes);
    for (size_t d = 0; d < files[i]->dependency_count; d++) {
      const rel_file *import = find_file(from, files[i]->dependencies[d]);
      if (import == NULL || is_listed(files, count, import)) continue;
      files = rel_realloc(files, (count + 1) * sizeof *files);
      files[count++] = import;
    }
  }
  rel_wire_put_bytes(out, FILE_RESPONSE, rel_buf_view(&response));
  rel_buf_fini(&response);
  free(files);
}

static void answer_symbol(const sets *from, rel_str symbol, rel_buf *out) {
  const rel_file *file = NULL;
  for (size_t i = 0; i < from->count && file == NULL; i++)
    file = rel_schema_file_of_symbol(from->all[i], symbol);
  if (file == NULL) file = find_typed(from, symbol);
  if (file != NULL)
    answer_files(from, file, out);
  else
    answer_error(out, REL_NOT_FOUND, "symbol", symbol);
}

static void answer_file(const sets *from, rel_str name, rel_buf *out) {
  const rel_file *file = find_file(from, name);
  if (file != NULL)
    answer_files(from, file, out);
  else
    answer_error(out, REL_NOT_FOUND, "file", name);
}

// --- Extensions ---

// The extensions of one message, looked for in one file after the other.
typedef struct extension_search {
  rel_str type;   // full name
  int64_t wanted; // a number, or -1 for all
  int32_t *numbers;
  size_t count;
} extension_search;

static bool on_extension(void *context, rel_str type, int32_t number) {
  extension_search *search = context;
  if (!rel_str_eq(type, search->type) || (search->wanted >= 0 && number != search->wanted)) return true;
  for (size_t i = 0; i < search->count; i++)
    if (search->numbers[i] == number) return true;
  search->numbers = rel_realloc(search->numbers, (search->count + 1) * sizeof *search->numbers);
  search->numbers[search->count++] = number;
  return search->wanted < 0;
}

// Goes on until a file has what is wanted; NULL when no file does, or when all are.
static const rel_file *search_files(const sets *from, extension_search *search) {
  for (size_t s = 0; s < from->count; s++)
    for (size_t i = 0; i < from->all[s]->file_count; i++)
      if (!rel_scan_extensions(from->all[s]->files[i].bytes, on_extension, search))
        return &from->all[s]->files[i];
  return NULL;
}

static void answer_extension(const sets *from, const Grpc__Reflection__V1__ExtensionRequest *request,
                             rel_buf *out) {
  extension_search search = {rel_cstr(request->containing_type), request->extension_number, NULL, 0};
  if (search.wanted < 0) search.wanted = 0; // no extension has this number
  const rel_file *file = search_files(from, &search);
  free(search.numbers);
  if (file != NULL) {
    answer_files(from, file, out);
    return;
  }
  rel_buf name = {0};
  rel_buf_printf(&name, "%d of %s", (int)request->extension_number, request->containing_type);
  answer_error(out, REL_NOT_FOUND, "extension", rel_buf_view(&name));
  rel_buf_fini(&name);
}

static bool knows_symbol(const sets *from, rel_str symbol) {
  for (size_t i = 0; i < from->count; i++)
    if (rel_schema_file_of_symbol(from->all[i], symbol) != NULL) return true;
  return find_typed(from, symbol) != NULL;
}

static void answer_extension_numbers(const sets *from, rel_str type, rel_buf *out) {
  if (!knows_symbol(from, type)) {
    answer_error(out, REL_NOT_FOUND, "message", type);
    return;
  }
  extension_search search = {type, -1, NULL, 0};
  search_files(from, &search);
  rel_buf response = {0};
  rel_wire_put_bytes(&response, 1, type);
  for (size_t i = 0; i < search.count; i++)
    rel_wire_put_uint(&response, 2, (uint64_t)search.numbers[i]);
  rel_wire_put_bytes(out, EXTENSIONS_RESPONSE, rel_buf_view(&response));
  rel_buf_fini(&response);
  free(search.numbers);
}

// --- Services ---

typedef struct service_list {
  const rel_reflection *reflection;
  rel_buf response;
} service_list;

static void list_service(service_list *list, rel_str name) {
  rel_buf service = {0};
  rel_wire_put_bytes(&service, 1, name);
  rel_wire_put_bytes(&list->response, 1, rel_buf_view(&service));
  rel_buf_fini(&service);
}

static void on_schema_service(void *context, rel_str name) {
  service_list *list = context;
  for (size_t i = 0; i < list->reflection->service_count; i++)
    if (rel_str_is(name, list->reflection->services[i])) return;
  list_service(list, name);
}

static void answer_services(const rel_reflection *reflection, const rel_schema *schema,
                            const rel_typed *typed, rel_buf *out) {
  service_list list = {reflection, {0}};
  for (size_t i = 0; i < reflection->service_count; i++)
    list_service(&list, rel_cstr(reflection->services[i]));
  for (size_t i = 0; schema != NULL && i < schema->file_count; i++)
    if (rel_schema_file(reflection->own, schema->files[i].name) == NULL)
      rel_scan_services(schema->files[i].bytes, schema->files[i].package, on_schema_service, &list);
  for (size_t i = 0; typed != NULL && i < typed->service_count; i++)
    if (rel_schema_file_of_symbol(schema, typed->services[i].name) == NULL)
      list_service(&list, typed->services[i].name);
  rel_wire_put_bytes(out, SERVICES_RESPONSE, rel_buf_view(&list.response));
  rel_buf_fini(&list.response);
}

// --- The stream ---

static void answer(const rel_reflection *reflection, const Request *request, rel_buf *out) {
  const rel_reflection_source *source = &reflection->source;
  void *pinned = NULL;
  const rel_typed *typed = NULL;
  const rel_schema *schema = source->pin != NULL ? source->pin(source->context, &typed, &pinned) : NULL;
  sets from = {{reflection->own, schema}, schema != NULL ? 2 : 1, typed};
  switch (request->message_request_case) {
  case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_BY_FILENAME:
    answer_file(&from, rel_cstr(request->file_by_filename), out);
    break;
  case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL:
    answer_symbol(&from, rel_cstr(request->file_containing_symbol), out);
    break;
  case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_EXTENSION:
    answer_extension(&from, request->file_containing_extension, out);
    break;
  case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_ALL_EXTENSION_NUMBERS_OF_TYPE:
    answer_extension_numbers(&from, rel_cstr(request->all_extension_numbers_of_type), out);
    break;
  case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_LIST_SERVICES:
    answer_services(reflection, schema, typed, out);
    break;
  default:
    answer_error(out, REL_INVALID, "the kind of the request", rel_cstr(""));
  }
  if (schema != NULL) source->unpin(source->context, pinned);
}

static void on_received(rel_call *call, bool got, void *context);

static void on_sent(rel_call *call, bool ok, void *context) {
  if (ok)
    rel_call_receive(call, on_received, context);
  else
    rel_call_finish(call);
}

static void handle_message(rel_call *call, void *context) {
  ProtobufCMessage *message;
  rel_error error;
  if (rel_call_unpack(call, &grpc__reflection__v1__server_reflection_request__descriptor, &message, &error) !=
      REL_OK) {
    rel_call_fail(call, &error);
    return;
  }
  rel_buf out = {0};
  rel_wire_put_bytes(&out, 1, rel_cstr(((Request *)message)->host));
  rel_wire_put_bytes(&out, 2, rel_call_request(call)); // the original request
  answer(context, (Request *)message, &out);
  rel_call_write(call, out.data, out.len);
  rel_buf_fini(&out);
  rel_call_send(call, on_sent, context);
}

static void on_received(rel_call *call, bool got, void *context) {
  if (got)
    handle_message(call, context);
  else
    rel_call_finish(call);
}

void rel_reflection_methods(rel_reflection *reflection, rel_method out[REL_REFLECTION_METHODS]) {
  static const char *const paths[REL_REFLECTION_METHODS] = {
      "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
  };
  for (size_t i = 0; i < REL_REFLECTION_METHODS; i++)
    out[i] = (rel_method){paths[i], REL_BIDI_STREAM, REL_RUN_INLINE, handle_message, reflection};
}
