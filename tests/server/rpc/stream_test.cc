// Streams both ways, cancellation, and the limit on concurrent calls.
#include "server/rpc/rpc.h"

#include "tests/support/grpc_client.h"
#include "tests/support/rpc_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

using rel_test::CallOptions;
using rel_test::GrpcClient;
using rel_test::Reply;
using rel_test::RpcServer;
using rel_test::Stream;

namespace {

// Sends the request back so many times, numbered; the number is the request's first character, from 'a'.
struct Countdown {
  int left;
};

void SendNext(rel_call *call, bool ok, void *context) {
  Countdown *countdown = static_cast<Countdown *>(context);
  if (!ok || countdown->left == 0) {
    rel_call_finish(call);
    return;
  }
  countdown->left--;
  rel_str request = rel_call_request(call);
  rel_call_write(call, request.ptr, request.len);
  rel_call_send(call, SendNext, countdown);
}

void Repeat(rel_call *call, void *) {
  Countdown *countdown = REL_ARENA_NEW(rel_call_arena(call), Countdown);
  countdown->left = rel_call_request(call).len == 0 ? 0 : rel_call_request(call).ptr[0] - 'a';
  SendNext(call, true, countdown);
}

void OnEchoReceived(rel_call *call, bool got, void *context);

void EchoMessage(rel_call *call, void *) {
  rel_str request = rel_call_request(call);
  if (request.len == 4 && memcmp(request.ptr, "fail", 4) == 0) {
    rel_error error;
    rel_fail(&error, REL_STRICT, "asked to fail");
    rel_call_fail(call, &error);
    return;
  }
  rel_call_write(call, request.ptr, request.len);
  rel_call_send(
      call,
      [](rel_call *sent, bool ok, void *) {
        if (ok)
          rel_call_receive(sent, OnEchoReceived, nullptr);
        else
          rel_call_finish(sent);
      },
      nullptr);
}

void OnEchoReceived(rel_call *call, bool got, void *) {
  if (got)
    EchoMessage(call, nullptr);
  else
    rel_call_finish(call);
}

// Two messages, the last of which goes with the status.
void SayTwice(rel_call *call, void *) {
  rel_call_write(call, "one", 3);
  rel_call_send(
      call,
      [](rel_call *sent, bool, void *) {
        rel_call_write(sent, "two", 3);
        rel_call_finish(sent);
      },
      nullptr);
}

// What is written is no message when the call fails.
void SayAndFail(rel_call *call, void *) {
  rel_error error;
  rel_fail(&error, REL_STRICT, "it failed");
  rel_call_write(call, "one", 3);
  rel_call_fail(call, &error);
}

struct Watch {
  std::mutex mutex;
  std::condition_variable changed;
  std::atomic<int> handled{0}, cancelled{0};

  template <typename Condition> void WaitFor(Condition condition) {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, condition);
  }
};

// Waits until its caller goes.
void WaitForCancel(rel_call *call, void *context) {
  Watch *watch = static_cast<Watch *>(context);
  {
    std::lock_guard<std::mutex> lock(watch->mutex);
    watch->handled++;
    watch->changed.notify_all();
  }
  rel_call_on_cancel(
      call,
      [](rel_call *gone, void *of) {
        Watch *w = static_cast<Watch *>(of);
        EXPECT_TRUE(rel_call_cancelled(gone));
        rel_error error;
        rel_fail(&error, REL_CANCELLED, "nobody reads this");
        rel_call_fail(gone, &error);
        std::lock_guard<std::mutex> lock(w->mutex);
        w->cancelled++;
        w->changed.notify_all();
      },
      watch);
}

std::vector<rel_method> Methods(Watch *watch) {
  return {
      {"/t.v1.T/Repeat", REL_SERVER_STREAM, REL_RUN_INLINE, Repeat, nullptr},
      {"/t.v1.T/RepeatWorker", REL_SERVER_STREAM, REL_RUN_WORKER, Repeat, nullptr},
      {"/t.v1.T/SayTwice", REL_SERVER_STREAM, REL_RUN_INLINE, SayTwice, nullptr},
      {"/t.v1.T/SayAndFail", REL_SERVER_STREAM, REL_RUN_INLINE, SayAndFail, nullptr},
      {"/t.v1.T/Echo", REL_BIDI_STREAM, REL_RUN_INLINE, EchoMessage, nullptr},
      {"/t.v1.T/Wait", REL_UNARY, REL_RUN_INLINE, WaitForCancel, watch},
      {"/t.v1.T/WaitWorker", REL_UNARY, REL_RUN_WORKER, WaitForCancel, watch},
  };
}

TEST(RpcStream, ServerStreamSendsEveryMessageThenTheStatus) {
  RpcServer server(Methods(nullptr));
  GrpcClient client(server.target());
  for (const char *path : {"/t.v1.T/Repeat", "/t.v1.T/RepeatWorker"}) {
    for (size_t len : {size_t{1}, size_t{3000}, size_t{200000}}) {
      std::string request = "z" + std::string(len, 'x'), bytes;
      std::unique_ptr<Stream> stream(client.Open(path));
      ASSERT_TRUE(stream->Send(request));
      ASSERT_TRUE(stream->CloseSend());
      for (int i = 0; i < 25; i++) {
        ASSERT_TRUE(stream->Receive(&bytes)) << i;
        ASSERT_TRUE(bytes == request);
      }
      EXPECT_FALSE(stream->Receive(&bytes));
      EXPECT_EQ(stream->Finish().status, 0);
    }
  }
}

TEST(RpcStream, TheLastMessageMayGoWithTheStatus) {
  RpcServer server(Methods(nullptr));
  GrpcClient client(server.target());
  std::unique_ptr<Stream> stream(client.Open("/t.v1.T/SayTwice"));
  std::string bytes;
  ASSERT_TRUE(stream->Send("x"));
  ASSERT_TRUE(stream->CloseSend());
  ASSERT_TRUE(stream->Receive(&bytes));
  EXPECT_EQ(bytes, "one");
  ASSERT_TRUE(stream->Receive(&bytes));
  EXPECT_EQ(bytes, "two");
  EXPECT_FALSE(stream->Receive(&bytes));
  EXPECT_EQ(stream->Finish().status, 0);
}

TEST(RpcStream, WhatWasWrittenBeforeAFailureIsNoMessage) {
  RpcServer server(Methods(nullptr));
  GrpcClient client(server.target());
  std::unique_ptr<Stream> stream(client.Open("/t.v1.T/SayAndFail"));
  std::string bytes;
  ASSERT_TRUE(stream->Send("x"));
  ASSERT_TRUE(stream->CloseSend());
  EXPECT_FALSE(stream->Receive(&bytes));
  EXPECT_EQ(stream->Finish().message, "it failed");
}

TEST(RpcStream, ServerStreamMayBeEmpty) {
  RpcServer server(Methods(nullptr));
  GrpcClient client(server.target());
  std::unique_ptr<Stream> stream(client.Open("/t.v1.T/Repeat"));
  ASSERT_TRUE(stream->Send("a"));
  ASSERT_TRUE(stream->CloseSend());
  std::string bytes;
  EXPECT_FALSE(stream->Receive(&bytes));
  EXPECT_EQ(stream->Finish().status, 0);
}

TEST(RpcStream, BidiAnswersEachMessageAndEndsWithTheCaller) {
  RpcServer server(Methods(nullptr));
  GrpcClient client(server.target());
  std::unique_ptr<Stream> stream(client.Open("/t.v1.T/Echo"));
  std::string bytes;
  for (int i = 0; i < 200; i++) {
    std::string request(static_cast<size_t>(i * 100), static_cast<char>('a' + i % 26));
    ASSERT_TRUE(stream->Send(request));
    ASSERT_TRUE(stream->Receive(&bytes));
    ASSERT_TRUE(bytes == request);
  }
  ASSERT_TRUE(stream->CloseSend());
  EXPECT_FALSE(stream->Receive(&bytes));
  EXPECT_EQ(stream->Finish().status, 0);
}

TEST(RpcStream, BidiWithoutAnyMessageEndsWell) {
  RpcServer server(Methods(nullptr));
  GrpcClient client(server.target());
  std::unique_ptr<Stream> stream(client.Open("/t.v1.T/Echo"));
  ASSERT_TRUE(stream->CloseSend());
  std::string bytes;
  EXPECT_FALSE(stream->Receive(&bytes));
  EXPECT_EQ(stream->Finish().status, 0);
}

TEST(RpcStream, BidiMayFailInItsMiddle) {
  RpcServer server(Methods(nullptr));
  GrpcClient client(server.target());
  std::unique_ptr<Stream> stream(client.Open("/t.v1.T/Echo"));
  std::string bytes;
  ASSERT_TRUE(stream->Send("x"));
  ASSERT_TRUE(stream->Receive(&bytes));
  ASSERT_TRUE(stream->Send("fail"));
  EXPECT_FALSE(stream->Receive(&bytes));
  Reply reply = stream->Finish();
  EXPECT_EQ(reply.status, 9);
  EXPECT_EQ(reply.message, "asked to fail");
  EXPECT_FALSE(reply.details.empty());
}

TEST(RpcStream, CallersThatVanishInTheMiddle) {
  RpcServer server(Methods(nullptr));
  for (int i = 0; i < 20; i++) {
    GrpcClient client(server.target());
    std::unique_ptr<Stream> repeat(client.Open("/t.v1.T/RepeatWorker")), echo(client.Open("/t.v1.T/Echo"));
    std::string bytes;
    EXPECT_TRUE(repeat->Send("z" + std::string(100000, 'x')));
    EXPECT_TRUE(echo->Send("x"));
    if (i % 2) {
      EXPECT_TRUE(repeat->Receive(&bytes));
      repeat->Cancel();
    }
    if (i % 3) {
      EXPECT_TRUE(echo->Receive(&bytes));
    }
    echo->Cancel();
  }
  GrpcClient client(server.target());
  std::unique_ptr<Stream> stream(client.Open("/t.v1.T/Echo"));
  std::string bytes;
  EXPECT_TRUE(stream->Send("still here"));
  EXPECT_TRUE(stream->Receive(&bytes));
  EXPECT_EQ(bytes, "still here");
}

TEST(RpcCancel, HandlersAreToldWhenTheCallerCancelsOrRunsOutOfTime) {
  Watch watch;
  RpcServer server(Methods(&watch));
  GrpcClient client(server.target());
  for (const char *path : {"/t.v1.T/Wait", "/t.v1.T/WaitWorker"}) {
    CallOptions impatient;
    impatient.timeout = std::chrono::milliseconds(50);
    EXPECT_EQ(client.Call(path, "", impatient).status, 4);
    watch.WaitFor([&] { return watch.cancelled == watch.handled; });

    int before = watch.handled;
    std::unique_ptr<Stream> stream(client.Open(path));
    ASSERT_TRUE(stream->Send(""));
    ASSERT_TRUE(stream->CloseSend());
    watch.WaitFor([&] { return watch.handled > before; });
    stream->Cancel();
    EXPECT_EQ(stream->Finish().status, 1);
  }
  watch.WaitFor([&] { return watch.cancelled == watch.handled; });
}

TEST(RpcLimit, CallsBeyondTheLimitAreRefusedAtOnceAndLaterOnesServed) {
  Watch watch;
  rel_rpc_options options = {};
  options.max_calls = 3;
  RpcServer server(Methods(&watch), options);
  GrpcClient client(server.target());
  std::vector<std::unique_ptr<Stream>> waiting;
  for (int i = 0; i < 3; i++) {
    waiting.emplace_back(client.Open("/t.v1.T/Wait"));
    ASSERT_TRUE(waiting.back()->Send(""));
    ASSERT_TRUE(waiting.back()->CloseSend());
  }
  watch.WaitFor([&] { return watch.handled == 3; });
  Reply reply = client.Call("/t.v1.T/Wait", "");
  EXPECT_EQ(reply.status, 8);
  EXPECT_EQ(reply.message, "the server runs as many calls as it may; try again later");
  for (auto &stream : waiting)
    stream->Cancel();
  for (auto &stream : waiting)
    EXPECT_EQ(stream->Finish().status, 1);
  watch.WaitFor([&] { return watch.cancelled == 3; });
  server.AwaitActive(0);
  EXPECT_EQ(client.Call("/t.v1.T/Echo", "x").bytes, "x");
}

} // namespace
