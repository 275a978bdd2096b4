// Page tokens of includes: see internal.h. Where a limit cuts an owner's records off, its LoadInfo has the
// token that a Query of the relation goes on with, and so does an include that says the same: its owner is in
// the token, so that each of many owners can have one, and which is whose is known before anything is loaded.
#include "server/tree/internal.h"

#include "server/query/binding.h"

#include <stdio.h>

enum { MAX_TOKENS = 100 }; // of an include: each is a part of its statement

// What a token of the relation is bound to: what a Query of it is, asked with a reference key.
static void bind(const rel_tree *tree, const rel_relation *relation, const rel_arguments *arguments,
                 rel_str key, rel_buf *binding) {
  const Relations__V1__Include *include = arguments->include;
  Relations__V1__QueryTarget target = RELATIONS__V1__QUERY_TARGET__INIT;
  rel_buf model = {0}, name = {0};
  rel_buf_str(&model, relation->owner->name);
  rel_buf_str(&name, relation->name);
  target.model = (char *)rel_buf_text(&model);
  target.relation = (char *)rel_buf_text(&name);
  target.filter = include->filter;
  target.filter_text = include->filter_text;
  target.n_methods = include->n_methods;
  target.methods = include->methods;
  rel_binding_schema(binding, rel_snapshot_schema(tree->snapshot)->digest);
  rel_binding_target(binding, &target);
  for (size_t i = 0; i < arguments->order_count; i++)
    rel_binding_message(binding, &arguments->order_by[i]->base);
  rel_binding_key(binding, key, true);
  rel_buf_fini(&model);
  rel_buf_fini(&name);
}

void rel_pages_token(const rel_tree *tree, const rel_relation *relation, const rel_arguments *arguments,
                     rel_str key, rel_str cursor, rel_buf *out) {
  rel_buf binding = {0};
  bind(tree, relation, arguments, key, &binding);
  rel_token_seal(tree->token_key, rel_buf_view(&binding), key, cursor, out);
  rel_buf_fini(&binding);
}

static bool open_token(const rel_tree *tree, const rel_node *node, const rel_arguments *arguments,
                       rel_str token, rel_seek *out) {
  rel_buf owner = {0}, binding = {0}, cursor = {0};
  bool good = rel_token_owner(token, &owner);
  if (good) {
    bind(tree, node->loadable->relation, arguments, rel_buf_view(&owner), &binding);
    good = rel_token_open(tree->token_key, rel_buf_view(&binding), token, &cursor);
  }
  *out = (rel_seek){rel_arena_copy(tree->arena, rel_buf_view(&owner)),
                    rel_arena_copy(tree->arena, rel_buf_view(&cursor))};
  rel_buf_fini(&owner);
  rel_buf_fini(&binding);
  rel_buf_fini(&cursor);
  return good;
}

static const rel_seek *find(const rel_source_change *change, rel_str key) {
  for (size_t i = 0; i < change->seek_count; i++)
    if (rel_str_eq(change->seeks[i].key, key)) return &change->seeks[i];
  return NULL;
}

rel_code rel_pages_read(const rel_tree *tree, const rel_node *node, rel_arguments *arguments,
                        rel_error *error) {
  const Relations__V1__Include *include = arguments->include;
  rel_source_change *change = &arguments->change;
  if (include->n_page_tokens == 0) return REL_OK;
  if (node->again != NULL)
    return rel_fail_field(
        error, REL_INVALID, "page_tokens",
        "\"%.100s\" is repeated, and a page is of one relation: ask for it by a query of " REL_STR_F
        "." REL_STR_F,
        include->path, REL_STR_A(node->loadable->relation->owner->name),
        REL_STR_A(node->loadable->relation->name));
  if (include->n_page_tokens > MAX_TOKENS)
    return rel_fail_field(error, REL_LIMIT, "page_tokens",
                          "\"%.100s\" has %zu page tokens, and may have %d: ask for fewer owners in one call",
                          include->path, include->n_page_tokens, MAX_TOKENS);
  rel_seek *seeks = REL_ARENA_ARRAY(tree->arena, rel_seek, include->n_page_tokens);
  change->seeks = seeks;
  for (size_t i = 0; i < include->n_page_tokens; i++) {
    rel_seek seek;
    char field[40];
    snprintf(field, sizeof field, "page_tokens[%zu]", i);
    if (!open_token(tree, node, arguments, rel_cstr(include->page_tokens[i]), &seek))
      return rel_fail_field(
          error, REL_INVALID, field,
          "it is no next_page_token of \"%.100s\" with this filter and order: it was altered, "
          "belongs to another query or another schema, or the server was started again since",
          include->path);
    const rel_seek *same = find(change, seek.key);
    if (same != NULL && rel_str_eq(same->cursor, seek.cursor)) continue; // owners may share what they join on
    if (same != NULL)
      return rel_fail_field(error, REL_INVALID, field, "\"%.100s\": an earlier one is of the same owner",
                            include->path);
    seeks[change->seek_count++] = seek;
  }
  return REL_OK;
}

rel_source_change rel_pages_of_keys(const rel_source_change *change, const rel_str *keys, size_t count,
                                    rel_arena *arena) {
  rel_source_change narrow = *change;
  if (change->seek_count == 0) return narrow;
  rel_seek *seeks = REL_ARENA_ARRAY(arena, rel_seek, change->seek_count);
  narrow.seeks = seeks;
  narrow.seek_count = 0;
  for (size_t i = 0; i < count; i++) {
    const rel_seek *seek = find(change, keys[i]);
    if (seek != NULL) seeks[narrow.seek_count++] = *seek;
  }
  if (count != 1 || narrow.seek_count == 0) return narrow;
  narrow.after = seeks[0].cursor; // an index in the order leads there
  narrow.seek_count = 0;
  return narrow;
}
