// See grpc_client.h. Each call has a completion queue of its own and waits on it, so calls of many threads do
// not meet.
#include "tests/support/grpc_client.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <atomic>

namespace rel_test {
namespace {

std::string Text(const grpc_slice &slice) {
  return std::string(reinterpret_cast<const char *>(GRPC_SLICE_START_PTR(slice)), GRPC_SLICE_LENGTH(slice));
}

grpc_byte_buffer *Buffer(const std::string &bytes) {
  grpc_slice slice = grpc_slice_from_copied_buffer(bytes.data(), bytes.size());
  grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&slice, 1);
  grpc_slice_unref(slice);
  return buffer;
}

std::string Read(grpc_byte_buffer *buffer) {
  grpc_byte_buffer_reader reader;
  grpc_byte_buffer_reader_init(&reader, buffer);
  grpc_slice all = grpc_byte_buffer_reader_readall(&reader);
  std::string bytes = Text(all);
  grpc_slice_unref(all);
  grpc_byte_buffer_reader_destroy(&reader);
  return bytes;
}

// The status of a call, as core fills it in.
struct Status {
  grpc_status_code code = GRPC_STATUS_UNKNOWN;
  grpc_slice text = grpc_empty_slice();
  grpc_metadata_array trailers;

  Status() { grpc_metadata_array_init(&trailers); }
  ~Status() {
    grpc_slice_unref(text);
    grpc_metadata_array_destroy(&trailers);
  }
  grpc_op Op() {
    grpc_op op = {};
    op.op = GRPC_OP_RECV_STATUS_ON_CLIENT;
    op.data.recv_status_on_client.trailing_metadata = &trailers;
    op.data.recv_status_on_client.status = &code;
    op.data.recv_status_on_client.status_details = &text;
    return op;
  }
  void Fill(Reply *reply) const {
    reply->status = code;
    reply->message = Text(text);
    for (size_t i = 0; i < trailers.count; i++)
      if (Text(trailers.metadata[i].key) == "grpc-status-details-bin")
        reply->details = Text(trailers.metadata[i].value);
  }
};

bool Run(grpc_call *call, grpc_completion_queue *queue, const std::vector<grpc_op> &ops) {
  char tag;
  if (grpc_call_start_batch(call, ops.data(), ops.size(), &tag, nullptr) != GRPC_CALL_OK) return false;
  grpc_event event = grpc_completion_queue_pluck(queue, &tag, gpr_inf_future(GPR_CLOCK_MONOTONIC), nullptr);
  return event.success != 0;
}

gpr_timespec Deadline(const CallOptions &options) {
  if (options.no_deadline) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_millis(options.timeout.count(), GPR_TIMESPAN));
}

grpc_call *NewCall(grpc_channel *channel, grpc_completion_queue *queue, const std::string &path,
                   const CallOptions &options) {
  grpc_slice method = grpc_slice_from_copied_buffer(path.data(), path.size());
  grpc_call *call = grpc_channel_create_call(channel, nullptr, GRPC_PROPAGATE_DEFAULTS, queue, method,
                                             nullptr, Deadline(options), nullptr);
  grpc_slice_unref(method);
  return call;
}

void Drop(grpc_call *call, grpc_completion_queue *queue) {
  grpc_call_unref(call);
  grpc_completion_queue_shutdown(queue);
  grpc_completion_queue_destroy(queue);
}

std::vector<grpc_metadata> Metadata(const CallOptions &options) {
  std::vector<grpc_metadata> metadata;
  for (const auto &[key, value] : options.metadata) {
    grpc_metadata entry = {};
    entry.key = grpc_slice_from_copied_buffer(key.data(), key.size());
    entry.value = grpc_slice_from_copied_buffer(value.data(), value.size());
    metadata.push_back(entry);
  }
  return metadata;
}

grpc_op SendHeaders(std::vector<grpc_metadata> *metadata) {
  grpc_op op = {};
  op.op = GRPC_OP_SEND_INITIAL_METADATA;
  op.data.send_initial_metadata.count = metadata->size();
  op.data.send_initial_metadata.metadata = metadata->data();
  return op;
}

void Free(std::vector<grpc_metadata> *metadata) {
  for (grpc_metadata &entry : *metadata) {
    grpc_slice_unref(entry.key);
    grpc_slice_unref(entry.value);
  }
}

grpc_op Op(grpc_op_type type) {
  grpc_op op = {};
  op.op = type;
  return op;
}

std::atomic<int> connections{0};

} // namespace

namespace {

// Takes the credentials.
grpc_channel *NewChannel(const std::string &target, grpc_channel_credentials *credentials,
                         const std::string &server_name) {
  grpc_arg args[5] = {};
  const char *names[] = {GRPC_ARG_ENABLE_RETRIES, GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL,
                         GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, "tests.connection"};
  int values[] = {0, 1, -1, ++connections};
  for (int i = 0; i < 4; i++) {
    args[i].type = GRPC_ARG_INTEGER;
    args[i].key = const_cast<char *>(names[i]);
    args[i].value.integer = values[i];
  }
  args[4].type = GRPC_ARG_STRING;
  args[4].key = const_cast<char *>(GRPC_SSL_TARGET_NAME_OVERRIDE_ARG);
  args[4].value.string = const_cast<char *>(server_name.c_str());
  grpc_channel_args list = {server_name.empty() ? size_t{4} : size_t{5}, args};
  grpc_channel *channel = grpc_channel_create(target.c_str(), credentials, &list);
  grpc_channel_credentials_release(credentials);
  return channel;
}

} // namespace

GrpcClient::GrpcClient(const std::string &target) {
  grpc_init();
  channel_ = NewChannel(target, grpc_insecure_credentials_create(), "");
}

GrpcClient::GrpcClient(const std::string &target, const TlsOptions &tls) {
  grpc_init();
  grpc_ssl_pem_key_cert_pair pair = {tls.key.c_str(), tls.cert.c_str()};
  grpc_channel_credentials *credentials =
      grpc_ssl_credentials_create_ex(tls.ca.c_str(), tls.cert.empty() ? nullptr : &pair, nullptr, nullptr);
  channel_ = NewChannel(target, credentials, tls.server_name);
}

GrpcClient::~GrpcClient() {
  grpc_channel_destroy(channel_);
  grpc_shutdown();
}

Reply GrpcClient::Call(const std::string &path, const std::string &bytes, const CallOptions &options) {
  grpc_completion_queue *queue = grpc_completion_queue_create_for_pluck(nullptr);
  grpc_call *call = NewCall(channel_, queue, path, options);
  std::vector<grpc_metadata> metadata = Metadata(options);
  grpc_byte_buffer *request = options.no_message ? nullptr : Buffer(bytes);
  grpc_byte_buffer *answer = nullptr;
  grpc_metadata_array headers;
  grpc_metadata_array_init(&headers);
  Reply reply;
  {
    Status status;
    std::vector<grpc_op> ops = {SendHeaders(&metadata), Op(GRPC_OP_SEND_CLOSE_FROM_CLIENT), status.Op(),
                                Op(GRPC_OP_RECV_INITIAL_METADATA), Op(GRPC_OP_RECV_MESSAGE)};
    ops[3].data.recv_initial_metadata.recv_initial_metadata = &headers;
    ops[4].data.recv_message.recv_message = &answer;
    if (request != nullptr) {
      ops.push_back(Op(GRPC_OP_SEND_MESSAGE));
      ops.back().data.send_message.send_message = request;
    }
    Run(call, queue, ops);
    status.Fill(&reply);
  }
  reply.has_bytes = answer != nullptr;
  if (answer != nullptr) reply.bytes = Read(answer);
  grpc_byte_buffer_destroy(answer);
  grpc_byte_buffer_destroy(request);
  grpc_metadata_array_destroy(&headers);
  Free(&metadata);
  Drop(call, queue);
  return reply;
}

Stream *GrpcClient::Open(const std::string &path, const CallOptions &options) {
  Stream *stream = new Stream;
  stream->queue_ = grpc_completion_queue_create_for_pluck(nullptr);
  stream->call_ = NewCall(channel_, stream->queue_, path, options);
  std::vector<grpc_metadata> metadata = Metadata(options);
  Run(stream->call_, stream->queue_, {SendHeaders(&metadata)});
  Free(&metadata);
  return stream;
}

Stream::~Stream() {
  Drop(call_, queue_);
}

bool Stream::Send(const std::string &bytes) {
  grpc_byte_buffer *message = Buffer(bytes);
  grpc_op op = Op(GRPC_OP_SEND_MESSAGE);
  op.data.send_message.send_message = message;
  bool sent = Run(call_, queue_, {op});
  grpc_byte_buffer_destroy(message);
  return sent;
}

bool Stream::CloseSend() {
  return Run(call_, queue_, {Op(GRPC_OP_SEND_CLOSE_FROM_CLIENT)});
}

bool Stream::Receive(std::string *bytes) {
  grpc_byte_buffer *message = nullptr;
  grpc_metadata_array headers;
  grpc_metadata_array_init(&headers);
  std::vector<grpc_op> ops = {Op(GRPC_OP_RECV_MESSAGE)};
  ops[0].data.recv_message.recv_message = &message;
  if (!asked_headers_) { // core hands out no message before
    ops.push_back(Op(GRPC_OP_RECV_INITIAL_METADATA));
    ops[1].data.recv_initial_metadata.recv_initial_metadata = &headers;
  }
  asked_headers_ = true;
  bool got = Run(call_, queue_, ops) && message != nullptr;
  grpc_metadata_array_destroy(&headers);
  if (got) *bytes = Read(message);
  grpc_byte_buffer_destroy(message);
  return got;
}

Reply Stream::Finish() {
  Status status;
  Reply reply;
  Run(call_, queue_, {status.Op()});
  status.Fill(&reply);
  return reply;
}

void Stream::Cancel() {
  grpc_call_cancel(call_, nullptr);
}

} // namespace rel_test
