// The SQL of a lookup: which shape it takes, and that the indexes of the database serve it.
#include "tests/server/store/sqlite_database.h"

#include "server/store/sqlite_plan.h"

namespace {

using fixture::Books;
using fixture::Lookup;
using fixture::Model;

class SqlitePlan : public testing::Test {
protected:
  void TearDown() override {
    for (rel_sqlite_plan *plan : plans_)
      rel_sqlite_plan_free(plan);
    rel_sqlite_conn_close(&conn_);
  }

  rel_sqlite_plan *plan(const Lookup &lookup) {
    rel_error error{};
    if (conn_.db == nullptr) {
      EXPECT_EQ(rel_sqlite_conn_open(&conn_, database_.path.c_str(), REL_NS_PER_S, &error), REL_OK)
          << error.message;
    }
    rel_sqlite_plan *made = nullptr;
    EXPECT_EQ(rel_sqlite_plan_new(&conn_, &lookup.lookup, &made, &error), REL_OK) << error.message;
    if (made == nullptr) abort();
    plans_.push_back(made);
    return made;
  }

  // What SQLite says that it will do, a line a step.
  std::string explain(const char *sql) {
    std::string text, steps;
    sqlite3_stmt *stmt = nullptr;
    text = std::string("EXPLAIN QUERY PLAN ") + sql;
    EXPECT_EQ(sqlite3_prepare_v2(conn_.db, text.c_str(), -1, &stmt, nullptr), SQLITE_OK)
        << sqlite3_errmsg(conn_.db);
    while (sqlite3_step(stmt) == SQLITE_ROW)
      steps += std::string(reinterpret_cast<const char *>(sqlite3_column_text(stmt, 3))) + "\n";
    sqlite3_finalize(stmt);
    return steps;
  }

  static bool sorts(const std::string &steps) { return steps.find("TEMP B-TREE FOR") != std::string::npos; }
  static bool searches(const std::string &steps, const std::string &what) {
    return steps.find("SEARCH t USING " + what) != std::string::npos;
  }

  SqliteDatabase database_{"wal"};
  rel_sqlite_conn conn_{};

private:
  std::vector<rel_sqlite_plan *> plans_;
};

TEST_F(SqlitePlan, IndexBringsTheRowsInOrderWithoutSorting) {
  database_.exec(Books::table);
  Books books;
  rel_sqlite_plan *made = plan(Lookup(books, {"author_id"}));
  EXPECT_EQ(made->shape, REL_SQLITE_IN);
  for (const char *sql : {made->one.sql, made->many.sql}) {
    std::string steps = explain(sql);
    EXPECT_TRUE(searches(steps, "INDEX books_author (author_id=?)")) << steps;
    EXPECT_FALSE(sorts(steps)) << steps;
  }
}

// Each of them has a plan of its own, in a place of its own when all are under way at once; what they left
// there stayed as long as the connection.
TEST_F(SqlitePlan, PlansOfSingleRequestsLeaveNoStatementsBehind) {
  database_.exec(Books::table);
  database_.exec("INSERT INTO books VALUES (1, 1, 'a')");
  Books books;
  Lookup lookup(books, {"author_id"});
  lookup.lookup.late = true;
  for (size_t i = 0; i < 3 * REL_SQLITE_MAX_KEPT; i++) {
    lookup.lookup.limit = i + 1;
    rel_sqlite_plan *made = plan(lookup);
    made->id = made->slot = i + 1;
    fixture::Collector asked(reinterpret_cast<rel_plan *>(made), {fixture::ikey(1)});
    auto runs = [&](rel_job *job, rel_batch *batch, rel_error *error) {
      return rel_sqlite_run(&conn_, made, job, batch, 10, error);
    };
    EXPECT_EQ(asked.run(runs), REL_OK) << asked.message;
    EXPECT_EQ(asked.total(), 1u);
  }
  int prepared = 0;
  for (sqlite3_stmt *s = nullptr; (s = sqlite3_next_stmt(conn_.db, s)) != nullptr;)
    prepared++;
  EXPECT_LE(prepared, REL_SQLITE_MAX_KEPT);
}

// It was told as a mistake of the request.
TEST_F(SqlitePlan, AnIncludesTableThatIsGoneIsNamed) {
  database_.exec(Books::table);
  Books books;
  Lookup lookup(books, {"author_id"});
  lookup.lookup.late = true;
  rel_sqlite_plan *made = plan(lookup);
  database_.exec("DROP TABLE books");
  fixture::Collector asked(reinterpret_cast<rel_plan *>(made), {fixture::ikey(1)});
  auto runs = [&](rel_job *job, rel_batch *batch, rel_error *error) {
    return rel_sqlite_run(&conn_, made, job, batch, 10, error);
  };
  EXPECT_EQ(asked.run(runs), REL_PRECONDITION) << asked.message;
  EXPECT_NE(asked.message.find("no longer fits the schema: "), std::string::npos) << asked.message;
}

TEST_F(SqlitePlan, IndexOfTypeAndKeyServesAGate) {
  database_.exec("CREATE TABLE books(id INTEGER PRIMARY KEY, author_id BIGINT, title TEXT NOT NULL);"
                 "CREATE INDEX i ON books(title, author_id)");
  Books books;
  rel_arena arena;
  rel_arena_init(&arena);
  fixture::Gate gate(books, books["title"], {{rel_cstr("Post"), 0}});
  Lookup lookup(books, {"author_id"});
  lookup.lookup.condition = rel_gate_condition(&gate.gate, &arena);
  rel_sqlite_plan *made = plan(lookup);
  for (const char *sql : {made->one.sql, made->many.sql}) {
    std::string steps = explain(sql);
    EXPECT_TRUE(searches(steps, "COVERING INDEX i (title=? AND author_id=?)")) << steps;
    EXPECT_FALSE(sorts(steps)) << steps;
    EXPECT_EQ(std::string(sql).find("BINARY"), std::string::npos) << "the column compares bytes anyway";
  }
  rel_arena_fini(&arena);
}

TEST_F(SqlitePlan, PrimaryKeyIsLookedUpWithoutSorting) {
  database_.exec(Books::table);
  Books books;
  rel_sqlite_plan *made = plan(Lookup(books, {"id"}));
  for (const char *sql : {made->one.sql, made->many.sql}) {
    std::string steps = explain(sql);
    EXPECT_TRUE(searches(steps, "INTEGER PRIMARY KEY (rowid=?)")) << steps;
    EXPECT_FALSE(sorts(steps)) << steps;
  }
}

TEST_F(SqlitePlan, IndexWithTheDeclaredOrderServesItToo) {
  database_.exec("CREATE TABLE books(id INTEGER PRIMARY KEY, author_id BIGINT, title TEXT NOT NULL);"
                 "CREATE INDEX books_author ON books(author_id, title)");
  Books books;
  rel_sqlite_plan *made = plan(Lookup(books, {"author_id"}, {{"title", false}}));
  for (const char *sql : {made->one.sql, made->many.sql})
    EXPECT_FALSE(sorts(explain(sql))) << explain(sql);
}

TEST_F(SqlitePlan, TextKeyUnderAnotherCollationIsLeftToTheDatabase) {
  database_.exec("CREATE TABLE a(id INTEGER PRIMARY KEY, k TEXT);"
                 "CREATE TABLE b(id INTEGER PRIMARY KEY, k TEXT COLLATE NOCASE);"
                 "CREATE INDEX b_k ON b(k);"
                 "CREATE VIEW c AS SELECT id, k FROM b;");
  for (const char *name : {"a", "b", "c"}) {
    Model model(name);
    model.add("id", 1, REL_TYPE_INT64);
    model.add("k", 2, REL_TYPE_STRING);
    model.primary_key({model["id"]});
    rel_sqlite_plan *made = plan(Lookup(model, {"k"}));
    EXPECT_EQ(made->shape, *name == 'a' ? REL_SQLITE_IN : REL_SQLITE_JOIN) << name;
    std::string steps = explain(made->many.sql);
    if (*name == 'a') continue;
    std::string search =
        std::string("SEARCH ") + (*name == 'b' ? "t" : "b") + " USING COVERING INDEX b_k (k=?)";
    EXPECT_NE(steps.find(search), std::string::npos) << steps;
  }
}

TEST_F(SqlitePlan, CompositeAndUuidKeysUseTheirIndex) {
  database_.exec("CREATE TABLE m(id INTEGER PRIMARY KEY, a BIGINT, b TEXT, u TEXT);"
                 "CREATE INDEX m_ab ON m(a, b); CREATE INDEX m_u ON m(u)");
  Model model("m");
  model.add("id", 1, REL_TYPE_INT64);
  model.add("a", 2, REL_TYPE_INT64);
  model.add("b", 3, REL_TYPE_STRING);
  model.add("u", 4, REL_TYPE_STRING)->uuid = true;
  model.primary_key({model["id"]});
  rel_sqlite_plan *composite = plan(Lookup(model, {"a", "b"}));
  for (const char *sql : {composite->one.sql, composite->many.sql})
    EXPECT_TRUE(searches(explain(sql), "INDEX m_ab (a=? AND b=?)")) << explain(sql);
  rel_sqlite_plan *uuid = plan(Lookup(model, {"u"}));
  for (const char *sql : {uuid->one.sql, uuid->many.sql}) {
    std::string steps = explain(sql);
    EXPECT_NE(steps.find("SEARCH t USING INDEX m_u (u=?)"), std::string::npos) << steps;
    EXPECT_NE(steps.find("SEARCH x USING COVERING INDEX m_u (u>?)"), std::string::npos) << steps;
    EXPECT_EQ(steps.find("SCAN t"), std::string::npos) << steps;
    EXPECT_EQ(steps.find("SCAN x"), std::string::npos) << steps;
  }
}

TEST_F(SqlitePlan, NullsAreOnlySpokenOfWhereTheyCanBe) {
  database_.exec("CREATE TABLE m(id INTEGER PRIMARY KEY, a BIGINT NOT NULL, b BIGINT)");
  Model model("m");
  model.add("id", 1, REL_TYPE_INT64);
  model.add("a", 2, REL_TYPE_INT64);
  model.add("b", 3, REL_TYPE_INT64);
  model.primary_key({model["id"]});
  std::string sql = plan(Lookup(model, {"id"}, {{"a", false}, {"b", false}, {"b", true}}))->one.sql;
  EXPECT_NE(sql.find("ORDER BY t.\"a\", t.\"b\" NULLS LAST, t.\"b\" DESC, t.\"id\""), std::string::npos)
      << sql;
}

TEST_F(SqlitePlan, TextPrimaryKeyThatCouldBeNullIsNotSortedForIt) {
  database_.exec("CREATE TABLE m(id TEXT PRIMARY KEY, n BIGINT)");
  Model model("m");
  model.add("id", 1, REL_TYPE_STRING);
  model.add("n", 2, REL_TYPE_INT64);
  model.primary_key({model["id"]});
  rel_sqlite_plan *made = plan(Lookup(model, {"id"}));
  for (const char *sql : {made->one.sql, made->many.sql})
    EXPECT_FALSE(sorts(explain(sql))) << explain(sql);
}

TEST_F(SqlitePlan, LimitReadsAnIndexInTheOrderNoFurtherThanNeeded) {
  database_.exec("CREATE TABLE books(id INTEGER PRIMARY KEY, author_id BIGINT, title TEXT NOT NULL);"
                 "CREATE INDEX books_author ON books(author_id, title)");
  Books books;
  Lookup lookup(books, {"author_id"}, {{"title", true}});
  lookup.order[1].descending = true;
  lookup.lookup.limit = 3;
  rel_sqlite_plan *made = plan(lookup);
  EXPECT_EQ(made->shape, REL_SQLITE_FIRST);
  std::string one = explain(made->one.sql), many = explain(made->many.sql);
  EXPECT_FALSE(sorts(one)) << one;
  EXPECT_TRUE(searches(many, "INTEGER PRIMARY KEY (rowid=?)")) << many;
  EXPECT_NE(many.find("SEARCH t1 USING COVERING INDEX books_author (author_id=?)"), std::string::npos)
      << many;
  EXPECT_EQ(many.find("TEMP B-TREE"), many.rfind("TEMP B-TREE")) << many; // of what is left, once
}

TEST_F(SqlitePlan, LimitOfAUniqueKeyCostsNothing) {
  database_.exec(
      "CREATE TABLE m(id INTEGER PRIMARY KEY, a BIGINT UNIQUE, rowid TEXT, _rowid_ TEXT, oid TEXT)");
  Model model("m");
  model.add("id", 1, REL_TYPE_INT64);
  model.add("a", 2, REL_TYPE_INT64);
  model.add("b", 3, REL_TYPE_STRING, "oid");
  model.primary_key({model["id"]});
  Lookup unique(model, {"a"}), hidden(model, {"b"});
  unique.lookup.limit = hidden.lookup.limit = 1;
  EXPECT_EQ(plan(unique)->shape, REL_SQLITE_IN);
  EXPECT_EQ(plan(hidden)->shape, REL_SQLITE_IN); // no name of the rowid is left
}

// Without an index on one side of the link the ways are found with one that the database makes for itself.
TEST_F(SqlitePlan, ManyKeysOverALinkReadNoTableForEachOfThem) {
  database_.exec(Books::table);
  database_.exec("CREATE TABLE links(a BIGINT NOT NULL, b BIGINT NOT NULL, PRIMARY KEY (a, b))");
  Books books;
  Model links("links");
  links.add("a", 1, REL_TYPE_INT64);
  links.add("b", 2, REL_TYPE_INT64);
  links.primary_key({links["a"], links["b"]});
  const rel_field *a = links["a"], *b = links["b"];
  for (bool indexed : {true, false}) {
    rel_hop hop{};
    hop.model = &links.model;
    hop.key = indexed ? &a : &b;
    hop.on = indexed ? &b : &a;
    hop.key_count = hop.on_count = 1;
    Lookup lookup(books, {"id"});
    lookup.lookup.hops = &hop;
    lookup.lookup.hop_count = 1;
    rel_sqlite_plan *made = plan(lookup);
    EXPECT_EQ(made->shape, REL_SQLITE_WAYS);
    std::string one = explain(made->one.sql), many = explain(made->many.sql);
    EXPECT_TRUE(searches(one, "INTEGER PRIMARY KEY (rowid=?)")) << one;
    EXPECT_TRUE(searches(many, "INTEGER PRIMARY KEY (rowid=?)")) << many;
    std::string index = indexed ? "INDEX sqlite_autoindex_links_1 (a=?)" : "AUTOMATIC COVERING INDEX (b=?)";
    EXPECT_NE(many.find("SEARCH t1 USING " + std::string(indexed ? "COVERING " : "") + index),
              std::string::npos)
        << many;
  }
}

// --- Rows that are read by their numbers ---

TEST_F(SqlitePlan, RowsThatAnIndexTellsAreFoundInItAndReadByTheirNumbers) {
  database_.exec(Books::table);
  Books books;
  rel_sqlite_plan *made = plan(Lookup(books, {"author_id"}));
  ASSERT_NE(made->find.sql, nullptr);
  std::string find = explain(made->find.sql), read = explain(made->read.sql);
  EXPECT_TRUE(searches(find, "COVERING INDEX books_author (author_id=?)")) << find;
  EXPECT_FALSE(sorts(find)) << find;
  EXPECT_TRUE(searches(read, "INTEGER PRIMARY KEY (rowid=?)")) << read;
  EXPECT_FALSE(sorts(read)) << read;
}

TEST_F(SqlitePlan, RowsAreReadByTheirNumbersOnlyWhereAnIndexTellsThemAll) {
  database_.exec("CREATE TABLE books(id INTEGER PRIMARY KEY, author_id BIGINT, title TEXT NOT NULL)");
  Books books;
  Lookup by_id(books, {"author_id"}), by_title(books, {"author_id"}, {{"title", true}});
  Lookup titled(books, {"author_id"}), late(books, {"author_id"}), first(books, {"author_id"});
  rel_constant title{};
  title.bytes = rel_cstr("a");
  rel_condition is_titled{};
  is_titled.kind = REL_CONDITION_COMPARE;
  is_titled.field = books["title"];
  is_titled.operator_ = REL_OP_EQ;
  is_titled.values = &title;
  is_titled.value_count = 1;
  titled.lookup.condition = &is_titled;
  late.lookup.late = true;
  first.lookup.limit = 1;
  auto found = [&](const Lookup &lookup) {
    rel_error error{};
    rel_sqlite_plan *made = plan(lookup);
    EXPECT_EQ(rel_sqlite_plan_ready(&conn_, made, &error), REL_OK) << error.message;
    return made->find.sql != nullptr;
  };
  EXPECT_FALSE(found(by_id)) << "no index";
  database_.exec("CREATE INDEX i ON books(author_id)");
  EXPECT_TRUE(found(by_id));
  EXPECT_FALSE(found(by_title)) << "the index has another order";
  EXPECT_FALSE(found(titled)) << "the index does not have the title";
  EXPECT_FALSE(found(late));
  EXPECT_FALSE(found(first));
  database_.exec("DROP INDEX i; CREATE INDEX i ON books(author_id, title DESC)");
  EXPECT_FALSE(found(by_id)) << "the index has every column: the rows need not be read";
  database_.exec("ALTER TABLE books ADD COLUMN pages INT");
  books.optional(books.add("pages", 4, REL_TYPE_INT64));
  EXPECT_TRUE(found(by_title));
  EXPECT_TRUE(found(titled));
}

} // namespace
