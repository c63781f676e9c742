#pragma once
// Every scalar of a run by step, in bounded memory, with what it spans: for plots, conditions and exports.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/store/run_types.h"
#include "widgets/plot/curve_series.h"

namespace anchorscope {

/// Append-only series by name. GUI thread only.
class ScalarStore {
 public:
  explicit ScalarStore(CurveLimits limits = {}) : limits_(limits) {}

  void append(std::int64_t step, const std::vector<ScalarValue>& scalars);
  /// After what there is of this one.
  void append(const std::string& name, const ScalarSeries& series);
  void clear() {
    series_.clear();
    lastStep_ = -1;
  }

  /// These alone.
  ScalarStore only(const std::vector<std::string>& names) const;
  std::vector<std::string> names() const;
  /// Null for an unknown name.
  const CurveSeries* find(const std::string& name) const;
  /// The newest value at or before a step, or the block that holds it.
  CurveSeries::Reading at(const std::string& name, std::int64_t step) const;
  std::int64_t lastStep() const { return lastStep_; }

 private:
  CurveLimits limits_;
  std::map<std::string, CurveSeries> series_;
  std::int64_t lastStep_ = -1;
};

}  // namespace anchorscope
