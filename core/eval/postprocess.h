#pragma once
// Internal header (ATen). From a dense detector's head outputs to detections, as torchvision 0.26's RetinaNet
// does it (postprocess_detections; with centerness as its FCOS): per level the best scores above a threshold,
// boxes clipped to the image, non-maximum suppression per class, the best of what remains. With a box per
// class each (candidate, class) has its own.

#include <vector>

#include "core/base/param.h"
#include "core/eval/coco_ap.h"
#include "core/evidence/frame.h"
#include "core/ops/dense_types.h"

namespace anchorscope {

/// What detections of heads with HeadOutputs::rankedBy ("centerness", "iou") are ranked and cut by.
enum class CenternessScore {
  kSqrt,     ///< sqrt(class score * centerness): torchvision's FCOS.
  kProduct,  ///< class score * centerness: the FCOS paper and mmdet, which cuts by the class score alone
             ///< first.
  kNone      ///< The class score.
};

struct PostprocessOptions {
  double scoreThreshold = 0.05;  ///< A score must be larger.
  int topKPerLevel = 1000;       ///< Candidates (anchor, class) per pyramid level.
  double nmsIou = 0.5;           ///< A box overlapping a better one of its class by more is dropped.
  int maxDetections = 300;       ///< Per image.
  CenternessScore centernessScore = CenternessScore::kSqrt;
  /// px of the input: boxes of which less lies in the image, along either axis, are dropped before they can
  /// suppress others. 0: none is.
  double smallestSide = 0;
  int topKPerClass = 0;  ///< Of those, candidates of each class of an image that enter suppression; 0: all.
};

/// score_threshold, topk_per_level, nms_iou, max_detections, score_with_centerness, min_side with the
/// defaults above.
std::vector<ParamSpec> postprocessParams();
/// From a set that holds those options (ParamSet::sub where they stand under a prefix).
PostprocessOptions postprocessOptions(const ParamSet& params);

/// How one image of the batch lies in the detector's input.
struct PostprocessImage {
  AxisTransform inputFromImage;
  SizePx imageSize;  ///< px, of the original image; boxes are clipped to it (not to padding around it).
};

/// Detections of every image of a batch, best first, boxes in px of the original image.
/// outputs: [B,N,...] as HeadOutputs states, on any device, with or without gradient; levels: of the N
/// anchors, empty: they are of none and cut together; images: B. Equal scores: larger logit, then smaller
/// level, anchor and class. A NaN logit gives no detection, nor, of candidates
/// of no level, does a box without extent before it is clipped: a place without a proposal. On CUDA all of it
/// is done there and the detections of the batch are read back at once (again where very many candidates
/// suppress each other); which of equal logits pass a level's cut is then left open.
std::vector<std::vector<PredictionRecord>> postprocess(const HeadOutputs& outputs,
                                                       const std::vector<LevelLayout>& levels,
                                                       const std::vector<PostprocessImage>& images,
                                                       const PostprocessOptions& options = {});

/// A detection as evaluateCocoAp takes it.
EvalDetection toEvalDetection(std::int64_t image, const PredictionRecord& prediction);

}  // namespace anchorscope
