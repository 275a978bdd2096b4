#include "server/query/token.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

namespace {

rel_str view(const std::string &s) {
  return rel_bytes(s.data(), s.size());
}

class Token : public testing::Test {
protected:
  void SetUp() override { ASSERT_EQ(rel_token_key_random(&key_, nullptr), REL_OK); }

  std::string seal(const std::string &binding, const std::string &cursor, const std::string &owner = "") {
    rel_buf out = {};
    rel_token_seal(&key_, view(binding), view(owner), view(cursor), &out);
    std::string token(reinterpret_cast<char *>(out.data), out.len);
    rel_buf_fini(&out);
    return token;
  }

  // The cursor, or "refused".
  std::string open(const std::string &binding, const std::string &token) {
    rel_buf cursor = {};
    std::vector<char> exact(token.begin(), token.end());
    bool good = rel_token_open(&key_, view(binding), rel_bytes(exact.data(), exact.size()), &cursor);
    std::string text =
        good ? std::string(cursor.len > 0 ? reinterpret_cast<char *>(cursor.data) : "", cursor.len)
             : "refused";
    EXPECT_TRUE(good || cursor.len == 0);
    rel_buf_fini(&cursor);
    return text;
  }

  rel_token_key key_;
};

TEST_F(Token, GivesItsCursorBack) {
  for (size_t len : std::vector<size_t>{0, 1, 2, 3, 100, REL_TOKEN_MAX_CURSOR}) {
    std::string cursor(len, '\0');
    for (size_t i = 0; i < len; i++)
      cursor[i] = static_cast<char>(i * 7);
    EXPECT_EQ(open("query", seal("query", cursor)), cursor);
  }
}

TEST_F(Token, IsBoundBitByBit) {
  for (const char *cursor : {"", "c", "cu", "cursor"}) { // every length of base64's last group
    std::string token = seal("query", cursor);
    for (size_t i = 0; i < token.size(); i++) {
      for (int bit = 0; bit < 8; bit++) {
        std::string altered = token;
        altered[i] = static_cast<char>(altered[i] ^ 1 << bit);
        EXPECT_EQ(open("query", altered), "refused") << cursor << i << "." << bit;
      }
      EXPECT_EQ(open("query", token.substr(0, i)), "refused");
    }
    for (const char *more : {"A", "=", "==", " ", "\n"})
      EXPECT_EQ(open("query", token + more), "refused");
  }
}

TEST_F(Token, IsBoundToItsQueryAndKey) {
  std::string token = seal("query", "cursor");
  EXPECT_EQ(open("querz", token), "refused");
  EXPECT_EQ(open("", token), "refused");
  EXPECT_EQ(open("queryc", seal("query", "cursor")), "refused");
  // No byte of the binding can be taken for one of the cursor.
  EXPECT_NE(seal("ab", "c").substr(0, 20), seal("a", "bc").substr(0, 20));
  ASSERT_EQ(rel_token_key_random(&key_, nullptr), REL_OK);
  EXPECT_EQ(open("query", token), "refused");
}

TEST_F(Token, NamesItsOwner) {
  auto owner_of = [](const std::string &token) {
    rel_buf owner = {};
    bool good = rel_token_owner(view(token), &owner);
    std::string text(owner.len > 0 ? reinterpret_cast<char *>(owner.data) : "", owner.len);
    rel_buf_fini(&owner);
    return good ? text : "refused";
  };
  for (size_t len : std::vector<size_t>{0, 1, 127, 128, REL_TOKEN_MAX_OWNER}) {
    std::string owner(len, 'o');
    std::string token = seal("query", "cursor", owner);
    EXPECT_EQ(owner_of(token), owner);
    EXPECT_EQ(open("query", token), "cursor");
  }
  EXPECT_EQ(owner_of(seal("query", "cursor", std::string(REL_TOKEN_MAX_OWNER + 1, 'o'))), "")
      << "too long to be taken back";
  EXPECT_NE(seal("query", "bc", "a"), seal("query", "c", "ab"));
  EXPECT_EQ(owner_of("no token"), "refused");
  EXPECT_EQ(owner_of(""), "refused");
}

TEST_F(Token, NothingElseIsOne) {
  for (const std::string &text :
       {std::string(), std::string("A"), std::string("AAAA"), std::string(44, 'A'), std::string(1000000, 'A'),
        std::string("\0\0\0\0", 4), std::string(100, '=')})
    EXPECT_EQ(open("query", text), "refused");
}

TEST_F(Token, KeysComeFromFiles) {
  std::string path = testing::TempDir() + "/key";
  auto write = [&](const std::string &bytes) {
    FILE *file = fopen(path.c_str(), "wb");
    fwrite(bytes.data(), 1, bytes.size(), file);
    fclose(file);
  };
  rel_error error;
  rel_token_key one, two;
  write(std::string(31, 'k'));
  EXPECT_EQ(rel_token_key_read(path.c_str(), &one, &error), REL_INVALID);
  EXPECT_NE(std::string(error.message).find("at least 32 bytes, not 31"), std::string::npos);
  EXPECT_EQ(rel_token_key_read((path + ".none").c_str(), &one, &error), REL_INVALID);
  EXPECT_EQ(rel_token_key_read(testing::TempDir().c_str(), &one, &error), REL_INVALID);
  write(std::string(32, 'k'));
  ASSERT_EQ(rel_token_key_read(path.c_str(), &one, &error), REL_OK) << error.message;
  ASSERT_EQ(rel_token_key_read(path.c_str(), &two, &error), REL_OK);
  EXPECT_EQ(memcmp(&one, &two, sizeof one), 0);
  write(std::string(31, 'k') + "j");
  ASSERT_EQ(rel_token_key_read(path.c_str(), &two, &error), REL_OK);
  EXPECT_NE(memcmp(&one, &two, sizeof one), 0);
}

} // namespace
