// Files: see file.h.
#include "common/security/file.h"

#include "common/clock.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <sys/stat.h>

static int64_t ns_of(struct timespec time) {
  return time.tv_sec * REL_NS_PER_S + time.tv_nsec;
}

rel_stamp rel_file_stamp(const char *path) {
  struct stat status;
  if (path == NULL || stat(path, &status) != 0) return (rel_stamp){0};
  return (rel_stamp){.device = status.st_dev,
                     .inode = status.st_ino,
                     .bytes = (uint64_t)status.st_size,
                     .modified_ns = ns_of(status.st_mtim),
                     .changed_ns = ns_of(status.st_ctim)};
}

bool rel_stamp_eq(const rel_stamp *a, const rel_stamp *b) {
  return a->device == b->device && a->inode == b->inode && a->bytes == b->bytes &&
         a->modified_ns == b->modified_ns && a->changed_ns == b->changed_ns;
}

rel_code rel_file_read(const char *path, size_t max, const char *what, rel_buf *out, rel_error *error) {
  out->len = 0;
  FILE *file = fopen(path, "re");
  if (file == NULL)
    return rel_fail(error, REL_INVALID, "cannot read the %s %s: %s", what, path, strerror(errno));
  setvbuf(file, NULL, _IONBF, 0);                 // no second copy of what may be secret
  uint8_t *bytes = rel_buf_reserve(out, max + 1); // once, for the same reason
  out->len = fread(bytes, 1, max + 1, file);
  int reason = ferror(file) ? errno : 0;
  fclose(file);
  if (reason != 0)
    return rel_fail(error, REL_INVALID, "cannot read the %s %s: %s", what, path, strerror(reason));
  if (out->len > max)
    return rel_fail(error, REL_INVALID, "the %s %s has more than %zu bytes", what, path, max);
  if (memchr(out->data, '\0', out->len) != NULL)
    return rel_fail(error, REL_INVALID, "the %s %s is no text", what, path);
  return REL_OK;
}

void rel_buf_cleanse(rel_buf *buf) {
  if (buf->data != NULL) OPENSSL_cleanse(buf->data, buf->cap);
  rel_buf_fini(buf);
}
