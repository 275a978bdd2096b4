// A SQLite file in a directory of its own, and a connection that writes to it.
#ifndef RELATIONS_TESTS_SERVER_STORE_SQLITE_DATABASE_H
#define RELATIONS_TESTS_SERVER_STORE_SQLITE_DATABASE_H

#include "tests/server/store/fixture.h"

#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>

class SqliteDatabase : public fixture::Database {
public:
  explicit SqliteDatabase(const std::string &journal_mode) {
    std::string pattern = testing::TempDir() + "relations-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) abort();
    directory = pattern;
    path = directory + "/test.db";
    connect();
    exec("PRAGMA synchronous = OFF; PRAGMA journal_mode = " + journal_mode);
  }
  SqliteDatabase(const SqliteDatabase &) = delete;
  ~SqliteDatabase() override {
    disconnect();
    std::filesystem::remove_all(directory);
  }

  void connect() {
    ASSERT_EQ(sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr),
              SQLITE_OK);
    sqlite3_busy_timeout(db, 60000);
  }
  void disconnect() {
    sqlite3_close(db);
    db = nullptr;
  }

  void exec(const std::string &sql) override {
    char *error = nullptr;
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK) << error << ": " << sql;
    sqlite3_free(error);
  }

  // Another connection to the file.
  class Reader {
  public:
    explicit Reader(const std::string &path) {
      EXPECT_EQ(sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE, nullptr), SQLITE_OK);
      sqlite3_busy_timeout(db_, 60000);
    }
    Reader(const Reader &) = delete;
    ~Reader() { sqlite3_close(db_); }
    int64_t number(const std::string &sql) {
      sqlite3_stmt *stmt = nullptr;
      EXPECT_EQ(sqlite3_prepare_v2(db_, sql.c_str(), -1, &stmt, nullptr), SQLITE_OK) << sqlite3_errmsg(db_);
      EXPECT_EQ(sqlite3_step(stmt), SQLITE_ROW);
      int64_t value = sqlite3_column_int64(stmt, 0);
      sqlite3_finalize(stmt);
      return value;
    }

  private:
    sqlite3 *db_ = nullptr;
  };

  bool is_wal() {
    sqlite3_stmt *stmt = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &stmt, nullptr), SQLITE_OK);
    EXPECT_EQ(sqlite3_step(stmt), SQLITE_ROW);
    bool is = strcmp(reinterpret_cast<const char *>(sqlite3_column_text(stmt, 0)), "wal") == 0;
    sqlite3_finalize(stmt);
    return is;
  }
  std::string url() const override { return "sqlite:" + path; }

  std::string directory, path;
  sqlite3 *db = nullptr;
};

#endif
