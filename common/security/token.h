// Bearer tokens: made, hashed, and the lines of the server's token file.
//
// A token is 32 random bytes in text. The server keeps and compares SHA-256 of it only: of so much randomness
// a plain hash cannot be searched. Thread-safe.
#ifndef RELATIONS_COMMON_SECURITY_TOKEN_H
#define RELATIONS_COMMON_SECURITY_TOKEN_H

#include "common/str.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  REL_TOKEN_MAX = 512,     // bytes of a token, whoever made it
  REL_TOKEN_NAME_MAX = 64, // bytes of the name that it stands for
  REL_TOKEN_HASH = 32,
};

typedef struct rel_token_hash {
  uint8_t bytes[REL_TOKEN_HASH];
} rel_token_hash;

// A token that nobody has, appended.
rel_code rel_token_new(rel_buf *out, rel_error *error) REL_MUST_CHECK;

// Whether a text may be a token (the characters of RFC 6750), or a name (letters, digits and . _ - @).
bool rel_token_valid(rel_str token);
bool rel_token_name_valid(rel_str name);

rel_token_hash rel_token_hash_of(rel_str token);
// In a time that does not depend on where they differ.
bool rel_token_hash_eq(const rel_token_hash *a, const rel_token_hash *b);

// A line of the token file, "NAME:HASH" without its end.
void rel_token_line(rel_str name, const rel_token_hash *hash, rel_buf *out);
// Reads one; false when it is none.
bool rel_token_line_read(rel_str line, rel_str *name, rel_token_hash *hash);

#ifdef __cplusplus
}
#endif

#endif
