// Aggregates over the runtime: what they send, and what they make of answers, however wrong.
#include "tests/client/plugin/shop.relations.h"
#include "tests/client/runtime/fake_server.h"
#include "tests/client/runtime/wire.h"

#include <gtest/gtest.h>
#include <relations/aggregate.h>

#include <vector>

namespace {

std::string Key(const std::string &value) {
  return Bytes(1, value);
}
std::string Value(const std::string &value) {
  return Bytes(2, value);
}
std::string Group(const std::string &values) {
  return Bytes(1, values);
}
std::string Int(int64_t value) {
  return Uint(2, static_cast<uint64_t>(value));
}
std::string Text(const std::string &text) {
  return Bytes(5, text);
}

class Aggregate : public ::testing::Test {
protected:
  Aggregate() : server_([this](const std::string &, const std::string &) { return Answer(); }) {
    Connect({});
  }
  ~Aggregate() override {
    rel_sdk_query_free(query_);
    rel_client_free(client_);
  }

  void Connect(rel_client_options options) {
    std::string target = server_.target();
    options.target = target.c_str();
    rel_sdk_query_free(query_);
    rel_client_free(client_);
    ASSERT_EQ(rel_client_connect(&options, &client_, &error_), REL_OK) << error_.message;
    query_ = rel_sdk_query_new(client_, &shop_v1_note_model);
    a_ = rel_sdk_query_aggregate(query_);
  }
  // One answer after the other, the last one again and again.
  FakeReply Answer() {
    std::lock_guard<std::mutex> lock(mutex_);
    FakeReply reply;
    reply.body = replies_.front();
    if (replies_.size() > 1) replies_.erase(replies_.begin());
    return reply;
  }
  void Reply(const std::vector<std::string> &replies) {
    std::lock_guard<std::mutex> lock(mutex_);
    replies_ = replies;
  }
  std::string LastRequest() { return server_.requests().back().body; }
  rel_int64_term ById() { return {rel_sdk_aggregate_group_by(a_, "id", REL_SDK_RESULT_INT64)}; }
  rel_count_term Count() {
    return {rel_sdk_aggregate_term(a_, REL_SDK_COUNT, nullptr, REL_SDK_RESULT_INT64)};
  }
  void Refused(rel_code code, const char *why) {
    rel_group_list groups = {1, nullptr, nullptr};
    EXPECT_EQ(rel_sdk_aggregate_all(a_, &groups, &error_), code) << error_.message;
    EXPECT_NE(strstr(error_.message, why), nullptr) << error_.message;
    EXPECT_EQ(groups.count, 0u);
    EXPECT_EQ(groups.memory, nullptr);
    auto none = [](void *, const rel_group *) { return true; };
    EXPECT_EQ(rel_sdk_aggregate_each(a_, none, nullptr, &error_), code) << error_.message;
    EXPECT_EQ(rel_sdk_aggregate_next_page(a_), nullptr);
  }

  std::mutex mutex_;
  std::vector<std::string> replies_ = {""};
  FakeServer server_;
  rel_client *client_ = nullptr;
  rel_sdk_query *query_ = nullptr;
  rel_sdk_aggregate *a_ = nullptr;
  rel_error error_ = {};
};

std::string Compared(const char *field, int op, const std::string &value) {
  return Bytes(1, Bytes(1, Bytes(1, field) + Uint(2, static_cast<uint64_t>(op)) + Bytes(3, value)));
}

std::string Term(int function, const std::string &field, const std::string &name) {
  return Bytes(2, Uint(1, static_cast<uint64_t>(function)) + (field.empty() ? "" : Bytes(2, field)) +
                      Bytes(3, name));
}

TEST_F(Aggregate, SendsEverythingThatWasBuilt) {
  rel_sdk_query_where(query_, "id", REL_SDK_GT, rel_sdk_int64(3));
  rel_sdk_query_limit(rel_sdk_query_order_by(query_, "id", true, false),
                      2); // the records', of no matter here
  rel_int64_term id = ById();
  rel_count_term count = Count();
  rel_text_term last = {rel_sdk_aggregate_term(a_, REL_SDK_MAX, "text", REL_SDK_RESULT_TEXT)};
  rel_having_count(count, REL_SDK_GE, 2);
  rel_sdk_aggregate_group(a_, REL_SDK_ANY_OF);
  rel_having_int64(id, REL_SDK_LT, -7);
  rel_having_null(last.term, true);
  rel_sdk_aggregate_end(a_);
  rel_sdk_aggregate_having(a_, "count < 9");
  rel_aggregate_order_by(count.term, true);
  rel_aggregate_order_by_nulls_first(last.term, false);
  rel_sdk_aggregate_limit(a_, 50);
  rel_sdk_aggregate_page(a_, "token");
  rel_group_list groups;
  ASSERT_EQ(rel_sdk_aggregate_all(a_, &groups, &error_), REL_OK) << error_.message;
  EXPECT_EQ(groups.count, 0u);
  rel_group_list_free(&groups);

  std::string is_null = Bytes(1, Bytes(1, Bytes(1, "max_text") + Uint(2, 8)));
  std::string any = Bytes(1, Bytes(3, Compared("id", 3, Int(-7)) + is_null));
  std::string target = Bytes(1, Bytes(1, "shop.v1.Note") + Bytes(5, Bytes(2, Compared("id", 5, Int(3)))));
  EXPECT_EQ(LastRequest(), target + Term(1, "", "count") + Term(5, "text", "max_text") + Bytes(3, "id") +
                               Bytes(4, Bytes(2, Compared("count", 6, Uint(3, 2)) + any)) +
                               Bytes(5, "count < 9") + Bytes(6, Bytes(1, "count") + Uint(2, 1)) +
                               Bytes(6, Bytes(1, "max_text") + Uint(3, 1)) + Uint(7, 50) + Bytes(8, "token"));
  EXPECT_EQ(server_.requests().back().path, "/relations.v1.RelationService/Aggregate");
}

TEST_F(Aggregate, APartAlongARelationIsSaidToTheWhole) {
  rel_sdk_aggregate *far = rel_sdk_aggregate_along(rel_sdk_aggregate_along(a_, "owner"), "country");
  rel_text_term name = {rel_sdk_aggregate_group_by(far, "name", REL_SDK_RESULT_TEXT)};
  EXPECT_EQ(rel_sdk_aggregate_group_by(far, "name", REL_SDK_RESULT_TEXT).index, name.term.index);
  rel_count_term count = {rel_sdk_aggregate_term(far, REL_SDK_COUNT_DISTINCT, "id", REL_SDK_RESULT_INT64)};
  rel_having_text(name, REL_SDK_PREFIX, "N");
  rel_aggregate_order_by(count.term, true);
  rel_sdk_aggregate_limit(far, 7);
  rel_group_list groups;
  ASSERT_EQ(rel_sdk_aggregate_all(far, &groups, &error_), REL_OK) << error_.message;
  rel_group_list_free(&groups);
  EXPECT_EQ(LastRequest(), Bytes(1, Bytes(1, "shop.v1.Note")) +
                               Term(2, "owner.country.id", "count_distinct_owner_country_id") +
                               Bytes(3, "owner.country.name") +
                               Bytes(4, Bytes(2, Compared("owner_country_name", 9, Bytes(5, "N")))) +
                               Bytes(6, Bytes(1, "count_distinct_owner_country_id") + Uint(2, 1)) +
                               Uint(7, 7));
  EXPECT_EQ(rel_sdk_aggregate_next_page(far), nullptr);
}

TEST_F(Aggregate, TheSameAgainIsTheSameTermAndNoNameStandsTwice) {
  EXPECT_EQ(Count().term.index, Count().term.index);
  EXPECT_EQ(ById().term.index, ById().term.index);
  // A field "distinct_id" has the name that the server gives to how many ids there are.
  rel_sdk_aggregate_term(a_, REL_SDK_COUNT, "distinct_id", REL_SDK_RESULT_INT64);
  rel_sdk_aggregate_term(a_, REL_SDK_COUNT_DISTINCT, "id", REL_SDK_RESULT_INT64);
  rel_sdk_aggregate_group_by(a_, "sum_id", REL_SDK_RESULT_INT64);
  rel_sdk_aggregate_term(a_, REL_SDK_SUM, "id", REL_SDK_RESULT_INT64);
  rel_group_list groups;
  ASSERT_EQ(rel_sdk_aggregate_all(a_, &groups, &error_), REL_OK) << error_.message;
  rel_group_list_free(&groups);
  EXPECT_EQ(LastRequest(), Bytes(1, Bytes(1, "shop.v1.Note")) + Term(1, "", "count") +
                               Term(1, "distinct_id", "count_distinct_id") +
                               Term(2, "id", "count_distinct_id_") + Term(3, "id", "sum_id_") +
                               Bytes(3, "id") + Bytes(3, "sum_id") + Uint(7, 10000));
}

TEST_F(Aggregate, GroupsHaveAValueForEachTerm) {
  rel_int64_term id = ById();
  rel_text_term text = {rel_sdk_aggregate_group_by(a_, "text", REL_SDK_RESULT_TEXT)};
  rel_count_term count = Count();
  rel_decimal_term mean = {rel_sdk_aggregate_term(a_, REL_SDK_AVG, "id", REL_SDK_RESULT_TEXT)};
  rel_double_term real = {rel_sdk_aggregate_term(a_, REL_SDK_MIN, "real", REL_SDK_RESULT_DOUBLE)};
  rel_bool_term truth = {rel_sdk_aggregate_term(a_, REL_SDK_MIN, "truth", REL_SDK_RESULT_BOOL)};
  rel_uint64_term order = {rel_sdk_aggregate_term(a_, REL_SDK_MAX, "order_id", REL_SDK_RESULT_UINT64)};
  rel_bytes_term bytes = {rel_sdk_aggregate_term(a_, REL_SDK_MAX, "bytes", REL_SDK_RESULT_BYTES)};
  rel_timestamp_term time = {rel_sdk_aggregate_term(a_, REL_SDK_MAX, "time", REL_SDK_RESULT_TIMESTAMP)};
  rel_buf half = {};
  rel_wire_put_fixed64(&half, 4, 0x3fe0000000000000);
  std::string full =
      Group(Key(Int(-5)) + Key(Text("x")) + Value(Int(3)) + Value(Text("-1.25")) + Value(Take(&half)) +
            Value(Uint(1, 1)) + Value(Uint(3, UINT64_MAX)) + Value(Bytes(6, std::string("\0y", 2))) +
            Value(Bytes(7, Uint(1, 60) + Uint(2, 7))));
  std::string nulls = Group(Key("") + Key("") + Value(Int(0)) + Value("") + Value("") + Value("") +
                            Value("") + Value("") + Value(""));
  Reply({full + nulls});
  rel_group_list groups;
  ASSERT_EQ(rel_sdk_aggregate_all(a_, &groups, &error_), REL_OK) << error_.message;
  ASSERT_EQ(groups.count, 2u);
  const rel_group *one = &groups.items[0], *null = &groups.items[1];
  EXPECT_EQ(*rel_group_int64(one, id), -5);
  EXPECT_STREQ(rel_group_text(one, text), "x");
  EXPECT_EQ(rel_group_count(one, count), 3u);
  EXPECT_STREQ(rel_group_decimal(one, mean), "-1.25");
  EXPECT_EQ(*rel_group_double(one, real), 0.5);
  EXPECT_TRUE(*rel_group_bool(one, truth));
  EXPECT_EQ(*rel_group_uint64(one, order), UINT64_MAX);
  EXPECT_EQ(rel_group_bytes(one, bytes)->len, 2u);
  EXPECT_EQ(rel_group_timestamp(one, time)->seconds, 60);
  double value = 7;
  EXPECT_TRUE(rel_group_decimal_as_double(one, mean, &value));
  EXPECT_EQ(value, -1.25);
  EXPECT_EQ(rel_group_int64(null, id), nullptr);
  EXPECT_EQ(rel_group_text(null, text), nullptr);
  EXPECT_EQ(rel_group_count(null, count), 0u);
  EXPECT_EQ(rel_group_double(null, real), nullptr);
  EXPECT_EQ(rel_group_bool(null, truth), nullptr);
  EXPECT_EQ(rel_group_uint64(null, order), nullptr);
  EXPECT_EQ(rel_group_bytes(null, bytes), nullptr);
  EXPECT_EQ(rel_group_timestamp(null, time), nullptr);
  EXPECT_FALSE(rel_group_decimal_as_double(null, mean, &value));
  EXPECT_EQ(value, 0);
  // What was not asked for has no value, neither another's nor a place beyond the group.
  rel_sdk_aggregate *other = rel_sdk_query_aggregate(query_);
  EXPECT_EQ(rel_group_int64(one, {rel_sdk_aggregate_group_by(other, "id", REL_SDK_RESULT_INT64)}), nullptr);
  EXPECT_EQ(rel_group_count(one, {rel_sdk_aggregate_term(a_, REL_SDK_COUNT, "id", REL_SDK_RESULT_INT64)}),
            0u);
  EXPECT_EQ(rel_group_text(one, {count.term}), nullptr);
  // Groups outlive their query.
  rel_sdk_query_free(query_);
  query_ = nullptr;
  EXPECT_EQ(*rel_group_int64(one, id), -5);
  rel_group_list_free(&groups);
  EXPECT_EQ(groups.items, nullptr);
}

std::string Counted(int64_t id) {
  return Group(Key(Int(id)) + Value(Int(1)));
}

TEST_F(Aggregate, PartsBecomeOneList) {
  rel_int64_term id = ById();
  Count();
  Reply({Counted(1) + Counted(2) + Bytes(2, "t"), Counted(3)});
  rel_group_list groups;
  ASSERT_EQ(rel_sdk_aggregate_all(a_, &groups, &error_), REL_OK) << error_.message;
  ASSERT_EQ(groups.count, 3u);
  EXPECT_EQ(*rel_group_int64(&groups.items[2], id), 3);
  EXPECT_EQ(rel_sdk_aggregate_next_page(a_), nullptr);
  EXPECT_NE(LastRequest().find(Bytes(8, "t")), std::string::npos);
  rel_group_list_free(&groups);
}

TEST_F(Aggregate, APageIsAsLongAsWasAskedFor) {
  ById();
  Count();
  Reply({Counted(1) + Counted(2) + Bytes(2, "t"), Counted(3) + Bytes(2, "u")});
  rel_sdk_aggregate_limit(a_, 3);
  rel_group_list groups;
  ASSERT_EQ(rel_sdk_aggregate_all(a_, &groups, &error_), REL_OK) << error_.message;
  EXPECT_EQ(groups.count, 3u);
  EXPECT_STREQ(rel_sdk_aggregate_next_page(a_), "u");
  EXPECT_NE(LastRequest().find(Uint(7, 1) + Bytes(8, "t")), std::string::npos); // only what is left
  rel_group_list_free(&groups);
  // Its own token may be passed on.
  rel_sdk_aggregate_page(a_, rel_sdk_aggregate_next_page(a_));
  Reply({Counted(4)});
  ASSERT_EQ(rel_sdk_aggregate_all(a_, &groups, &error_), REL_OK) << error_.message;
  EXPECT_NE(LastRequest().find(Bytes(8, "u")), std::string::npos);
  EXPECT_EQ(rel_sdk_aggregate_next_page(a_), nullptr);
  rel_group_list_free(&groups);
}

TEST_F(Aggregate, EachStopsWhenItIsToldTo) {
  ById();
  Count();
  Reply({Counted(1) + Counted(2) + Bytes(2, "t")}); // without end
  int seen = 0;
  auto five = [](void *context, const rel_group *) { return ++*static_cast<int *>(context) < 5; };
  ASSERT_EQ(rel_sdk_aggregate_each(a_, five, &seen, &error_), REL_OK) << error_.message;
  EXPECT_EQ(seen, 5);
  EXPECT_EQ(server_.calls(), 3);
  EXPECT_EQ(rel_sdk_aggregate_next_page(a_), nullptr);
}

TEST_F(Aggregate, AllIsLimitedAndEachIsNot) {
  rel_client_options options = {};
  options.max_message_bytes = 5000;
  Connect(options);
  rel_sdk_aggregate_group_by(a_, "text", REL_SDK_RESULT_TEXT);
  Reply({Group(Key(Text(std::string(1000, 'x')))) + Bytes(2, "t")});
  rel_group_list groups;
  EXPECT_EQ(rel_sdk_aggregate_all(a_, &groups, &error_), REL_LIMIT);
  EXPECT_NE(strstr(error_.message, "max_message_bytes"), nullptr) << error_.message;
  int seen = 0;
  auto hundred = [](void *context, const rel_group *) { return ++*static_cast<int *>(context) < 100; };
  EXPECT_EQ(rel_sdk_aggregate_each(a_, hundred, &seen, &error_), REL_OK) << error_.message;
}

// Even of nothing there is a group, and its values are the server's to tell.
TEST_F(Aggregate, AnOwnerWithoutAKeyIsAskedAboutAsNull) {
  Shop__V1__Customer customer = SHOP__V1__CUSTOMER__INIT;
  const rel_sdk_relation *country = &shop_v1_customer_model.relations[0];
  ASSERT_STREQ(country->name, "country");
  rel_sdk_query_free(query_);
  query_ = rel_sdk_query_of(client_, country, &customer.base);
  a_ = rel_sdk_query_aggregate(query_);
  rel_count_term count = Count();
  Reply({Group(Value(Int(0)))});
  rel_group_list groups;
  ASSERT_EQ(rel_sdk_aggregate_all(a_, &groups, &error_), REL_OK) << error_.message;
  ASSERT_EQ(groups.count, 1u);
  EXPECT_EQ(rel_group_count(&groups.items[0], count), 0u);
  std::string null = Bytes(5, Bytes(1, Bytes(1, Uint(5, 1))));
  EXPECT_NE(LastRequest().find(Bytes(2, "country") + Bytes(4, null)), std::string::npos);
  rel_group_list_free(&groups);
}

TEST_F(Aggregate, RefusesWhatCannotBeBuilt) {
  std::vector<std::string> names;
  for (int i = 0; i < 33; i++)
    names.push_back("field_" + std::to_string(i));
  Count();
  rel_sdk_aggregate_group(a_, REL_SDK_ANY_OF);
  Refused(REL_INVALID, "has no end");
  Connect({});
  rel_sdk_query_group(query_, REL_SDK_ANY_OF);
  a_ = rel_sdk_query_aggregate(query_);
  rel_sdk_query_end(query_);
  Refused(REL_INVALID, "as a whole");
  Connect({});
  rel_having_text({rel_sdk_aggregate_group_by(a_, "text", REL_SDK_RESULT_TEXT)}, REL_SDK_EQ, nullptr);
  Refused(REL_INVALID, "NULL");
  Connect({});
  rel_sdk_query_filter(query_, nullptr); // what is wrong with the records
  Refused(REL_INVALID, "NULL");
  Connect({});
  for (int i = 0; i < 17; i++)
    rel_sdk_aggregate_group_by(a_, names[i].c_str(), REL_SDK_RESULT_INT64);
  Refused(REL_INVALID, "at most 16");
  Connect({});
  for (int i = 0; i < 33; i++) {
    rel_term term = rel_sdk_aggregate_term(a_, REL_SDK_SUM, names[i].c_str(), REL_SDK_RESULT_INT64);
    rel_having_int64({term}, REL_SDK_GT, 1);
  }
  Refused(REL_INVALID, "at most 32");
  Connect({});
  a_ = rel_sdk_query_aggregate(rel_sdk_query_include(query_, &shop_v1_note_model.relations[0]));
  Refused(REL_INVALID, "is included");
  EXPECT_EQ(server_.calls(), 0);
}

TEST_F(Aggregate, RefusesBrokenAnswers) {
  ById();
  Count();
  std::string good = Counted(1);
  Reply({Group(Value(Int(1)))});
  Refused(REL_INTERNAL, "other values");
  Reply({Group(Key(Int(1)) + Key(Int(1)) + Value(Int(1)))});
  Refused(REL_INTERNAL, "other values");
  Reply({good + Group(Key(Text("1")) + Value(Int(1)))}); // of another type
  Refused(REL_INTERNAL, "other values");
  Reply({Group(Key(Int(1)) + Value(""))}); // a count is never NULL
  Refused(REL_INTERNAL, "other values");
  Reply({Group(Key(Int(1)) + Value(Int(-1)))});
  Refused(REL_INTERNAL, "other values");
  Reply({good + Bytes(2, "t"), Bytes(2, "u")}); // would never end
  Refused(REL_INTERNAL, "behind no group");
  Reply({"\xff\xff"});
  Refused(REL_INTERNAL, "");
  Reply({Group(Key(Text("\xff")) + Value(Int(1)))});
  Refused(REL_INTERNAL, "");
  rel_sdk_aggregate_limit(a_, 1);
  Reply({good + good});
  Refused(REL_INTERNAL, "more groups");
}

TEST_F(Aggregate, IsNotAskedFromWithinItsOwnCallback) {
  Count();
  Reply({Group(Value(Int(1)))});
  struct Again {
    rel_sdk_aggregate *aggregate;
    rel_code code;
  } again = {a_, REL_OK};
  auto take = [](void *context, const rel_group *) {
    Again *self = static_cast<Again *>(context);
    rel_group_list groups;
    self->code = rel_sdk_aggregate_all(self->aggregate, &groups, nullptr);
    return true;
  };
  ASSERT_EQ(rel_sdk_aggregate_each(a_, take, &again, &error_), REL_OK) << error_.message;
  EXPECT_EQ(again.code, REL_INVALID);
}

} // namespace
