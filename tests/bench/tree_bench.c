// The benchmark of trees: 100 authors with their books and each book's reviews, out of the cache and with it
// off, next to a C program that asks the same database; and all authors with theirs as one stream. One
// command, one table: bazel run -c opt //tests/bench:tree_bench
//
// Servers and what is done by hand run on one core, this client on another. Before anything is measured every
// answer is compared, byte by byte.
#include "tests/bench/measure.h"
#include "tests/bench/tree_data.h"

#include <grpc/grpc.h>
#include <stdio.h>

typedef enum thing { WARM, COLD, BY_HAND, STREAM, THINGS } thing;

static const char *const NAMES[THINGS] = {
    [WARM] = "tree, everything cached",
    [COLD] = "tree, cache off",
    [BY_HAND] = "the same by hand, in process",
    [STREAM] = "all trees as a stream, cache off",
};

typedef struct bench {
  rel_bench_settings settings;
  rel_bench_place place;
  rel_arena arena;
  rel_str *requests;
  size_t request_count;
  rel_str stream;              // the request for all of them
  size_t answer_bytes;         // of one
  rel_bench_server servers[2]; // by WARM and COLD
  rel_tree_by_hand *by_hand;
  rel_figures figures[THINGS];
  rel_samples cold_ratio;   // of CPU, to by hand
  rel_samples warm_ratio;   // of by hand's CPU, to warm
  rel_samples stream_ratio; // of CPU, to as many trees by hand
} bench;

// --- Asking ---

static rel_load_options load_of(const bench *b) {
  return (rel_load_options){.method = "/relations.v1.RelationService/Get",
                            .requests = b->requests,
                            .request_count = b->request_count,
                            .concurrency = b->settings.concurrency,
                            .max_ns = rel_bench_span_ns(&b->settings)};
}

static double trees_of(const bench *b, thing of) {
  return of == STREAM ? (double)b->settings.size / REL_TREE_AUTHORS : 1;
}

static rel_load_options stream_of(bench *b) {
  b->stream = rel_tree_stream_request(&b->arena);
  return (rel_load_options){.method = "/relations.v1.RelationService/Query",
                            .streams = true,
                            .requests = &b->stream,
                            .request_count = 1,
                            .concurrency = 1,
                            .max_ns = rel_bench_span_ns(&b->settings)};
}

static rel_code check_answer(const bench *b, thing server, size_t request, rel_error *error) {
  rel_str expected = rel_tree_by_hand_answer(b->by_hand, b->settings.size, request);
  rel_load_options load = load_of(b);
  rel_load_result result;
  load.requests += request;
  load.request_count = load.concurrency = 1;
  load.max_calls = 1;
  load.max_ns = REL_NEVER;
  rel_code code = rel_loadgen_run(b->servers[server].client, &load, &result, error);
  if (code == REL_OK && !rel_str_eq(rel_buf_view(&result.answer), expected))
    code = rel_fail(error, REL_INTERNAL, "%s: answer %zu has %zu bytes that are not the %zu by hand",
                    NAMES[server], request, result.answer.len, expected.len);
  rel_load_result_fini(&result);
  return code;
}

// Every author with everything below: the records' bytes, and little around them. By hand it is whole trees,
// which may leave a few authors out.
static rel_code check_stream(bench *b, rel_error *error) {
  enum { AROUND = 64 }; // bytes of a message, at most
  rel_load_options load = stream_of(b);
  rel_load_result result;
  size_t expected = 0;
  for (size_t i = 0; i < b->request_count; i++)
    expected += rel_tree_framed_bytes(rel_tree_by_hand_answer(b->by_hand, b->settings.size, i));
  load.max_calls = 1;
  load.max_ns = REL_NEVER;
  rel_code code = rel_loadgen_run(b->servers[COLD].client, &load, &result, error);
  bool all = b->settings.size % REL_TREE_AUTHORS == 0, less = result.answer_bytes < expected;
  if (code == REL_OK && (less || (all && result.answer_bytes > expected + AROUND * result.messages)))
    code = rel_fail(error, REL_INTERNAL, "the stream has %zu bytes, of which records should be %zu",
                    (size_t)result.answer_bytes, expected);
  rel_load_result_fini(&result);
  return code;
}

// The warm server's first answers fill its cache, the second come out of it.
static rel_code check_answers(void *context, rel_error *error) {
  bench *b = context;
  rel_code code = REL_OK;
  for (size_t i = 0; i < b->request_count && code == REL_OK; i++) {
    code = check_answer(b, COLD, i, error);
    if (code == REL_OK) code = check_answer(b, WARM, i, error);
    if (code == REL_OK) code = check_answer(b, WARM, i, error);
  }
  if (code == REL_OK) code = check_stream(b, error);
  b->answer_bytes = rel_tree_by_hand_answer(b->by_hand, b->settings.size, 0).len;
  return code;
}

// --- Measuring ---

static bool answer_by_hand(void *context, uint64_t n) {
  const bench *b = context;
  return rel_tree_by_hand_answer(b->by_hand, b->settings.size, n % b->request_count).len > 0;
}

static rel_code measure_once(void *context, rel_error *error) {
  bench *b = context;
  rel_load_options load = load_of(b);
  rel_figures *f = b->figures;
  rel_code code = rel_bench_measure(&b->servers[WARM], &load, &f[WARM], error);
  if (code == REL_OK) code = rel_bench_measure(&b->servers[COLD], &load, &f[COLD], error);
  if (code == REL_OK) code = rel_bench_measure_here(answer_by_hand, b, load.max_ns, &f[BY_HAND], error);
  load = stream_of(b);
  if (code == REL_OK) code = rel_bench_measure(&b->servers[COLD], &load, &f[STREAM], error);
  if (code != REL_OK) return code;
  double by_hand = rel_samples_last(&f[BY_HAND].cpu_us);
  rel_samples_add(&b->cold_ratio, rel_samples_last(&f[COLD].cpu_us) / by_hand);
  rel_samples_add(&b->warm_ratio, by_hand / rel_samples_last(&f[WARM].cpu_us));
  rel_samples_add(&b->stream_ratio, rel_samples_last(&f[STREAM].cpu_us) / (by_hand * trees_of(b, STREAM)));
  return REL_OK;
}

// --- Setting up ---

static rel_code start(bench *b, const char *cache_bytes, const char *name, thing server, rel_error *error) {
  const char *more[] = {"--cache-bytes", cache_bytes, NULL};
  return rel_bench_start_relationsd(b->settings.relationsd, "tests/bench/tree_bench.binpb", more, &b->place,
                                    name, &b->servers[server], error);
}

static rel_code set_up(void *context, rel_error *error) {
  bench *b = context;
  rel_code code = rel_bench_place_new(&b->place, error);
  if (code != REL_OK) return code;
  const char *path = rel_bench_path(&b->place);
  code = rel_tree_database(path, b->settings.size, error);
  if (code == REL_OK) code = start(b, "1GiB", "warm", WARM, error);
  if (code == REL_OK) code = start(b, "0", "cold", COLD, error);
  if (code == REL_OK) code = rel_tree_by_hand_open(path, &b->by_hand, error);
  if (code != REL_OK) return code;
  b->requests = rel_tree_requests(&b->arena, b->settings.size, &b->request_count);
  rel_core_pin(rel_core(1));
  grpc_init();
  rel_bench_connect(&b->servers[WARM]);
  rel_bench_connect(&b->servers[COLD]);
  return REL_OK;
}

static void tear_down(void *context) {
  bench *b = context;
  bool connected = b->servers[WARM].client != NULL;
  rel_bench_stop(&b->servers[WARM]);
  rel_bench_stop(&b->servers[COLD]);
  if (connected) grpc_shutdown();
  rel_tree_by_hand_close(b->by_hand);
  rel_arena_fini(&b->arena);
  rel_bench_place_remove(&b->place);
}

// --- Printing ---

// Of a tree.
enum { RECORDS = REL_TREE_AUTHORS * (1 + REL_TREE_BOOKS_OF_AN_AUTHOR * (1 + REL_TREE_REVIEWS_OF_A_BOOK)) };

static void print_row(const bench *b, thing of) {
  const rel_figures *f = &b->figures[of];
  double cpu_us = rel_samples_median(&f->cpu_us);
  double trees = trees_of(b, of);
  printf("  %-32s %9.1f", NAMES[of], rel_samples_median(&f->calls_per_s) * trees);
  if (f->p50_us.count > 0)
    printf(" %9.2f %9.2f", rel_samples_median(&f->p50_us) / 1e3, rel_samples_median(&f->p99_us) / 1e3);
  else
    printf(" %9s %9s", "-", "-");
  printf(" %9.3f %9.3f\n", cpu_us / trees / 1e3, cpu_us / trees / RECORDS);
}

static void print_all(const void *context) {
  const bench *b = context;
  printf("trees of %d authors out of %u, %d books each, %d reviews a book: %zu bytes; %u calls under way; "
         "median of %u x %g s; %s\n",
         REL_TREE_AUTHORS, b->settings.size, REL_TREE_BOOKS_OF_AN_AUTHOR, REL_TREE_REVIEWS_OF_A_BOOK,
         b->answer_bytes, b->settings.concurrency, b->settings.rounds, b->settings.seconds,
         rel_core(1) == REL_ANY_CORE ? "server and client share one core"
                                     : "server and client on a core each");
  printf("  %-32s %9s %9s %9s %9s %9s\n", "", "trees/s", "p50 ms", "p99 ms", "CPU ms", "us/record");
  for (thing of = 0; of < THINGS; of++)
    print_row(b, of);
  double stream_us = rel_samples_median(&b->figures[STREAM].cpu_us) / trees_of(b, STREAM) / RECORDS;
  printf(
      "summary: cold/by hand CPU %.2f; by hand/warm CPU %.1f; stream/by hand CPU %.2f, %.0f records a second "
      "of server CPU\n",
      rel_samples_median(&b->cold_ratio), rel_samples_median(&b->warm_ratio),
      rel_samples_median(&b->stream_ratio), 1e6 / stream_us);
}

// --- The program ---

static const rel_bench_program program = {.name = "tree_bench",
                                          .set_up = set_up,
                                          .begin = check_answers,
                                          .round = measure_once,
                                          .print = print_all,
                                          .tear_down = tear_down};

int main(int argc, char **argv) {
  static bench b = {.settings = {.rounds = 5,
                                 .seconds = 2,
                                 .size_name = "authors",
                                 .size = 2000,
                                 .min_size = REL_TREE_AUTHORS,
                                 .max_size = 20000,
                                 .concurrency = 1,
                                 .max_concurrency = 1000,
                                 .relationsd = "server/relationsd"}};
  if (!rel_bench_parse(argc, argv, &b.settings)) return 2;
  rel_arena_init(&b.arena);
  return rel_bench_run(&program, &b.settings, &b);
}
