// --budget: what a request may take.
#ifndef RELATIONS_CLIENT_CLI_BUDGET_H
#define RELATIONS_CLIENT_CLI_BUDGET_H

#include "client/cli/command.h"
#include "common/arena.h"

#include <relations/v1/relation_service.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

// The option, for the table of a command.
#define REL_BUDGET_OPTION                                                                                    \
  {                                                                                                          \
    "budget", 'b', "LIMITS", false,                                                                          \
        "The most that it may take: 'statements=3, records=1000, bytes=1048576, relations=4, depth=2, "      \
        "ms=50'."                                                                                            \
  }

// *out is NULL when none is given; else in the arena.
rel_code rel_budget_read(const rel_args *args, rel_arena *arena, Relations__V1__Budget **out,
                         rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
