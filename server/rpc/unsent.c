// How much the server may keep for calls: their requests, what was loaded for them, and answers that callers
// have not read yet.
//
// A request waits for a connection, as it came and as it was read; a tree holds what it has loaded while it
// waits for its next statement; and an answer of one message lies in memory until its caller has taken the
// last byte. There may be as many of the largest ones as there may be calls, and a hundred bytes may ask for
// the largest answer. So large ones are added up over all calls, and one more is refused when they are too
// many. Small ones do not count: max_calls bounds them.
#include "server/rpc/core.h"

enum { SMALL = 64 * 1024 };

// The request, as it came and as it was read.
static size_t request_bytes(const rel_call *call) {
  return call->request.len + call->arena.bytes;
}

rel_code rel_call_keep(rel_call *call, size_t bytes, rel_error *error) {
  rel_rpc *rpc = call->rpc;
  size_t all = bytes + request_bytes(call);
  size_t kept = call->kept, wanted = all > SMALL ? all : 0;
  if (wanted > kept) {
    size_t more = wanted - kept;
    size_t before = atomic_fetch_add_explicit(&rpc->unsent, more, memory_order_relaxed);
    // The only one is let through, however large it may be: answers have a limit of their own.
    if (before > kept && before + more > rpc->options.max_unsent_bytes) {
      atomic_fetch_sub_explicit(&rpc->unsent, more, memory_order_relaxed);
      return rel_fail(error, REL_LIMIT,
                      "large calls hold %zu bytes, of their requests and of answers that are still to be "
                      "read, and the server "
                      "keeps %zu at most; try again later, or ask for less at a time",
                      before, rpc->options.max_unsent_bytes);
    }
  } else if (wanted < kept) {
    atomic_fetch_sub_explicit(&rpc->unsent, kept - wanted, memory_order_relaxed);
  }
  call->kept = wanted;
  return REL_OK;
}
