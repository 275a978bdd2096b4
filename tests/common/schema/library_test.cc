// The schema of the README, read.
#include "tests/common/schema/compiled.h"

using namespace relations_test;

namespace {

const char library[] = R"(syntax = "proto3";
package library.v1;
import "google/protobuf/timestamp.proto";
import "relations/v1/options.proto";
import "relations/v1/types.proto";

message Author {
  option (relations.v1.model) = {
    table: "authors"
    query_methods: { name: "born_after" params: { name: "year" type: TYPE_INT32 } filter: "birth_year > $year" }
  };
  int64 id = 1;
  string name = 2;
  optional int32 birth_year = 3;
  repeated Book books = 10 [(relations.v1.has_many) = {
    foreign_key: "author_id" inverse_of: "author" order_by: "published_at desc"
    cache: { ttl: { seconds: 60 } max_entries: 10000 } }];
  relations.v1.LoadInfo load_info = 15;
}

message Book {
  option (relations.v1.model) = { table: "books" };
  int64 id = 1;
  int64 author_id = 2;
  string title = 3 [(relations.v1.column) = { name: "Title" }];
  google.protobuf.Timestamp published_at = 4;
  Author author = 10 [(relations.v1.belongs_to) = { foreign_key: "author_id" inverse_of: "books" }];
}
)";

class Library : public testing::Test {
protected:
  static void SetUpTestSuite() { read = new Read(ReadFiles({{"library.proto", library}})); }
  static void TearDownTestSuite() { delete read; }
  void SetUp() override { ASSERT_EQ(read->code, REL_OK) << read->All(); }
  static Read *read;
};
Read *Library::read = nullptr;

TEST_F(Library, ModelsHaveTablesFieldsAndKeys) {
  ASSERT_EQ(read->schema->model_count, 2u);
  const rel_model *author = read->Model("library.v1.Author");
  EXPECT_EQ(Text(author->table), "authors");
  EXPECT_EQ(Text(author->package), "library.v1");
  EXPECT_EQ(author->schema, read->schema.get());
  EXPECT_EQ(Text(author->place.file), "library.proto");
  EXPECT_EQ(author->place.line, 7);
  EXPECT_EQ(Names(author->primary_key, author->primary_key_count), std::vector<std::string>{"id"});
  ASSERT_NE(author->load_info, nullptr);
  EXPECT_EQ(author->load_info->number, 15u);
  EXPECT_FALSE(author->load_info->has_column);
  EXPECT_EQ(rel_schema_model(read->schema.get(), rel_cstr("Author")), nullptr);
}

TEST_F(Library, FieldsHaveColumnsAndSayWhetherTheyCanBeNull) {
  const rel_model *author = read->Model("library.v1.Author");
  const rel_field *year = rel_model_field(author, rel_cstr("birth_year"));
  EXPECT_TRUE(year->nullable && year->has_presence && year->has_column);
  EXPECT_EQ(Text(year->column), "birth_year");
  const rel_field *name = rel_model_field(author, rel_cstr("name"));
  EXPECT_FALSE(name->nullable || name->has_presence);
  EXPECT_FALSE(rel_model_field(author, rel_cstr("books"))->has_column);
  const rel_model *book = read->Model("library.v1.Book");
  EXPECT_EQ(Text(rel_model_field(book, rel_cstr("title"))->column), "Title");
  const rel_field *published = rel_model_field(book, rel_cstr("published_at"));
  EXPECT_EQ(published->type, REL_TYPE_TIMESTAMP);
  EXPECT_TRUE(published->nullable && published->has_column && !published->has_presence);
  EXPECT_EQ(published->time_units_per_second, 1);
  EXPECT_EQ(published->place.line, 26);
}

TEST_F(Library, RelationsHaveKeysOrderAndInverses) {
  const rel_relation *books = read->Relation("library.v1.Author", "books");
  const rel_relation *author = read->Relation("library.v1.Book", "author");
  EXPECT_EQ(books->kind, REL_HAS_MANY);
  EXPECT_EQ(books->target, read->Model("library.v1.Book"));
  EXPECT_EQ(books->owner, read->Model("library.v1.Author"));
  EXPECT_EQ(books->inverse, author);
  EXPECT_EQ(author->inverse, books);
  EXPECT_EQ(books->key_count, 1u);
  EXPECT_EQ(books->foreign_key[0], rel_model_field(books->target, rel_cstr("author_id")));
  EXPECT_EQ(books->references[0], rel_model_field(books->owner, rel_cstr("id")));
  EXPECT_EQ(Order(books), "published_at desc, id");
  EXPECT_EQ(books->field_number, 10u);
  EXPECT_EQ(books->declared_in, books->owner);
  EXPECT_TRUE(rel_relation_joins_on_primary_key(books));
  EXPECT_FALSE(rel_relation_joins_on_primary_key(author));
  EXPECT_EQ(rel_relation_owner_key(author)[0], author->foreign_key[0]);
  EXPECT_EQ(rel_relation_target_key(author)[0], author->references[0]);
  EXPECT_TRUE(books->cache.has_ttl && books->cache.has_max_entries);
  EXPECT_EQ(books->cache.ttl_ns, INT64_C(60000000000));
  EXPECT_EQ(books->cache.max_entries, 10000u);
  EXPECT_FALSE(books->cache.has_enabled || books->cache.has_max_bytes);
}

TEST_F(Library, QueryMethodsHaveParameters) {
  const rel_model *author = read->Model("library.v1.Author");
  ASSERT_EQ(author->method_count, 1u);
  const rel_query_method *method = author->methods[0];
  EXPECT_EQ(Text(method->name), "born_after");
  EXPECT_EQ(Text(method->filter), "birth_year > $year");
  ASSERT_EQ(method->param_count, 1u);
  EXPECT_EQ(Text(method->params[0].name), "year");
  EXPECT_EQ(method->params[0].type, 2);
  EXPECT_EQ(method->declared_in, author);
}

TEST_F(Library, SymbolsLeadToTheirFiles) {
  auto file_of = [&](const char *symbol) {
    const rel_file *file = rel_schema_file_of_symbol(read->schema.get(), rel_cstr(symbol));
    return file == nullptr ? std::string("none") : Text(file->name);
  };
  EXPECT_EQ(file_of("library.v1.Author"), "library.proto");
  EXPECT_EQ(file_of("library.v1.Book.title"), "library.proto");
  EXPECT_EQ(file_of("google.protobuf.Timestamp"), "google/protobuf/timestamp.proto");
  EXPECT_EQ(file_of("relations.v1.TYPE_INT32"), "relations/v1/types.proto");
  EXPECT_EQ(file_of("relations.v1.NamedRelation.kind"), "relations/v1/options.proto");
  EXPECT_EQ(file_of("relations.v1.belongs_to"), "relations/v1/options.proto");
  EXPECT_EQ(file_of("library.v1"), "none");
  EXPECT_EQ(file_of(""), "none");
  const rel_file *file = rel_schema_file(read->schema.get(), rel_cstr("library.proto"));
  ASSERT_NE(file, nullptr);
  ASSERT_EQ(file->dependency_count, 3u);
  EXPECT_EQ(Text(file->dependencies[1]), "relations/v1/options.proto");
  EXPECT_NE(Text(file->bytes).find("library.proto"), std::string::npos);
}

TEST_F(Library, TheDigestIsOfTheBytes) {
  Read again = ReadFiles({{"library.proto", library}});
  EXPECT_STREQ(again.schema->digest, read->schema->digest);
  EXPECT_EQ(strlen(again.schema->digest), 32u);
  Read other = ReadFiles({{"library.proto", std::string(library) + "message More {}\n"}});
  EXPECT_STRNE(other.schema->digest, read->schema->digest);
}

TEST_F(Library, NearNamesAreSuggested) {
  EXPECT_EQ(Text(rel_schema_near_model(read->schema.get(), rel_cstr("library.v1.Auther"))),
            "library.v1.Author");
  EXPECT_EQ(Text(rel_schema_near_model(read->schema.get(), rel_cstr("Boook"))), "library.v1.Book");
  EXPECT_EQ(Text(rel_schema_near_model(read->schema.get(), rel_cstr("Publisher"))), "");
  EXPECT_EQ(Text(rel_model_near_relation(read->Model("library.v1.Author"), rel_cstr("book"))), "books");
}

TEST(LibraryPositions, WithoutThemFindingsStillNameFileAndRelation) {
  std::string broken = library;
  broken.replace(broken.find("foreign_key: \"author_id\" inverse_of: \"books\""), 24,
                 "foreign_key: \"auther_id\"");
  Read read = ReadSet(Compile({{"library.proto", broken}}, false));
  EXPECT_EQ(read.code, REL_BAD_SCHEMA);
  ASSERT_FALSE(read.lines.empty());
  EXPECT_EQ(read.lines[0],
            "library.proto: error: library.v1.Book.author: foreign_key: no field \"auther_id\" in "
            "library.v1.Book; did you mean \"author_id\"?");
  Read placed = ReadFiles({{"library.proto", broken}});
  EXPECT_EQ(placed.lines[0].rfind("library.proto:27: error: ", 0), 0u) << placed.lines[0];
}

} // namespace
