// How far streams read ahead: messages end between records, and what all streams hold has a limit.
#include "server/handlers/query.h"

#include "common/wire.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

constexpr size_t kMessage = REL_QUERY_MESSAGE_BYTES, kPage = 4 << 20, kAll = 64 << 20;

class QueryAhead : public testing::Test {
protected:
  rel_query query() {
    rel_query q = {};
    q.services = &services_;
    q.page_bytes = kMessage;
    return q;
  }

  // The sizes of the messages in which records of these sizes are sent.
  std::vector<size_t> messages(const std::vector<size_t> &records) {
    rel_query q = query();
    std::string all, sent;
    for (size_t size : records)
      rel_wire_put_bytes(&q.records, REL_QUERY_RECORDS, rel_bytes(std::string(size, 'r').data(), size));
    all.assign(reinterpret_cast<char *>(q.records.data), q.records.len);
    std::vector<size_t> sizes;
    while (rel_query_ahead_waits(&q)) {
      rel_str part = rel_query_ahead_next(&q);
      sent.append(part.ptr, part.len);
      sizes.push_back(part.len);
      rel_wire_reader reader = {part};
      rel_wire_field field;
      int got;
      while ((got = rel_wire_next(&reader, &field)) > 0)
        EXPECT_EQ(field.number, static_cast<uint32_t>(REL_QUERY_RECORDS));
      EXPECT_EQ(got, 0) << "a message ends within a record";
      if (part.len == 0) break;
    }
    EXPECT_EQ(sent, all);
    rel_buf_fini(&q.records);
    return sizes;
  }

  size_t ahead_ = 0;
  rel_services services_ = {.ahead_bytes = &ahead_};
};

TEST_F(QueryAhead, NothingIsNoMessage) {
  EXPECT_TRUE(messages({}).empty());
}

TEST_F(QueryAhead, MessagesHoldWholeRecordsUpToTheirLimit) {
  EXPECT_EQ(messages({10, 20}), (std::vector<size_t>{34}));
  const std::vector<size_t> many = messages(std::vector<size_t>(3000, 1000));
  EXPECT_EQ(many.size(), 3000 * 1003 / kMessage + 1);
  for (size_t size : many)
    EXPECT_LE(size, kMessage);
}

TEST_F(QueryAhead, ALargerRecordHasAMessageOfItsOwn) {
  EXPECT_EQ(messages({10, 2 * kMessage, 10}), (std::vector<size_t>{12, 2 * kMessage + 4, 12}));
  EXPECT_EQ(messages({2 * kMessage}), (std::vector<size_t>{2 * kMessage + 4}));
}

TEST_F(QueryAhead, RecordsWithTreesAreSentByOthers) {
  rel_query q = query();
  rel_wire_put_uint(&q.records, 1, 1);
  EXPECT_TRUE(rel_query_ahead_waits(&q));
  q.tree = reinterpret_cast<const rel_tree *>(&q);
  EXPECT_FALSE(rel_query_ahead_waits(&q));
  rel_buf_fini(&q.records);
}

TEST_F(QueryAhead, APageGrowsUpToItsLimitAndGivesTheRoomBack) {
  rel_query q = query();
  for (size_t bytes = 2 * kMessage; bytes <= kPage; bytes *= 2) {
    rel_query_ahead_grow(&q);
    EXPECT_EQ(q.page_bytes, bytes);
    EXPECT_EQ(ahead_, bytes - kMessage);
  }
  rel_query_ahead_grow(&q);
  EXPECT_EQ(q.page_bytes, kPage);
  rel_query_ahead_end(&q);
  EXPECT_EQ(q.page_bytes, kMessage);
  EXPECT_EQ(ahead_, 0u);
  rel_query_ahead_end(&q);
  EXPECT_EQ(ahead_, 0u);
}

TEST_F(QueryAhead, AllStreamsTogetherHaveALimit) {
  std::vector<rel_query> streams(1000, query());
  for (int round = 0; round < 5; round++) {
    for (rel_query &q : streams)
      rel_query_ahead_grow(&q);
    EXPECT_LE(ahead_, kAll);
  }
  EXPECT_GT(ahead_, kAll / 2);
  EXPECT_EQ(streams.back().page_bytes, kMessage); // reads a message at a time
  for (rel_query &q : streams)
    rel_query_ahead_end(&q);
  EXPECT_EQ(ahead_, 0u);
}

} // namespace
