// Traces: see trace.h.
#include "tests/bench/trace.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

// --- Numbering ---

typedef struct numbering {
  uint32_t *slots; // number + 1, 0: free
  uint32_t *keys;  // by number
  uint32_t count;
  size_t mask;
} numbering;

static void numbering_init(numbering *n, size_t most) {
  size_t slots = 16;
  while (slots < most * 2)
    slots *= 2;
  *n = (numbering){.slots = rel_alloc0(slots, sizeof(uint32_t)), .mask = slots - 1};
  n->keys = rel_alloc0(most + 1, sizeof(uint32_t));
}

static void numbering_fini(numbering *n) {
  free(n->slots);
  free(n->keys);
}

static uint32_t number_of(numbering *n, uint32_t key) {
  size_t at = (key * UINT64_C(0x9E3779B97F4A7C15) >> 20) & n->mask;
  for (; n->slots[at] != 0; at = (at + 1) & n->mask) {
    if (n->keys[n->slots[at] - 1] == key) return n->slots[at] - 1;
  }
  n->keys[n->count] = key;
  n->slots[at] = ++n->count;
  return n->count - 1;
}

void rel_trace_of(const uint32_t *keys, size_t count, rel_trace *out) {
  numbering n;
  numbering_init(&n, count);
  *out = (rel_trace){.keys = rel_alloc0(count + 1, sizeof(uint32_t)), .count = count};
  for (size_t i = 0; i < count; i++)
    out->keys[i] = number_of(&n, keys[i]);
  out->distinct = n.count;
  numbering_fini(&n);
}

void rel_trace_fini(rel_trace *trace) {
  if (trace == NULL) return;
  free(trace->keys);
  *trace = (rel_trace){0};
}

// --- Reading ---

static bool is_xz(const char *path) {
  size_t len = strlen(path);
  return len > 3 && strcmp(path + len - 3, ".xz") == 0;
}

// Starts xz and returns what it writes; *child is waited for by the caller.
static FILE *open_xz(const char *path, pid_t *child) {
  int ends[2];
  if (pipe(ends) != 0) return NULL;
  *child = fork();
  if (*child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execlp("xz", "xz", "-dc", "--", path, (char *)NULL);
    _exit(127);
  }
  close(ends[1]);
  if (*child > 0) return fdopen(ends[0], "rb");
  close(ends[0]);
  return NULL;
}

static void read_all(FILE *file, rel_buf *bytes) {
  size_t got;
  do {
    got = fread(rel_buf_reserve(bytes, 1 << 16), 1, 1 << 16, file);
    bytes->len += got;
  } while (got > 0);
}

static uint32_t big_endian(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

rel_code rel_trace_read(const char *path, rel_trace *out, rel_error *error) {
  *out = (rel_trace){0};
  rel_buf bytes = {0};
  rel_code code = REL_OK;
  pid_t child = 0;
  int status = 0;
  FILE *file = is_xz(path) ? open_xz(path, &child) : fopen(path, "rb");
  if (file == NULL) return rel_fail(error, REL_NOT_FOUND, "cannot read %s: %s", path, strerror(errno));
  read_all(file, &bytes);
  bool broken = ferror(file) != 0;
  fclose(file);
  if (child > 0) broken |= waitpid(child, &status, 0) != child || status != 0;
  if (broken || bytes.len == 0 || bytes.len % sizeof(uint32_t) != 0) {
    code = rel_fail(error, REL_INVALID, "%s is not a trace: it must hold big-endian 32-bit keys", path);
    goto out;
  }
  size_t count = bytes.len / sizeof(uint32_t);
  uint32_t *keys = rel_alloc0(count, sizeof *keys);
  for (size_t i = 0; i < count; i++)
    keys[i] = big_endian(bytes.data + i * sizeof(uint32_t));
  rel_trace_of(keys, count, out);
  free(keys);
out:
  rel_buf_fini(&bytes);
  return code;
}

// --- Making up ---

// splitmix64 (Steele, Lea, Flood 2014).
static uint64_t next_random(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return z ^ z >> 31;
}

static double *zipf_sums(double alpha, uint32_t keys) {
  double *sums = rel_alloc0(keys, sizeof *sums), sum = 0;
  for (uint32_t i = 0; i < keys; i++)
    sums[i] = sum += pow(i + 1.0, -alpha);
  return sums;
}

// The first key whose sum is above the point.
static uint32_t zipf_at(const double *sums, uint32_t keys, double point) {
  uint32_t low = 0, high = keys - 1;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (sums[middle] > point)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

void rel_trace_zipf(uint64_t seed, double alpha, uint32_t keys, size_t count, size_t scan_every,
                    size_t scan_len, rel_trace *out) {
  double *sums = zipf_sums(alpha, keys);
  size_t scans = scan_every > 0 ? count / scan_every : 0, used = 0;
  uint32_t *made = rel_alloc0(count + scans * scan_len, sizeof *made), fresh = keys;
  for (size_t i = 1; i <= count; i++) {
    double point = (double)(next_random(&seed) >> 11) * 0x1p-53 * sums[keys - 1];
    made[used++] = zipf_at(sums, keys, point);
    for (size_t j = 0; scan_every > 0 && i % scan_every == 0 && j < scan_len; j++)
      made[used++] = fresh++;
  }
  rel_trace_of(made, used, out);
  free(made);
  free(sums);
}
