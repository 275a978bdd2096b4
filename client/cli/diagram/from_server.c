// The models that a server describes, for a diagram: the same as those of the schema that it serves.
#include "client/cli/diagram/diagram.h"

static rel_str copy(rel_arena *arena, const char *text) {
  return rel_arena_copy(arena, rel_cstr(text));
}

static bool in_primary_key(const Relations__V1__Model *model, const char *name) {
  for (size_t i = 0; i < model->n_primary_key; i++)
    if (strcmp(model->primary_key[i], name) == 0) return true;
  return false;
}

static void add_fields(const Relations__V1__Model *model, rel_arena *arena, rel_diagram_model *out) {
  out->fields = REL_ARENA_ARRAY(arena, rel_diagram_field, model->n_fields);
  for (size_t i = 0; i < model->n_fields; i++) {
    const Relations__V1__Field *field = model->fields[i];
    if (field->column[0] == '\0') continue;
    out->fields[out->field_count++] =
        (rel_diagram_field){.name = copy(arena, field->name),
                            .type = rel_diagram_last_part(copy(arena, field->type)),
                            .optional = field->nullable != 0,
                            .primary = in_primary_key(model, field->name)};
  }
}

static void add_relation(const Relations__V1__EffectiveRelation *relation, rel_arena *arena,
                         rel_diagram_relation *out) {
  rel_str *foreign_key = REL_ARENA_ARRAY(arena, rel_str, relation->n_foreign_key);
  for (size_t i = 0; i < relation->n_foreign_key; i++)
    foreign_key[i] = copy(arena, relation->foreign_key[i]);
  rel_diagram_means means = {.loader = rel_cstr(relation->loader),
                             .through = copy(arena, relation->through),
                             .type_field = rel_cstr(relation->type_field),
                             .type_tag = rel_cstr(relation->type_tag)};
  *out = (rel_diagram_relation){.name = copy(arena, relation->name),
                                .kind = (rel_relation_kind)relation->kind, // the same numbers
                                .target = copy(arena, relation->model),
                                .foreign_key = foreign_key,
                                .key_count = relation->n_foreign_key,
                                .inverse = copy(arena, relation->inverse_of),
                                .through = means.through,
                                .source = copy(arena, relation->source),
                                .tagged = means.type_field.len > 0,
                                .note = rel_diagram_note(&means, arena)};
}

static void add_model(const Relations__V1__Model *model, rel_arena *arena, rel_diagram_model *out) {
  *out = (rel_diagram_model){.name = copy(arena, model->name), .abstract = model->abstract != 0};
  out->parents = REL_ARENA_ARRAY(arena, rel_str, 1 + model->n_also_extends);
  if (model->extends[0] != '\0') out->parents[out->parent_count++] = copy(arena, model->extends);
  for (size_t i = 0; i < model->n_also_extends; i++)
    out->parents[out->parent_count++] = copy(arena, model->also_extends[i]);
  add_fields(model, arena, out);
  out->relations = REL_ARENA_ARRAY(arena, rel_diagram_relation, model->n_relations);
  for (size_t i = 0; i < model->n_relations; i++)
    if (strcmp(model->relations[i]->declared_in, model->name) == 0)
      add_relation(model->relations[i], arena, &out->relations[out->relation_count++]);
}

rel_code rel_diagram_from_server(rel_client *client, rel_arena *arena, rel_diagram *out, rel_error *error) {
  Relations__V1__ListModelsResponse *models;
  rel_code code = rel_client_list_models(client, &models, error);
  if (code != REL_OK) return code;
  *out = (rel_diagram){.models = REL_ARENA_ARRAY(arena, rel_diagram_model, models->n_models)};
  for (size_t i = 0; i < models->n_models && code == REL_OK; i++) {
    Relations__V1__DescribeModelResponse *described;
    code = rel_client_describe_model(client, models->models[i]->name, &described, error);
    if (code != REL_OK) break;
    if (described->model != NULL) add_model(described->model, arena, &out->models[out->model_count++]);
    relations__v1__describe_model_response__free_unpacked(described, NULL);
  }
  relations__v1__list_models_response__free_unpacked(models, NULL);
  return code;
}
