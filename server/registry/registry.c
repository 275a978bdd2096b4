// The registry: see registry.h.
#include "server/registry/registry.h"

#include "common/log.h"
#include "server/custom/check.h"
#include "server/query/filter.h"

#include <pthread.h>
#include <stdatomic.h>

struct rel_registry {
  rel_snapshot_options options;
  atomic_bool applying; // one apply at a time; another one is refused, not queued
  atomic_bool stale;    // what runs was compiled for another database
  rel_buf running;      // the descriptor set of what runs; whoever applies
  pthread_mutex_t lock; // of `current`; held for a reference count
  rel_snapshot *current;
};

rel_registry *rel_registry_new(const rel_snapshot_options *options) {
  rel_registry *registry = REL_NEW(rel_registry);
  registry->options = *options;
  pthread_mutex_init(&registry->lock, NULL);
  return registry;
}

void rel_registry_free(rel_registry *registry) {
  if (registry == NULL) return;
  rel_snapshot_unref(registry->current);
  rel_buf_fini(&registry->running);
  pthread_mutex_destroy(&registry->lock);
  free(registry);
}

rel_snapshot *rel_registry_pin(rel_registry *registry) {
  pthread_mutex_lock(&registry->lock);
  rel_snapshot *snapshot = registry->current != NULL ? rel_snapshot_ref(registry->current) : NULL;
  pthread_mutex_unlock(&registry->lock);
  return snapshot;
}

static rel_snapshot *exchange(rel_registry *registry, rel_snapshot *snapshot) {
  pthread_mutex_lock(&registry->lock);
  rel_snapshot *before = registry->current;
  registry->current = snapshot;
  pthread_mutex_unlock(&registry->lock);
  return before;
}

static rel_code refuse(const rel_findings *findings, rel_error *error) {
  rel_buf first = {0};
  for (size_t i = 0; i < findings->count && first.len == 0; i++)
    if (findings->items[i].severity == REL_ERROR) rel_finding_format(&findings->items[i], &first);
  rel_fail_field(error, REL_BAD_SCHEMA, "descriptor_set", "the schema has %zu error%s, the first: %s",
                 findings->errors, findings->errors == 1 ? "" : "s", rel_buf_text(&first));
  rel_buf_fini(&first);
  return REL_BAD_SCHEMA;
}

static rel_code look_at_loader(void *loaders, rel_str loader, rel_error *error) {
  return rel_loaders_check(loaders, loader, error);
}

static rel_code get_loader(void *loaders, rel_str loader, rel_error *error) {
  rel_feed ignored;
  return rel_loaders_get(loaders, loader, &ignored, error);
}

rel_code rel_registry_check(rel_registry *registry, rel_str set, rel_findings *findings, rel_schema **out,
                            rel_error *error) {
  rel_schema *schema = NULL;
  rel_store *store = registry->options.store;
  rel_code code = rel_schema_read(set, NULL, findings, &schema);
  if (code == REL_OK) rel_filters_check(schema, findings);
  if (code == REL_OK) code = store->ops->check(store, schema, findings, error);
  if (schema != NULL) rel_typed_check(schema, REL_WARNING, findings);
  // Shared objects are loaded only for a schema that is to run: who validates one may be anybody.
  bool to_run = out != NULL && findings->errors == 0;
  if (code == REL_OK)
    rel_schema_check_loaders(schema, to_run ? get_loader : look_at_loader, registry->options.loaders,
                             findings);
  rel_findings_sort(findings);
  if (findings->errors > 0) code = refuse(findings, error);
  if (code == REL_OK && out != NULL) {
    *out = schema;
    schema = NULL;
  }
  rel_schema_free(schema);
  return code;
}

static rel_code expect_digest(rel_registry *registry, rel_str expected, rel_error *error) {
  if (expected.len == 0) return REL_OK;
  rel_snapshot *snapshot = rel_registry_pin(registry);
  rel_str running = rel_cstr(snapshot != NULL ? rel_snapshot_schema(snapshot)->digest : "");
  rel_code code = REL_OK;
  if (!rel_str_eq(running, expected))
    code = rel_fail_field(error, REL_PRECONDITION, "expected_digest",
                          "the running schema's digest is " REL_STR_F "; read it again and decide anew",
                          REL_STR_A(running));
  rel_snapshot_unref(snapshot);
  return code;
}

static rel_code apply_alone(rel_registry *registry, rel_str set, rel_str expected_digest,
                            rel_findings *findings, char digest[33], rel_error *error) {
  rel_schema *schema = NULL;
  rel_snapshot *snapshot = NULL;
  rel_code code = expect_digest(registry, expected_digest, error);
  if (code == REL_OK) code = rel_registry_check(registry, set, findings, &schema, error);
  if (code == REL_OK) code = rel_snapshot_new(&registry->options, schema, &snapshot, error);
  if (code != REL_OK) return code;
  memcpy(digest, rel_snapshot_schema(snapshot)->digest, 33);
  rel_snapshot_unref(exchange(registry, snapshot));
  return REL_OK;
}

// Sequentially consistent, as is `stale`: of one who marks and one who ends, at least one sees what the other
// has written.
static bool begin_applying(rel_registry *registry) {
  return !atomic_exchange_explicit(&registry->applying, true, memory_order_seq_cst);
}

static void end_applying(rel_registry *registry) {
  atomic_store_explicit(&registry->applying, false, memory_order_seq_cst);
}

// --- Another database ---

static void log_findings(const rel_findings *findings) {
  for (size_t i = 0; i < findings->count; i++) {
    bool fails = findings->items[i].severity == REL_ERROR;
    rel_buf line = {0};
    rel_finding_format(&findings->items[i], &line);
    REL_LOG(fails ? REL_LOG_ERROR : REL_LOG_WARN, fails ? "schema_error" : "schema_warning",
            rel_log_text("finding", rel_buf_view(&line)));
    rel_buf_fini(&line);
  }
}

static void apply_again(rel_registry *registry) {
  rel_findings findings = {0};
  rel_error error;
  char digest[33];
  rel_str set = rel_buf_view(&registry->running);
  if (set.len == 0) return; // nothing runs yet
  rel_code code = apply_alone(registry, set, rel_cstr(""), &findings, digest, &error);
  log_findings(&findings);
  if (code == REL_OK)
    REL_LOG(REL_LOG_INFO, "schema_applied", rel_log_text("digest", rel_cstr(digest)));
  else
    REL_LOG(REL_LOG_ERROR, "schema_does_not_fit", rel_log_text("message", rel_cstr(error.message)));
  rel_findings_fini(&findings);
}

// Whoever sees the mark while nobody applies does it; it is looked at again after each end, so none is
// missed.
static void refresh_if_stale(rel_registry *registry) {
  while (atomic_load_explicit(&registry->stale, memory_order_seq_cst) && begin_applying(registry)) {
    if (atomic_exchange_explicit(&registry->stale, false, memory_order_seq_cst)) apply_again(registry);
    end_applying(registry);
  }
}

void rel_registry_refresh(rel_registry *registry) {
  atomic_store_explicit(&registry->stale, true, memory_order_seq_cst);
  refresh_if_stale(registry);
}

// --- Applying ---

rel_code rel_registry_apply(rel_registry *registry, rel_str set, rel_str expected_digest,
                            rel_findings *findings, char digest[33], rel_error *error) {
  if (!begin_applying(registry))
    return rel_fail(error, REL_PRECONDITION, "another schema is being applied; try again when it is done");
  rel_code code = apply_alone(registry, set, expected_digest, findings, digest, error);
  if (code == REL_OK) {
    registry->running.len = 0;
    rel_buf_str(&registry->running, set);
  }
  end_applying(registry);
  refresh_if_stale(registry);
  return code;
}
