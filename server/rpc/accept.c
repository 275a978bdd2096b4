// An accept4 that no listener dies of: see accept.h. Owns the descriptor that is kept in reserve, and what of
// accept4's errors is whose affair.
#include "server/rpc/accept.h"

#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// Descriptors that no connection takes: the database's, certificates that are read again, calls to loaders.
enum { HEADROOM = 64 };

static int first_refused = INT_MAX; // written before there are threads

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // of the reserve
static int reserve = -1;

static atomic_llong refused;     // connections, since the process began
static atomic_llong log_next_ns; // before this the log says nothing of it

void rel_accept_guard(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  rlim_t descriptors = limit.rlim_cur < INT_MAX ? limit.rlim_cur : INT_MAX;
  rlim_t headroom = descriptors / 4 < HEADROOM ? descriptors / 4 : HEADROOM;
  first_refused = (int)(descriptors - headroom);
  reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

// Says so once a second at most. Relaxed: whoever wins the exchange writes the line.
static void count_refused(void) {
  long long count = atomic_fetch_add_explicit(&refused, 1, memory_order_relaxed) + 1;
  long long now_ns = rel_clock_ns(), next_ns = atomic_load_explicit(&log_next_ns, memory_order_relaxed);
  if (now_ns < next_ns ||
      !atomic_compare_exchange_strong_explicit(&log_next_ns, &next_ns, now_ns + REL_NS_PER_S,
                                               memory_order_relaxed, memory_order_relaxed))
    return;
  REL_LOG(
      REL_LOG_ERROR, "connections_refused",
      rel_log_text("message", rel_cstr("no file descriptors are left for connections: raise the hard limit "
                                       "(LimitNOFILE=, ulimit -Hn)")),
      rel_log_number("connections_refused", count));
}

static int system_accept4(int listener, struct sockaddr *address, socklen_t *len, int flags) {
  return (int)syscall(SYS_accept4, listener, address, len, flags);
}

// The error is of one connection, which is gone: accept(2) says to go on as if it had not been.
static bool is_of_one(int error) {
  switch (error) {
  case ECONNABORTED:
  case EHOSTDOWN:
  case EHOSTUNREACH:
  case ENETDOWN:
  case ENETUNREACH:
  case ENONET:
  case ENOPROTOOPT:
  case EPERM:
  case EPROTO:
    return true;
  default:
    return false;
  }
}

static bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// Closes a connection that waits, with the descriptor that is in reserve, so that its client knows. False
// when that cannot be.
static bool turn_away(int listener) {
  pthread_mutex_lock(&lock);
  if (reserve >= 0) close(reserve);
  int fd = system_accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (fd >= 0) close(fd);
  reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
  pthread_mutex_unlock(&lock);
  return fd >= 0;
}

// To the linker this is accept4; to the compiler it is not, since the C library declares that with types of
// its own.
int rel_accept4(int listener, struct sockaddr *address, socklen_t *len, int flags) __asm__("accept4");

// The C library's, but for errors that are no reason to stop listening: then whoever can be turned away is,
// and what is left waits for the next one to knock (EAGAIN).
int rel_accept4(int listener, struct sockaddr *address, socklen_t *len, int flags) {
  const socklen_t size = len != NULL ? *len : 0;
  for (;;) {
    if (len != NULL) *len = size;
    int fd = system_accept4(listener, address, len, flags);
    if (fd >= 0 && fd < first_refused) return fd;
    if (fd >= 0) {
      close(fd);
      count_refused();
    } else if (is_shortage(errno)) {
      count_refused();
      if (turn_away(listener)) continue;
      errno = EAGAIN;
      return -1;
    } else if (!is_of_one(errno)) {
      return -1;
    }
  }
}
