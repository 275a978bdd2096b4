// Snapshots: see snapshot.h. Owns which relations share a source: those whose answers cannot differ.
#include "server/registry/snapshot.h"

#include "server/query/filter.h"
#include "server/registry/assemblies.h"
#include <assert.h>
#include <stdatomic.h>
#include <uthash.h>

// A source with everything that makes its answers what they are. Relations with equal signatures share it.
typedef struct shared_source {
  UT_hash_handle hh;
  rel_source *source;
  rel_buf signature;
} shared_source;

typedef struct model_entry {
  rel_loadable *loadables; // Get, then the relations in the model's order
  size_t count;            // 0: abstract
} model_entry;

// A typed method, found by its path.
typedef struct typed_entry {
  UT_hash_handle hh;
  rel_typed_target target;
} typed_entry;

struct rel_snapshot {
  atomic_uint refs;
  rel_snapshot_options options;
  rel_schema *schema;
  rel_arena arena;     // what relations say of their records, compiled
  model_entry *models; // by rel_model.index
  shared_source *sources;
  rel_assemblies *assemblies;
  rel_typed *typed;
  typed_entry *typed_entries; // an array
  typed_entry *typed_by_path;
};

static void keeper_ref(void *snapshot) {
  rel_snapshot_ref(snapshot);
}
static void keeper_unref(void *snapshot) {
  rel_snapshot_unref(snapshot);
}

// --- Signatures ---

static void sign_text(rel_buf *out, rel_str text) {
  rel_buf_printf(out, "%zu:" REL_STR_F, text.len, REL_STR_A(text));
}

static void sign_fields(rel_buf *out, char mark, const rel_field *const *fields, size_t count) {
  rel_buf_printf(out, "%c%zu", mark, count);
  for (size_t i = 0; i < count; i++)
    rel_buf_printf(out, ",%u", fields[i]->number);
}

static void sign_tag(rel_buf *out, const rel_tag *tag) {
  rel_buf_printf(out, "%lld,", (long long)tag->number);
  sign_text(out, tag->text);
}

// The known tags say which rows are an error.
static void sign_gate(rel_buf *out, const rel_gate *gate) {
  if (gate == NULL) return;
  rel_buf_printf(out, "g%u,", gate->field->number);
  sign_tag(out, &gate->tag);
  for (size_t i = 0; i < gate->known_count; i++)
    sign_tag(out, &gate->known[i]);
}

static void sign_order(rel_buf *out, const rel_sort_term *terms, size_t count) {
  for (size_t i = 0; i < count; i++)
    rel_buf_printf(out, "%c%u.%u", terms[i].descending ? '-' : '+', terms[i].link, terms[i].field->number);
}

static void sign_hop(rel_buf *out, const rel_hop *hop) {
  sign_text(out, hop->model->name);
  sign_fields(out, 'k', hop->key, hop->key_count);
  sign_fields(out, 'o', hop->on, hop->on_count);
  rel_condition_sign(hop->condition, out);
  if (hop->limit > 0) sign_order(out, hop->order_by, hop->order_count);
  rel_buf_printf(out, "/%zu%d", hop->limit, hop->is_link);
}

// Two sources may be one exactly when they are asked on behalf of the same table and everything about the
// lookup, the meaning of absence and the cache's settings is equal.
static void sign(rel_buf *out, rel_str owner_table, const rel_source_options *options) {
  const rel_lookup *lookup = &options->lookup;
  const rel_cache_space_settings *cache = &options->cache_settings;
  sign_text(out, owner_table);
  sign_text(out, lookup->model->name);
  sign_fields(out, 'k', lookup->key, lookup->key_count);
  sign_fields(out, 'c', lookup->columns, lookup->column_count);
  for (size_t i = 0; i < lookup->hop_count; i++)
    sign_hop(out, &lookup->hops[i]);
  sign_order(out, lookup->order_by, lookup->order_count);
  rel_condition_sign(lookup->condition, out);
  rel_buf_printf(out, "/%zu", lookup->limit);
  sign_gate(out, lookup->gate);
  if (lookup->relation != NULL) { // a loader is told for whom it loads, and may answer each in its own way
    sign_text(out, lookup->relation->loader);
    sign_text(out, lookup->relation->owner->name);
    sign_text(out, lookup->relation->name);
  }
  rel_buf_printf(out, "/%d%d%d%d", lookup->output, options->absence, options->single, options->strict);
  rel_buf_printf(out, "/%d,%lld,%llu,%llu", cache->enabled, (long long)cache->ttl_ns,
                 (unsigned long long)cache->max_bytes, (unsigned long long)cache->max_entries);
}

// The source with these options: an existing one, or a new one.
static rel_code obtain(rel_snapshot *snapshot, rel_str owner_table, const rel_source_options *options,
                       rel_source **out, rel_error *error) {
  rel_buf signature = {0};
  shared_source *shared;
  sign(&signature, owner_table, options);
  HASH_FIND(hh, snapshot->sources, signature.data, signature.len, shared);
  if (shared != NULL) {
    rel_buf_fini(&signature);
    *out = shared->source;
    return REL_OK;
  }
  shared = REL_NEW(shared_source);
  shared->signature = signature;
  rel_code code = rel_source_new(options, &shared->source, error);
  if (code != REL_OK) {
    rel_buf_fini(&shared->signature);
    free(shared);
    return code;
  }
  HASH_ADD_KEYPTR(hh, snapshot->sources, shared->signature.data, shared->signature.len, shared);
  *out = shared->source;
  return REL_OK;
}

// --- Building ---

static rel_cache_space_settings settings_of(const rel_snapshot *snapshot, const rel_cache_settings *schema) {
  rel_cache_space_settings settings = snapshot->options.cache_defaults;
  if (schema->has_enabled) settings.enabled = schema->enabled;
  if (schema->has_ttl) settings.ttl_ns = schema->ttl_ns;
  if (schema->has_max_bytes) settings.max_bytes = schema->max_bytes;
  if (schema->has_max_entries) settings.max_entries = schema->max_entries;
  return settings;
}

static rel_source_options common_options(rel_snapshot *snapshot, const rel_cache_settings *cache) {
  return (rel_source_options){
      .store = snapshot->options.store,
      .cache = snapshot->options.cache,
      .limits = snapshot->options.limits,
      .cache_settings = settings_of(snapshot, cache),
      .keeper = {snapshot, keeper_ref, keeper_unref},
  };
}

static rel_code build_get(rel_snapshot *snapshot, const rel_model *model, rel_loadable *loadable,
                          rel_error *error) {
  rel_source_options options = common_options(snapshot, &model->cache);
  rel_buf label = {0};
  rel_buf_str(&label, model->name);
  options.lookup =
      (rel_lookup){.model = model, .key = model->primary_key, .key_count = model->primary_key_count};
  options.single = true;
  options.label = rel_buf_text(&label);
  rel_code code = obtain(snapshot, model->table, &options, &loadable->source, error);
  rel_buf_fini(&label);
  return code;
}

// From the owner's primary key to the value that the relation joins on.
static rel_code build_owner_source(rel_snapshot *snapshot, const rel_relation *relation, const char *label,
                                   rel_source **out, rel_error *error) {
  const rel_model *owner = relation->owner;
  rel_source_options options = common_options(snapshot, &relation->cache);
  options.lookup = (rel_lookup){
      .model = owner,
      .key = owner->primary_key,
      .key_count = owner->primary_key_count,
      .output = REL_OUTPUT_KEY,
      .columns = rel_relation_owner_key(relation),
      .column_count = relation->key_count,
      .gate = rel_relation_owner_gate(relation),
  };
  options.single = true;
  options.label = label;
  return obtain(snapshot, owner->table, &options, out, error);
}

// No version of a database tells when a loader would answer otherwise: it is cached only where the schema
// says so, or for how long.
static rel_code set_loader(const rel_relation *relation, rel_source_options *options, rel_loaders *loaders,
                           rel_error *error) {
  if (relation->loader.len == 0) return REL_OK;
  rel_code code = rel_loaders_get(loaders, relation->loader, &options->feed, error);
  if (code != REL_OK) return code;
  options->lookup.relation = relation;
  if (!relation->cache.has_enabled && !relation->cache.has_ttl) options->cache_settings.enabled = false;
  return REL_OK;
}

// A record that the scope rules out exists, so its key is not dangling; unless the relation is strict, and
// says that there is one.
static rel_absence absence_of(const rel_relation *relation) {
  bool dangling = relation->kind == REL_BELONGS_TO && (relation->where.len == 0 || relation->strict);
  return dangling ? REL_ABSENT_DANGLING : REL_ABSENT_EMPTY;
}

static rel_code build_relation(rel_snapshot *snapshot, const rel_relation *relation, rel_loadable *loadable,
                               rel_error *error) {
  rel_code code = rel_scope_read(relation, &snapshot->arena, &loadable->scope, error);
  if (code != REL_OK) return code;
  rel_buf label = {0};
  rel_buf_printf(&label, REL_STR_F "." REL_STR_F, REL_STR_A(relation->owner->name),
                 REL_STR_A(relation->name));
  rel_source_options options = common_options(snapshot, &relation->cache);
  options.lookup = (rel_lookup){
      .model = relation->target,
      .hops = loadable->scope.hops,
      .hop_count = loadable->scope.hop_count,
      .key = loadable->scope.key,
      .key_count = loadable->scope.key_count,
      .condition = loadable->scope.condition,
      .order_by = loadable->scope.order_by,
      .order_count = loadable->scope.order_count,
      .limit = relation->limit,
  };
  if (relation->kind != REL_HAS_MANY) options.lookup.limit = relation->strict ? 2 : 1; // 2: to see a surplus
  options.absence = absence_of(relation);
  options.single = relation->kind != REL_HAS_MANY;
  options.strict = relation->strict;
  options.label = rel_buf_text(&label);
  loadable->relation = relation;
  code = set_loader(relation, &options, snapshot->options.loaders, error);
  if (code == REL_OK) code = obtain(snapshot, relation->owner->table, &options, &loadable->source, error);
  if (code == REL_OK && !rel_relation_joins_on_primary_key(relation))
    code = build_owner_source(snapshot, relation, options.label, &loadable->owner_source, error);
  rel_buf_fini(&label);
  return code;
}

static rel_code build_model(rel_snapshot *snapshot, const rel_model *model, rel_error *error) {
  model_entry *entry = &snapshot->models[model->index];
  if (model->abstract) return REL_OK;
  entry->count = model->relation_count + 1;
  entry->loadables = rel_alloc0(entry->count, sizeof *entry->loadables);
  rel_code code = build_get(snapshot, model, &entry->loadables[0], error);
  for (size_t i = 0; code == REL_OK && i < model->relation_count; i++)
    code = build_relation(snapshot, model->relations[i], &entry->loadables[i + 1], error);
  return code;
}

// --- Typed services ---

// Loadables stand in the order of Get and the relations; so do methods, several of each.
static void add_typed_service(rel_snapshot *snapshot, const rel_typed_service *service,
                              typed_entry *entries) {
  const rel_loadable *loadable = snapshot->models[service->model->index].loadables;
  for (size_t i = 0; i < service->method_count; i++) {
    const rel_typed_method *method = &service->methods[i];
    if (loadable->relation != method->relation) loadable++;
    assert(loadable->relation == method->relation);
    entries[i].target = (rel_typed_target){.method = method, .loadable = loadable};
    HASH_ADD_KEYPTR(hh, snapshot->typed_by_path, method->path.ptr, method->path.len, &entries[i]);
  }
}

static void build_typed(rel_snapshot *snapshot) {
  size_t count = 0;
  rel_typed *typed = rel_typed_new(snapshot->schema, REL_WARNING, NULL);
  snapshot->typed = typed;
  for (size_t i = 0; i < typed->service_count; i++)
    count += typed->services[i].method_count;
  snapshot->typed_entries = rel_alloc0(count, sizeof *snapshot->typed_entries);
  typed_entry *next = snapshot->typed_entries;
  for (size_t i = 0; i < typed->service_count; i++) {
    add_typed_service(snapshot, &typed->services[i], next);
    next += typed->services[i].method_count;
  }
}

// --- Life ---

rel_code rel_snapshot_new(const rel_snapshot_options *options, rel_schema *take_schema, rel_snapshot **out,
                          rel_error *error) {
  rel_snapshot *snapshot = REL_NEW(rel_snapshot);
  atomic_init(&snapshot->refs, 1);
  snapshot->options = *options;
  snapshot->schema = take_schema;
  rel_arena_init(&snapshot->arena);
  snapshot->assemblies = rel_assemblies_new(options->cache);
  snapshot->models = rel_alloc0(take_schema->model_count, sizeof *snapshot->models);
  for (size_t i = 0; i < take_schema->model_count; i++) {
    rel_code code = build_model(snapshot, take_schema->models[i], error);
    if (code == REL_OK) continue;
    rel_snapshot_unref(snapshot);
    return code;
  }
  build_typed(snapshot);
  *out = snapshot;
  return REL_OK;
}

static void snapshot_free(rel_snapshot *snapshot) {
  HASH_CLEAR(hh, snapshot->typed_by_path);
  free(snapshot->typed_entries);
  rel_typed_free(snapshot->typed);
  rel_assemblies_free(snapshot->assemblies);
  shared_source *shared, *next;
  HASH_ITER(hh, snapshot->sources, shared, next) {
    HASH_DEL(snapshot->sources, shared);
    rel_source_free(shared->source);
    rel_buf_fini(&shared->signature);
    free(shared);
  }
  for (size_t i = 0; i < snapshot->schema->model_count; i++)
    free(snapshot->models[i].loadables);
  free(snapshot->models);
  rel_arena_fini(&snapshot->arena);
  rel_schema_free(snapshot->schema);
  free(snapshot);
}

rel_snapshot *rel_snapshot_ref(rel_snapshot *snapshot) {
  // Relaxed: the caller holds a reference, so nothing is published here.
  atomic_fetch_add_explicit(&snapshot->refs, 1, memory_order_relaxed);
  return snapshot;
}

void rel_snapshot_unref(rel_snapshot *snapshot) {
  if (snapshot == NULL) return;
  if (atomic_fetch_sub_explicit(&snapshot->refs, 1, memory_order_acq_rel) == 1) snapshot_free(snapshot);
}

// --- Reading ---

const rel_schema *rel_snapshot_schema(const rel_snapshot *snapshot) {
  return snapshot->schema;
}

const rel_loadable *rel_snapshot_loadables(const rel_snapshot *snapshot, const rel_model *model,
                                           size_t *count) {
  assert(model->schema == snapshot->schema);
  *count = snapshot->models[model->index].count;
  return snapshot->models[model->index].loadables;
}

const rel_loadable *rel_snapshot_get(const rel_snapshot *snapshot, const rel_model *model) {
  return snapshot->models[model->index].loadables;
}

const rel_loadable *rel_snapshot_relation(const rel_snapshot *snapshot, const rel_model *model,
                                          rel_str name) {
  const model_entry *entry = &snapshot->models[model->index];
  for (size_t i = 1; i < entry->count; i++)
    if (rel_str_eq(entry->loadables[i].relation->name, name)) return &entry->loadables[i];
  return NULL;
}

rel_cache_space *rel_snapshot_assembled(const rel_snapshot *snapshot, rel_str signature,
                                        const rel_cache_space_settings *settings) {
  return rel_assemblies_space(snapshot->assemblies, signature, settings);
}

const rel_typed *rel_snapshot_typed(const rel_snapshot *snapshot) {
  return snapshot->typed;
}

const rel_typed_target *rel_snapshot_typed_target(const rel_snapshot *snapshot, rel_str path) {
  typed_entry *found;
  HASH_FIND(hh, snapshot->typed_by_path, path.ptr, path.len, found);
  return found != NULL ? &found->target : NULL;
}

void rel_snapshot_stats_now(const rel_snapshot *snapshot, rel_source_stats *out) {
  *out = (rel_source_stats){0};
  for (const shared_source *shared = snapshot->sources; shared != NULL; shared = shared->hh.next) {
    rel_source_stats one;
    rel_source_stats_now(shared->source, &one);
    out->joined += one.joined;
    out->statements += one.statements;
    out->rows += one.rows;
    out->dangling += one.dangling;
    out->errors += one.errors;
  }
}

rel_code rel_snapshot_find_model(const rel_snapshot *snapshot, rel_str name, const rel_model **out,
                                 rel_error *error) {
  *out = rel_schema_model(snapshot->schema, name);
  if (*out != NULL) return REL_OK;
  if (name.len == 0)
    return rel_fail_field(error, REL_INVALID, "model",
                          "model is empty; pass a full name like \"library.v1.Author\"");
  rel_str near = rel_schema_near_model(snapshot->schema, name);
  return rel_fail_field(error, REL_NO_MODEL, "model", "no model " REL_STR_F "%s" REL_STR_F "%s",
                        REL_STR_A(name),
                        near.len > 0 ? "; did you mean " : "; RegistryService.ListModels lists them",
                        REL_STR_A(near), near.len > 0 ? "?" : "");
}

static rel_code no_relation_but_group(const rel_model *model, const rel_group *group, rel_error *error) {
  rel_buf members = {0};
  for (size_t i = 0; i < group->member_count; i++)
    rel_buf_printf(&members, "%s" REL_STR_F, i > 0 ? ", " : "", REL_STR_A(group->members[i]->name));
  rel_fail_field(error, REL_NO_RELATION, "relation",
                 REL_STR_F " is a oneof of " REL_STR_F "; load one of its relations: %s",
                 REL_STR_A(group->name), REL_STR_A(model->name), rel_buf_text(&members));
  rel_buf_fini(&members);
  return REL_NO_RELATION;
}

static rel_code no_relation(const rel_model *model, rel_str name, rel_error *error) {
  if (name.len == 0)
    return rel_fail_field(error, REL_INVALID, "relation", "relation is empty; pass its name");
  const rel_group *group = rel_model_group(model, name);
  if (group != NULL) return no_relation_but_group(model, group, error);
  rel_str near = rel_model_near_relation(model, name);
  return rel_fail_field(error, REL_NO_RELATION, "relation",
                        REL_STR_F " has no relation " REL_STR_F REL_NEAR_F, REL_STR_A(model->name),
                        REL_STR_A(name), REL_NEAR_A(near));
}

rel_code rel_snapshot_find(const rel_snapshot *snapshot, rel_str model_name, rel_str relation,
                           const rel_loadable **out, rel_error *error) {
  const rel_model *model;
  rel_code code = rel_snapshot_find_model(snapshot, model_name, &model, error);
  if (code != REL_OK) return code;
  *out = rel_snapshot_relation(snapshot, model, relation);
  if (*out != NULL) return REL_OK;
  if (model->abstract && rel_model_relation(model, relation) != NULL)
    return rel_fail_field(error, REL_INVALID, "model",
                          REL_STR_F " is abstract; load through a model that extends it",
                          REL_STR_A(model->name));
  return no_relation(model, relation, error);
}
