// Keys as arguments: from "5", "abc" or "7,2" to relations.v1.Keys, by the types of the key's fields.
// Stateless.
#ifndef RELATIONS_CLIENT_CLI_KEYS_H
#define RELATIONS_CLIENT_CLI_KEYS_H

#include "common/arena.h"

#include <relations/v1/keys.pb-c.h>
#include <relations/v1/registry_service.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

// How keys are written, for --help.
#define REL_KEYS_HELP                                                                                        \
  "A key is written as it is: 5, or some text. The parts of a composite key are separated by commas,\n"      \
  "7,2; a comma inside a part is written \\, and \\N is NULL. Bytes are text, or hexadecimal after 0x."

// The fields of the model that a key is made of: those of the primary key, or, with `joined`, those that this
// relation of the model joins on. They live in the arena. REL_INTERNAL when the server did not describe one.
rel_code rel_key_fields(const Relations__V1__Model *model, const Relations__V1__EffectiveRelation *joined,
                        rel_arena *arena, const Relations__V1__Field ***out, size_t *count,
                        rel_error *error) REL_MUST_CHECK;

// The relation of that name. REL_NO_RELATION says what is near it.
rel_code rel_find_relation(const Relations__V1__Model *model, const char *name,
                           const Relations__V1__EffectiveRelation **out, rel_error *error) REL_MUST_CHECK;

// Reads `count` arguments as keys made of the fields. The keys live in the arena. REL_INVALID says which
// argument is wrong.
rel_code rel_keys_parse(const Relations__V1__Field *const *fields, size_t field_count,
                        const char *const *arguments, size_t count, rel_arena *arena,
                        Relations__V1__Keys *out, rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
