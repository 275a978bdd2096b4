// A database from SQL, and what the command makes of it.
#ifndef RELATIONS_TESTS_CLIENT_CLI_INTROSPECT_FIXTURE_H
#define RELATIONS_TESTS_CLIENT_CLI_INTROSPECT_FIXTURE_H

#include "client/cli/cli.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

// What a run of the program did.
struct CliRun {
  int status;
  std::string out, err;
};

inline CliRun RunCli(std::vector<std::string> arguments) {
  std::vector<char *> argv = {const_cast<char *>("relations")};
  for (std::string &argument : arguments)
    argv.push_back(argument.data());
  char *out = nullptr, *err = nullptr;
  size_t out_size = 0, err_size = 0;
  FILE *out_file = open_memstream(&out, &out_size), *err_file = open_memstream(&err, &err_size);
  int status = rel_cli_run(static_cast<int>(argv.size()), argv.data(), out_file, err_file);
  fclose(out_file);
  fclose(err_file);
  CliRun run = {status, std::string(out, out_size), std::string(err, err_size)};
  free(out);
  free(err);
  return run;
}

inline std::string TempDir() {
  std::string pattern = ::testing::TempDir() + "/cli.XXXXXX";
  return mkdtemp(pattern.data());
}

inline void WriteFile(const std::string &path, const std::string &text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline std::string ReadFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Creates a database and returns its path.
inline std::string MakeDatabase(const std::string &sql) {
  std::string path = TempDir() + "/odd.db";
  sqlite3 *db = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  char *message = nullptr;
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK) << message;
  sqlite3_free(message);
  sqlite3_close(db);
  return path;
}

// The schema of a database, which must have no error, in itself and against the database.
inline std::string Introspect(const std::string &database) {
  std::string dir = TempDir();
  CliRun run = RunCli({"introspect", "sqlite:" + database, "--package", "odd.v1", "-o", dir + "/odd.proto"});
  EXPECT_EQ(run.status, 0) << run.err;
  std::string text = ReadFile(dir + "/odd.proto");
  run = RunCli({"check", dir + "/odd.proto", "--database", "sqlite:" + database});
  EXPECT_EQ(run.status, 0) << run.out << run.err << text;
  return text;
}

// The schema of a database that is made so.
inline std::string Schema(const std::string &sql) {
  return Introspect(MakeDatabase(sql));
}

// What is written for a database without a single model.
inline std::string Nothing(const std::string &sql) {
  std::string database = MakeDatabase(sql);
  CliRun run = RunCli({"introspect", "sqlite:" + database, "--package", "odd.v1"});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.err, "relations: no table of " + database + " can be a model; what was written says why\n");
  return run.out;
}

// A schema with the comments between `begin` and the last line that is a comment behind it as what they
// suggest.
inline std::string Taken(const std::string &text, const std::string &begin) {
  std::string made;
  std::istringstream lines(text);
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    bool comment = line.rfind("  // ", 0) == 0;
    inside = comment && (inside || line.find(begin) != std::string::npos);
    made += (inside && line.find(begin) == std::string::npos ? "  " + line.substr(5) : line) + "\n";
  }
  EXPECT_NE(made, text) << "no: " << begin;
  return made;
}

// Compiles a schema and checks it against a database of `sql`; there must be no error.
inline void ExpectSuits(const std::string &schema, const std::string &sql) {
  std::string folder = TempDir();
  WriteFile(folder + "/taken.proto", schema);
  CliRun run = RunCli({"check", folder + "/taken.proto", "--database", "sqlite:" + MakeDatabase(sql)});
  EXPECT_EQ(run.status, 0) << run.out << run.err << schema;
}

inline void ExpectHas(const std::string &text, const std::string &part) {
  EXPECT_NE(text.find(part), std::string::npos) << "no: " << part << "\nin:\n" << text;
}

inline void ExpectHasNot(const std::string &text, const std::string &part) {
  EXPECT_EQ(text.find(part), std::string::npos) << "has: " << part << "\nin:\n" << text;
}

#endif
