#include "core/trainer/capture.h"

#include <ATen/core/grad_mode.h>

#include <utility>

#include "core/ops/class_boxes.h"
#include "core/trainer/device.h"
#include "core/trainer/validation.h"

namespace anchorscope {
namespace {

std::vector<PostprocessImage> placesOf(const ProbeBatch& probes) {
  std::vector<PostprocessImage> places;
  for (const auto& image : probes.images)
    places.push_back({image->inputFromImage, image->pixels->size});
  return places;
}

/// One packer per stage, with what was published of it.
struct StagePackers {
  explicit StagePackers(std::size_t stages) : packers(stages) {
    for (FramePacker& packer : packers)
      sinks.push_back(&packer);
  }
  std::vector<FramePacker> packers;
  StageSinks sinks;
};

class Capture {
 public:
  Capture(const CaptureSetup& setup, const ProbeBatch& probes, const StepContext& step,
          CapturedOutputs captured = {})
      : setup_(setup),
        probes_(probes),
        step_(step),
        stages_(setup.detector.stages()),
        captured_(std::move(captured)) {
    step_.training = false;  // no state moves for being looked at
  }

  void own(const std::vector<std::size_t>& places, PendingFrames& into) {
    StagePackers own(stages_.size());
    {
      const EvaluationMode mode(setup_.detector);
      const AutocastScope autocast(setup_.device, setup_.bf16);
      captured_.outputs = setup_.detector.forward(probes_.pixels, &probes_.targets, own.sinks);
    }
    // The last stage detects.
    captured_.predictions.assign(stages_.size(),
                                 std::vector<std::vector<PredictionRecord>>(probes_.images.size()));
    const StageOutputs& last = captured_.outputs.back();
    captured_.predictions.back() =
        postprocess(last.heads, last.candidates.levels, placesOf(probes_), setup_.postprocess);
    into.add(evidence(setup_.methods, nullptr, std::move(own)), places);
  }

  void variants(const std::vector<std::size_t>& places, PendingFrames& into) {
    for (const CaptureVariant& variant : setup_.variants)
      into.add(evidence(*variant.methods, variant.variant, StagePackers(stages_.size())), places);
  }

  CapturedOutputs&& take() && { return std::move(captured_); }

 private:
  PendingFrames evidence(MethodSet& methods, const std::shared_ptr<const Variant>& variant,
                         StagePackers packers) {
    methods.loss(captured_.outputs, probes_.targets, step_, packers.sinks);
    const FrameFacts facts{step_.step, probes_.images, setup_.classNames, variant};
    PendingFrames frames;
    for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
      PendingFrames its = packers.packers[stage].pack(facts, factsOf(stage, methods), setup_.missesPerObject);
      if (stage == 0)
        frames = std::move(its);
      else
        frames.addStage(std::move(its));
    }
    return frames;
  }

  StageFacts factsOf(std::size_t stage, const MethodSet& methods) const {
    StageFacts facts = stageFacts(stages_[stage], captured_.outputs[stage]);
    facts.decisions = methods.declaration(stage).decisions;
    facts.predictions = captured_.predictions[stage];
    return facts;
  }

  const CaptureSetup& setup_;
  const ProbeBatch& probes_;
  StepContext step_;
  std::vector<StageInfo> stages_;
  CapturedOutputs captured_;
};

}  // namespace

StageFacts stageFacts(const StageInfo& stage, const StageOutputs& outputs) {
  StageFacts facts;
  facts.stage = stage.spec;
  facts.candidates = outputs.candidates.geometry;
  if (!outputs.candidates.shared()) {
    facts.candidateBoxes = outputs.candidates.boxes;
    facts.origins = outputs.candidates.origins;
  }
  facts.predictedBoxes = predictedBoxes(outputs.heads);
  return facts;
}

void captureProbes(const CaptureSetup& setup, const ProbeBatch& probes, const StepContext& step,
                   const std::vector<std::size_t>& places, PendingFrames& into, CapturedOutputs* kept) {
  const at::NoGradGuard noGrad;
  Capture capture(setup, probes, step);
  capture.own(places, into);
  capture.variants(places, into);
  if (kept) *kept = std::move(capture).take();
}

void captureVariants(const CaptureSetup& setup, const ProbeBatch& probes, const StepContext& step,
                     const std::vector<std::size_t>& places, const CapturedOutputs& kept,
                     PendingFrames& into) {
  const at::NoGradGuard noGrad;
  Capture(setup, probes, step, kept).variants(places, into);
}

}  // namespace anchorscope
