#include "widgets/plot/curve_series.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace anchorscope {
namespace {

void appendDrawn(const CurveBlock& block, std::vector<DrawnPoint>& out) {
  const std::size_t first = out.size();
  const auto finite = static_cast<double>(block.finite);
  if (block.finite > 0 && block.lowest == block.highest) {
    out.push_back({block.lowest.step, block.lowest.value, finite, block.mean});
  } else if (block.finite > 0) {
    out.push_back({block.lowest.step, block.lowest.value, finite / 2, block.mean});
    out.push_back({block.highest.step, block.highest.value, finite / 2, block.mean});
  }
  if (block.finite < block.count) out.push_back({block.notFinite.step, block.notFinite.value, 0, 0});
  std::sort(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
            [](const DrawnPoint& a, const DrawnPoint& b) { return a.step < b.step; });
}

bool isExact(const DrawnPoint& point) {
  return point.weight == 1;  // as one of a block with a single finite value is
}

/// The moving average, value by value.
class Average {
 public:
  explicit Average(double weight) : weight_(weight) {}
  /// After `count` values of this mean.
  double after(double mean, double count) {
    const double past = count == 1 ? weight_ : std::pow(weight_, count);
    average_ = past * average_ + (1 - past) * mean;
    correction_ *= past;
    return average_ / (1 - correction_);
  }

 private:
  double weight_, average_ = 0, correction_ = 1;
};

}  // namespace

void CurveSeries::append(std::int64_t step, double value) {
  if ((gone_ + static_cast<std::int64_t>(points_.size())) % kFine == 0) fine_.begin();
  points_.push_back({step, value});
  fine_.last().add(points_.back());
  if (points_.size() <= limits_.points) return;
  addToBlocks(points_.front());
  points_.pop_front();
  if (++gone_ % kFine == 0) fine_.dropFront();
}

void CurveSeries::addToBlocks(const CurvePoint& point) {
  if (blocks().empty() || blocks().back().count == blockSize_) {
    if (blocks().size() == limits_.blocks) {
      blocks_ = blocks_.halved();
      blockSize_ *= 2;
    }
    blocks_.begin();
  }
  blocks_.last().add(point);
}

const CurvePoint* CurveSeries::pointAt(std::int64_t step) const {
  const auto after = std::upper_bound(points_.begin(), points_.end(), step,
                                      [](std::int64_t at, const CurvePoint& p) { return at < p.step; });
  return after == points_.begin() ? nullptr : &*(after - 1);
}

std::optional<double> CurveSeries::exactly(std::int64_t step) const {
  const CurvePoint* point = pointAt(step);
  if (!point || point->step != step) return std::nullopt;
  return point->value;
}

CurveSeries::Reading CurveSeries::at(std::int64_t step) const {
  if (const CurvePoint* point = pointAt(step))
    return {1, point->value, point->value, std::isfinite(point->value) ? 0 : 1};
  const auto after = std::upper_bound(blocks().begin(), blocks().end(), step,
                                      [](std::int64_t at, const CurveBlock& b) { return at < b.first; });
  if (after == blocks().begin()) return {};
  const CurveBlock& block = *(after - 1);
  Reading out{block.count, block.lowest.value, block.highest.value, block.count - block.finite};
  if (block.finite == 0) out.low = out.high = block.notFinite.value;
  return out;
}

CurveBlock CurveSeries::joined(std::int64_t from, std::int64_t to) const {
  const std::int64_t end = gone_ + static_cast<std::int64_t>(points_.size());
  const std::int64_t fineEnd =
      to == end ? (to + kFine - 1) / kFine : to / kFine;  // the last one may grow yet
  CurveBlock out;
  while (from < to) {
    if (from % kFine == 0 && from / kFine < fineEnd) {
      fine_.addTo(out, static_cast<std::size_t>(from / kFine), static_cast<std::size_t>(fineEnd));
      from = fineEnd * kFine;
    } else {
      out.add(points_[static_cast<std::size_t>(from++ - gone_)]);
    }
  }
  return out;
}

CurveBlock CurveSeries::extremes(std::int64_t fromStep, std::int64_t toStep) const {
  CurveBlock out;
  if (fromStep > toStep) return out;
  const auto positions = [&](const auto& values, auto first, auto last) {
    const auto from = std::lower_bound(values.begin(), values.end(), fromStep,
                                       [&](const auto& value, std::int64_t at) { return last(value) < at; });
    const auto to = std::upper_bound(from, values.end(), toStep,
                                     [&](std::int64_t at, const auto& value) { return at < first(value); });
    return std::pair(from - values.begin(), to - values.begin());
  };
  const auto [firstBlock, endBlock] = positions(
      blocks(), [](const CurveBlock& block) { return block.first; },
      [](const CurveBlock& block) { return block.last; });
  blocks_.addTo(out, static_cast<std::size_t>(firstBlock), static_cast<std::size_t>(endBlock));
  const auto stepOf = [](const CurvePoint& point) { return point.step; };
  const auto [firstPoint, endPoint] = positions(points_, stepOf, stepOf);
  out.add(joined(gone_ + firstPoint, gone_ + endPoint));
  return out;
}

std::vector<DrawnPoint> CurveSeries::drawn(std::int64_t together) const {
  const auto exact = static_cast<std::int64_t>(points_.size());
  std::vector<DrawnPoint> out;
  out.reserve(3 * blocks().size() +
              static_cast<std::size_t>(together < kFine ? exact : 3 * (exact / together + 2)));
  for (const CurveBlock& block : blocks())
    appendDrawn(block, out);
  if (together < kFine) {
    for (const CurvePoint& point : points_)
      out.push_back({point.step, point.value, 1, point.value});
    return out;
  }
  const std::int64_t end = gone_ + exact;
  for (std::int64_t from = gone_; from < end;) {
    const std::int64_t to = std::min((from / together + 1) * together, end);
    appendDrawn(joined(from, to), out);
    from = to;
  }
  return out;
}

std::vector<double> smoothed(const std::vector<double>& values, double weight) {
  std::vector<double> out(values.size());
  Average average(weight);
  for (std::size_t i = 0; i < values.size(); ++i)
    out[i] = std::isfinite(values[i]) ? average.after(values[i], 1) : values[i];
  return out;
}

std::vector<double> smoothed(const std::vector<DrawnPoint>& points, double weight, std::int64_t together) {
  std::vector<double> out(points.size());
  Average average(weight);
  for (std::size_t i = 0; i < points.size();) {
    std::size_t end = i + 1;
    double mean = points[i].mean, count = points[i].weight;
    if (together > 1 && isExact(points[i])) {
      mean = count = 0;
      for (end = i;
           end < points.size() && isExact(points[end]) && static_cast<std::int64_t>(end - i) < together;
           ++end)
        if (std::isfinite(points[end].value)) mean += (points[end].value - mean) / ++count;
    } else if (i > 0 && isExact(points[i]) && isExact(points[i - 1])) {
      count = std::max(1.0, static_cast<double>(points[i].step - points[i - 1].step));
    }
    const double after = count > 0 && std::isfinite(mean) ? average.after(mean, count) : 0;
    for (; i < end; ++i)
      out[i] = std::isfinite(points[i].value) ? after : points[i].value;
  }
  return out;
}

}  // namespace anchorscope
