// Queries over the runtime: what they send, and what they make of streams, however wrong.
#include "tests/client/plugin/shop.relations.h"
#include "tests/client/runtime/fake_server.h"
#include "tests/client/runtime/wire.h"

#include <gtest/gtest.h>
#include <relations/query.h>

#include <chrono>
#include <cmath>
#include <thread>
#include <vector>

namespace {

std::string Note(int id) {
  return Record(Uint(1, rel_wire_zigzag(id)));
}
std::string Note() {
  return Type("shop.v1.Note");
}
std::string Token(const std::string &token) {
  return Bytes(2, token);
}
// The message of a stream that Set makes: a set, with a token in it.
std::string Page(const std::string &records, const std::string &token) {
  return Bytes(1, records + Token(token) + Uint(3, 1));
}

class Query : public ::testing::Test {
protected:
  Query() : server_([this](const std::string &, const std::string &) { return Answer(); }) { Connect({}); }
  ~Query() override {
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
  }
  FakeReply Answer() {
    std::lock_guard<std::mutex> lock(mutex_);
    return reply_;
  }
  void Reply(const FakeReply &reply) {
    std::lock_guard<std::mutex> lock(mutex_);
    reply_ = reply;
  }
  void Reply(const std::string &first, const std::vector<std::string> &more = {}) {
    FakeReply reply;
    reply.body = first;
    reply.more = more;
    Reply(reply);
  }
  rel_code All() {
    rel_code code = rel_sdk_query_all(query_, &list_, &error_);
    ids_.clear();
    for (size_t i = 0; i < list_.count; i++)
      ids_.push_back(list_.records[i]->id);
    shop_v1_note_list got = list_;
    shop_v1_note_list_free(&list_);
    list_.state = got.state;
    return code;
  }
  static bool Take(void *context, const ProtobufCMessage *record) {
    Query *self = static_cast<Query *>(context);
    self->ids_.push_back(reinterpret_cast<const Shop__V1__Note *>(record)->id);
    return self->ids_.size() != self->enough_;
  }
  rel_code Each() {
    ids_.clear();
    rel_sdk_taker taker = {Take, this};
    return rel_sdk_query_each(query_, &taker, &error_);
  }
  // What both ways of reading must refuse.
  void Refused(rel_code code, const char *why) {
    EXPECT_EQ(All(), code) << error_.message;
    EXPECT_NE(strstr(error_.message, why), nullptr) << error_.message;
    EXPECT_TRUE(ids_.empty());
    EXPECT_EQ(rel_sdk_query_next_page(query_), nullptr);
    EXPECT_EQ(Each(), code) << error_.message;
    EXPECT_EQ(rel_sdk_query_next_page(query_), nullptr);
  }
  std::string LastRequest() { return server_.requests().back().body; }

  std::mutex mutex_;
  FakeReply reply_;
  FakeServer server_;
  rel_client *client_ = nullptr;
  rel_sdk_query *query_ = nullptr;
  rel_error error_ = {};
  shop_v1_note_list list_ = {};
  std::vector<int> ids_;
  size_t enough_ = 0;
};

using Ids = std::vector<int>;

std::string Compared(const char *field, int op, const std::string &value) {
  return Bytes(1, Bytes(1, Bytes(1, field) + Uint(2, static_cast<uint64_t>(op)) + Bytes(3, value)));
}

std::string Fixed(uint32_t field, uint64_t value) {
  rel_buf buf = {};
  rel_wire_put_fixed64(&buf, field, value);
  return Take(&buf);
}

TEST_F(Query, SendsEverythingThatWasBuilt) {
  Reply(Set(2) + Note());
  Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
  time.seconds = -5;
  time.nanos = 7;
  rel_sdk_query_where(query_, "a", REL_SDK_EQ, rel_sdk_bool(false));
  rel_sdk_query_where(query_, "b", REL_SDK_NE, rel_sdk_int64(INT64_MIN));
  rel_sdk_query_where(query_, "c", REL_SDK_LT, rel_sdk_uint64(UINT64_MAX));
  rel_sdk_query_where(query_, "d", REL_SDK_LE, rel_sdk_double(-0.0));
  rel_sdk_query_where(query_, "e", REL_SDK_PREFIX, rel_sdk_string(""));
  rel_sdk_query_where(query_, "f", REL_SDK_GT, rel_sdk_bytes({2, (uint8_t *)"\0x"}));
  rel_sdk_query_where(query_, "g", REL_SDK_GE, rel_sdk_timestamp(&time));
  rel_sdk_query_where_null(query_, "h", true);
  rel_sdk_query_where_null(query_, "i", false);
  rel_sdk_value arguments[] = {rel_sdk_int64(1900), rel_sdk_string("x")};
  rel_sdk_query_method(query_, "between", arguments, 2);
  rel_sdk_query_method(query_, "recent", nullptr, 0);
  rel_sdk_query_filter(query_, "id > 3");
  rel_sdk_query_order_by(query_, "text", true, true);
  rel_sdk_query_order_by(query_, "id", false, false);
  rel_sdk_query_limit(rel_sdk_query_page(query_, "token"), 9);
  ASSERT_EQ(All(), REL_OK) << error_.message;
  EXPECT_EQ(list_.state, REL_STATE_EMPTY);

  std::string filter = Compared("a", 1, Uint(1, 0)) + Compared("b", 2, Uint(2, uint64_t(INT64_MIN))) +
                       Compared("c", 3, Uint(3, UINT64_MAX)) + Compared("d", 4, Fixed(4, 1ull << 63)) +
                       Compared("e", 9, Bytes(5, "")) + Compared("f", 5, Bytes(6, std::string("\0x", 2))) +
                       Compared("g", 6, Bytes(7, Uint(1, uint64_t(-5)) + Uint(2, 7))) +
                       Bytes(1, Bytes(1, Bytes(1, "h") + Uint(2, 8))) +
                       Bytes(1, Bytes(4, Bytes(1, Bytes(1, "i") + Uint(2, 8))));
  std::string target = Bytes(1, "shop.v1.Note") +
                       Bytes(7, Bytes(1, "between") + Bytes(2, Uint(2, 1900)) + Bytes(2, Bytes(5, "x"))) +
                       Bytes(7, Bytes(1, "recent")) + Bytes(6, "id > 3") + Bytes(5, Bytes(2, filter));
  EXPECT_EQ(LastRequest(), Bytes(1, target) + Bytes(2, Bytes(1, "text") + Uint(2, 1) + Uint(3, 1)) +
                               Bytes(2, Bytes(1, "id")) + Uint(3, 9) + Bytes(4, "token") +
                               Bytes(5, "shop.v1.Note"));
  EXPECT_EQ(server_.requests().back().path, "/relations.v1.RelationService/Query");

  // The others take the same target.
  Reply(Uint(1, 77));
  uint64_t count;
  ASSERT_EQ(rel_sdk_query_count(query_, &count, &error_), REL_OK) << error_.message;
  EXPECT_EQ(count, 77u);
  EXPECT_EQ(LastRequest(), Bytes(1, target));
  EXPECT_EQ(server_.requests().back().path, "/relations.v1.RelationService/Count");
  Reply(Uint(1, 1));
  bool exists;
  ASSERT_EQ(rel_sdk_query_exists(query_, &exists, &error_), REL_OK) << error_.message;
  EXPECT_TRUE(exists);
  EXPECT_EQ(server_.requests().back().path, "/relations.v1.RelationService/Exists");
}

TEST_F(Query, SendsListsAndGroups) {
  Reply(Set(2) + Note());
  rel_sdk_query_values_begin(query_, "a", REL_SDK_IN, false);
  rel_sdk_query_values_add(query_, rel_sdk_int64(1));
  rel_sdk_query_values_add(query_, rel_sdk_int64(2));
  rel_sdk_query_values_end(query_);
  rel_sdk_query_values_end(rel_sdk_query_values_begin(query_, "b", REL_SDK_IN, false)); // of none
  rel_sdk_query_group(query_, REL_SDK_ANY_OF);
  rel_sdk_query_where(query_, "c", REL_SDK_EQ, rel_sdk_bool(true));
  rel_sdk_query_group(query_, REL_SDK_NONE_OF);
  rel_sdk_query_where(query_, "d", REL_SDK_EQ, rel_sdk_bool(true));
  rel_sdk_query_end(query_);
  rel_sdk_query_where(query_, "e", REL_SDK_EQ, rel_sdk_bool(true));
  rel_sdk_query_end(query_);
  rel_sdk_query_end(rel_sdk_query_group(query_, REL_SDK_ALL_OF)); // empty
  rel_sdk_query_where(query_, "f", REL_SDK_EQ, rel_sdk_bool(true));
  ASSERT_EQ(All(), REL_OK) << error_.message;

  auto is = [](const char *field) { return Compared(field, 1, Uint(1, 1)); };
  std::string in_a =
      Bytes(1, Bytes(1, Bytes(1, "a") + Uint(2, 7) + Bytes(3, Uint(2, 1)) + Bytes(3, Uint(2, 2))));
  std::string in_b = Bytes(1, Bytes(1, Bytes(1, "b") + Uint(2, 7)));
  std::string none = Bytes(1, Bytes(4, Bytes(3, is("d"))));
  std::string any = Bytes(1, Bytes(3, is("c") + none + is("e")));
  std::string filter = in_a + in_b + any + Bytes(1, Bytes(2, "")) + is("f");
  EXPECT_EQ(LastRequest(),
            Bytes(1, Bytes(1, "shop.v1.Note") + Bytes(5, Bytes(2, filter))) + Bytes(5, "shop.v1.Note"));
}

TEST_F(Query, SendsConditionsOnRelations) {
  Reply(Set(2) + Note());
  rel_sdk_query_related(query_, "a", REL_SDK_SOME);
  rel_sdk_query_related_count(query_, "b", REL_SDK_LT, 0);
  rel_sdk_query_where(query_, "c", REL_SDK_EQ, rel_sdk_bool(true));
  rel_sdk_query_end(query_);
  rel_sdk_query_end(query_);
  rel_sdk_query_end(rel_sdk_query_related(query_, "d", REL_SDK_NONE));  // of no condition
  rel_sdk_query_end(rel_sdk_query_related(query_, "e", REL_SDK_EVERY)); // the same
  rel_sdk_query_end(rel_sdk_query_related_count(query_, "f", REL_SDK_EQ, 3));
  rel_sdk_query_order_by_count(query_, "g", true);
  rel_sdk_query_order_by_count(query_, "h", false);
  ASSERT_EQ(All(), REL_OK) << error_.message;

  std::string c = Bytes(2, Compared("c", 1, Uint(1, 1)));
  std::string b = Bytes(1, Bytes(6, Bytes(1, "b") + Bytes(2, c) + Uint(3, 3) + Bytes(4, Uint(3, 0))));
  std::string a = Bytes(1, Bytes(5, Bytes(1, "a") + Bytes(3, Bytes(2, b)) + Uint(2, 1)));
  std::string d = Bytes(1, Bytes(5, Bytes(1, "d") + Uint(2, 3)));
  std::string e = Bytes(1, Bytes(5, Bytes(1, "e") + Bytes(3, Bytes(2, "")) + Uint(2, 2)));
  std::string f = Bytes(1, Bytes(6, Bytes(1, "f") + Uint(3, 1) + Bytes(4, Uint(3, 3))));
  std::string target = Bytes(1, Bytes(1, "shop.v1.Note") + Bytes(5, Bytes(2, a + d + e + f)));
  std::string order = Bytes(2, Bytes(4, "g") + Uint(2, 1)) + Bytes(2, Bytes(4, "h"));
  EXPECT_EQ(LastRequest(), target + order + Bytes(5, "shop.v1.Note"));
  rel_sdk_query_related(query_, "a", REL_SDK_SOME);
  EXPECT_EQ(All(), REL_INVALID) << "a group without an end";
}

TEST_F(Query, SendsOrdersByRelatedRecords) {
  Reply(Set(2) + Note());
  rel_sdk_query_order_by_related(query_, "a");
  rel_sdk_query_order_by(query_, "b", true, true);
  rel_sdk_query_order_by_related(query_, "c");
  rel_sdk_query_order_by_count(query_, "d", false);
  rel_sdk_query_end(rel_sdk_query_end(query_));
  rel_sdk_query_order_by(query_, "e", false, false);
  ASSERT_EQ(All(), REL_OK) << error_.message;
  EXPECT_EQ(LastRequest(),
            Bytes(1, Bytes(1, "shop.v1.Note")) + Bytes(2, Bytes(1, "a.b") + Uint(2, 1) + Uint(3, 1)) +
                Bytes(2, Bytes(4, "a.c.d")) + Bytes(2, Bytes(1, "e")) + Bytes(5, "shop.v1.Note"));
}

// With what the relations join on, by the schema's names; a field is named once.
TEST_F(Query, SendsWhichFieldsAreWanted) {
  Reply(Set(2) + Note());
  rel_sdk_query_only(rel_sdk_query_only(rel_sdk_query_only(query_, "text"), "line"), "text");
  ASSERT_EQ(All(), REL_OK) << error_.message;
  EXPECT_EQ(LastRequest(), Bytes(1, Bytes(1, "shop.v1.Note")) + Bytes(5, "shop.v1.Note") + Bytes(7, "text") +
                               Bytes(7, "line") + Bytes(7, "order_id"));
}

// What is of the query as a whole is not said through a group, where it would look like the group's own.
TEST_F(Query, RefusesInGroupsWhatIsOfTheWhole) {
  auto refused = [this](const char *why) {
    rel_sdk_query_end(query_);
    EXPECT_EQ(All(), REL_INVALID);
    EXPECT_NE(strstr(error_.message, why), nullptr) << error_.message;
    Connect({});
  };
  rel_sdk_query_limit(rel_sdk_query_related(query_, "a", REL_SDK_SOME), 3);
  refused("as a whole");
  rel_sdk_query_page(rel_sdk_query_group(query_, REL_SDK_ANY_OF), "t");
  refused("as a whole");
  rel_sdk_query_from_end(rel_sdk_query_group(query_, REL_SDK_ANY_OF), true);
  refused("as a whole");
  rel_sdk_query_only(rel_sdk_query_related(query_, "a", REL_SDK_NONE), "b");
  refused("as a whole");
  rel_sdk_query_include(rel_sdk_query_related(query_, "a", REL_SDK_NONE), &shop_v1_note_model.relations[0]);
  refused("as a whole");
  rel_sdk_query_order_by(rel_sdk_query_related(query_, "a", REL_SDK_SOME), "b", false, false);
  refused("an order cannot stand in a group");
  rel_sdk_query_order_by_count(rel_sdk_query_group(query_, REL_SDK_ALL_OF), "b", false);
  refused("an order cannot stand in a group");
  rel_sdk_query_end(rel_sdk_query_order_by_related(rel_sdk_query_related(query_, "a", REL_SDK_SOME), "b"));
  refused("do not stand in one another");
  rel_sdk_query_end(rel_sdk_query_group(rel_sdk_query_order_by_related(query_, "a"), REL_SDK_ANY_OF));
  refused("do not stand in one another");
  rel_sdk_query_where(rel_sdk_query_order_by_related(query_, "a"), "b", REL_SDK_EQ, rel_sdk_bool(true));
  refused("a condition cannot stand");
  rel_sdk_query_where_null(rel_sdk_query_order_by_related(query_, "a"), "b", true);
  refused("a condition cannot stand");
  rel_sdk_query_values_end(
      rel_sdk_query_values_begin(rel_sdk_query_order_by_related(query_, "a"), "b", REL_SDK_IN, false));
  refused("a condition cannot stand");
  EXPECT_EQ(server_.calls(), 0);
}

// What cannot be said of a group is never taken for something else.
TEST_F(Query, RefusesGroupsThatAreNotWhole) {
  auto refused = [this](const char *why) {
    EXPECT_EQ(All(), REL_INVALID);
    EXPECT_NE(strstr(error_.message, why), nullptr) << error_.message;
    Connect({}); // another query
  };
  rel_sdk_query_group(query_, REL_SDK_ANY_OF);
  refused("has no end");
  rel_sdk_query_end(query_);
  refused("no group has begun");
  rel_sdk_query_end(rel_sdk_query_filter(rel_sdk_query_group(query_, REL_SDK_ALL_OF), "id = 1"));
  refused("filter text cannot stand in a group");
  rel_sdk_query_end(rel_sdk_query_method(rel_sdk_query_group(query_, REL_SDK_ANY_OF), "recent", nullptr, 0));
  refused("query method cannot stand in a group");
  for (int i = 0; i < 17; i++)
    rel_sdk_query_group(query_, REL_SDK_NONE_OF);
  for (int i = 0; i < 17; i++)
    rel_sdk_query_end(query_);
  refused("too deep");
  rel_sdk_query_values_begin(query_, "text", REL_SDK_IN, false);
  rel_sdk_query_values_add(query_, rel_sdk_string(nullptr));
  rel_sdk_query_values_end(query_);
  refused("one of the values to compare with is NULL");
  EXPECT_EQ(server_.calls(), 0);
  uint64_t count;
  rel_sdk_query_group(query_, REL_SDK_ANY_OF);
  EXPECT_EQ(rel_sdk_query_count(query_, &count, &error_), REL_INVALID);
}

TEST_F(Query, AnOwnersQueryPassesItsKey) {
  Shop__V1__Line line = SHOP__V1__LINE__INIT;
  line.order_id = 0;
  line.default_ = const_cast<char *>("x");
  rel_sdk_query_free(query_);
  query_ = rel_sdk_query_of(client_, &shop_line_model.relations[1], &line.base);
  Reply(Set(1, Note(3)) + Note());
  ASSERT_EQ(All(), REL_OK) << error_.message;
  EXPECT_EQ(ids_, Ids({3}));
  std::string key = Bytes(5, Bytes(1, Bytes(1, Uint(2, 0)) + Bytes(1, Bytes(3, "x"))));
  EXPECT_EQ(LastRequest(), Bytes(1, Bytes(1, "shop.v1.Line") + Bytes(2, "notes") + Bytes(4, key)) +
                               Bytes(5, "shop.v1.Note"));
}

TEST_F(Query, AnOwnerWithoutAKeyHasNothingAndNobodyIsAsked) {
  Shop__V1__Customer customer = SHOP__V1__CUSTOMER__INIT;
  const rel_sdk_relation *country = nullptr;
  for (size_t i = 0; i < shop_v1_customer_model.relation_count; i++)
    if (strcmp(shop_v1_customer_model.relations[i].name, "country") == 0)
      country = &shop_v1_customer_model.relations[i];
  ASSERT_NE(country, nullptr);
  rel_sdk_query_free(query_);
  query_ = rel_sdk_query_of(client_, country, &customer.base);
  ASSERT_EQ(All(), REL_OK) << error_.message;
  EXPECT_EQ(list_.state, REL_STATE_NULL);
  ASSERT_EQ(Each(), REL_OK);
  uint64_t count = 1;
  bool exists = true;
  ASSERT_EQ(rel_sdk_query_count(query_, &count, &error_), REL_OK);
  ASSERT_EQ(rel_sdk_query_exists(query_, &exists, &error_), REL_OK);
  EXPECT_EQ(count, 0u);
  EXPECT_FALSE(exists);
  EXPECT_EQ(server_.calls(), 0);
}

TEST_F(Query, RemembersWhatWasWrongFirst) {
  rel_sdk_query_where(query_, "text", REL_SDK_EQ, rel_sdk_string(nullptr));
  rel_sdk_query_filter(query_, nullptr);
  Refused(REL_INVALID, "compare with is NULL");
  EXPECT_STREQ(error_.field, "text");
  uint64_t count;
  EXPECT_EQ(rel_sdk_query_count(query_, &count, &error_), REL_INVALID);
  bool exists;
  EXPECT_EQ(rel_sdk_query_exists(query_, &exists, nullptr), REL_INVALID);
  EXPECT_EQ(server_.calls(), 0);
}

TEST_F(Query, RefusesWhatCannotBeBuilt) {
  rel_sdk_query_filter(rel_sdk_query_filter(query_, "id > 1"), "id > 2");
  Refused(REL_INVALID, "one filter text");
  Connect({});
  rel_sdk_query_limit(query_, UINT32_MAX);
  Refused(REL_INVALID, "limit");
  Connect({});
  rel_sdk_value nothing = rel_sdk_timestamp(nullptr);
  rel_sdk_query_method(query_, "since", &nothing, 1);
  Refused(REL_INVALID, "argument");
  Shop__V1__Note note = SHOP__V1__NOTE__INIT;
  rel_sdk_query_free(query_);
  query_ = rel_sdk_query_of(client_, &shop_line_model.relations[1], &note.base);
  Refused(REL_WRONG_TYPE, "shop.v1.Line");
  EXPECT_EQ(server_.calls(), 0);
}

TEST_F(Query, PutsTheStreamTogether) {
  Reply(Set(1, Note(1) + Note(2)) + Note(), {Set(1, Note(3)), Page(Note(4), "t")});
  rel_sdk_query_limit(query_, 4);
  ASSERT_EQ(All(), REL_OK) << error_.message;
  EXPECT_EQ(ids_, Ids({1, 2, 3, 4}));
  EXPECT_EQ(list_.state, REL_STATE_LOADED);
  EXPECT_STREQ(rel_sdk_query_next_page(query_), "t");
  ASSERT_EQ(Each(), REL_OK) << error_.message;
  EXPECT_EQ(ids_, Ids({1, 2, 3, 4}));
  // Its own token may be passed on.
  rel_sdk_query_page(query_, rel_sdk_query_next_page(query_));
  Reply(Set(2) + Note());
  ASSERT_EQ(All(), REL_OK);
  EXPECT_EQ(rel_sdk_query_next_page(query_), nullptr);
  EXPECT_NE(LastRequest().find(Bytes(4, "t")), std::string::npos);
}

TEST_F(Query, StoppingCancelsTheCall) {
  FakeReply reply;
  reply.body = Set(1, Note(1)) + Note();
  reply.more = {Set(1, Note(2) + Note(3))};
  reply.endless = true;
  Reply(reply);
  enough_ = 4;
  ASSERT_EQ(Each(), REL_OK) << error_.message;
  EXPECT_EQ(ids_, Ids({1, 2, 3, 2}));
  EXPECT_EQ(rel_sdk_query_next_page(query_), nullptr);
  while (server_.cancelled() == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  // The query and its client go on.
  Reply(Set(1, Note(9)) + Note());
  ASSERT_EQ(All(), REL_OK) << error_.message;
  EXPECT_EQ(ids_, Ids({9}));
}

TEST_F(Query, AllIsLimitedAndEachIsNot) {
  FakeReply reply;
  reply.body = Set(1, Note(1)) + Note();
  reply.more = {Set(1, Record(Bytes(4, std::string(1000, 'x'))))};
  reply.endless = true;
  Reply(reply);
  rel_client_options options = {};
  options.max_message_bytes = 5000;
  Connect(options);
  EXPECT_EQ(All(), REL_LIMIT) << error_.message;
  EXPECT_NE(strstr(error_.message, "max_message_bytes"), nullptr) << error_.message;
  enough_ = 100;
  EXPECT_EQ(Each(), REL_OK) << error_.message;
  EXPECT_EQ(ids_.size(), 100u);
}

TEST_F(Query, AMessageBeyondTheLimitIsRefused) {
  Reply(Set(1, Note(1)) + Note(), {Set(1, Record(Bytes(4, std::string(10000, 'x'))))});
  rel_client_options options = {};
  options.max_message_bytes = 5000;
  Connect(options);
  Refused(REL_LIMIT, "larger");
}

TEST_F(Query, AnErrorInTheMiddleIsTheCalls) {
  FakeReply reply;
  reply.body = Set(1, Note(1)) + Note();
  reply.more = {Set(1, Note(2))};
  reply.status = 15;
  reply.message = "a row is broken";
  Reply(reply);
  Refused(REL_BAD_DATA, "a row is broken");
  EXPECT_EQ(ids_, Ids({1, 2}));
}

TEST_F(Query, AnErrorOfASetIsTheCalls) {
  Reply(Bytes(1, Bytes(4, Uint(1, 15) + Bytes(2, "this one is broken"))) + Note());
  Refused(REL_BAD_DATA, "this one is broken");
}

TEST_F(Query, TheDeadlineIsOfTheWholeStream) {
  FakeReply reply;
  reply.body = Set(1, Note(1)) + Note();
  reply.more = {Set(1, Note(2))};
  reply.stall_behind = true;
  Reply(reply);
  rel_client_options options = {};
  options.timeout_ms = 300;
  Connect(options);
  Refused(REL_TIMEOUT, "");
}

TEST_F(Query, RefusesBrokenStreams) {
  std::string one = Set(1, Note(1));
  Reply(one);
  Refused(REL_WRONG_TYPE, "shop.v1.Note");
  Reply(one + Type("shop.v1.Line"));
  Refused(REL_WRONG_TYPE, "shop.v1.Line");
  Reply(one + Note(), {one + Type("shop.v1.Line")});
  Refused(REL_WRONG_TYPE, "shop.v1.Line");
  Reply(Note());
  Refused(REL_INTERNAL, "one sane set");
  Reply(one + one + Note());
  Refused(REL_INTERNAL, "one sane set");
  Reply(Set(2, Note(1)) + Note());
  Refused(REL_INTERNAL, "one sane set");
  Reply(Set(1) + Note());
  Refused(REL_INTERNAL, "one sane set");
  Reply(Set(77) + Note());
  Refused(REL_INTERNAL, "one sane set");
  Reply(Uint(1, 5) + Note());
  Refused(REL_INTERNAL, "");
  Reply(Bytes(1, Uint(2, 5) + Uint(3, 2)) + Note());
  Refused(REL_INTERNAL, "");
  Reply(Bytes(1, Token("\xff") + Uint(3, 2)) + Note());
  Refused(REL_INTERNAL, "");
  Reply("\xff\xff" + Note());
  Refused(REL_INTERNAL, "");
  Reply(Set(1, Record("\x0a\x7f")) + Note());
  Refused(REL_INTERNAL, "");
  Reply(one + Note(), {Set(2)});
  Refused(REL_INTERNAL, "not alone");
  Reply(Set(2) + Note(), {one});
  Refused(REL_INTERNAL, "not alone");
  Reply(Page(Note(1), "t") + Note(), {one});
  Refused(REL_INTERNAL, "page's end");
  FakeReply nothing;
  nothing.no_body = true;
  Reply(nothing);
  Refused(REL_INTERNAL, "without a part");
  rel_sdk_query_limit(query_, 1);
  Reply(one + Note(), {one});
  Refused(REL_INTERNAL, "more records");
}

TEST_F(Query, RefusesBrokenNumbers) {
  uint64_t count;
  bool exists;
  for (const std::string &body : {Bytes(1, "x"), Uint(1, UINT64_MAX), std::string("\x08")}) {
    Reply(body);
    EXPECT_EQ(rel_sdk_query_count(query_, &count, &error_), REL_INTERNAL);
    EXPECT_EQ(count, 0u);
    EXPECT_EQ(rel_sdk_query_exists(query_, &exists, &error_), REL_INTERNAL);
    EXPECT_FALSE(exists);
  }
  Reply("");
  ASSERT_EQ(rel_sdk_query_count(query_, &count, &error_), REL_OK);
  EXPECT_EQ(count, 0u);
}

struct Again {
  rel_sdk_query *query;
  rel_code code;
};

TEST_F(Query, IsNotAskedFromWithinItsOwnCallback) {
  Reply(Set(1, Note(1)) + Note());
  Again again = {query_, REL_OK};
  rel_sdk_taker taker = {[](void *context, const ProtobufCMessage *) {
                           Again *a = static_cast<Again *>(context);
                           uint64_t count;
                           a->code = rel_sdk_query_count(a->query, &count, nullptr);
                           return true;
                         },
                         &again};
  ASSERT_EQ(rel_sdk_query_each(query_, &taker, &error_), REL_OK);
  EXPECT_EQ(again.code, REL_INVALID);
}

TEST_F(Query, IsRepeatedWhenTheServerIsUnavailable) {
  std::atomic<int> calls{0};
  FakeServer flaky([&calls](const std::string &, const std::string &) {
    FakeReply reply;
    reply.status = calls++ == 0 ? 14 : 0;
    reply.body = Set(1, Note(5)) + Note();
    return reply;
  });
  std::string target = flaky.target();
  rel_client_options options = {};
  options.target = target.c_str();
  rel_client *client;
  ASSERT_EQ(rel_client_connect(&options, &client, &error_), REL_OK);
  rel_sdk_query_free(query_);
  query_ = rel_sdk_query_new(client, &shop_v1_note_model);
  EXPECT_EQ(All(), REL_OK) << error_.message;
  EXPECT_EQ(ids_, Ids({5}));
  EXPECT_EQ(calls, 2);
  rel_client_free(client);
}

} // namespace
