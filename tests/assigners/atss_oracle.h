#pragma once
// ATSS's rule for one image, object by object, in float64, whatever is asked of a candidate.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "tests/support/dense_scene.h"

namespace anchorscope::testing {

inline std::array<double, 4> boxOf(const at::Tensor& row) {
  return {row[0].item<double>(), row[1].item<double>(), row[2].item<double>(), row[3].item<double>()};
}

/// The object that each anchor learns, -1: none. An object's candidates are the `perLevel` anchors of every
/// level nearest to its centre; fit(anchor, object) has to reach their mean plus deviation.
template <typename Fit>
std::vector<std::int64_t> atssOracle(const DenseScene& scene, std::int64_t image, std::size_t perLevel,
                                     const Fit& fit) {
  const auto count = static_cast<std::size_t>(scene.anchors.count());
  std::vector<std::int64_t> winner(count, -1);
  std::vector<double> best(count, -1);
  for (std::int64_t g = 0; g < scene.targets.maxObjects(); ++g) {
    if (!scene.targets.valid[image][g].item<bool>()) continue;
    const auto o = boxOf(scene.targets.boxes[image][g]);
    std::vector<std::int64_t> candidates;
    for (const LevelLayout& level : scene.anchors.levels) {
      std::vector<std::pair<float, std::int64_t>> near;
      for (std::int64_t i = level.firstAnchor; i < level.firstAnchor + level.anchorCount(); ++i) {
        const auto a = boxOf(scene.anchors.boxes[i]);
        const double dx = (a[0] + a[2] - o[0] - o[2]) / 2, dy = (a[1] + a[3] - o[1] - o[3]) / 2;
        near.emplace_back(static_cast<float>(dx * dx + dy * dy), i);
      }
      std::sort(near.begin(), near.end());
      near.resize(std::min(perLevel, near.size()));
      for (const auto& [distance, i] : near)
        candidates.push_back(i);
    }
    std::vector<double> fits;
    double mean = 0, squares = 0;
    for (const std::int64_t i : candidates) {
      fits.push_back(fit(i, g));
      mean += fits.back();
    }
    const auto all = static_cast<double>(fits.size());
    mean /= all;
    for (const double value : fits)
      squares += (value - mean) * (value - mean);
    const double threshold = mean + std::sqrt(squares / (all - 1));
    for (std::size_t k = 0; k < candidates.size(); ++k) {
      const auto a = boxOf(scene.anchors.boxes[candidates[k]]);
      const double x = (a[0] + a[2]) / 2, y = (a[1] + a[3]) / 2;
      const double margin = std::min(std::min(x - o[0], o[2] - x), std::min(y - o[1], o[3] - y));
      const auto at = static_cast<std::size_t>(candidates[k]);
      if (fits[k] >= threshold && margin > 0.01 && fits[k] > best[at]) {
        best[at] = fits[k];
        winner[at] = g;
      }
    }
  }
  return winner;
}

}  // namespace anchorscope::testing
