// google.rpc.Status as bytes: see status.h. Field numbers are those of google/rpc/status.proto and
// error_details.proto.
#include "common/status.h"

#include "common/wire.h"

#include <stdio.h>

enum { STATUS_CODE = 1, STATUS_MESSAGE = 2, STATUS_DETAILS = 3 };
enum { ANY_TYPE_URL = 1, ANY_VALUE = 2 };
enum { INFO_REASON = 1, INFO_DOMAIN = 2 };
enum { BAD_REQUEST_VIOLATIONS = 1, VIOLATION_FIELD = 1, VIOLATION_DESCRIPTION = 2 };

#define TYPE_PREFIX      "type.googleapis.com/"
#define ERROR_INFO_TYPE  "google.rpc.ErrorInfo"
#define BAD_REQUEST_TYPE "google.rpc.BadRequest"

void rel_status_add_detail(rel_buf *status, const char *type, rel_str value) {
  rel_buf any = {0}, url = {0};
  rel_buf_printf(&url, TYPE_PREFIX "%s", type);
  rel_wire_put_bytes(&any, ANY_TYPE_URL, rel_buf_view(&url));
  rel_wire_put_bytes(&any, ANY_VALUE, value);
  rel_wire_put_bytes(status, STATUS_DETAILS, rel_buf_view(&any));
  rel_buf_fini(&url);
  rel_buf_fini(&any);
}

static void add_error_info(const rel_error *error, rel_buf *status) {
  rel_buf info = {0};
  rel_wire_put_bytes(&info, INFO_REASON, rel_cstr(rel_code_reason(error->code)));
  rel_wire_put_bytes(&info, INFO_DOMAIN, rel_cstr(REL_ERROR_DOMAIN));
  rel_status_add_detail(status, ERROR_INFO_TYPE, rel_buf_view(&info));
  rel_buf_fini(&info);
}

static void add_bad_request(const rel_error *error, rel_buf *status) {
  rel_buf violation = {0}, request = {0};
  rel_wire_put_bytes(&violation, VIOLATION_FIELD, rel_cstr(error->field));
  rel_wire_put_bytes(&violation, VIOLATION_DESCRIPTION, rel_cstr(error->message));
  rel_wire_put_bytes(&request, BAD_REQUEST_VIOLATIONS, rel_buf_view(&violation));
  rel_status_add_detail(status, BAD_REQUEST_TYPE, rel_buf_view(&request));
  rel_buf_fini(&violation);
  rel_buf_fini(&request);
}

void rel_status_write(const rel_error *error, rel_buf *out) {
  rel_wire_put_uint(out, STATUS_CODE, (uint64_t)rel_code_status(error->code));
  rel_wire_put_bytes(out, STATUS_MESSAGE, rel_cstr(error->message));
  add_error_info(error, out);
  if (error->field[0] != '\0') add_bad_request(error, out);
}

static bool code_of_reason(rel_str reason, rel_code *code) {
#define X(value, text, status)                                                                               \
  if (rel_str_is(reason, text)) {                                                                            \
    *code = value;                                                                                           \
    return true;                                                                                             \
  }
  REL_CODES(X)
#undef X
  return false;
}

// As much of the text as fits, never part of a UTF-8 character.
static void copy_text(char *to, size_t size, rel_str text) {
  size_t len = text.len < size ? text.len : size - 1;
  while (len < text.len && len > 0 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
    len--;
  snprintf(to, size, REL_STR_F, (int)len, text.ptr);
}

// The first occurrence of a length-delimited field; empty when absent. False when the message is malformed.
static bool find_bytes(rel_str message, uint32_t number, rel_str *out) {
  rel_wire_reader reader = {message};
  rel_wire_field field;
  int got;
  *out = rel_bytes("", 0);
  while ((got = rel_wire_next(&reader, &field)) > 0)
    if (field.number == number && field.type == REL_WIRE_BYTES) {
      *out = field.bytes;
      return true;
    }
  return got == 0;
}

static bool read_detail(rel_str any, rel_error *error) {
  rel_str type, value, text, violation;
  if (!find_bytes(any, ANY_TYPE_URL, &type) || !find_bytes(any, ANY_VALUE, &value)) return false;
  if (rel_str_is(type, TYPE_PREFIX ERROR_INFO_TYPE)) {
    rel_code code;
    if (!find_bytes(value, INFO_REASON, &text)) return false;
    // A reason that contradicts the status is not believed.
    if (code_of_reason(text, &code) && rel_code_status(code) == rel_code_status(error->code))
      error->code = code;
  } else if (rel_str_is(type, TYPE_PREFIX BAD_REQUEST_TYPE)) {
    if (!find_bytes(value, BAD_REQUEST_VIOLATIONS, &violation)) return false;
    if (!find_bytes(violation, VIOLATION_FIELD, &text)) return false;
    copy_text(error->field, sizeof error->field, text);
  }
  return true;
}

bool rel_status_read(rel_str status, rel_error *error) {
  rel_error result = {.code = REL_INTERNAL};
  rel_wire_field field;
  int got;
  for (rel_wire_reader reader = {status}; (got = rel_wire_next(&reader, &field)) > 0;) {
    if (field.number == STATUS_CODE && field.type == REL_WIRE_VARINT)
      result.code = rel_code_from_status((int)field.value);
    else if (field.number == STATUS_MESSAGE && field.type == REL_WIRE_BYTES)
      copy_text(result.message, sizeof result.message, field.bytes);
  }
  if (got < 0) return false;
  for (rel_wire_reader reader = {status}; rel_wire_next(&reader, &field) > 0;)
    if (field.number == STATUS_DETAILS && field.type == REL_WIRE_BYTES && !read_detail(field.bytes, &result))
      return false;
  *error = result;
  return true;
}
