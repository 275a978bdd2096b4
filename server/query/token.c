// Page tokens: see token.h.
#include "server/query/token.h"

#include "common/base64.h"
#include "common/wire.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>

enum { VERSION = 2, MAC_BYTES = 32, HEAD_BYTES = 1 + MAC_BYTES };

rel_code rel_token_key_random(rel_token_key *out, rel_error *error) {
  if (RAND_bytes(out->bytes, sizeof out->bytes) == 1) return REL_OK;
  return rel_fail(error, REL_INTERNAL, "the system gives no random bytes for the key of page tokens");
}

rel_code rel_token_key_read(const char *path, rel_token_key *out, rel_error *error) {
  uint8_t bytes[4096];
  FILE *file = fopen(path, "rb");
  if (file == NULL) return rel_fail(error, REL_INVALID, "%s: %s", path, strerror(errno));
  size_t count = fread(bytes, 1, sizeof bytes, file);
  bool failed = ferror(file) != 0;
  fclose(file);
  rel_code code = REL_OK;
  if (failed)
    code = rel_fail(error, REL_INVALID, "%s cannot be read", path);
  else if (count < REL_TOKEN_KEY_BYTES)
    code = rel_fail(error, REL_INVALID, "%s: a key for page tokens has at least %d bytes, not %zu", path,
                    REL_TOKEN_KEY_BYTES, count);
  else if (EVP_Digest(bytes, count, out->bytes, NULL, EVP_sha256(), NULL) != 1)
    code = rel_fail(error, REL_INTERNAL, "the key of page tokens cannot be made");
  OPENSSL_cleanse(bytes, sizeof bytes);
  return code;
}

// Over the binding's length, the binding and what follows it, so that no byte can be taken for the other's.
static void make_mac(const rel_token_key *key, rel_str binding, rel_str rest, uint8_t mac[MAC_BYTES]) {
  rel_buf text = {0};
  unsigned len = MAC_BYTES;
  rel_buf_printf(&text, "relations page token %d %zu:", VERSION, binding.len);
  rel_buf_str(&text, binding);
  rel_buf_str(&text, rest);
  if (HMAC(EVP_sha256(), key->bytes, sizeof key->bytes, text.data, text.len, mac, &len) == NULL) abort();
  rel_buf_fini(&text);
}

// "length, owner, cursor" after the head.
static void put_rest(rel_str owner, rel_str cursor, rel_buf *out) {
  rel_wire_put_varint(out, owner.len);
  rel_buf_str(out, owner);
  rel_buf_str(out, cursor);
}

void rel_token_seal(const rel_token_key *key, rel_str binding, rel_str owner, rel_str cursor, rel_buf *out) {
  uint8_t head[HEAD_BYTES] = {VERSION};
  rel_buf bytes = {0}, rest = {0};
  put_rest(owner.len <= REL_TOKEN_MAX_OWNER ? owner : (rel_str){0}, cursor, &rest);
  make_mac(key, binding, rel_buf_view(&rest), head + 1);
  rel_buf_append(&bytes, head, sizeof head);
  rel_buf_str(&bytes, rel_buf_view(&rest));
  rel_base64url_write(rel_buf_view(&bytes), out);
  rel_buf_fini(&bytes);
  rel_buf_fini(&rest);
}

// Exactly as it is written: what only stands for the same bytes has been altered.
static bool decode(rel_str token, rel_buf *bytes) {
  rel_buf again = {0};
  bool good = token.len <= 2 * (HEAD_BYTES + REL_TOKEN_MAX_OWNER + REL_TOKEN_MAX_CURSOR) &&
              rel_base64_read(token, bytes);
  if (good) rel_base64url_write(rel_buf_view(bytes), &again);
  good = good && rel_str_eq(rel_buf_view(&again), token);
  rel_buf_fini(&again);
  return good && bytes->len >= HEAD_BYTES && bytes->data[0] == VERSION;
}

static rel_str rest_of(const rel_buf *bytes) {
  return rel_bytes(bytes->data + HEAD_BYTES, bytes->len - HEAD_BYTES);
}

static bool split(rel_str rest, rel_str *owner, rel_str *cursor) {
  uint64_t len;
  if (!rel_wire_take_varint(&rest, &len) || len > rest.len) return false;
  *owner = rel_bytes(rest.ptr, (size_t)len);
  *cursor = rel_bytes(rest.ptr + len, rest.len - (size_t)len);
  return true;
}

bool rel_token_owner(rel_str token, rel_buf *out) {
  rel_buf bytes = {0};
  rel_str owner, cursor;
  bool good = decode(token, &bytes) && split(rest_of(&bytes), &owner, &cursor);
  if (good) rel_buf_str(out, owner);
  rel_buf_fini(&bytes);
  return good;
}

bool rel_token_open(const rel_token_key *key, rel_str binding, rel_str token, rel_buf *out) {
  rel_buf bytes = {0};
  rel_str owner, cursor;
  bool good = decode(token, &bytes);
  if (good) {
    uint8_t mac[MAC_BYTES];
    make_mac(key, binding, rest_of(&bytes), mac);
    good = CRYPTO_memcmp(mac, bytes.data + 1, MAC_BYTES) == 0;
  }
  good = good && split(rest_of(&bytes), &owner, &cursor);
  if (good) rel_buf_str(out, cursor);
  rel_buf_fini(&bytes);
  return good;
}
