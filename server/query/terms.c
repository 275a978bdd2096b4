// The terms of an order: see terms.h.
#include "server/query/terms.h"

#include <stdio.h>

void rel_terms_begin(rel_terms *terms, size_t more) {
  terms->items = REL_ARENA_ARRAY(terms->arena, rel_select_term, REL_ORDER_MAX_TERMS + more);
}

static bool add(rel_terms *terms, const rel_select_term *term) {
  for (size_t i = 0; i < terms->count; i++)
    if (terms->items[i].field == term->field) return false;
  terms->items[terms->count] = *term;
  terms->items[terms->count++].by_value = terms->by_value;
  return true;
}

static rel_code read_term(rel_terms *terms, const Relations__V1__OrderTerm *proto, size_t index,
                          rel_error *error) {
  const rel_model *model = terms->model;
  const rel_field *field = rel_model_field(model, rel_cstr(proto->field));
  char path[48];
  snprintf(path, sizeof path, "order_by[%zu].field", index);
  if (field == NULL || rel_field_constant_kind(field) == REL_CONSTANT_NONE) {
    rel_str near = rel_model_near_field(model, rel_cstr(proto->field));
    return rel_fail_field(error, REL_INVALID, path,
                          REL_STR_F " has no field \"%.100s\" to order by%s" REL_STR_F "%s",
                          REL_STR_A(model->name), proto->field, near.len > 0 ? "; did you mean " : "",
                          REL_STR_A(near), near.len > 0 ? "?" : "");
  }
  rel_select_term term = {.field = field,
                          .descending = proto->descending != 0,
                          .nulls_first = proto->nulls == RELATIONS__V1__NULLS__NULLS_FIRST};
  if (!add(terms, &term))
    return rel_fail_field(error, REL_INVALID, path, "%.100s stands there twice", proto->field);
  return REL_OK;
}

rel_code rel_terms_read(rel_terms *terms, Relations__V1__OrderTerm *const *order_by, size_t count,
                        rel_error *error) {
  if (count > REL_ORDER_MAX_TERMS)
    return rel_fail_field(error, REL_INVALID, "order_by", "at most %d terms", REL_ORDER_MAX_TERMS);
  rel_code code = REL_OK;
  for (size_t i = 0; i < count && code == REL_OK; i++)
    code = read_term(terms, order_by[i], i, error);
  return code;
}

void rel_terms_add(rel_terms *terms, const rel_field *field, bool descending) {
  add(terms, &(rel_select_term){.field = field, .descending = descending});
}
