#pragma once
// View header. Which steps' evidence is recorded, so that a run keeps within its share of the disk: at every
// `every`-th step while that fits, else at distances that grow with the step, so that the moments thin out
// evenly on a logarithmic scale and early training stays dense. Plain arithmetic; one owner at a time.

#include <cstdint>
#include <string>

namespace anchorscope {

/// A moment is the evidence of all probes at one step.
class RecordPlan {
 public:
  /// every: distance of moments in steps, 0: none. plannedSteps: 0: unknown, then ten million are reckoned
  /// with. budgetBytes: what evidence may take on disk; 0: no limit. A change takes effect from the next step
  /// on.
  void setLimits(std::int64_t every, std::int64_t plannedSteps, std::int64_t budgetBytes);

  /// What is recorded by now: that many moments, the newest at `lastStep`, taking so many bytes.
  void measured(std::int64_t moments, std::int64_t bytes, std::int64_t lastStep);

  /// Whether the evidence of this step is to be recorded; steps are asked in order.
  bool due(std::int64_t step) const;

  /// What the whole run will have recorded as things stand, from what a moment has taken so far on the
  /// average.
  struct Forecast {
    std::int64_t moments = 0, bytes = 0;
    bool thinned = false;    ///< Fewer moments than one at every `every`-th step.
    bool exhausted = false;  ///< The budget is used up: nothing more is recorded.
  };
  Forecast forecast() const;
  /// The forecast for people: "4 probes × 180 steps ≈ 1.2 GB"; thinned: with what was asked for and the
  /// budget.
  std::string forecastText(std::int64_t probes) const;

 private:
  std::int64_t horizon() const { return plannedSteps_ > 0 ? plannedSteps_ : 10'000'000; }
  double bytesPerMoment() const {
    return moments_ > 0 ? static_cast<double>(bytes_) / static_cast<double>(moments_) : 0;
  }
  /// Moments after the newest, when distances are at least `growth` of the step.
  double momentsAhead(double growth) const;
  void choose();

  std::int64_t every_ = 0, plannedSteps_ = 0, budgetBytes_ = 0;
  std::int64_t moments_ = 0, bytes_ = 0, lastStep_ = -1;
  double growth_ = 0;  ///< Distance to the next moment over the step; 0: every `every_`.
  bool exhausted_ = false;
};

/// Bytes for people: "340 MB", "1.2 GB" (powers of 1000, as disks are sold).
std::string byteText(std::int64_t bytes);

}  // namespace anchorscope
