#pragma once
// View header. COCO average precision as pycocotools computes it (boxes or masks), all 12 numbers and per
// class.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/geometry.h"
#include "core/data/segmentation.h"

namespace anchorscope {

/// One ground-truth object of the evaluation set.
struct EvalObject {
  std::int64_t image = 0;
  int classIndex = 0;
  double x = 0, y = 0, width = 0, height = 0;  ///< px, image frame
  double areaPx = 0;
  bool crowd = false;
  std::shared_ptr<const RunMask> mask = nullptr;  ///< Of the image's size; needed for masks alone.
};

struct EvalDetection {
  std::int64_t image = 0;
  int classIndex = 0;
  double x = 0, y = 0, width = 0, height = 0;
  double score = 0;
  std::shared_ptr<const RunMask> mask = nullptr;  ///< Likewise.
};

/// What has to overlap: COCOeval's "bbox" and "segm".
enum class ApOf { kBoxes, kMasks };

struct CocoAp {
  /// AP, AP50, AP75, AP small/medium/large, AR@1/10/100, AR small/medium/large; -1 where there is nothing to
  /// measure.
  std::array<double, 12> stats{};
  std::vector<double> apPerClass, ap50PerClass, ar100PerClass;
  std::vector<std::array<double, 101>>
      precisionIou50PerClass;  ///< Area all, 100 detections; -1 without objects.
};

/// One of the 12 numbers, as files, tables and people call it.
struct CocoStat {
  const char *name, *title, *description;
};
/// In the order of CocoAp::stats.
inline constexpr std::array<CocoStat, 12> kCocoStats{
    {{"ap", "AP", "Mean over IoU thresholds 0.50 to 0.95"},
     {"ap50", "AP50", "At IoU 0.50"},
     {"ap75", "AP75", "At IoU 0.75"},
     {"ap_small", "AP small", "AP of objects below 32 × 32 px of the image"},
     {"ap_medium", "AP medium", "AP of objects up to 96 × 96 px of the image"},
     {"ap_large", "AP large", "AP of objects above 96 × 96 px of the image"},
     {"ar_1", "AR1", "Recall with one detection per image"},
     {"ar_10", "AR10", "Recall with 10 detections per image"},
     {"ar_100", "AR100", "Recall with 100 detections per image"},
     {"ar_small", "AR small", "AR100 of objects below 32 × 32 px of the image"},
     {"ar_medium", "AR medium", "AR100 of objects up to 96 × 96 px of the image"},
     {"ar_large", "AR large", "AR100 of objects above 96 × 96 px of the image"}}};
/// "0.254"; "–" where there is nothing to measure, and for what is no number.
std::string statText(double value);

/// Order by score, best first; a NaN score comes last, as numpy sorts it.
bool cocoScoredBefore(double a, double b);
/// Overlap over union; of a crowd region the part of the detection that lies in it.
double cocoOverlap(const EvalDetection& detection, const EvalObject& object);

/// images are 0..imageCount-1, classes 0..classCount-1 (checked). maxDetections: the three limits per image
/// and class, {1,10,100} in COCO; AP and everything but AR@1 and AR@10 use the largest. Equal scores: in the
/// order given within an image, then by image. An object's areaPx decides its size class, and the area of
/// its box or mask that of a detection.
/// Of masks (ApOf::kMasks) every detection has one (checked), of its image's size like the objects' (checked
/// where two meet); boxes play no part. An object without a mask is none there: it is left out.
/// Source: pycocotools 2.0.11, COCOeval "bbox" and "segm".
CocoAp evaluateCocoAp(std::int64_t imageCount, int classCount, const std::vector<EvalObject>& objects,
                      const std::vector<EvalDetection>& detections,
                      std::array<int, 3> maxDetections = {1, 10, 100}, ApOf of = ApOf::kBoxes);

}  // namespace anchorscope
