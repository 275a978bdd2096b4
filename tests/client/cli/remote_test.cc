// Commands that need a server, without one; tests/e2e has them with one.
#include "introspect_fixture.h"

namespace {

TEST(Remote, SaysThatThereIsNoServer) {
  std::string server = "unix:does-not-exist.sock";
  for (std::vector<std::string> arguments : {std::vector<std::string>{"get", "Author", "1"},
                                             {"load", "Author", "books", "1"},
                                             {"describe"},
                                             {"cache", "stats"}}) {
    arguments.insert(arguments.end(), {"--server", server, "--deadline", "2s"});
    CliRun run = RunCli(arguments);
    EXPECT_EQ(run.status, 1) << arguments[0];
    EXPECT_EQ(run.err.find("relations: "), 0u) << run.err;
    EXPECT_EQ(run.out, "") << arguments[0];
  }
}

TEST(Remote, WrongOptionsAreRefused) {
  EXPECT_EQ(RunCli({"describe", "--deadline", "soon"}).err,
            "relations: --deadline needs a time like 500ms, 10s or 2m, not \"soon\"\n");
  EXPECT_EQ(RunCli({"describe", "--deadline", "0"}).status, 2);
  EXPECT_EQ(RunCli({"cache", "stat"}).err,
            "relations: cache can do stats, clear and configure, not \"stat\"; did you mean stats?\n");
  EXPECT_EQ(RunCli({"cache", "clear"}).status, 2);
  EXPECT_EQ(RunCli({"cache", "clear", "Author", "--all"}).status, 2);
  EXPECT_EQ(RunCli({"cache", "configure", "--enabled", "maybe"}).status, 2);
  EXPECT_EQ(RunCli({"cache", "configure", "--max-bytes", "-1"}).status, 2);
  EXPECT_EQ(RunCli({"cache", "configure", "--ttl", "1y"}).status, 2);
  EXPECT_EQ(RunCli({"get", "Author"}).status, 2);
}

} // namespace
