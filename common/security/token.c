// Tokens: see token.h.
#include "common/security/token.h"

#include "common/ascii.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>

enum { RANDOM_BYTES = 32 };

// What a token begins with, so that scanners for leaked secrets find it.
#define PREFIX "rel_"

rel_code rel_token_new(rel_buf *out, rel_error *error) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  uint8_t random[RANDOM_BYTES + 1] = {0}; // whole groups of three
  if (RAND_priv_bytes(random, RANDOM_BYTES) != 1)
    return rel_fail(error, REL_INTERNAL, "the system gives no random numbers");
  rel_buf_cstr(out, PREFIX);
  for (size_t i = 0; i < sizeof random; i += 3) {
    uint32_t group = (uint32_t)random[i] << 16 | (uint32_t)random[i + 1] << 8 | random[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6)
      rel_buf_append(out, &digits[group >> shift & 63], 1);
  }
  out->len--; // the digit of the byte that fills up the last group
  OPENSSL_cleanse(random, sizeof random);
  return REL_OK;
}

static bool consists_of(rel_str text, size_t max, const char *marks) {
  if (text.len == 0 || text.len > max) return false;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    if (!rel_is_alphanumeric(c) && (c == '\0' || strchr(marks, c) == NULL)) return false;
  }
  return true;
}

bool rel_token_valid(rel_str token) {
  return consists_of(token, REL_TOKEN_MAX, "-._~+/=");
}

bool rel_token_name_valid(rel_str name) {
  return consists_of(name, REL_TOKEN_NAME_MAX, "._-@");
}

static EVP_MD *sha256;

// Kept: fetching costs more than hashing.
static void fetch_sha256(void) {
  sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
  if (sha256 == NULL) abort(); // no OpenSSL is without
}

rel_token_hash rel_token_hash_of(rel_str token) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, fetch_sha256);
  rel_token_hash hash;
  if (EVP_Digest(token.ptr, token.len, hash.bytes, NULL, sha256, NULL) != 1) abort();
  return hash;
}

bool rel_token_hash_eq(const rel_token_hash *a, const rel_token_hash *b) {
  return CRYPTO_memcmp(a->bytes, b->bytes, REL_TOKEN_HASH) == 0;
}

void rel_token_line(rel_str name, const rel_token_hash *hash, rel_buf *out) {
  rel_buf_str(out, name);
  rel_buf_cstr(out, ":");
  for (size_t i = 0; i < REL_TOKEN_HASH; i++)
    rel_buf_printf(out, "%02x", hash->bytes[i]);
}

bool rel_token_line_read(rel_str line, rel_str *name, rel_token_hash *hash) {
  const char *colon = line.len > 0 ? memchr(line.ptr, ':', line.len) : NULL;
  if (colon == NULL) return false;
  *name = rel_bytes(line.ptr, (size_t)(colon - line.ptr));
  rel_str hex = rel_bytes(colon + 1, line.len - name->len - 1);
  if (!rel_token_name_valid(*name) || hex.len != (size_t)2 * REL_TOKEN_HASH) return false;
  return rel_hex_read(hex, hash->bytes);
}
