#pragma once
// View header. COCO average precision as pycocotools computes it (boxes), all 12 numbers and per class.

#include <array>
#include <cstdint>
#include <vector>

#include "core/base/geometry.h"

namespace anchorscope {

/// One ground-truth object of the evaluation set.
struct EvalObject {
  std::int64_t image = 0;
  int classIndex = 0;
  double x = 0, y = 0, width = 0, height = 0;  ///< px, image frame
  double areaPx = 0;
  bool crowd = false;
};

struct EvalDetection {
  std::int64_t image = 0;
  int classIndex = 0;
  double x = 0, y = 0, width = 0, height = 0;
  double score = 0;
};

struct CocoAp {
  /// AP, AP50, AP75, AP small/medium/large, AR@1/10/100, AR small/medium/large; -1 where there is nothing to
  /// measure.
  std::array<double, 12> stats{};
  std::vector<double> apPerClass, ap50PerClass, ar100PerClass;
  std::vector<std::array<double, 101>>
      precisionIou50PerClass;  ///< Area all, 100 detections; -1 without objects.
};

inline constexpr std::array<const char*, 12> kCocoStatNames{"ap",        "ap50",     "ap75",      "ap_small",
                                                            "ap_medium", "ap_large", "ar_1",      "ar_10",
                                                            "ar_100",    "ar_small", "ar_medium", "ar_large"};

/// images are 0..imageCount-1, classes 0..classCount-1 (checked). maxDetections: the three limits per image
/// and class, {1,10,100} in COCO; AP and everything but AR@1 and AR@10 use the largest. Equal scores: in the
/// order given within an image, then by image. An object's areaPx decides its size class. Source:
/// pycocotools 2.0.11, COCOeval "bbox".
CocoAp evaluateCocoAp(std::int64_t imageCount, int classCount, const std::vector<EvalObject>& objects,
                      const std::vector<EvalDetection>& detections,
                      std::array<int, 3> maxDetections = {1, 10, 100});

}  // namespace anchorscope
