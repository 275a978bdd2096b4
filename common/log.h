// The log: one JSON object a line on standard error, {"time":…,"level":…,"event":…, fields…}. Thread-safe: a
// line is one write. No secret, no SQL text and no record goes into it.
#ifndef RELATIONS_COMMON_LOG_H
#define RELATIONS_COMMON_LOG_H

#include "common/str.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rel_log_level {
  REL_LOG_DEBUG,
  REL_LOG_INFO,
  REL_LOG_WARN,
  REL_LOG_ERROR,
  REL_LOG_OFF
} rel_log_level;

typedef enum rel_log_kind { REL_LOG_TEXT, REL_LOG_NUMBER } rel_log_kind;

// A field of a line; the text is borrowed until rel_log returns.
typedef struct rel_log_field {
  const char *name;
  rel_log_kind kind;
  rel_str text;
  int64_t number;
} rel_log_field;

static inline rel_log_field rel_log_text(const char *name, rel_str text) {
  rel_log_field field = {name, REL_LOG_TEXT, text, 0};
  return field;
}

static inline rel_log_field rel_log_number(const char *name, int64_t number) {
  rel_log_field field = {name, REL_LOG_NUMBER, {NULL, 0}, number};
  return field;
}

// Lines below the level are not written. Starts at REL_LOG_INFO.
void rel_log_set_level(rel_log_level level);
// "debug", "info", "warn", "error", "off"; false for anything else.
bool rel_log_level_parse(rel_str name, rel_log_level *level);

// Writes a line; `event` is a constant in snake_case.
void rel_log(rel_log_level level, const char *event, const rel_log_field *fields, size_t count);

// rel_log with its fields listed: REL_LOG(REL_LOG_INFO, "started", rel_log_number("port", port));
#define REL_LOG(level, event, ...)                                                                           \
  rel_log((level), (event), (const rel_log_field[]){__VA_ARGS__},                                            \
          sizeof((const rel_log_field[]){__VA_ARGS__}) / sizeof(rel_log_field))

// Appends a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
void rel_json_string(rel_buf *buf, rel_str text);
// The same of a text from a stranger in a message: a long one is cut short, and "..." follows.
void rel_json_excerpt(rel_buf *buf, rel_str text);

#ifdef __cplusplus
}
#endif

#endif
