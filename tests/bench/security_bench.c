// What TLS and tokens cost a hit: the server's CPU for each call, beside a server without them. One command,
// one table: bazel run -c opt //tests/bench:security_bench
//
// The servers run on one core, this client on another, in turns; figures are medians of the rounds, ratios
// medians of each round's ratio. --before FILE adds another relationsd without either, to compare two builds.
#include "common/arena.h"
#include "common/security/file.h"
#include "common/security/token.h"
#include "tests/bench/bench_data.h"
#include "tests/bench/measure.h"

#include <grpc/grpc.h>
#include <stdio.h>

enum { SIZES = 2, CONCURRENCY = 32, MAX_ARGUMENTS = 8 };

static const unsigned KEYS[SIZES] = {1, 100};

typedef struct variant {
  const char *name;
  bool tls;
  bool token;
  rel_bench_server server;
  rel_samples cpu_us[SIZES];
  rel_samples ratio[SIZES]; // to plaintext
} variant;

enum { PLAIN, TOKEN, TLS, BOTH, BEFORE, VARIANTS };

typedef struct bench {
  rel_bench_settings settings;
  rel_bench_place place;
  size_t variants; // BEFORE only when it was given
  char cert[96];
  char key[96];
  char tokens[96];
  char authorization[128];
  rel_buf ca;
  rel_arena arena;
  variant of[VARIANTS];
} bench;

// --- Files ---

static rel_code write_tokens(bench *b, rel_error *error) {
  rel_buf token = {0}, line = {0};
  rel_code code = rel_token_new(&token, error);
  FILE *file = code == REL_OK ? fopen(b->tokens, "w") : NULL;
  if (file != NULL) {
    rel_token_hash hash = rel_token_hash_of(rel_buf_view(&token));
    rel_token_line(rel_cstr("bench"), &hash, &line);
    snprintf(b->authorization, sizeof b->authorization, "Bearer %s", rel_buf_text(&token));
    fprintf(file, "%s\n", rel_buf_text(&line));
    fclose(file);
  } else if (code == REL_OK) {
    code = rel_fail(error, REL_UNAVAILABLE, "cannot write %s", b->tokens);
  }
  rel_buf_fini(&token);
  rel_buf_fini(&line);
  return code;
}

static rel_code make_certificate(bench *b, rel_error *error) {
  char command[512];
  snprintf(
      command, sizeof command,
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=bench "
      "-addext subjectAltName=IP:127.0.0.1 -keyout %s -out %s 2>/dev/null",
      b->key, b->cert);
  if (system(command) != 0) return rel_fail(error, REL_UNAVAILABLE, "openssl makes no certificate");
  return rel_file_read(b->cert, 1 << 16, "certificate file", &b->ca, error);
}

static rel_code make_files(bench *b, rel_error *error) {
  rel_code code = rel_bench_place_new(&b->place, error);
  if (code != REL_OK) return code;
  snprintf(b->cert, sizeof b->cert, "%s/cert.pem", b->place.folder);
  snprintf(b->key, sizeof b->key, "%s/key.pem", b->place.folder);
  snprintf(b->tokens, sizeof b->tokens, "%s/tokens", b->place.folder);
  code = rel_bench_database(rel_bench_path(&b->place), b->settings.size, error);
  if (code == REL_OK) code = write_tokens(b, error);
  return code == REL_OK ? make_certificate(b, error) : code;
}

// --- Servers ---

static rel_code start(bench *b, variant *v, rel_error *error) {
  const char *more[MAX_ARGUMENTS] = {NULL};
  size_t count = 0;
  if (v->tls) {
    more[count++] = "--tls-cert";
    more[count++] = b->cert;
    more[count++] = "--tls-key";
    more[count++] = b->key;
  }
  if (v->token) {
    more[count++] = "--token-file";
    more[count++] = b->tokens;
  }
  const char *relationsd = v == &b->of[BEFORE] ? b->settings.before : b->settings.relationsd;
  return rel_bench_start_relationsd(relationsd, "tests/bench/bench.binpb", more, &b->place, v->name,
                                    &v->server, error);
}

static void connect_to(bench *b, variant *v) {
  char target[32];
  snprintf(target, sizeof target, "127.0.0.1:%d", v->server.child.port);
  v->server.client = v->tls ? rel_loadgen_new_tls(target, rel_buf_text(&b->ca)) : rel_loadgen_new(target);
}

// --- Measuring ---

static rel_code run(bench *b, variant *v, unsigned size, bool warm, double *cpu_us, rel_error *error) {
  rel_load_options options = {.method = "/relations.v1.RelationService/Load",
                              .concurrency = CONCURRENCY,
                              .max_ns = rel_bench_span_ns(&b->settings),
                              .authorization = v->token ? b->authorization : NULL};
  options.requests = rel_bench_requests(&b->arena, b->settings.size, KEYS[size], &options.request_count);
  if (warm) options.max_calls = options.request_count;
  if (warm) options.max_ns = REL_NEVER;
  rel_load_result result;
  int64_t before_ns = rel_child_cpu_ns(&v->server.child);
  rel_code code = rel_loadgen_run(v->server.client, &options, &result, error);
  *cpu_us = (double)(rel_child_cpu_ns(&v->server.child) - before_ns) / 1e3 / (double)result.calls;
  rel_load_result_fini(&result);
  return code;
}

static rel_code warm(void *context, rel_error *error) {
  bench *b = context;
  rel_code code = REL_OK;
  double ignored;
  for (size_t i = 0; i < b->variants && code == REL_OK; i++)
    code = run(b, &b->of[i], SIZES - 1, true, &ignored, error);
  return code;
}

static rel_code measure_size(bench *b, unsigned size, rel_error *error) {
  rel_code code = REL_OK;
  for (size_t i = 0; i < b->variants && code == REL_OK; i++) {
    variant *v = &b->of[i];
    double cpu_us;
    code = run(b, v, size, false, &cpu_us, error);
    rel_samples_add(&v->cpu_us[size], cpu_us);
    rel_samples_add(&v->ratio[size], cpu_us / rel_samples_last(&b->of[PLAIN].cpu_us[size]));
  }
  return code;
}

static rel_code measure_once(void *context, rel_error *error) {
  rel_code code = REL_OK;
  for (unsigned size = 0; size < SIZES && code == REL_OK; size++)
    code = measure_size(context, size, error);
  return code;
}

static void print_all(const void *context) {
  const bench *b = context;
  printf("%u authors, %d calls under way, median of %u x %g s; server CPU of a hit, and beside plaintext\n",
         b->settings.size, CONCURRENCY, b->settings.rounds, b->settings.seconds);
  for (size_t i = 0; i < b->variants; i++) {
    const variant *v = &b->of[i];
    printf("  %-16s", v->name);
    for (unsigned size = 0; size < SIZES; size++)
      printf("   %3u key%s %8.2f us  %5.2f ", KEYS[size], KEYS[size] == 1 ? " " : "s",
             rel_samples_median(&v->cpu_us[size]), rel_samples_median(&v->ratio[size]));
    printf("\n");
  }
}

// --- The program ---

static rel_code set_up(void *context, rel_error *error) {
  bench *b = context;
  rel_code code = make_files(b, error);
  for (size_t i = 0; i < b->variants && code == REL_OK; i++) // before anything here starts threads
    code = start(b, &b->of[i], error);
  if (code != REL_OK) return code;
  rel_core_pin(rel_core(1));
  grpc_init();
  for (size_t i = 0; i < b->variants; i++)
    connect_to(b, &b->of[i]);
  return REL_OK;
}

static void tear_down(void *context) {
  bench *b = context;
  bool connected = b->of[PLAIN].server.client != NULL;
  for (size_t i = 0; i < b->variants; i++)
    rel_bench_stop(&b->of[i].server);
  if (connected) grpc_shutdown();
  rel_buf_fini(&b->ca);
  rel_arena_fini(&b->arena);
  rel_bench_place_remove(&b->place);
}

static const rel_bench_program program = {.name = "security_bench",
                                          .set_up = set_up,
                                          .begin = warm,
                                          .round = measure_once,
                                          .print = print_all,
                                          .tear_down = tear_down};

int main(int argc, char **argv) {
  static bench b = {.settings = {.rounds = 5,
                                 .seconds = 1,
                                 .size_name = "authors",
                                 .size = 5000,
                                 .min_size = 100,
                                 .max_size = 100000,
                                 .relationsd = "server/relationsd",
                                 .compares = true},
                    .of = {[PLAIN] = {.name = "plaintext"},
                           [TOKEN] = {.name = "token", .token = true},
                           [TLS] = {.name = "TLS", .tls = true},
                           [BOTH] = {.name = "TLS and token", .tls = true, .token = true},
                           [BEFORE] = {.name = "before"}}};
  if (!rel_bench_parse(argc, argv, &b.settings)) return 2;
  b.variants = b.settings.before != NULL ? VARIANTS : BEFORE;
  rel_arena_init(&b.arena);
  return rel_bench_run(&program, &b.settings, &b);
}
