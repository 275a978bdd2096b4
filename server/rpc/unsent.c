// How much of the answers the server may keep for callers who have not read them yet.
//
// An answer of one message lies in memory until its caller has taken the last byte, and one caller may ask
// for as many of the largest ones as there may be calls. So large answers are added up over all calls, and
// one more is refused when they are too many. Small ones do not count: max_calls bounds them.
#include "server/rpc/core.h"

enum { SMALL = 64 * 1024 };

rel_code rel_call_keep(rel_call *call, size_t bytes, rel_error *error) {
  rel_rpc *rpc = call->rpc;
  size_t kept = call->kept, wanted = bytes > SMALL ? bytes : 0;
  if (wanted > kept) {
    size_t more = wanted - kept;
    size_t before = atomic_fetch_add_explicit(&rpc->unsent, more, memory_order_relaxed);
    // The only one is let through, however large it may be: answers have a limit of their own.
    if (before > kept && before + more > rpc->options.max_unsent_bytes) {
      atomic_fetch_sub_explicit(&rpc->unsent, more, memory_order_relaxed);
      return rel_fail(
          error, REL_LIMIT,
          "callers have %zu bytes of large answers still to read, and the server keeps %zu at most; "
          "try again later, or ask for less at a time",
          before, rpc->options.max_unsent_bytes);
    }
  } else if (wanted < kept) {
    atomic_fetch_sub_explicit(&rpc->unsent, kept - wanted, memory_order_relaxed);
  }
  call->kept = wanted;
  return REL_OK;
}
