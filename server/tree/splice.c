// Records are put into one another: see internal.h.
//
// A message that contains others begins with their length, which is known when they have been written; so
// everything is written from its end to its beginning, in one pass and without a second look (upb's encoder
// does the same). Of a record its own bytes come first, then its related records, then its LoadInfo.
#include "server/tree/internal.h"

#include "common/wire.h"
#include "server/loader/record_set.h"

#include <relations/v1/types.pb-c.h>

// Field numbers of RecordSet, LoadInfo and RelationInfo.
enum {
  SET_RECORDS = 1,
  LOAD_INFO_RELATIONS = 1,
  INFO_RELATION = 1,
  INFO_STATE = 2,
  INFO_NEXT_PAGE_TOKEN = 3,
  INFO_COUNT = 4
};

// The sets that a recursive node has been followed through on the way to a record, the innermost first. NULL
// is the way of what is at the top, which is of no recursive node.
typedef struct way {
  int32_t set;
  size_t round; // how many they are
  const struct way *before;
} way;

typedef enum exceeded { EXCEEDED_NOTHING, EXCEEDED_BYTES, EXCEEDED_RECORDS } exceeded;

// Bytes at..capacity are written.
typedef struct splicer {
  const rel_tree *tree;
  const rel_level *levels;
  uint8_t *data;
  size_t at, capacity;
  size_t max_bytes;
  size_t max_records; // that may still come
  rel_str failed;     // the google.rpc.Status of a set that failed
  exceeded exceeded;  // then nothing more is written
} splicer;

// --- Writing backwards ---

static size_t written(const splicer *s) {
  return s->capacity - s->at;
}

static void grow(splicer *s, size_t bytes) {
  size_t used = written(s), capacity = 2 * s->capacity;
  while (capacity - used < bytes)
    capacity *= 2;
  uint8_t *data = rel_alloc(capacity);
  memcpy(data + capacity - used, s->data + s->at, used);
  free(s->data);
  s->data = data;
  s->capacity = capacity;
  s->at = capacity - used;
}

static inline uint8_t *make_room(splicer *s, size_t bytes) {
  if (bytes > s->at) grow(s, bytes);
  s->at -= bytes;
  return s->data + s->at;
}

static void put_bytes(splicer *s, rel_str bytes) {
  if (bytes.len > 0) memcpy(make_room(s, bytes.len), bytes.ptr, bytes.len);
}

static void put_varint(splicer *s, uint64_t value) {
  rel_wire_varint(make_room(s, rel_wire_varint_size(value)), value);
}

// The head of what has been written since there were `before` bytes.
static void put_head(splicer *s, uint32_t field, size_t before) {
  put_varint(s, written(s) - before);
  put_varint(s, (uint64_t)field << 3 | REL_WIRE_BYTES);
}

// A field of bytes that are there already: head and all.
static void put_whole(splicer *s, uint32_t field, rel_str bytes) {
  uint64_t tag = (uint64_t)field << 3 | REL_WIRE_BYTES;
  uint8_t *at = make_room(s, rel_wire_varint_size(tag) + rel_wire_varint_size(bytes.len) + bytes.len);
  at = rel_wire_varint(rel_wire_varint(at, tag), bytes.len);
  if (bytes.len > 0) memcpy(at, bytes.ptr, bytes.len);
}

static bool stopped(const splicer *s) {
  return s->failed.ptr != NULL || s->exceeded != EXCEEDED_NOTHING;
}

// --- LoadInfo ---

static void put_token(splicer *s, const rel_node *node, const rel_relation *relation, int32_t link) {
  const rel_level *level = &s->levels[node->index];
  rel_buf token = {0};
  rel_pages_token(s->tree, relation, node->arguments, level->keys[link], level->sets[link].cursor, &token);
  size_t before = written(s);
  put_bytes(s, rel_buf_view(&token));
  put_head(s, INFO_NEXT_PAGE_TOKEN, before);
  rel_buf_fini(&token);
}

static void put_count(splicer *s, uint64_t count) {
  put_varint(s, count);
  put_varint(s, INFO_COUNT << 3 | REL_WIRE_VARINT);
}

// What is known of the node's relation of one record, whose set is `link`. Of a refused link anything: it
// spoils the whole set.
static void put_state(splicer *s, const rel_node *node, const rel_relation *relation, int32_t link,
                      uint64_t counted) {
  static const rel_set nothing = {.state = RELATIONS__V1__LOAD_STATE__LOAD_STATE_NULL};
  const rel_set *set = link < 0 ? &nothing : &s->levels[node->index].sets[link];
  size_t before = written(s);
  uint64_t total = counted > 0 ? counted : set->total;
  if (total > 0) put_count(s, total);
  if (set->cursor.len > 0) put_token(s, node, relation, link);
  put_varint(s, set->state);
  put_varint(s, INFO_STATE << 3 | REL_WIRE_VARINT);
  size_t behind_name = written(s);
  put_bytes(s, relation->name);
  put_head(s, INFO_RELATION, behind_name);
  put_head(s, LOAD_INFO_RELATIONS, before);
}

// --- Records ---

static void put_related(splicer *s, const rel_node *node, uint32_t field, int32_t link, const way *before);

// The set that a record of a recursive node is followed to, or REL_LINK_UNREAD: it is as deep as was asked
// for, or it is on the way to itself.
static int32_t again_link(const splicer *s, const rel_node *node, size_t record, const way *here) {
  const rel_level *level = &s->levels[node->index];
  if (node->again == NULL || here == NULL || here->round == node->max_rounds || record >= level->again_count)
    return REL_LINK_UNREAD;
  int32_t link = level->again_links[record];
  for (const way *w = here; w != NULL; w = w->before)
    if (w->set == link) return REL_LINK_UNREAD;
  return link;
}

// How many the node has counted for a record of its parent.
static uint64_t total_of(const splicer *s, const rel_node *node, size_t record) {
  const rel_level *level = &s->levels[node->index];
  int32_t link = level->links[record];
  return link < 0 ? 0 : level->sets[link].total;
}

static void put_info(splicer *s, const rel_node *node, size_t record, int32_t again) {
  size_t before = written(s);
  for (const rel_node *child = node->children; child != NULL; child = child->next) {
    const rel_level *level = &s->levels[child->index];
    int32_t link = level->links[record];
    if (child->counts && child->beside != NULL) continue; // said with the records
    uint64_t counted = child->beside != NULL ? total_of(s, child->beside, record) : 0;
    if (link != REL_LINK_UNREAD) put_state(s, child, child->loadable->relation, link, counted);
  }
  if (again != REL_LINK_UNREAD) put_state(s, node, node->again->relation, again, 0);
  if (written(s) > before) put_head(s, node->model->load_info->number, before);
}

// The counts that the model has fields for.
static void put_count_fields(splicer *s, const rel_node *node, size_t record) {
  for (const rel_node *child = node->children; child != NULL; child = child->next) {
    if (child->count_field == NULL || !child->counts) continue;
    put_varint(s, total_of(s, child, record));
    put_varint(s, (uint64_t)child->count_field->number << 3 | REL_WIRE_VARINT);
  }
}

// A record of a node without its head, and everything below it.
static void put_record(splicer *s, const rel_node *node, size_t record, const way *here) {
  int32_t again = again_link(s, node, record, here);
  if (node->model->load_info != NULL) put_info(s, node, record, again);
  put_count_fields(s, node, record);
  for (const rel_node *child = node->children; child != NULL; child = child->next)
    put_related(s, child, child->loadable->relation->field_number, s->levels[child->index].links[record],
                NULL);
  if (again != REL_LINK_UNREAD) put_related(s, node, node->again->relation->field_number, again, here);
  put_bytes(s, s->levels[node->index].records[record]);
}

static void put_related(splicer *s, const rel_node *node, uint32_t field, int32_t link, const way *before) {
  const rel_level *level = &s->levels[node->index];
  if (stopped(s)) return;
  if (link <= REL_LINK_REFUSED)
    s->failed = rel_record_set_status(rel_blob_view(level->refused[REL_LINK_REFUSED - link]));
  if (link < 0) return;
  const rel_set *set = &level->sets[link];
  way here = {link, before != NULL ? before->round + 1 : 1, before};
  s->failed = set->failed;
  bool whole = set->assembled || (node->children == NULL && node->again == NULL);
  for (size_t i = set->count; i-- > 0 && !stopped(s);) {
    if (whole) {
      put_whole(s, field, level->records[set->first + i]);
    } else {
      size_t behind = written(s);
      put_record(s, node, set->first + i, &here);
      put_head(s, field, behind);
    }
    if (written(s) > s->max_bytes) s->exceeded = EXCEEDED_BYTES;
    if (s->max_records-- == 0) s->exceeded = EXCEEDED_RECORDS; // the last time that it is looked at
  }
}

// The set itself, as a RecordSet.
static void put_set(splicer *s, const rel_node *node, const rel_set *set) {
  put_bytes(s, set->tail);
  for (size_t i = set->count; i-- > 0 && !stopped(s);) {
    size_t behind = written(s);
    put_record(s, node, set->first + i, NULL);
    put_head(s, SET_RECORDS, behind);
  }
  if (written(s) > s->max_bytes) s->exceeded = EXCEEDED_BYTES;
}

// --- Answers ---

static rel_code too_large(const rel_tree_limits *limits, exceeded which, rel_error *error) {
  bool by_bytes = which == EXCEEDED_BYTES;
  return rel_fail_field(
      error, REL_LIMIT, "includes",
      "with its includes the answer has more than %zu %s; ask for fewer owners, include less, or "
      "use Query, which streams",
      by_bytes ? limits->max_bytes : limits->max_records, by_bytes ? "bytes" : "records");
}

// A set that is an answer as it is: nothing was loaded below it.
static rel_code take_whole(rel_loaded_tree *loaded, const rel_set *set, rel_blob **out, rel_error *error) {
  size_t len = rel_blob_view(set->blob).len;
  if (len > loaded->room) return too_large(&loaded->tree->limits, EXCEEDED_BYTES, error);
  loaded->room -= len;
  *out = rel_blob_ref(set->blob);
  return REL_OK;
}

rel_code rel_tree_splice(rel_loaded_tree *loaded, const rel_node *node, size_t index, rel_blob **out,
                         rel_error *error) {
  enum { FIRST_CAPACITY = 4096 };
  const rel_tree_limits *limits = &loaded->tree->limits;
  const rel_set *set = &loaded->levels[node->index].sets[index];
  rel_code code = REL_OK;
  *out = NULL;
  if (set->count == 0 || set->assembled) return take_whole(loaded, set, out, error);
  splicer s = {.tree = loaded->tree,
               .levels = loaded->levels,
               .data = rel_alloc(FIRST_CAPACITY),
               .at = FIRST_CAPACITY,
               .capacity = FIRST_CAPACITY,
               .max_bytes = loaded->room,
               .max_records = limits->max_records};
  put_set(&s, node, set);
  if (s.failed.ptr != NULL) {
    *out = rel_record_set_failed(s.failed);
  } else if (s.exceeded != EXCEEDED_NOTHING) {
    code = too_large(limits, s.exceeded, error);
  } else {
    *out = rel_blob_copy(rel_bytes(s.data + s.at, written(&s)));
    loaded->room -= written(&s);
  }
  free(s.data);
  return code;
}
