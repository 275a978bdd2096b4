// Aggregates of our own, for sqlite_group.c's statements: exact sums and means, least and greatest of what
// columns hold in several forms, and the check that values fit their field at all.
//
// Each is called with a rel_sqlite_subject, the column, and the primary key's columns, which name the row
// when its value does not fit. NULLs are passed over.
#include "server/store/decimal.h"
#include "server/store/sqlite_functions.h"
#include "server/store/text.h"

#include <errno.h>
#include <math.h>

// --- Arguments ---

// The statement fails with what is in the connection's `failed`.
static void refuse(sqlite3_context *context) {
  sqlite3_result_error(context, "", 0);
}

// One call: the column's value, which fits the subject's field.
typedef struct argument {
  const rel_field *field;
  rel_cell cell;
} argument;

// False for NULL, and for what does not fit, which fails the statement.
static bool read_argument(sqlite3_context *context, int count, sqlite3_value **values, argument *out) {
  const rel_sqlite_subject *subject = sqlite3_value_pointer(values[0], REL_SQLITE_SUBJECT);
  rel_sqlite_conn *conn = sqlite3_user_data(context);
  rel_cell cells[1 + REL_KEY_MAX_PARTS];
  if (subject == NULL || count != 1 + (int)subject->count) {
    rel_fail(&conn->failed, REL_INTERNAL, "an aggregate was called without its subject");
    refuse(context);
    return false;
  }
  rel_sqlite_cell_of(values[1], &cells[0]);
  if (cells[0].kind == REL_CELL_NULL) return false;
  for (size_t i = 1; i < subject->count; i++)
    rel_sqlite_cell_of(values[1 + i], &cells[i]);
  rel_row row = {.model = subject->model, .fields = subject->fields, .cells = cells, .count = subject->count};
  *out = (argument){.field = subject->fields[0], .cell = cells[0]};
  if (rel_encode_check(&row, 0, &conn->failed) == REL_OK) return true;
  refuse(context);
  return false;
}

static void check_step(sqlite3_context *context, int count, sqlite3_value **values) {
  argument a;
  (void)read_argument(context, count, values, &a);
}

static void check_end(sqlite3_context *context) {
  sqlite3_result_null(context);
}

// --- Values as bytes ---

static int64_t number_of(const argument *a) {
  if (a->cell.kind == REL_CELL_INT) return a->cell.integer;
  for (size_t i = 0; i < a->field->enum_type->value_count; i++) // an enum by its name, which fits
    if (rel_str_eq(a->field->enum_type->values[i].name, a->cell.bytes))
      return a->field->enum_type->values[i].number;
  return 0;
}

static void put_number(int64_t number, rel_buf *out) {
  uint64_t bits = (uint64_t)number ^ UINT64_C(1) << 63;
  for (int shift = 56; shift >= 0; shift -= 8)
    rel_buf_append(out, &(uint8_t){(uint8_t)(bits >> shift)}, 1);
}

static void put_uuid(const rel_cell *cell, rel_buf *out) {
  uint8_t uuid[16] = {0};
  if (cell->kind == REL_CELL_TEXT)
    rel_uuid_parse(cell->bytes, uuid);
  else
    memcpy(uuid, cell->bytes.ptr, sizeof uuid);
  rel_buf_append(out, uuid, sizeof uuid);
}

static void put_time(const argument *a, rel_buf *out) {
  rel_time time = {0};
  uint8_t bytes[REL_SQLITE_TIME_BYTES];
  if (a->cell.kind == REL_CELL_TEXT)
    rel_time_parse(a->cell.bytes, &time);
  else
    rel_time_from_units(a->cell.integer, a->field->time_units_per_second, &time);
  rel_sqlite_time_bytes(&time, bytes);
  rel_buf_append(out, bytes, sizeof bytes);
}

static void put_digits(const rel_cell *cell, rel_buf *out) {
  if (cell->kind == REL_CELL_INT)
    rel_buf_printf(out, "%lld", (long long)cell->integer);
  else if (cell->kind == REL_CELL_REAL)
    rel_decimal_from_real(cell->real, out);
  else
    rel_buf_str(out, cell->bytes);
}

static void put_decimal(const rel_cell *cell, rel_buf *out) {
  rel_buf digits = {0};
  put_digits(cell, &digits);
  rel_sqlite_decimal_bytes(rel_buf_view(&digits), out);
  rel_buf_fini(&digits);
}

// Bytes that are equal for equal values, and in their order.
static void put_value(const argument *a, rel_buf *out) {
  switch (rel_field_constant_kind(a->field)) {
  case REL_CONSTANT_TIME:
    put_time(a, out);
    return;
  case REL_CONSTANT_DECIMAL:
    put_decimal(&a->cell, out);
    return;
  case REL_CONSTANT_UUID:
    put_uuid(&a->cell, out);
    return;
  case REL_CONSTANT_BYTES:
    rel_buf_str(out, a->cell.bytes);
    return;
  default:
    put_number(number_of(a), out);
    return;
  }
}

static void value_function(sqlite3_context *context, int count, sqlite3_value **values) {
  argument a;
  rel_buf bytes = {0};
  if (!read_argument(context, count, values, &a)) return; // NULL
  put_value(&a, &bytes);
  sqlite3_result_blob64(context, bytes.len > 0 ? (const void *)bytes.data : "", bytes.len, SQLITE_TRANSIENT);
  rel_buf_fini(&bytes);
}

// --- Least and greatest ---

// The value that leads, as the column holds it, and its bytes.
typedef struct leader {
  sqlite3_value *value;
  rel_buf bytes;
} leader;

// Of two forms of one value, the one whose own bytes come first: always the same.
static int compare_forms(sqlite3_value *a, sqlite3_value *b) {
  int type = sqlite3_value_type(a);
  if (type != sqlite3_value_type(b)) return type - sqlite3_value_type(b);
  if (type != SQLITE_TEXT && type != SQLITE_BLOB) return 0;
  const unsigned char *left = sqlite3_value_blob(a), *right = sqlite3_value_blob(b);
  return rel_str_cmp(rel_bytes(left, (size_t)sqlite3_value_bytes(a)),
                     rel_bytes(right, (size_t)sqlite3_value_bytes(b)));
}

static void lead_step(sqlite3_context *context, int count, sqlite3_value **values, int sign) {
  argument a;
  rel_buf bytes = {0};
  leader *best = sqlite3_aggregate_context(context, sizeof *best);
  if (best == NULL || !read_argument(context, count, values, &a)) return;
  put_value(&a, &bytes);
  int order = best->value != NULL ? sign * rel_str_cmp(rel_buf_view(&bytes), rel_buf_view(&best->bytes)) : -1;
  if (order == 0) order = compare_forms(values[1], best->value);
  if (order < 0) {
    sqlite3_value_free(best->value);
    rel_buf_fini(&best->bytes);
    *best = (leader){sqlite3_value_dup(values[1]), bytes};
    return;
  }
  rel_buf_fini(&bytes);
}

static void min_step(sqlite3_context *context, int count, sqlite3_value **values) {
  lead_step(context, count, values, 1);
}

static void max_step(sqlite3_context *context, int count, sqlite3_value **values) {
  lead_step(context, count, values, -1);
}

static void lead_end(sqlite3_context *context) {
  leader *best = sqlite3_aggregate_context(context, 0);
  if (best == NULL || best->value == NULL) return; // NULL
  sqlite3_result_value(context, best->value);
  sqlite3_value_free(best->value);
  rel_buf_fini(&best->bytes);
}

// --- Sums and means ---

typedef struct total {
  const rel_field *field; // NULL: there was no value
  uint64_t count;
  rel_decimal_sum exact; // of integers and decimals
  double real, lost;     // of doubles, and what rounding took from it (Neumaier 1974)
} total;

static void add_real(total *t, double value) {
  double sum = t->real + value;
  bool larger = fabs(t->real) >= fabs(value);
  t->lost += larger ? (t->real - sum) + value : (value - sum) + t->real;
  t->real = sum;
}

static void total_step(sqlite3_context *context, int count, sqlite3_value **values) {
  argument a;
  total *t = sqlite3_aggregate_context(context, sizeof *t);
  if (t == NULL || !read_argument(context, count, values, &a)) return;
  t->field = a.field;
  t->count++;
  if (rel_field_constant_kind(a.field) == REL_CONSTANT_REAL) {
    add_real(t, a.cell.kind == REL_CELL_INT ? (double)a.cell.integer : a.cell.real);
  } else if (a.cell.kind == REL_CELL_INT) {
    rel_decimal_sum_add_int(&t->exact, a.cell.integer);
  } else {
    rel_buf digits = {0};
    put_digits(&a.cell, &digits);
    rel_decimal_sum_add(&t->exact, rel_buf_view(&digits));
    rel_buf_fini(&digits);
  }
}

// With infinities among the values there is nothing that rounding lost.
static void end_real(sqlite3_context *context, const total *t, bool mean) {
  double sum = isfinite(t->real) ? t->real + t->lost : t->real;
  rel_sqlite_conn *conn = sqlite3_user_data(context);
  if (!isnan(sum)) {
    sqlite3_result_double(context, mean ? sum / (double)t->count : sum);
    return;
  }
  rel_fail(&conn->failed, REL_OUT_OF_RANGE, REL_STR_F ": the sum of infinities of both signs is no number",
           REL_STR_A(t->field->name));
  refuse(context);
}

static void end_integer(sqlite3_context *context, const total *t, const char *digits) {
  rel_sqlite_conn *conn = sqlite3_user_data(context);
  errno = 0;
  long long sum = strtoll(digits, NULL, 10);
  if (errno == 0) {
    sqlite3_result_int64(context, sum);
    return;
  }
  rel_fail(&conn->failed, REL_OUT_OF_RANGE, REL_STR_F ": the sum is %s, which int64 cannot hold",
           REL_STR_A(t->field->name), digits);
  refuse(context);
}

static void total_end(sqlite3_context *context, bool mean) {
  total *t = sqlite3_aggregate_context(context, 0);
  if (t == NULL || t->field == NULL) return; // NULL
  rel_buf digits = {0};
  if (mean)
    rel_decimal_sum_mean(&t->exact, t->count, &digits);
  else
    rel_decimal_sum_text(&t->exact, &digits);
  rel_constant_kind kind = rel_field_constant_kind(t->field);
  if (kind == REL_CONSTANT_REAL)
    end_real(context, t, mean);
  else if (kind == REL_CONSTANT_INT && !mean)
    end_integer(context, t, rel_buf_text(&digits));
  else
    sqlite3_result_text64(context, (const char *)digits.data, digits.len, SQLITE_TRANSIENT, SQLITE_UTF8);
  rel_buf_fini(&digits);
  rel_decimal_sum_fini(&t->exact);
}

static void sum_end(sqlite3_context *context) {
  total_end(context, false);
}

static void mean_end(sqlite3_context *context) {
  total_end(context, true);
}

// --- Registering ---

rel_code rel_sqlite_aggregates_register(rel_sqlite_conn *conn, rel_error *error) {
  typedef void step(sqlite3_context *, int, sqlite3_value **);
  static const struct {
    const char *name;
    step *function, *step;
    void (*end)(sqlite3_context *);
  } functions[] = {
      {REL_SQLITE_VALUE, value_function, NULL, NULL}, {REL_SQLITE_CHECK, NULL, check_step, check_end},
      {REL_SQLITE_MIN, NULL, min_step, lead_end},     {REL_SQLITE_MAX, NULL, max_step, lead_end},
      {REL_SQLITE_SUM, NULL, total_step, sum_end},    {REL_SQLITE_AVG, NULL, total_step, mean_end},
  };
  // Not from within a view or trigger of the file.
  const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
  int rc = SQLITE_OK;
  for (size_t i = 0; i < sizeof functions / sizeof functions[0] && rc == SQLITE_OK; i++)
    rc = sqlite3_create_function_v2(conn->db, functions[i].name, -1, flags, conn, functions[i].function,
                                    functions[i].step, functions[i].end, NULL);
  return rc == SQLITE_OK ? REL_OK : rel_sqlite_fail(conn, rc, error);
}
