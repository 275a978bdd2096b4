// Sums of decimals, exact: digit by digit, however many digits there are.
//
// {0} is zero. One owner. It knows no cells and no engine.
#ifndef RELATIONS_SERVER_STORE_DECIMAL_H
#define RELATIONS_SERVER_STORE_DECIMAL_H

#include "common/str.h"

#ifdef __cplusplus
extern "C" {
#endif

// Digits on both sides of the point, nine in each limb, those next to the point first.
typedef struct rel_digits {
  struct rel_limbs {
    uint32_t *data;
    size_t count, capacity;
  } whole, fraction;
} rel_digits;

// What was added, apart by sign, so that adding never has to borrow.
typedef struct rel_decimal_sum {
  rel_digits positive, negative;
} rel_decimal_sum;

// Adds a text that rel_decimal_valid accepts.
void rel_decimal_sum_add(rel_decimal_sum *sum, rel_str decimal);
void rel_decimal_sum_add_int(rel_decimal_sum *sum, int64_t value);

// Appends the sum: "-12.5", without zeros that say nothing.
void rel_decimal_sum_text(const rel_decimal_sum *sum, rel_buf *out);
// Appends the sum divided by `count`, which is not zero. What does not end is rounded, halves away from zero,
// 18 digits behind the point or more: where the sum has digits behind it, at least 18 behind the last of
// them.
void rel_decimal_sum_mean(const rel_decimal_sum *sum, uint64_t count, rel_buf *out);

void rel_decimal_sum_fini(rel_decimal_sum *sum);

#ifdef __cplusplus
}
#endif

#endif
