// Relations through a link (many-to-many): `through` names a relation of the owner that leads to the link,
// `source` one of the link that leads on. Both are resolved relations; what they join on is what this one
// does.
//
// Resolved after all others, in passes: a relation may lead through one that itself leads through another.
#include "common/schema/build.h"

static const char *given(const char *name) {
  return name != NULL && name[0] != '\0' ? name : NULL;
}

bool rel_link_leads_through(const rel_link *link) {
  return given(link->aspects.through) != NULL || given(link->aspects.source) != NULL;
}

// --- What it is made of ---

// One relation through a link, while it is resolved.
typedef struct leading {
  rel_builder *b;
  rel_at at;
  const rel_link *link;
  const rel_link *through, *source;
} leading;

static const rel_link *find(const leading *l, const rel_draft *draft, const char *aspect, const char *name) {
  const rel_link *found = rel_draft_link(draft, rel_cstr(name));
  if (found == NULL)
    rel_report(l->at, "%s: no relation \"%s\" in %.*s%.*s", aspect, name, REL_STR_A(draft->model->name),
               REL_STR_A(rel_near_link(l->b, draft, rel_cstr(name))));
  return found;
}

// False when a name leads nowhere, which is reported here or with what it names.
static bool find_parts(leading *l, const rel_draft *owner) {
  const char *through = given(l->link->aspects.through), *source = given(l->link->aspects.source);
  if (through == NULL || source == NULL) {
    rel_report(l->at,
               "%s is missing: through names the relation of this model that leads to the link, source "
               "the relation of the link that leads on",
               through == NULL ? "through" : "source");
    return false;
  }
  l->through = find(l, owner, "through", through);
  if (l->through == NULL || l->through->target == NULL) return false;
  l->source = find(l, l->through->target, "source", source);
  return l->source != NULL && l->source->target != NULL;
}

// Aspects that the two relations say already, or that a loader would have to keep.
static bool check_aspects(const leading *l) {
  const Relations__V1__Relation *aspects = &l->link->aspects;
  const char *taken = l->link->override_count > 0 ? ", or write through: \"\" and source: \"\"" : "";
  bool good = false;
  if (l->link->kind == REL_BELONGS_TO)
    rel_report(l->at, "through: belongs_to holds the key itself; through a link it is has_one or has_many");
  else if (aspects->n_foreign_key > 0 || aspects->n_references > 0)
    rel_report(l->at, "%s: \"%s\" and \"%s\" say what is joined on; leave it out",
               aspects->n_foreign_key > 0 ? "foreign_key" : "references", aspects->through, aspects->source);
  else if (given(aspects->loader) != NULL)
    rel_report(l->at, "loader: what it loads leads through no link; leave through and source out%s", taken);
  else
    good = true;
  return good;
}

static bool is_single(const rel_relation *relation) {
  return relation->kind != REL_HAS_MANY &&
         (relation->through == NULL || (is_single(relation->through) && is_single(relation->source)));
}

// A way through several tables can be followed row by row, but not be cut off in its middle.
static const char *part_problem(const rel_relation *part) {
  if (part->loader.len > 0) return "is loaded by a loader, whose records are in no table that leads on";
  if (part->through == NULL || is_single(part)) return NULL;
  if (part->limit > 0) return "leads through a link itself and has a limit";
  return part->kind == REL_HAS_ONE ? "is the first of many behind a link of its own" : NULL;
}

static bool check_part(const leading *l, const char *aspect, const rel_relation *part) {
  const char *problem = part_problem(part);
  if (problem != NULL)
    rel_report(l->at, "%s: %.*s.%.*s %s: it cannot be led through", aspect, REL_STR_A(part->owner->name),
               REL_STR_A(part->name), problem);
  return problem == NULL;
}

// A polymorphic foreign key of the owner's is read with its type field, which only its own relation knows.
static bool check_gate(const leading *l) {
  bool wrong = l->through->kind == REL_BELONGS_TO && given(l->through->aspects.type_field) != NULL;
  if (wrong)
    rel_report(l->at, "through: %.*s.%.*s is a polymorphic belongs_to: it cannot be led through",
               REL_STR_A(l->through->relation->owner->name), REL_STR_A(l->through->name));
  return !wrong;
}

static bool check_parts(const leading *l, const rel_relation *relation) {
  const rel_relation *through = relation->through, *source = relation->source;
  if (!check_part(l, "through", through) || !check_part(l, "source", source) || !check_gate(l)) return false;
  if (source->target != relation->target) {
    rel_report(l->at, "source: %.*s.%.*s leads to %.*s, not to %.*s", REL_STR_A(source->owner->name),
               REL_STR_A(source->name), REL_STR_A(source->target->name), REL_STR_A(relation->target->name));
    return false;
  }
  if (through->links + source->links < REL_MAX_LINKS) return true;
  rel_report(l->at, "through: leads through more than %d links", REL_MAX_LINKS);
  return false;
}

static void join(rel_relation *relation) {
  const rel_relation *through = relation->through;
  relation->links = through->links + 1 + relation->source->links;
  relation->key_count = through->key_count;
  relation->references = (const rel_field **)rel_relation_owner_key(through);
  relation->foreign_key = (const rel_field **)rel_relation_target_key(through);
}

// --- One relation ---

// What became of it in this pass.
typedef enum outcome { WAITS, RESOLVED, FAILED } outcome;

static outcome resolve(rel_builder *b, const rel_draft *draft, rel_link *link) {
  const rel_link *parent = link->inherited;
  if (parent != NULL && parent->failed) return FAILED; // reported there
  if (parent != NULL && parent->relation == NULL) return WAITS;
  leading l = {.b = b, .at = rel_at_link(b, draft, link), .link = link};
  if (!check_aspects(&l) || !find_parts(&l, draft)) return FAILED;
  if (l.through->failed || l.source->failed) return FAILED; // reported there
  if (l.through->relation == NULL || l.source->relation == NULL) return WAITS;
  link->pending->through = l.through->relation;
  link->pending->source = l.source->relation;
  if (!check_parts(&l, link->pending)) return FAILED;
  join(link->pending);
  return rel_build_order(b, l.at, link, link->pending) ? RESOLVED : FAILED;
}

// --- All ---

static bool is_pending(const rel_link *link) {
  return link->pending != NULL && link->relation == NULL && !link->failed;
}

// True when something came of it.
static bool pass(rel_builder *b) {
  bool moved = false;
  for (size_t i = 0; i < b->draft_count; i++) {
    for (size_t k = 0; k < b->by_depth[i]->link_count; k++) {
      rel_link *link = &b->by_depth[i]->links[k];
      outcome came = is_pending(link) ? resolve(b, b->by_depth[i], link) : WAITS;
      if (came == RESOLVED) link->relation = link->pending;
      link->failed |= came == FAILED;
      moved |= came != WAITS;
    }
  }
  return moved;
}

static void report_pending(rel_builder *b, const rel_draft *draft, const rel_link *link) {
  const rel_link *parent = link->inherited;
  if (!is_pending(link) || (parent != NULL && is_pending(parent))) return;
  rel_report(rel_at_link(b, draft, link), "through: leads back to itself, or through more than %d links",
             REL_MAX_LINKS);
}

// A pass resolves whatever leads through one link more, so what then waits leads through too many, or for
// ever.
void rel_build_through(rel_builder *b) {
  for (int i = 0; i <= REL_MAX_LINKS && pass(b); i++) {
  }
  for (size_t i = 0; i < b->draft_count; i++)
    for (size_t k = 0; k < b->by_depth[i]->link_count; k++)
      report_pending(b, b->by_depth[i], &b->by_depth[i]->links[k]);
}
