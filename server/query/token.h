// Page tokens: where a page of a query ended, sealed so that only this server's own come back, and only with
// the query that they were given for.
//
// A token is base64url of a version, an HMAC-SHA256 over what it is bound to and everything behind it, the
// owner's key, and the cursor. It is authenticated, not encrypted: it holds values of the last record that
// the caller got. Stateless; any thread.
#ifndef RELATIONS_SERVER_QUERY_TOKEN_H
#define RELATIONS_SERVER_QUERY_TOKEN_H

#include "common/str.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { REL_TOKEN_KEY_BYTES = 32, REL_TOKEN_MAX_CURSOR = 16 * 1024, REL_TOKEN_MAX_OWNER = 20 * 1024 };

typedef struct rel_token_key {
  uint8_t bytes[REL_TOKEN_KEY_BYTES];
} rel_token_key;

// A key of this process alone: tokens end with it.
rel_code rel_token_key_random(rel_token_key *out, rel_error *error) REL_MUST_CHECK;
// The key that a file's bytes stand for, 32 of them at least; for tokens that outlive a restart, or that
// several servers take.
rel_code rel_token_key_read(const char *path, rel_token_key *out, rel_error *error) REL_MUST_CHECK;

// Appends the token for a cursor of at most REL_TOKEN_MAX_CURSOR bytes. `binding` is everything that makes
// the query what it is; `owner` is the part of that which a reader cannot know beforehand, a canonical key,
// or empty. One of more than REL_TOKEN_MAX_OWNER bytes is left out.
void rel_token_seal(const rel_token_key *key, rel_str binding, rel_str owner, rel_str cursor, rel_buf *out);
// Appends the owner that a token names, without asking whether the token is good: rel_token_open with a
// binding for that owner says so. False when it is no token.
bool rel_token_owner(rel_str token, rel_buf *owner);
// Appends the cursor of a token. False when it is not a token of this key for this binding, bit by bit.
bool rel_token_open(const rel_token_key *key, rel_str binding, rel_str token, rel_buf *cursor);

#ifdef __cplusplus
}
#endif

#endif
