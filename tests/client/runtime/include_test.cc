// What the runtime asks for when records shall come with others, and records that come in pieces.
#include "bookshop.relations.h"
#include "tests/client/plugin/shop.relations.h"
#include "tests/client/runtime/fake_server.h"
#include "tests/client/runtime/wire.h"

#include <gtest/gtest.h>
#include <relations/query.h>
#include <relations/v1/relation_service.pb-c.h>

#include <mutex>
#include <vector>

namespace {

class Include : public ::testing::Test {
protected:
  Include() : server_([this](const std::string &, const std::string &) { return Answer(); }) {
    std::string target = server_.target();
    rel_client_options options = {};
    options.target = target.c_str();
    options.max_message_bytes = 100000;
    EXPECT_EQ(rel_client_connect(&options, &client_, &error_), REL_OK) << error_.message;
  }
  ~Include() override { rel_client_free(client_); }

  FakeReply Answer() {
    std::lock_guard<std::mutex> lock(mutex_);
    return reply_;
  }
  void Reply(const std::string &first, const std::vector<std::string> &more = {}) {
    std::lock_guard<std::mutex> lock(mutex_);
    reply_.body = first;
    reply_.more = more;
  }
  // "path filter=… text=… order=… limit=… …", one for each include of the last request.
  std::vector<std::string> Asked() {
    FakeRequest request = server_.requests().back();
    bool load = request.path == "/relations.v1.RelationService/Load",
         get = request.path == "/relations.v1.RelationService/Get";
    const ProtobufCMessageDescriptor *descriptor = load  ? &relations__v1__load_request__descriptor
                                                   : get ? &relations__v1__get_request__descriptor
                                                         : &relations__v1__query_request__descriptor;
    ProtobufCMessage *message = protobuf_c_message_unpack(
        descriptor, nullptr, request.body.size(), reinterpret_cast<const uint8_t *>(request.body.data()));
    EXPECT_NE(message, nullptr);
    auto *as_load = reinterpret_cast<Relations__V1__LoadRequest *>(message);
    auto *as_get = reinterpret_cast<Relations__V1__GetRequest *>(message);
    auto *as_query = reinterpret_cast<Relations__V1__QueryRequest *>(message);
    size_t count = load ? as_load->n_includes : get ? as_get->n_includes : as_query->n_includes;
    Relations__V1__Include **includes = load  ? as_load->includes
                                        : get ? as_get->includes
                                              : as_query->includes;
    std::vector<std::string> all;
    for (size_t i = 0; i < count; i++)
      all.push_back(Show(includes[i]));
    protobuf_c_message_free_unpacked(message, nullptr);
    return all;
  }

  static std::string Show(const Relations__V1__Include *one) {
    std::string text = one->path;
    if (one->filter != nullptr) text += " filters=" + std::to_string(one->filter->all->n_filters);
    if (one->filter_text[0] != '\0') text += std::string(" text=") + one->filter_text;
    for (size_t i = 0; i < one->n_methods; i++)
      text += std::string(" ") + one->methods[i]->name + "()";
    for (size_t i = 0; i < one->n_order_by; i++)
      text += std::string(" order=") + one->order_by[i]->field + (one->order_by[i]->descending ? "-" : "+");
    for (size_t i = 0; i < one->n_fields; i++)
      text += std::string(" ") + one->fields[i];
    if (one->limit > 0) text += " limit=" + std::to_string(one->limit);
    if (one->depth > 0) text += " depth=" + std::to_string(one->depth);
    if (one->count_only) text += " count";
    for (size_t i = 0; i < one->n_page_tokens; i++)
      text += std::string(" page=") + one->page_tokens[i];
    return text;
  }

  std::mutex mutex_;
  FakeReply reply_;
  FakeServer server_;
  rel_client *client_ = nullptr;
  rel_error error_ = {};
};

using Strings = std::vector<std::string>;

// An order, its lines, and of each line some notes.
shop_v1_order_query *Tree(rel_client *client) {
  shop_v1_order_query *orders = shop_v1_order_query_new(client);
  shop_line_query *lines = shop_v1_order_query_include_lines(orders);
  shop_v1_note_query *notes = shop_line_query_include_notes(lines);
  shop_v1_note_query_where_text_prefix(shop_v1_note_query_where_id_gt(notes, 3), "x");
  shop_v1_note_query_limit(shop_v1_note_query_order_by_id(shop_v1_note_query_loose(notes), true), 7);
  shop_v1_note_query_filter(notes, "id < 9");
  EXPECT_EQ(shop_v1_order_query_include_lines(orders), lines) << "the same again is the same";
  shop_line_query_count_only(shop_line_query_include_of(lines) == nullptr ? nullptr : lines);
  return orders;
}

const char kNotes[] = "lines.notes filters=2 text=id < 9 loose() order=id- limit=7";

TEST_F(Include, OfAGet) {
  shop_v1_order_query *tree = Tree(client_);
  Reply(Set(1, Record(Uint(1, 5))) + Type("shop.v1.Order"));
  shop_v1_order_result order;
  ASSERT_EQ(shop_v1_order_get_with(tree, 5, &order, &error_), REL_OK) << error_.message;
  EXPECT_EQ(Asked(), (Strings{"lines count", kNotes, "lines.order"}));
  shop_v1_order_result_free(&order);
  uint64_t ids[] = {5};
  shop_v1_order_results orders;
  ASSERT_EQ(shop_v1_order_get_many_with(tree, ids, 1, &orders, &error_), REL_OK) << error_.message;
  EXPECT_EQ(Asked().size(), 3u);
  shop_v1_order_results_free(&orders);
  shop_v1_order_query_free(tree);
}

TEST_F(Include, RecordsAndHowManyThereAre) {
  shop_v1_order_query *tree = shop_v1_order_query_new(client_);
  shop_line_query_limit(shop_v1_order_query_include_lines(tree), 2);
  shop_line_query *counted = shop_v1_order_query_include_lines_count(tree);
  EXPECT_EQ(shop_v1_order_query_include_lines_count(tree), counted) << "the same again is the same";
  Reply(Set(1, Record(Uint(1, 5))) + Type("shop.v1.Order"));
  shop_v1_order_result order;
  ASSERT_EQ(shop_v1_order_get_with(tree, 5, &order, &error_), REL_OK) << error_.message;
  EXPECT_EQ(Asked(), (Strings{"lines limit=2", "lines count"}));
  shop_v1_order_result_free(&order);
  shop_v1_order_query_free(tree);
}

TEST_F(Include, PagesOfSeveralOwners) {
  shop_v1_order_query *tree = shop_v1_order_query_new(client_);
  shop_line_query *lines = shop_line_query_limit(shop_v1_order_query_include_lines(tree), 2);
  shop_line_query_page(shop_line_query_page(shop_line_query_page(lines, "one"), "two"), "");
  Reply(Set(1, Record(Uint(1, 5))) + Type("shop.v1.Order"));
  shop_v1_order_result order;
  ASSERT_EQ(shop_v1_order_get_with(tree, 5, &order, &error_), REL_OK) << error_.message;
  EXPECT_EQ(Asked(), (Strings{"lines limit=2 page=one page=two"}));
  shop_v1_order_result_free(&order);
  shop_line_query_page(lines, nullptr);
  ASSERT_EQ(shop_v1_order_get_with(tree, 5, &order, &error_), REL_OK) << error_.message;
  EXPECT_EQ(Asked(), (Strings{"lines limit=2"}));
  shop_v1_order_result_free(&order);
  shop_v1_order_query_free(tree);
}

// The first field of that number, as bytes.
std::string Field(const std::string &message, uint32_t number) {
  rel_wire_reader reader = {rel_bytes(message.data(), message.size())};
  rel_wire_field field;
  while (rel_wire_next(&reader, &field) > 0)
    if (field.number == number) return std::string(field.bytes.ptr, field.bytes.len);
  return "none";
}

// Every kind of request carries it under the same number.
TEST_F(Include, ABudgetIsOfEachRequest) {
  rel_budget budget = {1, 2, 3, 4, 5, 6007};
  std::string sent = Uint(1, 1) + Uint(2, 2) + Uint(3, 3) + Uint(4, 4) + Uint(5, 5) +
                     Bytes(6, Uint(1, 6) + Uint(2, 7000000));
  shop_v1_order_query *orders = shop_v1_order_query_budget(shop_v1_order_query_new(client_), budget);
  shop_v1_order_result order = {};
  shop_v1_order_list all = {};
  Reply(Set(1, Record(Uint(1, 5))) + Type("shop.v1.Order"));
  ASSERT_EQ(shop_v1_order_get_with(orders, 5, &order, &error_), REL_OK) << error_.message;
  EXPECT_EQ(Field(server_.requests().back().body, 15), sent);
  shop_v1_order_result_free(&order);
  ASSERT_EQ(shop_v1_order_query_all(orders, &all, &error_), REL_OK) << error_.message;
  EXPECT_EQ(Field(server_.requests().back().body, 15), sent);
  shop_v1_order_list_free(&all);
  Reply(Set(2) + Type("shop.v1.Order"));
  Shop__V1__Line line = SHOP__V1__LINE__INIT;
  ASSERT_EQ(shop_line_of_with(orders, &line, &order, &error_), REL_OK) << error_.message;
  EXPECT_EQ(Field(server_.requests().back().body, 15), sent);
  shop_v1_order_result_free(&order);
  uint64_t count;
  Reply(Uint(1, 7));
  ASSERT_EQ(shop_v1_order_query_count(orders, &count, &error_), REL_OK) << error_.message;
  EXPECT_EQ(Field(server_.requests().back().body, 15), sent);
  shop_v1_order_aggregate *groups = shop_v1_order_query_aggregate(orders);
  shop_v1_order_aggregate_count(groups);
  rel_group_list list;
  Reply(Bytes(1, Bytes(2, Uint(2, 3))));
  ASSERT_EQ(shop_v1_order_aggregate_all(groups, &list, &error_), REL_OK) << error_.message;
  EXPECT_EQ(Field(server_.requests().back().body, 15), sent);
  rel_group_list_free(&list);
  Reply(Set(2) + Type("shop.v1.Order"));
  // Without a limit there is none; of what is included it cannot be.
  shop_v1_order_query_budget(orders, {});
  ASSERT_EQ(shop_line_of_with(orders, &line, &order, &error_), REL_OK) << error_.message;
  EXPECT_EQ(Field(server_.requests().back().body, 15), "none");
  shop_v1_order_result_free(&order);
  shop_line_query_budget(shop_v1_order_query_include_lines(orders), budget);
  EXPECT_EQ(shop_v1_order_query_all(orders, &all, &error_), REL_INVALID);
  EXPECT_STREQ(error_.field, "budget");
  shop_v1_order_query_free(orders);
}

TEST_F(Include, AnExplanationIsOfTheSameRequest) {
  shop_line_query *lines = shop_line_query_new(client_);
  shop_line_query_include_notes(lines);
  Shop__V1__Order order = SHOP__V1__ORDER__INIT;
  order.id = 3;
  Shop__V1__Order *owners[] = {&order};
  shop_line_lists lists;
  Reply(Set(2) + Type("shop.v1.Line"));
  ASSERT_EQ(shop_v1_order_lines_many_with(lines, owners, 1, &lists, &error_), REL_OK) << error_.message;
  std::string load = server_.requests().back().body;
  shop_line_lists_free(&lists);
  rel_explanation *explanation;
  Reply(Bytes(1, Bytes(1, "request") + Uint(7, 2)) + Uint(3, 4));
  ASSERT_EQ(shop_v1_order_lines_explain(lines, owners, 1, &explanation, &error_), REL_OK) << error_.message;
  EXPECT_EQ(server_.requests().back().path, "/relations.v1.RelationService/Explain");
  EXPECT_EQ(server_.requests().back().body, Bytes(2, load));
  ASSERT_EQ(explanation->n_steps, 1u);
  EXPECT_EQ(explanation->steps[0]->statements, 2u);
  EXPECT_EQ(explanation->counted_statements, 4u);
  relations__v1__explain_response__free_unpacked(explanation, nullptr);

  shop_line_key key = {1, "x"};
  ASSERT_EQ(shop_line_get_explain(lines, &key, 1, &explanation, &error_), REL_OK) << error_.message;
  EXPECT_EQ(Field(Field(server_.requests().back().body, 1), 1), "shop.v1.Line");
  relations__v1__explain_response__free_unpacked(explanation, nullptr);
  ASSERT_EQ(shop_line_query_explain(lines, &explanation, &error_), REL_OK) << error_.message;
  EXPECT_EQ(Field(Field(server_.requests().back().body, 3), 5), "shop.v1.Line");
  relations__v1__explain_response__free_unpacked(explanation, nullptr);

  ASSERT_EQ(shop_line_query_explain_count(lines, &explanation, &error_), REL_OK) << error_.message;
  EXPECT_EQ(server_.requests().back().body, Bytes(4, Bytes(1, Bytes(1, "shop.v1.Line"))));
  relations__v1__explain_response__free_unpacked(explanation, nullptr);
  ASSERT_EQ(shop_line_query_explain_exists(lines, &explanation, &error_), REL_OK) << error_.message;
  EXPECT_EQ(server_.requests().back().body, Bytes(5, Bytes(1, Bytes(1, "shop.v1.Line"))));
  relations__v1__explain_response__free_unpacked(explanation, nullptr);
  shop_line_aggregate *groups = shop_line_query_aggregate(lines);
  shop_line_aggregate_group_by_order_id(groups);
  ASSERT_EQ(shop_line_aggregate_explain(groups, &explanation, &error_), REL_OK) << error_.message;
  EXPECT_EQ(server_.requests().back().body,
            Bytes(6, Bytes(1, Bytes(1, "shop.v1.Line")) + Bytes(3, "order_id") + Uint(7, 10000)));
  relations__v1__explain_response__free_unpacked(explanation, nullptr);
  shop_line_aggregate_group_by_order_id(shop_line_aggregate_any_of(groups)); // a group without an end
  EXPECT_EQ(shop_line_aggregate_explain(groups, &explanation, &error_), REL_INVALID);
  EXPECT_EQ(explanation, nullptr);

  Reply("\xff\xff");
  EXPECT_EQ(shop_line_query_explain(lines, &explanation, &error_), REL_INTERNAL);
  EXPECT_EQ(explanation, nullptr);
  std::vector<shop_line_key> many(1001, key);
  EXPECT_EQ(shop_line_get_explain(lines, many.data(), 1001, &explanation, &error_), REL_INVALID);
  shop_line_query_limit(lines, 3); // says more than what is included
  EXPECT_EQ(shop_line_get_explain(lines, &key, 1, &explanation, &error_), REL_INVALID);
  shop_line_query_free(lines);
}

TEST_F(Include, OfOwnersWithoutAKeyThereIsNothingToExplain) {
  Shop__V1__Customer customer = SHOP__V1__CUSTOMER__INIT;
  Shop__V1__Customer *owners[] = {&customer};
  shop_v1_country_query *countries = shop_v1_country_query_new(client_);
  rel_explanation *explanation;
  ASSERT_EQ(shop_v1_customer_country_explain(countries, owners, 1, &explanation, &error_), REL_OK);
  EXPECT_EQ(explanation->n_steps, 0u);
  relations__v1__explain_response__free_unpacked(explanation, nullptr);
  shop_v1_country_query_free(countries);
  rel_sdk_query *none = rel_sdk_query_of(client_, &shop_v1_customer_model.relations[0], &customer.base);
  ASSERT_EQ(rel_sdk_query_explain(none, &explanation, &error_), REL_OK) << error_.message;
  EXPECT_EQ(explanation->n_steps, 0u);
  relations__v1__explain_response__free_unpacked(explanation, nullptr);
  rel_sdk_query_free(none);
  EXPECT_EQ(server_.calls(), 0);
}

TEST_F(Include, TheRestIsAskedForAsItWasIncluded) {
  const rel_sdk_relation *notes = &shop_line_model.relations[1];
  ASSERT_STREQ(notes->name, "notes");
  shop_line_query *lines = shop_line_query_new(client_);
  shop_v1_note_query *included = shop_line_query_include_notes(lines);
  shop_v1_note_query_limit(shop_v1_note_query_order_by_id(shop_v1_note_query_loose(included), true), 7);
  shop_v1_note_query_filter(shop_v1_note_query_where_id_gt(included, 3), "id < 9");
  shop_line_query_count_only(shop_v1_note_query_include_on(included));
  shop_v1_note_query_only_text(included);
  Shop__V1__Line line = SHOP__V1__LINE__INIT;
  line.default_ = const_cast<char *>("x");
  Relations__V1__RelationInfo known = RELATIONS__V1__RELATION_INFO__INIT;
  Relations__V1__RelationInfo *all[] = {&known};
  Relations__V1__LoadInfo info = RELATIONS__V1__LOAD_INFO__INIT;
  info.n_relations = 1;
  info.relations = all;
  known.relation = const_cast<char *>("notes");
  auto rest = [&](const rel_sdk_query *of) {
    return rel_sdk_query_rest(client_, of, notes, &line.base, &info);
  };
  const rel_sdk_query *of = reinterpret_cast<rel_sdk_query *>(included);
  EXPECT_EQ(rest(of), nullptr) << "there is no more";
  EXPECT_EQ(rel_sdk_query_rest(client_, of, notes, &line.base, nullptr), nullptr);
  known.next_page_token = const_cast<char *>("token");
  rel_sdk_query *more = rest(of);
  shop_line_query_free(lines);
  ASSERT_NE(more, nullptr);
  Reply(Set(2) + Type("shop.v1.Note"));
  shop_v1_note_list list;
  ASSERT_EQ(rel_sdk_query_all(more, &list, &error_), REL_OK) << error_.message;
  shop_v1_note_list_free(&list);
  EXPECT_EQ(Asked(), Strings{"on count"});
  std::string request = server_.requests().back().body, target = Field(request, 1);
  EXPECT_EQ(Field(target, 2), "notes");
  EXPECT_EQ(Field(target, 6), "id < 9");
  EXPECT_EQ(Field(target, 7), Bytes(1, "loose"));
  EXPECT_NE(Field(target, 5), "none");
  EXPECT_EQ(Field(request, 2), Bytes(1, "id") + Uint(2, 1));
  EXPECT_NE(request.find(Uint(3, 7) + Bytes(4, "token")), std::string::npos);
  EXPECT_EQ(Field(request, 7), "text");
  rel_sdk_query_free(more);
  // Of another query it would be other records.
  rel_sdk_query *other = rel_sdk_query_new(client_, &shop_v1_note_model);
  more = rest(other);
  EXPECT_EQ(rel_sdk_query_all(more, &list, &error_), REL_INVALID);
  EXPECT_NE(strstr(error_.message, "not what the relation was included with"), nullptr) << error_.message;
  rel_sdk_query_free(more);
  rel_sdk_query_free(other);
}

// What a relation leads through is named before the link's own fields, in what is asked for and in what is
// included.
TEST_F(Include, OrdersByTheLink) {
  Bookshop__V1__Book book = BOOKSHOP__V1__BOOK__INIT;
  bookshop_v1_tag_query *tags = bookshop_v1_book_tags_query(client_, &book);
  bookshop_v1_book_tag_query *link = bookshop_v1_book_tags_order_by_book_tags(tags);
  bookshop_v1_book_tag_query_end(bookshop_v1_book_tag_query_order_by_votes(link, true));
  bookshop_v1_tag_query_order_by_name(tags, false);
  bookshop_v1_tag_list list;
  Reply(Set(2) + Type("bookshop.v1.Tag"));
  ASSERT_EQ(bookshop_v1_tag_query_all(tags, &list, &error_), REL_OK) << error_.message;
  EXPECT_EQ(Field(server_.requests().back().body, 2), Bytes(1, "book_tags.votes") + Uint(2, 1));
  bookshop_v1_tag_list_free(&list);
  bookshop_v1_tag_query_free(tags);

  bookshop_v1_book_query *books = bookshop_v1_book_query_new(client_);
  link = bookshop_v1_book_tags_order_by_book_tags(bookshop_v1_book_query_include_tags(books));
  bookshop_v1_book_tag_query_end(bookshop_v1_book_tag_query_order_by_votes(link, true));
  bookshop_v1_book_list none;
  Reply(Set(2) + Type("bookshop.v1.Book"));
  ASSERT_EQ(bookshop_v1_book_query_all(books, &none, &error_), REL_OK) << error_.message;
  EXPECT_EQ(Asked(), Strings{"tags order=book_tags.votes-"});
  bookshop_v1_book_list_free(&none);
  bookshop_v1_book_query_free(books);
}

// With what its own relations join on.
TEST_F(Include, OnlySomeFieldsOfWhatIsIncluded) {
  shop_line_query *lines = shop_line_query_new(client_);
  shop_v1_note_query_only_text(shop_line_query_include_notes(lines));
  Reply(Set(2) + Type("shop.v1.Line"));
  shop_line_list list;
  ASSERT_EQ(shop_line_query_all(lines, &list, &error_), REL_OK) << error_.message;
  EXPECT_EQ(Asked(), Strings{"notes text order_id line"});
  shop_line_list_free(&list);
  shop_line_query_free(lines);
}

TEST_F(Include, OfALoadAndAQuery) {
  shop_line_query *tree = shop_line_query_new(client_);
  shop_line_query_include_notes(tree);
  Reply(Set(1, Record(Uint(1, 5))) + Type("shop.v1.Line"));
  Shop__V1__Order order = SHOP__V1__ORDER__INIT;
  order.id = 3;
  shop_line_list lines;
  ASSERT_EQ(shop_v1_order_lines_with(tree, &order, &lines, &error_), REL_OK) << error_.message;
  EXPECT_EQ(Asked(), Strings{"notes"});
  shop_line_list_free(&lines);
  ASSERT_EQ(shop_line_query_all(tree, &lines, &error_), REL_OK) << error_.message;
  EXPECT_EQ(Asked(), Strings{"notes"});
  shop_line_list_free(&lines);
  shop_line_query_free(tree);
}

TEST_F(Include, TheRelatedRecordsStandInTheirField) {
  std::string order = Uint(1, 5) + Bytes(3, Uint(1, 5) + Bytes(2, "a"));
  Reply(Set(1, Record(order + Bytes(3, Uint(1, 5) + Bytes(2, "b")))) + Type("shop.v1.Order"));
  shop_v1_order_query *tree = Tree(client_);
  shop_v1_order_result got;
  ASSERT_EQ(shop_v1_order_get_with(tree, 5, &got, &error_), REL_OK) << error_.message;
  ASSERT_EQ(got.record->n_lines, 2u);
  EXPECT_STREQ(got.record->lines[1]->default_, "b");
  shop_v1_order_result_free(&got);
  shop_v1_order_query_free(tree);
}

TEST_F(Include, WhatCannotBeAskedIsSaid) {
  shop_v1_order_query *orders = shop_v1_order_query_new(client_);
  shop_line_query *lines = shop_v1_order_query_include_lines(orders);
  shop_line_list list;
  EXPECT_EQ(shop_line_query_all(lines, &list, &error_), REL_INVALID) << "a part of another";
  EXPECT_NE(std::string(error_.message).find("lines is included"), std::string::npos) << error_.message;
  shop_v1_order_result order;
  shop_v1_order_query_where_id_gt(orders, 3);
  EXPECT_EQ(shop_v1_order_get_with(orders, 5, &order, &error_), REL_INVALID) << "a get has no filter";
  EXPECT_STREQ(error_.field, "with");
  EXPECT_EQ(order.record, nullptr);
  shop_v1_order_query_free(orders);

  orders = shop_v1_order_query_new(client_);
  shop_line_query_filter(shop_v1_order_query_include_lines(orders), nullptr);
  EXPECT_EQ(shop_v1_order_get_with(orders, 5, &order, &error_), REL_INVALID) << "wrong within";
  EXPECT_STREQ(error_.field, "filter");
  shop_v1_order_query_free(orders);

  orders = shop_v1_order_query_new(client_);
  shop_line_query_from_end(shop_v1_order_query_include_lines(orders), true);
  shop_v1_order_list all;
  EXPECT_EQ(shop_v1_order_query_all(orders, &all, &error_), REL_INVALID);
  EXPECT_STREQ(error_.field, "from_end");
  shop_v1_order_query_free(orders);

  orders = shop_v1_order_query_count_only(shop_v1_order_query_new(client_));
  EXPECT_EQ(shop_v1_order_query_all(orders, &all, &error_), REL_INVALID);
  EXPECT_STREQ(error_.field, "count_only");
  shop_v1_order_query_free(orders);
  EXPECT_EQ(server_.calls(), 0);
}

// --- Records in pieces ---

std::string Note(const std::string &text) {
  return Uint(1, rel_wire_zigzag(1)) + Bytes(4, text);
}

std::string Part(const std::vector<std::string> &records, bool continues, bool first) {
  std::string set;
  for (const std::string &record : records)
    set += Bytes(1, record);
  return Bytes(1, set + Uint(3, 1)) + (first ? Type("shop.v1.Note") : "") + (continues ? Uint(3, 1) : "");
}

class Pieces : public Include {
protected:
  rel_code All() {
    shop_v1_note_query *query = shop_v1_note_query_new(client_);
    shop_v1_note_list list;
    rel_code code = shop_v1_note_query_all(query, &list, &error_);
    texts_.clear();
    for (size_t i = 0; i < list.count; i++)
      texts_.push_back(list.records[i]->text);
    shop_v1_note_list_free(&list);
    shop_v1_note_query_free(query);
    return code;
  }
  Strings texts_;
};

TEST_F(Pieces, AreOneRecord) {
  std::string a = Note("first"), b = Note("second of three"), c = Note("third");
  for (size_t cut = 0; cut <= b.size(); cut++)
    for (size_t again = cut; again <= b.size(); again += 3) {
      Reply(Part({a, b.substr(0, cut)}, true, true),
            {Part({b.substr(cut, again - cut)}, true, false), Part({b.substr(again), c}, false, false)});
      ASSERT_EQ(All(), REL_OK) << error_.message;
      EXPECT_EQ(texts_, (Strings{"first", "second of three", "third"})) << cut << " " << again;
    }
}

TEST_F(Pieces, BrokenOnesAreRefused) {
  std::string a = Note("first"), begun = Part({a.substr(0, 3)}, true, true);
  Reply(begun);
  EXPECT_EQ(All(), REL_INTERNAL);
  EXPECT_NE(std::string(error_.message).find("within a record"), std::string::npos) << error_.message;
  Reply(begun, {Part({"\xff"}, false, false)}); // no record in the end
  EXPECT_EQ(All(), REL_INTERNAL);
  Reply(begun, {Bytes(1, Uint(3, 2))}); // does not go on
  EXPECT_EQ(All(), REL_INTERNAL);
  Reply(Part({a}, false, true) + Bytes(3, "x")); // another wire type
  EXPECT_EQ(All(), REL_INTERNAL);
}

TEST_F(Pieces, OfMoreThanAnAnswerMayHave) {
  std::string large = Note(std::string(90000, 'x'));
  Reply(Part({large}, true, true), {Part({large}, true, false), Part({large}, false, false)});
  EXPECT_EQ(All(), REL_LIMIT) << error_.message;
}

} // namespace
