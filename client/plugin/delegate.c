// Running protoc-gen-c: see delegate.h. Owns the child process and its two pipes; it knows nothing of
// schemas.
#include "client/plugin/delegate.h"

#include "client/plugin/rename.h"
#include "common/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

// Ends of the pipes; -1 is closed.
typedef struct child {
  pid_t pid;
  int to;
  int from;
} child;

static void close_end(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

static int spawn(const char *program, int in, int out, pid_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  char *argv[] = {(char *)(uintptr_t)program, NULL};
  int failed = posix_spawnp(pid, program, &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

static rel_code child_start(const char *program, child *c, rel_error *error) {
  int in[2] = {-1, -1}, out[2] = {-1, -1};
  *c = (child){.to = -1, .from = -1};
  int failed = pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 ? errno : 0;
  if (failed == 0) failed = spawn(program, in[0], out[1], &c->pid);
  close_end(&in[0]);
  close_end(&out[1]);
  c->to = in[1];
  c->from = out[0];
  if (failed == 0) return REL_OK;
  close_end(&c->to);
  close_end(&c->from);
  return rel_fail(
      error, REL_UNAVAILABLE,
      "cannot run %s (%s): install protobuf-c-compiler, or say where it is with protoc_gen_c=PATH", program,
      strerror(failed));
}

static bool write_all(int fd, rel_str bytes) {
  while (bytes.len > 0) {
    ssize_t n = write(fd, bytes.ptr, bytes.len);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes = rel_bytes(bytes.ptr + n, bytes.len - (size_t)n);
  }
  return true;
}

static bool read_all(int fd, rel_buf *out) {
  enum { CHUNK = 64 * 1024 };
  for (;;) {
    ssize_t n = read(fd, rel_buf_reserve(out, CHUNK), CHUNK);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n == 0;
    out->len += (size_t)n;
  }
}

static bool child_wait(const child *c) {
  int status;
  while (waitpid(c->pid, &status, 0) < 0)
    if (errno != EINTR) return false;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Our own parameters are taken out, by the rule that the last occurrence of a field holds.
static void write_request(const rel_plugin_request *request, const rel_schema *schema, rel_arena *arena,
                          rel_buf *out) {
  enum { REQUEST_PARAMETER = 2 };
  if (schema != NULL)
    rel_rename_fields(schema, request->bytes, arena, out);
  else
    rel_buf_str(out, request->bytes);
  rel_wire_put_bytes(out, REQUEST_PARAMETER, request->passed_on);
}

rel_code rel_delegate_models(const rel_plugin_request *request, const rel_schema *schema, rel_arena *arena,
                             rel_buf *response, rel_error *error) {
  char *program = rel_strdup(request->protoc_gen_c);
  rel_buf bytes = {0};
  child c;
  signal(SIGPIPE, SIG_IGN); // a child that dies early is seen by its exit
  rel_code code = child_start(program, &c, error);
  if (code != REL_OK) goto out;
  write_request(request, schema, arena, &bytes);
  // protoc-gen-c reads all of its input before it writes anything.
  bool ok = write_all(c.to, rel_buf_view(&bytes));
  close_end(&c.to);
  ok = read_all(c.from, response) && ok;
  close_end(&c.from);
  ok = child_wait(&c) && ok;
  if (!ok) code = rel_fail(error, REL_UNAVAILABLE, "%s failed", program);
out:
  rel_buf_fini(&bytes);
  free(program);
  return code;
}
