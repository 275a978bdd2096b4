// The server's certificates: read, checked, and given to C-core, again whenever their files change.
#ifndef RELATIONS_SERVER_RPC_TLS_H
#define RELATIONS_SERVER_RPC_TLS_H

#include "common/security/pem.h"

#include <grpc/grpc_security.h>

typedef struct rel_tls rel_tls;

// REL_INVALID names the file that cannot be used. With paths->ca, clients must show a certificate that one of
// its authorities signed. The paths are copied.
rel_code rel_tls_new(const rel_pem_paths *paths, rel_tls **out, rel_error *error) REL_MUST_CHECK;
// When the server that has credentials of it is gone. Accepts NULL.
void rel_tls_free(rel_tls *tls);

// Credentials for one address, since core asks for news by address; the caller's to release.
grpc_server_credentials *rel_tls_credentials(rel_tls *tls);

#endif
