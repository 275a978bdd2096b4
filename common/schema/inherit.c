// Inheritance: from what models declare to the relations in force for each, override by override, aspect by
// aspect.
//
// A relation that comes down from two parents is one when one model has declared it. Else it is a diamond,
// which only the child itself can decide, by declaring it again.
#include "common/schema/build.h"

// Every model has its own copy of what it inherits; this bounds a hostile set.
enum { MAX_LINKS = 200000 };

static int compare_links(const void *left, const void *right) {
  return rel_str_cmp((*(rel_link *const *)left)->name, (*(rel_link *const *)right)->name);
}

rel_link *rel_draft_link(const rel_draft *draft, rel_str name) {
  if (draft->link_count == 0) return NULL;
  rel_link wanted = {.name = name}, *key = &wanted;
  rel_link **found = bsearch(&key, draft->links_by_name, draft->link_count, sizeof key, compare_links);
  return found != NULL ? *found : NULL;
}

// --- Merging ---

static Relations__V1__CacheOptions *merge_cache(rel_builder *b, const Relations__V1__CacheOptions *parent,
                                                const Relations__V1__CacheOptions *child) {
  Relations__V1__CacheOptions *merged = REL_ARENA_NEW(&b->scratch, Relations__V1__CacheOptions);
  *merged = *parent;
  if (child->has_enabled) merged->enabled = child->enabled;
  if (child->has_max_entries) merged->max_entries = child->max_entries;
  if (child->has_max_bytes) merged->max_bytes = child->max_bytes;
  merged->has_enabled |= child->has_enabled;
  merged->has_max_entries |= child->has_max_entries;
  merged->has_max_bytes |= child->has_max_bytes;
  if (child->ttl != NULL) merged->ttl = child->ttl;
  return merged;
}

// A key of one's own and a way through a link take each other's place.
static void merge_keys(Relations__V1__Relation *merged, const Relations__V1__Relation *child) {
  if (child->through != NULL && child->through[0] != '\0') merged->n_foreign_key = merged->n_references = 0;
  if (child->n_foreign_key > 0) {
    merged->through = merged->source = NULL;
    merged->n_foreign_key = child->n_foreign_key;
    merged->foreign_key = child->foreign_key;
  }
  if (child->n_references > 0) {
    merged->n_references = child->n_references;
    merged->references = child->references;
  }
  if (child->through != NULL) merged->through = child->through;
  if (child->source != NULL) merged->source = child->source;
}

// What the child sets replaces, what it leaves out stays. A repeated aspect is set when it has elements.
static Relations__V1__Relation merge_aspects(rel_builder *b, const Relations__V1__Relation *parent,
                                             const Relations__V1__Relation *child) {
  Relations__V1__Relation merged = *parent;
  merge_keys(&merged, child);
  if (child->inverse_of != NULL) merged.inverse_of = child->inverse_of;
  if (child->where != NULL) merged.where = child->where;
  if (child->order_by != NULL) merged.order_by = child->order_by;
  if (child->has_limit) {
    merged.has_limit = true;
    merged.limit = child->limit;
  }
  if (child->loader != NULL) merged.loader = child->loader;
  if (child->type_field != NULL) merged.type_field = child->type_field;
  if (child->type_tag != NULL) merged.type_tag = child->type_tag;
  if (child->c_name != NULL) merged.c_name = child->c_name;
  if (child->has_strict) {
    merged.has_strict = true;
    merged.strict = child->strict;
  }
  if (child->cache != NULL)
    merged.cache = parent->cache != NULL ? merge_cache(b, parent->cache, child->cache) : child->cache;
  return merged;
}

// --- Overriding and inheriting ---

static void override_link(rel_builder *b, rel_link *link, const rel_link *inherited) {
  link->lifts_limit = link->aspects.has_limit ? link->aspects.limit == 0 && inherited->aspects.limit > 0
                                              : inherited->lifts_limit;
  link->aspects = merge_aspects(b, &inherited->aspects, &link->aspects);
  if (link->named_without_model) link->target = inherited->target;
  link->override_count = inherited->override_count + 1;
  link->overrides = REL_ARENA_ARRAY(&b->scratch, rel_draft *, link->override_count);
  link->overrides[0] = inherited->declared_in;
  for (size_t i = 0; i < inherited->override_count; i++)
    link->overrides[i + 1] = inherited->overrides[i];
}

// A field of the child that has an inherited relation's name is that relation's field, and must fit it.
static const rel_field *inherited_field(rel_builder *b, const rel_draft *draft, const rel_link *link) {
  const rel_field *field = rel_model_field(draft->model, link->name);
  if (field == NULL || link->target == NULL) return field;
  if (field->type != REL_TYPE_MESSAGE || !rel_str_eq(field->type_name, link->target->model->name) ||
      field->repeated != (link->kind == REL_HAS_MANY))
    rel_report(rel_at_field(b, draft, field),
               "hides the relation inherited from %.*s: give it the type %s%.*s, another "
               "name, or an option that overrides the relation",
               REL_STR_A(link->declared_in->model->name), link->kind == REL_HAS_MANY ? "repeated " : "",
               REL_STR_A(link->target->model->name));
  return field;
}

// What one of the first so many parents hands down under the name, the first that does; or NULL.
static const rel_link *handed_down(const rel_draft *draft, size_t parent_count, rel_str name) {
  const rel_link *link = NULL;
  for (size_t i = 0; i < parent_count && link == NULL; i++)
    link = rel_draft_link(draft->parents[i], name);
  return link;
}

static void add_declared(rel_builder *b, rel_draft *draft, const rel_link *declared) {
  rel_link *link = &draft->links[draft->link_count++];
  const rel_link *inherited = handed_down(draft, draft->parent_count, declared->name);
  *link = *declared;
  if (inherited != NULL)
    override_link(b, link, inherited);
  else if (link->named_without_model && draft->parent_count > 0)
    rel_report(rel_at_link(b, draft, link), "says no model, and no ancestor has a relation of that name%.*s",
               REL_STR_A(rel_near_link(b, draft->parents[0], link->name)));
}

static bool is_declared(const rel_draft *draft, rel_str name) {
  rel_link wanted = {.name = name}, *key = &wanted;
  return bsearch(&key, draft->links_by_name, draft->declared_count, sizeof key, compare_links) != NULL;
}

static void sort_links(rel_draft *draft, size_t count) {
  for (size_t i = 0; i < count; i++)
    draft->links_by_name[i] = &draft->links[i];
  if (count > 0) qsort(draft->links_by_name, count, sizeof *draft->links_by_name, compare_links);
}

static void report_diamond(rel_builder *b, const rel_draft *draft, const rel_link *one,
                           const rel_link *other) {
  rel_report(
      rel_at_draft(b, draft),
      "inherits the relation \"%.*s\" as %.*s declares it and as %.*s does: declare it again here, to decide",
      REL_STR_A(one->name), REL_STR_A(one->declared_in->model->name),
      REL_STR_A(other->declared_in->model->name));
}

static void inherit_links(rel_builder *b, rel_draft *draft, size_t index) {
  const rel_draft *parent = draft->parents[index];
  for (size_t i = 0; i < parent->link_count; i++) {
    const rel_link *theirs = &parent->links[i], *known = handed_down(draft, index, theirs->name);
    if (is_declared(draft, theirs->name)) continue;
    if (known != NULL && known->declared_in != theirs->declared_in) report_diamond(b, draft, known, theirs);
    if (known != NULL) continue;
    rel_link *link = &draft->links[draft->link_count++];
    *link = *theirs;
    link->inherited = theirs;
    link->field = inherited_field(b, draft, link);
  }
}

static size_t inherited_count(const rel_draft *draft) {
  size_t count = 0;
  for (size_t i = 0; i < draft->parent_count; i++)
    count += draft->parents[i]->link_count;
  return count;
}

static void build_links(rel_builder *b, rel_draft *draft) {
  size_t most = draft->declared_count + inherited_count(draft);
  draft->links = REL_ARENA_ARRAY(&b->scratch, rel_link, most);
  draft->links_by_name = REL_ARENA_ARRAY(&b->scratch, rel_link *, most);
  for (size_t i = 0; i < draft->declared_count; i++)
    add_declared(b, draft, &draft->declared[i]);
  sort_links(draft, draft->declared_count);
  for (size_t i = 0; i < draft->parent_count; i++)
    inherit_links(b, draft, i);
  sort_links(draft, draft->link_count);
}

// The model's own cache settings over its first parent's.
static void build_model_cache(rel_builder *b, rel_draft *draft) {
  if (draft->parent_count > 0) draft->model->cache = draft->parents[0]->model->cache;
  if (!rel_build_cache(draft->options->cache, &draft->model->cache))
    rel_report(rel_at_draft(b, draft),
               "cache.ttl must be from 0 seconds to 292 years; 0 turns the cache off");
}

bool rel_build_links(rel_builder *b) {
  size_t total = 0;
  for (size_t i = 0; i < b->draft_count; i++) {
    rel_draft *draft = b->by_depth[i];
    total += draft->declared_count + inherited_count(draft);
    if (total > MAX_LINKS) {
      rel_report(rel_at_draft(b, draft), "the schema has more than %d relations, inherited ones included",
                 MAX_LINKS);
      return false;
    }
    build_model_cache(b, draft);
    build_links(b, draft);
  }
  return true;
}
