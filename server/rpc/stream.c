// Streamed messages of a call, both ways. The life of the call itself is in call.c.
#include "server/rpc/core.h"

static void on_sent(void *owner, bool ok) {
  rel_call *call = owner;
  rel_call_expect_nothing(call);
  grpc_byte_buffer_destroy(call->sending);
  call->sending = NULL;
  call->sent(call, ok, call->sent_context);
  rel_call_drop(call);
}

void rel_call_stream(rel_call *call) {
  call->streams = true;
}

void rel_call_send(rel_call *call, void (*sent)(rel_call *call, bool ok, void *context), void *context) {
  call->sent = sent;
  call->sent_context = context;
  call->sending = rel_answer_take(&call->answer);
  grpc_op ops[2];
  size_t count = 0;
  if (!call->headers_sent) ops[count++] = (grpc_op){.op = GRPC_OP_SEND_INITIAL_METADATA};
  call->headers_sent = true;
  ops[count] = (grpc_op){.op = GRPC_OP_SEND_MESSAGE};
  ops[count++].data.send_message.send_message = call->sending;
  rel_call_expect_by_deadline(call);
  rel_call_hold(call); // past sent, which may end the call
  if (!rel_call_batch(call, ops, count, &call->sent_tag, on_sent))
    on_sent(call, false);
  else
    rel_call_drop(call);
}

// A call that waits for its caller would hold up a stop for the whole grace period, so the server knows them
// all, and stop ends their waits. Whoever takes the call off the list, under the lock, is the one who calls
// `received`.
static bool begin_wait(rel_call *call) {
  rel_rpc *rpc = call->rpc;
  pthread_mutex_lock(&rpc->lock);
  bool stopping = atomic_load_explicit(&rpc->stopping, memory_order_relaxed);
  if (!stopping) {
    call->next_receiving = rpc->receiving;
    call->receiving_link = &rpc->receiving;
    if (call->next_receiving != NULL) call->next_receiving->receiving_link = &call->next_receiving;
    rpc->receiving = call;
  }
  pthread_mutex_unlock(&rpc->lock);
  return !stopping;
}

static bool end_wait(rel_call *call) {
  pthread_mutex_lock(&call->rpc->lock);
  bool taken = call->receive_taken;
  if (!taken) {
    *call->receiving_link = call->next_receiving;
    if (call->next_receiving != NULL) call->next_receiving->receiving_link = call->receiving_link;
  }
  pthread_mutex_unlock(&call->rpc->lock);
  return !taken;
}

void rel_rpc_end_receives(rel_rpc *rpc) {
  pthread_mutex_lock(&rpc->lock);
  atomic_store_explicit(&rpc->stopping, true, memory_order_release);
  rel_call *call = rpc->receiving;
  rpc->receiving = NULL;
  for (rel_call *c = call; c != NULL; c = c->next_receiving) {
    c->receive_taken = true;
    rel_call_hold(c);
  }
  pthread_mutex_unlock(&rpc->lock);
  while (call != NULL) {
    rel_call *next = call->next_receiving;
    call->received(call, false, call->received_context);
    rel_call_drop(call);
    call = next;
  }
}

static void on_received(void *owner, bool ok) {
  rel_call *call = owner;
  if (end_wait(call)) {
    bool got = ok && call->payload != NULL;
    rel_call_read_payload(call);
    call->received(call, got, call->received_context);
  }
  rel_call_drop(call);
}

void rel_call_receive(rel_call *call, void (*received)(rel_call *call, bool got, void *context),
                      void *context) {
  call->received = received;
  call->received_context = context;
  call->request = rel_cstr("");
  if (call->payload != NULL) grpc_byte_buffer_destroy(call->payload);
  call->payload = NULL;
  rel_arena_fini(&call->message_arena);
  rel_call_hold(call); // from begin_wait on stop may end the call
  if (!begin_wait(call)) {
    received(call, false, context);
    rel_call_drop(call);
    return;
  }
  grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};
  op.data.recv_message.recv_message = &call->payload;
  if (rel_call_batch(call, &op, 1, &call->received_tag, on_received))
    rel_call_drop(call);
  else
    on_received(call, false);
}
