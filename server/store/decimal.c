// Sums of decimals: see decimal.h.
//
// A limb's position counts from the point: 0, 1, … in front of it, -1, -2, … behind it.
#include "server/store/decimal.h"

enum { BASE = 1000000000, LIMB_DIGITS = 9, MEAN_LIMBS = 2 };

__extension__ typedef unsigned __int128 wide;

// --- Limbs ---

static struct rel_limbs *side(rel_digits *d, ptrdiff_t position, size_t *index) {
  *index = position >= 0 ? (size_t)position : (size_t)(-position - 1);
  return position >= 0 ? &d->whole : &d->fraction;
}

static uint32_t *limb(rel_digits *d, ptrdiff_t position) {
  size_t index;
  struct rel_limbs *limbs = side(d, position, &index);
  if (index >= limbs->capacity) {
    size_t capacity = index + 1 > 2 * limbs->capacity ? index + 1 : 2 * limbs->capacity;
    limbs->data = rel_realloc(limbs->data, capacity * sizeof *limbs->data);
    memset(limbs->data + limbs->capacity, 0, (capacity - limbs->capacity) * sizeof *limbs->data);
    limbs->capacity = capacity;
  }
  if (index >= limbs->count) limbs->count = index + 1;
  return &limbs->data[index];
}

// What stands there, without making room for it.
static uint32_t limb_at(const rel_digits *d, ptrdiff_t position) {
  const struct rel_limbs *limbs = position >= 0 ? &d->whole : &d->fraction;
  size_t index = position >= 0 ? (size_t)position : (size_t)(-position - 1);
  return index < limbs->count ? limbs->data[index] : 0;
}

static ptrdiff_t top(const rel_digits *d) {
  return (ptrdiff_t)d->whole.count - 1;
}

static ptrdiff_t bottom(const rel_digits *d) {
  return -(ptrdiff_t)d->fraction.count;
}

static void add_limb(rel_digits *d, ptrdiff_t position, uint32_t value) {
  for (; value > 0; position++) {
    uint32_t *at = limb(d, position);
    uint32_t sum = *at + value; // less than twice BASE
    *at = sum % BASE;
    value = sum / BASE;
  }
}

static void digits_fini(rel_digits *d) {
  free(d->whole.data);
  free(d->fraction.data);
  *d = (rel_digits){0};
}

// --- Adding ---

// The number that nine digits are; with fewer, those behind them are zeros.
static uint32_t read_limb(const char *digits, size_t count, bool pad) {
  uint32_t value = 0;
  for (size_t i = 0; i < count; i++)
    value = value * 10 + (uint32_t)(digits[i] - '0');
  for (size_t i = count; pad && i < LIMB_DIGITS; i++)
    value *= 10;
  return value;
}

static void add_whole(rel_digits *d, rel_str digits) {
  for (ptrdiff_t position = 0; digits.len > 0; position++) {
    size_t count = digits.len < LIMB_DIGITS ? digits.len : LIMB_DIGITS;
    digits.len -= count;
    add_limb(d, position, read_limb(digits.ptr + digits.len, count, false));
  }
}

static void add_fraction(rel_digits *d, rel_str digits) {
  for (ptrdiff_t position = -1; digits.len > 0; position--) {
    size_t count = digits.len < LIMB_DIGITS ? digits.len : LIMB_DIGITS;
    add_limb(d, position, read_limb(digits.ptr, count, true));
    digits = rel_bytes(digits.ptr + count, digits.len - count);
  }
}

void rel_decimal_sum_add(rel_decimal_sum *sum, rel_str decimal) {
  bool negative = decimal.ptr[0] == '-';
  if (negative) decimal = rel_bytes(decimal.ptr + 1, decimal.len - 1);
  rel_digits *d = negative ? &sum->negative : &sum->positive;
  const char *point = memchr(decimal.ptr, '.', decimal.len);
  size_t whole = point != NULL ? (size_t)(point - decimal.ptr) : decimal.len;
  add_whole(d, rel_bytes(decimal.ptr, whole));
  if (point != NULL) add_fraction(d, rel_bytes(point + 1, decimal.len - whole - 1));
}

void rel_decimal_sum_add_int(rel_decimal_sum *sum, int64_t value) {
  rel_digits *d = value < 0 ? &sum->negative : &sum->positive;
  uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
  for (ptrdiff_t position = 0; rest > 0; position++, rest /= BASE)
    add_limb(d, position, (uint32_t)(rest % BASE));
}

// --- Results ---

static bool less(const rel_digits *a, const rel_digits *b) {
  ptrdiff_t from = top(a) > top(b) ? top(a) : top(b);
  ptrdiff_t to = bottom(a) < bottom(b) ? bottom(a) : bottom(b);
  for (ptrdiff_t p = from; p >= to; p--)
    if (limb_at(a, p) != limb_at(b, p)) return limb_at(a, p) < limb_at(b, p);
  return false;
}

// a - b, where b is not more than a.
static void subtract(const rel_digits *a, const rel_digits *b, rel_digits *out) {
  ptrdiff_t from = bottom(a) < bottom(b) ? bottom(a) : bottom(b);
  ptrdiff_t to = top(a) > top(b) ? top(a) : top(b);
  uint32_t borrow = 0;
  for (ptrdiff_t p = from; p <= to; p++) {
    uint32_t have = limb_at(a, p), take = limb_at(b, p) + borrow;
    borrow = have < take;
    *limb(out, p) = have + borrow * BASE - take;
  }
}

// The magnitude of the sum; true when it is below zero.
static bool difference(const rel_decimal_sum *sum, rel_digits *out) {
  bool negative = less(&sum->positive, &sum->negative);
  const rel_digits *more = negative ? &sum->negative : &sum->positive;
  subtract(more, negative ? &sum->positive : &sum->negative, out);
  return negative;
}

static void put_digits(bool negative, const rel_digits *d, rel_buf *out) {
  rel_buf whole = {0}, fraction = {0};
  for (ptrdiff_t p = top(d); p >= 0; p--)
    rel_buf_printf(&whole, "%09u", limb_at(d, p));
  for (ptrdiff_t p = -1; p >= bottom(d); p--)
    rel_buf_printf(&fraction, "%09u", limb_at(d, p));
  size_t leading = 0;
  while (leading < whole.len && whole.data[leading] == '0')
    leading++;
  while (fraction.len > 0 && fraction.data[fraction.len - 1] == '0')
    fraction.len--;
  bool zero = leading == whole.len && fraction.len == 0;
  if (negative && !zero) rel_buf_cstr(out, "-");
  if (leading == whole.len) rel_buf_cstr(out, "0");
  if (leading < whole.len) rel_buf_append(out, whole.data + leading, whole.len - leading);
  if (fraction.len > 0) rel_buf_cstr(out, ".");
  rel_buf_str(out, rel_buf_view(&fraction));
  rel_buf_fini(&fraction);
  rel_buf_fini(&whole);
}

void rel_decimal_sum_text(const rel_decimal_sum *sum, rel_buf *out) {
  rel_digits total = {0};
  bool negative = difference(sum, &total);
  put_digits(negative, &total, out);
  digits_fini(&total);
}

// Long division from the highest limb down, and MEAN_LIMBS more than there are.
void rel_decimal_sum_mean(const rel_decimal_sum *sum, uint64_t count, rel_buf *out) {
  rel_digits total = {0}, quotient = {0};
  bool negative = difference(sum, &total);
  ptrdiff_t last = bottom(&total) - MEAN_LIMBS;
  wide rest = 0;
  for (ptrdiff_t p = top(&total); p >= last; p--) {
    rest = rest * BASE + limb_at(&total, p);
    *limb(&quotient, p) = (uint32_t)(rest / count);
    rest %= count;
  }
  if (2 * rest >= count) add_limb(&quotient, last, 1);
  put_digits(negative, &quotient, out);
  digits_fini(&quotient);
  digits_fini(&total);
}

void rel_decimal_sum_fini(rel_decimal_sum *sum) {
  digits_fini(&sum->positive);
  digits_fini(&sum->negative);
}
