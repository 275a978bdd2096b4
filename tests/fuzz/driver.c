// Runs a fuzz target without libFuzzer: over every seed file, and over random mutations of them. So `bazel
// test` exercises each target a little, with any compiler and under any sanitizer; --config=fuzz links
// libFuzzer's own main instead.
//
// Usage: X_fuzz [--seed=N] [--runs=N] SEED_FILE...
#include "common/str.h"

#include <inttypes.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_INPUT = 1 << 20 };

// xorshift64* (Vigna 2016).
static uint64_t random_next(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * UINT64_C(2685821657736338717);
}

static rel_buf read_file(const char *path) {
  rel_buf bytes = {0};
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    perror(path);
    exit(1);
  }
  size_t got;
  while ((got = fread(rel_buf_reserve(&bytes, 65536), 1, 65536, file)) > 0)
    bytes.len += got;
  fclose(file);
  return bytes;
}

// One change: a bit, a byte, a piece removed, a piece repeated.
static void mutate(rel_buf *input, uint64_t *random) {
  if (input->len == 0) rel_buf_append(input, "", 1);
  size_t at = random_next(random) % input->len;
  size_t len = random_next(random) % 64 % (input->len - at) + 1;
  switch (random_next(random) % 4) {
  case 0:
    input->data[at] ^= (uint8_t)(1u << random_next(random) % 8);
    break;
  case 1:
    input->data[at] = (uint8_t)random_next(random);
    break;
  case 2:
    memmove(input->data + at, input->data + at + len, input->len - at - len);
    input->len -= len;
    break;
  default:
    if (input->len + len > MAX_INPUT) break;
    rel_buf_reserve(input, len);
    memmove(input->data + at + len, input->data + at, input->len - at);
    input->len += len;
  }
}

// The input lies at the end of memory of its own, so that a sanitizer sees one byte too many.
static void run(const rel_buf *input) {
  uint8_t *copy = rel_alloc(input->len);
  if (input->len > 0) memcpy(copy, input->data, input->len);
  LLVMFuzzerTestOneInput(copy, input->len);
  free(copy);
}

static void run_mutations(const rel_buf *seed, uint64_t runs, uint64_t *random) {
  run(seed);
  for (uint64_t i = 0; i < runs; i++) {
    rel_buf input = {0};
    rel_buf_append(&input, seed->data, seed->len);
    for (uint64_t changes = random_next(random) % 8 + 1; changes > 0; changes--)
      mutate(&input, random);
    run(&input);
    rel_buf_fini(&input);
  }
}

int main(int argc, char **argv) {
  uint64_t seed = 1, runs = 3000;
  for (int i = 1; i < argc; i++) {
    sscanf(argv[i], "--seed=%" SCNu64, &seed);
    sscanf(argv[i], "--runs=%" SCNu64, &runs);
  }
  printf("--seed=%" PRIu64 " --runs=%" PRIu64 "\n", seed, runs);
  fflush(stdout);
  uint64_t random = seed | 1;
  int files = 0;
  for (int i = 1; i < argc; i++) {
    if (strncmp(argv[i], "--", 2) == 0) continue;
    rel_buf input = read_file(argv[i]);
    run_mutations(&input, runs, &random);
    rel_buf_fini(&input);
    files++;
  }
  return files > 0 ? 0 : 1; // without a seed nothing was tested
}
