// Errors: see error.h. Owns the texts of codes and statuses; knows nothing of who fails.
#include "common/error.h"

#include <stdio.h>
#include <string.h>

static void write_message(rel_error *error, const char *format, va_list args) {
  int wanted = vsnprintf(error->message, sizeof error->message, format, args);
  if (wanted < (int)sizeof error->message) return;
  size_t end = sizeof error->message - sizeof "...";
  while (end > 0 && ((unsigned char)error->message[end] & 0xC0) == 0x80)
    end--;
  memcpy(error->message + end, "...", sizeof "...");
}

rel_code rel_fail(rel_error *error, rel_code code, const char *format, ...) {
  if (error == NULL) return code;
  va_list args;
  va_start(args, format);
  error->code = code;
  error->field[0] = '\0';
  write_message(error, format, args);
  va_end(args);
  return code;
}

rel_code rel_fail_field(rel_error *error, rel_code code, const char *field, const char *format, ...) {
  if (error == NULL) return code;
  va_list args;
  va_start(args, format);
  error->code = code;
  snprintf(error->field, sizeof error->field, "%s", field);
  write_message(error, format, args);
  va_end(args);
  return code;
}

static const struct {
  const char *reason;
  int status;
} codes[] = {
#define X(code, reason, status) [code] = {reason, status},
    REL_CODES(X)
#undef X
};

const char *rel_code_reason(rel_code code) {
  return codes[code].reason;
}

int rel_code_status(rel_code code) {
  return codes[code].status;
}

rel_code rel_code_from_status(int grpc_status) {
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
    if (codes[i].status == grpc_status) return (rel_code)i;
  return REL_INTERNAL;
}

rel_code rel_code_plain(rel_code code) {
  switch (code) {
  case REL_WRONG_TYPE:
  case REL_BAD_SCHEMA:
    return REL_INVALID;
  case REL_NO_MODEL:
  case REL_NO_RELATION:
    return REL_NOT_FOUND;
  case REL_STRICT:
    return REL_PRECONDITION;
  default:
    return code;
  }
}

const char *rel_status_name(int grpc_status) {
  static const char *const names[] = {
      "OK",        "CANCELLED",       "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS",  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",    "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED",
  };
  if (grpc_status < 0 || (size_t)grpc_status >= sizeof names / sizeof names[0]) return "UNKNOWN";
  return names[grpc_status];
}
