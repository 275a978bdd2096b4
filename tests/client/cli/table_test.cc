// Tables and results, as they are printed.
#include "client/cli/table.h"

#include "client/cli/results.h"
#include "model_fixture.h"

#include <google/rpc/status.pb-c.h>
#include <gtest/gtest.h>

namespace {

// What `print` prints.
template <typename Print> std::string Printed(Print print) {
  char *text = nullptr;
  size_t size = 0;
  FILE *file = open_memstream(&text, &size);
  print(file);
  fclose(file);
  std::string copy(text, size);
  free(text);
  return copy;
}

std::string Table(const std::vector<std::vector<std::string>> &rows, const std::string &rest = "") {
  rel_table table;
  rel_table_init(&table, rows[0].size());
  for (const auto &cells : rows) {
    rel_table_row *row = rel_table_row_add(&table);
    for (size_t i = 0; i < cells.size(); i++)
      rel_table_set(&table, row, i, rel_bytes(cells[i].data(), cells[i].size()));
    if (&cells == &rows.back()) rel_table_set_rest(&table, row, rel_bytes(rest.data(), rest.size()));
  }
  std::string text = Printed([&](FILE *out) { rel_table_print(&table, out); });
  rel_table_fini(&table);
  return text;
}

TEST(Table, ColumnsAreAlignedByCharacters) {
  EXPECT_EQ(Table({{"A", "B", "C"}, {"größer", "", "x"}, {"y", "", ""}}), "A       B  C\ngrößer     x\ny\n");
  EXPECT_EQ(Table({{"A", "B"}, {"x", ""}}, "all the rest"), "A  B\nx  all the rest\n");
}

TEST(Table, NothingReachesTheTerminalThatItWouldObey) {
  EXPECT_EQ(Table({{"a\x1B[2J\nb\x7F"}}), "a\\x1b[2J\\nb\\x7f\n");
  EXPECT_EQ(Table({{"a\xC2\x9B"
                    "b"}}),
            "a\\u009bb\n");
  EXPECT_EQ(Table({{"a\xFF\x9B"}}), "a??\n");
  EXPECT_EQ(Table({{std::string("a\0b", 3)}}), "a\\x00b\n");
}

TEST(Table, LongTextsAreCut) {
  EXPECT_EQ(Table({{std::string(61, 'x')}}), std::string(60, 'x') + "…\n");
  EXPECT_EQ(Table({{std::string(60, 'x')}}), std::string(60, 'x') + "\n");
}

// Results of four keys: a record, none, NULL, and an error.
class Results : public ::testing::Test {
protected:
  Results() : model_({{"user_id", 1, "int64", false}, {"name", 2, "string", true}}, {"user_id"}) {
    for (Relations__V1__RecordSet &set : sets_)
      relations__v1__record_set__init(&set);
    record_ = {static_cast<size_t>(5), reinterpret_cast<uint8_t *>(const_cast<char *>("\x08\x07\x12\x01x"))};
    sets_[0].records = &record_;
    sets_[0].n_records = 1;
    sets_[0].state = RELATIONS__V1__LOAD_STATE__LOAD_STATE_LOADED;
    sets_[1].state = RELATIONS__V1__LOAD_STATE__LOAD_STATE_EMPTY;
    sets_[2].state = RELATIONS__V1__LOAD_STATE__LOAD_STATE_NULL;
    google__rpc__status__init(&status_);
    status_.code = 15;
    status_.message = const_cast<char *>("t.c of 9");
    sets_[3].error = &status_;
  }

  std::string Print(bool json, rel_code expected = REL_OK) {
    Relations__V1__RecordSet *pointers[] = {&sets_[0], &sets_[1], &sets_[2], &sets_[3]};
    const char *keys[] = {"7", "8", "\\N", "9"};
    rel_results results = {&model_.model, keys, pointers, 4};
    EXPECT_FALSE(rel_results_fine(&results));
    rel_error error;
    return Printed([&](FILE *out) { EXPECT_EQ(rel_results_print(&results, json, out, &error), expected); });
  }

  ModelOf model_;
  ProtobufCBinaryData record_;
  Google__Rpc__Status status_;
  Relations__V1__RecordSet sets_[4];
};

TEST_F(Results, AsATable) {
  EXPECT_EQ(Print(false), "KEY  STATE   user_id  name\n"
                          "7    LOADED  7        x\n"
                          "8    EMPTY\n"
                          "\\N   NULL\n"
                          "9    ERROR   DATA_LOSS: t.c of 9\n");
}

TEST_F(Results, AsJson) {
  EXPECT_EQ(Print(true),
            "{\"recordType\":\"odd.v1.Thing\",\"results\":[\n"
            "{\"key\":\"7\",\"state\":\"LOADED\",\"records\":[{\"userId\":\"7\",\"name\":\"x\"}]},\n"
            "{\"key\":\"8\",\"state\":\"EMPTY\",\"records\":[]},\n"
            "{\"key\":\"\\\\N\",\"state\":\"NULL\",\"records\":[]},\n"
            "{\"key\":\"9\",\"error\":{\"code\":\"DATA_LOSS\",\"message\":\"t.c of 9\"}}\n]}\n");
}

TEST_F(Results, ABrokenRecordPrintsNothing) {
  record_.len = 4;
  EXPECT_EQ(Print(false, REL_INTERNAL), "");
  EXPECT_EQ(Print(true, REL_INTERNAL), "");
}

} // namespace
