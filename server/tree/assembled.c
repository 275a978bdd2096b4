// What is kept of trees that were put together: see internal.h.
//
// A set with everything below it is kept as any answer is: by the database's version, which every commit
// moves on, and by its key. That is followed by the sum of the generations of all relations below, which only
// grow: clearing one of them makes another key of it. A tree with a part that is not cached, or that does not
// come from the database, is not kept either.
#include "server/tree/internal.h"

// Takes over what a source says about keeping: whether, and for how long at most.
static bool limit_settings(const rel_source *source, rel_cache_space_settings *settings) {
  rel_cache_space_settings own;
  rel_cache_space_settings_now(rel_source_space(source), &own);
  if (own.ttl_ns < settings->ttl_ns) settings->ttl_ns = own.ttl_ns;
  return rel_source_is_of_database(source) && own.enabled && own.ttl_ns > 0 && own.max_bytes > 0 &&
         own.max_entries > 0;
}

static uint64_t generation_of(const rel_source *source) {
  return rel_cache_ticket_now(rel_source_space(source), 0).generation;
}

// Appends what makes the tree below the node: sources are equal when no answer of theirs could differ.
static bool sign(const rel_node *node, rel_cache_space_settings *settings, uint64_t *generations,
                 rel_buf *out) {
  rel_buf_cstr(out, "(");
  for (const rel_node *child = node->children; child != NULL; child = child->next) {
    if (child->arguments != NULL) return false;
    const rel_source *again = child->again != NULL ? child->again->source : child->loadable->source;
    rel_buf_printf(out, "%u:%p,%p,%zu", child->loadable->relation->field_number,
                   (const void *)child->loadable->source, (const void *)again, child->max_rounds);
    *generations += generation_of(child->loadable->source) + generation_of(again);
    if (!limit_settings(child->loadable->source, settings) || !limit_settings(again, settings)) return false;
    if (!sign(child, settings, generations, out)) return false;
  }
  rel_buf_cstr(out, ")");
  return true;
}

void rel_assembled_find(const rel_tree *tree, const rel_node *node, const rel_source *source,
                        rel_assembled *out) {
  rel_cache_space_settings settings = {
      .enabled = true, .ttl_ns = REL_NEVER, .max_bytes = UINT64_MAX, .max_entries = UINT64_MAX};
  rel_buf signature = {0};
  *out = (rel_assembled){0};
  if (node->children == NULL || node->again != NULL || node->arguments != NULL) return;
  // First: when the database has changed, the cache moves every generation on as soon as it is told.
  uint64_t version = rel_source_version(source);
  out->generations = generation_of(source);
  rel_buf_printf(&signature, "%p", (const void *)source);
  if (limit_settings(source, &settings) && sign(node, &settings, &out->generations, &signature)) {
    rel_buf_printf(&signature, "%lld", (long long)settings.ttl_ns);
    out->space = rel_snapshot_assembled(tree->snapshot, rel_buf_view(&signature), &settings);
  }
  rel_buf_fini(&signature);
  if (out->space == NULL) return;
  out->ticket = rel_cache_ticket_now(out->space, version);
}

// The key of a set: its own, and the generations.
static rel_str key_of(const rel_assembled *assembled, rel_str key, rel_arena *arena) {
  char *bytes = rel_arena_alloc(arena, key.len + sizeof assembled->generations);
  memcpy(bytes, key.ptr, key.len);
  memcpy(bytes + key.len, &assembled->generations, sizeof assembled->generations);
  return rel_bytes(bytes, key.len + sizeof assembled->generations);
}

void rel_assembled_get(const rel_assembled *assembled, rel_level *level, size_t first, rel_arena *arena) {
  size_t count = level->set_count - first;
  if (assembled->space == NULL || count == 0) return;
  rel_str *keys = REL_ARENA_ARRAY(arena, rel_str, count);
  rel_blob **found = REL_ARENA_ARRAY(arena, rel_blob *, count);
  for (size_t i = 0; i < count; i++)
    keys[i] = key_of(assembled, level->keys[first + i], arena);
  rel_cache_get(assembled->space, assembled->ticket.version, keys, count, found);
  for (size_t i = 0; i < count; i++) {
    if (found[i] == NULL) continue;
    rel_level_fill(level, first + i, found[i]);
    level->sets[first + i].assembled = true;
  }
}

void rel_assembled_put(const rel_assembled *assembled, rel_str key, rel_blob *set, rel_arena *arena) {
  rel_cache_put(assembled->space, key_of(assembled, key, arena), set, assembled->ticket);
}
