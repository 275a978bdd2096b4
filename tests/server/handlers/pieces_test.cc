// Records in pieces: whatever the record and the size of a piece, merging them as docs/services.md says gives
// the record back. The merging here is Protobuf's, written by hand.
#include "server/handlers/pieces.h"

#include "common/wire.h"
#include "tests/common/schema/compiled.h"

#include <map>
#include <random>

using namespace relations_test;

namespace {

const char kSchema[] = R"(
message Author {
  option (.relations.v1.model) = { table: "authors" };
  int64 id = 1;
  string name = 2;
  int64 best_id = 3;
  repeated Book books = 10 [(.relations.v1.has_many) = { foreign_key: "author_id" }];
  Book best = 11 [(.relations.v1.belongs_to) = { foreign_key: "best_id" }];
}
message Book {
  option (.relations.v1.model) = { table: "books" };
  int64 id = 1;
  int64 author_id = 2;
  bytes cover = 3;
  Author author = 10 [(.relations.v1.belongs_to) = { foreign_key: "author_id" }];
  repeated Review reviews = 1001 [(.relations.v1.has_many) = { foreign_key: "book_id" }];
}
message Review {
  option (.relations.v1.model) = { table: "reviews" };
  int64 id = 1;
  int64 book_id = 2;
  string text = 3;
}
)";

// A message as Protobuf's libraries hold it: for each field its values, in order; those of relations are
// messages.
struct Message {
  const rel_model *model = nullptr;
  std::map<uint32_t, std::vector<std::string>> values; // as they stand in the bytes, tag included
  std::map<uint32_t, std::vector<Message>> related;

  bool operator==(const Message &other) const { return values == other.values && related == other.related; }
};

const rel_relation *RelationOf(const rel_model *model, uint32_t number) {
  for (size_t i = 0; i < model->relation_count; i++)
    if (model->relations[i]->field_number == number) return model->relations[i];
  return nullptr;
}

void Merge(Message *into, const Message &from);

Message Parse(const rel_model *model, rel_str bytes) {
  Message made;
  made.model = model;
  rel_wire_reader reader = {bytes};
  rel_wire_field field;
  int got;
  for (const char *start = bytes.ptr; (got = rel_wire_next(&reader, &field)) > 0; start = reader.rest.ptr) {
    const rel_relation *relation = RelationOf(model, field.number);
    if (relation == nullptr) {
      made.values[field.number].push_back(std::string(start, static_cast<size_t>(reader.rest.ptr - start)));
      continue;
    }
    std::vector<Message> &all = made.related[field.number];
    Message one = Parse(relation->target, field.bytes);
    if (relation->kind != REL_HAS_MANY && !all.empty())
      Merge(&all[0], one);
    else
      all.push_back(one);
  }
  EXPECT_EQ(got, 0) << "a piece is no message";
  return made;
}

void Merge(Message *into, const Message &from) {
  for (const auto &value : from.values) {
    EXPECT_EQ(into->values.count(value.first), 0u) << "a field stands in two pieces";
    into->values[value.first] = value.second;
  }
  for (const auto &field : from.related) {
    std::vector<Message> &all = into->related[field.first];
    bool many = RelationOf(into->model, field.first)->kind == REL_HAS_MANY;
    if (many || all.empty())
      all.insert(all.end(), field.second.begin(), field.second.end());
    else
      Merge(&all[0], field.second.at(0));
  }
}

using Path = std::vector<std::string>;

// The relation that a dotted way ends in, in both messages.
std::pair<Message *, Message *> Follow(Message *whole, Message *part, const std::string &way,
                                       uint32_t *number) {
  std::stringstream steps(way);
  for (std::string step; std::getline(steps, step, '.');) {
    if (*number != 0) {
      whole = &whole->related.at(*number).at(0);
      part = &part->related.at(*number).at(0);
    }
    for (size_t i = 0; i < whole->model->relation_count; i++)
      if (Text(whole->model->relations[i]->name) == step) *number = whole->model->relations[i]->field_number;
  }
  return {whole, part};
}

void PutTogether(Message *whole, Message part, const Path &path) {
  if (!path.empty()) {
    uint32_t number = 0;
    auto ends = Follow(whole, &part, path[0], &number);
    std::vector<Message> &more = ends.second->related.at(number);
    ASSERT_FALSE(more.empty());
    PutTogether(&ends.first->related.at(number).back(), more[0], Path(path.begin() + 1, path.end()));
    more.erase(more.begin());
  }
  Merge(whole, part);
}

class Pieces : public ::testing::Test {
protected:
  Pieces() : read_(ReadProto(kSchema)) { author_ = read_.Model("t.v1.Author"); }

  static std::string Related(uint32_t number, const std::string &record) {
    rel_buf out = {};
    rel_wire_put_bytes(&out, number, Str(record));
    return Take(&out);
  }
  static std::string Take(rel_buf *out) {
    std::string text = Text(rel_buf_view(out));
    rel_buf_fini(out);
    return text;
  }
  static std::string Number(uint32_t number, uint64_t value) {
    rel_buf out = {};
    rel_wire_put_uint(&out, number, value);
    return Take(&out);
  }

  // Every piece, with where it goes on.
  std::vector<std::pair<std::string, Path>> Split(const std::string &record, size_t max_bytes) {
    std::vector<std::pair<std::string, Path>> all;
    rel_pieces *pieces = rel_pieces_new(author_, Str(record), max_bytes);
    bool more;
    do {
      rel_buf piece = {}, path = {};
      more = rel_pieces_next(pieces, &piece);
      if (more) rel_pieces_put_path(pieces, rel_cstr("records"), 7, &path);
      all.emplace_back(Take(&piece), PathOf(&path));
    } while (more);
    rel_pieces_free(pieces);
    return all;
  }
  static Path PathOf(rel_buf *take) {
    Path path;
    rel_wire_reader reader = {rel_buf_view(take)};
    rel_wire_field field;
    while (rel_wire_next(&reader, &field) > 0) {
      EXPECT_EQ(field.number, 7u);
      path.push_back(Text(field.bytes));
    }
    rel_buf_fini(take);
    return path;
  }
  void Check(const std::string &record, size_t max_bytes) {
    Message whole;
    Path path;
    bool first = true;
    for (const auto &piece : Split(record, max_bytes)) {
      Message part = Parse(author_, Str(piece.first));
      if (first)
        whole = part;
      else
        PutTogether(&whole, part, Path(path.begin() + 1, path.end())); // the first is the record itself
      path = piece.second;
      first = false;
    }
    EXPECT_TRUE(path.empty()) << "the last piece goes on";
    EXPECT_TRUE(whole == Parse(author_, Str(record))) << "in pieces of " << max_bytes;
  }

  Read read_;
  const rel_model *author_;
};

TEST_F(Pieces, WhatFitsIsOnePiece) {
  std::string record = Number(1, 5) + Related(2, "name");
  auto pieces = Split(record, 1000);
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_EQ(pieces[0].first, record);
  EXPECT_TRUE(pieces[0].second.empty());
  EXPECT_EQ(Split("", 10).size(), 1u);
}

TEST_F(Pieces, ARelationIsSpreadOverThem) {
  std::string book = Related(10, Number(1, 1) + Related(3, std::string(40, 'c')));
  auto pieces = Split(Number(1, 5) + book + book + book, 100);
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].first, Number(1, 5) + book + book);
  EXPECT_EQ(pieces[0].second, Path{"records"});
  EXPECT_EQ(pieces[1].first, book);
}

TEST_F(Pieces, ALargeRelatedRecordGoesOnToo) {
  std::string review = Related(1001, Related(3, std::string(50, 'r')));
  std::string book = Related(10, Number(1, 7) + review + review + review);
  auto pieces = Split(Number(1, 5) + book + Related(10, Number(1, 8)), 130);
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].second, (Path{"records", "books"}));
  EXPECT_EQ(pieces[1].first, Related(10, review) + Related(10, Number(1, 8)));
  // On the way to one record there is nothing to name, unless the way leads on.
  std::string best = Related(11, Number(1, 7) + review + review + review);
  pieces = Split(best, 130);
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].second, Path{"records"});
  std::string large = Related(10, Related(1001, Related(3, std::string(200, 'r')) + Number(1, 1)));
  pieces = Split(Related(11, Related(10, large)), 130);
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].second, (Path{"records", "best.author.books", "reviews"}));
}

// It cannot be divided: it is in a piece of its own.
TEST_F(Pieces, AValueLargerThanAPieceIsWhole) {
  std::string record = Number(1, 5) + Related(2, std::string(500, 'n')) + Number(3, 9);
  auto pieces = Split(record, 100);
  ASSERT_EQ(pieces.size(), 3u);
  EXPECT_EQ(pieces[1].first, Related(2, std::string(500, 'n')));
  Check(record, 100);
}

// Deeper than it enters, it takes whole what is there.
TEST_F(Pieces, DepthHasAnEnd) {
  std::string record = Number(1, 5) + Related(2, std::string(300, 'n'));
  for (int i = 0; i < 49; i++)
    record = Related(11, Number(1, 4) + Related(10, Number(1, 3) + record));
  for (size_t max_bytes : {1, 10, 100, 1000})
    Check(record, max_bytes);
}

class Random {
public:
  explicit Random(unsigned seed) : engine_(seed) {}
  size_t Below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(engine_); }

  std::string Record(const rel_model *model, int depth) {
    std::string bytes = Put(1, std::string(Below(4), 'i'));
    for (size_t i = 0; i < model->relation_count && depth > 0; i++) {
      const rel_relation *relation = model->relations[i];
      size_t count = relation->kind == REL_HAS_MANY ? Below(6) : Below(2);
      for (size_t n = 0; n < count; n++)
        bytes += Put(relation->field_number, Record(relation->target, depth - 1));
    }
    return bytes + Put(3, std::string(Below(5) == 0 ? Below(400) : Below(30), 'x'));
  }

private:
  static std::string Put(uint32_t number, const std::string &bytes) {
    rel_buf out = {};
    rel_wire_put_bytes(&out, number, Str(bytes));
    std::string text = Text(rel_buf_view(&out));
    rel_buf_fini(&out);
    return text;
  }
  std::mt19937 engine_;
};

TEST_F(Pieces, OfAnyRecordAreTheRecord) {
  const char *given = getenv("SEED");
  unsigned seed = given != nullptr ? static_cast<unsigned>(atoi(given)) : std::random_device{}();
  printf("SEED=%u\n", seed);
  Random random(seed);
  for (int i = 0; i < 300; i++) {
    std::string record = random.Record(author_, 4);
    for (size_t max_bytes : {1 + random.Below(40), 1 + random.Below(400), 1 + random.Below(4000)})
      Check(record, max_bytes);
    if (HasFailure()) return;
  }
}

} // namespace
