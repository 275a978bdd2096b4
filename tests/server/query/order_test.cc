// Orders as text.
#include "server/query/order.h"

#include <gtest/gtest.h>

#include <string>

namespace {

// The terms as "field-" (descending) or "field+", with "#" before a relation that is counted, and "^" when
// NULLs come first; or the error.
std::string Show(const std::string &text) {
  rel_arena arena;
  rel_arena_init(&arena);
  Relations__V1__OrderTerm **terms;
  size_t count;
  rel_error error = {};
  std::string shown;
  if (rel_order_parse(rel_bytes(text.data(), text.size()), &arena, &terms, &count, &error) == REL_OK) {
    for (size_t i = 0; i < count; i++) {
      if (terms[i]->count_of[0] != '\0') shown += std::string("#") + terms[i]->count_of;
      shown += std::string(terms[i]->field) + (terms[i]->descending ? "-" : "+");
      shown += terms[i]->nulls == RELATIONS__V1__NULLS__NULLS_FIRST ? "^ " : " ";
    }
  } else {
    EXPECT_EQ(error.code, REL_INVALID);
    EXPECT_STREQ(error.field, "order_by");
    shown = std::string("error: ") + error.message;
  }
  rel_arena_fini(&arena);
  return shown;
}

TEST(Order, FieldsWithDirectionsAndPlacesOfNulls) {
  EXPECT_EQ(Show(""), "");
  EXPECT_EQ(Show("a"), "a+ ");
  EXPECT_EQ(Show(" a  desc ,b asc,c  nulls first, d desc nulls last "), "a- b+ c+^ d- ");
  EXPECT_EQ(Show("desc"), "desc+ ");
  EXPECT_EQ(Show("nulls nulls first"), "nulls+^ ");
}

TEST(Order, RelatedFieldsAndCounts) {
  EXPECT_EQ(Show("author.name desc, count(books) desc nulls first"), "author.name- #books-^ ");
  EXPECT_EQ(Show("count(author.books),count"), "#author.books+ count+ ");
}

TEST(Order, WhatIsNoTermIsShown) {
  for (const char *text :
       {" ", ",", "a,", "a,,b", "a down", "a desc desc", "a nulls", "a nulls middle", "a nulls first x",
        "a desc nulls first last", "a nulls first desc", "count()", "count( books)"})
    EXPECT_NE(Show(text).find("is no field or count(relation) with asc or desc"), std::string::npos)
        << text << ": " << Show(text);
  EXPECT_EQ(Show("a down"),
            "error: \"a down\" is no field or count(relation) with asc or desc, and nulls first or "
            "last");
}

TEST(Order, WhoWritesItAsInSqlIsToldOfItsLetters) {
  for (const char *text : {"a DESC", "a asc NULLS FIRST", "count(b) DESC"})
    EXPECT_EQ(Show(text),
              "error: \"" + std::string(text) +
                  "\" is no field or count(relation) with asc or desc, and nulls first or last, in small "
                  "letters");
}

TEST(Order, LongOnesAreRefused) {
  std::string most = "f";
  for (int i = 1; i < REL_ORDER_MAX_TERMS; i++)
    most += ",f";
  EXPECT_EQ(Show(most).find("error"), std::string::npos);
  EXPECT_EQ(Show(most + ",f"), "error: at most 16 terms");
  EXPECT_EQ(Show(std::string(4 << 20, ',')), "error: at most 16 terms");
  EXPECT_LT(Show("x " + std::string(1 << 20, 'y')).size(), 300u);
}

} // namespace
