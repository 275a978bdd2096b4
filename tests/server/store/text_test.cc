// Times and decimals out of text.
#include "server/store/text.h"

#include "tests/server/store/fixture.h"

#include <cmath>
#include <cstring>
#include <random>

namespace {

using fixture::str;
using fixture::view;

struct TimeCase {
  const char *text;
  int64_t seconds;
  int32_t nanos;
};

TEST(Time, FormsThatDatabasesWrite) {
  const TimeCase cases[] = {
      {"1970-01-01", 0, 0},
      {"1970-01-01 00:00", 0, 0},
      {"2024-02-29 12:34:56", 1709210096, 0},
      {"2024-02-29T12:34:56Z", 1709210096, 0},
      {"2024-02-29t12:34:56z", 1709210096, 0},
      {"2024-02-29 12:34:56.5", 1709210096, 500000000},
      {"2024-02-29 12:34:56.123456789", 1709210096, 123456789},
      {"2024-02-29T14:34:56+02:00", 1709210096, 0},
      {"2024-02-29T14:34:56+0200", 1709210096, 0},
      {"2024-02-29 14:34:56+02", 1709210096, 0},
      {"2024-02-29 14:34:56 +02:00", 1709210096, 0},
      {"2024-02-29T07:04:56-05:30", 1709210096, 0},
      {"0001-01-01T00:00:00Z", REL_TIME_MIN_S, 0},
      {"9999-12-31T23:59:59.999999999Z", REL_TIME_MAX_S, 999999999},
      {"1969-12-31T23:59:59.25Z", -1, 250000000},
      {"2000-02-29", 951782400, 0},
      {"1900-03-01", -2203891200, 0},
  };
  for (const auto &c : cases) {
    rel_time time;
    ASSERT_TRUE(rel_time_parse(rel_cstr(c.text), &time)) << c.text;
    EXPECT_EQ(time.seconds, c.seconds) << c.text;
    EXPECT_EQ(time.nanos, c.nanos) << c.text;
  }
}

TEST(Time, EverythingElseIsRefused) {
  const char *const cases[] = {
      "",
      "2024",
      "2024-02",
      "2024-2-9",
      "2024-02-30",
      "2023-02-29",
      "1900-02-29",
      "2024-13-01",
      "2024-00-01",
      "2024-01-00",
      "2024-04-31",
      "0000-01-01",
      "10000-01-01",
      "-2024-01-01",
      "2024/02/29",
      "2024-02-29T",
      "2024-02-29 ",
      "2024-02-29 1:00",
      "2024-02-29 24:00",
      "2024-02-29 23:60",
      "2024-02-29 23:59:60",
      "2024-02-29 23:59:5",
      "2024-02-29 23:59:59.",
      "2024-02-29 23:59:59.1234567890",
      "2024-02-29 23:59:59,5",
      "2024-02-29 23:59+",
      "2024-02-29 23:59+2",
      "2024-02-29 23:59+02:",
      "2024-02-29 23:59+02:0",
      "2024-02-29 23:59+24:00",
      "2024-02-29 23:59+02:60",
      "2024-02-29 23:59 UTC",
      "2024-02-29 23:59Zx",
      "2024-02-29Z",
      " 2024-02-29",
      "0001-01-01T00:00:00+00:01",
      "9999-12-31T23:59:59-00:01",
      "now",
      "1709210096",
  };
  rel_time time;
  for (const char *text : cases)
    EXPECT_FALSE(rel_time_parse(rel_cstr(text), &time)) << text;
  EXPECT_FALSE(rel_time_parse(rel_bytes("2024-02-29\0", 11), &time));
}

TEST(Time, AgreesWithTheCLibraryOnEveryDay) {
  for (int64_t day = -719162; day <= 2932896; day += 97) { // 0001-01-01 to 9999-12-31
    time_t seconds = day * 86400 + 12345;
    struct tm utc;
    gmtime_r(&seconds, &utc);
    char text[64];
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", utc.tm_year + 1900, utc.tm_mon + 1,
             utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
    rel_time time;
    ASSERT_TRUE(rel_time_parse(rel_cstr(text), &time)) << text;
    ASSERT_EQ(time.seconds, seconds) << text;
  }
}

TEST(Time, UnitsBeforeAndAfter1970) {
  rel_time time;
  ASSERT_TRUE(rel_time_from_units(-1, 1000, &time));
  EXPECT_EQ(time.seconds, -1);
  EXPECT_EQ(time.nanos, 999000000);
  ASSERT_TRUE(rel_time_from_units(1500000, 1000000, &time));
  EXPECT_EQ(time.seconds, 1);
  EXPECT_EQ(time.nanos, 500000000);
  ASSERT_TRUE(rel_time_from_units(REL_TIME_MAX_S, 1, &time));
  EXPECT_FALSE(rel_time_from_units(REL_TIME_MAX_S + 1, 1, &time));
  EXPECT_FALSE(rel_time_from_units(REL_TIME_MIN_S - 1, 1, &time));
  EXPECT_FALSE(rel_time_from_units(INT64_MIN, 1, &time));
  EXPECT_FALSE(rel_time_from_units(INT64_MAX, 1000, &time));
  ASSERT_TRUE(rel_time_from_units(REL_TIME_MIN_S * 1000000, 1000000, &time));
  EXPECT_FALSE(rel_time_from_units(REL_TIME_MIN_S * 1000000 - 1, 1000000, &time));
}

std::string decimal(double value) {
  rel_buf out{};
  std::string text = rel_decimal_from_real(value, &out) ? str(rel_buf_view(&out)) : "-";
  rel_buf_fini(&out);
  return text;
}

TEST(Decimal, ShortestDigitsWithoutAnExponent) {
  EXPECT_EQ(decimal(0), "0");
  EXPECT_EQ(decimal(-0.0), "0");
  EXPECT_EQ(decimal(0.1), "0.1");
  EXPECT_EQ(decimal(0.99), "0.99");
  EXPECT_EQ(decimal(-1234.5), "-1234.5");
  EXPECT_EQ(decimal(100), "100");
  EXPECT_EQ(decimal(1e21), "1000000000000000000000");
  EXPECT_EQ(decimal(1e-7), "0.0000001");
  EXPECT_EQ(decimal(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(decimal(9007199254740993.0), "9007199254740992");
  EXPECT_EQ(decimal(INFINITY), "-");
  EXPECT_EQ(decimal(-INFINITY), "-");
  EXPECT_EQ(decimal(NAN), "-");
}

TEST(Decimal, ReadsBackAsTheSameNumber) {
  unsigned seed = std::random_device{}();
  if (const char *given = getenv("SEED")) seed = unsigned(atol(given));
  SCOPED_TRACE("SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20000; i++) {
    uint64_t bits = random();
    double value;
    memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    std::string text = decimal(value);
    ASSERT_TRUE(rel_decimal_valid(view(text))) << text;
    ASSERT_EQ(strtod(text.c_str(), nullptr), value) << text;
  }
}

TEST(Decimal, Valid) {
  for (const char *text : {"0", "-0", "12", "-0.50", "0.1", "00012.3400", "123456789012345678901234567890.5"})
    EXPECT_TRUE(rel_decimal_valid(rel_cstr(text))) << text;
  for (const char *text :
       {"", "-", ".", "1.", ".5", "+1", "1e5", "1,5", "0x10", " 1", "1 ", "--1", "1.2.3", "NaN"})
    EXPECT_FALSE(rel_decimal_valid(rel_cstr(text))) << text;
}

} // namespace
