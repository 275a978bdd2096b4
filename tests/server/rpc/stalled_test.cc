// Callers that do not take their answers, or never send what they began.
#include "server/rpc/rpc.h"

#include "tests/support/grpc_client.h"
#include "tests/support/http2.h"
#include "tests/support/rpc_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

using rel_test::CallOptions;
using rel_test::GrpcClient;
using rel_test::Reply;
using rel_test::RpcServer;
using namespace rel_test::http2;

namespace {

enum { kExhausted = 8, kLarge = 1024 * 1024 };

std::atomic<int> handled;

void Echo(rel_call *call, void *) {
  rel_str request = rel_call_request(call);
  rel_call_write(call, request.ptr, request.len);
  rel_call_finish(call);
}

void Large(rel_call *call, void *) {
  std::string bytes(kLarge, 'x');
  rel_call_write(call, bytes.data(), bytes.size());
  rel_call_finish(call);
  handled++;
}

// Streams of a message for ever.
void Again(rel_call *call, bool ok, void *context) {
  rel_call_write(call, "message", 7);
  if (ok)
    rel_call_send(call, Again, context);
  else
    rel_call_finish(call);
}

void Endless(rel_call *call, void *) {
  handled++;
  Again(call, true, nullptr);
}

void EchoAny(rel_call *call, rel_str, void *) {
  Echo(call, nullptr);
}
bool ServesAll(rel_str, void *) {
  return true;
}

// Answers when the gate is opened.
std::promise<void> gate;
std::shared_future<void> opened;

void Wait(rel_call *call, void *) {
  opened.wait();
  rel_call_finish(call);
}

std::vector<rel_method> Methods() {
  return {{"/t.v1.T/Echo", REL_UNARY, REL_RUN_INLINE, Echo, nullptr},
          {"/t.v1.T/Large", REL_UNARY, REL_RUN_INLINE, Large, nullptr},
          {"/t.v1.T/Endless", REL_SERVER_STREAM, REL_RUN_INLINE, Endless, nullptr},
          {"/t.v1.T/Wait", REL_UNARY, REL_RUN_WORKER, Wait, nullptr}};
}

rel_rpc_options Options(int64_t deadline_ns) {
  rel_rpc_options options = {};
  options.max_calls = 4;
  options.default_deadline_ns = deadline_ns;
  options.overdue_ns = 200 * REL_NS_PER_MS;
  options.max_unsent_bytes = 2 * kLarge + kLarge / 2;
  options.fallback = {ServesAll, EchoAny, nullptr};
  return options;
}

// Calls without a deadline, whose answers have a window of no bytes.
int Stall(const RpcServer &server, const std::string &path, int calls, bool with_message = true) {
  std::string bytes = kPreface + Frame(kSettings, 0, 0, std::string("\0\4\0\0\0\0", 6));
  handled = 0;
  for (int i = 0; i < calls; i++) {
    uint32_t stream = 2 * static_cast<uint32_t>(i) + 1;
    bytes += Frame(kHeaders, 4, stream, RequestHeaders(path));
    if (with_message) bytes += Frame(kData, 1, stream, std::string(5, '\0'));
  }
  int fd = Connect(server.port());
  Send(fd, bytes);
  return fd;
}

// Asks until the answer has this status.
Reply AskUntil(GrpcClient &client, const std::string &path, int status) {
  for (;;) {
    Reply reply = client.Call(path, "");
    if (reply.status == status) return reply;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

// They kept their places among max_calls for as long as they were connected.
TEST(Stalled, CallersThatTakeNothingAreCancelledBehindTheirDeadline) {
  RpcServer server(Methods(), Options(50 * REL_NS_PER_MS));
  GrpcClient client(server.target());
  for (const char *path : {"/t.v1.T/Large", "/t.v1.T/Endless", "/t.v1.T/Echo"}) {
    int fd = Stall(server, path, 4);
    AskUntil(client, "/t.v1.T/Echo", 0);
    close(fd);
  }
}

TEST(Stalled, CallersThatNeverSendTheirMessageAreCancelled) {
  RpcServer server(Methods(), Options(50 * REL_NS_PER_MS));
  GrpcClient client(server.target());
  int fd = Stall(server, "/t.v1.Typed/Get", 4, false);
  AskUntil(client, "/t.v1.T/Echo", 0);
  close(fd);
}

TEST(Stalled, LargeAnswersThatNobodyReadsAreBounded) {
  RpcServer server(Methods(), Options(300 * REL_NS_PER_S));
  GrpcClient client(server.target());
  EXPECT_EQ(AskUntil(client, "/t.v1.T/Large", 0).bytes.size(), static_cast<size_t>(kLarge));
  int fd = Stall(server, "/t.v1.T/Large", 2);
  while (handled < 2)
    std::this_thread::yield();
  Reply reply = client.Call("/t.v1.T/Large", "");
  EXPECT_EQ(reply.status, kExhausted);
  EXPECT_EQ(reply.message,
            "large calls hold 2097152 bytes, of their requests and of answers that are still to be read, "
            "and the server keeps 2621440 at most; try again later, or ask for less at a time");
  EXPECT_EQ(client.Call("/t.v1.T/Echo", "small").bytes, "small");
  close(fd);
  for (int i = 0; i < 5; i++) // what was read, or dropped, does not count any more
    EXPECT_EQ(AskUntil(client, "/t.v1.T/Large", 0).bytes.size(), static_cast<size_t>(kLarge));
}

TEST(Stalled, LargeRequestsThatWaitAreBounded) {
  gate = std::promise<void>();
  opened = gate.get_future().share();
  rel_rpc_options options = Options(300 * REL_NS_PER_S);
  options.workers = 1;
  RpcServer server(Methods(), options);
  GrpcClient client(server.target());
  std::string large(kLarge, 'x');
  auto ask = [&] { return client.Call("/t.v1.T/Wait", large).status; };
  std::future<int> first = std::async(std::launch::async, ask), second = std::async(std::launch::async, ask);
  server.AwaitActive(2);
  CallOptions impatient; // a call is active a moment before its bytes count
  impatient.timeout = std::chrono::milliseconds(200);
  while (client.Call("/t.v1.T/Wait", large, impatient).status != kExhausted)
    continue;
  gate.set_value();
  EXPECT_EQ(first.get(), 0);
  EXPECT_EQ(second.get(), 0);
  server.AwaitActive(0);
  EXPECT_EQ(ask(), 0) << "they do not count any more";
}

} // namespace
