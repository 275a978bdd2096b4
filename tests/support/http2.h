// HTTP/2 by hand, for what no gRPC client does.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace rel_test::http2 {

inline const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
enum {
  kData = 0,
  kHeaders = 1,
  kReset = 3,
  kSettings = 4,
  kPing = 6,
  kGoaway = 7,
  kWindow = 8,
  kContinuation = 9
};

inline std::string Frame(int type, int flags, uint32_t stream, const std::string &payload) {
  std::string frame;
  for (int shift : {16, 8, 0})
    frame += static_cast<char>(payload.size() >> shift);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  for (int shift : {24, 16, 8, 0})
    frame += static_cast<char>(stream >> shift);
  return frame + payload;
}

// A header field as an HPACK literal that is not indexed.
inline std::string Field(const std::string &name, const std::string &value) {
  return std::string(1, '\0') + static_cast<char>(name.size()) + name + static_cast<char>(value.size()) +
         value;
}

inline std::string RequestHeaders(const std::string &path, const std::string &more = "") {
  return Field(":method", "POST") + Field(":scheme", "http") + Field(":path", path) +
         Field(":authority", "x") + Field("content-type", "application/grpc") + Field("te", "trailers") +
         more;
}

inline const std::string kHello = kPreface + Frame(kSettings, 0, 0, "");

// A connection to a port of this machine, the caller's to close.
inline int Connect(int port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in where = {};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<uint16_t>(port));
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr *>(&where), sizeof where), 0);
  return fd;
}

// As much as the server takes.
inline void Send(int fd, const std::string &bytes) {
  for (size_t at = 0; at < bytes.size();) {
    ssize_t sent = send(fd, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
    if (sent <= 0) break; // the server has had enough
    at += static_cast<size_t>(sent);
  }
}

} // namespace rel_test::http2
