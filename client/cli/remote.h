// What commands that ask a server have in common: where it is, how long it may take, and models by a short
// name.
#ifndef RELATIONS_CLIENT_CLI_REMOTE_H
#define RELATIONS_CLIENT_CLI_REMOTE_H

#include "client/cli/command.h"
#include "common/arena.h"

#include <relations/client.h>

#ifdef __cplusplus
extern "C" {
#endif

// Rows for the options table of such a command. Where one of the files is not given, RELATIONS_CLIENT_TLS_CA,
// _TLS_CERT, _TLS_KEY and _TOKEN_FILE are asked: relationsd has variables of the shorter names.
#define REL_REMOTE_SERVER_OPTIONS                                                                            \
  {"server", 's', "ADDRESS", false, "Server, 127.0.0.1:50051 or unix:/path; else $RELATIONS_SERVER."},       \
      {"deadline", 'd', "TIME", false, "How long it may take, as 500ms, 10s or 2m; 10s otherwise."},         \
      {"tls", 0, NULL, false, "Connects with TLS; so does each --tls option."},                              \
      {"tls-ca", 0, "FILE", false, "Who signs the server's certificate; else whom the system trusts."},      \
      {"tls-cert", 0, "FILE", false, "The own certificate, for mutual TLS."},                                \
      {"tls-key", 0, "FILE", false, "The key of it."},                                                       \
      {"tls-server-name", 0, "NAME", false, "What the server's certificate is for, if not its address."}, {  \
    "token-file", 0, "FILE", false, "Holds the bearer token to call with."                                   \
  }
// The same, and the row for those that print records or figures.
#define REL_REMOTE_OPTIONS                                                                                   \
  REL_REMOTE_SERVER_OPTIONS, {                                                                               \
    "json", 'j', NULL, false, "Prints JSON instead of a table."                                              \
  }

// Connects as the options say. REL_INVALID when an option is wrong; that there is no server shows with the
// first call.
rel_code rel_remote_connect(const rel_args *args, rel_client **out, rel_error *error) REL_MUST_CHECK;

// Describes the model that is meant: a full name, or the last part of one if only one model ends so. Free
// with relations__v1__describe_model_response__free_unpacked.
rel_code rel_remote_model(rel_client *client, const char *name, Relations__V1__DescribeModelResponse **out,
                          rel_error *error) REL_MUST_CHECK;

// "500ms", "10s", "2m", "10": nanoseconds of it. `option` names it in the error.
rel_code rel_remote_time(const char *option, const char *text, int64_t *ns, rel_error *error) REL_MUST_CHECK;

// What such a command does, with a client and an arena of its own. Clears *fine when what was asked for is
// not all there, which is told by the exit status only.
typedef rel_code rel_remote_action(const rel_args *args, rel_client *client, rel_arena *arena, FILE *out,
                                   bool *fine, rel_error *error);

// Connects, acts, prints the error if there is one, and returns what to exit with.
int rel_remote_run(const rel_args *args, rel_remote_action *action, FILE *out, FILE *err);

#ifdef __cplusplus
}
#endif

#endif
