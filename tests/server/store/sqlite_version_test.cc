// The version of a SQLite database is compared with what SQLite itself says (PRAGMA data_version), commit by
// commit, with writers in this process and in another.
#include "tests/server/store/sqlite_database.h"

#include "server/store/sqlite_conn.h"

#include <sys/wait.h>

#include <atomic>
#include <random>
#include <thread>

namespace {

// The sqlite3 program, writing to the file from a process of its own.
class ForeignWriter {
public:
  explicit ForeignWriter(const std::string &path) {
    int in[2], out[2];
    if (pipe(in) != 0 || pipe(out) != 0) abort();
    pid_ = fork();
    if (pid_ == 0) {
      dup2(in[0], 0);
      dup2(out[1], 1);
      for (int fd : {in[0], in[1], out[0], out[1]})
        close(fd);
      execlp("sqlite3", "sqlite3", "-batch", path.c_str(), nullptr);
      _exit(127);
    }
    close(in[0]);
    close(out[1]);
    to_ = in[1];
    from_ = fdopen(out[0], "r");
    exec(".timeout 60000");
  }
  ~ForeignWriter() {
    close(to_);
    fclose(from_);
    waitpid(pid_, nullptr, 0);
  }

  // Returns when the program has done it.
  void exec(const std::string &sql) {
    std::string text = sql + "\n.print done\n";
    ASSERT_EQ(write(to_, text.data(), text.size()), ssize_t(text.size()));
    char line[256];
    while (fgets(line, sizeof line, from_) != nullptr)
      if (strcmp(line, "done\n") == 0) return;
    FAIL() << "the sqlite3 program ended";
  }

private:
  pid_t pid_;
  int to_;
  FILE *from_;
};

class SqliteVersion : public testing::TestWithParam<const char *> {
protected:
  void TearDown() override { rel_sqlite_sentinel_free(sentinel_); }

  void watch(SqliteDatabase &database) {
    rel_error error{};
    ASSERT_EQ(rel_sqlite_sentinel_new(database.path.c_str(), REL_NS_PER_S, &sentinel_, &error), REL_OK)
        << error.message;
  }
  uint64_t version() { return rel_sqlite_sentinel_version(sentinel_); }

  rel_sqlite_sentinel *sentinel_ = nullptr;
};

INSTANTIATE_TEST_SUITE_P(Modes, SqliteVersion, testing::Values("wal", "delete", "truncate", "persist"),
                         [](const auto &info) { return std::string(info.param); });

TEST_P(SqliteVersion, EqualsDataVersionOverRandomWork) {
  unsigned seed = std::random_device{}();
  if (const char *given = getenv("SEED")) seed = unsigned(atol(given));
  SCOPED_TRACE("SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  SqliteDatabase database(GetParam());
  database.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)");
  watch(database);
  SqliteDatabase::Reader reader(database.path);
  ForeignWriter foreign(database.path);
  const bool is_wal = std::string(GetParam()) == "wal";
  const std::vector<std::string> work = {
      "INSERT INTO t(v) VALUES (hex(randomblob(3000)));",
      "INSERT INTO t(v) VALUES ('x');",
      "UPDATE t SET v = 'y' WHERE id = (SELECT min(id) FROM t);",
      "UPDATE t SET v = v WHERE id = (SELECT min(id) FROM t);",
      "DELETE FROM t WHERE id = (SELECT max(id) FROM t);",
      "BEGIN; INSERT INTO t(v) VALUES ('z'); ROLLBACK;",
      "BEGIN IMMEDIATE; COMMIT;",
      "SELECT count(*) FROM t;",
      "DELETE FROM t WHERE id = -1;",
      "CREATE TABLE IF NOT EXISTS other(x); DROP TABLE other;",
      "VACUUM;",
      is_wal ? "PRAGMA wal_checkpoint(TRUNCATE);" : "PRAGMA user_version = 7;",
      is_wal ? "PRAGMA wal_checkpoint(RESTART);" : "SELECT 1;",
      is_wal ? "PRAGMA wal_checkpoint(PASSIVE);" : "SELECT 1;",
  };
  uint64_t before = version();
  int64_t data_before = reader.number("PRAGMA data_version");
  for (int i = 0; i < 600; i++) {
    const std::string &sql = work[random() % work.size()];
    if (random() % 2 == 0)
      foreign.exec(sql);
    else
      database.exec(sql);
    uint64_t now = version();
    int64_t data_now = reader.number("PRAGMA data_version");
    ASSERT_NE(now, 0u);
    ASSERT_EQ(now != before, data_now != data_before) << "step " << i << ": " << sql;
    ASSERT_GE(now, before);
    before = now;
    data_before = data_now;
  }
}

TEST_P(SqliteVersion, AskedWhileAnotherProcessCommitsNeverMissesACommit) {
  SqliteDatabase database(GetParam());
  database.exec(
      "CREATE TABLE t(id INTEGER PRIMARY KEY); CREATE TABLE n(v INTEGER); INSERT INTO n VALUES (0)");
  watch(database);
  std::atomic<bool> ended{false};
  std::vector<std::thread> askers;
  for (int i = 0; i < 3; i++)
    askers.emplace_back([&] {
      for (uint64_t last = 0; !ended;) {
        uint64_t now = version();
        if (now == 0) continue; // a commit was under way
        EXPECT_GE(now, last);
        last = now;
      }
    });
  {
    ForeignWriter foreign(database.path);
    uint64_t before = version();
    for (int i = 1; i <= 200; i++) {
      foreign.exec("UPDATE n SET v = " + std::to_string(i) + ";");
      uint64_t now = version();
      EXPECT_NE(now, 0u);
      EXPECT_GT(now, before);
      before = now;
    }
  }
  ended = true;
  for (auto &asker : askers)
    asker.join();
}

TEST_F(SqliteVersion, EmptyFileThatBecomesADatabase) {
  SqliteDatabase database("delete");
  database.exec("PRAGMA user_version = 0");
  watch(database);
  uint64_t before = version();
  ASSERT_NE(before, 0u);
  database.exec("CREATE TABLE t(x)");
  uint64_t after = version();
  EXPECT_GT(after, before);
  database.exec("INSERT INTO t VALUES (1)");
  EXPECT_GT(version(), after);
}

TEST_F(SqliteVersion, DatabaseThatIsConvertedToWalWhileWatched) {
  SqliteDatabase database("delete");
  database.exec("CREATE TABLE t(x)");
  watch(database);
  uint64_t before = version();
  database.exec("PRAGMA journal_mode = wal");
  for (int i = 0; i < 20; i++) {
    database.exec("INSERT INTO t VALUES (1)");
    uint64_t now = version();
    EXPECT_GT(now, before);
    before = now;
  }
  EXPECT_EQ(version(), before);
}

// What lets the sentinel keep its pointer into the WAL-index: as long as it is there, nobody can leave WAL
// mode.
TEST_F(SqliteVersion, NobodyLeavesWalModeWhileWatched) {
  SqliteDatabase database("wal");
  database.exec("CREATE TABLE t(x)");
  watch(database);
  EXPECT_EQ(sqlite3_exec(database.db, "PRAGMA busy_timeout = 0; PRAGMA journal_mode = delete", nullptr,
                         nullptr, nullptr),
            SQLITE_BUSY);
  uint64_t before = version();
  database.exec("INSERT INTO t VALUES (1)");
  EXPECT_GT(version(), before);
}

TEST_F(SqliteVersion, WritersThatComeAndGo) {
  SqliteDatabase database("wal");
  database.exec("CREATE TABLE t(x)");
  database.disconnect();
  watch(database);
  uint64_t before = version();
  for (int i = 0; i < 10; i++) {
    database.connect();
    database.exec("INSERT INTO t VALUES (1)");
    database.disconnect();
    uint64_t now = version();
    EXPECT_GT(now, before);
    before = now;
  }
}

} // namespace
