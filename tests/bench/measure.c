// What the benchmarks share: see measure.h.
#include "tests/bench/measure.h"

#include <dirent.h>
#include <getopt.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

// --- Settings ---

enum { ROUNDS = 1, SECONDS, SIZE, RELATIONSD, CONCURRENCY, BEFORE, OPTIONS };

static void usage(const char *program, const rel_bench_settings *s) {
  fprintf(stderr,
          "Usage: %s [options]\n"
          "  --rounds N         everything is measured so often (default %u)\n"
          "  --seconds N        for so long (default %g)\n"
          "  --%-8s N       in the database, %u to %u (default %u)\n"
          "  --relationsd FILE  the server\n",
          program, s->rounds, s->seconds, s->size_name, s->min_size, s->max_size, s->size);
  if (s->max_concurrency > 0)
    fprintf(stderr, "  --concurrency N    calls under way, up to %u (default %u)\n", s->max_concurrency,
            s->concurrency);
  if (s->compares) fputs("  --before FILE      another build of it, to compare with\n", stderr);
}

static bool set(rel_bench_settings *s, int option, char *value) {
  switch (option) {
  case ROUNDS:
    s->rounds = (unsigned)strtoul(value, NULL, 10);
    return true;
  case SECONDS:
    s->seconds = strtod(value, NULL);
    return true;
  case SIZE:
    s->size = (unsigned)strtoul(value, NULL, 10);
    return true;
  case RELATIONSD:
    s->relationsd = value;
    return true;
  case CONCURRENCY:
    s->concurrency = (unsigned)strtoul(value, NULL, 10);
    return true;
  case BEFORE:
    s->before = value;
    return true;
  default:
    return false;
  }
}

static bool sensible(const rel_bench_settings *s) {
  bool calls = s->max_concurrency == 0 || (s->concurrency > 0 && s->concurrency <= s->max_concurrency);
  return s->rounds > 0 && s->rounds <= REL_BENCH_MAX_ROUNDS && s->seconds > 0 && s->size >= s->min_size &&
         s->size <= s->max_size && calls;
}

bool rel_bench_parse(int argc, char **argv, rel_bench_settings *s) {
  const rel_bench_settings defaults = *s;
  struct option options[OPTIONS] = {{"rounds", required_argument, NULL, ROUNDS},
                                    {"seconds", required_argument, NULL, SECONDS},
                                    {s->size_name, required_argument, NULL, SIZE},
                                    {"relationsd", required_argument, NULL, RELATIONSD}};
  size_t count = RELATIONSD;
  if (s->max_concurrency > 0)
    options[count++] = (struct option){"concurrency", required_argument, NULL, CONCURRENCY};
  if (s->compares) options[count++] = (struct option){"before", required_argument, NULL, BEFORE};
  bool good = true;
  for (int option; good && (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
    good = set(s, option, optarg);
  if (good && optind == argc && sensible(s)) return true;
  usage(argv[0], &defaults);
  return false;
}

int64_t rel_bench_span_ns(const rel_bench_settings *settings) {
  return (int64_t)(settings->seconds * 1e9);
}

// --- The program ---

static rel_code run_rounds(const rel_bench_program *program, unsigned rounds, void *bench, rel_error *error) {
  rel_code code = program->set_up(bench, error);
  if (code == REL_OK && program->begin != NULL) code = program->begin(bench, error);
  for (unsigned round = 0; round < rounds && code == REL_OK; round++) {
    fprintf(stderr, "%s: round %u of %u\n", program->name, round + 1, rounds);
    code = program->round(bench, error);
  }
  return code == REL_OK && program->end != NULL ? program->end(bench, error) : code;
}

int rel_bench_run(const rel_bench_program *program, const rel_bench_settings *settings, void *bench) {
  rel_error error = {0};
  rel_code code = run_rounds(program, settings->rounds, bench, &error);
  if (code == REL_OK)
    program->print(bench);
  else
    fprintf(stderr, "%s: %s\n", program->name, error.message);
  program->tear_down(bench);
  return code == REL_OK ? 0 : 1;
}

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

rel_code rel_bench_start(const char *const *argv, const rel_bench_place *place, const char *name,
                         rel_bench_server *out, rel_error *error) {
  char log[REL_BENCH_PATH + 32];
  snprintf(log, sizeof log, "%s/%s.log", place->folder, name);
  return rel_child_start(argv, rel_core(0), log, &out->child, error);
}

rel_code rel_bench_start_relationsd(const char *relationsd, const char *schema, const char *const *more,
                                    const rel_bench_place *place, const char *name, rel_bench_server *out,
                                    rel_error *error) {
  enum { OWN = 7, MOST = 24 };
  const char *argv[MOST] = {relationsd,      "--schema", schema,       "--database",
                            place->database, "--listen", "127.0.0.1:0"};
  for (size_t i = 0; more[i] != NULL && OWN + i + 1 < MOST; i++)
    argv[OWN + i] = more[i];
  return rel_bench_start(argv, place, name, out, error);
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

// --- Where it happens ---

rel_code rel_bench_place_new(rel_bench_place *place, rel_error *error) {
  static const char TEMPLATE[] = "/relations-bench-XXXXXX";
  const char *parent = getenv("TEST_TMPDIR");
  if (parent == NULL || strlen(parent) + sizeof TEMPLATE > REL_BENCH_PATH) parent = "/tmp";
  snprintf(place->folder, sizeof place->folder, "%s%s", parent, TEMPLATE);
  if (mkdtemp(place->folder) == NULL) {
    place->folder[0] = '\0';
    return rel_fail(error, REL_UNAVAILABLE, "no room for files in %s", parent);
  }
  snprintf(place->database, sizeof place->database, "sqlite:%s/bench.db", place->folder);
  return REL_OK;
}

void rel_bench_place_remove(const rel_bench_place *place) {
  DIR *folder = place->folder[0] != '\0' ? opendir(place->folder) : NULL;
  if (folder == NULL) return;
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
    if (entry->d_name[0] != '.') unlinkat(dirfd(folder), entry->d_name, 0);
  closedir(folder);
  rmdir(place->folder);
}

const char *rel_bench_path(const rel_bench_place *place) {
  return place->database + strlen("sqlite:");
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
