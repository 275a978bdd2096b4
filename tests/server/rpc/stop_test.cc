// Stopping: every call that a handler has seen gets its answer, within the grace period.
#include "server/rpc/rpc.h"

#include "tests/support/grpc_client.h"
#include "tests/support/rpc_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

using rel_test::CallOptions;
using rel_test::GrpcClient;
using rel_test::Reply;
using rel_test::RpcServer;
using rel_test::Stream;

namespace {

// A call that is kept until the test lets it go.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<rel_call *> held;
  bool cancelled = false;

  void WaitFor(size_t count) {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return held.size() >= count; });
  }
  void FinishAll() {
    std::lock_guard<std::mutex> lock(mutex);
    for (rel_call *call : held) {
      rel_call_write(call, "late", 4);
      rel_call_finish(call);
    }
    held.clear();
  }
};

void Hold(rel_call *call, void *context) {
  Gate *gate = static_cast<Gate *>(context);
  std::lock_guard<std::mutex> lock(gate->mutex);
  gate->held.push_back(call);
  gate->changed.notify_all();
}

void HoldUntilCancelled(rel_call *call, void *context) {
  rel_call_on_cancel(
      call,
      [](rel_call *gone, void *gate_of) {
        Gate *gate = static_cast<Gate *>(gate_of);
        {
          std::lock_guard<std::mutex> lock(gate->mutex);
          gate->cancelled = rel_call_cancelled(gone);
        }
        rel_call_finish(gone);
      },
      context);
  Hold(call, context);
}

std::atomic<int> handled{0};

void Count(rel_call *call, void *) {
  handled++;
  rel_call_write(call, "x", 1);
  rel_call_finish(call);
}

TEST(RpcStop, NeverStarted) {
  const char *address = "127.0.0.1:0";
  rel_rpc_options options = {};
  options.listen = &address;
  options.listen_count = 1;
  rel_rpc *rpc = nullptr;
  rel_error error = {};
  ASSERT_EQ(rel_rpc_new(&options, nullptr, 0, &rpc, &error), REL_OK) << error.message;
  EXPECT_GT(rel_rpc_port(rpc, 0), 0);
  EXPECT_EQ(rel_rpc_port(rpc, 1), 0);
  rel_rpc_stop(rpc);
  rel_rpc_free(rpc);
}

TEST(RpcStop, CallsUnderWayAreAnswered) {
  Gate gate;
  RpcServer server({{"/t.v1.T/Hold", REL_UNARY, REL_RUN_INLINE, Hold, &gate},
                    {"/t.v1.T/HoldWorker", REL_UNARY, REL_RUN_WORKER, Hold, &gate}});
  GrpcClient client(server.target());
  std::vector<Reply> replies(4);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < replies.size(); i++)
    threads.emplace_back(
        [&, i] { replies[i] = client.Call(i % 2 ? "/t.v1.T/Hold" : "/t.v1.T/HoldWorker", ""); });
  gate.WaitFor(4);
  std::thread stop([&] { server.Stop(); });
  // Stop has begun once a new connection is refused.
  CallOptions impatient;
  impatient.timeout = std::chrono::milliseconds(200);
  while (GrpcClient(server.target()).Call("/t.v1.T/Unknown", "", impatient).status == 12) {
  }
  gate.FinishAll();
  stop.join();
  for (std::thread &thread : threads)
    thread.join();
  for (const Reply &reply : replies) {
    EXPECT_EQ(reply.status, 0) << reply.message;
    EXPECT_EQ(reply.bytes, "late");
  }
}

// A stream whose caller says nothing must not hold the stop up until the grace period ends and it is
// cancelled.
TEST(RpcStop, StreamsThatWaitForTheirCallerEndWell) {
  static const auto on_received = [](rel_call *call, bool got, void *context) {
    EXPECT_FALSE(got);
    *static_cast<bool *>(context) = rel_call_stopping(call);
    rel_call_finish(call);
  };
  bool stopping = false;
  auto answer_and_wait = [](rel_call *call, void *context) {
    EXPECT_FALSE(rel_call_stopping(call));
    rel_call_write(call, "first", 5);
    rel_call_send(
        call, [](rel_call *sent, bool, void *of) { rel_call_receive(sent, on_received, of); }, context);
  };
  RpcServer server({{"/t.v1.T/Wait", REL_BIDI_STREAM, REL_RUN_INLINE, answer_and_wait, &stopping}});
  GrpcClient client(server.target());
  std::vector<std::unique_ptr<Stream>> streams;
  std::string bytes;
  for (int i = 0; i < 3; i++) {
    streams.emplace_back(client.Open("/t.v1.T/Wait"));
    ASSERT_TRUE(streams.back()->Send("x"));
    ASSERT_TRUE(streams.back()->Receive(&bytes));
  }
  server.Stop();
  for (auto &stream : streams) {
    EXPECT_FALSE(stream->Receive(&bytes));
    EXPECT_EQ(stream->Finish().status, 0);
  }
  EXPECT_TRUE(stopping);
}

TEST(RpcStop, WhatOutlivesTheGracePeriodIsCancelled) {
  Gate gate;
  rel_rpc_options options = {};
  options.grace_ns = REL_NS_PER_MS;
  RpcServer server({{"/t.v1.T/Hold", REL_UNARY, REL_RUN_INLINE, HoldUntilCancelled, &gate}}, options);
  GrpcClient client(server.target());
  Reply reply;
  std::thread caller([&] { reply = client.Call("/t.v1.T/Hold", ""); });
  gate.WaitFor(1);
  server.Stop();
  caller.join();
  EXPECT_TRUE(gate.cancelled);
  EXPECT_NE(reply.status, 0);
}

TEST(RpcStop, NoCallThatWasHandledFails) {
  for (int round = 0; round < 3; round++) {
    handled = 0;
    std::atomic<int> answered{0}, started{0};
    std::mutex mutex;
    std::map<std::string, int> failures;
    rel_rpc_options options = {};
    options.quiet_ns = 400 * REL_NS_PER_MS; // enough for a caller's thread to get its turn on a busy machine
    RpcServer server({{"/t.v1.T/Count", REL_UNARY, REL_RUN_INLINE, Count, nullptr}}, options);
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; t++)
      threads.emplace_back([&] {
        GrpcClient client(server.target());
        for (;;) {
          Reply reply = client.Call("/t.v1.T/Count", "");
          started++;
          if (reply.status != 0) {
            std::lock_guard<std::mutex> lock(mutex);
            failures[std::to_string(reply.status) + " " + reply.message]++;
            return;
          }
          answered++;
        }
      });
    while (answered < 500)
      std::this_thread::yield();
    server.Stop();
    for (std::thread &thread : threads)
      thread.join();
    EXPECT_EQ(answered, handled);
    // A caller that waits for its answers never sees a call cut off: only that nobody listens any more.
    for (const auto &[text, count] : failures)
      EXPECT_EQ(text.substr(0, 3), "14 ") << count << " times: " << text;
  }
}

} // namespace
