// What an index can know of a comparison that a function decides.
//
// A time or a decimal may be stored in several forms, so the column is compared as what it means, by a
// function, and no index helps with that. But each form by itself is in order: numbers are, and texts of ISO
// 8601 are by their dates, a zone away from UTC at most. So before the exact comparison stands a coarse one
// of the column itself, which holds for every row that the exact one holds for, and for few others:
//
//   (t.at >= 1704067199 AND t.at < '' OR t.at >= '2023-12-31') AND function(t.at) >= …
//
// To SQLite every number is less than every text. A column that makes texts of numbers, or the other way
// round, holds one kind only, and the other half of the condition finds nothing there.
#include "server/store/sqlite_writer.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

enum { DATE_LEN = 10, SECONDS_PER_DAY = 86400 };

// Which ends the comparison has.
static bool has_least(rel_operator operator_) {
  return operator_ == REL_OP_EQ || operator_ == REL_OP_GT || operator_ == REL_OP_GE;
}

static bool has_most(rel_operator operator_) {
  return operator_ == REL_OP_EQ || operator_ == REL_OP_LT || operator_ == REL_OP_LE;
}

typedef struct bounds {
  rel_sqlite_writer *w;
  const rel_condition *condition;
  bool least, most;
} bounds;

static void put(const bounds *b, const char *text) {
  rel_buf_cstr(&b->w->sql, text);
}

static void put_column(const bounds *b, const char *sign) {
  rel_sqlite_put_column(&b->w->sql, b->w->table, b->condition->field);
  put(b, sign);
}

// --- Times ---

// The last count of the column's units that is not behind the time. No time has more than 2^56 of them.
static int64_t units_at(const rel_time *time, int64_t units_per_second) {
  return time->seconds * units_per_second + time->nanos / (1000000000 / units_per_second);
}

// The date of the moment; false when it is none of four digits.
static bool date_at(int64_t seconds, char date[DATE_LEN + 1]) {
  time_t moment = (time_t)seconds;
  struct tm civil;
  if (seconds < REL_TIME_MIN_S || seconds > REL_TIME_MAX_S || gmtime_r(&moment, &civil) == NULL) return false;
  return strftime(date, DATE_LEN + 1, "%Y-%m-%d", &civil) == DATE_LEN;
}

static void put_date(const bounds *b, const char *sign, const char *date) {
  put_column(b, sign);
  rel_sqlite_put_value(b->w, &(rel_sqlite_binding){.kind = REL_BIND_TEXT,
                                                   .bytes = rel_arena_copy(b->w->arena, rel_cstr(date))});
}

static void put_times(const bounds *b) {
  const rel_time *time = &b->condition->values[0].time;
  int64_t units = units_at(time, b->condition->field->time_units_per_second);
  char date[DATE_LEN + 4 + 1];
  if (b->least) {
    put_column(b, " >= ");
    rel_sqlite_put_int(b->w, units);
    put(b, " AND ");
  }
  put_column(b, b->most ? " <= " : " < ''");
  if (b->most) rel_sqlite_put_int(b->w, units + 1);
  put(b, " OR ");
  // A zone is less than a day away from UTC.
  bool begins = b->least && date_at(time->seconds - SECONDS_PER_DAY, date);
  put_date(b, " >= ", begins ? date : "");
  if (b->most && date_at(time->seconds + 2 * SECONDS_PER_DAY, date)) {
    put(b, " AND ");
    put_date(b, " < ", date);
  }
}

// --- Decimals ---

// Texts are in no order that would help. The double nearest to a decimal is less than one step away from it.
static void put_decimals(const bounds *b) {
  double value = strtod(rel_arena_copy(b->w->arena, b->condition->values[0].bytes).ptr, NULL);
  double below = nextafter(nextafter(value, -INFINITY), -INFINITY);
  double above = nextafter(nextafter(value, INFINITY), INFINITY);
  if (b->least) {
    put_column(b, " >= ");
    rel_sqlite_put_value(b->w, &(rel_sqlite_binding){.kind = REL_BIND_REAL, .real = below});
    put(b, " AND ");
  }
  put_column(b, b->most ? " <= " : " < ''");
  if (b->most) rel_sqlite_put_value(b->w, &(rel_sqlite_binding){.kind = REL_BIND_REAL, .real = above});
  put(b, " OR ");
  put_column(b, " >= ''");
}

void rel_sqlite_put_bounds(rel_sqlite_writer *w, const rel_condition *condition) {
  rel_constant_kind kind = rel_field_constant_kind(condition->field);
  bounds b = {w, condition, has_least(condition->operator_), has_most(condition->operator_)};
  if ((kind != REL_CONSTANT_TIME && kind != REL_CONSTANT_DECIMAL) || (!b.least && !b.most)) return;
  if (!rel_sqlite_compares_bytes(w, condition->field)) return; // its texts may be in another order
  put(&b, "(");
  if (kind == REL_CONSTANT_TIME)
    put_times(&b);
  else
    put_decimals(&b);
  put(&b, ") AND ");
}
