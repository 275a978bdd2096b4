// What every command has: help, suggestions, and how arguments are read.
#include "introspect_fixture.h"

namespace {

TEST(Cli, HelpListsEveryCommand) {
  CliRun run = RunCli({"--help"});
  EXPECT_EQ(run.status, 0);
  EXPECT_NE(run.out.find("  introspect "), std::string::npos) << run.out;
  EXPECT_EQ(RunCli({}).status, 2);
}

TEST(Cli, SuggestsNearNames) {
  EXPECT_EQ(RunCli({"introspekt"}).err,
            "relations: there is no command \"introspekt\"; did you mean \"introspect\"?\n");
  EXPECT_EQ(RunCli({"xyzzy"}).err,
            "relations: there is no command \"xyzzy\"; `relations --help` lists them\n");
  EXPECT_EQ(RunCli({"introspect", "--pakage", "x"}).err,
            "relations: introspect has no option --pakage; did you mean --package?\n");
}

TEST(Cli, CommandHelpNeedsNoArguments) {
  CliRun run = RunCli({"introspect", "--help"});
  EXPECT_EQ(run.status, 0);
  EXPECT_NE(run.out.find("--package NAME"), std::string::npos) << run.out;
}

TEST(Cli, WrongArgumentsAreRefused) {
  EXPECT_EQ(RunCli({"introspect"}).status, 2);
  EXPECT_EQ(RunCli({"introspect", "a", "b"}).status, 2);
  EXPECT_EQ(RunCli({"introspect", "a", "--package"}).err, "relations: --package needs NAME\n");
  EXPECT_EQ(RunCli({"introspect", "a", "-p", "b", "--package=c"}).err,
            "relations: --package is given twice\n");
  EXPECT_EQ(RunCli({"introspect", "a", "-px"}).status, 2);
  EXPECT_EQ(RunCli({"introspect", "a", "--", "-p"}).status, 2);
}

} // namespace
