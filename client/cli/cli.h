// The program `relations`, as a function: main calls it, and tests do.
#ifndef RELATIONS_CLIENT_CLI_CLI_H
#define RELATIONS_CLIENT_CLI_CLI_H

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

// Runs the command that the arguments name, argv[0] being the program; returns what to exit with.
int rel_cli_run(int argc, char **argv, FILE *out, FILE *err);

#ifdef __cplusplus
}
#endif

#endif
