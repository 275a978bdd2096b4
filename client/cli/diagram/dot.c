// A diagram in DOT, for Graphviz: a record node a model, and crow's feet for "many".
#include "client/cli/diagram/diagram.h"

// In a quoted string; in a record's label also what divides records.
static void put_escaped(rel_buf *out, rel_str text, const char *special) {
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    if (c < ' ' || c == 0x7F) c = ' ';
    if (strchr(special, c) != NULL) rel_buf_cstr(out, "\\");
    rel_buf_append(out, &c, 1);
  }
}

static void put_name(rel_buf *out, rel_str name) {
  rel_buf_cstr(out, "\"");
  put_escaped(out, name, "\"\\");
  rel_buf_cstr(out, "\"");
}

static void put_in_record(rel_buf *out, rel_str text) {
  put_escaped(out, text, "\"\\{}|<> ");
}

static void put_field(const rel_diagram_field *field, rel_buf *out) {
  put_in_record(out, field->name);
  rel_buf_cstr(out, ":\\ ");
  put_in_record(out, field->type);
  if (field->optional) rel_buf_cstr(out, "?");
  if (field->primary) rel_buf_cstr(out, "\\ PK");
  if (field->foreign) rel_buf_cstr(out, "\\ FK");
  rel_buf_cstr(out, "\\l");
}

static void put_model(const rel_diagram_model *model, rel_buf *out) {
  rel_buf_cstr(out, "  ");
  put_name(out, model->name);
  rel_buf_cstr(out, " [label=\"{");
  put_in_record(out, model->title);
  if (model->abstract) rel_buf_cstr(out, "\\n(abstract)");
  if (model->field_count > 0) rel_buf_cstr(out, "|");
  for (size_t i = 0; i < model->field_count; i++)
    put_field(&model->fields[i], out);
  rel_buf_cstr(out, "}\"];\n");
}

static void put_edge(const rel_diagram *d, const rel_diagram_edge *edge, rel_buf *out) {
  static const char *const ends[] = {
      [REL_DIAGRAM_ONE] = "teetee", [REL_DIAGRAM_MAYBE_ONE] = "teeodot", [REL_DIAGRAM_MANY] = "crowodot"};
  rel_buf_cstr(out, "  ");
  put_name(out, d->models[edge->from].name);
  rel_buf_cstr(out, " -> ");
  put_name(out, d->models[edge->to].name);
  rel_buf_cstr(out, " [label=");
  put_name(out, edge->label);
  if (edge->extends)
    rel_buf_cstr(out, ", arrowtail=onormal, arrowhead=none, style=dashed];\n");
  else
    rel_buf_printf(out, ", arrowtail=%s, arrowhead=%s%s];\n", ends[edge->from_many], ends[edge->to_many],
                   edge->indirect ? ", style=dashed" : "");
}

void rel_diagram_dot(const rel_diagram *diagram, rel_buf *out) {
  rel_buf_cstr(out, "digraph models {\n"
                    "  graph [rankdir=LR, nodesep=0.4, ranksep=1.2];\n"
                    "  node [shape=record, fontname=\"monospace\", fontsize=10];\n"
                    "  edge [dir=both, fontname=\"sans-serif\", fontsize=9];\n");
  for (size_t i = 0; i < diagram->model_count; i++)
    put_model(&diagram->models[i], out);
  for (size_t i = 0; i < diagram->edge_count; i++)
    put_edge(diagram, &diagram->edges[i], out);
  rel_buf_cstr(out, "}\n");
}
