// A loader within the server that does what a file says, for tests: the one that the environment's
// RELATIONS_TEST_SCRIPT names. It is read for every batch, a command a line; keys and records are in hex, the
// parts of a key joined by commas before that.
//
//   record KEY RECORD     a record of a key, in the order of the lines
//   garbage               a record that is no message, for every key
//   fail STATUS MESSAGE   the batch fails
//   fail_keys STATUS MESSAGE   every key fails for itself
//   surplus               a record for a key that is not there
//   flood BYTES           records until no more are taken
//   stall                 until the batch is cancelled; then a line "cancelled" in the log
//   hang                  until the file SCRIPT.release is there, whatever is cancelled
//
// It appends a line to SCRIPT.log for each batch, with its keys, and others as above.
#include <relations/loader_plugin.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_MAX = 512, LINE_MAX_BYTES = 65536 };

static const char *script(void) {
  const char *path = getenv("RELATIONS_TEST_SCRIPT");
  return path != NULL ? path : "/dev/null";
}

static void log_line(const char *text) {
  char path[4096];
  snprintf(path, sizeof path, "%s.log", script());
  FILE *log = fopen(path, "a");
  if (log == NULL) abort();
  fprintf(log, "%s\n", text); // one write: lines of several threads do not mix
  fclose(log);
}

static void put_hex(char *out, size_t size, const char *bytes, size_t len) {
  for (size_t i = 0; i < len && 2 * i + 2 < size; i++)
    snprintf(out + 2 * i, 3, "%02x", (unsigned char)bytes[i]);
}

static void key_of(const rel_plugin_batch *batch, size_t index, char out[2 * KEY_MAX]) {
  char text[KEY_MAX];
  size_t len = 0;
  for (size_t p = 0; p < batch->part_count; p++) {
    const rel_plugin_part *part = &batch->parts[index * batch->part_count + p];
    if (p > 0) text[len++] = ',';
    if (part->kind == REL_PLUGIN_INT64)
      len += (size_t)snprintf(text + len, sizeof text - len, "%" PRId64, part->int64);
    else if (part->kind == REL_PLUGIN_UINT64)
      len += (size_t)snprintf(text + len, sizeof text - len, "%" PRIu64, part->uint64);
    else if (part->len < sizeof text - len - 32)
      memcpy(text + len, part->bytes, part->len), len += part->len;
  }
  out[0] = '\0';
  put_hex(out, 2 * KEY_MAX, text, len);
}

static void log_keys(const rel_plugin_batch *batch) {
  char *line = calloc(batch->key_count + 1, 2 * KEY_MAX + 1), key[2 * KEY_MAX];
  if (line == NULL) abort();
  strcpy(line, "keys");
  for (size_t i = 0, at = strlen(line); i < batch->key_count; i++) {
    key_of(batch, i, key);
    at += (size_t)sprintf(line + at, " %s", key[0] != '\0' ? key : "-");
  }
  log_line(line);
  free(line);
}

static void add_record(rel_plugin_batch *batch, const char *key, const char *hex) {
  char bytes[LINE_MAX_BYTES / 2], own[2 * KEY_MAX];
  size_t len = strlen(hex) / 2;
  for (size_t i = 0; i < len; i++) {
    char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
    bytes[i] = (char)strtol(two, NULL, 16);
  }
  for (size_t i = 0; i < batch->key_count; i++) {
    key_of(batch, i, own);
    if (strcmp(own[0] != '\0' ? own : "-", key) == 0) batch->add(batch, i, bytes, len);
  }
}

static void flood(rel_plugin_batch *batch, size_t len) {
  char *bytes = calloc(1, len);
  if (bytes == NULL) abort();
  while (batch->add(batch, 0, bytes, len))
    continue;
  free(bytes);
}

static void stall(const rel_plugin_batch *batch) {
  if (batch->remaining_ms(batch) <= 0) log_line("no time");
  while (!batch->cancelled(batch))
    usleep(1000);
  log_line("cancelled");
}

static void hang(void) {
  char path[4096];
  snprintf(path, sizeof path, "%s.release", script());
  log_line("hangs");
  while (access(path, F_OK) != 0)
    usleep(1000);
  log_line("released");
}

static int obey(rel_plugin_batch *batch, char *line, char *message, size_t size) {
  line[strcspn(line, "\n")] = '\0';
  char *rest = line, *command = strsep(&rest, " "), *first = strsep(&rest, " ");
  if (rest == NULL) rest = "";
  if (strcmp(command, "record") == 0) {
    add_record(batch, first, rest);
  } else if (strcmp(command, "garbage") == 0) {
    for (size_t i = 0; i < batch->key_count; i++)
      batch->add(batch, i, "\xff", 1);
  } else if (strcmp(command, "fail") == 0) {
    snprintf(message, size, "%s", rest);
    return atoi(first);
  } else if (strcmp(command, "fail_keys") == 0) {
    for (size_t i = 0; i < batch->key_count; i++)
      batch->fail(batch, i, atoi(first), rest);
  } else if (strcmp(command, "surplus") == 0) {
    batch->add(batch, batch->key_count, "", 0);
  } else if (strcmp(command, "flood") == 0) {
    flood(batch, (size_t)atol(first));
  } else if (strcmp(command, "stall") == 0) {
    stall(batch);
  } else if (strcmp(command, "hang") == 0) {
    hang();
  }
  return REL_PLUGIN_OK;
}

static int load_batch(void *state, rel_plugin_batch *batch, char *message, size_t size) {
  char *line = malloc(LINE_MAX_BYTES);
  FILE *file = fopen(script(), "r");
  int status = state == NULL ? REL_PLUGIN_INTERNAL : REL_PLUGIN_OK;
  if (line == NULL || file == NULL) abort();
  log_keys(batch);
  while (status == REL_PLUGIN_OK && fgets(line, LINE_MAX_BYTES, file) != NULL)
    status = obey(batch, line, message, size);
  fclose(file);
  free(line);
  return status;
}

static int open_loader(const char *name, void **state, char *message, size_t size) {
  (void)message;
  (void)size;
  char line[128];
  snprintf(line, sizeof line, "open %s", name);
  log_line(line);
  *state = strdup(name);
  return REL_PLUGIN_OK;
}

static void close_loader(void *state) {
  log_line("close");
  free(state);
}

const rel_plugin *rel_loader_plugin(void) {
  static const rel_plugin plugin = {REL_PLUGIN_ABI, sizeof plugin, open_loader, load_batch, close_loader};
  return &plugin;
}
