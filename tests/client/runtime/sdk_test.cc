// Generated accessors over the runtime: what they send, and what they make of what comes back.
#include "tests/client/plugin/cards.relations.h"
#include "tests/client/plugin/shop.relations.h"
#include "tests/client/runtime/fake_server.h"
#include "tests/client/runtime/wire.h"

#include <gtest/gtest.h>

#include <relations/v1/types.pb-c.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

class Sdk : public ::testing::Test {
protected:
  Sdk() : server_([this](const std::string &, const std::string &request) { return Answer(request); }) {
    std::string target = server_.target();
    rel_client_options options = {};
    options.target = target.c_str();
    EXPECT_EQ(rel_client_connect(&options, &client_, &error_), REL_OK) << error_.message;
  }
  ~Sdk() override { rel_client_free(client_); }

  FakeReply Answer(const std::string &request) {
    std::lock_guard<std::mutex> lock(mutex_);
    FakeReply reply;
    reply.body = echo_ ? echo_(request) : body_;
    return reply;
  }
  void Reply(const std::string &body) {
    std::lock_guard<std::mutex> lock(mutex_);
    body_ = body;
  }
  void Echo(std::function<std::string(const std::string &)> echo) {
    std::lock_guard<std::mutex> lock(mutex_);
    echo_ = std::move(echo);
  }

  std::mutex mutex_;
  std::string body_;
  std::function<std::string(const std::string &)> echo_;
  FakeServer server_;
  rel_client *client_ = nullptr;
  rel_error error_ = {};
};

char *Text(const char *text) {
  return const_cast<char *>(text);
}

ProtobufCBinaryData Id(const std::string &bytes) {
  return {bytes.size(), reinterpret_cast<uint8_t *>(const_cast<char *>(bytes.data()))};
}

// The bytes of a Load by reference key.
std::string LoadRequest(const char *model, const char *relation, const std::string &keys, const char *type) {
  return Bytes(1, model) + Bytes(2, relation) + Bytes(4, keys) + Bytes(5, type);
}

TEST_F(Sdk, GetsByEveryKindOfKey) {
  Reply(Set(1, Record(Bytes(1, "de"))) + Type("shop.v1.Country"));
  shop_v1_country_result country;
  ASSERT_EQ(shop_v1_country_get(client_, "de", &country, &error_), REL_OK) << error_.message;
  EXPECT_EQ(country.state, REL_STATE_LOADED);
  EXPECT_STREQ(country.record->code, "de");
  shop_v1_country_result_free(&country);
  shop_v1_country_result_free(&country);

  Reply(Set(1, Record("")) + Type("shop.v1.Order"));
  shop_v1_order_result order;
  ASSERT_EQ(shop_v1_order_get(client_, UINT64_MAX, &order, &error_), REL_OK) << error_.message;
  shop_v1_order_result_free(&order);

  Reply(Set(1, Record("")) + Type("shop.v1.Note"));
  shop_v1_note_result note;
  ASSERT_EQ(shop_v1_note_get(client_, -3, &note, &error_), REL_OK) << error_.message;
  shop_v1_note_result_free(&note);

  Reply(Set(1, Record("")) + Type("shop.v1.Line"));
  shop_line_result line;
  shop_line_key key = {7, "x"};
  ASSERT_EQ(shop_line_get(client_, &key, &line, &error_), REL_OK) << error_.message;
  shop_line_result_free(&line);

  Reply(Set(1, Record("")) + Type("shop.v1.Customer"));
  shop_v1_customer_result customer;
  std::string id("\0a", 2);
  ASSERT_EQ(shop_v1_customer_get(client_, Id(id), &customer, &error_), REL_OK) << error_.message;
  shop_v1_customer_result_free(&customer);

  std::vector<FakeRequest> sent = server_.requests();
  ASSERT_EQ(sent.size(), 5u);
  EXPECT_EQ(sent[0].path, "/relations.v1.RelationService/Get");
  EXPECT_EQ(sent[0].body, Bytes(1, "shop.v1.Country") + Bytes(2, Bytes(3, Bytes(1, "de"))));
  EXPECT_EQ(sent[1].body, Bytes(1, "shop.v1.Order") + Bytes(2, Bytes(2, Bytes(1, Varint(UINT64_MAX)))));
  EXPECT_EQ(sent[2].body, Bytes(1, "shop.v1.Note") + Bytes(2, Bytes(1, Bytes(1, Varint(uint64_t(-3))))));
  std::string parts = Bytes(1, Uint(2, 7)) + Bytes(1, Bytes(3, "x"));
  EXPECT_EQ(sent[3].body, Bytes(1, "shop.v1.Line") + Bytes(2, Bytes(5, Bytes(1, parts))));
  EXPECT_EQ(sent[4].body, Bytes(1, "shop.v1.Customer") + Bytes(2, Bytes(4, Bytes(1, id))));
}

TEST_F(Sdk, GetOfNothingIsNotFound) {
  Reply(Set(2) + Type("shop.v1.Country"));
  shop_v1_country_result country;
  EXPECT_EQ(shop_v1_country_get(client_, "", &country, &error_), REL_NOT_FOUND);
  EXPECT_EQ(country.record, nullptr);
  EXPECT_EQ(country.memory, nullptr);
}

TEST_F(Sdk, GetsManyWithTheirStates) {
  Reply(Set(1, Record(Bytes(1, "de"))) + Set(2) + Type("shop.v1.Country"));
  const char *keys[] = {"de", "??"};
  shop_v1_country_results countries;
  ASSERT_EQ(shop_v1_country_get_many(client_, keys, 2, &countries, &error_), REL_OK) << error_.message;
  ASSERT_EQ(countries.count, 2u);
  EXPECT_STREQ(countries.items[0].record->code, "de");
  EXPECT_EQ(countries.items[1].state, REL_STATE_EMPTY);
  EXPECT_EQ(countries.items[1].record, nullptr);
  shop_v1_country_results_free(&countries);
}

TEST_F(Sdk, AsksNobodyForNothing) {
  shop_v1_country_results countries;
  ASSERT_EQ(shop_v1_country_get_many(client_, nullptr, 0, &countries, &error_), REL_OK);
  EXPECT_EQ(countries.count, 0u);
  shop_v1_country_results_free(&countries);
  EXPECT_EQ(server_.calls(), 0);
}

TEST_F(Sdk, PassesTheForeignKeyInHand) {
  Reply(Set(4) + Type("shop.v1.Country"));
  Shop__V1__Customer customer = SHOP__V1__CUSTOMER__INIT;
  customer.country_code = Text("xx");
  customer._country_code_case = SHOP__V1__CUSTOMER___COUNTRY_CODE_COUNTRY_CODE;
  shop_v1_country_result country;
  ASSERT_EQ(shop_v1_customer_country(client_, &customer, &country, &error_), REL_OK) << error_.message;
  EXPECT_EQ(country.state, REL_STATE_DANGLING);
  EXPECT_EQ(country.record, nullptr);
  shop_v1_country_result_free(&country);
  EXPECT_EQ(server_.requests()[0].path, "/relations.v1.RelationService/Load");
  EXPECT_EQ(server_.requests()[0].body,
            LoadRequest("shop.v1.Customer", "country", Bytes(3, Bytes(1, "xx")), "shop.v1.Country"));
}

TEST_F(Sdk, DoesNotCallForANullKey) {
  Shop__V1__Customer customer = SHOP__V1__CUSTOMER__INIT;
  shop_v1_country_result country;
  ASSERT_EQ(shop_v1_customer_country(client_, &customer, &country, &error_), REL_OK) << error_.message;
  EXPECT_EQ(country.state, REL_STATE_NULL);
  shop_v1_country_result_free(&country);

  Shop__V1__Note note = SHOP__V1__NOTE__INIT;
  note.order_id = 1;
  note._order_id_case = SHOP__V1__NOTE___ORDER_ID_ORDER_ID;
  shop_line_result line;
  ASSERT_EQ(shop_v1_note_on(client_, &note, &line, &error_), REL_OK) << error_.message;
  EXPECT_EQ(line.state, REL_STATE_NULL);
  shop_line_result_free(&line);
  EXPECT_EQ(shop_v1_note_on_clear(client_, &note, &error_), REL_OK);
  EXPECT_EQ(server_.calls(), 0);
}

TEST_F(Sdk, EmptyTextIsAKey) {
  Reply(Set(2) + Type("shop.v1.Country"));
  Shop__V1__Customer customer = SHOP__V1__CUSTOMER__INIT;
  customer.country_code = Text("");
  customer._country_code_case = SHOP__V1__CUSTOMER___COUNTRY_CODE_COUNTRY_CODE;
  shop_v1_country_result country;
  ASSERT_EQ(shop_v1_customer_country(client_, &customer, &country, &error_), REL_OK) << error_.message;
  EXPECT_EQ(country.state, REL_STATE_EMPTY);
  shop_v1_country_result_free(&country);
  EXPECT_EQ(server_.calls(), 1);
}

TEST_F(Sdk, InheritedRelationsAreAskedOfTheChild) {
  Reply(Set(1, Record(Uint(1, 5)) + Record(Uint(1, 6))) + Type("shop.v1.Order"));
  Shop__V1__Customer customer = SHOP__V1__CUSTOMER__INIT;
  std::string id = "k";
  customer.id = Id(id);
  shop_v1_order_list orders;
  ASSERT_EQ(shop_v1_customer_orders(client_, &customer, &orders, &error_), REL_OK) << error_.message;
  ASSERT_EQ(orders.count, 2u);
  EXPECT_EQ(orders.records[0]->id, 5u);
  EXPECT_EQ(orders.records[1]->id, 6u);
  shop_v1_order_list_free(&orders);
  EXPECT_EQ(server_.requests()[0].body,
            LoadRequest("shop.v1.Customer", "orders", Bytes(4, Bytes(1, "k")), "shop.v1.Order"));
}

TEST_F(Sdk, RelationsByNameLeadIntoOtherFiles) {
  Reply(Set(1, Record(Bytes(1, "c1"))) + Type("shop.cards.v1.Card"));
  Shop__V1__Customer customer = SHOP__V1__CUSTOMER__INIT;
  shop_cards_v1_card_result card;
  ASSERT_EQ(shop_v1_customer_card(client_, &customer, &card, &error_), REL_OK) << error_.message;
  EXPECT_STREQ(card.record->id, "c1");
  Reply(Set(1, Record("")) + Type("shop.v1.Customer"));
  shop_v1_customer_result back;
  ASSERT_EQ(shop_cards_v1_card_customer(client_, card.record, &back, &error_), REL_OK) << error_.message;
  shop_v1_customer_result_free(&back);
  shop_cards_v1_card_result_free(&card);
}

// Answers a Load of lines with, for each order id of the request, one line of that order.
std::string OneLineForEach(const std::string &request) {
  Relations__V1__LoadRequest *load = relations__v1__load_request__unpack(
      nullptr, request.size(), reinterpret_cast<const uint8_t *>(request.data()));
  std::string answer = Type("shop.v1.Line");
  for (size_t i = 0; i < load->reference_keys->uint64s->n_values; i++)
    answer += Set(1, Record(Uint(1, load->reference_keys->uint64s->values[i])));
  relations__v1__load_request__free_unpacked(load, nullptr);
  return answer;
}

TEST_F(Sdk, ManyOwnersAreAskedForInFewCallsAndKeepTheirPlaces) {
  enum { COUNT = 2500 };
  Echo(OneLineForEach);
  std::vector<Shop__V1__Order> orders(COUNT);
  std::vector<Shop__V1__Order *> owners;
  for (size_t i = 0; i < COUNT; i++) {
    shop__v1__order__init(&orders[i]);
    orders[i].id = COUNT - i;
    owners.push_back(&orders[i]);
  }
  shop_line_lists lines;
  ASSERT_EQ(shop_v1_order_lines_many(client_, owners.data(), COUNT, &lines, &error_), REL_OK)
      << error_.message;
  ASSERT_EQ(lines.count, size_t{COUNT});
  for (size_t i = 0; i < COUNT; i++)
    ASSERT_EQ(lines.items[i].records[0]->order_id, COUNT - i);
  shop_line_lists_free(&lines);
  EXPECT_EQ(server_.calls(), 3);
}

TEST_F(Sdk, ThreadsShareOneClient) {
  Echo(OneLineForEach);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 4; t++)
    threads.emplace_back([&, t] {
      for (uint64_t i = 0; i < 50; i++) {
        Shop__V1__Order order = SHOP__V1__ORDER__INIT;
        order.id = t * 1000 + i;
        shop_line_list lines;
        if (shop_v1_order_lines(client_, &order, &lines, nullptr) != REL_OK || lines.count != 1 ||
            lines.records[0]->order_id != order.id)
          wrong++;
        shop_line_list_free(&lines);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong.load(), 0);
}

TEST_F(Sdk, NullKeysAmongManyTakeNoPlaceInTheRequest) {
  Reply(Set(1, Record(Bytes(1, "de"))) + Type("shop.v1.Country"));
  Shop__V1__Customer nobody = SHOP__V1__CUSTOMER__INIT, german = SHOP__V1__CUSTOMER__INIT;
  german.country_code = Text("de");
  german._country_code_case = SHOP__V1__CUSTOMER___COUNTRY_CODE_COUNTRY_CODE;
  Shop__V1__Customer *owners[] = {&nobody, &german, &nobody};
  shop_v1_country_results countries;
  ASSERT_EQ(shop_v1_customer_country_many(client_, owners, 3, &countries, &error_), REL_OK) << error_.message;
  EXPECT_EQ(countries.items[0].state, REL_STATE_NULL);
  EXPECT_STREQ(countries.items[1].record->code, "de");
  EXPECT_EQ(countries.items[2].state, REL_STATE_NULL);
  shop_v1_country_results_free(&countries);
}

TEST_F(Sdk, OneOwnersErrorSpoilsItsOwnAnswerOnly) {
  std::string failed = Bytes(1, Bytes(4, Uint(1, 15) + Bytes(2, "lines.qty of 1 is no number")));
  Reply(failed + Set(2) + Type("shop.v1.Line"));
  Shop__V1__Order order = SHOP__V1__ORDER__INIT;
  Shop__V1__Order *owners[] = {&order, &order};
  shop_line_lists lines;
  ASSERT_EQ(shop_v1_order_lines_many(client_, owners, 2, &lines, &error_), REL_OK) << error_.message;
  EXPECT_EQ(lines.items[0].state, REL_STATE_NOT_LOADED);
  ASSERT_NE(lines.items[0].error, nullptr);
  EXPECT_EQ(lines.items[0].error->code, REL_BAD_DATA);
  EXPECT_STREQ(lines.items[0].error->message, "lines.qty of 1 is no number");
  EXPECT_EQ(lines.items[1].state, REL_STATE_EMPTY);
  EXPECT_EQ(lines.items[1].error, nullptr);
  shop_line_lists_free(&lines);

  Reply(failed + Type("shop.v1.Line"));
  shop_line_list list;
  EXPECT_EQ(shop_v1_order_lines(client_, &order, &list, &error_), REL_BAD_DATA);
  EXPECT_STREQ(error_.message, "lines.qty of 1 is no number");
  EXPECT_EQ(list.memory, nullptr);
}

TEST_F(Sdk, AnErrorThatSaysOkIsStillOne) {
  Reply(Bytes(1, Bytes(4, Uint(1, 0) + Uint(9, 1))) + Type("shop.v1.Line"));
  Shop__V1__Order order = SHOP__V1__ORDER__INIT;
  shop_line_list list;
  EXPECT_EQ(shop_v1_order_lines(client_, &order, &list, nullptr), REL_INTERNAL);
}

class HostileAnswer : public Sdk {
protected:
  rel_code Lines(const std::string &body) {
    Reply(body);
    Shop__V1__Order order = SHOP__V1__ORDER__INIT;
    shop_line_list lines;
    rel_code code = shop_v1_order_lines(client_, &order, &lines, &error_);
    if (code != REL_OK) {
      EXPECT_EQ(lines.memory, nullptr);
      EXPECT_EQ(lines.records, nullptr);
    }
    shop_line_list_free(&lines);
    return code;
  }
};

TEST_F(HostileAnswer, OfAnotherType) {
  EXPECT_EQ(Lines(Set(1, Record("")) + Type("shop.v1.Order")), REL_WRONG_TYPE);
  EXPECT_EQ(Lines(Set(1, Record(""))), REL_WRONG_TYPE);
}

TEST_F(HostileAnswer, WithRecordsThatAreNone) {
  std::string line = Type("shop.v1.Line");
  EXPECT_EQ(Lines(Set(1, Record("\x0a")) + line), REL_INTERNAL);
  EXPECT_EQ(Lines(Set(1, Record(Bytes(1, "not a number"))) + line), REL_INTERNAL);
  EXPECT_EQ(Lines(Set(1, Record(Bytes(2, "\xff\xfe"))) + line), REL_INTERNAL);
  EXPECT_EQ(Lines(Set(1, Record(Bytes(2, std::string("a\0b", 3)))) + line), REL_INTERNAL);
  EXPECT_EQ(Lines(Set(1, Record("\x12\xff\xff\xff\xff\x0f")) + line), REL_INTERNAL);
  EXPECT_EQ(Lines(Set(1, Record(Uint(2, 1))) + line), REL_INTERNAL);
}

TEST_F(HostileAnswer, WithANestedBomb) {
  std::string bomb;
  for (int i = 0; i < 5000; i++)
    bomb = Bytes(3, bomb);
  EXPECT_EQ(Lines(Set(1, Record(bomb)) + Type("shop.v1.Line")), REL_INTERNAL);
}

TEST_F(HostileAnswer, WithAnyPrefixOfAGoodOne) {
  std::string good = Set(1, Record(Uint(1, 5) + Bytes(2, "abc")) + Record("")) + Type("shop.v1.Line");
  ASSERT_EQ(Lines(good), REL_OK) << error_.message;
  for (size_t len = 0; len < good.size(); len++)
    EXPECT_NE(Lines(good.substr(0, len)), REL_OK) << len;
}

TEST_F(HostileAnswer, WithAnyByteChangedDoesNotCrash) {
  std::string good = Set(1, Record(Uint(1, 5) + Bytes(2, "abc")) + Record("")) + Type("shop.v1.Line");
  for (size_t at = 0; at < good.size(); at++)
    for (int bit = 0; bit < 8; bit++) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      rel_code code = Lines(bad);
      EXPECT_TRUE(code == REL_OK || code == REL_INTERNAL || code == REL_WRONG_TYPE) << at << "." << bit;
    }
}

TEST_F(HostileAnswer, WithTwoRecordsWhereOneCanBe) {
  Reply(Set(1, Record("") + Record("")) + Type("shop.cards.v1.Card"));
  Shop__V1__Customer customer = SHOP__V1__CUSTOMER__INIT;
  shop_cards_v1_card_result card;
  EXPECT_EQ(shop_v1_customer_card(client_, &customer, &card, &error_), REL_INTERNAL);
}

TEST_F(Sdk, RefusesAnOwnerThatIsNotOne) {
  Shop__V1__Order order;
  memset(static_cast<void *>(&order), 0, sizeof order);
  shop_line_list lines;
  EXPECT_EQ(shop_v1_order_lines(client_, &order, &lines, &error_), REL_WRONG_TYPE);
  EXPECT_EQ(shop_v1_order_lines(client_, nullptr, &lines, &error_), REL_WRONG_TYPE);
  Shop__V1__Line line = SHOP__V1__LINE__INIT;
  EXPECT_EQ(shop_v1_order_lines(client_, reinterpret_cast<Shop__V1__Order *>(&line), &lines, &error_),
            REL_WRONG_TYPE);
  EXPECT_NE(std::string(error_.message).find("shop.v1.Line"), std::string::npos);
  Shop__V1__Order *owners[] = {nullptr};
  shop_line_lists many;
  EXPECT_EQ(shop_v1_order_lines_many(client_, owners, 1, &many, nullptr), REL_WRONG_TYPE);
  EXPECT_EQ(many.items, nullptr);
  EXPECT_EQ(server_.calls(), 0);
}

TEST_F(Sdk, ClearsAnOwnersRelation) {
  Shop__V1__Line line = SHOP__V1__LINE__INIT;
  line.order_id = 3;
  line.default_ = Text("a");
  ASSERT_EQ(shop_line_notes_clear(client_, &line, &error_), REL_OK) << error_.message;
  std::string parts = Bytes(1, Uint(2, 3)) + Bytes(1, Bytes(3, "a"));
  EXPECT_EQ(server_.requests()[0].path, "/relations.v1.CacheService/Clear");
  EXPECT_EQ(server_.requests()[0].body,
            Bytes(4, Bytes(1, "shop.v1.Line") + Bytes(2, "notes") + Bytes(4, Bytes(5, Bytes(1, parts)))));
}

TEST(Metadata, ListsEffectiveRelations) {
  const rel_sdk_model *customer = &shop_v1_customer_model;
  EXPECT_STREQ(customer->name, "shop.v1.Customer");
  EXPECT_STREQ(customer->extends, "shop.v1.Party");
  EXPECT_EQ(customer->descriptor, &shop__v1__customer__descriptor);
  ASSERT_EQ(customer->relation_count, 3u);
  for (size_t i = 0; i < customer->relation_count; i++)
    EXPECT_EQ(customer->relations[i].owner, customer);
  const rel_sdk_relation *orders = &customer->relations[2];
  EXPECT_STREQ(orders->name, "orders");
  EXPECT_EQ(orders->kind, REL_SDK_HAS_MANY);
  EXPECT_EQ(orders->target, &shop_v1_order_model);
  EXPECT_STREQ(orders->declared_in, "shop.v1.Party");
  EXPECT_EQ(orders->inverse_of, nullptr);
  EXPECT_STREQ(shop_v1_order_model.relations[0].inverse_of, "order");
  EXPECT_EQ(shop_line_model.key_count, 2u);
  EXPECT_EQ(shop_line_model.key_size, sizeof(shop_line_key));
}

TEST(Metadata, ListsEffectiveQueryMethods) {
  const rel_sdk_model *note = &shop_v1_note_model;
  ASSERT_EQ(note->query_method_count, 2u);
  const rel_sdk_method *of_order = &note->query_methods[0];
  EXPECT_STREQ(of_order->name, "of_order");
  EXPECT_STREQ(of_order->declared_in, "shop.v1.Note");
  EXPECT_STREQ(of_order->filter, "order_id = $order AND text = $query");
  ASSERT_EQ(of_order->parameter_count, 2u);
  EXPECT_STREQ(of_order->parameters[0].name, "order");
  EXPECT_EQ(of_order->parameters[0].type, REL_SDK_TYPE_UINT64);
  EXPECT_STREQ(of_order->parameters[1].name, "query");
  EXPECT_EQ(of_order->parameters[1].type, REL_SDK_TYPE_STRING);
  EXPECT_STREQ(note->query_methods[1].filter, "is_null(order_id) AND text != \"what?\?!\"");
  EXPECT_EQ(note->query_methods[1].parameter_count, 0u);
  for (const rel_sdk_model *model :
       {&shop_v1_customer_model, &shop_v1_party_model}) { // inherited, and of the abstract one
    ASSERT_EQ(model->query_method_count, 1u) << model->name;
    EXPECT_STREQ(model->query_methods[0].declared_in, "shop.v1.Party");
    EXPECT_EQ(model->query_methods[0].parameters[0].type, REL_SDK_TYPE_BYTES);
  }
  EXPECT_EQ(shop_v1_order_model.query_methods, nullptr);
}

// The numbers are the contract's.
TEST(Metadata, TypesOfParameters) {
  for (unsigned i = 0; i < relations__v1__type__descriptor.n_values; i++) {
    const ProtobufCEnumValue &value = relations__v1__type__descriptor.values[i];
    static const std::map<std::string, int> types = {{"TYPE_UNSPECIFIED", 0},
                                                     {"TYPE_BOOL", REL_SDK_TYPE_BOOL},
                                                     {"TYPE_INT32", REL_SDK_TYPE_INT32},
                                                     {"TYPE_INT64", REL_SDK_TYPE_INT64},
                                                     {"TYPE_UINT32", REL_SDK_TYPE_UINT32},
                                                     {"TYPE_UINT64", REL_SDK_TYPE_UINT64},
                                                     {"TYPE_FLOAT", REL_SDK_TYPE_FLOAT},
                                                     {"TYPE_DOUBLE", REL_SDK_TYPE_DOUBLE},
                                                     {"TYPE_STRING", REL_SDK_TYPE_STRING},
                                                     {"TYPE_BYTES", REL_SDK_TYPE_BYTES},
                                                     {"TYPE_TIMESTAMP", REL_SDK_TYPE_TIMESTAMP}};
    ASSERT_TRUE(types.count(value.name)) << value.name;
    EXPECT_EQ(types.at(value.name), value.value);
  }
}

} // namespace
