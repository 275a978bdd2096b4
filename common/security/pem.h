// Certificates and keys in PEM files: read, and checked before anybody uses them.
//
// gRPC finds out about a broken file when the first peer connects, and does not say which one it was. So the
// server and the SDK read them through here: what is returned OK can be used. Stateless.
#ifndef RELATIONS_COMMON_SECURITY_PEM_H
#define RELATIONS_COMMON_SECURITY_PEM_H

#include "common/security/file.h"

#ifdef __cplusplus
extern "C" {
#endif

// Paths; NULL: none. The certificate, which comes first of its chain, and its key belong together.
typedef struct rel_pem_paths {
  const char *cert;
  const char *key;
  const char *ca; // who signs the other side's certificates
} rel_pem_paths;

// The files' texts, NULL where there was no path; owned.
typedef struct rel_pem {
  char *cert;
  char *key;
  char *ca;
} rel_pem;

// Stamps of all three.
typedef struct rel_pem_stamps {
  rel_stamp files[3];
} rel_pem_stamps;

// Reads what has a path. REL_INVALID names the file that cannot be read, holds no certificate or key, is not
// valid yet or any more, or is locked with a passphrase; or the key that is another certificate's. No part of
// a file is in the message.
rel_code rel_pem_read(const rel_pem_paths *paths, rel_pem *out, rel_error *error) REL_MUST_CHECK;
// Overwrites the key. Accepts the zeroed.
void rel_pem_fini(rel_pem *pem);

rel_pem_stamps rel_pem_stamp(const rel_pem_paths *paths);
bool rel_pem_stamps_eq(const rel_pem_stamps *a, const rel_pem_stamps *b);

// Whom the first certificate of a text is for, and when it ends ("Nov 23 01:58:00 2026 GMT"); for the log.
void rel_pem_describe(const char *cert, rel_buf *subject, rel_buf *end);

#ifdef __cplusplus
}
#endif

#endif
