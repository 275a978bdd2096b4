// From cells to wire bytes: each type, what fits and what does not, and what is said then.
#include "server/store/encode.h"

#include "server/store/key.h"
#include "tests/server/store/fixture.h"

#include <cmath>
#include <limits>

namespace {

using fixture::Model;
using fixture::str;
using fixture::view;

rel_cell null() {
  return rel_cell{};
}
rel_cell integer(int64_t value) {
  rel_cell cell{};
  cell.kind = REL_CELL_INT;
  cell.integer = value;
  return cell;
}
rel_cell real(double value) {
  rel_cell cell{};
  cell.kind = REL_CELL_REAL;
  cell.real = value;
  return cell;
}
rel_cell text(const std::string &value) {
  static std::deque<std::string> kept;
  kept.push_back(value);
  rel_cell cell{};
  cell.kind = REL_CELL_TEXT;
  cell.bytes = view(kept.back());
  return cell;
}
rel_cell blob(const std::string &value) {
  rel_cell cell = text(value);
  cell.kind = REL_CELL_BLOB;
  return cell;
}

// One field, number 1, of a model whose primary key is another.
class Encode : public testing::Test {
protected:
  rel_field *field(rel_type type) {
    model_ = std::make_unique<Model>("books");
    rel_field *made = model_->add("f", 1, type, "Column");
    model_->primary_key({model_->add("id", 2, REL_TYPE_INT64)});
    return made;
  }

  // The bytes, or "!" and the message.
  std::string encode(const rel_cell &cell) {
    std::string lookup_key = fixture::ikey(77);
    rel_cell cells[] = {cell, integer(42)};
    rel_row row = {&model_->model, model_->model.fields, cells, 2, view(lookup_key), nullptr};
    rel_buf out{};
    rel_buf_cstr(&out, "before");
    rel_error error{};
    rel_code code = rel_encode_record(&row, &out, &error);
    std::string bytes = str(rel_buf_view(&out));
    rel_buf_fini(&out);
    EXPECT_EQ(bytes.substr(0, 6), "before");
    if (code != REL_OK) {
      EXPECT_EQ(code, REL_BAD_DATA);
      EXPECT_EQ(bytes, "before") << "nothing is left of a row that does not fit";
      return std::string("!") + error.message;
    }
    std::string id = "\x10\x2a";
    EXPECT_EQ(bytes.substr(bytes.size() - 2), id);
    return bytes.substr(6, bytes.size() - 8);
  }
  bool fits(const rel_cell &cell) { return encode(cell)[0] != '!'; }
  std::string bytes(std::initializer_list<int> list) {
    std::string made;
    for (int byte : list)
      made += char(byte);
    return made;
  }

  std::unique_ptr<Model> model_;
};

TEST_F(Encode, Integers) {
  const std::string minus_one = bytes({0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01});
  field(REL_TYPE_INT64);
  EXPECT_EQ(encode(integer(0)), "");
  EXPECT_EQ(encode(integer(300)), bytes({0x08, 0xac, 0x02}));
  EXPECT_EQ(encode(integer(-1)), minus_one);
  field(REL_TYPE_INT32);
  EXPECT_EQ(encode(integer(-1)), minus_one);
  field(REL_TYPE_SINT32);
  EXPECT_EQ(encode(integer(-1)), bytes({0x08, 0x01}));
  field(REL_TYPE_SINT64);
  EXPECT_EQ(encode(integer(INT64_MIN)),
            bytes({0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
  field(REL_TYPE_FIXED32);
  EXPECT_EQ(encode(integer(UINT32_MAX)), bytes({0x0d, 0xff, 0xff, 0xff, 0xff}));
  field(REL_TYPE_SFIXED32);
  EXPECT_EQ(encode(integer(-2)), bytes({0x0d, 0xfe, 0xff, 0xff, 0xff}));
  field(REL_TYPE_SFIXED64);
  EXPECT_EQ(encode(integer(-2)), bytes({0x09, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}));
  field(REL_TYPE_FIXED64);
  EXPECT_EQ(encode(integer(1)), bytes({0x09, 1, 0, 0, 0, 0, 0, 0, 0}));
  field(REL_TYPE_BOOL);
  EXPECT_EQ(encode(integer(1)), bytes({0x08, 0x01}));
  EXPECT_EQ(encode(integer(0)), "");
}

TEST_F(Encode, IntegersOutOfTheirRange) {
  const struct {
    rel_type type;
    int64_t low, high;
  } cases[] = {
      {REL_TYPE_INT32, INT32_MIN, INT32_MAX},
      {REL_TYPE_SINT32, INT32_MIN, INT32_MAX},
      {REL_TYPE_SFIXED32, INT32_MIN, INT32_MAX},
      {REL_TYPE_ENUM, INT32_MIN, INT32_MAX},
      {REL_TYPE_UINT32, 0, UINT32_MAX},
      {REL_TYPE_FIXED32, 0, UINT32_MAX},
      {REL_TYPE_BOOL, 0, 1},
  };
  for (const auto &c : cases) {
    field(c.type);
    EXPECT_TRUE(fits(integer(c.low)) && fits(integer(c.high))) << c.type;
    EXPECT_FALSE(fits(integer(c.low - 1)) || fits(integer(c.high + 1))) << c.type;
  }
  for (rel_type type : {REL_TYPE_UINT64, REL_TYPE_FIXED64}) {
    field(type);
    EXPECT_TRUE(fits(integer(INT64_MAX)));
    EXPECT_FALSE(fits(integer(-1)));
  }
}

TEST_F(Encode, NothingButAnIntegerIsAnInteger) {
  for (rel_type type : {REL_TYPE_INT64, REL_TYPE_UINT32, REL_TYPE_BOOL, REL_TYPE_SFIXED64}) {
    field(type);
    EXPECT_FALSE(fits(real(1.0)));
    EXPECT_FALSE(fits(text("1")));
    EXPECT_FALSE(fits(blob("1")));
    EXPECT_FALSE(fits(null()));
  }
}

TEST_F(Encode, PresenceIsWritten) {
  for (rel_type type : {REL_TYPE_INT64, REL_TYPE_BOOL, REL_TYPE_DOUBLE, REL_TYPE_FLOAT, REL_TYPE_ENUM}) {
    rel_field *made = field(type);
    model_->optional(made);
    EXPECT_EQ(encode(null()), "");
    EXPECT_GT(encode(integer(0)).size(), 1u) << type;
  }
  rel_field *string = field(REL_TYPE_STRING);
  model_->optional(string);
  EXPECT_EQ(encode(text("")), bytes({0x0a, 0x00}));
  rel_field *raw = field(REL_TYPE_BYTES);
  model_->optional(raw);
  EXPECT_EQ(encode(blob("")), bytes({0x0a, 0x00}));
}

TEST_F(Encode, FloatingPoint) {
  field(REL_TYPE_DOUBLE);
  EXPECT_EQ(encode(real(0.0)), "");
  EXPECT_EQ(encode(real(-0.0)), bytes({0x09, 0, 0, 0, 0, 0, 0, 0, 0x80}));
  EXPECT_EQ(encode(integer(1)), bytes({0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f}));
  EXPECT_TRUE(fits(integer(INT64_C(1) << 53)));
  EXPECT_FALSE(fits(integer((INT64_C(1) << 53) + 1)));
  EXPECT_TRUE(fits(integer(INT64_MIN)));
  EXPECT_FALSE(fits(integer(INT64_MAX)));
  EXPECT_FALSE(fits(text("1.5")));
  EXPECT_TRUE(fits(real(INFINITY)));
  field(REL_TYPE_FLOAT);
  EXPECT_EQ(encode(real(0.1)), bytes({0x0d, 0xcd, 0xcc, 0xcc, 0x3d}));
  EXPECT_FALSE(fits(real(1e39)));
  EXPECT_TRUE(fits(real(-INFINITY)));
  EXPECT_TRUE(fits(integer(1 << 24)));
  EXPECT_FALSE(fits(integer((1 << 24) + 1)));
}

TEST_F(Encode, Text) {
  field(REL_TYPE_STRING);
  EXPECT_EQ(encode(text("")), "");
  EXPECT_EQ(encode(text("né")), bytes({0x0a, 3}) + "né");
  EXPECT_NE(encode(text("\xc3")).find("not UTF-8"), std::string::npos);
  EXPECT_NE(encode(text("\xed\xa0\x80")).find("not UTF-8"), std::string::npos) << "a surrogate";
  EXPECT_NE(encode(text(std::string("a\0b", 3))).find("NUL"), std::string::npos);
  EXPECT_FALSE(fits(integer(5)));
  EXPECT_FALSE(fits(real(5)));
  EXPECT_FALSE(fits(blob("x")));
  EXPECT_FALSE(fits(null()));
}

TEST_F(Encode, Bytes) {
  field(REL_TYPE_BYTES);
  EXPECT_EQ(encode(blob(std::string("\0\xff", 2))), bytes({0x0a, 2, 0, 0xff}));
  EXPECT_EQ(encode(text("abc")), bytes({0x0a, 3}) + "abc");
  EXPECT_FALSE(fits(integer(5)));
}

TEST_F(Encode, Decimals) {
  field(REL_TYPE_STRING)->decimal = true;
  EXPECT_EQ(encode(text("12.50")), bytes({0x0a, 5}) + "12.50");
  EXPECT_EQ(encode(integer(-3)), bytes({0x0a, 2}) + "-3");
  EXPECT_EQ(encode(real(0.99)), bytes({0x0a, 4}) + "0.99");
  EXPECT_EQ(encode(integer(0)), bytes({0x0a, 1}) + "0");
  EXPECT_FALSE(fits(text("1e5")));
  EXPECT_FALSE(fits(text("")));
  EXPECT_FALSE(fits(real(INFINITY)));
  EXPECT_FALSE(fits(blob("1")));
}

TEST_F(Encode, Uuids) {
  const std::string canonical = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
  const std::string raw =
      "\x6b\xa7\xb8\x10\x9d\xad\x11\xd1\x80\xb4" + bytes({0, 0xc0, 0x4f, 0xd4, 0x30, 0xc8});
  field(REL_TYPE_STRING)->uuid = true;
  for (const auto &cell :
       {text("6BA7B810-9DAD-11D1-80B4-00C04FD430C8"), text("6ba7b8109dad11d180b400c04fd430c8"), blob(raw)})
    EXPECT_EQ(encode(cell), bytes({0x0a, 36}) + canonical);
  EXPECT_FALSE(fits(text("x")));
  EXPECT_FALSE(fits(blob("x")));
  EXPECT_FALSE(fits(integer(1)));
  field(REL_TYPE_BYTES)->uuid = true;
  for (const auto &cell : {text(canonical), blob(raw)})
    EXPECT_EQ(encode(cell), bytes({0x0a, 16}) + raw);
}

TEST_F(Encode, Enums) {
  std::vector<rel_enum::rel_enum_value> values = {{rel_cstr("UNKNOWN"), 0}, {rel_cstr("ROCK"), 7}};
  rel_enum genre{};
  genre.name = rel_cstr("Genre");
  genre.values = values.data();
  genre.value_count = values.size();
  field(REL_TYPE_ENUM)->enum_type = &genre;
  EXPECT_EQ(encode(integer(7)), bytes({0x08, 7}));
  EXPECT_EQ(encode(text("ROCK")), bytes({0x08, 7}));
  EXPECT_EQ(encode(text("UNKNOWN")), "");
  EXPECT_EQ(encode(integer(1000)), bytes({0x08, 0xe8, 0x07})) << "enums of proto3 are open";
  EXPECT_NE(encode(text("rock")).find("no value of that name"), std::string::npos);
  EXPECT_FALSE(fits(text("7")));
  EXPECT_FALSE(fits(real(7)));
}

TEST_F(Encode, Timestamps) {
  rel_field *made = field(REL_TYPE_TIMESTAMP);
  EXPECT_EQ(encode(null()), "");
  EXPECT_EQ(encode(text("1970-01-01")), bytes({0x0a, 0})) << "there, and zero";
  EXPECT_EQ(encode(integer(300)), bytes({0x0a, 3, 0x08, 0xac, 0x02}));
  EXPECT_EQ(encode(text("1970-01-01T00:00:01.000000005Z")), bytes({0x0a, 4, 0x08, 1, 0x10, 5}));
  EXPECT_EQ(encode(text("1969-12-31T23:59:59Z")),
            bytes({0x0a, 11, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
  EXPECT_FALSE(fits(real(1.5)));
  EXPECT_FALSE(fits(text("yesterday")));
  EXPECT_FALSE(fits(integer(INT64_MAX)));
  made->time_units_per_second = 1000;
  EXPECT_EQ(encode(integer(1001)), bytes({0x0a, 6, 0x08, 1, 0x10, 0xc0, 0x84, 0x3d}));
}

TEST_F(Encode, TheMessageNamesColumnKeyValueAndType) {
  field(REL_TYPE_INT32);
  EXPECT_EQ(encode(integer(5000000000)),
            "!books.Column of the row with key 42: INTEGER 5000000000 does not fit int32: out of range");
  EXPECT_EQ(encode(text("abc")), "!books.Column of the row with key 42: TEXT \"abc\" does not fit int32");
  EXPECT_EQ(encode(real(1.5)), "!books.Column of the row with key 42: REAL 1.5 does not fit int32");
  EXPECT_EQ(encode(blob("abc")), "!books.Column of the row with key 42: BLOB of 3 bytes does not fit int32");
  EXPECT_EQ(encode(null()),
            "!books.Column of the row with key 42: NULL does not fit int32: the field is not optional");
  field(REL_TYPE_STRING);
  std::string message = encode(text("\xff" + std::string(1000, 'x')));
  EXPECT_LT(message.size(), 200u);
  EXPECT_TRUE(rel_utf8_valid(view(message)));
}

TEST_F(Encode, TheLookupKeyNamesARowWithoutItsPrimaryKey) {
  field(REL_TYPE_INT32);
  std::string lookup_key = fixture::ikey(77);
  rel_cell cell = text("abc");
  rel_row row = {&model_->model, model_->model.fields, &cell, 1, view(lookup_key), nullptr};
  rel_buf out{};
  rel_error error{};
  EXPECT_EQ(rel_encode_key(&row, &out, &error), REL_BAD_DATA);
  EXPECT_NE(std::string(error.message).find("of the row with key 77"), std::string::npos) << error.message;
  rel_buf_fini(&out);
}

TEST_F(Encode, KeysOutOfRows) {
  Model model("m");
  model.add("i", 1, REL_TYPE_INT32);
  model.add("s", 2, REL_TYPE_STRING);
  model.add("b", 3, REL_TYPE_BYTES);
  model.add("u", 4, REL_TYPE_STRING)->uuid = true;
  const std::string uuid = "6BA7B810-9DAD-11D1-80B4-00C04FD430C8";
  auto key = [&](std::vector<rel_cell> cells, rel_code expected) {
    rel_row row = {&model.model, model.model.fields, cells.data(), cells.size(), {nullptr, 0}, nullptr};
    rel_buf out{};
    EXPECT_EQ(rel_encode_key(&row, &out, nullptr), expected);
    std::string made = str(rel_buf_view(&out));
    rel_buf_fini(&out);
    return made;
  };
  EXPECT_EQ(key({integer(1), text("a"), blob("b"), text(uuid)}, REL_OK),
            std::string(fixture::Key().i(1).s("a").b("b").g(uuid)));
  EXPECT_EQ(key({integer(1), null(), blob("b"), text(uuid)}, REL_OK), "");
  EXPECT_EQ(key({integer(1), blob("a"), blob("b"), text(uuid)}, REL_BAD_DATA), "");
  EXPECT_EQ(key({integer(INT64_C(1) << 40)}, REL_BAD_DATA), "");
  EXPECT_EQ(key({integer(1), text(std::string("\0", 1))}, REL_BAD_DATA), "");
}

// items(id, type, a, b), whose key (a, b) is that of a relation with a tag.
class EncodeGate : public testing::Test {
protected:
  EncodeGate(rel_type type = REL_TYPE_STRING) : model_("items") {
    model_.primary_key({model_.add("id", 1, REL_TYPE_INT64)});
    type_ = model_.optional(model_.add("type", 2, type));
    model_.optional(model_.add("a", 3, REL_TYPE_INT64));
    model_.optional(model_.add("b", 4, REL_TYPE_STRING));
  }

  // The key as text, "" for none, or "!" and the message.
  std::string key(const rel_gate &gate, std::vector<rel_cell> cells) {
    rel_arena arena;
    rel_arena_init(&arena);
    const rel_field *parts[] = {model_["a"], model_["b"]};
    std::string lookup_key = fixture::ikey(77);
    rel_row row{};
    row.model = &model_.model;
    row.fields = rel_key_columns(parts, 2, &gate, &arena, &row.count);
    row.cells = cells.data();
    row.lookup_key = view(lookup_key);
    row.gate = &gate;
    EXPECT_EQ(row.count, cells.size());
    rel_buf out{}, said{};
    rel_error error{};
    rel_code code = rel_encode_key(&row, &out, &error);
    rel_key_format(rel_buf_view(&out), &said);
    std::string text = code == REL_OK ? str(rel_buf_view(&said)) : std::string("!") + error.message;
    EXPECT_TRUE(code == REL_OK || (code == REL_BAD_DATA && out.len == 0));
    rel_buf_fini(&out);
    rel_buf_fini(&said);
    rel_arena_fini(&arena);
    return text;
  }

  Model model_;
  rel_field *type_;
};

TEST_F(EncodeGate, AKeyPassesWithItsTagOnly) {
  fixture::Gate gate(model_, type_, {{rel_cstr("Photo"), 0}, {rel_cstr("Post"), 0}}, 1);
  EXPECT_EQ(key(gate.gate, {integer(5), text("x"), text("Post")}), "5, \"x\"");
  EXPECT_EQ(key(gate.gate, {integer(5), text("x"), text("Photo")}), "");
  EXPECT_EQ(key(gate.gate, {integer(5), text("x"), null()}), "");
  EXPECT_EQ(
      key(gate.gate, {integer(5), text("x"), text("post")}),
      "!items.type of the row with key 77: \"post\" is the type_tag of no relation of items, whose tags "
      "are \"Photo\", \"Post\"");
  EXPECT_EQ(key(gate.gate, {integer(5), text("x"), blob("Post")}),
            "!items.type of the row with key 77: BLOB of 4 bytes does not fit string");
  EXPECT_EQ(key(gate.gate, {integer(5), text("x"), integer(1)}),
            "!items.type of the row with key 77: INTEGER 1 does not fit string");
}

TEST_F(EncodeGate, ANullPartRefersToNothingWhateverTheTag) {
  fixture::Gate gate(model_, type_, {{rel_cstr("Post"), 0}});
  EXPECT_EQ(key(gate.gate, {null(), text("x"), text("Post")}), "");
  EXPECT_EQ(key(gate.gate, {integer(5), null(), text("nobody's")}), "");
}

TEST_F(EncodeGate, AKeyOfAnotherRelationNeedNotFit) {
  fixture::Gate gate(model_, type_, {{rel_cstr("Photo"), 0}, {rel_cstr("Post"), 0}}, 1);
  EXPECT_EQ(key(gate.gate, {text("no number"), text("x"), text("Photo")}), "");
  EXPECT_EQ(key(gate.gate, {text("no number"), text("x"), text("Post")}),
            "!items.a of the row with key 77: TEXT \"no number\" does not fit int64");
}

TEST_F(EncodeGate, ALongTagIsCutShortWithinNoCharacter) {
  fixture::Gate gate(model_, type_, {{rel_cstr("Post"), 0}});
  std::string lengthy;
  for (int i = 0; i < 1000; i++)
    lengthy += "\u00e4";
  std::string said = key(gate.gate, {integer(5), text("x"), text(lengthy)});
  EXPECT_LT(said.size(), 250u);
  EXPECT_NE(said.find("whose tags are \"Post\""), std::string::npos) << said;
  EXPECT_TRUE(rel_utf8_valid(view(said)));
}

class EncodeEnumGate : public EncodeGate {
protected:
  EncodeEnumGate() : EncodeGate(REL_TYPE_ENUM) {
    values_[0] = {rel_cstr("KIND_POST"), 1};
    values_[1] = {rel_cstr("KIND_OLD_POST"), 1};
    values_[2] = {rel_cstr("KIND_PHOTO"), 2};
    kind_ = {rel_cstr("Kind"), values_, 3};
    type_->enum_type = &kind_;
  }

  rel_enum::rel_enum_value values_[3];
  rel_enum kind_;
};

TEST_F(EncodeEnumGate, AnEnumIsItsNumberByAnyName) {
  fixture::Gate gate(model_, type_, {{rel_cstr("KIND_POST"), 1}, {rel_cstr("2"), 2}});
  for (const rel_cell &same : {integer(1), text("KIND_POST"), text("KIND_OLD_POST")})
    EXPECT_EQ(key(gate.gate, {integer(5), text("x"), same}), "5, \"x\"");
  for (const rel_cell &other : {integer(2), text("KIND_PHOTO")})
    EXPECT_EQ(key(gate.gate, {integer(5), text("x"), other}), "");
  EXPECT_EQ(key(gate.gate, {integer(5), text("x"), integer(3)}),
            "!items.type of the row with key 77: 3 is the type_tag of no relation of items, whose tags are "
            "KIND_POST (1), KIND_PHOTO (2)");
  EXPECT_NE(key(gate.gate, {integer(5), text("x"), text("KIND_NONE")}).find("no value of that name"),
            std::string::npos);
}

TEST(EncodeOneof, ASecondMemberIsAnErrorAndNotTheOneThatStays) {
  Model model("m");
  model.primary_key({model.add("id", 1, REL_TYPE_INT64)});
  for (uint32_t number = 2; number < 6; number++)
    model.optional(model.add("v" + std::to_string(number), number, REL_TYPE_STRING))->oneof =
        number < 5 ? 1 : 2;
  auto encode = [&](std::vector<rel_cell> cells) {
    rel_row row = {&model.model, model.model.fields, cells.data(), cells.size(), rel_str{}, nullptr};
    rel_buf out{};
    rel_error error{};
    rel_code code = rel_encode_record(&row, &out, &error);
    std::string result = code == REL_OK ? str(rel_buf_view(&out)) : std::string(error.message);
    rel_buf_fini(&out);
    return result;
  };
  EXPECT_EQ(encode({integer(7), null(), text("a"), null(), text("b")}), "\x08\x07\x1a\x01"
                                                                        "a*\x01"
                                                                        "b");
  EXPECT_EQ(encode({integer(7), text(""), null(), text("a"), null()}),
            "m.v4 of the row with key 7: TEXT \"a\" does not fit string: another column of its oneof is not "
            "NULL either");
}

} // namespace
