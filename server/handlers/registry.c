// RegistryService: ListModels, DescribeModel, Validate, Diff, Apply. Puts the schema into messages; what a
// schema may be is common/schema's, which one runs is server/registry's.
#include "server/handlers/services.h"

#include "common/status.h"
#include "common/wire.h"
#include "server/registry/diff.h"

#include <relations/v1/registry_service.pb-c.h>

// Texts of messages live in the call's arena.
static char *text(rel_arena *arena, rel_str s) {
  return (char *)rel_arena_copy(arena, s).ptr;
}

// A new message in the arena.
#define NEW(arena, type, init, name)                                                                         \
  type *name = rel_arena_alloc((arena), sizeof *name);                                                       \
  init(name)

// --- Models in messages ---

static char **field_names(rel_arena *arena, const rel_field *const *fields, size_t count) {
  char **names = REL_ARENA_ARRAY(arena, char *, count);
  for (size_t i = 0; i < count; i++)
    names[i] = text(arena, fields[i]->name);
  return names;
}

// All but the first.
static char **other_parents(rel_arena *arena, const rel_model *model, size_t *count) {
  char **names = REL_ARENA_ARRAY(arena, char *, model->parent_count);
  for (size_t i = 1; i < model->parent_count; i++)
    names[(*count)++] = text(arena, model->parents[i]->name);
  return names;
}

static Relations__V1__EnumValue **enum_values(rel_arena *arena, const rel_field *field, size_t *count) {
  *count = field->enum_type != NULL ? field->enum_type->value_count : 0;
  Relations__V1__EnumValue **values = REL_ARENA_ARRAY(arena, Relations__V1__EnumValue *, *count);
  for (size_t i = 0; i < *count; i++) {
    NEW(arena, Relations__V1__EnumValue, relations__v1__enum_value__init, message);
    message->name = text(arena, field->enum_type->values[i].name);
    message->number = field->enum_type->values[i].number;
    values[i] = message;
  }
  return values;
}

static Relations__V1__Field *new_field(rel_arena *arena, const rel_field *field) {
  NEW(arena, Relations__V1__Field, relations__v1__field__init, message);
  message->name = text(arena, field->name);
  message->number = (int32_t)field->number;
  message->type =
      text(arena, field->type_name.len > 0 ? field->type_name : rel_cstr(rel_type_name(field->type)));
  message->column = text(arena, field->column);
  message->nullable = field->nullable;
  message->enum_values = enum_values(arena, field, &message->n_enum_values);
  return message;
}

static Relations__V1__CacheSettings *new_cache_settings(rel_arena *arena, const rel_loadable *loadable) {
  NEW(arena, Relations__V1__CacheSettings, relations__v1__cache_settings__init, message);
  if (loadable == NULL) return message; // abstract: nothing is loaded, so nothing is cached
  rel_cache_space_settings settings;
  rel_cache_space_settings_now(rel_source_space(loadable->source), &settings);
  message->enabled = settings.enabled;
  if (settings.ttl_ns != REL_NEVER) message->ttl = rel_services_duration(arena, settings.ttl_ns);
  if (settings.max_entries != UINT64_MAX) message->max_entries = settings.max_entries;
  if (settings.max_bytes != UINT64_MAX) message->max_bytes = settings.max_bytes;
  return message;
}

static char **order_terms(rel_arena *arena, const rel_relation *relation) {
  char **terms = REL_ARENA_ARRAY(arena, char *, relation->order_count);
  for (size_t i = 0; i < relation->order_count; i++) {
    rel_buf term = {0};
    rel_order_term_write(relation, &relation->order_by[i], &term);
    rel_buf_cstr(&term, relation->order_by[i].descending ? " desc" : " asc");
    terms[i] = (char *)rel_arena_copy(arena, rel_buf_view(&term)).ptr;
    rel_buf_fini(&term);
  }
  return terms;
}

// The oneof of the relation's field.
static rel_str group_of(const rel_relation *relation) {
  const rel_model *owner = relation->owner;
  for (size_t i = 0; i < owner->group_count; i++)
    for (size_t k = 0; k < owner->groups[i].member_count; k++)
      if (owner->groups[i].members[k] == relation) return owner->groups[i].name;
  return rel_cstr("");
}

static Relations__V1__EffectiveRelation *new_relation(rel_arena *arena, const rel_snapshot *snapshot,
                                                      const rel_relation *relation) {
  NEW(arena, Relations__V1__EffectiveRelation, relations__v1__effective_relation__init, message);
  message->name = text(arena, relation->name);
  message->kind = (Relations__V1__RelationKind)relation->kind;
  message->model = text(arena, relation->target->name);
  message->n_foreign_key = relation->key_count;
  message->foreign_key = field_names(arena, relation->foreign_key, relation->key_count);
  message->n_references = relation->key_count;
  message->references = field_names(arena, relation->references, relation->key_count);
  if (relation->inverse != NULL) message->inverse_of = text(arena, relation->inverse->name);
  message->n_order_by = relation->order_count;
  message->order_by = order_terms(arena, relation);
  message->strict = relation->strict;
  message->declared_in = text(arena, relation->declared_in->name);
  message->n_overrides = relation->override_count;
  message->overrides = REL_ARENA_ARRAY(arena, char *, relation->override_count);
  for (size_t i = 0; i < relation->override_count; i++)
    message->overrides[i] = text(arena, relation->overrides[i]->name);
  message->cache =
      new_cache_settings(arena, rel_snapshot_relation(snapshot, relation->owner, relation->name));
  message->field_number = (int32_t)relation->field_number;
  message->loader = text(arena, relation->loader);
  message->oneof = text(arena, group_of(relation));
  message->where = text(arena, relation->where);
  message->limit = relation->limit;
  if (relation->gate != NULL) message->type_field = text(arena, relation->gate->field->name);
  if (relation->gate != NULL) message->type_tag = text(arena, relation->gate->tag.text);
  if (relation->through != NULL) {
    message->through = text(arena, relation->through->name);
    message->source = text(arena, relation->source->name);
  }
  return message;
}

static Relations__V1__Method *new_method(rel_arena *arena, const rel_query_method *method) {
  NEW(arena, Relations__V1__Method, relations__v1__method__init, message);
  message->name = text(arena, method->name);
  message->filter = text(arena, method->filter);
  message->declared_in = text(arena, method->declared_in->name);
  message->n_params = method->param_count;
  message->params = REL_ARENA_ARRAY(arena, Relations__V1__MethodParameter *, method->param_count);
  for (size_t i = 0; i < method->param_count; i++) {
    NEW(arena, Relations__V1__MethodParameter, relations__v1__method_parameter__init, param);
    param->name = text(arena, method->params[i].name);
    param->type = (Relations__V1__Type)method->params[i].type;
    message->params[i] = param;
  }
  return message;
}

static Relations__V1__Model *new_model(rel_arena *arena, const rel_snapshot *snapshot,
                                       const rel_model *model) {
  NEW(arena, Relations__V1__Model, relations__v1__model__init, message);
  message->name = text(arena, model->name);
  message->table = text(arena, model->table);
  message->n_primary_key = model->primary_key_count;
  message->primary_key = field_names(arena, model->primary_key, model->primary_key_count);
  if (model->parent_count > 0) message->extends = text(arena, model->parents[0]->name);
  message->also_extends = other_parents(arena, model, &message->n_also_extends);
  message->abstract = model->abstract;
  if (model->discriminator != NULL) message->discriminator_field = text(arena, model->discriminator->name);
  if (model->discriminator_tag_count > 0)
    message->discriminator_value = text(arena, model->discriminator_tags[0].text);
  message->fields = REL_ARENA_ARRAY(arena, Relations__V1__Field *, model->field_count);
  for (size_t i = 0; i < model->field_count; i++)
    if (model->fields[i]->has_column)
      message->fields[message->n_fields++] = new_field(arena, model->fields[i]);
  message->loaded_fields = REL_ARENA_ARRAY(arena, Relations__V1__Field *, model->field_count);
  for (size_t i = 0; i < model->field_count; i++)
    if (model->fields[i] == model->load_info || model->fields[i]->count_of.len > 0)
      message->loaded_fields[message->n_loaded_fields++] = new_field(arena, model->fields[i]);
  message->relations = REL_ARENA_ARRAY(arena, Relations__V1__EffectiveRelation *, model->relation_count);
  for (size_t i = 0; i < model->relation_count; i++)
    message->relations[message->n_relations++] = new_relation(arena, snapshot, model->relations[i]);
  message->query_methods = REL_ARENA_ARRAY(arena, Relations__V1__Method *, model->method_count);
  for (size_t i = 0; i < model->method_count; i++)
    message->query_methods[message->n_query_methods++] = new_method(arena, model->methods[i]);
  return message;
}

static Relations__V1__ModelSummary *new_summary(rel_arena *arena, const rel_model *model) {
  NEW(arena, Relations__V1__ModelSummary, relations__v1__model_summary__init, message);
  message->name = text(arena, model->name);
  message->table = text(arena, model->table);
  if (model->parent_count > 0) message->extends = text(arena, model->parents[0]->name);
  message->also_extends = other_parents(arena, model, &message->n_also_extends);
  message->n_relations = model->relation_count;
  message->relations = REL_ARENA_ARRAY(arena, char *, model->relation_count);
  for (size_t i = 0; i < model->relation_count; i++)
    message->relations[i] = text(arena, model->relations[i]->name);
  return message;
}

// --- Findings in messages ---

static Relations__V1__Finding **new_findings(rel_arena *arena, const rel_findings *findings) {
  Relations__V1__Finding **list = REL_ARENA_ARRAY(arena, Relations__V1__Finding *, findings->count);
  for (size_t i = 0; i < findings->count; i++) {
    const rel_finding *finding = &findings->items[i];
    NEW(arena, Relations__V1__Finding, relations__v1__finding__init, message);
    message->severity = finding->severity == REL_ERROR ? RELATIONS__V1__SEVERITY__SEVERITY_ERROR
                                                       : RELATIONS__V1__SEVERITY__SEVERITY_WARNING;
    message->file = text(arena, finding->place.file);
    message->line = finding->place.line;
    message->model = text(arena, finding->model);
    message->element = text(arena, finding->element);
    message->message = text(arena, finding->message);
    list[i] = message;
  }
  return list;
}

// --- Handlers ---

typedef rel_code handler(const rel_services *services, const rel_snapshot *snapshot, rel_call *call,
                         rel_error *error);

static rel_code list_models(const rel_services *services, const rel_snapshot *snapshot, rel_call *call,
                            rel_error *error) {
  (void)services;
  (void)error;
  rel_arena *arena = rel_call_arena(call);
  const rel_schema *schema = rel_snapshot_schema(snapshot);
  Relations__V1__ListModelsResponse response;
  relations__v1__list_models_response__init(&response);
  response.schema_digest = text(arena, rel_cstr(schema->digest));
  response.n_models = schema->model_count;
  response.models = REL_ARENA_ARRAY(arena, Relations__V1__ModelSummary *, schema->model_count);
  for (size_t i = 0; i < schema->model_count; i++)
    response.models[i] = new_summary(arena, schema->models[i]);
  rel_call_write_message(call, &response.base);
  return REL_OK;
}

static rel_code describe_model(const rel_services *services, const rel_snapshot *snapshot, rel_call *call,
                               rel_error *error) {
  (void)services;
  ProtobufCMessage *message;
  const rel_model *model;
  rel_code code = rel_call_unpack(call, &relations__v1__describe_model_request__descriptor, &message, error);
  if (code != REL_OK) return code;
  const Relations__V1__DescribeModelRequest *request = (const Relations__V1__DescribeModelRequest *)message;
  code = rel_snapshot_find_model(snapshot, rel_cstr(request->model), &model, error);
  if (code != REL_OK) return code;
  Relations__V1__DescribeModelResponse response;
  relations__v1__describe_model_response__init(&response);
  response.model = new_model(rel_call_arena(call), snapshot, model);
  rel_call_write_message(call, &response.base);
  return REL_OK;
}

static rel_str set_of(const ProtobufCBinaryData *data) {
  return rel_bytes(data->data, data->len);
}

static rel_code validate(const rel_services *services, const rel_snapshot *snapshot, rel_call *call,
                         rel_error *error) {
  (void)snapshot;
  ProtobufCMessage *message;
  rel_code code = rel_call_unpack(call, &relations__v1__validate_request__descriptor, &message, error);
  if (code != REL_OK) return code;
  const Relations__V1__ValidateRequest *request = (const Relations__V1__ValidateRequest *)message;
  rel_findings findings = {0};
  code = rel_registry_check(services->registry, set_of(&request->descriptor_set), &findings, NULL, error);
  if (findings.count > 0 || code == REL_OK) {
    Relations__V1__ValidateResponse response;
    relations__v1__validate_response__init(&response);
    response.n_findings = findings.count;
    response.findings = new_findings(rel_call_arena(call), &findings);
    rel_call_write_message(call, &response.base);
    code = REL_OK;
  }
  rel_findings_fini(&findings);
  return code;
}

static void add_changes(rel_arena *arena, const rel_schema *before, const rel_schema *after,
                        Relations__V1__DiffResponse *response) {
  rel_change *changes = rel_schema_diff(before, after, arena, &response->n_changes);
  response->changes = REL_ARENA_ARRAY(arena, Relations__V1__SchemaChange *, response->n_changes);
  for (size_t i = 0; i < response->n_changes; i++) {
    NEW(arena, Relations__V1__SchemaChange, relations__v1__schema_change__init, message);
    message->model = text(arena, changes[i].model);
    message->element = text(arena, changes[i].element);
    message->description = text(arena, changes[i].description);
    response->changes[i] = message;
  }
}

static rel_code diff(const rel_services *services, const rel_snapshot *snapshot, rel_call *call,
                     rel_error *error) {
  ProtobufCMessage *message;
  rel_code code = rel_call_unpack(call, &relations__v1__diff_request__descriptor, &message, error);
  if (code != REL_OK) return code;
  const Relations__V1__DiffRequest *request = (const Relations__V1__DiffRequest *)message;
  rel_findings findings = {0};
  rel_schema *schema = NULL;
  code = rel_registry_check(services->registry, set_of(&request->descriptor_set), &findings, &schema, error);
  if (findings.count > 0 || code == REL_OK) {
    Relations__V1__DiffResponse response;
    relations__v1__diff_response__init(&response);
    response.n_findings = findings.count;
    response.findings = new_findings(rel_call_arena(call), &findings);
    if (schema != NULL) add_changes(rel_call_arena(call), rel_snapshot_schema(snapshot), schema, &response);
    rel_call_write_message(call, &response.base);
    code = REL_OK;
  }
  rel_schema_free(schema);
  rel_findings_fini(&findings);
  return code;
}

// Room that clients' default limit on metadata (8 KiB) leaves for details.
enum { MAX_DETAILS_BYTES = 5000 };

// Puts the findings into the error's details, as violations, as far as there is room.
static void write_refusal(const rel_error *error, const rel_findings *findings, rel_buf *status) {
  rel_buf violations = {0};
  size_t left_out = 0;
  for (size_t i = 0; i < findings->count; i++) {
    const rel_finding *finding = &findings->items[i];
    if (finding->severity != REL_ERROR) continue;
    rel_buf field = {0}, line = {0}, violation = {0};
    rel_buf_printf(&field, REL_STR_F "%s" REL_STR_F, REL_STR_A(finding->model),
                   finding->element.len > 0 ? "." : "", REL_STR_A(finding->element));
    rel_finding_format(finding, &line);
    rel_wire_put_bytes(&violation, 1, rel_buf_view(&field));
    rel_wire_put_bytes(&violation, 2, rel_buf_view(&line));
    if (violations.len + violation.len > MAX_DETAILS_BYTES)
      left_out++;
    else
      rel_wire_put_bytes(&violations, 1, rel_buf_view(&violation));
    rel_buf_fini(&field);
    rel_buf_fini(&line);
    rel_buf_fini(&violation);
  }
  rel_error plain = *error;
  plain.field[0] = '\0';
  if (left_out > 0)
    rel_fail(&plain, error->code, "%s (%zu more are not in the details; Validate lists them all)",
             error->message, left_out);
  rel_status_write(&plain, status);
  rel_status_add_detail(status, "google.rpc.BadRequest", rel_buf_view(&violations));
  rel_buf_fini(&violations);
}

static rel_code apply(const rel_services *services, rel_call *call, rel_findings *findings,
                      rel_error *error) {
  if (!services->allow_apply)
    return rel_fail(error, REL_FORBIDDEN,
                    "this server does not take schemas at run time; start it with --allow-apply");
  ProtobufCMessage *message;
  char digest[33];
  rel_code code = rel_call_unpack(call, &relations__v1__apply_request__descriptor, &message, error);
  if (code != REL_OK) return code;
  const Relations__V1__ApplyRequest *request = (const Relations__V1__ApplyRequest *)message;
  code = rel_registry_apply(services->registry, set_of(&request->descriptor_set),
                            rel_cstr(request->expected_digest), findings, digest, error);
  if (code != REL_OK) return code;
  if (services->applied != NULL) services->applied(services->applied_context);
  Relations__V1__ApplyResponse response;
  relations__v1__apply_response__init(&response);
  response.schema_digest = digest;
  response.n_findings = findings->count;
  response.findings = new_findings(rel_call_arena(call), findings);
  rel_call_write_message(call, &response.base);
  return REL_OK;
}

static void handle_apply(rel_call *call, void *context) {
  rel_findings findings = {0};
  rel_error error;
  rel_code code = apply(context, call, &findings, &error);
  if (code == REL_OK) {
    rel_call_finish(call);
  } else if (findings.errors > 0) {
    rel_buf status = {0};
    write_refusal(&error, &findings, &status);
    rel_call_fail_with_details(call, &error, rel_buf_view(&status));
    rel_buf_fini(&status);
  } else {
    rel_call_fail(call, &error);
  }
  rel_findings_fini(&findings);
}

static void handle_list_models(rel_call *call, void *context) {
  rel_services_answer(context, call, list_models);
}
static void handle_describe_model(rel_call *call, void *context) {
  rel_services_answer(context, call, describe_model);
}
static void handle_validate(rel_call *call, void *context) {
  rel_services_answer(context, call, validate);
}
static void handle_diff(rel_call *call, void *context) {
  rel_services_answer(context, call, diff);
}

size_t rel_registry_methods(rel_services *services, rel_method *table) {
  const rel_method methods[] = {
      {"/relations.v1.RegistryService/ListModels", REL_UNARY, REL_RUN_WORKER, handle_list_models, services},
      {"/relations.v1.RegistryService/DescribeModel", REL_UNARY, REL_RUN_WORKER, handle_describe_model,
       services},
      {"/relations.v1.RegistryService/Validate", REL_UNARY, REL_RUN_WORKER, handle_validate, services},
      {"/relations.v1.RegistryService/Diff", REL_UNARY, REL_RUN_WORKER, handle_diff, services},
      {"/relations.v1.RegistryService/Apply", REL_UNARY, REL_RUN_WORKER, handle_apply, services},
  };
  memcpy(table, methods, sizeof methods);
  return sizeof methods / sizeof methods[0];
}
