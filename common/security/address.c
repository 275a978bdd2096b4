// Addresses: see address.h.
#include "common/security/address.h"

#include "common/str.h"

#include <arpa/inet.h>
#include <stdio.h>

static bool skip(const char **text, const char *prefix) {
  size_t len = strlen(prefix);
  if (strncmp(*text, prefix, len) != 0) return false;
  *text += len;
  return true;
}

// What stands before the port: "[::1]" and "::1" are both "::1".
static bool host_of(const char *address, char *out, size_t size) {
  const char *end = strrchr(address, ':');
  bool bracketed = address[0] == '[';
  if (bracketed) {
    end = strchr(++address, ']');
    if (end == NULL) return false;
  } else if (end == NULL || strchr(address, ':') != end) {
    end = address + strlen(address); // no port, or IPv6 without one
  }
  int written = snprintf(out, size, "%.*s", (int)(end - address), address);
  return written >= 0 && (size_t)written < size;
}

static bool is_loopback(const char *host) {
  struct in_addr v4;
  struct in6_addr v6;
  if (inet_pton(AF_INET, host, &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  if (inet_pton(AF_INET6, host, &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return strcmp(host, "localhost") == 0;
}

bool rel_address_is_local(const char *address) {
  char host[64];
  if (skip(&address, "unix:") || skip(&address, "unix-abstract:")) return true;
  if (strchr(address, ',') != NULL) return false; // gRPC's lists
  if (skip(&address, "dns:"))
    skip(&address, "///");
  else if (!skip(&address, "ipv4:"))
    skip(&address, "ipv6:");
  return host_of(address, host, sizeof host) && is_loopback(host);
}
