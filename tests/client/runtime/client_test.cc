// The client's connection, calls, statuses and generic calls, against a server that answers what it is told.
#include "tests/client/runtime/fake_server.h"
#include "tests/client/runtime/wire.h"

#include <gtest/gtest.h>

#include <relations/client.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <vector>

namespace {

class Client {
public:
  explicit Client(const std::string &target, rel_client_options options = {}) {
    options.target = target.c_str();
    rel_error error;
    EXPECT_EQ(rel_client_connect(&options, &client, &error), REL_OK) << error.message;
  }
  ~Client() { rel_client_free(client); }
  operator rel_client *() const { return client; }
  rel_client *client = nullptr;
};

FakeServer::Handler Always(FakeReply reply) {
  return [reply](const std::string &, const std::string &) { return reply; };
}

FakeReply Body(const std::string &body) {
  FakeReply reply;
  reply.body = body;
  return reply;
}

FakeReply Failure(int status, const std::string &message, const std::string &details = "") {
  FakeReply reply;
  reply.status = status;
  reply.message = message;
  reply.details = details;
  return reply;
}

rel_code Call(rel_client *client, rel_error *error) {
  rel_buf answer = {};
  rel_code code = rel_client_call(client, "/a.B/C", rel_cstr("hello"), &answer, error);
  rel_buf_fini(&answer);
  return code;
}

std::string Any(const std::string &type, const std::string &value) {
  return Bytes(3, Bytes(1, "type.googleapis.com/" + type) + Bytes(2, value));
}

TEST(Connect, RefusesOptionsThatCannotBe) {
  rel_client *client;
  rel_error error;
  rel_client_options options = {};
  options.target = "";
  EXPECT_EQ(rel_client_connect(&options, &client, &error), REL_INVALID);
  EXPECT_STREQ(error.field, "target");
  EXPECT_EQ(client, nullptr);
  options = {};
  options.timeout_ms = -1;
  EXPECT_EQ(rel_client_connect(&options, &client, &error), REL_INVALID);
  options = {};
  options.service_config = "{\"methodConfig\": 7";
  EXPECT_EQ(rel_client_connect(&options, &client, &error), REL_INVALID);
  EXPECT_STREQ(error.field, "service_config");
  options = {};
  options.target = "dns:///";
  EXPECT_EQ(rel_client_connect(&options, &client, &error), REL_INVALID);
  EXPECT_STREQ(error.field, "target");
  options = {};
  options.max_attempts = 6;
  EXPECT_EQ(rel_client_connect(&options, &client, &error), REL_INVALID);
  options = {};
  options.max_message_bytes = size_t{1} << 40;
  EXPECT_EQ(rel_client_connect(&options, &client, nullptr), REL_INVALID);
  rel_client_free(nullptr);
}

TEST(Connect, IsLazy) {
  rel_client *client;
  rel_error error;
  ASSERT_EQ(rel_client_connect(nullptr, &client, &error), REL_OK);
  rel_client_free(client);
}

TEST(RawCall, CarriesPathAndBytesBothWays) {
  FakeServer server(Always(Body(std::string("\0\1\2", 3))));
  Client client(server.target());
  rel_buf answer = {};
  rel_buf_cstr(&answer, "of before");
  rel_error error;
  ASSERT_EQ(rel_client_call(client, "/a.B/C", rel_bytes("x\0y", 3), &answer, &error), REL_OK)
      << error.message;
  ASSERT_EQ(server.calls(), 1);
  EXPECT_EQ(server.requests()[0].path, "/a.B/C");
  EXPECT_EQ(server.requests()[0].body, std::string("x\0y", 3));
  EXPECT_EQ(Take(&answer), std::string("\0\1\2", 3));
}

TEST(RawCall, OkWithoutAMessageIsAnError) {
  FakeReply reply;
  reply.no_body = true;
  FakeServer server(Always(reply));
  Client client(server.target());
  rel_error error;
  EXPECT_NE(Call(client, &error), REL_OK);
}

TEST(RawCall, AnAnswerOverTheLimitIsRefused) {
  FakeServer server(Always(Body(std::string(100000, 'x'))));
  rel_client_options options = {};
  options.max_message_bytes = 1000;
  Client client(server.target(), options);
  rel_error error;
  EXPECT_EQ(Call(client, &error), REL_LIMIT) << error.message;
}

TEST(Status, CarriesMessageReasonAndField) {
  std::string details = Uint(1, 3) + Bytes(2, "no such field") +
                        Any("google.rpc.ErrorInfo", Bytes(1, "WRONG_RECORD_TYPE") + Bytes(2, "relations")) +
                        Any("google.rpc.BadRequest", Bytes(1, Bytes(1, "owner_keys") + Bytes(2, "is unset")));
  FakeServer server(Always(Failure(3, "no such field", details)));
  Client client(server.target());
  rel_error error;
  EXPECT_EQ(Call(client, &error), REL_WRONG_TYPE);
  EXPECT_EQ(error.code, REL_WRONG_TYPE);
  EXPECT_STREQ(error.message, "no such field");
  EXPECT_STREQ(error.field, "owner_keys");
  EXPECT_EQ(Call(client, nullptr), REL_WRONG_TYPE);
}

TEST(Status, WithoutDetailsIsTheStatusAlone) {
  FakeServer server(Always(Failure(9, "")));
  Client client(server.target());
  rel_error error;
  EXPECT_EQ(rel_code_status(Call(client, &error)), 9);
  EXPECT_STREQ(error.message, "FAILED_PRECONDITION");
}

TEST(Status, DetailsThatAreBrokenOrContradictAreIgnored) {
  std::string info = Any("google.rpc.ErrorInfo", Bytes(1, "NOT_FOUND") + Bytes(2, "relations"));
  for (const std::string &details : {std::string("\xff\xff\xff"), Bytes(3, "\x0a\xff"), Uint(1, 0) + info,
                                     Uint(1, 5) + info, std::string("\x1a\xff\xff\xff\xff\x0f")}) {
    FakeServer server(Always(Failure(7, "no", details)));
    Client client(server.target());
    rel_error error;
    EXPECT_EQ(Call(client, &error), REL_FORBIDDEN);
    EXPECT_STREQ(error.message, "no");
  }
}

TEST(Status, NoAnswerIsOkOrCrashesWhateverItsNumber) {
  for (int status : {1, 2, 6, 10, 11, 15, 16, 17, 99}) {
    FakeServer server(Always(Failure(status, std::string(5000, 'm'))));
    Client client(server.target());
    rel_error error;
    EXPECT_NE(Call(client, &error), REL_OK);
    EXPECT_LT(strlen(error.message), sizeof error.message);
  }
}

TEST(Deadline, EndsACallThatStalls) {
  FakeReply reply;
  reply.stall = true;
  FakeServer server(Always(reply));
  rel_client_options options = {};
  options.timeout_ms = 60000;
  Client client(server.target(), options);
  rel_client *hasty = rel_client_with_timeout(client, 50);
  rel_error error;
  EXPECT_EQ(Call(hasty, &error), REL_TIMEOUT);
  rel_client_free(hasty);
}

TEST(Deadline, ADerivedClientOutlivesItsFirst) {
  FakeServer server(Always(Body("")));
  rel_client *first;
  rel_client_options options = {};
  std::string target = server.target();
  options.target = target.c_str();
  ASSERT_EQ(rel_client_connect(&options, &first, nullptr), REL_OK);
  rel_client *derived = rel_client_with_timeout(first, 60000);
  rel_client_free(first);
  rel_error error;
  EXPECT_EQ(Call(derived, &error), REL_OK) << error.message;
  rel_client_free(derived);
}

// A free port that nobody listens on, as far as that can be had.
int FreePort() {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr *>(&address), size), 0);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr *>(&address), &size), 0);
  close(fd);
  return ntohs(address.sin_port);
}

TEST(Unavailable, IsAnErrorAndSaysWhere) {
  int port = FreePort();
  Client client("127.0.0.1:" + std::to_string(port));
  rel_error error;
  EXPECT_EQ(Call(client, &error), REL_UNAVAILABLE);
  EXPECT_NE(std::string(error.message).find(std::to_string(port)), std::string::npos) << error.message;
}

TEST(Unavailable, WaitsForTheServerWhenAsked) {
  int port = FreePort();
  rel_client_options options = {};
  options.wait_for_ready = true;
  options.timeout_ms = 60000;
  Client client("127.0.0.1:" + std::to_string(port), options);
  rel_code code = REL_INTERNAL;
  std::thread caller([&] { code = Call(client, nullptr); });
  usleep(20000);
  FakeServer server(Always(Body("")), port);
  caller.join();
  EXPECT_EQ(code, REL_OK);
}

TEST(Retries, RepeatReadsThatFoundTheServerUnavailable) {
  std::atomic<int> left{2};
  FakeServer server([&](const std::string &, const std::string &) {
    return left-- > 0 ? Failure(14, "restarting") : Body("");
  });
  Client client(server.target());
  Relations__V1__StatsResponse *stats;
  rel_error error;
  EXPECT_EQ(rel_client_cache_stats(client, &stats, &error), REL_OK) << error.message;
  relations__v1__stats_response__free_unpacked(stats, nullptr);
  EXPECT_EQ(server.calls(), 3);
}

TEST(Retries, CanBeOffAndNeverRepeatOtherMethods) {
  FakeServer server(Always(Failure(14, "restarting")));
  rel_client_options options = {};
  options.max_attempts = 1;
  Client client(server.target(), options);
  Relations__V1__StatsResponse *stats;
  EXPECT_EQ(rel_client_cache_stats(client, &stats, nullptr), REL_UNAVAILABLE);
  EXPECT_EQ(stats, nullptr);
  EXPECT_EQ(server.calls(), 1);
  Client retrying(server.target());
  EXPECT_EQ(Call(retrying, nullptr), REL_UNAVAILABLE);
  EXPECT_EQ(server.calls(), 2);
}

TEST(Unavailable, WhenTheServerGoesAwayDuringACall) {
  std::atomic<bool> taken{false};
  FakeReply stall;
  stall.stall = true;
  auto server = std::make_unique<FakeServer>([&](const std::string &, const std::string &) {
    taken = true;
    return stall;
  });
  rel_client_options options = {};
  options.timeout_ms = 60000;
  options.max_attempts = 1;
  Client client(server->target(), options);
  rel_code code = REL_OK;
  std::thread caller([&] { code = Call(client, nullptr); });
  while (!taken)
    std::this_thread::yield();
  server.reset();
  caller.join();
  EXPECT_TRUE(code == REL_UNAVAILABLE || code == REL_CANCELLED) << code;
}

// A listener that is no gRPC server: it says something, or nothing, and hangs up.
class RudePeer {
public:
  explicit RudePeer(const std::string &says) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr *>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr *>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, says] {
      for (int fd; (fd = accept(listener_, nullptr, nullptr)) >= 0; close(fd))
        if (!says.empty() && write(fd, says.data(), says.size()) < 0) continue;
    });
  }
  ~RudePeer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }

private:
  int listener_;
  int port_;
  std::thread thread_;
};

TEST(Peer, ThatHangsUpOrTalksNonsenseIsAnError) {
  for (const std::string &says : {std::string(), std::string("HTTP/1.1 400 Bad Request\r\n\r\n"),
                                  std::string("\0\0\0\4\0\0\0\0\0\xff\xff\xff\7\0\0\0\0\1", 18)}) {
    RudePeer peer(says);
    rel_client_options options = {};
    options.timeout_ms = 5000;
    Client client(peer.target(), options);
    rel_error error;
    EXPECT_NE(Call(client, &error), REL_OK);
  }
}

class GenericLoad : public ::testing::Test {
protected:
  GenericLoad() {
    ids_.values = values_;
    ids_.n_values = 2;
    keys_.kind_case = RELATIONS__V1__KEYS__KIND_INT64S;
    keys_.int64s = &ids_;
    request_.model = const_cast<char *>("library.v1.Author");
    request_.relation = const_cast<char *>("books");
    request_.record_type = const_cast<char *>("library.v1.Book");
    request_.key_case = RELATIONS__V1__LOAD_REQUEST__KEY_OWNER_KEYS;
    request_.owner_keys = &keys_;
  }

  rel_code Load(const std::string &body) {
    FakeServer server(Always(Body(body)));
    Client client(server.target());
    Relations__V1__LoadResponse *answer;
    rel_code code = rel_client_load(client, &request_, &answer, &error_);
    if (code == REL_OK) {
      results_ = answer->n_results;
      relations__v1__load_response__free_unpacked(answer, nullptr);
    } else {
      EXPECT_EQ(answer, nullptr);
    }
    return code;
  }

  int64_t values_[2] = {0, 1};
  Relations__V1__Int64Keys ids_ = RELATIONS__V1__INT64_KEYS__INIT;
  Relations__V1__Keys keys_ = RELATIONS__V1__KEYS__INIT;
  Relations__V1__LoadRequest request_ = RELATIONS__V1__LOAD_REQUEST__INIT;
  rel_error error_ = {};
  size_t results_ = 0;
};

TEST_F(GenericLoad, TakesASaneAnswer) {
  std::string books = Type("library.v1.Book");
  EXPECT_EQ(Load(Set(1, Record("x")) + Set(2) + books), REL_OK) << error_.message;
  EXPECT_EQ(results_, 2u);
  EXPECT_EQ(Load(Set(3) + Set(4) + books), REL_OK);
  EXPECT_EQ(Load(Bytes(1, Bytes(4, Uint(1, 15) + Bytes(2, "bad row"))) + Set(2) + books), REL_OK);
}

TEST_F(GenericLoad, RefusesWrongCountsTypesAndStates) {
  std::string books = Type("library.v1.Book");
  EXPECT_EQ(Load(books), REL_INTERNAL);
  EXPECT_EQ(Load(Set(2) + books), REL_INTERNAL);
  EXPECT_EQ(Load(Set(2) + Set(2) + Set(2) + books), REL_INTERNAL);
  EXPECT_EQ(Load(Set(2) + Set(2)), REL_WRONG_TYPE);
  EXPECT_EQ(Load(Set(2) + Set(2) + Type("library.v1.Author")), REL_WRONG_TYPE);
  EXPECT_EQ(Load(Set(2) + Set(0) + books), REL_INTERNAL);
  EXPECT_EQ(Load(Set(2) + Set(6) + books), REL_INTERNAL);
  EXPECT_EQ(Load(Set(2) + Set(1) + books), REL_INTERNAL);
  EXPECT_EQ(Load(Set(2) + Set(2, Record("x")) + books), REL_INTERNAL);
}

TEST_F(GenericLoad, RefusesBytesThatAreNoAnswer) {
  std::string good = Set(1, Record("x")) + Set(2) + Type("library.v1.Book");
  for (size_t cut = 1; cut < 4; cut++)
    EXPECT_NE(Load(good.substr(0, good.size() - cut)), REL_OK);
  EXPECT_EQ(Load("\x0a\xff\xff\xff\xff\x0f"), REL_INTERNAL);
  EXPECT_EQ(Load(Uint(1, 7) + good), REL_INTERNAL);
  EXPECT_EQ(Load(Set(2) + Bytes(1, Bytes(3, "x")) + Type("library.v1.Book")), REL_INTERNAL);
}

TEST_F(GenericLoad, ChecksNoTypeWhenNoneWasAskedFor) {
  request_.record_type = const_cast<char *>("");
  EXPECT_EQ(Load(Set(2) + Set(2) + Type("anything")), REL_OK) << error_.message;
}

TEST(Invoke, RefusesANestedBomb) {
  std::string bomb;
  for (int i = 0; i < 2000; i++)
    bomb = Bytes(4, bomb);
  FakeServer server(Always(Body(bomb)));
  Client client(server.target());
  Relations__V1__StatsRequest request = RELATIONS__V1__STATS_REQUEST__INIT;
  ProtobufCMessage *answer;
  rel_error error;
  EXPECT_EQ(
      rel_client_invoke(client, "/a.B/C", &request.base, &relations__v1__filter__descriptor, &answer, &error),
      REL_INTERNAL);
  EXPECT_NE(std::string(error.message).find("nested"), std::string::npos) << error.message;
  EXPECT_EQ(answer, nullptr);
}

TEST(Services, AnswerThroughTheirPaths) {
  FakeServer server([](const std::string &path, const std::string &) {
    return Body(path.find("Clear") != std::string::npos ? Uint(1, 7) : "");
  });
  Client client(server.target());
  rel_error error;
  Relations__V1__ClearRequest clear = RELATIONS__V1__CLEAR_REQUEST__INIT;
  uint64_t cleared = 0;
  EXPECT_EQ(rel_client_cache_clear(client, &clear, &cleared, &error), REL_OK) << error.message;
  EXPECT_EQ(cleared, 7u);
  Relations__V1__ConfigureRequest configure = RELATIONS__V1__CONFIGURE_REQUEST__INIT;
  EXPECT_EQ(rel_client_cache_configure(client, &configure, &error), REL_OK) << error.message;
  Relations__V1__ListModelsResponse *models;
  EXPECT_EQ(rel_client_list_models(client, &models, &error), REL_OK) << error.message;
  relations__v1__list_models_response__free_unpacked(models, nullptr);
  Relations__V1__DescribeModelResponse *model;
  EXPECT_EQ(rel_client_describe_model(client, "a.B", &model, &error), REL_OK) << error.message;
  relations__v1__describe_model_response__free_unpacked(model, nullptr);
  Relations__V1__ValidateResponse *findings;
  EXPECT_EQ(rel_client_validate(client, rel_cstr(""), &findings, &error), REL_OK) << error.message;
  relations__v1__validate_response__free_unpacked(findings, nullptr);
  std::vector<std::string> paths;
  for (const FakeRequest &request : server.requests())
    paths.push_back(request.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"/relations.v1.CacheService/Clear",
                                             "/relations.v1.CacheService/Configure",
                                             "/relations.v1.RegistryService/ListModels",
                                             "/relations.v1.RegistryService/DescribeModel",
                                             "/relations.v1.RegistryService/Validate"}));
}

TEST(Threads, ShareOneClient) {
  FakeServer server([](const std::string &, const std::string &request) { return Body(request); });
  Client client(server.target());
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 8; t++)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; i++) {
        std::string text = std::to_string(t) + ":" + std::to_string(i);
        rel_buf answer = {};
        if (rel_client_call(client, "/a.B/C", rel_bytes(text.data(), text.size()), &answer, nullptr) !=
                REL_OK ||
            Take(&answer) != text)
          wrong++;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong.load(), 0);
}

} // namespace
