// Child processes: see child.h.
#include "tests/bench/child.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_TIMEOUT_S = 60, POLL_NS = 5000000 };

// --- Cores ---

static cpu_set_t all_cores(void) {
  static cpu_set_t cores;
  static bool read;
  if (!read) {
    CPU_ZERO(&cores);
    sched_getaffinity(0, sizeof cores, &cores);
    read = true;
  }
  return cores;
}

int rel_core(unsigned n) {
  cpu_set_t cores = all_cores();
  for (int core = 0; core < CPU_SETSIZE; core++) {
    if (CPU_ISSET(core, &cores) && n-- == 0) return core;
  }
  return REL_ANY_CORE;
}

void rel_core_pin(int core) {
  if (core == REL_ANY_CORE) return;
  all_cores(); // remembers them
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(core, &one);
  sched_setaffinity(0, sizeof one, &one);
}

void rel_core_unpin(void) {
  cpu_set_t cores = all_cores();
  sched_setaffinity(0, sizeof cores, &cores);
}

// --- Processes ---

static void run_child(const char *const *argv, int core, const char *log, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(1);
  rel_core_pin(core);
  int out = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (out < 0 || dup2(out, STDERR_FILENO) < 0) _exit(126);
  execv(argv[0], (char *const *)(uintptr_t)argv);
  fprintf(stderr, "cannot run %s\n", argv[0]);
  _exit(127);
}

static void read_log(const char *path, rel_buf *out) {
  out->len = 0;
  FILE *file = fopen(path, "rb");
  if (file == NULL) return;
  size_t got;
  do {
    got = fread(rel_buf_reserve(out, 4096), 1, 4096, file);
    out->len += got;
  } while (got > 0);
  fclose(file);
}

// The port in the line that says "listening"; 0 when there is none yet.
static int listening_port(rel_buf *log) {
  char *line = strstr(rel_buf_text(log), "\"event\":\"listening\"");
  if (line == NULL || strchr(line, '\n') == NULL) return 0;
  char *port = strstr(line, "\"port\":");
  return port != NULL ? atoi(port + strlen("\"port\":")) : 0;
}

static bool has_ended(rel_child *child) {
  if (waitpid(child->pid, NULL, WNOHANG) != child->pid) return false;
  child->pid = 0;
  return true;
}

rel_code rel_child_start(const char *const *argv, int core, const char *log, rel_child *out,
                         rel_error *error) {
  pid_t parent = getpid();
  unlink(log); // or the port of who wrote it before may be read from it
  *out = (rel_child){.pid = fork()};
  if (out->pid < 0) return rel_fail(error, REL_UNAVAILABLE, "cannot start a process for %s", argv[0]);
  if (out->pid == 0) run_child(argv, core, log, parent);
  rel_buf text = {0};
  bool ended = false;
  int64_t give_up_ns = rel_clock_ns() + START_TIMEOUT_S * REL_NS_PER_S;
  while (out->port == 0 && !ended && rel_clock_ns() < give_up_ns) {
    nanosleep(&(struct timespec){.tv_nsec = POLL_NS}, NULL);
    ended = has_ended(out);
    read_log(log, &text);
    out->port = listening_port(&text);
  }
  rel_code code = REL_OK;
  if (out->port == 0 || ended) {
    const char *end = rel_buf_text(&text);
    if (text.len > 300) end += text.len - 300;
    code = rel_fail(error, REL_UNAVAILABLE, "%s %s: %s", argv[0],
                    ended ? "ended" : "does not say that it listens", end);
    rel_child_stop(out);
  }
  rel_buf_fini(&text);
  return code;
}

void rel_child_stop(rel_child *child) {
  if (child->pid <= 0) return;
  kill(child->pid, SIGTERM);
  waitpid(child->pid, NULL, 0);
  *child = (rel_child){0};
}

int64_t rel_child_cpu_ns(const rel_child *child) {
  clockid_t clock;
  struct timespec used = {0};
  if (clock_getcpuclockid(child->pid, &clock) == 0) clock_gettime(clock, &used);
  return (int64_t)used.tv_sec * REL_NS_PER_S + used.tv_nsec;
}
