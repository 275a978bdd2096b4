// The benchmark: what a hit costs beside a bare echo of the same bytes, and what a miss costs beside the same
// statement without a server. One command, one table: bazel run -c opt //tests/bench:bench
//
// Servers run on one core, this client on another.
#include "common/arena.h"
#include "tests/bench/bench_data.h"
#include "tests/bench/inprocess.h"
#include "tests/bench/measure.h"

#include <grpc/grpc.h>
#include <relations/v1/cache_service.pb-c.h>
#include <stdio.h>

enum { SIZES = 3, MISS_KEYS = 100, MISS_CONCURRENCY = 8 };

static const unsigned KEYS[SIZES] = {1, 10, 100};
static const char LOAD[] = "/relations.v1.RelationService/Load";
static const char ECHO[] = "/bench.Echo/Echo";
static const char STATS[] = "/relations.v1.CacheService/Stats";

typedef struct bench {
  rel_bench_settings settings;
  rel_bench_place place;
  rel_buf schema;
  rel_arena arena;
  rel_bench_server echo;
  rel_bench_server cached;
  rel_bench_server uncached;
  rel_inprocess *inprocess;
  size_t answer_bytes[SIZES];
  uint64_t missed; // keys, once the cache was warm
  rel_figures hits[SIZES];
  rel_figures echoes[SIZES];
  rel_samples hit_ratio[SIZES];
  rel_figures misses;
  rel_figures plain;      // in process; calls are batches
  rel_samples miss_ratio; // of calls/s
  rel_samples miss_cpu_ratio;
} bench;

// --- Measuring ---

static rel_load_options load_options(bench *b, unsigned keys, unsigned concurrency) {
  rel_load_options options = {
      .method = LOAD, .concurrency = concurrency, .max_ns = rel_bench_span_ns(&b->settings)};
  options.requests = rel_bench_requests(&b->arena, b->settings.size, keys, &options.request_count);
  return options;
}

// Asks for everything once, so that it is in the cache, and learns how long answers are.
static rel_code warm(bench *b, unsigned size, rel_error *error) {
  rel_load_result result;
  rel_load_options options = load_options(b, KEYS[size], b->settings.concurrency);
  options.max_calls = options.request_count;
  options.max_ns = REL_NEVER;
  rel_code code = rel_loadgen_run(b->cached.client, &options, &result, error);
  b->answer_bytes[size] = (size_t)(result.answer_bytes / (result.calls > 0 ? result.calls : 1));
  rel_load_result_fini(&result);
  return code;
}

static rel_code cache_misses(bench *b, uint64_t *out, rel_error *error) {
  rel_load_result result;
  rel_str nothing = {"", 0};
  rel_load_options options = {.method = STATS,
                              .requests = &nothing,
                              .request_count = 1,
                              .concurrency = 1,
                              .max_calls = 1,
                              .max_ns = REL_NEVER};
  rel_code code = rel_loadgen_run(b->cached.client, &options, &result, error);
  Relations__V1__StatsResponse *stats =
      code == REL_OK ? relations__v1__stats_response__unpack(NULL, result.answer.len, result.answer.data)
                     : NULL;
  if (stats != NULL && stats->total != NULL)
    *out = stats->total->misses;
  else if (code == REL_OK)
    code = rel_fail(error, REL_INTERNAL, "the server's statistics cannot be read");
  relations__v1__stats_response__free_unpacked(stats, NULL);
  rel_load_result_fini(&result);
  return code;
}

static rel_code hits_once(bench *b, unsigned size, rel_error *error) {
  rel_load_options load = load_options(b, KEYS[size], b->settings.concurrency), echo = load;
  rel_str request = rel_bench_echo_request(&b->arena, load.requests[0].len, b->answer_bytes[size]);
  echo.method = ECHO;
  echo.requests = &request;
  echo.request_count = 1;
  rel_code code = rel_bench_measure(&b->echo, &echo, &b->echoes[size], error);
  if (code == REL_OK) code = rel_bench_measure(&b->cached, &load, &b->hits[size], error);
  if (code == REL_OK)
    rel_samples_add(&b->hit_ratio[size],
                    rel_samples_last(&b->hits[size].cpu_us) / rel_samples_last(&b->echoes[size].cpu_us));
  return code;
}

static rel_code misses_once(bench *b, rel_error *error) {
  rel_load_options load = load_options(b, MISS_KEYS, MISS_CONCURRENCY);
  rel_code code = rel_bench_measure(&b->uncached, &load, &b->misses, error);
  rel_inprocess_result result;
  if (code == REL_OK)
    code = rel_inprocess_run(b->inprocess, MISS_KEYS, rel_bench_span_ns(&b->settings), &result, error);
  if (code != REL_OK) return code;
  double batches = (double)result.keys / MISS_KEYS;
  rel_samples_add(&b->plain.calls_per_s, batches * 1e9 / (double)result.elapsed_ns);
  rel_samples_add(&b->plain.cpu_us, (double)result.cpu_ns / 1e3 / batches);
  rel_samples_add(&b->miss_cpu_ratio,
                  rel_samples_last(&b->misses.cpu_us) / rel_samples_last(&b->plain.cpu_us));
  rel_samples_add(&b->miss_ratio,
                  rel_samples_last(&b->misses.calls_per_s) / rel_samples_last(&b->plain.calls_per_s));
  return REL_OK;
}

static rel_code warm_all(void *context, rel_error *error) {
  bench *b = context;
  rel_code code = REL_OK;
  for (unsigned size = 0; size < SIZES && code == REL_OK; size++)
    code = warm(b, size, error);
  return code == REL_OK ? cache_misses(b, &b->missed, error) : code;
}

static rel_code measure_once(void *context, rel_error *error) {
  bench *b = context;
  rel_code code = REL_OK;
  for (unsigned size = 0; size < SIZES && code == REL_OK; size++)
    code = hits_once(b, size, error);
  return code == REL_OK ? misses_once(b, error) : code;
}

static rel_code check_hits(void *context, rel_error *error) {
  bench *b = context;
  uint64_t missed;
  rel_code code = cache_misses(b, &missed, error);
  if (code == REL_OK && missed != b->missed)
    code = rel_fail(error, REL_INTERNAL, "%llu keys that should have been hits were not",
                    (unsigned long long)(missed - b->missed));
  return code;
}

// --- Setting up ---

static rel_code start_relationsd(bench *b, const char *cache_bytes, const char *name, rel_bench_server *out,
                                 rel_error *error) {
  const char *more[] = {"--cache-bytes", cache_bytes, NULL};
  return rel_bench_start_relationsd(b->settings.relationsd, "tests/bench/bench.binpb", more, &b->place, name,
                                    out, error);
}

static rel_code set_up(void *context, rel_error *error) {
  bench *b = context;
  rel_code code = rel_bench_place_new(&b->place, error);
  if (code == REL_OK) code = rel_bench_database(rel_bench_path(&b->place), b->settings.size, error);
  if (code == REL_OK) code = rel_bench_read_file("tests/bench/bench.binpb", &b->schema, error);
  // Before anything here starts threads: processes are forked.
  const char *echo[] = {"tests/bench/echo_server", NULL};
  if (code == REL_OK) code = rel_bench_start(echo, &b->place, "echo", &b->echo, error);
  if (code == REL_OK) code = start_relationsd(b, "256MiB", "cached", &b->cached, error);
  if (code == REL_OK) code = start_relationsd(b, "0", "uncached", &b->uncached, error);
  if (code == REL_OK)
    code = rel_inprocess_new(b->place.database, rel_buf_view(&b->schema), b->settings.size, rel_core(0),
                             &b->inprocess, error);
  if (code != REL_OK) return code;
  rel_core_pin(rel_core(1));
  grpc_init();
  rel_bench_connect(&b->echo);
  rel_bench_connect(&b->cached);
  rel_bench_connect(&b->uncached);
  return REL_OK;
}

static void tear_down(void *context) {
  bench *b = context;
  bool connected = b->echo.client != NULL;
  rel_bench_stop(&b->uncached);
  rel_bench_stop(&b->cached);
  rel_bench_stop(&b->echo);
  if (connected) grpc_shutdown();
  rel_inprocess_free(b->inprocess);
  rel_buf_fini(&b->schema);
  rel_arena_fini(&b->arena);
  rel_bench_place_remove(&b->place);
}

// --- Printing ---

static void print_row(const char *name, const rel_figures *f, unsigned keys) {
  double calls = rel_samples_median(&f->calls_per_s), cpu = rel_samples_median(&f->cpu_us);
  printf("  %-34s %9.0f %11.0f", name, calls, calls * keys);
  if (f->p50_us.count > 0)
    printf(" %9.0f %9.0f", rel_samples_median(&f->p50_us), rel_samples_median(&f->p99_us));
  else
    printf(" %9s %9s", "-", "-");
  printf(" %10.2f %9.3f", cpu, cpu / keys);
}

static void print_hits(const bench *b, unsigned size) {
  char name[64];
  snprintf(name, sizeof name, "hit, %u key%s (%zu bytes)", KEYS[size], KEYS[size] == 1 ? "" : "s",
           b->answer_bytes[size]);
  print_row(name, &b->hits[size], KEYS[size]);
  printf("   %.2f of the echo's CPU\n", rel_samples_median(&b->hit_ratio[size]));
  print_row("  bare echo of as many bytes", &b->echoes[size], KEYS[size]);
  printf("\n");
}

static void print_all(const void *context) {
  const bench *b = context;
  const rel_bench_settings *s = &b->settings;
  printf("%u authors with 10 to 20 books; %u calls under way, %d for misses; median of %u x %g s; %s\n",
         s->size, s->concurrency, MISS_CONCURRENCY, s->rounds, s->seconds,
         rel_core(1) == REL_ANY_CORE ? "server and client share one core"
                                     : "server and client on a core each");
  printf("  %-34s %9s %11s %9s %9s %10s %9s\n", "", "calls/s", "keys/s", "p50 us", "p99 us", "CPU us",
         "us/key");
  for (unsigned size = 0; size < SIZES; size++)
    print_hits(b, size);
  print_row("miss, 100 keys, cache off", &b->misses, MISS_KEYS);
  printf("   %.2f of the in-process rate, %.2f of its CPU\n", rel_samples_median(&b->miss_ratio),
         rel_samples_median(&b->miss_cpu_ratio));
  print_row("  same statement in process", &b->plain, MISS_KEYS);
  printf("\n");
  double batch = rel_samples_median(&b->hits[SIZES - 1].cpu_us),
         single = rel_samples_median(&b->hits[0].cpu_us);
  printf(
      "summary: hit/echo CPU %.2f (1 key) %.2f (10) %.2f (100); a key inside of a batch of 100 hits %.3f us; "
      "miss/in-process rate %.2f CPU %.2f\n",
      rel_samples_median(&b->hit_ratio[0]), rel_samples_median(&b->hit_ratio[1]),
      rel_samples_median(&b->hit_ratio[2]), (batch - single) / (KEYS[SIZES - 1] - 1),
      rel_samples_median(&b->miss_ratio), rel_samples_median(&b->miss_cpu_ratio));
}

static const rel_bench_program program = {.name = "bench",
                                          .set_up = set_up,
                                          .begin = warm_all,
                                          .round = measure_once,
                                          .end = check_hits,
                                          .print = print_all,
                                          .tear_down = tear_down};

int main(int argc, char **argv) {
  static bench b = {.settings = {.rounds = 5,
                                 .seconds = 1,
                                 .size_name = "authors",
                                 .size = 5000,
                                 .min_size = 100,
                                 .max_size = 100000,
                                 .concurrency = 32,
                                 .max_concurrency = 10000,
                                 .relationsd = "server/relationsd"}};
  if (!rel_bench_parse(argc, argv, &b.settings)) return 2;
  rel_arena_init(&b.arena);
  return rel_bench_run(&program, &b.settings, &b);
}
