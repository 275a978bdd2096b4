// The least that a C-core server can do, with core's own settings: one completion queue, one thread, one
// registered unary method, /bench.Echo/Echo. What an answer costs when nothing has to be found out. A request
// begins with the length of the answer that it wants, as four bytes big-endian.
//
// Writes {"event":"listening","port":N} to standard error, as relationsd does, and serves until it is ended
// by a signal.
#include "common/log.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <assert.h>
#include <stdio.h>

enum { WAITING = 256, MAX_ANSWER = 16 << 20 };

typedef struct server {
  grpc_server *core;
  grpc_completion_queue *queue;
  void *method;
  grpc_slice payload; // answers are pieces of it
} server;

// A call, waited for or under way. Its tag says which.
typedef struct call {
  grpc_call *core;
  gpr_timespec deadline;
  grpc_metadata_array metadata;
  grpc_byte_buffer *request;
  grpc_byte_buffer *answer;
  int cancelled;
  bool answered;
} call;

static void wait_for_call(server *s, call *c) {
  *c = (call){0};
  grpc_metadata_array_init(&c->metadata);
  grpc_call_error refused = grpc_server_request_registered_call(
      s->core, s->method, &c->core, &c->deadline, &c->metadata, &c->request, s->queue, s->queue, c);
  assert(refused == GRPC_CALL_OK);
  (void)refused;
}

// A message comes in pieces as the network cut it, so the four bytes need not lie together.
static size_t wanted(grpc_byte_buffer *request) {
  grpc_byte_buffer_reader reader;
  if (request == NULL || !grpc_byte_buffer_reader_init(&reader, request)) return 0;
  grpc_slice bytes;
  size_t len = 0, seen = 0;
  while (seen < 4 && grpc_byte_buffer_reader_next(&reader, &bytes)) {
    for (size_t i = 0; i < GRPC_SLICE_LENGTH(bytes) && seen < 4; i++, seen++)
      len = len << 8 | GRPC_SLICE_START_PTR(bytes)[i];
    grpc_slice_unref(bytes);
  }
  grpc_byte_buffer_reader_destroy(&reader);
  return len <= MAX_ANSWER ? len : MAX_ANSWER;
}

static void answer(server *s, call *c) {
  grpc_slice bytes = grpc_slice_sub(s->payload, 0, wanted(c->request));
  c->answer = grpc_raw_byte_buffer_create(&bytes, 1);
  grpc_slice_unref(bytes);
  c->answered = true;
  grpc_op ops[] = {
      {.op = GRPC_OP_SEND_INITIAL_METADATA},
      {.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = c->answer},
      {.op = GRPC_OP_SEND_STATUS_FROM_SERVER, .data.send_status_from_server.status = GRPC_STATUS_OK},
      {.op = GRPC_OP_RECV_CLOSE_ON_SERVER, .data.recv_close_on_server.cancelled = &c->cancelled},
  };
  grpc_call_error refused = grpc_call_start_batch(c->core, ops, sizeof ops / sizeof *ops, c, NULL);
  assert(refused == GRPC_CALL_OK);
  (void)refused;
}

static void end(call *c) {
  grpc_byte_buffer_destroy(c->request);
  grpc_byte_buffer_destroy(c->answer);
  grpc_metadata_array_destroy(&c->metadata);
  grpc_call_unref(c->core);
}

static void serve(server *s) {
  for (;;) {
    grpc_event event = grpc_completion_queue_next(s->queue, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);
    if (event.type != GRPC_OP_COMPLETE) return;
    call *c = event.tag;
    if (!c->answered) {
      answer(s, c);
      continue;
    }
    end(c);
    wait_for_call(s, c);
  }
}

int main(void) {
  grpc_init();
  server s = {.core = grpc_server_create(NULL, NULL)};
  s.method = grpc_server_register_method(s.core, "/bench.Echo/Echo", NULL,
                                         GRPC_SRM_PAYLOAD_READ_INITIAL_BYTE_BUFFER, 0);
  s.queue = grpc_completion_queue_create_for_next(NULL);
  grpc_server_register_completion_queue(s.core, s.queue, NULL);
  grpc_server_credentials *credentials = grpc_insecure_server_credentials_create();
  int port = grpc_server_add_http2_port(s.core, "127.0.0.1:0", credentials);
  grpc_server_credentials_release(credentials);
  if (port == 0) {
    fputs("echo_server: cannot listen on 127.0.0.1\n", stderr);
    return 1;
  }
  s.payload = grpc_slice_malloc(MAX_ANSWER);
  memset(GRPC_SLICE_START_PTR(s.payload), 'x', MAX_ANSWER);
  grpc_server_start(s.core);
  call *calls = rel_alloc0(WAITING, sizeof *calls);
  for (int i = 0; i < WAITING; i++)
    wait_for_call(&s, &calls[i]);
  REL_LOG(REL_LOG_INFO, "listening", rel_log_number("port", port));
  serve(&s);
  return 1;
}
