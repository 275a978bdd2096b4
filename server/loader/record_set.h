// The bytes of relations.v1.RecordSet, written and never parsed: what a source puts into the cache.
#ifndef RELATIONS_SERVER_LOADER_RECORD_SET_H
#define RELATIONS_SERVER_LOADER_RECORD_SET_H

#include "common/blob.h"

#include <relations/v1/relation_service.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

// Appends one record.
void rel_record_set_add(rel_buf *set, rel_str record);
// Ends a set that holds records; returns it as a blob of the caller's, and empties the buffer.
rel_blob *rel_record_set_loaded(rel_buf *set);
// The same, cut off: `cursor` is where it ended, in the store's own form, in the place of the page token.
rel_blob *rel_record_set_cut(rel_buf *set, rel_str cursor);
// A set that only says how many records there are, at least one.
rel_blob *rel_record_set_counted(uint64_t count);
// A set without records: EMPTY, NULL, DANGLING or FILTERED. One shared blob for each state, living for ever;
// a new reference.
rel_blob *rel_record_set_without(Relations__V1__LoadState state);
// A set that says what failed.
rel_blob *rel_record_set_error(const rel_error *error);
// The same from a serialized google.rpc.Status.
rel_blob *rel_record_set_failed(rel_str status);

// What can be told of a set that was made here without reading it.
// True when it holds records.
bool rel_record_set_has_records(rel_str set);
// The google.rpc.Status of a set that says what failed; {NULL} for any other.
rel_str rel_record_set_status(rel_str set);

#ifdef __cplusplus
}
#endif

#endif
