// Budgets: what a call may take, by the server's settings and, less than that, by its own request.
//
// Called by the handlers of RelationService and of typed services. Stateless.
#ifndef RELATIONS_SERVER_HANDLERS_BUDGET_H
#define RELATIONS_SERVER_HANDLERS_BUDGET_H

#include "server/handlers/services.h"

#ifdef __cplusplus
extern "C" {
#endif

// What a call may take.
typedef struct rel_allowance {
  rel_tree_settings trees;
  rel_tally *tally; // NULL: nothing has to be counted
} rel_allowance;

// Puts together what the settings and the request's budget, which may be NULL, allow. REL_INVALID names a
// field that makes no sense.
rel_code rel_allowance_read(const rel_services *services, const Relations__V1__Budget *budget,
                            rel_arena *arena, rel_allowance *out, rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
