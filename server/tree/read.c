// A request's includes become a tree: see tree.h. "books.reviews" names a node and, implied, the way to it;
// "reports*" is followed again and again.
#include "server/tree/internal.h"

#include <stdio.h>

// What reading carries along.
typedef struct reader {
  const rel_snapshot *snapshot;
  const rel_tree_limits *limits;
  rel_arena *arena;
  rel_tree *tree;
  const Relations__V1__Include *include; // what is read of now
  size_t index;                          // its number
  const char *field;                     // "includes[1].path"
  rel_error *error;
} reader;

static rel_code wrong(const reader *r, rel_code code, const char *what, rel_str path) {
  return rel_fail_field(r->error, code, r->field, "%s: \"" REL_STR_F "\"", what, REL_STR_A(path));
}

// --- One step ---

static const rel_relation *relation_of(const rel_node *node) {
  return node->loadable->relation;
}

// A relation may have two nodes, its records and their count.
static rel_node *child_of(const rel_node *parent, rel_str name, bool counts) {
  for (rel_node *child = parent->children; child != NULL; child = child->next)
    if (rel_str_eq(relation_of(child)->name, name) && child->counts == counts) return child;
  return NULL;
}

static rel_code no_field(const reader *r, const rel_relation *relation) {
  return rel_fail_field(r->error, REL_INVALID, r->field,
                        REL_STR_F "." REL_STR_F " has no field in " REL_STR_F
                                  ", so its records have no place there; declare one, or use Load",
                        REL_STR_A(relation->owner->name), REL_STR_A(relation->name),
                        REL_STR_A(relation->owner->name));
}

static rel_code add_node(reader *r, rel_node *node) {
  rel_tree *tree = r->tree;
  if (tree->count > r->limits->max_nodes)
    return rel_fail_field(r->error, REL_LIMIT, r->field,
                          "with \"" REL_STR_F "\" the includes have more than %zu relations",
                          REL_STR_A(node->path), r->limits->max_nodes);
  node->index = tree->count;
  tree->nodes[tree->count++] = node;
  return REL_OK;
}

static rel_code add_child(reader *r, rel_node *parent, rel_str name, rel_str path, bool counts,
                          rel_node **out) {
  const rel_loadable *loadable;
  rel_code code = rel_snapshot_find(r->snapshot, parent->model->name, name, &loadable, r->error);
  if (code != REL_OK) {
    if (r->error != NULL) snprintf(r->error->field, sizeof r->error->field, "%s", r->field);
    return code;
  }
  if (loadable->relation->field_number == 0) return no_field(r, loadable->relation);
  if (parent->depth == r->limits->max_depth)
    return rel_fail_field(r->error, REL_LIMIT, r->field, "\"" REL_STR_F "\" is deeper than %zu relations",
                          REL_STR_A(path), r->limits->max_depth);
  rel_node *child = REL_ARENA_NEW(r->arena, rel_node);
  *child = (rel_node){.path = rel_arena_copy(r->arena, path),
                      .model = loadable->relation->target,
                      .loadable = loadable,
                      .count_field = rel_model_count_field(parent->model, loadable->relation),
                      .counts = counts,
                      .beside = child_of(parent, name, !counts),
                      .max_rounds = 1,
                      .depth = parent->depth + 1,
                      .parent = parent};
  if (child->beside != NULL) {
    rel_node *counting = counts ? child : child->beside;
    child->beside->beside = child;
    counting->path = rel_arena_printf(r->arena, "count(" REL_STR_F ")", REL_STR_A(path));
  }
  rel_node **end = &parent->children;
  while (*end != NULL)
    end = &(*end)->next;
  *end = child;
  *out = child;
  return add_node(r, child);
}

// --- Recursion ---

// A relation is followed again through the one of the same name that its records' own model has.
static rel_code find_again(const reader *r, rel_node *node) {
  const rel_relation *relation = relation_of(node);
  const rel_loadable *again = rel_snapshot_relation(r->snapshot, node->model, relation->name);
  if (again == NULL || again->relation->target != node->model)
    return rel_fail_field(r->error, REL_INVALID, r->field,
                          "\"" REL_STR_F "*\" cannot be repeated: " REL_STR_F " has no relation " REL_STR_F
                          " to itself",
                          REL_STR_A(node->path), REL_STR_A(node->model->name), REL_STR_A(relation->name));
  if (again->relation->field_number == 0) return no_field(r, again->relation);
  node->again = again;
  return REL_OK;
}

static rel_code set_rounds(const reader *r, rel_node *node, bool recursive, uint32_t depth) {
  size_t most = r->limits->max_depth - (node->depth - 1);
  if (!recursive && depth > 0)
    return rel_fail_field(r->error, REL_INVALID, r->field,
                          "a depth is for a relation that is repeated: \"" REL_STR_F "*\"",
                          REL_STR_A(node->path));
  if (!recursive) return REL_OK;
  if (depth > most)
    return rel_fail_field(r->error, REL_LIMIT, r->field,
                          "\"" REL_STR_F "*\" %u deep is deeper than %zu relations", REL_STR_A(node->path),
                          depth, r->limits->max_depth);
  node->max_rounds = depth > 0 ? depth : most;
  r->tree->repeats = true;
  return find_again(r, node);
}

// --- One include ---

// Takes the name before the next dot from `rest`.
static rel_str take_name(rel_str *rest) {
  const char *dot = memchr(rest->ptr, '.', rest->len);
  size_t len = dot != NULL ? (size_t)(dot - rest->ptr) : rest->len;
  rel_str name = rel_bytes(rest->ptr, len);
  size_t used = dot != NULL ? len + 1 : len;
  *rest = rel_bytes(rest->ptr + used, rest->len - used);
  return name;
}

static bool take_star(rel_str *name) {
  if (name->len == 0 || name->ptr[name->len - 1] != '*') return false;
  name->len--;
  return true;
}

// What was asked for ends here.
static rel_code ask(reader *r, rel_node *node, bool recursive) {
  if (node->asked) return wrong(r, REL_INVALID, "it stands there twice", rel_cstr(r->include->path));
  node->asked = true;
  rel_code code = set_rounds(r, node, recursive, r->include->depth);
  return code == REL_OK ? rel_arguments_read(r->tree, node, r->include, r->index, r->error) : code;
}

// A path that ends in a oneof of polymorphic relations asks for each of them: one at most is there. `way` is
// the path as far as its name.
static rel_code ask_members(reader *r, rel_node *node, const rel_group *group, rel_str way) {
  if (way.len < strlen(r->include->path))
    return rel_fail_field(r->error, REL_INVALID, r->field,
                          "\"%.200s\": behind \"" REL_STR_F "\", a oneof of " REL_STR_F
                          ", the way goes on at one of its relations",
                          r->include->path, REL_STR_A(group->name), REL_STR_A(node->model->name));
  rel_str prefix = rel_bytes(way.ptr, way.len - group->name.len);
  rel_code code = REL_OK;
  for (size_t i = 0; i < group->member_count && code == REL_OK; i++) {
    rel_str name = group->members[i]->name;
    rel_str path = rel_arena_printf(r->arena, REL_STR_F REL_STR_F, REL_STR_A(prefix), REL_STR_A(name));
    rel_node *child = child_of(node, name, r->include->count_only);
    if (child == NULL) code = add_child(r, node, name, path, r->include->count_only, &child);
    if (code == REL_OK) code = ask(r, child, false);
  }
  return code;
}

static rel_code read_include(reader *r) {
  rel_node *node = r->tree->nodes[0];
  rel_str path = rel_cstr(r->include->path), rest = path;
  bool recursive = false;
  if (path.len == 0) return wrong(r, REL_INVALID, "the path is empty; name a relation", path);
  if (path.ptr[path.len - 1] == '.') return wrong(r, REL_INVALID, "the path ends in a dot", path);
  while (rest.len > 0) {
    rel_str name = take_name(&rest);
    recursive = take_star(&name);
    rel_str way = rel_bytes(path.ptr, (size_t)(name.ptr + name.len - path.ptr));
    const rel_group *group = rel_model_group(node->model, name);
    if (group != NULL) return ask_members(r, node, group, way);
    bool counts = rest.len == 0 && r->include->count_only;
    rel_node *child = child_of(node, name, counts);
    rel_code code = child == NULL ? add_child(r, node, name, way, counts, &child) : REL_OK;
    if (code != REL_OK) return code;
    if (recursive && rest.len > 0 && child->again == NULL) {
      code = set_rounds(r, child, true, 0);
      if (code != REL_OK) return code;
    }
    node = child;
  }
  return ask(r, node, recursive);
}

// Records of a repeated relation tell nothing of it where they are followed no further, and so no count.
static rel_code check_counts(const reader *r) {
  for (size_t i = 1; i < r->tree->count; i++) {
    const rel_node *node = r->tree->nodes[i];
    if (node->beside == NULL || node->again == NULL) continue;
    return rel_fail_field(r->error, REL_INVALID, "includes",
                          "\"" REL_STR_F "\" is repeated, so it cannot be counted beside that",
                          REL_STR_A(node->path));
  }
  return REL_OK;
}

// --- Fields ---

// What a relation joins on, on the side of the records that it is included in.
static void need_of(const rel_relation *relation, rel_field_mask *mask) {
  const rel_gate *gate = rel_relation_owner_gate(relation);
  if (gate != NULL) rel_field_mask_add(mask, gate->field);
  for (size_t i = 0; i < relation->key_count; i++)
    rel_field_mask_add(mask, rel_relation_owner_key(relation)[i]);
}

static void need_of_children(const rel_node *node, rel_field_mask *mask) {
  for (const rel_node *child = node->children; child != NULL; child = child->next)
    need_of(relation_of(child), mask);
}

// Which fields of its records a node needs is known when every include has been read.
static void set_columns(const reader *r) {
  for (size_t i = 1; i < r->tree->count; i++) {
    const rel_node *node = r->tree->nodes[i];
    rel_arguments *arguments = node->arguments;
    if (arguments == NULL) continue;
    need_of_children(node, &arguments->mask);
    if (node->again != NULL) need_of(node->again->relation, &arguments->mask);
    arguments->change.columns =
        rel_field_mask_columns(&arguments->mask, r->arena, &arguments->change.column_count);
  }
}

// --- All of them ---

// At least one statement for each node, whatever is cached.
static rel_code check_statements(const reader *r, size_t before) {
  size_t most = r->limits->max_statements;
  for (size_t i = 0; i < r->tree->count; i++) {
    if (before + i <= most) continue;
    rel_str name = i == 0 ? rel_cstr(REL_STEP_REQUEST) : r->tree->nodes[i]->path;
    return rel_fail_field(r->error, REL_LIMIT, "budget",
                          "\"" REL_STR_F
                          "\" would take more than %zu statements: include less, or allow more",
                          REL_STR_A(name), most);
  }
  return REL_OK;
}

size_t rel_tree_statements(const rel_tree *tree) {
  return tree->statements + tree->count - 1;
}

rel_code rel_tree_read(const rel_snapshot *snapshot, const rel_model *root, rel_tree_includes includes,
                       const rel_tree_settings *settings, rel_arena *arena, const rel_tree **out,
                       rel_error *error) {
  *out = NULL;
  if (includes.count == 0 && !settings->bare) return REL_OK;
  rel_tree *tree = REL_ARENA_NEW(arena, rel_tree);
  tree->snapshot = snapshot;
  tree->token_key = settings->token_key;
  tree->arena = arena;
  tree->limits = settings->limits;
  tree->statements = settings->statements;
  tree->nodes = REL_ARENA_ARRAY(arena, rel_node *, settings->limits.max_nodes + 1);
  tree->nodes[tree->count++] = REL_ARENA_NEW(arena, rel_node);
  *tree->nodes[0] = (rel_node){.model = root, .max_rounds = 1};
  reader r = {
      .snapshot = snapshot, .limits = &settings->limits, .arena = arena, .tree = tree, .error = error};
  for (size_t i = 0; i < includes.count; i++) {
    char field[48];
    snprintf(field, sizeof field, "includes[%zu].path", i);
    r.include = includes.items[i];
    r.index = i;
    r.field = field;
    rel_code code = read_include(&r);
    if (code != REL_OK) return code;
  }
  *out = tree;
  set_columns(&r);
  rel_code code = check_counts(&r);
  return code == REL_OK ? check_statements(&r, settings->statements) : code;
}

void rel_tree_need(const rel_tree *tree, rel_field_mask *mask) {
  need_of_children(tree->nodes[0], mask);
}
