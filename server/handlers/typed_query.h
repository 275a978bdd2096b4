// Queries of typed services: "/library.v1.AuthorService/BooksQuery", BooksCount, BooksExists.
#ifndef RELATIONS_SERVER_HANDLERS_TYPED_QUERY_H
#define RELATIONS_SERVER_HANDLERS_TYPED_QUERY_H

#include "server/handlers/services.h"

#ifdef __cplusplus
extern "C" {
#endif

// Answers the call, which asks for this method of the snapshot.
void rel_typed_query(rel_call *call, const rel_services *services, rel_snapshot *take_snapshot,
                     const rel_typed_method *method);

#ifdef __cplusplus
}
#endif

#endif
