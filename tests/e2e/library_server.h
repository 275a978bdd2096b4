// The example served, and a client of it: what tests of its generated C stand on.
#ifndef RELATIONS_TESTS_E2E_LIBRARY_SERVER_H
#define RELATIONS_TESTS_E2E_LIBRARY_SERVER_H

#include "library.relations.h"
#include "tests/e2e/relationsd.h"

#include <fstream>
#include <string>

class Library : public ::testing::Test {
protected:
  void SetUp() override {
    // Its journal lies beside the database, so that must be where files can be made.
    database_ = std::string(getenv("TEST_TMPDIR")) + "/library.db";
    std::ofstream(database_, std::ios::binary)
        << std::ifstream("examples/library/library.db", std::ios::binary).rdbuf();
    server_.Start("examples/library/library.binpb", database_);
    std::string target = server_.target();
    rel_client_options options = {};
    options.target = target.c_str();
    ASSERT_EQ(rel_client_connect(&options, &client_, nullptr), REL_OK);
  }
  void TearDown() override {
    rel_client_free(client_);
    EXPECT_EQ(server_.Stop(), 0);
  }

  std::string database_;
  Relationsd server_;
  rel_client *client_ = nullptr;
  rel_error error_ = {};
};

#endif
