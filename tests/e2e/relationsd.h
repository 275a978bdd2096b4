// A relationsd of the test's own, on a free port, over a SQLite database.
#ifndef RELATIONS_TESTS_E2E_RELATIONSD_H
#define RELATIONS_TESTS_E2E_RELATIONSD_H

#include <gtest/gtest.h>

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

extern "C" char **environ;

// Log lines are read until it says its port, and thrown away from then on.
class Relationsd {
public:
  void Start(const std::string &schema, const std::string &database) {
    int log[2];
    ASSERT_EQ(pipe(log), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, log[1], STDERR_FILENO);
    posix_spawn_file_actions_addclose(&actions, log[0]);
    std::string url = "--database=sqlite:" + database, described = "--schema=" + schema;
    std::vector<const char *> argv = {"server/relationsd", described.c_str(), url.c_str(),
                                      "--listen=127.0.0.1:0", nullptr};
    ASSERT_EQ(posix_spawn(&pid_, argv[0], &actions, nullptr, const_cast<char **>(argv.data()), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(log[1]);
    log_ = fdopen(log[0], "r");
    char line[4096];
    std::string said;
    while (port_ == 0 && fgets(line, sizeof line, log_) != nullptr) {
      said += line;
      const char *port = strstr(line, "\"port\":");
      if (strstr(line, "\"listening\"") != nullptr && port != nullptr)
        port_ = atoi(port + strlen("\"port\":"));
    }
    ASSERT_GT(port_, 0) << said;
    // The pipe must not fill up.
    reader_ = std::thread([this] {
      char rest[4096];
      while (fgets(rest, sizeof rest, log_) != nullptr) {
      }
    });
  }
  int Stop() {
    if (pid_ <= 0) return -1;
    kill(pid_, SIGTERM);
    int status = -1;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    if (reader_.joinable()) reader_.join();
    fclose(log_);
    return status;
  }
  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }

private:
  pid_t pid_ = -1;
  FILE *log_ = nullptr;
  int port_ = 0;
  std::thread reader_;
};

#endif
