// An answer that is being put together: parts in order, as the slices that core sends.
//
// Small parts are gathered and leave as one slice, since a slice costs a reference count and an entry of
// sendmsg's vector: in a fixed buffer, or, when the answer says beforehand how much will come, right in the
// slice that is sent. A blob above REL_BLOB_COPY_MAX is sent where it lies. One owner: the call that it is
// part of.
#ifndef RELATIONS_SERVER_RPC_ANSWER_H
#define RELATIONS_SERVER_RPC_ANSWER_H

#include "common/blob.h"

#include <grpc/byte_buffer.h>
#include <grpc/slice.h>
#include <protobuf-c/protobuf-c.h>

enum {
  REL_ANSWER_STAGE = 2048,
  REL_ANSWER_PARTS = 16,
  // Measured with 100 blobs an answer: up to about here a copy costs less than a slice of its own.
  REL_BLOB_COPY_MAX = 2048,
};

typedef struct rel_answer {
  grpc_slice *parts; // first_parts, or larger memory of its own
  size_t count;
  size_t capacity;
  size_t bytes;        // of all that was written
  uint8_t *stage;      // where small parts are gathered: `buffer`, or inside of `expected`
  size_t staged;       // bytes in the stage that are in no part yet
  size_t room;         // bytes that fit into the stage, the staged ones included
  grpc_slice expected; // the slice that the stage is in; its length is `room`
  bool expecting;
  grpc_slice first_parts[REL_ANSWER_PARTS];
  uint8_t buffer[REL_ANSWER_STAGE];
} rel_answer;

void rel_answer_init(rel_answer *answer);
// Drops what was written; the answer is empty again.
void rel_answer_clear(rel_answer *answer);

// Says that about so many bytes will be written, in so many parts. Only used where they are small and many.
void rel_answer_expect(rel_answer *answer, size_t bytes, size_t parts);
void rel_answer_write(rel_answer *answer, const void *bytes, size_t len);
void rel_answer_write_blob(rel_answer *answer, rel_blob *take_blob);
void rel_answer_write_message(rel_answer *answer, const ProtobufCMessage *message);

// What was written, as one message, the caller's to destroy; the answer is empty again.
grpc_byte_buffer *rel_answer_take(rel_answer *answer);

#endif
