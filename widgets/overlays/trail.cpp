#include "widgets/overlays/trail.h"

#include <algorithm>
#include <cstddef>

namespace anchorscope {

std::vector<TrailBox> trailAround(const std::vector<std::int64_t>& steps,
                                  const std::vector<Box>& boxesInInput, const AxisTransform& inputFromImage,
                                  std::int64_t step, int reach) {
  constexpr double kFaintest = 0.15;
  const AxisTransform imageFromInput = inputFromImage.inverse();
  const auto count = static_cast<std::ptrdiff_t>(std::min(steps.size(), boxesInInput.size()));
  const auto begin = steps.begin(), end = begin + count;
  const std::ptrdiff_t earlier = std::lower_bound(begin, end, step) - begin,
                       later = std::upper_bound(begin, end, step) - begin;
  std::vector<TrailBox> out;
  const auto add = [&](std::ptrdiff_t at, int away) {
    if (at < 0 || at >= count) return;
    const Box& box = boxesInInput[static_cast<std::size_t>(at)];
    if (!(box.area() > 0)) return;
    const double share = reach <= 1 ? 0 : (std::abs(away) - 1) / static_cast<double>(reach);
    out.push_back(
        {imageFromInput.map(box), steps[static_cast<std::size_t>(at)], away, 1 - (1 - kFaintest) * share});
  };
  for (int away = reach; away >= 1; --away) {
    add(earlier - away, -away);
    add(later + away - 1, away);
  }
  return out;
}

}  // namespace anchorscope
