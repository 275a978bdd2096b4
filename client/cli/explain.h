// --explain: what a request takes, in place of its answer.
#ifndef RELATIONS_CLIENT_CLI_EXPLAIN_H
#define RELATIONS_CLIENT_CLI_EXPLAIN_H

#include "client/cli/remote.h"

#include <relations/v1/relation_service.pb-c.h>

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

// The option, for the table of a command.
#define REL_EXPLAIN_OPTION                                                                                   \
  { "explain", 0, NULL, false, "What it takes, step by step: keys, hits, statements, records, time." }

// Has the server carry it out, and prints what it took, as a table or as JSON.
rel_code rel_explain_print(rel_client *client, const Relations__V1__ExplainRequest *request, bool json,
                           FILE *out, rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
