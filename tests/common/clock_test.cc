// Clocks: spans that overflow, and a deadline that moves.
#include "common/clock.h"

#include <gtest/gtest.h>

namespace {

TEST(Clock, NeverRunsBackwards) {
  int64_t before = rel_clock_ns();
  EXPECT_GE(rel_clock_ns(), before);
  EXPECT_GT(before, 0);
}

TEST(Clock, ASpanBeyondTheEndIsNever) {
  EXPECT_EQ(rel_clock_after(5, 7), 12);
  EXPECT_EQ(rel_clock_after(5, REL_NEVER), REL_NEVER);
  EXPECT_EQ(rel_clock_after(REL_NEVER - 1, 1), REL_NEVER);
  EXPECT_EQ(rel_clock_after(REL_NEVER - 1, 2), REL_NEVER);
  EXPECT_EQ(rel_clock_after(5, -7), -2);
}

TEST(Deadline, IsWhatWasSetLast) {
  rel_deadline deadline = {3};
  EXPECT_EQ(rel_deadline_get(&deadline), 3);
  rel_deadline_set(&deadline, REL_NEVER);
  EXPECT_EQ(rel_deadline_get(&deadline), REL_NEVER);
}

} // namespace
