// Gates: see emit_gate.h. Called by emit.c. The tags are whatever a schema writes, so they are escaped.
#include "client/plugin/emit_gate.h"

#include "client/plugin/names.h"

#include <ctype.h>
#include <inttypes.h>

// Letters and digits as they are, all else in octal, which ends by itself: no quote, no trigraph, no charset.
static void put_literal(rel_str text, rel_buf *out) {
  rel_buf_cstr(out, "\"");
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    bool plain = c < 0x80 && (isalnum(c) || strchr("_-. :/", c) != NULL);
    rel_buf_printf(out, plain ? "%c" : "\\%03o", c);
  }
  rel_buf_cstr(out, "\"");
}

static void put_tag(const rel_tag *tag, rel_buf *out) {
  rel_buf_cstr(out, "{");
  put_literal(tag->text, out);
  if (tag->number == INT64_MIN)
    rel_buf_cstr(out, ", INT64_MIN}"); // no literal is that small
  else
    rel_buf_printf(out, ", %" PRId64 "}", tag->number);
}

void rel_emit_gate(const rel_relation *relation, rel_arena *arena, rel_buf *out) {
  const rel_gate *gate = rel_relation_owner_gate(relation);
  if (gate == NULL) return;
  rel_str name = rel_name_relation(arena, relation);
  rel_buf_printf(out, "\nstatic const rel_sdk_tag tags_of_" REL_STR_F "[] = {", REL_STR_A(name));
  for (size_t i = 0; i < gate->known_count; i++) {
    if (i > 0) rel_buf_cstr(out, ", ");
    put_tag(&gate->known[i], out);
  }
  rel_buf_printf(out, "};\nstatic const rel_sdk_gate gate_of_" REL_STR_F " = {{%u, \"" REL_STR_F "\"}, ",
                 REL_STR_A(name), gate->field->number, REL_STR_A(gate->field->name));
  put_tag(&gate->tag, out);
  rel_buf_printf(out, ", tags_of_" REL_STR_F ", %zu};\n", REL_STR_A(name), gate->known_count);
}

rel_str rel_emit_gate_address(const rel_relation *relation, rel_arena *arena) {
  if (rel_relation_owner_gate(relation) == NULL) return rel_cstr("NULL");
  return rel_arena_printf(arena, "&gate_of_" REL_STR_F, REL_STR_A(rel_name_relation(arena, relation)));
}
