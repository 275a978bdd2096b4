// Extends: who inherits from whom, in which order, and what a child declares again.
#include "common/schema/build.h"

// Longer chains are refused: what a model inherits is copied to it, so their cost is a product.
enum { MAX_ANCESTORS = 32 };

static void resolve_extends(rel_builder *b, rel_draft *draft) {
  if (draft->options->extends == NULL) return;
  rel_at at = rel_at_draft(b, draft);
  rel_str name = rel_cstr(draft->options->extends);
  const rel_message *message = rel_build_resolve_message(b, name, draft->model->name);
  if (message == NULL)
    rel_report(at, "extends: no message \"%.*s\"%.*s", REL_STR_A(name), REL_STR_A(rel_near_model(b, name)));
  else if (message->draft == NULL)
    rel_report(at, "extends \"%.*s\", which is no model: write option (.relations.v1.model) = {}; in it",
               REL_STR_A(message->name));
  else
    draft->extends = message->draft;
}

// Reports the cycle that `member` is on, at each of its models, and takes it apart.
static void break_cycle(rel_builder *b, rel_draft *member) {
  enum { MAX_NAMED = 8 };
  rel_buf path = {0};
  rel_draft *draft = member;
  size_t named = 0;
  do {
    if (named++ < MAX_NAMED) rel_buf_printf(&path, "%.*s -> ", REL_STR_A(draft->model->name));
    draft = draft->extends;
  } while (draft != member);
  rel_buf_printf(&path, "%s%.*s", named > MAX_NAMED ? "... -> " : "", REL_STR_A(member->model->name));
  for (rel_draft *next; draft->extends != NULL; draft = next) {
    next = draft->extends;
    draft->extends = NULL;
    rel_report(rel_at_draft(b, draft), "extends itself: %s", rel_buf_text(&path));
  }
  rel_buf_fini(&path);
}

static void break_cycles(rel_builder *b) {
  // Each walk upwards leaves its number behind: meeting it again is a cycle, meeting an older one is known
  // ground.
  size_t *walked = REL_ARENA_ARRAY(&b->scratch, size_t, b->draft_count);
  for (size_t i = 0; i < b->draft_count; i++) {
    rel_draft *draft = &b->drafts[i];
    while (draft != NULL && walked[draft - b->drafts] == 0) {
      walked[draft - b->drafts] = i + 1;
      draft = draft->extends;
    }
    if (draft != NULL && walked[draft - b->drafts] == i + 1) break_cycle(b, draft);
  }
}

static void count_ancestors(rel_builder *b, rel_draft *draft) {
  for (const rel_draft *up = draft->extends; up != NULL; up = up->extends) {
    if (++draft->depth <= MAX_ANCESTORS) continue;
    rel_report(rel_at_draft(b, draft), "has more than %d ancestors", MAX_ANCESTORS);
    draft->extends = NULL;
    draft->depth = 0;
    return;
  }
}

static int compare_depth(const void *left, const void *right) {
  const rel_draft *a = *(rel_draft *const *)left, *b = *(rel_draft *const *)right;
  return a->depth != b->depth ? (a->depth > b->depth) - (a->depth < b->depth) : (a > b) - (a < b);
}

// --- Fields declared again ---

static const char *type_text(rel_builder *b, const rel_field *field) {
  const char *name = field->type_name.len > 0 ? field->type_name.ptr : rel_type_name(field->type);
  return rel_arena_printf(&b->scratch, "%s%s", field->repeated ? "repeated " : "", name).ptr;
}

static void check_redeclared(rel_builder *b, const rel_draft *draft, const rel_field *field) {
  const rel_field *inherited = NULL;
  const rel_draft *up = draft->extends;
  for (; up != NULL; up = up->extends)
    if ((inherited = rel_model_field(up->model, field->name)) != NULL) break;
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
  break_cycles(b);
  b->by_depth = REL_ARENA_ARRAY(&b->scratch, rel_draft *, b->draft_count);
  for (size_t i = 0; i < b->draft_count; i++) {
    count_ancestors(b, &b->drafts[i]);
    b->by_depth[i] = &b->drafts[i];
  }
  qsort(b->by_depth, b->draft_count, sizeof *b->by_depth, compare_depth);
  for (size_t i = 0; i < b->draft_count; i++) {
    rel_draft *draft = &b->drafts[i];
    if (draft->extends == NULL) continue;
    draft->model->extends = draft->extends->model;
    for (size_t f = 0; f < draft->model->field_count; f++)
      check_redeclared(b, draft, draft->model->fields[f]);
  }
}
