// The benchmark of trees: 100 authors with their books and each book's reviews, out of the cache and with it
// off, next to a C program that asks the same database. One command, one table:
// bazel run -c opt //tests/bench:tree_bench
//
// Servers and what is done by hand run on one core, this client on another. Before anything is measured every
// answer is compared, byte by byte.
#include "tests/bench/measure.h"
#include "tests/bench/tree_data.h"

#include <getopt.h>
#include <grpc/grpc.h>
#include <stdio.h>

typedef enum thing { WARM, COLD, BY_HAND, THINGS } thing;

static const char *const NAMES[THINGS] = {
    [WARM] = "tree, everything cached",
    [COLD] = "tree, cache off",
    [BY_HAND] = "the same by hand, in process",
};

typedef struct bench {
  unsigned rounds;
  double seconds;
  unsigned authors;
  unsigned concurrency;
  const char *relationsd;
  char folder[REL_BENCH_PATH];
  char database[REL_BENCH_PATH + 32]; // URL
  rel_arena arena;
  rel_str *requests;
  size_t request_count;
  size_t answer_bytes;         // of one
  rel_bench_server servers[2]; // by WARM and COLD
  rel_tree_by_hand *by_hand;
  rel_figures figures[THINGS];
  rel_samples cold_ratio; // of CPU, to by hand
  rel_samples warm_ratio; // of by hand's CPU, to warm
} bench;

// --- Asking ---

static rel_load_options load_of(const bench *b) {
  return (rel_load_options){.method = "/relations.v1.RelationService/Get",
                            .requests = b->requests,
                            .request_count = b->request_count,
                            .concurrency = b->concurrency,
                            .max_ns = (int64_t)(b->seconds * 1e9)};
}

static rel_code check_answer(const bench *b, thing server, size_t request, rel_error *error) {
  rel_str expected = rel_tree_by_hand_answer(b->by_hand, b->authors, request);
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

// The warm server's first answers fill its cache, the second come out of it.
static rel_code check_answers(bench *b, rel_error *error) {
  rel_code code = REL_OK;
  for (size_t i = 0; i < b->request_count && code == REL_OK; i++) {
    code = check_answer(b, COLD, i, error);
    if (code == REL_OK) code = check_answer(b, WARM, i, error);
    if (code == REL_OK) code = check_answer(b, WARM, i, error);
  }
  b->answer_bytes = rel_tree_by_hand_answer(b->by_hand, b->authors, 0).len;
  return code;
}

// --- Measuring ---

static bool answer_by_hand(void *context, uint64_t n) {
  const bench *b = context;
  return rel_tree_by_hand_answer(b->by_hand, b->authors, n % b->request_count).len > 0;
}

static rel_code measure_once(bench *b, rel_error *error) {
  rel_load_options load = load_of(b);
  rel_figures *f = b->figures;
  rel_code code = rel_bench_measure(&b->servers[WARM], &load, &f[WARM], error);
  if (code == REL_OK) code = rel_bench_measure(&b->servers[COLD], &load, &f[COLD], error);
  if (code == REL_OK) code = rel_bench_measure_here(answer_by_hand, b, load.max_ns, &f[BY_HAND], error);
  if (code != REL_OK) return code;
  double by_hand = rel_samples_last(&f[BY_HAND].cpu_us);
  rel_samples_add(&b->cold_ratio, rel_samples_last(&f[COLD].cpu_us) / by_hand);
  rel_samples_add(&b->warm_ratio, by_hand / rel_samples_last(&f[WARM].cpu_us));
  return REL_OK;
}

static rel_code measure_all(bench *b, rel_error *error) {
  rel_code code = check_answers(b, error);
  for (unsigned round = 0; round < b->rounds && code == REL_OK; round++) {
    fprintf(stderr, "tree_bench: round %u of %u\n", round + 1, b->rounds);
    code = measure_once(b, error);
  }
  return code;
}

// --- Setting up ---

static rel_code start_relationsd(bench *b, const char *cache_bytes, thing server, rel_error *error) {
  const char *argv[] = {b->relationsd, "--schema",      "tests/bench/tree_bench.binpb",
                        "--database",  b->database,     "--listen",
                        "127.0.0.1:0", "--cache-bytes", cache_bytes,
                        NULL};
  return rel_bench_start(argv, b->folder, server == WARM ? "warm" : "cold", &b->servers[server], error);
}

static rel_code set_up(bench *b, rel_error *error) {
  rel_code code = rel_bench_folder_new(b->folder, error);
  if (code != REL_OK) return code;
  snprintf(b->database, sizeof b->database, "sqlite:%s/bench.db", b->folder);
  const char *path = b->database + strlen("sqlite:");
  code = rel_tree_database(path, b->authors, error);
  if (code == REL_OK) code = start_relationsd(b, "1GiB", WARM, error);
  if (code == REL_OK) code = start_relationsd(b, "0", COLD, error);
  if (code == REL_OK) code = rel_tree_by_hand_open(path, &b->by_hand, error);
  if (code != REL_OK) return code;
  b->requests = rel_tree_requests(&b->arena, b->authors, &b->request_count);
  rel_core_pin(rel_core(1));
  grpc_init();
  rel_bench_connect(&b->servers[WARM]);
  rel_bench_connect(&b->servers[COLD]);
  return REL_OK;
}

static void tear_down(bench *b) {
  bool connected = b->servers[WARM].client != NULL;
  rel_bench_stop(&b->servers[WARM]);
  rel_bench_stop(&b->servers[COLD]);
  if (connected) grpc_shutdown();
  rel_tree_by_hand_close(b->by_hand);
  rel_arena_fini(&b->arena);
  rel_bench_folder_remove(b->folder);
}

// --- Printing ---

static void print_row(const bench *b, thing of) {
  const rel_figures *f = &b->figures[of];
  double cpu_us = rel_samples_median(&f->cpu_us);
  unsigned records = REL_TREE_AUTHORS * (1 + REL_TREE_BOOKS_OF_AN_AUTHOR * (1 + REL_TREE_REVIEWS_OF_A_BOOK));
  printf("  %-30s %9.1f", NAMES[of], rel_samples_median(&f->calls_per_s));
  if (f->p50_us.count > 0)
    printf(" %9.2f %9.2f", rel_samples_median(&f->p50_us) / 1e3, rel_samples_median(&f->p99_us) / 1e3);
  else
    printf(" %9s %9s", "-", "-");
  printf(" %9.3f %9.3f\n", cpu_us / 1e3, cpu_us / records);
}

static void print_all(const bench *b) {
  printf("trees of %d authors out of %u, %d books each, %d reviews a book: %zu bytes; %u calls under way; "
         "median of %u x %g s; %s\n",
         REL_TREE_AUTHORS, b->authors, REL_TREE_BOOKS_OF_AN_AUTHOR, REL_TREE_REVIEWS_OF_A_BOOK,
         b->answer_bytes, b->concurrency, b->rounds, b->seconds,
         rel_core(1) == REL_ANY_CORE ? "server and client share one core"
                                     : "server and client on a core each");
  printf("  %-30s %9s %9s %9s %9s %9s\n", "", "trees/s", "p50 ms", "p99 ms", "CPU ms", "us/record");
  for (thing of = 0; of < THINGS; of++)
    print_row(b, of);
  printf("summary: cold/by hand CPU %.2f; by hand/warm CPU %.1f\n", rel_samples_median(&b->cold_ratio),
         rel_samples_median(&b->warm_ratio));
}

// --- The program ---

static bool parse(int argc, char **argv, bench *b) {
  enum { ROUNDS = 1, SECONDS, AUTHORS, CONCURRENCY, RELATIONSD };
  static const struct option OPTIONS[] = {{"rounds", required_argument, NULL, ROUNDS},
                                          {"seconds", required_argument, NULL, SECONDS},
                                          {"authors", required_argument, NULL, AUTHORS},
                                          {"concurrency", required_argument, NULL, CONCURRENCY},
                                          {"relationsd", required_argument, NULL, RELATIONSD},
                                          {0}};
  for (int option; (option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;) {
    if (option == ROUNDS)
      b->rounds = (unsigned)strtoul(optarg, NULL, 10);
    else if (option == SECONDS)
      b->seconds = strtod(optarg, NULL);
    else if (option == AUTHORS)
      b->authors = (unsigned)strtoul(optarg, NULL, 10);
    else if (option == CONCURRENCY)
      b->concurrency = (unsigned)strtoul(optarg, NULL, 10);
    else if (option == RELATIONSD)
      b->relationsd = optarg;
    else
      return false;
  }
  return optind == argc && b->rounds > 0 && b->rounds <= REL_BENCH_MAX_ROUNDS && b->seconds > 0 &&
         b->authors >= REL_TREE_AUTHORS && b->authors <= 20000 && b->concurrency > 0 &&
         b->concurrency <= 1000;
}

int main(int argc, char **argv) {
  static bench b = {
      .rounds = 5, .seconds = 2, .authors = 2000, .concurrency = 1, .relationsd = "server/relationsd"};
  if (!parse(argc, argv, &b)) {
    fputs(
        "Usage: tree_bench [--rounds N] [--seconds N] [--authors N] [--concurrency N] [--relationsd FILE]\n",
        stderr);
    return 2;
  }
  rel_error error;
  rel_arena_init(&b.arena);
  rel_code code = set_up(&b, &error);
  if (code == REL_OK) code = measure_all(&b, &error);
  if (code == REL_OK)
    print_all(&b);
  else
    fprintf(stderr, "tree_bench: %s\n", error.message);
  tear_down(&b);
  return code == REL_OK ? 0 : 1;
}
