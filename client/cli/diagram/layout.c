// Columns of boxes: see layout.h. Models that hang together are placed by themselves, in four steps:
//
//   columns   an order of the models in which few edges lead back; each as far right as its longest way in
//   bends     an edge over several columns gets a place in each that it crosses, as boxes have
//   order     within a column by the mean place of the neighbours, to and fro, the best of all kept
//   heights   each as near to its neighbours' mean height as the order lets it
//
// and then side by side in rows.
#include "client/cli/diagram/layout.h"

enum {
  SWEEPS = 12,
  MAX_SWEPT = 4000 /* pieces */,
  GAP_Y = 24,
  BEND_HEIGHT = 10,
  PORT_ROOM = 16,
  GAP_X = 64,
  PACK_GAP = 40,
  NO_PART = -1
};

// A box, or the bend of an edge, in its column.
typedef struct node {
  rel_box *box; // NULL: a bend
  size_t column;
  double height, y;
  double wish; // where it would like to be: among its column's nodes, then its middle
  size_t place;
} node;

// A piece of an edge, from a node to one in the next column.
typedef struct piece {
  size_t left, right;
  size_t edge;
  double left_y, right_y; // where it meets them
} piece;

typedef struct column {
  size_t *nodes;
  size_t count;
  double x, width;
  double gap; // to the next one
} column;

// One part of the diagram that hangs together, while it is placed.
typedef struct part {
  const rel_diagram *diagram;
  rel_layout *layout;
  rel_arena *arena;
  const size_t *models;
  size_t model_count;
  size_t *node_of; // of each model of the diagram
  node *nodes;
  size_t count;
  piece *pieces; // in the order of the edges, each edge's from left to right
  size_t piece_count;
  column *columns;
  size_t column_count;
} part;

// --- Columns ---

// How many edges lead to a model and from it, of those that are left.
typedef struct degree {
  ptrdiff_t in, out;
  bool taken;
} degree;

// Which model comes next: one that nothing is left to lead to, else the one that most is left to lead from.
static size_t next_model(const degree *degrees, size_t count) {
  size_t best = SIZE_MAX;
  for (size_t i = 0; i < count; i++) {
    const degree *here = &degrees[i];
    if (here->taken) continue;
    if (here->in == 0) return i;
    if (best == SIZE_MAX || here->out - here->in > degrees[best].out - degrees[best].in) best = i;
  }
  return best;
}

static bool is_loop(const rel_diagram *d, size_t edge) {
  return d->edges[edge].from == d->edges[edge].to;
}

// An order in which few edges lead back (Eades, Lin and Smyth 1993).
static void put_models_in_order(const rel_diagram *d, size_t *order, rel_arena *arena) {
  degree *degrees = REL_ARENA_ARRAY(arena, degree, d->model_count);
  for (size_t e = 0; e < d->edge_count; e++) {
    if (is_loop(d, e)) continue;
    degrees[d->edges[e].from].out++;
    degrees[d->edges[e].to].in++;
  }
  for (size_t i = 0; i < d->model_count; i++) {
    size_t next = order[i] = next_model(degrees, d->model_count);
    degrees[next].taken = true;
    for (size_t e = 0; e < d->edge_count; e++) {
      degrees[d->edges[e].to].in -= d->edges[e].from == next && !is_loop(d, e);
      degrees[d->edges[e].from].out -= d->edges[e].to == next && !is_loop(d, e);
    }
  }
}

static size_t left_of(const rel_diagram *d, const rel_layout *layout, size_t edge) {
  return layout->lines[edge].backwards ? d->edges[edge].to : d->edges[edge].from;
}

static size_t right_of(const rel_diagram *d, const rel_layout *layout, size_t edge) {
  return layout->lines[edge].backwards ? d->edges[edge].from : d->edges[edge].to;
}

// What only refers from the left moves up to the nearest that it is referred by.
static void tighten(const rel_diagram *d, const rel_layout *layout, size_t *columns) {
  for (size_t i = 0; i < d->model_count; i++) {
    size_t nearest = SIZE_MAX;
    bool first = true;
    for (size_t e = 0; e < d->edge_count; e++) {
      if (is_loop(d, e)) continue;
      if (right_of(d, layout, e) == i) first = false;
      size_t right = columns[right_of(d, layout, e)];
      if (left_of(d, layout, e) == i && right < nearest) nearest = right;
    }
    if (first && nearest != SIZE_MAX) columns[i] = nearest - 1;
  }
}

// The column of each model; turns edges that lead back.
static size_t *choose_columns(const rel_diagram *d, rel_layout *layout, rel_arena *arena) {
  size_t *order = REL_ARENA_ARRAY(arena, size_t, d->model_count);
  size_t *place = REL_ARENA_ARRAY(arena, size_t, d->model_count);
  size_t *columns = REL_ARENA_ARRAY(arena, size_t, d->model_count);
  put_models_in_order(d, order, arena);
  for (size_t i = 0; i < d->model_count; i++)
    place[order[i]] = i;
  for (size_t e = 0; e < d->edge_count; e++)
    layout->lines[e].backwards = place[d->edges[e].from] > place[d->edges[e].to];
  for (size_t i = 0; i < d->model_count; i++)
    for (size_t e = 0; e < d->edge_count; e++) {
      if (is_loop(d, e) || left_of(d, layout, e) != order[i]) continue;
      size_t right = right_of(d, layout, e);
      if (columns[right] <= columns[order[i]]) columns[right] = columns[order[i]] + 1;
    }
  tighten(d, layout, columns);
  return columns;
}

// --- Bends ---

static size_t add_node(part *p, rel_box *box, size_t in, double height) {
  p->nodes[p->count] = (node){.box = box, .column = in, .height = height};
  column *to = &p->columns[in];
  to->nodes[to->count++] = p->count;
  return p->count++;
}

static void add_edge(part *p, size_t edge) {
  size_t from = p->node_of[left_of(p->diagram, p->layout, edge)];
  size_t to = p->node_of[right_of(p->diagram, p->layout, edge)];
  for (size_t at = p->nodes[from].column + 1; at <= p->nodes[to].column; at++) {
    size_t next = at == p->nodes[to].column ? to : add_node(p, NULL, at, BEND_HEIGHT);
    p->pieces[p->piece_count++] = (piece){.left = from, .right = next, .edge = edge};
    from = next;
  }
}

// How many lines a side of a box has.
static size_t ports(const part *p, size_t at, bool right_side) {
  size_t count = 0;
  for (size_t i = 0; i < p->piece_count; i++)
    count += (right_side ? p->pieces[i].left : p->pieces[i].right) == at;
  for (size_t e = 0; e < p->diagram->edge_count && right_side; e++)
    if (is_loop(p->diagram, e) && p->node_of[p->diagram->edges[e].from] == at &&
        &p->layout->boxes[p->diagram->edges[e].from] == p->nodes[at].box)
      count += 2;
  return count;
}

static void build(part *p, const size_t *columns) {
  size_t first = SIZE_MAX, last = 0, most = p->model_count;
  const rel_diagram *d = p->diagram;
  for (size_t i = 0; i < p->model_count; i++) {
    size_t at = columns[p->models[i]];
    if (at < first) first = at;
    if (at > last) last = at;
  }
  p->column_count = last - first + 1;
  bool *ours = REL_ARENA_ARRAY(p->arena, bool, d->model_count);
  for (size_t i = 0; i < p->model_count; i++)
    ours[p->models[i]] = true;
  size_t edges = 0;
  for (size_t e = 0; e < d->edge_count; e++)
    edges += ours[d->edges[e].from];
  most += edges * p->column_count;
  p->nodes = REL_ARENA_ARRAY(p->arena, node, most);
  p->pieces = REL_ARENA_ARRAY(p->arena, piece, most);
  p->columns = REL_ARENA_ARRAY(p->arena, column, p->column_count);
  for (size_t i = 0; i < p->column_count; i++)
    p->columns[i].nodes = REL_ARENA_ARRAY(p->arena, size_t, p->model_count + edges);
  for (size_t i = 0; i < p->model_count; i++) {
    rel_box *box = &p->layout->boxes[p->models[i]];
    p->node_of[p->models[i]] = add_node(p, box, columns[p->models[i]] - first, box->height);
  }
  for (size_t e = 0; e < d->edge_count; e++)
    if (ours[d->edges[e].from] && !is_loop(d, e)) add_edge(p, e);
  for (size_t i = 0; i < p->model_count; i++) {
    size_t right = ports(p, i, true), left = ports(p, i, false);
    double needed = PORT_ROOM * (double)((right > left ? right : left) + 1);
    if (p->nodes[i].height < needed) p->nodes[i].height = p->nodes[i].box->height = needed;
  }
}

// --- Order ---

static void number(part *p) {
  for (size_t c = 0; c < p->column_count; c++)
    for (size_t i = 0; i < p->columns[c].count; i++)
      p->nodes[p->columns[c].nodes[i]].place = i;
}

static size_t crossings(const part *p) {
  size_t count = 0;
  for (size_t i = 0; i < p->piece_count; i++)
    for (size_t k = i + 1; k < p->piece_count; k++) {
      const piece *a = &p->pieces[i], *b = &p->pieces[k];
      if (p->nodes[a->left].column != p->nodes[b->left].column) continue;
      size_t al = p->nodes[a->left].place, bl = p->nodes[b->left].place;
      size_t ar = p->nodes[a->right].place, br = p->nodes[b->right].place;
      count += (al < bl && ar > br) || (al > bl && ar < br);
    }
  return count;
}

// The mean of `of` over the neighbours on one side; `otherwise` when there is none.
static double mean(const part *p, size_t at, bool left_side, double (*of)(const node *), double otherwise) {
  double sum = 0;
  size_t count = 0;
  for (size_t i = 0; i < p->piece_count; i++) {
    if ((left_side ? p->pieces[i].right : p->pieces[i].left) != at) continue;
    sum += of(&p->nodes[left_side ? p->pieces[i].left : p->pieces[i].right]);
    count++;
  }
  return count > 0 ? sum / (double)count : otherwise;
}

static double place_of(const node *n) {
  return (double)n->place;
}

static double middle_of(const node *n) {
  return n->y + n->height / 2;
}

// Insertion keeps equals in their order.
static void sort_column(part *p, column *c) {
  for (size_t i = 1; i < c->count; i++) {
    size_t moved = c->nodes[i], k = i;
    for (; k > 0 && p->nodes[c->nodes[k - 1]].wish > p->nodes[moved].wish; k--)
      c->nodes[k] = c->nodes[k - 1];
    c->nodes[k] = moved;
  }
}

static void sweep(part *p, bool rightwards) {
  for (size_t step = 1; step < p->column_count; step++) {
    column *c = &p->columns[rightwards ? step : p->column_count - 1 - step];
    for (size_t i = 0; i < c->count; i++) {
      node *n = &p->nodes[c->nodes[i]];
      n->wish = mean(p, c->nodes[i], rightwards, place_of, (double)n->place);
    }
    sort_column(p, c);
    number(p);
  }
}

static void keep_order(const part *p, size_t *best) {
  for (size_t i = 0; i < p->count; i++)
    best[i] = p->nodes[i].place;
}

static void put_in_order(part *p) {
  size_t *best = REL_ARENA_ARRAY(p->arena, size_t, p->count);
  number(p);
  if (p->piece_count > MAX_SWEPT) return;
  keep_order(p, best);
  size_t least = crossings(p);
  for (size_t i = 0; i < SWEEPS && least > 0; i++) {
    sweep(p, i % 2 == 0);
    size_t now = crossings(p);
    if (now >= least) continue;
    least = now;
    keep_order(p, best);
  }
  for (size_t i = 0; i < p->count; i++)
    p->columns[p->nodes[i].column].nodes[best[i]] = i;
  number(p);
}

// --- Heights ---

// Between the placements that yield downwards and upwards lies one that keeps the order as both do.
static void settle(part *p, const column *c, double *down, double *up) {
  double end = -1e9;
  for (size_t i = 0; i < c->count; i++) {
    const node *n = &p->nodes[c->nodes[i]];
    double wish = n->wish - n->height / 2;
    down[i] = wish > end ? wish : end;
    end = down[i] + n->height + GAP_Y;
  }
  double start = 1e9;
  for (size_t i = c->count; i > 0; i--) {
    const node *n = &p->nodes[c->nodes[i - 1]];
    double wish = n->wish - n->height / 2, most = start - GAP_Y - n->height;
    up[i - 1] = wish < most ? wish : most;
    start = up[i - 1];
  }
  for (size_t i = 0; i < c->count; i++)
    p->nodes[c->nodes[i]].y = (down[i] + up[i]) / 2;
}

static void choose_heights(part *p) {
  double *down = REL_ARENA_ARRAY(p->arena, double, p->count);
  double *up = REL_ARENA_ARRAY(p->arena, double, p->count);
  for (size_t sweep_count = 0; sweep_count <= SWEEPS; sweep_count++)
    for (size_t step = 0; step < p->column_count; step++) {
      bool rightwards = sweep_count % 2 == 0;
      column *c = &p->columns[rightwards ? step : p->column_count - 1 - step];
      for (size_t i = 0; i < c->count; i++) {
        node *n = &p->nodes[c->nodes[i]];
        n->wish = mean(p, c->nodes[i], rightwards, middle_of, middle_of(n));
      }
      settle(p, c, down, up);
    }
  double top = 1e9;
  for (size_t i = 0; i < p->count; i++)
    if (p->nodes[i].y < top) top = p->nodes[i].y;
  for (size_t i = 0; i < p->count; i++)
    p->nodes[i].y -= top;
}

// --- Places ---

static void widen(double *width, double to) {
  if (*width < to) *width = to;
}

static void choose_widths(part *p) {
  for (size_t i = 0; i < p->model_count; i++)
    widen(&p->columns[p->nodes[i].column].width, p->nodes[i].box->width);
  for (size_t i = 0; i < p->piece_count; i++) {
    const piece *s = &p->pieces[i];
    bool first = p->nodes[s->left].box != NULL; // where the label is
    double label = first ? p->layout->lines[s->edge].label_width : 0;
    widen(&p->columns[p->nodes[s->left].column].gap, label + GAP_X);
  }
  for (size_t e = 0; e < p->diagram->edge_count; e++)
    for (size_t i = 0; i < p->model_count; i++)
      if (is_loop(p->diagram, e) && p->diagram->edges[e].from == p->models[i])
        widen(&p->columns[p->nodes[i].column].gap, p->layout->lines[e].label_width + GAP_X);
  double x = 0;
  for (size_t c = 0; c < p->column_count; c++) {
    p->columns[c].x = x;
    x += p->columns[c].width + p->columns[c].gap;
  }
}

// The pieces at one side of a node meet it one below the other, in the order of where they come from.
static void spread(part *p, size_t at, bool right_side) {
  const node *n = &p->nodes[at];
  size_t total = n->box != NULL ? ports(p, at, right_side) : 0;
  for (size_t i = 0; i < p->piece_count; i++) {
    piece *s = &p->pieces[i];
    if ((right_side ? s->left : s->right) != at) continue;
    size_t above = 0;
    for (size_t k = 0; k < p->piece_count; k++) {
      const piece *o = &p->pieces[k];
      if ((right_side ? o->left : o->right) != at || k == i) continue;
      double mine = middle_of(&p->nodes[right_side ? s->right : s->left]);
      double other = middle_of(&p->nodes[right_side ? o->right : o->left]);
      above += other < mine || (other == mine && k < i);
    }
    double y = n->box == NULL ? middle_of(n) : n->y + n->height * (double)(above + 1) / (double)(total + 1);
    *(right_side ? &s->left_y : &s->right_y) = y;
  }
}

static void draw_edge(part *p, size_t edge) {
  rel_line *line = &p->layout->lines[edge];
  line->points = REL_ARENA_ARRAY(p->arena, rel_point, 2 * p->column_count);
  for (size_t i = 0; i < p->piece_count; i++) {
    const piece *s = &p->pieces[i];
    if (s->edge != edge) continue;
    const column *left = &p->columns[p->nodes[s->left].column];
    const column *right = &p->columns[p->nodes[s->right].column];
    line->points[line->count++] = (rel_point){left->x + left->width, s->left_y};
    line->points[line->count++] = (rel_point){right->x, s->right_y};
  }
}

// At the foot of the right side, one loop below the other.
static void draw_loop(part *p, size_t edge, size_t *drawn) {
  rel_line *line = &p->layout->lines[edge];
  size_t at = p->node_of[p->diagram->edges[edge].from], total = ports(p, at, true);
  const node *n = &p->nodes[at];
  const column *c = &p->columns[n->column];
  double step = n->height / (double)(total + 1), y = n->y + n->height - step * (double)(2 * ++*drawn);
  line->points = REL_ARENA_ARRAY(p->arena, rel_point, 2);
  line->count = 2;
  line->points[0] = (rel_point){c->x + c->width, y};
  line->points[1] = (rel_point){c->x + c->width, y + step};
}

static void draw(part *p) {
  for (size_t i = 0; i < p->model_count; i++) {
    node *n = &p->nodes[i];
    n->box->at = (rel_point){p->columns[n->column].x, n->y};
    n->box->width = p->columns[n->column].width;
  }
  for (size_t i = 0; i < p->count; i++) {
    spread(p, i, true);
    spread(p, i, false);
  }
  for (size_t i = 0; i < p->model_count; i++) {
    size_t loops = 0;
    for (size_t e = 0; e < p->diagram->edge_count; e++) {
      if (left_of(p->diagram, p->layout, e) != p->models[i]) continue;
      if (is_loop(p->diagram, e))
        draw_loop(p, e, &loops);
      else
        draw_edge(p, e);
    }
  }
}

static rel_point size_of(const part *p) {
  const column *last = &p->columns[p->column_count - 1];
  rel_point size = {last->x + last->width + last->gap, 0};
  for (size_t i = 0; i < p->count; i++)
    widen(&size.y, p->nodes[i].y + p->nodes[i].height);
  return size;
}

static void move(const part *p, rel_point by) {
  for (size_t i = 0; i < p->model_count; i++) {
    p->nodes[i].box->at.x += by.x;
    p->nodes[i].box->at.y += by.y;
    for (size_t e = 0; e < p->diagram->edge_count; e++) {
      rel_line *line = &p->layout->lines[e];
      if (left_of(p->diagram, p->layout, e) != p->models[i]) continue;
      for (size_t k = 0; k < line->count; k++)
        line->points[k] = (rel_point){line->points[k].x + by.x, line->points[k].y + by.y};
    }
  }
}

// --- Parts ---

// Which part each model is of, numbered by their first models.
static size_t find_parts(const rel_diagram *d, size_t *part_of, rel_arena *arena) {
  size_t count = 0;
  ptrdiff_t *found = REL_ARENA_ARRAY(arena, ptrdiff_t, d->model_count);
  for (size_t i = 0; i < d->model_count; i++)
    found[i] = NO_PART;
  for (size_t i = 0; i < d->model_count; i++) {
    if (found[i] != NO_PART) continue;
    found[i] = (ptrdiff_t)count++;
    for (bool more = true; more;) {
      more = false;
      for (size_t e = 0; e < d->edge_count; e++) {
        ptrdiff_t *a = &found[d->edges[e].from], *b = &found[d->edges[e].to];
        if (*a == *b) continue;
        *(*a == NO_PART ? a : b) = *a == NO_PART ? *b : *a;
        more = true;
      }
    }
  }
  for (size_t i = 0; i < d->model_count; i++)
    part_of[i] = (size_t)found[i];
  return count;
}

static void place_part(part *p, const size_t *columns) {
  build(p, columns);
  put_in_order(p);
  choose_heights(p);
  choose_widths(p);
  draw(p);
}

// A width at which all parts together are about as wide as a screen is.
static double row_width(const rel_point *sizes, size_t count) {
  double area = 0, widest = 0;
  for (size_t i = 0; i < count; i++) {
    area += (sizes[i].x + PACK_GAP) * (sizes[i].y + PACK_GAP);
    widen(&widest, sizes[i].x);
  }
  double side = 1;
  while (side * side < area * 1.6) // no need of a square root that is exact
    side += 16;
  return side > widest ? side : widest;
}

// Larger ones first: what stands alone fills the rows behind them.
static void pack(part *parts, size_t count, rel_layout *layout, rel_arena *arena) {
  rel_point *sizes = REL_ARENA_ARRAY(arena, rel_point, count);
  for (size_t i = 0; i < count; i++)
    sizes[i] = size_of(&parts[i]);
  double width = row_width(sizes, count), x = 0, y = 0, row = 0;
  for (int alone = 0; alone <= 1; alone++)
    for (size_t i = 0; i < count; i++) {
      if ((parts[i].model_count == 1) != (alone == 1)) continue;
      if (x > 0 && x + sizes[i].x > width) {
        y += row + PACK_GAP;
        x = row = 0;
      }
      move(&parts[i], (rel_point){x, y});
      x += sizes[i].x + PACK_GAP;
      widen(&row, sizes[i].y);
      widen(&layout->size.x, x - PACK_GAP);
    }
  layout->size.y = y + row;
}

void rel_layout_place(const rel_diagram *diagram, rel_arena *arena, rel_layout *layout) {
  size_t *part_of = REL_ARENA_ARRAY(arena, size_t, diagram->model_count);
  size_t *node_of = REL_ARENA_ARRAY(arena, size_t, diagram->model_count);
  size_t count = find_parts(diagram, part_of, arena);
  size_t *columns = choose_columns(diagram, layout, arena);
  part *parts = REL_ARENA_ARRAY(arena, part, count);
  for (size_t i = 0; i < count; i++) {
    size_t *models = REL_ARENA_ARRAY(arena, size_t, diagram->model_count), of = 0;
    for (size_t m = 0; m < diagram->model_count; m++)
      if (part_of[m] == i) models[of++] = m;
    parts[i] = (part){.diagram = diagram,
                      .layout = layout,
                      .arena = arena,
                      .models = models,
                      .model_count = of,
                      .node_of = node_of};
    place_part(&parts[i], columns);
  }
  pack(parts, count, layout, arena);
  rel_layout_place_labels(diagram, arena, layout);
}
