// The tokens that a server accepts: hashes from a file, read again when it changes.
#ifndef RELATIONS_SERVER_RPC_TOKENS_H
#define RELATIONS_SERVER_RPC_TOKENS_H

#include "common/security/token.h"

typedef struct rel_tokens rel_tokens;

enum { REL_TOKENS_MAX = 1000 }; // each call is compared with all of them

// One token a line, NAME:SHA-256 in hex; empty lines and those that begin with # count for nothing. A name
// may stand several times: while a token is replaced there are two. REL_INVALID names the file, and the line
// without what stands in it. The path is copied.
rel_code rel_tokens_new(const char *path, rel_tokens **out, rel_error *error) REL_MUST_CHECK;
// Accepts NULL.
void rel_tokens_free(rel_tokens *tokens);

// Whether the server accepts the token, and then the name of it with a NUL. In a time that depends on the
// number of tokens, and not on how near it is to one. Looks at the file at most once a second; what cannot be
// read there is logged, and the tokens that were read before stay. Thread-safe.
bool rel_tokens_find(rel_tokens *tokens, rel_str token, char name[REL_TOKEN_NAME_MAX + 1]);

#endif
