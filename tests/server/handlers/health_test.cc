// Health over a real server: Check, Watch, and what watchers see while the server drains.
#include "server/handlers/health.h"

#include "tests/support/grpc_client.h"
#include "tests/support/rpc_server.h"

#include <grpc/health/v1/health.pb-c.h>
#include <gtest/gtest.h>

#include <atomic>

#include <memory>
#include <thread>

using rel_test::GrpcClient;
using rel_test::Reply;
using rel_test::RpcServer;
using rel_test::Stream;

namespace {

constexpr char kCheck[] = "/grpc.health.v1.Health/Check";
constexpr char kWatch[] = "/grpc.health.v1.Health/Watch";
enum { kUnknown = 0, kServing = 1, kNotServing = 2, kServiceUnknown = 3 };

std::string Request(const std::string &service) {
  if (service.empty()) return "";
  return std::string("\x0A") + static_cast<char>(service.size()) + service;
}

int StatusOf(const std::string &bytes) {
  auto *response = grpc__health__v1__health_check_response__unpack(
      nullptr, bytes.size(), reinterpret_cast<const uint8_t *>(bytes.data()));
  if (response == nullptr) return -1;
  int status = response->status;
  grpc__health__v1__health_check_response__free_unpacked(response, nullptr);
  return status;
}

class Health : public testing::Test {
protected:
  Health() : health_(rel_health_new()) {
    std::vector<rel_method> methods(REL_HEALTH_METHODS);
    rel_health_methods(health_, methods.data());
    server_ = std::make_unique<RpcServer>(methods);
    client_ = std::make_unique<GrpcClient>(server_->target());
  }
  ~Health() override {
    server_.reset();
    rel_health_free(health_);
  }
  std::unique_ptr<Stream> Watch(const std::string &service) {
    std::unique_ptr<Stream> stream(client_->Open(kWatch));
    EXPECT_TRUE(stream->Send(Request(service)));
    EXPECT_TRUE(stream->CloseSend());
    return stream;
  }
  static int Next(Stream *stream) {
    std::string bytes;
    return stream->Receive(&bytes) ? StatusOf(bytes) : -1;
  }
  int Check(const std::string &service) { return StatusOf(client_->Call(kCheck, Request(service)).bytes); }

  rel_health *health_;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<GrpcClient> client_;
};

TEST_F(Health, ChecksTheServerAndItsServices) {
  EXPECT_EQ(Check(""), kNotServing);
  rel_health_set(health_, rel_cstr(""), true);
  rel_health_set(health_, rel_cstr("a.v1.A"), true);
  rel_health_set(health_, rel_cstr("b.v1.B"), false);
  EXPECT_EQ(Check(""), kServing);
  EXPECT_EQ(Check("a.v1.A"), kServing);
  EXPECT_EQ(Check("b.v1.B"), kNotServing);
  Reply reply = client_->Call(kCheck, Request("c.v1.C"));
  EXPECT_EQ(reply.status, 5);
  EXPECT_EQ(reply.message, "service c.v1.C is not known");
}

TEST_F(Health, MalformedRequestsAreRefused) {
  EXPECT_EQ(client_->Call(kCheck, "\x0A\x05").status, 3);
  EXPECT_EQ(client_->Call(kCheck, "\x0A\x01\xFF").status, 3);
  std::unique_ptr<Stream> stream(client_->Open(kWatch));
  EXPECT_TRUE(stream->Send("\x0A\x05"));
  EXPECT_TRUE(stream->CloseSend());
  EXPECT_EQ(Next(stream.get()), -1);
  EXPECT_EQ(stream->Finish().status, 3);
}

TEST_F(Health, WatchersAreToldEveryChangeOfTheirService) {
  auto server = Watch(""), unknown = Watch("late.v1.L");
  EXPECT_EQ(Next(server.get()), kNotServing);
  EXPECT_EQ(Next(unknown.get()), kServiceUnknown);
  rel_health_set(health_, rel_cstr(""), true);
  EXPECT_EQ(Next(server.get()), kServing);
  rel_health_set(health_, rel_cstr("late.v1.L"), true);
  EXPECT_EQ(Next(unknown.get()), kServing);
  rel_health_set(health_, rel_cstr("late.v1.L"), true); // no change, no message
  rel_health_set(health_, rel_cstr("late.v1.L"), false);
  EXPECT_EQ(Next(unknown.get()), kNotServing);
  server->Cancel();
  unknown->Cancel();
  EXPECT_EQ(server->Finish().status, 1);
  EXPECT_EQ(unknown->Finish().status, 1);
}

TEST_F(Health, ASourceKnowsServicesThatComeAndGo) {
  static std::atomic<bool> served;
  served = false;
  auto source = [](rel_str name, void *) { return served && rel_str_is(name, "s.v1.S"); };
  rel_health_set_source(health_, source, nullptr);
  rel_health_set(health_, rel_cstr("a.v1.A"), true);
  auto watch = Watch("s.v1.S");
  EXPECT_EQ(Next(watch.get()), kServiceUnknown);
  served = true;
  rel_health_refresh(health_);
  EXPECT_EQ(Next(watch.get()), kServing);
  EXPECT_EQ(Check("s.v1.S"), kServing);
  EXPECT_EQ(Check("a.v1.A"), kServing);
  EXPECT_EQ(client_->Call(kCheck, Request("t.v1.T")).status, 5);
  served = false;
  rel_health_refresh(health_);
  EXPECT_EQ(Next(watch.get()), kServiceUnknown);
  served = true;
  rel_health_drain(health_);
  EXPECT_EQ(Next(watch.get()), kNotServing);
  EXPECT_EQ(Next(watch.get()), -1);
  EXPECT_EQ(watch->Finish().status, 0);
}

TEST_F(Health, DrainTellsWatchersAndEndsTheirCalls) {
  rel_health_set(health_, rel_cstr(""), true);
  auto serving = Watch(""), unknown = Watch("x.v1.X");
  EXPECT_EQ(Next(serving.get()), kServing);
  EXPECT_EQ(Next(unknown.get()), kServiceUnknown);
  rel_health_drain(health_);
  EXPECT_EQ(Next(serving.get()), kNotServing);
  EXPECT_EQ(Next(serving.get()), -1);
  EXPECT_EQ(serving->Finish().status, 0);
  EXPECT_EQ(Next(unknown.get()), -1);
  EXPECT_EQ(unknown->Finish().status, 0);
  EXPECT_EQ(Check(""), kNotServing);
  auto late = Watch("");
  EXPECT_EQ(Next(late.get()), kNotServing);
  EXPECT_EQ(Next(late.get()), -1);
  EXPECT_EQ(late->Finish().status, 0);
  server_->Stop(); // nothing is left that would hold it up
}

TEST_F(Health, WatchersThatComeAndGoWhileTheStatusChanges) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++)
    threads.emplace_back([this] {
      GrpcClient client(server_->target());
      for (int i = 0; i < 50; i++) {
        std::unique_ptr<Stream> stream(client.Open(kWatch));
        stream->Send("");
        EXPECT_NE(Next(stream.get()), -1);
        stream->Cancel();
        EXPECT_EQ(stream->Finish().status, 1);
      }
    });
  for (int i = 0; i < 2000; i++)
    rel_health_set(health_, rel_cstr(""), i % 2 == 0);
  for (std::thread &thread : threads)
    thread.join();
  rel_health_set(health_, rel_cstr(""), true);
  EXPECT_EQ(Check(""), kServing);
}

} // namespace
