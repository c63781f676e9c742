#include "core/session/frozen_step.h"

#include <utility>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/evidence/difference.h"
#include "core/session/resume.h"
#include "core/trainer/trainer.h"

namespace anchorscope {

FrozenStep::FrozenStep(std::unique_ptr<Trainer> trainer) : trainer_(std::move(trainer)) {}
FrozenStep::~FrozenStep() = default;

Result<std::unique_ptr<FrozenStep>> FrozenStep::open(
    const std::string& folder, std::int64_t step, const std::vector<std::string>& probes,
    const std::function<bool(const std::string& what, double fraction)>& progress) {
  auto point = findResumePoint(folder, step);
  if (!point) return std::move(point).error();
  // What the run itself was told to ask is in its folder already.
  RunConfig config = point->config;
  ANCHORSCOPE_TRY(config.train.set("variants", ""));
  config.probes = probes;
  PrepareOptions options;
  options.progress = progress;
  options.checkpoint = point->checkpoint;
  options.besideOthers = true;
  auto trainer = Trainer::prepare(std::move(config), options);
  if (!trainer) return std::move(trainer).error();
  // In their place the trainer has taken others.
  if (!probes.empty() && (*trainer)->takeMissingProbes().size() == probes.size())
    return makeError(ErrorCode::kNotFound,
                     concat("The run's data has no image ", listed(probes), " any more"),
                     "Name an image that is still there, or put it back to where it was");
  return std::unique_ptr<FrozenStep>(new FrozenStep(*std::move(trainer)));
}

std::int64_t FrozenStep::step() const {
  return trainer_->stepsDone();
}

Result<std::vector<std::shared_ptr<const ProbeFrame>>> FrozenStep::ask(const std::string& variants) {
  ANCHORSCOPE_TRY(trainer_->ask(variants));
  std::vector<std::shared_ptr<const ProbeFrame>> frames;
  if (trainer_->canAskAgain()) {
    frames = own_;
    if (PendingFrames asked = trainer_->captureVariants(); asked.pending())
      for (auto& frame : asked.take())
        frames.push_back(std::move(frame));
  } else if (PendingFrames measured = trainer_->capture(); measured.pending()) {
    frames = measured.take();
    own_.clear();
    for (const auto& frame : frames)
      if (!frame->variant) own_.push_back(frame);
  } else {
    return makeError(ErrorCode::kNotFound, "The data has none of the images that were looked at any more",
                     "Look at a run whose data is where it was");
  }
  return withDifferences(std::move(frames));
}

}  // namespace anchorscope
