// The models of a schema in hand, for a diagram.
#include "client/cli/diagram/diagram.h"

static rel_str type_of(const rel_field *field) {
  return rel_diagram_last_part(field->type_name.len > 0 ? field->type_name
                                                        : rel_cstr(rel_type_name(field->type)));
}

static void add_fields(const rel_model *model, rel_arena *arena, rel_diagram_model *out) {
  out->fields = REL_ARENA_ARRAY(arena, rel_diagram_field, model->field_count);
  for (size_t i = 0; i < model->field_count; i++) {
    const rel_field *field = model->fields[i];
    if (!field->has_column) continue;
    out->fields[out->field_count++] = (rel_diagram_field){.name = field->name,
                                                          .type = type_of(field),
                                                          .optional = field->nullable,
                                                          .primary = rel_model_has_in_key(model, field)};
  }
}

static void add_relation(const rel_relation *relation, rel_arena *arena, rel_diagram_relation *out) {
  rel_str *foreign_key = REL_ARENA_ARRAY(arena, rel_str, relation->key_count);
  for (size_t i = 0; i < relation->key_count; i++)
    foreign_key[i] = relation->foreign_key[i]->name;
  const rel_gate *gate = relation->gate;
  rel_diagram_means means = {.loader = relation->loader};
  if (gate != NULL) means.type_field = gate->field->name;
  if (gate != NULL) means.type_tag = gate->tag.text;
  if (relation->through != NULL) means.through = relation->through->name;
  *out = (rel_diagram_relation){.name = relation->name,
                                .kind = relation->kind,
                                .target = relation->target->name,
                                .foreign_key = foreign_key,
                                .key_count = relation->key_count,
                                .through = means.through,
                                .tagged = gate != NULL,
                                .note = rel_diagram_note(&means, arena)};
  if (relation->inverse != NULL) out->inverse = relation->inverse->name;
  if (relation->source != NULL) out->source = relation->source->name;
}

static void add_model(const rel_model *model, rel_arena *arena, rel_diagram_model *out) {
  *out = (rel_diagram_model){.name = model->name, .abstract = model->abstract};
  out->parents = REL_ARENA_ARRAY(arena, rel_str, model->parent_count);
  for (size_t i = 0; i < model->parent_count; i++)
    out->parents[out->parent_count++] = model->parents[i]->name;
  add_fields(model, arena, out);
  out->relations = REL_ARENA_ARRAY(arena, rel_diagram_relation, model->relation_count);
  for (size_t i = 0; i < model->relation_count; i++)
    if (model->relations[i]->declared_in == model)
      add_relation(model->relations[i], arena, &out->relations[out->relation_count++]);
}

void rel_diagram_from_schema(const rel_schema *schema, rel_arena *arena, rel_diagram *out) {
  *out = (rel_diagram){.models = REL_ARENA_ARRAY(arena, rel_diagram_model, schema->model_count)};
  for (size_t i = 0; i < schema->model_count; i++)
    add_model(schema->models[i], arena, &out->models[out->model_count++]);
}
