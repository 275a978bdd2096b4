// Callers that do not read, or never send what they began, are not waited for beyond their deadline.
//
// Core ends a call at the deadline that its caller sent along. A caller that sent none, and takes nothing of
// its answer (a window of no bytes is enough), would keep the call, its memory and its place among max_calls
// for as long as it is connected. So every call says when what core is doing for it is overdue, and a thread
// looks at all calls now and then, and cancels those that are.
#include "server/rpc/core.h"

#include <errno.h>
#include <time.h>

// --- What a call says ---

void rel_call_expect_by_deadline(rel_call *call) {
  int64_t from_ns = call->deadline_ns;
  if (call->streams) { // may be older than its deadline, as one that watches is
    int64_t now_ns = rel_clock_ns();
    if (now_ns > from_ns) from_ns = now_ns;
  }
  int64_t due_ns = rel_clock_after(from_ns, call->rpc->options.overdue_ns);
  atomic_store_explicit(&call->due_ns, due_ns, memory_order_release); // with it the watcher sees call->core
}

void rel_call_expect_nothing(rel_call *call) {
  atomic_store_explicit(&call->due_ns, 0, memory_order_relaxed);
}

static bool is_overdue(const rel_call *call, int64_t now_ns) {
  int64_t due_ns = atomic_load_explicit(&((rel_call *)call)->due_ns, memory_order_acquire);
  return due_ns != 0 && due_ns < now_ns;
}

// --- The list of a queue's calls; with the queue's lock ---

void rel_call_list(rel_call *call) {
  rel_queue *queue = call->queue;
  call->next_live = queue->live;
  call->live_link = &queue->live;
  if (call->next_live != NULL) call->next_live->live_link = &call->next_live;
  queue->live = call;
}

void rel_call_unlist(rel_call *call) {
  *call->live_link = call->next_live;
  if (call->next_live != NULL) call->next_live->live_link = call->live_link;
}

// --- Looking ---

// A call that nothing holds is about to be used again, and listed only until it gets the lock.
static bool try_hold(rel_call *call) {
  unsigned holds = atomic_load_explicit(&call->holds, memory_order_relaxed);
  while (holds > 0)
    if (atomic_compare_exchange_weak_explicit(&call->holds, &holds, holds + 1, memory_order_acquire,
                                              memory_order_relaxed))
      return true;
  return false;
}

static rel_call *find_overdue(rel_queue *queue, int64_t now_ns) {
  rel_call *found = NULL;
  pthread_mutex_lock(&queue->lock);
  for (rel_call *call = queue->live; call != NULL; call = call->next_live) {
    if (!is_overdue(call, now_ns) || !try_hold(call)) continue;
    call->next_overdue = found;
    found = call;
  }
  pthread_mutex_unlock(&queue->lock);
  return found;
}

static void look(rel_rpc *rpc) {
  int64_t now_ns = rel_clock_ns();
  for (size_t i = 0; i < rpc->queue_count; i++) {
    rel_call *call = find_overdue(&rpc->queues[i], now_ns);
    while (call != NULL) {
      rel_call *next = call->next_overdue;
      if (is_overdue(call, now_ns))
        (void)grpc_call_cancel_with_status(call->core, GRPC_STATUS_DEADLINE_EXCEEDED,
                                           "the caller did not take its answer in time", NULL);
      rel_call_drop(call);
      call = next;
    }
  }
}

static void *watch(void *context) {
  rel_rpc *rpc = context;
  pthread_mutex_lock(&rpc->lock);
  while (!rpc->watch_ends) {
    int64_t next_ns = rel_clock_after(rel_clock_ns(), rpc->options.overdue_ns / 4);
    struct timespec until = {next_ns / REL_NS_PER_S, next_ns % REL_NS_PER_S};
    if (pthread_cond_timedwait(&rpc->changed, &rpc->lock, &until) != ETIMEDOUT) continue;
    pthread_mutex_unlock(&rpc->lock);
    look(rpc);
    pthread_mutex_lock(&rpc->lock);
  }
  pthread_mutex_unlock(&rpc->lock);
  return NULL;
}

void rel_overdue_start(rel_rpc *rpc) {
  if (pthread_create(&rpc->watcher, NULL, watch, rpc) != 0) abort();
}

void rel_overdue_stop(rel_rpc *rpc) {
  pthread_mutex_lock(&rpc->lock);
  rpc->watch_ends = true;
  pthread_cond_broadcast(&rpc->changed);
  pthread_mutex_unlock(&rpc->lock);
  pthread_join(rpc->watcher, NULL);
}
