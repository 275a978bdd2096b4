// In-process lookups: see inprocess.h. The job submits itself again when a batch is done, so the store's
// thread never waits for this one.
#include "tests/bench/inprocess.h"

#include "server/loader/record_set.h"
#include "server/query/filter.h"
#include "server/store/store.h"
#include "tests/bench/bench_data.h"
#include "tests/bench/child.h"

#include <pthread.h>
#include <time.h>

struct rel_inprocess {
  rel_job job; // first
  rel_schema *schema;
  rel_arena arena; // of the lookup
  rel_store *store;
  rel_plan *plan;
  unsigned authors;
  uint64_t place;
  // Of the run; the store's thread owns them until `over`.
  unsigned batch_keys;
  rel_buf key_bytes;
  rel_str *keys;
  rel_deadline deadline;
  size_t current; // key whose rows come
  rel_buf records;
  int64_t end_ns;
  rel_inprocess_result result;
  rel_code code;
  rel_error error;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool over;
};

// Ends the record set of the key whose rows came last.
static void end_set(rel_inprocess *p) {
  if (p->records.len == 0) return;
  rel_blob *blob = rel_record_set_loaded(&p->records);
  p->result.bytes += rel_blob_view(blob).len;
  rel_blob_unref(blob);
}

static void take(rel_job *job, rel_batch *batch) {
  rel_inprocess *p = (rel_inprocess *)job;
  enum { KEY_ROOM = 16 };
  p->key_bytes.len = 0;
  rel_buf_reserve(&p->key_bytes, (size_t)p->batch_keys * KEY_ROOM);
  for (unsigned i = 0; i < p->batch_keys; i++) {
    size_t start = p->key_bytes.len;
    rel_key_put_int(&p->key_bytes, rel_bench_author(p->authors, p->place++));
    p->keys[i] = rel_bytes(p->key_bytes.data + start, p->key_bytes.len - start);
  }
  p->current = SIZE_MAX;
  *batch = (rel_batch){.keys = p->keys, .key_count = p->batch_keys, .deadline = &p->deadline};
}

static rel_code row(rel_job *job, rel_batch *batch, size_t index, rel_str bytes, rel_error *error) {
  (void)batch;
  (void)error;
  rel_inprocess *p = (rel_inprocess *)job;
  if (index != p->current) end_set(p);
  p->current = index;
  rel_record_set_add(&p->records, bytes);
  return REL_OK;
}

static void bad_row(rel_job *job, rel_batch *batch, size_t index, const rel_error *error) {
  (void)batch;
  (void)index;
  rel_inprocess *p = (rel_inprocess *)job;
  p->code = error->code;
  p->error = *error;
}

static void done(rel_job *job, rel_batch *batch, rel_code code, const rel_error *error) {
  rel_inprocess *p = (rel_inprocess *)job;
  end_set(p);
  p->result.keys += batch->key_count;
  if (code != REL_OK) {
    p->code = code;
    p->error = *error;
  }
  if (p->code == REL_OK && rel_clock_ns() < p->end_ns) {
    p->store->ops->submit(p->store, job);
    return;
  }
  pthread_mutex_lock(&p->lock);
  p->over = true;
  pthread_cond_signal(&p->changed);
  pthread_mutex_unlock(&p->lock);
}

static rel_code open_plan(rel_inprocess *p, const char *url, rel_error *error) {
  rel_store_options options = {.url = url, .connections = 1};
  rel_code code = rel_store_open(&options, &p->store, error);
  if (code != REL_OK) return code;
  const rel_model *author = rel_schema_model(p->schema, rel_cstr("bench.v1.Author"));
  const rel_relation *books = author != NULL ? rel_model_relation(author, rel_cstr("books")) : NULL;
  if (books == NULL) return rel_fail(error, REL_NO_RELATION, "no bench.v1.Author.books in the schema");
  rel_scope scope;
  code = rel_scope_read(books, &p->arena, &scope, error);
  if (code != REL_OK) return code;
  rel_lookup lookup = {.model = books->target,
                       .key = scope.key,
                       .key_count = scope.key_count,
                       .order_by = scope.order_by,
                       .order_count = scope.order_count};
  return p->store->ops->plan_new(p->store, &lookup, &p->plan, error);
}

rel_code rel_inprocess_new(const char *url, rel_str set, unsigned authors, int core, rel_inprocess **out,
                           rel_error *error) {
  rel_findings findings = {0};
  rel_inprocess *p = REL_NEW(rel_inprocess);
  rel_arena_init(&p->arena);
  pthread_mutex_init(&p->lock, NULL);
  pthread_cond_init(&p->changed, NULL);
  p->authors = authors;
  rel_code code = rel_schema_read(set, NULL, &findings, &p->schema);
  if (code != REL_OK) {
    rel_fail(error, code, "the benchmark's schema is refused");
  } else {
    rel_core_pin(core); // the store's threads inherit it
    code = open_plan(p, url, error);
  }
  rel_findings_fini(&findings);
  p->job = (rel_job){.plan = p->plan, .take = take, .row = row, .bad_row = bad_row, .done = done};
  if (code == REL_OK)
    *out = p;
  else
    rel_inprocess_free(p);
  return code;
}

void rel_inprocess_free(rel_inprocess *p) {
  if (p == NULL) return;
  if (p->plan != NULL) p->store->ops->plan_free(p->store, p->plan);
  if (p->store != NULL) {
    p->store->ops->stop(p->store);
    p->store->ops->free(p->store);
  }
  rel_arena_fini(&p->arena);
  rel_schema_free(p->schema);
  rel_buf_fini(&p->key_bytes);
  rel_buf_fini(&p->records);
  pthread_cond_destroy(&p->changed);
  pthread_mutex_destroy(&p->lock);
  free(p);
}

static int64_t process_cpu_ns(void) {
  struct timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return (int64_t)used.tv_sec * REL_NS_PER_S + used.tv_nsec;
}

rel_code rel_inprocess_run(rel_inprocess *p, unsigned keys, int64_t max_ns, rel_inprocess_result *out,
                           rel_error *error) {
  p->batch_keys = keys;
  p->keys = rel_alloc0(keys, sizeof *p->keys);
  p->code = REL_OK;
  p->over = false;
  p->result = (rel_inprocess_result){0};
  int64_t start_ns = rel_clock_ns(), cpu_ns = process_cpu_ns();
  p->end_ns = rel_clock_after(start_ns, max_ns);
  rel_deadline_set(&p->deadline, rel_clock_after(p->end_ns, 60 * REL_NS_PER_S));
  p->store->ops->submit(p->store, &p->job);
  pthread_mutex_lock(&p->lock);
  while (!p->over)
    pthread_cond_wait(&p->changed, &p->lock);
  pthread_mutex_unlock(&p->lock);
  *out = p->result;
  out->elapsed_ns = rel_clock_ns() - start_ns;
  out->cpu_ns = process_cpu_ns() - cpu_ns;
  free(p->keys);
  p->keys = NULL;
  if (p->code != REL_OK && error != NULL) *error = p->error;
  return p->code;
}
