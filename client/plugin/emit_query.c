// Emitting typed queries: see emit_query.h. Called by emit.c; collisions.c lists the names that it gives.
#include "client/plugin/emit_query.h"

#include "client/plugin/names.h"
#include "client/plugin/template.h"

bool rel_emit_has_query(const rel_model *model) {
  return !model->abstract;
}

bool rel_emit_follows(const rel_relation *relation) {
  return relation->loader.len == 0 && !relation->owner->abstract && rel_emit_has_query(relation->target);
}

bool rel_emit_has_include(const rel_relation *relation) {
  return relation->field_number > 0 && rel_emit_has_query(relation->owner) &&
         rel_emit_has_query(relation->target);
}

bool rel_emit_has_info(const rel_relation *relation) {
  return rel_emit_has_include(relation) && relation->owner->load_info != NULL;
}

const rel_model *rel_emit_link(const rel_relation *relation) {
  if (relation->through == NULL || !rel_relation_has_queries(relation) || !rel_emit_follows(relation))
    return NULL;
  const rel_model *link = relation->through->target;
  return rel_emit_has_query(link) ? link : NULL;
}

rel_emit_compared rel_emit_compared_as(const rel_field *field) {
  if (!field->has_column || field->repeated || field->type == REL_TYPE_MESSAGE) return REL_EMIT_UNCOMPARED;
  if (field->uuid || field->type == REL_TYPE_BOOL || field->type == REL_TYPE_ENUM) return REL_EMIT_EQUAL;
  return field->type == REL_TYPE_STRING && !field->decimal ? REL_EMIT_TEXT : REL_EMIT_ORDERED;
}

// How a value is passed, and what makes a rel_sdk_value of it.
typedef struct passed {
  const char *type;
  const char *value_of;
} passed;

static passed passed_as(rel_type type) {
  switch (type) {
  case REL_TYPE_STRING:
    return (passed){"const char *", "rel_sdk_string"};
  case REL_TYPE_BYTES:
    return (passed){"ProtobufCBinaryData", "rel_sdk_bytes"};
  case REL_TYPE_TIMESTAMP:
    return (passed){"const Google__Protobuf__Timestamp *", "rel_sdk_timestamp"};
  case REL_TYPE_BOOL:
    return (passed){"bool", "rel_sdk_bool"};
  case REL_TYPE_FLOAT:
  case REL_TYPE_DOUBLE:
    return (passed){"double", "rel_sdk_double"};
  case REL_TYPE_UINT64:
  case REL_TYPE_FIXED64:
    return (passed){"uint64_t", "rel_sdk_uint64"};
  case REL_TYPE_UINT32:
  case REL_TYPE_FIXED32:
    return (passed){"uint32_t", "rel_sdk_uint64"};
  case REL_TYPE_INT64:
  case REL_TYPE_SINT64:
  case REL_TYPE_SFIXED64:
    return (passed){"int64_t", "rel_sdk_int64"};
  default: // enums by their number
    return (passed){"int32_t", "rel_sdk_int64"};
  }
}

// What its values are in groups: the last word of REL_SDK_QUERY_COLUMN.
static const char *column_kind(const rel_field *field) {
  if (field->decimal) return "DECIMAL";
  switch (field->type) {
  case REL_TYPE_STRING:
    return "TEXT";
  case REL_TYPE_BYTES:
    return "BYTES";
  case REL_TYPE_TIMESTAMP:
    return "TIMESTAMP";
  case REL_TYPE_BOOL:
    return "BOOL";
  case REL_TYPE_ENUM:
    return "ENUM";
  case REL_TYPE_FLOAT:
  case REL_TYPE_DOUBLE:
    return "REAL";
  case REL_TYPE_UINT64:
  case REL_TYPE_FIXED64:
  case REL_TYPE_UINT32:
  case REL_TYPE_FIXED32:
    return "UINT";
  default:
    return "INT";
  }
}

static void put_field(const rel_model *model, const rel_field *field, rel_arena *arena, rel_buf *out) {
  rel_emit_compared compared = rel_emit_compared_as(field);
  if (compared == REL_EMIT_UNCOMPARED) return;
  passed as = passed_as(field->type);
  rel_template_value values[] = {{"model", rel_name_model(arena, model)},
                                 {"word", rel_name_field_word(arena, field)},
                                 {"name", field->name},
                                 {"how", rel_cstr(compared == REL_EMIT_EQUAL ? "EQUAL" : "ORDERED")},
                                 {"type", rel_cstr(as.type)},
                                 {"value_of", rel_cstr(as.value_of)},
                                 {"column", rel_cstr(column_kind(field))},
                                 {NULL, {0}}};
  rel_template_put(out,
                   compared == REL_EMIT_TEXT
                       ? "REL_SDK_QUERY_TEXT($model$, $word$, \"$name$\")\n"
                       : "REL_SDK_QUERY_$how$($model$, $word$, \"$name$\", $type$, $value_of$)\n",
                   values);
  if (field->nullable) rel_template_put(out, "REL_SDK_QUERY_NULLABLE($model$, $word$, \"$name$\")\n", values);
  rel_template_put(out, "REL_SDK_QUERY_COLUMN($model$, $word$, \"$name$\", $column$)\n", values);
}

static void put_relation(const rel_model *model, const rel_relation *relation, rel_arena *arena,
                         rel_buf *out) {
  if (!rel_emit_follows(relation)) return;
  rel_template_value values[] = {{"model", rel_name_model(arena, model)},
                                 {"target", rel_name_model(arena, relation->target)},
                                 {"word", rel_name_relation_word(arena, relation)},
                                 {"name", relation->name},
                                 {NULL, {0}}};
  rel_template_put(out, "REL_SDK_QUERY_RELATION($model$, $target$, $word$, \"$name$\")\n", values);
  if (relation->kind != REL_HAS_MANY)
    rel_template_put(out,
                     "REL_SDK_QUERY_ORDER_BY_RELATED($model$, $target$, $word$, \"$name$\")\n"
                     "REL_SDK_AGGREGATE_ALONG($model$, $target$, $word$, \"$name$\")\n",
                     values);
}

static void put_link(const rel_relation *relation, rel_arena *arena, rel_buf *out) {
  const rel_model *link = rel_emit_link(relation);
  if (link == NULL) return;
  rel_template_value values[] = {{"relation", rel_name_relation(arena, relation)},
                                 {"target", rel_name_model(arena, relation->target)},
                                 {"link", rel_name_model(arena, link)},
                                 {"word", rel_name_snake(arena, relation->through->name)},
                                 {"name", relation->through->name},
                                 {NULL, {0}}};
  rel_template_put(out, "REL_SDK_ORDER_BY_LINK($relation$, $target$, $link$, $word$, \"$name$\")\n", values);
}

static void put_method(const rel_model *model, const rel_query_method *method, rel_arena *arena,
                       rel_buf *out) {
  rel_buf params = {0}, arguments = {0};
  for (size_t i = 0; i < method->param_count; i++) {
    passed as = passed_as(rel_parameter_type(method->params[i].type));
    rel_str name = rel_name_parameter(arena, method->params[i].name);
    const char *space = as.type[strlen(as.type) - 1] == '*' ? "" : " ";
    rel_buf_printf(&params, ", %s%s" REL_STR_F, as.type, space, REL_STR_A(name));
    rel_buf_printf(&arguments, "%s%s(" REL_STR_F ")", i > 0 ? ", " : "", as.value_of, REL_STR_A(name));
  }
  rel_template_value values[] = {{"model", rel_name_model(arena, model)},
                                 {"word", rel_name_snake(arena, method->name)},
                                 {"name", method->name},
                                 {"params", rel_buf_view(&params)},
                                 {"arguments", rel_buf_view(&arguments)},
                                 {"count", rel_arena_printf(arena, "%zu", method->param_count)},
                                 {NULL, {0}}};
  rel_template_put(out,
                   "\n// Its query method $name$.\n"
                   "static inline $model$_query *$model$_query_$word$($model$_query *query$params$) {\n",
                   values);
  if (method->param_count > 0)
    rel_template_put(out, "  rel_sdk_value arguments[] = {$arguments$};\n", values);
  rel_template_put(out,
                   method->param_count > 0
                       ? "  return ($model$_query *)rel_sdk_query_method((rel_sdk_query *)query, \"$name$\","
                         " arguments, $count$);\n}\n"
                       : "  return ($model$_query *)rel_sdk_query_method((rel_sdk_query *)query, \"$name$\","
                         " NULL, 0);\n}\n",
                   values);
  rel_buf_fini(&params);
  rel_buf_fini(&arguments);
}

static void put_include(const rel_model *model, size_t index, rel_arena *arena, rel_buf *out) {
  const rel_relation *relation = model->relations[index];
  if (!rel_emit_has_include(relation)) return;
  rel_template_value values[] = {
      {"model", rel_name_model(arena, model)},
      {"word", rel_name_relation_word(arena, relation)},
      {"target", rel_name_model(arena, relation->target)},
      {"index", rel_arena_printf(arena, "%zu", index)},
      {"type", rel_name_pbc_type(arena, rel_name_pbc_full(arena, model))},
      {"member", rel_emit_has_info(relation) ? rel_name_member(arena, model->load_info) : (rel_str){0}},
      {"name", relation->name},
      {NULL, {0}}};
  rel_template_put(out, "REL_SDK_QUERY_INCLUDE($model$, $word$, $target$, $index$)\n", values);
  if (relation->target == model)
    rel_template_put(out, "REL_SDK_QUERY_INCLUDE_AGAIN($model$, $word$, $target$, $index$)\n", values);
  if (!rel_emit_has_info(relation)) return;
  if (relation->kind == REL_HAS_MANY && rel_relation_has_queries(relation))
    rel_template_put(out, "REL_SDK_QUERY_REST($model$, $word$, $target$, $type$, $member$, $index$)\n",
                     values);
  rel_template_put(out, "REL_SDK_QUERY_INFO($model$, $word$, $type$, $member$, \"$name$\")\n", values);
}

bool rel_emit_has_group(const rel_group *group) {
  for (size_t i = 0; i < group->member_count; i++)
    if (rel_emit_has_include(group->members[i])) return true;
  return false;
}

// A oneof of polymorphic relations: all of them at once, of which each record has one at most.
static void put_group(const rel_model *model, const rel_group *group, rel_arena *arena, rel_buf *out) {
  if (!rel_emit_has_group(group)) return;
  rel_str name = rel_name_model(arena, model);
  rel_template_value values[] = {
      {"model", name}, {"word", rel_name_snake(arena, group->name)}, {"name", group->name}, {NULL, {0}}};
  rel_template_put(
      out,
      "\n// Each relation of its oneof $name$; what is said of one of them is said of its own query.\n"
      "static inline $model$_query *$model$_query_include_$word$($model$_query *query) {\n",
      values);
  for (size_t i = 0; i < group->member_count; i++)
    if (rel_emit_has_include(group->members[i]))
      rel_buf_printf(out, "  " REL_STR_F "_query_include_" REL_STR_F "(query);\n", REL_STR_A(name),
                     REL_STR_A(rel_name_relation_word(arena, group->members[i])));
  rel_template_put(out, "  return query;\n}\n", values);
}

void rel_emit_query(const rel_model *model, rel_arena *arena, rel_buf *out) {
  if (!rel_emit_has_query(model)) return;
  rel_template_value values[] = {{"model", rel_name_model(arena, model)},
                                 {"full", model->name},
                                 {"type", rel_name_pbc_type(arena, rel_name_pbc_full(arena, model))},
                                 {NULL, {0}}};
  rel_template_put(out,
                   "\n// --- Queries of $full$ ---\n\nREL_SDK_QUERY($model$, $type$)\n"
                   "REL_SDK_AGGREGATE($model$)\n",
                   values);
  for (size_t i = 0; i < model->field_count; i++)
    put_field(model, model->fields[i], arena, out);
  for (size_t i = 0; i < model->relation_count; i++) {
    put_relation(model, model->relations[i], arena, out);
    put_link(model->relations[i], arena, out);
    put_include(model, i, arena, out);
  }
  for (size_t i = 0; i < model->group_count; i++)
    put_group(model, &model->groups[i], arena, out);
  for (size_t i = 0; i < model->method_count; i++)
    put_method(model, model->methods[i], arena, out);
}

// --- Metadata ---

static const char *type_constant(int type) {
  static const char *const names[] = {"BOOL",  "INT32",  "INT64",  "UINT32", "UINT64",
                                      "FLOAT", "DOUBLE", "STRING", "BYTES",  "TIMESTAMP"};
  return names[type - 1]; // the schema has checked it
}

// As a C literal. Octal escapes end after three digits, whatever follows; and there are no trigraphs.
static void put_literal(rel_str text, rel_buf *out) {
  rel_buf_cstr(out, "\"");
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    if (c < ' ' || c >= 0x7f)
      rel_buf_printf(out, "\\%03o", c);
    else if (c == '"' || c == '\\' || c == '?')
      rel_buf_printf(out, "\\%c", c);
    else
      rel_buf_append(out, &c, 1);
  }
  rel_buf_cstr(out, "\"");
}

// The parameters of all methods are one table, so that no name is made of two.
static void put_parameters(const rel_model *model, rel_str name, rel_buf *out) {
  rel_buf_printf(out, "\nstatic const rel_sdk_parameter parameters_of_" REL_STR_F "[] = {\n",
                 REL_STR_A(name));
  for (size_t i = 0; i < model->method_count; i++)
    for (size_t j = 0; j < model->methods[i]->param_count; j++)
      rel_buf_printf(out, "    {\"" REL_STR_F "\", REL_SDK_TYPE_%s},\n",
                     REL_STR_A(model->methods[i]->params[j].name),
                     type_constant(model->methods[i]->params[j].type));
  rel_buf_cstr(out, "};\n");
}

static void put_method_row(const rel_query_method *method, rel_str name, size_t first, rel_buf *out) {
  rel_buf_printf(out, "    {\"" REL_STR_F "\", \"" REL_STR_F "\", ", REL_STR_A(method->name),
                 REL_STR_A(method->declared_in->name));
  put_literal(method->filter, out);
  if (method->param_count > 0)
    rel_buf_printf(out, ",\n     &parameters_of_" REL_STR_F "[%zu], %zu},\n", REL_STR_A(name), first,
                   method->param_count);
  else
    rel_buf_cstr(out, ", NULL, 0},\n");
}

void rel_emit_query_methods(const rel_model *model, rel_arena *arena, rel_buf *out) {
  rel_str name = rel_name_model(arena, model);
  size_t params = 0, first = 0;
  for (size_t i = 0; i < model->method_count; i++)
    params += model->methods[i]->param_count;
  if (model->method_count == 0) return;
  if (params > 0) put_parameters(model, name, out);
  rel_buf_printf(out, "\nstatic const rel_sdk_method methods_of_" REL_STR_F "[] = {\n", REL_STR_A(name));
  for (size_t i = 0; i < model->method_count; i++) {
    put_method_row(model->methods[i], name, first, out);
    first += model->methods[i]->param_count;
  }
  rel_buf_cstr(out, "};\n");
}
