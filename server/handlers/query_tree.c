// A query's records with their trees: see query.h.
//
// A page's records become the roots of runs of the tree, so many at a time that an answer stays within its
// limits: when a run is refused as too large, the next takes half as many. What a run brings is sent in
// messages; a record too large for one is sent in pieces, where the writer can say so. Until the last piece
// is with the transport nothing more is loaded.
#include "server/handlers/pieces.h"
#include "server/handlers/query.h"

#include "common/status.h"
#include "common/wire.h"
#include "server/loader/record_set.h"

enum {
  MAX_PIECE = 1024 * 1024, // bytes of a record in one message
  MAX_RUN = 8 * 1024 *
            1024, // of what a run brings, but for one of a single root, which may be as large as answers are
};

struct rel_query_trees {
  rel_blob **roots; // RecordSets of one record each
  size_t root_count, next_root;
  size_t at_once;  // roots of a run
  size_t most;     // that one may begin with
  rel_blob **sets; // that a run brought
  size_t set_count, next_set;
  size_t sent;        // bytes of the record of sets[next_set]; or:
  rel_pieces *pieces; // of it
  bool beyond;        // there are records behind the page
};

static void drop(rel_blob **blobs, size_t count) {
  for (size_t i = 0; i < count; i++)
    rel_blob_unref(blobs[i]);
  free(blobs);
}

static void drop_sets(rel_query_trees *t) {
  rel_pieces_free(t->pieces);
  t->pieces = NULL;
  drop(t->sets, t->set_count);
  t->sets = NULL;
  t->set_count = t->next_set = t->sent = 0;
}

static void drop_page(rel_query_trees *t) {
  drop(t->roots, t->root_count);
  t->roots = NULL;
  t->root_count = t->next_root = 0;
}

void rel_query_trees_free(rel_query_trees *t) {
  if (t == NULL) return;
  drop_sets(t);
  drop_page(t);
  free(t);
}

// --- Sending ---

static rel_str record_of(const rel_blob *set) {
  rel_wire_reader reader = {rel_blob_view(set)};
  rel_wire_field field;
  return rel_wire_next(&reader, &field) > 0 ? field.bytes : (rel_str){NULL, 0};
}

static bool take_bytes(rel_query *q, rel_query_trees *t, rel_str record) {
  size_t left = record.len - t->sent;
  bool whole = left <= MAX_PIECE;
  size_t len = whole ? left : MAX_PIECE;
  rel_wire_put_bytes(&q->records, REL_QUERY_RECORDS, rel_bytes(record.ptr + t->sent, len));
  t->sent = whole ? 0 : t->sent + len;
  return whole;
}

static bool take_message(rel_query *q, rel_query_trees *t, rel_str record) {
  rel_buf piece = {0};
  if (t->pieces == NULL) t->pieces = rel_pieces_new(q->select.model, record, MAX_PIECE);
  bool whole = !rel_pieces_next(t->pieces, &piece);
  rel_wire_put_bytes(&q->records, REL_QUERY_RECORDS, rel_buf_view(&piece));
  rel_buf_fini(&piece);
  if (!whole) return false;
  rel_pieces_free(t->pieces);
  t->pieces = NULL;
  return true;
}

// Takes of the record what a message has room for; true when that was the rest of it.
static bool take_piece(rel_query *q, rel_query_trees *t, rel_str record) {
  if (record.len > MAX_PIECE && q->writer->split == REL_SPLIT_BYTES) return take_bytes(q, t, record);
  if (record.len > MAX_PIECE && q->writer->split == REL_SPLIT_MESSAGES) return take_message(q, t, record);
  rel_wire_put_bytes(&q->records, REL_QUERY_RECORDS, record);
  return true;
}

void rel_query_put_path(const rel_query *q, rel_str records, uint32_t number, rel_buf *out) {
  rel_pieces_put_path(q->trees->pieces, records, number, out);
}

// Fills a message from what was brought.
static void fill(rel_query *q, rel_query_trees *t) {
  q->records.len = 0;
  q->continues = false;
  while (t->next_set < t->set_count && !q->continues) {
    rel_str record = record_of(t->sets[t->next_set]);
    if (q->records.len > 0 && q->records.len + record.len > REL_QUERY_MESSAGE_BYTES) return;
    if (take_piece(q, t, record))
      t->next_set++;
    else
      q->continues = true;
  }
}

static void run(rel_query *q, rel_query_trees *t);

void rel_query_trees_next(rel_query *q) {
  rel_query_trees *t = q->trees;
  if (t->next_set == t->set_count) {
    drop_sets(t);
    run(q, t);
    return;
  }
  fill(q, t);
  bool beyond = t->beyond;
  if (t->next_set < t->set_count || t->next_root < t->root_count) {
    rel_query_send_part(q, rel_buf_view(&q->records));
    return;
  }
  drop_sets(t);
  drop_page(t);
  rel_query_send_last(q, rel_buf_view(&q->records), beyond);
}

bool rel_query_trees_pending(const rel_query *q) {
  return q->trees != NULL && q->trees->root_count > 0;
}

// --- Running ---

static size_t run_count(const rel_query_trees *t) {
  size_t left = t->root_count - t->next_root;
  return t->at_once < left ? t->at_once : left;
}

static rel_code check_set(const rel_query *q, const rel_blob *set, rel_error *error) {
  rel_str status = rel_record_set_status(rel_blob_view(set));
  if (status.ptr == NULL && rel_blob_view(set).len <= q->max_bytes) return REL_OK;
  if (status.ptr == NULL)
    return rel_fail_field(error, REL_LIMIT, "includes",
                          "with its includes a record has more than %zu bytes; include less", q->max_bytes);
  if (rel_status_read(status, error)) return error->code;
  return rel_fail(error, REL_INTERNAL, "the record set's error cannot be read");
}

// A query fails with the first record that does.
static rel_code check_sets(const rel_query *q, rel_error *error) {
  const rel_query_trees *t = q->trees;
  rel_code code = REL_OK;
  for (size_t i = 0; i < t->set_count && code == REL_OK; i++)
    code = check_set(q, t->sets[i], error);
  return code;
}

// Until the caller has read them.
static rel_code keep_sets(const rel_query *q, rel_error *error) {
  const rel_query_trees *t = q->trees;
  size_t bytes = 0;
  for (size_t i = 0; i < t->set_count; i++)
    bytes += rel_blob_view(t->sets[i]).len;
  return rel_call_keep(q->call, bytes, error);
}

static void brought(rel_blob **sets, const rel_error *error, void *context) {
  enum { MORE = 2 };
  rel_query *q = context;
  rel_query_trees *t = q->trees;
  rel_error failed;
  if (error != NULL && error->code == REL_LIMIT && run_count(t) > 1) {
    t->most = t->at_once = run_count(t) / 2;
    run(q, t);
    return;
  }
  if (error == NULL) {
    t->set_count = run_count(t);
    t->sets = rel_alloc(t->set_count * sizeof *t->sets);
    memcpy(t->sets, sets, t->set_count * sizeof *t->sets);
    t->next_root += t->set_count;
    if (t->most < t->root_count) t->most *= MORE; // or it would overflow one day
    if (check_sets(q, &failed) != REL_OK || keep_sets(q, &failed) != REL_OK) error = &failed;
  }
  if (error != NULL)
    rel_query_end(q, error);
  else
    rel_query_trees_next(q);
}

static bool caller_gone(void *context) {
  return rel_call_cancelled(((rel_query *)context)->call);
}

static rel_code keep(void *context, size_t bytes, rel_error *error) {
  return rel_call_keep(((rel_query *)context)->call, bytes, error);
}

static void run(rel_query *q, rel_query_trees *t) {
  size_t count = run_count(t);
  rel_blob **roots = rel_alloc(count * sizeof *roots);
  for (size_t i = 0; i < count; i++)
    roots[i] = rel_blob_ref(t->roots[t->next_root + i]);
  rel_tree_request request = {.tree = q->tree,
                              .take_roots = roots,
                              .root_count = count,
                              .tally = q->tally,
                              .max_bytes = count > 1 ? MAX_RUN : 0,
                              .deadline_ns = rel_deadline_get(&q->deadline),
                              .done = brought,
                              .context = q,
                              .gone = caller_gone,
                              .keep = keep};
  rel_tree_start(&request);
  free(roots);
}

void rel_query_trees_start(rel_query *q, size_t records, bool beyond) {
  rel_query_trees *t = q->trees;
  if (t == NULL) {
    t = q->trees = REL_NEW(rel_query_trees);
    t->most = records;
  }
  rel_wire_reader reader = {rel_buf_view(&q->records)};
  rel_wire_field field;
  t->beyond = beyond;
  t->roots = rel_alloc(records * sizeof *t->roots);
  while (t->root_count < records) {
    const char *start = reader.rest.ptr;
    if (rel_wire_next(&reader, &field) <= 0) break;
    t->roots[t->root_count++] = rel_blob_copy(rel_bytes(start, (size_t)(reader.rest.ptr - start)));
  }
  t->at_once = t->most < t->root_count ? t->most : t->root_count;
  q->records.len = 0;
  run(q, t);
}
