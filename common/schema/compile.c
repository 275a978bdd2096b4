// protoc as a child process: see compile.h. Owns a private folder for the time of a call; no shell is
// involved.
#include "common/schema/compile.h"

#include "common/schema/contract_protos.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { MAX_FILE_BYTES = 64 * 1024 * 1024, MAX_MESSAGE_BYTES = 64 * 1024 };

// --- Files ---

// Appends the file to `out`, up to `max` bytes.
static rel_code read_file(const char *path, size_t max, rel_buf *out, rel_error *error) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return rel_fail(error, REL_INVALID, "cannot open \"%s\": %s", path, strerror(errno));
  rel_code code = REL_OK;
  size_t total = 0;
  for (;;) {
    enum { PIECE = 64 * 1024 };
    ssize_t got = read(fd, rel_buf_reserve(out, PIECE), PIECE);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) code = rel_fail(error, REL_INVALID, "cannot read \"%s\": %s", path, strerror(errno));
    if (got <= 0) break;
    out->len += (size_t)got;
    total += (size_t)got;
    if (total > max) {
      code = rel_fail(error, REL_INVALID, "\"%s\" has more than %zu bytes", path, max);
      break;
    }
  }
  close(fd);
  return code;
}

static bool write_file(const char *path, const char *const *lines) {
  FILE *file = fopen(path, "we");
  if (file == NULL) return false;
  bool good = true;
  for (; *lines != NULL; lines++)
    good = fputs(*lines, file) >= 0 && good;
  return fclose(file) == 0 && good;
}

// --- The private folder: the contract's protos, and where protoc writes ---

enum { MAX_ROOT = 1024, MAX_PATH = MAX_ROOT + 64 };

typedef struct folder {
  char root[MAX_ROOT];
  char package[MAX_PATH];
  char version[MAX_PATH];
  char options[MAX_PATH];
  char types[MAX_PATH];
  char set[MAX_PATH];
} folder;

static void join(char path[MAX_PATH], const char *root, const char *rest) {
  snprintf(path, MAX_PATH, "%s/%s", root, rest);
}

static rel_code make_folder(folder *f, rel_error *error) {
  const char *temporary = getenv("TMPDIR");
  if (temporary == NULL || temporary[0] != '/' || strlen(temporary) > MAX_ROOT / 2) temporary = "/tmp";
  memset(f, 0, sizeof *f);
  snprintf(f->root, sizeof f->root, "%s/relations-protoc.XXXXXX", temporary);
  if (mkdtemp(f->root) == NULL) {
    f->root[0] = '\0';
    return rel_fail(error, REL_UNAVAILABLE, "cannot make a folder in \"%s\": %s", temporary, strerror(errno));
  }
  join(f->package, f->root, "relations");
  join(f->version, f->root, "relations/v1");
  join(f->options, f->root, "relations/v1/options.proto");
  join(f->types, f->root, "relations/v1/types.proto");
  join(f->set, f->root, "set.binpb");
  if (mkdir(f->package, 0700) != 0 || mkdir(f->version, 0700) != 0 ||
      !write_file(f->options, contract_options_proto) || !write_file(f->types, contract_types_proto))
    return rel_fail(error, REL_UNAVAILABLE, "cannot write to \"%s\": %s", f->root, strerror(errno));
  return REL_OK;
}

static void remove_folder(const folder *f) {
  if (f->root[0] == '\0') return;
  unlink(f->set);
  unlink(f->options);
  unlink(f->types);
  rmdir(f->version);
  rmdir(f->package);
  rmdir(f->root);
}

// --- The command line ---

// The arguments of a child, each of them owned, with a NULL at the end.
typedef struct arguments {
  char **items;
  size_t count;
} arguments;

static void add_argument(arguments *args, const char *prefix, rel_str value) {
  rel_buf text = {0};
  rel_buf_cstr(&text, prefix);
  rel_buf_str(&text, value);
  args->items = rel_realloc(args->items, (args->count + 2) * sizeof *args->items);
  args->items[args->count++] = rel_strdup(rel_buf_view(&text));
  args->items[args->count] = NULL;
  rel_buf_fini(&text);
}

static void free_arguments(arguments *args) {
  for (size_t i = 0; i < args->count; i++)
    free(args->items[i]);
  free(args->items);
}

// False also for what lies below it but is not written that way: protoc compares names, not files.
static bool is_below_current(const char *path) {
  return path[0] != '/' && strncmp(path, "../", 3) != 0;
}

// The folders of the given files; of those below the current directory, or of the others.
static void add_own_dirs(arguments *args, const rel_schema_sources *sources, bool below_current) {
  for (size_t i = 0; i < sources->path_count; i++) {
    const char *slash = strrchr(sources->paths[i], '/');
    if (slash == NULL || is_below_current(sources->paths[i]) != below_current) continue;
    size_t len = slash == sources->paths[i] ? 1 : (size_t)(slash - sources->paths[i]);
    add_argument(args, "--proto_path=", rel_bytes(sources->paths[i], len));
  }
}

// A file that is not below the current directory has its name from its own folder, so that folder comes
// before the current directory: a file of the same name there would hide it, which protoc refuses.
static void add_include_dirs(arguments *args, const rel_schema_sources *sources, const folder *f) {
  for (size_t i = 0; i < sources->include_count; i++)
    add_argument(args, "--proto_path=", rel_cstr(sources->include_dirs[i]));
  add_own_dirs(args, sources, false);
  add_argument(args, "--proto_path=", rel_cstr("."));
  add_own_dirs(args, sources, true);
  add_argument(args, "--proto_path=", rel_cstr(f->root));
  add_argument(args, "--proto_path=", rel_cstr("/usr/include"));
}

static arguments protoc_arguments(const rel_schema_sources *sources, const folder *f) {
  arguments args = {0};
  add_argument(&args, "protoc", rel_cstr(""));
  add_argument(&args, "--include_imports", rel_cstr(""));
  add_argument(&args, "--include_source_info", rel_cstr(""));
  add_argument(&args, "--descriptor_set_out=", rel_cstr(f->set));
  add_include_dirs(&args, sources, f);
  for (size_t i = 0; i < sources->path_count; i++) {
    // protoc takes a leading "-" for an option and a leading "@" for a file of arguments.
    char first = sources->paths[i][0];
    add_argument(&args, first == '-' || first == '@' ? "./" : "", rel_cstr(sources->paths[i]));
  }
  return args;
}

// --- The child ---

// Starts protoc with its messages going to the pipe's write end.
static rel_code start_protoc(const arguments *args, const int pipe_fds[2], pid_t *pid, rel_error *error) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDERR_FILENO);
  int failed = posix_spawnp(pid, args->items[0], &actions, NULL, args->items, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed == ENOENT)
    return rel_fail(error, REL_PRECONDITION,
                    "protoc was not found: install the package protobuf-compiler, or give a descriptor set "
                    "(protoc --include_imports --descriptor_set_out) instead of .proto files");
  if (failed != 0) return rel_fail(error, REL_UNAVAILABLE, "cannot start protoc: %s", strerror(failed));
  return REL_OK;
}

// Reads to the end, keeping the first MAX_MESSAGE_BYTES.
static void drain(int fd, rel_buf *messages) {
  for (;;) {
    char piece[4096];
    ssize_t got = read(fd, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    if (messages->len < MAX_MESSAGE_BYTES) rel_buf_append(messages, piece, (size_t)got);
  }
}

static rel_code finish_protoc(pid_t pid, rel_buf *messages, rel_error *error) {
  int status;
  pid_t ended;
  do
    ended = waitpid(pid, &status, 0);
  while (ended < 0 && errno == EINTR);
  if (ended < 0) return rel_fail(error, REL_INTERNAL, "lost track of protoc: %s", strerror(errno));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return REL_OK;
  while (messages->len > 0 && messages->data[messages->len - 1] == '\n')
    messages->len--;
  if (messages->len == 0)
    return rel_fail(error, REL_BAD_SCHEMA, "protoc failed without a word (status %d)", status);
  return rel_fail(error, REL_BAD_SCHEMA, "protoc: %s", rel_buf_text(messages));
}

static rel_code run_protoc(const arguments *args, rel_error *error) {
  int fds[2];
  pid_t pid;
  rel_buf messages = {0};
  if (pipe2(fds, O_CLOEXEC) != 0)
    return rel_fail(error, REL_UNAVAILABLE, "cannot make a pipe: %s", strerror(errno));
  rel_code code = start_protoc(args, fds, &pid, error);
  close(fds[1]);
  if (code == REL_OK) {
    drain(fds[0], &messages);
    code = finish_protoc(pid, &messages, error);
  }
  close(fds[0]);
  rel_buf_fini(&messages);
  return code;
}

// --- What callers see ---

rel_code rel_schema_compile(const rel_schema_sources *sources, rel_buf *set, rel_error *error) {
  folder f;
  arguments args = {0};
  rel_code code = make_folder(&f, error);
  if (code != REL_OK) goto out;
  args = protoc_arguments(sources, &f);
  if ((code = run_protoc(&args, error)) != REL_OK) goto out;
  code = read_file(f.set, MAX_FILE_BYTES, set, error);
out:
  free_arguments(&args);
  remove_folder(&f);
  return code;
}

static bool is_proto(const char *path) {
  const char *dot = strrchr(path, '.');
  return dot != NULL && strcmp(dot, ".proto") == 0;
}

rel_code rel_schema_load(const rel_schema_sources *sources, rel_buf *set, rel_error *error) {
  if (sources->path_count == 0) return rel_fail(error, REL_INVALID, "no schema was given");
  const char **protos = rel_alloc0(sources->path_count, sizeof *protos);
  rel_schema_sources compiled = *sources;
  rel_code code = REL_OK;
  compiled.paths = protos;
  compiled.path_count = 0;
  for (size_t i = 0; i < sources->path_count && code == REL_OK; i++) {
    if (is_proto(sources->paths[i]))
      protos[compiled.path_count++] = sources->paths[i];
    else
      code = read_file(sources->paths[i], MAX_FILE_BYTES, set, error);
  }
  if (code == REL_OK && compiled.path_count > 0) code = rel_schema_compile(&compiled, set, error);
  free(protos);
  return code;
}
