// A directory of the test's own, removed with what is in it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

namespace rel_test {

class Scratch {
public:
  Scratch() : path_(testing::TempDir() + "/relations_XXXXXX") {
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
