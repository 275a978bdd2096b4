// Blobs: see blob.h.
#include "common/blob.h"

#include <assert.h>
#include <stdatomic.h>

struct rel_blob {
  atomic_uint refs;
  uint32_t len;
  uint8_t data[];
};

rel_blob *rel_blob_new(size_t len) {
  assert(len <= UINT32_MAX);
  rel_blob *blob = rel_alloc(sizeof *blob + len);
  atomic_init(&blob->refs, 1);
  blob->len = (uint32_t)len;
  return blob;
}

rel_blob *rel_blob_copy(rel_str bytes) {
  rel_blob *blob = rel_blob_new(bytes.len);
  if (bytes.len > 0) memcpy(blob->data, bytes.ptr, bytes.len);
  return blob;
}

rel_blob *rel_blob_ref(rel_blob *blob) {
  // Relaxed: whoever makes a second reference already holds one, so nothing is published here.
  atomic_fetch_add_explicit(&blob->refs, 1, memory_order_relaxed);
  return blob;
}

void rel_blob_unref(rel_blob *blob) {
  if (blob == NULL) return;
  // Release our last reads, acquire everyone's before freeing.
  if (atomic_fetch_sub_explicit(&blob->refs, 1, memory_order_acq_rel) == 1) free(blob);
}

uint8_t *rel_blob_data(rel_blob *blob) {
  return blob->data;
}

rel_str rel_blob_view(const rel_blob *blob) {
  return rel_bytes(blob->data, blob->len);
}

size_t rel_blob_footprint(const rel_blob *blob) {
  return sizeof *blob + blob->len;
}
