// UUIDs in every spelling: the rows that lookups and queries find are those whose value means the key, by an
// index or without, and an index is read no further than it must be.
#include "tests/server/store/sqlite_database.h"

#include "server/store/sqlite_writer.h"

#include <algorithm>
#include <memory>
#include <random>
#include <set>

namespace {

using fixture::Model;

const char kUuid[] = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

// As SQLite reads it into a numeric column.
bool IsNumber(const std::string &text) {
  return text.find_first_not_of("0123456789eE") == std::string::npos &&
         std::count_if(text.begin(), text.end(), [](char c) { return c == 'e' || c == 'E'; }) <= 1 &&
         isdigit(text.front()) && isdigit(text.back());
}

class SqliteUuid : public testing::Test {
protected:
  void TearDown() override { rel_sqlite_conn_close(&conn_); }

  void Open(const std::string &column, bool indexed) {
    database_.exec("CREATE TABLE m(id INTEGER PRIMARY KEY, u " + column + ")");
    if (indexed) database_.exec("CREATE INDEX m_u ON m(u)");
    rel_error error = {};
    ASSERT_EQ(rel_sqlite_conn_open(&conn_, database_.path.c_str(), REL_NS_PER_S, &error), REL_OK)
        << error.message;
    model_ = std::make_unique<Model>("m");
    model_->add("id", 1, REL_TYPE_INT64);
    model_->add("u", 2, REL_TYPE_STRING)->uuid = true;
    model_->primary_key({(*model_)["id"]});
  }
  void Reopen(const std::string &column, bool indexed) {
    TearDown();
    conn_ = {};
    database_.exec("DROP TABLE IF EXISTS m");
    Open(column, indexed);
  }
  void Insert(int id, const std::string &value) {
    database_.exec("INSERT INTO m VALUES (" + std::to_string(id) + ", " + value + ")");
  }
  static std::string Quoted(const std::string &text) { return "'" + text + "'"; }
  static std::string Blob(const uint8_t uuid[16]) {
    static const char digits[] = "0123456789abcdef";
    std::string hex = "x'";
    for (int i = 0; i < 16; i++)
      hex += {digits[uuid[i] >> 4], digits[uuid[i] & 15]};
    return hex + "'";
  }

  // Ids of the rows where the condition that `put` writes holds.
  template <typename Put> std::set<int64_t> Where(Put put) {
    rel_arena arena;
    rel_arena_init(&arena);
    rel_sqlite_writer w = {};
    w.conn = &conn_;
    w.model = &model_->model;
    w.arena = &arena;
    rel_buf_cstr(&w.sql, "SELECT t.id FROM ");
    rel_sqlite_put_table(&w.sql, 0, &model_->model);
    rel_buf_cstr(&w.sql, " WHERE ");
    put(&w);
    sqlite3_stmt *stmt = nullptr;
    EXPECT_EQ(rel_sqlite_prepare(&conn_, rel_buf_text(&w.sql), 0, &stmt), SQLITE_OK)
        << rel_buf_text(&w.sql) << sqlite3_errmsg(conn_.db);
    EXPECT_EQ(rel_sqlite_bind_values(stmt, 0, w.bindings, w.count), SQLITE_OK);
    std::set<int64_t> ids;
    while (sqlite3_step(stmt) == SQLITE_ROW)
      EXPECT_TRUE(ids.insert(sqlite3_column_int64(stmt, 0)).second) << "a row came twice";
    steps_ = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 0);
    EXPECT_EQ(sqlite3_finalize(stmt), SQLITE_OK);
    rel_sqlite_writer_fini(&w);
    rel_arena_fini(&arena);
    return ids;
  }
  std::set<int64_t> Scope(const uint8_t uuid[16]) {
    rel_buf key = {};
    rel_key_put_uuid(&key, uuid);
    const rel_field *field = (*model_)["u"];
    rel_sqlite_key value = {};
    value.kind = rel_sqlite_key::REL_SQLITE_KEY_VALUE;
    value.value = rel_buf_view(&key);
    auto ids = Where([&](rel_sqlite_writer *w) { rel_sqlite_put_key(w, &field, 1, &value); });
    rel_buf_fini(&key);
    return ids;
  }
  std::set<int64_t> Scope(const char *text) {
    uint8_t uuid[16];
    EXPECT_TRUE(rel_uuid_parse(rel_cstr(text), uuid));
    return Scope(uuid);
  }
  std::set<int64_t> Compare(rel_operator op, const std::vector<std::string> &texts) {
    std::vector<std::string> bytes(texts.size(), std::string(16, '\0'));
    std::vector<rel_constant> values(texts.size());
    for (size_t i = 0; i < texts.size(); i++) {
      EXPECT_TRUE(rel_uuid_parse(rel_cstr(texts[i].c_str()), (uint8_t *)bytes[i].data()));
      values[i].bytes = rel_bytes(bytes[i].data(), 16);
    }
    rel_condition c = {};
    c.kind = REL_CONDITION_COMPARE;
    c.operator_ = op;
    c.field = (*model_)["u"];
    c.values = values.data();
    c.value_count = values.size();
    return Where([&](rel_sqlite_writer *w) { rel_sqlite_put_condition(w, &c); });
  }

  SqliteDatabase database_{"wal"};
  rel_sqlite_conn conn_{};
  std::unique_ptr<Model> model_;
  int steps_ = 0;
};

using Ids = std::set<int64_t>;

// Only all lower and all upper were found.
TEST_F(SqliteUuid, MixedCaseIsFoundByItsIndexAndWithoutOne) {
  for (bool indexed : {true, false}) {
    Reopen("TEXT", indexed);
    Insert(1, "'6Ba7b810-9dAD-11d1-80b4-00C04fd430c8'");
    Insert(2, "'6ba7b810-9dad-11d1-80b4-00c04fd430c9'");
    EXPECT_EQ(Scope(kUuid), Ids{1});
  }
}

// Against what each row means: random spellings of a few UUIDs that share beginnings, and values that are
// none.
TEST_F(SqliteUuid, EveryWayFindsWhatTheValuesMean) {
  const char *given = getenv("RELATIONS_TEST_SEED");
  unsigned seed = given != nullptr ? (unsigned)atoi(given) : 1;
  std::mt19937 random(seed);
  const std::pair<const char *, bool> ways[] = {{"TEXT", true},
                                                {"TEXT", false},
                                                {"TEXT COLLATE NOCASE", true},
                                                {"TEXT COLLATE RTRIM", true},
                                                {"BLOB", true},
                                                {"", true},
                                                {"UUID", true},
                                                {"UUID", false}};
  for (const auto &way : ways) {
    Reopen(way.first, way.second);
    std::vector<std::string> uuids;
    for (int i = 0; i < 12; i++) {
      std::string text =
          i % 2 == 0 || i == 1 ? std::string(32, "abf0"[random() % 4]) : uuids[random() % uuids.size()];
      for (unsigned n = random() % 3; n > 0; n--)
        text[random() % 32] = "0123456789abcdef"[random() % 16];
      uuids.push_back(text);
    }
    std::vector<std::string> meanings; // of row i + 1; "" for none
    database_.exec("BEGIN");
    for (int id = 1; id <= 400; id++) {
      const std::string &bare = uuids[random() % uuids.size()];
      std::string text;
      for (size_t i = 0; i < bare.size(); i++) {
        if (random() % 3 == 0 || id % 7 == 0)
          text += (char)toupper(bare[i]);
        else
          text += bare[i];
      }
      if (random() % 2 == 0)
        for (size_t at : {20, 16, 12, 8})
          text.insert(at, "-");
      if (random() % 4 == 0) text = "{" + text + "}";
      uint8_t uuid[16];
      EXPECT_TRUE(rel_uuid_parse(rel_cstr(text.c_str()), uuid));
      std::string value = random() % 5 == 0 ? Blob(uuid) : Quoted(text), meaning = bare;
      if (way.first == std::string("UUID") && value[0] == '\'' && IsNumber(text)) meaning = ""; // becomes one
      switch (random() % 20) {
      case 0:
        value = "NULL", meaning = "";
        break;
      case 1:
        value = Quoted(text.substr(0, random() % 20)), meaning = "";
        break;
      case 2:
        value = Quoted(text + "0"), meaning = "";
        break;
      case 3:
        value = "x'00'", meaning = "";
        break;
      case 4:
        value = "12", meaning = "";
        break;
      default:
        break;
      }
      Insert(id, value);
      meanings.push_back(meaning);
    }
    database_.exec("COMMIT");
    for (const std::string &uuid : uuids) {
      Ids expected;
      for (size_t i = 0; i < meanings.size(); i++)
        if (meanings[i] == uuid) expected.insert((int64_t)i + 1);
      EXPECT_EQ(Scope(uuid.c_str()), expected) << way.first << " " << uuid << " RELATIONS_TEST_SEED=" << seed;
      EXPECT_EQ(Compare(REL_OP_EQ, {uuid}), expected);
    }
    Ids all, three;
    for (size_t i = 0; i < meanings.size(); i++)
      if (std::find(uuids.begin(), uuids.begin() + 3, meanings[i]) != uuids.begin() + 3)
        three.insert((int64_t)i + 1);
    EXPECT_EQ(Compare(REL_OP_IN, {uuids[0], uuids[1], uuids[2]}), three);
    EXPECT_EQ(Compare(REL_OP_IN, {}), Ids());
  }
}

// A column that is declared UUID is numeric to SQLite: it makes numbers of digits, of those that it is
// compared with as well. The walk went round and round on the spot.
TEST_F(SqliteUuid, DigitsInANumericColumnEndTheWalk) {
  Open("UUID", true);
  const char nil[] = "00000000-0000-0000-0000-000000000000",
             digits[] = "12345678-1234-1234-1234-123456789012",
             exponent[] = "12345678-1234-1234-1234-12345678e012";
  Insert(1, Quoted(nil));
  Insert(2, Quoted(digits));
  Insert(3, Quoted(exponent));
  Insert(4, "'00000000000000000000000000000000'"); // becomes 0
  Insert(5, "'{00000000000000000000000000000000}'");
  Insert(6, "'0000000000000000000000000000000z'");
  Insert(7, "'0000000000000000000000000000000/'");
  Insert(8, "'a'");
  EXPECT_EQ(Scope(nil), (Ids{1, 5}));
  EXPECT_EQ(Scope(digits), Ids{2});
  EXPECT_EQ(Scope(exponent), Ids{3});
  EXPECT_EQ(Compare(REL_OP_EQ, {nil}), (Ids{1, 5}));
  EXPECT_EQ(Scope("99999999-9999-9999-9999-999999999999"), Ids());
}

TEST_F(SqliteUuid, WhatIsNoUuidIsDifferentAndNullIsNeither) {
  Open("TEXT", true);
  Insert(1, Quoted(kUuid));
  Insert(2, "'6BA7B8109DAD11D180B400C04FD430C8'");
  Insert(3, "'none'");
  Insert(4, "NULL");
  EXPECT_EQ(Compare(REL_OP_NE, {kUuid}), Ids{3});
}

// A key costs a few searches, however many rows there are.
TEST_F(SqliteUuid, AnIndexIsWalkedInAFewSteps) {
  Open("TEXT", true);
  database_.exec("INSERT INTO m SELECT value, lower(hex(randomblob(16))) FROM (WITH RECURSIVE s(value) AS "
                 "(SELECT 1 UNION ALL SELECT value + 1 FROM s WHERE value < 2000) SELECT value FROM s)");
  Insert(3000, "'6bA7b8109dad11d180b400c04fd430c8'");
  EXPECT_EQ(Scope(kUuid), Ids{3000});
  int few = steps_;
  database_.exec("INSERT INTO m SELECT value, lower(hex(randomblob(16))) FROM (WITH RECURSIVE s(value) AS "
                 "(SELECT 10000 UNION ALL SELECT value + 1 FROM s WHERE value < 60000) SELECT value FROM s)");
  EXPECT_EQ(Scope(kUuid), Ids{3000});
  EXPECT_LT(steps_, 2 * few + 200);
}

// SQLite's parser has a stack of 100 entries.
TEST_F(SqliteUuid, ConditionsMayBeAsDeepAsAnyOther) {
  Open("TEXT", true);
  Insert(1, Quoted(kUuid));
  uint8_t uuid[16];
  ASSERT_TRUE(rel_uuid_parse(rel_cstr(kUuid), uuid));
  rel_constant value = {};
  value.bytes = rel_bytes(uuid, 16);
  std::vector<rel_condition> chain(REL_CONDITION_MAX_DEPTH);
  std::vector<const rel_condition *> parts(chain.size());
  for (size_t i = 0; i < chain.size(); i++) {
    rel_condition &c = chain[i];
    c = {};
    if (i == 0) {
      c.kind = REL_CONDITION_COMPARE;
      c.operator_ = REL_OP_EQ;
      c.field = (*model_)["u"];
      c.values = &value;
      c.value_count = 1;
      continue;
    }
    parts[i] = &chain[i - 1];
    c.kind = i % 2 == 0 ? REL_CONDITION_NOT : REL_CONDITION_ALL;
    c.parts = &parts[i];
    c.part_count = 1;
  }
  bool negated = (chain.size() - 1) / 2 % 2 == 1;
  EXPECT_EQ(Where([&](rel_sqlite_writer *w) { rel_sqlite_put_condition(w, &chain.back()); }),
            negated ? Ids() : Ids{1});
}

TEST_F(SqliteUuid, HowIsToldByCollationAndIndex) {
  database_.exec("CREATE TABLE m(id INTEGER PRIMARY KEY, a TEXT, b TEXT, c TEXT COLLATE NOCASE, d TEXT, e "
                 "TEXT, f TEXT UNIQUE);"
                 "CREATE INDEX m_a ON m(a, b); CREATE INDEX m_d ON m(d) WHERE d IS NOT NULL;"
                 "CREATE INDEX m_e ON m(e COLLATE NOCASE); CREATE VIEW v AS SELECT * FROM m");
  rel_error error = {};
  ASSERT_EQ(rel_sqlite_conn_open(&conn_, database_.path.c_str(), REL_NS_PER_S, &error), REL_OK);
  auto how = [&](Model &&model, const char *column) {
    return rel_sqlite_uuid_how(&conn_, &model.model, model.add(column, 1, REL_TYPE_STRING));
  };
  EXPECT_EQ(how(Model("m"), "a"), REL_UUID_WALK);
  EXPECT_EQ(how(Model("m"), "A"), REL_UUID_WALK);
  EXPECT_EQ(how(Model("m"), "f"), REL_UUID_WALK);
  EXPECT_EQ(how(Model("m"), "b"), REL_UUID_EACH) << "not the first of its index";
  EXPECT_EQ(how(Model("m"), "c"), REL_UUID_NOCASE);
  EXPECT_EQ(how(Model("m"), "d"), REL_UUID_EACH) << "the index lacks rows";
  EXPECT_EQ(how(Model("m"), "e"), REL_UUID_EACH) << "the index compares in another way";
  EXPECT_EQ(how(Model("v"), "a"), REL_UUID_EACH);
  EXPECT_EQ(how(Model("nowhere"), "a"), REL_UUID_EACH);
}

} // namespace
