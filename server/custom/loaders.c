// The configured loaders: see loaders.h. Owns the list, and what an entry of it may look like.
#include "server/custom/loaders.h"

#include "server/custom/remote.h"

struct rel_loaders {
  rel_remote **items;
  size_t count;
};

enum { DEFAULT_CALLS = 4, DEFAULT_MAX_ANSWER_BYTES = 64 << 20 };

static bool is_name(rel_str name) {
  for (size_t i = 0; i < name.len; i++) {
    char c = name.ptr[i];
    bool letter = c >= 'a' && c <= 'z', other = (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!letter && (i == 0 || !other)) return false;
  }
  return name.len > 0;
}

static rel_code add(rel_loaders *loaders, const rel_loaders_options *options, const char *entry,
                    rel_error *error) {
  const char *equals = strchr(entry, '=');
  rel_str name = rel_bytes(entry, equals != NULL ? (size_t)(equals - entry) : 0);
  rel_feed ignored;
  if (!is_name(name) || equals[1] == '\0')
    return rel_fail(
        error, REL_INVALID,
        "loader %s: write NAME=HOST:PORT or NAME=unix:PATH, the name in a-z, 0-9, _ and -, a letter "
        "first",
        entry);
  if (rel_loaders_find(loaders, name, &ignored))
    return rel_fail(error, REL_INVALID, "loader %s: there are two of the name " REL_STR_F, entry,
                    REL_STR_A(name));
  size_t max_bytes = options->max_answer_bytes;
  rel_remote_options remote = {
      .name = name,
      .connection = {.target = equals + 1,
                     .max_message_bytes = max_bytes > 0 ? max_bytes : DEFAULT_MAX_ANSWER_BYTES,
                     .tls_ca_file = options->tls_ca_file,
                     .tls_cert_file = options->tls_cert_file,
                     .tls_key_file = options->tls_key_file,
                     .token_file = options->token_file},
      .calls = options->calls > 0 ? options->calls : DEFAULT_CALLS,
  };
  rel_code code = rel_remote_new(&remote, &loaders->items[loaders->count], error);
  if (code == REL_OK) loaders->count++;
  return code;
}

rel_code rel_loaders_new(const rel_loaders_options *options, rel_loaders **out, rel_error *error) {
  rel_loaders *loaders = REL_NEW(rel_loaders);
  rel_code code = REL_OK;
  loaders->items = rel_alloc0(options->count + 1, sizeof *loaders->items);
  for (size_t i = 0; i < options->count && code == REL_OK; i++)
    code = add(loaders, options, options->loaders[i], error);
  *out = loaders;
  if (code == REL_OK) return code;
  *out = NULL;
  rel_loaders_stop(loaders);
  rel_loaders_free(loaders);
  return code;
}

bool rel_loaders_find(const rel_loaders *loaders, rel_str name, rel_feed *out) {
  for (size_t i = 0; loaders != NULL && i < loaders->count; i++) {
    rel_crew *crew = rel_remote_crew(loaders->items[i]);
    if (!rel_str_eq(rel_crew_name(crew), name)) continue;
    *out = rel_crew_feed(crew);
    return true;
  }
  return false;
}

void rel_loaders_stop(rel_loaders *loaders) {
  for (size_t i = 0; loaders != NULL && i < loaders->count; i++)
    rel_crew_stop(rel_remote_crew(loaders->items[i]));
}

void rel_loaders_free(rel_loaders *loaders) {
  if (loaders == NULL) return;
  for (size_t i = 0; i < loaders->count; i++)
    rel_remote_free(loaders->items[i]);
  free(loaders->items);
  free(loaders);
}
