// Requests as bytes: see batch.h. Owns the wire form of a LoadBatchRequest.
#include "server/custom/batch.h"

#include "common/wire.h"

// Field numbers of LoadBatchRequest, and of the lists.
enum { REQUEST_MODEL = 1, REQUEST_RELATION = 2, REQUEST_KEYS = 3, REQUEST_RECORD_TYPE = 4 };
enum { LIST_VALUES = 1, COMPOSITE_PARTS = 1 };

static bool is_integer(rel_sent_kind kind) {
  return kind == REL_SENT_INT64 || kind == REL_SENT_UINT64;
}

static void put_composite(rel_buf *list, const rel_plan *plan, rel_str key, rel_buf *scratch) {
  rel_buf *composite = scratch, *value = scratch + 1;
  rel_sent_part part;
  composite->len = 0;
  for (size_t i = 0; rel_sent_next(plan, &key, i, &part); i++) {
    value->len = 0;
    if (is_integer(part.kind))
      rel_wire_put_uint(value, part.kind, part.integer);
    else
      rel_wire_put_bytes(value, part.kind, part.bytes);
    rel_wire_put_bytes(composite, COMPOSITE_PARTS, rel_buf_view(value));
  }
  rel_wire_put_bytes(list, LIST_VALUES, rel_buf_view(composite));
}

// The one part of a key; integers are packed, without a tag.
static void put_single(rel_buf *list, const rel_plan *plan, rel_str key) {
  rel_sent_part part;
  if (!rel_sent_next(plan, &key, 0, &part)) return;
  if (is_integer(part.kind))
    rel_wire_put_varint(list, part.integer);
  else
    rel_wire_put_bytes(list, LIST_VALUES, part.bytes);
}

// What the list's message holds.
static void put_list(const rel_plan *plan, const rel_batch *batch, const rel_asked *asked, rel_buf *list) {
  rel_buf scratch[2] = {{0}, {0}};
  for (size_t i = 0; i < asked->count; i++) {
    rel_str key = batch->keys[asked->sent[i]];
    if (plan->lookup.key_count > 1)
      put_composite(list, plan, key, scratch);
    else
      put_single(list, plan, key);
  }
  rel_buf_fini(&scratch[0]);
  rel_buf_fini(&scratch[1]);
}

void rel_custom_request(const rel_plan *plan, const rel_batch *batch, const rel_asked *asked, rel_buf *out) {
  const rel_relation *relation = plan->lookup.relation;
  rel_sent_kind kind =
      plan->lookup.key_count > 1 ? REL_SENT_COMPOSITE : rel_sent_kind_of(plan->lookup.key[0]);
  rel_buf values = {0}, list = {0}, keys = {0};
  put_list(plan, batch, asked, &values);
  bool packed = is_integer(kind);
  if (packed) rel_wire_put_bytes(&list, LIST_VALUES, rel_buf_view(&values));
  rel_wire_put_bytes(&keys, kind, rel_buf_view(packed ? &list : &values));
  rel_wire_put_bytes(out, REQUEST_MODEL, relation->owner->name);
  rel_wire_put_bytes(out, REQUEST_RELATION, relation->name);
  rel_wire_put_bytes(out, REQUEST_KEYS, rel_buf_view(&keys));
  rel_wire_put_bytes(out, REQUEST_RECORD_TYPE, relation->target->name);
  rel_buf_fini(&values);
  rel_buf_fini(&list);
  rel_buf_fini(&keys);
}
