// A gRPC server that answers what a test tells it to, however wrong. It takes any method over C-core and
// shares no code with the server under server/.
#ifndef RELATIONS_TESTS_CLIENT_RUNTIME_FAKE_SERVER_H
#define RELATIONS_TESTS_CLIENT_RUNTIME_FAKE_SERVER_H

#include <grpc/grpc.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

struct FakeRequest {
  std::string path, body;
};

struct FakeReply {
  int status = 0;
  std::string body;
  std::string message;
  std::string details;  // grpc-status-details-bin; empty: none
  bool no_body = false; // OK without a message
  bool stall = false;   // never answer: wait until the caller is gone
  // A stream: `body`, then these, then the status, whatever it is.
  std::vector<std::string> more;
  bool stall_behind = false; // in place of the status: wait until the caller is gone
  bool endless = false;      // the last message again and again
};

class FakeServer {
public:
  using Handler = std::function<FakeReply(const std::string &path, const std::string &request)>;

  explicit FakeServer(Handler handler, int port = 0);
  ~FakeServer();

  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }
  int port() const { return port_; }
  // Every request so far.
  std::vector<FakeRequest> requests() const;
  // Calls that their caller cancelled, or let run out.
  int cancelled() const { return cancelled_; }
  int calls() const { return static_cast<int>(requests().size()); }

private:
  struct Call;
  struct Tag;

  void Loop();
  void Accept();
  void OnRequest(Call *call, bool ok);
  void OnMessage(Call *call);
  void Start(Call *call, const grpc_op *ops, size_t count, void (FakeServer::*next)(Call *));
  void OnClosed(Call *call);
  void OnSent(Call *call);
  void SendMessage(Call *call, const std::string &body, bool first);
  void SendStatus(Call *call, grpc_op *ops, size_t count);
  void OnDone(Call *) {}
  void Release(Call *call);

  Handler handler_;
  grpc_completion_queue *queue_;
  grpc_server *server_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<FakeRequest> requests_;
  std::atomic<int> cancelled_{0};
  bool stopping_ = false; // the loop's own
  std::thread thread_;
};

#endif
