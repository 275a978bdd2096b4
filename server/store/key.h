// A key: the value that a relation joins on, in canonical bytes.
//
// Two keys are equal exactly when their bytes are, whatever they were sent as: 5 as int64 and as uint64, a
// UUID in either case or as 16 bytes. Parts are self-delimiting, so ("a","bc") and ("ab","c") differ. These
// bytes are what the batcher groups by, the cache is keyed by, and a store binds. A key with a NULL part
// refers to nothing and is never put into bytes by the request reader; rel_key_state says so.
//
// Stateless; any thread.
#ifndef RELATIONS_SERVER_STORE_KEY_H
#define RELATIONS_SERVER_STORE_KEY_H

#include "common/arena.h"
#include "common/schema/schema.h"
#include "common/str.h"

#include <relations/v1/keys.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

// One part of a key.
typedef enum rel_key_tag {
  REL_PART_INT = 'i',   // 8 bytes, two's complement, big-endian
  REL_PART_UINT = 'u',  // 8 bytes big-endian: only what is beyond INT64_MAX
  REL_PART_TEXT = 's',  // varint length, bytes
  REL_PART_BYTES = 'b', // varint length, bytes
  REL_PART_UUID = 'g',  // 16 bytes
} rel_key_tag;

typedef struct rel_key_part {
  rel_key_tag tag;
  int64_t integer;  // REL_PART_INT
  uint64_t natural; // REL_PART_UINT
  rel_str bytes;    // REL_PART_TEXT, REL_PART_BYTES, REL_PART_UUID: a view
} rel_key_part;

enum { REL_KEY_MAX_PARTS = 16, REL_KEY_MAX_BYTES = 16 * 1024, REL_UUID_TEXT = 36 };

// Writing a part.
void rel_key_put_int(rel_buf *key, int64_t value);
void rel_key_put_uint(rel_buf *key, uint64_t value); // as REL_PART_INT where it fits
void rel_key_put_text(rel_buf *key, rel_str text);
void rel_key_put_bytes(rel_buf *key, rel_str bytes);
void rel_key_put_uuid(rel_buf *key, const uint8_t uuid[16]);

// Reads the next part from `rest` and moves it on; false at the end. The bytes are our own, so malformed ones
// are a bug.
bool rel_key_next(rel_str *rest, rel_key_part *part);

// "5", "\"abc\", 7": for messages and logs; long texts are cut short.
void rel_key_format(rel_str key, rel_buf *out);

// 16 bytes from the text of a UUID: 36 characters with hyphens or 32 without, either case, braces allowed.
bool rel_uuid_parse(rel_str text, uint8_t uuid[16]);
// The canonical text: 36 characters in lower case, and a NUL.
void rel_uuid_format(const uint8_t uuid[16], char text[REL_UUID_TEXT + 1]);

// A key of a request.
typedef struct rel_request_key {
  rel_str bytes; // in the arena; empty when is_null
  bool is_null;  // a part is NULL: refers to nothing
} rel_request_key;

typedef struct rel_request_keys {
  rel_request_key *items;
  size_t count;
} rel_request_keys;

// What a key is made of.
typedef struct rel_key_shape {
  const rel_field *const *items;
  size_t count;
} rel_key_shape;

static inline rel_key_shape rel_primary_key_shape(const rel_model *model) {
  return (rel_key_shape){(const rel_field *const *)model->primary_key, model->primary_key_count};
}
// What the relation joins on, on the owner's side.
static inline rel_key_shape rel_owner_key_shape(const rel_relation *relation) {
  return (rel_key_shape){rel_relation_owner_key(relation), relation->key_count};
}

// Which keys a request may have.
typedef struct rel_keys_expected {
  const char *name; // the request's field, for messages: "owner_keys"
  rel_key_shape shape;
  size_t max_keys;
} rel_keys_expected;

// Reads the keys of a request into the arena. REL_INVALID when unset, of the wrong kind or with the wrong
// number of parts, REL_LIMIT when too many; then there are none.
rel_code rel_keys_read(const Relations__V1__Keys *keys, const rel_keys_expected *expected, rel_arena *arena,
                       rel_request_keys *out, rel_error *error) REL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
