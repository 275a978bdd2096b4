// A diagram as a picture: boxes with their fields, lines with crow's feet. Text is in a font whose letters
// are equally wide, so that its width is known here.
#include "client/cli/diagram/layout.h"

#define LETTER 6.7 // of 11 px
enum { ROW = 16, HEAD = 24, PAD = 10, MARGIN = 24, FOOT = 12 };

static const char STYLE[] =
    "<style>\n"
    "  text { font: 11px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #1f2937; }\n"
    "  .head { fill: #dbe4f0; } .box { fill: #ffffff; stroke: #64748b; } .name { font-weight: bold; }\n"
    "  .abstract { font-style: italic; } .type { fill: #64748b; } .key { fill: #b45309; }\n"
    "  .line, .end { fill: none; stroke: #475569; stroke-width: 1.2; } .end.o { fill: #ffffff; }\n"
    "  .indirect { stroke-dasharray: 5 3; } .label { fill: #334155; text-anchor: middle; }\n"
    "  .under { fill: #ffffff; fill-opacity: 0.85; }\n"
    "</style>\n";

static void put_text(rel_buf *out, rel_str text) {
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    if (c < ' ' || c == 0x7F)
      rel_buf_cstr(out, " "); // XML has no way to say it
    else if (strchr("<>&\"'", c) != NULL)
      rel_buf_printf(out, "&#%u;", c);
    else
      rel_buf_append(out, &c, 1);
  }
}

// --- Boxes ---

static const char *key_of(const rel_diagram_field *field) {
  if (field->primary) return field->foreign ? "PK FK" : "PK";
  return field->foreign ? "FK" : "";
}

static double widest(const rel_diagram_model *model, size_t *name_letters) {
  size_t most = model->title.len + (model->abstract ? strlen(" (abstract)") : 0);
  *name_letters = 0;
  for (size_t i = 0; i < model->field_count; i++)
    if (model->fields[i].name.len > *name_letters) *name_letters = model->fields[i].name.len;
  for (size_t i = 0; i < model->field_count; i++) {
    const rel_diagram_field *field = &model->fields[i];
    size_t letters =
        *name_letters + 2 + field->type.len + (size_t)field->optional + 2 + strlen(key_of(field));
    if (letters > most) most = letters;
  }
  return (double)most * LETTER + 2 * PAD;
}

static void measure(const rel_diagram *d, rel_layout *layout) {
  for (size_t i = 0; i < d->model_count; i++) {
    size_t ignored;
    layout->boxes[i].width = widest(&d->models[i], &ignored);
    layout->boxes[i].height =
        HEAD + (d->models[i].field_count > 0 ? (double)d->models[i].field_count * ROW + PAD / 2.0 : 0);
  }
  for (size_t e = 0; e < d->edge_count; e++)
    layout->lines[e].label_width = (double)d->edges[e].label.len * LETTER;
}

static void put_field(const rel_diagram_field *field, const rel_box *box, size_t row, size_t name_letters,
                      rel_buf *out) {
  double y = box->at.y + HEAD + (double)row * ROW + FOOT;
  double type_x = box->at.x + PAD + (double)(name_letters + 2) * LETTER;
  rel_buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\">", box->at.x + PAD, y);
  put_text(out, field->name);
  rel_buf_printf(out, "</text><text class=\"type\" x=\"%.1f\" y=\"%.1f\">", type_x, y);
  put_text(out, field->type);
  rel_buf_cstr(out, field->optional ? "?</text>" : "</text>");
  if (key_of(field)[0] != '\0')
    rel_buf_printf(out, "<text class=\"key\" text-anchor=\"end\" x=\"%.1f\" y=\"%.1f\">%s</text>",
                   box->at.x + box->width - PAD, y, key_of(field));
  rel_buf_cstr(out, "\n");
}

static void put_box(const rel_diagram_model *model, const rel_box *box, rel_buf *out) {
  size_t name_letters;
  widest(model, &name_letters);
  rel_buf_cstr(out, "<g><title>");
  put_text(out, model->name);
  rel_buf_printf(out,
                 "</title><rect class=\"box\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"3\"/>"
                 "<rect class=\"head\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"3\"/>\n",
                 box->at.x, box->at.y, box->width, box->height, box->at.x + 0.5, box->at.y + 0.5,
                 box->width - 1, HEAD - 1);
  rel_buf_printf(out, "<text class=\"name%s\" x=\"%.1f\" y=\"%.1f\">", model->abstract ? " abstract" : "",
                 box->at.x + PAD, box->at.y + HEAD - PAD + 2);
  put_text(out, model->title);
  rel_buf_cstr(out, model->abstract ? " (abstract)</text>\n" : "</text>\n");
  for (size_t i = 0; i < model->field_count; i++)
    put_field(&model->fields[i], box, i, name_letters, out);
  rel_buf_cstr(out, "</g>\n");
}

// --- Lines ---

// At a box's side; `away` is 1 when the line leaves to the right, -1 when to the left.
static void put_end(rel_point at, double away, rel_diagram_many many, rel_buf *out) {
  double x = at.x, y = at.y;
  if (many == REL_DIAGRAM_MANY)
    rel_buf_printf(out, "<path class=\"end\" d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1f\"/>", x, y - 6, x + 10 * away,
                   y, x, y + 6);
  else
    rel_buf_printf(out, "<path class=\"end\" d=\"M%.1f %.1fV%.1f\"/>", x + 6 * away, y - 6, y + 6);
  if (many == REL_DIAGRAM_ONE)
    rel_buf_printf(out, "<path class=\"end\" d=\"M%.1f %.1fV%.1f\"/>", x + 10 * away, y - 6, y + 6);
  else
    rel_buf_printf(out, "<circle class=\"end o\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>", x + 14 * away, y);
}

// What is extended has a triangle.
static void put_triangle(rel_point at, double away, rel_buf *out) {
  rel_buf_printf(out, "<path class=\"end o\" d=\"M%.1f %.1fL%.1f %.1fV%.1fZ\"/>", at.x, at.y,
                 at.x + 12 * away, at.y - 6, at.y + 6);
}

static void put_curve(const rel_line *line, bool loop, rel_buf *out) {
  enum { LOOP = 40 };
  const rel_point *p = line->points;
  rel_buf_printf(out, "M%.1f %.1f", p[0].x, p[0].y);
  for (size_t i = 1; i < line->count; i += 2) {
    double middle = (p[i - 1].x + p[i].x) / 2;
    if (i > 1) rel_buf_printf(out, "H%.1f", p[i - 1].x);
    rel_buf_printf(out, "C%.1f %.1f %.1f %.1f %.1f %.1f", loop ? p[0].x + LOOP : middle, p[i - 1].y,
                   loop ? p[0].x + LOOP : middle, p[i].y, p[i].x, p[i].y);
  }
}

static void put_line(const rel_diagram_edge *edge, const rel_line *line, rel_buf *out) {
  bool loop = edge->from == edge->to;
  rel_point first = line->points[0], last = line->points[line->count - 1];
  rel_point from = line->backwards ? last : first, to = line->backwards ? first : last;
  double from_away = line->backwards ? -1 : 1, to_away = loop ? 1 : -from_away;
  rel_buf_printf(out, "<path class=\"line%s\" d=\"", edge->indirect || edge->extends ? " indirect" : "");
  put_curve(line, loop, out);
  rel_buf_cstr(out, "\"/>");
  if (edge->extends) {
    put_triangle(from, from_away, out);
  } else {
    put_end(from, from_away, edge->from_many, out);
    put_end(to, to_away, edge->to_many, out);
  }
  rel_buf_cstr(out, "\n");
}

static void put_label(const rel_diagram_edge *edge, const rel_line *line, rel_buf *out) {
  rel_buf_printf(out, "<rect class=\"under\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>",
                 line->label.x - line->label_width / 2 - 2, line->label.y - ROW / 2.0, line->label_width + 4,
                 ROW);
  rel_buf_printf(out, "<text class=\"label\" x=\"%.1f\" y=\"%.1f\">", line->label.x, line->label.y + 3);
  put_text(out, edge->label);
  rel_buf_cstr(out, "</text>\n");
}

// --- The picture ---

void rel_diagram_svg(const rel_diagram *diagram, rel_arena *arena, rel_buf *out) {
  rel_layout layout = {.boxes = REL_ARENA_ARRAY(arena, rel_box, diagram->model_count),
                       .lines = REL_ARENA_ARRAY(arena, rel_line, diagram->edge_count)};
  measure(diagram, &layout);
  rel_layout_place(diagram, arena, &layout);
  double width = layout.size.x + 2 * MARGIN, height = layout.size.y + 2 * MARGIN;
  rel_buf_printf(out,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
                 "viewBox=\"%d %d %.0f %.0f\">\n",
                 width, height, -MARGIN, -MARGIN, width, height);
  rel_buf_cstr(out, STYLE);
  rel_buf_printf(out, "<rect x=\"%d\" y=\"%d\" width=\"%.0f\" height=\"%.0f\" fill=\"#ffffff\"/>\n", -MARGIN,
                 -MARGIN, width, height);
  for (size_t e = 0; e < diagram->edge_count; e++)
    put_line(&diagram->edges[e], &layout.lines[e], out);
  for (size_t i = 0; i < diagram->model_count; i++)
    put_box(&diagram->models[i], &layout.boxes[i], out);
  for (size_t e = 0; e < diagram->edge_count; e++)
    put_label(&diagram->edges[e], &layout.lines[e], out);
  rel_buf_cstr(out, "</svg>\n");
}
