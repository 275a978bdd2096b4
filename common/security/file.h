// Small files that are read again when they change: certificates, keys, tokens.
//
// Whether a file changed is told by its stamp, so looking costs one stat and no thread. Stateless.
#ifndef RELATIONS_COMMON_SECURITY_FILE_H
#define RELATIONS_COMMON_SECURITY_FILE_H

#include "common/str.h"

#ifdef __cplusplus
extern "C" {
#endif

// What a file was when it was looked at; a file that is replaced, rewritten or removed has another one. All
// zero: it was not there. Take it before the file is read: what changes while it is read is then seen later.
typedef struct rel_stamp {
  uint64_t device;
  uint64_t inode;
  uint64_t bytes;
  int64_t modified_ns;
  int64_t changed_ns;
} rel_stamp;

// `path` may be NULL, which is never there.
rel_stamp rel_file_stamp(const char *path);
bool rel_stamp_eq(const rel_stamp *a, const rel_stamp *b);

// The whole of a file of up to `max` bytes, without NUL bytes; `what` names it in the error, as in
// "certificate file". What may be secret is ended with rel_buf_cleanse.
rel_code rel_file_read(const char *path, size_t max, const char *what, rel_buf *out,
                       rel_error *error) REL_MUST_CHECK;

// Overwrites the bytes before they are freed.
void rel_buf_cleanse(rel_buf *buf);

#ifdef __cplusplus
}
#endif

#endif
