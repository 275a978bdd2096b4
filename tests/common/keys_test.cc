// How many keys a relations.v1.Keys holds.
#include "common/keys.h"

#include <gtest/gtest.h>

namespace {

TEST(Keys, NoneAndNoKindAreToldFromAnEmptyList) {
  size_t count = 7;
  EXPECT_FALSE(rel_keys_count(nullptr, &count));
  EXPECT_EQ(count, 0u);
  Relations__V1__Keys keys = RELATIONS__V1__KEYS__INIT;
  count = 7;
  EXPECT_FALSE(rel_keys_count(&keys, &count));
  EXPECT_EQ(count, 0u);
  Relations__V1__StringKeys strings = RELATIONS__V1__STRING_KEYS__INIT;
  keys.kind_case = RELATIONS__V1__KEYS__KIND_STRINGS;
  keys.strings = &strings;
  count = 7;
  EXPECT_TRUE(rel_keys_count(&keys, &count));
  EXPECT_EQ(count, 0u);
}

TEST(Keys, EveryKindIsCounted) {
  size_t count;
  Relations__V1__Keys keys = RELATIONS__V1__KEYS__INIT;
  int64_t integers[] = {4, 5};
  Relations__V1__Int64Keys int64s = RELATIONS__V1__INT64_KEYS__INIT;
  int64s.n_values = 2;
  int64s.values = integers;
  keys.kind_case = RELATIONS__V1__KEYS__KIND_INT64S;
  keys.int64s = &int64s;
  EXPECT_TRUE(rel_keys_count(&keys, &count));
  EXPECT_EQ(count, 2u);

  uint64_t naturals[] = {4, 5, 6};
  Relations__V1__Uint64Keys uint64s = RELATIONS__V1__UINT64_KEYS__INIT;
  uint64s.n_values = 3;
  uint64s.values = naturals;
  keys.kind_case = RELATIONS__V1__KEYS__KIND_UINT64S;
  keys.uint64s = &uint64s;
  EXPECT_TRUE(rel_keys_count(&keys, &count));
  EXPECT_EQ(count, 3u);

  ProtobufCBinaryData datum = {};
  Relations__V1__BytesKeys bytes = RELATIONS__V1__BYTES_KEYS__INIT;
  bytes.n_values = 1;
  bytes.values = &datum;
  keys.kind_case = RELATIONS__V1__KEYS__KIND_BYTES;
  keys.bytes = &bytes;
  EXPECT_TRUE(rel_keys_count(&keys, &count));
  EXPECT_EQ(count, 1u);

  Relations__V1__CompositeKey key = RELATIONS__V1__COMPOSITE_KEY__INIT, *list[] = {&key, &key};
  Relations__V1__CompositeKeys composites = RELATIONS__V1__COMPOSITE_KEYS__INIT;
  composites.n_keys = 2;
  composites.keys = list;
  keys.kind_case = RELATIONS__V1__KEYS__KIND_COMPOSITES;
  keys.composites = &composites;
  EXPECT_TRUE(rel_keys_count(&keys, &count));
  EXPECT_EQ(count, 2u);
}

} // namespace
