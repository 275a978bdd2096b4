// What `relations query` reads from its arguments: calls of query methods, from texts to messages. Stateless;
// everything lives in the arena.
#ifndef RELATIONS_CLIENT_CLI_QUERY_ARGS_H
#define RELATIONS_CLIENT_CLI_QUERY_ARGS_H

#include "common/arena.h"

#include <relations/v1/query.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

// "published_after(2023-01-01)": a name, and arguments that are numbers, true, false, or texts, in quotes
// where they have commas or would be something else.
rel_code rel_query_method_parse(const char *text, rel_arena *arena, Relations__V1__MethodCall **out,
                                rel_error *error) REL_MUST_CHECK;

// "title, stars": names.
char **rel_query_names(const char *text, rel_arena *arena, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
