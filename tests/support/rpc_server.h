// A server of the rpc room in the test's own process, on a free port.
#pragma once

#include "server/rpc/rpc.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace rel_test {

class RpcServer {
public:
  explicit RpcServer(const std::vector<rel_method> &methods, rel_rpc_options options = {}) {
    const char *any_port = "127.0.0.1:0";
    if (options.listen_count == 0) {
      options.listen = &any_port;
      options.listen_count = 1;
    }
    rel_error error = {};
    if (rel_rpc_new(&options, methods.data(), methods.size(), &rpc_, &error) != REL_OK) {
      ADD_FAILURE() << error.message;
      abort();
    }
    rel_rpc_start(rpc_);
  }
  ~RpcServer() {
    Stop();
    rel_rpc_free(rpc_);
  }
  RpcServer(const RpcServer &) = delete;
  RpcServer &operator=(const RpcServer &) = delete;

  void Stop() {
    if (!stopped_) rel_rpc_stop(rpc_);
    stopped_ = true;
  }
  int port(size_t index = 0) const { return rel_rpc_port(rpc_, index); }
  // Waits until as many calls count among max_calls: one that has been answered counts until core has sent
  // it.
  void AwaitActive(size_t calls) const {
    while (rel_rpc_active(rpc_) != calls)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  std::string target() const { return "127.0.0.1:" + std::to_string(port()); }

private:
  rel_rpc *rpc_ = nullptr;
  bool stopped_ = false;
};

} // namespace rel_test
