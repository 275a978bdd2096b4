// Inverses: the relation of the related model that is this one seen from there. It exists, points back, has
// the mirror kind, the same key and the same type tag, and is the inverse of one relation only.
#include "common/schema/build.h"
#include "common/schema/gate.h"

// True when one of the models is the other, or extends it: an inverse may be declared on an ancestor.
static bool are_kin(const rel_model *a, const rel_model *b) {
  return rel_model_is_a(a, b) || rel_model_is_a(b, a);
}

static bool same_names(const rel_field *const *a, const rel_field *const *b, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!rel_str_eq(a[i]->name, b[i]->name)) return false;
  return true;
}

static bool same_key(const rel_relation *a, const rel_relation *b) {
  return a->key_count == b->key_count && same_names(a->foreign_key, b->foreign_key, a->key_count) &&
         same_names(a->references, b->references, a->key_count);
}

// Both of one kind of foreign key, or neither is polymorphic.
static bool same_gate(const rel_gate *a, const rel_gate *b) {
  if (a == NULL || b == NULL) return a == b;
  return rel_str_eq(a->field->name, b->field->name) && rel_tag_cmp(a->field, &a->tag, &b->tag) == 0;
}

static bool is_mirror(const rel_relation *a, const rel_relation *b) {
  return (a->kind == REL_BELONGS_TO) != (b->kind == REL_BELONGS_TO);
}

// Whether one leads through a link where the other comes from, over the same keys.
static bool leads_back(const rel_relation *a, const rel_relation *b) {
  if (a->through == NULL && b->through == NULL)
    return is_mirror(a, b) && same_key(a, b) && same_gate(a->gate, b->gate);
  return a->through != NULL && b->through != NULL && are_kin(a->through->target, b->through->target) &&
         leads_back(a->through, b->source) && leads_back(a->source, b->through);
}

static void report_way_back(rel_at at, const rel_relation *relation, const rel_relation *inverse) {
  if (inverse->through == NULL || relation->through == NULL)
    rel_report(at, "inverse_of: %.*s.%.*s leads through %s link; both do, or neither",
               REL_STR_A(inverse->owner->name), REL_STR_A(inverse->name),
               inverse->through == NULL ? "no" : "a");
  else
    rel_report(at,
               "inverse_of: %.*s.%.*s leads back another way: it needs through and source over the keys of "
               "\"%.*s\" and \"%.*s\"",
               REL_STR_A(inverse->owner->name), REL_STR_A(inverse->name), REL_STR_A(relation->source->name),
               REL_STR_A(relation->through->name));
}

static bool check_points_back(rel_at at, const rel_relation *relation, const rel_relation *inverse) {
  if (!are_kin(inverse->target, relation->owner))
    rel_report(at, "inverse_of: %.*s.%.*s points at %.*s, not back at %.*s", REL_STR_A(inverse->owner->name),
               REL_STR_A(inverse->name), REL_STR_A(inverse->target->name), REL_STR_A(relation->owner->name));
  else if (leads_back(relation, inverse))
    return true;
  else if (relation->through != NULL || inverse->through != NULL)
    report_way_back(at, relation, inverse);
  else if (!is_mirror(relation, inverse))
    rel_report(at, "inverse_of: %.*s.%.*s is %s too; the inverse of %s is %s",
               REL_STR_A(inverse->owner->name), REL_STR_A(inverse->name),
               rel_relation_kind_name(inverse->kind), rel_relation_kind_name(relation->kind),
               relation->kind == REL_BELONGS_TO ? "has_one or has_many" : "belongs_to");
  else if (!same_key(relation, inverse))
    rel_report(at, "inverse_of: %.*s.%.*s has another key; both need the same foreign_key and references",
               REL_STR_A(inverse->owner->name), REL_STR_A(inverse->name));
  else
    rel_report(at, "inverse_of: %.*s.%.*s has another type_field or type_tag; both need the same",
               REL_STR_A(inverse->owner->name), REL_STR_A(inverse->name));
  return false;
}

// Of several relations that name one inverse, that one says which it means.
static bool check_unambiguous(rel_at at, const rel_link *link, rel_link *inverse) {
  const rel_relation *back = inverse->relation;
  const char *answer = inverse->aspects.inverse_of;
  if (answer != NULL && answer[0] != '\0') {
    if (rel_str_is(link->name, answer)) return true;
    rel_report(at, "inverse_of: the inverse of %.*s.%.*s is \"%s\", not this one",
               REL_STR_A(back->owner->name), REL_STR_A(back->name), answer);
    return false;
  }
  const rel_link *other = inverse->claimed_by;
  inverse->claimed_by = link;
  if (other == NULL || rel_str_eq(other->name, link->name)) return true;
  rel_report(at, "inverse_of: \"%.*s\" names %.*s.%.*s as its inverse too; write inverse_of there",
             REL_STR_A(other->name), REL_STR_A(back->owner->name), REL_STR_A(back->name));
  return false;
}

static void resolve_inverse(rel_builder *b, const rel_draft *draft, rel_link *link) {
  const char *name = link->aspects.inverse_of;
  if (name == NULL || name[0] == '\0' || link->relation == NULL) return;
  rel_at at = link->declared_in == draft ? rel_at_link(b, draft, link) : rel_at_silent;
  rel_link *inverse = rel_draft_link(link->target, rel_cstr(name));
  if (inverse == NULL) {
    rel_report(at, "inverse_of: no relation \"%s\" in %.*s%.*s", name, REL_STR_A(link->target->model->name),
               REL_STR_A(rel_near_link(b, link->target, rel_cstr(name))));
    return;
  }
  if (inverse->relation == NULL) return; // reported there
  // An heir's relation has an inverse only where that leads back to the heir; its ancestor's was checked.
  if (!check_points_back(at, link->relation, inverse->relation)) return;
  if (link->declared_in == draft && !check_unambiguous(at, link, inverse)) return;
  link->relation->inverse = inverse->relation;
}

void rel_build_inverses(rel_builder *b) {
  for (size_t i = 0; i < b->draft_count; i++)
    for (size_t l = 0; l < b->drafts[i].link_count; l++)
      resolve_inverse(b, &b->drafts[i], &b->drafts[i].links[l]);
}
