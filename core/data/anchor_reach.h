#pragma once
// View header. How well a detector's anchors can cover boxes at best, before anything is learnt.

#include <vector>

#include "core/base/geometry.h"
#include "core/evidence/frame.h"

namespace anchorscope {

/// Size of one of a location's anchors, px of the input.
struct AnchorShape {
  float width = 0, height = 0;
  bool operator==(const AnchorShape&) const = default;
};

/// A pyramid level's anchors at any of its locations.
struct LevelShapes {
  int stride = 0;  ///< px
  std::vector<AnchorShape> shapes;
};

/// Finds the best anchor of a box without looking at every anchor: those of one level and slot are one box
/// moved along a grid, and the IoU with a given box falls with the distance of the centres along either axis,
/// so the nearest cell is the best. Built once, then any thread.
class AnchorReach {
 public:
  /// Anchors in order level, row, column, slot; each level a regular grid (checked to a hundredth of a px).
  explicit AnchorReach(const CandidateSet& anchors);

  /// The largest IoU of any anchor with the box (input frame); 0 without anchors.
  float bestIou(const Box& boxInInput) const;
  /// Whether some anchor's centre lies inside the box: what a detector of points needs.
  bool holdsCenter(const Box& boxInInput) const;

  /// Of the levels that have anchors.
  std::vector<LevelShapes> levels() const;
  /// Other anchors around the same locations (where those of the first slot lie): one entry for each of
  /// levels(), whose strides are not looked at.
  AnchorReach withShapes(const std::vector<LevelShapes>& levels) const;

 private:
  struct Grid {
    int stride = 0;
    int rows = 0, columns = 0;
    double stepX = 0, stepY = 0;   ///< px between neighbours; 0 where there is one.
    std::vector<Box> cellAnchors;  ///< Anchors of row 0, column 0.
  };
  std::vector<Grid> grids_;
};

}  // namespace anchorscope
