// The terms of an order: see terms.h.
#include "server/query/terms.h"

#include "server/query/internal.h"

#include <stdio.h>

void rel_terms_begin(rel_terms *terms, size_t more) {
  terms->items = REL_ARENA_ARRAY(terms->arena, rel_sort_term, REL_ORDER_MAX_TERMS + more);
}

static bool same(const rel_sort_term *a, const rel_sort_term *b) {
  if (a->field != b->field || a->link != b->link || a->counts != b->counts || a->path_count != b->path_count)
    return false;
  for (size_t i = 0; i < a->path_count; i++)
    if (a->path[i]->relation != b->path[i]->relation) return false;
  return true;
}

static bool add(rel_terms *terms, const rel_sort_term *term) {
  for (size_t i = 0; i < terms->count; i++)
    if (same(&terms->items[i], term)) return false;
  terms->items[terms->count] = *term;
  terms->items[terms->count++].by_value = terms->by_value;
  return true;
}

// --- Terms of a request ---

// Where a name is read: whose it is, and what a mistake is said of.
typedef struct reader {
  rel_filter_scope *scope;
  const rel_spot *spot;
  rel_error *error;
} reader;

// A field of many records has no one value.
static rel_code refuse_many(const reader *r, const rel_relation *relation) {
  return rel_spot_fail(
      r->spot, r->error,
      REL_STR_F "." REL_STR_F " is many records, so a field of theirs is no one value; an order may be by "
                "count(" REL_STR_F ")",
      REL_STR_A(relation->owner->name), REL_STR_A(relation->name), REL_STR_A(relation->name));
}

// `why` ends the sentence that there is no such field: " to order by".
static rel_code find_field(const reader *r, const rel_model *model, rel_str name, const char *why,
                           const rel_field **out) {
  const rel_field *field = *out = rel_model_field(model, name);
  if (field != NULL && rel_field_constant_kind(field) != REL_CONSTANT_NONE) return REL_OK;
  const rel_relation *relation = rel_model_relation(model, name);
  if (relation != NULL && relation->kind == REL_HAS_MANY) return refuse_many(r, relation);
  if (relation != NULL)
    return rel_spot_fail(r->spot, r->error,
                         REL_STR_F "." REL_STR_F " is a relation: name a field of its record, " REL_STR_F
                                   ".…",
                         REL_STR_A(model->name), REL_STR_A(name), REL_STR_A(name));
  rel_str greatest = rel_bytes(name.ptr + 1, name.len > 0 ? name.len - 1 : 0); // Django's "-stars"
  if (name.len > 0 && name.ptr[0] == '-' && rel_model_field(model, greatest) != NULL)
    return rel_spot_fail(r->spot, r->error,
                         REL_STR_F " has no field \"" REL_STR_F "\"%s; write \"" REL_STR_F " desc\"",
                         REL_STR_A(model->name), REL_STR_A(name), why, REL_STR_A(greatest));
  return rel_no_field(model, name, why, r->spot, r->error);
}

static rel_code check_single(const reader *r, const rel_path *path, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (path->steps[i]->relation->kind == REL_HAS_MANY) return refuse_many(r, path->steps[i]->relation);
  return REL_OK;
}

// The relations that stand before the field, or that lead to what is counted, which `out` says; and the model
// where they end.
static rel_code read_path(const reader *r, rel_str name, rel_sort_term *out, const rel_model **end) {
  rel_path path;
  rel_code code = rel_path_read(r->scope, name, r->spot, &path, r->error);
  if (code == REL_OK) code = check_single(r, &path, out->counts ? path.count - 1 : path.count);
  if (code != REL_OK) return code;
  const rel_related **steps = REL_ARENA_ARRAY(r->scope->arena, const rel_related *, path.count);
  for (size_t i = 0; i < path.count; i++)
    steps[i] = path.steps[i];
  out->path = steps;
  out->path_count = path.count;
  *end = path.model;
  return REL_OK;
}

// Whether a name begins with that of the relation that leads to the link, "entries.position", and is the
// link's field then. That comes before the relations of the records themselves.
static bool takes_link(const rel_terms *terms, rel_str *name) {
  const rel_relation *relation = terms->relation;
  rel_str rest = *name, first = rel_str_cut(&rest, '.');
  if (relation == NULL || relation->through == NULL || first.len == name->len ||
      !rel_str_eq(first, relation->through->name))
    return false;
  *name = rest;
  return true;
}

static rel_code read_what(const reader *r, const rel_terms *terms, const Relations__V1__OrderTerm *proto,
                          rel_sort_term *out) {
  const rel_model *model = terms->model;
  out->counts = proto->count_of[0] != '\0';
  if (out->counts && proto->field[0] != '\0')
    return rel_spot_fail(r->spot, r->error, "a term has a field or counts a relation, not both");
  if (out->counts) return read_path(r, rel_cstr(proto->count_of), out, &model);
  rel_str way = rel_cstr(proto->field);
  if (takes_link(terms, &way)) {
    out->link = REL_LINK_ASKED;
    const rel_model *link = terms->relation->through->target;
    if (memchr(way.ptr, '.', way.len) != NULL || rel_model_relation(link, way) != NULL)
      return rel_spot_fail(r->spot, r->error,
                           REL_STR_F " leads to the link here, and behind it stands a field of " REL_STR_F
                                     ", which \"" REL_STR_F "\" is not",
                           REL_STR_A(terms->relation->through->name), REL_STR_A(link->name),
                           REL_STR_A(rel_shown(way)));
    return find_field(r, link, way, " to order by", &out->field);
  }
  rel_str last = rel_path_last(&way);
  rel_code code = way.len > 0 ? read_path(r, way, out, &model) : REL_OK;
  return code == REL_OK ? find_field(r, model, last, " to order by", &out->field) : code;
}

static rel_code read_term(rel_terms *terms, rel_filter_scope *scope, const Relations__V1__OrderTerm *proto,
                          size_t index, rel_error *error) {
  bool counts = proto->count_of[0] != '\0';
  rel_spot spot = {
      .path = rel_arena_printf(terms->arena, "order_by[%zu].%s", index, counts ? "count_of" : "field").ptr};
  rel_sort_term term = {.descending = proto->descending != 0,
                        .nulls_first = proto->nulls == RELATIONS__V1__NULLS__NULLS_FIRST};
  const reader r = {scope, &spot, error};
  rel_code code = read_what(&r, terms, proto, &term);
  if (code == REL_OK && !add(terms, &term))
    code = rel_spot_fail(&spot, error, "%.100s stands there twice", counts ? proto->count_of : proto->field);
  return code;
}

rel_code rel_terms_read(rel_terms *terms, Relations__V1__OrderTerm *const *order_by, size_t count,
                        rel_error *error) {
  rel_filter_scope scope = {.model = terms->model, .arena = terms->arena};
  if (count > REL_ORDER_MAX_TERMS)
    return rel_fail_field(error, REL_INVALID, "order_by", "at most %d terms", REL_ORDER_MAX_TERMS);
  rel_code code = REL_OK;
  for (size_t i = 0; i < count && code == REL_OK; i++)
    code = read_term(terms, &scope, order_by[i], i, error);
  return code;
}

rel_code rel_terms_read_total(rel_terms *terms, Relations__V1__OrderTerm *const *order_by, size_t count,
                              rel_error *error) {
  const rel_model *model = terms->model;
  rel_terms_begin(terms, model->primary_key_count);
  rel_code code = rel_terms_read(terms, order_by, count, error);
  for (size_t i = 0; i < model->primary_key_count; i++)
    rel_terms_add(terms, model->primary_key[i], false);
  return code;
}

void rel_terms_add(rel_terms *terms, const rel_field *field, bool descending) {
  add(terms, &(rel_sort_term){.field = field, .descending = descending});
}

// --- Values ---

rel_code rel_group_value_read(rel_filter_scope *scope, rel_str name, const char *path, rel_group_value *out,
                              rel_error *error) {
  rel_sort_term along = {0};
  const rel_model *model = scope->model;
  const rel_spot spot = {.path = path};
  const reader r = {scope, &spot, error};
  rel_str way = name, last = rel_path_last(&way);
  rel_code code = way.len > 0 ? read_path(&r, way, &along, &model) : REL_OK;
  if (code == REL_OK) code = find_field(&r, model, last, " with a column of its own", &out->field);
  out->path = along.path;
  out->path_count = along.path_count;
  return code;
}
