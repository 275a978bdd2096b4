// relations.v1.Keys in memory. Stateless; any thread.
#ifndef RELATIONS_COMMON_KEYS_H
#define RELATIONS_COMMON_KEYS_H

#include <relations/v1/keys.pb-c.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

// How many keys there are, of whichever kind. False, and 0, where no kind is set, which is not the same as an
// empty list of one. `keys` may be NULL.
bool rel_keys_count(const Relations__V1__Keys *keys, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
