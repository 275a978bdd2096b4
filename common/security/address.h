// Addresses of this machine: what may go in plaintext. Stateless.
#ifndef RELATIONS_COMMON_SECURITY_ADDRESS_H
#define RELATIONS_COMMON_SECURITY_ADDRESS_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

// Whether what is sent to the address stays on this machine: a unix socket, 127.x.x.x, [::1], localhost, with
// a port or without, also in gRPC's forms "ipv4:", "ipv6:" and "dns:". Of any other name or form: false.
bool rel_address_is_local(const char *address);

#ifdef __cplusplus
}
#endif

#endif
