#include "tests/client/runtime/fake_server.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc_security.h>

#include <cstdlib>
#include <cstring>

// One call; freed when no batch is outstanding.
struct FakeServer::Call {
  grpc_call *call = nullptr;
  grpc_call_details details;
  grpc_metadata_array metadata;
  grpc_byte_buffer *request = nullptr;
  grpc_byte_buffer *answer = nullptr;
  grpc_metadata trailer;
  grpc_slice message;
  FakeReply reply;
  size_t sent = 0; // of reply.more
  int cancelled = 0;
  int outstanding = 0;
};

struct FakeServer::Tag {
  Call *call;
  void (FakeServer::*next)(Call *); // null: a new call
};

static std::string SliceText(const grpc_slice &slice) {
  return std::string(reinterpret_cast<const char *>(GRPC_SLICE_START_PTR(slice)), GRPC_SLICE_LENGTH(slice));
}

static std::string ReadAll(grpc_byte_buffer *buffer) {
  grpc_byte_buffer_reader reader;
  if (buffer == nullptr || !grpc_byte_buffer_reader_init(&reader, buffer)) return "";
  grpc_slice all = grpc_byte_buffer_reader_readall(&reader);
  std::string text = SliceText(all);
  grpc_slice_unref(all);
  grpc_byte_buffer_reader_destroy(&reader);
  return text;
}

FakeServer::FakeServer(Handler handler, int port) : handler_(std::move(handler)) {
  grpc_init();
  queue_ = grpc_completion_queue_create_for_next(nullptr);
  server_ = grpc_server_create(nullptr, nullptr);
  grpc_server_register_completion_queue(server_, queue_, nullptr);
  grpc_server_credentials *credentials = grpc_insecure_server_credentials_create();
  port_ = grpc_server_add_http2_port(server_, ("127.0.0.1:" + std::to_string(port)).c_str(), credentials);
  grpc_server_credentials_release(credentials);
  if (port_ == 0) std::abort();
  grpc_server_start(server_);
  Accept();
  thread_ = std::thread([this] { Loop(); });
}

FakeServer::~FakeServer() {
  grpc_server_shutdown_and_notify(server_, queue_, nullptr);
  grpc_server_cancel_all_calls(server_);
  thread_.join();
  grpc_server_destroy(server_);
  grpc_completion_queue_destroy(queue_);
  grpc_shutdown();
}

std::vector<FakeRequest> FakeServer::requests() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return requests_;
}

void FakeServer::Accept() {
  Call *call = new Call;
  grpc_call_details_init(&call->details);
  grpc_metadata_array_init(&call->metadata);
  call->outstanding = 1;
  Tag *tag = new Tag{call, nullptr};
  if (grpc_server_request_call(server_, &call->call, &call->details, &call->metadata, queue_, queue_, tag) !=
      GRPC_CALL_OK)
    std::abort();
}

// The null tag is the server's shutdown: from then on no batch may be started.
void FakeServer::Loop() {
  for (;;) {
    grpc_event event = grpc_completion_queue_next(queue_, gpr_inf_future(GPR_CLOCK_REALTIME), nullptr);
    if (event.type == GRPC_QUEUE_SHUTDOWN) return;
    Tag *tag = static_cast<Tag *>(event.tag);
    if (tag == nullptr) {
      stopping_ = true;
      grpc_completion_queue_shutdown(queue_);
      continue;
    }
    Call *call = tag->call;
    if (tag->next == nullptr)
      OnRequest(call, event.success != 0);
    else if (event.success != 0 && !stopping_)
      (this->*tag->next)(call);
    delete tag;
    Release(call);
  }
}

void FakeServer::Release(Call *call) {
  if (--call->outstanding > 0) return;
  if (call->call != nullptr) grpc_call_unref(call->call);
  grpc_call_details_destroy(&call->details);
  grpc_metadata_array_destroy(&call->metadata);
  grpc_byte_buffer_destroy(call->request);
  grpc_byte_buffer_destroy(call->answer);
  delete call;
}

void FakeServer::Start(Call *call, const grpc_op *ops, size_t count, void (FakeServer::*next)(Call *)) {
  call->outstanding++;
  if (grpc_call_start_batch(call->call, ops, count, new Tag{call, next}, nullptr) != GRPC_CALL_OK)
    std::abort();
}

void FakeServer::OnRequest(Call *call, bool ok) {
  if (!ok || stopping_) return;
  Accept();
  grpc_op receive = {};
  receive.op = GRPC_OP_RECV_MESSAGE;
  receive.data.recv_message.recv_message = &call->request;
  Start(call, &receive, 1, &FakeServer::OnMessage);
  grpc_op close = {};
  close.op = GRPC_OP_RECV_CLOSE_ON_SERVER;
  close.data.recv_close_on_server.cancelled = &call->cancelled;
  Start(call, &close, 1, &FakeServer::OnClosed);
}

void FakeServer::OnClosed(Call *call) {
  if (call->cancelled != 0) cancelled_++;
}

void FakeServer::OnMessage(Call *call) {
  FakeRequest request = {SliceText(call->details.method), ReadAll(call->request)};
  {
    std::lock_guard<std::mutex> lock(mutex_);
    requests_.push_back(request);
  }
  call->reply = handler_(request.path, request.body);
  const FakeReply &reply = call->reply;
  if (reply.stall) return;
  if (!reply.more.empty()) {
    SendMessage(call, reply.body, true);
    return;
  }
  grpc_op ops[3] = {};
  size_t count = 0;
  ops[count++].op = GRPC_OP_SEND_INITIAL_METADATA;
  if (reply.status == 0 && !reply.no_body) {
    grpc_slice body = grpc_slice_from_copied_buffer(reply.body.data(), reply.body.size());
    call->answer = grpc_raw_byte_buffer_create(&body, 1);
    grpc_slice_unref(body);
    ops[count].op = GRPC_OP_SEND_MESSAGE;
    ops[count++].data.send_message.send_message = call->answer;
  }
  SendStatus(call, ops, count);
}

void FakeServer::SendMessage(Call *call, const std::string &body, bool first) {
  grpc_slice slice = grpc_slice_from_copied_buffer(body.data(), body.size());
  grpc_byte_buffer_destroy(call->answer);
  call->answer = grpc_raw_byte_buffer_create(&slice, 1);
  grpc_slice_unref(slice);
  grpc_op ops[2] = {};
  size_t count = 0;
  if (first) ops[count++].op = GRPC_OP_SEND_INITIAL_METADATA;
  ops[count].op = GRPC_OP_SEND_MESSAGE;
  ops[count++].data.send_message.send_message = call->answer;
  Start(call, ops, count, &FakeServer::OnSent);
}

void FakeServer::OnSent(Call *call) {
  const FakeReply &reply = call->reply;
  if (call->sent < reply.more.size()) {
    SendMessage(call, reply.more[call->sent++], false);
  } else if (reply.endless) {
    SendMessage(call, reply.more.back(), false);
  } else if (!reply.stall_behind) {
    grpc_op ops[1] = {};
    SendStatus(call, ops, 0);
  }
}

// Starts the batch with the status behind the ops.
void FakeServer::SendStatus(Call *call, grpc_op *ops, size_t count) {
  const FakeReply &reply = call->reply;
  call->message = grpc_slice_from_static_buffer(reply.message.data(), reply.message.size());
  auto &status = ops[count].data.send_status_from_server;
  ops[count++].op = GRPC_OP_SEND_STATUS_FROM_SERVER;
  status.status = static_cast<grpc_status_code>(reply.status);
  status.status_details = &call->message;
  if (!reply.details.empty()) {
    call->trailer = {};
    call->trailer.key = grpc_slice_from_static_string("grpc-status-details-bin");
    call->trailer.value = grpc_slice_from_static_buffer(reply.details.data(), reply.details.size());
    status.trailing_metadata = &call->trailer;
    status.trailing_metadata_count = 1;
  }
  Start(call, ops, count, &FakeServer::OnDone);
}
