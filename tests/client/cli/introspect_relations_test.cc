// Foreign keys, join tables and pairs of a type and a key, and the relations that come of them. Every schema
// is compiled, and checked against its database.
#include "introspect_fixture.h"

namespace {

// --- Relations ---

TEST(IntrospectRelations, HasManyHasOneAndBelongsTo) {
  std::string text =
      Schema("CREATE TABLE authors (id INTEGER PRIMARY KEY);"
             "CREATE TABLE books (id INTEGER PRIMARY KEY, author_id INT REFERENCES authors(id));"
             "CREATE TABLE biographies (id INTEGER PRIMARY KEY, author_id INT UNIQUE REFERENCES authors);"
             "CREATE TABLE portraits (author_id INTEGER PRIMARY KEY REFERENCES authors);");
  ExpectHas(
      text,
      "  repeated Book books = 1001 [(.relations.v1.has_many) = { foreign_key: \"author_id\" inverse_of: "
      "\"author\" }];\n");
  ExpectHas(
      text,
      "  Biography biography = 1002 [(.relations.v1.has_one) = { foreign_key: \"author_id\" inverse_of: "
      "\"author\" }];\n");
  ExpectHas(text, "  Portrait portrait = 1003 [(.relations.v1.has_one) = ");
  ExpectHas(text,
            "  Author author = 1001 [(.relations.v1.belongs_to) = { foreign_key: \"author_id\" inverse_of: "
            "\"books\" }];\n");
}

TEST(IntrospectRelations, SeveralKeysToOneTableAreToldApart) {
  std::string text = Schema("CREATE TABLE teams (id INTEGER PRIMARY KEY);"
                            "CREATE TABLE matches (id INTEGER PRIMARY KEY, home_team_id INT REFERENCES teams,"
                            " away_team_id INT REFERENCES teams, winner INT REFERENCES teams);");
  ExpectHas(
      text,
      "  Team home_team = 1001 [(.relations.v1.belongs_to) = { foreign_key: \"home_team_id\" inverse_of: "
      "\"home_team_matches\" }];\n");
  ExpectHas(text, "  Team away_team = 1002 ");
  ExpectHas(text, "  Team winner_team = 1003 ");
  ExpectHas(text, "  repeated Match home_team_matches = 1001 ");
  ExpectHas(text, "  repeated Match winner_matches = 1003 ");
}

TEST(IntrospectRelations, SelfRelations) {
  std::string text =
      Schema("CREATE TABLE employees (id INTEGER PRIMARY KEY, reports_to INT REFERENCES employees,"
             " manager_id INT REFERENCES employees);"
             "CREATE TABLE categories (id INTEGER PRIMARY KEY, parent_id INT REFERENCES categories);");
  ExpectHas(
      text,
      "  Employee reports_to_employee = 1001 [(.relations.v1.belongs_to) = { foreign_key: \"reports_to\" "
      "inverse_of: \"reports\" }];\n");
  ExpectHas(text, "  Employee manager = 1002 ");
  ExpectHas(text, "  repeated Employee reports = 1003 ");
  ExpectHas(text, "  repeated Employee manager_employees = 1004 ");
  ExpectHas(text, "  Category parent = 1001 ");
  ExpectHas(text, "  repeated Category children = 1002 ");
}

TEST(IntrospectRelations, ACounterBesideWhatItCounts) {
  std::string text = Schema("CREATE TABLE posts (id INTEGER PRIMARY KEY, comments_count INT);"
                            "CREATE TABLE comments (id INTEGER PRIMARY KEY, post_id INT REFERENCES posts);");
  ExpectHas(text, "  repeated Comment comments = 1001 [(.relations.v1.has_many) = { foreign_key: \"post_id\" "
                  "inverse_of: \"post\" c_name: \"comments_records\" }];\n");
}

TEST(IntrospectRelations, NamesAfterTheReferencedColumn) {
  std::string text =
      Schema("CREATE TABLE countries (code TEXT PRIMARY KEY, books INT);"
             "CREATE TABLE books (id INTEGER PRIMARY KEY, country_code TEXT REFERENCES countries,"
             " fk_printed_country TEXT REFERENCES countries(CODE), country TEXT);");
  ExpectHas(text,
            "  Country country_record = 1001 [(.relations.v1.belongs_to) = { foreign_key: \"country_code\"");
  ExpectHas(text, "  Country printed_country = 1002 ");
  ExpectHas(text, "  repeated Book country_books = 1001 ");
}

TEST(IntrospectRelations, KeysToUniqueColumnsSayReferences) {
  std::string text =
      Schema("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE);"
             "CREATE TABLE logins (id INTEGER PRIMARY KEY, user_email TEXT REFERENCES users(email));");
  ExpectHas(
      text,
      "  User user = 1001 [(.relations.v1.belongs_to) = { foreign_key: \"user_email\" references: \"email\" "
      "inverse_of: \"logins\" }];\n");
  ExpectHas(
      text,
      "  repeated Login logins = 1001 [(.relations.v1.has_many) = { foreign_key: \"user_email\" references: "
      "\"email\" inverse_of: \"user\" }];\n");
}

TEST(IntrospectRelations, CompositeKeysComeInThePrimaryKeysOrder) {
  std::string text = Schema("CREATE TABLE orders (shop INT, nr INT, PRIMARY KEY (shop, nr));"
                            "CREATE TABLE lines (id INTEGER PRIMARY KEY, order_nr INT, order_shop INT,"
                            " FOREIGN KEY (order_nr, order_shop) REFERENCES orders (nr, shop));"
                            "CREATE TABLE notes (id INTEGER PRIMARY KEY, a INT, b INT,"
                            " FOREIGN KEY (a, b) REFERENCES orders);");
  ExpectHas(text,
            "  Order order = 1001 [(.relations.v1.belongs_to) = { foreign_key: \"order_shop\" foreign_key: "
            "\"order_nr\" inverse_of: \"lines\" }];\n");
  ExpectHas(text, "  Order order = 1001 [(.relations.v1.belongs_to) = { foreign_key: \"a\" foreign_key: "
                  "\"b\" inverse_of: "
                  "\"notes\" }];\n");
}

TEST(IntrospectRelations, WhatCannotBeARelationSaysWhy) {
  std::string text =
      Schema("CREATE TABLE a (id INTEGER PRIMARY KEY, plain INT);"
             "CREATE TABLE b (id INTEGER PRIMARY KEY, gone_id INT REFERENCES gone, a_text TEXT REFERENCES a,"
             " a_plain INT REFERENCES a(plain), a_lost INT REFERENCES a(lost), x INT, y INT,"
             " FOREIGN KEY (x, y) REFERENCES a);");
  ExpectHas(text, "// No relation for FOREIGN KEY (gone_id) REFERENCES gone: there is no such table\n");
  ExpectHas(text, "// No relation for FOREIGN KEY (a_text) REFERENCES a: \"a_text\" is string here and "
                  "\"id\" is int64 there\n");
  ExpectHas(text, "// No relation for FOREIGN KEY (a_plain) REFERENCES a: what it refers to is not unique\n");
  ExpectHas(text,
            "// No relation for FOREIGN KEY (a_lost) REFERENCES a: it names a column that does not exist\n");
  ExpectHas(text, "// No relation for FOREIGN KEY (x, y) REFERENCES a: the primary key there has another "
                  "number of columns\n");
  ExpectHasNot(text, "belongs_to");
}

TEST(IntrospectRelations, TheSameForeignKeyTwiceIsOneRelation) {
  std::string text = Schema("CREATE TABLE a (id INTEGER PRIMARY KEY);"
                            "CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INT REFERENCES a,"
                            " FOREIGN KEY (A_ID) REFERENCES A (ID));");
  ExpectHas(text, "  A a = 1001 ");
  ExpectHasNot(text, "1002");
}

// --- Join tables ---

TEST(IntrospectJoinTables, LeadBothWays) {
  std::string text =
      Schema("CREATE TABLE books (id INTEGER PRIMARY KEY);"
             "CREATE TABLE authors (id INTEGER PRIMARY KEY);"
             "CREATE TABLE writings (book_id INT NOT NULL REFERENCES books, author_id INT NOT NULL "
             "REFERENCES authors, role TEXT, PRIMARY KEY (book_id, author_id));");
  ExpectHas(text,
            "  repeated Author authors = 1002 [(.relations.v1.has_many) = { through: \"writings\" source: "
            "\"author\" inverse_of: \"books\" }];\n");
  ExpectHas(text, "  repeated Book books = 1002 [(.relations.v1.has_many) = { through: \"writings\" source: "
                  "\"book\" inverse_of: \"authors\" }];\n");
  ExpectHas(text, "message Writing {"); // with its own column
}

TEST(IntrospectJoinTables, MayHaveAKeyOfTheirOwnBesideAUniqueOne) {
  std::string text =
      Schema("CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE roles (code TEXT PRIMARY KEY NOT "
             "NULL);"
             "CREATE TABLE grants (id INTEGER PRIMARY KEY, role_code TEXT NOT NULL REFERENCES roles, "
             "user_id INT NOT NULL REFERENCES users, UNIQUE (user_id, role_code));");
  ExpectHas(text, "through: \"grants\" source: \"role\" inverse_of: \"users\"");
}

TEST(IntrospectJoinTables, OfComposedKeys) {
  std::string text =
      Schema("CREATE TABLE cells (a TEXT NOT NULL, b INT NOT NULL, PRIMARY KEY (a, b));"
             "CREATE TABLE tags (id INTEGER PRIMARY KEY);"
             "CREATE TABLE marks (tag_id INT NOT NULL REFERENCES tags, b INT NOT NULL, a TEXT NOT NULL, "
             "PRIMARY KEY (a, b, tag_id), FOREIGN KEY (b, a) REFERENCES cells (b, a));");
  ExpectHas(text,
            "  repeated Tag tags = 1002 [(.relations.v1.has_many) = { through: \"marks\" source: \"tag\" "
            "inverse_of: \"cells\" }];\n");
}

TEST(IntrospectJoinTables, OfOneTableWithItself) {
  std::string text =
      Schema("CREATE TABLE people (id INTEGER PRIMARY KEY);"
             "CREATE TABLE follows (fan_id INT NOT NULL REFERENCES people, idol_id INT NOT NULL "
             "REFERENCES people, PRIMARY KEY (fan_id, idol_id));"
             "CREATE TABLE pairs (a INT NOT NULL REFERENCES people, b INT NOT NULL REFERENCES people, "
             "PRIMARY KEY (a, b));");
  ExpectHas(text,
            "repeated Person idols = 1005 [(.relations.v1.has_many) = { through: \"fan_follows\" source: "
            "\"idol\" inverse_of: \"fans\" }];\n");
  ExpectHas(text,
            "repeated Person fans = 1006 [(.relations.v1.has_many) = { through: \"idol_follows\" source: "
            "\"fan\" inverse_of: \"idols\" }];\n");
  ExpectHas(text, "repeated Person pair_bs = ");
}

TEST(IntrospectJoinTables, GiveWayToNamesThatAreTaken) {
  std::string text =
      Schema("CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT, books TEXT);"
             "CREATE TABLE books (id INTEGER PRIMARY KEY, main_author_id INT REFERENCES authors);"
             "CREATE TABLE writings (book_id INT NOT NULL REFERENCES books, author_id INT NOT NULL "
             "REFERENCES authors, PRIMARY KEY (book_id, author_id));");
  ExpectHas(text, "repeated Book writing_books = ");
  ExpectHas(text, "repeated Author authors = ");
}

TEST(IntrospectJoinTables, AreOnlyThoseWhoseKeyIsTwoForeignKeys) {
  std::string text =
      Schema("CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id INTEGER PRIMARY KEY);"
             "CREATE TABLE loose (id INTEGER PRIMARY KEY, a_id INT REFERENCES a, b_id INT REFERENCES b);"
             "CREATE TABLE more (a_id INT NOT NULL REFERENCES a, b_id INT NOT NULL REFERENCES b, at INT "
             "NOT NULL, PRIMARY KEY (a_id, b_id, at));"
             "CREATE TABLE single (a_id INT NOT NULL UNIQUE REFERENCES a, b_id INT NOT NULL REFERENCES "
             "b, PRIMARY KEY (a_id, b_id));");
  ExpectHasNot(text, "through");
}

TEST(IntrospectJoinTables, MayHaveNoKeyAndNoOtherColumns) {
  std::string text =
      Schema("CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id INTEGER PRIMARY KEY);"
             "CREATE TABLE a_b (a_id INT REFERENCES a, b_id INT REFERENCES b);"
             "CREATE TABLE other (a_id INT REFERENCES a, b_id INT REFERENCES b, at INT);");
  ExpectHas(
      text,
      "  repeated B bs = 1003 [(.relations.v1.has_many) = { through: \"a_bs\" source: \"b\" inverse_of: "
      "\"as\" }];\n");
  ExpectHasNot(text, "through: \"others\"");
}

// --- Guesses ---

const char blog[] =
    "CREATE TABLE users (id INTEGER PRIMARY KEY, parent_id INT, posts_count INT);"
    "CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INT, \"editorId\" INT REFERENCES users, slug_id "
    "TEXT);"
    "CREATE TABLE profiles (user_id INTEGER PRIMARY KEY);"
    "CREATE TABLE tags (tag_id INTEGER PRIMARY KEY); CREATE TABLE slugs (id INTEGER PRIMARY KEY);"
    "CREATE TABLE posts_tags (post_id INT NOT NULL, tag_id INT NOT NULL);";

TEST(IntrospectGuesses, ColumnsCalledLikeForeignKeysAreSuggested) {
  std::string text = Schema(blog),
              head = "  // Columns that are only called like foreign keys. If they are, then also:\n";
  ExpectHas(
      text,
      head +
          "  // User user = 1002 [(.relations.v1.belongs_to) = { foreign_key: \"user_id\" }];\n"
          "  // repeated PostsTag posts_tags = 1003 [(.relations.v1.has_many) = { foreign_key: \"post_id\" "
          "inverse_of: \"post\" }];\n"
          "  // repeated Tag tags = 1004 [(.relations.v1.has_many) = { through: \"posts_tags\" source: "
          "\"tag\" }];\n");
  ExpectHas(text, head + "  // User parent = 1002 ");
  ExpectHas(text, "  // Profile profile = 1005 [(.relations.v1.has_one) = { foreign_key: \"user_id\" "
                  "inverse_of: \"user\" }];\n");
  ExpectHas(text, "  User editor = 1001 [(.relations.v1.belongs_to) = { foreign_key: \"editor_id\" "
                  "inverse_of: \"posts\" }];\n");
  ExpectHasNot(text, "Slug slug");      // a text is no key of integers
  ExpectHasNot(text, "Tag tag = 1001"); // a primary key refers to nothing by its own name
}

TEST(IntrospectGuesses, AreASchema) {
  ExpectSuits(Taken(Schema(blog), "only called like foreign keys"), blog);
}

TEST(IntrospectGuesses, NothingIsGuessedOfOtherColumns) {
  ExpectHasNot(Schema("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);"
                      "CREATE TABLE roles (a INT, b INT, PRIMARY KEY (a, b));"
                      "CREATE TABLE t (id INTEGER PRIMARY KEY, userid INT, user INT, users_count INT, "
                      "role_id INT, id_user INT,"
                      " stranger_id INT, user_type TEXT, user_id INT);"
                      "INSERT INTO t VALUES (1, 1, 1, 1, 1, 1, 1, 'User', 1);"),
               "only called like");
}

// --- Pairs ---

const char wall[] =
    "CREATE TABLE posts (id INTEGER PRIMARY KEY); CREATE TABLE photos (id INTEGER PRIMARY KEY);"
    "CREATE TABLE comments (id INTEGER PRIMARY KEY, item_type TEXT, item_id INTEGER);"
    "INSERT INTO comments VALUES (1, 'Post', 1), (2, 'Photo', 1), (3, 'Video', 1), (4, NULL, 2);";

TEST(IntrospectPairs, ATypeBesideAKeyIsSuggested) {
  ExpectHas(Schema(wall),
            "  // item_type and item_id may be a foreign key to several models. As such:\n"
            "  // oneof item {\n"
            "  //   Photo photo = 1001 [(.relations.v1.belongs_to) = { foreign_key: \"item_id\" type_field: "
            "\"item_type\" type_tag: \"Photo\" }];\n"
            "  //   Post post = 1002 [(.relations.v1.belongs_to) = { foreign_key: \"item_id\" type_field: "
            "\"item_type\" type_tag: \"Post\" }];\n"
            "  //   // \"Video\": no model is called so\n"
            "  // }\n");
}

// Who took the suggestion had belongs_to alone, and had to write every has_many by hand.
TEST(IntrospectPairs, TheOtherSideIsSuggestedToo) {
  std::string sql = wall;
  sql +=
      "ALTER TABLE posts ADD COLUMN comments_count INTEGER;"; // a counter cache, and generated C's own name
  ExpectHas(
      Schema(sql),
      "  // If Comment.item_id is such a foreign key, then also:\n"
      "  // repeated Comment comments = 1001 [(.relations.v1.has_many) = { foreign_key: \"item_id\" "
      "type_field: \"item_type\" type_tag: \"Post\" inverse_of: \"post\" c_name: \"comments_records\" }];\n");
}

const char django[] =
    "CREATE TABLE django_content_type (id INTEGER PRIMARY KEY, app_label TEXT NOT NULL, model TEXT NOT NULL);"
    "CREATE TABLE lib_book (id INTEGER PRIMARY KEY); CREATE TABLE lib_tag (slug TEXT PRIMARY KEY NOT NULL);"
    "CREATE TABLE lib_taggeditem (id INTEGER PRIMARY KEY, object_id INTEGER NOT NULL,"
    " content_type_id INTEGER NOT NULL REFERENCES django_content_type (id));"
    "CREATE TABLE lib_note (id INTEGER PRIMARY KEY, about_id INTEGER,"
    " about_type_id INTEGER REFERENCES django_content_type (id));"
    "INSERT INTO django_content_type VALUES (7, 'lib', 'book'), (9, 'lib', 'tag'), (12, 'gone', 'model');"
    "INSERT INTO lib_taggeditem VALUES (1, 1, 7), (2, 1, 9), (3, 1, 12);"
    "INSERT INTO lib_note VALUES (1, 1, 7), (2, NULL, NULL);";

// The types of a generic foreign key of Django are keys of a table, and nothing was said of them.
TEST(IntrospectPairs, AGenericForeignKeyOfDjangoIsSuggested) {
  std::string text = Schema(django);
  ExpectHas(text, "  // content_type_id and object_id may be a foreign key to several models. As such:\n"
                  "  // oneof object {\n"
                  "  //   LibBook lib_book = 1002 [(.relations.v1.belongs_to) = { foreign_key: \"object_id\" "
                  "type_field: \"content_type_id\" type_tag: \"7\" }];\n"
                  "  //   // \"lib_tag\": its key has another type\n"
                  "  //   // \"gone_model\": no model is called so\n"
                  "  // }\n");
  ExpectHas(text, "  // oneof about {\n");
  ExpectHas(text, "  // If LibTaggeditem.object_id is such a foreign key, then also:\n"
                  "  // repeated LibTaggeditem lib_taggeditems = 1001 [(.relations.v1.has_many) = { "
                  "foreign_key: \"object_id\" type_field: \"content_type_id\" type_tag: \"7\" inverse_of: "
                  "\"lib_book\" }];\n");
}

TEST(IntrospectPairs, AForeignKeyToAnotherTableOfKindsIsNotDjangos) {
  ExpectHasNot(Schema("CREATE TABLE content_types (id INTEGER PRIMARY KEY, app_label TEXT, model TEXT);"
                      "CREATE TABLE lib_book (id INTEGER PRIMARY KEY);"
                      "CREATE TABLE t (id INTEGER PRIMARY KEY, object_id INTEGER, content_type_id INTEGER"
                      " REFERENCES content_types (id));"
                      "INSERT INTO content_types VALUES (1, 'lib', 'book'); INSERT INTO t VALUES (1, 1, 1);"),
               "several models");
}

// What is suggested is a schema once the marks are taken away. The members were called like relations that
// were there, and two suggestions of one table had the same numbers.
TEST(IntrospectPairs, TheSuggestionIsASchema) {
  const std::string sqls[] = {
      wall, django,
      "CREATE TABLE posts (id INTEGER PRIMARY KEY);"
      "CREATE TABLE notes (id INTEGER PRIMARY KEY, post_id INT REFERENCES posts, about_type TEXT, about_id "
      "INT,"
      " item TEXT, item_type TEXT, item_id INT);"
      "INSERT INTO notes VALUES (1, 1, 'Post', 1, '', 'Post', 1), (2, 1, 'Blog::Post', 1, '', 'x', 1);"};
  for (const std::string &sql : sqls)
    ExpectSuits(Taken(Taken(Schema(sql), "may be a foreign key to several models"), "is such a foreign key"),
                sql);
}

TEST(IntrospectPairs, NothingIsSuggestedOfOtherColumns) {
  const char *const others[] = {
      "CREATE TABLE t (id INTEGER PRIMARY KEY, item_type TEXT, item_no INTEGER); INSERT INTO t VALUES (1, "
      "'Post', 1);",
      "CREATE TABLE t (item_id INTEGER PRIMARY KEY, item_type TEXT); INSERT INTO t VALUES (1, 'Post');",
      "CREATE TABLE t (id INTEGER PRIMARY KEY, item_type INTEGER, item_id INTEGER); INSERT INTO t VALUES (1, "
      "1, 1);",
      "CREATE TABLE t (id INTEGER PRIMARY KEY, pay_type TEXT, pay_id INTEGER); INSERT INTO t VALUES (1, "
      "'card', 1);",
      "CREATE TABLE t (id INTEGER PRIMARY KEY, item_type TEXT, item_id TEXT); INSERT INTO t VALUES (1, "
      "'Post', 'x');",
      "CREATE TABLE t (id INTEGER PRIMARY KEY, item_type TEXT, item_id INTEGER REFERENCES posts (id));"
      "INSERT INTO t VALUES (1, 'Post', 1);",
      "CREATE TABLE t (id INTEGER PRIMARY KEY, item_type TEXT, item_id INTEGER);",
      "CREATE TABLE t (id INTEGER PRIMARY KEY, item_type TEXT, item_id INTEGER);"
      "INSERT INTO t VALUES (1, 'a \"Post\"', 1);",
  };
  for (const char *sql : others)
    ExpectHasNot(Schema(std::string("CREATE TABLE posts (id INTEGER PRIMARY KEY);") + sql), "several models");
}

TEST(IntrospectPairs, ManyTypesAreNotAllListed) {
  std::string sql = wall;
  for (int i = 0; i < 9; i++)
    sql += "INSERT INTO comments (item_type, item_id) VALUES ('Blog::Post" + std::to_string(i) + "', 1);";
  sql += "UPDATE comments SET item_type = 'Blog::Post' WHERE item_type = 'Blog::Post0';";
  std::string text = Schema(sql);
  ExpectHas(text, "several models, more than these. As such:\n");
  ExpectHas(text, "type_tag: \"Blog::Post\" }];\n");
  ExpectHasNot(text, "Video");
}

} // namespace
