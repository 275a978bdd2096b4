// Where the boxes of a diagram and the lines between them go: in columns, what is referred to left of what
// refers to it (Sugiyama, Tagawa and Toda 1981). Deterministic; knows no form of output. One owner.
#ifndef RELATIONS_CLIENT_CLI_DIAGRAM_LAYOUT_H
#define RELATIONS_CLIENT_CLI_DIAGRAM_LAYOUT_H

#include "client/cli/diagram/diagram.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rel_point {
  double x, y;
} rel_point;

typedef struct rel_box {
  double width, height; // given
  rel_point at;         // the corner at the left and above
} rel_box;

// A line from the right side of a box, or for a self-relation back to it, through points between columns to
// the left side of another.
typedef struct rel_line {
  double label_width; // given
  bool backwards;     // it begins at the edge's `to`
  rel_point *points;  // two or more; pairs, between which it runs level: leaving and entering each column
  size_t count;
  rel_point label; // the middle of it
} rel_line;

typedef struct rel_layout {
  rel_box *boxes;  // of the diagram's models
  rel_line *lines; // of its edges
  rel_point size;
} rel_layout;

// Fills in everything that is not given.
void rel_layout_place(const rel_diagram *diagram, rel_arena *arena, rel_layout *layout);

// The labels, when the lines have their places (labels.c).
void rel_layout_place_labels(const rel_diagram *diagram, rel_arena *arena, rel_layout *layout);

#ifdef __cplusplus
}
#endif

#endif
