// Times and decimals: see text.h.
#include "server/store/text.h"

#include <math.h>
#include <stdio.h>

enum { SECONDS_PER_DAY = 86400 };

// --- Times ---

// Takes exactly `digits` digits; false when they are not there.
static bool take_number(rel_str *rest, int digits, int *value) {
  if (rest->len < (size_t)digits) return false;
  *value = 0;
  for (int i = 0; i < digits; i++) {
    char c = rest->ptr[i];
    if (c < '0' || c > '9') return false;
    *value = *value * 10 + (c - '0');
  }
  rest->ptr += digits;
  rest->len -= (size_t)digits;
  return true;
}

static bool take_char(rel_str *rest, char c) {
  if (rest->len == 0 || rest->ptr[0] != c) return false;
  rest->ptr++;
  rest->len--;
  return true;
}

// Days since 1970-01-01 in the proleptic Gregorian calendar. Counted in eras of 400 years that begin on 1
// March, so that the leap day is the last of its year.
static int64_t days_from_civil(int year, int month, int day) {
  int y = month <= 2 ? year - 1 : year;
  int era = y / 400; // years are positive here
  int year_of_era = y - era * 400;
  int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return (int64_t)era * 146097 + day_of_era - 719468;
}

static bool is_leap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool take_date(rel_str *rest, int64_t *days) {
  static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int year, month, day;
  if (!take_number(rest, 4, &year) || !take_char(rest, '-') || !take_number(rest, 2, &month) ||
      !take_char(rest, '-') || !take_number(rest, 2, &day))
    return false;
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  if (day > month_days[month - 1] + (month == 2 && is_leap(year))) return false;
  *days = days_from_civil(year, month, day);
  return true;
}

static bool take_fraction(rel_str *rest, int32_t *nanos) {
  int32_t unit = 100000000;
  size_t digits = 0;
  for (; rest->len > 0 && rest->ptr[0] >= '0' && rest->ptr[0] <= '9'; digits++, unit /= 10) {
    if (digits == 9) return false; // finer than a nanosecond
    *nanos += (rest->ptr[0] - '0') * unit;
    rest->ptr++;
    rest->len--;
  }
  return digits > 0;
}

static bool take_clock(rel_str *rest, int64_t *seconds, int32_t *nanos) {
  int hour, minute, second = 0;
  if (!take_number(rest, 2, &hour) || !take_char(rest, ':') || !take_number(rest, 2, &minute)) return false;
  if (take_char(rest, ':')) {
    if (!take_number(rest, 2, &second)) return false;
    if (take_char(rest, '.') && !take_fraction(rest, nanos)) return false;
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  *seconds = hour * 3600 + minute * 60 + second;
  return true;
}

// What is to be subtracted to come to UTC. No zone is UTC.
static bool take_zone(rel_str *rest, int64_t *offset) {
  *offset = 0;
  if (rest->len == 0 || take_char(rest, 'Z') || take_char(rest, 'z')) return true;
  int64_t sign = take_char(rest, '-') ? -1 : 1;
  if (sign > 0 && !take_char(rest, '+')) return false;
  int hour, minute = 0;
  if (!take_number(rest, 2, &hour)) return false;
  bool colon = take_char(rest, ':');
  if ((colon || rest->len > 0) && !take_number(rest, 2, &minute)) return false;
  if (hour > 23 || minute > 59) return false;
  *offset = sign * (hour * 3600 + minute * 60);
  return true;
}

static bool in_range(int64_t seconds) {
  return seconds >= REL_TIME_MIN_S && seconds <= REL_TIME_MAX_S;
}

bool rel_time_parse(rel_str text, rel_time *out) {
  int64_t days, clock = 0, offset = 0;
  int32_t nanos = 0;
  if (!take_date(&text, &days)) return false;
  if (take_char(&text, 'T') || take_char(&text, 't') || take_char(&text, ' ')) {
    if (!take_clock(&text, &clock, &nanos)) return false;
    take_char(&text, ' '); // PostgreSQL and SQLite both read "12:00 +02:00"
    if (!take_zone(&text, &offset)) return false;
  }
  if (text.len > 0) return false;
  *out = (rel_time){days * SECONDS_PER_DAY + clock - offset, nanos};
  return in_range(out->seconds);
}

bool rel_time_from_units(int64_t count, int64_t units_per_second, rel_time *out) {
  int64_t seconds = count / units_per_second;
  int64_t rest = count % units_per_second;
  if (rest < 0) {
    rest += units_per_second;
    seconds--;
  }
  *out = (rel_time){seconds, (int32_t)(rest * (1000000000 / units_per_second))};
  return in_range(seconds);
}

// --- Decimals ---

static size_t count_digits(rel_str text) {
  size_t n = 0;
  while (n < text.len && text.ptr[n] >= '0' && text.ptr[n] <= '9')
    n++;
  return n;
}

bool rel_decimal_valid(rel_str text) {
  take_char(&text, '-');
  size_t whole = count_digits(text);
  if (whole == 0) return false;
  if (whole == text.len) return true;
  if (text.ptr[whole] != '.') return false;
  rel_str fraction = rel_bytes(text.ptr + whole + 1, text.len - whole - 1);
  return fraction.len > 0 && count_digits(fraction) == fraction.len;
}

// The digits of the shortest "d.dddde±xx" that reads back as `value`, without the point, and the exponent.
static size_t shortest_digits(double value, char digits[24], int *exponent) {
  char text[40];
  for (int precision = 0; precision <= 16; precision++) {
    snprintf(text, sizeof text, "%.*e", precision, value);
    if (strtod(text, NULL) == value) break;
  }
  size_t n = 0;
  const char *at = text;
  for (; *at != 'e'; at++)
    if (*at != '.') digits[n++] = *at;
  *exponent = atoi(at + 1);
  return n;
}

bool rel_decimal_from_real(double value, rel_buf *out) {
  if (!isfinite(value)) return false;
  char digits[24];
  int exponent;
  size_t n = shortest_digits(fabs(value), digits, &exponent);
  if (value < 0) rel_buf_cstr(out, "-");
  if (exponent < 0) {
    rel_buf_cstr(out, "0.");
    for (int i = exponent + 1; i < 0; i++)
      rel_buf_cstr(out, "0");
    rel_buf_append(out, digits, n);
    return true;
  }
  size_t whole = (size_t)exponent + 1;
  rel_buf_append(out, digits, n < whole ? n : whole);
  for (size_t i = n; i < whole; i++)
    rel_buf_cstr(out, "0");
  if (n > whole) {
    rel_buf_cstr(out, ".");
    rel_buf_append(out, digits + whole, n - whole);
  }
  return true;
}
