// A generated file of typed services as .proto text, printed from its descriptor. See typed.h.
#include "common/schema/build.h"
#include "common/schema/typed.h"

#include <assert.h>

// Comments are found as they come: they stand in the order of what they are about.
typedef struct printer {
  const rel_pb_file *file;
  rel_str prefix; // ".library.v1.": what is left out of the names of types
  size_t next_comment;
  rel_buf *out;
} printer;

static void put_comment(printer *p, const char *indent) {
  const Google__Protobuf__SourceCodeInfo *info = p->file->source_code_info;
  assert(p->next_comment < info->n_location);
  rel_buf_printf(p->out, "%s//%s", indent, info->location[p->next_comment++]->leading_comments);
}

// A name within the package needs no package: where a message holds types that could hide it, only those are
// named.
static const char *type_name(const printer *p, const char *absolute) {
  return strncmp(absolute, p->prefix.ptr, p->prefix.len) == 0 ? absolute + p->prefix.len : absolute;
}

static void put_quoted(rel_buf *out, const char *value) {
  rel_buf_cstr(out, "\"");
  for (const char *c = value; *c != '\0'; c++) {
    if (*c == '"' || *c == '\\')
      rel_buf_printf(out, "\\%c", *c);
    else if ((unsigned char)*c < ' ')
      rel_buf_printf(out, "\\%03o", (unsigned)*c);
    else
      rel_buf_append(out, c, 1);
  }
  rel_buf_cstr(out, "\"");
}

static void put_text_option(printer *p, const char *name, const char *value) {
  if (value == NULL) return;
  rel_buf_printf(p->out, "option %s = ", name);
  put_quoted(p->out, value);
  rel_buf_cstr(p->out, ";\n");
}

static void put_options(printer *p) {
  const Google__Protobuf__FileOptions *options = p->file->options;
  if (options == NULL) return;
  size_t before = p->out->len;
  put_text_option(p, "csharp_namespace", options->csharp_namespace);
  put_text_option(p, "go_package", options->go_package);
  if (options->has_java_multiple_files)
    rel_buf_printf(p->out, "option java_multiple_files = %s;\n",
                   options->java_multiple_files ? "true" : "false");
  put_text_option(p, "java_package", options->java_package);
  put_text_option(p, "objc_class_prefix", options->objc_class_prefix);
  put_text_option(p, "php_class_prefix", options->php_class_prefix);
  put_text_option(p, "php_metadata_namespace", options->php_metadata_namespace);
  put_text_option(p, "php_namespace", options->php_namespace);
  put_text_option(p, "ruby_package", options->ruby_package);
  put_text_option(p, "swift_prefix", options->swift_prefix);
  if (p->out->len > before) rel_buf_cstr(p->out, "\n");
}

static void put_head(printer *p) {
  put_comment(p, "");
  rel_buf_printf(p->out, "syntax = \"%s\";\n\n", p->file->syntax);
  if (p->file->package != NULL) rel_buf_printf(p->out, "package %s;\n\n", p->file->package);
  for (size_t i = 0; i < p->file->n_dependency; i++)
    rel_buf_printf(p->out, "import \"%s\";\n", p->file->dependency[i]);
  rel_buf_cstr(p->out, "\n");
  put_options(p);
}

static void put_service(printer *p, const Google__Protobuf__ServiceDescriptorProto *service) {
  put_comment(p, "");
  rel_buf_printf(p->out, "service %s {\n", service->name);
  for (size_t i = 0; i < service->n_method; i++) {
    const Google__Protobuf__MethodDescriptorProto *method = service->method[i];
    put_comment(p, "  ");
    rel_buf_printf(p->out, "  rpc %s(%s) returns (%s%s);\n", method->name, type_name(p, method->input_type),
                   method->server_streaming ? "stream " : "", type_name(p, method->output_type));
  }
  rel_buf_cstr(p->out, "}\n");
}

// A message within the one that is printed is found by its own name first, before any other of that name.
static const char *type_within(const printer *p, const rel_pb_message *message, const char *absolute) {
  const char *name = type_name(p, absolute);
  size_t len = strlen(message->name);
  bool inner = name != absolute && strncmp(name, message->name, len) == 0 && name[len] == '.';
  return inner ? name + len + 1 : name;
}

static void put_field(printer *p, const rel_pb_message *message, const rel_pb_field *field,
                      const char *indent) {
  bool repeated = field->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
  const char *label = repeated ? "repeated " : field->proto3_optional ? "optional " : "";
  const char *type = field->type_name != NULL ? type_within(p, message, field->type_name)
                                              : rel_type_name((rel_type)field->type);
  put_comment(p, indent);
  rel_buf_printf(p->out, "%s%s%s %s = %d;\n", indent, label, type, field->name, (int)field->number);
}

static void put_nested(printer *p, const rel_pb_message *message) {
  put_comment(p, "  ");
  rel_buf_printf(p->out, "  message %s {\n", message->name);
  for (size_t i = 0; i < message->n_field; i++)
    put_field(p, message, message->field[i], "    ");
  rel_buf_cstr(p->out, "  }\n");
}

static void put_message(printer *p, const rel_pb_message *message) {
  put_comment(p, "");
  rel_buf_printf(p->out, "message %s {\n", message->name);
  for (size_t i = 0; i < message->n_nested_type; i++)
    put_nested(p, message->nested_type[i]);
  for (size_t i = 0; i < message->n_field; i++)
    put_field(p, message, message->field[i], "  ");
  rel_buf_cstr(p->out, "}\n");
}

void rel_typed_print(const rel_file *file, rel_buf *out) {
  rel_arena arena;
  rel_arena_init(&arena);
  const rel_pb_file *proto = (const rel_pb_file *)protobuf_c_message_unpack(
      &google__protobuf__file_descriptor_proto__descriptor, &arena.allocator, file->bytes.len,
      (const uint8_t *)file->bytes.ptr);
  assert(proto != NULL); // our own bytes
  printer p = {.file = proto, .out = out};
  const char *dot = file->package.len > 0 ? "." : "";
  p.prefix = rel_arena_printf(&arena, "." REL_STR_F "%s", REL_STR_A(file->package), dot);
  put_head(&p);
  for (size_t i = 0; i < proto->n_service; i++) {
    if (i > 0) rel_buf_cstr(out, "\n");
    put_service(&p, proto->service[i]);
  }
  for (size_t i = 0; i < proto->n_message_type; i++) {
    rel_buf_cstr(out, "\n");
    put_message(&p, proto->message_type[i]);
  }
  rel_arena_fini(&arena);
}
