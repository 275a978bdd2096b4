// The server over real sockets: unary calls, errors and their details, limits, addresses.
#include "server/rpc/rpc.h"

#include "tests/support/grpc_client.h"
#include "tests/support/rpc_server.h"

#include <google/rpc/error_details.pb-c.h>
#include <google/rpc/status.pb-c.h>
#include <gtest/gtest.h>
#include <relations/v1/relation_service.pb-c.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <thread>

using rel_test::CallOptions;
using rel_test::GrpcClient;
using rel_test::Reply;
using rel_test::RpcServer;

namespace {

constexpr int kOk = 0, kInvalidArgument = 3, kDeadlineExceeded = 4, kResourceExhausted = 8,
              kUnimplemented = 12, kUnavailable = 14;

void Echo(rel_call *call, void *) {
  rel_str request = rel_call_request(call);
  rel_call_write(call, request.ptr, request.len);
  EXPECT_EQ(rel_call_written(call), request.len);
  rel_call_finish(call);
}

// Answers with ten blobs of as many bytes as the request has, each between two small parts.
void Blobs(rel_call *call, void *) {
  rel_str request = rel_call_request(call);
  for (int i = 0; i < 10; i++) {
    rel_call_write(call, "<", 1);
    rel_call_write_blob(call, rel_blob_copy(request));
    rel_call_write(call, ">", 1);
  }
  rel_call_finish(call);
}

void FailField(rel_call *call, void *) {
  rel_call_write(call, "dropped", 7);
  rel_error error;
  rel_fail_field(&error, REL_INVALID, "owner_keys", "owner_keys is missing (\xC3\xA4, 100%%)");
  rel_call_fail(call, &error);
}

void FailBadText(rel_call *call, void *) {
  rel_error error;
  rel_fail(&error, REL_NOT_FOUND, "no \xFF\xFE here");
  rel_call_fail(call, &error);
}

void Unpack(rel_call *call, void *) {
  ProtobufCMessage *message;
  rel_error error;
  if (rel_call_unpack(call, &relations__v1__load_request__descriptor, &message, &error) != REL_OK) {
    rel_call_fail(call, &error);
    return;
  }
  rel_call_write_message(call, message);
  rel_call_finish(call);
}

void DeadlineOf(rel_call *call, void *) {
  std::string left = std::to_string((rel_call_deadline_ns(call) - rel_clock_ns()) / REL_NS_PER_MS);
  rel_call_write(call, left.data(), left.size());
  rel_call_finish(call);
}

std::string Bytes(size_t len) {
  std::string bytes(len, '\0');
  for (size_t i = 0; i < len; i++)
    bytes[i] = static_cast<char>(i * 31 + i / 251);
  return bytes;
}

// The bytes as a length-delimited field.
std::string Tagged(int field, const std::string &bytes) {
  std::string tagged(1, static_cast<char>(field << 3 | 2));
  size_t left = bytes.size();
  for (; left > 0x7F; left >>= 7)
    tagged += static_cast<char>((left & 0x7F) | 0x80);
  return tagged + static_cast<char>(left) + bytes;
}

// "EXPECTED:BYTES" is answered with ten times BYTES, as a blob, and a small part, after expecting so many
// bytes.
void Expected(rel_call *call, void *) {
  rel_str request = rel_call_request(call);
  const char *colon = static_cast<const char *>(memchr(request.ptr, ':', request.len));
  size_t skip = static_cast<size_t>(colon - request.ptr) + 1;
  rel_call_expect(call, strtoul(std::string(request.ptr, skip - 1).c_str(), nullptr, 10), 1000);
  for (int i = 0; i < 10; i++) {
    rel_call_write_blob(call, rel_blob_copy(rel_bytes(request.ptr + skip, request.len - skip)));
    rel_call_write(call, "small", 5);
  }
  rel_call_finish(call);
}

const std::vector<rel_method> kMethods = {
    {"/t.v1.T/Echo", REL_UNARY, REL_RUN_INLINE, Echo, nullptr},
    {"/t.v1.T/EchoWorker", REL_UNARY, REL_RUN_WORKER, Echo, nullptr},
    {"/t.v1.T/Blobs", REL_UNARY, REL_RUN_INLINE, Blobs, nullptr},
    {"/t.v1.T/Expected", REL_UNARY, REL_RUN_INLINE, Expected, nullptr},
    {"/t.v1.T/FailField", REL_UNARY, REL_RUN_INLINE, FailField, nullptr},
    {"/t.v1.T/FailBadText", REL_UNARY, REL_RUN_WORKER, FailBadText, nullptr},
    {"/u.v1.U/Unpack", REL_UNARY, REL_RUN_INLINE, Unpack, nullptr},
    {"/u.v1.U/DeadlineOf", REL_UNARY, REL_RUN_INLINE, DeadlineOf, nullptr},
};

TEST(Rpc, AnswersInlineAndFromAWorker) {
  RpcServer server(kMethods);
  GrpcClient client(server.target());
  for (const char *path : {"/t.v1.T/Echo", "/t.v1.T/EchoWorker"}) {
    for (size_t len :
         {size_t{0}, size_t{1}, size_t{23}, size_t{24}, size_t{2048}, size_t{2049}, size_t{3000000}}) {
      std::string bytes = Bytes(len);
      Reply reply = client.Call(path, bytes);
      EXPECT_EQ(reply.status, kOk) << path << " " << len << " " << reply.message;
      EXPECT_TRUE(reply.has_bytes);
      EXPECT_TRUE(reply.bytes == bytes) << path << " " << len;
    }
  }
}

TEST(Rpc, PutsSmallPartsAndBlobsTogetherInOrder) {
  RpcServer server(kMethods);
  GrpcClient client(server.target());
  for (size_t len : {0, 1, 1000, 1024, 1025, 5000, 300000}) {
    std::string bytes = Bytes(len), want;
    for (int i = 0; i < 10; i++)
      want += "<" + bytes + ">";
    Reply reply = client.Call("/t.v1.T/Blobs", bytes);
    EXPECT_EQ(reply.status, kOk);
    EXPECT_TRUE(reply.bytes == want) << len;
  }
}

// What is said beforehand is a hint: more, less, and large blobs in between come out in order all the same.
TEST(Rpc, AnExpectationThatIsWrongChangesNothing) {
  RpcServer server(kMethods);
  GrpcClient client(server.target());
  for (const char *expected : {"1", "2049", "20000", "300000"})
    for (size_t len : {0, 1, 100, 2048, 2049, 9000}) {
      std::string bytes = Bytes(len), want;
      for (int i = 0; i < 10; i++)
        want += bytes + "small";
      Reply reply = client.Call("/t.v1.T/Expected", std::string(expected) + ":" + bytes);
      EXPECT_EQ(reply.status, kOk);
      EXPECT_TRUE(reply.bytes == want) << expected << " " << len;
    }
}

TEST(Rpc, ErrorCarriesDetailsAndDropsWhatWasWritten) {
  RpcServer server(kMethods);
  GrpcClient client(server.target());
  Reply reply = client.Call("/t.v1.T/FailField", "");
  EXPECT_EQ(reply.status, kInvalidArgument);
  EXPECT_EQ(reply.message, "owner_keys is missing (\xC3\xA4, 100%)");
  EXPECT_FALSE(reply.has_bytes);

  Google__Rpc__Status *status = google__rpc__status__unpack(
      nullptr, reply.details.size(), reinterpret_cast<const uint8_t *>(reply.details.data()));
  ASSERT_NE(status, nullptr);
  EXPECT_EQ(status->code, kInvalidArgument);
  EXPECT_EQ(status->message, reply.message);
  ASSERT_EQ(status->n_details, 2u);
  EXPECT_STREQ(status->details[0]->type_url, "type.googleapis.com/google.rpc.ErrorInfo");
  Google__Rpc__ErrorInfo *info =
      google__rpc__error_info__unpack(nullptr, status->details[0]->value.len, status->details[0]->value.data);
  ASSERT_NE(info, nullptr);
  EXPECT_STREQ(info->reason, "INVALID_REQUEST");
  EXPECT_STREQ(info->domain, "relations");
  EXPECT_STREQ(status->details[1]->type_url, "type.googleapis.com/google.rpc.BadRequest");
  Google__Rpc__BadRequest *bad = google__rpc__bad_request__unpack(nullptr, status->details[1]->value.len,
                                                                  status->details[1]->value.data);
  ASSERT_NE(bad, nullptr);
  ASSERT_EQ(bad->n_field_violations, 1u);
  EXPECT_STREQ(bad->field_violations[0]->field, "owner_keys");
  google__rpc__bad_request__free_unpacked(bad, nullptr);
  google__rpc__error_info__free_unpacked(info, nullptr);
  google__rpc__status__free_unpacked(status, nullptr);
}

TEST(Rpc, ErrorTextIsAlwaysUtf8) {
  RpcServer server(kMethods);
  GrpcClient client(server.target());
  Reply reply = client.Call("/t.v1.T/FailBadText", "");
  EXPECT_EQ(reply.status, 5);
  EXPECT_EQ(reply.message, "no ?? here");
}

TEST(Rpc, UnknownMethodIsUnimplementedAtOnceAndNamesTheServices) {
  RpcServer server(kMethods);
  GrpcClient client(server.target());
  CallOptions options;
  options.no_deadline = true;
  for (int i = 0; i < 3; i++) {
    Reply reply = client.Call("/t.v1.T/Ecko", "x", options);
    EXPECT_EQ(reply.status, kUnimplemented);
    EXPECT_EQ(reply.message, "method /t.v1.T/Ecko is unknown; services: t.v1.T, u.v1.U");
  }
  EXPECT_EQ(client.Call("/t.v1.T/Echo", "x").bytes, "x");
}

TEST(Rpc, RequestWithoutAMessageIsRefused) {
  RpcServer server(kMethods);
  GrpcClient client(server.target());
  CallOptions options;
  options.no_message = true;
  Reply reply = client.Call("/t.v1.T/Echo", "", options);
  EXPECT_EQ(reply.status, kInvalidArgument);
  EXPECT_EQ(reply.message, "the request carries no message");
}

TEST(Rpc, TooLargeMessageIsRefused) {
  rel_rpc_options options = {};
  options.max_message_bytes = 1000;
  RpcServer server(kMethods, options);
  GrpcClient client(server.target());
  EXPECT_EQ(client.Call("/t.v1.T/Echo", std::string(1000, 'x')).status, kOk);
  EXPECT_EQ(client.Call("/t.v1.T/Echo", std::string(1001, 'x')).status, kResourceExhausted);
  EXPECT_EQ(client.Call("/t.v1.T/Echo", "y").bytes, "y");
}

TEST(Rpc, CompressedRequestIsRefused) {
  RpcServer server(kMethods);
  GrpcClient client(server.target());
  CallOptions options;
  options.metadata = {{"grpc-internal-encoding-request", "gzip"}};
  Reply reply = client.Call("/t.v1.T/Echo", std::string(100000, 'x'), options);
  EXPECT_EQ(reply.status, kUnimplemented) << reply.message;
  EXPECT_EQ(client.Call("/t.v1.T/Echo", "y").bytes, "y");
}

TEST(Rpc, MalformedBytesAndNestedBombsAreRefused) {
  RpcServer server(kMethods);
  GrpcClient client(server.target());
  EXPECT_EQ(client.Call("/u.v1.U/Unpack", "").status, kOk);
  EXPECT_EQ(client.Call("/u.v1.U/Unpack", "\x0A\x7F").status, kInvalidArgument);
  EXPECT_EQ(client.Call("/u.v1.U/Unpack", std::string(5, '\xFF')).status, kInvalidArgument);
  // 30 KB of Filter.not within Filter.not: enough to overflow a stack that unpacks it.
  std::string bomb;
  while (bomb.size() < 30000)
    bomb = Tagged(4, bomb);
  Reply reply = client.Call("/u.v1.U/Unpack", Tagged(6, Tagged(2, bomb)));
  EXPECT_EQ(reply.status, kInvalidArgument);
  EXPECT_EQ(reply.message, "the message is nested more than 32 deep");
  EXPECT_EQ(client.Call("/t.v1.T/Echo", "y").bytes, "y");
}

TEST(Rpc, DeadlinesAreCapped) {
  rel_rpc_options options = {};
  options.default_deadline_ns = 1000 * REL_NS_PER_S;
  options.max_deadline_ns = 2000 * REL_NS_PER_S;
  RpcServer server(kMethods, options);
  GrpcClient client(server.target());
  auto left_ms = [&](bool none, int64_t timeout_s) {
    CallOptions call;
    call.no_deadline = none;
    call.timeout = std::chrono::seconds(timeout_s);
    return std::stoll(client.Call("/u.v1.U/DeadlineOf", "", call).bytes);
  };
  EXPECT_GT(left_ms(true, 0), 500 * 1000);
  EXPECT_LE(left_ms(true, 0), 1000 * 1000);
  EXPECT_GT(left_ms(false, 100000), 1500 * 1000);
  EXPECT_LE(left_ms(false, 100000), 2000 * 1000);
  EXPECT_LE(left_ms(false, 600), 600 * 1000 + 1000);
}

TEST(Rpc, ManyConcurrentCalls) {
  rel_rpc_options options = {};
  options.queues = 2;
  RpcServer server(kMethods, options);
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; t++)
    threads.emplace_back([&, t] {
      GrpcClient client(server.target());
      for (int i = 0; i < 200; i++) {
        std::string bytes = Bytes(static_cast<size_t>(i * 37 + t));
        right += client.Call(i % 2 ? "/t.v1.T/Echo" : "/t.v1.T/EchoWorker", bytes).bytes == bytes;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(right, 1600);
}

TEST(RpcAddress, TakenPortIsAnErrorThatNamesIt) {
  RpcServer server(kMethods);
  std::string address = server.target();
  const char *listen[] = {"127.0.0.1:0", address.c_str()};
  rel_rpc_options options = {};
  options.listen = listen;
  options.listen_count = 2;
  rel_rpc *rpc;
  rel_error error = {};
  EXPECT_EQ(rel_rpc_new(&options, kMethods.data(), kMethods.size(), &rpc, &error), REL_UNAVAILABLE);
  EXPECT_EQ(rpc, nullptr);
  EXPECT_EQ(std::string(error.message), "cannot listen on " + address + ": Address already in use");
}

TEST(RpcAddress, WrongAddressesAreErrors) {
  for (const char *address : {"nonsense", "127.0.0.1:", ":5", "127.0.0.1:99999x",
                              "unix:", "unix:/nowhere/at/all.sock", "unix:/dev/null", "256.1.1.1:0"}) {
    rel_rpc_options options = {};
    options.listen = &address;
    options.listen_count = 1;
    rel_rpc *rpc;
    rel_error error = {};
    EXPECT_EQ(rel_rpc_new(&options, kMethods.data(), kMethods.size(), &rpc, &error), REL_UNAVAILABLE)
        << address;
    EXPECT_NE(std::string(error.message).find(address), std::string::npos) << error.message;
  }
}

TEST(RpcAddress, MethodTwiceInTheTableIsAnError) {
  std::vector<rel_method> twice = {kMethods[0], kMethods[0]};
  const char *address = "127.0.0.1:0";
  rel_rpc_options options = {};
  options.listen = &address;
  options.listen_count = 1;
  rel_rpc *rpc;
  rel_error error = {};
  EXPECT_EQ(rel_rpc_new(&options, twice.data(), twice.size(), &rpc, &error), REL_INTERNAL);
}

TEST(RpcAddress, ListensOnUnixSocketsBesideTcpAndReplacesAStaleOne) {
  char folder[] = "/tmp/relations_rpc_test.XXXXXX"; // short: a socket's path has 107 bytes at most
  ASSERT_NE(mkdtemp(folder), nullptr);
  std::string path = std::string(folder) + "/a.sock";
  std::string address = "unix:" + path;
  const char *listen[] = {address.c_str(), "127.0.0.1:0"};
  rel_rpc_options options = {};
  options.listen = listen;
  options.listen_count = 2;
  // A socket that nobody serves any more, as a killed server leaves it.
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un where = {};
  where.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof where.sun_path);
  strcpy(where.sun_path, path.c_str());
  unlink(path.c_str());
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr *>(&where), sizeof where), 0);
  close(fd);
  {
    RpcServer server(kMethods, options);
    EXPECT_EQ(server.port(0), 0);
    EXPECT_GT(server.port(1), 0);
    GrpcClient by_unix(address), by_tcp("127.0.0.1:" + std::to_string(server.port(1)));
    EXPECT_EQ(by_unix.Call("/t.v1.T/Echo", "u").bytes, "u");
    EXPECT_EQ(by_tcp.Call("/t.v1.T/Echo", "t").bytes, "t");
    // One that is served is not taken away.
    rel_rpc *rpc;
    rel_error error = {};
    EXPECT_EQ(rel_rpc_new(&options, kMethods.data(), kMethods.size(), &rpc, &error), REL_UNAVAILABLE);
    EXPECT_NE(std::string(error.message).find("another process serves it"), std::string::npos);
    EXPECT_EQ(by_unix.Call("/t.v1.T/Echo", "u").bytes, "u");
  }
  EXPECT_EQ(rmdir(folder), 0) << "the socket's file is left behind";
}

} // namespace
