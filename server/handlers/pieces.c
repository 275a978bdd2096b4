// Records in pieces: see pieces.h.
//
// The record is read from its beginning to its end, and what fits is copied to the piece. A related record
// that is larger than a piece is entered: it becomes a level, with a buffer of its own. At a piece's end
// every level is closed around the one within it; at the beginning of the next all of them are open again,
// and empty.
#include "server/handlers/pieces.h"

#include "common/wire.h"

// Deeper than this nothing is entered; a record may be 100 deep in all.
enum { MAX_LEVELS = 64 };

typedef struct level {
  const rel_model *model;
  const rel_relation *relation; // by which it stands in the one around it; NULL: the record itself
  rel_wire_reader reader;       // what no piece has yet
  rel_buf bytes;                // of it in this piece
} level;

struct rel_pieces {
  level levels[MAX_LEVELS];
  size_t depth;
  size_t max_bytes;
  size_t taken; // bytes of this piece
};

rel_pieces *rel_pieces_new(const rel_model *model, rel_str record, size_t max_bytes) {
  rel_pieces *p = REL_NEW(rel_pieces);
  p->levels[p->depth++] = (level){.model = model, .reader = {record}};
  p->max_bytes = max_bytes;
  return p;
}

void rel_pieces_free(rel_pieces *p) {
  if (p == NULL) return;
  for (size_t i = 0; i < p->depth; i++)
    rel_buf_fini(&p->levels[i].bytes);
  free(p);
}

static level *top(rel_pieces *p) {
  return &p->levels[p->depth - 1];
}

static const rel_relation *relation_of(const rel_model *model, uint32_t number) {
  for (size_t i = 0; i < model->relation_count; i++)
    if (model->relations[i]->field_number == number) return model->relations[i];
  return NULL;
}

// Whether the field is a related record that has to be entered, since no piece has room for it.
static const rel_relation *to_enter(const rel_pieces *p, const level *at, const rel_wire_field *field) {
  if (field->type != REL_WIRE_BYTES || field->bytes.len <= p->max_bytes || p->depth == MAX_LEVELS)
    return NULL;
  return relation_of(at->model, field->number);
}

// Puts a level's bytes into the one around it.
static void wrap(level *outer, const level *inner) {
  rel_wire_put_bytes(&outer->bytes, inner->relation->field_number, rel_buf_view(&inner->bytes));
}

static void leave(rel_pieces *p) {
  level *inner = top(p);
  p->depth--;
  wrap(top(p), inner);
  rel_buf_fini(&inner->bytes);
}

// Takes what is next; false when the piece has no room for it.
static bool take(rel_pieces *p) {
  level *at = top(p);
  rel_wire_reader next = at->reader;
  rel_wire_field field;
  if (rel_wire_next(&next, &field) <= 0) { // no bytes of ours: they stay as they are
    rel_buf_str(&at->bytes, at->reader.rest);
    at->reader.rest.len = 0;
    return true;
  }
  const rel_relation *relation = to_enter(p, at, &field);
  if (relation != NULL) {
    at->reader = next;
    p->levels[p->depth++] = (level){.model = relation->target, .relation = relation, .reader = {field.bytes}};
    return true;
  }
  size_t len = at->reader.rest.len - next.rest.len;
  if (p->taken > 0 && p->taken + len > p->max_bytes) return false;
  rel_buf_append(&at->bytes, at->reader.rest.ptr, len);
  at->reader = next;
  p->taken += len;
  return true;
}

// Closes every level around the one within it, and empties them for the next piece.
static void close_piece(rel_pieces *p, rel_buf *out) {
  for (size_t i = p->depth; i-- > 1;) {
    wrap(&p->levels[i - 1], &p->levels[i]);
    p->levels[i].bytes.len = 0;
  }
  rel_buf_str(out, rel_buf_view(&p->levels[0].bytes));
  p->levels[0].bytes.len = 0;
  p->taken = 0;
}

bool rel_pieces_next(rel_pieces *p, rel_buf *out) {
  bool room = true;
  while (room && (p->depth > 1 || top(p)->reader.rest.len > 0)) {
    if (top(p)->reader.rest.len == 0)
      leave(p);
    else
      room = take(p);
  }
  close_piece(p, out);
  return !room;
}

void rel_pieces_put_path(const rel_pieces *p, rel_str records, uint32_t number, rel_buf *out) {
  rel_buf way = {0};
  rel_wire_put_bytes(out, number, records);
  for (size_t i = 1; i < p->depth; i++) {
    const rel_relation *relation = p->levels[i].relation;
    rel_buf_str(&way, relation->name);
    if (relation->kind == REL_HAS_MANY) {
      rel_wire_put_bytes(out, number, rel_buf_view(&way));
      way.len = 0;
    } else {
      rel_buf_cstr(&way, "."); // it is merged by itself, unless the way leads on
    }
  }
  rel_buf_fini(&way);
}
