// Bearer tokens: which calls are answered, what the others are told, files that change.
#include "server/rpc/rpc.h"

#include "common/security/token.h"
#include "tests/support/certificates.h"
#include "tests/support/grpc_client.h"
#include "tests/support/rpc_server.h"
#include "tests/support/scratch.h"

#include <google/rpc/status.pb-c.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <thread>

using rel_test::CallOptions;
using rel_test::GrpcClient;
using rel_test::ReplaceFile;
using rel_test::Reply;
using rel_test::RpcServer;

namespace {

constexpr int kOk = 0, kUnimplemented = 12, kUnauthenticated = 16;

std::atomic<int> handled{0};

void WhoCalls(rel_call *call, void *) {
  handled++;
  rel_identity identity = rel_call_identity(call);
  std::string text = std::to_string(identity.kind) + " " + std::string(identity.name.ptr, identity.name.len);
  rel_call_write(call, text.data(), text.size());
  rel_call_finish(call);
}

const std::vector<rel_method> kMethods = {
    {"/t.v1.T/WhoCalls", REL_UNARY, REL_RUN_INLINE, WhoCalls, nullptr},
    {"/t.v1.T/Worker", REL_UNARY, REL_RUN_WORKER, WhoCalls, nullptr},
    {"/t.v1.T/Stream", REL_SERVER_STREAM, REL_RUN_INLINE, WhoCalls, nullptr},
    {"/t.v1.T/Bidi", REL_BIDI_STREAM, REL_RUN_INLINE, WhoCalls, nullptr},
    {"/t.v1.T/Open", REL_UNARY, REL_RUN_INLINE, WhoCalls, nullptr},
};
const char *const kOpen[] = {"/t.v1.T/Open", nullptr};

std::string Line(const std::string &name, const std::string &token) {
  rel_token_hash hash = rel_token_hash_of(rel_bytes(token.data(), token.size()));
  rel_buf text = {};
  rel_token_line(rel_cstr(name.c_str()), &hash, &text);
  std::string line = std::string(reinterpret_cast<char *>(text.data), text.len) + "\n";
  rel_buf_fini(&text);
  return line;
}

const std::string kAlpha = "alpha-secret-0123456789", kBeta = "beta-secret-0123456789";

class Tokens : public testing::Test {
protected:
  Tokens() : file_(scratch_ / "tokens") { handled = 0; }
  rel_rpc_options Options() {
    rel_rpc_options options = {};
    options.token_file = file_.c_str();
    options.open_methods = kOpen;
    return options;
  }
  void Start(const std::string &text) {
    rel_test::WriteFile(file_, text);
    server_ = std::make_unique<RpcServer>(kMethods, Options());
    client_ = std::make_unique<GrpcClient>(server_->target());
  }
  Reply Call(const std::vector<std::pair<std::string, std::string>> &metadata,
             const std::string &path = "/t.v1.T/WhoCalls", const std::string &bytes = "") {
    CallOptions options;
    options.metadata = metadata;
    return client_->Call(path, bytes, options);
  }
  Reply CallWith(const std::string &token) { return Call({{"authorization", "Bearer " + token}}); }
  // Until calls with the token end so; that takes a second where the file has changed.
  void Await(const std::string &token, int status) {
    while (CallWith(token).status != status)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }

  rel_test::Scratch scratch_;
  std::string file_;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<GrpcClient> client_;
};

TEST_F(Tokens, TheNameIsWhoCalls) {
  Start("# who may call\n\n" + Line("alpha", kAlpha) + "  \n" + Line("beta", kBeta));
  EXPECT_EQ(CallWith(kAlpha).bytes, "1 alpha");
  EXPECT_EQ(CallWith(kBeta).bytes, "1 beta");
  EXPECT_EQ(Call({{"authorization", "bEARER   " + kBeta}}).bytes, "1 beta") << "schemes have no case";
  EXPECT_EQ(Call({{"authorization", "Bearer " + kBeta}}, "/t.v1.T/Worker").bytes, "1 beta");
}

TEST_F(Tokens, OthersAreUnauthenticated) {
  Start(Line("alpha", kAlpha));
  using Metadata = std::vector<std::pair<std::string, std::string>>;
  std::string hash = Line("alpha", kAlpha).substr(6, 64);
  for (const Metadata &metadata :
       {Metadata{}, Metadata{{"authorization", ""}}, Metadata{{"authorization", "Bearer"}},
        Metadata{{"authorization", "Bearer "}}, Metadata{{"authorization", kAlpha}},
        Metadata{{"authorization", "Basic " + kAlpha}}, Metadata{{"authorization", "Bearer " + kBeta}},
        Metadata{{"authorization", "Bearer " + kAlpha + "x"}},
        Metadata{{"authorization", "Bearer x" + kAlpha}},
        Metadata{{"authorization", "Bearer " + kAlpha.substr(1)}},
        Metadata{{"authorization", "Bearer alpha"}}, Metadata{{"authorization", "Bearer " + hash}},
        Metadata{{"authorization", "Bearer alpha:" + hash}},
        Metadata{{"authorization", "Bearer " + std::string(4000, 'x')}},
        Metadata{{"x-authorization", "Bearer " + kAlpha}},
        Metadata{{"authorization", "Bearer " + kAlpha}, {"authorization", "Bearer " + kBeta}}}) {
    Reply reply = Call(metadata);
    EXPECT_EQ(reply.status, kUnauthenticated) << (metadata.empty() ? "" : metadata[0].second);
    EXPECT_EQ(reply.message.find("secret"), std::string::npos) << reply.message;
    Google__Rpc__Status *status = google__rpc__status__unpack(
        nullptr, reply.details.size(), reinterpret_cast<const uint8_t *>(reply.details.data()));
    ASSERT_NE(status, nullptr);
    EXPECT_EQ(status->code, kUnauthenticated);
    EXPECT_NE(reply.details.find("UNAUTHENTICATED"), std::string::npos);
    google__rpc__status__free_unpacked(status, nullptr);
  }
  EXPECT_EQ(handled, 0);
}

TEST_F(Tokens, EveryKindOfCallNeedsOne) {
  Start(Line("alpha", kAlpha));
  for (const char *path :
       {"/t.v1.T/WhoCalls", "/t.v1.T/Worker", "/t.v1.T/Stream", "/t.v1.T/Bidi", "/t.v1.T/Missing"}) {
    Reply reply = Call({}, path, std::string(100000, 'x'));
    EXPECT_EQ(reply.status, kUnauthenticated) << path;
    EXPECT_EQ(reply.message.find("t.v1.T"), std::string::npos) << "strangers are not told what there is";
  }
  EXPECT_EQ(handled, 0);
  EXPECT_EQ(Call({{"authorization", "Bearer " + kAlpha}}, "/t.v1.T/Missing").status, kUnimplemented);
}

TEST_F(Tokens, OpenMethodsNeedNone) {
  Start(Line("alpha", kAlpha));
  EXPECT_EQ(Call({}, "/t.v1.T/Open").bytes, "0 ");
  EXPECT_EQ(Call({{"authorization", "Bearer wrong"}}, "/t.v1.T/Open").bytes, "0 ");
}

TEST_F(Tokens, NobodyIsAskedWithoutAFile) {
  RpcServer server(kMethods);
  GrpcClient client(server.target());
  EXPECT_EQ(client.Call("/t.v1.T/WhoCalls", "").bytes, "0 ");
  CallOptions options;
  options.metadata = {{"authorization", "Bearer " + kAlpha}};
  EXPECT_EQ(client.Call("/t.v1.T/WhoCalls", "", options).bytes, "0 ");
}

// The object of a call is used again: a name must not stay in it.
TEST_F(Tokens, NoCallInheritsAName) {
  Start(Line("alpha", kAlpha));
  for (int i = 0; i < 20; i++) {
    EXPECT_EQ(CallWith(kAlpha).bytes, "1 alpha");
    EXPECT_EQ(Call({}).status, kUnauthenticated);
    EXPECT_EQ(Call({}, "/t.v1.T/Open").bytes, "0 ");
  }
}

TEST_F(Tokens, ChangesAreSeenWithoutARestart) {
  Start(Line("alpha", kAlpha));
  EXPECT_EQ(CallWith(kBeta).status, kUnauthenticated);
  ReplaceFile(file_, Line("alpha", kAlpha) + Line("alpha", kBeta)); // two of a name, while it is replaced
  Await(kBeta, kOk);
  EXPECT_EQ(CallWith(kAlpha).bytes, "1 alpha");
  EXPECT_EQ(CallWith(kBeta).bytes, "1 alpha");
  rel_test::WriteFile(file_, Line("alpha", kBeta));
  Await(kAlpha, kUnauthenticated);
  EXPECT_EQ(CallWith(kBeta).bytes, "1 alpha");
  ReplaceFile(file_, "# nobody\n");
  Await(kBeta, kUnauthenticated);
}

TEST_F(Tokens, AFileThatBreaksIsLoggedAndTheOldStays) {
  Start(Line("alpha", kAlpha));
  EXPECT_EQ(CallWith(kAlpha).status, kOk);
  testing::internal::CaptureStderr();
  ReplaceFile(file_, Line("beta", kBeta) + "gamma:" + kAlpha + "\n");
  std::string log;
  for (std::string read; read.find("tokens_not_loaded") == std::string::npos; log += read) {
    EXPECT_EQ(CallWith(kAlpha).status, kOk);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    read = testing::internal::GetCapturedStderr();
    testing::internal::CaptureStderr();
  }
  unlink(file_.c_str());
  for (std::string read; read.find("No such file") == std::string::npos; log += read) {
    EXPECT_EQ(CallWith(kAlpha).status, kOk);
    EXPECT_EQ(CallWith(kBeta).status, kUnauthenticated);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    read = testing::internal::GetCapturedStderr();
    testing::internal::CaptureStderr();
  }
  ReplaceFile(file_, Line("beta", kBeta));
  Await(kBeta, kOk);
  Await(kAlpha, kUnauthenticated);
  log += testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find(file_ + ":2: expected NAME:HASH"), std::string::npos) << log;
  EXPECT_NE(log.find("\"event\":\"unauthenticated\""), std::string::npos) << log;
  EXPECT_EQ(log.find("secret"), std::string::npos) << log;
}

TEST_F(Tokens, BadLinesAreRefusedAtTheStart) {
  std::string good = Line("alpha", kAlpha);
  std::string many;
  for (int i = 0; i <= 1000; i++)
    many += good;
  const std::pair<std::string, std::string> cases[] = {
      {kAlpha + "\n", ":1: expected NAME:HASH"},
      {good + "\n# comment\nalpha:" + kAlpha + "\n", ":4: expected NAME:HASH"},
      {good.substr(0, good.size() - 2) + "\n", ":1: expected"},
      {"x" + std::string(1, '\0'), "is no text"},
      {many, ":1001: there are more than 1000 tokens"},
  };
  for (const auto &[text, says] : cases) {
    rel_test::WriteFile(file_, text);
    rel_rpc_options options = Options();
    rel_rpc *rpc;
    rel_error error = {};
    ASSERT_EQ(rel_rpc_new(&options, kMethods.data(), kMethods.size(), &rpc, &error), REL_INVALID);
    EXPECT_NE(std::string(error.message).find(file_), std::string::npos) << error.message;
    EXPECT_NE(std::string(error.message).find(says), std::string::npos) << error.message;
    EXPECT_EQ(std::string(error.message).find("secret"), std::string::npos) << error.message;
  }
  unlink(file_.c_str());
  rel_rpc_options options = Options();
  rel_rpc *rpc;
  rel_error error = {};
  ASSERT_EQ(rel_rpc_new(&options, kMethods.data(), kMethods.size(), &rpc, &error), REL_INVALID);
  EXPECT_EQ(error.message, "cannot read the token file " + file_ + ": No such file or directory");
}

// The file changes all the time while several threads call over several queues: a token that is always in it
// is always accepted, one that never is, never.
TEST_F(Tokens, RotationHurtsNobody) {
  rel_test::WriteFile(file_, Line("alpha", kAlpha));
  rel_rpc_options options = Options();
  options.queues = 2;
  RpcServer server(kMethods, options);
  std::atomic<bool> done{false};
  std::atomic<int> accepted{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; i++)
    threads.emplace_back([&] {
      GrpcClient client(server.target());
      CallOptions alpha, gamma;
      alpha.metadata = {{"authorization", "Bearer " + kAlpha}};
      gamma.metadata = {{"authorization", "Bearer gamma-secret"}};
      while (!done) {
        EXPECT_EQ(client.Call("/t.v1.T/WhoCalls", "", alpha).bytes, "1 alpha");
        EXPECT_EQ(client.Call("/t.v1.T/WhoCalls", "", gamma).status, kUnauthenticated);
        accepted++;
      }
    });
  GrpcClient client(server.target());
  CallOptions beta;
  beta.metadata = {{"authorization", "Bearer " + kBeta}};
  for (int i = 0; i < 3; i++) {
    bool both = i % 2 == 0;
    ReplaceFile(file_, both ? Line("beta", kBeta) + Line("alpha", kAlpha) : Line("alpha", kAlpha));
    while (client.Call("/t.v1.T/WhoCalls", "", beta).status != (both ? kOk : kUnauthenticated)) {
      ReplaceFile(file_ + ".other", "");
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  done = true;
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_GT(accepted, 0);
}

} // namespace
