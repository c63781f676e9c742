#include "widgets/plot/curve_history.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace anchorscope {

void CurveHistory::append(std::int64_t step, const std::vector<ScalarValue>& scalars) {
  for (const ScalarValue& scalar : scalars) {
    ScalarSeries& series = series_[scalar.name];
    series.steps.push_back(step);
    series.values.push_back(scalar.value);
  }
  lastStep_ = std::max(lastStep_, step);
}

void CurveHistory::set(const std::string& name, ScalarSeries series) {
  if (!series.steps.empty()) lastStep_ = std::max(lastStep_, series.steps.back());
  series_[name] = std::move(series);
}

std::vector<std::string> CurveHistory::names() const {
  std::vector<std::string> out;
  for (const auto& [name, series] : series_)
    out.push_back(name);
  return out;
}

const ScalarSeries* CurveHistory::find(const std::string& name) const {
  const auto found = series_.find(name);
  return found == series_.end() ? nullptr : &found->second;
}

double CurveHistory::valueAt(const std::string& name, std::int64_t step) const {
  const ScalarSeries* series = find(name);
  if (!series) return std::numeric_limits<double>::quiet_NaN();
  const auto after = std::upper_bound(series->steps.begin(), series->steps.end(), step);
  if (after == series->steps.begin()) return std::numeric_limits<double>::quiet_NaN();
  return series->values[static_cast<std::size_t>(after - series->steps.begin()) - 1];
}

std::vector<double> smoothed(const std::vector<double>& values, double weight) {
  std::vector<double> out(values.size());
  double average = 0, correction = 1;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      out[i] = values[i];
      continue;
    }
    average = weight * average + (1 - weight) * values[i];
    correction *= weight;
    out[i] = average / (1 - correction);
  }
  return out;
}

}  // namespace anchorscope
