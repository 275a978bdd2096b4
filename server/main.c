// relationsd: puts the rooms together, serves until SIGTERM or SIGINT, and takes them apart in order.
//
// The order is the layers': store and cache, registry, services, rpc; and back. Knows every room's header and
// nothing of their insides.
#include "common/log.h"
#include "common/schema/compile.h"
#include "server/config.h"
#include "server/handlers/health.h"
#include "server/handlers/reflection.h"
#include "server/handlers/services.h"
#include "server/rpc/accept.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define VERSION "0.1.0"

// Everything that runs; zeroed, and ended in reverse order however far it came.
typedef struct server {
  rel_config config;
  rel_store *store;
  rel_loaders *loaders;
  rel_cache *cache;
  rel_registry *registry;
  rel_services services;
  rel_token_key token_key;
  size_t ahead_bytes; // of all streams
  rel_health *health;
  rel_reflection *reflection;
  rel_rpc *rpc;
} server;

// --- Schema ---

static void report(const rel_findings *findings) {
  for (size_t i = 0; i < findings->count; i++) {
    const rel_finding *finding = &findings->items[i];
    rel_buf line = {0};
    rel_finding_format(finding, &line);
    if (finding->severity == REL_ERROR)
      fprintf(stderr, "%s\n", rel_buf_text(&line));
    else
      REL_LOG(REL_LOG_WARN, "schema_warning", rel_log_text("finding", rel_buf_view(&line)));
    rel_buf_fini(&line);
  }
}

static rel_code apply_schema(server *s, rel_error *error) {
  rel_schema_sources sources = {
      .paths = s->config.schema.items,
      .path_count = s->config.schema.count,
      .include_dirs = s->config.proto_path.items,
      .include_count = s->config.proto_path.count,
  };
  rel_buf set = {0};
  rel_findings findings = {0};
  char digest[33];
  rel_code code = rel_schema_load(&sources, &set, error);
  if (code == REL_OK)
    code = rel_registry_apply(s->registry, rel_buf_view(&set), rel_cstr(""), &findings, digest, error);
  report(&findings);
  if (code == REL_OK) REL_LOG(REL_LOG_INFO, "schema_applied", rel_log_text("digest", rel_cstr(digest)));
  rel_findings_fini(&findings);
  rel_buf_fini(&set);
  return code;
}

// --- Starting ---

// A setting that is empty is not set.
static const char *given(const char *text) {
  return text != NULL && text[0] != '\0' ? text : NULL;
}

// No job comes before there is a registry.
static void database_replaced(void *context) {
  rel_registry_refresh(((server *)context)->registry);
}

static rel_code open_data(server *s, rel_error *error) {
  const rel_config *config = &s->config;
  rel_store_options store = {.url = config->database,
                             .connections = (unsigned)config->connections,
                             .replaced = database_replaced,
                             .replaced_context = s};
  rel_code code = rel_store_open(&store, &s->store, error);
  if (code != REL_OK) return code;
  rel_loaders_options loaders = {.loaders = config->loader.items,
                                 .count = config->loader.count,
                                 .directory = given(config->loader_dir),
                                 .calls = (unsigned)config->loader_calls,
                                 .tls_ca_file = config->loader_tls_ca,
                                 .tls_cert_file = config->loader_tls_cert,
                                 .tls_key_file = config->loader_tls_key,
                                 .token_file = config->loader_token_file,
                                 .max_answer_bytes = config->max_answer_bytes};
  code = rel_loaders_new(&loaders, &s->loaders, error);
  if (code != REL_OK) return code;
  rel_cache_limits limits = {.max_bytes = config->cache ? config->cache_bytes : 0,
                             .max_entries = config->cache_entries};
  s->cache = rel_cache_new(&limits);
  rel_snapshot_options snapshot = {
      .store = s->store,
      .loaders = s->loaders,
      .cache = s->cache,
      .cache_defaults = {.enabled = config->cache,
                         .ttl_ns = config->cache_ttl_ns,
                         .max_bytes = UINT64_MAX,
                         .max_entries = UINT64_MAX},
      .limits = {.max_bytes = config->max_owner_bytes, .max_rows = config->max_owner_rows},
  };
  s->registry = rel_registry_new(&snapshot);
  return apply_schema(s, error);
}

static const rel_schema *pin_schema(void *registry, const rel_typed **typed, void **pinned) {
  rel_snapshot *snapshot = rel_registry_pin(registry);
  *typed = rel_snapshot_typed(snapshot);
  *pinned = snapshot;
  return rel_snapshot_schema(snapshot);
}

static void unpin_schema(void *registry, void *pinned) {
  (void)registry;
  rel_snapshot_unref(pinned);
}

static bool serves_typed(rel_str service, void *registry) {
  rel_snapshot *snapshot = rel_registry_pin(registry);
  bool serves = rel_typed_service_named(rel_snapshot_typed(snapshot), service) != NULL;
  rel_snapshot_unref(snapshot);
  return serves;
}

// Typed services have come and gone with the schema.
static void schema_applied(void *health) {
  rel_health_refresh(health);
}

static size_t fill_table(server *s, rel_method *table) {
  size_t count = rel_relation_methods(&s->services, table);
  count += rel_registry_methods(&s->services, table + count);
  count += rel_cache_methods(&s->services, table + count);
  rel_health_methods(s->health, table + count);
  rel_reflection_methods(s->reflection, table + count + REL_HEALTH_METHODS);
  return count + REL_HEALTH_METHODS + REL_REFLECTION_METHODS;
}

static void announce_services(server *s) {
  static const char *const served[] = {"relations.v1.RelationService", "relations.v1.RegistryService",
                                       "relations.v1.CacheService"};
  rel_health_set(s->health, rel_cstr(""), true);
  for (size_t i = 0; i < sizeof served / sizeof served[0]; i++) {
    rel_health_set(s->health, rel_cstr(served[i]), true);
    rel_reflection_add_service(s->reflection, rel_cstr(served[i]));
  }
}

static rel_code make_token_key(server *s, rel_error *error) {
  const char *file = given(s->config.page_token_key_file);
  return file != NULL ? rel_token_key_read(file, &s->token_key, error)
                      : rel_token_key_random(&s->token_key, error);
}

static rel_code open_services(server *s, rel_error *error) {
  const rel_config *config = &s->config;
  rel_code code = make_token_key(s, error);
  if (code != REL_OK) return code;
  s->services = (rel_services){
      .registry = s->registry,
      .cache = s->cache,
      .store = s->store,
      .token_key = &s->token_key,
      .max_keys = config->max_keys,
      .max_answer_bytes = config->max_answer_bytes,
      .trees = {.limits = {.max_nodes = config->max_include_relations,
                           .max_depth = config->max_include_depth,
                           .max_records = config->max_include_records,
                           .max_bytes = config->max_answer_bytes},
                .token_key = &s->token_key,
                .statements = 1},
      .budget = {.max_statements = config->max_statements,
                 .max_records = SIZE_MAX,
                 .max_time_ns = config->max_database_time_ns},
      .ahead_bytes = &s->ahead_bytes,
      .allow_apply = config->allow_apply,
  };
  s->health = rel_health_new();
  rel_health_set_source(s->health, serves_typed, s->registry);
  s->services.applied = schema_applied;
  s->services.applied_context = s->health;
  rel_reflection_source source = {pin_schema, unpin_schema, s->registry};
  code = rel_reflection_new(&source, &s->reflection, error);
  if (code != REL_OK) return code;
  announce_services(s);
  rel_method table[REL_SERVICE_METHODS_MAX + REL_HEALTH_METHODS + REL_REFLECTION_METHODS];
  rel_rpc_options options = {
      .listen = config->listen.items,
      .listen_count = config->listen.count,
      .tls = {given(config->tls_cert), given(config->tls_key), given(config->tls_client_ca)},
      .token_file = given(config->token_file),
      .open_methods = (const char *const[]){REL_HEALTH_CHECK, NULL},
      .queues = (unsigned)config->queues,
      .workers = (unsigned)config->workers,
      .max_message_bytes = config->max_message_bytes,
      .max_calls = config->max_calls,
      .max_depth = (unsigned)config->max_depth,
      .default_deadline_ns = config->default_deadline_ns,
      .max_deadline_ns = config->max_deadline_ns,
      .max_unsent_bytes = config->max_unsent_bytes,
      .max_received_bytes = config->max_received_bytes,
      .grace_ns = config->grace_ns,
      .max_connection_age_ns = config->max_connection_age_ns,
      .fallback = rel_typed_fallback(&s->services),
  };
  return rel_rpc_new(&options, table, fill_table(s, table), &s->rpc, error);
}

static void start(server *s) {
  rel_rpc_start(s->rpc);
  for (size_t i = 0; i < s->config.listen.count; i++)
    REL_LOG(REL_LOG_INFO, "listening", rel_log_text("address", rel_cstr(s->config.listen.items[i])),
            rel_log_number("port", rel_rpc_port(s->rpc, i)));
}

// --- Stopping ---

static void stop(server *s) {
  rel_health_drain(s->health);
  rel_rpc_stop(s->rpc);
}

// Calls need the store and the loaders to end, so these stop after them; a snapshot's plans are theirs, so
// they are freed after it.
static void end(server *s) {
  rel_rpc_free(s->rpc);
  rel_reflection_free(s->reflection);
  rel_health_free(s->health);
  rel_loaders_stop(s->loaders);
  if (s->store != NULL) s->store->ops->stop(s->store);
  rel_registry_free(s->registry);
  rel_cache_free(s->cache);
  rel_loaders_free(s->loaders);
  if (s->store != NULL) s->store->ops->free(s->store);
  rel_config_fini(&s->config);
}

static void serve_until_told(server *s) {
  sigset_t signals;
  int number;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  start(s);
  sigwait(&signals, &number);
  REL_LOG(REL_LOG_INFO, "stopping", rel_log_number("signal", number));
  pthread_sigmask(SIG_UNBLOCK, &signals, NULL); // told again: end at once
  stop(s);
  REL_LOG(REL_LOG_INFO, "stopped", rel_log_number("signal", number));
}

// Before the first thread, which inherits it: signals wait for sigwait; a closed connection is an error of
// write.
static void set_signals(void) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, NULL);
  signal(SIGPIPE, SIG_IGN);
}

// Each connection takes a descriptor.
static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
    REL_LOG(REL_LOG_WARN, "descriptor_limit_not_raised", rel_log_text("error", rel_cstr(strerror(errno))));
}

static int print_help(void) {
  rel_buf help = {0};
  rel_config_help(&help);
  fputs(rel_buf_text(&help), stdout);
  rel_buf_fini(&help);
  return 0;
}

static int fail(const rel_error *error) {
  fprintf(stderr, "relationsd: %s\n", error->message);
  return 1;
}

int main(int argc, char **argv) {
  server s = {0};
  rel_error error;
  int status = 0;
  if (rel_config_read(argc, (const char *const *)argv, &s.config, &error) != REL_OK) {
    status = fail(&error);
  } else if (s.config.mode == REL_CONFIG_HELP) {
    status = print_help();
  } else if (s.config.mode == REL_CONFIG_VERSION) {
    puts("relationsd " VERSION);
  } else {
    set_signals();
    rel_log_set_level(s.config.log_level);
    raise_descriptor_limit();
    rel_accept_guard();
    rel_code code = open_data(&s, &error);
    if (code == REL_OK) code = open_services(&s, &error);
    if (code == REL_OK)
      serve_until_told(&s);
    else
      status = fail(&error);
  }
  end(&s);
  return status;
}
