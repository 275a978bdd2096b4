// Methods that stand in no table: asked for at once, handled once their message is there.
#include "server/rpc/rpc.h"

#include "tests/support/grpc_client.h"
#include "tests/support/rpc_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

using rel_test::CallOptions;
using rel_test::GrpcClient;
using rel_test::Reply;
using rel_test::RpcServer;
using rel_test::Stream;

namespace {

constexpr int kInvalidArgument = 3, kResourceExhausted = 8, kUnimplemented = 12;

// Serves /d.v1.D/…, as long as it is told to, and answers with the path and the request.
struct Dynamic {
  std::atomic<bool> served{true};
  std::atomic<int> asked{0}, handled{0};

  rel_rpc_options Options() {
    rel_rpc_options options = {};
    options.fallback = {Serves, Handle, this};
    return options;
  }
  static bool Serves(rel_str path, void *context) {
    auto *self = static_cast<Dynamic *>(context);
    self->asked++;
    return self->served && std::string(path.ptr, path.len).rfind("/d.v1.D/", 0) == 0;
  }
  static void Handle(rel_call *call, rel_str path, void *context) {
    static_cast<Dynamic *>(context)->handled++;
    rel_str request = rel_call_request(call);
    rel_call_write(call, path.ptr, path.len);
    rel_call_write(call, request.ptr, request.len);
    rel_call_finish(call);
  }
};

// Streams as many messages as the request has bytes, each the path; then fails when the last byte is '!'.
struct Streaming {
  size_t left;

  static bool Serves(rel_str, void *) { return true; }
  static void Handle(rel_call *call, rel_str, void *) {
    rel_call_stream(call);
    auto *self = static_cast<Streaming *>(rel_arena_alloc(rel_call_arena(call), sizeof(Streaming)));
    self->left = rel_call_request(call).len;
    Sent(call, true, self);
  }
  static void Sent(rel_call *call, bool ok, void *context) {
    auto *self = static_cast<Streaming *>(context);
    rel_str request = rel_call_request(call);
    if (ok && self->left > 0) {
      self->left--;
      rel_call_write(call, "part", 4);
      rel_call_send(call, Sent, self);
    } else if (request.len > 0 && request.ptr[request.len - 1] == '!') {
      rel_error error;
      rel_fail(&error, REL_INVALID, "enough");
      rel_call_fail(call, &error);
    } else {
      rel_call_finish(call);
    }
  }
};

void Echo(rel_call *call, void *) {
  rel_call_write(call, rel_call_request(call).ptr, rel_call_request(call).len);
  rel_call_finish(call);
}

const std::vector<rel_method> kMethods = {{"/t.v1.T/Echo", REL_UNARY, REL_RUN_INLINE, Echo, nullptr}};

TEST(RpcFallback, AnswersMethodsThatAreInNoTable) {
  Dynamic dynamic;
  RpcServer server(kMethods, dynamic.Options());
  GrpcClient client(server.target());
  for (size_t len : {size_t{0}, size_t{1}, size_t{100000}}) {
    std::string request(len, 'x');
    Reply reply = client.Call("/d.v1.D/Any", request);
    EXPECT_EQ(reply.status, 0) << reply.message;
    EXPECT_EQ(reply.bytes, "/d.v1.D/Any" + request);
    EXPECT_EQ(client.Call("/t.v1.T/Echo", request).bytes, request);
  }
  EXPECT_EQ(dynamic.asked, 3);
}

TEST(RpcFallback, WhatIsNotServedIsUnimplementedWithoutItsMessage) {
  Dynamic dynamic;
  RpcServer server(kMethods, dynamic.Options());
  GrpcClient client(server.target());
  dynamic.served = false;
  CallOptions options;
  options.no_deadline = true;
  // Neither a message nor the end of the requests is ever sent.
  std::unique_ptr<Stream> stream(client.Open("/d.v1.D/Any", options));
  std::string bytes;
  EXPECT_FALSE(stream->Receive(&bytes));
  EXPECT_EQ(stream->Finish().status, kUnimplemented);
  EXPECT_EQ(client.Call("/x.v1.X/Any", "x", options).status, kUnimplemented);
  EXPECT_EQ(dynamic.handled, 0);
  dynamic.served = true;
  EXPECT_EQ(client.Call("/d.v1.D/Any", "x", options).status, 0);
}

TEST(RpcFallback, RequestWithoutAMessageIsRefused) {
  Dynamic dynamic;
  RpcServer server(kMethods, dynamic.Options());
  GrpcClient client(server.target());
  CallOptions options;
  options.no_message = true;
  Reply reply = client.Call("/d.v1.D/Any", "", options);
  EXPECT_EQ(reply.status, kInvalidArgument);
  EXPECT_EQ(reply.message, "the request carries no message");
  EXPECT_EQ(dynamic.handled, 0);
}

TEST(RpcFallback, TheAnswerMayBeAStream) {
  rel_rpc_options options = {};
  options.fallback = {Streaming::Serves, Streaming::Handle, nullptr};
  RpcServer server(kMethods, options);
  GrpcClient client(server.target());
  for (const std::string &request :
       {std::string(), std::string("x"), std::string(100, 'x'), std::string("xx!")}) {
    std::unique_ptr<Stream> stream(client.Open("/d.v1.D/Any"));
    ASSERT_TRUE(stream->Send(request));
    ASSERT_TRUE(stream->CloseSend());
    std::string bytes;
    size_t parts = 0;
    for (; stream->Receive(&bytes); parts++)
      EXPECT_EQ(bytes, "part");
    EXPECT_EQ(parts, request.size());
    EXPECT_EQ(stream->Finish().status, request == "xx!" ? kInvalidArgument : 0);
  }
  EXPECT_EQ(client.Call("/t.v1.T/Echo", "x").bytes, "x"); // a call that is used again is unary again
}

TEST(RpcFallback, LimitsHold) {
  Dynamic dynamic;
  rel_rpc_options options = dynamic.Options();
  options.max_message_bytes = 1000;
  options.max_calls = 1;
  RpcServer server(kMethods, options);
  GrpcClient client(server.target());
  EXPECT_EQ(client.Call("/d.v1.D/Any", std::string(1001, 'x')).status, kResourceExhausted);
  EXPECT_EQ(dynamic.handled, 0);
  server.AwaitActive(0);
  std::unique_ptr<Stream> waiting(client.Open("/d.v1.D/Any")); // counts, though its message never comes
  server.AwaitActive(1);
  EXPECT_EQ(client.Call("/t.v1.T/Echo", "x").status, kResourceExhausted);
  EXPECT_EQ(client.Call("/d.v1.D/Any", "x").status, kResourceExhausted);
  waiting->Cancel();
  EXPECT_EQ(waiting->Finish().status, 1);
  server.AwaitActive(0);
  EXPECT_EQ(client.Call("/d.v1.D/Any", "x").bytes, "/d.v1.D/Anyx");
}

TEST(RpcFallback, CallersThatVanishBeforeTheirMessage) {
  Dynamic dynamic;
  RpcServer server(kMethods, dynamic.Options());
  for (int i = 0; i < 50; i++) {
    GrpcClient client(server.target());
    std::unique_ptr<Stream> stream(client.Open("/d.v1.D/Any"));
    if (i % 2 == 0) {
      EXPECT_EQ(client.Call("/d.v1.D/Any", "x").status, 0);
    }
    if (i % 3 == 0) stream->Cancel();
    if (i % 3 == 1) stream->CloseSend();
    stream->Cancel();
    stream->Finish();
  }
  GrpcClient client(server.target());
  EXPECT_EQ(client.Call("/d.v1.D/Any", "x").status, 0);
}

TEST(RpcFallback, ManyConcurrentCallsAndAStop) {
  Dynamic dynamic;
  rel_rpc_options options = dynamic.Options();
  options.queues = 2;
  RpcServer server(kMethods, options);
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; t++)
    threads.emplace_back([&, t] {
      GrpcClient client(server.target());
      for (int i = 0;; i++) {
        std::string request = std::to_string(t * 1000000 + i);
        Reply reply = client.Call("/d.v1.D/" + std::to_string(t), request);
        if (reply.status == 14) return; // nobody listens any more
        ASSERT_EQ(reply.status, 0) << reply.message;
        ASSERT_EQ(reply.bytes, "/d.v1.D/" + std::to_string(t) + request);
        good++;
      }
    });
  while (good < 500)
    std::this_thread::yield();
  server.Stop();
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(good, dynamic.handled);
}

} // namespace
