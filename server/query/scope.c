// Scopes: what a relation says of its records besides their key, and the way that leads to them; read from
// the schema when a snapshot is made, when a schema is checked, and when a filter follows a relation.
//
// A way is a list of steps, each to a table: a plain relation is one step, a relation through a link the
// steps of `through` and then those of `source`. The last step is to the records, the others become hops.
#include "server/query/internal.h"

// One step: from fields of the table before to fields of its own.
typedef struct step {
  rel_hop hop;                  // its `on` is known with the next step
  const rel_field *const *from; // of the step before; of the owner in the first one
} step;

typedef struct way {
  const rel_relation *relation; // whose way it is
  rel_filter_scope *scope;      // of what is asked for: its limits hold for all filters on the way
  rel_error *error;
  step steps[REL_SCOPE_MAX_HOPS + 1];
  size_t count;
} way;

static rel_code parse_where(way *w, const rel_relation *relation, const rel_condition **out) {
  const rel_model *outer = w->scope->model;
  w->scope->model = relation->target;
  rel_code code = rel_filter_parse(w->scope, relation->where, "where", out, w->error);
  w->scope->model = outer;
  return code;
}

static void add_condition(way *w, rel_hop *hop, const rel_condition *condition) {
  const rel_condition *parts[2] = {hop->condition, condition};
  hop->condition = rel_condition_all(w->scope->arena, parts, 2);
}

static const rel_sort_term *sort_terms(const rel_relation *relation, rel_arena *arena) {
  rel_sort_term *terms = REL_ARENA_ARRAY(arena, rel_sort_term, relation->order_count);
  for (size_t i = 0; i < relation->order_count; i++) {
    const rel_order_term *term = &relation->order_by[i];
    terms[i] = (rel_sort_term){.field = term->field,
                               .descending = term->descending,
                               .link = term->of_link ? REL_LINK_DECLARED : REL_LINK_NONE};
  }
  return terms;
}

// Of what leads to one row, only the first counts, unless there can be only one.
static size_t limit_of(const rel_relation *relation) {
  if (relation->kind == REL_HAS_MANY) return relation->limit;
  const rel_model *target = relation->target;
  bool whole = relation->kind == REL_BELONGS_TO && relation->key_count == target->primary_key_count;
  for (size_t i = 0; whole && i < relation->key_count; i++)
    whole = relation->references[i] == target->primary_key[i];
  return whole ? 0 : 1;
}

static rel_code add_step(way *w, const step *next) {
  if (w->count == sizeof w->steps / sizeof w->steps[0])
    return rel_fail(w->error, REL_BAD_SCHEMA, "more than %d tables lie between a key and the records",
                    REL_SCOPE_MAX_HOPS);
  w->steps[w->count++] = *next;
  return REL_OK;
}

// What limits the last step is for each row of the step before, so whatever is said of all of them together
// is said of one step more: that from a record to itself.
static rel_code end_limited_step(way *w) {
  const rel_hop *last = &w->steps[w->count - 1].hop;
  const rel_field *const *key = (const rel_field *const *)last->model->primary_key;
  if (last->limit == 0) return REL_OK;
  return add_step(
      w, &(step){.hop = {.model = last->model, .key = key, .key_count = last->model->primary_key_count},
                 .from = key});
}

// The type field of a polymorphic relation is in the rows that have its foreign key: of belongs_to in those
// that it comes from. Of the first step that is the owner, whose key is read with its gate.
static rel_code add_gate(way *w, const rel_relation *relation, rel_hop *next) {
  if (relation->gate == NULL) return REL_OK;
  const rel_condition *gate = rel_gate_condition(relation->gate, w->scope->arena);
  if (relation->kind != REL_BELONGS_TO) {
    add_condition(w, next, gate);
    return REL_OK;
  }
  if (w->count == 0) return REL_OK;
  rel_code code = end_limited_step(w);
  if (code == REL_OK) add_condition(w, &w->steps[w->count - 1].hop, gate);
  return code;
}

static rel_code add_plain(way *w, const rel_relation *relation) {
  step next = {.from = rel_relation_owner_key(relation)};
  next.hop = (rel_hop){.model = relation->target,
                       .key = rel_relation_target_key(relation),
                       .key_count = relation->key_count,
                       .order_by = sort_terms(relation, w->scope->arena),
                       .order_count = relation->order_count,
                       .limit = limit_of(relation)};
  rel_code code = parse_where(w, relation, &next.hop.condition);
  if (code == REL_OK) code = add_gate(w, relation, &next.hop);
  return code == REL_OK ? add_step(w, &next) : code;
}

static rel_code add_where(way *w, const rel_relation *relation) {
  const rel_condition *where = NULL;
  rel_code code = parse_where(w, relation, &where);
  if (code == REL_OK) add_condition(w, &w->steps[w->count - 1].hop, where);
  return code;
}

// As deep as relations lead through one another, which the schema bounds.
static rel_code add_steps(way *w, const rel_relation *relation) {
  if (relation->through == NULL) return add_plain(w, relation);
  rel_code code = add_steps(w, relation->through);
  if (code == REL_OK) w->steps[w->count - 1].hop.is_link |= relation == w->relation;
  if (code == REL_OK) code = add_steps(w, relation->source);
  if (code == REL_OK) code = end_limited_step(w);
  return code == REL_OK ? add_where(w, relation) : code;
}

rel_code rel_scope_read_within(rel_filter_scope *scope, const rel_relation *relation, rel_scope *out,
                               rel_error *error) {
  way w = {.relation = relation, .scope = scope, .error = error};
  *out = (rel_scope){0};
  rel_code code = add_steps(&w, relation);
  if (code != REL_OK) return code;
  const rel_hop *last = &w.steps[w.count - 1].hop;
  rel_hop *hops = REL_ARENA_ARRAY(scope->arena, rel_hop, w.count - 1);
  for (size_t i = 0; i + 1 < w.count; i++) {
    hops[i] = w.steps[i].hop;
    hops[i].on = w.steps[i + 1].from;
    hops[i].on_count = w.steps[i + 1].hop.key_count;
  }
  *out = (rel_scope){.hops = hops,
                     .hop_count = w.count - 1,
                     .key = last->key,
                     .key_count = last->key_count,
                     .condition = last->condition,
                     .order_by = sort_terms(relation, scope->arena),
                     .order_count = relation->order_count};
  return REL_OK;
}

rel_code rel_scope_read(const rel_relation *relation, rel_arena *arena, rel_scope *out, rel_error *error) {
  rel_filter_scope scope = {.arena = arena};
  return rel_scope_read_within(&scope, relation, out, error);
}

// --- Checking ---

// An inherited relation is its declarer's affair: it has the same target.
static void check_scope(const rel_relation *relation, rel_findings *findings) {
  if (relation->where.len == 0 || relation->declared_in != relation->owner) return;
  rel_error error = {0};
  rel_arena arena;
  rel_arena_init(&arena);
  rel_filter_scope scope = {.arena = &arena};
  way w = {.scope = &scope, .error = &error};
  const rel_condition *condition;
  if (parse_where(&w, relation, &condition) != REL_OK)
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
