// Views, buffers, UTF-8 and edit distance.
#include "common/str.h"

#include <gtest/gtest.h>

#include <string>

namespace {

bool Valid(const std::string &text) {
  return rel_utf8_valid(rel_bytes(text.data(), text.size()));
}

TEST(Str, EqualAndOrderedByBytesWhateverTheyAre) {
  rel_str nul = rel_bytes("a\0b", 3);
  EXPECT_TRUE(rel_str_eq(nul, rel_bytes("a\0b", 3)));
  EXPECT_FALSE(rel_str_eq(nul, rel_cstr("a")));
  EXPECT_TRUE(rel_str_eq(rel_cstr(nullptr), rel_cstr("")));
  EXPECT_LT(rel_str_cmp(rel_cstr("a"), nul), 0);
  EXPECT_GT(rel_str_cmp(rel_cstr("\xff"), rel_cstr("a")), 0);
  EXPECT_EQ(rel_str_cmp(rel_cstr(""), rel_cstr("")), 0);
}

TEST(Str, TrimAndCut) {
  EXPECT_TRUE(rel_str_is(rel_str_trim(rel_cstr("  a b ")), "a b"));
  EXPECT_TRUE(rel_str_is(rel_str_trim(rel_cstr("   ")), ""));
  EXPECT_TRUE(rel_str_is(rel_str_trim(rel_cstr("")), ""));
  rel_str rest = rel_cstr("a,,b");
  EXPECT_TRUE(rel_str_is(rel_str_cut(&rest, ','), "a"));
  EXPECT_TRUE(rel_str_is(rel_str_cut(&rest, ','), ""));
  EXPECT_TRUE(rel_str_is(rest, "b"));
  EXPECT_TRUE(rel_str_is(rel_str_cut(&rest, ','), "b"));
  EXPECT_EQ(rest.len, 0u);
  EXPECT_EQ(rel_str_cut(&rest, ',').len, 0u);
}

TEST(Utf8, WellFormedTextOfEveryLength) {
  for (const char *text :
       {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "eight or more ASCII bytes, then \xc3\xa9"})
    EXPECT_TRUE(Valid(text)) << text;
  EXPECT_TRUE(Valid(std::string("\0", 1)));
}

TEST(Utf8, OverlongSurrogatesTruncatedAndBeyondTheEnd) {
  for (const char *text :
       {"\x80", "\xbf", "\xc0\xaf", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "eight bytes, then \xe2\x82"})
    EXPECT_FALSE(Valid(text)) << text;
}

TEST(EditDistance, CountsEditsAndGivesUpBeyondTheLimit) {
  auto distance = [](const char *a, const char *b, size_t limit) {
    return rel_edit_distance(rel_cstr(a), rel_cstr(b), limit);
  };
  EXPECT_EQ(distance("author", "author", 3), 0u);
  EXPECT_EQ(distance("auther", "author", 3), 1u);
  EXPECT_EQ(distance("kitten", "sitting", 3), 3u);
  EXPECT_EQ(distance("", "ab", 3), 2u);
  EXPECT_EQ(distance("kitten", "sitting", 2), 3u);
  EXPECT_EQ(distance("a", "bcdefgh", 1), 2u);
  std::string longest(64, 'a'), too_long(65, 'a');
  EXPECT_EQ(distance(longest.c_str(), longest.c_str(), 1), 0u);
  EXPECT_EQ(distance(too_long.c_str(), too_long.c_str(), 1), 2u);
}

TEST(Near, IsASlipOfThePen) {
  auto nearest = [](const char *wanted, std::initializer_list<const char *> names) {
    rel_near near = rel_near_begin(rel_cstr(wanted));
    for (const char *name : names)
      rel_near_offer(&near, rel_cstr(name));
    return std::string(near.best.ptr != nullptr ? near.best.ptr : "", near.best.len);
  };
  EXPECT_EQ(nearest("auhtor", {"anchor", "author", "title"}), "author");
  EXPECT_EQ(nearest("book", {"books", "boos"}), "books") << "the first of two";
  EXPECT_EQ(nearest("publisherId", {"publisher_id"}), "publisher_id");
  EXPECT_EQ(nearest("titel", {"body"}), "");
  EXPECT_EQ(nearest("idd", {"id"}), "id");
  EXPECT_EQ(nearest("x", {"n"}), "") << "every letter is another";
  EXPECT_EQ(nearest("", {"n"}), "");
  EXPECT_EQ(nearest("x", {}), "");
}

TEST(Near, EndsAMessage) {
  auto says = [](const char *near) {
    char text[40];
    rel_str best = rel_cstr(near);
    snprintf(text, sizeof text, "no x" REL_NEAR_F, REL_NEAR_A(best));
    return std::string(text);
  };
  EXPECT_EQ(says("y"), "no x; did you mean y?");
  EXPECT_EQ(says(""), "no x");
}

TEST(Hex, IsReadInEitherCase) {
  uint8_t bytes[3] = {};
  EXPECT_TRUE(rel_hex_read(rel_cstr("09afAF"), bytes));
  EXPECT_EQ(memcmp(bytes, "\x09\xaf\xaf", 3), 0);
  EXPECT_TRUE(rel_hex_read(rel_cstr(""), bytes));
  for (const char *wrong : {"0", "0g", "g0", "0x", " 1", "1 ", "@0", "/0", ":0"})
    EXPECT_FALSE(rel_hex_read(rel_cstr(wrong), bytes)) << wrong;
}

TEST(Utf8, IsMadeOfWhatIsNone) {
  char good[] = "caf\xc3\xa9", bad[] = "caf\xe9 \xc3\xa9";
  rel_utf8_make(good);
  rel_utf8_make(bad);
  EXPECT_STREQ(good, "caf\xc3\xa9");
  EXPECT_STREQ(bad, "caf? ??");
}

TEST(Buf, GrowsAndKeepsWhatItHolds) {
  rel_buf buf = {};
  std::string expected;
  for (int i = 0; i < 1000; i++) {
    rel_buf_printf(&buf, "%d,", i);
    expected += std::to_string(i) + ",";
  }
  rel_buf_cstr(&buf, "x");
  rel_buf_str(&buf, rel_bytes("y\0", 2));
  rel_buf_append(&buf, nullptr, 0);
  expected += std::string("xy\0", 3);
  EXPECT_EQ(std::string((const char *)buf.data, buf.len), expected);
  EXPECT_EQ(rel_buf_text(&buf)[buf.len], '\0');
  EXPECT_EQ(buf.len, expected.size()) << "the NUL is not counted";
  rel_buf_fini(&buf);
  EXPECT_EQ(buf.len, 0u);
  rel_buf_fini(nullptr);
}

TEST(Buf, AReservationIsNotCountedUntilItIsUsed) {
  rel_buf buf = {};
  memcpy(rel_buf_reserve(&buf, 3), "abc", 3);
  EXPECT_EQ(buf.len, 0u);
  buf.len += 3;
  EXPECT_TRUE(rel_str_is(rel_buf_view(&buf), "abc"));
  rel_buf_fini(&buf);
}

TEST(Strdup, CopiesViewsThatDoNotEndInNul) {
  char *copy = rel_strdup(rel_bytes("abcdef", 3));
  EXPECT_STREQ(copy, "abc");
  free(copy);
}

TEST(AllocDeathTest, EndsTheProcessWithAMessageInsteadOfReturningNull) {
  EXPECT_DEATH(rel_alloc0(SIZE_MAX / 2, 4), "out of memory|calloc-overflow|allocator");
}

TEST(Buf, DottedNamesBecomeOneWord) {
  rel_buf buf = {};
  rel_buf_cstr(&buf, "a.");
  rel_buf_undotted(&buf, rel_cstr("author.mentor.name"));
  EXPECT_STREQ(rel_buf_text(&buf), "a.author_mentor_name");
  rel_buf_fini(&buf);
}

} // namespace
