// A record that is too large for a message, in pieces that are messages of its type themselves: what stands
// in none of its relations stands in one of them, and a relation's records are spread over them. Merged in
// their order, as every Protobuf library can (MergeFrom), they are the record; but for a related record that
// is too large itself, which comes in pieces too: then the last one of the relation goes on with the first
// one of the next piece.
//
// For the answers of typed services, whose clients never see a record's bytes. One owner; knows schemas and
// wire bytes, no calls.
#ifndef RELATIONS_SERVER_HANDLERS_PIECES_H
#define RELATIONS_SERVER_HANDLERS_PIECES_H

#include "common/schema/schema.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_pieces rel_pieces;

// Of a record of the model, which is borrowed until free. A piece has about `max_bytes`; more when a single
// value has more.
rel_pieces *rel_pieces_new(const rel_model *model, rel_str record, size_t max_bytes);
// Accepts NULL.
void rel_pieces_free(rel_pieces *pieces);

// Appends the next piece; true when others follow.
bool rel_pieces_next(rel_pieces *pieces, rel_buf *out);

// What goes on behind the piece that came last, as texts of field `number`: `records`, the field that the
// record stands in, and from there on the relations whose last record goes on, each with the relations to one
// record on the way to it: "records", "books", "author.books".
void rel_pieces_put_path(const rel_pieces *pieces, rel_str records, uint32_t number, rel_buf *out);

#ifdef __cplusplus
}
#endif

#endif
