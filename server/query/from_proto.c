// The contract's tree of messages becomes a condition: see filter.h.
//
// Where in the tree the reading is stands in one buffer, which grows on the way down and shrinks on the way
// up: "target.filter.all.filters[1].comparison".
#include "server/query/internal.h"

#include <stdio.h>

typedef struct reader {
  rel_filter_scope *scope;
  rel_buf path;
  rel_error *error;
} reader;

static rel_code fail(reader *r, const char *message) {
  return rel_fail_field(r->error, REL_INVALID, rel_buf_text(&r->path), "%s", message);
}

// The path continued, in the arena: for spots, which outlive a step.
static rel_spot spot(reader *r, const char *step) {
  rel_str path = rel_arena_printf(r->scope->arena, REL_STR_F ".%s", REL_STR_A(rel_buf_view(&r->path)), step);
  return (rel_spot){.path = path.ptr};
}

// --- Comparisons ---

static rel_code read_operand(reader *r, const Relations__V1__Value *value, size_t index, rel_operand *out) {
  char step[40];
  snprintf(step, sizeof step, "values[%zu]", index);
  out->spot = spot(r, step);
  const char *why = rel_literal_of(value, &out->literal);
  return why == NULL ? REL_OK : rel_spot_fail(&out->spot, r->error, "%s", why);
}

static rel_code read_comparison(reader *r, const Relations__V1__Comparison *proto,
                                const rel_condition **out) {
  rel_comparison c = {.field = rel_cstr(proto->field),
                      .field_spot = spot(r, "field"),
                      .operator_ = (rel_operator)proto->operator_,
                      .operator_spot = spot(r, "operator"),
                      .operand_count = proto->n_values,
                      .fold_case = proto->fold_case};
  if (proto->operator_ == RELATIONS__V1__OPERATOR__OPERATOR_UNSPECIFIED)
    return rel_spot_fail(&c.operator_spot, r->error, "no operator");
  if (proto->n_values > REL_CONDITION_MAX_VALUES)
    return rel_spot_fail(&c.operator_spot, r->error, "at most %d values", REL_CONDITION_MAX_VALUES);
  c.operands = REL_ARENA_ARRAY(r->scope->arena, rel_operand, proto->n_values);
  for (size_t i = 0; i < proto->n_values; i++) {
    rel_code code = read_operand(r, proto->values[i], i, &c.operands[i]);
    if (code != REL_OK) return code;
  }
  return rel_compare(r->scope, &c, out, r->error);
}

// --- The tree ---

static rel_code read_filter(reader *r, const Relations__V1__Filter *filter, const rel_condition **out);

static rel_code read_list(reader *r, const Relations__V1__FilterList *proto, rel_condition_kind kind,
                          const rel_condition **out) {
  if (proto->n_filters > REL_CONDITION_MAX_COMPARISONS) return fail(r, "too many filters");
  const rel_condition **parts = REL_ARENA_ARRAY(r->scope->arena, const rel_condition *, proto->n_filters);
  size_t len = r->path.len;
  for (size_t i = 0; i < proto->n_filters; i++) {
    rel_buf_printf(&r->path, ".filters[%zu]", i);
    rel_code code = read_filter(r, proto->filters[i], &parts[i]);
    if (code != REL_OK) return code;
    r->path.len = len;
  }
  *out = rel_condition_of(r->scope->arena, kind, parts, proto->n_filters);
  return REL_OK;
}

static rel_code read_not(reader *r, const Relations__V1__Filter *filter, const rel_condition **out) {
  rel_code code = read_filter(r, filter, out);
  if (code == REL_OK) *out = rel_condition_not(r->scope->arena, *out);
  return code;
}

// --- Relations ---

// The filter over the records of a path, which begins with the path's own depth.
static rel_code read_within(reader *r, const rel_path *path, const Relations__V1__Filter *filter,
                            const rel_condition **out) {
  const rel_model *outer;
  *out = NULL;
  if (filter == NULL) return REL_OK;
  size_t len = r->path.len;
  rel_buf_cstr(&r->path, ".filter");
  rel_path_enter(r->scope, path, &outer);
  rel_code code = read_filter(r, filter, out);
  rel_path_leave(r->scope, path, outer);
  r->path.len = len;
  return code;
}

static rel_code read_records(reader *r, const char *name, const Relations__V1__Filter *filter,
                             rel_related_records *out) {
  if (name[0] == '\0') return rel_spot_fail(&out->spot, r->error, "no relation");
  rel_code code = rel_path_read(r->scope, rel_cstr(name), &out->spot, &out->path, r->error);
  return code == REL_OK ? read_within(r, &out->path, filter, &out->filter) : code;
}

static rel_code read_related(reader *r, const Relations__V1__RelatedFilter *proto,
                             const rel_condition **out) {
  rel_related_records records = {.spot = spot(r, "relation")};
  rel_spot quantifier = spot(r, "quantifier");
  if (proto->quantifier < RELATIONS__V1__QUANTIFIER__QUANTIFIER_SOME ||
      proto->quantifier > RELATIONS__V1__QUANTIFIER__QUANTIFIER_NONE)
    return rel_spot_fail(&quantifier, r->error, "no quantifier that is known");
  rel_code code = read_records(r, proto->relation, proto->filter, &records);
  if (code != REL_OK) return code;
  return rel_quantify(r->scope, &records, (rel_quantifier)proto->quantifier, out, r->error);
}

static rel_code read_related_count(reader *r, const Relations__V1__RelatedCount *proto,
                                   const rel_condition **out) {
  rel_related_records records = {.spot = spot(r, "relation")};
  rel_count_comparison c = {.operator_ = (rel_operator)proto->operator_,
                            .operator_spot = spot(r, "operator"),
                            .operand = {.spot = spot(r, "value")}};
  if (proto->value == NULL) return rel_spot_fail(&c.operand.spot, r->error, "no value");
  const char *why = rel_literal_of(proto->value, &c.operand.literal);
  if (why != NULL) return rel_spot_fail(&c.operand.spot, r->error, "%s", why);
  rel_code code = read_records(r, proto->relation, proto->filter, &records);
  return code == REL_OK ? rel_count_related(r->scope, &records, &c, out, r->error) : code;
}

static rel_code read_kind(reader *r, const Relations__V1__Filter *filter, const rel_condition **out) {
  switch (filter->kind_case) {
  case RELATIONS__V1__FILTER__KIND_COMPARISON:
    rel_buf_cstr(&r->path, ".comparison");
    return read_comparison(r, filter->comparison, out);
  case RELATIONS__V1__FILTER__KIND_ALL:
    rel_buf_cstr(&r->path, ".all");
    return read_list(r, filter->all, REL_CONDITION_ALL, out);
  case RELATIONS__V1__FILTER__KIND_ANY:
    rel_buf_cstr(&r->path, ".any");
    return read_list(r, filter->any, REL_CONDITION_ANY, out);
  case RELATIONS__V1__FILTER__KIND_NOT:
    rel_buf_cstr(&r->path, ".not");
    return read_not(r, filter->not_, out);
  case RELATIONS__V1__FILTER__KIND_RELATED:
    rel_buf_cstr(&r->path, ".related");
    return read_related(r, filter->related, out);
  case RELATIONS__V1__FILTER__KIND_RELATED_COUNT:
    rel_buf_cstr(&r->path, ".related_count");
    return read_related_count(r, filter->related_count, out);
  default:
    return fail(r, "the filter says nothing: set comparison, all, any, not, related or related_count");
  }
}

static rel_code read_filter(reader *r, const Relations__V1__Filter *filter, const rel_condition **out) {
  if (r->scope->depth >= REL_CONDITION_MAX_DEPTH) return fail(r, "filters are nested too deeply");
  size_t len = r->path.len;
  r->scope->depth++;
  rel_code code = read_kind(r, filter, out);
  r->scope->depth--;
  r->path.len = len;
  return code;
}

rel_code rel_filter_from_proto(rel_filter_scope *scope, const Relations__V1__Filter *filter, const char *path,
                               const rel_condition **out, rel_error *error) {
  reader r = {.scope = scope, .error = error};
  *out = NULL;
  if (filter == NULL) return REL_OK;
  rel_buf_cstr(&r.path, path);
  rel_code code = read_filter(&r, filter, out);
  rel_buf_fini(&r.path);
  return code;
}
