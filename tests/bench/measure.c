// What the benchmarks share: see measure.h.
#include "tests/bench/measure.h"

#include <dirent.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

// --- Figures ---

void rel_samples_add(rel_samples *samples, double value) {
  if (samples->count < REL_BENCH_MAX_ROUNDS) samples->values[samples->count++] = value;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

double rel_samples_median(const rel_samples *samples) {
  rel_samples sorted = *samples;
  qsort(sorted.values, sorted.count, sizeof(double), by_value);
  return samples->count > 0 ? sorted.values[samples->count / 2] : 0;
}

double rel_samples_last(const rel_samples *samples) {
  return samples->values[samples->count - 1];
}

// --- Servers ---

rel_code rel_bench_start(const char *const *argv, const char *folder, const char *name, rel_bench_server *out,
                         rel_error *error) {
  char log[REL_BENCH_PATH + 32];
  snprintf(log, sizeof log, "%s/%s.log", folder, name);
  return rel_child_start(argv, rel_core(0), log, &out->child, error);
}

void rel_bench_connect(rel_bench_server *server) {
  char target[32];
  snprintf(target, sizeof target, "127.0.0.1:%d", server->child.port);
  server->client = rel_loadgen_new(target);
}

void rel_bench_stop(rel_bench_server *server) {
  rel_loadgen_free(server->client);
  server->client = NULL;
  rel_child_stop(&server->child);
}

rel_code rel_bench_measure(const rel_bench_server *server, const rel_load_options *options, rel_figures *out,
                           rel_error *error) {
  rel_load_result result;
  int64_t before_ns = rel_child_cpu_ns(&server->child);
  rel_code code = rel_loadgen_run(server->client, options, &result, error);
  double cpu_ns = (double)(rel_child_cpu_ns(&server->child) - before_ns), calls = (double)result.calls;
  rel_samples_add(&out->calls_per_s, calls * 1e9 / (double)result.elapsed_ns);
  rel_samples_add(&out->p50_us, (double)rel_histogram_quantile(&result.latency, 0.50) / 1e3);
  rel_samples_add(&out->p99_us, (double)rel_histogram_quantile(&result.latency, 0.99) / 1e3);
  rel_samples_add(&out->cpu_us, cpu_ns / 1e3 / calls);
  rel_samples_add(&out->messages, (double)result.messages / calls);
  rel_load_result_fini(&result);
  return code;
}

int64_t rel_bench_own_cpu_ns(void) {
  struct timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return (int64_t)used.tv_sec * REL_NS_PER_S + used.tv_nsec;
}

rel_code rel_bench_measure_here(rel_bench_here *here, void *context, int64_t max_ns, rel_figures *out,
                                rel_error *error) {
  rel_core_pin(rel_core(0));
  int64_t start_ns = rel_clock_ns(), cpu_ns = rel_bench_own_cpu_ns(), elapsed_ns = 0;
  uint64_t calls = 0;
  bool good = true;
  while (elapsed_ns < max_ns && good) {
    good = here(context, calls++);
    elapsed_ns = rel_clock_ns() - start_ns;
  }
  rel_samples_add(&out->cpu_us, (double)(rel_bench_own_cpu_ns() - cpu_ns) / 1e3 / (double)calls);
  rel_samples_add(&out->calls_per_s, (double)calls * 1e9 / (double)elapsed_ns);
  rel_core_pin(rel_core(1));
  return good ? REL_OK : rel_fail(error, REL_INTERNAL, "the database gave nothing");
}

// --- Files ---

rel_code rel_bench_folder_new(char path[REL_BENCH_PATH], rel_error *error) {
  static const char TEMPLATE[] = "/relations-bench-XXXXXX";
  const char *parent = getenv("TEST_TMPDIR");
  if (parent == NULL || strlen(parent) + sizeof TEMPLATE > REL_BENCH_PATH) parent = "/tmp";
  snprintf(path, REL_BENCH_PATH, "%s%s", parent, TEMPLATE);
  if (mkdtemp(path) != NULL) return REL_OK;
  path[0] = '\0';
  return rel_fail(error, REL_UNAVAILABLE, "no room for files in %s", parent);
}

void rel_bench_folder_remove(const char *path) {
  DIR *folder = path[0] != '\0' ? opendir(path) : NULL;
  if (folder == NULL) return;
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
    if (entry->d_name[0] != '.') unlinkat(dirfd(folder), entry->d_name, 0);
  closedir(folder);
  rmdir(path);
}

rel_code rel_bench_read_file(const char *path, rel_buf *out, rel_error *error) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return rel_fail(error, REL_NOT_FOUND, "cannot read %s", path);
  size_t got;
  do {
    got = fread(rel_buf_reserve(out, 1 << 16), 1, 1 << 16, file);
    out->len += got;
  } while (got > 0);
  fclose(file);
  return REL_OK;
}
