// What `relations query --group-by --aggregate` asks and prints: groups instead of records.
#ifndef RELATIONS_CLIENT_CLI_QUERY_GROUPS_H
#define RELATIONS_CLIENT_CLI_QUERY_GROUPS_H

#include "client/cli/remote.h"
#include "common/arena.h"

#include <relations/v1/relation_service.pb-c.h>

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

// Whether the arguments ask for groups.
bool rel_query_groups_wanted(const rel_args *args);

// Asks for the groups of the target, whose records are of that model, page after page, and prints them: a
// table, or with --json one object a line.
rel_code rel_query_groups_print(const rel_args *args, rel_client *client, rel_arena *arena,
                                const Relations__V1__Model *records, Relations__V1__QueryTarget *target,
                                FILE *out, rel_error *error) REL_MUST_CHECK;

// "count, sum(pages), max(title) as last": the terms of an aggregate, each with a name. REL_INVALID says
// which is wrong.
rel_code rel_query_terms_parse(const char *text, rel_arena *arena, Relations__V1__AggregateTerm ***out,
                               size_t *count, rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
