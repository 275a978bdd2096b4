// The server: the table of methods, the queues and their threads, starting. See rpc.h; stopping is in stop.c.
#include "server/rpc/core.h"

#include "common/log.h"
#include "server/rpc/deadlock_detector.h"
#include "server/rpc/listen.h"

#include <grpc/grpc_security.h>
#include <grpc/support/log.h>
#include <time.h>

// Calls at a time on one connection; gRPC's clients let further ones wait.
enum { MAX_STREAMS = 1024 };

// --- Options ---

static void fill_defaults(rel_rpc_options *options) {
  if (options->queues == 0) options->queues = 1;
  if (options->workers == 0) options->workers = 2;
  if (options->max_message_bytes == 0) options->max_message_bytes = 4 * 1024 * 1024;
  if (options->max_calls == 0) options->max_calls = 10000;
  if (options->max_depth == 0) options->max_depth = 32;
  if (options->max_fields == 0) options->max_fields = 1000000;
  if (options->default_deadline_ns == 0) options->default_deadline_ns = 30 * REL_NS_PER_S;
  if (options->max_deadline_ns == 0) options->max_deadline_ns = 300 * REL_NS_PER_S;
  if (options->grace_ns == 0) options->grace_ns = 30 * REL_NS_PER_S;
  if (options->max_connection_age_ns == 0)
    options->max_connection_age_ns = options->tls.ca != NULL ? 3600 * REL_NS_PER_S : REL_NEVER;
  if (options->max_unsent_bytes == 0) options->max_unsent_bytes = (size_t)1 << 30;
  if (options->max_received_bytes == 0) options->max_received_bytes = (size_t)1 << 30;
  if (options->overdue_ns == 0) options->overdue_ns = 5 * REL_NS_PER_S;
  if (options->quiet_ns == 0) options->quiet_ns = 20 * REL_NS_PER_MS;
  options->listen = NULL;
  options->tls = (rel_pem_paths){0};
  options->token_file = NULL;
  options->open_methods = NULL;
}

static int clamp_int(size_t value) {
  return value < INT32_MAX ? (int)value : INT32_MAX;
}

// No end is the largest number there.
static int clamp_ms(int64_t ns) {
  return clamp_int((size_t)(ns / REL_NS_PER_MS));
}

static grpc_arg int_arg(const char *name, int value) {
  grpc_arg arg = {.type = GRPC_ARG_INTEGER, .key = (char *)name, .value = {.integer = value}};
  return arg;
}

static size_t min_size(size_t a, size_t b) {
  return a < b ? a : b;
}

// What core receives for all calls together. It keeps a message until the last byte is there, which a caller
// may never send, and as many of them as there are streams. Beyond the quota it closes connections that are
// idle, and then cancels calls, one of each connection after another. It counts messages, not what else a
// call takes of it (10 KiB).
static grpc_resource_quota *new_quota(size_t bytes) {
  grpc_resource_quota *quota = grpc_resource_quota_create("received");
  grpc_resource_quota_resize(quota, bytes);
  return quota;
}

static grpc_server *new_core_server(const rel_rpc_options *options) {
  grpc_resource_quota *quota = new_quota(options->max_received_bytes);
  grpc_arg args[] = {
      int_arg(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, clamp_int(options->max_message_bytes)),
      // Beyond max_calls a call is refused at once; twice that, on one connection, is a client that does not
      // listen. And each that is begun takes some 12 KiB of core's, though its message may never come.
      int_arg(GRPC_ARG_MAX_CONCURRENT_STREAMS, clamp_int(min_size(options->max_calls * 2, MAX_STREAMS))),
      // Identity only: a compressed request could inflate past every limit.
      int_arg(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1),
      // Who connected shows a certificate, or was let in, no more often than that. What is under way then is
      // not cut off: nothing lives longer than the longest deadline.
      int_arg(GRPC_ARG_MAX_CONNECTION_AGE_MS, clamp_ms(options->max_connection_age_ns)),
      int_arg(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, clamp_ms(options->max_deadline_ns)),
      // A port that is taken is an error.
      int_arg(GRPC_ARG_ALLOW_REUSEPORT, 0),
      {.type = GRPC_ARG_POINTER,
       .key = (char *)GRPC_ARG_RESOURCE_QUOTA,
       .value = {.pointer = {quota, grpc_resource_quota_arg_vtable()}}},
  };
  grpc_channel_args list = {sizeof args / sizeof args[0], args};
  grpc_server *server = grpc_server_create(&list, NULL);
  grpc_resource_quota_unref(quota);
  return server;
}

// --- The table ---

static rel_str service_of(const char *path) {
  const char *method = strrchr(path, '/');
  return rel_bytes(path + 1, method > path ? (size_t)(method - path - 1) : 0);
}

static bool names_service(const rel_row *rows, size_t count, rel_str service) {
  for (size_t i = 0; i < count; i++)
    if (rel_str_eq(service_of(rows[i].method.path), service)) return true;
  return false;
}

static char *list_services(const rel_row *rows, size_t count) {
  rel_buf list = {0};
  for (size_t i = 0; i < count; i++) {
    rel_str service = service_of(rows[i].method.path);
    if (names_service(rows, i, service)) continue;
    if (list.len > 0) rel_buf_cstr(&list, ", ");
    rel_buf_str(&list, service);
  }
  char *text = rel_strdup(rel_buf_view(&list));
  rel_buf_fini(&list);
  return text;
}

static bool is_open(const rel_rpc_options *options, const char *path) {
  for (const char *const *open = options->open_methods; open != NULL && *open != NULL; open++)
    if (strcmp(*open, path) == 0) return true;
  return false;
}

static rel_code add_methods(rel_rpc *rpc, const rel_rpc_options *options, const rel_method *methods,
                            size_t count, rel_error *error) {
  rpc->rows = rel_alloc0(count, sizeof *rpc->rows);
  for (size_t i = 0; i < count; i++) {
    rel_row *row = &rpc->rows[rpc->row_count++];
    row->method = methods[i];
    row->method.path = rel_strdup(rel_cstr(methods[i].path));
    row->open = is_open(options, row->method.path);
    row->registered = grpc_server_register_method(rpc->core, row->method.path, NULL,
                                                  GRPC_SRM_PAYLOAD_READ_INITIAL_BYTE_BUFFER, 0);
    if (row->registered == NULL)
      return rel_fail(error, REL_INTERNAL, "method %s stands twice in the table", row->method.path);
  }
  rpc->services = list_services(rpc->rows, rpc->row_count);
  return REL_OK;
}

// --- Queues ---

static void *queue_loop(void *context) {
  rel_queue *queue = context;
  for (;;) {
    grpc_event event = grpc_completion_queue_next(queue->core, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    if (event.type == GRPC_QUEUE_SHUTDOWN) return NULL;
    rel_tag_fire(event.tag, event.success != 0);
  }
}

static void add_queues(rel_rpc *rpc) {
  rpc->queues = rel_alloc0(rpc->options.queues, sizeof *rpc->queues);
  for (; rpc->queue_count < rpc->options.queues; rpc->queue_count++) {
    rel_queue *queue = &rpc->queues[rpc->queue_count];
    queue->rpc = rpc;
    queue->core = grpc_completion_queue_create_for_next(NULL);
    grpc_server_register_completion_queue(rpc->core, queue->core, NULL);
    pthread_mutex_init(&queue->lock, NULL);
    if (pthread_create(&queue->thread, NULL, queue_loop, queue) != 0) abort();
  }
}

static rel_code open_security(rel_rpc *rpc, const rel_rpc_options *options, rel_error *error) {
  rel_code code = REL_OK;
  if (options->tls.cert != NULL) code = rel_tls_new(&options->tls, &rpc->tls, error);
  if (code == REL_OK && options->token_file != NULL)
    code = rel_tokens_new(options->token_file, &rpc->tokens, error);
  return code;
}

static int bind_one(rel_rpc *rpc, const char *address) {
  grpc_server_credentials *credentials =
      rpc->tls != NULL ? rel_tls_credentials(rpc->tls) : grpc_insecure_server_credentials_create();
  int port = grpc_server_add_http2_port(rpc->core, address, credentials);
  grpc_server_credentials_release(credentials);
  return port;
}

static rel_code bind_all(rel_rpc *rpc, const rel_rpc_options *options, rel_error *error) {
  rpc->ports = rel_alloc0(options->listen_count, sizeof *rpc->ports);
  rel_code code = REL_OK;
  for (size_t i = 0; i < options->listen_count && code == REL_OK; i++) {
    const char *address = options->listen[i];
    if ((code = rel_listen_check(address, error)) != REL_OK) break;
    int port = bind_one(rpc, address);
    if (port == 0) code = rel_fail(error, REL_UNAVAILABLE, "cannot listen on %s", address);
    rpc->ports[rpc->port_count++] = strncmp(address, "unix:", 5) == 0 ? 0 : port;
  }
  return code;
}

// --- Life ---

// Core's own log lines, as ours. Not above debug: a client can make core write them, and what matters is said
// by us.
static void log_core(gpr_log_func_args *args) {
  REL_LOG(REL_LOG_DEBUG, "grpc", rel_log_text("message", rel_cstr(args->message)));
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void init_once(void) {
  rel_deadlock_detector_off();
  gpr_set_log_function(log_core);
}

rel_code rel_rpc_new(const rel_rpc_options *options, const rel_method *methods, size_t count, rel_rpc **out,
                     rel_error *error) {
  pthread_once(&once, init_once);
  *out = NULL;
  grpc_init();
  rel_rpc *rpc = REL_NEW(rel_rpc);
  rpc->options = *options;
  fill_defaults(&rpc->options);
  pthread_mutex_init(&rpc->lock, NULL);
  pthread_condattr_t clock;
  pthread_condattr_init(&clock);
  pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
  pthread_cond_init(&rpc->changed, &clock);
  pthread_condattr_destroy(&clock);
  rpc->core = new_core_server(&rpc->options);
  rpc->workers = rel_workers_new(rpc->options.workers);
  add_queues(rpc);
  rel_code code = open_security(rpc, options, error);
  if (code == REL_OK) code = add_methods(rpc, options, methods, count, error);
  if (code == REL_OK) code = bind_all(rpc, options, error);
  if (code != REL_OK) {
    rel_rpc_stop(rpc);
    rel_rpc_free(rpc);
    return code;
  }
  *out = rpc;
  return REL_OK;
}

void rel_rpc_start(rel_rpc *rpc) {
  rpc->started = true;
  grpc_server_start(rpc->core);
  for (size_t q = 0; q < rpc->queue_count; q++) {
    for (size_t i = 0; i < rpc->row_count; i++)
      rel_call_arm(rpc, &rpc->queues[q], &rpc->rows[i]);
    rel_call_arm(rpc, &rpc->queues[q], NULL);
  }
  rel_overdue_start(rpc);
}

int rel_rpc_port(const rel_rpc *rpc, size_t index) {
  return index < rpc->port_count ? rpc->ports[index] : 0;
}

size_t rel_rpc_active(const rel_rpc *rpc) {
  return atomic_load_explicit(&rpc->active, memory_order_relaxed);
}

void rel_rpc_free(rel_rpc *rpc) {
  if (rpc == NULL) return;
  for (size_t i = 0; i < rpc->queue_count; i++) {
    rel_call_free_idle(&rpc->queues[i]);
    grpc_completion_queue_destroy(rpc->queues[i].core);
    pthread_mutex_destroy(&rpc->queues[i].lock);
  }
  for (size_t i = 0; i < rpc->row_count; i++)
    free((char *)rpc->rows[i].method.path);
  rel_tokens_free(rpc->tokens);
  rel_tls_free(rpc->tls);
  free(rpc->queues);
  free(rpc->rows);
  free(rpc->services);
  free(rpc->ports);
  pthread_cond_destroy(&rpc->changed);
  pthread_mutex_destroy(&rpc->lock);
  free(rpc);
  grpc_shutdown();
}
