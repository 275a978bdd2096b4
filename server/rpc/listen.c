// Addresses: see listen.h. Core binds by itself and reports only success or failure, so the reason is found
// out here, just before.
#include "server/rpc/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static rel_code cannot(const char *address, const char *reason, rel_error *error) {
  return rel_fail(error, REL_UNAVAILABLE, "cannot listen on %s: %s", address, reason);
}

// A connection tells whether somebody serves the socket: its file alone does not.
static rel_code check_unix(const char *address, const char *path, rel_error *error) {
  struct sockaddr_un where = {.sun_family = AF_UNIX};
  struct stat status;
  if (path[0] == '\0' || strlen(path) >= sizeof where.sun_path)
    return cannot(address, "the path of a unix socket has 1 to 107 bytes", error);
  snprintf(where.sun_path, sizeof where.sun_path, "%s", path);
  if (lstat(path, &status) != 0) return errno == ENOENT ? REL_OK : cannot(address, strerror(errno), error);
  if (!S_ISSOCK(status.st_mode)) return cannot(address, "there is a file that is no socket", error);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return cannot(address, strerror(errno), error);
  bool served = connect(fd, (const struct sockaddr *)&where, sizeof where) == 0 || errno != ECONNREFUSED;
  close(fd);
  if (served) return cannot(address, "another process serves it", error);
  return unlink(path) == 0 ? REL_OK : cannot(address, strerror(errno), error);
}

static rel_code try_bind(const char *address, const struct addrinfo *where, rel_error *error) {
  int fd = socket(where->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return cannot(address, strerror(errno), error);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // listen as well: with SO_REUSEADDR, which core sets too, it is listen that finds the port taken.
  bool bound = bind(fd, where->ai_addr, where->ai_addrlen) == 0 && listen(fd, 1) == 0;
  int reason = errno;
  close(fd);
  return bound ? REL_OK : cannot(address, strerror(reason), error);
}

static rel_code check_tcp(const char *address, rel_error *error) {
  const char *colon = strrchr(address, ':');
  if (colon == NULL || colon[1] == '\0') return cannot(address, "expected HOST:PORT or unix:PATH", error);
  rel_str host = rel_bytes(address, (size_t)(colon - address));
  if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
    host = rel_bytes(host.ptr + 1, host.len - 2);
  if (host.len == 0) return cannot(address, "the host is missing", error);
  char *name = rel_strdup(host);
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
  struct addrinfo *found = NULL;
  int status = getaddrinfo(name, colon + 1, &hints, &found);
  rel_code code =
      status == 0 ? try_bind(address, found, error) : cannot(address, gai_strerror(status), error);
  if (found != NULL) freeaddrinfo(found);
  free(name);
  return code;
}

rel_code rel_listen_check(const char *address, rel_error *error) {
  if (strncmp(address, "unix:", 5) == 0) return check_unix(address, address + 5, error);
  return check_tcp(address, error);
}
