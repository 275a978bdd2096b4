// The forms of a diagram, of names that a schema could not have but a server may tell.
#include "client/cli/diagram/diagram.h"

#include <gtest/gtest.h>

#include <string>

namespace {

const char kHostile[] = "a\"b\n%%{init: {}}%% <c>&'|}\\ ]]>\x01;#";

class Forms : public ::testing::Test {
protected:
  Forms() {
    rel_arena_init(&arena_);
    rel_str hostile = rel_cstr(kHostile);
    field_ = {hostile, hostile, true, true, true};
    models_[0] = {hostile, hostile, nullptr, 0, true, &field_, 1, nullptr, 0};
    models_[1] = models_[0];
    models_[1].name = rel_cstr("z");
    edge_ = {0, 1, REL_DIAGRAM_ONE, REL_DIAGRAM_MANY, hostile, true, false};
    diagram_ = {models_, 2, &edge_, 1};
  }
  ~Forms() override {
    rel_buf_fini(&out_);
    rel_arena_fini(&arena_);
  }
  std::string text() { return std::string(reinterpret_cast<char *>(out_.data), out_.len); }
  static size_t Count(const std::string &text, const std::string &what) {
    size_t count = 0;
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
      count++;
    return count;
  }

  rel_arena arena_;
  rel_diagram_field field_;
  rel_diagram_model models_[2];
  rel_diagram_edge edge_;
  rel_diagram diagram_;
  rel_buf out_ = {};
};

TEST_F(Forms, Mermaid) {
  rel_diagram_mermaid(&diagram_, &out_);
  std::string quoted =
      "\"a#34;b#10;#37;#37;#123;init: #123;#125;#125;#37;#37; #60;c#62;#38;#39;#124;#125;#92; ]]#62;"
      "#1;#59;#35;\"";
  std::string word = "a_b____init_________c_____________";
  std::string model = "  " + quoted + " {\n    " + word + " " + word + " PK, FK \"optional\"\n  }\n";
  EXPECT_EQ(text(),
            "erDiagram\n" + model + model + "  " + quoted + " ||..o{ " + quoted + " : " + quoted + "\n");
}

TEST_F(Forms, Dot) {
  rel_diagram_dot(&diagram_, &out_);
  EXPECT_EQ(Count(text(), "\n"), 4u + 2 + 1 + 1) << "no text breaks a line: " << text();
  EXPECT_NE(text().find("\"a\\\"b %%{init: {}}%% <c>&'|}\\\\ ]]> ;#\" -> \"z\" [label=\"a\\\"b "),
            std::string::npos)
      << text();
  EXPECT_NE(
      text().find(
          "[label=\"{a\\\"b\\ %%\\{init:\\ \\{\\}\\}%%\\ \\<c\\>&'\\|\\}\\\\\\ ]]\\>\\ ;#\\n(abstract)|"),
      std::string::npos)
      << text();
}

TEST_F(Forms, Svg) {
  rel_diagram_svg(&diagram_, &arena_, &out_);
  EXPECT_EQ(text().find("<c>"), std::string::npos);
  EXPECT_EQ(text().find('\x01'), std::string::npos);
  EXPECT_EQ(text().find("]]>"), std::string::npos);
  EXPECT_EQ(Count(text(), "a&#34;b %%{init: {}}%% &#60;c&#62;&#38;&#39;|}\\ ]]&#62; ;#"), 8u) << text();
}

} // namespace
