#pragma once
// Internal header (ATen). A detector's COCO average precision on a data set, and detections of single images.

#include <functional>
#include <string>
#include <vector>

#include "core/base/param.h"
#include "core/base/result.h"
#include "core/data/dataset.h"
#include "core/data/loader.h"
#include "core/eval/coco_ap.h"
#include "core/eval/postprocess.h"
#include "core/model/detector.h"
#include "core/trainer/evaluation.h"

namespace anchorscope {

/// Puts a detector into evaluation mode, and back at the end of the scope, however that is left.
class EvaluationMode {
 public:
  explicit EvaluationMode(Detector& detector) : detector_(detector), before_(detector.training()) {
    detector_.setTraining(false);
  }
  ~EvaluationMode() { detector_.setTraining(before_); }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  Detector& detector_;
  bool before_;
};

struct EvaluationOptions {
  LoaderOptions loader;  ///< Shape, batch size and the threads that read ahead.
  at::Device device{at::kCPU};
  bool bf16 = false;
  PostprocessOptions postprocess;
  std::int64_t maxImages = 0;  ///< 0: all.
  /// Gets every detection whose class the set has: `image` and `classIndex` into the set's own. Null: nobody
  /// wants them.
  std::vector<EvalDetection>* detections = nullptr;
  std::function<bool(double)> progress;  ///< Fraction done; false cancels (kCancelled). May be empty.
};

/// Runs the detector in evaluation mode (its mode is restored) over the set. Classes are matched by name; the
/// set's objects of classes the detector does not know are left out with their class. `classNames` are the
/// detector's.
Result<Evaluation> evaluateDetector(Detector& detector, const std::vector<std::string>& classNames,
                                    const Dataset& dataset, const EvaluationOptions& options);

}  // namespace anchorscope
