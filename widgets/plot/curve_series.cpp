#include "widgets/plot/curve_series.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace anchorscope {
namespace {

void add(CurveBlock& block, const CurvePoint& point) {
  if (block.count == 0) block.first = point.step;
  block.last = point.step;
  ++block.count;
  if (!std::isfinite(point.value)) {
    if (block.count - block.finite == 1) block.notFinite = point;
    return;
  }
  if (block.finite == 0 || point.value < block.lowest.value) block.lowest = point;
  if (block.finite == 0 || point.value > block.highest.value) block.highest = point;
  ++block.finite;
  block.mean += (point.value - block.mean) / static_cast<double>(block.finite);
}

/// Two blocks, one after the other, as one.
CurveBlock joined(const CurveBlock& a, const CurveBlock& b) {
  CurveBlock out = a;
  out.last = b.last;
  out.count += b.count;
  out.finite += b.finite;
  if (a.count == a.finite) out.notFinite = b.notFinite;
  if (b.finite == 0) return out;
  if (a.finite == 0 || b.lowest.value < a.lowest.value) out.lowest = b.lowest;
  if (a.finite == 0 || b.highest.value > a.highest.value) out.highest = b.highest;
  out.mean += (b.mean - a.mean) * (static_cast<double>(b.finite) / static_cast<double>(out.finite));
  return out;
}

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
  if ((gone_ + static_cast<std::int64_t>(points_.size())) % kFine == 0) fine_.emplace_back();
  points_.push_back({step, value});
  add(fine_.back(), points_.back());
  if (points_.size() <= limits_.points) return;
  addToBlocks(points_.front());
  points_.pop_front();
  if (++gone_ % kFine == 0) fine_.pop_front();
}

void CurveSeries::addToBlocks(const CurvePoint& point) {
  if (blocks_.empty() || blocks_.back().count == blockSize_) {
    if (blocks_.size() == limits_.blocks) {
      for (std::size_t i = 0; i < blocks_.size() / 2; ++i)
        blocks_[i] = joined(blocks_[2 * i], blocks_[2 * i + 1]);
      blocks_.resize(blocks_.size() / 2);
      blockSize_ *= 2;
    }
    blocks_.emplace_back();
  }
  add(blocks_.back(), point);
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
  const auto after = std::upper_bound(blocks_.begin(), blocks_.end(), step,
                                      [](std::int64_t at, const CurveBlock& b) { return at < b.first; });
  if (after == blocks_.begin()) return {};
  const CurveBlock& block = *(after - 1);
  Reading out{block.count, block.lowest.value, block.highest.value, block.count - block.finite};
  if (block.finite == 0) out.low = out.high = block.notFinite.value;
  return out;
}

std::vector<DrawnPoint> CurveSeries::drawn(std::int64_t together) const {
  std::vector<DrawnPoint> out;
  out.reserve(3 * (blocks_.size() + fine_.size()) + (together < kFine ? points_.size() : 0));
  for (const CurveBlock& block : blocks_)
    appendDrawn(block, out);
  if (together < kFine) {
    for (const CurvePoint& point : points_)
      out.push_back({point.step, point.value, 1, point.value});
    return out;
  }
  CurveBlock block;
  for (std::size_t i = 0; i < points_.size();) {
    const std::int64_t index = gone_ + static_cast<std::int64_t>(i);
    if (index % together == 0 && block.count > 0) appendDrawn(std::exchange(block, {}), out);
    if (index % kFine == 0) {
      const CurveBlock& fine = fine_[static_cast<std::size_t>(index / kFine - gone_ / kFine)];
      block = block.count == 0 ? fine : joined(block, fine);
      i += static_cast<std::size_t>(fine.count);
    } else {
      add(block, points_[i++]);
    }
  }
  if (block.count > 0) appendDrawn(block, out);
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
