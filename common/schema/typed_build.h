// What typed.c and typed_file.c share. Private to common/schema.
#ifndef RELATIONS_COMMON_SCHEMA_TYPED_BUILD_H
#define RELATIONS_COMMON_SCHEMA_TYPED_BUILD_H

#include "common/arena.h"
#include "common/schema/typed.h"

// Names of a service's messages, in the arena: "AuthorServiceBooksRequest", without the package.
rel_str rel_typed_request_name(rel_arena *arena, const rel_typed_service *service,
                               const rel_typed_method *method);
rel_str rel_typed_response_name(rel_arena *arena, const rel_typed_service *service,
                                const rel_typed_method *method);
// The message of a composite key: "AuthorServiceKey".
rel_str rel_typed_key_name(rel_arena *arena, const rel_typed_service *service);

// Writes the descriptor of the services of one file of the schema. What is declared is given to `declare`, by
// full name; bytes and names are in the arena.
typedef void rel_typed_declare(void *context, rel_str full_name);
void rel_typed_write_file(const rel_typed_service *const *services, size_t count, const rel_file *source,
                          rel_arena *arena, rel_typed_declare *declare, void *context, rel_file *out);

#endif
