#pragma once
// View header. Sizes and aspect ratios of anchors for a data set: what the best possible recall is, and what
// it could be.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/data/placed_data.h"
#include "core/findings/finding.h"

namespace anchorscope {

/// How well anchors can cover the trained objects at best.
struct AnchorFit {
  double recall = 0;   ///< Share that some anchor overlaps with kReachIou or more.
  double meanIou = 0;  ///< Of each object's best anchor.
};

/// One of the shapes that boxes cluster around.
struct ShapeCluster {
  AnchorShape shape;  ///< Whole px.
  int stride = 0;     ///< Of the level whose present anchors are nearest in size.
  double share = 0;   ///< Of the objects.
};

struct AnchorAdvice {
  std::int64_t objects = 0;
  AnchorFit now;
  std::vector<ShapeCluster> clusters;  ///< As many as the detector has shapes, by area.
  AnchorFit withClusters;  ///< With these in place of the present ones, at the levels they are told for.
  AnchorOptions options;   ///< The best of those tried with as many anchors as now; may be the present ones.
  AnchorFit withOptions;
  std::vector<ObjectRef> gained;  ///< Reached with these options and not now.
};

/// Clusters by k-means under the distance 1 - IoU of boxes laid over each other's centre (YOLO9000,
/// arXiv:1612.08242), from quantiles of area, so that the same data give the same clusters. Options are
/// searched: every scale that the option takes, in quarters of an octave from the present one, at the present
/// ratios and at those that the boxes' own cluster around. The largest recall wins, then the largest mean
/// IoU, then the nearest to now. Both look at 20,000 objects at most, evenly spread; what is told of the
/// results is of all. None for detectors of points and without a trained object.
std::optional<AnchorAdvice> adviseAnchors(const PlacedData& data);

/// As they are set: "model.anchor_scale=2.83 model.ratios=0.5,1,2".
std::string optionsText(const AnchorOptions& options);

}  // namespace anchorscope
