// Reads a count as a text: must not compile.
#include "tests/client/plugin/shop.relations.h"

const char *text_of(shop_v1_note_aggregate *notes, const rel_group *group);

const char *text_of(shop_v1_note_aggregate *notes, const rel_group *group) {
  rel_count_term count = shop_v1_note_aggregate_count(notes);
  return rel_group_text(group, count);
}
