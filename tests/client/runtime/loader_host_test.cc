// The C loader host's options, and TLS, mutual TLS and tokens against the server's own calls to loaders.
#include <relations/loader_host.h>

#include "common/security/token.h"
#include "server/custom/batch.h"
#include "server/custom/loaders.h"
#include "tests/common/schema/compiled.h"
#include "tests/support/certificates.h"
#include "tests/support/scratch.h"

#include <condition_variable>
#include <mutex>
#include <thread>

using rel_test::Authority;
using rel_test::ReplaceFile;

namespace {

const char kSchema[] = R"(
message Book { option (relations.v1.model) = {}; int64 id = 1;
  repeated Note notes = 10 [(relations.v1.has_many) = { foreign_key: "book_id" loader: "grpc:l" }]; }
message Note { option (relations.v1.model) = { abstract: true }; int64 book_id = 1; }
)";

rel_code Answer(rel_loader_batch *, void *calls, rel_error *) {
  static_cast<std::atomic<int> *>(calls)->fetch_add(1);
  return REL_OK;
}

// One batch of one key.
struct Asked : rel_job {
  std::string key;
  rel_str view = {};
  rel_deadline deadline = {};
  rel_code code = REL_OK;
  std::string message;
  bool ended = false;
  std::mutex mutex;
  std::condition_variable changed;

  Asked() : rel_job{} {
    rel_buf buf = {};
    rel_key_put_int(&buf, 1);
    key = relations_test::Text(rel_buf_view(&buf));
    rel_buf_fini(&buf);
    view = relations_test::Str(key);
    rel_deadline_set(&deadline, rel_clock_ns() + 60 * REL_NS_PER_S);
    take = [](rel_job *job, rel_batch *batch) {
      Asked *self = static_cast<Asked *>(job);
      *batch = rel_batch{&self->view, 1, &self->deadline, nullptr};
    };
    done = [](rel_job *job, rel_batch *, rel_code code, const rel_error *error) {
      Asked *self = static_cast<Asked *>(job);
      std::lock_guard<std::mutex> lock(self->mutex);
      self->code = code;
      if (code != REL_OK) self->message = error->message;
      self->ended = true;
      self->changed.notify_all();
    };
  }
  rel_code Wait() {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [this] { return ended; });
    return code;
  }
};

class LoaderHost : public testing::Test {
protected:
  LoaderHost() : hosts_("hosts"), servers_("servers") {
    rel_test::WriteFile(ca_ = scratch_ / "hosts.pem", hosts_.pem());
    rel_test::WriteFile(client_ca_ = scratch_ / "servers.pem", servers_.pem());
    Install(hosts_, cert_ = scratch_ / "host.pem", key_ = scratch_ / "host.key");
    Install(servers_, own_cert_ = scratch_ / "relationsd.pem", own_key_ = scratch_ / "relationsd.key");
    rel_test::WriteFile(token_ = scratch_ / "token", "the-secret\n");
    rel_token_hash hash = rel_token_hash_of(rel_cstr("the-secret"));
    rel_buf line = {};
    rel_token_line(rel_cstr("relationsd"), &hash, &line);
    rel_test::WriteFile(tokens_ = scratch_ / "tokens", rel_buf_text(&line));
    rel_buf_fini(&line);
    options_.listen = "127.0.0.1:0";
    options_.load = Answer;
    options_.context = &calls_;
  }
  ~LoaderHost() override { rel_loader_host_stop(host_); }

  static void Install(Authority &authority, const std::string &cert, const std::string &key) {
    Authority::Issued issued = authority.Issue();
    ReplaceFile(cert, issued.cert);
    ReplaceFile(key, issued.key);
  }
  void UseTls() {
    options_.tls_cert_file = cert_.c_str();
    options_.tls_key_file = key_.c_str();
  }
  void Start() {
    rel_error error = {};
    ASSERT_EQ(rel_loader_host_start(&options_, &host_, &error), REL_OK) << error.message;
  }
  std::string Refused(rel_code expected = REL_INVALID) {
    rel_error error = {};
    EXPECT_EQ(rel_loader_host_start(&options_, &host_, &error), expected);
    EXPECT_EQ(host_, nullptr);
    return error.message;
  }
  // What a server with these settings gets, over a connection of its own.
  rel_code Load(rel_loaders_options settings) {
    relations_test::Read read = relations_test::ReadProto(kSchema);
    const rel_relation *notes = rel_model_relation(read.Model("t.v1.Book"), rel_cstr("notes"));
    std::string entry = "l=127.0.0.1:" + std::to_string(rel_loader_host_port(host_));
    const char *entries[] = {entry.c_str()};
    settings.loaders = entries;
    settings.count = 1;
    rel_loaders *loaders;
    rel_feed feed = {};
    rel_error error = {};
    EXPECT_EQ(rel_loaders_new(&settings, &loaders, &error), REL_OK) << error.message;
    EXPECT_EQ(rel_loaders_get(loaders, rel_cstr("grpc:l"), &feed, &error), REL_OK);
    rel_lookup lookup = {};
    lookup.relation = notes;
    lookup.model = notes->target;
    lookup.key = rel_relation_target_key(notes);
    lookup.key_count = 1;
    rel_plan *plan;
    Asked asked;
    EXPECT_EQ(feed.ops->plan_new(feed.object, &lookup, &plan, &error), REL_OK);
    asked.plan = plan;
    feed.ops->submit(feed.object, &asked);
    rel_code code = asked.Wait();
    feed.ops->plan_free(feed.object, plan);
    rel_loaders_stop(loaders);
    rel_loaders_free(loaders);
    return code;
  }
  rel_loaders_options Tls() {
    rel_loaders_options settings = {};
    settings.tls_ca_file = ca_.c_str();
    return settings;
  }
  rel_loaders_options Mutual() {
    rel_loaders_options settings = Tls();
    settings.tls_cert_file = own_cert_.c_str();
    settings.tls_key_file = own_key_.c_str();
    return settings;
  }

  rel_test::Scratch scratch_;
  Authority hosts_, servers_;
  std::string ca_, client_ca_, cert_, key_, own_cert_, own_key_, token_, tokens_;
  rel_loader_host_options options_ = {};
  rel_loader_host *host_ = nullptr;
  std::atomic<int> calls_{0};
};

TEST_F(LoaderHost, SpeaksTls) {
  UseTls();
  Start();
  EXPECT_EQ(Load(Tls()), REL_OK);
  EXPECT_EQ(Load({}), REL_UNAVAILABLE);
  EXPECT_EQ(calls_, 1);
}

TEST_F(LoaderHost, MutualTlsRefusesWhoShowsNothing) {
  UseTls();
  options_.tls_client_ca_file = client_ca_.c_str();
  Start();
  EXPECT_EQ(Load(Mutual()), REL_OK);
  EXPECT_EQ(Load(Tls()), REL_UNAVAILABLE);
  EXPECT_EQ(calls_, 1);
}

TEST_F(LoaderHost, ATokenIsAskedFor) {
  UseTls();
  options_.token_file = tokens_.c_str();
  Start();
  rel_loaders_options settings = Tls();
  EXPECT_EQ(Load(settings), REL_UNAUTHENTICATED);
  settings.token_file = token_.c_str();
  EXPECT_EQ(Load(settings), REL_OK);
  EXPECT_EQ(calls_, 1);
}

TEST_F(LoaderHost, ACertificateThatIsReplacedIsUsed) {
  UseTls();
  Start();
  EXPECT_EQ(Load(Tls()), REL_OK);
  Authority next("next");
  Install(next, cert_, key_);
  EXPECT_EQ(Load(Tls()), REL_UNAVAILABLE);
  ReplaceFile(ca_, next.pem());
  EXPECT_EQ(Load(Tls()), REL_OK);
}

TEST_F(LoaderHost, OptionsThatDoNotGoTogetherAreNamed) {
  options_.load = nullptr;
  EXPECT_EQ(Refused().find("load: "), 0u);
  options_.load = Answer;
  options_.listen = nullptr;
  EXPECT_EQ(Refused().find("listen: "), 0u);
  options_.listen = "127.0.0.1:0";
  options_.tls_cert_file = cert_.c_str();
  EXPECT_EQ(Refused(), "tls_key_file: a certificate and its key need each other");
  options_.tls_cert_file = nullptr;
  options_.tls_key_file = key_.c_str();
  EXPECT_EQ(Refused(), "tls_cert_file: a certificate and its key need each other");
  options_.tls_key_file = nullptr;
  options_.tls_client_ca_file = client_ca_.c_str();
  EXPECT_EQ(Refused().find("tls_client_ca_file: mutual TLS needs"), 0u);
}

TEST_F(LoaderHost, AFileThatCannotBeUsedIsNamed) {
  UseTls();
  options_.tls_key_file = own_key_.c_str();
  EXPECT_NE(Refused().find(own_key_), std::string::npos);
  options_.tls_key_file = "/nowhere/key.pem";
  EXPECT_NE(Refused().find("/nowhere/key.pem"), std::string::npos);
}

TEST_F(LoaderHost, OtherMachinesNeedTlsOrConsent) {
  options_.listen = "0.0.0.0:0";
  EXPECT_EQ(Refused().find("listen: other machines could ask for records"), 0u);
  options_.token_file = tokens_.c_str();
  EXPECT_EQ(Refused().find("token_file: tokens would be sent unencrypted"), 0u);
  options_.insecure_listen_any = true;
  EXPECT_EQ(Refused().find("token_file: tokens would be sent unencrypted"), 0u);
  options_.token_file = nullptr;
  Start();
  rel_loader_host_stop(host_);
  host_ = nullptr;
  options_.insecure_listen_any = false;
  UseTls();
  Start();
  EXPECT_EQ(Load(Tls()), REL_OK);
}

} // namespace
