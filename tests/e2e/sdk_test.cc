// Generated C accessors against relationsd over a real database: every kind of key, inheritance, NULL,
// dangling, and the cache that is cleared for one owner.
#include "tests/client/plugin/cards.relations.h"
#include "tests/client/plugin/shop.relations.h"
#include "tests/e2e/relationsd.h"

#include <gtest/gtest.h>

#include <sqlite3.h>

#include <string>
#include <vector>

namespace {

const char kSql[] = R"(
CREATE TABLE countries (code TEXT PRIMARY KEY NOT NULL);
CREATE TABLE customers (id BLOB PRIMARY KEY NOT NULL, country_code TEXT);
CREATE TABLE cards (id TEXT PRIMARY KEY NOT NULL, customer_id BLOB NOT NULL);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id BLOB NOT NULL);
CREATE TABLE line (order_id INTEGER NOT NULL, "default" TEXT NOT NULL, PRIMARY KEY (order_id, "default"));
CREATE TABLE notes (id INTEGER PRIMARY KEY, order_id INTEGER, line TEXT, text TEXT NOT NULL);
INSERT INTO countries VALUES ('de'), ('');
INSERT INTO customers VALUES (x'0061', 'de'), (x'00', NULL), (x'', 'xx'), (x'0062', '');
INSERT INTO cards VALUES ('6BA7B810-9DAD-11D1-80B4-00C04FD430C8', x'0061');
INSERT INTO orders VALUES (0, x'0061'), (9007199254740993, x'0061'), (3, x'');
INSERT INTO line VALUES (0, 'a'), (0, 'b'), (3, '');
INSERT INTO notes VALUES (-1, 0, 'b', 'careful'), (0, 0, NULL, 'half'), (1, NULL, NULL, 'free'), (2, 3, 'zz', 'lost');
)";

void Execute(const std::string &database, const char *sql) {
  sqlite3 *db;
  ASSERT_EQ(sqlite3_open(database.c_str(), &db), SQLITE_OK);
  char *message = nullptr;
  EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, &message), SQLITE_OK) << message;
  sqlite3_free(message);
  sqlite3_close(db);
}

class Shop : public ::testing::Test {
protected:
  static void SetUpTestSuite() {
    database_ = std::string(getenv("TEST_TMPDIR")) + "/shop.db";
    Execute(database_, kSql);
    server_.Start("tests/client/plugin/shop.binpb", database_);
    std::string target = server_.target();
    rel_client_options options = {};
    options.target = target.c_str();
    ASSERT_EQ(rel_client_connect(&options, &client_, nullptr), REL_OK);
  }
  static void TearDownTestSuite() {
    rel_client_free(client_);
    EXPECT_EQ(server_.Stop(), 0);
  }

  static ProtobufCBinaryData Id(const std::string &bytes) {
    return {bytes.size(), reinterpret_cast<uint8_t *>(const_cast<char *>(bytes.data()))};
  }

  static std::string database_;
  static Relationsd server_;
  static rel_client *client_;
  rel_error error_ = {};
};

std::string Shop::database_;
Relationsd Shop::server_;
rel_client *Shop::client_;

TEST_F(Shop, EveryKindOfKeyFindsItsRecord) {
  std::string id("\0a", 2);
  shop_v1_customer_result customer;
  ASSERT_EQ(shop_v1_customer_get(client_, Id(id), &customer, &error_), REL_OK) << error_.message;
  EXPECT_STREQ(customer.record->country_code, "de");

  shop_v1_country_result country;
  ASSERT_EQ(shop_v1_customer_country(client_, customer.record, &country, &error_), REL_OK) << error_.message;
  EXPECT_STREQ(country.record->code, "de");
  shop_v1_country_result_free(&country);

  shop_cards_v1_card_result card;
  ASSERT_EQ(shop_v1_customer_card(client_, customer.record, &card, &error_), REL_OK) << error_.message;
  shop_cards_v1_card_result same;
  ASSERT_EQ(shop_cards_v1_card_get(client_, "6ba7b8109dad11d180b400c04fd430c8", &same, &error_), REL_OK)
      << error_.message;
  EXPECT_STREQ(same.record->id, card.record->id);
  shop_cards_v1_card_result_free(&same);
  shop_cards_v1_card_result_free(&card);

  shop_v1_order_list orders;
  ASSERT_EQ(shop_v1_customer_orders(client_, customer.record, &orders, &error_), REL_OK) << error_.message;
  ASSERT_EQ(orders.count, 2u);
  EXPECT_EQ(orders.records[0]->id, 0u);
  EXPECT_EQ(orders.records[1]->id, 9007199254740993u);

  shop_line_lists lines;
  ASSERT_EQ(shop_v1_order_lines_many(client_, orders.records, orders.count, &lines, &error_), REL_OK)
      << error_.message;
  ASSERT_EQ(lines.items[0].count, 2u);
  EXPECT_STREQ(lines.items[0].records[1]->default_, "b");
  EXPECT_EQ(lines.items[1].state, REL_STATE_EMPTY);

  shop_v1_note_list notes;
  ASSERT_EQ(shop_line_notes(client_, lines.items[0].records[1], &notes, &error_), REL_OK) << error_.message;
  ASSERT_EQ(notes.count, 1u);
  EXPECT_STREQ(notes.records[0]->text, "careful");
  EXPECT_EQ(notes.records[0]->id, -1);
  shop_v1_note_list_free(&notes);
  shop_line_lists_free(&lines);
  shop_v1_order_list_free(&orders);
  shop_v1_customer_result_free(&customer);
}

TEST_F(Shop, NullAndDanglingAndEmptyAreToldApart) {
  std::string nowhere("\0", 1), abroad, empty("\0b", 2), unknown("?");
  ProtobufCBinaryData keys[] = {Id(nowhere), Id(abroad), Id(empty), Id(unknown)};
  shop_v1_customer_results customers;
  ASSERT_EQ(shop_v1_customer_get_many(client_, keys, 4, &customers, &error_), REL_OK) << error_.message;
  EXPECT_EQ(customers.items[3].state, REL_STATE_EMPTY);
  Shop__V1__Customer *owners[] = {customers.items[0].record, customers.items[1].record,
                                  customers.items[2].record};
  shop_v1_country_results countries;
  ASSERT_EQ(shop_v1_customer_country_many(client_, owners, 3, &countries, &error_), REL_OK) << error_.message;
  EXPECT_EQ(countries.items[0].state, REL_STATE_NULL);
  EXPECT_EQ(countries.items[1].state, REL_STATE_DANGLING);
  EXPECT_EQ(countries.items[2].state, REL_STATE_LOADED);
  EXPECT_STREQ(countries.items[2].record->code, "");
  shop_v1_country_results_free(&countries);
  shop_cards_v1_card_result card;
  ASSERT_EQ(shop_v1_customer_card(client_, owners[0], &card, &error_), REL_OK) << error_.message;
  EXPECT_EQ(card.state, REL_STATE_EMPTY);
  shop_cards_v1_card_result_free(&card);
  shop_v1_customer_results_free(&customers);
}

TEST_F(Shop, QueriesOfAModel) {
  shop_v1_note_query *query = shop_v1_note_query_new(client_);
  shop_v1_note_query_where_text_contains(query, "e");
  shop_v1_note_query_order_by_text(query, true);
  uint64_t count;
  ASSERT_EQ(shop_v1_note_query_count(query, &count, &error_), REL_OK) << error_.message;
  EXPECT_EQ(count, 2u); // careful, free
  shop_v1_note_list notes;
  ASSERT_EQ(shop_v1_note_query_all(shop_v1_note_query_limit(query, 1), &notes, &error_), REL_OK)
      << error_.message;
  ASSERT_EQ(notes.count, 1u);
  EXPECT_STREQ(notes.records[0]->text, "free");
  shop_v1_note_list_free(&notes);
  shop_v1_note_query_page(query, shop_v1_note_query_next_page(query));
  ASSERT_EQ(shop_v1_note_query_all(query, &notes, &error_), REL_OK) << error_.message;
  ASSERT_EQ(notes.count, 1u);
  EXPECT_STREQ(notes.records[0]->text, "careful");
  EXPECT_EQ(shop_v1_note_query_next_page(query), nullptr);
  shop_v1_note_list_free(&notes);
  shop_v1_note_query_free(query);

  query = shop_v1_note_query_filter(shop_v1_note_query_new(client_), "id > -1");
  shop_v1_note_query_where_order_id_is_not_null(shop_v1_note_query_where_line_is_null(query));
  shop_v1_note_query_where_id_le(query, 5);
  ASSERT_EQ(shop_v1_note_query_all(query, &notes, &error_), REL_OK) << error_.message;
  ASSERT_EQ(notes.count, 1u);
  EXPECT_STREQ(notes.records[0]->text, "half");
  shop_v1_note_list_free(&notes);
  shop_v1_note_query_free(query);
}

TEST_F(Shop, QueryMethodsTakeTheirArguments) {
  shop_v1_note_query *query = shop_v1_note_query_of_order(shop_v1_note_query_new(client_), 3, "lost");
  shop_v1_note_list notes;
  ASSERT_EQ(shop_v1_note_query_all(query, &notes, &error_), REL_OK) << error_.message;
  ASSERT_EQ(notes.count, 1u);
  EXPECT_EQ(notes.records[0]->id, 2);
  shop_v1_note_list_free(&notes);
  // All must hold.
  bool exists;
  ASSERT_EQ(shop_v1_note_query_exists(query, &exists, &error_), REL_OK) << error_.message;
  EXPECT_TRUE(exists);
  ASSERT_EQ(shop_v1_note_query_exists(shop_v1_note_query_loose(query), &exists, &error_), REL_OK)
      << error_.message;
  EXPECT_FALSE(exists);
  shop_v1_note_query_free(query);
}

TEST_F(Shop, QueriesOfAnOwnersRelation) {
  std::string id("\0a", 2);
  shop_v1_customer_result customer;
  ASSERT_EQ(shop_v1_customer_get(client_, Id(id), &customer, &error_), REL_OK) << error_.message;
  shop_v1_order_query *query = shop_v1_customer_orders_query(client_, customer.record);
  shop_v1_order_query_where_customer_id_eq(query, Id(id));
  shop_v1_order_query_order_by_id(query, true);
  std::vector<uint64_t> ids;
  auto take = [](void *context, const Shop__V1__Order *order) {
    static_cast<std::vector<uint64_t> *>(context)->push_back(order->id);
    return true;
  };
  ASSERT_EQ(shop_v1_order_query_each(query, take, &ids, &error_), REL_OK) << error_.message;
  EXPECT_EQ(ids, (std::vector<uint64_t>{9007199254740993u, 0}));
  ids.clear();
  shop_v1_order_query_where_id_gt(query, 9007199254740992u);
  ASSERT_EQ(shop_v1_order_query_each(query, take, &ids, &error_), REL_OK) << error_.message;
  EXPECT_EQ(ids, (std::vector<uint64_t>{9007199254740993u}));
  shop_v1_order_query_free(query);

  // What the server refuses is the call's error, with the place in the filter.
  query = shop_v1_order_query_filter(shop_v1_customer_orders_query(client_, customer.record), "nope = 1");
  shop_v1_order_list orders;
  EXPECT_EQ(shop_v1_order_query_all(query, &orders, &error_), REL_INVALID);
  EXPECT_NE(strstr(error_.message, "nope"), nullptr) << error_.message;
  EXPECT_EQ(orders.memory, nullptr);
  shop_v1_order_query_free(query);
  shop_v1_customer_result_free(&customer);
}

TEST_F(Shop, CompositeKeysWithAPartMissingReferToNothing) {
  int32_t keys[] = {-1, 0, 1, 2};
  shop_v1_note_results notes;
  ASSERT_EQ(shop_v1_note_get_many(client_, keys, 4, &notes, &error_), REL_OK) << error_.message;
  Shop__V1__Note *owners[4];
  for (size_t i = 0; i < 4; i++) {
    ASSERT_NE(notes.items[i].record, nullptr);
    owners[i] = notes.items[i].record;
  }
  shop_line_results lines;
  ASSERT_EQ(shop_v1_note_on_many(client_, owners, 4, &lines, &error_), REL_OK) << error_.message;
  EXPECT_STREQ(lines.items[0].record->default_, "b");
  EXPECT_EQ(lines.items[1].state, REL_STATE_NULL);
  EXPECT_EQ(lines.items[2].state, REL_STATE_NULL);
  EXPECT_EQ(lines.items[3].state, REL_STATE_DANGLING);
  shop_line_results_free(&lines);
  shop_v1_note_results_free(&notes);
  shop_line_result line;
  shop_line_key key = {3, ""};
  ASSERT_EQ(shop_line_get(client_, &key, &line, &error_), REL_OK) << error_.message;
  EXPECT_EQ(line.record->order_id, 3u);
  shop_line_result_free(&line);
  key.default_ = "not there";
  EXPECT_EQ(shop_line_get(client_, &key, &line, &error_), REL_NOT_FOUND);
}

uint64_t Entries(rel_client *client) {
  Relations__V1__StatsResponse *stats;
  EXPECT_EQ(rel_client_cache_stats(client, &stats, nullptr), REL_OK);
  uint64_t entries = stats->total->entries;
  relations__v1__stats_response__free_unpacked(stats, nullptr);
  return entries;
}

TEST_F(Shop, ClearDropsOneOwnersEntry) {
  Relations__V1__ClearRequest all = RELATIONS__V1__CLEAR_REQUEST__INIT;
  all.scope_case = RELATIONS__V1__CLEAR_REQUEST__SCOPE_ALL;
  all.all = 1;
  ASSERT_EQ(rel_client_cache_clear(client_, &all, nullptr, &error_), REL_OK) << error_.message;
  Shop__V1__Order orders[2] = {SHOP__V1__ORDER__INIT, SHOP__V1__ORDER__INIT};
  orders[1].id = 3;
  Shop__V1__Order *owners[] = {&orders[0], &orders[1]};
  shop_line_lists lines;
  ASSERT_EQ(shop_v1_order_lines_many(client_, owners, 2, &lines, &error_), REL_OK) << error_.message;
  shop_line_lists_free(&lines);
  EXPECT_EQ(Entries(client_), 2u);
  ASSERT_EQ(shop_v1_order_lines_clear(client_, &orders[1], &error_), REL_OK) << error_.message;
  EXPECT_EQ(Entries(client_), 1u);
}

TEST_F(Shop, TheServersErrorsArriveWithReasonAndField) {
  Relations__V1__LoadRequest request = RELATIONS__V1__LOAD_REQUEST__INIT;
  request.model = const_cast<char *>("shop.v1.Order");
  request.relation = const_cast<char *>("liness");
  Relations__V1__Int64Keys ids = RELATIONS__V1__INT64_KEYS__INIT;
  Relations__V1__Keys keys = RELATIONS__V1__KEYS__INIT;
  keys.kind_case = RELATIONS__V1__KEYS__KIND_INT64S;
  keys.int64s = &ids;
  request.key_case = RELATIONS__V1__LOAD_REQUEST__KEY_OWNER_KEYS;
  request.owner_keys = &keys;
  Relations__V1__LoadResponse *answer;
  EXPECT_EQ(rel_client_load(client_, &request, &answer, &error_), REL_NO_RELATION) << error_.message;
  request.relation = const_cast<char *>("lines");
  request.record_type = const_cast<char *>("shop.v1.Order");
  EXPECT_EQ(rel_client_load(client_, &request, &answer, &error_), REL_WRONG_TYPE) << error_.message;
  EXPECT_STREQ(error_.field, "record_type");
}

} // namespace
