// Streamed messages of a call, both ways. The life of the call itself is in call.c.
#include "server/rpc/core.h"

static void on_sent(void *owner, bool ok) {
  rel_call *call = owner;
  grpc_byte_buffer_destroy(call->sending);
  call->sending = NULL;
  call->sent(call, ok, call->sent_context);
  rel_call_drop(call);
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
  rel_call_hold(call); // past sent, which may end the call
  if (!rel_call_batch(call, ops, count, &call->sent_tag, on_sent))
    on_sent(call, false);
  else
    rel_call_drop(call);
}

static void on_received(void *owner, bool ok) {
  rel_call *call = owner;
  bool got = ok && call->payload != NULL;
  rel_call_read_payload(call);
  call->received(call, got, call->received_context);
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
  grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};
  op.data.recv_message.recv_message = &call->payload;
  rel_call_hold(call);
  if (!rel_call_batch(call, &op, 1, &call->received_tag, on_received))
    on_received(call, false);
  else
    rel_call_drop(call);
}
