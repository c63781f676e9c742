#include "widgets/plot/curve_pyramid.h"

#include <algorithm>
#include <cmath>

namespace anchorscope {

void CurveBlock::add(const CurvePoint& point) {
  if (count == 0) first = point.step;
  last = point.step;
  ++count;
  if (!std::isfinite(point.value)) {
    if (count - finite == 1) notFinite = point;
    return;
  }
  if (finite == 0 || point.value < lowest.value) lowest = point;
  if (finite == 0 || point.value > highest.value) highest = point;
  ++finite;
  mean += (point.value - mean) / static_cast<double>(finite);
}

void CurveBlock::add(const CurveBlock& next) {
  if (next.count == 0) return;
  if (count == 0) {
    *this = next;
    return;
  }
  if (count == finite) notFinite = next.notFinite;
  last = next.last;
  count += next.count;
  if (next.finite == 0) return;
  if (finite == 0 || next.lowest.value < lowest.value) lowest = next.lowest;
  if (finite == 0 || next.highest.value > highest.value) highest = next.highest;
  finite += next.finite;
  mean += (next.mean - mean) * (static_cast<double>(next.finite) / static_cast<double>(finite));
}

CurveBlock& CurvePyramid::begin() {
  std::size_t whole = gone_ + levels_.front().size();
  for (std::size_t level = 0; whole > 0 && whole % kFan == 0; ++level, whole /= kFan) {
    if (level + 1 == levels_.size()) levels_.emplace_back();
    const std::deque<CurveBlock>& below = levels_[level];
    // Where some of them have gone it holds its place and is never asked for.
    CurveBlock block;
    for (std::size_t i = below.size() - std::min(kFan, below.size()); i < below.size(); ++i)
      block.add(below[i]);
    levels_[level + 1].push_back(block);
  }
  return levels_.front().emplace_back();
}

void CurvePyramid::dropFront() {
  levels_.front().pop_front();
  ++gone_;
  std::size_t size = kFan;
  for (std::size_t level = 1; level < levels_.size() && gone_ % size == 0; ++level, size *= kFan)
    levels_[level].pop_front();
}

CurvePyramid CurvePyramid::halved() const {
  CurvePyramid out;
  const std::deque<CurveBlock>& blocks = levels_.front();
  for (std::size_t i = 0; i + 1 < blocks.size(); i += 2) {
    CurveBlock& block = out.begin();
    block = blocks[i];
    block.add(blocks[i + 1]);
  }
  return out;
}

void CurvePyramid::addTo(CurveBlock& sum, std::size_t from, std::size_t to) const {
  while (from < to) {
    std::size_t level = 0, size = 1;
    for (std::size_t larger = kFan; level + 1 < levels_.size(); larger *= kFan) {
      const bool fits = from % larger == 0 && from + larger <= to;
      if (!fits || from / larger - gone_ / larger >= levels_[level + 1].size()) break;
      ++level;
      size = larger;
    }
    sum.add(levels_[level][from / size - gone_ / size]);
    from += size;
  }
}

}  // namespace anchorscope
