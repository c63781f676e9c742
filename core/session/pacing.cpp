#include "core/session/pacing.h"

#include <algorithm>
#include <cmath>

namespace anchorscope {
namespace {
// A moving mean with a memory of about 20 values follows a change of load within a second of a small model's
// training.
constexpr double kBlend = 0.05;

void blend(std::optional<double>& mean, double value) {
  mean = mean ? *mean + kBlend * (value - *mean) : value;
}
}  // namespace

void CapturePacer::addStep(double milliseconds) {
  blend(stepMs_, milliseconds);
  captureMsPerStep_ += kBlend * (pendingCaptureMs_ - captureMsPerStep_);
  pendingCaptureMs_ = 0;
}

void CapturePacer::addCapture(std::int64_t step, double milliseconds) {
  // Captures are few: the newest counts for half, so that a change of probes shows at once.
  captureMs_ = captureMs_ ? 0.5 * (*captureMs_ + milliseconds) : milliseconds;
  pendingCaptureMs_ += milliseconds;
  lastCapture_ = step;
}

std::int64_t CapturePacer::every() const {
  if (!stepMs_ || !captureMs_ || *stepMs_ <= 0 || budget_ >= 1) return 1;
  // capture / (every * step + capture) <= budget
  const double steps = *captureMs_ * (1 - budget_) / (budget_ * *stepMs_);
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(steps)));
}

bool CapturePacer::due(std::int64_t step) const {
  return !lastCapture_ || step - *lastCapture_ >= every();
}

double CapturePacer::share() const {
  const double total = stepMs_.value_or(0) + captureMsPerStep_;
  return total > 0 ? captureMsPerStep_ / total : 0;
}

void RateMeter::addStep(double nowSeconds) {
  times_.push_back(nowSeconds);
  while (times_.size() > 2 && nowSeconds - times_.front() > window_)
    times_.pop_front();
}

double RateMeter::perSecond() const {
  if (times_.size() < 2 || times_.back() <= times_.front()) return 0;
  return static_cast<double>(times_.size() - 1) / (times_.back() - times_.front());
}

void SteadySpeed::addStep(std::int64_t step, double nowSeconds) {
  constexpr std::int64_t kStretchSteps = 10;
  constexpr double kStretchSeconds = 0.25;
  last_ = Mark{step, nowSeconds};
  if (!first_) first_ = begin_ = last_;
  const std::int64_t steps = step - begin_->step;
  const double seconds = nowSeconds - begin_->seconds;
  if (steps < kStretchSteps || seconds < kStretchSeconds) return;
  rates_.push_back(static_cast<double>(steps) / seconds);
  begin_ = last_;
}

double SteadySpeed::perSecond() const {
  if (!first_ || last_->seconds <= first_->seconds) return 0;
  if (rates_.size() < 3) return static_cast<double>(timedSteps()) / (last_->seconds - first_->seconds);
  std::vector<double> sorted = rates_;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  if (sorted.size() % 2 == 1) return *middle;
  return 0.5 * (*middle + *std::max_element(sorted.begin(), middle));
}

}  // namespace anchorscope
