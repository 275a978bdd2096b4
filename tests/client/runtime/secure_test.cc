// TLS, mutual TLS and tokens of the C SDK, against the server's own transport: what is refused when
// connecting, and files that change while calls run.
#include <relations/client.h>

#include "common/security/token.h"
#include "server/rpc/rpc.h"
#include "tests/support/certificates.h"
#include "tests/support/rpc_server.h"
#include "tests/support/scratch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <thread>

using rel_test::Authority;
using rel_test::Certificate;
using rel_test::ReplaceFile;
using rel_test::RpcServer;
using rel_test::WriteFile;

namespace {

void WhoCalls(rel_call *call, void *) {
  rel_identity identity = rel_call_identity(call);
  rel_call_write(call, identity.name.ptr, identity.name.len);
  rel_call_finish(call);
}

const std::vector<rel_method> kMethods = {{"/t.v1.T/WhoCalls", REL_UNARY, REL_RUN_INLINE, WhoCalls, nullptr}};

struct Client {
  rel_client *client = nullptr;
  rel_error error = {};
  explicit Client(const rel_client_options &options) {
    if (rel_client_connect(&options, &client, &error) == REL_OK) error.message[0] = '\0';
  }
  ~Client() { rel_client_free(client); }
  Client(const Client &) = delete;
  Client &operator=(const Client &) = delete;
  // Who the server says that calls; the error's reason when it is none.
  std::string Call() {
    rel_buf answer = {};
    rel_code code = rel_client_call(client, "/t.v1.T/WhoCalls", rel_cstr(""), &answer, &error);
    std::string text = code == REL_OK ? rel_buf_text(&answer) : rel_code_reason(code);
    rel_buf_fini(&answer);
    return text;
  }
  void Await(const std::string &answer) {
    while (Call() != answer)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
};

class Secure : public testing::Test {
protected:
  Secure() : servers_("servers"), clients_("clients") {
    Authority::Issued server = servers_.Issue();
    WriteFile(server_cert_ = scratch_ / "server.pem", server.cert);
    WriteFile(server_key_ = scratch_ / "server.key", server.key);
    WriteFile(client_ca_ = scratch_ / "clients.pem", clients_.pem());
    WriteFile(ca_ = scratch_ / "servers.pem", servers_.pem());
    cert_ = scratch_ / "client.pem";
    key_ = scratch_ / "client.key";
    Install("billing");
    WriteFile(token_ = scratch_ / "token", "the-secret\n");
    WriteTokens("the-secret");
  }
  void Install(const std::string &name) {
    Certificate certificate;
    certificate.common_name = name;
    Authority::Issued client = clients_.Issue(certificate);
    ReplaceFile(cert_, client.cert);
    ReplaceFile(key_, client.key);
  }
  void WriteTokens(const std::string &token) {
    rel_token_hash hash = rel_token_hash_of(rel_cstr(token.c_str()));
    rel_buf line = {};
    rel_token_line(rel_cstr("shop"), &hash, &line);
    ReplaceFile(tokens_ = scratch_ / "tokens", rel_buf_text(&line));
    rel_buf_fini(&line);
  }
  void Start(bool tls, bool mutual, bool tokens) {
    rel_rpc_options options = {};
    if (tls) options.tls = {server_cert_.c_str(), server_key_.c_str(), mutual ? client_ca_.c_str() : nullptr};
    if (tokens) options.token_file = tokens_.c_str();
    server_ = std::make_unique<RpcServer>(kMethods, options);
    target_ = "127.0.0.1:" + std::to_string(server_->port());
  }
  rel_client_options Options(bool mutual = false) {
    rel_client_options options = {};
    options.target = target_.c_str();
    options.max_attempts = 1;
    options.tls_ca_file = ca_.c_str();
    if (mutual) options.tls_cert_file = cert_.c_str();
    if (mutual) options.tls_key_file = key_.c_str();
    return options;
  }

  rel_test::Scratch scratch_;
  Authority servers_, clients_;
  std::string server_cert_, server_key_, client_ca_, ca_, cert_, key_, token_, tokens_, target_;
  std::unique_ptr<RpcServer> server_;
};

TEST_F(Secure, Tls) {
  Start(true, false, false);
  EXPECT_EQ(Client(Options()).Call(), "");
  rel_client_options plain = {};
  plain.target = target_.c_str();
  plain.max_attempts = 1;
  EXPECT_EQ(Client(plain).Call(), "UNAVAILABLE");
}

TEST_F(Secure, ServersOfOthersAreRefused) {
  Start(true, false, false);
  Authority other("servers");
  WriteFile(ca_, other.pem());
  Client client(Options());
  EXPECT_EQ(client.Call(), "UNAVAILABLE");
  EXPECT_NE(std::string(client.error.message).find("Ssl handshake failed"), std::string::npos)
      << client.error.message;
  rel_client_options system = Options();
  system.tls_ca_file = nullptr;
  system.tls = true;
  Client trusting(system);
  EXPECT_NE(trusting.client == nullptr ? "refused" : trusting.Call(), "")
      << "no system trusts this authority";
}

TEST_F(Secure, TheNameMustBeTheTargets) {
  Start(true, false, false);
  rel_client_options options = Options();
  options.tls_server_name = "elsewhere.test";
  EXPECT_EQ(Client(options).Call(), "UNAVAILABLE");
  options.tls_server_name = "relations.test";
  EXPECT_EQ(Client(options).Call(), "");
}

TEST_F(Secure, MutualTls) {
  Start(true, true, false);
  EXPECT_EQ(Client(Options(true)).Call(), "CN=billing");
  EXPECT_EQ(Client(Options(false)).Call(), "UNAVAILABLE");
}

TEST_F(Secure, TokensOverTlsAndOnThisMachine) {
  Start(true, true, true);
  rel_client_options options = Options(true);
  EXPECT_EQ(Client(options).Call(), "UNAUTHENTICATED");
  options.token_file = token_.c_str();
  EXPECT_EQ(Client(options).Call(), "shop");
  Start(false, false, true);
  rel_client_options plain = {};
  plain.target = target_.c_str();
  plain.token_file = token_.c_str();
  EXPECT_EQ(Client(plain).Call(), "shop");
  WriteFile(token_, "another");
  Client wrong(plain);
  EXPECT_EQ(wrong.Call(), "UNAUTHENTICATED");
  EXPECT_EQ(std::string(wrong.error.message).find("another"), std::string::npos);
}

TEST_F(Secure, TokensDoNotLeaveTheMachineUnencrypted) {
  rel_client_options options = {};
  options.target = "example.org:50051";
  options.token_file = token_.c_str();
  Client plain(options);
  EXPECT_EQ(plain.client, nullptr);
  EXPECT_STREQ(plain.error.field, "token_file");
  EXPECT_STREQ(plain.error.message,
               "the token would be sent to example.org:50051 unencrypted: connect with TLS");
  options.tls_ca_file = ca_.c_str();
  EXPECT_NE(Client(options).client, nullptr);
}

TEST_F(Secure, BrokenFilesAreRefusedWhenConnecting) {
  Certificate expired;
  expired.ends_s = -60;
  target_ = "localhost:1";
  auto refusal = [&](const std::string &file, const std::string &text) {
    std::string before = rel_test::ReadFile(file);
    WriteFile(file, text);
    rel_client_options options = Options(true);
    options.token_file = token_.c_str();
    Client client(options);
    WriteFile(file, before);
    EXPECT_EQ(client.client, nullptr);
    EXPECT_EQ(client.error.code, REL_INVALID);
    EXPECT_NE(std::string(client.error.message).find(file), std::string::npos) << client.error.message;
    return std::string(client.error.message);
  };
  refusal(ca_, "garbage");
  refusal(cert_, "garbage");
  refusal(key_, "garbage");
  EXPECT_NE(refusal(key_, clients_.Issue().key).find("not that of"), std::string::npos);
  EXPECT_NE(refusal(cert_, clients_.Issue(expired).cert).find("expired"), std::string::npos);
  for (const std::string &text :
       {std::string(), std::string("\n"), std::string("two words-secret"), std::string("name:secret"),
        std::string("secret\nsecret\n"), std::string(600, 's')})
    EXPECT_EQ(refusal(token_, text).find("secret"), std::string::npos);
  unlink(token_.c_str());
  rel_client_options options = Options(true);
  options.token_file = token_.c_str();
  EXPECT_NE(std::string(Client(options).error.message).find("No such file"), std::string::npos);
}

TEST_F(Secure, CertificateAndKeyNeedEachOther) {
  target_ = "localhost:1";
  rel_client_options options = Options(true);
  options.tls_key_file = nullptr;
  EXPECT_STREQ(Client(options).error.field, "tls_key_file");
  options = Options(true);
  options.tls_cert_file = nullptr;
  EXPECT_STREQ(Client(options).error.field, "tls_cert_file");
}

TEST_F(Secure, ChangedFilesAreTaken) {
  Start(true, true, false);
  Client client(Options(true));
  EXPECT_EQ(client.Call(), "CN=billing");
  Install("invoices");
  client.Await("CN=invoices");
  for (const std::string &broken : {cert_, key_, ca_}) { // the old one stays
    std::string text = rel_test::ReadFile(broken);
    ReplaceFile(broken, "garbage");
    for (int i = 0; i < 60; i++) { // longer than it takes to look
      EXPECT_EQ(client.Call(), "CN=invoices");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    ReplaceFile(broken, text);
  }
  Install("refunds");
  client.Await("CN=refunds");
}

TEST_F(Secure, AChangedTokenIsTaken) {
  Start(false, false, true);
  rel_client_options options = {};
  options.target = target_.c_str();
  options.token_file = token_.c_str();
  Client client(options);
  EXPECT_EQ(client.Call(), "shop");
  WriteTokens("the-next");
  client.Await("UNAUTHENTICATED");
  ReplaceFile(token_, "the-next");
  client.Await("shop");
  unlink(token_.c_str());
  for (int i = 0; i < 60; i++) {
    EXPECT_EQ(client.Call(), "shop");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

// Certificates of both sides and tokens change while several threads call over one client: no call fails.
TEST_F(Secure, RotationHurtsNobody) {
  Start(true, true, true);
  rel_client_options options = Options(true);
  options.token_file = token_.c_str();
  Client client(options);
  ASSERT_EQ(client.Call(), "shop") << client.error.message;
  std::atomic<bool> done{false};
  std::atomic<int> calls{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; i++)
    threads.emplace_back([&] {
      for (; !done; calls++) {
        rel_buf answer = {};
        rel_error error = {};
        EXPECT_EQ(rel_client_call(client.client, "/t.v1.T/WhoCalls", rel_cstr(""), &answer, &error), REL_OK)
            << error.message;
        rel_buf_fini(&answer);
      }
    });
  for (int i = 0; i < 25; i++) {
    Authority::Issued server = servers_.Issue();
    ReplaceFile(server_key_, server.key);
    Install("client " + std::to_string(i));
    ReplaceFile(server_cert_, server.cert);
    ReplaceFile(token_, i % 2 ? "the-secret" : "the-secret\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(130));
  }
  done = true;
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_GT(calls, 0);
}

// The server tells a connection to end; the client makes another, and no call knows.
TEST_F(Secure, ConnectionsThatAreToldToGoLoseNoCall) {
  rel_rpc_options options = {};
  options.tls = {server_cert_.c_str(), server_key_.c_str(), client_ca_.c_str()};
  options.max_connection_age_ns = 10 * REL_NS_PER_MS;
  server_ = std::make_unique<RpcServer>(kMethods, options);
  target_ = "127.0.0.1:" + std::to_string(server_->port());
  rel_client_options how = Options(true);
  how.max_attempts = 0; // as many as by default
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++)
    threads.emplace_back([&] {
      Client client(how);
      for (int i = 0; i < 500; i++)
        ASSERT_EQ(client.Call(), "CN=billing") << client.error.message;
    });
  for (std::thread &thread : threads)
    thread.join();
}

} // namespace
