// The benchmark of queries and custom loaders: a page and a long stream next to the same SQL by hand in this
// process, and a loader's hit and miss next to the loader asked directly. One command, one table:
// bazel run -c opt //tests/bench:query_bench
//
// Servers and what is done by hand run on one core, this client on another.
#include "common/arena.h"
#include "query_bench.relations.h"
#include "tests/bench/bench_data.h"
#include "tests/bench/measure.h"
#include "tests/bench/query_data.h"

#include <grpc/grpc.h>
#include <stdio.h>

enum { LOADER_KEYS = 100, CONCURRENCY = 8 };

static const char LOAD[] = "/relations.v1.RelationService/Load";
static const char QUERY[] = "/relations.v1.RelationService/Query";
static const char LOAD_BATCH[] = "/relations.v1.LoaderService/LoadBatch";

typedef enum thing {
  PAGE,
  PAGE_BY_HAND,
  STREAM,
  STREAM_BY_HAND,
  STREAM_TO_SDK,
  SORTED,
  SORTED_BY_HAND,
  HIT_ONE,
  HIT,
  MISS,
  DIRECT,
  THINGS
} thing;

static const char *const NAMES[THINGS] = {
    [PAGE] = "page of 20, by a filter",         [PAGE_BY_HAND] = "  by hand, in process",
    [STREAM] = "stream of every record",        [STREAM_BY_HAND] = "  by hand, in process",
    [STREAM_TO_SDK] = "  read by the C SDK",    [SORTED] = "stream that has to be sorted",
    [SORTED_BY_HAND] = "  by hand, in process", [HIT_ONE] = "custom loader, hit, 1 key",
    [HIT] = "custom loader, hit, 100 keys",     [MISS] = "custom loader, miss, 100 keys",
    [DIRECT] = "  the loader asked directly",
};

typedef struct bench {
  rel_bench_settings settings;
  rel_bench_place place;
  rel_arena arena;
  rel_bench_server cached;
  rel_bench_server uncached;
  rel_bench_server loader;
  rel_by_hand *by_hand;
  rel_client *sdk;
  rel_figures figures[THINGS];
  rel_samples ratio[THINGS]; // of CPU, to what stands below it
  rel_samples sdk_cpu_us;    // of this process, for each record
  rel_samples miss_loader_cpu_us;
} bench;

// --- What is asked ---

static unsigned records_of(const bench *b, thing of) {
  switch (of) {
  case PAGE:
  case PAGE_BY_HAND:
    return REL_READINGS_PAGE;
  case STREAM:
  case STREAM_BY_HAND:
  case STREAM_TO_SDK:
  case SORTED:
  case SORTED_BY_HAND:
    return b->settings.size * REL_READINGS_OF_A_SENSOR;
  case HIT_ONE:
    return REL_NOTES_OF_A_SENSOR;
  default:
    return LOADER_KEYS * REL_NOTES_OF_A_SENSOR;
  }
}

static rel_load_options load_of(bench *b, thing of) {
  rel_load_options load = {.concurrency = CONCURRENCY, .max_ns = rel_bench_span_ns(&b->settings)};
  static rel_str streams[THINGS];
  switch (of) {
  case PAGE:
    load.method = QUERY;
    load.streams = true;
    load.requests = rel_readings_page_requests(&b->arena, b->settings.size, &load.request_count);
    break;
  case STREAM:
  case SORTED:
    load.method = QUERY;
    load.streams = true;
    load.concurrency = 1;
    streams[of] = rel_readings_stream_request(&b->arena, of == SORTED);
    load.requests = &streams[of];
    load.request_count = 1;
    break;
  case DIRECT:
    load.method = LOAD_BATCH;
    load.requests = rel_notes_batch_requests(&b->arena, b->settings.size, LOADER_KEYS, &load.request_count);
    break;
  default:
    load.method = LOAD;
    load.requests = rel_notes_load_requests(&b->arena, b->settings.size, of == HIT_ONE ? 1 : LOADER_KEYS,
                                            &load.request_count);
  }
  return load;
}

// --- Measuring ---

static rel_code ask(bench *b, const rel_bench_server *server, thing of, rel_error *error) {
  rel_load_options load = load_of(b, of);
  return rel_bench_measure(server, &load, &b->figures[of], error);
}

static void compare(bench *b, thing of, thing with) {
  rel_samples_add(&b->ratio[of],
                  rel_samples_last(&b->figures[of].cpu_us) / rel_samples_last(&b->figures[with].cpu_us));
}

static bool page_by_hand(void *context, uint64_t n) {
  const bench *b = context;
  return rel_by_hand_page(b->by_hand, rel_bench_author(b->settings.size, n % b->settings.size)) > 0;
}

static bool stream_by_hand(void *context, uint64_t n) {
  const bench *b = context;
  (void)n;
  return rel_by_hand_stream(b->by_hand, false) > 0;
}

static bool sorted_by_hand(void *context, uint64_t n) {
  const bench *b = context;
  (void)n;
  return rel_by_hand_stream(b->by_hand, true) > 0;
}

static rel_code do_by_hand(bench *b, thing of, rel_bench_here *here, rel_error *error) {
  return rel_bench_measure_here(here, b, rel_bench_span_ns(&b->settings), &b->figures[of], error);
}

// What a program with the SDK makes of the stream.
typedef struct reading_sum {
  uint64_t records;
  double celsius;
} reading_sum;

static bool take_reading(void *context, const Bench__Query__V1__Reading *reading) {
  reading_sum *sum = context;
  sum->records++;
  sum->celsius += reading->celsius;
  return true;
}

static rel_code read_with_sdk(bench *b, rel_error *error) {
  rel_figures *figures = &b->figures[STREAM_TO_SDK];
  reading_sum sum = {0};
  int64_t start_ns = rel_clock_ns(), own_ns = rel_bench_own_cpu_ns();
  int64_t server_ns = rel_child_cpu_ns(&b->uncached.child);
  bench_query_v1_reading_query *query = bench_query_v1_reading_query_new(b->sdk);
  rel_code code = bench_query_v1_reading_query_each(query, take_reading, &sum, error);
  bench_query_v1_reading_query_free(query);
  rel_samples_add(&figures->calls_per_s, 1e9 / (double)(rel_clock_ns() - start_ns));
  rel_samples_add(&figures->cpu_us, (double)(rel_child_cpu_ns(&b->uncached.child) - server_ns) / 1e3);
  rel_samples_add(&b->sdk_cpu_us, (double)(rel_bench_own_cpu_ns() - own_ns) / 1e3 / (double)sum.records);
  if (code == REL_OK && sum.records != records_of(b, STREAM))
    code = rel_fail(error, REL_INTERNAL, "the stream had %llu records, not %u",
                    (unsigned long long)sum.records, records_of(b, STREAM));
  return code;
}

static rel_code queries_once(bench *b, rel_error *error) {
  rel_code code = ask(b, &b->uncached, PAGE, error);
  if (code == REL_OK) code = do_by_hand(b, PAGE_BY_HAND, page_by_hand, error);
  if (code == REL_OK) code = ask(b, &b->uncached, STREAM, error);
  if (code == REL_OK) code = do_by_hand(b, STREAM_BY_HAND, stream_by_hand, error);
  if (code == REL_OK) code = read_with_sdk(b, error);
  if (code == REL_OK) code = ask(b, &b->uncached, SORTED, error);
  if (code == REL_OK) code = do_by_hand(b, SORTED_BY_HAND, sorted_by_hand, error);
  if (code != REL_OK) return code;
  compare(b, PAGE, PAGE_BY_HAND);
  compare(b, STREAM, STREAM_BY_HAND);
  compare(b, SORTED, SORTED_BY_HAND);
  return REL_OK;
}

static rel_code loaders_once(bench *b, rel_error *error) {
  rel_code code = ask(b, &b->cached, HIT_ONE, error);
  if (code == REL_OK) code = ask(b, &b->cached, HIT, error);
  int64_t before_ns = rel_child_cpu_ns(&b->loader.child);
  if (code == REL_OK) code = ask(b, &b->uncached, MISS, error);
  double loader_us = (double)(rel_child_cpu_ns(&b->loader.child) - before_ns) / 1e3;
  if (code == REL_OK) code = ask(b, &b->loader, DIRECT, error);
  if (code != REL_OK) return code;
  double calls = rel_samples_last(&b->figures[MISS].calls_per_s) * b->settings.seconds;
  rel_samples_add(&b->miss_loader_cpu_us, loader_us / calls);
  compare(b, MISS, DIRECT);
  return REL_OK;
}

static rel_code warm(void *context, rel_error *error) {
  bench *b = context;
  rel_load_options options = load_of(b, HIT);
  rel_load_result result;
  options.max_calls = options.request_count;
  options.max_ns = REL_NEVER;
  rel_code code = rel_loadgen_run(b->cached.client, &options, &result, error);
  rel_load_result_fini(&result);
  return code;
}

static rel_code measure_once(void *context, rel_error *error) {
  rel_code code = queries_once(context, error);
  return code == REL_OK ? loaders_once(context, error) : code;
}

// --- Setting up ---

static rel_code start_relationsd(bench *b, const char *cache_bytes, const char *name, rel_bench_server *out,
                                 rel_error *error) {
  char loader[64];
  snprintf(loader, sizeof loader, "notes=127.0.0.1:%d", b->loader.child.port);
  const char *more[] = {"--loader", loader, "--cache-bytes", cache_bytes, NULL};
  return rel_bench_start_relationsd(b->settings.relationsd, "tests/bench/query_bench.binpb", more, &b->place,
                                    name, out, error);
}

static rel_code connect_all(bench *b, rel_error *error) {
  char target[32];
  rel_core_pin(rel_core(1));
  grpc_init();
  rel_bench_connect(&b->cached);
  rel_bench_connect(&b->uncached);
  rel_bench_connect(&b->loader);
  snprintf(target, sizeof target, "127.0.0.1:%d", b->uncached.child.port);
  rel_client_options options = {.target = target};
  return rel_client_connect(&options, &b->sdk, error);
}

static rel_code set_up(void *context, rel_error *error) {
  bench *b = context;
  static const char *const LOADER[] = {"tests/bench/notes_loader", NULL};
  rel_code code = rel_bench_place_new(&b->place, error);
  if (code != REL_OK) return code;
  const char *path = rel_bench_path(&b->place);
  code = rel_readings_database(path, b->settings.size, error);
  if (code == REL_OK) code = rel_bench_start(LOADER, &b->place, "loader", &b->loader, error);
  if (code == REL_OK) code = start_relationsd(b, "256MiB", "cached", &b->cached, error);
  if (code == REL_OK) code = start_relationsd(b, "0", "uncached", &b->uncached, error);
  if (code == REL_OK) code = rel_by_hand_open(path, &b->by_hand, error);
  return code == REL_OK ? connect_all(b, error) : code;
}

static void tear_down(void *context) {
  bench *b = context;
  bool connected = b->cached.client != NULL;
  rel_client_free(b->sdk);
  rel_bench_stop(&b->cached);
  rel_bench_stop(&b->uncached);
  rel_bench_stop(&b->loader);
  if (connected) grpc_shutdown();
  rel_by_hand_close(b->by_hand);
  rel_arena_fini(&b->arena);
  rel_bench_place_remove(&b->place);
}

// --- Printing ---

static void print_row(const bench *b, thing of) {
  const rel_figures *f = &b->figures[of];
  double calls = rel_samples_median(&f->calls_per_s), cpu = rel_samples_median(&f->cpu_us);
  unsigned records = records_of(b, of);
  printf("  %-30s %9.1f %11.0f", NAMES[of], calls, calls * records);
  if (f->p50_us.count > 0)
    printf(" %9.0f %9.0f", rel_samples_median(&f->p50_us), rel_samples_median(&f->p99_us));
  else
    printf(" %9s %9s", "-", "-");
  printf(" %11.2f %9.3f", cpu, cpu / records);
  if (of == STREAM || of == SORTED) printf("   %.0f messages;", rel_samples_median(&f->messages));
  if (b->ratio[of].count > 0)
    printf("   %.2f of the CPU %s", rel_samples_median(&b->ratio[of]),
           of == MISS ? "of the loader asked directly" : "by hand");
  printf("\n");
}

static void print_all(const void *context) {
  const bench *b = context;
  unsigned records = records_of(b, STREAM);
  printf("%u sensors with %d readings each; %d calls under way, 1 for streams; median of %u x %g s; %s\n",
         b->settings.size, REL_READINGS_OF_A_SENSOR, CONCURRENCY, b->settings.rounds, b->settings.seconds,
         rel_core(1) == REL_ANY_CORE ? "server and client share one core"
                                     : "server and client on a core each");
  printf("  %-30s %9s %11s %9s %9s %11s %9s\n", "", "calls/s", "records/s", "p50 us", "p99 us", "CPU us",
         "us/record");
  for (thing of = 0; of < THINGS; of++)
    print_row(b, of);
  double stream_us = rel_samples_median(&b->figures[STREAM].cpu_us) / records;
  double sdk_us = rel_samples_median(&b->sdk_cpu_us), loader_us = rel_samples_median(&b->miss_loader_cpu_us);
  printf("  beside the server's: the C SDK's CPU %.3f us a record; the loader's %.2f us a call of 100 keys\n",
         sdk_us, loader_us);
  printf("summary: page/by hand CPU %.2f; stream/by hand CPU %.2f, %.0f records a second of server CPU, "
         "%.0f of a client's; sorted/by hand CPU %.2f; loader miss/direct CPU %.2f\n",
         rel_samples_median(&b->ratio[PAGE]), rel_samples_median(&b->ratio[STREAM]), 1e6 / stream_us,
         1e6 / sdk_us, rel_samples_median(&b->ratio[SORTED]), rel_samples_median(&b->ratio[MISS]));
}

// --- The program ---

static const rel_bench_program program = {.name = "query_bench",
                                          .set_up = set_up,
                                          .begin = warm,
                                          .round = measure_once,
                                          .print = print_all,
                                          .tear_down = tear_down};

int main(int argc, char **argv) {
  static bench b = {.settings = {.rounds = 5,
                                 .seconds = 1,
                                 .size_name = "sensors",
                                 .size = 1000,
                                 .min_size = LOADER_KEYS,
                                 .max_size = 20000,
                                 .relationsd = "server/relationsd"}};
  if (!rel_bench_parse(argc, argv, &b.settings)) return 2;
  rel_arena_init(&b.arena);
  return rel_bench_run(&program, &b.settings, &b);
}
