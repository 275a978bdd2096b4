// Bytes that no gRPC client sends: whatever comes in, the server goes on serving others.
#include "server/rpc/rpc.h"

#include "tests/support/grpc_client.h"
#include "tests/support/http2.h"
#include "tests/support/rpc_server.h"

#include <gtest/gtest.h>
#include <sys/time.h>

#include <cstdlib>
#include <random>
#include <string>

using rel_test::GrpcClient;
using rel_test::RpcServer;
using namespace rel_test::http2;

namespace {

void Echo(rel_call *call, void *) {
  rel_str request = rel_call_request(call);
  rel_call_write(call, request.ptr, request.len);
  rel_call_finish(call);
}

class Hostile : public testing::Test {
protected:
  Hostile()
      : server_({{"/t.v1.T/Echo", REL_UNARY, REL_RUN_WORKER, Echo, nullptr}}), client_(server_.target()) {}

  // Sends the bytes and closes, after reading what comes back for a moment if asked to.
  void Throw(const std::string &bytes, bool read = false) {
    int fd = Connect(server_.port());
    Send(fd, bytes);
    if (read) {
      timeval moment = {0, 20000};
      setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof moment);
      char buffer[4096];
      while (recv(fd, buffer, sizeof buffer, 0) > 0) {
      }
    }
    close(fd);
  }
  void ExpectAlive() {
    rel_test::Reply reply = client_.Call("/t.v1.T/Echo", "alive");
    EXPECT_EQ(reply.status, 0) << reply.message;
    EXPECT_EQ(reply.bytes, "alive");
  }

  RpcServer server_;
  GrpcClient client_;
};

TEST_F(Hostile, NoHttp2AtAll) {
  for (const std::string &bytes :
       {std::string(), std::string("\0\0\0", 3), std::string("GET / HTTP/1.1\r\n\r\n"),
        std::string("\x16\x03\x01\x02\x00\x01"), kPreface.substr(0, 10), std::string(100000, '\xFF')}) {
    Throw(bytes);
    Throw(bytes, true);
  }
  ExpectAlive();
}

TEST_F(Hostile, FramesOutOfPlace) {
  std::string headers = RequestHeaders("/t.v1.T/Echo");
  for (const std::string &frames : {
           Frame(kData, 1, 1, "never opened"), Frame(kContinuation, 4, 1, headers),
           Frame(kHeaders, 0, 1, headers) + Frame(kData, 0, 1, "x"), // within a header block
           Frame(kHeaders, 4, 2, headers),                           // an even stream
           Frame(kHeaders, 4, 0, headers), Frame(kHeaders, 4, 1, headers) + Frame(kHeaders, 4, 1, headers),
           Frame(kHeaders, 4, 5, headers) + Frame(kHeaders, 4, 3, headers), // backwards
           Frame(kHeaders, 4, 1, "\xFF\xFF\xFF\xFF\xFF\xFF"),
           Frame(kHeaders, 4, 1, Field(":path", "/t.v1.T/Echo")),
           Frame(kHeaders, 5, 1, headers), // ends without a message
           Frame(kSettings, 0, 0, "short"), Frame(kSettings, 1, 0, "ack with bytes"), Frame(kPing, 0, 0, "1"),
           Frame(kWindow, 0, 0, std::string(4, '\0')),
           Frame(kWindow, 0, 0, "\x7F\xFF\xFF\xFF") + Frame(kWindow, 0, 0, "\x7F\xFF\xFF\xFF"),
           Frame(kGoaway, 0, 0, ""), Frame(0x77, 0xFF, 0x7FFFFFFF, "unknown"),
           std::string("\xFF\xFF\xFF\x00\x00\x00\x00\x00\x01", 9), // 16 MiB announced
       }) {
    Throw(kHello + frames);
    Throw(kHello + frames, true);
  }
  ExpectAlive();
}

TEST_F(Hostile, MessagesThatLieAboutTheirLength) {
  std::string open = kHello + Frame(kHeaders, 4, 1, RequestHeaders("/t.v1.T/Echo"));
  for (const std::string &message : {
           std::string("\0\xFF\xFF\xFF\xFF", 5), // 4 GiB to come
           std::string("\0\0\0\0\x05"
                       "ab",
                       7),                                // ends early
           std::string("\x01\0\0\0\x02xx", 7),            // compressed, without an encoding
           std::string("\x09\0\0\0\x02xx", 7),            // a flag that does not exist
           std::string("\0\0\0\0\x01x\0\0\0\0\x01y", 12), // two messages
           std::string("\0\0", 2),
       }) {
    Throw(open + Frame(kData, 1, 1, message), true);
    Throw(open + Frame(kData, 0, 1, message));
  }
  ExpectAlive();
}

TEST_F(Hostile, Floods) {
  std::string headers = RequestHeaders("/t.v1.T/Echo");
  std::string resets = kHello, pings = kHello, settings = kHello, fields = headers;
  for (uint32_t i = 0; i < 2000; i++) {
    resets +=
        Frame(kHeaders, 4, 2 * i + 1, headers) + Frame(kReset, 0, 2 * i + 1, std::string("\0\0\0\x08", 4));
    pings += Frame(kPing, 0, 0, "12345678");
    settings += Frame(kSettings, 0, 0, std::string("\0\x03\0\0\0\x01", 6));
  }
  for (int i = 0; i < 120; i++)
    fields += Field("x-" + std::to_string(i), std::string(100, 'v'));
  Throw(resets);
  Throw(resets, true);
  Throw(pings, true);
  Throw(settings, true);
  Throw(kHello + Frame(kHeaders, 4, 1, fields), true);
  std::string endless = kHello + Frame(kHeaders, 0, 1, headers);
  for (int i = 0; i < 2000; i++)
    endless += Frame(kContinuation, 0, 1, Field("y", std::string(100, 'w')));
  Throw(endless, true);
  ExpectAlive();
}

TEST_F(Hostile, RandomFramesAfterAGoodBeginning) {
  const char *given = getenv("SEED");
  unsigned seed = given != nullptr ? static_cast<unsigned>(atoi(given)) : std::random_device()();
  printf("SEED=%u\n", seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 300; round++) {
    std::string bytes = kHello;
    if (random() % 2) bytes += Frame(kHeaders, 4, 1, RequestHeaders("/t.v1.T/Echo"));
    for (unsigned i = 0; i < random() % 20; i++) {
      std::string payload(random() % 64, '\0');
      for (char &c : payload)
        c = static_cast<char>(random());
      bytes +=
          Frame(static_cast<int>(random() % 11), static_cast<int>(random() % 256), random() % 5, payload);
    }
    if (random() % 3 == 0) bytes.resize(bytes.size() - random() % (bytes.size() / 2));
    Throw(bytes, round % 20 == 0);
  }
  ExpectAlive();
}

} // namespace
