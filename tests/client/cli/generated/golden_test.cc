// The schema of odd.sql, word by word, and the C that is generated from it: odd.proto is what introspect must
// write, and relations_c_library has compiled it.
#include "tests/client/cli/introspect_fixture.h"

#include "odd.relations.h"

namespace {

const char kFolder[] = "tests/client/cli/generated/";

TEST(Golden, IsWhatIntrospectWrites) {
  std::string written = Introspect(MakeDatabase(ReadFile(std::string(kFolder) + "odd.sql")));
  EXPECT_EQ(written, ReadFile(std::string(kFolder) + "odd.proto"))
      << "if this is meant: relations introspect of a database made from odd.sql, named odd.db, writes the "
         "new one";
}

TEST(Golden, RelationsKeepTheirNamesBesideGeneratedOnes) {
  ASSERT_EQ(odd_v1_board_model.relation_count, 2u);
  EXPECT_STREQ(odd_v1_board_model.relations[0].name, "lists");
  EXPECT_STREQ(odd_v1_board_model.relations[1].name, "model");
  EXPECT_EQ(odd_v1_board_model.relations[0].target, &odd_v1_list_model);
}

TEST(Golden, FieldsOfC) {
  Odd__V1__Person person = ODD__V1__PERSON__INIT;
  person.base_value = 1; // the column `base`
  person.default_ = const_cast<char *>("x");
  EXPECT_EQ(person.base.descriptor, &odd__v1__person__descriptor);
}

} // namespace
