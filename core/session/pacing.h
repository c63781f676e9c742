#pragma once
// View header. How often evidence is captured so that it costs no more than its budget, and how fast training
// goes. Plain arithmetic on measured times; one owner at a time.

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

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

/// The speed of training itself over a whole run: the median over stretches of at least 10 steps and 0.25 s,
/// so that the few in which something was captured, saved or evaluated do not count. Without three whole
/// stretches: the mean from the first step to the last.
class SteadySpeed {
 public:
  /// Steps in ascending order, each with the time at which it was done.
  void addStep(std::int64_t step, double nowSeconds);
  /// 0 before two steps.
  double perSecond() const;
  /// Steps that were timed.
  std::int64_t timedSteps() const { return first_ ? last_->step - first_->step : 0; }

 private:
  struct Mark {
    std::int64_t step = 0;
    double seconds = 0;
  };
  std::optional<Mark> first_, begin_, last_;
  std::vector<double> rates_;  ///< Of the whole stretches, steps per second.
};

}  // namespace anchorscope
