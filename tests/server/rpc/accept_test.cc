// accept4 where a listener would have died: no descriptors, and connections that are gone before they are
// accepted.
#include "server/rpc/accept.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

class Accept : public testing::Test {
protected:
  static void SetUpTestSuite() {
    rlimit limit = {256, 256};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    rel_accept_guard();
  }
  void SetUp() override {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    ASSERT_GE(listener_, 0);
    where_.sin_family = AF_INET;
    where_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof where_;
    ASSERT_EQ(bind(listener_, address(), len), 0);
    ASSERT_EQ(listen(listener_, 16), 0);
    ASSERT_EQ(getsockname(listener_, address(), &len), 0);
  }
  void TearDown() override {
    Free();
    close(listener_);
  }
  sockaddr *address() { return reinterpret_cast<sockaddr *>(&where_); }

  int Connect() {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_GE(fd, 0);
    EXPECT_EQ(connect(fd, address(), sizeof where_), 0);
    return fd;
  }
  int Take() {
    sockaddr_in from;
    socklen_t len = sizeof from;
    int fd = accept4(listener_, reinterpret_cast<sockaddr *>(&from), &len, SOCK_CLOEXEC);
    EXPECT_TRUE(fd < 0 || from.sin_family == AF_INET);
    return fd;
  }
  // Opens files until descriptor `last` is taken.
  void Fill(int last) {
    for (int fd = 0; fd < last;) {
      fd = open("/dev/null", O_RDONLY);
      if (fd < 0) return;
      filling_.push_back(fd);
    }
  }
  void Free() {
    for (int fd : filling_)
      close(fd);
    filling_.clear();
  }
  static bool WasClosed(int client) {
    char byte;
    return recv(client, &byte, 1, 0) <= 0; // blocks until it was
  }

  int listener_ = -1;
  sockaddr_in where_ = {};
  std::vector<int> filling_;
};

TEST_F(Accept, WithDescriptorsLeftIsTheSystems) {
  EXPECT_EQ(Take(), -1);
  EXPECT_EQ(errno, EAGAIN);
  int client = Connect(), fd = Take();
  EXPECT_GE(fd, 0);
  EXPECT_EQ(send(client, "x", 1, 0), 1);
  char byte = 0;
  EXPECT_EQ(recv(fd, &byte, 1, 0), 1);
  EXPECT_EQ(byte, 'x');
  close(fd);
  close(client);
  EXPECT_EQ(accept4(-1, nullptr, nullptr, 0), -1);
  EXPECT_EQ(errno, EBADF);
}

TEST_F(Accept, WithoutADescriptorWhoeverWaitsIsTurnedAwayAndTheListenerLives) {
  int first = Connect(), second = Connect();
  Fill(255);
  ASSERT_EQ(open("/dev/null", O_RDONLY), -1);
  ASSERT_EQ(errno, EMFILE);
  EXPECT_EQ(Take(), -1);
  EXPECT_EQ(errno, EAGAIN) << "any other error would end core's listener";
  EXPECT_TRUE(WasClosed(first));
  EXPECT_TRUE(WasClosed(second));
  Free();
  close(first);
  close(second);
  int client = Connect(), fd = Take();
  EXPECT_GE(fd, 0);
  close(fd);
  close(client);
}

TEST_F(Accept, TheLastDescriptorsAreNoConnections) {
  int client = Connect();
  Fill(256 - 64 - 1); // the next one is the first of those that are kept
  EXPECT_EQ(Take(), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_TRUE(WasClosed(client));
  int file = open("/dev/null", O_RDONLY);
  EXPECT_GE(file, 0) << "a file can still be opened";
  close(file);
  close(client);
}

TEST_F(Accept, AClientThatGaveUpInTheQueueIsPassedOver) {
  int gone = Connect();
  linger now = {1, 0};
  ASSERT_EQ(setsockopt(gone, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
  close(gone); // a reset
  int client = Connect();
  int fd = Take();
  if (fd >= 0) close(fd); // Linux hands the dead one out as well
  EXPECT_TRUE(fd >= 0 || errno == EAGAIN);
  close(client);
}

} // namespace
