// Sums of decimals, beside sums of scaled integers of 128 bits.
#include "server/store/decimal.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace {

__extension__ typedef __int128 wide;

class Sum {
public:
  ~Sum() { rel_decimal_sum_fini(&sum_); }
  Sum &add(const std::string &text) {
    rel_decimal_sum_add(&sum_, rel_bytes(text.data(), text.size()));
    return *this;
  }
  Sum &add(int64_t value) {
    rel_decimal_sum_add_int(&sum_, value);
    return *this;
  }
  std::string text() const {
    rel_buf out = {};
    rel_decimal_sum_text(&sum_, &out);
    return take(&out);
  }
  std::string mean(uint64_t count) const {
    rel_buf out = {};
    rel_decimal_sum_mean(&sum_, count, &out);
    return take(&out);
  }

private:
  static std::string take(rel_buf *out) {
    std::string text = rel_buf_text(out);
    rel_buf_fini(out);
    return text;
  }
  rel_decimal_sum sum_ = {};
};

TEST(Decimal, OfNothingIsZero) {
  EXPECT_EQ(Sum().text(), "0");
  EXPECT_EQ(Sum().mean(3), "0");
}

TEST(Decimal, AddsExactly) {
  EXPECT_EQ(Sum().add("0.1").add("0.2").text(), "0.3");
  EXPECT_EQ(Sum().add("12.50").add("1").text(), "13.5");
  EXPECT_EQ(Sum().add("999999999.999999999").add("0.000000001").text(), "1000000000");
  EXPECT_EQ(Sum().add("-0.00").text(), "0");
  EXPECT_EQ(Sum().add("1").add("-1.000000000000000000000000001").text(), "-0.000000000000000000000000001");
  EXPECT_EQ(Sum().add("123456789012345678901234567890.5").add("-123456789012345678901234567890").text(),
            "0.5");
  EXPECT_EQ(Sum().add("0001").add("1.10").text(), "2.1");
}

TEST(Decimal, AddsIntegersOfEverySize) {
  EXPECT_EQ(Sum().add(INT64_MAX).add(INT64_MAX).text(), "18446744073709551614");
  EXPECT_EQ(Sum().add(INT64_MIN).text(), "-9223372036854775808");
  EXPECT_EQ(Sum().add(INT64_MIN).add(INT64_MAX).text(), "-1");
  EXPECT_EQ(Sum().add(INT64_C(0)).add(INT64_C(999999999)).add(INT64_C(1)).text(), "1000000000");
}

TEST(Decimal, DividesAndRounds) {
  EXPECT_EQ(Sum().add("3").mean(2), "1.5");
  EXPECT_EQ(Sum().add("10").mean(3), "3.333333333333333333");
  EXPECT_EQ(Sum().add("20").mean(3), "6.666666666666666667");
  EXPECT_EQ(Sum().add("-20").mean(3), "-6.666666666666666667");
  EXPECT_EQ(Sum().add("0.1").mean(3), "0.033333333333333333333333333");
  EXPECT_EQ(Sum().add("-0.5").add("0.5").mean(7), "0");
  EXPECT_EQ(Sum().add("1").mean(UINT64_MAX), "0"); // 18 digits are not enough for it
  EXPECT_EQ(Sum().add(INT64_MAX).mean(1), "9223372036854775807");
}

TEST(Decimal, LongTexts) {
  std::string nines(5000, '9');
  EXPECT_EQ(Sum().add(nines).add("1").text(), "1" + std::string(5000, '0'));
  EXPECT_EQ(Sum().add("0." + nines).add("0." + std::string(4999, '0') + "1").text(), "1");
}

std::string scaled(wide value, unsigned digits) {
  bool negative = value < 0;
  if (negative) value = -value;
  std::string text;
  for (; value > 0 || text.size() <= digits; value /= 10)
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
  if (digits > 0) text.insert(text.size() - digits, ".");
  while (digits > 0 && text.back() == '0')
    text.pop_back();
  if (text.back() == '.') text.pop_back();
  return (negative && text != "0" ? "-" : "") + text;
}

TEST(Decimal, RandomSums) {
  const char *seed_text = getenv("SEED");
  unsigned seed = seed_text != nullptr ? static_cast<unsigned>(atoi(seed_text)) : 1;
  std::cerr << "SEED=" << seed << "\n";
  std::mt19937_64 random(seed);
  constexpr unsigned kDigits = 18;
  for (int round = 0; round < 2000; round++) {
    Sum sum;
    wide expected = 0;
    for (uint64_t n = random() % 12; n > 0; n--) {
      unsigned digits = static_cast<unsigned>(random() % (kDigits + 1));
      wide value = static_cast<int64_t>(random()) >> random() % 63;
      sum.add(scaled(value, digits));
      for (unsigned i = digits; i < kDigits; i++)
        value *= 10;
      expected += value;
    }
    EXPECT_EQ(sum.text(), scaled(expected, kDigits)) << "SEED=" << seed << " round " << round;
  }
}

} // namespace
