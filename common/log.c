// The log: see log.h. Owns the level and the form of a line.
#include "common/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static atomic_int lowest = REL_LOG_INFO;

static const char *const level_names[] = {"debug", "info", "warn", "error", "off"};

void rel_log_set_level(rel_log_level level) {
  atomic_store_explicit(&lowest, level, memory_order_relaxed);
}

bool rel_log_level_parse(rel_str name, rel_log_level *level) {
  for (size_t i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
    if (!rel_str_is(name, level_names[i])) continue;
    *level = (rel_log_level)i;
    return true;
  }
  return false;
}

void rel_json_string(rel_buf *buf, rel_str text) {
  rel_buf_cstr(buf, "\"");
  for (size_t i = 0; i < text.len;) {
    unsigned char c = (unsigned char)text.ptr[i];
    size_t len = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    if (len > text.len - i) len = text.len - i;
    if (c == '"' || c == '\\')
      rel_buf_printf(buf, "\\%c", c);
    else if (c == '\n')
      rel_buf_cstr(buf, "\\n");
    else if (c < 0x20 || c == 0x7F)
      rel_buf_printf(buf, "\\u%04x", c);
    else if (rel_utf8_valid(rel_bytes(text.ptr + i, len)))
      rel_buf_append(buf, text.ptr + i, len);
    else {
      rel_buf_cstr(buf, "\xEF\xBF\xBD");
      len = 1;
    }
    i += len;
  }
  rel_buf_cstr(buf, "\"");
}

void rel_json_excerpt(rel_buf *buf, rel_str text) {
  enum { SHOWN = 48 };
  bool cut = text.len > SHOWN;
  if (cut) {
    text.len = SHOWN;
    while (text.len > 0 && ((uint8_t)text.ptr[text.len] & 0xC0) == 0x80)
      text.len--;
  }
  rel_json_string(buf, text);
  if (cut) rel_buf_cstr(buf, "...");
}

static void put_time(rel_buf *line) {
  struct timespec now;
  struct tm utc;
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &utc);
  char text[32];
  strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  rel_buf_printf(line, "{\"time\":\"%s.%03ldZ\"", text, now.tv_nsec / 1000000);
}

void rel_log(rel_log_level level, const char *event, const rel_log_field *fields, size_t count) {
  if ((int)level < atomic_load_explicit(&lowest, memory_order_relaxed)) return;
  rel_buf line = {0};
  put_time(&line);
  rel_buf_printf(&line, ",\"level\":\"%s\",\"event\":", level_names[level]);
  rel_json_string(&line, rel_cstr(event));
  for (size_t i = 0; i < count; i++) {
    rel_buf_cstr(&line, ",");
    rel_json_string(&line, rel_cstr(fields[i].name));
    rel_buf_cstr(&line, ":");
    if (fields[i].kind == REL_LOG_NUMBER)
      rel_buf_printf(&line, "%lld", (long long)fields[i].number);
    else
      rel_json_string(&line, fields[i].text);
  }
  rel_buf_cstr(&line, "}\n");
  for (size_t done = 0; done < line.len;) {
    ssize_t wrote = write(STDERR_FILENO, line.data + done, line.len - done);
    if (wrote <= 0) break; // nowhere left to complain
    done += (size_t)wrote;
  }
  rel_buf_fini(&line);
}
