// The neutral structure of a database: see db.h. Owns how names compare and how values are counted.
#include "client/cli/introspect/db.h"

#include <ctype.h>

bool rel_db_name_eq(rel_str a, rel_str b) {
  if (a.len != b.len) return false;
  for (size_t i = 0; i < a.len; i++)
    if (tolower((unsigned char)a.ptr[i]) != tolower((unsigned char)b.ptr[i])) return false;
  return true;
}

const rel_db_table *rel_db_find_table(const rel_db *db, rel_str name) {
  for (size_t i = 0; i < db->table_count; i++)
    if (rel_db_name_eq(db->tables[i].name, name)) return &db->tables[i];
  return NULL;
}

const rel_db_column *rel_db_find_column(const rel_db_table *table, rel_str name) {
  for (size_t i = 0; i < table->column_count; i++)
    if (rel_db_name_eq(table->columns[i].name, name)) return &table->columns[i];
  return NULL;
}

// Takes `digits` digits off the front as a number.
static bool take_number(rel_str *rest, size_t digits, int *value) {
  if (rest->len < digits) return false;
  *value = 0;
  for (size_t i = 0; i < digits; i++) {
    if (!isdigit((unsigned char)rest->ptr[i])) return false;
    *value = *value * 10 + (rest->ptr[i] - '0');
  }
  *rest = rel_bytes(rest->ptr + digits, rest->len - digits);
  return true;
}

static bool take_char(rel_str *rest, const char *any) {
  if (rest->len == 0 || strchr(any, rest->ptr[0]) == NULL || rest->ptr[0] == '\0') return false;
  *rest = rel_bytes(rest->ptr + 1, rest->len - 1);
  return true;
}

static size_t take_digits(rel_str *rest) {
  size_t count = 0;
  while (count < rest->len && isdigit((unsigned char)rest->ptr[count]))
    count++;
  *rest = rel_bytes(rest->ptr + count, rest->len - count);
  return count;
}

static bool take_date(rel_str *rest) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int year, month, day;
  if (!take_number(rest, 4, &year) || !take_char(rest, "-") || !take_number(rest, 2, &month) ||
      !take_char(rest, "-") || !take_number(rest, 2, &day))
    return false;
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= days[month - 1] + (month == 2 && leap);
}

// "HH:MM", "HH:MM:SS", "HH:MM:SS.fraction".
static bool take_clock(rel_str *rest) {
  int hour, minute, second;
  if (!take_number(rest, 2, &hour) || !take_char(rest, ":") || !take_number(rest, 2, &minute)) return false;
  if (hour > 23 || minute > 59) return false;
  if (!take_char(rest, ":")) return true;
  if (!take_number(rest, 2, &second) || second > 59) return false;
  if (!take_char(rest, ".")) return true;
  size_t fraction = take_digits(rest);
  return fraction >= 1 && fraction <= 9;
}

static bool take_zone(rel_str *rest) {
  if (rest->len == 0 || take_char(rest, "Z")) return true;
  int hour, minute;
  return take_char(rest, "+-") && take_number(rest, 2, &hour) && take_char(rest, ":") &&
         take_number(rest, 2, &minute) && hour <= 23 && minute <= 59;
}

// What every store reads as a time: a date, or a date and a time with or without a zone.
static bool is_time(rel_str text) {
  if (!take_date(&text)) return false;
  if (text.len == 0) return true;
  return take_char(&text, "T ") && take_clock(&text) && take_zone(&text) && text.len == 0;
}

// "-12.50": digits, with a point inside or before or behind them, and no exponent.
static bool is_decimal(rel_str text) {
  take_char(&text, "+-");
  size_t digits = take_digits(&text);
  if (take_char(&text, ".")) digits += take_digits(&text);
  return digits > 0 && text.len == 0;
}

// 36 characters with hyphens.
static bool is_uuid(rel_str text) {
  if (text.len != 36) return false;
  for (size_t i = 0; i < text.len; i++) {
    bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? text.ptr[i] != '-' : !isxdigit((unsigned char)text.ptr[i])) return false;
  }
  return true;
}

void rel_db_count_text(rel_db_values *values, rel_str text) {
  values->texts++;
  if (memchr(text.ptr, 0, text.len) != NULL || !rel_utf8_valid(text))
    values->bad_texts++;
  else if (is_time(text))
    values->times++;
  else if (is_decimal(text))
    values->decimals++;
  else if (is_uuid(text))
    values->uuid_texts++;
}

void rel_db_count_blob(rel_db_values *values, rel_str bytes) {
  values->blobs++;
  if (bytes.len == 16) values->uuid_blobs++;
}

void rel_db_count_integer(rel_db_values *values, int64_t value) {
  enum { EXACT_BITS = 53 };
  const int64_t exact = INT64_C(1) << EXACT_BITS;
  if (values->integers++ == 0) values->least_integer = values->most_integer = value;
  if (value < values->least_integer) values->least_integer = value;
  if (value > values->most_integer) values->most_integer = value;
  if (value > exact || value < -exact) values->wide_integers++;
}
