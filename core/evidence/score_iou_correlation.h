#pragma once
// View header. How well class scores and boxes agree at the anchors that are trained, measured alike for
// every method.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/evidence/frame.h"

namespace anchorscope {

/// Spearman's rank correlation of two lists of one length; equal values share their mean rank. None with
/// fewer than 2 entries, or when one of the lists is constant or holds a NaN, which has no rank.
std::optional<double> spearman(std::span<const double> a, std::span<const double> b);

struct ScoreIouCorrelation {
  double mean = 0;           ///< Over the objects below.
  std::int64_t objects = 0;  ///< Trained objects with a correlation.
};

/// Over the objects of all frames with at least `minPositives` positives: Spearman's correlation of p (score
/// of the object's class, channel "cls_score_object") and q (IoU of the predicted box with the object). A
/// positive of an object is an anchor that the classification head learns for it, or else the box head
/// (channels "assigned_cls", "assigned_reg"). Objects whose positives all have one p or one q have no
/// correlation and are left out. None without any object, or when a frame lacks a channel or the predicted
/// boxes. Ours.
/// Of one stage; below of the frames' last stages.
std::optional<ScoreIouCorrelation> scoreIouCorrelationOf(const StageEvidence& stage,
                                                         std::size_t minPositives = 3);
std::optional<ScoreIouCorrelation> scoreIouCorrelation(
    const std::vector<std::shared_ptr<const ProbeFrame>>& frames, std::size_t minPositives = 3);

}  // namespace anchorscope
