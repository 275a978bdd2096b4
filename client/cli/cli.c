// The commands' table, and what every command has: see cli.h. Adding a command is a file with its
// description, a line here and its test.
#include "client/cli/cli.h"

#include "client/cli/command.h"

static const rel_command *const commands[] = {
    &rel_introspect_command, &rel_check_command, &rel_diagram_command,
    &rel_describe_command,   &rel_get_command,   &rel_load_command,
    &rel_query_command,      &rel_cache_command, &rel_token_command,
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void help(FILE *out) {
  fprintf(out, "Usage: relations COMMAND [ARGUMENTS]\n\nRelationships between Protobuf models, over "
               "gRPC.\n\nCommands:\n");
  for (size_t i = 0; i < COMMAND_COUNT; i++)
    fprintf(out, "  %-12s %s\n", commands[i]->name, commands[i]->summary);
  fprintf(out, "\n`relations COMMAND --help` says more about one of them.\n");
}

static const rel_command *find(const char *name) {
  for (size_t i = 0; i < COMMAND_COUNT; i++)
    if (strcmp(commands[i]->name, name) == 0) return commands[i];
  return NULL;
}

static int unknown(const char *name, FILE *err) {
  const char *names[COMMAND_COUNT];
  for (size_t i = 0; i < COMMAND_COUNT; i++)
    names[i] = commands[i]->name;
  const char *near = rel_nearest(name, names, COMMAND_COUNT);
  fprintf(err, "relations: there is no command \"%s\"", name);
  if (near != NULL)
    fprintf(err, "; did you mean \"%s\"?\n", near);
  else
    fprintf(err, "; `relations --help` lists them\n");
  return REL_EXIT_USAGE;
}

static bool asks_for_help(int argc, char **argv) {
  for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
    if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return true;
  return false;
}

int rel_cli_run(int argc, char **argv, FILE *out, FILE *err) {
  if (argc < 2) {
    help(err);
    return REL_EXIT_USAGE;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
    help(out);
    return REL_EXIT_OK;
  }
  const rel_command *command = find(argv[1]);
  if (command == NULL) return unknown(argv[1], err);
  if (asks_for_help(argc - 2, argv + 2)) {
    rel_command_help(command, out);
    return REL_EXIT_OK;
  }
  rel_error error;
  rel_args args;
  int status = REL_EXIT_USAGE;
  if (rel_args_parse(command, argc - 2, argv + 2, &args, &error) == REL_OK)
    status = command->run(&args, out, err);
  else
    rel_cli_fail(err, &error);
  rel_args_fini(&args);
  return status;
}
