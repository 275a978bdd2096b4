// Errors: a code and a message, by value.
//
// Everything in this project that can fail returns a rel_code and takes a nullable `rel_error *` last. The
// lowest layer writes the message once, with the name of the thing and what would fix it; callers pass it up
// unchanged. Messages reach clients: no SQL text and no secret goes into one. Immutable after they are
// written; no ownership.
#ifndef RELATIONS_COMMON_ERROR_H
#define RELATIONS_COMMON_ERROR_H

#include <stdarg.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// X(code, reason, grpc_status): the one list. The reason is the ErrorInfo.reason that clients see;
// grpc_status is the number of the gRPC status code.
#define REL_CODES(X)                                                                                         \
  X(REL_OK, "OK", 0)                                                                                         \
  X(REL_CANCELLED, "CANCELLED", 1)                                                                           \
  X(REL_UNKNOWN, "UNKNOWN", 2)                                                                               \
  X(REL_INVALID, "INVALID_REQUEST", 3)                                                                       \
  X(REL_WRONG_TYPE, "WRONG_RECORD_TYPE", 3)                                                                  \
  X(REL_BAD_SCHEMA, "INVALID_SCHEMA", 3)                                                                     \
  X(REL_TIMEOUT, "DEADLINE_EXCEEDED", 4)                                                                     \
  X(REL_NO_MODEL, "NO_SUCH_MODEL", 5)                                                                        \
  X(REL_NO_RELATION, "NO_SUCH_RELATION", 5)                                                                  \
  X(REL_NOT_FOUND, "NOT_FOUND", 5)                                                                           \
  X(REL_EXISTS, "ALREADY_EXISTS", 6)                                                                         \
  X(REL_FORBIDDEN, "NOT_ALLOWED", 7)                                                                         \
  X(REL_LIMIT, "LIMIT_EXCEEDED", 8)                                                                          \
  X(REL_STRICT, "STRICT_RELATION", 9)                                                                        \
  X(REL_PRECONDITION, "FAILED_PRECONDITION", 9)                                                              \
  X(REL_ABORTED, "ABORTED", 10)                                                                              \
  X(REL_OUT_OF_RANGE, "OUT_OF_RANGE", 11)                                                                    \
  X(REL_UNIMPLEMENTED, "UNIMPLEMENTED", 12)                                                                  \
  X(REL_INTERNAL, "INTERNAL", 13)                                                                            \
  X(REL_UNAVAILABLE, "UNAVAILABLE", 14)                                                                      \
  X(REL_BAD_DATA, "VALUE_DOES_NOT_FIT", 15)                                                                  \
  X(REL_UNAUTHENTICATED, "UNAUTHENTICATED", 16)

typedef enum rel_code {
#define X(code, reason, status) code,
  REL_CODES(X)
#undef X
} rel_code;

enum { REL_ERROR_MESSAGE_MAX = 512, REL_ERROR_FIELD_MAX = 160 };

// An error by value. `field` is the path of the request's field that was wrong ("owner_keys"), or "".
typedef struct rel_error {
  rel_code code;
  char field[REL_ERROR_FIELD_MAX];
  char message[REL_ERROR_MESSAGE_MAX];
} rel_error;

#if defined(__GNUC__)
#define REL_MUST_CHECK       __attribute__((warn_unused_result))
#define REL_PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))
#else
#define REL_MUST_CHECK
#define REL_PRINTF(fmt, arg)
#endif

// Writes the error, unless `error` is NULL, and returns `code`, so that `return rel_fail(error, …)` reads
// well. A message that is too long ends in "...", never within a UTF-8 character.
rel_code rel_fail(rel_error *error, rel_code code, const char *format, ...) REL_PRINTF(3, 4);

// The same about one field of the request; `field` is copied.
rel_code rel_fail_field(rel_error *error, rel_code code, const char *field, const char *format, ...)
    REL_PRINTF(4, 5);

// The reason of a code, as in ErrorInfo. A constant.
const char *rel_code_reason(rel_code code);

// The gRPC status of a code.
int rel_code_status(rel_code code);

// The code that stands for a gRPC status: the first of the list with that number, REL_INTERNAL for an unknown
// one.
rel_code rel_code_from_status(int grpc_status);

// The code with the same status that says least: what somebody else's code becomes, whose reasons are not
// ours.
rel_code rel_code_plain(rel_code code);

// The name of a gRPC status, "NOT_FOUND". A constant.
const char *rel_status_name(int grpc_status);

#ifdef __cplusplus
}
#endif

#endif
