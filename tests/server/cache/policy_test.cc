#include "server/cache/policy.h"

#include <gtest/gtest.h>

#include <vector>

namespace {

class PolicyTest : public ::testing::Test {
protected:
  void SetUp() override { rel_policy_init(&policy, nullptr); }
  void TearDown() override { rel_policy_fini(&policy); }

  rel_policy_node *insert(uint32_t hash, uint32_t size = 1) {
    auto *node = &nodes[used++];
    rel_policy_insert(&policy, node, hash, size);
    return node;
  }

  void touch_twice(rel_policy_node *node) {
    rel_policy_touch(&policy, node);
    rel_policy_touch(&policy, node);
  }

  uint32_t evict() { return rel_policy_evict(&policy)->hash; }
  uint64_t held() const { return policy.small.count + policy.main.count; }

  rel_policy policy;
  std::vector<rel_policy_node> nodes = std::vector<rel_policy_node>(1000);
  size_t used = 0;
};

TEST_F(PolicyTest, TheOldestThatNobodyAskedForGoesFirst) {
  for (uint32_t hash = 1; hash <= 5; hash++)
    insert(hash);
  EXPECT_EQ(evict(), 1u);
  EXPECT_EQ(evict(), 2u);
  EXPECT_EQ(held(), 3u);
}

TEST_F(PolicyTest, WhatWasAskedForOnceGoesThroughTheSmallQueueAgain) {
  rel_policy_touch(&policy, insert(1));
  insert(2);
  insert(3);
  EXPECT_EQ(evict(), 2u);
  EXPECT_EQ(policy.main.count, 0u);
  EXPECT_EQ(evict(), 3u);
  EXPECT_EQ(evict(), 1u);
}

TEST_F(PolicyTest, WhatWasAskedForTwiceMovesToTheMainQueue) {
  rel_policy_node *hot = insert(1);
  touch_twice(hot);
  for (uint32_t hash = 2; hash <= 20; hash++)
    insert(hash);
  for (uint32_t hash = 2; hash <= 18; hash++)
    EXPECT_EQ(evict(), hash);
  EXPECT_TRUE(hot->in_main);
  EXPECT_EQ(policy.main.count, 1u);
}

TEST_F(PolicyTest, WhatIsRememberedComesBackToTheMainQueue) {
  for (uint32_t hash = 1; hash <= 100; hash++)
    insert(hash);
  EXPECT_EQ(evict(), 1u);
  EXPECT_TRUE(insert(1)->in_main);
  EXPECT_FALSE(insert(1000)->in_main);
  EXPECT_FALSE(insert(1)->in_main) << "remembered once, for one eviction";
}

TEST_F(PolicyTest, TheGhostForgets) {
  // 10 held, so no more than 10 remembered.
  for (uint32_t hash = 1; hash <= 10; hash++)
    insert(hash);
  for (uint32_t hash = 11; hash <= 200; hash++) {
    rel_policy_evict(&policy);
    insert(hash);
  }
  EXPECT_FALSE(insert(1)->in_main);
}

TEST_F(PolicyTest, HitsInTheMainQueueAreRoundsThere) {
  rel_policy_options options = REL_POLICY_DEFAULTS;
  options.small_percent = 0;
  rel_policy_init(&policy, &options);
  rel_policy_node *a = insert(1), *b = insert(2), *c = insert(3);
  for (rel_policy_node *node : {a, b, c})
    touch_twice(node);
  insert(4);
  EXPECT_EQ(evict(), 4u); // 1, 2, 3 are in the main queue now
  for (int i = 0; i < 2; i++)
    rel_policy_touch(&policy, b);
  rel_policy_touch(&policy, c);
  EXPECT_EQ(evict(), 1u);
  EXPECT_EQ(evict(), 3u);
  EXPECT_EQ(evict(), 2u);
  EXPECT_EQ(rel_policy_evict(&policy), nullptr);
}

TEST_F(PolicyTest, HitsCountOnlySoFar) {
  rel_policy_node *node = insert(1);
  for (int i = 0; i < 100; i++)
    rel_policy_touch(&policy, node);
  unsigned spared = 0;
  while (rel_policy_spare(node))
    spared++;
  EXPECT_EQ(spared, REL_POLICY_DEFAULTS.max_uses);
}

TEST_F(PolicyTest, SizesAreWhatCounts) {
  rel_policy_node *large = insert(1, 500);
  touch_twice(large);
  insert(2, 300);
  insert(3, 300);
  EXPECT_EQ(evict(), 2u); // after 1 went over to the main queue
  EXPECT_EQ(policy.main.size, 500u);
  rel_policy_resize(&policy, large, 5);
  EXPECT_EQ(policy.main.size, 5u);
  rel_policy_remove(&policy, large);
  EXPECT_EQ(policy.main.size + policy.main.count, 0u);
  EXPECT_EQ(policy.small.size, 300u);
}

TEST_F(PolicyTest, TakeAllGivesEveryNodeOnce) {
  for (uint32_t hash = 0; hash < 100; hash++)
    touch_twice(insert(hash));
  for (uint32_t hash = 100; hash < 200; hash++)
    insert(hash);
  std::vector<bool> seen(200);
  for (int i = 0; i < 20; i++)
    seen[evict()] = true;
  EXPECT_GT(policy.main.count, 0u);
  EXPECT_GT(policy.small.count, 0u);
  rel_policy_node behind = {};
  behind.hash = 199;
  size_t count = 0;
  rel_policy_node *node = rel_policy_take_all(&policy, &behind);
  for (; node != &behind; node = node->next, count++) {
    EXPECT_FALSE(seen[node->hash]);
    seen[node->hash] = true;
  }
  EXPECT_EQ(count, 180u);
  EXPECT_EQ(held(), 0u);
  EXPECT_EQ(rel_policy_evict(&policy), nullptr);
  EXPECT_EQ(rel_policy_take_all(&policy, nullptr), nullptr);
}

TEST(PolicyNode, IsSmall) {
  EXPECT_LE(sizeof(rel_policy_node), 24u);
}

} // namespace
