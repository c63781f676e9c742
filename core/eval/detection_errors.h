#pragma once
// View header. What detections get wrong, in six kinds, and how much average precision each costs: TIDE.

#include <array>
#include <cstdint>
#include <vector>

#include "core/eval/coco_ap.h"

namespace anchorscope {

struct ErrorKind {
  const char *name, *title, *description;
};
/// Of a detection without a match the first that fits; the last is of objects.
inline constexpr std::array<ErrorKind, 6> kErrorKinds{
    {{"tide.loc", "Localisation errors", "Overlap an object of their class by 0.1 to 0.5."},
     {"tide.cls", "Classification errors", "Overlap an object of another class by 0.5 or more."},
     {"tide.dupe", "Duplicates", "Overlap by 0.5 or more an object that a better detection has."},
     {"tide.bkg", "Background errors", "Overlap no object by more than 0.1."},
     {"tide.both", "Class and place wrong", "Overlap an object of another class by 0.1 to 0.5."},
     {"tide.miss", "Missed objects",
      "Found by no detection, nor met by one whose only error is its class or its place."}}};

struct DetectionErrors {
  double ap50 = -1;  ///< As CocoAp has it; -1 without objects.
  /// By kErrorKinds: AP50 with the kind put right, less AP50, in [0, 1] but for ties; -1 without objects.
  std::array<double, 6> lost{-1, -1, -1, -1, -1, -1};
  std::array<std::int64_t, 6> counts{};
};

/// As evaluateCocoAp takes them. A kind is put right so: the best detection that errs about an object's place
/// or class finds it, if no other has, and the rest of the kind go; duplicates, background and both go; what
/// was missed does not count, nor does a class of which nothing but that was there. Detections in crowd
/// regions count for nothing. Source: Bolya, Foley, Hays, Hoffman: TIDE, ECCV 2020, thresholds 0.5 and 0.1.
DetectionErrors detectionErrors(std::int64_t imageCount, int classCount,
                                const std::vector<EvalObject>& objects,
                                const std::vector<EvalDetection>& detections, int maxDetections = 100);

}  // namespace anchorscope
