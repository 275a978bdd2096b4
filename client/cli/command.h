// A command of `relations`: one description each, in a table in main.c; parsing, --help and suggestions come
// from it.
#ifndef RELATIONS_CLIENT_CLI_COMMAND_H
#define RELATIONS_CLIENT_CLI_COMMAND_H

#include "common/str.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

// What the program exits with.
enum {
  REL_EXIT_OK = 0,
  REL_EXIT_FAILED = 1, // it was understood and did not succeed: findings, no such record, no server
  REL_EXIT_USAGE = 2,  // it was not understood
};

// An option of a command: --name, or --name VALUE where it has a value.
typedef struct rel_option {
  const char *name;  // without the hyphens
  char letter;       // "-o" too, 0: none
  const char *value; // what --help calls it; NULL: a flag
  bool repeated;
  const char *help;
} rel_option;

typedef struct rel_args rel_args;

typedef struct rel_command {
  const char *name;
  const char *arguments; // "sqlite:FILE", as --help shows them
  size_t least_arguments;
  size_t most_arguments;
  const char *summary; // one line
  const char *details; // paragraphs for --help; may be NULL
  const rel_option *options;
  size_t option_count;
  int (*run)(const rel_args *args, FILE *out, FILE *err);
} rel_command;

extern const rel_command rel_cache_command;
extern const rel_command rel_check_command;
extern const rel_command rel_describe_command;
extern const rel_command rel_diagram_command;
extern const rel_command rel_get_command;
extern const rel_command rel_introspect_command;
extern const rel_command rel_load_command;
extern const rel_command rel_query_command;
extern const rel_command rel_token_command;

// Arguments after parsing (args.c). Borrow argv.
enum { REL_ARGS_MAX_OPTIONS = 64 };

struct rel_args {
  const rel_command *command;
  const char **positional;
  size_t positional_count;
  struct rel_args_value {
    const rel_option *option;
    const char *value; // "" for a flag
  } * values;
  size_t value_count;
};

// Parses what follows the command's name. REL_INVALID says what is wrong and what was probably meant. Ended
// by fini.
rel_code rel_args_parse(const rel_command *command, int argc, char **argv, rel_args *out,
                        rel_error *error) REL_MUST_CHECK;
void rel_args_fini(rel_args *args);

// The value of an option, the last one if it came several times; NULL when it did not come.
const char *rel_args_get(const rel_args *args, const char *name);
// A positive whole number up to `most`; `otherwise` when the option did not come. REL_INVALID names the
// option.
rel_code rel_args_number(const rel_args *args, const char *name, uint64_t most, uint64_t otherwise,
                         uint64_t *out, rel_error *error) REL_MUST_CHECK;

// --help of a command.
void rel_command_help(const rel_command *command, FILE *out);

// The name nearest to `name` of `count`, NULL when none is near.
const char *rel_nearest(const char *name, const char *const *names, size_t count);

// Prints "relations: message" and returns REL_EXIT_FAILED.
int rel_cli_fail(FILE *err, const rel_error *error);

#ifdef __cplusplus
}
#endif

#endif
