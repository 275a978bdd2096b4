// Resolution: a link becomes a relation, with its keys as fields of owner and target.
//
// What is wrong with the owner's side is reported at each model, as each has its own fields; the rest only
// where the relation is declared.
#include "common/schema/build.h"

enum { MAX_WHERE_BYTES = 64 * 1024 };

// What one relation is resolved with.
typedef struct resolving {
  rel_builder *b;
  const rel_draft *owner;
  const rel_link *link;
  rel_at at;
  rel_at declared; // silent when the link is inherited: reported where it is declared
  bool inherited;
} resolving;

static const char *key_problem(const rel_field *field) {
  if (field->repeated) return "is repeated; a key is one value";
  if (!field->has_column) return "has no column";
  if (field->decimal) return "is a decimal, which cannot be a key";
  if (field->type == REL_TYPE_DOUBLE || field->type == REL_TYPE_FLOAT)
    return "is floating-point, which cannot be a key: equal numbers need not be equal bits";
  return "cannot be a key; integers, string and bytes can";
}

void rel_report_no_field(rel_at at, const rel_link *link, const rel_model *model, const char *aspect,
                         rel_str name) {
  if (at.builder == NULL) return;
  const rel_model *declarer = link->declared_in->model;
  if (rel_str_eq(at.model, declarer->name)) {
    rel_report(at, "%s: no field \"%.*s\" in %.*s%.*s", aspect, REL_STR_A(name), REL_STR_A(model->name),
               REL_STR_A(rel_near_field(at.builder, model, name)));
    return;
  }
  const rel_field *ancestors = rel_model_field(declarer, name);
  rel_report(
      at, "inherited from %.*s, needs the field \"%.*s\" (%s)%s%s: a child declares the fields that it needs",
      REL_STR_A(declarer->name), REL_STR_A(name), aspect, ancestors != NULL ? " of type " : "",
      ancestors != NULL ? rel_type_name(ancestors->type) : "");
}

// The fields of `model` that `names` are; false when one is missing or cannot be a key.
static bool find_key(const resolving *r, rel_at at, const rel_model *model, const char *aspect,
                     char *const *names, size_t count, const rel_field **key) {
  bool good = true;
  for (size_t i = 0; i < count; i++) {
    key[i] = rel_model_field(model, rel_cstr(names[i]));
    if (key[i] == NULL) {
      rel_report_no_field(at, r->link, model, aspect, rel_cstr(names[i]));
      good = false;
    } else if (rel_field_key_kind(key[i]) == REL_KEY_NONE) {
      rel_report(at, "%s: field \"%s\" of %.*s (%s) %s", aspect, names[i], REL_STR_A(model->name),
                 rel_type_name(key[i]->type), key_problem(key[i]));
      good = false;
    }
    for (size_t j = 0; good && j < i; j++)
      if (key[j] == key[i]) rel_report(at, "%s: names \"%s\" twice", aspect, names[i]);
  }
  return good;
}

// `references` defaults to the primary key of `model`. NULL when there is none.
static const rel_field **find_references(const resolving *r, rel_at at, const rel_model *model,
                                         size_t *count) {
  const Relations__V1__Relation *aspects = &r->link->aspects;
  *count = aspects->n_references > 0 ? aspects->n_references : model->primary_key_count;
  const rel_field **key = REL_ARENA_ARRAY(r->b->arena, const rel_field *, *count + 1);
  if (aspects->n_references > 0)
    return find_key(r, at, model, "references", aspects->references, *count, key) ? key : NULL;
  if (*count == 0 && model->abstract)
    rel_report(at, "%.*s has no primary key to refer to: write references, or primary_key there",
               REL_STR_A(model->name));
  for (size_t i = 0; i < *count; i++) {
    key[i] = model->primary_key[i];
    if (rel_field_key_kind(key[i]) == REL_KEY_NONE) return NULL;
  }
  return *count > 0 ? key : NULL;
}

static const char *key_type(rel_builder *b, const rel_field *field) {
  return rel_arena_printf(&b->scratch, "%s%s", field->uuid ? "uuid as " : "", rel_type_name(field->type)).ptr;
}

static bool check_key_types(const resolving *r, const rel_relation *relation) {
  bool good = true;
  bool belongs = relation->kind == REL_BELONGS_TO;
  const rel_model *holder = belongs ? relation->owner : relation->target;
  const rel_model *referred = belongs ? relation->target : relation->owner;
  for (size_t i = 0; i < relation->key_count; i++) {
    const rel_field *from = relation->foreign_key[i], *to = relation->references[i];
    if (rel_field_key_kind(from) == rel_field_key_kind(to)) continue;
    rel_report(r->at,
               "foreign_key: field \"%.*s\" of %.*s (%s) cannot refer to \"%.*s\" of %.*s (%s); the types "
               "must match",
               REL_STR_A(from->name), REL_STR_A(holder->name), key_type(r->b, from), REL_STR_A(to->name),
               REL_STR_A(referred->name), key_type(r->b, to));
    good = false;
  }
  return good;
}

static bool resolve_keys(const resolving *r, rel_relation *relation) {
  const Relations__V1__Relation *aspects = &r->link->aspects;
  bool belongs = relation->kind == REL_BELONGS_TO;
  const rel_model *holder = belongs ? relation->owner : relation->target;
  const rel_model *referred = belongs ? relation->target : relation->owner;
  size_t count = aspects->n_foreign_key, references_count = 0;
  if (count == 0) {
    rel_report(r->declared, "foreign_key is missing: write the field of %.*s that holds the key of %.*s",
               REL_STR_A(holder->name), REL_STR_A(referred->name));
    return false;
  }
  if (count > REL_MAX_KEY_FIELDS || aspects->n_references > REL_MAX_KEY_FIELDS) {
    rel_report(r->declared, "a key of more than %d fields", REL_MAX_KEY_FIELDS);
    return false;
  }
  relation->foreign_key = REL_ARENA_ARRAY(r->b->arena, const rel_field *, count);
  // What the owner lacks is its own fault, what the target lacks that of the declaration.
  bool good = find_key(r, belongs ? r->at : r->declared, holder, "foreign_key", aspects->foreign_key, count,
                       relation->foreign_key);
  relation->references = find_references(r, belongs ? r->declared : r->at, referred, &references_count);
  if (!good || relation->references == NULL) return false;
  if (count != references_count) {
    rel_report(r->at, "foreign_key has %zu field%s, but %s of %.*s %zu: they go in pairs", count,
               count == 1 ? "" : "s", aspects->n_references > 0 ? "references" : "the primary key",
               REL_STR_A(referred->name), references_count);
    return false;
  }
  relation->key_count = count;
  return check_key_types(r, relation);
}

// --- Scope ---

static void resolve_where(const resolving *r, rel_relation *relation) {
  rel_str where = rel_str_trim(rel_cstr(r->link->aspects.where));
  if (where.len > MAX_WHERE_BYTES)
    rel_report(r->declared, "where has %zu bytes; at most %d", where.len, MAX_WHERE_BYTES);
  else if (where.len > 0 && relation->loader.len > 0)
    rel_report(r->at, "where: the loader \"%.*s\" decides what there is; leave where out%s",
               REL_STR_A(relation->loader), r->link->override_count > 0 ? ", or write where: \"\"" : "");
  else
    relation->where = rel_arena_copy(r->b->arena, rel_cstr(where.len > 0 ? r->link->aspects.where : ""));
}

static void resolve_limit(const resolving *r, rel_relation *relation) {
  const Relations__V1__Relation *aspects = &r->link->aspects;
  if (!aspects->has_limit) return;
  const char *kind = rel_relation_kind_name(relation->kind);
  if (aspects->limit == 0 && !r->link->lifts_limit)
    rel_report(r->declared, "limit: 0 would leave no record; leave limit out for all of them");
  else if (aspects->limit > 0 && relation->kind != REL_HAS_MANY)
    rel_report(r->declared, "limit: %s has one record at most; limit is for has_many", kind);
  else if (aspects->limit > 0 && relation->loader.len > 0)
    rel_report(r->at, "limit: the loader \"%.*s\" decides what there is; leave limit out%s",
               REL_STR_A(relation->loader), r->link->override_count > 0 ? ", or write limit: 0" : "");
  else
    relation->limit = aspects->limit;
}

// A loader decides the order, whoever inherits it.
static bool resolve_loaders_order(const resolving *r, const rel_relation *relation) {
  if (relation->loader.len == 0) return false;
  if (rel_str_trim(rel_cstr(r->link->aspects.order_by)).len > 0)
    rel_report(r->at, "order_by: the loader \"%.*s\" decides the order; leave order_by out%s",
               REL_STR_A(relation->loader), r->link->override_count > 0 ? ", or write order_by: \"\"" : "");
  return true;
}

// --- Relations ---

static rel_relation *new_relation(const resolving *r) {
  const rel_link *link = r->link;
  rel_relation *relation = REL_ARENA_NEW(r->b->arena, rel_relation);
  relation->name = link->name;
  relation->kind = link->kind;
  relation->owner = r->owner->model;
  relation->target = link->target->model;
  relation->strict = link->aspects.has_strict && link->aspects.strict;
  relation->loader = rel_arena_copy(r->b->arena, rel_cstr(link->aspects.loader));
  relation->cache = r->owner->model->cache;
  (void)rel_build_cache(link->aspects.cache, &relation->cache); // checked where it was declared
  relation->declared_in = link->declared_in->model;
  relation->override_count = link->override_count;
  relation->overrides = REL_ARENA_ARRAY(r->b->arena, const rel_model *, link->override_count);
  for (size_t i = 0; i < link->override_count; i++)
    relation->overrides[i] = link->overrides[i]->model;
  relation->field_number = link->field != NULL ? link->field->number : 0;
  relation->c_name = rel_arena_copy(r->b->arena, rel_cstr(link->aspects.c_name));
  relation->place = (rel_place){r->link->declared_in->model->place.file, link->place.line};
  return relation;
}

static rel_relation *resolve(const resolving *r) {
  const rel_link *link = r->link;
  if (link->target == NULL) return NULL;
  rel_relation *relation = new_relation(r);
  if (relation->target->abstract && relation->loader.len == 0) {
    rel_report(r->declared,
               "%.*s is abstract: it has no table, so there are no records to relate to, but for a loader's",
               REL_STR_A(relation->target->name));
    return NULL;
  }
  resolve_where(r, relation);
  resolve_limit(r, relation);
  if (rel_link_leads_through(link)) return relation; // its order may be by the link's fields
  if (!resolve_loaders_order(r, relation)) (void)rel_build_order(r->b, r->declared, link, relation);
  return resolve_keys(r, relation) ? relation : NULL;
}

static void resolve_link(rel_builder *b, rel_draft *draft, rel_link *link) {
  bool inherited = link->declared_in != draft;
  rel_at at = rel_at_link(b, draft, link);
  resolving r = {b, draft, link, at, inherited ? rel_at_silent : at, inherited};
  rel_relation *relation = resolve(&r);
  link->failed = relation == NULL;
  if (rel_link_leads_through(link))
    link->pending = relation;
  else
    link->relation = relation;
}

static int compare_relations(const void *left, const void *right) {
  return rel_str_cmp((*(const rel_relation *const *)left)->name, (*(const rel_relation *const *)right)->name);
}

// Fields that hold a relation's count.
static void check_counts(rel_builder *b, const rel_draft *draft) {
  const rel_model *model = draft->model;
  for (size_t i = 0; i < model->field_count; i++) {
    const rel_field *field = model->fields[i];
    const rel_relation *relation = rel_model_relation(model, field->count_of);
    if (field->count_of.len == 0 || (relation != NULL && relation->kind == REL_HAS_MANY)) continue;
    rel_str near = rel_model_near_relation(model, field->count_of);
    if (relation != NULL)
      rel_report(rel_at_field(b, draft, field), "column.count_of: %.*s is %s, which has one record at most",
                 REL_STR_A(field->count_of), rel_relation_kind_name(relation->kind));
    else
      rel_report(rel_at_field(b, draft, field), "column.count_of: no relation \"%.*s\"" REL_NEAR_F,
                 REL_STR_A(field->count_of), REL_NEAR_A(near));
  }
}

// Gives the model the relations that could be resolved.
static void keep_relations(rel_builder *b, rel_draft *draft) {
  rel_model_impl *impl = (rel_model_impl *)draft->model;
  draft->model->relations = REL_ARENA_ARRAY(b->arena, const rel_relation *, draft->link_count);
  impl->relations_by_name = REL_ARENA_ARRAY(b->arena, const rel_relation *, draft->link_count);
  for (size_t l = 0; l < draft->link_count; l++) {
    rel_relation *relation = draft->links[l].relation;
    if (relation == NULL) continue;
    impl->relations_by_name[draft->model->relation_count] = relation;
    draft->model->relations[draft->model->relation_count++] = relation;
  }
  if (draft->model->relation_count > 0)
    qsort(impl->relations_by_name, draft->model->relation_count, sizeof *impl->relations_by_name,
          compare_relations);
}

void rel_build_relations(rel_builder *b) {
  for (size_t i = 0; i < b->draft_count; i++)
    for (size_t l = 0; l < b->drafts[i].link_count; l++)
      resolve_link(b, &b->drafts[i], &b->drafts[i].links[l]);
  rel_build_through(b);
  for (size_t i = 0; i < b->draft_count; i++) {
    keep_relations(b, &b->drafts[i]);
    check_counts(b, &b->drafts[i]);
  }
}
