// Collisions between generated names: see names.h. Every name that emit.c and protoc-gen-c write is listed
// here, with what it is written for. Called by main.c before anything is emitted.
#include "client/plugin/emit_query.h"
#include "client/plugin/names.h"
#include "common/operators.h"

#include <ctype.h>

// A generated name and what it was generated for.
typedef struct origin {
  rel_str name;
  const rel_model *model;
  const rel_relation *relation; // at most one of these; none: the model itself
  const rel_field *field;
  const rel_query_method *method;
} origin;

typedef struct origins {
  origin *items;
  size_t count;
  size_t capacity;
} origins;

static void add(origins *all, rel_str name, const origin *of) {
  if (all->count == all->capacity) {
    all->capacity = all->capacity > 0 ? all->capacity * 2 : 64;
    all->items = rel_realloc(all->items, all->capacity * sizeof *all->items);
  }
  all->items[all->count] = *of;
  all->items[all->count++].name = name;
}

static void add_with_suffixes(origins *all, rel_arena *arena, rel_str stem, const char *const *suffixes,
                              const origin *of) {
  for (; *suffixes != NULL; suffixes++)
    add(all, rel_arena_printf(arena, REL_STR_F "%s", REL_STR_A(stem), *suffixes), of);
}

#define WORD(with, name, word, ...) #word,

// What groups say of the field; the names of sums are kept for what has none too.
static void add_column(origins *all, rel_arena *arena, rel_str model, rel_str word, const origin *of) {
  static const char *const functions[] = {"group_by", REL_AGGREGATES(WORD, ) NULL};
  for (const char *const *function = functions; *function != NULL; function++)
    add(all,
        rel_arena_printf(arena, REL_STR_F "_aggregate_%s_" REL_STR_F, REL_STR_A(model), *function,
                         REL_STR_A(word)),
        of);
}

#define SUFFIX(with, name, word, ...) "_" #word,

#define FOLDED_FOLDS(word) "_" #word "_folded",
#define FOLDED_EXACT(word)
#define FOLDED(with, name, word, written, values, folds) FOLDED_##folds(word)

static void add_field(origins *all, rel_arena *arena, const origin *of) {
  static const char *const equal[] = {REL_OPERATORS_OF_ANY(SUFFIX, ) NULL};
  static const char *const ordered[] = {REL_OPERATORS_OF_ORDERED(SUFFIX, ) NULL};
  static const char *const text[] = {REL_OPERATORS_OF_TEXT(SUFFIX, ) REL_OPERATORS(FOLDED, ) NULL};
  static const char *const nullable[] = {REL_OPERATORS_OF_NULLABLE(SUFFIX, ) "_is_not_null", NULL};
  static const char *const nulls[] = {"_nulls_first", NULL};
  rel_emit_compared compared = rel_emit_compared_as(of->field);
  if (compared == REL_EMIT_UNCOMPARED) return;
  rel_str model = rel_name_model(arena, of->model), word = rel_name_field_word(arena, of->field);
  rel_str where =
      rel_arena_printf(arena, REL_STR_F "_query_where_" REL_STR_F, REL_STR_A(model), REL_STR_A(word));
  add_with_suffixes(all, arena, where, equal, of);
  if (compared != REL_EMIT_EQUAL) add_with_suffixes(all, arena, where, ordered, of);
  if (compared == REL_EMIT_TEXT) add_with_suffixes(all, arena, where, text, of);
  if (of->field->nullable) add_with_suffixes(all, arena, where, nullable, of);
  rel_str order_by =
      rel_arena_printf(arena, REL_STR_F "_query_order_by_" REL_STR_F, REL_STR_A(model), REL_STR_A(word));
  add(all, order_by, of);
  add(all, rel_arena_printf(arena, REL_STR_F "_query_only_" REL_STR_F, REL_STR_A(model), REL_STR_A(word)),
      of);
  add_column(all, arena, model, word, of);
  if (of->field->nullable) add_with_suffixes(all, arena, order_by, nulls, of);
}

static void add_followed(origins *all, rel_arena *arena, const origin *of) {
  static const char *const where[] = {"_some", "_every", "_none", "_count", NULL};
  static const char *const order_by[] = {"_count", NULL}, *const and_to_one[] = {"_count", "", NULL};
  rel_str model = rel_name_model(arena, of->model), word = rel_name_relation_word(arena, of->relation);
  add_with_suffixes(
      all, arena,
      rel_arena_printf(arena, REL_STR_F "_query_where_" REL_STR_F, REL_STR_A(model), REL_STR_A(word)), where,
      of);
  add_with_suffixes(
      all, arena,
      rel_arena_printf(arena, REL_STR_F "_query_order_by_" REL_STR_F, REL_STR_A(model), REL_STR_A(word)),
      of->relation->kind == REL_HAS_MANY ? order_by : and_to_one, of);
  if (of->relation->kind == REL_HAS_MANY) return;
  add(all,
      rel_arena_printf(arena, REL_STR_F "_aggregate_along_" REL_STR_F, REL_STR_A(model), REL_STR_A(word)),
      of);
}

static void add_link(origins *all, rel_arena *arena, const rel_relation *relation) {
  if (rel_emit_link(relation) == NULL) return;
  add(all,
      rel_arena_printf(arena, REL_STR_F "_order_by_" REL_STR_F, REL_STR_A(rel_name_relation(arena, relation)),
                       REL_STR_A(rel_name_snake(arena, relation->through->name))),
      &(origin){.model = relation->owner, .relation = relation});
}

static void add_include(origins *all, rel_arena *arena, const rel_relation *relation) {
  static const char *const forms[] = {"", "_again", "_count", NULL};
  if (!rel_emit_has_include(relation)) return;
  rel_str name = rel_arena_printf(arena, REL_STR_F "_query_include_" REL_STR_F,
                                  REL_STR_A(rel_name_model(arena, relation->owner)),
                                  REL_STR_A(rel_name_relation_word(arena, relation)));
  const origin of = {.model = relation->owner, .relation = relation};
  add_with_suffixes(all, arena, name, forms, &of);
  static const char *const info[] = {"_info", "_rest", NULL};
  if (rel_emit_has_info(relation))
    add_with_suffixes(all, arena, rel_name_relation(arena, relation), info, &of);
}

// Every name of a model's query.
static void add_query(origins *all, rel_arena *arena, const rel_model *model) {
  static const char *const of_query[] = {"_query",
                                         "_query_new",
                                         "_query_free",
                                         "_query_filter",
                                         "_query_limit",
                                         "_query_page",
                                         "_query_next_page",
                                         "_query_previous_page",
                                         "_query_from_end",
                                         "_query_all",
                                         "_query_each",
                                         "_query_count",
                                         "_query_exists",
                                         "_query_take",
                                         "_query_taker",
                                         "_query_any_of",
                                         "_query_all_of",
                                         "_query_none_of",
                                         "_query_end",
                                         "_query_count_only",
                                         "_query_aggregate",
                                         "_query_budget",
                                         "_query_explain",
                                         "_query_explain_count",
                                         "_query_explain_exists",
                                         NULL};
  static const char *const of_aggregate[] = {"",           "_count",  "_any_of",  "_all_of", "_none_of",
                                             "_end",       "_having", "_limit",   "_page",   "_all",
                                             "_next_page", "_each",   "_explain", NULL};
  rel_str name = rel_name_model(arena, model);
  add_with_suffixes(all, arena, name, of_query, &(origin){.model = model});
  add_with_suffixes(all, arena, rel_arena_printf(arena, REL_STR_F "_aggregate", REL_STR_A(name)),
                    of_aggregate, &(origin){.model = model});
  for (size_t i = 0; i < model->field_count; i++)
    add_field(all, arena, &(origin){.model = model, .field = model->fields[i]});
  for (size_t i = 0; i < model->relation_count; i++) {
    if (rel_emit_follows(model->relations[i]))
      add_followed(all, arena, &(origin){.model = model, .relation = model->relations[i]});
    add_link(all, arena, model->relations[i]);
    add_include(all, arena, model->relations[i]);
  }
  for (size_t i = 0; i < model->group_count; i++)
    if (rel_emit_has_group(&model->groups[i]))
      add(all,
          rel_arena_printf(arena, REL_STR_F "_query_include_" REL_STR_F, REL_STR_A(name),
                           REL_STR_A(rel_name_snake(arena, model->groups[i].name))),
          &(origin){.model = model, .relation = model->groups[i].members[0]});
  for (size_t i = 0; i < model->method_count; i++)
    add(all,
        rel_arena_printf(arena, REL_STR_F "_query_" REL_STR_F, REL_STR_A(name),
                         REL_STR_A(rel_name_snake(arena, model->methods[i]->name))),
        &(origin){.model = model, .method = model->methods[i]});
}

// Every name that emit.c writes for a model; they stay here beside each other.
static void add_model(origins *all, rel_arena *arena, const rel_model *model) {
  static const char *const of_model[] = {"_model",       "_key",           "_get",       "_get_many",
                                         "_result",      "_results",       "_list",      "_lists",
                                         "_result_free", "_results_free",  "_list_free", "_lists_free",
                                         "_get_with",    "_get_many_with", NULL};
  static const char *const of_relation[] = {"", "_many", "_clear", "_with", "_many_with", NULL};
  add_with_suffixes(all, arena, rel_name_model(arena, model), of_model, &(origin){.model = model});
  for (size_t i = 0; i < model->relation_count; i++) {
    const rel_relation *relation = model->relations[i];
    add_with_suffixes(all, arena, rel_name_relation(arena, relation), of_relation,
                      &(origin){.model = model, .relation = relation});
    static const char *const of_query[] = {"_query", NULL};
    if (rel_relation_has_queries(relation))
      add_with_suffixes(all, arena, rel_name_relation(arena, relation), of_query,
                        &(origin){.model = model, .relation = relation});
  }
  if (rel_emit_has_query(model)) add_query(all, arena, model);
}

// The model first, so that what collides with it is what is renamed.
static int rank(const origin *of) {
  if (of->method != NULL) return 1;
  if (of->field != NULL) return 2;
  return of->relation != NULL ? 3 : 0;
}

static int by_name(const void *a, const void *b) {
  const origin *left = a, *right = b;
  int order = rel_str_cmp(left->name, right->name);
  if (order != 0) return order;
  order = rel_str_cmp(left->model->name, right->model->name);
  if (order != 0) return order;
  return rank(left) - rank(right);
}

static rel_str element_of(const origin *of) {
  if (of->relation != NULL) return of->relation->name;
  if (of->field != NULL) return of->field->name;
  return of->method != NULL ? of->method->name : rel_cstr("");
}

static rel_str describe(rel_arena *arena, const origin *of) {
  static const char *const kinds[] = {"model", "query method", "field", "relation"};
  rel_str element = element_of(of);
  return rel_arena_printf(arena, "%s " REL_STR_F "%s" REL_STR_F, kinds[rank(of)], REL_STR_A(of->model->name),
                          element.len > 0 ? "." : "", REL_STR_A(element));
}

static rel_str renaming_option(rel_arena *arena, const origin *of) {
  if (of->method != NULL) return rel_cstr("another name in query_methods");
  if (of->field != NULL) return rel_cstr("(relations.v1.column).c_name");
  if (of->relation == NULL) return rel_cstr("(relations.v1.model).c_name");
  return rel_arena_printf(arena, "(relations.v1.%s).c_name", rel_relation_kind_name(of->relation->kind));
}

static rel_place place_of(const origin *of) {
  if (of->relation != NULL) return of->relation->place;
  if (of->field != NULL) return of->field->place;
  return of->method != NULL ? of->method->place : of->model->place;
}

static void report_collision(rel_arena *arena, const origin *first, const origin *second,
                             rel_findings *findings) {
  rel_str a = describe(arena, first), b = describe(arena, second), option = renaming_option(arena, second);
  rel_findings_add(findings, REL_ERROR, place_of(second), second->model->name, element_of(second),
                   "the generated C name " REL_STR_F " is of " REL_STR_F " and of " REL_STR_F
                   ": rename one of them, for example the latter with " REL_STR_F,
                   REL_STR_A(second->name), REL_STR_A(a), REL_STR_A(b), REL_STR_A(option));
}

static bool is_ours_to_give(rel_str name) {
  if (name.len >= 4 && memcmp(name.ptr, "rel_", 4) == 0) return false;
  if (name.len == 0 || isdigit((unsigned char)name.ptr[0]) || name.ptr[0] == '_') return false;
  for (size_t i = 0; i < name.len; i++)
    if (!isalnum((unsigned char)name.ptr[i]) && name.ptr[i] != '_') return false;
  return true;
}

static void report_reserved(rel_arena *arena, const origin *of, rel_findings *findings) {
  rel_str option = renaming_option(arena, of);
  rel_findings_add(findings, REL_ERROR, place_of(of), of->model->name, element_of(of),
                   "the generated C name " REL_STR_F
                   " is the runtime's (rel_...), or no identifier: give another with " REL_STR_F,
                   REL_STR_A(of->name), REL_STR_A(option));
}

// --- Members of one struct ---

// A member of protobuf-c's struct, and the field that it is for; NULL: protobuf-c's own `base`.
typedef struct member {
  rel_str name;
  const rel_field *field;
} member;

static int by_member_name(const void *a, const void *b) {
  const member *left = a, *right = b;
  int order = rel_str_cmp(left->name, right->name);
  if (order != 0 || left->field == NULL || right->field == NULL) return order;
  return (left->field->number > right->field->number) - (left->field->number < right->field->number);
}

static void report_member(const rel_model *model, const member *first, const member *second,
                          rel_findings *findings) {
  const rel_field *field = second->field != NULL ? second->field : first->field;
  const rel_field *other = second->field != NULL ? first->field : NULL;
  rel_str whose = other != NULL ? other->name : rel_cstr("protobuf-c itself");
  rel_findings_add(findings, REL_ERROR, field->place, model->name, field->name,
                   "the member " REL_STR_F " of the generated C struct is of field " REL_STR_F
                   " and of " REL_STR_F
                   ": give the field another name in C with (relations.v1.column).c_name",
                   REL_STR_A(second->name), REL_STR_A(field->name), REL_STR_A(whose));
}

// A repeated field has a member n_... for its count.
static void check_members(const rel_model *model, rel_arena *arena, rel_findings *findings) {
  member *all = REL_ARENA_ARRAY(arena, member, model->field_count * 2 + 1);
  size_t count = 0;
  all[count++] = (member){rel_cstr("base"), NULL};
  for (size_t i = 0; i < model->field_count; i++) {
    const rel_field *field = model->fields[i];
    rel_str name = rel_name_member(arena, field);
    all[count++] = (member){name, field};
    if (field->repeated)
      all[count++] = (member){rel_arena_printf(arena, "n_" REL_STR_F, REL_STR_A(name)), field};
  }
  qsort(all, count, sizeof *all, by_member_name);
  for (size_t i = 1; i < count; i++)
    if (rel_str_eq(all[i - 1].name, all[i].name)) report_member(model, &all[i - 1], &all[i], findings);
}

void rel_names_check(const rel_schema *schema, rel_arena *arena, rel_findings *findings) {
  origins all = {0};
  for (size_t i = 0; i < schema->model_count; i++)
    add_model(&all, arena, schema->models[i]);
  for (size_t i = 0; i < schema->model_count; i++)
    check_members(schema->models[i], arena, findings);
  if (all.count > 0) qsort(all.items, all.count, sizeof *all.items, by_name);
  const origin *reported = NULL; // one finding for each pair, not one for each of their names
  for (size_t i = 0; i < all.count; i++) {
    const origin *of = &all.items[i];
    if (!is_ours_to_give(of->name) && (reported == NULL || reported->model != of->model)) {
      report_reserved(arena, of, findings);
      reported = of;
    }
    if (i == 0 || !rel_str_eq(of[-1].name, of->name)) continue;
    report_collision(arena, &of[-1], of, findings);
  }
  free(all.items);
}
