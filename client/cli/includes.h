// Includes on the command line: --include books.reviews, and what then stands within the records.
#ifndef RELATIONS_CLIENT_CLI_INCLUDES_H
#define RELATIONS_CLIENT_CLI_INCLUDES_H

#include "client/cli/record.h"
#include "client/cli/remote.h"

#include <relations/v1/relation_service.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

// The option, for the table of a command.
#define REL_INCLUDE_OPTION                                                                                   \
  {                                                                                                          \
    "include", 'i', "PATH", true,                                                                            \
        "Related records within the records, 'books.reviews', or 'reports*' again and again; 'books; "       \
        "filter: "                                                                                           \
        "prefix(title, \"The\"); order: title; limit: 3', or method:, depth:, fields:, page:, count. "       \
        "Prints JSON."                                                                                       \
  }

// What stands within records of a model: the included relations, each with what stands within theirs. In an
// arena, but for the descriptions of the models, which fini drops.
typedef struct rel_include_view rel_include_view;
struct rel_include_view {
  const Relations__V1__EffectiveRelation *relation; // NULL: the records themselves
  const Relations__V1__Model *model;
  Relations__V1__DescribeModelResponse *described; // what `model` is part of, unless somebody else owns it
  bool repeated;                                   // again and again: its records hold it as well
  bool listed;                                     // its records
  bool counted;                                    // how many there are
  rel_include_view *children, *next;
};

// Reads the arguments: the includes of a request for records of `model`, and what to expect. *view is NULL
// when nothing is included. REL_NO_RELATION says what is near a wrong name.
rel_code rel_includes_read(const rel_args *args, rel_client *client, const Relations__V1__Model *model,
                           rel_arena *arena, Relations__V1__Include ***out, size_t *count,
                           rel_include_view **view, rel_error *error) REL_MUST_CHECK;
// The model as records have it of which only these fields, and the primary key, are asked for; of none, as it
// is.
const Relations__V1__Model *rel_include_shown(const Relations__V1__Model *model, char *const *fields,
                                              size_t count, rel_arena *arena);
// Accepts NULL.
void rel_include_view_fini(rel_include_view *view);

// The same for results.h, which knows no views.
rel_code rel_include_record_json(const void *view, rel_str record, rel_buf *out,
                                 rel_error *error) REL_MUST_CHECK;

// Appends a record with everything within it as a JSON object.
rel_code rel_include_json(const rel_include_view *view, rel_str record, rel_buf *out,
                          rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
