#pragma once
// Internal header (ATen). Measures the evidence of probe images: one forward pass, and what the run's method
// says of its outputs; what other methods say of the same outputs beside it.

#include <memory>
#include <string>
#include <vector>

#include "core/eval/postprocess.h"
#include "core/methods/method_set.h"
#include "core/model/detector.h"
#include "core/trainer/frame_packer.h"

namespace anchorscope {

/// Another method, or the same with other options, asked about the outputs that the run's own was given.
struct CaptureVariant {
  std::shared_ptr<const Variant> variant;
  MethodSet* methods = nullptr;
};

/// What evidence is measured with. Members must outlive the calls.
struct CaptureSetup {
  CaptureSetup(Detector& theDetector, MethodSet& theMethods) : detector(theDetector), methods(theMethods) {}

  Detector& detector;
  MethodSet& methods;  ///< The run's own.
  std::vector<CaptureVariant> variants;
  at::Device device = at::kCPU;
  bool bf16 = false;
  std::shared_ptr<const std::vector<std::string>> classNames;
  PostprocessOptions postprocess;
  std::int32_t missesPerObject = -1;  ///< See FramePacker::pack.
};

/// What the detector gave for a batch of probes: others can be asked about it later, as long as nobody
/// trains.
struct CapturedOutputs {
  std::vector<StageOutputs> outputs;
  std::vector<std::vector<std::vector<PredictionRecord>>> predictions;  ///< Per stage and image.
};

/// What a frame of the stage holds besides what is published and detected.
StageFacts stageFacts(const StageInfo& stage, const StageOutputs& outputs);

/// The frames of a batch of probe images with the present weights in evaluation mode, the run's own and each
/// variant's, at the given places in the order of all probes. No gradients, and nothing of detector and
/// methods changes. step: as the method is told; its sink is not used. kept: gets the outputs; may be null.
void captureProbes(const CaptureSetup& setup, const ProbeBatch& probes, const StepContext& step,
                   const std::vector<std::size_t>& places, PendingFrames& into,
                   CapturedOutputs* kept = nullptr);

/// The variants' frames alone, of outputs that captureProbes has kept: without a forward pass.
void captureVariants(const CaptureSetup& setup, const ProbeBatch& probes, const StepContext& step,
                     const std::vector<std::size_t>& places, const CapturedOutputs& kept,
                     PendingFrames& into);

}  // namespace anchorscope
