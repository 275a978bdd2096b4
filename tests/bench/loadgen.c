// The load generator: see loadgen.h.
//
// A unary call is one batch, and so one event. Of a stream that batch lacks the message; messages are
// received one after the other in batches of their own, and the call ends with the event that comes last.
#include "tests/bench/loadgen.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/time.h>

#include <assert.h>

enum { OPS = 6 };

struct rel_loadgen {
  grpc_channel *channel;
  grpc_completion_queue *queue;
};

// Of a batch: whose it is, and whether a message comes with it.
typedef struct tag {
  struct slot *slot;
  bool brings_answer;
} tag;

// A call under way.
typedef struct slot {
  tag whole;   // the call's batch
  tag message; // of a stream
  grpc_call *call;
  unsigned events; // still to come
  grpc_metadata_array initial;
  grpc_metadata_array trailing;
  grpc_byte_buffer *request;
  grpc_byte_buffer *answer;
  grpc_status_code status;
  grpc_slice details;
  int64_t due_ns;
  struct slot *next;
} slot;

// One rel_loadgen_run.
typedef struct run {
  rel_loadgen *loadgen;
  const rel_load_options *options;
  rel_load_result *result;
  void *method; // registered
  slot *slots;
  slot *free;
  unsigned under_way;
  uint64_t begun;
  int64_t start_ns;
} run;

static rel_loadgen *new_with(const char *target, grpc_channel_credentials *take_credentials) {
  rel_loadgen *loadgen = REL_NEW(rel_loadgen);
  // Retries cost the client a seventh of its CPU, and a benchmark wants to see failures.
  grpc_arg args[] = {
      {.type = GRPC_ARG_INTEGER, .key = GRPC_ARG_ENABLE_RETRIES, .value.integer = 0},
      {.type = GRPC_ARG_INTEGER, .key = GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, .value.integer = -1},
  };
  grpc_channel_args channel_args = {sizeof args / sizeof *args, args};
  loadgen->channel = grpc_channel_create(target, take_credentials, &channel_args);
  grpc_channel_credentials_release(take_credentials);
  loadgen->queue = grpc_completion_queue_create_for_next(NULL);
  return loadgen;
}

rel_loadgen *rel_loadgen_new(const char *target) {
  return new_with(target, grpc_insecure_credentials_create());
}

rel_loadgen *rel_loadgen_new_tls(const char *target, const char *ca) {
  return new_with(target, grpc_ssl_credentials_create_ex(ca, NULL, NULL, NULL));
}

void rel_loadgen_free(rel_loadgen *loadgen) {
  if (loadgen == NULL) return;
  grpc_channel_destroy(loadgen->channel);
  grpc_completion_queue_shutdown(loadgen->queue);
  while (grpc_completion_queue_next(loadgen->queue, gpr_inf_future(GPR_CLOCK_REALTIME), NULL).type !=
         GRPC_QUEUE_SHUTDOWN) {
  }
  grpc_completion_queue_destroy(loadgen->queue);
  free(loadgen);
}

void rel_load_result_fini(rel_load_result *result) {
  if (result != NULL) rel_buf_fini(&result->answer);
}

// --- A call ---

static void start(grpc_call *call, const grpc_op *ops, size_t count, tag *of) {
  grpc_call_error refused = grpc_call_start_batch(call, ops, count, of, NULL);
  assert(refused == GRPC_CALL_OK);
  (void)refused;
}

static void receive(slot *s) {
  grpc_op op = {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &s->answer};
  s->events++;
  s->message = (tag){s, true};
  start(s->call, &op, 1, &s->message);
}

static void send_batch(slot *s, bool streams, const char *authorization) {
  grpc_metadata header = {.key = grpc_slice_from_static_string("authorization"),
                          .value = grpc_slice_from_static_string(authorization != NULL ? authorization : "")};
  grpc_op ops[OPS] = {
      {.op = GRPC_OP_SEND_INITIAL_METADATA,
       .flags = GRPC_INITIAL_METADATA_WAIT_FOR_READY,
       .data.send_initial_metadata = {.count = authorization != NULL, .metadata = &header}},
      {.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = s->request},
      {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT},
      {.op = GRPC_OP_RECV_INITIAL_METADATA, .data.recv_initial_metadata.recv_initial_metadata = &s->initial},
      {.op = GRPC_OP_RECV_STATUS_ON_CLIENT,
       .data.recv_status_on_client = {.trailing_metadata = &s->trailing,
                                      .status = &s->status,
                                      .status_details = &s->details}},
      {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &s->answer},
  };
  s->events = 1;
  s->whole = (tag){s, !streams};
  start(s->call, ops, streams ? OPS - 1 : OPS, &s->whole);
  if (streams) receive(s);
}

static void begin(run *r, int64_t due_ns) {
  slot *s = r->free;
  r->free = s->next;
  rel_str request = r->options->requests[r->begun++ % r->options->request_count];
  grpc_slice bytes = grpc_slice_from_static_buffer(request.ptr, request.len);
  int64_t timeout_ns = r->options->timeout_ns > 0 ? r->options->timeout_ns : 60 * REL_NS_PER_S;
  gpr_timespec deadline =
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(timeout_ns, GPR_TIMESPAN));
  s->due_ns = due_ns;
  s->request = grpc_raw_byte_buffer_create(&bytes, 1);
  s->call = grpc_channel_create_registered_call(r->loadgen->channel, NULL, GRPC_PROPAGATE_DEFAULTS,
                                                r->loadgen->queue, r->method, deadline, NULL);
  grpc_metadata_array_init(&s->initial);
  grpc_metadata_array_init(&s->trailing);
  send_batch(s, r->options->streams, r->options->authorization);
  r->under_way++;
}

static void note_failure(rel_load_result *result, const slot *s) {
  if (result->errors++ > 0) return;
  rel_fail(&result->failure, rel_code_from_status(s->status), "%s: %.*s", rel_status_name(s->status),
           (int)GRPC_SLICE_LENGTH(s->details), (const char *)GRPC_SLICE_START_PTR(s->details));
}

static void keep_answer(rel_buf *out, grpc_byte_buffer *answer) {
  grpc_byte_buffer_reader reader;
  out->len = 0;
  if (!grpc_byte_buffer_reader_init(&reader, answer)) return;
  for (grpc_slice part; grpc_byte_buffer_reader_next(&reader, &part); grpc_slice_unref(part))
    rel_buf_append(out, GRPC_SLICE_START_PTR(part), GRPC_SLICE_LENGTH(part));
  grpc_byte_buffer_reader_destroy(&reader);
}

// Counts the message that has come, if any.
static bool take_answer(run *r, slot *s) {
  rel_load_result *result = r->result;
  if (s->answer == NULL) return false;
  result->messages++;
  result->answer_bytes += grpc_byte_buffer_length(s->answer);
  if (r->under_way == 1) keep_answer(&result->answer, s->answer);
  grpc_byte_buffer_destroy(s->answer);
  s->answer = NULL;
  return true;
}

static void end(run *r, slot *s) {
  rel_load_result *result = r->result;
  rel_histogram_add(&result->latency, rel_clock_ns() - s->due_ns);
  result->calls++;
  r->under_way--;
  if (s->status != GRPC_STATUS_OK) note_failure(result, s);
  grpc_byte_buffer_destroy(s->request);
  grpc_metadata_array_destroy(&s->initial);
  grpc_metadata_array_destroy(&s->trailing);
  grpc_slice_unref(s->details);
  grpc_call_unref(s->call);
  *s = (slot){.next = r->free};
  r->free = s;
}

static void take_event(run *r, const tag *of) {
  slot *s = of->slot;
  s->events--;
  if (of->brings_answer && take_answer(r, s) && r->options->streams) receive(s);
  if (s->events == 0) end(r, s);
}

// --- The loop ---

static bool more_to_begin(const run *r) {
  const rel_load_options *o = r->options;
  if (o->max_calls > 0 && r->begun >= o->max_calls) return false;
  return o->max_ns == REL_NEVER || rel_clock_ns() - r->start_ns < o->max_ns;
}

// When the next call is due; in a closed loop that is now.
static int64_t next_due_ns(const run *r) {
  if (r->options->calls_per_s <= 0) return rel_clock_ns();
  return r->start_ns + (int64_t)((double)r->begun * 1e9 / r->options->calls_per_s);
}

// Begins what is due. Returns how long the queue may be waited for until there is more to do, REL_NEVER: for
// an event.
static int64_t begin_due(run *r) {
  while (r->free != NULL && more_to_begin(r)) {
    int64_t due_ns = next_due_ns(r), wait_ns = due_ns - rel_clock_ns();
    if (wait_ns > 0) return wait_ns;
    begin(r, due_ns);
  }
  return REL_NEVER;
}

static void loop(run *r) {
  for (;;) {
    int64_t wait_ns = begin_due(r);
    if (r->under_way == 0 && wait_ns == REL_NEVER) return;
    gpr_timespec until = gpr_inf_future(GPR_CLOCK_MONOTONIC);
    if (wait_ns != REL_NEVER)
      until = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(wait_ns, GPR_TIMESPAN));
    grpc_event event = grpc_completion_queue_next(r->loadgen->queue, until, NULL);
    if (event.type == GRPC_OP_COMPLETE) take_event(r, event.tag);
  }
}

rel_code rel_loadgen_run(rel_loadgen *loadgen, const rel_load_options *options, rel_load_result *result,
                         rel_error *error) {
  assert(options->concurrency > 0 && options->request_count > 0);
  *result = (rel_load_result){0};
  run r = {.loadgen = loadgen, .options = options, .result = result};
  r.method = grpc_channel_register_call(loadgen->channel, options->method, NULL, NULL);
  r.slots = rel_alloc0(options->concurrency, sizeof *r.slots);
  for (unsigned i = 0; i < options->concurrency; i++) {
    r.slots[i].next = r.free;
    r.free = &r.slots[i];
  }
  r.start_ns = rel_clock_ns();
  loop(&r);
  result->elapsed_ns = rel_clock_ns() - r.start_ns;
  free(r.slots);
  if (result->errors == 0) return REL_OK;
  if (error != NULL) *error = result->failure;
  return result->failure.code;
}
