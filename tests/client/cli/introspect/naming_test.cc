// Words, singular and plural, and names that clash.
#include "client/cli/introspect/naming.h"

#include <gtest/gtest.h>

#include <string>

namespace {

class Naming : public ::testing::Test {
protected:
  Naming() { rel_arena_init(&arena_); }
  ~Naming() override { rel_arena_fini(&arena_); }

  rel_words Words(const std::string &name) {
    return rel_name_words(&arena_, rel_bytes(name.data(), name.size()));
  }
  static std::string Text(rel_str s) { return std::string(s.ptr, s.len); }
  std::string Snake(const std::string &name) { return Text(rel_name_snake(&arena_, Words(name))); }
  std::string Camel(const std::string &name) {
    return Text(rel_name_camel(&arena_, rel_name_singular(&arena_, Words(name))));
  }
  std::string Singular(const char *word) { return Text(rel_word_singular(&arena_, rel_cstr(word))); }
  std::string Plural(const char *word) { return Text(rel_word_plural(&arena_, rel_cstr(word))); }

  rel_arena arena_;
};

TEST_F(Naming, SplitsEveryStyleIntoTheSameWords) {
  for (const char *name :
       {"SupportRepId", "supportRepId", "support_rep_id", "SUPPORT_REP_ID", "support-rep-id",
        "Support Rep Id", "[support].rep$id", "__support__rep__id__", "SupportRepID"})
    EXPECT_EQ(Snake(name), "support_rep_id") << name;
}

TEST_F(Naming, KeepsRunsOfCapitalsTogether) {
  EXPECT_EQ(Snake("HTTPServer"), "http_server");
  EXPECT_EQ(Snake("UserIDs"), "user_ids");
  EXPECT_EQ(Snake("URLs"), "urls");
  EXPECT_EQ(Snake("IOStream"), "io_stream");
  EXPECT_EQ(Snake("IsActive"), "is_active");
  EXPECT_EQ(Snake("Address1"), "address1");
  EXPECT_EQ(Snake("Address1Line"), "address1_line");
  EXPECT_EQ(Snake("2FASecret"), "2fa_secret");
}

TEST_F(Naming, TurnsOtherScriptsIntoAscii) {
  EXPECT_EQ(Snake("Größe"), "grosse");
  EXPECT_EQ(Snake("Œuvre"), "oeuvre");
  EXPECT_EQ(Snake("prénom_élève"), "prenom_eleve");
  EXPECT_EQ(Snake("e\xCC\x81tude"), "etude"); // the accent stands alone
  EXPECT_EQ(Snake("名前"), "u540d_u524d");
  EXPECT_EQ(Snake("\xF0\x9F\x98\x80"), "u1f600");
  EXPECT_EQ(Snake("a–b×c"), "a_b_c");
}

TEST_F(Naming, SurvivesWhatIsNoName) {
  EXPECT_EQ(Snake(""), "");
  EXPECT_EQ(Snake(" - $ "), "");
  EXPECT_EQ(Snake("\xFF"), "xff");
  EXPECT_EQ(Snake("a\xC3"), "a_xc3");
  EXPECT_EQ(Snake(std::string("a\0b", 3)), "a_b");
  EXPECT_EQ(Snake("a\"b\nc"), "a_b_c");
}

TEST_F(Naming, ModelsAreSingular) {
  EXPECT_EQ(Camel("people"), "Person");
  EXPECT_EQ(Camel("order_addresses"), "OrderAddress");
  EXPECT_EQ(Camel("ORDER_STATUSES"), "OrderStatus");
  EXPECT_EQ(Camel("InvoiceLine"), "InvoiceLine");
}

struct Pair {
  const char *singular, *plural;
};

TEST_F(Naming, SingularAndPluralAreInverse) {
  static const Pair pairs[] = {
      {"album", "albums"},       {"category", "categories"},
      {"address", "addresses"},  {"status", "statuses"},
      {"person", "people"},      {"child", "children"},
      {"box", "boxes"},          {"batch", "batches"},
      {"cache", "caches"},       {"house", "houses"},
      {"cause", "causes"},       {"virus", "viruses"},
      {"bus", "buses"},          {"day", "days"},
      {"key", "keys"},           {"hero", "heroes"},
      {"potato", "potatoes"},    {"photo", "photos"},
      {"movie", "movies"},       {"analysis", "analyses"},
      {"database", "databases"}, {"license", "licenses"},
      {"course", "courses"},     {"archive", "archives"},
      {"index", "indices"},      {"leaf", "leaves"},
      {"quiz", "quizzes"},       {"wish", "wishes"},
      {"tie", "ties"},           {"class", "classes"},
      {"process", "processes"},  {"history", "histories"},
      {"use", "uses"},           {"user", "users"},
      {"alias", "aliases"},      {"mouse", "mice"},
      {"search", "searches"},    {"phase", "phases"},
      {"purchase", "purchases"}, {"criterion", "criteria"},
  };
  for (const Pair &pair : pairs) {
    EXPECT_EQ(Singular(pair.plural), pair.singular);
    EXPECT_EQ(Singular(pair.singular), pair.singular);
    EXPECT_EQ(Plural(pair.singular), pair.plural);
    EXPECT_EQ(Plural(pair.plural), pair.plural);
  }
}

TEST_F(Naming, SomeWordsStay) {
  for (const char *word :
       {"series", "species", "news", "data", "media", "metadata", "equipment", "sms", "gps"}) {
    EXPECT_EQ(Singular(word), word);
    EXPECT_EQ(Plural(word), word);
  }
  EXPECT_EQ(Singular("s"), "s");
  EXPECT_EQ(Singular(""), "");
}

TEST_F(Naming, ClashesIgnoreCaseAndUnderscores) {
  rel_names names = {};
  rel_names_add(&names, &arena_, rel_cstr("user_id"));
  EXPECT_TRUE(rel_names_has(&names, rel_cstr("userid")));
  EXPECT_TRUE(rel_names_has(&names, rel_cstr("UserID_")));
  EXPECT_FALSE(rel_names_has(&names, rel_cstr("user_i")));
  EXPECT_FALSE(rel_names_has(&names, rel_cstr("user_ids")));
}

TEST_F(Naming, TakenNamesAreNumbered) {
  rel_names names = {};
  std::string seen;
  for (int i = 0; i < 20; i++) {
    std::string name = Text(rel_names_take(&names, &arena_, rel_cstr(i % 2 == 0 ? "a_b" : "ab"), "_"));
    seen += name + " ";
  }
  EXPECT_EQ(seen.substr(0, 30), "a_b ab_2 a_b_3 ab_4 a_b_5 ab_6");
}

} // namespace
