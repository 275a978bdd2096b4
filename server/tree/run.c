// A run of a tree: see tree.h. One node after another, parents before children; a recursive one again and
// again, until no new keys come. Each round is one load of the keys that are not there yet.
//
// A load may be done before its start returns, or later on another thread. Whoever comes second of the two,
// the start's return and the answer, goes on; so there is one owner at a time, and no recursion however many
// rounds the cache answers at once.
#include "server/tree/internal.h"

#include "server/store/key_wire.h"

typedef struct rel_run_state {
  rel_tree_request request;
  const rel_tree *tree;
  rel_arena arena;
  rel_level *levels; // by node
  size_t node;       // the one being loaded
  size_t round;      // of it
  size_t asked;      // its sets from here on are being loaded
  size_t records;    // loaded, of all nodes but the root
  size_t bytes;      // of all sets
  size_t max_bytes;
  atomic_int arrived;
  rel_load *load; // of the round
  rel_error error;
  bool failed;
} run;

static void run_free(run *r) {
  for (size_t i = 0; i < r->tree->count; i++)
    rel_level_fini(&r->levels[i]);
  rel_arena_fini(&r->arena);
  free(r->levels);
  free(r);
}

// --- The end ---

static void finish(run *r) {
  const rel_level *roots = &r->levels[0];
  rel_blob **sets = rel_alloc0(roots->set_count, sizeof *sets);
  rel_room room = {r->max_bytes, r->tree->limits.max_records};
  rel_code code = r->failed ? r->error.code : REL_OK;
  for (size_t i = 0; i < roots->set_count && code == REL_OK; i++) {
    code = rel_tree_splice(r->tree, r->levels, i, &room, &sets[i], &r->error);
  }
  if (code != REL_OK) {
    for (size_t i = 0; i < roots->set_count; i++)
      rel_blob_unref(sets[i]);
  }
  rel_tree_request request = r->request;
  rel_error error = r->error;
  run_free(r);
  request.done(code == REL_OK ? sets : NULL, code == REL_OK ? NULL : &error, request.context);
  free(sets);
}

// --- Keys ---

// Finds the sets of records first..: links[i] becomes that of record i.
static void link_records(run *r, rel_level *level, const rel_level *parents, size_t first,
                         const rel_relation *relation, int32_t *links) {
  rel_buf key = {0};
  for (size_t i = first; i < parents->record_count; i++) {
    key.len = 0;
    bool joins =
        rel_key_of_record(&key, parents->records[i], rel_relation_owner_key(relation), relation->key_count);
    links[i] = joins ? (int32_t)rel_level_set(level, rel_buf_view(&key), &r->arena) : REL_LINK_NULL;
  }
  rel_buf_fini(&key);
}

// Prepares a round: the sets that it adds to the level are what is to be loaded.
static void find_keys(run *r) {
  const rel_node *node = r->tree->nodes[r->node];
  rel_level *level = &r->levels[r->node];
  r->asked = level->set_count;
  if (r->round == 0) {
    const rel_level *parents = &r->levels[node->parent->index];
    level->links = rel_alloc(parents->record_count * sizeof *level->links);
    link_records(r, level, parents, 0, node->loadable->relation, level->links);
    return;
  }
  level->again_links = rel_realloc(level->again_links, level->record_count * sizeof *level->again_links);
  link_records(r, level, level, level->again_count, node->again->relation, level->again_links);
  level->again_count = level->record_count;
}

// --- Rounds ---

static void advance(run *r);

// True for the second of two.
static bool arrive(run *r) {
  return atomic_fetch_add_explicit(&r->arrived, 1, memory_order_acq_rel) == 1;
}

static void fail_round(run *r, const rel_error *error) {
  r->failed = true;
  r->error = *error;
}

static void take_answers(run *r) {
  const rel_tree_limits *limits = &r->tree->limits;
  const rel_node *node = r->tree->nodes[r->node];
  rel_level *level = &r->levels[r->node];
  rel_error error;
  size_t before = level->record_count;
  if (!r->failed) {
    r->bytes += rel_load_bytes(r->load);
    for (size_t i = r->asked; i < level->set_count; i++)
      rel_level_fill(level, i, rel_load_take(r->load, i - r->asked));
    r->records += level->record_count - before;
  }
  if (r->load != NULL) rel_load_fini(r->load);
  r->load = NULL;
  r->round++;
  if (r->failed || r->records <= limits->max_records) return;
  rel_fail_field(&error, REL_LIMIT, "includes",
                 "with \"" REL_STR_F "\" more than %zu related records were loaded; ask for fewer owners, or "
                 "include less",
                 REL_STR_A(node->path), limits->max_records);
  fail_round(r, &error);
}

static void loaded(rel_load *load, const rel_error *error, void *context) {
  run *r = context;
  r->load = load;
  if (error != NULL) fail_round(r, error);
  if (!arrive(r)) return;
  take_answers(r);
  advance(r);
}

static bool caller_gone(void *context) {
  const run *r = context;
  return r->request.gone != NULL && r->request.gone(r->request.context);
}

static void start_load(run *r) {
  const rel_node *node = r->tree->nodes[r->node];
  rel_level *level = &r->levels[r->node];
  size_t count = level->set_count - r->asked;
  rel_request_key *keys = REL_ARENA_ARRAY(&r->arena, rel_request_key, count);
  for (size_t i = 0; i < count; i++)
    keys[i].bytes = level->keys[r->asked + i];
  rel_load_start(&(rel_load_request){
      .source = (r->round == 0 ? node->loadable : node->again)->source,
      .keys = keys,
      .count = count,
      .deadline_ns = r->request.deadline_ns,
      .max_bytes = r->max_bytes > r->bytes ? r->max_bytes - r->bytes : 0,
      .arena = &r->arena,
      .done = loaded,
      .context = r,
      .gone = caller_gone,
  });
}

// Whether there is another round; moves on to it, of this node or the next.
static bool next_round(run *r) {
  while (!r->failed && r->node < r->tree->count) {
    if (r->round < r->tree->nodes[r->node]->max_rounds) {
      find_keys(r);
      if (r->levels[r->node].set_count > r->asked) return true;
    }
    r->node++;
    r->round = 0;
  }
  return false;
}

static void advance(run *r) {
  while (next_round(r)) {
    atomic_store_explicit(&r->arrived, 0, memory_order_relaxed);
    start_load(r);
    if (!arrive(r)) return; // whoever brings the answer goes on
    take_answers(r);
  }
  finish(r);
}

void rel_tree_start(const rel_tree_request *request) {
  run *r = REL_NEW(run);
  r->request = *request;
  r->tree = request->tree;
  r->max_bytes = request->max_bytes > 0 ? request->max_bytes : r->tree->limits.max_bytes;
  rel_arena_init(&r->arena);
  r->levels = rel_alloc0(r->tree->count, sizeof *r->levels);
  for (size_t i = 0; i < request->root_count; i++) {
    rel_level *roots = &r->levels[0];
    r->bytes += rel_blob_view(request->take_roots[i]).len;
    rel_level_fill(roots, rel_level_add_root(roots), request->take_roots[i]);
  }
  r->node = 1;
  advance(r);
}
