// How far a stream reads ahead of its messages: see query.h.
//
// Where an index has the order, each statement goes on where the last one ended, and reads what one message
// holds. Where there is none, each statement reads and sorts everything that is left; so its share grows, by
// twice each time, and the messages are sent from memory. What all streams together hold so is bounded: when
// that is used up, the next ones read a message at a time, which is slower and nothing else.
#include "server/handlers/query.h"

#include "common/wire.h"

enum {
  MAX_PAGE = 4 * 1024 * 1024,  // bytes of records of one statement
  MAX_AHEAD = 64 * 1024 * 1024 // of all streams, beyond a message each
};

static void give_back(const rel_query *q, size_t bytes) {
  __atomic_fetch_sub(q->services->ahead_bytes, bytes, __ATOMIC_RELAXED);
}

void rel_query_ahead_grow(rel_query *q) {
  size_t more = q->page_bytes;
  if (q->page_bytes + more > MAX_PAGE) return;
  if (__atomic_add_fetch(q->services->ahead_bytes, more, __ATOMIC_RELAXED) <= MAX_AHEAD)
    q->page_bytes += more;
  else
    give_back(q, more);
}

void rel_query_ahead_end(rel_query *q) {
  if (q->page_bytes == REL_QUERY_MESSAGE_BYTES) return;
  give_back(q, q->page_bytes - REL_QUERY_MESSAGE_BYTES);
  q->page_bytes = REL_QUERY_MESSAGE_BYTES;
}

bool rel_query_ahead_waits(const rel_query *q) {
  return q->tree == NULL && q->sent_bytes < q->records.len;
}

rel_str rel_query_ahead_next(rel_query *q) {
  rel_str left = rel_bytes(q->records.data + q->sent_bytes, q->records.len - q->sent_bytes);
  rel_wire_reader reader = {left};
  rel_wire_field record;
  size_t len = left.len <= REL_QUERY_MESSAGE_BYTES ? left.len : 0;
  while (len < left.len && rel_wire_next(&reader, &record) > 0) {
    size_t end = left.len - reader.rest.len;
    if (len > 0 && end > REL_QUERY_MESSAGE_BYTES) break;
    len = end;
  }
  q->sent_bytes += len;
  return rel_bytes(left.ptr, len);
}
