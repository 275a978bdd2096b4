// For tests of filters: what a text means to the model of conditions.h, and values for trees.
#ifndef RELATIONS_TESTS_SERVER_QUERY_FILTERS_H
#define RELATIONS_TESTS_SERVER_QUERY_FILTERS_H

#include "tests/server/query/conditions.h"

#include <vector>

namespace filters {

using conditions::Show;

class Filter : public testing::Test {
protected:
  static void SetUpTestSuite() {
    read_ = new relations_test::Read(relations_test::ReadProto(conditions::kSchema));
    ASSERT_NE(read_->schema, nullptr) << read_->All();
  }
  static void TearDownTestSuite() { delete read_; }
  void SetUp() override { rel_arena_init(&arena_); }
  void TearDown() override { rel_arena_fini(&arena_); }

  rel_filter_scope scope(const std::string &model = "t.v1.Thing") {
    rel_filter_scope scope = {};
    scope.model = read_->Model(model);
    scope.arena = &arena_;
    return scope;
  }

  // What the text means, or "field: message".
  std::string parse(const std::string &text) {
    rel_filter_scope s = scope();
    const rel_condition *out = nullptr;
    rel_error error = {};
    // Without a byte behind it that could be read unnoticed.
    std::vector<char> exact(text.begin(), text.end());
    rel_code code = rel_filter_parse(&s, rel_bytes(exact.data(), exact.size()), "filter_text", &out, &error);
    if (code == REL_OK) return Show(out);
    EXPECT_EQ(code, REL_INVALID);
    EXPECT_STREQ(error.field, "filter_text");
    return error.message;
  }

  inline static relations_test::Read *read_;
  rel_arena arena_;
};

inline Relations__V1__Value Int(int64_t i) {
  Relations__V1__Value v = RELATIONS__V1__VALUE__INIT;
  v.kind_case = RELATIONS__V1__VALUE__KIND_INT64_VALUE;
  v.int64_value = i;
  return v;
}

inline Relations__V1__Value String(const char *s) {
  Relations__V1__Value v = RELATIONS__V1__VALUE__INIT;
  v.kind_case = RELATIONS__V1__VALUE__KIND_STRING_VALUE;
  v.string_value = const_cast<char *>(s);
  return v;
}

} // namespace filters

#endif
