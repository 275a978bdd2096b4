// Answers of Get, Load and Query, which share their bytes: from what came over the wire to checked records in
// memory.
//
// Everything in them is from outside. Stateless; what is made lives in the arena that is passed in.
#ifndef RELATIONS_CLIENT_RUNTIME_ANSWER_H
#define RELATIONS_CLIENT_RUNTIME_ANSWER_H

#include "common/arena.h"

#include <relations/sdk.h>

// What owns an answer's records.
struct rel_memory {
  rel_arena arena;
};
rel_memory *rel_memory_new(void);

// The limits of every answer before it is unpacked: protobuf's own depth, and fields that fit in memory.
rel_code rel_answer_check(const ProtobufCMessageDescriptor *descriptor, rel_str bytes, const char *what,
                          rel_error *error) REL_MUST_CHECK;

// What an answer has to be.
typedef struct rel_expected {
  const char *path;        // of the method, for messages
  size_t count;            // results
  const char *record_type; // full name; NULL: any
} rel_expected;

// One RecordSet as it came: views of the answer's bytes.
typedef struct rel_set {
  rel_state state;
  size_t record_count;
  rel_str bytes; // the RecordSet
  rel_str error; // google.rpc.Status, or empty
  rel_str next_page_token, previous_page_token;
  bool continues; // of a part: the last record's bytes go on with the first record of the next part
} rel_set;

// Checks an answer and splits it; *sets is an array of expected->count in the arena. REL_WRONG_TYPE: other
// records than expected; REL_INTERNAL: the answer is broken.
rel_code rel_answer_split(rel_str bytes, const rel_expected *expected, rel_arena *arena, rel_set **sets,
                          rel_error *error) REL_MUST_CHECK;

// Checks one message of a streamed answer, and the set in it. The records' type must be in the first one and
// may be in others; expected->count is not looked at. The same codes.
rel_code rel_answer_part(rel_str bytes, const rel_expected *expected, bool first, rel_set *set,
                         rel_error *error) REL_MUST_CHECK;

// Unpacks one set's records into the arena. `single`: at most one record, and answer->records is that record.
// A set with an error of its own gives REL_OK and answer->error.
rel_code rel_answer_fill(const rel_set *set, const ProtobufCMessageDescriptor *descriptor, bool single,
                         rel_arena *arena, rel_answer *answer, rel_error *error) REL_MUST_CHECK;

#endif
