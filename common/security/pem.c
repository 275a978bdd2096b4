// PEM files: see pem.h.
#include "common/security/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

enum { MAX_BYTES = 1 << 20 };

// --- Certificates ---

static BIO *text_bio(const char *text) {
  BIO *bio = BIO_new_mem_buf(text, -1);
  if (bio == NULL) abort(); // out of memory
  return bio;
}

// NULL at the end and where the text is broken; `*broken` tells which.
static X509 *next_cert(BIO *bio, bool *broken) {
  X509 *cert = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
  unsigned long reason = cert == NULL ? ERR_peek_last_error() : 0;
  *broken =
      cert == NULL && !(ERR_GET_LIB(reason) == ERR_LIB_PEM && ERR_GET_REASON(reason) == PEM_R_NO_START_LINE);
  ERR_clear_error();
  return cert;
}

static void put_time(const ASN1_TIME *time, rel_buf *out) {
  BIO *bio = BIO_new(BIO_s_mem());
  char *text;
  if (bio == NULL) abort();
  ASN1_TIME_print(bio, time);
  long len = BIO_get_mem_data(bio, &text);
  rel_buf_append(out, text, (size_t)len);
  BIO_free(bio);
}

static bool has_begun(const X509 *cert) {
  return X509_cmp_current_time(X509_get0_notBefore(cert)) < 0;
}

// Also true where the time cannot be read.
static bool has_ended(const X509 *cert) {
  return X509_cmp_current_time(X509_get0_notAfter(cert)) <= 0;
}

static rel_code check_validity(const X509 *cert, const char *path, rel_error *error) {
  bool begun = has_begun(cert);
  if (begun && !has_ended(cert)) return REL_OK;
  rel_buf when = {0};
  put_time(begun ? X509_get0_notAfter(cert) : X509_get0_notBefore(cert), &when);
  rel_code code = rel_fail(error, REL_INVALID, "the certificate in %s %s %s", path,
                           begun ? "expired on" : "is not valid before", rel_buf_text(&when));
  rel_buf_fini(&when);
  return code;
}

static rel_code broken_cert(const char *path, size_t count, rel_error *error) {
  return rel_fail(error, REL_INVALID, "certificate %zu in %s is broken", count + 1, path);
}

static rel_code no_cert(const char *path, rel_error *error) {
  return rel_fail(error, REL_INVALID, "%s holds no certificate: PEM is expected", path);
}

// The chain: every certificate must be one, and the first one valid now. *out is the first, the caller's.
static rel_code check_chain(const char *path, const char *text, X509 **out, rel_error *error) {
  BIO *bio = text_bio(text);
  bool broken;
  size_t count = 0;
  rel_code code = REL_OK;
  *out = NULL;
  for (X509 *cert; (cert = next_cert(bio, &broken)) != NULL; count++)
    if (count == 0)
      *out = cert;
    else
      X509_free(cert);
  BIO_free(bio);
  if (broken)
    code = broken_cert(path, count, error);
  else if (count == 0)
    code = no_cert(path, error);
  else
    code = check_validity(*out, path, error);
  return code;
}

// Authorities: every certificate must be one, and at least one valid now.
static rel_code check_authorities(const char *path, const char *text, rel_error *error) {
  BIO *bio = text_bio(text);
  bool broken;
  size_t count = 0;
  rel_code code = REL_INVALID;
  rel_error invalid;
  for (X509 *cert; (cert = next_cert(bio, &broken)) != NULL; count++) {
    if (code != REL_OK) code = check_validity(cert, path, &invalid);
    X509_free(cert);
  }
  BIO_free(bio);
  if (broken) return broken_cert(path, count, error);
  if (count == 0) return no_cert(path, error);
  return code == REL_OK ? REL_OK : rel_fail(error, code, "%s", invalid.message);
}

// --- Keys ---

// Instead of asking on the terminal.
static int no_passphrase(char *buf, int size, int writing, void *asked) {
  (void)buf;
  (void)size;
  (void)writing;
  *(bool *)asked = true;
  return -1;
}

static rel_code check_key(const rel_pem_paths *paths, const char *text, X509 *cert, rel_error *error) {
  BIO *bio = text_bio(text);
  bool locked = false;
  EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &locked);
  rel_code code = REL_OK;
  if (locked)
    code = rel_fail(error, REL_INVALID, "the key in %s is locked with a passphrase: it must have none",
                    paths->key);
  else if (key == NULL)
    code = rel_fail(error, REL_INVALID, "%s holds no private key: PEM is expected", paths->key);
  else if (X509_check_private_key(cert, key) != 1)
    code = rel_fail(error, REL_INVALID, "the key in %s is not that of the certificate in %s", paths->key,
                    paths->cert);
  EVP_PKEY_free(key);
  BIO_free(bio);
  return code;
}

// --- All of it ---

static rel_code read_text(const char *path, const char *what, char **out, rel_error *error) {
  if (path == NULL) return REL_OK;
  rel_buf text = {0};
  rel_code code = rel_file_read(path, MAX_BYTES, what, &text, error);
  if (code == REL_OK) *out = rel_strdup(rel_buf_view(&text));
  rel_buf_cleanse(&text);
  return code;
}

rel_code rel_pem_read(const rel_pem_paths *paths, rel_pem *out, rel_error *error) {
  *out = (rel_pem){0};
  X509 *cert = NULL;
  rel_code code = read_text(paths->cert, "certificate file", &out->cert, error);
  if (code == REL_OK) code = read_text(paths->key, "key file", &out->key, error);
  if (code == REL_OK) code = read_text(paths->ca, "CA file", &out->ca, error);
  if (code == REL_OK && out->cert != NULL) code = check_chain(paths->cert, out->cert, &cert, error);
  if (code == REL_OK && cert != NULL && out->key != NULL) code = check_key(paths, out->key, cert, error);
  if (code == REL_OK && out->ca != NULL) code = check_authorities(paths->ca, out->ca, error);
  X509_free(cert);
  ERR_clear_error(); // the thread's queue is gRPC's too
  if (code != REL_OK) rel_pem_fini(out);
  return code;
}

void rel_pem_fini(rel_pem *pem) {
  if (pem->key != NULL) OPENSSL_cleanse(pem->key, strlen(pem->key));
  free(pem->cert);
  free(pem->key);
  free(pem->ca);
  *pem = (rel_pem){0};
}

rel_pem_stamps rel_pem_stamp(const rel_pem_paths *paths) {
  return (rel_pem_stamps){
      {rel_file_stamp(paths->cert), rel_file_stamp(paths->key), rel_file_stamp(paths->ca)}};
}

bool rel_pem_stamps_eq(const rel_pem_stamps *a, const rel_pem_stamps *b) {
  for (size_t i = 0; i < sizeof a->files / sizeof a->files[0]; i++)
    if (!rel_stamp_eq(&a->files[i], &b->files[i])) return false;
  return true;
}

void rel_pem_describe(const char *cert, rel_buf *subject, rel_buf *end) {
  BIO *bio = text_bio(cert);
  bool broken;
  X509 *first = next_cert(bio, &broken);
  BIO_free(bio);
  if (first == NULL) return;
  BIO *name = BIO_new(BIO_s_mem());
  char *text;
  if (name == NULL) abort();
  X509_NAME_print_ex(name, X509_get_subject_name(first), 0, XN_FLAG_RFC2253);
  long len = BIO_get_mem_data(name, &text);
  rel_buf_append(subject, text, (size_t)len);
  BIO_free(name);
  put_time(X509_get0_notAfter(first), end);
  X509_free(first);
}
