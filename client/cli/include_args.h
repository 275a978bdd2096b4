// What an --include says: a path, and behind it which records, in which order, how many.
#ifndef RELATIONS_CLIENT_CLI_INCLUDE_ARGS_H
#define RELATIONS_CLIENT_CLI_INCLUDE_ARGS_H

#include "common/arena.h"

#include <relations/v1/relation_service.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

// "books; filter: prefix(title, \"The\"); order: title desc; limit: 3". In the arena; `text` has to stay.
rel_code rel_include_parse(const char *text, rel_arena *arena, Relations__V1__Include **out,
                           rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
