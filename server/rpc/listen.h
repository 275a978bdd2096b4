// The addresses that the server listens on: "127.0.0.1:50051", "[::1]:0", "unix:/run/relations.sock". Knows
// sockets, and nothing of calls.
#ifndef RELATIONS_SERVER_RPC_LISTEN_H
#define RELATIONS_SERVER_RPC_LISTEN_H

#include "common/str.h"

// Whether the address can be bound, so that a taken one is an error with its name and reason instead of a
// line in core's log. A unix socket that nobody serves is removed on the way; one that is served, or a file
// that is no socket, is an error.
rel_code rel_listen_check(const char *address, rel_error *error) REL_MUST_CHECK;

#endif
