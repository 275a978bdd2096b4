// A run of a tree: see tree.h. One node after another, parents before children; a recursive one again and
// again, until no new keys come. Each round is one load of the keys that are not there yet.
//
// A load may be done before its start returns, or later on another thread. Whoever comes second of the two,
// the start's return and the answer, goes on; so there is one owner at a time, and no recursion however many
// rounds the cache answers at once.
//
// The topmost sets that are found by a key (the root's, or those of its relations when its records were
// given) are kept, once everything below is in them, and then there is nothing to load or to splice at all.
#include "server/tree/internal.h"

#include "common/clock.h"
#include "server/loader/record_set.h"
#include "server/query/describe.h"
#include "server/store/key_wire.h"

typedef struct rel_run_state {
  rel_tree_request request;
  const rel_tree *tree;
  rel_arena arena;
  rel_level *levels;        // by node
  rel_assembled *assembled; // by node
  rel_own_source *own[2];   // of the node, for its first round and those that follow it again
  size_t node;              // the one being loaded
  size_t round;             // of it
  size_t *asked;            // its sets that are being loaded
  size_t asked_count;
  size_t records; // loaded, of all nodes but the root
  size_t bytes;   // of all sets
  size_t max_bytes;
  atomic_int arrived;
  rel_load *load; // of the round
  int64_t began_ns;
  rel_error error;
  bool failed;
} run;

static void drop_own_sources(run *r) {
  for (size_t i = 0; i < 2; i++) {
    rel_own_source_unref(r->own[i]);
    r->own[i] = NULL;
  }
}

static void run_free(run *r) {
  for (size_t i = 0; i < r->tree->count; i++)
    rel_level_fini(&r->levels[i]);
  drop_own_sources(r);
  rel_arena_fini(&r->arena);
  free(r->levels);
  free(r);
}

// --- The end ---

// Puts everything below into the sets of a node, and keeps them.
static rel_code assemble(run *r, size_t index, size_t room) {
  rel_loaded_tree loaded = {r->tree, r->levels, room};
  rel_level *level = &r->levels[index];
  const rel_assembled *assembled = &r->assembled[index];
  for (size_t i = 0; i < level->set_count; i++) {
    rel_set *set = &level->sets[i];
    rel_blob *whole;
    if (set->assembled) continue;
    rel_code code = rel_tree_splice(&loaded, r->tree->nodes[index], i, &whole, &r->error);
    if (code != REL_OK) return code;
    bool failed = rel_record_set_status(rel_blob_view(whole)).ptr != NULL;
    if (!failed) rel_assembled_put(assembled, level->keys[i], whole, &r->arena);
    rel_level_replace(level, i, whole);
  }
  return REL_OK;
}

static rel_blob *root_answer(run *r, rel_loaded_tree *loaded, size_t index, rel_code *code) {
  const rel_level *roots = &r->levels[0];
  int32_t link = r->request.source != NULL ? roots->links[index] : (int32_t)index;
  rel_blob *answer = NULL;
  if (link == REL_LINK_NULL) return rel_record_set_without(RELATIONS__V1__LOAD_STATE__LOAD_STATE_NULL);
  *code = rel_tree_splice(loaded, r->tree->nodes[0], (size_t)link, &answer, &r->error);
  return answer;
}

static void finish(run *r) {
  size_t count = r->request.root_count, answered = 0;
  rel_blob **sets = rel_alloc0(count, sizeof *sets);
  rel_loaded_tree loaded = {r->tree, r->levels, r->max_bytes};
  rel_code code = r->failed ? r->error.code : REL_OK;
  for (size_t i = 0; i < r->tree->count && code == REL_OK; i++) // the answer itself is measured below
    if (r->assembled[i].space != NULL) code = assemble(r, i, r->max_bytes);
  for (; answered < count && code == REL_OK; answered++)
    sets[answered] = root_answer(r, &loaded, answered, &code);
  if (code != REL_OK) {
    for (size_t i = 0; i < answered; i++)
      rel_blob_unref(sets[i]);
  }
  rel_tree_request request = r->request;
  rel_error error = r->error;
  run_free(r);
  request.done(code == REL_OK ? sets : NULL, code == REL_OK ? NULL : &error, request.context);
  free(sets);
}

// --- Keys ---

// Records of a level that are linked to sets of a level, by a relation of theirs.
typedef struct linking {
  const rel_level *parents;
  const rel_relation *relation;
  rel_level *level; // may be the same: its sets become more meanwhile, and those have no records yet
  int32_t *links;   // of the parents' records
  rel_arena *arena; // of keys
} linking;

// Finds the sets of a set's records: links[i] becomes that of record i.
static void link_set(const linking *l, const rel_set *set) {
  rel_buf key = {0};
  rel_error error;
  for (size_t i = set->first; i < set->first + set->count; i++) {
    bool joins;
    key.len = 0;
    l->links[i] = REL_LINK_UNREAD;
    if (set->assembled) continue;
    if (rel_key_of_owner(&key, l->parents->records[i], l->relation, &joins, &error) != REL_OK)
      l->links[i] = rel_level_refuse(l->level, &error);
    else
      l->links[i] = joins ? (int32_t)rel_level_set(l->level, rel_buf_view(&key), l->arena) : REL_LINK_NULL;
  }
  rel_buf_fini(&key);
}

// The parents' sets from `first` on.
static void link_sets(const linking *l, size_t first) {
  size_t count = l->parents->set_count;
  for (size_t i = first; i < count; i++) {
    rel_set set = l->parents->sets[i]; // a copy: the array moves when the level grows
    link_set(l, &set);
  }
}

static void link_request(run *r) {
  rel_level *level = &r->levels[0];
  level->links = rel_alloc(r->request.root_count * sizeof *level->links);
  for (size_t i = 0; i < r->request.root_count; i++) {
    const rel_request_key *key = &r->request.keys[i];
    level->links[i] = key->is_null ? REL_LINK_NULL : (int32_t)rel_level_set(level, key->bytes, &r->arena);
  }
}

// Adds the sets of a round to the level; its records are linked to theirs.
static void find_keys(run *r) {
  const rel_node *node = r->tree->nodes[r->node];
  rel_level *level = &r->levels[r->node];
  if (node->parent == NULL) {
    link_request(r);
  } else if (r->round == 0) {
    const rel_level *parents = &r->levels[node->parent->index];
    level->links = rel_alloc(parents->record_count * sizeof *level->links);
    link_sets(&(linking){parents, node->loadable->relation, level, level->links, &r->arena}, 0);
  } else {
    size_t first = level->again_sets;
    level->again_sets = level->set_count;
    level->again_count = level->record_count;
    level->again_links = rel_realloc(level->again_links, level->record_count * sizeof *level->again_links);
    link_sets(&(linking){level, node->again->relation, level, level->again_links, &r->arena}, first);
  }
}

static rel_source *source_of(const run *r) {
  const rel_node *node = r->tree->nodes[r->node];
  if (node->parent == NULL) return r->request.source;
  const rel_own_source *own = r->own[r->round > 0];
  return own != NULL ? rel_own_source_get(own) : (r->round == 0 ? node->loadable : node->again)->source;
}

// A node with arguments is loaded from a source of its own.
static void make_own_source(run *r) {
  const rel_node *node = r->tree->nodes[r->node];
  rel_own_source **own = &r->own[r->round > 0];
  if (node->arguments == NULL || *own != NULL) return;
  const rel_source *base = (r->round == 0 ? node->loadable : node->again)->source;
  rel_str *keys = REL_ARENA_ARRAY(&r->arena, rel_str, r->asked_count);
  for (size_t i = 0; i < r->asked_count; i++)
    keys[i] = r->levels[r->node].keys[r->asked[i]];
  rel_source_change change = rel_pages_of_keys(&node->arguments->change, keys, r->asked_count, &r->arena);
  r->failed = rel_own_source_new(r->tree, base, &change, own, &r->error) != REL_OK;
}

// Of the round's new sets, those that must be loaded.
static void list_asked(run *r, size_t first) {
  rel_level *level = &r->levels[r->node];
  r->asked = REL_ARENA_ARRAY(&r->arena, size_t, level->set_count - first);
  r->asked_count = 0;
  for (size_t i = first; i < level->set_count; i++)
    if (level->sets[i].blob == NULL) r->asked[r->asked_count++] = i;
}

// Whether the node's sets are topmost of those that have keys.
static bool is_top(const run *r) {
  const rel_node *node = r->tree->nodes[r->node];
  return r->request.source != NULL ? node->parent == NULL
                                   : node->parent != NULL && node->parent->parent == NULL;
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

// --- The tally ---

static rel_step *step_of(run *r) {
  const rel_node *node = r->tree->nodes[r->node];
  rel_str name = node->parent == NULL ? rel_cstr(REL_STEP_REQUEST) : node->path;
  return rel_tally_step(r->request.tally, name, source_of(r));
}

static void describe(run *r, rel_step *step) {
  rel_buf shape = {0};
  rel_describe_lookup(rel_source_lookup(source_of(r)), &shape);
  step->shape = rel_arena_copy(r->request.tally->arena, rel_buf_view(&shape));
  rel_buf_fini(&shape);
}

// A round is about to be asked. Keys that came with everything below are no part of it.
static void tally_round(run *r, size_t assembled) {
  rel_error error;
  if (r->request.tally == NULL || r->asked_count + assembled == 0) return;
  rel_step *step = step_of(r);
  step->keys += r->asked_count + assembled;
  step->assembled += assembled;
  if (r->request.tally->shapes && step->shape.len == 0) describe(r, step);
  if (r->asked_count == 0) return;
  if (rel_tally_admit(r->request.tally, step, r->asked_count, &error) != REL_OK) fail_round(r, &error);
}

static void tally_time(run *r) {
  rel_error error;
  if (r->request.tally == NULL) return;
  rel_step *step = step_of(r);
  if (r->load != NULL) rel_tally_load(step, r->load);
  const rel_error *failed = r->failed ? &r->error : NULL;
  if (rel_tally_time(r->request.tally, step, rel_clock_ns() - r->began_ns, failed, &error) != REL_OK)
    fail_round(r, &error);
}

static void tally_records(run *r, size_t records) {
  rel_error error;
  if (r->request.tally == NULL) return;
  if (rel_tally_records(r->request.tally, step_of(r), records, &error) != REL_OK) fail_round(r, &error);
}

static int64_t load_deadline(const run *r) {
  return r->request.tally == NULL ? r->request.deadline_ns
                                  : rel_tally_deadline(r->request.tally, r->request.deadline_ns);
}

// --- Preparing ---

// A call whose records are counted has to meet them; and rounds are as many as the data are deep.
static bool may_keep(const run *r) {
  const rel_tally *tally = r->request.tally;
  if (tally == NULL) return true;
  bool counts_rounds = r->tree->repeats && (tally->shapes || tally->budget.max_statements != SIZE_MAX);
  return !counts_rounds && tally->budget.max_records == SIZE_MAX;
}

static void prepare_round(run *r) {
  rel_level *level = &r->levels[r->node];
  rel_assembled *assembled = &r->assembled[r->node];
  size_t first = level->set_count;
  if (r->round == 0 && is_top(r) && may_keep(r))
    rel_assembled_find(r->tree, r->tree->nodes[r->node], source_of(r), assembled);
  find_keys(r);
  rel_assembled_get(assembled, level, first, &r->arena);
  list_asked(r, first);
  if (r->asked_count > 0) make_own_source(r);
  if (!r->failed) tally_round(r, level->set_count - first - r->asked_count);
}

// --- Loading ---

static void check_records(run *r) {
  const rel_tree_limits *limits = &r->tree->limits;
  rel_error error;
  if (r->records <= limits->max_records) return;
  rel_fail_field(&error, REL_LIMIT, "includes",
                 "with \"" REL_STR_F "\" more than %zu related records were loaded; ask for fewer owners, or "
                 "include less",
                 REL_STR_A(r->tree->nodes[r->node]->path), limits->max_records);
  fail_round(r, &error);
}

// A token has to be small enough to be taken back.
static void check_cursor(run *r, const rel_set *set) {
  rel_error error;
  if (set->cursor.len <= REL_TOKEN_MAX_CURSOR) return;
  rel_fail_field(&error, REL_LIMIT, "includes",
                 "\"" REL_STR_F
                 "\" was cut off at a record whose values in the order are too large for a page "
                 "token: order it by something smaller, or leave its limit out",
                 REL_STR_A(r->tree->nodes[r->node]->path));
  fail_round(r, &error);
}

static void keep(run *r) {
  rel_error error;
  if (r->request.keep != NULL && r->request.keep(r->request.context, r->bytes, &error) != REL_OK)
    fail_round(r, &error);
}

static void take_answers(run *r) {
  const rel_node *node = r->tree->nodes[r->node];
  rel_level *level = &r->levels[r->node];
  size_t before = level->record_count;
  tally_time(r);
  if (!r->failed) {
    r->bytes += rel_load_bytes(r->load);
    for (size_t i = 0; i < r->asked_count; i++) {
      rel_level_fill(level, r->asked[i], rel_load_take(r->load, i));
      check_cursor(r, &level->sets[r->asked[i]]);
    }
    if (node->parent != NULL) r->records += level->record_count - before;
    tally_records(r, level->record_count - before);
    if (!r->failed) keep(r);
  }
  if (r->load != NULL) rel_load_fini(r->load);
  r->load = NULL;
  r->round++;
  if (!r->failed) check_records(r);
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
  r->began_ns = rel_clock_ns();
  rel_request_key *keys = REL_ARENA_ARRAY(&r->arena, rel_request_key, r->asked_count);
  for (size_t i = 0; i < r->asked_count; i++)
    keys[i].bytes = r->levels[r->node].keys[r->asked[i]];
  rel_load_start(&(rel_load_request){
      .source = source_of(r),
      .keys = keys,
      .count = r->asked_count,
      .deadline_ns = load_deadline(r),
      .max_bytes = r->max_bytes,
      .bytes_before = r->bytes,
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
      prepare_round(r);
      if (r->failed || r->asked_count > 0) return !r->failed;
    }
    drop_own_sources(r);
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
  r->assembled = REL_ARENA_ARRAY(&r->arena, rel_assembled, r->tree->count);
  for (size_t i = 0; request->source == NULL && i < request->root_count; i++) {
    rel_level *roots = &r->levels[0];
    r->bytes += rel_blob_view(request->take_roots[i]).len;
    rel_level_fill(roots, rel_level_add_root(roots), request->take_roots[i]);
  }
  r->node = request->source == NULL ? 1 : 0;
  advance(r);
}
