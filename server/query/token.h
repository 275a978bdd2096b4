// Page tokens: where a page of a query ended, sealed so that only this server's own come back, and only with
// the query that they were given for.
//
// A token is base64url of a version, an HMAC-SHA256 over what it is bound to and the cursor, and the cursor.
// It is authenticated, not encrypted: it holds values of the last record that the caller got. Stateless; any
// thread.
#ifndef RELATIONS_SERVER_QUERY_TOKEN_H
#define RELATIONS_SERVER_QUERY_TOKEN_H

#include "common/str.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { REL_TOKEN_KEY_BYTES = 32, REL_TOKEN_MAX_CURSOR = 16 * 1024 };

typedef struct rel_token_key {
  uint8_t bytes[REL_TOKEN_KEY_BYTES];
} rel_token_key;

// A key of this process alone: tokens end with it.
rel_code rel_token_key_random(rel_token_key *out, rel_error *error) REL_MUST_CHECK;
// The key that a file's bytes stand for, 32 of them at least; for tokens that outlive a restart, or that
// several servers take.
rel_code rel_token_key_read(const char *path, rel_token_key *out, rel_error *error) REL_MUST_CHECK;

// Appends the token for a cursor of at most REL_TOKEN_MAX_CURSOR bytes. `binding` is everything that makes
// the query what it is.
void rel_token_seal(const rel_token_key *key, rel_str binding, rel_str cursor, rel_buf *out);
// Appends the cursor of a token. False when it is not a token of this key for this binding, bit by bit.
bool rel_token_open(const rel_token_key *key, rel_str binding, rel_str token, rel_buf *cursor);

#ifdef __cplusplus
}
#endif

#endif
