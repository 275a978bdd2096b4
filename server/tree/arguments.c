// What an include asks of the related records beyond what the relation itself says: see internal.h.
//
// Records that are asked for in a way of their own come from a source of their own, made for one call:
// neither out of the cache nor into it, and with a statement of its own. For each owner they are those that a
// Query of the relation with the same arguments has (rel_source_variant, rel_choice): which records the
// relation has by itself, by its scope, its order and its limit, is decided first, and the arguments choose
// among them; of a relation to one they decide about that record. So a page token can lead from here to
// there and back (pages.c).
#include "server/tree/internal.h"

#include "server/query/filter.h"
#include "server/query/order.h"
#include "server/query/terms.h"

#include <stdio.h>

// --- Reading ---

typedef struct reader {
  const rel_node *node;
  const Relations__V1__Include *include;
  size_t index;         // of the include
  rel_arguments *asked; // what is read
  rel_arena *arena;
  rel_error *error;
} reader;

static rel_code refuse(const reader *r, const char *field, const char *why) {
  char path[64];
  snprintf(path, sizeof path, "includes[%zu].%s", r->index, field);
  return rel_fail_field(r->error, REL_INVALID, path, "\"%.100s\" %s", r->include->path, why);
}

static bool has_order(const Relations__V1__Include *include) {
  return include->n_order_by > 0 || include->order_by_text[0] != '\0';
}

static bool asks_anything(const Relations__V1__Include *include) {
  return include->filter != NULL || include->filter_text[0] != '\0' || include->n_methods > 0 ||
         has_order(include) || include->limit > 0 || include->count_only || include->n_fields > 0 ||
         include->n_page_tokens > 0;
}

static rel_code check_relation(const reader *r, const rel_relation *relation) {
  if (relation->loader.len > 0)
    return refuse(
        r, "path",
        "is loaded by a custom loader, which takes no filter, no order and no fields, and tells no count");
  if (relation->kind == REL_HAS_MANY) return REL_OK;
  if (has_order(r->include))
    return refuse(r, "order_by",
                  "is one record at most, the first in the relation's own order: leave it out");
  if (r->include->limit > 0) return refuse(r, "limit", "is one record at most: leave it out");
  if (r->include->n_page_tokens > 0)
    return refuse(r, "page_tokens", "is one record at most, which has no pages");
  return REL_OK;
}

static rel_code check_place(const reader *r) {
  const rel_model *parent = r->node->parent->model;
  bool counts = r->include->count_only;
  if ((!counts && r->include->limit == 0) || parent->load_info != NULL) return REL_OK;
  if (counts && r->node->count_field != NULL) return REL_OK;
  return rel_fail_field(r->error, REL_INVALID, "includes",
                        "\"%.100s\" asks for a %s, and " REL_STR_F
                        " has no field to say it in: declare one of type relations.v1.LoadInfo",
                        r->include->path, counts ? "count" : "limit", REL_STR_A(parent->name));
}

static rel_code check(const reader *r) {
  const Relations__V1__Include *include = r->include;
  const rel_node *node = r->node;
  if (include->count_only && (include->limit > 0 || has_order(include) || include->n_page_tokens > 0))
    return refuse(r, "count_only", "asks for a count, which has no order, no limit and no pages");
  if (include->count_only && include->n_fields > 0)
    return refuse(r, "fields", "asks for a count, which has no records to have fields");
  rel_code code = check_relation(r, node->loadable->relation);
  if (code == REL_OK && node->again != NULL) code = check_relation(r, node->again->relation);
  return code == REL_OK ? check_place(r) : code;
}

// The error's field becomes that of the include.
static void in_include(const reader *r) {
  char field[REL_ERROR_FIELD_MAX];
  snprintf(field, sizeof field, "includes[%zu].", r->index);
  size_t used = strlen(field);
  snprintf(field + used, sizeof field - used, "%.*s", (int)(sizeof field - used - 1), r->error->field);
  memcpy(r->error->field, field, sizeof field);
}

static rel_code read_condition(const reader *r, rel_source_change *change) {
  const Relations__V1__Include *include = r->include;
  rel_filter_scope scope = {.model = r->node->model, .arena = r->arena};
  rel_filter_request asked = {include->filter, include->filter_text, include->methods, include->n_methods};
  return rel_filter_read(&scope, &asked, &change->condition, r->error);
}

// A relation that is followed again may be another model's, behind another link.
static rel_code check_links(const reader *r, const rel_terms *terms) {
  const rel_relation *relation = r->node->loadable->relation;
  const rel_relation *again = r->node->again != NULL ? r->node->again->relation : relation;
  bool by_link = false;
  for (size_t i = 0; i < terms->count; i++)
    by_link |= terms->items[i].link != REL_LINK_NONE;
  if (!by_link || (again->through != NULL && again->through->target == relation->through->target))
    return REL_OK;
  return rel_fail_field(r->error, REL_INVALID, "order_by",
                        "\"%.100s\" is repeated by " REL_STR_F "." REL_STR_F
                        ", which leads through another link: it cannot be ordered by the link's fields",
                        r->include->path, REL_STR_A(again->owner->name), REL_STR_A(again->name));
}

// An order may be a text; from here on both are the same.
static rel_code read_order_text(const reader *r) {
  const Relations__V1__Include *include = r->include;
  rel_arguments *asked = r->asked;
  asked->order_by = include->order_by;
  asked->order_count = include->n_order_by;
  if (include->order_by_text[0] == '\0') return REL_OK;
  if (include->n_order_by > 0)
    return rel_fail_field(r->error, REL_INVALID, "order_by_text",
                          "\"%.100s\" has an order_by, too: say it in one of them", include->path);
  rel_code code = rel_order_parse(rel_cstr(include->order_by_text), r->arena, &asked->order_by,
                                  &asked->order_count, r->error);
  if (code != REL_OK) snprintf(r->error->field, sizeof r->error->field, "order_by_text");
  return code;
}

static rel_code read_order(const reader *r, rel_source_change *change) {
  const rel_relation *relation = r->node->loadable->relation;
  rel_terms terms = {.model = r->node->model, .relation = relation, .arena = r->arena};
  rel_code code = read_order_text(r);
  if (code != REL_OK || r->asked->order_count == 0) return code;
  code = rel_terms_read_total(&terms, r->asked->order_by, r->asked->order_count, r->error);
  change->order_by = terms.items;
  change->order_count = terms.count;
  return code == REL_OK ? check_links(r, &terms) : code;
}

rel_code rel_arguments_read(const rel_tree *tree, rel_node *node, const Relations__V1__Include *include,
                            size_t index, rel_error *error) {
  rel_error unheard;
  rel_arena *arena = tree->arena;
  rel_arguments *arguments = REL_ARENA_NEW(arena, rel_arguments);
  reader r = {node, include, index, arguments, arena, error != NULL ? error : &unheard};
  if (!asks_anything(include)) return REL_OK;
  rel_code code = check(&r);
  if (code != REL_OK) return code;
  *arguments =
      (rel_arguments){.include = include, .change = {.page = include->limit, .count = include->count_only}};
  code = read_condition(&r, &arguments->change);
  if (code == REL_OK) code = read_order(&r, &arguments->change);
  if (code == REL_OK)
    code = rel_field_mask_read(node->model, include->fields, include->n_fields, arena, &arguments->mask,
                               r.error);
  if (code == REL_OK) code = rel_pages_read(tree, node, arguments, r.error);
  if (code != REL_OK) in_include(&r);
  node->arguments = arguments;
  return code;
}

// --- Sources ---

// A source for one run. Its batches hold it longer than the run does.
struct rel_own_source {
  atomic_uint refs;
  const rel_snapshot *snapshot; // a reference
  rel_source *source;
};

static void own_ref(void *object) {
  rel_own_source *own = object;
  atomic_fetch_add_explicit(&own->refs, 1, memory_order_relaxed); // the caller holds one
}

void rel_own_source_unref(rel_own_source *own) {
  if (own == NULL || atomic_fetch_sub_explicit(&own->refs, 1, memory_order_acq_rel) > 1) return;
  rel_source_free(own->source);
  rel_snapshot_unref((rel_snapshot *)own->snapshot);
  free(own);
}

static void own_unref(void *object) {
  rel_own_source_unref(object);
}

rel_code rel_own_source_new(const rel_tree *tree, const rel_source *base, const rel_source_change *change,
                            rel_own_source **out, rel_error *error) {
  rel_own_source *own = REL_NEW(rel_own_source);
  atomic_init(&own->refs, 1);
  own->snapshot = rel_snapshot_ref((rel_snapshot *)tree->snapshot);
  rel_keeper keeper = {own, own_ref, own_unref};
  rel_code code = rel_source_variant(base, change, keeper, &own->source, error);
  if (code == REL_OK)
    *out = own;
  else
    rel_own_source_unref(own);
  return code;
}

rel_source *rel_own_source_get(const rel_own_source *own) {
  return own->source;
}
