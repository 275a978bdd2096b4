// A blob: bytes with a reference count. What a cache entry, a flight and a reply share without copying.
//
// The bytes are written once, between new and the first ref, and immutable from then on. ref and unref are
// thread-safe.
#ifndef RELATIONS_COMMON_BLOB_H
#define RELATIONS_COMMON_BLOB_H

#include "common/str.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_blob rel_blob;

// A blob of `len` bytes, to be written through rel_blob_data; one reference, the caller's.
rel_blob *rel_blob_new(size_t len);
// A blob with a copy of the bytes.
rel_blob *rel_blob_copy(rel_str bytes);
// One more reference; returns the blob.
rel_blob *rel_blob_ref(rel_blob *blob);
// One less; the last one frees. Accepts NULL.
void rel_blob_unref(rel_blob *blob);
// Where to write, before the blob is shared.
uint8_t *rel_blob_data(rel_blob *blob);
// The bytes; valid as long as the reference.
rel_str rel_blob_view(const rel_blob *blob);
// Bytes that the blob occupies, itself included.
size_t rel_blob_footprint(const rel_blob *blob);

#ifdef __cplusplus
}
#endif

#endif
