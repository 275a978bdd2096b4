// Relations in filters: dotted names, quantifiers and counts. Both forms of a filter end here, so they mean
// the same. What a relation is for a filter is what it is for a Load: its scope is read and goes with it.
#include "server/query/internal.h"

// --- One relation ---

static rel_code no_relation(const rel_model *model, rel_str name, const rel_spot *spot, rel_error *error) {
  rel_str shown = rel_shown(name);
  if (rel_model_field(model, name) != NULL)
    return rel_spot_fail(spot, error, REL_STR_F "." REL_STR_F " is no relation", REL_STR_A(model->name),
                         REL_STR_A(shown));
  const rel_group *group = rel_model_group(model, name);
  if (group != NULL)
    return rel_spot_fail(
        spot, error, REL_STR_F "." REL_STR_F " is a oneof: name one of its relations, as \"" REL_STR_F "\"",
        REL_STR_A(model->name), REL_STR_A(shown), REL_STR_A(group->members[0]->name));
  if (model->schema == NULL) // made for a request
    return rel_spot_fail(spot, error,
                         REL_STR_F " has no relations: a field is called there with _ in place of each dot, "
                                   "author_name for author.name",
                         REL_STR_A(model->name));
  rel_str near = rel_model_near_relation(model, name);
  return rel_spot_fail(spot, error, REL_STR_F " has no relation \"" REL_STR_F "\"" REL_NEAR_F,
                       REL_STR_A(model->name), REL_STR_A(shown), REL_NEAR_A(near));
}

// Everything that a relation costs is bounded over all filters of a query.
static rel_code count_in(rel_filter_scope *scope, const rel_spot *spot, rel_error *error) {
  if (++scope->relations > REL_CONDITION_MAX_RELATIONS)
    return rel_spot_fail(spot, error, "at most %d relations", REL_CONDITION_MAX_RELATIONS);
  return REL_OK;
}

// `depth` relations stand between it and where the scope is.
static rel_code read_related(rel_filter_scope *scope, const rel_relation *relation, unsigned depth,
                             const rel_spot *spot, const rel_related **out, rel_error *error) {
  if (relation->loader.len > 0)
    return rel_spot_fail(
        spot, error,
        REL_STR_F "." REL_STR_F " is loaded by " REL_STR_F ", so the database cannot filter or order by it",
        REL_STR_A(relation->owner->name), REL_STR_A(relation->name), REL_STR_A(relation->loader));
  rel_code code = count_in(scope, spot, error);
  if (code != REL_OK) return code;
  rel_related *related = REL_ARENA_NEW(scope->arena, rel_related);
  rel_scope *rows = REL_ARENA_NEW(scope->arena, rel_scope);
  rel_error why = {0};
  scope->relation_depth += 1 + depth;
  code = rel_scope_read_within(scope, relation, rows, &why);
  scope->relation_depth -= 1 + depth;
  if (code != REL_OK)
    return rel_spot_fail(spot, error, REL_STR_F "." REL_STR_F ", its where: %s",
                         REL_STR_A(relation->owner->name), REL_STR_A(relation->name), why.message);
  *related = (rel_related){.relation = relation, .scope = rows};
  if (relation->gate != NULL && relation->kind == REL_BELONGS_TO)
    related->gate = rel_gate_condition(relation->gate, scope->arena);
  *out = related;
  return REL_OK;
}

// --- Paths ---

rel_str rel_path_last(rel_str *name) {
  size_t at = name->len;
  while (at > 0 && name->ptr[at - 1] != '.')
    at--;
  rel_str last = rel_bytes(name->ptr + at, name->len - at);
  name->len = at > 0 ? at - 1 : 0;
  return last;
}

bool rel_path_is_relation(const rel_model *model, rel_str name) {
  while (name.len > 0) {
    const rel_relation *relation = rel_model_relation(model, rel_str_cut(&name, '.'));
    if (relation == NULL) return false;
    model = relation->target;
  }
  return true;
}

rel_code rel_path_read(rel_filter_scope *scope, rel_str name, const rel_spot *spot, rel_path *out,
                       rel_error *error) {
  *out = (rel_path){.model = scope->model};
  rel_spot at = *spot;
  while (name.len > 0) {
    const char *start = name.ptr;
    rel_str step = rel_str_cut(&name, '.');
    const rel_relation *relation = rel_model_relation(out->model, step);
    if (relation == NULL) return no_relation(out->model, step, &at, error);
    if (scope->relation_depth + out->count >= REL_CONDITION_MAX_RELATION_DEPTH)
      return rel_spot_fail(&at, error, "relations are nested more than %d deep",
                           REL_CONDITION_MAX_RELATION_DEPTH);
    rel_code code = read_related(scope, relation, (unsigned)out->count, &at, &out->steps[out->count], error);
    if (code != REL_OK) return code;
    out->count++;
    out->model = relation->target;
    at.at += (size_t)(name.ptr - start);
  }
  return REL_OK;
}

static const rel_relation *find_many(const rel_path *path, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (path->steps[i]->relation->kind == REL_HAS_MANY) return path->steps[i]->relation;
  return NULL;
}

void rel_path_enter(rel_filter_scope *scope, const rel_path *path, const rel_model **outer) {
  *outer = scope->model;
  scope->model = path->model;
  scope->relation_depth += (unsigned)path->count;
  scope->depth += (unsigned)path->count;
}

void rel_path_leave(rel_filter_scope *scope, const rel_path *path, const rel_model *outer) {
  scope->model = outer;
  scope->relation_depth -= (unsigned)path->count;
  scope->depth -= (unsigned)path->count;
}

// --- Conditions ---

static const rel_condition *some(rel_arena *arena, const rel_related *related, const rel_condition *part) {
  const rel_condition **parts = REL_ARENA_ARRAY(arena, const rel_condition *, 1);
  rel_condition *condition = REL_ARENA_NEW(arena, rel_condition);
  parts[0] = part;
  *condition = (rel_condition){
      .kind = REL_CONDITION_SOME, .related = related, .parts = parts, .part_count = part != NULL ? 1 : 0};
  return condition;
}

const rel_condition *rel_path_some(rel_arena *arena, const rel_path *path, size_t count,
                                   const rel_condition *part) {
  while (count > 0)
    part = some(arena, path->steps[--count], part);
  return part;
}

static rel_code refuse_many(const rel_relation *many, const rel_spot *spot, rel_error *error) {
  rel_str name = many->name;
  return rel_spot_fail(spot, error,
                       REL_STR_F "." REL_STR_F " is many records: write some(" REL_STR_F
                                 ", …), every(" REL_STR_F ", …), none(" REL_STR_F ", …) or count(" REL_STR_F
                                 ") > 0",
                       REL_STR_A(many->owner->name), REL_STR_A(name), REL_STR_A(name), REL_STR_A(name),
                       REL_STR_A(name), REL_STR_A(name));
}

rel_code rel_path_single(const rel_path *path, size_t count, const rel_spot *spot, rel_error *error) {
  const rel_relation *many = find_many(path, count);
  return many == NULL ? REL_OK : refuse_many(many, spot, error);
}

rel_code rel_quantify(rel_filter_scope *scope, const rel_related_records *records, rel_quantifier quantifier,
                      const rel_condition **out, rel_error *error) {
  rel_arena *arena = scope->arena;
  const rel_path *path = &records->path;
  const rel_condition *filter = records->filter;
  rel_code code = rel_path_single(path, path->count - 1, &records->spot, error);
  if (code != REL_OK) return code;
  if (quantifier == REL_QUANTIFIER_EVERY && filter == NULL)
    return rel_spot_fail(&records->spot, error, "every needs a filter that every record is to pass");
  // "every" is: none for which it does not hold.
  if (quantifier == REL_QUANTIFIER_EVERY) filter = rel_condition_not(arena, filter);
  const rel_condition *found = some(arena, path->steps[path->count - 1], filter);
  if (quantifier != REL_QUANTIFIER_SOME) found = rel_condition_not(arena, found);
  *out = rel_path_some(arena, path, path->count - 1, found);
  return REL_OK;
}

rel_code rel_count_related(rel_filter_scope *scope, const rel_related_records *records,
                           const rel_count_comparison *c, const rel_condition **out, rel_error *error) {
  static const rel_field number = {.type = REL_TYPE_INT64, .has_column = true};
  rel_arena *arena = scope->arena;
  const rel_path *path = &records->path;
  rel_code code = rel_path_single(path, path->count - 1, &records->spot, error);
  if (code != REL_OK) return code;
  const rel_operator_row *row = rel_operator_find(c->operator_);
  if (row == NULL || !rel_operator_is_sign(row))
    return rel_spot_fail(&c->operator_spot, error, "a count is compared by = != < <= > or >=");
  rel_constant *value = REL_ARENA_NEW(arena, rel_constant);
  const char *why = rel_constant_of(&number, &c->operand.literal, arena, value);
  if (why != NULL) return rel_spot_fail(&c->operand.spot, error, "a count is a whole number: %s", why);
  const rel_condition **parts = REL_ARENA_ARRAY(arena, const rel_condition *, 1);
  rel_condition *condition = REL_ARENA_NEW(arena, rel_condition);
  parts[0] = records->filter;
  *condition = (rel_condition){.kind = REL_CONDITION_COUNT,
                               .related = path->steps[path->count - 1],
                               .parts = parts,
                               .part_count = records->filter != NULL ? 1 : 0,
                               .operator_ = c->operator_,
                               .values = value,
                               .value_count = 1};
  *out = rel_path_some(arena, path, path->count - 1, condition);
  return REL_OK;
}
