// Credentials: see secure.h.
#include "client/runtime/secure.h"

#include "common/clock.h"
#include "common/security/address.h"
#include "common/security/pem.h"
#include "common/security/token.h"

#include <pthread.h>
#include <stdatomic.h>

struct rel_secure {
  bool tls;
  rel_pem_paths paths; // owned, as the next
  char *token_file;
  _Atomic int64_t look_at_ns; // REL_NEVER: while somebody looks
  rel_pem_stamps stamps;      // of that one only
  rel_stamp token_stamp;
  pthread_mutex_t lock; // of what follows
  grpc_slice header;    // "Bearer TOKEN", or empty
};

// --- The token ---

static rel_str trim(rel_str text) {
  while (text.len > 0 && strchr(" \t\r\n", text.ptr[text.len - 1]) != NULL)
    text.len--;
  return text;
}

static rel_code read_header(const char *path, grpc_slice *out, rel_error *error) {
  enum { MAX_BYTES = REL_TOKEN_MAX + 2 }; // and the end of its line
  static const char scheme[] = "Bearer ";
  enum { SCHEME = sizeof scheme - 1 };
  rel_buf text = {0};
  rel_code code = rel_file_read(path, MAX_BYTES, "token file", &text, error);
  rel_str token = trim(rel_buf_view(&text));
  if (code == REL_OK && !rel_token_valid(token))
    code = rel_fail_field(
        error, REL_INVALID, "token_file",
        "the token file %s must hold one token and nothing else: the token itself, not its line in "
        "the server's file",
        path);
  if (code == REL_OK) {
    *out = grpc_slice_malloc(SCHEME + token.len);
    memcpy(GRPC_SLICE_START_PTR(*out), scheme, SCHEME);
    memcpy(GRPC_SLICE_START_PTR(*out) + SCHEME, token.ptr, token.len);
  }
  rel_buf_cleanse(&text);
  return code;
}

static void look_at_token(rel_secure *secure) {
  rel_stamp stamp = rel_file_stamp(secure->token_file);
  grpc_slice fresh;
  if (rel_stamp_eq(&stamp, &secure->token_stamp)) return;
  secure->token_stamp = stamp;
  if (read_header(secure->token_file, &fresh, NULL) != REL_OK) return;
  pthread_mutex_lock(&secure->lock);
  grpc_slice old = secure->header;
  secure->header = fresh;
  pthread_mutex_unlock(&secure->lock);
  grpc_slice_unref(old);
}

bool rel_secure_header(rel_secure *secure, grpc_metadata *out) {
  if (secure->token_file == NULL) return false;
  pthread_mutex_lock(&secure->lock);
  *out = (grpc_metadata){.key = grpc_slice_from_static_string("authorization"),
                         .value = grpc_slice_ref(secure->header)};
  pthread_mutex_unlock(&secure->lock);
  return true;
}

// --- Certificates ---

static rel_code read_credentials(const rel_pem_paths *paths, grpc_channel_credentials **out,
                                 rel_error *error) {
  rel_pem pem;
  rel_code code = rel_pem_read(paths, &pem, error);
  if (code != REL_OK) return code;
  grpc_ssl_pem_key_cert_pair pair = {pem.key, pem.cert};
  *out = grpc_ssl_credentials_create_ex(pem.ca, pem.cert != NULL ? &pair : NULL, NULL, NULL);
  rel_pem_fini(&pem);
  return REL_OK;
}

static grpc_channel_credentials *look_at_certificates(rel_secure *secure) {
  rel_pem_stamps stamps = rel_pem_stamp(&secure->paths);
  grpc_channel_credentials *fresh = NULL;
  if (rel_pem_stamps_eq(&stamps, &secure->stamps)) return NULL;
  secure->stamps = stamps;
  return read_credentials(&secure->paths, &fresh, NULL) == REL_OK ? fresh : NULL;
}

// --- Looking ---

bool rel_secure_begin_look(rel_secure *secure) {
  int64_t due_ns = atomic_load_explicit(&secure->look_at_ns, memory_order_relaxed);
  // The orders hand the stamps from one to the next.
  return rel_clock_ns() >= due_ns &&
         atomic_compare_exchange_strong_explicit(&secure->look_at_ns, &due_ns, REL_NEVER,
                                                 memory_order_acquire, memory_order_relaxed);
}

grpc_channel_credentials *rel_secure_look(rel_secure *secure) {
  if (secure->token_file != NULL) look_at_token(secure);
  return secure->tls ? look_at_certificates(secure) : NULL;
}

void rel_secure_end_look(rel_secure *secure) {
  atomic_store_explicit(&secure->look_at_ns, rel_clock_ns() + REL_NS_PER_S, memory_order_release);
}

// --- Life ---

static bool wants_tls(const rel_client_options *options) {
  return options->tls || options->tls_ca_file != NULL || options->tls_cert_file != NULL ||
         options->tls_key_file != NULL || options->tls_server_name != NULL;
}

static rel_code check(const rel_client_options *options, rel_error *error) {
  if ((options->tls_cert_file != NULL) != (options->tls_key_file != NULL))
    return rel_fail_field(error, REL_INVALID,
                          options->tls_cert_file != NULL ? "tls_key_file" : "tls_cert_file",
                          "a client's certificate and its key need each other");
  if (options->token_file != NULL && !wants_tls(options) && options->target != NULL &&
      !rel_address_is_local(options->target))
    return rel_fail_field(error, REL_INVALID, "token_file",
                          "the token would be sent to %s unencrypted: connect with TLS", options->target);
  return REL_OK;
}

static char *copy(const char *text) {
  return text != NULL ? rel_strdup(rel_cstr(text)) : NULL;
}

rel_code rel_secure_new(const rel_client_options *options, rel_secure **out,
                        grpc_channel_credentials **credentials, rel_error *error) {
  *out = NULL;
  rel_code code = check(options, error);
  if (code != REL_OK) return code;
  rel_secure *secure = REL_NEW(rel_secure);
  pthread_mutex_init(&secure->lock, NULL);
  secure->tls = wants_tls(options);
  secure->paths =
      (rel_pem_paths){copy(options->tls_cert_file), copy(options->tls_key_file), copy(options->tls_ca_file)};
  secure->token_file = copy(options->token_file);
  secure->stamps = rel_pem_stamp(&secure->paths);
  secure->token_stamp = rel_file_stamp(secure->token_file);
  secure->header = grpc_empty_slice();
  rel_secure_end_look(secure);
  if (secure->token_file != NULL) code = read_header(secure->token_file, &secure->header, error);
  if (code == REL_OK && secure->tls)
    code = read_credentials(&secure->paths, credentials, error);
  else if (code == REL_OK)
    *credentials = grpc_insecure_credentials_create();
  if (code != REL_OK) {
    rel_secure_free(secure);
    return code;
  }
  *out = secure;
  return REL_OK;
}

void rel_secure_free(rel_secure *secure) {
  if (secure == NULL) return;
  grpc_slice_unref(secure->header);
  pthread_mutex_destroy(&secure->lock);
  free((char *)secure->paths.cert);
  free((char *)secure->paths.key);
  free((char *)secure->paths.ca);
  free(secure->token_file);
  free(secure);
}
