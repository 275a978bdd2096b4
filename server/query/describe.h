// What is asked of a database, in the schema's words and without a value: for people who want to know what a
// request costs. It is no SQL and cannot be turned into any.
//
// Stateless; any thread.
#ifndef RELATIONS_SERVER_QUERY_DESCRIBE_H
#define RELATIONS_SERVER_QUERY_DESCRIBE_H

#include "server/store/store.h"

#ifdef __cplusplus
extern "C" {
#endif

// Appends "library.v1.Book by author_id where title >= ? and not (rank = ?) order by title desc, id limit 3
// each".
void rel_describe_lookup(const rel_lookup *lookup, rel_buf *out);
// Appends "library.v1.Book where ... order by ... after a cursor".
void rel_describe_select(const rel_select *select, rel_buf *out);

#ifdef __cplusplus
}
#endif

#endif
