// CacheService: Stats, Configure, Clear. Turns names into spaces; what a space does is the cache's.
#include "server/handlers/services.h"

#include "server/loader/load.h"

#include <pthread.h>
#include <relations/v1/cache_service.pb-c.h>

// --- Stats ---

static Relations__V1__Counters *new_counters(rel_arena *arena, const rel_cache_stats *cache,
                                             const rel_source_stats *source) {
  Relations__V1__Counters *counters = rel_arena_alloc(arena, sizeof *counters);
  relations__v1__counters__init(counters);
  counters->hits = cache->hits;
  counters->misses = cache->misses;
  counters->evictions = cache->evictions;
  counters->expirations = cache->expirations;
  counters->invalidations = cache->invalidations;
  counters->bytes = cache->bytes;
  counters->entries = cache->entries;
  counters->joined = source->joined;
  counters->statements = source->statements;
  counters->rows = source->rows;
  counters->dangling = source->dangling;
  counters->errors = source->errors;
  return counters;
}

static Relations__V1__RelationCounters *new_relation_counters(rel_arena *arena, const rel_model *model,
                                                              rel_str relation, const rel_source *source) {
  rel_cache_stats cache;
  rel_source_stats loads;
  rel_cache_space_stats_now(rel_source_space(source), &cache);
  rel_source_stats_now(source, &loads);
  Relations__V1__RelationCounters *counters = rel_arena_alloc(arena, sizeof *counters);
  relations__v1__relation_counters__init(counters);
  counters->model = (char *)rel_arena_copy(arena, model->name).ptr;
  counters->relation = (char *)rel_arena_copy(arena, relation).ptr;
  counters->counters = new_counters(arena, &cache, &loads);
  return counters;
}

static bool used(const Relations__V1__Counters *counters) {
  return counters->hits + counters->misses + counters->statements > 0;
}

static void add_model_counters(rel_arena *arena, const rel_snapshot *snapshot, const rel_model *model,
                               Relations__V1__RelationCounters **list, size_t *n) {
  size_t count;
  const rel_loadable *loadables = rel_snapshot_loadables(snapshot, model, &count);
  for (size_t i = 0; i < count; i++) {
    rel_str name = loadables[i].relation != NULL ? loadables[i].relation->name : rel_cstr("");
    list[*n] = new_relation_counters(arena, model, name, loadables[i].source);
    if (used(list[*n]->counters)) ++*n;
    if (loadables[i].owner_source == NULL) continue;
    rel_str lookup = rel_arena_printf(arena, REL_STR_F "#key", REL_STR_A(name));
    list[*n] = new_relation_counters(arena, model, lookup, loadables[i].owner_source);
    if (used(list[*n]->counters)) ++*n;
  }
}

static size_t most_counters(const rel_schema *schema) {
  size_t most = 0;
  for (size_t i = 0; i < schema->model_count; i++)
    most += 2 * (schema->models[i]->relation_count + 1);
  return most;
}

static void handle_stats(rel_call *call, void *context) {
  const rel_services *services = context;
  rel_arena *arena = rel_call_arena(call);
  rel_snapshot *snapshot = rel_registry_pin(services->registry);
  const rel_schema *schema = rel_snapshot_schema(snapshot);
  Relations__V1__StatsResponse response;
  relations__v1__stats_response__init(&response);

  rel_cache_stats total;
  rel_source_stats loads;
  rel_cache_limits limits;
  rel_cache_stats_now(services->cache, &total);
  rel_snapshot_stats_now(snapshot, &loads);
  rel_cache_limits_now(services->cache, &limits);
  response.total = new_counters(arena, &total, &loads);
  response.max_bytes = limits.max_bytes;
  response.max_entries = limits.max_entries == UINT64_MAX ? 0 : limits.max_entries;
  response.relations = REL_ARENA_ARRAY(arena, Relations__V1__RelationCounters *, most_counters(schema) + 1);
  for (size_t i = 0; i < schema->model_count; i++)
    add_model_counters(arena, snapshot, schema->models[i], response.relations, &response.n_relations);
  rel_call_write_message(call, &response.base);
  rel_snapshot_unref(snapshot);
  rel_call_finish(call);
}

// --- Scopes ---

// Calls `each` for the spaces of one loadable.
static void each_space(const rel_loadable *loadable, void (*each)(rel_cache_space *space, void *context),
                       void *context) {
  each(rel_source_space(loadable->source), context);
  if (loadable->owner_source != NULL) each(rel_source_space(loadable->owner_source), context);
}

static void each_space_of_model(const rel_snapshot *snapshot, const rel_model *model,
                                void (*each)(rel_cache_space *space, void *context), void *context) {
  size_t count;
  const rel_loadable *loadables = rel_snapshot_loadables(snapshot, model, &count);
  for (size_t i = 0; i < count; i++)
    each_space(&loadables[i], each, context);
}

// A relation by name, or Get of the model when the name is empty.
static rel_code find_loadable(const rel_snapshot *snapshot, const char *model_name, const char *relation,
                              const rel_loadable **out, rel_error *error) {
  if (relation[0] != '\0')
    return rel_snapshot_find(snapshot, rel_cstr(model_name), rel_cstr(relation), out, error);
  const rel_model *model;
  rel_code code = rel_snapshot_find_model(snapshot, rel_cstr(model_name), &model, error);
  if (code != REL_OK) return code;
  *out = rel_snapshot_get(snapshot, model);
  if (*out == NULL)
    return rel_fail_field(error, REL_INVALID, "model", "%s is abstract: it has no records of its own",
                          model_name);
  return REL_OK;
}

// --- Configure ---

static void configure_space(rel_cache_space *space, void *context) {
  const Relations__V1__ConfigureRequest *request = context;
  rel_cache_space_settings settings;
  rel_cache_space_settings_now(space, &settings);
  if (request->enabled != RELATIONS__V1__TOGGLE__TOGGLE_UNSPECIFIED)
    settings.enabled = request->enabled == RELATIONS__V1__TOGGLE__TOGGLE_ON;
  if (request->ttl != NULL) settings.ttl_ns = request->ttl->seconds * REL_NS_PER_S + request->ttl->nanos;
  if (request->no_ttl) settings.ttl_ns = REL_NEVER;
  bool global = request->model[0] == '\0';
  if (request->max_bytes != NULL && !global) settings.max_bytes = request->max_bytes->value;
  if (request->max_entries != NULL && !global) settings.max_entries = request->max_entries->value;
  rel_cache_space_configure(space, &settings);
}

static void configure_all(const rel_services *services, const rel_snapshot *snapshot,
                          Relations__V1__ConfigureRequest *request) {
  rel_cache_limits limits;
  rel_cache_limits_now(services->cache, &limits);
  if (request->max_bytes != NULL) limits.max_bytes = request->max_bytes->value;
  if (request->max_entries != NULL) limits.max_entries = request->max_entries->value;
  rel_cache_configure(services->cache, &limits);
  const rel_schema *schema = rel_snapshot_schema(snapshot);
  for (size_t i = 0; i < schema->model_count; i++)
    each_space_of_model(snapshot, schema->models[i], configure_space, request);
}

static rel_code check_configure(const Relations__V1__ConfigureRequest *request, rel_error *error) {
  const Google__Protobuf__Duration *ttl = request->ttl;
  if (ttl != NULL && request->no_ttl)
    return rel_fail_field(error, REL_INVALID, "no_ttl", "set ttl or no_ttl, not both");
  if (ttl != NULL &&
      (ttl->seconds < 0 || ttl->nanos < 0 || ttl->nanos > 999999999 || ttl->seconds > 100LL * 366 * 86400))
    return rel_fail_field(error, REL_INVALID, "ttl", "ttl must lie between 0 and 100 years");
  if (request->enabled < RELATIONS__V1__TOGGLE__TOGGLE_UNSPECIFIED ||
      request->enabled > RELATIONS__V1__TOGGLE__TOGGLE_OFF)
    return rel_fail_field(error, REL_INVALID, "enabled", "enabled is TOGGLE_ON or TOGGLE_OFF");
  if (request->model[0] == '\0' && request->relation[0] != '\0')
    return rel_fail_field(error, REL_INVALID, "model", "a relation needs its model");
  return REL_OK;
}

static rel_code configure(const rel_services *services, const rel_snapshot *snapshot, rel_call *call,
                          rel_error *error) {
  ProtobufCMessage *message;
  const rel_loadable *loadable;
  rel_code code = rel_call_unpack(call, &relations__v1__configure_request__descriptor, &message, error);
  if (code != REL_OK) return code;
  Relations__V1__ConfigureRequest *request = (Relations__V1__ConfigureRequest *)message;
  code = check_configure(request, error);
  if (code != REL_OK) return code;
  if (request->model[0] == '\0') {
    configure_all(services, snapshot, request);
    return REL_OK;
  }
  code = find_loadable(snapshot, request->model, request->relation, &loadable, error);
  if (code == REL_OK) each_space(loadable, configure_space, request);
  return code;
}

// --- Clear ---

static void clear_space(rel_cache_space *space, void *cleared) {
  *(uint64_t *)cleared += rel_cache_clear_space(space);
}

// A load that a worker waits for.
typedef struct wait {
  pthread_mutex_t lock;
  pthread_cond_t ended;
  rel_load *load;
  rel_code code;
  rel_error error;
  bool done;
} wait;

static void wait_done(rel_load *load, const rel_error *error, void *context) {
  wait *w = context;
  pthread_mutex_lock(&w->lock);
  w->load = load;
  w->code = error != NULL ? error->code : REL_OK;
  if (error != NULL) w->error = *error;
  w->done = true;
  pthread_cond_signal(&w->ended);
  pthread_mutex_unlock(&w->lock);
}

static rel_code load_and_wait(rel_call *call, rel_source *source, const rel_request_keys *keys,
                              rel_load **out, rel_error *error) {
  wait w = {.lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};
  rel_load_start(&(rel_load_request){
      .source = source,
      .keys = keys->items,
      .count = keys->count,
      .deadline_ns = rel_call_deadline_ns(call),
      .max_bytes = SIZE_MAX,
      .arena = rel_call_arena(call),
      .done = wait_done,
      .context = &w,
  });
  pthread_mutex_lock(&w.lock);
  while (!w.done)
    pthread_cond_wait(&w.ended, &w.lock);
  pthread_mutex_unlock(&w.lock);
  *out = w.load;
  if (w.code != REL_OK && error != NULL) *error = w.error;
  return w.code;
}

// A Clear while it is carried out.
typedef struct clearing {
  const rel_services *services;
  const rel_snapshot *snapshot;
  rel_call *call;
  uint64_t cleared; // entries
  rel_error *error;
} clearing;

static void clear_key(clearing *c, rel_source *source, const rel_request_key *key) {
  if (!key->is_null) c->cleared += rel_cache_remove(rel_source_space(source), key->bytes);
}

static void clear_keys(clearing *c, rel_source *source, const rel_request_keys *keys) {
  for (size_t i = 0; i < keys->count; i++)
    clear_key(c, source, &keys->items[i]);
}

// What owners' relation joins on has to be looked up before their entries can be found.
static rel_code clear_through_owner(clearing *c, const rel_loadable *loadable, const rel_request_keys *keys) {
  rel_load *owners;
  rel_code code = load_and_wait(c->call, loadable->owner_source, keys, &owners, c->error);
  for (size_t i = 0; code == REL_OK && i < keys->count; i++) {
    rel_request_key joined = {.is_null = false};
    if (!keys->items[i].is_null && rel_load_key(owners, i, &joined.bytes) == REL_FOUND_KEY)
      clear_key(c, loadable->source, &joined);
  }
  rel_load_fini(owners);
  clear_keys(c, loadable->owner_source, keys);
  return code;
}

static rel_code clear_owners_of(clearing *c, const rel_loadable *loadable, const rel_request_keys *keys) {
  if (loadable->owner_source != NULL) return clear_through_owner(c, loadable, keys);
  clear_keys(c, loadable->source, keys);
  return REL_OK;
}

static rel_code read_keys(clearing *c, const Relations__V1__Keys *keys, const char *name, rel_key_shape shape,
                          rel_request_keys *out) {
  rel_keys_expected expected = {.name = name, .shape = shape, .max_keys = c->services->max_keys};
  return rel_keys_read(keys, &expected, rel_call_arena(c->call), out, c->error);
}

static rel_code clear_by_reference(clearing *c, const Relations__V1__OwnerScope *scope) {
  const rel_loadable *loadable;
  rel_request_keys keys;
  rel_code code =
      rel_snapshot_find(c->snapshot, rel_cstr(scope->model), rel_cstr(scope->relation), &loadable, c->error);
  if (code == REL_OK)
    code = read_keys(c, scope->reference_keys, "owners.reference_keys",
                     rel_owner_key_shape(loadable->relation), &keys);
  if (code == REL_OK) clear_keys(c, loadable->source, &keys);
  return code;
}

static rel_code clear_by_owner(clearing *c, const Relations__V1__OwnerScope *scope) {
  const rel_model *model;
  const rel_loadable *loadables;
  rel_request_keys keys;
  size_t count = 1;
  rel_code code = find_loadable(c->snapshot, scope->model, scope->relation, &loadables, c->error);
  if (code != REL_OK) return code;
  model = rel_schema_model(rel_snapshot_schema(c->snapshot), rel_cstr(scope->model));
  if (scope->relation[0] == '\0') loadables = rel_snapshot_loadables(c->snapshot, model, &count);
  code = read_keys(c, scope->owner_keys, "owners.owner_keys", rel_primary_key_shape(model), &keys);
  for (size_t i = 0; code == REL_OK && i < count; i++)
    code = clear_owners_of(c, &loadables[i], &keys);
  return code;
}

static rel_code clear_owners(clearing *c, const Relations__V1__OwnerScope *scope) {
  switch (scope->key_case) {
  case RELATIONS__V1__OWNER_SCOPE__KEY_OWNER_KEYS:
    return clear_by_owner(c, scope);
  case RELATIONS__V1__OWNER_SCOPE__KEY_REFERENCE_KEYS:
    return clear_by_reference(c, scope);
  default:
    return rel_fail_field(c->error, REL_INVALID, "owners.owner_keys",
                          "no key: set owner_keys or reference_keys");
  }
}

static rel_code clear_scope(clearing *c, const Relations__V1__ClearRequest *request) {
  const rel_model *model;
  const rel_loadable *loadable;
  rel_code code;
  switch (request->scope_case) {
  case RELATIONS__V1__CLEAR_REQUEST__SCOPE_ALL:
    if (!request->all) return rel_fail_field(c->error, REL_INVALID, "all", "all is true or left out");
    c->cleared = rel_cache_clear(c->services->cache);
    return REL_OK;
  case RELATIONS__V1__CLEAR_REQUEST__SCOPE_MODEL:
    code = rel_snapshot_find_model(c->snapshot, rel_cstr(request->model), &model, c->error);
    if (code == REL_OK) each_space_of_model(c->snapshot, model, clear_space, &c->cleared);
    return code;
  case RELATIONS__V1__CLEAR_REQUEST__SCOPE_RELATION:
    code = rel_snapshot_find(c->snapshot, rel_cstr(request->relation->model),
                             rel_cstr(request->relation->relation), &loadable, c->error);
    if (code == REL_OK) each_space(loadable, clear_space, &c->cleared);
    return code;
  case RELATIONS__V1__CLEAR_REQUEST__SCOPE_OWNERS:
    return clear_owners(c, request->owners);
  default:
    return rel_fail_field(c->error, REL_INVALID, "all",
                          "nothing to clear: set all, model, relation or owners");
  }
}

static rel_code clear(const rel_services *services, const rel_snapshot *snapshot, rel_call *call,
                      rel_error *error) {
  ProtobufCMessage *message;
  clearing c = {.services = services, .snapshot = snapshot, .call = call, .error = error};
  rel_code code = rel_call_unpack(call, &relations__v1__clear_request__descriptor, &message, error);
  if (code == REL_OK) code = clear_scope(&c, (const Relations__V1__ClearRequest *)message);
  if (code != REL_OK) return code;
  Relations__V1__ClearResponse response = RELATIONS__V1__CLEAR_RESPONSE__INIT;
  response.cleared = c.cleared;
  rel_call_write_message(call, &response.base);
  return REL_OK;
}

// --- The table ---

static void handle_configure(rel_call *call, void *context) {
  rel_services_answer(context, call, configure);
}

static void handle_clear(rel_call *call, void *context) {
  rel_services_answer(context, call, clear);
}

size_t rel_cache_methods(rel_services *services, rel_method *table) {
  const rel_method methods[] = {
      {"/relations.v1.CacheService/Stats", REL_UNARY, REL_RUN_WORKER, handle_stats, services},
      {"/relations.v1.CacheService/Configure", REL_UNARY, REL_RUN_WORKER, handle_configure, services},
      {"/relations.v1.CacheService/Clear", REL_UNARY, REL_RUN_WORKER, handle_clear, services},
  };
  memcpy(table, methods, sizeof methods);
  return sizeof methods / sizeof methods[0];
}
