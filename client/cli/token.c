// `relations token`: bearer tokens for a server's --token-file.
#include "client/cli/command.h"

#include "common/security/file.h"
#include "common/security/token.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const rel_option options[] = {
    {"out", 'o', "FILE", false, "Writes the token there, readable by its owner only, instead of showing it."},
};

// Nobody else may read the file, and none is replaced: it may hold a token that is in use.
static rel_code write_token(const char *path, rel_str token, rel_error *error) {
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return rel_fail(error, REL_INVALID, "cannot create %s: %s", path, strerror(errno));
  bool written = write(fd, token.ptr, token.len) == (ssize_t)token.len && write(fd, "\n", 1) == 1;
  int reason = errno;
  if (close(fd) == 0 && written) return REL_OK;
  unlink(path);
  return rel_fail(error, REL_UNAVAILABLE, "cannot write %s: %s", path, strerror(reason));
}

static rel_code new_token(const char *name, const char *path, FILE *out, rel_error *error) {
  rel_buf token = {0}, line = {0};
  rel_code code = rel_token_new(&token, error);
  if (code == REL_OK && path != NULL) code = write_token(path, rel_buf_view(&token), error);
  if (code == REL_OK) {
    rel_token_hash hash = rel_token_hash_of(rel_buf_view(&token));
    rel_token_line(rel_cstr(name), &hash, &line);
    if (path == NULL)
      fprintf(out,
              "The token, which is shown only now; put it into a file that only its user can read:\n%s\n"
              "Its line for the server's --token-file:\n",
              rel_buf_text(&token));
    fprintf(out, "%s\n", rel_buf_text(&line));
  }
  rel_buf_cleanse(&token);
  rel_buf_fini(&line);
  return code;
}

static int run(const rel_args *args, FILE *out, FILE *err) {
  rel_error error;
  const char *name = args->positional[1];
  if (strcmp(args->positional[0], "new") != 0) {
    rel_fail(&error, REL_INVALID, "token has no action \"%s\"; `relations token new NAME` makes one",
             args->positional[0]);
    rel_cli_fail(err, &error);
    return REL_EXIT_USAGE;
  }
  if (!rel_token_name_valid(rel_cstr(name))) {
    rel_fail(&error, REL_INVALID, "a token's name has 1 to %d letters, digits and . _ - @",
             REL_TOKEN_NAME_MAX);
    rel_cli_fail(err, &error);
    return REL_EXIT_USAGE;
  }
  return new_token(name, rel_args_get(args, "out"), out, &error) == REL_OK ? REL_EXIT_OK
                                                                           : rel_cli_fail(err, &error);
}

const rel_command rel_token_command = {
    .name = "token",
    .arguments = "new NAME",
    .least_arguments = 2,
    .most_arguments = 2,
    .summary = "Makes a bearer token for a server's --token-file.",
    .details =
        "NAME is who will call with it. Prints the token and the line for the server's file, which holds "
        "the token's\n"
        "SHA-256 only. With --out the token goes into a file and only the line is printed:\n\n"
        "  relations token new billing --out billing.token >> tokens",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run,
};
