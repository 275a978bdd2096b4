// The loaders that there are: see loaders.h. Owns both lists, and what an entry of the configuration may look
// like.
#include "server/custom/loaders.h"

#include "server/custom/remote.h"
#include "server/custom/so.h"
#include "server/custom/so_file.h"

#include <pthread.h>

struct rel_loaders {
  char *directory; // or NULL
  unsigned calls;
  size_t max_answer_bytes;
  rel_remote **remotes; // of the configuration, immutable
  size_t remote_count;

  pthread_mutex_t lock; // of what follows; held while one is loaded
  rel_so **sos;         // grows
  size_t so_count;
};

enum { DEFAULT_CALLS = 4, DEFAULT_MAX_ANSWER_BYTES = 64 << 20 };

// --- LoaderServices ---

static rel_crew *find_remote(const rel_loaders *loaders, rel_str name) {
  for (size_t i = 0; i < loaders->remote_count; i++) {
    rel_crew *crew = rel_remote_crew(loaders->remotes[i]);
    if (rel_str_eq(rel_crew_name(crew), name)) return crew;
  }
  return NULL;
}

static rel_code add_remote(rel_loaders *loaders, const rel_loaders_options *options, const char *entry,
                           rel_error *error) {
  const char *equals = strchr(entry, '=');
  rel_str name = rel_bytes(entry, equals != NULL ? (size_t)(equals - entry) : 0);
  if (!rel_loader_name_valid(name) || equals[1] == '\0')
    return rel_fail(
        error, REL_INVALID,
        "loader %s: write NAME=HOST:PORT or NAME=unix:PATH, the name in a-z, 0-9, _ and -, a letter "
        "first",
        entry);
  if (find_remote(loaders, name) != NULL)
    return rel_fail(error, REL_INVALID, "loader %s: there are two of the name " REL_STR_F, entry,
                    REL_STR_A(name));
  rel_remote_options remote = {
      .name = name,
      .connection = {.target = equals + 1,
                     .max_message_bytes = loaders->max_answer_bytes,
                     .tls_ca_file = options->tls_ca_file,
                     .tls_cert_file = options->tls_cert_file,
                     .tls_key_file = options->tls_key_file,
                     .token_file = options->token_file},
      .calls = loaders->calls,
  };
  rel_code code = rel_remote_new(&remote, &loaders->remotes[loaders->remote_count], error);
  if (code == REL_OK) loaders->remote_count++;
  return code;
}

static rel_code no_remote(rel_str name, rel_error *error) {
  return rel_fail(error, REL_BAD_SCHEMA,
                  "loader: the server's configuration has no \"" REL_STR_F
                  "\"; start it with --loader " REL_STR_F "=HOST:PORT",
                  REL_STR_A(name), REL_STR_A(name));
}

// --- Shared objects ---

static rel_code no_directory(rel_str name, rel_error *error) {
  return rel_fail(error, REL_BAD_SCHEMA,
                  "loader: the server's configuration has no directory for shared objects; start it with "
                  "--loader-dir DIR, where " REL_STR_F ".so is",
                  REL_STR_A(name));
}

static rel_code get_locked(rel_loaders *loaders, rel_str name, rel_crew **out, rel_error *error) {
  for (size_t i = 0; i < loaders->so_count; i++) {
    *out = rel_so_crew(loaders->sos[i]);
    if (rel_str_eq(rel_crew_name(*out), name)) return REL_OK;
  }
  rel_so_options options = {.directory = loaders->directory,
                            .name = name,
                            .calls = loaders->calls,
                            .max_answer_bytes = loaders->max_answer_bytes};
  rel_so *so;
  rel_code code = rel_so_new(&options, &so, error);
  if (code != REL_OK) return code;
  loaders->sos = rel_realloc(loaders->sos, (loaders->so_count + 1) * sizeof *loaders->sos);
  loaders->sos[loaders->so_count++] = so;
  *out = rel_so_crew(so);
  return REL_OK;
}

static rel_code get_so(rel_loaders *loaders, rel_str name, rel_crew **out, rel_error *error) {
  pthread_mutex_lock(&loaders->lock);
  rel_code code = get_locked(loaders, name, out, error);
  pthread_mutex_unlock(&loaders->lock);
  return code;
}

// --- Both ---

rel_code rel_loaders_check(const rel_loaders *loaders, rel_str loader, rel_error *error) {
  rel_str name;
  if (rel_loader_parse(loader, &name) != REL_LOADER_SO)
    return loaders != NULL && find_remote(loaders, name) != NULL ? REL_OK : no_remote(name, error);
  if (loaders == NULL || loaders->directory == NULL) return no_directory(name, error);
  return rel_so_check(loaders->directory, name, error);
}

rel_code rel_loaders_get(rel_loaders *loaders, rel_str loader, rel_feed *out, rel_error *error) {
  rel_str name;
  rel_crew *crew = NULL;
  rel_code code = REL_OK;
  if (rel_loader_parse(loader, &name) != REL_LOADER_SO) {
    crew = loaders != NULL ? find_remote(loaders, name) : NULL;
    if (crew == NULL) code = no_remote(name, error);
  } else if (loaders == NULL || loaders->directory == NULL) {
    code = no_directory(name, error);
  } else {
    code = get_so(loaders, name, &crew, error);
  }
  if (code == REL_OK) *out = rel_crew_feed(crew);
  return code;
}

// --- Life ---

rel_code rel_loaders_new(const rel_loaders_options *options, rel_loaders **out, rel_error *error) {
  rel_loaders *loaders = REL_NEW(rel_loaders);
  rel_code code = REL_OK;
  pthread_mutex_init(&loaders->lock, NULL);
  if (options->directory != NULL) loaders->directory = rel_strdup(rel_cstr(options->directory));
  loaders->calls = options->calls > 0 ? options->calls : DEFAULT_CALLS;
  loaders->max_answer_bytes =
      options->max_answer_bytes > 0 ? options->max_answer_bytes : DEFAULT_MAX_ANSWER_BYTES;
  loaders->remotes = rel_alloc0(options->count + 1, sizeof(rel_remote *));
  for (size_t i = 0; i < options->count && code == REL_OK; i++)
    code = add_remote(loaders, options, options->loaders[i], error);
  *out = loaders;
  if (code == REL_OK) return code;
  *out = NULL;
  rel_loaders_stop(loaders);
  rel_loaders_free(loaders);
  return code;
}

void rel_loaders_stop(rel_loaders *loaders) {
  if (loaders == NULL) return;
  for (size_t i = 0; i < loaders->remote_count; i++)
    rel_crew_stop(rel_remote_crew(loaders->remotes[i]));
  for (size_t i = 0; i < loaders->so_count; i++)
    rel_so_stop(loaders->sos[i]);
}

void rel_loaders_free(rel_loaders *loaders) {
  if (loaders == NULL) return;
  for (size_t i = 0; i < loaders->remote_count; i++)
    rel_remote_free(loaders->remotes[i]);
  for (size_t i = 0; i < loaders->so_count; i++)
    rel_so_free(loaders->sos[i]);
  pthread_mutex_destroy(&loaders->lock);
  free(loaders->directory);
  free(loaders->remotes);
  free(loaders->sos);
  free(loaders);
}
