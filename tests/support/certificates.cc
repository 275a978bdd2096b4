// Certificates: see certificates.h.
#include "tests/support/certificates.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace rel_test {

namespace {

void Must(bool fine) {
  if (!fine) abort();
}

std::string Text(BIO *bio) {
  char *data;
  long len = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<size_t>(len));
  BIO_free(bio);
  return text;
}

std::string Pem(X509 *cert) {
  BIO *bio = BIO_new(BIO_s_mem());
  Must(PEM_write_bio_X509(bio, cert) == 1);
  return Text(bio);
}

std::string Pem(EVP_PKEY *key) {
  BIO *bio = BIO_new(BIO_s_mem());
  Must(PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return Text(bio);
}

void AddExtension(X509 *cert, X509 *issuer, int nid, const std::string &value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  Must(extension != nullptr && X509_add_ext(cert, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

// Unsigned, with a random serial number.
X509 *NewCert(EVP_PKEY *key, const Certificate &what) {
  X509 *cert = X509_new();
  int64_t serial;
  RAND_bytes(reinterpret_cast<unsigned char *>(&serial), sizeof serial);
  X509_set_version(cert, 2);
  ASN1_INTEGER_set_int64(X509_get_serialNumber(cert), serial & INT64_MAX);
  X509_gmtime_adj(X509_getm_notBefore(cert), what.begins_s);
  X509_gmtime_adj(X509_getm_notAfter(cert), what.ends_s);
  X509_set_pubkey(cert, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char *>(what.common_name.c_str()), -1, -1, 0);
  return cert;
}

} // namespace

Authority::Authority(const std::string &name) : key_(EVP_EC_gen("P-256")) {
  Certificate self;
  self.common_name = name;
  cert_ = NewCert(key_, self);
  X509_set_issuer_name(cert_, X509_get_subject_name(cert_));
  AddExtension(cert_, cert_, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(cert_, cert_, NID_subject_key_identifier, "hash");
  Must(X509_sign(cert_, key_, EVP_sha256()) > 0);
  pem_ = Pem(cert_);
}

Authority::~Authority() {
  X509_free(cert_);
  EVP_PKEY_free(key_);
}

Authority::Issued Authority::Issue(const Certificate &certificate) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *cert = NewCert(key, certificate);
  X509_set_issuer_name(cert, X509_get_subject_name(cert_));
  AddExtension(cert, cert_, NID_subject_alt_name, certificate.alternative_names);
  Must(X509_sign(cert, key_, EVP_sha256()) > 0);
  Issued issued = {Pem(cert), Pem(key)};
  X509_free(cert);
  EVP_PKEY_free(key);
  return issued;
}

void WriteFile(const std::string &path, const std::string &text) {
  std::ofstream(path, std::ios::trunc) << text;
}

std::string ReadFile(const std::string &path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void ReplaceFile(const std::string &path, const std::string &text) {
  WriteFile(path + ".new", text);
  Must(rename((path + ".new").c_str(), path.c_str()) == 0);
}

} // namespace rel_test
