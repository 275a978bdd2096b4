// The Protobuf wire format (protobuf.dev/programming-guides/encoding): a writer into a rel_buf, a reader over
// a view, and the check that must come before anything from outside is unpacked.
//
// Stateless but for what is passed in; any thread.
#ifndef RELATIONS_COMMON_WIRE_H
#define RELATIONS_COMMON_WIRE_H

#include "common/str.h"

#include <protobuf-c/protobuf-c.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rel_wire_type {
  REL_WIRE_VARINT = 0,
  REL_WIRE_FIXED64 = 1,
  REL_WIRE_BYTES = 2,
  REL_WIRE_FIXED32 = 5,
} rel_wire_type;

enum { REL_WIRE_VARINT_MAX = 10, REL_WIRE_MAX_FIELD = 536870911 };

// Writing. What rows become messages with, field by field, stands here: a field makes room once.
static inline size_t rel_wire_varint_size(uint64_t value) {
  size_t size = 1;
  while (value >= 0x80) {
    value >>= 7;
    size++;
  }
  return size;
}
// Writes at most REL_WIRE_VARINT_MAX bytes; returns the end.
static inline uint8_t *rel_wire_varint(uint8_t *at, uint64_t value) {
  while (value >= 0x80) {
    *at++ = (uint8_t)(value | 0x80);
    value >>= 7;
  }
  *at++ = (uint8_t)value;
  return at;
}
static inline uint8_t *rel_wire_tag(uint8_t *at, uint32_t field, rel_wire_type type) {
  return rel_wire_varint(at, (uint64_t)field << 3 | type);
}
void rel_wire_put_varint(rel_buf *buf, uint64_t value);
void rel_wire_put_tag(rel_buf *buf, uint32_t field, rel_wire_type type);
static inline void rel_wire_put_uint(rel_buf *buf, uint32_t field, uint64_t value) {
  uint8_t *at = rel_buf_reserve(buf, 2 * REL_WIRE_VARINT_MAX);
  buf->len += (size_t)(rel_wire_varint(rel_wire_tag(at, field, REL_WIRE_VARINT), value) - at);
}
void rel_wire_put_fixed32(rel_buf *buf, uint32_t field, uint32_t value);
void rel_wire_put_fixed64(rel_buf *buf, uint32_t field, uint64_t value);
static inline void rel_wire_put_bytes(rel_buf *buf, uint32_t field, rel_str bytes) {
  uint8_t *start = rel_buf_reserve(buf, 2 * REL_WIRE_VARINT_MAX + bytes.len);
  uint8_t *at = rel_wire_varint(rel_wire_tag(start, field, REL_WIRE_BYTES), bytes.len);
  if (bytes.len > 0) memcpy(at, bytes.ptr, bytes.len);
  buf->len += (size_t)(at - start) + bytes.len;
}
static inline uint64_t rel_wire_zigzag(int64_t value) {
  return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

// Reading. {bytes} starts one.
typedef struct rel_wire_reader {
  rel_str rest;
} rel_wire_reader;

// One field. `value` holds varints and fixed numbers, `bytes` what is length-delimited (a view of the input).
typedef struct rel_wire_field {
  uint32_t number;
  rel_wire_type type;
  uint64_t value;
  rel_str bytes;
} rel_wire_field;

// 1: a field was read. 0: the end. -1: malformed (groups included, which proto3 does not have).
int rel_wire_next(rel_wire_reader *reader, rel_wire_field *field);

// Parts of a packed field: take one from `rest` and move it on. False when it is malformed.
bool rel_wire_take_varint(rel_str *rest, uint64_t *value);
bool rel_wire_take_fixed(rel_str *rest, size_t bytes, uint64_t *value);

// What a message from outside may be.
typedef struct rel_wire_limits {
  unsigned max_depth; // nested messages; the outermost is 1
  size_t max_fields;  // fields of all messages together
} rel_wire_limits;

// Walks `bytes` as a message of the descriptor, without recursion into anything else, and checks that it is
// well formed, that its strings are UTF-8 without NUL (protobuf-c's strings end there) and that it keeps the
// limits. protobuf-c's own unpack recurses without bound: nothing from outside is unpacked before this
// returned REL_OK.
rel_code rel_wire_check(const ProtobufCMessageDescriptor *descriptor, rel_str bytes,
                        const rel_wire_limits *limits, rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
