// The program `relations`: see cli.h.
#include "client/cli/cli.h"

int main(int argc, char **argv) {
  return rel_cli_run(argc, argv, stdout, stderr);
}
