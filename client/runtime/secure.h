// How a channel proves who it is, and whom it believes: certificates and the token, read from their files
// again when these change. Called by channel.c only. Thread-safe where nothing else is said.
#ifndef RELATIONS_CLIENT_RUNTIME_SECURE_H
#define RELATIONS_CLIENT_RUNTIME_SECURE_H

#include <relations/client.h>

#include <grpc/grpc_security.h>

typedef struct rel_secure rel_secure;

// With the credentials for a first channel, the caller's to release. REL_INVALID: an option is wrong, or a
// file cannot be used; it is named.
rel_code rel_secure_new(const rel_client_options *options, rel_secure **out,
                        grpc_channel_credentials **credentials, rel_error *error) REL_MUST_CHECK;
// Accepts NULL.
void rel_secure_free(rel_secure *secure);

// True once a second, for one of those who ask: that one looks at the files, and then says that it has.
bool rel_secure_begin_look(rel_secure *secure);
// Credentials in place of those before, the caller's to release; NULL when nothing changed, or nothing that
// can be used. What cannot be used leaves all as it was. The token is taken as well.
grpc_channel_credentials *rel_secure_look(rel_secure *secure);
void rel_secure_end_look(rel_secure *secure);

// The header that a call shall carry; false when there is none. Its value is the caller's to unref.
bool rel_secure_header(rel_secure *secure, grpc_metadata *out);

#endif
