#pragma once
// View header. How often evidence is captured so that it costs no more than its budget, and how fast training
// goes. Plain arithmetic on measured times; one owner at a time.

#include <cstdint>
#include <deque>
#include <optional>

namespace anchorscope {

/// Spaces live captures so that they take at most `budget` of the training time.
class CapturePacer {
 public:
  /// budget: share of the time in (0,1]; 1 captures at every step.
  explicit CapturePacer(double budget) : budget_(budget) {}
  void setBudget(double budget) { budget_ = budget; }

  /// Measured duration of one training step without its capture, and of one capture.
  void addStep(double milliseconds);
  void addCapture(std::int64_t step, double milliseconds);

  /// Steps between two live captures: the smallest whole number that keeps within the budget; 1 before any
  /// measurement.
  std::int64_t every() const;
  /// True when enough steps have gone by since the last capture.
  bool due(std::int64_t step) const;

  /// Mean cost per step over the recent steps, every capture included (also recorded and asked-for ones).
  double captureMsPerStep() const { return captureMsPerStep_; }
  /// Share of the training time that captures took, over the recent steps.
  double share() const;

 private:
  double budget_;
  std::optional<double> stepMs_, captureMs_;  ///< Moving means.
  std::optional<std::int64_t> lastCapture_;
  double pendingCaptureMs_ = 0;  ///< Captures since the last step.
  double captureMsPerStep_ = 0;
};

/// Steps per second over the last `window` seconds of training; pauses are left out by reset().
class RateMeter {
 public:
  explicit RateMeter(double windowSeconds = 3) : window_(windowSeconds) {}
  void addStep(double nowSeconds);
  void reset() { times_.clear(); }
  /// 0 before two steps.
  double perSecond() const;

 private:
  double window_;
  std::deque<double> times_;
};

}  // namespace anchorscope
