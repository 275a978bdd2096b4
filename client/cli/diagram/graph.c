// Models become a graph: see diagram.h. A relation and its inverse are one edge, an inherited relation is
// drawn where it is declared, and what is not near the models that were asked for is left out.
#include "client/cli/diagram/diagram.h"

rel_str rel_diagram_last_part(rel_str name) {
  size_t start = name.len;
  while (start > 0 && name.ptr[start - 1] != '.')
    start--;
  return rel_bytes(name.ptr + start, name.len - start);
}

rel_str rel_diagram_note(const rel_diagram_means *m, rel_arena *arena) {
  if (m->loader.len > 0) return rel_arena_printf(arena, "loader " REL_STR_F, REL_STR_A(m->loader));
  if (m->through.len > 0) return rel_arena_printf(arena, "through " REL_STR_F, REL_STR_A(m->through));
  if (m->type_field.len == 0) return rel_cstr("");
  return rel_arena_printf(arena, REL_STR_F " = " REL_STR_F, REL_STR_A(m->type_field), REL_STR_A(m->type_tag));
}

// --- Finding ---

enum { NONE = -1 };

static ptrdiff_t find_model(const rel_diagram *d, rel_str name) {
  size_t low = 0, high = d->model_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = rel_str_cmp(d->models[middle].name, name);
    if (order == 0) return (ptrdiff_t)middle;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NONE;
}

static rel_diagram_field *find_field(const rel_diagram_model *model, rel_str name) {
  for (size_t i = 0; i < model->field_count; i++)
    if (rel_str_eq(model->fields[i].name, name)) return &model->fields[i];
  return NULL;
}

static const rel_diagram_relation *own_relation(const rel_diagram_model *model, rel_str name) {
  for (size_t i = 0; i < model->relation_count; i++)
    if (rel_str_eq(model->relations[i].name, name)) return &model->relations[i];
  return NULL;
}

// Those that the model extends and the list has not yet. What a server says may lead in a circle.
static void add_parents(const rel_diagram *d, const rel_diagram_model *model, size_t *list, size_t *count) {
  for (size_t i = 0; i < model->parent_count; i++) {
    ptrdiff_t parent = find_model(d, model->parents[i]);
    size_t k = 0;
    while (k < *count && (ptrdiff_t)list[k] != parent)
      k++;
    if (parent != NONE && k == *count) list[(*count)++] = (size_t)parent;
  }
}

// Of the model, or of the nearest ancestor that declares it.
static const rel_diagram_relation *find_relation(const rel_diagram *d, size_t model, rel_str name) {
  size_t *list = rel_alloc0(d->model_count, sizeof *list), count = 0;
  const rel_diagram_relation *found = NULL;
  list[count++] = model;
  for (size_t i = 0; i < count && found == NULL; i++) {
    found = own_relation(&d->models[list[i]], name);
    add_parents(d, &d->models[list[i]], list, &count);
  }
  free(list);
  return found;
}

// --- Edges ---

// Marks the fields of a foreign key; whether it can refer to nothing of the other model. That of a relation
// through a link is the link's.
static bool mark_foreign(const rel_diagram_model *model, const rel_diagram_relation *relation) {
  bool optional = relation->tagged;
  if (relation->through.len > 0) return optional;
  for (size_t i = 0; i < relation->key_count; i++) {
    rel_diagram_field *field = find_field(model, relation->foreign_key[i]);
    if (field == NULL) continue;
    field->foreign = true;
    optional |= field->optional;
  }
  return optional;
}

static rel_diagram_many many_of(const rel_diagram_relation *relation) {
  return relation == NULL || relation->kind == REL_HAS_MANY ? REL_DIAGRAM_MANY : REL_DIAGRAM_MAYBE_ONE;
}

// Whether a record at the far end of a relation through a link may belong to several owners: where the way
// there follows a foreign key, many come from its other side.
static bool has_many_owners(const rel_diagram *d, size_t model, const rel_diagram_relation *relation) {
  if (relation->through.len == 0) return false;
  const rel_diagram_relation *through = find_relation(d, model, relation->through);
  ptrdiff_t link = through != NULL ? find_model(d, through->target) : NONE;
  const rel_diagram_relation *source = link != NONE ? find_relation(d, (size_t)link, relation->source) : NULL;
  if (source == NULL || through->kind == REL_BELONGS_TO || source->kind == REL_BELONGS_TO) return true;
  return through->through.len > 0 || source->through.len > 0;
}

static rel_str label_of(const rel_diagram_relation *here, const rel_diagram_relation *there,
                        rel_arena *arena) {
  rel_str none = {"", 0}, note = here->note.len > 0 || there == NULL ? here->note : there->note;
  rel_str other = there != NULL ? there->name : none;
  return rel_arena_printf(arena, REL_STR_F "%s" REL_STR_F "%s" REL_STR_F "%s", REL_STR_A(here->name),
                          other.len > 0 ? " / " : "", REL_STR_A(other), note.len > 0 ? " (" : "",
                          REL_STR_A(note), note.len > 0 ? ")" : "");
}

// The inverse that a relation of `model` names, when it names this one in turn.
static const rel_diagram_relation *inverse_of(const rel_diagram *d, size_t model,
                                              const rel_diagram_relation *relation, size_t target) {
  if (relation->inverse.len == 0) return NULL;
  const rel_diagram_relation *inverse = find_relation(d, target, relation->inverse);
  if (inverse == NULL || !rel_str_eq(inverse->inverse, relation->name)) return NULL;
  return rel_str_eq(inverse->target, d->models[model].name) ? inverse : NULL;
}

// Of a pair one is drawn: belongs_to, or of two that are none the one that comes first.
static bool is_drawn(const rel_diagram *d, size_t model, const rel_diagram_relation *relation, size_t target,
                     const rel_diagram_relation *inverse) {
  if (inverse == NULL || inverse == relation || relation->kind == REL_BELONGS_TO) return true;
  if (inverse->kind == REL_BELONGS_TO) return false;
  int order = rel_str_cmp(d->models[model].name, d->models[target].name);
  return order != 0 ? order < 0 : rel_str_cmp(relation->name, inverse->name) < 0;
}

static void add_edge(rel_diagram *d, const rel_diagram_edge *edge) {
  d->edges[d->edge_count++] = *edge;
}

static void connect_relation(rel_diagram *d, size_t model, const rel_diagram_relation *relation,
                             rel_arena *arena) {
  ptrdiff_t found = find_model(d, relation->target);
  if (found == NONE) return;
  size_t target = (size_t)found;
  bool belongs = relation->kind == REL_BELONGS_TO;
  bool optional = mark_foreign(&d->models[belongs ? model : target], relation);
  const rel_diagram_relation *inverse = inverse_of(d, model, relation, target);
  if (!is_drawn(d, model, relation, target, inverse)) return;
  const rel_diagram_relation *there = inverse != relation ? inverse : NULL;
  rel_diagram_edge edge = {.from = belongs ? target : model,
                           .to = belongs ? model : target,
                           .from_many = optional ? REL_DIAGRAM_MAYBE_ONE : REL_DIAGRAM_ONE,
                           .to_many = many_of(belongs ? there : relation),
                           .label = belongs && there != NULL ? label_of(there, relation, arena)
                                                             : label_of(relation, there, arena),
                           .indirect = relation->note.len > 0};
  if (has_many_owners(d, model, relation)) edge.from_many = REL_DIAGRAM_MANY;
  add_edge(d, &edge);
}

static void connect_parents(rel_diagram *d, size_t model) {
  for (size_t i = 0; i < d->models[model].parent_count; i++) {
    ptrdiff_t parent = find_model(d, d->models[model].parents[i]);
    if (parent != NONE)
      add_edge(d, &(rel_diagram_edge){.from = (size_t)parent,
                                      .to = model,
                                      .to_many = REL_DIAGRAM_MAYBE_ONE,
                                      .label = rel_cstr("extends"),
                                      .extends = true});
  }
}

static void connect_all(rel_diagram *d, rel_arena *arena) {
  size_t most = 0;
  for (size_t i = 0; i < d->model_count; i++)
    most += d->models[i].parent_count + d->models[i].relation_count;
  d->edges = REL_ARENA_ARRAY(arena, rel_diagram_edge, most);
  for (size_t i = 0; i < d->model_count; i++) {
    const rel_diagram_model *model = &d->models[i];
    connect_parents(d, i);
    for (size_t k = 0; k < model->relation_count; k++)
      connect_relation(d, i, &model->relations[k], arena);
  }
}

// --- Choosing ---

static rel_code find_meant(const rel_diagram *d, const char *name, size_t *out, rel_error *error) {
  size_t found = 0;
  ptrdiff_t exact = find_model(d, rel_cstr(name));
  if (exact != NONE) {
    *out = (size_t)exact;
    return REL_OK;
  }
  for (size_t i = 0; i < d->model_count; i++) {
    if (!rel_str_is(rel_diagram_last_part(d->models[i].name), name)) continue;
    *out = i;
    found++;
  }
  if (found == 1) return REL_OK;
  if (found > 1) return rel_fail(error, REL_INVALID, "%s is several models: say its full name", name);
  return rel_fail(error, REL_INVALID, "there is no model %s", name);
}

static void keep_near(const rel_diagram *d, bool *kept, size_t depth) {
  for (size_t step = 0; step < depth && step < d->model_count; step++) {
    bool *before = rel_alloc(d->model_count);
    memcpy(before, kept, d->model_count);
    for (size_t i = 0; i < d->edge_count; i++) {
      const rel_diagram_edge *edge = &d->edges[i];
      if (before[edge->from] || before[edge->to]) kept[edge->from] = kept[edge->to] = true;
    }
    free(before);
  }
}

static void drop_others(rel_diagram *d, const bool *kept, rel_arena *arena) {
  size_t *place = REL_ARENA_ARRAY(arena, size_t, d->model_count);
  size_t models = 0, edges = 0;
  for (size_t i = 0; i < d->model_count; i++) {
    if (!kept[i]) continue;
    place[i] = models;
    d->models[models++] = d->models[i];
  }
  for (size_t i = 0; i < d->edge_count; i++) {
    rel_diagram_edge edge = d->edges[i];
    if (!kept[edge.from] || !kept[edge.to]) continue;
    edge.from = place[edge.from];
    edge.to = place[edge.to];
    d->edges[edges++] = edge;
  }
  d->model_count = models;
  d->edge_count = edges;
}

static rel_code choose(rel_diagram *d, const rel_diagram_options *options, rel_arena *arena,
                       rel_error *error) {
  if (options->model_count == 0) return REL_OK;
  bool *kept = REL_ARENA_ARRAY(arena, bool, d->model_count);
  for (size_t i = 0; i < options->model_count; i++) {
    size_t model = 0;
    rel_code code = find_meant(d, options->models[i], &model, error);
    if (code != REL_OK) return code;
    kept[model] = true;
  }
  keep_near(d, kept, options->depth);
  drop_others(d, kept, arena);
  return REL_OK;
}

static void choose_fields(rel_diagram_model *model, rel_diagram_fields which) {
  size_t count = 0;
  for (size_t i = 0; i < model->field_count; i++) {
    const rel_diagram_field *field = &model->fields[i];
    bool key = field->primary || field->foreign;
    if (which == REL_DIAGRAM_ALL_FIELDS || (which == REL_DIAGRAM_KEY_FIELDS && key))
      model->fields[count++] = *field;
  }
  model->field_count = count;
}

static void name_titles(rel_diagram *d) {
  for (size_t i = 0; i < d->model_count; i++) {
    rel_str last = rel_diagram_last_part(d->models[i].name);
    bool alone = true;
    for (size_t k = 0; k < d->model_count && alone; k++)
      alone = k == i || !rel_str_eq(rel_diagram_last_part(d->models[k].name), last);
    d->models[i].title = alone ? last : d->models[i].name;
  }
}

static int by_name(const void *a, const void *b) {
  return rel_str_cmp(((const rel_diagram_model *)a)->name, ((const rel_diagram_model *)b)->name);
}

rel_code rel_diagram_connect(rel_diagram *diagram, const rel_diagram_options *options, rel_arena *arena,
                             rel_error *error) {
  if (diagram->model_count > 0)
    qsort(diagram->models, diagram->model_count, sizeof *diagram->models, by_name);
  connect_all(diagram, arena);
  rel_code code = choose(diagram, options, arena, error);
  if (code != REL_OK) return code;
  for (size_t i = 0; i < diagram->model_count; i++)
    choose_fields(&diagram->models[i], options->fields);
  name_titles(diagram);
  return REL_OK;
}
