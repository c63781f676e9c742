#pragma once
// Made-up batches on which assigners and losses of whole bags are measured.

#include <functional>
#include <string>

#include "core/assigners/assigner.h"
#include "core/base/param.h"

namespace anchorscope::testing {

/// What the candidates are, in order of preference.
enum class SceneKind {
  kOneAnchor,  ///< One anchor of 8 strides per location (ATSS).
  kPoints,     ///< FCOS points.
  kAnchors     ///< RetinaNet's 9 anchors per location.
};

struct AssignerScene {
  HeadTraits heads;
  AnchorSet anchors;
  HeadOutputs outputs;
  DenseTargets targets;

  StageInputs inputs() const { return {anchors, outputs, targets}; }
};

/// About 20,000 candidates, or with `large` about 201,600 (9 anchors of a 1344 x 800 image; with one
/// candidate per location the image is 3 times as long and high). Objects of COCO-like sizes against the
/// image, predictions as in the middle of training: boxes near the candidate, and of every fourth candidate
/// near an object that holds it. The same values in every program.
AssignerScene makeAssignerScene(SceneKind kind, bool large, std::int64_t images, std::int64_t objects);

/// Boxes of these offsets, with their gradient.
at::Tensor decoded(const AssignerScene& scene, const at::Tensor& offsets);

/// The first kind that the assigner takes.
SceneKind kindFor(const AssignerEntry& entry);

/// One call of the assigner; the scene must outlive it. PAA's costs are a method's focal and GIoU losses.
std::function<Assignment()> assignmentOf(const AssignerEntry& entry, const ParamSet& params,
                                         const AssignerScene& scene);

}  // namespace anchorscope::testing
