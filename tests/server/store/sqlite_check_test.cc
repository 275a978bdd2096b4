// A schema against a database: what is found, and that a schema that suits finds nothing.
#include "tests/server/store/sqlite_database.h"

#include "server/store/sqlite_conn.h"

#include <list>

namespace {

using fixture::Model;
using fixture::str;

class SqliteCheck : public testing::Test {
protected:
  void TearDown() override { rel_sqlite_conn_close(&conn_); }

  // owner.name: has_many target by target.foreign_key, unless it belongs_to.
  rel_relation *relate(Model &owner, const std::string &name, rel_relation_kind kind, Model &target,
                       const std::vector<const rel_field *> &foreign_key,
                       const std::vector<const rel_field *> &references) {
    names_.push_back(name);
    keys_.push_back(foreign_key);
    keys_.push_back(references);
    relations_.push_back(rel_relation{});
    rel_relation *made = &relations_.back();
    made->name = fixture::view(names_.back());
    made->kind = kind;
    made->owner = made->declared_in = &owner.model;
    made->target = &target.model;
    made->foreign_key = std::prev(keys_.end(), 2)->data();
    made->references = keys_.back().data();
    made->key_count = foreign_key.size();
    auto &list = of_owner_[&owner];
    list.push_back(made);
    owner.model.relations = list.data();
    owner.model.relation_count = list.size();
    return made;
  }

  // Every finding as "severity model.element: message".
  std::vector<std::string> check(const std::vector<Model *> &models) {
    std::vector<rel_model *> pointers;
    for (Model *model : models)
      pointers.push_back(&model->model);
    rel_schema schema{};
    schema.models = pointers.data();
    schema.model_count = pointers.size();
    rel_error error{};
    if (conn_.db == nullptr) {
      EXPECT_EQ(rel_sqlite_conn_open(&conn_, database_.path.c_str(), REL_NS_PER_S, &error), REL_OK)
          << error.message;
    }
    rel_findings findings{};
    EXPECT_EQ(rel_sqlite_check(&conn_, &schema, &findings, &error), REL_OK) << error.message;
    std::vector<std::string> texts;
    for (size_t i = 0; i < findings.count; i++) {
      const rel_finding &f = findings.items[i];
      texts.push_back((f.severity == REL_ERROR ? "error " : "warning ") + str(f.model) + "." +
                      str(f.element) + ": " + str(f.message));
    }
    rel_findings_fini(&findings);
    return texts;
  }
  using Texts = std::vector<std::string>;

  SqliteDatabase database_{"wal"};
  rel_sqlite_conn conn_{};

private:
  std::list<std::string> names_;
  std::list<std::vector<const rel_field *>> keys_;
  std::list<rel_relation> relations_;
  std::map<Model *, std::vector<const rel_relation *>> of_owner_;
};

struct Author : Model {
  Author() : Model("authors") { primary_key({add("id", 1, REL_TYPE_INT64)}); }
};

TEST_F(SqliteCheck, AColumnWithANameOfTheServersOwn) {
  database_.exec("CREATE TABLE things(id INTEGER PRIMARY KEY, sqlite_Relations_key INTEGER)");
  Model things("things");
  things.add("id", 1, REL_TYPE_INT64);
  things.primary_key({things["id"]});
  std::vector<std::string> found = check({&things});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].find("column things.sqlite_Relations_key: names that begin with sqlite_relations_ are"),
            std::string::npos)
      << found[0];
}

TEST_F(SqliteCheck, SchemaThatSuitsFindsNothing) {
  database_.exec(
      "CREATE TABLE authors(ID INTEGER PRIMARY KEY, Name TEXT NOT NULL, born DATETIME, score REAL NOT NULL, "
      "price NUMERIC(10,2) NOT NULL, photo BLOB, genre TEXT);"
      "CREATE TABLE books(id INTEGER PRIMARY KEY, author_id BIGINT NOT NULL);"
      "CREATE INDEX books_author ON books(author_id, id)");
  Author author;
  author.add("name", 2, REL_TYPE_STRING);
  author.add("born", 3, REL_TYPE_TIMESTAMP);
  author.add("score", 4, REL_TYPE_DOUBLE);
  author.add("price", 5, REL_TYPE_STRING)->decimal = true;
  author.optional(author.add("photo", 6, REL_TYPE_BYTES));
  author.optional(author.add("genre", 7, REL_TYPE_ENUM));
  Model books("books");
  books.primary_key({books.add("id", 1, REL_TYPE_INT32)});
  const rel_field *author_id = books.add("author_id", 2, REL_TYPE_INT64);
  relate(author, "books", REL_HAS_MANY, books, {author_id}, {author["id"]});
  relate(books, "author", REL_BELONGS_TO, author, {author_id}, {author["id"]});
  EXPECT_EQ(check({&author, &books}), Texts());
}

TEST_F(SqliteCheck, EverythingAtOnceWithNearNames) {
  database_.exec("CREATE TABLE authors(id INTEGER PRIMARY KEY, title TEXT)");
  Author author;
  author.add("titel", 2, REL_TYPE_STRING);
  author.add("nothing_like_it", 3, REL_TYPE_STRING);
  Model typo("author");
  typo.primary_key({typo.add("id", 1, REL_TYPE_INT64)});
  Model nowhere("zzz");
  nowhere.primary_key({nowhere.add("id", 1, REL_TYPE_INT64)});
  EXPECT_EQ(check({&author, &typo, &nowhere}),
            Texts({"error authors.titel: table authors has no column titel; did you mean title?",
                   "error authors.nothing_like_it: table authors has no column nothing_like_it",
                   "error author.: the database has no table or view author; did you mean authors?",
                   "error zzz.: the database has no table or view zzz"}));
}

// What introspect wrote over Django's and Rails' columns of times had a warning that nothing could be done
// about.
TEST_F(SqliteCheck, ATimeOfDayIsAText) {
  database_.exec("CREATE TABLE shops(id INTEGER PRIMARY KEY, opens time NOT NULL, shuts TIME(6) NOT NULL, "
                 "since TIMESTAMP NOT NULL)");
  Model shops("shops");
  shops.primary_key({shops.add("id", 1, REL_TYPE_INT64)});
  shops.add("opens", 2, REL_TYPE_STRING);
  shops.add("shuts", 3, REL_TYPE_STRING);
  shops.add("since", 4, REL_TYPE_STRING);
  EXPECT_EQ(check({&shops}),
            Texts({"warning shops.since: column shops.since is declared TIMESTAMP, which does "
                   "not suit string: a row whose value does not fit is an error"}));
}

TEST_F(SqliteCheck, IntegerKeyOverTextIsAnErrorAndOtherTypesAreWarnings) {
  database_.exec("CREATE TABLE books(id INTEGER PRIMARY KEY, author_id TEXT NOT NULL, pages TEXT NOT NULL, "
                 "name VARCHAR(20) NOT NULL, isbn INT NOT NULL); CREATE INDEX b ON books(author_id);"
                 "CREATE TABLE authors(id INTEGER PRIMARY KEY)");
  Author author;
  Model books("books");
  books.primary_key({books.add("id", 1, REL_TYPE_INT64)});
  const rel_field *author_id = books.add("author_id", 2, REL_TYPE_INT64);
  books.add("pages", 3, REL_TYPE_INT32);
  books.add("name", 4, REL_TYPE_STRING);
  books.add("isbn", 5, REL_TYPE_STRING);
  relate(books, "author", REL_BELONGS_TO, author, {author_id}, {author["id"]});
  EXPECT_EQ(check({&author, &books}), Texts({"error books.author_id: column books.author_id is declared "
                                             "TEXT, which does not suit int64: as a key it "
                                             "would find nothing",
                                             "warning books.pages: column books.pages is declared TEXT, "
                                             "which does not suit int32: a row whose value "
                                             "does not fit is an error",
                                             "warning books.isbn: column books.isbn is declared INT, which "
                                             "does not suit string: a row whose value "
                                             "does not fit is an error"}));
}

TEST_F(SqliteCheck, AUint64OverTextIsAnErrorThatSaysHowToHaveIt) {
  database_.exec("CREATE TABLE books(id INTEGER PRIMARY KEY, size TEXT, mass REAL, pages INTEGER, other)");
  Model books("books");
  books.primary_key({books.add("id", 1, REL_TYPE_UINT64)});
  books.optional(books.add("size", 2, REL_TYPE_UINT64));
  books.optional(books.add("mass", 3, REL_TYPE_FIXED64));
  books.optional(books.add("pages", 4, REL_TYPE_UINT64));
  books.optional(books.add("other", 5, REL_TYPE_UINT64));
  EXPECT_EQ(
      check({&books}),
      Texts({"error books.size: column books.size is declared TEXT, in which no value is a uint64; for "
             "numbers beyond 2^63-1 make the field a string with (relations.v1.column).decimal, over a "
             "column of TEXT",
             "error books.mass: column books.mass is declared REAL, in which no value is a fixed64; for "
             "numbers beyond 2^63-1 make the field a string with (relations.v1.column).decimal, over a "
             "column of TEXT"}));
}

TEST_F(SqliteCheck, ForeignKeyOfAHasManyOverTextIsAnError) {
  database_.exec("CREATE TABLE books(id INTEGER PRIMARY KEY, author_id TEXT NOT NULL); CREATE INDEX b ON "
                 "books(author_id);"
                 "CREATE TABLE authors(id INTEGER PRIMARY KEY)");
  Author author;
  Model books("books");
  books.primary_key({books.add("id", 1, REL_TYPE_INT64)});
  const rel_field *author_id = books.add("author_id", 2, REL_TYPE_INT64);
  relate(author, "books", REL_HAS_MANY, books, {author_id}, {author["id"]});
  Texts found = check({&author, &books});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].substr(0, 6), "error ") << found[0];
}

TEST_F(SqliteCheck, NullableColumnUnderAFieldThatIsNot) {
  database_.exec("CREATE TABLE authors(id INTEGER PRIMARY KEY, name TEXT, nick TEXT, born TEXT)");
  Author author;
  author.add("name", 2, REL_TYPE_STRING);
  author.optional(author.add("nick", 3, REL_TYPE_STRING));
  author.add("born", 4, REL_TYPE_TIMESTAMP);
  Texts found = check({&author});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(
      found[0],
      "warning authors.name: column authors.name can be NULL and the field is not optional: a row with NULL "
      "is an error; make the field optional");
}

TEST_F(SqliteCheck, ForeignKeyWithoutAnIndex) {
  Author author;
  Model books("books");
  books.primary_key({books.add("id", 1, REL_TYPE_INT64)});
  const rel_field *a = books.add("a", 2, REL_TYPE_INT64);
  const rel_field *b = books.add("b", 3, REL_TYPE_INT64);
  relate(author, "by_a", REL_HAS_MANY, books, {a}, {author["id"]});
  relate(author, "by_both", REL_HAS_MANY, books, {a, b}, {author["id"], author["id"]});
  const char *none[] = {"", "CREATE INDEX i ON books(a) WHERE a > 0", "CREATE INDEX i ON books(abs(a), a)",
                        "CREATE INDEX i ON books(id, a, b)"};
  database_.exec("CREATE TABLE authors(id INTEGER PRIMARY KEY);"
                 "CREATE TABLE books(id INTEGER PRIMARY KEY, a INT NOT NULL, b INT NOT NULL)");
  for (const char *sql : none) {
    database_.exec(sql);
    Texts found = check({&author, &books});
    ASSERT_EQ(found.size(), 2u) << sql;
    EXPECT_EQ(
        found[0],
        "warning authors.by_a: no index of table books begins with (a): every load reads the whole table");
    database_.exec("DROP INDEX IF EXISTS i");
  }
  database_.exec("CREATE INDEX i ON books(b, a)");
  EXPECT_EQ(check({&author, &books}).size(), 1u) << "the order of a composite key's columns does not matter";
  database_.exec("DROP INDEX i; CREATE INDEX i ON books(a, b)");
  EXPECT_EQ(check({&author, &books}), Texts());
}

TEST_F(SqliteCheck, ForeignKeyBesideATypeFieldIsIndexedWithItOrWithout) {
  Author author;
  Model items("items");
  items.primary_key({items.add("id", 1, REL_TYPE_INT64)});
  const rel_field *type = items.add("type", 2, REL_TYPE_STRING);
  const rel_field *key = items.add("item_id", 3, REL_TYPE_INT64);
  fixture::Gate gate(items, type, {{rel_cstr("Post"), 0}});
  relate(author, "items", REL_HAS_MANY, items, {key}, {author["id"]})->gate = &gate.gate;
  database_.exec("CREATE TABLE authors(id INTEGER PRIMARY KEY);"
                 "CREATE TABLE items(id INTEGER PRIMARY KEY, type TEXT NOT NULL, item_id INT NOT NULL)");
  EXPECT_EQ(check({&author, &items}), Texts({"warning authors.items: no index of table items begins with "
                                             "(item_id, type): every load reads the whole table"}));
  database_.exec("CREATE INDEX i ON items(type)");
  EXPECT_EQ(check({&author, &items}).size(), 1u);
  for (const char *columns : {"item_id", "item_id, type", "type, item_id", "type, item_id, id"}) {
    database_.exec(std::string("DROP INDEX i; CREATE INDEX i ON items(") + columns + ")");
    EXPECT_EQ(check({&author, &items}), Texts()) << columns;
  }
}

TEST_F(SqliteCheck, TypeFieldThatWouldFindNothingIsAnError) {
  Author author;
  Model items("items");
  items.primary_key({items.add("id", 1, REL_TYPE_INT64)});
  const rel_field *type = items.add("type", 2, REL_TYPE_STRING);
  const rel_field *key = items.add("item_id", 3, REL_TYPE_INT64);
  fixture::Gate gate(items, type, {{rel_cstr("Post"), 0}});
  relate(items, "author", REL_BELONGS_TO, author, {key}, {author["id"]})->gate = &gate.gate;
  database_.exec("CREATE TABLE authors(id INTEGER PRIMARY KEY);"
                 "CREATE TABLE items(id INTEGER PRIMARY KEY, type INTEGER NOT NULL, item_id INT NOT NULL)");
  EXPECT_EQ(
      check({&author, &items}),
      Texts({"error items.type: column items.type is declared INTEGER, which does not suit string: as a "
             "key it would find nothing"}));
}

TEST_F(SqliteCheck, InheritedRelationIsItsDeclarersAffair) {
  database_.exec("CREATE TABLE authors(id INTEGER PRIMARY KEY); CREATE TABLE books(id INTEGER PRIMARY KEY, a "
                 "INT NOT NULL)");
  Author author, child;
  Model books("books");
  books.primary_key({books.add("id", 1, REL_TYPE_INT64)});
  const rel_field *a = books.add("a", 2, REL_TYPE_INT64);
  relate(author, "books", REL_HAS_MANY, books, {a}, {author["id"]});
  relate(child, "books", REL_HAS_MANY, books, {a}, {child["id"]})->declared_in = &author.model;
  EXPECT_EQ(check({&author, &child, &books}).size(), 1u);
}

TEST_F(SqliteCheck, PrimaryKeyThatIsNotUnique) {
  database_.exec("CREATE TABLE authors(id INTEGER NOT NULL, other INTEGER NOT NULL)");
  Author author;
  EXPECT_EQ(check({&author}),
            Texts({"warning authors.: the primary key (id) is not unique in table authors"}));
  database_.exec("CREATE UNIQUE INDEX u ON authors(id, other)");
  EXPECT_EQ(check({&author}).size(), 1u) << "unique only together with another column";
  database_.exec("CREATE UNIQUE INDEX v ON authors(id)");
  EXPECT_EQ(check({&author}), Texts());
}

TEST_F(SqliteCheck, ViewsStrictAndWithoutRowid) {
  database_.exec("CREATE TABLE people(id TEXT, n ANY, PRIMARY KEY(id)) STRICT, WITHOUT ROWID;"
                 "CREATE VIEW authors AS SELECT id, n, n || 'x' AS m FROM people");
  Model people("people");
  people.primary_key({people.add("id", 1, REL_TYPE_STRING)});
  people.optional(people.add("n", 2, REL_TYPE_STRING));
  Model view("authors");
  view.primary_key({view.add("id", 1, REL_TYPE_STRING)});
  view.add("n", 2, REL_TYPE_STRING);
  view.add("m", 3, REL_TYPE_STRING);
  view.add("gone", 4, REL_TYPE_STRING);
  EXPECT_EQ(check({&people, &view}), Texts({"error authors.gone: view authors has no column gone"}));
}

TEST_F(SqliteCheck, TheRowsNumberIsAColumnUnlessOneHidesIt) {
  database_.exec(
      "CREATE TABLE log (line TEXT); CREATE TABLE hidden (_rowid_ TEXT, rowid TEXT);"
      "CREATE TABLE without (a TEXT PRIMARY KEY) WITHOUT ROWID; CREATE VIEW seen AS SELECT * FROM log");
  Model log("log"), hidden("hidden"), without("without"), seen("seen");
  for (Model *model : {&log, &without, &seen})
    model->primary_key({model->add("rowid", 1, REL_TYPE_INT64)});
  hidden.primary_key({hidden.add("oid", 1, REL_TYPE_INT64)});
  EXPECT_EQ(check({&log, &hidden}), Texts());
  EXPECT_EQ(check({&without, &seen}), Texts({"error without.rowid: table without has no column rowid",
                                             "error seen.rowid: view seen has no column rowid"}));
}

TEST_F(SqliteCheck, BytesSuitWhateverIsCalledBinary) {
  database_.exec(
      "CREATE TABLE pictures (id INTEGER PRIMARY KEY, a BINARY NOT NULL, b VARBINARY(9) NOT NULL)");
  Model pictures("pictures");
  pictures.primary_key({pictures.add("id", 1, REL_TYPE_INT64)});
  pictures.add("a", 2, REL_TYPE_BYTES);
  pictures.add("b", 3, REL_TYPE_BYTES);
  EXPECT_EQ(check({&pictures}), Texts());
}

TEST_F(SqliteCheck, AbstractModelsHaveNoTable) {
  Model model("");
  model.primary_key({model.add("id", 1, REL_TYPE_INT64)});
  EXPECT_EQ(check({&model}), Texts());
}

TEST_F(SqliteCheck, FieldsWithoutAColumnAreNotLookedFor) {
  database_.exec("CREATE TABLE authors(id INTEGER PRIMARY KEY)");
  Author author;
  author.add("books", 2, REL_TYPE_MESSAGE)->has_column = false;
  EXPECT_EQ(check({&author}), Texts());
}

// A table may have as many columns as a statement gives, and a lookup needs one more: it passed, and failed
// when the server started.
TEST_F(SqliteCheck, ModelWithMoreColumnsThanAStatementGives) {
  sqlite3 *memory;
  ASSERT_EQ(sqlite3_open(":memory:", &memory), SQLITE_OK);
  const int most = sqlite3_limit(memory, SQLITE_LIMIT_COLUMN, -1);
  sqlite3_close(memory);
  std::string columns = "id INTEGER PRIMARY KEY";
  Model wide("wide");
  wide.primary_key({wide.add("id", 1, REL_TYPE_INT64)});
  rel_field *last = nullptr;
  for (int i = 2; i <= most; i++) {
    std::string name = "c" + std::to_string(i);
    columns += ", " + name + " INTEGER NOT NULL";
    last = wide.add(name, (uint32_t)i, REL_TYPE_INT64);
  }
  database_.exec("CREATE TABLE wide (" + columns + ")");
  std::string count = std::to_string(most), beside = std::to_string(most - 1);
  EXPECT_EQ(check({&wide}), Texts({"error wide.: the model has " + count +
                                   " columns, and a statement of this database gives " + beside +
                                   " beside the key; leave fields out of it, or mark them "
                                   "(relations.v1.column).ignore"}));
  last->has_column = false;
  EXPECT_EQ(check({&wide}), Texts());
}

TEST_F(SqliteCheck, UuidThatIsLookedUpWithoutAnIndex) {
  database_.exec(
      "CREATE TABLE tokens (id TEXT NOT NULL, PRIMARY KEY (id)); CREATE VIEW spent AS SELECT * FROM tokens");
  Model tokens("tokens"), spent("spent");
  for (Model *model : {&tokens, &spent}) {
    rel_field *id = model->add("id", 1, REL_TYPE_STRING);
    id->uuid = true;
    model->primary_key({id});
  }
  EXPECT_EQ(check({&tokens}), Texts());
  EXPECT_EQ(check({&spent}),
            Texts({"warning spent.id: no index begins with column spent.id, whose UUIDs may be in either "
                   "case: a lookup reads the value of every row that the rest of the key leaves"}));
}

} // namespace
