#include "core/session/record_plan.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/base/check.h"

namespace anchorscope {

void RecordPlan::setLimits(std::int64_t every, std::int64_t plannedSteps, std::int64_t budgetBytes) {
  every_ = every;
  plannedSteps_ = plannedSteps;
  budgetBytes_ = budgetBytes;
  choose();
}

void RecordPlan::measured(std::int64_t moments, std::int64_t bytes, std::int64_t lastStep) {
  moments_ = moments;
  bytes_ = bytes;
  lastStep_ = lastStep;
  choose();
}

bool RecordPlan::due(std::int64_t step) const {
  if (every_ <= 0 || exhausted_ || step % every_ != 0) return false;
  if (lastStep_ < 0) return true;
  return static_cast<double>(step - lastStep_) >= growth_ * static_cast<double>(step);
}

double RecordPlan::momentsAhead(double growth) const {
  const auto begin = static_cast<double>(std::max<std::int64_t>(lastStep_, 0)),
             end = static_cast<double>(horizon());
  const auto every = static_cast<double>(every_);
  if (every_ <= 0 || end <= begin) return 0;
  // Distances are whole multiples of `every`: below every/growth one of it, above they grow in proportion to
  // the step.
  const double bend = growth > 0 ? std::clamp(every / growth, begin, end) : end;
  double count = (bend - begin) / every;
  // A moment at s is followed by one at s / (1 - growth).
  if (bend < end) count += std::log(end / bend) / -std::log1p(-growth);
  return count;
}

void RecordPlan::choose() {
  growth_ = 0;
  exhausted_ = false;
  if (budgetBytes_ <= 0 || moments_ == 0) return;
  const double room = static_cast<double>(budgetBytes_ - bytes_) / bytesPerMoment();
  if (room < 1) {
    exhausted_ = true;
    return;
  }
  if (momentsAhead(0) <= room) return;
  // momentsAhead falls with the growth: the smallest that fits, or nine tenths (a moment at every tenfold
  // step).
  double low = 0, high = 0.9;
  for (int i = 0; i < 50; ++i) {
    const double middle = (low + high) / 2;
    (momentsAhead(middle) > room ? low : high) = middle;
  }
  growth_ = high;
}

RecordPlan::Forecast RecordPlan::forecast() const {
  Forecast out;
  const double ahead = exhausted_ ? 0 : momentsAhead(growth_);
  out.moments = moments_ + std::llround(ahead);
  out.bytes = bytes_ + std::llround(ahead * bytesPerMoment());
  out.thinned = growth_ > 0 || exhausted_;
  out.exhausted = exhausted_;
  return out;
}

std::string RecordPlan::forecastText(std::int64_t probes) const {
  const Forecast planned = forecast();
  const std::string unit = probes == 1 ? " probe × " : " probes × ";
  if (plannedSteps_ == 0 && !planned.thinned)
    return concat(probes, unit, "1 step in ", every_, " ≈ ",
                  byteText(std::llround(bytesPerMoment() * 1000 /
                                        static_cast<double>(std::max<std::int64_t>(every_, 1)))),
                  " per 1000 steps");
  std::string text = concat(probes, unit, planned.moments, planned.moments == 1 ? " step ≈ " : " steps ≈ ",
                            byteText(planned.bytes));
  if (planned.thinned)
    text += concat(" instead of ", moments_ + std::llround(momentsAhead(0)), " steps ≈ ",
                   byteText(bytes_ + std::llround(momentsAhead(0) * bytesPerMoment())), ": record_budget is ",
                   byteText(budgetBytes_));
  return text;
}

std::string byteText(std::int64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < std::size(kUnits); ++unit)
    value /= 1000;
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, unit > 0 && value < 9.95 ? "%.1f %s" : "%.0f %s", value, kUnits[unit]);
  return buffer;
}

}  // namespace anchorscope
