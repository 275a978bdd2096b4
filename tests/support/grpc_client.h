// A gRPC client for tests: synchronous, thread-safe, over bytes, so that a test can send what no generated
// client would. Retries are off: what the server does is what the test sees.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

struct grpc_call;
struct grpc_channel;
struct grpc_completion_queue;

namespace rel_test {

struct CallOptions {
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  bool no_deadline = false;
  bool no_message = false; // half-closes without sending any
  std::vector<std::pair<std::string, std::string>> metadata;
};

struct Reply {
  int status = -1;     // gRPC status code
  std::string message; // its text
  std::string details; // grpc-status-details-bin
  bool has_bytes = false;
  std::string bytes; // the answer
};

// A call whose messages go one by one. One thread at a time, but Cancel, which any thread may call.
class Stream {
public:
  ~Stream();
  Stream(const Stream &) = delete;
  Stream &operator=(const Stream &) = delete;

  bool Send(const std::string &bytes);
  bool CloseSend();
  // False at the end of the stream.
  bool Receive(std::string *bytes);
  // Waits for the status; Reply::bytes stays empty.
  Reply Finish();
  void Cancel();

private:
  friend class GrpcClient;
  Stream() = default;
  grpc_call *call_ = nullptr;
  grpc_completion_queue *queue_ = nullptr;
  bool asked_headers_ = false;
};

// PEM texts; "" for none.
struct TlsOptions {
  std::string ca;
  std::string cert;
  std::string key;
  std::string server_name; // expected in place of the target's host
};

class GrpcClient {
public:
  // "127.0.0.1:50051" or "unix:/path". Each client has a connection of its own.
  explicit GrpcClient(const std::string &target);
  GrpcClient(const std::string &target, const TlsOptions &tls);
  ~GrpcClient();
  GrpcClient(const GrpcClient &) = delete;
  GrpcClient &operator=(const GrpcClient &) = delete;

  Reply Call(const std::string &path, const std::string &bytes, const CallOptions &options = {});
  // The caller's to delete, before the client.
  Stream *Open(const std::string &path, const CallOptions &options = {});

private:
  grpc_channel *channel_;
};

} // namespace rel_test
