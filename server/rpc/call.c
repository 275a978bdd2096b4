// One call's life.
//
//   idle --arm--> armed --arrived--> handled --finish/fail--> ending --last hold dropped--> idle
//
// armed: core holds the object as the place for the next call of its row. Each row has one armed object on
// each queue, and one more takes the calls of every method that is not in the table.
//
// handled: the call has arrived. Before anything else the next object is armed, so that the row is never
// without one. The batch with RECV_CLOSE_ON_SERVER runs on its own for as long as the call does: its event
// says whether the caller has gone. The handler owes a finish or a fail, on any thread.
//
// ending: the status is on its way, or held back while the server is about to stop (see stop.c).
//
// Everything that core may still write to, or answer about, holds the object: one hold for each tag that is
// outstanding and one for the handler until it finishes. Whoever drops the last hold gives the object back to
// its queue's idle list, where the next arm finds it, with its arena and buffers. So a call allocates nothing
// but what core does.
//
// A batch is started by whoever owns the call at that moment: the queue thread until the handler is called,
// then the handler. A stream's send and receive may be outstanding together: core allows one batch of sends
// beside one of receives.
#include "server/rpc/core.h"

#include "common/status.h"
#include "common/wire.h"

static void on_arrived(void *owner, bool ok);

// --- The object ---

// With the queue's lock.
static rel_call *pop_idle(rel_queue *queue) {
  rel_call *call = queue->idle;
  if (call == NULL) return NULL;
  queue->idle = call->next_idle;
  queue->idle_count--;
  return call;
}

static rel_call *call_new(rel_rpc *rpc, rel_queue *queue) {
  rel_call *call = REL_NEW(rel_call);
  call->rpc = rpc;
  call->queue = queue;
  rel_answer_init(&call->answer);
  return call;
}

static rel_call *take(rel_rpc *rpc, rel_queue *queue) {
  pthread_mutex_lock(&queue->lock);
  rel_call *call = pop_idle(queue);
  if (call == NULL) call = call_new(rpc, queue); // rare, and only memory
  rel_call_list(call);
  pthread_mutex_unlock(&queue->lock);
  return call;
}

static void call_free(rel_call *call) {
  rel_buf_fini(&call->joined);
  free(call);
}

// Forgets the call that ended; what is worth keeping stays.
static void reset(rel_call *call) {
  enum { KEPT_BYTES = 64 * 1024 };
  rel_arena_fini(&call->arena);
  rel_arena_fini(&call->message_arena);
  rel_answer_clear(&call->answer);
  grpc_metadata_array_destroy(&call->metadata);
  if (call->row == NULL) grpc_call_details_destroy(&call->details);
  if (call->payload != NULL) grpc_byte_buffer_destroy(call->payload);
  if (call->sending != NULL) grpc_byte_buffer_destroy(call->sending);
  grpc_slice_unref(call->status_message);
  grpc_slice_unref(call->status_details);
  if (call->core != NULL) grpc_call_unref(call->core);
  if (call->joined.cap > KEPT_BYTES) rel_buf_fini(&call->joined);
  call->joined.len = 0;
}

// Tells stop that core knows one object less.
static void forget(rel_rpc *rpc) {
  size_t calls = atomic_load_explicit(&rpc->calls, memory_order_relaxed);
  while (calls > 1)
    if (atomic_compare_exchange_weak_explicit(&rpc->calls, &calls, calls - 1, memory_order_release,
                                              memory_order_relaxed))
      return;
  // The last one, so stop waits for it, and frees the server as soon as it may have the lock.
  pthread_mutex_lock(&rpc->lock);
  atomic_fetch_sub_explicit(&rpc->calls, 1, memory_order_acq_rel);
  pthread_cond_broadcast(&rpc->changed);
  pthread_mutex_unlock(&rpc->lock);
}

static void release(rel_call *call) {
  enum { IDLE_MAX = 256 };
  rel_rpc *rpc = call->rpc;
  rel_queue *queue = call->queue;
  if (call->counted) atomic_fetch_sub_explicit(&rpc->active, 1, memory_order_relaxed);
  if (call->kept > 0) atomic_fetch_sub_explicit(&rpc->unsent, call->kept, memory_order_relaxed);
  reset(call);
  pthread_mutex_lock(&queue->lock);
  rel_call_unlist(call);
  bool keep = queue->idle_count < IDLE_MAX;
  if (keep) {
    call->next_idle = queue->idle;
    queue->idle = call;
    queue->idle_count++;
  }
  pthread_mutex_unlock(&queue->lock);
  if (!keep) call_free(call);
  forget(rpc);
}

void rel_call_free_idle(rel_queue *queue) {
  for (rel_call *call; (call = pop_idle(queue)) != NULL;)
    call_free(call);
}

void rel_call_hold(rel_call *call) {
  // Relaxed: whoever adds a hold has one.
  atomic_fetch_add_explicit(&call->holds, 1, memory_order_relaxed);
}

void rel_call_drop(rel_call *call) {
  // Release what this thread wrote to the call, acquire what the others did, before it is used again.
  if (atomic_fetch_sub_explicit(&call->holds, 1, memory_order_acq_rel) == 1) release(call);
}

bool rel_call_batch(rel_call *call, const grpc_op *ops, size_t count, rel_tag *tag, rel_tag_done *done) {
  rel_call_hold(call);
  grpc_call *core = call->core;
  rel_tag_arm(tag, done, call);
  if (grpc_call_start_batch(core, ops, count, tag, NULL) == GRPC_CALL_OK) return true;
  rel_call_drop(call);
  return false;
}

// --- Arming and arriving ---

// From rel_tag_arm on the call may be another thread's, so everything is read before.
static grpc_call_error request(rel_call *call) {
  grpc_server *server = call->rpc->core;
  grpc_completion_queue *queue = call->queue->core;
  void *registered = call->row != NULL ? call->row->registered : NULL;
  rel_tag_arm(&call->arrived_tag, on_arrived, call);
  if (registered == NULL)
    return grpc_server_request_call(server, &call->core, &call->details, &call->metadata, queue, queue,
                                    &call->arrived_tag);
  return grpc_server_request_registered_call(server, registered, &call->core, &call->deadline,
                                             &call->metadata, &call->payload, queue, queue,
                                             &call->arrived_tag);
}

void rel_call_arm(rel_rpc *rpc, rel_queue *queue, const rel_row *row) {
  atomic_fetch_add_explicit(&rpc->calls, 1, memory_order_relaxed);
  rel_call *call = take(rpc, queue);
  call->row = row;
  call->core = NULL;
  call->payload = call->sending = NULL;
  call->status_message = call->status_details = grpc_empty_slice();
  call->token_name[0] = '\0';
  call->counted = call->headers_sent = call->receive_taken = false;
  call->streams = row != NULL && row->method.shape != REL_UNARY;
  call->request = rel_cstr("");
  call->kept = 0;
  rel_call_expect_nothing(call);
  grpc_metadata_array_init(&call->metadata);
  if (row == NULL) grpc_call_details_init(&call->details);
  rel_arena_init_with(&call->arena, call->memory, sizeof call->memory);
  rel_arena_init(&call->message_arena);
  atomic_store_explicit(&call->cancelled, false, memory_order_relaxed);
  atomic_store_explicit(&call->watch, REL_WATCH_NONE, memory_order_relaxed);
  // The tag's; then the handler's. Release: from here on the watcher may look at it.
  atomic_store_explicit(&call->holds, 1, memory_order_release);
  if (request(call) != GRPC_CALL_OK) rel_call_drop(call);
}

// The caller's deadline within the server's limits, on our clock.
static int64_t limited_deadline(const rel_call *call) {
  const rel_rpc_options *options = &call->rpc->options;
  gpr_timespec deadline = call->row != NULL ? call->deadline : call->details.deadline;
  int64_t now_ns = rel_clock_ns();
  if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0)
    return rel_clock_after(now_ns, options->default_deadline_ns);
  gpr_timespec left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
  int64_t left_s = left.tv_sec;
  if (left_s >= options->max_deadline_ns / REL_NS_PER_S)
    return rel_clock_after(now_ns, options->max_deadline_ns);
  return rel_clock_after(now_ns, left_s * REL_NS_PER_S + left.tv_nsec);
}

void rel_call_read_payload(rel_call *call) {
  grpc_byte_buffer_reader reader;
  grpc_slice *slice;
  call->joined.len = 0;
  call->request = rel_cstr("");
  if (call->payload == NULL || !grpc_byte_buffer_reader_init(&reader, call->payload)) return;
  size_t bytes = grpc_byte_buffer_length(call->payload);
  while (grpc_byte_buffer_reader_peek(&reader, &slice)) { // no reference: the payload outlives the view
    size_t len = GRPC_SLICE_LENGTH(*slice);
    if (len == bytes)
      call->request = rel_bytes(GRPC_SLICE_START_PTR(*slice), len);
    else
      rel_buf_append(&call->joined, GRPC_SLICE_START_PTR(*slice), len);
  }
  grpc_byte_buffer_reader_destroy(&reader);
  if (call->joined.len > 0) call->request = rel_buf_view(&call->joined);
}

static void fail(rel_call *call, rel_code code, const char *message) {
  rel_error error;
  rel_fail(&error, code, "%s", message);
  rel_call_fail(call, &error);
}

// The path of a call without a row.
static rel_str path_of(const rel_call *call) {
  return rel_bytes(GRPC_SLICE_START_PTR(call->details.method), GRPC_SLICE_LENGTH(call->details.method));
}

static void refuse_unknown(rel_call *call) {
  enum { SHOWN = 128 };
  rel_str path = path_of(call);
  if (path.len > SHOWN) path.len = SHOWN;
  rel_error error;
  rel_fail(&error, REL_UNIMPLEMENTED, "method " REL_STR_F " is unknown; services: %s", REL_STR_A(path),
           call->rpc->services);
  rel_call_fail(call, &error);
}

static void refuse_without_message(rel_call *call) {
  fail(call, REL_INVALID, "the request carries no message");
}

// --- Methods that are in no table ---

static void on_message(void *owner, bool ok) {
  rel_call *call = owner;
  const rel_fallback *fallback = &call->rpc->options.fallback;
  rel_call_expect_nothing(call);
  rel_call_read_payload(call);
  if (!ok || call->payload == NULL)
    refuse_without_message(call);
  else
    fallback->handle(call, path_of(call), fallback->context);
  rel_call_drop(call); // the batch's hold
}

// Core reads the message of a call that was not registered only when it is asked to.
static void receive_message(rel_call *call) {
  grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};
  op.data.recv_message.recv_message = &call->payload;
  rel_call_expect_by_deadline(call);
  if (!rel_call_batch(call, &op, 1, &call->received_tag, on_message)) refuse_without_message(call);
}

static bool is_served(const rel_call *call) {
  const rel_fallback *fallback = &call->rpc->options.fallback;
  return fallback->serves != NULL && fallback->serves(path_of(call), fallback->context);
}

// --- Dispatching ---

static void handle(void *context) {
  rel_call *call = context;
  const rel_method *method = &call->row->method;
  method->handle(call, method->context);
}

// What needs a token and has none is refused before its bytes are looked at, and before it is told which
// methods there are.
static bool refuse_stranger(rel_call *call) {
  rel_error error;
  if (call->rpc->tokens == NULL || (call->row != NULL && call->row->open)) return false;
  if (rel_call_authenticate(call, &error) == REL_OK) return false;
  rel_call_fail(call, &error);
  return true;
}

static void dispatch(rel_call *call) {
  rel_rpc *rpc = call->rpc;
  rel_error error;
  call->counted = true;
  size_t active = atomic_fetch_add_explicit(&rpc->active, 1, memory_order_relaxed);
  if (refuse_stranger(call)) return;
  rel_call_read_payload(call);
  if (call->row == NULL && !is_served(call)) {
    refuse_unknown(call);
  } else if (active >= rpc->options.max_calls) {
    fail(call, REL_LIMIT, "the server runs as many calls as it may; try again later");
  } else if (call->row == NULL) {
    receive_message(call);
  } else if (call->payload == NULL && call->row->method.shape == REL_BIDI_STREAM) {
    rel_call_finish(call); // a stream that ended before its first message
  } else if (call->payload == NULL) {
    refuse_without_message(call);
  } else if (call->row->method.run == REL_RUN_INLINE) {
    handle(call);
  } else if (rel_call_keep(call, 0, &error) != REL_OK) { // it may wait for a worker
    rel_call_fail(call, &error);
  } else {
    call->work = (rel_work){handle, call, NULL};
    rel_workers_submit(rpc->workers, &call->work);
  }
}

// The call is over for core; if it was not for the handler, the caller has gone.
static void on_closed(void *owner, bool ok) {
  rel_call *call = owner;
  if (!ok || call->closed_early) {
    atomic_store(&call->cancelled, true); // before watch is read, as on_cancel reads them the other way round
    int armed = REL_WATCH_ARMED;
    if (atomic_compare_exchange_strong(&call->watch, &armed, REL_WATCH_CLOSED))
      call->on_cancel(call, call->on_cancel_context);
  }
  rel_call_drop(call);
}

static void on_arrived(void *owner, bool ok) {
  rel_call *call = owner;
  if (!ok) { // the server shuts down, nothing more is armed
    rel_call_drop(call);
    return;
  }
  rel_call_arm(call->rpc, call->queue, call->row);
  if (atomic_load_explicit(&call->rpc->holding, memory_order_relaxed))
    atomic_fetch_add_explicit(&call->rpc->arrivals, 1, memory_order_relaxed);
  call->deadline_ns = limited_deadline(call);
  grpc_op close = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER};
  close.data.recv_close_on_server.cancelled = &call->closed_early;
  if (!rel_call_batch(call, &close, 1, &call->closed_tag, on_closed))
    atomic_store_explicit(&call->cancelled, true, memory_order_relaxed);
  dispatch(call);
}

// --- What the handler sees ---

rel_str rel_call_request(const rel_call *call) {
  return call->request;
}

rel_arena *rel_call_arena(rel_call *call) {
  return &call->arena;
}

int64_t rel_call_deadline_ns(const rel_call *call) {
  return call->deadline_ns;
}

bool rel_call_cancelled(const rel_call *call) {
  return atomic_load_explicit(&((rel_call *)call)->cancelled, memory_order_acquire);
}

bool rel_call_stopping(const rel_call *call) {
  return atomic_load_explicit(&call->rpc->stopping, memory_order_acquire);
}

rel_code rel_call_unpack(rel_call *call, const ProtobufCMessageDescriptor *descriptor, ProtobufCMessage **out,
                         rel_error *error) {
  const rel_rpc_options *options = &call->rpc->options;
  rel_wire_limits limits = {options->max_depth, options->max_fields};
  *out = NULL;
  rel_code code = rel_wire_check(descriptor, call->request, &limits, error);
  if (code != REL_OK) return code;
  bool streamed = call->row != NULL && call->row->method.shape == REL_BIDI_STREAM;
  rel_arena *arena = streamed ? &call->message_arena : &call->arena;
  *out = protobuf_c_message_unpack(descriptor, &arena->allocator, call->request.len,
                                   (const uint8_t *)call->request.ptr);
  if (*out == NULL) return rel_fail(error, REL_INVALID, "the request is no %s", descriptor->name);
  return REL_OK;
}

void rel_call_on_cancel(rel_call *call, void (*cancelled)(rel_call *call, void *context), void *context) {
  call->on_cancel = cancelled;
  call->on_cancel_context = context;
  atomic_store(&call->watch, REL_WATCH_ARMED);
  if (!atomic_load(&call->cancelled)) return;
  // It may have been cancelled before it was watched: then nobody else calls.
  int armed = REL_WATCH_ARMED;
  if (atomic_compare_exchange_strong(&call->watch, &armed, REL_WATCH_CLOSED)) cancelled(call, context);
}

void rel_call_expect(rel_call *call, size_t bytes, size_t parts) {
  rel_answer_expect(&call->answer, bytes, parts);
}

void rel_call_write(rel_call *call, const void *bytes, size_t len) {
  rel_answer_write(&call->answer, bytes, len);
}

void rel_call_write_head(rel_call *call, uint32_t field, size_t len) {
  uint8_t head[2 * REL_WIRE_VARINT_MAX];
  uint8_t *after = rel_wire_varint(head, (uint64_t)field << 3 | REL_WIRE_BYTES);
  after = rel_wire_varint(after, len);
  rel_call_write(call, head, (size_t)(after - head));
}

void rel_call_write_blob(rel_call *call, rel_blob *take_blob) {
  rel_answer_write_blob(&call->answer, take_blob);
}

void rel_call_write_message(rel_call *call, const ProtobufCMessage *message) {
  rel_answer_write_message(&call->answer, message);
}

size_t rel_call_written(const rel_call *call) {
  return call->answer.bytes;
}

// --- Ending ---

static void on_ended(void *owner, bool ok) {
  (void)ok; // not sent: the caller has gone, and the close event says so
  rel_call_drop(owner);
}

static size_t put_headers(rel_call *call, grpc_op *ops) {
  if (call->headers_sent) return 0;
  call->headers_sent = true;
  *ops = (grpc_op){.op = GRPC_OP_SEND_INITIAL_METADATA};
  return 1;
}

void rel_call_send_end(rel_call *call) {
  grpc_op ops[3];
  size_t count = put_headers(call, ops);
  if (call->ends_with_message) {
    call->sending = rel_answer_take(&call->answer);
    ops[count] = (grpc_op){.op = GRPC_OP_SEND_MESSAGE};
    ops[count++].data.send_message.send_message = call->sending;
  }
  grpc_op *last = &ops[count++];
  *last = (grpc_op){.op = GRPC_OP_SEND_STATUS_FROM_SERVER};
  last->data.send_status_from_server.status = call->status;
  if (call->status != GRPC_STATUS_OK) {
    call->trailer = (grpc_metadata){.key = grpc_slice_from_static_string("grpc-status-details-bin"),
                                    .value = call->status_details};
    last->data.send_status_from_server.status_details = &call->status_message;
    last->data.send_status_from_server.trailing_metadata_count = 1;
    last->data.send_status_from_server.trailing_metadata = &call->trailer;
  }
  rel_call_expect_by_deadline(call);
  // Refused: the call is dead, and nothing is owed any more.
  rel_call_batch(call, ops, count, &call->ended_tag, on_ended);
  rel_call_drop(call);
}

static void end(rel_call *call, bool with_message, grpc_status_code status) {
  atomic_store(&call->watch, REL_WATCH_CLOSED);
  call->ends_with_message = with_message;
  call->status = status;
  if (!rel_rpc_hold_back(call)) rel_call_send_end(call);
}

void rel_call_finish(rel_call *call) {
  rel_error error;
  if (!call->streams && rel_call_keep(call, rel_call_written(call), &error) != REL_OK) {
    rel_call_fail(call, &error);
    return;
  }
  end(call, !call->streams || rel_call_written(call) > 0, GRPC_STATUS_OK);
}

// A text that came from outside may stand in a message; grpc-message and protobuf's strings hold UTF-8 only.
void rel_call_fail_with_details(rel_call *call, const rel_error *error, rel_str status_details) {
  rel_error clean = *error;
  rel_utf8_make(clean.message);
  rel_answer_clear(&call->answer);
  call->status_message = grpc_slice_from_copied_string(clean.message);
  call->status_details = grpc_slice_from_copied_buffer(status_details.ptr, status_details.len);
  end(call, false, (grpc_status_code)rel_code_status(error->code));
}

void rel_call_fail(rel_call *call, const rel_error *error) {
  rel_error clean = *error;
  rel_utf8_make(clean.message);
  rel_utf8_make(clean.field);
  rel_buf details = {0};
  rel_status_write(&clean, &details);
  rel_call_fail_with_details(call, &clean, rel_buf_view(&details));
  rel_buf_fini(&details);
}
