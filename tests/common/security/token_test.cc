// Tokens: random, of the characters a header takes, and known by their hash only.
#include "common/security/token.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

std::string NewToken() {
  rel_buf text = {};
  rel_error error;
  EXPECT_EQ(rel_token_new(&text, &error), REL_OK);
  std::string token(reinterpret_cast<char *>(text.data), text.len);
  rel_buf_fini(&text);
  return token;
}

std::string Line(const char *name, const std::string &token) {
  rel_token_hash hash = rel_token_hash_of(rel_bytes(token.data(), token.size()));
  rel_buf text = {};
  rel_token_line(rel_cstr(name), &hash, &text);
  std::string line(reinterpret_cast<char *>(text.data), text.len);
  rel_buf_fini(&text);
  return line;
}

TEST(Token, EachIsNewAndValid) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; i++) {
    std::string token = NewToken();
    EXPECT_EQ(token.size(), 4u + 43u);
    EXPECT_EQ(token.substr(0, 4), "rel_");
    EXPECT_TRUE(rel_token_valid(rel_bytes(token.data(), token.size())));
    EXPECT_TRUE(seen.insert(token).second);
  }
}

// Every bit of the randomness reaches the text: over many tokens each place shows many digits.
TEST(Token, EveryPlaceIsRandom) {
  std::set<char> digits[43];
  for (int i = 0; i < 1000; i++) {
    std::string token = NewToken();
    for (size_t at = 0; at < 43; at++)
      digits[at].insert(token[4 + at]);
  }
  for (size_t at = 0; at < 42; at++)
    EXPECT_EQ(digits[at].size(), 64u) << at;
  EXPECT_EQ(digits[42].size(), 16u); // four bits are left for the last
}

TEST(Token, TheLineIsWhatSha256sumSays) {
  EXPECT_EQ(Line("ci", "abc"), "ci:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Token, LinesAreReadBack) {
  std::string line = Line("team@host-1.x_y", "abc");
  rel_str name;
  rel_token_hash hash, other = rel_token_hash_of(rel_cstr("abd"));
  ASSERT_TRUE(rel_token_line_read(rel_bytes(line.data(), line.size()), &name, &hash));
  EXPECT_TRUE(rel_str_is(name, "team@host-1.x_y"));
  rel_token_hash right = rel_token_hash_of(rel_cstr("abc"));
  EXPECT_TRUE(rel_token_hash_eq(&hash, &right));
  EXPECT_FALSE(rel_token_hash_eq(&hash, &other));
  for (char &c : line)
    c = static_cast<char>(c == 'a' ? 'A' : c); // digits in capitals are the same ones
  line[1] = 'a';
  EXPECT_TRUE(rel_token_line_read(rel_bytes(line.data(), line.size()), &name, &hash));
}

TEST(Token, HashesDifferInAnyPlace) {
  rel_token_hash hash = rel_token_hash_of(rel_cstr("abc"));
  for (int at = 0; at < REL_TOKEN_HASH; at++)
    for (int bit = 0; bit < 8; bit++) {
      rel_token_hash other = hash;
      other.bytes[at] ^= static_cast<uint8_t>(1 << bit);
      EXPECT_FALSE(rel_token_hash_eq(&hash, &other));
    }
}

TEST(Token, WhatIsNoLine) {
  std::string hash = Line("x", "abc").substr(2);
  std::string nul = "a";
  nul += '\0';
  for (const std::string &line :
       {std::string(""), std::string("x"), hash, ":" + hash, "x:" + hash.substr(1), "x:" + hash + "0",
        "x:g" + hash.substr(1), "x y:" + hash, "x::" + hash.substr(1), " x:" + hash,
        std::string(65, 'n') + ":" + hash, nul + ":" + hash, "\xC3\xA4:" + hash}) {
    rel_str name;
    rel_token_hash read;
    EXPECT_FALSE(rel_token_line_read(rel_bytes(line.data(), line.size()), &name, &read)) << line;
  }
}

TEST(Token, WhatIsNoToken) {
  std::string longest(REL_TOKEN_MAX, 'x');
  EXPECT_TRUE(rel_token_valid(rel_cstr(longest.c_str())));
  for (const std::string &token : {std::string(), longest + "x", std::string("a b"), std::string("a:b"),
                                   std::string("a\n"), std::string("a\0b", 3), std::string("\xC3\xA4")})
    EXPECT_FALSE(rel_token_valid(rel_bytes(token.data(), token.size()))) << token;
}

} // namespace
