// The load generator as a program: bazel run -c opt //tests/bench:loadgen_cli -- --target HOST:PORT --method
// PATH --request FILE
#include "tests/bench/loadgen.h"

#include <getopt.h>
#include <grpc/grpc.h>
#include <stdio.h>
#include <unistd.h>

static const char USAGE[] =
    "Usage: loadgen_cli --target HOST:PORT --method /package.Service/Method [options]\n"
    "  --request FILE     a serialized request; several are sent in turn (default: an empty one)\n"
    "  --streams          the answer is a stream\n"
    "  --concurrency N    most calls under way at once (default 32)\n"
    "  --rate N           open loop: so many calls a second, however long they take (default: closed loop)\n"
    "  --calls N          stop after so many (default: no limit)\n"
    "  --seconds N        stop after so long (default 10)\n";

enum { MAX_REQUESTS = 1024 };

typedef struct arguments {
  const char *target;
  rel_load_options load;
  rel_buf files[MAX_REQUESTS];
  rel_str requests[MAX_REQUESTS];
} arguments;

static bool read_request(arguments *a, const char *path) {
  if (a->load.request_count == MAX_REQUESTS) return false;
  rel_buf *file = &a->files[a->load.request_count];
  FILE *in = fopen(path, "rb");
  if (in == NULL) {
    perror(path);
    return false;
  }
  size_t got;
  do {
    got = fread(rel_buf_reserve(file, 4096), 1, 4096, in);
    file->len += got;
  } while (got > 0);
  fclose(in);
  a->requests[a->load.request_count++] = rel_buf_view(file);
  return true;
}

static bool parse(int argc, char **argv, arguments *a) {
  enum { TARGET = 1, METHOD, REQUEST, STREAMS, CONCURRENCY, RATE, CALLS, SECONDS };
  static const struct option OPTIONS[] = {{"target", required_argument, NULL, TARGET},
                                          {"method", required_argument, NULL, METHOD},
                                          {"request", required_argument, NULL, REQUEST},
                                          {"streams", no_argument, NULL, STREAMS},
                                          {"concurrency", required_argument, NULL, CONCURRENCY},
                                          {"rate", required_argument, NULL, RATE},
                                          {"calls", required_argument, NULL, CALLS},
                                          {"seconds", required_argument, NULL, SECONDS},
                                          {0}};
  for (int option; (option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;) {
    switch (option) {
    case TARGET:
      a->target = optarg;
      break;
    case METHOD:
      a->load.method = optarg;
      break;
    case REQUEST:
      if (!read_request(a, optarg)) return false;
      break;
    case STREAMS:
      a->load.streams = true;
      break;
    case CONCURRENCY:
      a->load.concurrency = (unsigned)strtoul(optarg, NULL, 10);
      break;
    case RATE:
      a->load.calls_per_s = strtod(optarg, NULL);
      break;
    case CALLS:
      a->load.max_calls = strtoull(optarg, NULL, 10);
      break;
    case SECONDS:
      a->load.max_ns = (int64_t)(strtod(optarg, NULL) * 1e9);
      break;
    default:
      return false;
    }
  }
  if (a->load.request_count == 0) a->requests[a->load.request_count++] = rel_cstr("");
  return optind == argc && a->target != NULL && a->load.method != NULL && a->load.concurrency > 0 &&
         a->load.concurrency <= 100000;
}

static void print(const rel_load_result *r) {
  double seconds = (double)r->elapsed_ns / 1e9;
  printf("%llu calls in %.2f s, %.0f calls/s, %llu failed, %llu messages, %.1f MB/s\n",
         (unsigned long long)r->calls, seconds, (double)r->calls / seconds, (unsigned long long)r->errors,
         (unsigned long long)r->messages, (double)r->answer_bytes / seconds / 1e6);
  static const double SHARES[] = {0.5, 0.9, 0.99, 0.999, 1};
  for (size_t i = 0; i < sizeof SHARES / sizeof *SHARES; i++)
    printf("  p%-5g %9.0f us\n", SHARES[i] * 100,
           (double)rel_histogram_quantile(&r->latency, SHARES[i]) / 1e3);
}

int main(int argc, char **argv) {
  static arguments a = {.load = {.concurrency = 32, .max_ns = 10 * REL_NS_PER_S}};
  // bazel run starts programs elsewhere than where it was called.
  const char *home = getenv("BUILD_WORKING_DIRECTORY");
  if (home != NULL && chdir(home) != 0) perror(home);
  if (!parse(argc, argv, &a)) {
    fputs(USAGE, stderr);
    return 2;
  }
  a.load.requests = a.requests;
  grpc_init();
  rel_loadgen *loadgen = rel_loadgen_new(a.target);
  rel_load_result result;
  rel_error error;
  rel_code code = rel_loadgen_run(loadgen, &a.load, &result, &error);
  print(&result);
  if (code != REL_OK) fprintf(stderr, "loadgen_cli: %s\n", error.message);
  rel_load_result_fini(&result);
  rel_loadgen_free(loadgen);
  grpc_shutdown();
  for (size_t i = 0; i < a.load.request_count; i++)
    rel_buf_fini(&a.files[i]);
  return code == REL_OK ? 0 : 1;
}
