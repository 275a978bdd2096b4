// A channel: see channel.h. Owns everything that is C-core's in the client: its start and end, the channel's
// settings, and the life of one call. Called by client.c, and by server/custom for custom loaders; it knows
// bytes and statuses, no messages.
//
// A call is one batch on a completion queue of its own, which the calling thread plucks. So no thread is
// started, no call waits for another, and whatever the batch points at lives in one `unary` on the caller's
// stack until the event has come. The event always comes: every call has a deadline.
#include "client/runtime/channel.h"

#include "client/runtime/secure.h"
#include "common/status.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/alloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum { DEFAULT_MAX_MESSAGE_BYTES = 65 * 1024 * 1024, DEFAULT_ATTEMPTS = 4, MAX_ATTEMPTS = 5 };

#define DEFAULT_TARGET "127.0.0.1:50051"

// Core's channel, with the credentials that it was made with. When their files change there is another one
// for the calls to come; the last call over the old one ends it.
typedef struct rel_link {
  atomic_uint refs;
  grpc_channel *core;
} rel_link;

struct rel_channel {
  atomic_uint refs;
  rel_client_options options; // its texts are owned
  rel_secure *secure;
  pthread_mutex_t lock; // of what follows
  rel_link *link;
};

// Only calls that change nothing, or nothing twice, are repeated. Core takes at most 5 attempts.
static const char retry_format[] =
    "{\"methodConfig\":[{\"name\":[{\"service\":\"relations.v1.RelationService\",\"method\":\"Get\"},"
    "{\"service\":\"relations.v1.RelationService\",\"method\":\"Load\"},"
    "{\"service\":\"relations.v1.RelationService\",\"method\":\"Query\"},"
    "{\"service\":\"relations.v1.RelationService\",\"method\":\"Count\"},"
    "{\"service\":\"relations.v1.RelationService\",\"method\":\"Exists\"},"
    "{\"service\":\"relations.v1.RelationService\",\"method\":\"Aggregate\"},"
    "{\"service\":\"relations.v1.RegistryService\"},{\"service\":\"relations.v1.CacheService\"}],"
    "\"retryPolicy\":{\"maxAttempts\":%u,\"initialBackoff\":\"0.05s\",\"maxBackoff\":\"1s\","
    "\"backoffMultiplier\":2,"
    "\"retryableStatusCodes\":[\"UNAVAILABLE\"]}}]}";

static grpc_arg text_arg(const char *key, const char *value) {
  grpc_arg arg = {.type = GRPC_ARG_STRING, .key = (char *)key};
  arg.value.string = (char *)value;
  return arg;
}

static grpc_arg number_arg(const char *key, int value) {
  grpc_arg arg = {.type = GRPC_ARG_INTEGER, .key = (char *)key};
  arg.value.integer = value;
  return arg;
}

static size_t max_message_bytes(const rel_client_options *options) {
  return options->max_message_bytes > 0 ? options->max_message_bytes : DEFAULT_MAX_MESSAGE_BYTES;
}

static grpc_channel *create(const rel_client_options *options, grpc_channel_credentials *credentials) {
  const char *service_config = options->service_config;
  grpc_arg args[8];
  size_t count = 0;
  args[count++] = number_arg(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, (int)max_message_bytes(options));
  // A compressed answer can inflate past every limit: accept none.
  args[count++] = number_arg(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1);
  args[count++] = number_arg(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  args[count++] = number_arg(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5000);
  args[count++] = number_arg(GRPC_ARG_ENABLE_RETRIES, service_config != NULL);
  if (service_config != NULL) args[count++] = text_arg(GRPC_ARG_SERVICE_CONFIG, service_config);
  if (options->user_agent != NULL)
    args[count++] = text_arg(GRPC_ARG_PRIMARY_USER_AGENT_STRING, options->user_agent);
  if (options->tls_server_name != NULL)
    args[count++] = text_arg(GRPC_SSL_TARGET_NAME_OVERRIDE_ARG, options->tls_server_name);
  grpc_channel_args all = {count, args};
  return grpc_channel_create(options->target, credentials, &all);
}

// --- Links ---

static rel_link *link_new(const rel_client_options *options, grpc_channel_credentials *take_credentials) {
  rel_link *l = REL_NEW(rel_link);
  atomic_init(&l->refs, 1);
  l->core = create(options, take_credentials);
  grpc_channel_credentials_release(take_credentials);
  return l;
}

static void link_unref(rel_link *l) {
  if (l == NULL || atomic_fetch_sub_explicit(&l->refs, 1, memory_order_acq_rel) > 1) return;
  grpc_channel_destroy(l->core);
  free(l);
}

static rel_link *swap_link(rel_channel *channel, rel_link *take_link) {
  pthread_mutex_lock(&channel->lock);
  rel_link *old = channel->link;
  channel->link = take_link;
  pthread_mutex_unlock(&channel->lock);
  return old;
}

static void refresh(rel_channel *channel) {
  if (!rel_secure_begin_look(channel->secure)) return;
  grpc_channel_credentials *fresh = rel_secure_look(channel->secure);
  if (fresh != NULL) link_unref(swap_link(channel, link_new(&channel->options, fresh)));
  rel_secure_end_look(channel->secure);
}

// A reference, for a call.
static rel_link *take_link(rel_channel *channel) {
  refresh(channel);
  pthread_mutex_lock(&channel->lock);
  rel_link *l = channel->link;
  atomic_fetch_add_explicit(&l->refs, 1, memory_order_relaxed);
  pthread_mutex_unlock(&channel->lock);
  return l;
}

// --- Life ---

static rel_code check_options(const rel_client_options *options, rel_error *error) {
  if (options->target != NULL && options->target[0] == '\0')
    return rel_fail_field(error, REL_INVALID, "target",
                          "the target is empty: give a host:port or unix:/path");
  if (options->timeout_ms < 0)
    return rel_fail_field(error, REL_INVALID, "timeout_ms", "timeout_ms is negative");
  if (options->max_message_bytes > INT32_MAX)
    return rel_fail_field(error, REL_INVALID, "max_message_bytes",
                          "max_message_bytes is more than gRPC's 2 GiB");
  if (options->max_attempts > MAX_ATTEMPTS)
    return rel_fail_field(error, REL_INVALID, "max_attempts", "max_attempts is more than gRPC's %d",
                          MAX_ATTEMPTS);
  return REL_OK;
}

static char *copy(const char *text) {
  return text != NULL ? rel_strdup(rel_cstr(text)) : NULL;
}

// What a link is made from; the files are secure's.
static void copy_options(const rel_client_options *options, rel_client_options *out) {
  unsigned attempts = options->max_attempts > 0 ? options->max_attempts : DEFAULT_ATTEMPTS;
  char retries[sizeof retry_format + 16];
  snprintf(retries, sizeof retries, retry_format, attempts);
  const char *service_config = options->service_config;
  if (service_config == NULL && attempts > 1) service_config = retries;
  *out = (rel_client_options){
      .target = copy(options->target != NULL ? options->target : DEFAULT_TARGET),
      .max_message_bytes = options->max_message_bytes,
      .service_config = copy(service_config),
      .user_agent = copy(options->user_agent),
      .tls_server_name = copy(options->tls_server_name),
      .wait_for_ready = options->wait_for_ready,
  };
}

static void channel_free(rel_channel *channel) {
  link_unref(channel->link);
  rel_secure_free(channel->secure);
  pthread_mutex_destroy(&channel->lock);
  free((char *)channel->options.target);
  free((char *)channel->options.service_config);
  free((char *)channel->options.user_agent);
  free((char *)channel->options.tls_server_name);
  free(channel);
  grpc_shutdown();
}

static rel_code open_link(rel_channel *channel, const rel_client_options *options, rel_error *error) {
  grpc_channel_credentials *credentials;
  rel_code code = rel_secure_new(options, &channel->secure, &credentials, error);
  if (code != REL_OK) return code;
  channel->link = link_new(&channel->options, credentials);
  // What core cannot make a channel of, it makes a lame one of, whose calls do not say why; a good one starts
  // idle.
  if (grpc_channel_check_connectivity_state(channel->link->core, 0) != GRPC_CHANNEL_TRANSIENT_FAILURE)
    return REL_OK;
  return rel_fail_field(error, REL_INVALID, options->service_config != NULL ? "service_config" : "target",
                        "gRPC refuses the %s", options->service_config != NULL ? "service config" : "target");
}

rel_code rel_channel_new(const rel_client_options *options, rel_channel **out, rel_error *error) {
  *out = NULL;
  rel_code code = check_options(options, error);
  if (code != REL_OK) return code;
  grpc_init();
  rel_channel *channel = REL_NEW(rel_channel);
  atomic_init(&channel->refs, 1);
  pthread_mutex_init(&channel->lock, NULL);
  copy_options(options, &channel->options);
  code = open_link(channel, options, error);
  if (code == REL_OK)
    *out = channel;
  else
    channel_free(channel);
  return code;
}

size_t rel_channel_max_message_bytes(const rel_channel *channel) {
  return max_message_bytes(&channel->options);
}

rel_channel *rel_channel_ref(rel_channel *channel) {
  atomic_fetch_add_explicit(&channel->refs, 1, memory_order_relaxed);
  return channel;
}

void rel_channel_unref(rel_channel *channel) {
  if (channel == NULL || atomic_fetch_sub_explicit(&channel->refs, 1, memory_order_acq_rel) > 1) return;
  channel_free(channel);
}

// --- A call ---

// All that the one batch of a call points at.
typedef struct unary {
  rel_link *link;
  grpc_completion_queue *queue;
  grpc_call *call;
  grpc_byte_buffer *request;
  grpc_byte_buffer *answer;
  grpc_metadata sent_header; // `authorization`, if there is one
  size_t sent_headers;
  grpc_metadata_array headers;
  grpc_metadata_array trailers;
  grpc_status_code status;
  grpc_slice message;
} unary;

static void unary_init(unary *u, rel_channel *channel, const char *path, int64_t timeout_ms,
                       rel_str request) {
  *u = (unary){.message = grpc_empty_slice(), .status = GRPC_STATUS_UNKNOWN};
  grpc_metadata_array_init(&u->headers);
  grpc_metadata_array_init(&u->trailers);
  grpc_slice bytes = grpc_slice_from_copied_buffer(request.ptr, request.len);
  u->request = grpc_raw_byte_buffer_create(&bytes, 1);
  grpc_slice_unref(bytes);
  u->queue = grpc_completion_queue_create_for_pluck(NULL);
  gpr_timespec deadline =
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(timeout_ms, GPR_TIMESPAN));
  grpc_slice method = grpc_slice_from_copied_string(path);
  u->link = take_link(channel);
  u->sent_headers = rel_secure_header(channel->secure, &u->sent_header) ? 1 : 0;
  u->call = grpc_channel_create_call(u->link->core, NULL, GRPC_PROPAGATE_DEFAULTS, u->queue, method, NULL,
                                     deadline, NULL);
  grpc_slice_unref(method);
}

static void unary_fini(unary *u) {
  grpc_call_unref(u->call);
  grpc_completion_queue_shutdown(u->queue);
  grpc_completion_queue_pluck(u->queue, NULL, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);
  grpc_completion_queue_destroy(u->queue);
  grpc_byte_buffer_destroy(u->request);
  grpc_byte_buffer_destroy(u->answer);
  grpc_metadata_array_destroy(&u->headers);
  grpc_metadata_array_destroy(&u->trailers);
  grpc_slice_unref(u->message);
  if (u->sent_headers > 0) grpc_slice_unref(u->sent_header.value);
  link_unref(u->link);
}

// Waits for the end of the batch, and cancels the call once it is of no use: the event then comes soon.
static void unary_wait(unary *u, const rel_channel_ask *ask) {
  enum { ASKING_MS = 100 };
  gpr_timespec next = gpr_inf_future(GPR_CLOCK_MONOTONIC);
  bool asking = ask->gone != NULL;
  for (;;) {
    if (asking)
      next = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(ASKING_MS, GPR_TIMESPAN));
    if (grpc_completion_queue_pluck(u->queue, u, next, NULL).type != GRPC_QUEUE_TIMEOUT) return;
    if (!ask->gone(ask->context)) continue;
    grpc_call_cancel(u->call, NULL);
    asking = false;
    next = gpr_inf_future(GPR_CLOCK_MONOTONIC);
  }
}

enum { REQUEST_OPS = 4 };

// The request, whole, and the headers of the answer.
static void put_request(unary *u, bool wait_for_ready, grpc_op ops[REQUEST_OPS]) {
  ops[0].op = GRPC_OP_SEND_INITIAL_METADATA;
  ops[0].data.send_initial_metadata.count = u->sent_headers;
  ops[0].data.send_initial_metadata.metadata = &u->sent_header;
  if (wait_for_ready)
    ops[0].flags = GRPC_INITIAL_METADATA_WAIT_FOR_READY | GRPC_INITIAL_METADATA_WAIT_FOR_READY_EXPLICITLY_SET;
  ops[1].op = GRPC_OP_SEND_MESSAGE;
  ops[1].data.send_message.send_message = u->request;
  ops[2].op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
  ops[3].op = GRPC_OP_RECV_INITIAL_METADATA;
  ops[3].data.recv_initial_metadata.recv_initial_metadata = &u->headers;
}

static grpc_op status_op(unary *u) {
  grpc_op op = {.op = GRPC_OP_RECV_STATUS_ON_CLIENT};
  op.data.recv_status_on_client.trailing_metadata = &u->trailers;
  op.data.recv_status_on_client.status = &u->status;
  op.data.recv_status_on_client.status_details = &u->message;
  return op;
}

// Runs the batch; false when core refused it, and then there is no event.
static bool unary_run(unary *u, const rel_channel_ask *ask, bool wait_for_ready) {
  grpc_op ops[REQUEST_OPS + 2] = {0};
  put_request(u, wait_for_ready, ops);
  ops[REQUEST_OPS].op = GRPC_OP_RECV_MESSAGE;
  ops[REQUEST_OPS].data.recv_message.recv_message = &u->answer;
  ops[REQUEST_OPS + 1] = status_op(u);
  if (grpc_call_start_batch(u->call, ops, REQUEST_OPS + 2, u, NULL) != GRPC_CALL_OK) return false;
  unary_wait(u, ask);
  return true;
}

static rel_str slice_view(const grpc_slice *slice) {
  return rel_bytes(GRPC_SLICE_START_PTR(*slice), GRPC_SLICE_LENGTH(*slice));
}

static rel_str status_details(const unary *u) {
  for (size_t i = 0; i < u->trailers.count; i++)
    if (rel_str_is(slice_view(&u->trailers.metadata[i].key), "grpc-status-details-bin"))
      return slice_view(&u->trailers.metadata[i].value);
  return rel_bytes("", 0);
}

// The details only make the status more precise: broken ones, or such as contradict it, count for nothing.
static rel_code fail_with_status(const unary *u, rel_error *error) {
  rel_code code = rel_code_from_status((int)u->status);
  rel_error precise;
  rel_str details = status_details(u);
  bool known = details.len > 0 && rel_status_read(details, &precise) &&
               rel_code_status(precise.code) == (int)u->status;
  rel_str message = slice_view(&u->message);
  if (message.len == 0) message = rel_cstr(rel_status_name((int)u->status));
  return rel_fail_field(error, known ? precise.code : code, known ? precise.field : "", REL_STR_F,
                        REL_STR_A(message));
}

static rel_code read_answer(const unary *u, const char *path, rel_buf *answer, rel_error *error) {
  grpc_byte_buffer_reader reader;
  if (u->answer == NULL || !grpc_byte_buffer_reader_init(&reader, u->answer))
    return rel_fail(error, REL_INTERNAL, "the server ended %s with OK and without an answer", path);
  rel_buf_reserve(answer, grpc_byte_buffer_length(u->answer));
  grpc_slice slice;
  while (grpc_byte_buffer_reader_next(&reader, &slice)) {
    rel_buf_str(answer, slice_view(&slice));
    grpc_slice_unref(slice);
  }
  grpc_byte_buffer_reader_destroy(&reader);
  return REL_OK;
}

rel_code rel_channel_call(rel_channel *channel, const rel_channel_ask *ask, rel_str request, rel_buf *answer,
                          rel_error *error) {
  answer->len = 0;
  unary u;
  unary_init(&u, channel, ask->path, ask->timeout_ms, request);
  rel_code code;
  if (!unary_run(&u, ask, channel->options.wait_for_ready))
    code = rel_fail(error, REL_INTERNAL, "gRPC refused to start the call of %s", ask->path);
  else if (u.status != GRPC_STATUS_OK)
    code = fail_with_status(&u, error);
  else
    code = read_answer(&u, ask->path, answer, error);
  unary_fini(&u);
  return code;
}

rel_code rel_channel_unary(rel_channel *channel, const char *path, int64_t timeout_ms, rel_str request,
                           rel_buf *answer, rel_error *error) {
  rel_channel_ask ask = {.path = path, .timeout_ms = timeout_ms};
  return rel_channel_call(channel, &ask, request, answer, error);
}

// --- Streams ---

// Sends the request, and asks for the headers and, in a batch of its own, for the status, which comes last.
static bool stream_start(unary *u, bool wait_for_ready) {
  grpc_op ops[REQUEST_OPS] = {0};
  put_request(u, wait_for_ready, ops);
  grpc_op status = status_op(u);
  if (grpc_call_start_batch(u->call, &status, 1, &u->status, NULL) != GRPC_CALL_OK) return false;
  if (grpc_call_start_batch(u->call, ops, REQUEST_OPS, u, NULL) == GRPC_CALL_OK) {
    grpc_completion_queue_pluck(u->queue, u, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    return true;
  }
  grpc_call_cancel(u->call, NULL);
  grpc_completion_queue_pluck(u->queue, &u->status, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
  return false;
}

// Waits for the next message; false when there is none any more.
static bool stream_next(unary *u) {
  grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};
  grpc_byte_buffer_destroy(u->answer);
  u->answer = NULL;
  op.data.recv_message.recv_message = &u->answer;
  if (grpc_call_start_batch(u->call, &op, 1, &u->answer, NULL) != GRPC_CALL_OK) return false;
  grpc_completion_queue_pluck(u->queue, &u->answer, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
  return u->answer != NULL;
}

rel_code rel_channel_read(rel_channel *channel, const rel_channel_stream *stream, rel_str request,
                          rel_error *error) {
  unary u;
  rel_buf bytes = {0};
  rel_code code = REL_OK;
  bool wanted = true;
  unary_init(&u, channel, stream->path, stream->timeout_ms, request);
  if (!stream_start(&u, channel->options.wait_for_ready)) {
    code = rel_fail(error, REL_INTERNAL, "gRPC refused to start the call of %s", stream->path);
    goto out;
  }
  while (wanted && code == REL_OK && stream_next(&u)) {
    bytes.len = 0;
    code = read_answer(&u, stream->path, &bytes, error);
    if (code == REL_OK) wanted = stream->message(stream->context, rel_buf_view(&bytes));
  }
  if (!wanted || code != REL_OK) grpc_call_cancel(u.call, NULL);
  grpc_completion_queue_pluck(u.queue, &u.status, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
  if (wanted && code == REL_OK && u.status != GRPC_STATUS_OK) code = fail_with_status(&u, error);
out:
  unary_fini(&u);
  rel_buf_fini(&bytes);
  return code;
}
