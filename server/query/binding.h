// What page tokens are bound to: everything that decides which records an answer has and in which order.
//
// The same binding is made wherever a query is asked for or led to, so that a token that one of them gives,
// another takes. Stateless; any thread.
#ifndef RELATIONS_SERVER_QUERY_BINDING_H
#define RELATIONS_SERVER_QUERY_BINDING_H

#include "common/str.h"

#include <relations/v1/relation_service.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

// Each appends to the binding: the schema's digest first, a target, whatever else there is, and the key last.
void rel_binding_schema(rel_buf *binding, const char *digest);
// But for its key, which may be said in several ways.
void rel_binding_target(rel_buf *binding, const Relations__V1__QueryTarget *target);
void rel_binding_message(rel_buf *binding, const ProtobufCMessage *message);
// The canonical one of the value that the relation joins on; or, where only the database knows that, of the
// owner's primary key.
void rel_binding_key(rel_buf *binding, rel_str key, bool by_reference);

#ifdef __cplusplus
}
#endif

#endif
