// Odd databases, and the schemas that come of them. Every schema is compiled, and checked against its
// database.
#include "introspect_fixture.h"

#include <random>

namespace {

// --- Types ---

TEST(IntrospectTypes, FollowTheDeclaredTypeWhereValuesFit) {
  std::string text = Schema(
      "CREATE TABLE thing (id INTEGER PRIMARY KEY, flag BOOLEAN NOT NULL, born DATETIME, day DATE NOT NULL, "
      "price "
      "DECIMAL(10,2) NOT NULL, whole NUMERIC(10) NOT NULL, ratio REAL, name VARCHAR(10) NOT NULL, picture "
      "BLOB, key "
      "UUID);"
      "INSERT INTO thing VALUES (1, 1, '2020-01-02 03:04:05.5', '2020-02-29', 1.5, 7, 0.5, 'x', x'00', "
      "'0AB3C4D5-0000-1111-2222-333344445555');");
  ExpectHas(text, "  int64 id = 1;\n");
  ExpectHas(text, "  bool flag = 2;\n");
  ExpectHas(text, "  .google.protobuf.Timestamp born = 3;\n");
  ExpectHas(text, "  .google.protobuf.Timestamp day = 4;\n");
  ExpectHas(text, "  string price = 5 [(.relations.v1.column) = { decimal: true }];\n");
  ExpectHas(text, "  int64 whole = 6;\n");
  ExpectHas(text, "  optional double ratio = 7;\n");
  ExpectHas(text, "  string name = 8;\n");
  ExpectHas(text, "  optional bytes picture = 9;\n");
  ExpectHas(text, "  optional string key = 10 [(.relations.v1.column) = { uuid: true }];\n");
  ExpectHasNot(text, "primary_key"); // `id` is the default
  ExpectHasNot(text, "// Declared");
}

TEST(IntrospectTypes, ValuesThatDoNotFitDecide) {
  std::string text =
      Schema("CREATE TABLE thing (id INTEGER PRIMARY KEY, a DATETIME, b INTEGER, c TEXT, d BOOLEAN, e BLOB, "
             "f NUMERIC, g INT, "
             "h DATE, i BLOB);"
             "INSERT INTO thing VALUES (1, '2020-01-02', 'ten', x'FF', 2, 5, 'n/a', 1.5, 20240131, 'text');"
             "INSERT INTO thing VALUES (2, 'soon', 'two', 'y', 0, 6, 'none', 2, 20240201, 'more');");
  ExpectHas(text,
            "  // Declared DATETIME, but not all of its TEXT values are that.\n  optional string a = 2;\n");
  ExpectHas(text,
            "  // Declared INTEGER, but not all of its TEXT values are that.\n  optional string b = 3;\n");
  ExpectHas(
      text,
      "  // Declared TEXT, but not all of its TEXT and BLOB values are that.\n  optional bytes c = 4;\n");
  ExpectHas(text,
            "  // Declared BOOLEAN, but not all of its INTEGER values are that.\n  optional int64 d = 5;\n");
  ExpectHas(text, "  optional int64 e = 6;\n");
  ExpectHas(text,
            "  // Declared NUMERIC, but not all of its TEXT values are that.\n  optional string f = 7;\n");
  ExpectHas(
      text,
      "  // Declared INT, but not all of its INTEGER and REAL values are that.\n  optional double g = 8;\n");
  ExpectHas(text,
            "  // Declared DATE, but not all of its INTEGER values are that.\n  optional int64 h = 9;\n");
  ExpectHas(text, "  optional bytes i = 10;\n");
}

TEST(IntrospectTypes, BooleansOfOtherDatabases) {
  std::string text =
      Schema("CREATE TABLE thing (id INTEGER PRIMARY KEY, a TINYINT(1), b BIT, c tinyint(1), d TINYINT(4));"
             "INSERT INTO thing VALUES (1, 1, 0, 2, 1);");
  ExpectHas(text, "  optional bool a = 2;\n  optional bool b = 3;\n");
  ExpectHas(text, "  optional int64 c = 4;\n  optional int64 d = 5;\n");
}

TEST(IntrospectTypes, ImpossibleDatesAreNoTimes) {
  for (const char *value : {"2021-02-29", "2020-13-01", "2020-01-01T25:00:00", "2020-01-01T10", "0000-01-01",
                            "2020-01-01 10:00:00 PM", "2020-01-01T10:00:00."}) {
    std::string text = Schema(std::string("CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME);"
                                          "INSERT INTO t VALUES (1, '") +
                              value + "');");
    ExpectHas(text, "optional string at");
  }
}

TEST(IntrospectTypes, IntegersOfTimesTellTheirUnit) {
  std::string text =
      Schema("CREATE TABLE t (id INTEGER PRIMARY KEY, s TIMESTAMP, ms TIMESTAMP, us TIMESTAMP, ns TIMESTAMP);"
             "INSERT INTO t VALUES (1, 1700000000, 1700000000123, 1700000000123456, 1700000000123456789);");
  ExpectHas(text, "  .google.protobuf.Timestamp s = 2;\n");
  ExpectHas(text, "Timestamp ms = 3 [(.relations.v1.column) = { time_unit: TIME_UNIT_MILLISECONDS }];\n");
  ExpectHas(text, "Timestamp us = 4 [(.relations.v1.column) = { time_unit: TIME_UNIT_MICROSECONDS }];\n");
  ExpectHas(text, "  optional int64 ns = 5;\n");
}

TEST(IntrospectTypes, TextThatProtobufCannotHoldIsBytes) {
  std::string text = Schema("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT);"
                            "INSERT INTO t VALUES (1, CAST(x'FF' AS TEXT), CAST(x'610062' AS TEXT));");
  ExpectHas(text, "  // Declared TEXT, but holds text that is not UTF-8, or has a NUL inside.\n  optional "
                  "bytes a = 2;\n");
  ExpectHas(text, "  optional bytes b = 3;\n");
}

TEST(IntrospectTypes, AColumnThatNoTypeFitsIsLeftOutAndKeepsItsNumber) {
  std::string text = Schema("CREATE TABLE t (id INTEGER PRIMARY KEY, \"a\nb\" INTEGER, c INTEGER);"
                            "INSERT INTO t VALUES (1, 'text', 1); INSERT INTO t VALUES (2, 3, 2);");
  ExpectHas(
      text,
      "  // Column 2 \"a?b\" is left out: it holds INTEGER and TEXT values, and no type fits all of them.\n");
  ExpectHas(text, "  optional int64 c = 3;\n");
}

TEST(IntrospectTypes, UuidsAreSoInAnySpelling) {
  for (const char *value : {"0aB3c4d5-0000-1111-2222-333344445555", "0ab3c4d5000011112222333344445555",
                            "{0AB3C4D5-0000-1111-2222-333344445555}"})
    ExpectHas(
        Schema(std::string("CREATE TABLE t (id UUID PRIMARY KEY); INSERT INTO t VALUES ('") + value + "');"),
        "  string id = 1 [(.relations.v1.column) = { uuid: true }];\n");
}

TEST(IntrospectTypes, WhatIsNoUuidIsText) {
  for (const char *value : {"0ab3c4d5-0000-1111-2222-33334444555", "none"})
    ExpectHas(
        Schema(std::string("CREATE TABLE t (id UUID PRIMARY KEY); INSERT INTO t VALUES ('") + value + "');"),
        "  string id = 1;\n");
}

TEST(IntrospectTypes, IntegersBeyondDoubleAreNotDoubles) {
  std::string text = Schema("CREATE TABLE t (id INTEGER PRIMARY KEY, a NUMBER(20, 4), b POINT);"
                            "INSERT INTO t VALUES (1, 9007199254740993, 9007199254740993);"
                            "INSERT INTO t VALUES (2, 0.5, 0.5);");
  ExpectHas(text, "  optional string a = 2 [(.relations.v1.column) = { decimal: true }];\n");
  ExpectHas(text, "  optional string b = 3 [(.relations.v1.column) = { decimal: true }];\n");
}

// --- Keys ---

TEST(IntrospectKeys, CompositeKeysKeepTheirOwnOrder) {
  std::string text = Schema("CREATE TABLE t (a TEXT, b INT, c INT, PRIMARY KEY (c, a)) WITHOUT ROWID;");
  ExpectHas(text, "    primary_key: \"c\"\n    primary_key: \"a\"\n");
  ExpectHas(text, "  string a = 1;\n  optional int64 b = 2;\n  int64 c = 3;\n");
}

TEST(IntrospectKeys, AUniqueSetStandsInForAPrimaryKey) {
  std::string text =
      Schema("CREATE TABLE t (a TEXT NOT NULL, b INT NOT NULL, c INT, UNIQUE (a, b), UNIQUE (c));");
  ExpectHas(text, "// Has no primary key; a unique key stands in for it.\nmessage T {");
  ExpectHas(text, "    primary_key: \"a\"\n    primary_key: \"b\"\n");
}

// It was left out, and with it every join table of Rails.
TEST(IntrospectKeys, TheRowsNumberStandsInWhereThereIsNoKey) {
  std::string text =
      Schema("CREATE TABLE log (line TEXT, rowid TEXT); CREATE TABLE partial (a INT NOT NULL);"
             "CREATE UNIQUE INDEX p ON partial (a) WHERE a > 0;"
             "CREATE TABLE computed (a INT NOT NULL); CREATE UNIQUE INDEX c ON computed (abs(a));"
             "CREATE TABLE nullable (a INT UNIQUE);");
  ExpectHas(text,
            "// Has no key; the row's number, \"_rowid_\", stands in for it, and may change with VACUUM.\n"
            "message Log {\n  option (.relations.v1.model) = {\n    table: \"log\"\n"
            "    primary_key: \"rowid_2\"\n  };\n  optional string line = 1;\n  optional string rowid = 2;\n"
            "  int64 rowid_2 = 999 [(.relations.v1.column) = { name: \"_rowid_\" }];\n");
  for (const char *name : {"Partial", "Computed", "Nullable"})
    ExpectHas(text, std::string("message ") + name + " {");
}

TEST(IntrospectKeys, ATableWithoutAKeyWhoseColumnsHideTheRowsNumberIsLeftOut) {
  std::string text = Nothing("CREATE TABLE log (rowid TEXT, _rowid_ TEXT, oid TEXT);");
  ExpectHas(
      text,
      "// Table \"log\" is left out: it has no primary key, and no unique key whose columns are NOT NULL.\n");
  ExpectHasNot(text, "message");
}

TEST(IntrospectKeys, FloatingPointIsNoKey) {
  std::string text = Schema("CREATE TABLE t (at REAL PRIMARY KEY); INSERT INTO t VALUES (1.5);"
                            "CREATE TABLE u (id INTEGER PRIMARY KEY, t REAL REFERENCES t);");
  ExpectHas(
      text,
      "// Table \"t\" is left out: its key column \"at\" holds floating point numbers, which are no keys.\n");
  ExpectHas(text, "  // No relation for FOREIGN KEY (t) REFERENCES t: there is no model of it\n");
}

TEST(IntrospectKeys, TextInAColumnOfNumbersIsNoKey) {
  std::string text = Schema("CREATE TABLE t (code INT PRIMARY KEY, u UUID); INSERT INTO t VALUES ('a', NULL);"
                            "CREATE TABLE u (id INTEGER PRIMARY KEY, t_code INT REFERENCES t);");
  ExpectHas(text,
            "its key column \"code\" is declared a number and holds something else, which is no key.\n");
}

TEST(IntrospectKeys, TimesAndDecimalsInKeysAreComparable) {
  std::string text =
      Schema("CREATE TABLE reading (sensor NUMERIC NOT NULL, at DATETIME NOT NULL, PRIMARY KEY (sensor, at));"
             "INSERT INTO reading VALUES (1, '2020-01-01');");
  ExpectHas(text, "  int64 sensor = 1;\n  string at = 2;\n");
}

TEST(IntrospectKeys, ANullInAPrimaryKeyIsNoKey) {
  std::string text = Schema("CREATE TABLE t (code TEXT PRIMARY KEY); INSERT INTO t VALUES (NULL), ('a');"
                            "CREATE TABLE u (code TEXT PRIMARY KEY); INSERT INTO u VALUES ('a');");
  ExpectHas(text, "// Table \"t\" is left out: its key column \"code\" holds NULL.\n");
  ExpectHas(text, "  string code = 1;\n");
}

// --- Names ---

TEST(IntrospectNames, ClashesAreNumbered) {
  std::string text =
      Schema("CREATE TABLE people (id INTEGER PRIMARY KEY, \"user id\" INT, userId INT, base INT, note TEXT, "
             "note_case TEXT, \"2fa\" INT, \"\" INT, load_info INT, \"größe\" INT, message INT);"
             "CREATE TABLE Person (id INTEGER PRIMARY KEY);"
             "CREATE TABLE \"2nd\" (id INTEGER PRIMARY KEY); CREATE TABLE \" \" (id INTEGER PRIMARY KEY);"
             "CREATE TABLE tblOrders (id INTEGER PRIMARY KEY);");
  ExpectHas(text, "message Person {\n  option (.relations.v1.model) = {\n    table: \"people\"\n");
  ExpectHas(text, "message Person2 {\n  option (.relations.v1.model) = {\n    table: \"Person\"\n");
  ExpectHas(text, " user_id = 2 [(.relations.v1.column) = { name: \"user id\" }];\n");
  ExpectHas(text, " user_id_2 = 3 [(.relations.v1.column) = { name: \"userId\" }];\n");
  ExpectHas(text, " base = 4 [(.relations.v1.column) = { c_name: \"base_value\" }];\n");
  ExpectHas(text, " note_case = 6;");
  ExpectHas(text, " column_2fa = 7 ");
  ExpectHas(text, "  // Column 8 \"\" is left out: it has no name.\n");
  ExpectHas(text, " grosse = 10 [(.relations.v1.column) = { name: \"größe\" }];\n");
  ExpectHas(text, "  .relations.v1.LoadInfo load_info_2 = 1000;\n");
  ExpectHas(text, "message Table2nd {");
  ExpectHas(text, "message Table {");
  ExpectHas(text, "message Order {");
}

TEST(IntrospectNames, WhatGeneratedCNeedsIsLeftToIt) {
  std::string text = Schema("CREATE TABLE boards (id INTEGER PRIMARY KEY);"
                            "CREATE TABLE lists (id INTEGER PRIMARY KEY, board_id INT REFERENCES boards);"
                            "CREATE TABLE cards (id INTEGER PRIMARY KEY, list_id INT REFERENCES lists);");
  ExpectHas(
      text,
      "  repeated List lists = 1001 [(.relations.v1.has_many) = { foreign_key: \"board_id\" inverse_of: "
      "\"board\" c_name: \"lists_records\" }];\n");
  ExpectHas(text, "inverse_of: \"cards\" c_name: \"list_record\" }];\n");
}

TEST(IntrospectNames, QuotesAndBackslashesAreEscaped) {
  std::string text = Schema("CREATE TABLE \"a\"\"b\\c\nd\" (id INTEGER PRIMARY KEY, \"x\"\"y'\" INT);");
  ExpectHas(text, "    table: \"a\\\"b\\\\c\\012d\"\n");
  ExpectHas(text, "{ name: \"x\\\"y'\" }");
}

TEST(IntrospectNames, ALargeTableKeepsClearOfProtobufsOwnNumbers) {
  std::string sql = "CREATE TABLE wide (c1 INTEGER PRIMARY KEY";
  for (int i = 2; i <= 1500; i++)
    sql += ", c" + std::to_string(i) + " INT";
  std::string text = Schema(sql + ");");
  ExpectHas(text, "  optional int64 c1500 = 1500;\n");
  ExpectHas(text, "  .relations.v1.LoadInfo load_info = 2000;\n");
}

// --- Tables ---

TEST(IntrospectTables, ViewsNeedAKey) {
  std::string text =
      Schema("CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT);"
             "CREATE TABLE books (id INTEGER PRIMARY KEY, author_id INT);"
             "INSERT INTO authors VALUES (1, 'a'); INSERT INTO books VALUES (1, 1), (2, 1);"
             "CREATE VIEW named AS SELECT id AS author, upper(name) AS name FROM authors;"
             "CREATE VIEW repeated AS SELECT a.id FROM authors a JOIN books b ON b.author_id = a.id;"
             "CREATE VIEW broken AS SELECT * FROM gone;");
  ExpectHas(text, "// A view. Its key shows authors.id, and no value comes twice now.\nmessage Named {");
  ExpectHas(text, "    primary_key: \"author\"\n");
  ExpectHas(text, "// View \"repeated\" is left out: no column of the view shows a primary key without "
                  "repeating a value.\n");
  ExpectHas(text, "// View \"broken\" is left out: it cannot be read: ");
}

TEST(IntrospectTables, InternalAndVirtualTablesAreNotModels) {
  std::string text =
      Schema("CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO a VALUES (1); ANALYZE;"
             "CREATE VIRTUAL TABLE words USING fts5(text); CREATE TABLE sqlitex (id INTEGER PRIMARY KEY);");
  ExpectHas(text, "// Table \"words\" is left out: it is a virtual table.\n");
  ExpectHas(text, "message Sqlitex {");
  ExpectHasNot(text, "sequence");
  ExpectHasNot(text, "words_");
}

TEST(IntrospectTables, OnlyThoseThatWereAskedFor) {
  std::string database = MakeDatabase("CREATE TABLE a (id INTEGER PRIMARY KEY);"
                                      "CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INT REFERENCES a);"
                                      "CREATE TABLE c (id INTEGER PRIMARY KEY);");
  CliRun run = RunCli({"introspect", "sqlite:" + database, "-p", "odd.v1", "--table", "B", "-t", "c"});
  EXPECT_EQ(run.status, 0) << run.err;
  ExpectHas(run.out, "message B {");
  ExpectHas(run.out, "message C {");
  ExpectHasNot(run.out, "message A {");
  ExpectHas(run.out, "No relation for FOREIGN KEY (a_id) REFERENCES a: there is no such table");
  run = RunCli({"introspect", "sqlite:" + database, "-p", "odd.v1", "--table", "d"});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.err, "relations: there is no table or view \"d\"\n");
}

// Django's UUIDs are char(32): keys that are asked for with hyphens were not there, and nothing told why.
TEST(IntrospectTables, KeysThatMayBeUuidsAreSaidToBe) {
  const std::string note = "  // Its values may be UUIDs. With uuid: true, here and in what refers to it, "
                           "any spelling finds them.\n";
  const std::string sql =
      "CREATE TABLE customers (id char(32) NOT NULL PRIMARY KEY, digest char(32));"
      "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id char(32) REFERENCES customers,"
      " gift_to char(32) REFERENCES customers);";
  std::string text = Schema(sql + "INSERT INTO customers VALUES ('6a609adc82c751c42f856c3f66106bdd', "
                                  "'0b75ca611f16c68ddb893d016be99297');"
                                  "INSERT INTO orders VALUES (1, '6a609adc82c751c42f856c3f66106bdd', NULL);");
  ExpectHas(text, note + "  string id = 1;\n  optional string digest = 2;\n"); // a digest is no key
  ExpectHas(text, note + "  optional string customer_id = 2;\n  optional string gift_to = 3;\n");
  ExpectHasNot(
      Schema(sql + "INSERT INTO customers VALUES ('6a609adc82c751c42f856c3f66106bdd', NULL), ('x', NULL);"),
      "may be UUIDs");
}

TEST(IntrospectTables, AnEmptyDatabaseIsAnEmptySchema) {
  std::string database = MakeDatabase("SELECT 1");
  CliRun run = RunCli({"introspect", "sqlite:" + database, "--package", "odd.v1"});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.err, "relations: " + database + " has no tables: is it the file that you mean?\n");
  ExpectHasNot(run.out, "import");
}

// --- The command ---

TEST(IntrospectCommand, SaysWhatIsWrong) {
  EXPECT_EQ(RunCli({"introspect", "sqlite:x.db"}).err,
            "relations: introspect needs --package NAME, for example shop.v1\n");
  EXPECT_EQ(RunCli({"introspect", "x.db", "-p", "a"}).err,
            "relations: \"x.db\" names no database; an example is sqlite:shop.db\n");
  EXPECT_EQ(RunCli({"introspect", "sqlite:x", "-p", "a..b"}).status, 2);
  EXPECT_EQ(RunCli({"introspect", "sqlite:x", "-p", "1a"}).status, 2);
  EXPECT_EQ(RunCli({"introspect", "sqlite:x", "-p", "a", "--max-rows", "many"}).status, 2);
  EXPECT_EQ(RunCli({"introspect", "sqlite:/does/not/exist.db", "-p", "a"}).status, 1);
  std::string text = TempDir() + "/text.db";
  WriteFile(text, std::string(8192, 'x'));
  CliRun run = RunCli({"introspect", "sqlite:" + text, "-p", "a"});
  EXPECT_EQ(run.status, 1);
  ExpectHas(run.err, "file is not a database");
  std::string database = MakeDatabase("CREATE TABLE a (id INTEGER PRIMARY KEY)");
  EXPECT_EQ(RunCli({"introspect", "sqlite:" + database, "-p", "a", "-o", "/does/not/exist.proto"}).status, 1);
}

TEST(IntrospectCommand, BrokenFilesEndInASchemaOrAnError) {
  std::string sql =
      "CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT UNIQUE, at DATETIME);"
      "CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INT REFERENCES a, n TEXT REFERENCES a (name));"
      "CREATE VIEW c AS SELECT id FROM a;";
  for (int i = 0; i < 200; i++)
    sql +=
        "INSERT INTO a VALUES (" + std::to_string(i) + ", 'name " + std::to_string(i) + "', '2020-01-01');";
  std::string whole = ReadFile(MakeDatabase(sql));
  std::string path = TempDir() + "/broken.db";
  unsigned seed = std::random_device()();
  if (const char *given = getenv("SEED")) seed = static_cast<unsigned>(atoi(given));
  SCOPED_TRACE("SEED=" + std::to_string(seed));
  std::mt19937 pick(seed);
  for (int i = 0; i < 200; i++) {
    std::string broken = whole;
    for (unsigned k = pick() % 20 + 1; k > 0; k--)
      broken[pick() % 2 == 0 ? pick() % 4096 : pick() % broken.size()] = static_cast<char>(pick());
    if (pick() % 4 == 0) broken.resize(pick() % broken.size());
    WriteFile(path, broken);
    CliRun run = RunCli({"introspect", "sqlite:" + path, "-p", "odd.v1"});
    EXPECT_TRUE(run.status == 0 || (run.status == 1 && !run.err.empty())) << run.status << run.err;
  }
}

TEST(IntrospectCommand, LeavesTheDatabaseAlone) {
  std::string database = MakeDatabase("CREATE TABLE a (id INTEGER PRIMARY KEY)");
  std::string before = ReadFile(database);
  Introspect(database);
  EXPECT_EQ(ReadFile(database), before);
  EXPECT_EQ(ReadFile(database + "-wal"), "");
}

TEST(IntrospectCommand, LooksAtAsManyRowsAsItIsTold) {
  std::string database =
      MakeDatabase("CREATE TABLE a (id INTEGER PRIMARY KEY, b INT); INSERT INTO a VALUES (1, 1), (2, 'x')");
  CliRun run = RunCli({"introspect", "sqlite:" + database, "-p", "a", "--max-rows", "1"});
  ExpectHas(run.out, "optional int64 b = 2;");
}

} // namespace
