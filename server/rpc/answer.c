// The answer that is being put together: see answer.h.
#include "server/rpc/answer.h"

void rel_answer_init(rel_answer *answer) {
  answer->parts = answer->first_parts;
  answer->capacity = REL_ANSWER_PARTS;
  answer->count = answer->staged = answer->bytes = 0;
  answer->stage = answer->buffer;
  answer->room = sizeof answer->buffer;
  answer->expecting = false;
}

void rel_answer_clear(rel_answer *answer) {
  for (size_t i = 0; i < answer->count; i++)
    grpc_slice_unref(answer->parts[i]);
  if (answer->parts != answer->first_parts) free(answer->parts);
  if (answer->expecting) grpc_slice_unref(answer->expected);
  rel_answer_init(answer);
}

static void grow(rel_answer *answer) {
  size_t capacity = answer->capacity * 2;
  if (answer->parts == answer->first_parts) {
    answer->parts = rel_alloc(capacity * sizeof *answer->parts);
    memcpy(answer->parts, answer->first_parts, sizeof answer->first_parts);
  } else {
    answer->parts = rel_realloc(answer->parts, capacity * sizeof *answer->parts);
  }
  answer->capacity = capacity;
}

static void push(rel_answer *answer, grpc_slice take_slice) {
  if (answer->count == answer->capacity) grow(answer);
  answer->parts[answer->count++] = take_slice;
}

// Gathers in the fixed buffer again.
static void end_expected(rel_answer *answer) {
  grpc_slice_unref(answer->expected);
  answer->expecting = false;
  answer->stage = answer->buffer;
  answer->room = sizeof answer->buffer;
}

// Ends the gathered bytes as a part of their own.
static void flush(rel_answer *answer) {
  if (answer->staged == 0) return;
  if (answer->expecting) {
    push(answer, grpc_slice_split_head(&answer->expected, answer->staged));
    answer->stage += answer->staged;
    answer->room -= answer->staged;
  } else {
    push(answer, grpc_slice_from_copied_buffer((const char *)answer->buffer, answer->staged));
  }
  answer->staged = 0;
}

void rel_answer_expect(rel_answer *answer, size_t bytes, size_t parts) {
  if (bytes <= REL_ANSWER_STAGE || bytes / REL_BLOB_COPY_MAX >= parts || answer->expecting) return;
  flush(answer);
  answer->expected = grpc_slice_malloc_large(bytes);
  answer->expecting = true;
  answer->stage = GRPC_SLICE_START_PTR(answer->expected);
  answer->room = bytes;
}

// Room for `len` contiguous bytes, counted as written.
static uint8_t *reserve(rel_answer *answer, size_t len) {
  answer->bytes += len;
  if (len > answer->room - answer->staged) {
    flush(answer);
    if (answer->expecting && len > answer->room) end_expected(answer);
  }
  if (len > answer->room) {
    push(answer, grpc_slice_malloc(len));
    return GRPC_SLICE_START_PTR(answer->parts[answer->count - 1]);
  }
  uint8_t *at = answer->stage + answer->staged;
  answer->staged += len;
  return at;
}

void rel_answer_write(rel_answer *answer, const void *bytes, size_t len) {
  if (len > 0) memcpy(reserve(answer, len), bytes, len);
}

void rel_answer_write_message(rel_answer *answer, const ProtobufCMessage *message) {
  size_t len = protobuf_c_message_get_packed_size(message);
  if (len > 0) protobuf_c_message_pack(message, reserve(answer, len));
}

static void unref_blob(void *blob) {
  rel_blob_unref(blob);
}

void rel_answer_write_blob(rel_answer *answer, rel_blob *take_blob) {
  rel_str bytes = rel_blob_view(take_blob);
  if (bytes.len <= REL_BLOB_COPY_MAX) {
    rel_answer_write(answer, bytes.ptr, bytes.len);
    rel_blob_unref(take_blob);
    return;
  }
  flush(answer);
  push(answer, grpc_slice_new_with_user_data((void *)bytes.ptr, bytes.len, unref_blob, take_blob));
  answer->bytes += bytes.len;
}

grpc_byte_buffer *rel_answer_take(rel_answer *answer) {
  flush(answer);
  grpc_byte_buffer *message = grpc_raw_byte_buffer_create(answer->parts, answer->count);
  rel_answer_clear(answer);
  return message;
}
