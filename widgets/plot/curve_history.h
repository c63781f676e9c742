#pragma once
// Every scalar of a run by step, raw and smoothed, for plots and exports.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/store/run_types.h"

namespace anchorscope {

/// Append-only series by name. GUI thread only.
class CurveHistory {
 public:
  void append(std::int64_t step, const std::vector<ScalarValue>& scalars);
  void set(const std::string& name, ScalarSeries series);
  void clear() {
    series_.clear();
    lastStep_ = -1;
  }

  std::vector<std::string> names() const;
  /// Null for an unknown name.
  const ScalarSeries* find(const std::string& name) const;
  /// The newest value at or before a step, NaN when there is none.
  double valueAt(const std::string& name, std::int64_t step) const;
  std::int64_t lastStep() const { return lastStep_; }

 private:
  std::map<std::string, ScalarSeries> series_;
  std::int64_t lastStep_ = -1;
};

/// Exponential moving average with bias correction (as in Adam's first moment); weight 0 returns the values.
/// Non-finite values are passed through and leave the average as it was.
std::vector<double> smoothed(const std::vector<double>& values, double weight);

}  // namespace anchorscope
