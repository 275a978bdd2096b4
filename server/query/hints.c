// What Django or SQL would have here, told in this language: parts of messages. Decides nothing.
#include "server/query/internal.h"

#include <strings.h>

// Where "author__name" parts, or 0.
static size_t parts_at(rel_str name) {
  for (size_t i = 1; i + 2 < name.len; i++)
    if (name.ptr[i] == '_' && name.ptr[i + 1] == '_') return i;
  return 0;
}

void rel_hint_field(const rel_model *model, rel_str name, rel_buf *out) {
  size_t at = parts_at(name);
  rel_str near = rel_model_near_field(model, name);
  const rel_group *group = rel_model_group(model, name);
  rel_str first = rel_bytes(name.ptr, at), behind = {NULL, 0};
  if (at > 0) behind = rel_shown(rel_bytes(name.ptr + at + 2, name.len - at - 2));
  if (group != NULL)
    rel_buf_printf(out, "; it is a oneof: name one of its relations, as \"" REL_STR_F "\"",
                   REL_STR_A(group->members[0]->name));
  else if (at > 0 && rel_model_relation(model, first) != NULL)
    rel_buf_printf(out, "; behind a relation stands a dot: " REL_STR_F "." REL_STR_F, REL_STR_A(first),
                   REL_STR_A(behind));
  else if (at > 0 && rel_model_field(model, first) != NULL)
    rel_buf_printf(out, "; compare " REL_STR_F " itself, by a sign or a function", REL_STR_A(first));
  else
    rel_buf_printf(out, REL_NEAR_F, REL_NEAR_A(near));
}

const char *rel_hint_word(rel_str word) {
  static const struct {
    const char *word, *instead;
  } words[] = {{"is", "write is_null(field), or field:* where there is a value"},
               {"in", "write in(field, a, b)"},
               {"not", "write NOT in front of the comparison"},
               {"ilike", "write prefix, suffix or contains(fold_case(field), \"text\")"},
               {"like", "write prefix, suffix or contains(field, \"text\")"},
               {"between", "write field >= a AND field <= b"}};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (word.len == strlen(words[i].word) && strncasecmp(word.ptr, words[i].word, word.len) == 0)
      return words[i].instead;
  return NULL;
}

const char *rel_hint_mark(char mark) {
  switch (mark) {
  case '&':
    return "; write AND";
  case '|':
    return "; write OR";
  case '!':
    return "; write NOT";
  case '~':
    return "; write prefix, suffix or contains(field, \"text\")";
  default:
    return "";
  }
}
