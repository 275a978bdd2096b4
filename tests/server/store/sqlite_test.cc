// The SQLite store: the contract in both journal modes, and what is SQLite's own.
#include "tests/server/store/contract.h"
#include "tests/server/store/sqlite_database.h"

#include "server/store/sqlite_conn.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <thread>

namespace {

std::unique_ptr<fixture::Database> wal() {
  return std::make_unique<SqliteDatabase>("wal");
}
std::unique_ptr<fixture::Database> rollback() {
  return std::make_unique<SqliteDatabase>("delete");
}
std::unique_ptr<fixture::Database> utf16() {
  auto made = std::make_unique<SqliteDatabase>("delete");
  made->exec("PRAGMA encoding = 'UTF-16le'; PRAGMA journal_mode = wal");
  return made;
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract,
                         testing::Values(DatabaseFactory(wal), DatabaseFactory(rollback),
                                         DatabaseFactory(utf16)),
                         [](const auto &info) {
                           return info.index == 0 ? "wal" : info.index == 1 ? "rollback" : "utf16";
                         });

// A key column and what stands in it, over a table m(id, k).
struct Keyed : Model {
  explicit Keyed(rel_type type, const std::string &table = "m") : Model(table) {
    add("id", 1, REL_TYPE_INT64);
    key = optional(add("k", 2, type));
    primary_key({(*this)["id"]});
  }
  rel_field *key;
};

class Sqlite : public StoreContract {
protected:
  SqliteDatabase &sqlite() { return static_cast<SqliteDatabase &>(*database); }

  rel_code open_at(const std::string &url, rel_error *error) {
    rel_store_options options{};
    options.url = url.c_str();
    options.connections = 2;
    options.busy_timeout_ns = 50 * REL_NS_PER_MS;
    return rel_store_open(&options, &store, error);
  }
  std::string refusal(const std::string &url, rel_code expected = REL_UNAVAILABLE) {
    rel_error error{};
    EXPECT_EQ(open_at(url, &error), expected) << url;
    EXPECT_EQ(store, nullptr);
    return error.message;
  }
  std::string file(const std::string &name, const std::string &bytes) {
    std::string path = sqlite().directory + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  static bool has(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, Sqlite, testing::Values(DatabaseFactory(wal), DatabaseFactory(rollback)),
                         [](const auto &info) { return info.index == 0 ? "wal" : "rollback"; });

// --- Comparison is the database's ---

TEST_P(Sqlite, TextKeysUnderNocaseEachGetTheirRows) {
  database->exec("CREATE TABLE m(id INTEGER PRIMARY KEY, k TEXT COLLATE NOCASE);"
                 "INSERT INTO m VALUES (1, 'abc'), (2, 'ABC'), (3, 'Abd'), (4, NULL)");
  open();
  Keyed model(REL_TYPE_STRING);
  auto got = rows(Lookup(model, {"k"}), {skey("aBc"), skey("ABC"), skey("abd"), skey("x")});
  EXPECT_EQ(column(got[0], 1), Texts({"1", "2"}));
  EXPECT_EQ(column(got[1], 1), Texts({"1", "2"}));
  EXPECT_EQ(column(got[2], 1), Texts({"3"}));
  EXPECT_TRUE(got[3].empty());
}

TEST_P(Sqlite, UuidUnderNocaseGivesEachRowOnce) {
  database->exec("CREATE TABLE m(id INTEGER PRIMARY KEY, k TEXT COLLATE NOCASE);"
                 "INSERT INTO m VALUES (1, '6ba7b810-9dad-11d1-80b4-00c04fd430c8'), "
                 "(2, '6BA7B810-9DAD-11D1-80B4-00C04FD430C8'), (3, x'6ba7b8109dad11d180b400c04fd430c8')");
  open();
  Keyed model(REL_TYPE_STRING);
  model.key->uuid = true;
  auto got = rows(Lookup(model, {"k"}), {Key().g("6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
                                         Key().g("00000000-0000-0000-0000-000000000000")});
  EXPECT_EQ(column(got[0], 1), Texts({"1", "2", "3"}));
}

TEST_P(Sqlite, BytesKeysWithNulAsBlobOrText) {
  database->exec("CREATE TABLE m(id INTEGER PRIMARY KEY, k BLOB);"
                 "INSERT INTO m VALUES (1, x'610062'), (2, x'61'), (3, 'a'), (4, x'')");
  open();
  Keyed model(REL_TYPE_BYTES);
  auto got = rows(Lookup(model, {"k"}),
                  {Key().b(std::string("a\0b", 3)), Key().b("a"), Key().b(""), Key().b("\xff")});
  EXPECT_EQ(column(got[0], 1), Texts({"1"}));
  EXPECT_EQ(column(got[1], 1), Texts({"2", "3"}));
  EXPECT_EQ(column(got[2], 1), Texts({"4"}));
  EXPECT_TRUE(got[3].empty());
}

TEST_P(Sqlite, IntegerKeysOverColumnsOfEveryAffinity) {
  for (const std::string type : {"INTEGER", "BIGINT", "NUMERIC", "", "REAL", "TEXT"}) {
    database->exec("CREATE TABLE m(id INTEGER PRIMARY KEY, k " + type +
                   "); INSERT INTO m VALUES (1, 5), (2, 6)");
    open();
    Keyed model(type == "TEXT" ? REL_TYPE_STRING : type == "REAL" ? REL_TYPE_DOUBLE : REL_TYPE_INT64);
    Lookup lookup(model, {"k"});
    auto key = [&](int64_t value) { return type == "TEXT" ? skey(std::to_string(value)) : ikey(value); };
    auto got = rows(lookup, {key(6), key(5), key(7)});
    EXPECT_EQ(column(got[0], 1), Texts({"2"})) << type;
    EXPECT_EQ(column(got[1], 1), Texts({"1"})) << type;
    EXPECT_TRUE(got[2].empty()) << type;
    close();
    database->exec("DROP TABLE m");
  }
}

TEST_P(Sqlite, RealThatEqualsAnIntegerKeySpoilsItsRowOnly) {
  database->exec("CREATE TABLE m(id INTEGER PRIMARY KEY, k); INSERT INTO m VALUES (1, 5), (2, 5.0), (3, 6)");
  open();
  Keyed model(REL_TYPE_INT64);
  Lookup lookup(model, {"k"});
  Collector some(plan(lookup), {ikey(6), ikey(5)});
  ASSERT_EQ(some.run(store), REL_OK) << some.message;
  EXPECT_EQ(column(some.rows[1], 1), Texts({"1"}));
  EXPECT_EQ(column(some.rows[0], 1), Texts({"3"}));
  ASSERT_EQ(some.bad[1].size(), 1u);
  EXPECT_EQ(some.bad[1][0], "m.k of the row with key 2: REAL 5 does not fit int64");
}

TEST_P(Sqlite, ViewsAreReadLikeTables) {
  database->exec(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT COLLATE NOCASE); INSERT INTO t VALUES (1, 'a'), (2, "
      "'A'), "
      "(3, 'b'); CREATE VIEW m AS SELECT id, k FROM t WHERE id <> 3 UNION ALL SELECT 10 + id, k FROM t");
  open();
  Keyed model(REL_TYPE_STRING);
  EXPECT_EQ(column(rows(Lookup(model, {"k"}), {skey("a"), skey("b")})[1], 1), Texts({"13"}));
}

TEST_P(Sqlite, WithoutRowidGeneratedAndStrict) {
  database->exec(
      "CREATE TABLE m(k TEXT, id INTEGER, g TEXT GENERATED ALWAYS AS (k || '!') VIRTUAL, PRIMARY KEY(k, id)) "
      "STRICT, WITHOUT ROWID; INSERT INTO m(k, id) VALUES ('a', 2), ('a', 1), ('b', 3)");
  open();
  Keyed model(REL_TYPE_STRING);
  model.add("g", 3, REL_TYPE_STRING);
  auto got = rows(Lookup(model, {"k"}), {skey("a"), skey("b")});
  EXPECT_EQ(column(got[0], 1), Texts({"1", "2"}));
  EXPECT_EQ(column(got[1], 3), Texts({"b!"}));
}

TEST_P(Sqlite, TableWithTheNameOfTheKeysIsRefusedBySqliteItself) {
  EXPECT_EQ(sqlite3_exec(sqlite().db, "CREATE TABLE sqlite_relations_keys(x)", nullptr, nullptr, nullptr),
            SQLITE_ERROR);
}

// --- Rows that do not fit ---

TEST_P(Sqlite, BadRowSpoilsItsKeyAndTheBatchGoesOn) {
  database->exec(Books::table);
  database->exec(
      "INSERT INTO books VALUES (1, 1, 'a'), (2, 2, CAST(x'ff' AS TEXT)), (3, 2, 'c'), (4, 3, 'd'), "
      "(5, 3, CAST(x'610062' AS TEXT))");
  open();
  Books books;
  Lookup lookup(books, {"author_id"});
  Collector some(plan(lookup), {ikey(1), ikey(2), ikey(3)});
  ASSERT_EQ(some.run(store), REL_OK);
  EXPECT_EQ(some.rows[0].size(), 1u);
  EXPECT_EQ(some.rows[1].size(), 1u);
  ASSERT_EQ(some.bad[1].size(), 1u);
  EXPECT_TRUE(has(some.bad[1][0], "books.title of the row with key 2")) << some.bad[1][0];
  EXPECT_TRUE(has(some.bad[1][0], "not UTF-8")) << some.bad[1][0];
  ASSERT_EQ(some.bad[2].size(), 1u);
  EXPECT_TRUE(has(some.bad[2][0], "NUL")) << some.bad[2][0];
}

// --- Deadlines and locks ---

constexpr const char *endless =
    "CREATE VIEW m AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) "
    "SELECT id, -id AS k FROM n";

TEST_P(Sqlite, DeadlineInterruptsARunningStatement) {
  database->exec(endless);
  open();
  Keyed model(REL_TYPE_INT64);
  Lookup lookup(model, {"k"});
  rel_plan *made = plan(lookup);
  for (const Texts &keys : {Texts{ikey(1)}, Texts{ikey(1), ikey(2)}}) {
    Collector never(made, keys);
    never.set_deadline(rel_clock_ns() + 20 * REL_NS_PER_MS);
    EXPECT_EQ(never.run(store), REL_TIMEOUT) << never.message;
    EXPECT_EQ(never.total(), 0u);
  }
}

// A batch of several statements is one transaction; it must not stay open, or its snapshot would be served
// for ever.
TEST_P(Sqlite, BatchThatFailsHalfWayLeavesNoSnapshotBehind) {
  database->exec(Books::table);
  database->exec("INSERT INTO books VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c')");
  open(1, 1);
  Books books;
  Lookup lookup(books, {"author_id"});
  rel_plan *made = plan(lookup);
  Collector limited(made, {ikey(1), ikey(2), ikey(3)});
  limited.refuse_at(2);
  EXPECT_EQ(limited.run(store), REL_LIMIT);
  Collector late(made, {ikey(1), ikey(2), ikey(3)});
  late.on_row = [&] { late.set_deadline(0); };
  EXPECT_EQ(late.run(store), REL_TIMEOUT);
  EXPECT_EQ(late.total(), 1u);
  database->exec("INSERT INTO books VALUES (4, 1, 'd')");
  Collector after(made, {ikey(1), ikey(2)});
  EXPECT_EQ(after.run(store), REL_OK) << after.message;
  EXPECT_EQ(after.total(), 3u);
}

// Rows that lie scattered are found by one statement and read by another. In a rollback journal's modes
// nobody can write in between.
TEST_P(Sqlite, RowsAreReadFromTheStateOfTheDatabaseInWhichTheyWereFound) {
  if (!sqlite().is_wal()) return;
  database->exec(SCATTERED_NUMBERS);
  database->exec(Books::table);
  database->exec(scattered_books(40000, 100));
  open();
  Books books;
  Lookup lookup(books, {"author_id"});
  Collector all(plan(lookup), scattered_keys(100));
  bool written = false;
  all.on_row = [&] {
    if (!written) database->exec("DELETE FROM books WHERE id > 100");
    written = true;
  };
  EXPECT_EQ(all.run(store), REL_OK) << all.message;
  EXPECT_EQ(all.total(), 40000u);
  Collector after(plan(lookup), scattered_keys(100));
  EXPECT_EQ(after.run(store), REL_OK) << after.message;
  EXPECT_EQ(after.total(), 100u);
}

TEST_P(Sqlite, DeadlineThatMovesWhileTheStatementRunsIsTheOneThatCounts) {
  database->exec(endless);
  open();
  Keyed model(REL_TYPE_INT64);
  Lookup lookup(model, {"k"});
  Collector never(plan(lookup), {ikey(1)});
  never.set_deadline(REL_NEVER);
  never.submit(store);
  never.set_deadline(rel_clock_ns() + 20 * REL_NS_PER_MS);
  EXPECT_EQ(never.wait(), REL_TIMEOUT);
}

TEST_P(Sqlite, ABatchThatNobodyWaitsForIsInterrupted) {
  database->exec(endless);
  database->exec(Books::table);
  open();
  Keyed model(REL_TYPE_INT64);
  Lookup lookup(model, {"k"});
  Collector left(plan(lookup), {ikey(1)});
  left.leave();
  EXPECT_EQ(left.run(store), REL_TIMEOUT) << left.message;
  EXPECT_TRUE(left.given_up);
  Books books;
  Lookup of_author(books, {"author_id"});
  Collector after(plan(of_author), {ikey(1)});
  EXPECT_EQ(after.run(store), REL_OK) << after.message;
  EXPECT_FALSE(after.given_up);
}

TEST_P(Sqlite, StopLetsTheRunningBatchEndAndRefusesTheWaitingOnes) {
  database->exec(endless);
  database->exec(Books::table);
  open(0, 1);
  Keyed model(REL_TYPE_INT64);
  Books books;
  Lookup lookup(model, {"k"}), other(books, {"id"});
  Collector running(plan(lookup), {ikey(1)});
  Collector waiting(plan(other), {ikey(1)});
  running.submit(store);
  running.wait_taken();
  waiting.submit(store);
  std::thread stopper([&] { store->ops->stop(store); });
  running.set_deadline(0);
  stopper.join();
  EXPECT_EQ(running.wait(), REL_TIMEOUT);
  rel_code code = waiting.wait(); // it ran if the thread came to it before the stop
  EXPECT_TRUE(code == REL_UNAVAILABLE || code == REL_OK) << code;
  EXPECT_EQ(waiting.dones, 1);
}

TEST_P(Sqlite, LockedDatabaseIsUnavailableWhenItStaysLocked) {
  database->exec(Books::table);
  rel_error error{};
  ASSERT_EQ(open_at(database->url(), &error), REL_OK) << error.message;
  Books books;
  Lookup lookup(books, {"id"});
  rel_plan *made = plan(lookup);
  database->exec("BEGIN EXCLUSIVE; INSERT INTO books VALUES (1, 1, 'x')");
  Collector some(made, {ikey(1)});
  bool is_wal = sqlite().is_wal();
  EXPECT_EQ(some.run(store), is_wal ? REL_OK : REL_UNAVAILABLE) << some.message;
  if (!is_wal) { // a caller with less time than that waits no longer
    Collector hasty(made, {ikey(1)});
    hasty.set_deadline(rel_clock_ns() + 5 * REL_NS_PER_MS);
    EXPECT_EQ(hasty.run(store), REL_TIMEOUT) << hasty.message;
  }
  database->exec("COMMIT");
  Collector after(made, {ikey(1)});
  EXPECT_EQ(after.run(store), REL_OK) << after.message;
  EXPECT_EQ(after.total(), 1u);
}

// --- Opening ---

TEST(SqlitePersist, AWriterThatBeginsIsNotTakenForOneThatCrashed) {
  SqliteDatabase database("persist");
  database.exec(std::string(Books::table) + "INSERT INTO books VALUES (1, 7, 'a')");
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    while (!stop)
      database.exec("UPDATE books SET author_id = author_id + 1");
  });
  rel_error error{};
  rel_sqlite_conn conn{};
  EXPECT_EQ(rel_sqlite_conn_open(&conn, database.path.c_str(), 60 * REL_NS_PER_S, &error), REL_OK);
  for (int i = 0; i < 20000; i++)
    ASSERT_EQ(rel_sqlite_exec(&conn, "SELECT * FROM books", &error), REL_OK) << error.message;
  rel_sqlite_conn_close(&conn);
  stop = true;
  writer.join();
}

// Another database takes the file's name, in one step. Its -wal and -shm, if any, are gone by then, as they
// must be.
class Replaced : public Sqlite {
protected:
  void SetUp() override {
    Sqlite::SetUp();
    fill(sqlite(), "old");
    open();
  }
  void fill(SqliteDatabase &at, const std::string &title) {
    at.exec(std::string(Books::table) + "INSERT INTO books VALUES (1, 7, '" + title + "')");
  }
  void remove_file() {
    sqlite().disconnect();
    for (const char *suffix : {"", "-wal", "-shm"})
      std::filesystem::remove(sqlite().path + suffix);
  }
  void replace(const std::string &title) {
    SqliteDatabase other("delete");
    fill(other, title);
    other.disconnect();
    remove_file();
    std::filesystem::rename(other.path, sqlite().path);
  }
  std::string title() {
    auto got = rows(Lookup(books_, {"id"}), {ikey(1)});
    return got[0].empty() ? "" : column(got[0], 3)[0];
  }
  uint64_t version() { return store->ops->version(store); }

  Books books_;
};

INSTANTIATE_TEST_SUITE_P(Modes, Replaced, testing::Values(DatabaseFactory(wal), DatabaseFactory(rollback)),
                         [](const auto &info) { return info.index == 0 ? "wal" : "rollback"; });

TEST_P(Replaced, AFileThatTookTheNameIsReadAndTheOldOneIsNot) {
  EXPECT_EQ(title(), "old");
  uint64_t before = version();
  ASSERT_NE(before, 0u);
  replace("new");
  EXPECT_EQ(title(), "new");
  EXPECT_NE(version(), 0u);
  EXPECT_NE(version(), before);
}

TEST_P(Replaced, NobodyAsksTheDatabaseAndTheVersionTellsAllTheSame) {
  uint64_t before = version();
  replace("new");
  uint64_t now;
  while ((now = version()) == before)
    usleep(1000);
  EXPECT_EQ(now, 0u); // nothing out of a cache until a statement has opened the new file
  EXPECT_EQ(title(), "new");
  EXPECT_GT(version(), before);
}

TEST_P(Replaced, AFileThatIsGoneIsAnErrorUntilThereIsOne) {
  Lookup lookup(books_, {"id"});
  rel_plan *by_id = plan(lookup);
  uint64_t before = version();
  remove_file();
  for (int i = 0; i < 3; i++) {
    Collector collector(by_id, {ikey(1)});
    EXPECT_EQ(collector.run(store), REL_UNAVAILABLE);
    EXPECT_TRUE(has(collector.message, "cannot be opened")) << collector.message;
    EXPECT_EQ(version(), 0u);
  }
  replace("new");
  EXPECT_EQ(title(), "new");
  EXPECT_GT(version(), before);
}

TEST_P(Replaced, ALinkThatPointsElsewhereIsFollowed) {
  close();
  std::string link = sqlite().directory + "/current.db";
  std::filesystem::create_symlink(sqlite().path, link);
  rel_error error{};
  ASSERT_EQ(open_at("sqlite:" + link, &error), REL_OK) << error.message;
  EXPECT_EQ(title(), "old");
  SqliteDatabase other("delete");
  fill(other, "new");
  std::filesystem::create_symlink(other.path, link + ".next");
  std::filesystem::rename(link + ".next", link);
  EXPECT_EQ(title(), "new");
  close(); // before the other database's folder goes
}

TEST_P(Sqlite, UrlsThatNameNoDatabase) {
  EXPECT_TRUE(has(refusal("mysql://root:secret@host/db", REL_INVALID), "sqlite:FILE"));
  EXPECT_FALSE(has(refusal("mysql://root:secret@host/db", REL_INVALID), "secret"));
  refusal("", REL_INVALID);
  refusal("sqlite:", REL_INVALID);
  refusal("sqlite::memory:", REL_INVALID);
}

TEST_P(Sqlite, FilesThatCannotBeRead) {
  EXPECT_TRUE(has(refusal("sqlite:/nowhere/at/all.db"), "/nowhere/at/all.db"));
  EXPECT_FALSE(std::filesystem::exists("/nowhere"));
  EXPECT_TRUE(
      has(refusal("sqlite:" + file("text.db", "This is not a database, but it is long enough to look at."
                                              " It goes on for more than a hundred bytes, so here is more.")),
          "not a SQLite database"));
  refusal("sqlite:" + sqlite().directory);
}

TEST_P(Sqlite, NamesThatLookLikeUrisAreFiles) {
  std::filesystem::current_path(sqlite().directory);
  refusal("sqlite:file:test.db?mode=rwc");
  rel_error error{};
  EXPECT_EQ(open_at("sqlite:test.db", &error), REL_OK) << error.message;
  std::filesystem::current_path("/");
}

TEST_P(Sqlite, DamagedFileIsAnErrorOfTheBatch) {
  database->exec("CREATE TABLE m(id INTEGER PRIMARY KEY, k TEXT)");
  for (int i = 0; i < 500; i++)
    database->exec("INSERT INTO m(k) VALUES (hex(randomblob(500)))");
  sqlite().disconnect();
  int fd = ::open(sqlite().path.c_str(), O_WRONLY);
  std::string garbage(4096, '\x5a');
  for (off_t page = 1; page < 400; page++)
    ASSERT_EQ(pwrite(fd, garbage.data(), garbage.size(), page * 4096), ssize_t(garbage.size()));
  ::close(fd);
  open();
  Keyed model(REL_TYPE_STRING);
  Lookup lookup(model, {"id"});
  Collector some(plan(lookup), {ikey(1), ikey(2)});
  EXPECT_EQ(some.run(store), REL_INTERNAL);
  EXPECT_TRUE(has(some.message, "damaged")) << some.message;
}

// The superuser may write anywhere, so for a while the test is nobody.
class Nobody {
public:
  Nobody() { became_ = geteuid() != 0 || seteuid(65534) == 0; }
  ~Nobody() {
    if (getuid() == 0 && seteuid(0) != 0) abort();
  }
  bool became() const { return became_; }

private:
  bool became_;
};

TEST_P(Sqlite, WalInADirectoryThatNobodyMayWriteToIsAClearError) {
  char directory[] = "/tmp/relations-XXXXXX";
  ASSERT_NE(mkdtemp(directory), nullptr);
  sqlite().exec("PRAGMA journal_mode = wal; CREATE TABLE t(x)");
  sqlite().disconnect();
  std::string path = std::string(directory) + "/test.db";
  std::filesystem::copy(sqlite().path, path);
  chmod(path.c_str(), 0444);
  chmod(directory, 0555);
  bool tried;
  {
    Nobody nobody;
    tried = nobody.became();
    if (tried) {
      std::string message = refusal("sqlite:" + path);
      EXPECT_TRUE(has(message, path) && has(message, "-shm")) << message;
    }
  }
  chmod(directory, 0755);
  std::filesystem::remove_all(directory);
  if (!tried) GTEST_SKIP() << "this superuser cannot become nobody";
}

TEST_P(Sqlite, EmptyFileIsADatabaseWithoutTables) {
  std::string path = file("empty.db", "");
  rel_error error{};
  ASSERT_EQ(open_at("sqlite:" + path, &error), REL_OK) << error.message;
  EXPECT_NE(store->ops->version(store), 0u);
}

// The journal mode is the user's; and a reader never writes.
TEST_P(Sqlite, NothingIsWrittenAndNothingConverted) {
  database->exec(Books::table);
  std::string before = sqlite().is_wal() ? "wal" : "delete";
  open();
  Books books;
  rows(Lookup(books, {"id"}), {ikey(1), ikey(2)});
  close();
  EXPECT_EQ(sqlite().is_wal() ? "wal" : "delete", before);
}

// Which has no row numbers to read them by.
TEST_P(Sqlite, TableThatBecomesAViewUnderAPlanKeepsItsRows) {
  database->exec(SCATTERED_NUMBERS);
  database->exec(Books::table);
  database->exec(scattered_books(1000, 100));
  open(0, 1);
  Books books;
  Lookup lookup(books, {"author_id"});
  rel_plan *made = plan(lookup);
  Collector before(made, scattered_keys(100));
  EXPECT_EQ(before.run(store), REL_OK) << before.message;
  database->exec("ALTER TABLE books RENAME TO stored; CREATE VIEW books AS SELECT * FROM stored");
  for (int time = 1; time <= 2; time++) {
    Collector after(made, scattered_keys(100));
    EXPECT_EQ(after.run(store), REL_OK) << after.message;
    EXPECT_TRUE(after.rows == before.rows) << after.total();
  }
  database->exec("DROP VIEW books");
  Collector gone(made, scattered_keys(100));
  EXPECT_EQ(gone.run(store), REL_PRECONDITION);
  EXPECT_TRUE(has(gone.message, "no such table: main.books")) << gone.message;
}

TEST_P(Sqlite, TableThatIsAlteredUnderAPlan) {
  database->exec(Books::table);
  database->exec("INSERT INTO books VALUES (1, 1, 'x')");
  open();
  Books books;
  Lookup lookup(books, {"id"});
  rel_plan *made = plan(lookup);
  Collector before(made, {ikey(1)});
  EXPECT_EQ(before.run(store), REL_OK);
  database->exec("ALTER TABLE books ADD COLUMN pages INTEGER; CREATE INDEX t ON books(title)");
  Collector after(made, {ikey(1)});
  EXPECT_EQ(after.run(store), REL_OK) << after.message;
  EXPECT_EQ(after.total(), 1u);
  database->exec("DROP TABLE books");
  Collector gone(made, {ikey(1)});
  EXPECT_EQ(gone.run(store), REL_PRECONDITION);
  EXPECT_TRUE(has(gone.message, "no longer fits the schema: no such table: main.books")) << gone.message;
}

} // namespace
