// Times and decimals as databases write them in text.
//
// Stateless; any thread. It knows no cells and no fields.
#ifndef RELATIONS_SERVER_STORE_TEXT_H
#define RELATIONS_SERVER_STORE_TEXT_H

#include "common/str.h"

#ifdef __cplusplus
extern "C" {
#endif

// What google.protobuf.Timestamp can hold: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z.
#define REL_TIME_MIN_S INT64_C(-62135596800)
#define REL_TIME_MAX_S INT64_C(253402300799)

typedef struct rel_time {
  int64_t seconds; // since 1970-01-01T00:00:00Z
  int32_t nanos;   // 0 to 999,999,999, also before 1970
} rel_time;

// ISO 8601 as SQL databases write it: "2024-02-29", then optionally "T" or a space and "23:59", "23:59:58" or
// "23:59:58.123456789", then optionally "Z", "+02", "+02:00" or "+0200". Without a zone it is UTC. False when
// it is anything else, a day that the calendar does not have, or out of Timestamp's range.
bool rel_time_parse(rel_str text, rel_time *out);

// A count of units since 1970-01-01T00:00:00Z, units_per_second being 1, 1000 or 1000000. False when out of
// range.
bool rel_time_from_units(int64_t count, int64_t units_per_second, rel_time *out);

// True for digits with an optional minus before them and an optional fraction behind: "12", "-0.50".
bool rel_decimal_valid(rel_str text);

// Appends the shortest decimal, without an exponent, that reads back as the same number: 0.1 is "0.1", 1e21
// is "1000000000000000000000". False, with nothing appended, for infinities and NaN.
bool rel_decimal_from_real(double value, rel_buf *out);

#ifdef __cplusplus
}
#endif

#endif
