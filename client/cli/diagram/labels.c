// Where the labels of lines stand: on a piece between two columns, the first one if it can be, at the first
// of a few places where no label is yet; or where the fewest are. Called by layout.c when everything else has
// its place.
#include "client/cli/diagram/layout.h"

enum { HEIGHT = 16, CLEAR = 14 /* of boxes and what is drawn at the ends */, LOOP_WIDTH = 32 };

static bool overlap(const rel_line *a, const rel_line *b) {
  double x = a->label.x - b->label.x, y = a->label.y - b->label.y;
  double width = (a->label_width + b->label_width) / 2;
  return x < width && -x < width && y < HEIGHT && -y < HEIGHT;
}

// How many of those that were placed before the label stands upon.
static size_t covered(const rel_layout *layout, size_t edge, const bool *placed, size_t count) {
  size_t labels = 0;
  for (size_t i = 0; i < count; i++)
    labels += placed[i] && overlap(&layout->lines[i], &layout->lines[edge]);
  return labels;
}

// A point of the curve that svg.c draws between two points: level at both, and steepest in the middle.
static rel_point on_curve(rel_point a, rel_point b, double part) {
  double left = 1 - part, middle = (a.x + b.x) / 2;
  double first = left * left * left, last = part * part * part;
  double second = 3 * left * left * part, third = 3 * left * part * part;
  return (rel_point){first * a.x + (second + third) * middle + last * b.x,
                     (first + second) * a.y + (third + last) * b.y};
}

static void place(rel_layout *layout, size_t edge, const bool *placed, size_t count) {
  static const double parts[] = {0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8};
  rel_line *line = &layout->lines[edge];
  double room = line->label_width / 2 + CLEAR;
  rel_point best = on_curve(line->points[0], line->points[1], 0.5);
  size_t least = SIZE_MAX;
  for (size_t piece = 0; piece + 1 < line->count; piece += 2) {
    rel_point a = line->points[piece], b = line->points[piece + 1];
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && least > 0; i++) {
      line->label = on_curve(a, b, parts[i]);
      if (line->label.x - room < a.x || line->label.x + room > b.x) continue;
      size_t labels = covered(layout, edge, placed, count);
      if (labels < least) best = line->label;
      if (labels < least) least = labels;
    }
  }
  line->label = best;
}

void rel_layout_place_labels(const rel_diagram *diagram, rel_arena *arena, rel_layout *layout) {
  bool *placed = REL_ARENA_ARRAY(arena, bool, diagram->edge_count);
  for (size_t e = 0; e < diagram->edge_count; e++) {
    rel_line *line = &layout->lines[e];
    if (diagram->edges[e].from != diagram->edges[e].to) continue;
    line->label = (rel_point){line->points[0].x + LOOP_WIDTH + line->label_width / 2,
                              (line->points[0].y + line->points[1].y) / 2};
    placed[e] = true;
  }
  for (size_t e = 0; e < diagram->edge_count; e++) {
    if (placed[e]) continue;
    place(layout, e, placed, diagram->edge_count);
    placed[e] = true;
  }
}
