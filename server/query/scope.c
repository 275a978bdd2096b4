// Scopes: what a relation says of its records besides their key, read from the schema when a snapshot is made
// and when a schema is checked.
#include "server/query/internal.h"

rel_code rel_scope_read_within(rel_filter_scope *scope, const rel_relation *relation, rel_scope *out,
                               rel_error *error) {
  const rel_model *outer = scope->model;
  const rel_condition *parts[2] = {NULL};
  *out = (rel_scope){0};
  scope->model = relation->target;
  rel_code code = rel_filter_parse(scope, relation->where, "where", &parts[0], error);
  scope->model = outer;
  // Of belongs_to it is the owner's row that has the type field.
  if (relation->gate != NULL && relation->kind != REL_BELONGS_TO)
    parts[1] = rel_gate_condition(relation->gate, scope->arena);
  if (code == REL_OK) out->condition = rel_condition_all(scope->arena, parts, 2);
  return code;
}

rel_code rel_scope_read(const rel_relation *relation, rel_arena *arena, rel_scope *out, rel_error *error) {
  rel_filter_scope scope = {.arena = arena};
  return rel_scope_read_within(&scope, relation, out, error);
}

// --- Checking ---

// An inherited relation is its declarer's affair: it has the same target.
static void check_scope(const rel_relation *relation, rel_findings *findings) {
  if (relation->where.len == 0 || relation->declared_in != relation->owner) return;
  rel_arena arena;
  rel_arena_init(&arena);
  rel_scope scope;
  rel_error error = {0};
  if (rel_scope_read(relation, &arena, &scope, &error) != REL_OK)
    rel_findings_add(findings, REL_ERROR, relation->place, relation->owner->name, relation->name, "where: %s",
                     error.message);
  rel_arena_fini(&arena);
}

void rel_filters_check(const rel_schema *schema, rel_findings *findings) {
  rel_methods_check(schema, findings);
  for (size_t i = 0; i < schema->model_count; i++)
    for (size_t r = 0; r < schema->models[i]->relation_count; r++)
      check_scope(schema->models[i]->relations[r], findings);
}
