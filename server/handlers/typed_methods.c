// Calls of query methods in typed requests: see typed_methods.h. As with any Protobuf parser the last of a
// field that stands twice counts.
#include "server/handlers/typed_methods.h"

#include "common/schema/typed.h"
#include "common/wire.h"

#include <google/protobuf/timestamp.pb-c.h>
#include <stdio.h>

typedef Relations__V1__Value value;
typedef Relations__V1__MethodCall method_call;

typedef struct numbered {
  uint32_t number;
  size_t index; // of the method
} numbered;

typedef struct reader {
  const rel_model *model;
  numbered *numbers;   // sorted
  method_call **calls; // one a method, NULL: not called
  rel_arena *arena;
  rel_error *error;
} reader;

// --- What is wrong ---

static rel_code malformed(const reader *r) {
  return rel_fail(r->error, REL_INVALID, "the request is malformed: it is no Protobuf message");
}

static rel_code wrong_argument(const reader *r, const rel_query_method *method, size_t index,
                               const char *what) {
  const struct rel_parameter *param = &method->params[index];
  char field[REL_ERROR_FIELD_MAX];
  snprintf(field, sizeof field, REL_STR_F "." REL_STR_F, REL_STR_A(method->name), REL_STR_A(param->name));
  return rel_fail_field(r->error, REL_INVALID, field, "%s (%s) %s", field,
                        rel_type_name(rel_parameter_type(param->type)), what);
}

// --- Arguments ---

static rel_wire_type wire_type(rel_type type) {
  switch (type) {
  case REL_TYPE_STRING:
  case REL_TYPE_BYTES:
  case REL_TYPE_TIMESTAMP:
    return REL_WIRE_BYTES;
  case REL_TYPE_FLOAT:
    return REL_WIRE_FIXED32;
  case REL_TYPE_DOUBLE:
    return REL_WIRE_FIXED64;
  default:
    return REL_WIRE_VARINT;
  }
}

static void put_int(value *out, int64_t number) {
  out->kind_case = RELATIONS__V1__VALUE__KIND_INT64_VALUE;
  out->int64_value = number;
}

static void put_uint(value *out, uint64_t number) {
  out->kind_case = RELATIONS__V1__VALUE__KIND_UINT64_VALUE;
  out->uint64_value = number;
}

static void put_real(value *out, const rel_wire_field *field) {
  out->kind_case = RELATIONS__V1__VALUE__KIND_DOUBLE_VALUE;
  if (field->type == REL_WIRE_FIXED64) {
    memcpy(&out->double_value, &field->value, sizeof out->double_value);
    return;
  }
  uint32_t bits = (uint32_t)field->value;
  float number;
  memcpy(&number, &bits, sizeof number);
  out->double_value = number;
}

// As parsers do, what does not fit into 32 bits loses what is above them.
static void put_number(value *out, rel_type type, const rel_wire_field *field) {
  switch (type) {
  case REL_TYPE_BOOL:
    out->kind_case = RELATIONS__V1__VALUE__KIND_BOOL_VALUE;
    out->bool_value = field->value != 0;
    return;
  case REL_TYPE_UINT32:
    put_uint(out, (uint32_t)field->value);
    return;
  case REL_TYPE_UINT64:
    put_uint(out, field->value);
    return;
  case REL_TYPE_INT32:
    put_int(out, (int32_t)(uint32_t)field->value);
    return;
  case REL_TYPE_FLOAT:
  case REL_TYPE_DOUBLE:
    put_real(out, field);
    return;
  default:
    put_int(out, (int64_t)field->value);
  }
}

static const char *put_text(value *out, rel_str text, rel_arena *arena) {
  if (!rel_utf8_valid(text)) return "is not UTF-8";
  if (memchr(text.ptr, '\0', text.len) != NULL) return "holds a NUL character";
  out->kind_case = RELATIONS__V1__VALUE__KIND_STRING_VALUE;
  out->string_value = (char *)(uintptr_t)rel_arena_copy(arena, text).ptr;
  return NULL;
}

static const char *put_time(value *out, rel_str bytes, rel_arena *arena) {
  enum { MAX_FIELDS = 1000 };
  const ProtobufCMessageDescriptor *descriptor = &google__protobuf__timestamp__descriptor;
  rel_wire_limits limits = {.max_depth = 1, .max_fields = MAX_FIELDS};
  rel_error ignored;
  out->kind_case = RELATIONS__V1__VALUE__KIND_TIMESTAMP_VALUE;
  if (rel_wire_check(descriptor, bytes, &limits, &ignored) == REL_OK)
    out->timestamp_value = (Google__Protobuf__Timestamp *)protobuf_c_message_unpack(
        descriptor, &arena->allocator, bytes.len, (const uint8_t *)bytes.ptr);
  return out->timestamp_value == NULL ? "is no message of that type" : NULL;
}

// NULL, or what is wrong with it.
static const char *put_argument(value *out, rel_type type, const rel_wire_field *field, rel_arena *arena) {
  relations__v1__value__init(out);
  if (field->type != wire_type(type)) return "has another type";
  switch (type) {
  case REL_TYPE_STRING:
    return put_text(out, field->bytes, arena);
  case REL_TYPE_BYTES:
    out->kind_case = RELATIONS__V1__VALUE__KIND_BYTES_VALUE;
    out->bytes_value = (ProtobufCBinaryData){field->bytes.len, (uint8_t *)(uintptr_t)field->bytes.ptr};
    return NULL;
  case REL_TYPE_TIMESTAMP:
    return put_time(out, field->bytes, arena);
  default:
    put_number(out, type, field);
    return NULL;
  }
}

static rel_code read_arguments(reader *r, const rel_query_method *method, rel_str bytes, method_call *call) {
  rel_wire_reader wire = {bytes};
  rel_wire_field field;
  int got;
  while ((got = rel_wire_next(&wire, &field)) > 0) {
    if (field.number > method->param_count)
      return rel_fail_field(r->error, REL_INVALID, rel_arena_copy(r->arena, method->name).ptr,
                            REL_STR_F
                            " has %zu parameters, and no number %u: the client knows another schema",
                            REL_STR_A(method->name), method->param_count, field.number);
    size_t index = field.number - 1;
    value **argument = &call->arguments[index];
    if (*argument == NULL) *argument = REL_ARENA_NEW(r->arena, value);
    const char *what =
        put_argument(*argument, rel_parameter_type(method->params[index].type), &field, r->arena);
    if (what != NULL) return wrong_argument(r, method, index, what);
  }
  return got < 0 ? malformed(r) : REL_OK;
}

// --- Calls ---

static int by_number(const void *a, const void *b) {
  const numbered *left = a, *right = b;
  return (left->number > right->number) - (left->number < right->number);
}

static void number_methods(reader *r) {
  size_t count = r->model->method_count;
  r->calls = REL_ARENA_ARRAY(r->arena, method_call *, count);
  r->numbers = REL_ARENA_ARRAY(r->arena, numbered, count);
  for (size_t i = 0; i < count; i++)
    r->numbers[i] = (numbered){rel_typed_query_method_number(r->model->methods[i]->name), i};
  qsort(r->numbers, count, sizeof *r->numbers, by_number);
}

static method_call *new_call(reader *r, const rel_query_method *method) {
  method_call *call = REL_ARENA_NEW(r->arena, method_call);
  relations__v1__method_call__init(call);
  call->name = (char *)(uintptr_t)rel_arena_copy(r->arena, method->name).ptr;
  call->n_arguments = method->param_count;
  call->arguments = REL_ARENA_ARRAY(r->arena, value *, method->param_count);
  return call;
}

static rel_code read_call(reader *r, const rel_wire_field *field) {
  numbered wanted = {.number = field->number};
  size_t count = r->model->method_count;
  const numbered *found =
      count > 0 ? bsearch(&wanted, r->numbers, count, sizeof *r->numbers, by_number) : NULL;
  if (found == NULL)
    return rel_fail(r->error, REL_INVALID,
                    "the request calls a query method that " REL_STR_F
                    " does not have, by the number %u: the client knows another schema",
                    REL_STR_A(r->model->name), field->number);
  const rel_query_method *method = r->model->methods[found->index];
  method_call **call = &r->calls[found->index];
  bool bare = method->param_count == 0;
  if (field->type != (bare ? REL_WIRE_VARINT : REL_WIRE_BYTES))
    return rel_fail_field(r->error, REL_INVALID, rel_arena_copy(r->arena, method->name).ptr,
                          REL_STR_F " takes %s", REL_STR_A(method->name),
                          bare ? "no arguments: it is a bool" : "its arguments as a message");
  if (*call == NULL) *call = new_call(r, method);
  if (!bare) return read_arguments(r, method, field->bytes, *call);
  if (field->value == 0) *call = NULL;
  return REL_OK;
}

static rel_code check_complete(const reader *r, const rel_query_method *method, const method_call *call) {
  for (size_t i = 0; i < method->param_count; i++)
    if (call->arguments[i] == NULL)
      return wrong_argument(r, method, i, "is missing: set it, also when it is 0 or empty");
  return REL_OK;
}

rel_code rel_typed_methods_read(rel_str request, const rel_model *model, rel_arena *arena, method_call ***out,
                                size_t *count, rel_error *error) {
  reader r = {.model = model, .arena = arena, .error = error};
  rel_wire_reader wire = {request};
  rel_wire_field field;
  int got;
  *count = 0;
  number_methods(&r);
  *out = r.calls;
  while ((got = rel_wire_next(&wire, &field)) > 0) {
    if (field.number < REL_TYPED_QUERY_METHOD) continue;
    rel_code code = read_call(&r, &field);
    if (code != REL_OK) return code;
  }
  if (got < 0) return malformed(&r);
  for (size_t i = 0; i < model->method_count; i++) {
    if (r.calls[i] == NULL) continue;
    rel_code code = check_complete(&r, model->methods[i], r.calls[i]);
    if (code != REL_OK) return code;
    r.calls[(*count)++] = r.calls[i];
  }
  return REL_OK;
}
