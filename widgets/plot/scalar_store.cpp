#include "widgets/plot/scalar_store.h"

#include <algorithm>

namespace anchorscope {

void ScalarStore::append(std::int64_t step, const std::vector<ScalarValue>& scalars) {
  for (const ScalarValue& scalar : scalars)
    series_.try_emplace(scalar.name, limits_).first->second.append(step, scalar.value);
  lastStep_ = std::max(lastStep_, step);
}

void ScalarStore::append(const std::string& name, const ScalarSeries& series) {
  CurveSeries& grown = series_.try_emplace(name, limits_).first->second;
  for (std::size_t i = 0; i < series.steps.size(); ++i)
    grown.append(series.steps[i], series.values[i]);
  if (!series.steps.empty()) lastStep_ = std::max(lastStep_, series.steps.back());
}

ScalarStore ScalarStore::only(const std::vector<std::string>& names) const {
  ScalarStore out(limits_);
  for (const std::string& name : names)
    if (const CurveSeries* series = find(name)) out.series_.emplace(name, *series);
  out.lastStep_ = lastStep_;
  return out;
}

std::vector<std::string> ScalarStore::names() const {
  std::vector<std::string> out;
  for (const auto& [name, series] : series_)
    out.push_back(name);
  return out;
}

const CurveSeries* ScalarStore::find(const std::string& name) const {
  const auto found = series_.find(name);
  return found == series_.end() ? nullptr : &found->second;
}

CurveSeries::Reading ScalarStore::at(const std::string& name, std::int64_t step) const {
  const CurveSeries* series = find(name);
  return series ? series->at(step) : CurveSeries::Reading{};
}

}  // namespace anchorscope
