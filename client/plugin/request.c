// Requests and responses of plugins: see request.h. Owns the field numbers of compiler/plugin.proto.
#include "client/plugin/request.h"

#include "common/wire.h"

enum { REQUEST_FILE_TO_GENERATE = 1, REQUEST_PARAMETER = 2, REQUEST_PROTO_FILE = 15 };
enum { RESPONSE_ERROR = 1, RESPONSE_SUPPORTED_FEATURES = 2, RESPONSE_FILE = 15 };
enum { FILE_NAME = 1, FILE_CONTENT = 15 };
enum { FEATURE_PROTO3_OPTIONAL = 1 };
enum { SET_FILE = 1, DESCRIPTOR_NAME = 1 };

static bool starts_with(rel_str text, const char *prefix, rel_str *rest) {
  size_t len = strlen(prefix);
  if (text.len < len || memcmp(text.ptr, prefix, len) != 0) return false;
  *rest = rel_bytes(text.ptr + len, text.len - len);
  return true;
}

static rel_code read_parameter(rel_str one, rel_plugin_request *request, rel_buf *others, rel_error *error) {
  rel_str value;
  if (one.len == 0) return REL_OK;
  if (starts_with(one, "protoc_gen_c=", &value)) {
    request->protoc_gen_c = value;
  } else if (starts_with(one, "models=", &value)) {
    if (!rel_str_is(value, "true") && !rel_str_is(value, "false"))
      return rel_fail(error, REL_INVALID, "parameter models is true or false, not \"" REL_STR_F "\"",
                      REL_STR_A(value));
    request->models = rel_str_is(value, "true");
  } else if (starts_with(one, "services=", &value)) {
    if (!rel_str_is(value, "proto"))
      return rel_fail(error, REL_INVALID, "parameter services is proto, not \"" REL_STR_F "\"",
                      REL_STR_A(value));
    request->services = true;
  } else {
    if (others->len > 0) rel_buf_cstr(others, ",");
    rel_buf_str(others, one);
  }
  return REL_OK;
}

// "a=b,c=d": ours are taken out, the rest stays for protoc-gen-c.
static rel_code read_parameters(rel_str all, rel_arena *arena, rel_plugin_request *request,
                                rel_error *error) {
  rel_buf others = {0};
  rel_code code = REL_OK;
  while (code == REL_OK && all.len > 0) {
    const char *comma = memchr(all.ptr, ',', all.len);
    size_t len = comma != NULL ? (size_t)(comma - all.ptr) : all.len;
    code = read_parameter(rel_bytes(all.ptr, len), request, &others, error);
    size_t used = comma != NULL ? len + 1 : len;
    all = rel_bytes(all.ptr + used, all.len - used);
  }
  request->passed_on = rel_arena_copy(arena, rel_buf_view(&others));
  rel_buf_fini(&others);
  return code;
}

static size_t count_files(rel_str bytes) {
  rel_wire_reader reader = {bytes};
  rel_wire_field field;
  size_t count = 0;
  while (rel_wire_next(&reader, &field) > 0)
    count += field.number == REQUEST_FILE_TO_GENERATE;
  return count;
}

static bool is_options_file(rel_str descriptor) {
  rel_wire_reader reader = {descriptor};
  rel_wire_field field;
  while (rel_wire_next(&reader, &field) > 0)
    if (field.number == DESCRIPTOR_NAME) return rel_str_is(field.bytes, "relations/v1/options.proto");
  return false;
}

static void add_descriptor(rel_plugin_request *request, rel_str descriptor) {
  rel_wire_put_bytes(&request->descriptors, SET_FILE, descriptor);
  if (is_options_file(descriptor)) request->annotated = true;
}

rel_code rel_plugin_request_read(rel_str bytes, rel_arena *arena, rel_plugin_request *request,
                                 rel_error *error) {
  *request = (rel_plugin_request){.bytes = bytes, .models = true, .protoc_gen_c = rel_cstr("protoc-gen-c")};
  request->files = REL_ARENA_ARRAY(arena, rel_str, count_files(bytes));
  rel_wire_reader reader = {bytes};
  rel_wire_field field;
  rel_str parameters = {"", 0};
  int got;
  while ((got = rel_wire_next(&reader, &field)) > 0) {
    if (field.number == REQUEST_FILE_TO_GENERATE)
      request->files[request->file_count++] = field.bytes;
    else if (field.number == REQUEST_PARAMETER)
      parameters = field.bytes;
    else if (field.number == REQUEST_PROTO_FILE)
      add_descriptor(request, field.bytes);
  }
  if (got < 0)
    return rel_fail(error, REL_INVALID,
                    "standard input is no CodeGeneratorRequest; this program is run by protoc");
  return read_parameters(parameters, arena, request, error);
}

void rel_plugin_request_fini(rel_plugin_request *request) {
  rel_buf_fini(&request->descriptors);
}

void rel_plugin_put_features(rel_buf *response) {
  rel_wire_put_uint(response, RESPONSE_SUPPORTED_FEATURES, FEATURE_PROTO3_OPTIONAL);
}

void rel_plugin_put_file(rel_buf *response, rel_str name, rel_str content) {
  rel_buf file = {0};
  rel_wire_put_bytes(&file, FILE_NAME, name);
  rel_wire_put_bytes(&file, FILE_CONTENT, content);
  rel_wire_put_bytes(response, RESPONSE_FILE, rel_buf_view(&file));
  rel_buf_fini(&file);
}

void rel_plugin_put_error(rel_buf *response, rel_str message) {
  rel_wire_put_bytes(response, RESPONSE_ERROR, message);
}
