// Prints the hit ratio of the server's eviction policy beside LRU, SIEVE and the best possible: on
// Zipf-distributed keys, with and without scans, and on the traces that are given.
#include "tests/bench/sim.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static const char USAGE[] = "Usage: cache_sim [options] [TRACE...]\n"
                            "Hit ratios of a cache of 1%, 5% and 10% of a trace's keys. A trace is a file of "
                            "big-endian 32-bit keys, .xz or not.\n"
                            "  --only-traces        no Zipf and scan mixes\n"
                            "  --seed N             for what is made up (default 1)\n"
                            "  --small-percent N    \\\n"
                            "  --promote-uses N      | of the server's policy, instead of its own settings\n"
                            "  --max-uses N          |\n"
                            "  --ghost-percent N    /\n";

typedef struct settings {
  rel_policy_options policy;
  bool only_traces;
  uint64_t seed;
} settings;

static double ratio(uint64_t hits, const rel_trace *trace) {
  return (double)hits / (double)trace->count;
}

// `keys`: of which the caches are shares; what a scan passes through once does not count.
static void print_trace(const char *name, const rel_trace *trace, uint32_t keys, const settings *s) {
  static const double SHARES[] = {0.01, 0.05, 0.10};
  printf("%s: %zu accesses, %u keys\n", name, trace->count, keys);
  for (size_t i = 0; i < sizeof SHARES / sizeof *SHARES; i++) {
    uint32_t capacity = (uint32_t)(keys * SHARES[i]);
    if (capacity == 0) capacity = 1;
    printf("  %5.0f%% %10u %9.3f %9.3f %9.3f %9.3f\n", SHARES[i] * 100, capacity,
           ratio(rel_sim_policy(trace, capacity, &s->policy), trace),
           ratio(rel_sim_lru(trace, capacity), trace), ratio(rel_sim_sieve(trace, capacity), trace),
           ratio(rel_sim_belady(trace, capacity), trace));
    fflush(stdout);
  }
}

static void print_made_up(const settings *s) {
  static const double ALPHAS[] = {0.8, 0.99, 1.2};
  enum { KEYS = 100000, COUNT = 2000000, SCAN_EVERY = 20000, SCAN_LEN = 10000 };
  for (size_t i = 0; i < 2 * sizeof ALPHAS / sizeof *ALPHAS; i++) {
    double alpha = ALPHAS[i / 2];
    bool scans = i % 2 == 1;
    char name[64];
    snprintf(name, sizeof name, "Zipf %.2f%s", alpha, scans ? " with scans, a third of the accesses" : "");
    rel_trace trace;
    rel_trace_zipf(s->seed, alpha, KEYS, COUNT, scans ? SCAN_EVERY : 0, SCAN_LEN, &trace);
    print_trace(name, &trace, KEYS, s);
    rel_trace_fini(&trace);
  }
}

static bool parse(int argc, char **argv, settings *s) {
  enum { ONLY_TRACES = 1, SEED, SMALL, PROMOTE, USES, GHOST };
  static const struct option OPTIONS[] = {{"only-traces", no_argument, NULL, ONLY_TRACES},
                                          {"seed", required_argument, NULL, SEED},
                                          {"small-percent", required_argument, NULL, SMALL},
                                          {"promote-uses", required_argument, NULL, PROMOTE},
                                          {"max-uses", required_argument, NULL, USES},
                                          {"ghost-percent", required_argument, NULL, GHOST},
                                          {0}};
  for (int option; (option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;) {
    unsigned long value = optarg != NULL ? strtoul(optarg, NULL, 10) : 0;
    switch (option) {
    case ONLY_TRACES:
      s->only_traces = true;
      break;
    case SEED:
      s->seed = value;
      break;
    case SMALL:
      s->policy.small_percent = (unsigned)value;
      break;
    case PROMOTE:
      s->policy.promote_uses = (unsigned)value;
      break;
    case USES:
      s->policy.max_uses = (unsigned)value;
      break;
    case GHOST:
      s->policy.ghost_percent = (unsigned)value;
      break;
    default:
      return false;
    }
  }
  return s->policy.small_percent <= 100 && s->policy.max_uses <= REL_POLICY_MAX_USES;
}

int main(int argc, char **argv) {
  settings s = {.policy = REL_POLICY_DEFAULTS, .seed = 1};
  if (!parse(argc, argv, &s)) {
    fputs(USAGE, stderr);
    return 2;
  }
  // bazel run starts programs elsewhere than where it was called.
  const char *home = getenv("BUILD_WORKING_DIRECTORY");
  if (home != NULL && chdir(home) != 0) perror(home);
  printf("%6s %11s %9s %9s %9s %9s\n", "cache", "keys", "ours", "LRU", "SIEVE", "best");
  if (!s.only_traces) print_made_up(&s);
  for (int i = optind; i < argc; i++) {
    rel_trace trace;
    rel_error error;
    if (rel_trace_read(argv[i], &trace, &error) != REL_OK) {
      fprintf(stderr, "cache_sim: %s\n", error.message);
      return 1;
    }
    print_trace(argv[i], &trace, trace.distinct, &s);
    rel_trace_fini(&trace);
  }
  return 0;
}
