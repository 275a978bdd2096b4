// Statements that a connection keeps prepared for queries.
#include "tests/server/store/sqlite_database.h"

#include "server/store/sqlite_conn.h"

namespace {

class SqliteKept : public testing::Test {
protected:
  SqliteKept() {
    rel_error error;
    database_.exec(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, rank INTEGER); INSERT INTO items VALUES (1, 5)");
    EXPECT_EQ(rel_sqlite_conn_open(&conn_, database_.path.c_str(), REL_NS_PER_S, &error), REL_OK)
        << error.message;
  }
  ~SqliteKept() override { rel_sqlite_conn_close(&conn_); }

  sqlite3_stmt *take(const std::string &sql) {
    sqlite3_stmt *statement = nullptr;
    EXPECT_EQ(tell(sql, &statement), SQLITE_OK) << sqlite3_errmsg(conn_.db);
    return statement;
  }
  int tell(const std::string &sql, sqlite3_stmt **statement) {
    return rel_sqlite_kept_take(&conn_, sql.c_str(), statement);
  }
  void give(sqlite3_stmt *statement) { rel_sqlite_kept_give(&conn_, statement); }

  bool keeps(const std::string &sql) const {
    for (size_t i = 0; i < conn_.kept_count; i++)
      if (sqlite3_sql(conn_.kept[i].statement) == sql) return true;
    return false;
  }

  SqliteDatabase database_{"wal"};
  rel_sqlite_conn conn_ = {};
};

TEST_F(SqliteKept, TheSameTextIsPreparedOnce) {
  sqlite3_stmt *one = take("SELECT 1"), *two = take("SELECT 2");
  EXPECT_NE(one, two);
  give(one);
  give(two);
  EXPECT_EQ(take("SELECT 1"), one);
  EXPECT_EQ(take("SELECT 2"), two);
  give(one);
  give(two);
}

TEST_F(SqliteKept, OneThatRunsIsNotFound) {
  sqlite3_stmt *one = take("SELECT 1"), *other = take("SELECT 1");
  EXPECT_NE(one, other);
  EXPECT_EQ(sqlite3_step(one), SQLITE_ROW);
  give(other);
  EXPECT_EQ(sqlite3_step(one), SQLITE_DONE);
  give(one);
}

TEST_F(SqliteKept, WhatWasBoundAndHowFarItRanIsForgotten) {
  sqlite3_stmt *statement = take("SELECT ?1 UNION ALL SELECT 2");
  sqlite3_bind_int64(statement, 1, 7);
  EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
  EXPECT_EQ(sqlite3_column_int64(statement, 0), 7);
  give(statement);
  ASSERT_EQ(take("SELECT ?1 UNION ALL SELECT 2"), statement);
  EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
  EXPECT_EQ(sqlite3_column_type(statement, 0), SQLITE_NULL);
  give(statement);
}

TEST_F(SqliteKept, OneWhoseRunFailedRunsAgain) {
  sqlite3_stmt *statement = take("SELECT abs(?1)");
  sqlite3_bind_int64(statement, 1, INT64_MIN);
  EXPECT_NE(sqlite3_step(statement), SQLITE_ROW); // an overflow
  give(statement);
  ASSERT_EQ(take("SELECT abs(?1)"), statement);
  sqlite3_bind_int64(statement, 1, -3);
  EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
  EXPECT_EQ(sqlite3_column_int64(statement, 0), 3);
  give(statement);
}

TEST_F(SqliteKept, TheLeastRecentlyUsedGoFirst) {
  for (int i = 0; i < REL_SQLITE_MAX_KEPT; i++)
    give(take("SELECT " + std::to_string(i)));
  give(take("SELECT 0")); // so that 1 is the oldest
  give(take("SELECT 100"));
  EXPECT_EQ(conn_.kept_count, static_cast<size_t>(REL_SQLITE_MAX_KEPT));
  EXPECT_TRUE(keeps("SELECT 0"));
  EXPECT_FALSE(keeps("SELECT 1"));
  EXPECT_TRUE(keeps("SELECT 100"));
  rel_sqlite_kept_forget(&conn_);
  EXPECT_EQ(conn_.kept_count, 0u);
  EXPECT_EQ(sqlite3_next_stmt(conn_.db, nullptr), nullptr);
}

TEST_F(SqliteKept, LongOnesAreNotKept) {
  give(take("SELECT '" + std::string(9000, 'x') + "'"));
  EXPECT_EQ(conn_.kept_count, 0u);
  EXPECT_EQ(sqlite3_next_stmt(conn_.db, nullptr), nullptr);
}

TEST_F(SqliteKept, WhatIsNoStatementIsNotKept) {
  sqlite3_stmt *statement = nullptr;
  EXPECT_NE(tell("SELECT FROM", &statement), SQLITE_OK);
  EXPECT_EQ(statement, nullptr);
  give(statement);
  EXPECT_EQ(conn_.kept_count, 0u);
}

TEST_F(SqliteKept, ATableThatIsAlteredIsReadAsItIs) {
  static const char sql[] = "SELECT rank FROM items";
  give(take(sql));
  database_.exec("ALTER TABLE items RENAME TO old; CREATE TABLE items (rank INTEGER, id INTEGER PRIMARY KEY);"
                 "INSERT INTO items VALUES (8, 1)");
  sqlite3_stmt *statement = take(sql);
  EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
  EXPECT_EQ(sqlite3_column_int64(statement, 0), 8);
  give(statement);
  database_.exec("DROP TABLE items");
  statement = take(sql);
  EXPECT_NE(sqlite3_step(statement), SQLITE_ROW);
  give(statement);
}

} // namespace
