// Hosting a loader: see loader_host.h. Owns the way from one LoadBatch's bytes to the user's function and
// back. Connections, limits, deadlines and draining are those of server/rpc, which it stands on.
#include <relations/loader_host.h>

#include "common/keys.h"
#include "common/security/address.h"
#include "common/status.h"
#include "common/wire.h"
#include "server/rpc/rpc.h"

struct rel_loader_host {
  rel_loader_load *load;
  void *context;
  rel_rpc *rpc;
};

// Field numbers of LoadBatchResponse and of RecordSet.
enum { RESPONSE_RESULTS = 1, SET_RECORDS = 1, SET_ERROR = 4 };

// What has been answered so far: a RecordSet a key, as bytes.
struct rel_loader_results {
  rel_call *call;
  rel_buf *sets;
};

static bool gone(const rel_loader_batch *batch) {
  return rel_call_cancelled(batch->results->call);
}

void rel_loader_add(rel_loader_batch *batch, size_t index, const ProtobufCMessage *record) {
  rel_buf *set = &batch->results->sets[index];
  size_t len = protobuf_c_message_get_packed_size(record);
  rel_wire_put_tag(set, SET_RECORDS, REL_WIRE_BYTES);
  rel_wire_put_varint(set, len);
  rel_buf_reserve(set, len);
  set->len += protobuf_c_message_pack(record, (uint8_t *)set->data + set->len);
}

void rel_loader_fail(rel_loader_batch *batch, size_t index, const rel_error *error) {
  rel_buf *set = &batch->results->sets[index], status = {0};
  set->len = 0;
  rel_status_write(error, &status);
  rel_wire_put_bytes(set, SET_ERROR, rel_buf_view(&status));
  rel_buf_fini(&status);
}

static void write_answer(rel_call *call, const rel_buf *sets, size_t count) {
  rel_buf response = {0};
  for (size_t i = 0; i < count; i++)
    rel_wire_put_bytes(&response, RESPONSE_RESULTS, rel_buf_view(&sets[i]));
  rel_call_write(call, response.data, response.len);
  rel_buf_fini(&response);
}

static rel_code answer(const rel_loader_host *host, rel_call *call, rel_error *error) {
  ProtobufCMessage *message;
  rel_code code = rel_call_unpack(call, &relations__v1__load_batch_request__descriptor, &message, error);
  if (code != REL_OK) return code;
  const Relations__V1__LoadBatchRequest *request = (const Relations__V1__LoadBatchRequest *)message;
  struct rel_loader_results results = {call, NULL};
  rel_loader_batch batch = {.model = request->model,
                            .relation = request->relation,
                            .record_type = request->record_type,
                            .keys = request->keys,
                            .gone = gone,
                            .results = &results};
  (void)rel_keys_count(request->keys, &batch.count);
  results.sets = rel_alloc0(batch.count + 1, sizeof *results.sets);
  code = host->load(&batch, host->context, error);
  if (code == REL_OK) write_answer(call, results.sets, batch.count);
  for (size_t i = 0; i < batch.count; i++)
    rel_buf_fini(&results.sets[i]);
  free(results.sets);
  return code;
}

static void handle(rel_call *call, void *context) {
  rel_error error = {0};
  rel_code code = answer(context, call, &error);
  if (code == REL_OK) {
    rel_call_finish(call);
    return;
  }
  error.code = code; // a function that returns an error and says nothing of it
  rel_call_fail(call, &error);
}

// --- Starting ---

static rel_code wrong(rel_error *error, const char *option, const char *message) {
  return rel_fail_field(error, REL_INVALID, option, "%s: %s", option, message);
}

// Who may connect, and what is sent in the clear.
static rel_code check_security(const rel_loader_host_options *options, rel_error *error) {
  bool tls = options->tls_cert_file != NULL, local = rel_address_is_local(options->listen);
  if (tls != (options->tls_key_file != NULL))
    return wrong(error, tls ? "tls_key_file" : "tls_cert_file", "a certificate and its key need each other");
  if (options->tls_client_ca_file != NULL && !tls)
    return wrong(error, "tls_client_ca_file", "mutual TLS needs tls_cert_file and tls_key_file");
  if (tls || local) return REL_OK;
  if (options->token_file != NULL)
    return wrong(error, "token_file",
                 "tokens would be sent unencrypted; give tls_cert_file and tls_key_file");
  if (options->insecure_listen_any) return REL_OK;
  return wrong(error, "listen",
               "other machines could ask for records, and get them unencrypted; give tls_cert_file and "
               "tls_key_file, or, if that is meant, insecure_listen_any");
}

static rel_code check_options(const rel_loader_host_options *options, rel_error *error) {
  if (options->load == NULL) return wrong(error, "load", "a loader needs a function to call");
  if (options->listen == NULL) return wrong(error, "listen", "a loader needs an address to listen on");
  return check_security(options, error);
}

// Neither texts nor files are kept: rel_rpc_new copies what it needs.
static rel_rpc_options rpc_options(const rel_loader_host_options *options) {
  enum { DEFAULT_THREADS = 4 };
  return (rel_rpc_options){
      .listen = &options->listen,
      .listen_count = 1,
      .workers = options->threads > 0 ? options->threads : DEFAULT_THREADS,
      .tls = {options->tls_cert_file, options->tls_key_file, options->tls_client_ca_file},
      .token_file = options->token_file,
  };
}

rel_code rel_loader_host_start(const rel_loader_host_options *options, rel_loader_host **out,
                               rel_error *error) {
  *out = NULL;
  rel_code code = check_options(options, error);
  if (code != REL_OK) return code;
  rel_loader_host *host = REL_NEW(rel_loader_host);
  host->load = options->load;
  host->context = options->context;
  rel_rpc_options rpc = rpc_options(options);
  rel_method method = {"/relations.v1.LoaderService/LoadBatch", REL_UNARY, REL_RUN_WORKER, handle, host};
  code = rel_rpc_new(&rpc, &method, 1, &host->rpc, error);
  if (code != REL_OK) {
    free(host);
    return code;
  }
  rel_rpc_start(host->rpc);
  *out = host;
  return REL_OK;
}

int rel_loader_host_port(const rel_loader_host *host) {
  return rel_rpc_port(host->rpc, 0);
}

void rel_loader_host_stop(rel_loader_host *host) {
  if (host == NULL) return;
  rel_rpc_stop(host->rpc);
  rel_rpc_free(host->rpc);
  free(host);
}
