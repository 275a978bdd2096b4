// What is wrong with the loaders that a schema names. For the registry and `relations check`, which look at a
// loader in their own ways. Stateless.
#ifndef RELATIONS_SERVER_CUSTOM_CHECK_H
#define RELATIONS_SERVER_CUSTOM_CHECK_H

#include "common/schema/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

// Looks at one loader, "grpc:ratings" or "so:ratings"; an error is a finding about each relation that names
// it.
typedef rel_code rel_look_at_loader(void *context, rel_str loader, rel_error *error);

// An inherited relation is its declarer's affair.
void rel_schema_check_loaders(const rel_schema *schema, rel_look_at_loader *look, void *context,
                              rel_findings *findings);

#ifdef __cplusplus
}
#endif

#endif
