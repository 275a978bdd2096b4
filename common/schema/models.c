// Models: every message with the model option becomes a draft with its fields, columns and primary key.
#include "common/schema/build.h"

// descriptor.proto and types.proto, as far as they are needed here.
enum { MESSAGE_FIELD = 2, FIELD_OPTIONS = 8, TYPE_GROUP = 10, LABEL_REPEATED = 3, LABEL_OPTIONAL = 1 };

static const char timestamp_name[] = "google.protobuf.Timestamp";
static const char load_info_name[] = "relations.v1.LoadInfo";

rel_at rel_at_draft(rel_builder *b, const rel_draft *draft) {
  return (rel_at){.builder = b, .place = draft->model->place, .model = draft->model->name};
}

rel_at rel_at_field(rel_builder *b, const rel_draft *draft, const rel_field *field) {
  return (rel_at){.builder = b, .place = field->place, .model = draft->model->name, .element = field->name};
}

void rel_report(rel_at at, const char *format, ...) {
  if (at.builder == NULL) return;
  va_list args;
  va_start(args, format);
  rel_findings_addv(at.builder->findings, REL_ERROR, at.place, at.model, at.element, format, args);
  va_end(args);
}

// --- Types ---

static bool is_scalar(int type) {
  return type >= REL_TYPE_DOUBLE && type <= REL_TYPE_SINT64 && type != TYPE_GROUP && type != REL_TYPE_MESSAGE;
}

static const rel_enum *build_enum(rel_builder *b, rel_symbol *symbol) {
  if (symbol->built != NULL) return symbol->built;
  const rel_pb_enum *proto = symbol->proto;
  rel_enum *built = REL_ARENA_NEW(b->arena, rel_enum);
  built->name = symbol->name;
  built->value_count = proto->n_value;
  built->values = rel_arena_alloc0(b->arena, proto->n_value, sizeof *built->values);
  for (size_t i = 0; i < proto->n_value; i++) {
    built->values[i].name = rel_arena_copy(b->arena, rel_cstr(proto->value[i]->name));
    built->values[i].number = proto->value[i]->number;
  }
  symbol->built = built;
  return built;
}

// Sets type, type_name and enum_type.
static void set_type(rel_at at, const rel_pb_field *proto, rel_field *field) {
  rel_builder *b = at.builder;
  rel_str name = rel_cstr(proto->type_name);
  if (name.len > 0 && name.ptr[0] == '.') name = rel_bytes(name.ptr + 1, name.len - 1);
  int type = proto->has_type ? (int)proto->type : 0;
  field->type = (rel_type)type;
  if (is_scalar(type) && type != REL_TYPE_ENUM) return;
  const rel_symbol *symbol = rel_build_symbol(b, name);
  field->type_name = symbol != NULL ? symbol->name : rel_arena_copy(b->arena, name);
  if (type == REL_TYPE_ENUM) {
    if (symbol != NULL && symbol->kind == REL_SYMBOL_ENUM)
      field->enum_type = build_enum(b, (rel_symbol *)symbol);
    else
      rel_report(at, "its type \"%.*s\" is no enum of the set", REL_STR_A(name));
    return;
  }
  if (type != REL_TYPE_MESSAGE && type != TYPE_GROUP) {
    rel_report(at, "has no type that is known (%d): the descriptor is malformed", type);
    return;
  }
  field->type = REL_TYPE_MESSAGE;
  if (rel_str_is(name, timestamp_name)) field->type = REL_TYPE_TIMESTAMP;
  if (symbol == NULL || symbol->kind != REL_SYMBOL_MESSAGE)
    rel_report(at, "its type \"%.*s\" is no message of the set", REL_STR_A(name));
}

// --- Columns ---

static void check_time_unit(rel_at at, const Relations__V1__ColumnOptions *options, rel_field *field) {
  static const int64_t per_second[] = {1, 1, 1000, 1000000};
  field->time_units_per_second = 1;
  if (!options->has_time_unit) return;
  unsigned unit = (unsigned)options->time_unit;
  if (field->type != REL_TYPE_TIMESTAMP)
    rel_report(at, "column.time_unit is for google.protobuf.Timestamp; the field has type %s",
               rel_type_name(field->type));
  else if (unit >= sizeof per_second / sizeof per_second[0])
    rel_report(at, "column.time_unit %u is unknown to this version", unit);
  else
    field->time_units_per_second = per_second[unit];
}

static void check_column_types(rel_at at, const Relations__V1__ColumnOptions *options, rel_field *field) {
  field->decimal = options->has_decimal && options->decimal;
  field->uuid = options->has_uuid && options->uuid;
  if (field->decimal && field->type != REL_TYPE_STRING)
    rel_report(at, "column.decimal is for string fields; the field has type %s", rel_type_name(field->type));
  if (field->uuid && field->type != REL_TYPE_STRING && field->type != REL_TYPE_BYTES)
    rel_report(at, "column.uuid is for string and bytes fields; the field has type %s",
               rel_type_name(field->type));
  if (field->uuid && field->decimal) rel_report(at, "a column cannot be both decimal and uuid");
  check_time_unit(at, options, field);
}

rel_str rel_build_c_name(rel_at at, const char *name) {
  if (name == NULL) return rel_cstr("");
  if (!rel_is_identifier(rel_cstr(name))) rel_report(at, "c_name \"%s\" is not an identifier", name);
  return rel_arena_copy(at.builder->arena, rel_cstr(name));
}

// Optional, because 0 and "nobody has counted" differ.
static void set_count(rel_at at, const Relations__V1__ColumnOptions *column, rel_field *field) {
  field->count_of = rel_arena_copy(at.builder->arena, rel_cstr(column->count_of));
  bool integer = field->type == REL_TYPE_INT32 || field->type == REL_TYPE_INT64 ||
                 field->type == REL_TYPE_UINT32 || field->type == REL_TYPE_UINT64;
  if (!integer || field->repeated || !field->has_presence)
    rel_report(at,
               "column.count_of is for an optional integer (int32, int64, uint32 or uint64), which is unset "
               "where nobody has counted");
}

static void set_column(rel_at at, const rel_field_options *options, rel_field *field) {
  const Relations__V1__ColumnOptions *column = options->column;
  bool relation = false;
  for (int kind = REL_BELONGS_TO; kind <= REL_HAS_MANY; kind++)
    relation = relation || options->relations[kind] != NULL;
  bool counts = column != NULL && column->count_of != NULL;
  bool ignored = (column != NULL && column->has_ignore && column->ignore) || counts;
  bool possible = !field->repeated && field->type != REL_TYPE_MESSAGE && !relation;
  field->time_units_per_second = 1;
  field->has_column = possible && !ignored;
  if (column != NULL) field->c_name = rel_build_c_name(at, column->c_name);
  // A field without a column may still be named in C.
  bool lies_somewhere = column != NULL && (column->name != NULL || column->has_decimal || column->has_uuid ||
                                           column->has_time_unit);
  if (lies_somewhere && !possible && !ignored)
    rel_report(at, "a %s has no column; take the column option away",
               relation          ? "relation"
               : field->repeated ? "repeated field"
                                 : "field with a message type");
  if (counts) set_count(at, column, field);
  if (!field->has_column) return;
  field->column = field->name;
  if (column == NULL) return;
  if (column->name != NULL) field->column = rel_arena_copy(at.builder->arena, rel_cstr(column->name));
  if (field->column.len == 0) rel_report(at, "column.name is empty");
  check_column_types(at, column, field);
}

// --- Fields ---

static void build_field(rel_builder *b, rel_draft *draft, size_t index, rel_field_draft *out) {
  const rel_pb_field *proto = draft->message->proto->field[index];
  int32_t tail[] = {MESSAGE_FIELD, (int32_t)index};
  rel_field *field = REL_ARENA_NEW(b->arena, rel_field);
  out->field = field;
  field->name = rel_arena_copy(b->arena, rel_cstr(proto->name));
  // The file's name as the schema keeps it: the message's own ends with the descriptors.
  field->place = (rel_place){draft->model->place.file, rel_build_place(draft->message, tail, 2).line};
  field->number = (uint32_t)proto->number;
  rel_at at = rel_at_field(b, draft, field);
  if (proto->number < 1 || proto->number > 536870911)
    rel_report(at, "field number %d is impossible: the descriptor is malformed", proto->number);
  set_type(at, proto, field);
  bool proto3 = rel_str_is(rel_cstr(draft->message->source->proto->syntax), "proto3");
  field->repeated = (int)proto->label == LABEL_REPEATED;
  bool optional = proto3 ? proto->proto3_optional : (int)proto->label == LABEL_OPTIONAL;
  field->has_presence = !field->repeated && (optional || proto->has_oneof_index);
  if (proto->has_oneof_index && !proto->proto3_optional) field->oneof = (uint32_t)proto->oneof_index + 1;
  field->nullable = field->has_presence || (field->type == REL_TYPE_TIMESTAMP && !field->repeated);
  rel_build_field_options(at, proto, &out->options);
  set_column(at, &out->options, field);
}

static int by_number(const void *left, const void *right) {
  const rel_field *a = *(rel_field *const *)left, *b = *(rel_field *const *)right;
  return (a->number > b->number) - (a->number < b->number);
}

static int by_name(const void *left, const void *right) {
  return rel_str_cmp((*(rel_field *const *)left)->name, (*(rel_field *const *)right)->name);
}

static int by_column(const void *left, const void *right) {
  const rel_field *a = *(rel_field *const *)left, *b = *(rel_field *const *)right;
  int order = rel_str_cmp(a->column, b->column);
  return order != 0 ? order : by_number(left, right);
}

static void check_distinct(rel_builder *b, const rel_draft *draft, rel_field **sorted) {
  const rel_model *model = draft->model;
  for (size_t i = 1; i < model->field_count; i++)
    if (model->fields[i]->number == model->fields[i - 1]->number)
      rel_report(rel_at_field(b, draft, model->fields[i]),
                 "has the number of field \"%.*s\": the descriptor is malformed",
                 REL_STR_A(model->fields[i - 1]->name));
  memcpy(sorted, model->fields, model->field_count * sizeof *sorted);
  qsort(sorted, model->field_count, sizeof *sorted, by_column);
  for (size_t i = 1; i < model->field_count; i++)
    if (sorted[i]->has_column && sorted[i]->column.len > 0 &&
        rel_str_eq(sorted[i]->column, sorted[i - 1]->column))
      rel_report(rel_at_field(b, draft, sorted[i]), "column \"%.*s\" is that of field \"%.*s\" already",
                 REL_STR_A(sorted[i]->column), REL_STR_A(sorted[i - 1]->name));
}

static void build_fields(rel_builder *b, rel_draft *draft) {
  rel_model_impl *impl = (rel_model_impl *)draft->model;
  rel_model *model = draft->model;
  size_t count = model->field_count = draft->message->proto->n_field;
  draft->fields = REL_ARENA_ARRAY(&b->scratch, rel_field_draft, count);
  model->fields = REL_ARENA_ARRAY(b->arena, rel_field *, count);
  impl->fields_by_name = REL_ARENA_ARRAY(b->arena, const rel_field *, count);
  if (count == 0) return;
  for (size_t i = 0; i < count; i++) {
    build_field(b, draft, i, &draft->fields[i]);
    model->fields[i] = draft->fields[i].field;
    impl->fields_by_name[i] = draft->fields[i].field;
  }
  qsort(model->fields, count, sizeof *model->fields, by_number);
  check_distinct(b, draft, REL_ARENA_ARRAY(&b->scratch, rel_field *, count));
  qsort(impl->fields_by_name, count, sizeof *impl->fields_by_name, by_name);
}

static void find_load_info(rel_builder *b, rel_draft *draft) {
  rel_model *model = draft->model;
  for (size_t i = 0; i < model->field_count; i++) {
    const rel_field *field = model->fields[i];
    if (field->type != REL_TYPE_MESSAGE || !rel_str_is(field->type_name, load_info_name)) continue;
    if (field->repeated)
      rel_report(rel_at_field(b, draft, field), "a field of type %s cannot be repeated", load_info_name);
    else if (model->load_info != NULL)
      rel_report(rel_at_field(b, draft, field), "a model has one field of type %s; \"%.*s\" is it already",
                 load_info_name, REL_STR_A(model->load_info->name));
    else
      model->load_info = field;
  }
}

// --- The primary key ---

static void add_key_field(rel_builder *b, rel_draft *draft, rel_str name) {
  rel_model *model = draft->model;
  const rel_field *field = rel_model_field(model, name);
  rel_at at = rel_at_draft(b, draft);
  if (field == NULL) {
    rel_report(at, "primary_key: no field \"%.*s\"%.*s", REL_STR_A(name),
               REL_STR_A(rel_near_field(b, model, name)));
    return;
  }
  at = rel_at_field(b, draft, field);
  if (!field->has_column)
    rel_report(at, "a field of the primary key needs a column");
  else if (rel_field_key_kind(field) == REL_KEY_NONE)
    rel_report(at, "a %s cannot be part of a primary key; integers, string and bytes can",
               field->decimal ? "decimal" : rel_type_name(field->type));
  else if (field->nullable)
    rel_report(at, "a field of the primary key cannot be NULL; declare it without optional%s",
               rel_str_is(rel_cstr(draft->message->source->proto->syntax), "proto3")
                   ? ""
                   : " (required, in proto2)");
  for (size_t i = 0; i < model->primary_key_count; i++)
    if (model->primary_key[i] == field) rel_report(at, "stands twice in primary_key");
  model->primary_key[model->primary_key_count++] = field;
}

static void build_primary_key(rel_builder *b, rel_draft *draft) {
  size_t count = draft->options->n_primary_key;
  if (count > REL_MAX_KEY_FIELDS) {
    rel_report(rel_at_draft(b, draft), "primary_key has %zu fields; at most %d", count, REL_MAX_KEY_FIELDS);
    return;
  }
  draft->model->primary_key = REL_ARENA_ARRAY(b->arena, const rel_field *, count + 1);
  for (size_t i = 0; i < count; i++)
    add_key_field(b, draft, rel_cstr(draft->options->primary_key[i]));
  if (count > 0) return;
  if (rel_model_field(draft->model, rel_cstr("id")) != NULL)
    add_key_field(b, draft, rel_cstr("id"));
  else if (!draft->model->abstract)
    rel_report(rel_at_draft(b, draft),
               "has no field \"id\": write primary_key with the fields that identify a record");
}

// --- Models ---

static void build_model(rel_builder *b, rel_draft *draft) {
  const Relations__V1__ModelOptions *options = draft->options;
  rel_model *model = draft->model;
  rel_at at = rel_at_draft(b, draft);
  model->abstract = options->has_abstract && options->abstract;
  if (options->table != NULL && model->abstract)
    rel_report(at, "is abstract, so it has no table; take table or abstract away");
  if (options->table != NULL && options->table[0] == '\0') rel_report(at, "table is empty");
  if (draft->message->proto->options->map_entry) rel_report(at, "a map's entry cannot be a model");
  model->c_name = rel_build_c_name(at, options->c_name);
  build_fields(b, draft);
  find_load_info(b, draft);
  build_primary_key(b, draft);
}

// Relation options in a message that is no model would be silently without effect.
static void check_not_a_model(rel_builder *b, const rel_message *message) {
  for (size_t i = 0; i < message->proto->n_field; i++) {
    const rel_pb_field *proto = message->proto->field[i];
    if (proto->options == NULL || proto->options->base.n_unknown_fields == 0) continue;
    int32_t tail[] = {MESSAGE_FIELD, (int32_t)i};
    rel_field_options options;
    rel_at at = {b, rel_build_place(message, tail, 2), message->name, rel_cstr(proto->name)};
    rel_build_field_options(at, proto, &options);
    for (int kind = REL_BELONGS_TO; kind <= REL_HAS_MANY; kind++)
      if (options.relations[kind] != NULL)
        rel_report(at,
                   "has the option %s, but its message is no model: write option (.relations.v1.model) = {};",
                   rel_relation_kind_name((rel_relation_kind)kind));
  }
}

static int compare_drafts(const void *left, const void *right) {
  return rel_str_cmp(((const rel_draft *)left)->message->name, ((const rel_draft *)right)->message->name);
}

static void find_models(rel_builder *b) {
  b->drafts = REL_ARENA_ARRAY(&b->scratch, rel_draft, b->message_count);
  for (size_t i = 0; i < b->message_count; i++) {
    rel_message *message = &b->messages[i];
    const Relations__V1__ModelOptions *options = rel_build_model_options(b, message);
    if (options == NULL)
      check_not_a_model(b, message);
    else
      b->drafts[b->draft_count++] = (rel_draft){.message = message, .options = options};
  }
  if (b->draft_count > 0) qsort(b->drafts, b->draft_count, sizeof *b->drafts, compare_drafts);
}

void rel_build_models(rel_builder *b) {
  find_models(b);
  if (b->draft_count == 0 && !b->limits.allow_no_models) {
    rel_report((rel_at){.builder = b},
               "there is no model in the schema: import \"relations/v1/options.proto\" and write "
               "option (.relations.v1.model) = {}; in every message that is one");
    return;
  }
  rel_schema *schema = &b->schema->schema;
  schema->models = REL_ARENA_ARRAY(b->arena, rel_model *, b->draft_count);
  for (size_t i = 0; i < b->draft_count; i++) {
    rel_draft *draft = &b->drafts[i];
    rel_model *model = &REL_ARENA_NEW(b->arena, rel_model_impl)->model;
    const rel_file *file = &schema->files[draft->message->source->index];
    ((rel_message *)draft->message)->draft = draft;
    draft->model = schema->models[schema->model_count++] = model;
    model->name = draft->message->name;
    model->schema = schema;
    model->package = file->package;
    model->place = (rel_place){file->name, rel_build_place(draft->message, NULL, 0).line};
    model->index = i;
  }
  for (size_t i = 0; i < b->draft_count; i++)
    build_model(b, &b->drafts[i]);
}
