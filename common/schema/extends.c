// Extends: who inherits from whom, in which order, and what a child declares again.
#include "common/schema/build.h"

// More are refused: what a model inherits is copied to it, so their cost is a product.
enum { MAX_ANCESTORS = 32 };

static void add_parent(rel_builder *b, rel_draft *draft, const char *extends) {
  rel_at at = rel_at_draft(b, draft);
  rel_str name = rel_cstr(extends);
  const rel_message *message = rel_build_resolve_message(b, name, draft->model->name);
  for (size_t i = 0; message != NULL && i < draft->parent_count; i++) {
    if (draft->parents[i] != message->draft) continue;
    rel_report(at, "extends \"%.*s\" twice", REL_STR_A(message->name));
    return;
  }
  if (message == NULL)
    rel_report(at, "extends: no message \"%.*s\"%.*s", REL_STR_A(name), REL_STR_A(rel_near_model(b, name)));
  else if (message->draft == NULL)
    rel_report(at, "extends \"%.*s\", which is no model: write option (.relations.v1.model) = {}; in it",
               REL_STR_A(message->name));
  else
    draft->parents[draft->parent_count++] = message->draft;
}

static void resolve_extends(rel_builder *b, rel_draft *draft) {
  size_t count = draft->options->n_extends;
  if (count > MAX_ANCESTORS) {
    rel_report(rel_at_draft(b, draft), "has more than %d ancestors", MAX_ANCESTORS);
    return;
  }
  draft->parents = REL_ARENA_ARRAY(&b->scratch, rel_draft *, count);
  for (size_t i = 0; i < count; i++)
    add_parent(b, draft, draft->options->extends[i]);
}

// --- Cycles and ancestors ---

// A walk upwards, depth first: the way to where it stands, and of each draft how many of its parents it has
// been to.
typedef struct walk {
  rel_builder *b;
  rel_draft **path;
  size_t length;
  size_t *taken;
  enum { NEW, ON_PATH, DONE } * states;
} walk;

// The path leads back to `member`: reports the cycle at each of its models, and takes it apart.
static void break_cycle(walk *w, rel_draft *member) {
  enum { MAX_NAMED = 8 };
  size_t first = w->length - 1, named = 0;
  while (w->path[first] != member)
    first--;
  rel_buf text = {0};
  for (size_t i = first; i < w->length && named++ < MAX_NAMED; i++)
    rel_buf_printf(&text, "%.*s -> ", REL_STR_A(w->path[i]->model->name));
  rel_buf_printf(&text, "%s%.*s", w->length - first > MAX_NAMED ? "... -> " : "",
                 REL_STR_A(member->model->name));
  for (size_t i = first; i < w->length; i++) {
    w->path[i]->parent_count = 0;
    rel_report(rel_at_draft(w->b, w->path[i]), "extends itself: %s", rel_buf_text(&text));
  }
  rel_buf_fini(&text);
}

static bool has_ancestor(const rel_draft *draft, const rel_draft *ancestor) {
  for (size_t i = 0; i < draft->ancestor_count; i++)
    if (draft->ancestors[i] == ancestor) return true;
  return false;
}

// False when there are too many.
static bool add_ancestor(rel_draft *draft, rel_draft *ancestor) {
  if (has_ancestor(draft, ancestor)) return true;
  if (draft->ancestor_count == MAX_ANCESTORS) return false;
  draft->ancestors[draft->ancestor_count++] = ancestor;
  return true;
}

// Those of its parents are known.
static bool gather_ancestors(rel_draft *draft) {
  bool fits = true;
  for (size_t i = 0; i < draft->parent_count; i++)
    fits = fits && add_ancestor(draft, draft->parents[i]);
  for (size_t i = 0; i < draft->parent_count; i++) {
    const rel_draft *parent = draft->parents[i];
    if (parent->depth >= draft->depth) draft->depth = parent->depth + 1;
    for (size_t k = 0; k < parent->ancestor_count; k++)
      fits = fits && add_ancestor(draft, parent->ancestors[k]);
  }
  return fits;
}

static void set_ancestors(rel_builder *b, rel_draft *draft) {
  if (draft->parent_count == 0) return;
  draft->ancestors = REL_ARENA_ARRAY(&b->scratch, rel_draft *, MAX_ANCESTORS);
  if (gather_ancestors(draft)) return;
  rel_report(rel_at_draft(b, draft), "has more than %d ancestors", MAX_ANCESTORS);
  draft->parent_count = draft->ancestor_count = draft->depth = 0;
}

static void enter(walk *w, rel_draft *draft) {
  w->states[draft - w->b->drafts] = ON_PATH;
  w->path[w->length++] = draft;
}

static void walk_up(walk *w, rel_draft *start) {
  enter(w, start);
  while (w->length > 0) {
    rel_draft *top = w->path[w->length - 1];
    size_t *taken = &w->taken[top - w->b->drafts];
    if (*taken >= top->parent_count) { // all of them are done
      set_ancestors(w->b, top);
      w->states[top - w->b->drafts] = DONE;
      w->length--;
      continue;
    }
    rel_draft *parent = top->parents[(*taken)++];
    if (w->states[parent - w->b->drafts] == NEW)
      enter(w, parent);
    else if (w->states[parent - w->b->drafts] == ON_PATH)
      break_cycle(w, parent);
  }
}

static void find_ancestors(rel_builder *b) {
  walk w = {.b = b};
  w.path = REL_ARENA_ARRAY(&b->scratch, rel_draft *, b->draft_count);
  w.taken = REL_ARENA_ARRAY(&b->scratch, size_t, b->draft_count);
  w.states = rel_arena_alloc0(&b->scratch, b->draft_count, sizeof *w.states);
  for (size_t i = 0; i < b->draft_count; i++)
    if (w.states[i] == NEW) walk_up(&w, &b->drafts[i]);
}

static int compare_depth(const void *left, const void *right) {
  const rel_draft *a = *(rel_draft *const *)left, *b = *(rel_draft *const *)right;
  return a->depth != b->depth ? (a->depth > b->depth) - (a->depth < b->depth) : (a > b) - (a < b);
}

// What the schema tells of it.
static void publish(rel_builder *b, rel_draft *draft) {
  rel_model *model = draft->model;
  model->parents = REL_ARENA_ARRAY(b->arena, const rel_model *, draft->parent_count);
  model->ancestors = REL_ARENA_ARRAY(b->arena, const rel_model *, draft->ancestor_count);
  for (size_t i = 0; i < draft->parent_count; i++)
    model->parents[model->parent_count++] = draft->parents[i]->model;
  for (size_t i = 0; i < draft->ancestor_count; i++)
    model->ancestors[model->ancestor_count++] = draft->ancestors[i]->model;
}

// --- Fields declared again ---

static const char *type_text(rel_builder *b, const rel_field *field) {
  const char *name = field->type_name.len > 0 ? field->type_name.ptr : rel_type_name(field->type);
  return rel_arena_printf(&b->scratch, "%s%s", field->repeated ? "repeated " : "", name).ptr;
}

// Against the parent's field of the name, or that of its nearest ancestor.
static void check_redeclared(rel_builder *b, const rel_draft *draft, const rel_draft *parent,
                             const rel_field *field) {
  const rel_draft *up = parent;
  const rel_field *inherited = rel_model_field(up->model, field->name);
  for (size_t i = 0; i < parent->ancestor_count && inherited == NULL; i++) {
    up = parent->ancestors[i];
    inherited = rel_model_field(up->model, field->name);
  }
  if (inherited == NULL || !inherited->has_column) return;
  rel_at at = rel_at_field(b, draft, field);
  if (field->type != inherited->type || field->repeated != inherited->repeated ||
      !rel_str_eq(field->type_name, inherited->type_name))
    rel_report(at, "has type %s, but %s in %.*s, which this model extends", type_text(b, field),
               type_text(b, inherited), REL_STR_A(up->model->name));
  else if (field->has_column && (field->decimal != inherited->decimal || field->uuid != inherited->uuid))
    rel_report(at, "is %s in %.*s, which this model extends; write column { %s: %s } here too",
               inherited->decimal || inherited->uuid ? "a uuid or decimal" : "neither uuid nor decimal",
               REL_STR_A(up->model->name), field->decimal != inherited->decimal ? "decimal" : "uuid",
               inherited->decimal || inherited->uuid ? "true" : "false");
}

void rel_build_extends(rel_builder *b) {
  for (size_t i = 0; i < b->draft_count; i++)
    resolve_extends(b, &b->drafts[i]);
  find_ancestors(b);
  b->by_depth = REL_ARENA_ARRAY(&b->scratch, rel_draft *, b->draft_count);
  for (size_t i = 0; i < b->draft_count; i++)
    b->by_depth[i] = &b->drafts[i];
  qsort(b->by_depth, b->draft_count, sizeof *b->by_depth, compare_depth);
  for (size_t i = 0; i < b->draft_count; i++) {
    rel_draft *draft = &b->drafts[i];
    publish(b, draft);
    for (size_t p = 0; p < draft->parent_count; p++)
      for (size_t f = 0; f < draft->model->field_count; f++)
        check_redeclared(b, draft, draft->parents[p], draft->model->fields[f]);
  }
}
