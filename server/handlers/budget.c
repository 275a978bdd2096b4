// Budgets: see budget.h.
#include "server/handlers/budget.h"

static size_t least(size_t ours, uint64_t theirs) {
  return theirs > 0 && theirs < ours ? (size_t)theirs : ours;
}

static rel_code read_time(const Google__Protobuf__Duration *time, rel_budget *budget, rel_error *error) {
  if (time == NULL) return REL_OK;
  if (time->seconds < 0 || time->nanos < 0 || time->nanos >= REL_NS_PER_S)
    return rel_fail_field(error, REL_INVALID, "budget.max_database_time", "it is no duration of 0 or more");
  if (time->seconds == 0 && time->nanos == 0) return REL_OK;
  if (time->seconds >= INT64_MAX / REL_NS_PER_S) return REL_OK; // 292 years
  int64_t ns = time->seconds * REL_NS_PER_S + time->nanos;
  if (ns < budget->max_time_ns) budget->max_time_ns = ns;
  return REL_OK;
}

rel_code rel_allowance_read(const rel_services *services, const Relations__V1__Budget *budget,
                            rel_arena *arena, rel_allowance *out, rel_error *error) {
  rel_budget held = services->budget;
  *out = (rel_allowance){.trees = services->trees};
  out->trees.limits.max_statements = held.max_statements;
  if (budget != NULL) {
    rel_tree_limits *limits = &out->trees.limits;
    rel_code code = read_time(budget->max_database_time, &held, error);
    if (code != REL_OK) return code;
    limits->max_nodes = least(limits->max_nodes, budget->max_relations);
    limits->max_depth = least(limits->max_depth, budget->max_depth);
    limits->max_bytes = least(limits->max_bytes, budget->max_bytes);
    limits->max_statements = held.max_statements = least(held.max_statements, budget->max_statements);
    held.max_records = least(held.max_records, budget->max_records);
    out->trees.bare = true; // what counts, counts
  }
  bool counts = budget != NULL || held.max_statements != SIZE_MAX || held.max_time_ns != REL_NEVER;
  if (counts) out->tally = rel_tally_new(&held, arena);
  return REL_OK;
}
