// Bounds before exact comparisons of times and decimals: they take no row away, and an index knows them.
#include "tests/server/store/sqlite_database.h"

#include "server/store/sqlite_writer.h"

#include <memory>
#include <random>
#include <set>

namespace {

using fixture::Model;
using Ids = std::set<int64_t>;

const std::pair<rel_operator, const char *> kOperators[] = {{REL_OP_EQ, "="}, {REL_OP_NE, "<>"},
                                                            {REL_OP_LT, "<"}, {REL_OP_LE, "<="},
                                                            {REL_OP_GT, ">"}, {REL_OP_GE, ">="}};

class SqliteBounds : public testing::Test {
protected:
  void TearDown() override { rel_sqlite_conn_close(&conn_); }

  // Table m, whose column has bounds, and o, which is the same but for a collation that does not order texts
  // by their bytes, so that it has none.
  void Open(const std::string &type) {
    database_.exec("CREATE TABLE m(id INTEGER PRIMARY KEY, v " + type +
                   "); CREATE INDEX m_v ON m(v);"
                   "CREATE TABLE o(id INTEGER PRIMARY KEY, v " +
                   type + " COLLATE NOCASE)");
    rel_error error = {};
    ASSERT_EQ(rel_sqlite_conn_open(&conn_, database_.path.c_str(), REL_NS_PER_S, &error), REL_OK)
        << error.message;
  }
  void Insert(int id, const std::string &value) {
    for (const char *table : {"m", "o"})
      database_.exec(std::string("INSERT INTO ") + table + " VALUES (" + std::to_string(id) + ", " + value +
                     ")");
  }
  std::unique_ptr<Model> Make(const char *table, bool decimal, int64_t units_per_second) {
    auto model = std::make_unique<Model>(table);
    model->add("id", 1, REL_TYPE_INT64);
    rel_field *field = model->add("v", 2, decimal ? REL_TYPE_STRING : REL_TYPE_TIMESTAMP);
    field->decimal = decimal;
    field->time_units_per_second = units_per_second;
    model->primary_key({(*model)["id"]});
    return model;
  }
  Ids Compare(Model &model, rel_operator op, const rel_constant &value) {
    rel_arena arena;
    rel_arena_init(&arena);
    rel_condition c = {};
    c.kind = REL_CONDITION_COMPARE;
    c.operator_ = op;
    c.field = model["v"];
    c.values = &value;
    c.value_count = 1;
    rel_sqlite_writer w = {};
    w.conn = &conn_;
    w.model = &model.model;
    w.arena = &arena;
    rel_buf_cstr(&w.sql, "SELECT t.id FROM ");
    rel_sqlite_put_table(&w.sql, 0, &model.model);
    rel_buf_cstr(&w.sql, " WHERE ");
    rel_sqlite_put_condition(&w, &c);
    sql_ = rel_buf_text(&w.sql);
    sqlite3_stmt *stmt = nullptr;
    EXPECT_EQ(rel_sqlite_prepare(&conn_, sql_.c_str(), 0, &stmt), SQLITE_OK) << sqlite3_errmsg(conn_.db);
    EXPECT_EQ(rel_sqlite_bind_values(stmt, 0, w.bindings, w.count), SQLITE_OK);
    Ids ids;
    while (sqlite3_step(stmt) == SQLITE_ROW)
      EXPECT_TRUE(ids.insert(sqlite3_column_int64(stmt, 0)).second);
    sqlite3_finalize(stmt);
    rel_sqlite_writer_fini(&w);
    rel_arena_fini(&arena);
    return ids;
  }
  std::string Explain() {
    sqlite3_stmt *stmt = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(conn_.db, ("EXPLAIN QUERY PLAN " + sql_).c_str(), -1, &stmt, nullptr),
              SQLITE_OK);
    std::string steps;
    while (sqlite3_step(stmt) == SQLITE_ROW)
      steps += std::string((const char *)sqlite3_column_text(stmt, 3)) + "\n";
    sqlite3_finalize(stmt);
    return steps;
  }
  // Both tables give the same, for every operator.
  void Same(bool decimal, int64_t units, const rel_constant &value, const std::string &what) {
    auto with = Make("m", decimal, units), without = Make("o", decimal, units);
    for (const auto &op : kOperators) {
      Ids expected = Compare(*without, op.first, value);
      EXPECT_EQ(sql_.find(" AND "), std::string::npos) << "no bounds: " << sql_;
      EXPECT_EQ(Compare(*with, op.first, value), expected) << op.second << " " << what << "\n" << sql_;
      found_ += expected.size();
    }
  }

  SqliteDatabase database_{"wal"};
  rel_sqlite_conn conn_{};
  std::string sql_;
  size_t found_ = 0;
};

unsigned Seed() {
  const char *given = getenv("RELATIONS_TEST_SEED");
  return given != nullptr ? (unsigned)atoi(given) : 1;
}

// Around a few moments, in every form, with zones as far from UTC as they are read.
std::string TimeForm(std::mt19937 &random, int64_t seconds, int64_t units) {
  auto number = [&](int64_t value) { return std::to_string(value); };
  if (random() % 3 == 0) return number(seconds * units + (int64_t)(random() % 3) - 1);
  const int offsets[] = {0, 0, 23 * 3600 + 59 * 60, -(23 * 3600 + 59 * 60), 5 * 3600, -9 * 3600};
  int offset = offsets[random() % 6];
  time_t local = (time_t)(seconds + offset);
  tm civil;
  gmtime_r(&local, &civil);
  char text[64], zone[16];
  strftime(text, sizeof text, random() % 2 == 0 ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &civil);
  if (civil.tm_year + 1900 < 1000) return "NULL"; // strftime writes fewer digits
  int minutes = abs(offset) / 60;
  snprintf(zone, sizeof zone, "%c%02d:%02d", offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
  std::string form = text;
  if (random() % 3 == 0) form += ".5";
  if (offset != 0 || random() % 2 == 0) form += offset == 0 ? "Z" : zone;
  return "'" + form + "'";
}

TEST_F(SqliteBounds, TimesInEveryFormAreFoundAsBefore) {
  std::mt19937 random(Seed());
  const int64_t moments[] = {0,          -1,           86399,        86400,        951782400 /* a leap day */,
                             1704067200, -30000000000, 253402300799, 253402214400, 1};
  for (const char *type : {"DATETIME", "TEXT", "INTEGER", "BLOB", "REAL"}) {
    for (int64_t units : {INT64_C(1), INT64_C(1000), INT64_C(1000000)}) {
      TearDown();
      database_.exec("DROP TABLE IF EXISTS m; DROP TABLE IF EXISTS o");
      Open(type);
      database_.exec("BEGIN");
      for (int id = 1; id <= 150; id++) {
        int64_t seconds = moments[random() % 10] + (int64_t)(random() % 5) - 2;
        if (seconds > 253402300799) seconds = 253402300799;
        const char *odd[] = {"NULL", "''", "'garbage'", "x'31'", "1e300", "-9223372036854775808", "'~'"};
        Insert(id, random() % 12 == 0 ? odd[random() % 7] : TimeForm(random, seconds, units));
      }
      database_.exec("COMMIT");
      for (int64_t moment : moments) {
        rel_constant value = {};
        value.time.seconds = moment;
        value.time.nanos = random() % 2 == 0 ? 0 : 500000000;
        Same(false, units, value,
             std::string(type) + " " + std::to_string(moment) + " seed " + std::to_string(Seed()));
      }
    }
  }
  EXPECT_GT(found_, 1000u);
}

TEST_F(SqliteBounds, DecimalsInEveryFormAreFoundAsBefore) {
  std::mt19937 random(Seed());
  const char *const digits[] = {"0",
                                "-0.5",
                                "0.1",
                                "12.50",
                                "12.5",
                                "9007199254740993",
                                "-9223372036854775808",
                                "1e0x",
                                "3",
                                "0.30000000000000004",
                                "99999999999999999999.5",
                                "0.3"};
  for (const char *type : {"DECIMAL(10,2)", "TEXT", "REAL", "INTEGER", "BLOB"}) {
    TearDown();
    database_.exec("DROP TABLE IF EXISTS m; DROP TABLE IF EXISTS o");
    Open(type);
    for (int id = 1; id <= 60; id++) {
      std::string text = digits[random() % 12];
      bool number = text.find('x') == std::string::npos && random() % 2 == 0;
      Insert(id, number ? text : random() % 10 == 0 ? "NULL" : "'" + text + "'");
    }
    for (const char *text : digits) {
      if (std::string(text).find('x') != std::string::npos) continue;
      rel_constant value = {};
      value.bytes = rel_cstr(text);
      Same(true, 1, value, std::string(type) + " " + text + " seed " + std::to_string(Seed()));
    }
  }
  EXPECT_GT(found_, 500u);
}

TEST_F(SqliteBounds, AnIndexIsUsed) {
  Open("DATETIME");
  auto times = Make("m", false, 1), decimals = Make("m", true, 1);
  rel_constant now = {}, price = {};
  now.time.seconds = 1704067200;
  price.bytes = rel_cstr("12.5");
  for (rel_operator op : {REL_OP_EQ, REL_OP_LT, REL_OP_LE, REL_OP_GT, REL_OP_GE}) {
    Compare(*times, op, now);
    EXPECT_NE(Explain().find("INDEX m_v (v"), std::string::npos) << Explain() << sql_;
    Compare(*decimals, op, price);
    EXPECT_NE(Explain().find("INDEX m_v (v"), std::string::npos) << Explain() << sql_;
  }
}

} // namespace
