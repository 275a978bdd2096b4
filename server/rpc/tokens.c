// Tokens: see tokens.h.
#include "server/rpc/tokens.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/security/file.h"

#include <pthread.h>
#include <stdatomic.h>

enum { MAX_BYTES = 1 << 20 };

typedef struct entry {
  rel_token_hash hash;
  char name[REL_TOKEN_NAME_MAX + 1];
} entry;

typedef struct list {
  entry *entries;
  size_t count;
} list;

struct rel_tokens {
  char *path;
  _Atomic int64_t look_at_ns; // when the file is looked at again; whoever moves it on does so
  rel_stamp stamp;            // of that one only
  pthread_rwlock_t lock;      // of what follows
  list list;
};

// --- The file ---

static rel_str next_line(rel_str *rest) {
  const char *end = memchr(rest->ptr, '\n', rest->len);
  size_t len = end != NULL ? (size_t)(end - rest->ptr) : rest->len;
  rel_str line = rel_bytes(rest->ptr, len);
  size_t used = end != NULL ? len + 1 : len;
  *rest = rel_bytes(rest->ptr + used, rest->len - used);
  while (line.len > 0 && strchr(" \t\r", line.ptr[line.len - 1]) != NULL)
    line.len--;
  return line;
}

static rel_code add_line(list *out, rel_str line, const char *path, unsigned number, rel_error *error) {
  rel_str name;
  rel_token_hash hash;
  if (line.len == 0 || line.ptr[0] == '#') return REL_OK;
  if (!rel_token_line_read(line, &name, &hash))
    return rel_fail(error, REL_INVALID,
                    "%s:%u: expected NAME:HASH with the SHA-256 of a token in hex, as `relations token new "
                    "NAME` prints it",
                    path, number);
  if (out->count == REL_TOKENS_MAX)
    return rel_fail(error, REL_INVALID, "%s:%u: there are more than %d tokens", path, number, REL_TOKENS_MAX);
  out->entries = rel_realloc(out->entries, (out->count + 1) * sizeof *out->entries);
  entry *added = &out->entries[out->count++];
  *added = (entry){.hash = hash};
  memcpy(added->name, name.ptr, name.len);
  return REL_OK;
}

static rel_code read_list(const char *path, list *out, rel_error *error) {
  *out = (list){0};
  rel_buf text = {0};
  rel_code code = rel_file_read(path, MAX_BYTES, "token file", &text, error);
  rel_str rest = rel_buf_view(&text);
  for (unsigned number = 1; code == REL_OK && rest.len > 0; number++)
    code = add_line(out, next_line(&rest), path, number, error);
  rel_buf_fini(&text);
  if (code != REL_OK) {
    free(out->entries);
    *out = (list){0};
    return code;
  }
  REL_LOG(out->count > 0 ? REL_LOG_INFO : REL_LOG_WARN, "tokens_loaded",
          rel_log_number("tokens", (int64_t)out->count));
  return REL_OK;
}

rel_code rel_tokens_new(const char *path, rel_tokens **out, rel_error *error) {
  *out = NULL;
  list first;
  rel_stamp stamp = rel_file_stamp(path);
  rel_code code = read_list(path, &first, error);
  if (code != REL_OK) return code;
  rel_tokens *tokens = REL_NEW(rel_tokens);
  tokens->path = rel_strdup(rel_cstr(path));
  tokens->stamp = stamp;
  tokens->list = first;
  atomic_init(&tokens->look_at_ns, rel_clock_ns() + REL_NS_PER_S);
  pthread_rwlock_init(&tokens->lock, NULL);
  *out = tokens;
  return REL_OK;
}

void rel_tokens_free(rel_tokens *tokens) {
  if (tokens == NULL) return;
  pthread_rwlock_destroy(&tokens->lock);
  free(tokens->list.entries);
  free(tokens->path);
  free(tokens);
}

static void reload(rel_tokens *tokens) {
  rel_stamp stamp = rel_file_stamp(tokens->path);
  if (rel_stamp_eq(&stamp, &tokens->stamp)) return;
  tokens->stamp = stamp;
  list fresh;
  rel_error error;
  if (read_list(tokens->path, &fresh, &error) != REL_OK) {
    REL_LOG(REL_LOG_ERROR, "tokens_not_loaded", rel_log_text("message", rel_cstr(error.message)));
    return;
  }
  pthread_rwlock_wrlock(&tokens->lock);
  list old = tokens->list;
  tokens->list = fresh;
  pthread_rwlock_unlock(&tokens->lock);
  free(old.entries);
}

static void reload_if_due(rel_tokens *tokens) {
  int64_t now_ns = rel_clock_ns();
  int64_t due_ns = atomic_load_explicit(&tokens->look_at_ns, memory_order_relaxed);
  // REL_NEVER while somebody looks; the orders hand the stamp from one to the next.
  if (now_ns < due_ns || !atomic_compare_exchange_strong_explicit(&tokens->look_at_ns, &due_ns, REL_NEVER,
                                                                  memory_order_acquire, memory_order_relaxed))
    return;
  reload(tokens);
  atomic_store_explicit(&tokens->look_at_ns, now_ns + REL_NS_PER_S, memory_order_release);
}

// --- A call ---

bool rel_tokens_find(rel_tokens *tokens, rel_str token, char name[REL_TOKEN_NAME_MAX + 1]) {
  reload_if_due(tokens);
  if (!rel_token_valid(token)) return false;
  rel_token_hash hash = rel_token_hash_of(token);
  bool found = false;
  pthread_rwlock_rdlock(&tokens->lock);
  for (size_t i = 0; i < tokens->list.count; i++) { // never ends early
    if (!rel_token_hash_eq(&hash, &tokens->list.entries[i].hash)) continue;
    memcpy(name, tokens->list.entries[i].name, REL_TOKEN_NAME_MAX + 1);
    found = true;
  }
  pthread_rwlock_unlock(&tokens->lock);
  return found;
}
