// Functions for our own statements: what a column holds, as bytes whose order is the order of what it means,
// or in another of the forms that mean the same.
//
// A database may hold a time as text in any form of ISO 8601 or as a count, a decimal as text, an integer or
// a double, and both in one column. Read as encode.c reads them, then put into one form, they compare rightly
// whatever they are stored as.
#include "server/store/sqlite_functions.h"
#include "server/store/encode.h"
#include "server/store/fold.h"
#include "server/store/text.h"

#include <inttypes.h>

static void put_big_endian(uint8_t *at, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; i++)
    at[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

// --- Times ---

void rel_sqlite_time_bytes(const rel_time *time, uint8_t bytes[REL_SQLITE_TIME_BYTES]) {
  put_big_endian(bytes, (uint64_t)(time->seconds - REL_TIME_MIN_S), 8);
  put_big_endian(bytes + 8, (uint64_t)time->nanos, 4);
}

rel_str rel_sqlite_value_text(sqlite3_value *value) {
  const unsigned char *text = sqlite3_value_text(value); // before its length: it may convert
  return rel_bytes(text, (size_t)sqlite3_value_bytes(value));
}

static void time_function(sqlite3_context *context, int count, sqlite3_value **values) {
  rel_time time;
  bool good = false;
  (void)count;
  if (sqlite3_value_type(values[0]) == SQLITE_TEXT)
    good = rel_time_parse(rel_sqlite_value_text(values[0]), &time);
  else if (sqlite3_value_type(values[0]) == SQLITE_INTEGER)
    good = rel_time_from_units(sqlite3_value_int64(values[0]), sqlite3_value_int64(values[1]), &time);
  if (!good) return; // NULL
  uint8_t bytes[REL_SQLITE_TIME_BYTES];
  rel_sqlite_time_bytes(&time, bytes);
  sqlite3_result_blob(context, bytes, sizeof bytes, SQLITE_TRANSIENT);
}

// --- Decimals ---

// The digits that count, as 0.DIGITS times ten to the exponent.
static void split_decimal(rel_str text, rel_buf *digits, int64_t *exponent) {
  const char *point = memchr(text.ptr, '.', text.len);
  size_t whole = point != NULL ? (size_t)(point - text.ptr) : text.len, leading = 0;
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] == '.') continue;
    if (digits->len == 0 && text.ptr[i] == '0') {
      leading++;
      continue;
    }
    rel_buf_append(digits, &text.ptr[i], 1);
  }
  while (digits->len > 0 && digits->data[digits->len - 1] == '0')
    digits->len--;
  *exponent = (int64_t)whole - (int64_t)leading;
}

// Sign; exponent; digits; an end that is less than any digit. All but the sign is turned round below zero.
void rel_sqlite_decimal_bytes(rel_str text, rel_buf *out) {
  enum { BELOW = 0, ZERO = 1, ABOVE = 2 };
  bool negative = text.ptr[0] == '-';
  if (negative) text = rel_bytes(text.ptr + 1, text.len - 1);
  rel_buf digits = {0};
  int64_t exponent;
  split_decimal(text, &digits, &exponent);
  uint8_t sign = digits.len == 0 ? ZERO : negative ? BELOW : ABOVE;
  rel_buf_append(out, &sign, 1);
  if (sign != ZERO) {
    size_t start = out->len;
    uint8_t head[8];
    put_big_endian(head, (uint64_t)exponent ^ UINT64_C(1) << 63, sizeof head);
    rel_buf_append(out, head, sizeof head);
    rel_buf_str(out, rel_buf_view(&digits));
    rel_buf_append(out, "", 1);
    for (size_t i = start; sign == BELOW && i < out->len; i++)
      out->data[i] = (uint8_t)~out->data[i];
  }
  rel_buf_fini(&digits);
}

static bool decimal_of(sqlite3_value *value, rel_buf *out) {
  switch (sqlite3_value_type(value)) {
  case SQLITE_TEXT:
    rel_buf_str(out, rel_sqlite_value_text(value));
    return rel_decimal_valid(rel_buf_view(out));
  case SQLITE_INTEGER:
    rel_buf_printf(out, "%" PRId64, (int64_t)sqlite3_value_int64(value));
    return true;
  case SQLITE_FLOAT:
    return rel_decimal_from_real(sqlite3_value_double(value), out);
  default:
    return false;
  }
}

static void decimal_function(sqlite3_context *context, int count, sqlite3_value **values) {
  rel_buf text = {0}, bytes = {0};
  (void)count;
  if (decimal_of(values[0], &text)) {
    rel_sqlite_decimal_bytes(rel_buf_view(&text), &bytes);
    sqlite3_result_blob64(context, bytes.data, bytes.len, SQLITE_TRANSIENT);
  }
  rel_buf_fini(&text);
  rel_buf_fini(&bytes);
}

// --- Texts ---

// SQLite looks at the clock between instructions, and one of them may read a text of any length, for each
// comparison of a filter once more. So before a long text we look ourselves. True: the statement ends.
static bool ends_before(sqlite3_context *context, rel_str text) {
  enum { LONG = 4096 };
  if (text.len < LONG || !rel_sqlite_given_up(sqlite3_user_data(context))) return false;
  sqlite3_result_error_code(context, SQLITE_INTERRUPT);
  return true;
}

// NULL for what is no text.
static void fold_function(sqlite3_context *context, int count, sqlite3_value **values) {
  (void)count;
  if (sqlite3_value_type(values[0]) != SQLITE_TEXT) return;
  rel_str text = rel_sqlite_value_text(values[0]);
  if (ends_before(context, text)) return;
  rel_buf folded = {0};
  rel_text_fold(text, &folded);
  const char *bytes = folded.len > 0 ? (const char *)folded.data : "";
  sqlite3_result_text64(context, bytes, folded.len, SQLITE_TRANSIENT, SQLITE_UTF8);
  rel_buf_fini(&folded);
}

static void contains_function(sqlite3_context *context, int count, sqlite3_value **values) {
  (void)count;
  if (sqlite3_value_type(values[0]) == SQLITE_NULL) return; // NULL
  rel_str text = rel_sqlite_value_text(values[0]), part = rel_sqlite_value_text(values[1]);
  if (ends_before(context, text)) return;
  bool found =
      part.len == 0 || (part.len <= text.len && memmem(text.ptr, text.len, part.ptr, part.len) != NULL);
  sqlite3_result_int(context, found);
}

// --- Forms of keys ---

static void result_part(sqlite3_context *context, const rel_key_part *part, sqlite3_value *alternative) {
  rel_sqlite_form form;
  rel_sqlite_form_of(part, (size_t)sqlite3_value_int(alternative), &form);
  rel_sqlite_result_form(context, &form);
}

static rel_str blob_of(sqlite3_value *value) {
  const void *bytes = sqlite3_value_blob(value);
  return rel_bytes(bytes, (size_t)sqlite3_value_bytes(value));
}

// NULL for what is neither text nor bytes.
static void bytes_function(sqlite3_context *context, int count, sqlite3_value **values) {
  int type = sqlite3_value_type(values[0]);
  (void)count;
  if (type != SQLITE_TEXT && type != SQLITE_BLOB) return;
  rel_str bytes = type == SQLITE_TEXT ? rel_sqlite_value_text(values[0]) : blob_of(values[0]);
  if (bytes.len == 0) bytes = rel_cstr("");
  const rel_key_part part = {.tag = REL_PART_BYTES, .bytes = bytes};
  result_part(context, &part, values[1]);
}

// --- Places of keys ---

static void seek_function(sqlite3_context *context, int count, sqlite3_value **values) {
  const rel_sqlite_keys *keys = sqlite3_value_pointer(values[0], REL_SQLITE_KEYS_TYPE);
  sqlite3_int64 index = sqlite3_value_int64(values[1]);
  (void)count;
  bool known = keys != NULL && keys->seeks != NULL && index >= 0 && (size_t)index < keys->count;
  sqlite3_result_int64(context, known ? keys->seeks[index] : 0);
}

// --- Registering ---

rel_code rel_sqlite_functions_register(rel_sqlite_conn *conn, rel_error *error) {
  // Not from within a view or trigger of the file.
  const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
  static const struct {
    const char *name;
    int arguments;
    void (*function)(sqlite3_context *, int, sqlite3_value **);
  } functions[] = {{REL_SQLITE_TIME, 2, time_function},
                   {REL_SQLITE_DECIMAL, 1, decimal_function},
                   {REL_SQLITE_BYTES, 2, bytes_function},
                   {REL_SQLITE_FOLD, 1, fold_function},
                   {REL_SQLITE_SEEK, 2, seek_function},
                   {REL_SQLITE_CONTAINS, 2, contains_function}};
  int rc = SQLITE_OK;
  for (size_t i = 0; i < sizeof functions / sizeof functions[0] && rc == SQLITE_OK; i++)
    rc = sqlite3_create_function_v2(conn->db, functions[i].name, functions[i].arguments, flags, conn,
                                    functions[i].function, NULL, NULL, NULL);
  return rc == SQLITE_OK ? REL_OK : rel_sqlite_fail(conn, rc, error);
}
