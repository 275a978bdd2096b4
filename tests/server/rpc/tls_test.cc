// TLS and mutual TLS of the server: who gets in, what is refused at the start, certificates that change.
#include "server/rpc/rpc.h"

#include "tests/support/certificates.h"
#include "tests/support/grpc_client.h"
#include "tests/support/rpc_server.h"
#include "tests/support/scratch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <thread>

using rel_test::Authority;
using rel_test::Certificate;
using rel_test::GrpcClient;
using rel_test::ReplaceFile;
using rel_test::Reply;
using rel_test::RpcServer;
using rel_test::TlsOptions;

namespace {

constexpr int kOk = 0, kUnavailable = 14;

// Answers "KIND NAME" of who calls.
void WhoCalls(rel_call *call, void *) {
  rel_identity identity = rel_call_identity(call);
  std::string text = std::to_string(identity.kind) + " " + std::string(identity.name.ptr, identity.name.len);
  rel_call_write(call, text.data(), text.size());
  rel_call_finish(call);
}

const std::vector<rel_method> kMethods = {{"/t.v1.T/WhoCalls", REL_UNARY, REL_RUN_INLINE, WhoCalls, nullptr}};

class Tls : public testing::Test {
protected:
  Tls() : authority_("ca"), clients_("client ca") {
    cert_ = scratch_ / "cert.pem";
    key_ = scratch_ / "key.pem";
    ca_ = scratch_ / "ca.pem";
    Install(authority_.Issue());
    rel_test::WriteFile(ca_, clients_.pem());
  }
  void Install(const Authority::Issued &issued) {
    ReplaceFile(cert_, issued.cert);
    ReplaceFile(key_, issued.key);
  }
  rel_rpc_options Options(bool mutual) {
    rel_rpc_options options = {};
    options.tls = {cert_.c_str(), key_.c_str(), mutual ? ca_.c_str() : nullptr};
    return options;
  }
  void Start(bool mutual = false) { server_ = std::make_unique<RpcServer>(kMethods, Options(mutual)); }
  Reply CallWith(const TlsOptions &tls) {
    return Call(GrpcClient("127.0.0.1:" + std::to_string(server_->port()), tls));
  }
  static Reply Call(GrpcClient &&client) { return client.Call("/t.v1.T/WhoCalls", ""); }
  TlsOptions Client(const Authority &servers) {
    TlsOptions tls;
    tls.ca = servers.pem();
    return tls;
  }
  TlsOptions ClientWithCertificate(Authority &signer, Certificate certificate = {}) {
    TlsOptions tls = Client(authority_);
    Authority::Issued issued = signer.Issue(certificate);
    tls.cert = issued.cert;
    tls.key = issued.key;
    return tls;
  }
  // What rel_rpc_new says; "" when it starts.
  std::string Refusal(bool mutual = false) {
    rel_rpc_options options = Options(mutual);
    const char *any_port = "127.0.0.1:0";
    options.listen = &any_port;
    options.listen_count = 1;
    rel_rpc *rpc = nullptr;
    rel_error error = {};
    if (rel_rpc_new(&options, kMethods.data(), kMethods.size(), &rpc, &error) == REL_OK) {
      rel_rpc_stop(rpc);
      rel_rpc_free(rpc);
      return "";
    }
    EXPECT_EQ(error.code, REL_INVALID);
    EXPECT_EQ(rpc, nullptr);
    return error.message;
  }

  rel_test::Scratch scratch_;
  Authority authority_, clients_;
  std::string cert_, key_, ca_;
  std::unique_ptr<RpcServer> server_;
};

TEST_F(Tls, Serves) {
  Start();
  Reply reply = CallWith(Client(authority_));
  EXPECT_EQ(reply.status, kOk) << reply.message;
  EXPECT_EQ(reply.bytes, "0 ");
}

TEST_F(Tls, PlaintextIsNotServed) {
  Start();
  EXPECT_EQ(Call(GrpcClient(server_->target())).status, kUnavailable);
}

TEST_F(Tls, ClientsRefuseAnotherAuthority) {
  Start();
  Authority other("ca"); // of the same name
  EXPECT_EQ(CallWith(Client(other)).status, kUnavailable);
}

TEST_F(Tls, ClientsRefuseAnotherName) {
  Start();
  TlsOptions tls = Client(authority_);
  tls.server_name = "elsewhere.test";
  EXPECT_EQ(CallWith(tls).status, kUnavailable);
  tls.server_name = "relations.test";
  EXPECT_EQ(CallWith(tls).status, kOk);
}

TEST_F(Tls, EveryAddressHasIt) {
  rel_test::Scratch sockets("/tmp");
  std::string unix_address = "unix:" + sockets / "a.sock";
  std::vector<const char *> listen = {"127.0.0.1:0", "127.0.0.1:0", unix_address.c_str()};
  rel_rpc_options options = Options(false);
  options.listen = listen.data();
  options.listen_count = listen.size();
  RpcServer server(kMethods, options);
  for (const std::string &target : {"127.0.0.1:" + std::to_string(server.port(0)),
                                    "127.0.0.1:" + std::to_string(server.port(1)), unix_address})
    EXPECT_EQ(Call(GrpcClient(target, Client(authority_))).status, kOk) << target;
  Authority later("later");
  Install(later.Issue());
  for (const std::string &target : {"127.0.0.1:" + std::to_string(server.port(0)),
                                    "127.0.0.1:" + std::to_string(server.port(1)), unix_address})
    EXPECT_EQ(Call(GrpcClient(target, Client(later))).status, kOk) << target;
}

TEST_F(Tls, MutualTlsAsksWhoCalls) {
  Start(true);
  Certificate billing;
  billing.common_name = "billing";
  Reply reply = CallWith(ClientWithCertificate(clients_, billing));
  EXPECT_EQ(reply.status, kOk) << reply.message;
  EXPECT_EQ(reply.bytes, std::to_string(REL_IDENTITY_CERTIFICATE) + " CN=billing");
}

TEST_F(Tls, MutualTlsRefusesStrangers) {
  Start(true);
  Certificate expired;
  expired.ends_s = -60;
  EXPECT_EQ(CallWith(Client(authority_)).status, kUnavailable) << "no certificate";
  EXPECT_EQ(CallWith(ClientWithCertificate(authority_)).status, kUnavailable) << "of another authority";
  EXPECT_EQ(CallWith(ClientWithCertificate(clients_, expired)).status, kUnavailable) << "expired";
  EXPECT_EQ(CallWith(ClientWithCertificate(clients_)).status, kOk);
}

TEST_F(Tls, BrokenFilesAreRefusedAtTheStart) {
  EXPECT_EQ(Refusal(true), "");
  unlink(ca_.c_str());
  EXPECT_NE(Refusal(true).find(ca_), std::string::npos);
  EXPECT_EQ(Refusal(false), "");
  Certificate expired;
  expired.ends_s = -60;
  Install(authority_.Issue(expired));
  EXPECT_NE(Refusal().find("the certificate in " + cert_ + " expired on"), std::string::npos);
  ReplaceFile(cert_, authority_.Issue().cert);
  EXPECT_NE(Refusal().find("the key in " + key_ + " is not that of the certificate"), std::string::npos);
  ReplaceFile(key_, "garbage");
  EXPECT_NE(Refusal().find(key_ + " holds no private key"), std::string::npos);
}

TEST_F(Tls, NewConnectionsGetTheNewCertificate) {
  Start();
  GrpcClient old("127.0.0.1:" + std::to_string(server_->port()), Client(authority_));
  EXPECT_EQ(old.Call("/t.v1.T/WhoCalls", "").status, kOk);
  Authority next("next");
  Install(next.Issue());
  EXPECT_EQ(CallWith(Client(next)).status, kOk);
  EXPECT_EQ(CallWith(Client(authority_)).status, kUnavailable);
  EXPECT_EQ(old.Call("/t.v1.T/WhoCalls", "").status, kOk) << "a connection that stands is left alone";
}

TEST_F(Tls, NewClientAuthoritiesCount) {
  Start(true);
  TlsOptions old = ClientWithCertificate(clients_);
  EXPECT_EQ(CallWith(old).status, kOk);
  Authority next("next");
  TlsOptions later = ClientWithCertificate(next);
  EXPECT_EQ(CallWith(later).status, kUnavailable);
  ReplaceFile(ca_, clients_.pem() + next.pem());
  EXPECT_EQ(CallWith(later).status, kOk);
  EXPECT_EQ(CallWith(old).status, kOk);
  ReplaceFile(ca_, next.pem());
  EXPECT_EQ(CallWith(later).status, kOk);
  EXPECT_EQ(CallWith(old).status, kUnavailable);
}

// A connection stood for ever, and with it a client whose authority had been withdrawn.
TEST_F(Tls, StandingConnectionsOfAWithdrawnAuthorityEnd) {
  rel_rpc_options options = Options(true);
  options.max_connection_age_ns = 100 * REL_NS_PER_MS;
  server_ = std::make_unique<RpcServer>(kMethods, options);
  GrpcClient standing(server_->target(), ClientWithCertificate(clients_));
  EXPECT_EQ(standing.Call("/t.v1.T/WhoCalls", "").status, kOk);
  Authority next("next");
  ReplaceFile(ca_, next.pem());
  while (standing.Call("/t.v1.T/WhoCalls", "").status == kOk)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(standing.Call("/t.v1.T/WhoCalls", "").status, kUnavailable);
}

TEST_F(Tls, WhatCannotBeUsedLaterIsLoggedAndTheOldStays) {
  Start();
  Certificate expired;
  expired.ends_s = -60;
  Authority::Issued good = authority_.Issue(), bad = authority_.Issue(expired);
  testing::internal::CaptureStderr();
  for (const std::string &cert :
       {good.cert /* without its key */, bad.cert, std::string("garbage"), std::string()}) {
    ReplaceFile(cert_, cert);
    EXPECT_EQ(CallWith(Client(authority_)).status, kOk) << cert;
    EXPECT_EQ(CallWith(Client(authority_)).status, kOk) << cert;
  }
  unlink(cert_.c_str());
  EXPECT_EQ(CallWith(Client(authority_)).status, kOk);
  ReplaceFile(key_, "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n");
  EXPECT_EQ(CallWith(Client(authority_)).status, kOk);
  Authority next("next");
  Install(next.Issue());
  EXPECT_EQ(CallWith(Client(next)).status, kOk);
  std::string log = testing::internal::GetCapturedStderr();
  size_t logged = 0;
  for (size_t at = 0; (at = log.find("certificate_not_loaded", at)) != std::string::npos; at++)
    logged++;
  EXPECT_EQ(logged, 6u) << "each once\n" << log;
  EXPECT_NE(log.find("certificate_loaded"), std::string::npos);
  EXPECT_EQ(log.find("c2VjcmV0"), std::string::npos);
  EXPECT_EQ(log.find("BEGIN"), std::string::npos);
}

// Certificates of one authority change all the time, in every order, while clients call, over connections
// that stand and over new ones. No call fails.
TEST_F(Tls, RotationHurtsNobody) {
  Start(true);
  std::atomic<bool> done{false};
  std::atomic<int> calls{0};
  TlsOptions tls = ClientWithCertificate(clients_);
  std::string target = "127.0.0.1:" + std::to_string(server_->port());
  auto check = [&](const Reply &reply) {
    calls++;
    EXPECT_EQ(reply.status, kOk) << reply.message;
  };
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    GrpcClient client(target, tls);
    while (!done)
      check(client.Call("/t.v1.T/WhoCalls", ""));
  });
  for (int i = 0; i < 2; i++)
    threads.emplace_back([&] {
      while (!done)
        check(Call(GrpcClient(target, tls)));
    });
  for (int i = 0; i < 40; i++) {
    Authority::Issued next = authority_.Issue();
    ReplaceFile(i % 2 ? cert_ : key_, i % 2 ? next.cert : next.key);
    for (int before = calls; calls < before + 3;)
      std::this_thread::yield();
    ReplaceFile(i % 2 ? key_ : cert_, i % 2 ? next.key : next.cert);
    if (i % 10 == 0) ReplaceFile(ca_, clients_.pem() + Authority("another").pem());
    for (int before = calls; calls < before + 3;)
      std::this_thread::yield();
  }
  done = true;
  for (std::thread &thread : threads)
    thread.join();
}

} // namespace
