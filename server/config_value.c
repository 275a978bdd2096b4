// Values: see config_value.h.
#include "server/config_value.h"

typedef struct unit {
  const char *name;
  uint64_t factor;
} unit;

// A whole number and one of the units; `max` bounds the product.
static bool number_with_unit(rel_str text, const unit *units, size_t count, uint64_t max, uint64_t *out) {
  uint64_t number = 0;
  size_t digits = 0;
  for (; digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9'; digits++) {
    uint64_t digit = (uint64_t)(text.ptr[digits] - '0');
    if (number > (max - digit) / 10) return false;
    number = number * 10 + digit;
  }
  if (digits == 0) return false;
  rel_str name = rel_bytes(text.ptr + digits, text.len - digits);
  for (size_t i = 0; i < count; i++) {
    if (!rel_str_is(name, units[i].name)) continue;
    if (number > max / units[i].factor) return false;
    *out = number * units[i].factor;
    return true;
  }
  return false;
}

bool rel_value_count(rel_str text, uint64_t *out) {
  static const unit units[] = {{"", 1}};
  return number_with_unit(text, units, 1, UINT64_MAX, out);
}

bool rel_value_size(rel_str text, uint64_t *out) {
  static const unit units[] = {{"", 1}, {"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
  return number_with_unit(text, units, sizeof units / sizeof units[0], INT64_MAX, out);
}

bool rel_value_duration(rel_str text, int64_t *out_ns) {
  static const unit units[] = {{"ms", 1000000}, {"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000}};
  uint64_t ns = 0;
  if (!rel_str_is(text, "0") &&
      !number_with_unit(text, units, sizeof units / sizeof units[0], INT64_MAX, &ns))
    return false;
  *out_ns = (int64_t)ns;
  return true;
}

bool rel_value_switch(rel_str text, bool *out) {
  bool on = rel_str_is(text, "on") || rel_str_is(text, "true");
  if (!on && !rel_str_is(text, "off") && !rel_str_is(text, "false")) return false;
  *out = on;
  return true;
}
