// Where boxes and lines go: of random diagrams, what must hold of any.
#include "client/cli/diagram/layout.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>
#include <vector>

namespace {

class Layout {
public:
  Layout(size_t models, const std::vector<std::pair<size_t, size_t>> &edges, std::mt19937 &random) {
    rel_arena_init(&arena_);
    diagram.models = REL_ARENA_ARRAY(&arena_, rel_diagram_model, models);
    diagram.model_count = models;
    diagram.edges = REL_ARENA_ARRAY(&arena_, rel_diagram_edge, edges.size());
    diagram.edge_count = edges.size();
    layout.boxes = REL_ARENA_ARRAY(&arena_, rel_box, models);
    layout.lines = REL_ARENA_ARRAY(&arena_, rel_line, edges.size());
    for (size_t i = 0; i < models; i++)
      layout.boxes[i] = {50.0 + random() % 150, 24.0 + random() % 200, {}};
    for (size_t e = 0; e < edges.size(); e++) {
      diagram.edges[e].from = edges[e].first;
      diagram.edges[e].to = edges[e].second;
      layout.lines[e].label_width = random() % 120;
    }
    rel_layout_place(&diagram, &arena_, &layout);
  }
  Layout(const Layout &) = delete;
  ~Layout() { rel_arena_fini(&arena_); }

  // Nothing lies on or beyond anything that it should not.
  void Check() const {
    for (size_t i = 0; i < diagram.model_count; i++) {
      CheckInside(layout.boxes[i]);
      for (size_t k = 0; k < i; k++)
        EXPECT_FALSE(Overlap(layout.boxes[i], layout.boxes[k])) << k << " and " << i;
    }
    for (size_t e = 0; e < diagram.edge_count; e++)
      CheckLine(e);
  }

  void CheckLabels() const {
    for (size_t i = 0; i < diagram.edge_count; i++)
      for (size_t k = 0; k < i; k++) {
        const rel_line &a = layout.lines[i], &b = layout.lines[k];
        bool apart = std::abs(a.label.x - b.label.x) >= (a.label_width + b.label_width) / 2 ||
                     std::abs(a.label.y - b.label.y) >= 15;
        EXPECT_TRUE(apart) << k << " and " << i;
      }
  }

  rel_diagram diagram = {};
  rel_layout layout = {};

private:
  void CheckInside(const rel_box &box) const {
    EXPECT_GE(box.at.x, -0.01);
    EXPECT_GE(box.at.y, -0.01);
    EXPECT_LE(box.at.x + box.width, layout.size.x + 0.01);
    EXPECT_LE(box.at.y + box.height, layout.size.y + 0.01);
  }
  static bool Overlap(const rel_box &a, const rel_box &b) {
    return a.at.x < b.at.x + b.width - 0.01 && b.at.x < a.at.x + a.width - 0.01 &&
           a.at.y < b.at.y + b.height - 0.01 && b.at.y < a.at.y + a.height - 0.01;
  }
  static void CheckBeside(const rel_point &point, const rel_box &box, bool right_side) {
    EXPECT_NEAR(point.x, right_side ? box.at.x + box.width : box.at.x, 0.01);
    EXPECT_GT(point.y, box.at.y);
    EXPECT_LT(point.y, box.at.y + box.height);
  }
  void CheckLine(size_t e) const {
    const rel_line &line = layout.lines[e];
    const rel_diagram_edge &edge = diagram.edges[e];
    bool loop = edge.from == edge.to;
    ASSERT_GE(line.count, 2u);
    ASSERT_EQ(line.count % 2, 0u);
    CheckBeside(line.points[0], layout.boxes[line.backwards ? edge.to : edge.from], true);
    CheckBeside(line.points[line.count - 1], layout.boxes[line.backwards ? edge.from : edge.to], loop);
    for (size_t i = 1; i < line.count; i++) {
      EXPECT_GE(line.points[i].x, line.points[i - 1].x - 0.01) << "lines run to the right";
      if (i % 2 != 0) continue;
      EXPECT_NEAR(line.points[i].y, line.points[i - 1].y, 0.01);
      CheckLevel(line.points[i - 1], line.points[i]);
    }
    EXPECT_LE(line.label.x + line.label_width / 2, layout.size.x + 0.01);
  }
  // Across a column a line crosses no box.
  void CheckLevel(const rel_point &a, const rel_point &b) const {
    for (size_t i = 0; i < diagram.model_count; i++) {
      const rel_box &box = layout.boxes[i];
      bool across = a.x < box.at.x + box.width - 0.01 && b.x > box.at.x + 0.01;
      EXPECT_FALSE(across && a.y > box.at.y && a.y < box.at.y + box.height) << "a line through box " << i;
    }
  }

  rel_arena arena_;
};

using Edges = std::vector<std::pair<size_t, size_t>>;

TEST(Layout, OfNothing) {
  std::mt19937 random(1);
  Layout empty(0, {}, random);
  EXPECT_EQ(empty.layout.size.x, 0);
  Layout alone(1, {}, random);
  alone.Check();
}

TEST(Layout, WhatIsReferredToStandsLeft) {
  std::mt19937 random(1);
  Layout chain(4, Edges{{3, 1}, {1, 0}, {0, 2}, {3, 2}}, random);
  chain.Check();
  const rel_box *boxes = chain.layout.boxes;
  EXPECT_LT(boxes[3].at.x, boxes[1].at.x);
  EXPECT_LT(boxes[1].at.x, boxes[0].at.x);
  EXPECT_LT(boxes[0].at.x, boxes[2].at.x);
  EXPECT_EQ(chain.layout.lines[3].count, 6u) << "two bends";
}

// Several lines between the same two boxes, and a loop beside them.
TEST(Layout, LabelsStandClearOfEachOther) {
  std::mt19937 random(1);
  Layout many(2, Edges{{0, 1}, {0, 1}, {0, 0}, {0, 1}, {1, 0}}, random);
  many.CheckLabels();
}

// The label of a line that goes on behind the first column stood upon others where the way to that was full.
TEST(Layout, ALongLinesLabelStandsWhereThereIsRoom) {
  for (unsigned seed : {10, 21, 22}) { // boxes and labels of such sizes
    std::mt19937 random(seed);
    Layout crowd(
        3, Edges{{0, 0}, {0, 1}, {0, 1}, {0, 1}, {0, 1}, {0, 1}, {0, 1}, {1, 2}, {0, 2}, {0, 2}, {0, 2}},
        random);
    crowd.Check();
    crowd.CheckLabels();
  }
}

TEST(Layout, CyclesAndLoopsEnd) {
  std::mt19937 random(1);
  Layout cycle(3, Edges{{0, 1}, {1, 2}, {2, 0}, {1, 1}, {1, 1}, {0, 1}, {1, 0}}, random);
  cycle.Check();
}

TEST(Layout, OfRandomDiagrams) {
  const char *given = getenv("SEED");
  unsigned seed = given != nullptr ? static_cast<unsigned>(strtoul(given, nullptr, 10)) : 20260101;
  SCOPED_TRACE("SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 150 && !::testing::Test::HasFailure(); round++) {
    size_t models = 1 + random() % 30;
    Edges edges(random() % (2 * models));
    for (auto &edge : edges)
      edge = {random() % models, random() % models};
    SCOPED_TRACE("round " + std::to_string(round));
    Layout(models, edges, random).Check();
  }
}

} // namespace
