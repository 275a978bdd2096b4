// The server's certificates: see tls.h.
//
// Core asks before each handshake whether there is something new, on the thread that accepts the connection.
// That costs three stats beside a handshake's signature; the files are read when one of them changed. What
// cannot be used is logged once and the old certificates stay, so a certificate that is replaced a moment
// before its key does no harm. (Core's own file watcher takes what it finds, and refuses every connection
// until that is mended.)
#include "server/rpc/tls.h"

#include "common/log.h"

#include <pthread.h>
#include <stdatomic.h>

// One address. It goes through core from the thread that listens to those that accept, which an atomic
// states, as in core.h.
typedef struct port {
  _Atomic(rel_tls *) tls;
  uint64_t seen; // what core was given last; under the lock, as the next
  struct port *next;
} port;

struct rel_tls {
  rel_pem_paths paths;  // owned
  pthread_mutex_t lock; // of what follows
  rel_pem_stamps stamps;
  rel_pem pem;
  uint64_t generation; // of pem
  port *ports;
};

static char *copy(const char *path) {
  return path != NULL ? rel_strdup(rel_cstr(path)) : NULL;
}

static void log_loaded(const rel_pem *pem) {
  rel_buf subject = {0}, end = {0};
  rel_pem_describe(pem->cert, &subject, &end);
  REL_LOG(REL_LOG_INFO, "certificate_loaded", rel_log_text("subject", rel_buf_view(&subject)),
          rel_log_text("expires", rel_buf_view(&end)));
  rel_buf_fini(&subject);
  rel_buf_fini(&end);
}

rel_code rel_tls_new(const rel_pem_paths *paths, rel_tls **out, rel_error *error) {
  *out = NULL;
  rel_pem_stamps stamps = rel_pem_stamp(paths);
  rel_pem pem;
  rel_code code = rel_pem_read(paths, &pem, error);
  if (code != REL_OK) return code;
  log_loaded(&pem);
  rel_tls *tls = REL_NEW(rel_tls);
  tls->paths = (rel_pem_paths){copy(paths->cert), copy(paths->key), copy(paths->ca)};
  tls->stamps = stamps;
  tls->pem = pem;
  tls->generation = 1;
  pthread_mutex_init(&tls->lock, NULL);
  *out = tls;
  return REL_OK;
}

void rel_tls_free(rel_tls *tls) {
  if (tls == NULL) return;
  for (port *p = tls->ports, *next; p != NULL; p = next) {
    next = p->next;
    free(p);
  }
  rel_pem_fini(&tls->pem);
  free((char *)tls->paths.cert);
  free((char *)tls->paths.key);
  free((char *)tls->paths.ca);
  pthread_mutex_destroy(&tls->lock);
  free(tls);
}

// Takes what is new and can be used. The stamps are those of what was tried, so that a broken file is logged
// once.
static void refresh(rel_tls *tls) {
  rel_pem_stamps stamps = rel_pem_stamp(&tls->paths);
  if (rel_pem_stamps_eq(&stamps, &tls->stamps)) return;
  tls->stamps = stamps;
  rel_pem pem;
  rel_error error;
  if (rel_pem_read(&tls->paths, &pem, &error) != REL_OK) {
    REL_LOG(REL_LOG_ERROR, "certificate_not_loaded", rel_log_text("message", rel_cstr(error.message)));
    return;
  }
  log_loaded(&pem);
  rel_pem_fini(&tls->pem);
  tls->pem = pem;
  tls->generation++;
}

// Core asserts that there are authorities even where no client is asked for a certificate: then any will do.
static grpc_ssl_server_certificate_config *config_of(const rel_pem *pem) {
  grpc_ssl_pem_key_cert_pair pair = {pem->key, pem->cert};
  return grpc_ssl_server_certificate_config_create(pem->ca != NULL ? pem->ca : pem->cert, &pair, 1);
}

static grpc_ssl_certificate_config_reload_status fetch(void *context,
                                                       grpc_ssl_server_certificate_config **config) {
  port *p = context;
  rel_tls *tls = atomic_load_explicit(&p->tls, memory_order_acquire);
  pthread_mutex_lock(&tls->lock);
  refresh(tls);
  bool fresh = p->seen != tls->generation;
  p->seen = tls->generation;
  if (fresh) *config = config_of(&tls->pem);
  pthread_mutex_unlock(&tls->lock);
  return fresh ? GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW : GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
}

grpc_server_credentials *rel_tls_credentials(rel_tls *tls) {
  port *p = REL_NEW(port);
  pthread_mutex_lock(&tls->lock);
  p->next = tls->ports;
  tls->ports = p;
  pthread_mutex_unlock(&tls->lock);
  atomic_store_explicit(&p->tls, tls, memory_order_release);
  grpc_ssl_client_certificate_request_type request =
      tls->paths.ca != NULL ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                            : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
  return grpc_ssl_server_credentials_create_with_options(
      grpc_ssl_server_credentials_create_options_using_config_fetcher(request, fetch, p));
}
