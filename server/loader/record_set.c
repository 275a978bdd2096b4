// RecordSets as bytes: see record_set.h.
#include "server/loader/record_set.h"

#include "common/status.h"
#include "common/wire.h"

#include <pthread.h>

// Field numbers of relations.v1.RecordSet.
enum { RECORDS = 1, NEXT_PAGE_TOKEN = 2, STATE = 3, ERROR = 4, COUNT = 5 };

enum { STATES = RELATIONS__V1__LOAD_STATE__LOAD_STATE_FILTERED + 1 };

void rel_record_set_add(rel_buf *set, rel_str record) {
  rel_wire_put_bytes(set, RECORDS, record);
}

rel_blob *rel_record_set_loaded(rel_buf *set) {
  rel_wire_put_uint(set, STATE, RELATIONS__V1__LOAD_STATE__LOAD_STATE_LOADED);
  rel_blob *blob = rel_blob_copy(rel_buf_view(set));
  set->len = 0;
  return blob;
}

rel_blob *rel_record_set_cut(rel_buf *set, rel_str cursor) {
  rel_wire_put_bytes(set, NEXT_PAGE_TOKEN, cursor);
  return rel_record_set_loaded(set);
}

rel_blob *rel_record_set_counted(uint64_t count) {
  rel_buf set = {0};
  rel_wire_put_uint(&set, STATE, RELATIONS__V1__LOAD_STATE__LOAD_STATE_LOADED);
  rel_wire_put_uint(&set, COUNT, count);
  rel_blob *blob = rel_blob_copy(rel_buf_view(&set));
  rel_buf_fini(&set);
  return blob;
}

static rel_blob *without[STATES];
static pthread_once_t without_made = PTHREAD_ONCE_INIT;

static void make_without(void) {
  for (int state = 0; state < STATES; state++) {
    rel_buf set = {0};
    rel_wire_put_uint(&set, STATE, (uint64_t)state);
    without[state] = rel_blob_copy(rel_buf_view(&set));
    rel_buf_fini(&set);
  }
}

rel_blob *rel_record_set_without(Relations__V1__LoadState state) {
  pthread_once(&without_made, make_without);
  return rel_blob_ref(without[state]);
}

rel_blob *rel_record_set_failed(rel_str status) {
  rel_buf set = {0};
  rel_wire_put_bytes(&set, ERROR, status);
  rel_blob *blob = rel_blob_copy(rel_buf_view(&set));
  rel_buf_fini(&set);
  return blob;
}

rel_blob *rel_record_set_error(const rel_error *error) {
  rel_buf status = {0};
  rel_status_write(error, &status);
  rel_blob *blob = rel_record_set_failed(rel_buf_view(&status));
  rel_buf_fini(&status);
  return blob;
}

// Records stand first, and an error stands alone.
static bool begins_with(rel_str set, int field) {
  return set.len > 0 && (uint8_t)set.ptr[0] == (field << 3 | REL_WIRE_BYTES);
}

bool rel_record_set_has_records(rel_str set) {
  return begins_with(set, RECORDS);
}

rel_str rel_record_set_status(rel_str set) {
  rel_wire_reader reader = {set};
  rel_wire_field field;
  if (!begins_with(set, ERROR) || rel_wire_next(&reader, &field) <= 0) return (rel_str){NULL, 0};
  return field.bytes;
}
