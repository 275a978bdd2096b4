// A directory of the test's own, removed with what is in it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

namespace rel_test {

class Scratch {
public:
  // In /tmp it is short enough for a socket, whose path has 107 bytes at most.
  explicit Scratch(const std::string &parent = testing::TempDir()) : path_(parent + "/relations_XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) abort();
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;

  const std::string &path() const { return path_; }
  std::string operator/(const std::string &name) const { return path_ + "/" + name; }

private:
  std::string path_;
};

} // namespace rel_test
