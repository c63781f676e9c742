#pragma once
// Internal header (ATen). What the reference files of whole dense detectors (model.retinanet_*, model.fcos_*)
// share: torchvision's network rebuilt by name, filled by formula, run in float64 and trained on the case's
// objects.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/conformance/network_cases.h"
#include "core/methods/method.h"
#include "core/model/dense_detector.h"

namespace anchorscope::conformance {

/// Which of the program's detectors and methods a file is about.
struct DetectorPlan {
  std::string model;
  std::vector<std::pair<std::string, std::string>> settings;  ///< Where it differs from the defaults.
  FillRule fill;
  std::string method;                  ///< With its defaults.
  std::int64_t backgroundClasses = 0;  ///< Of the parameter "num_classes".
};

/// In float64 on the device.
void fillDetector(Detector& detector, const FillRule& rule, const ReferenceCase& reference,
                  at::Device device);
/// The detector for the parameter "num_classes", filled.
std::unique_ptr<Detector> filledDetector(const DetectorPlan& plan, const ReferenceCase& reference,
                                         at::Device device);

std::int64_t parameterCount(const Detector& detector);
/// num_parameters, num_filled_tensors
Outputs networkCounts(const Detector& detector);

/// The case's objects as float64 targets of one image, of files whose classes are counted from 1 on.
DenseTargets targetsFromOne(const ReferenceCase& reference, int classCount, at::Device device);

/// [B,N]: the object of each candidate by the rule of maximum IoU, with these options.
at::Tensor matchedByOverlap(const StageInputs& inputs,
                            const std::vector<std::pair<std::string, std::string>>& settings);

/// The network, its input and what training on the case's objects gives.
struct DetectorRun {
  std::unique_ptr<Detector> detector;
  at::Tensor input;
  AnchorSet anchors;
  std::vector<at::Tensor> features;
  HeadOutputs outputs;
  DenseTargets targets;
  LossTerms loss;
};
DetectorRun runDetector(const DetectorPlan& plan, const ReferenceCase& reference, at::Device device);

/// Counts of parameters and filled tensors; summaries of the input, the anchors, and per level the features
/// and the heads' outputs; the losses.
Outputs detectorOutputs(const DetectorRun& run);

/// The gradients of the total loss.
Outputs detectorGradients(const DetectorPlan& plan, const ReferenceCase& reference, at::Device device);

}  // namespace anchorscope::conformance
