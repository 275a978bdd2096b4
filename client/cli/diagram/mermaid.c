// A diagram as Mermaid's erDiagram (mermaid.js.org/syntax/entityRelationshipDiagram.html).
//
// Names of entities and labels are quoted, where the language takes anything but what put_quoted writes as an
// entity code. Types and names of fields cannot be quoted; they are identifiers, and the three that are
// words of the language there get an underscore.
#include "client/cli/diagram/diagram.h"

#include <ctype.h>

static void put_quoted(rel_buf *out, rel_str text) {
  rel_buf_cstr(out, "\"");
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    if (isalnum(c) || c >= 0x80 || strchr(" _-./()[],:=", c) != NULL)
      rel_buf_append(out, &c, 1);
    else
      rel_buf_printf(out, "#%u;", c);
  }
  rel_buf_cstr(out, "\"");
}

static void put_word(rel_buf *out, rel_str word) {
  for (size_t i = 0; i < word.len; i++)
    rel_buf_append(out, isalnum((unsigned char)word.ptr[i]) ? &word.ptr[i] : "_", 1);
  if (rel_str_is(word, "PK") || rel_str_is(word, "FK") || rel_str_is(word, "UK")) rel_buf_cstr(out, "_");
}

static void put_field(const rel_diagram_field *field, rel_buf *out) {
  rel_buf_cstr(out, "    ");
  put_word(out, field->type);
  rel_buf_cstr(out, " ");
  put_word(out, field->name);
  if (field->primary || field->foreign)
    rel_buf_printf(out, " %s%s%s", field->primary ? "PK" : "", field->primary && field->foreign ? ", " : "",
                   field->foreign ? "FK" : "");
  rel_buf_cstr(out, field->optional ? " \"optional\"\n" : "\n");
}

static void put_model(const rel_diagram_model *model, rel_buf *out) {
  rel_buf_cstr(out, "  ");
  put_quoted(out, model->title);
  rel_buf_cstr(out, model->field_count > 0 ? " {\n" : "\n");
  for (size_t i = 0; i < model->field_count; i++)
    put_field(&model->fields[i], out);
  if (model->field_count > 0) rel_buf_cstr(out, "  }\n");
}

static void put_edge(const rel_diagram *d, const rel_diagram_edge *edge, rel_buf *out) {
  static const char *const left[] = {
      [REL_DIAGRAM_ONE] = "||", [REL_DIAGRAM_MAYBE_ONE] = "|o", [REL_DIAGRAM_MANY] = "}o"};
  static const char *const right[] = {
      [REL_DIAGRAM_ONE] = "||", [REL_DIAGRAM_MAYBE_ONE] = "o|", [REL_DIAGRAM_MANY] = "o{"};
  rel_buf_cstr(out, "  ");
  put_quoted(out, d->models[edge->from].title);
  rel_buf_printf(out, " %s%s%s ", left[edge->from_many], edge->indirect || edge->extends ? ".." : "--",
                 right[edge->to_many]);
  put_quoted(out, d->models[edge->to].title);
  rel_buf_cstr(out, " : ");
  put_quoted(out, edge->label);
  rel_buf_cstr(out, "\n");
}

void rel_diagram_mermaid(const rel_diagram *diagram, rel_buf *out) {
  rel_buf_cstr(out, "erDiagram\n");
  for (size_t i = 0; i < diagram->model_count; i++)
    put_model(&diagram->models[i], out);
  for (size_t i = 0; i < diagram->edge_count; i++)
    put_edge(diagram, &diagram->edges[i], out);
}
