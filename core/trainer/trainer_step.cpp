// One step of training, and its numbers on their way from the device.

#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/ops/scalars_scope.h"
#include "core/trainer/accumulation.h"
#include "core/trainer/batch_loss.h"
#include "core/trainer/batch_tensors.h"
#include "core/trainer/schedule.h"
#include "core/trainer/trainer.h"

namespace anchorscope {

/// Scalars of one step on their way from the device.
struct Trainer::PendingReport {
  std::int64_t step = 0;
  double learningRate = 0;
  std::vector<std::string> names;    ///< Of values[0..]; the last value is 1 for a step without an update.
  at::Tensor values;                 ///< [names + 1] float64 on the host.
  std::optional<c10::Event> copied;  ///< GPU only.
};

Trainer::Trainer() = default;
Trainer::~Trainer() = default;

Status Trainer::step(StepWatch* watch) {
  kept_.clear();
  optimizer_->clearGradients();
  movingStatistics_.remember();
  LossTerms terms;
  at::Tensor norm, skip;
  const auto undo = [&] {
    // The graph and the gradients first: what is put back needs room.
    terms = {};
    optimizer_->clearGradients();
    movingStatistics_.restore();
  };
  try {
    auto loss = accumulate(watch);
    if (!loss) {
      undo();
      return std::move(loss).error();
    }
    terms = *std::move(loss);
    if (!classBiases_.empty()) {
      const at::NoGradGuard noGrad;  // as the step has it: before it moves
      terms.scalars.push_back({"train.cls_bias", at::cat(classBiases_).mean()});
    }
    norm = optimizer_->clipGradients(config_.train.getFloat("clip_grad"));
    skip = at::logical_not(at::isfinite(terms.total.detach()) & at::isfinite(norm)).to(at::kFloat);
  } catch (...) {
    undo();
    throw;
  }
  const double learningRate = anchorscope::learningRate(config_.train, stepsDone_);
  sound_ = false;
  optimizer_->step(config_.train, learningRate, skip);
  movingStatistics_.restoreIf(skip);
  if (average_) average_->update(averageDecay(config_.train, stepsDone_ + 1), skip);
  sound_ = true;
  ++stepsDone_;
  loaderPosition_ = loader_->position();
  report(terms, norm, skip, learningRate);
  if (watch) watch->updated();
  return {};
}

Result<LossTerms> Trainer::accumulate(StepWatch* watch) {
  const std::int64_t count = config_.train.getInt("accumulate");
  watched_ = watch != nullptr;  // all batches of the step alike
  std::vector<LossTerms> batches;
  // Of this step and the one before, whose numbers may still be on their way.
  while (!remembered_.empty() && remembered_.front().step < stepsDone_)
    remembered_.pop_front();
  remembered_.push_back({stepsDone_ + 1, loader_->position(), count});
  for (std::int64_t i = 0; i < count; ++i) {
    auto loaded = loader_->next();
    if (!loaded) return std::move(loaded).error().in(concat("loading a batch of step ", stepsDone_ + 1));
    diagnostics_.append(loaded->diagnostics);
    LossTerms terms =
        forwardAndBackward(*loaded, i, watch, watch ? watch->begin(*loaded, i, count) : StageSinks());
    terms.total = terms.total.detach();
    batches.push_back(std::move(terms));
  }
  // Not the losses before: what is measured of a batch's gradients on their way is the batch's own.
  if (count > 1) optimizer_->scaleGradients(1.0 / static_cast<double>(count));
  return meanTerms(std::move(batches));
}

StepContext Trainer::contextOf(bool watched) const {
  StepContext step;
  step.step = stepsDone_;
  step.plannedSteps = plannedSteps();
  step.epochs = static_cast<double>(stepsDone_) / config_.train.stepsPerEpoch();
  step.seed = static_cast<std::uint64_t>(config_.train.getInt("seed"));
  const std::int64_t every = config_.train.getInt("statistics_every");
  step.statistics = watched || watched_ || stepsDone_ == 0 || (stepsDone_ + 1) % every == 0;
  return step;
}

LossTerms Trainer::forwardAndBackward(const Batch& batch, std::int64_t place, StepWatch* watch,
                                      const StageSinks& sinks) {
  const at::Tensor pixels = pixelTensor(batch, *normalization_, *inputs_);
  const DenseTargets targets = targetTensors(batch, config_.train.getInt("max_objects"), 0, *inputs_);
  std::function<void(const std::vector<StageOutputs>&)> forwarded;
  if (watch) forwarded = [watch](const std::vector<StageOutputs>& stages) { watch->forwarded(stages); };
  StepContext step = contextOf(anyLooks(sinks));
  step.batch = place;
  LossTerms terms =
      batchLoss({*detector_, *method_, device_, bf16_}, pixels, targets, step, sinks, forwarded);
  if (watch) watch->lost(terms);
  terms.total.backward();
  if (watch) watch->differentiated();
  return terms;
}

void Trainer::report(const LossTerms& terms, const at::Tensor& gradientNorm, const at::Tensor& skip,
                     double learningRate) {
  RECORD_USER_SCOPE(kScalarsScope);
  const at::NoGradGuard noGrad;
  PendingReport pending;
  pending.step = stepsDone_;
  pending.learningRate = learningRate;
  std::vector<at::Tensor> values;
  for (const NamedScalar& scalar : terms.scalars) {
    pending.names.push_back(scalar.name);
    values.push_back(scalar.value);
  }
  pending.names.emplace_back("train.grad_norm");
  values.push_back(gradientNorm);
  values.push_back(skip);
  if (device_.is_cpu()) {
    // Read as they are: a conversion of each would be some hundred operators per step.
    pending.values = at::empty({static_cast<std::int64_t>(values.size())}, at::kDouble);
    std::transform(values.begin(), values.end(), pending.values.mutable_data_ptr<double>(),
                   [](const at::Tensor& value) { return value.item<double>(); });
  } else {
    for (at::Tensor& value : values)
      value = value.detach().to(device_, at::kDouble).reshape({});
    pending.values = at::stack(values);
  }
  if (!device_.is_cpu()) {
    const at::Tensor onHost =
        at::empty(pending.values.sizes(), at::TensorOptions().dtype(at::kDouble).pinned_memory(true));
    onHost.copy_(pending.values, /*non_blocking=*/true);
    pending.values = onHost;
    pending.copied.emplace(device_.type());
    pending.copied->record(c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
  }
  reports_.push_back(std::move(pending));
}

std::vector<StepReport> Trainer::takeReports(bool all) {
  std::vector<StepReport> out;
  // On a GPU the newest step's numbers may still be computed: waiting for them would stall the next step.
  const std::size_t keep = !device_.is_cpu() && !all ? 1 : 0;
  while (reports_.size() > keep) {
    PendingReport& pending = reports_.front();
    if (pending.copied) pending.copied->synchronize();
    const double* values = pending.values.const_data_ptr<double>();
    StepReport report;
    report.step = pending.step;
    for (std::size_t i = 0; i < pending.names.size(); ++i)
      report.scalars.push_back({pending.names[i], values[i]});
    report.scalars.push_back({"train.lr", pending.learningRate});
    report.scalars.push_back(
        {"train.epoch", static_cast<double>(pending.step) / config_.train.stepsPerEpoch()});
    if (const auto counted = prior()) report.scalars.push_back({"train.prior", *counted});
    report.updated = values[pending.names.size()] == 0;
    skippedInARow_ = report.updated ? 0 : skippedInARow_ + 1;
    skippedSteps_ += report.updated ? 0 : 1;
    report.skippedInARow = skippedInARow_;
    report.scalars.push_back({"train.skipped_steps", static_cast<double>(skippedSteps_)});
    out.push_back(std::move(report));
    reports_.pop_front();
  }
  return out;
}

Diagnostics Trainer::takeDiagnostics() {
  return std::exchange(diagnostics_, {});
}

std::unique_ptr<BatchEvidence> Trainer::watchBatch(BatchEvidence::Hook hook) {
  return std::make_unique<BatchEvidence>(
      BatchEvidence::Facts{captureSetup(Asks::kOwnMethod), dataset_, stepsDone_, trainedParameters()},
      std::move(hook));
}

}  // namespace anchorscope
