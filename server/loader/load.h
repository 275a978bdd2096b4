// A load: the keys of one call, answered from the cache, from flights that are already under way, and from
// the store.
//
// Called by handlers. Knows no service and no message but RecordSet.
#ifndef RELATIONS_SERVER_LOADER_LOAD_H
#define RELATIONS_SERVER_LOADER_LOAD_H

#include "server/loader/source.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_load rel_load;

typedef struct rel_load_request {
  rel_source *source;
  const rel_request_key *keys; // in the arena, or living as long
  size_t count;
  int64_t deadline_ns;
  size_t max_bytes;    // of all answers together, and of what
  size_t bytes_before; // other loads of the call have answered
  rel_arena *arena;    // outlives the load; touched by start only, on the caller's thread

  // Called exactly once, on any thread, maybe before start returns: when every key has its answer, or `error`
  // is set and the answers do not count. The load lives in the arena, so it is gone with that.
  void (*done)(rel_load *load, const rel_error *error, void *context);
  void *context;
  // Asked, from any thread and until done, whether the caller has gone: keys that only it waits for need not
  // be loaded. May be NULL.
  bool (*gone)(void *context);
} rel_load_request;

// Starts it. It touches the request no more once it has returned.
void rel_load_start(const rel_load_request *request);

size_t rel_load_count(const rel_load *load);
// Bytes of all answers.
size_t rel_load_bytes(const rel_load *load);
// How many keys the cache had no answer for.
size_t rel_load_missed(const rel_load *load);
// The answer for keys[index], the bytes of a RecordSet: the caller's reference from now on. Once for each
// index.
rel_blob *rel_load_take(rel_load *load, size_t index);

// For a source with REL_OUTPUT_KEY: the key that was found for keys[index].
typedef enum rel_found {
  REL_FOUND_KEY,
  REL_FOUND_NULL,    // it refers to nothing
  REL_FOUND_NOTHING, // there is no such row
  REL_FOUND_ERROR,   // the row cannot be told: the answer is a RecordSet with the error
} rel_found;
rel_found rel_load_key(const rel_load *load, size_t index, rel_str *key);

// Drops the answers that were not taken. To be called once, within done or later.
void rel_load_fini(rel_load *load);

#ifdef __cplusplus
}
#endif

#endif
