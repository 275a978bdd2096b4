// Keys out of memory, into the bytes of relations.v1.Keys: out of a record's fields or out of a caller's key.
// Stateless.
#ifndef RELATIONS_CLIENT_RUNTIME_KEYS_H
#define RELATIONS_CLIENT_RUNTIME_KEYS_H

#include <relations/sdk.h>

// The keys of one request, growing. All have the shape of the first; {0} is empty.
typedef struct rel_key_list {
  rel_buf values;     // what the message of the kind holds: packed integers, texts, or composite keys
  ProtobufCType type; // of the parts when there is one
  bool composite;
  size_t count;
} rel_key_list;

void rel_key_list_fini(rel_key_list *keys);
// Empties the list for the next request.
void rel_key_list_clear(rel_key_list *keys);
// Adds the key of these members at `key`.
void rel_key_list_add(rel_key_list *keys, const rel_sdk_member *members, size_t count, const void *key);
// Appends the list as field `number` of a message under construction.
void rel_key_list_put(const rel_key_list *keys, uint32_t number, rel_buf *message);

// Appends one key of NULLs, which refers to nothing.
void rel_key_put_null(uint32_t number, size_t parts, rel_buf *message);

enum { REL_SDK_MAX_KEY_PARTS = 16 };

// Where the relation's key lies in the owner. *null is set when a part is not there, or the type field says
// that the key is another relation's: then it refers to nothing. REL_WRONG_TYPE when the message is not one
// of the relation's owner, REL_BAD_DATA when its type field has a tag of no relation.
rel_code rel_owner_key(const rel_sdk_relation *relation, const ProtobufCMessage *owner,
                       rel_sdk_member members[REL_SDK_MAX_KEY_PARTS], bool *null,
                       rel_error *error) REL_MUST_CHECK;

#endif
