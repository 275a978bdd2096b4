// Stopping the server so that no client notices more than a connection that ends.
//
// What core has for it is grpc_server_shutdown_and_notify: listeners close, every connection gets GOAWAY,
// accepted calls go on. But it also kills, as CANCELLED, every call that has been sent and arrives after it,
// before its client has read the GOAWAY. A client that calls without a pause always has such a call. So stop
// goes like this:
//
// 1. For a moment, calls are handled but their ends are held back. A client that waits for its answers falls
// silent.
// 2. When no call has arrived for quiet_ns (or after ten times that), connections are told to go away, and
// only then the
//    held answers leave, behind the GOAWAY. Each client reads that it is to go before it has a reason to call
//    again.
// 3. Streams that wait for their caller's next message are told that there is none. The queues keep being
// polled until every accepted call has ended and core says that no connection is left.
// 4. What outlives the grace period is cancelled, and step 3 goes on: handlers still owe their finish.
// 5. The server is destroyed, then the queues are shut down and drained, then their threads and the workers
// joined.
//
// What remains is a call by a client that did not wait for an answer and that is on its way in just that
// moment.
#include "server/rpc/core.h"

#include "common/log.h"

#include <errno.h>
#include <time.h>

bool rel_rpc_hold_back(rel_call *call) {
  rel_rpc *rpc = call->rpc;
  if (!atomic_load_explicit(&rpc->holding, memory_order_relaxed)) return false;
  pthread_mutex_lock(&rpc->lock);
  bool holding = atomic_load_explicit(&rpc->holding, memory_order_relaxed);
  if (holding) {
    call->next_held = rpc->held;
    rpc->held = call;
  }
  pthread_mutex_unlock(&rpc->lock);
  return holding;
}

static void set_holding(rel_rpc *rpc, bool holding) {
  pthread_mutex_lock(&rpc->lock);
  atomic_store_explicit(&rpc->holding, holding, memory_order_relaxed);
  pthread_mutex_unlock(&rpc->lock);
}

static void sleep_ns(int64_t ns) {
  struct timespec span = {ns / REL_NS_PER_S, ns % REL_NS_PER_S};
  while (nanosleep(&span, &span) != 0 && errno == EINTR) {
  }
}

static void wait_until_quiet(rel_rpc *rpc) {
  enum { STEPS_OF_QUIET = 4, STEPS_AT_MOST = 40 };
  size_t seen = 0;
  for (int step = 0, quiet = 0; step < STEPS_AT_MOST && quiet < STEPS_OF_QUIET; step++) {
    sleep_ns(rpc->options.quiet_ns / STEPS_OF_QUIET);
    size_t arrivals = atomic_load_explicit(&rpc->arrivals, memory_order_relaxed);
    quiet = arrivals == seen ? quiet + 1 : 0;
    seen = arrivals;
  }
}

static void send_held(rel_rpc *rpc) {
  set_holding(rpc, false);
  rel_call *call = rpc->held; // nobody adds any more
  rpc->held = NULL;
  while (call != NULL) {
    rel_call *next = call->next_held;
    rel_call_send_end(call);
    call = next;
  }
}

static void on_shut_down(void *owner, bool ok) {
  (void)ok;
  rel_rpc *rpc = owner;
  pthread_mutex_lock(&rpc->lock);
  rpc->shut_down = true;
  pthread_cond_broadcast(&rpc->changed);
  pthread_mutex_unlock(&rpc->lock);
}

// Waits until core knows neither a connection nor a call any more; false when `deadline_ns` came first.
static bool wait_until_ended(rel_rpc *rpc, int64_t deadline_ns) {
  struct timespec until = {deadline_ns / REL_NS_PER_S, deadline_ns % REL_NS_PER_S};
  int status = 0;
  pthread_mutex_lock(&rpc->lock);
  while ((!rpc->shut_down || atomic_load(&rpc->calls) > 0) && status != ETIMEDOUT)
    status = pthread_cond_timedwait(&rpc->changed, &rpc->lock, &until);
  bool ended = rpc->shut_down && atomic_load(&rpc->calls) == 0;
  pthread_mutex_unlock(&rpc->lock);
  return ended;
}

static void join_all(rel_rpc *rpc) {
  if (rpc->started) rel_overdue_stop(rpc);
  for (size_t i = 0; i < rpc->queue_count; i++)
    grpc_completion_queue_shutdown(rpc->queues[i].core);
  for (size_t i = 0; i < rpc->queue_count; i++)
    pthread_join(rpc->queues[i].thread, NULL);
  rel_workers_free(rpc->workers);
  rpc->workers = NULL;
}

void rel_rpc_stop(rel_rpc *rpc) {
  int64_t deadline_ns = rel_clock_after(rel_clock_ns(), rpc->options.grace_ns);
  if (rpc->started) {
    set_holding(rpc, true);
    wait_until_quiet(rpc);
  }
  rel_tag_arm(&rpc->shutdown_tag, on_shut_down, rpc);
  grpc_server_shutdown_and_notify(rpc->core, rpc->queues[0].core, &rpc->shutdown_tag);
  send_held(rpc);
  rel_rpc_end_receives(rpc);
  if (!wait_until_ended(rpc, deadline_ns)) {
    REL_LOG(REL_LOG_WARN, "calls_cancelled", rel_log_number("calls", (int64_t)rel_rpc_active(rpc)));
    grpc_server_cancel_all_calls(rpc->core);
    wait_until_ended(rpc, REL_NEVER);
  }
  grpc_server_destroy(rpc->core);
  rpc->core = NULL;
  join_all(rpc);
}
