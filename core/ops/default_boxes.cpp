#include "core/ops/default_boxes.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/ops/anchors.h"

namespace anchorscope {
namespace {

/// Levels whose maps halve on.
constexpr std::size_t kHalvingLevels = 4;

struct RelativeSize {
  double width, height;
};

std::vector<RelativeSize> sizesOf(const DefaultBoxOptions& options, std::size_t level) {
  const double side = options.scales[level], larger = std::sqrt(side * options.scales[level + 1]);
  std::vector<RelativeSize> sizes = {{side, side}, {larger, larger}};
  for (const double ratio : options.ratios[level]) {
    const double width = side * std::sqrt(ratio), height = side / std::sqrt(ratio);
    sizes.push_back({width, height});
    sizes.push_back({height, width});
  }
  for (RelativeSize& size : sizes)
    size = {std::min(size.width, 1.0), std::min(size.height, 1.0)};
  return sizes;
}

}  // namespace

int DefaultBoxOptions::mostPerCell() const {
  int most = 0;
  for (std::size_t level = 0; level < kLevels; ++level)
    most = std::max(most, boxesPerCell(level));
  return most;
}

Status DefaultBoxOptions::validate() const {
  for (const double scale : scales) {
    if (!(scale > 0 && scale <= 2))
      return makeError(ErrorCode::kUsage,
                       concat("A default box of ", scale, " times the input is not above 0 and at most 2"));
  }
  for (const std::vector<double>& ofLevel : ratios) {
    for (const double ratio : ofLevel) {
      if (!(ratio > 0) || !std::isfinite(ratio))
        return makeError(ErrorCode::kUsage, concat("A ratio of default boxes, ", ratio, ", is not positive"));
    }
  }
  return {};
}

std::array<SizePx, DefaultBoxOptions::kLevels> defaultBoxCells(SizePx inputSize) {
  std::array<SizePx, DefaultBoxOptions::kLevels> cells;
  for (std::size_t level = 0; level < cells.size(); ++level) {
    if (level < kHalvingLevels) {
      const CellGrid grid = CellGrid::of(DefaultBoxOptions::kStrides[level], inputSize);
      cells[level] = {grid.columns, grid.rows};
    } else {
      cells[level] = {std::max(cells[level - 1].width - 2, 1), std::max(cells[level - 1].height - 2, 1)};
    }
  }
  return cells;
}

AnchorSet makeDefaultBoxes(const DefaultBoxOptions& options, SizePx inputSize, at::Device device) {
  ANCHORSCOPE_CHECK(inputSize.width > 0 && inputSize.height > 0, inputSize.width, " x ", inputSize.height);
  ANCHORSCOPE_CHECK(options.validate().ok(), "invalid default boxes");
  auto geometry = std::make_shared<CandidateSet>();
  std::vector<float> strides;
  const auto cells = defaultBoxCells(inputSize);
  for (std::size_t level = 0; level < cells.size(); ++level) {
    const int stride = DefaultBoxOptions::kStrides[level];
    const SizePx grid = cells[level];
    const bool halves = level < kHalvingLevels;
    const double stepX = halves ? stride : static_cast<double>(inputSize.width) / grid.width,
                 stepY = halves ? stride : static_cast<double>(inputSize.height) / grid.height;
    geometry->levels.push_back({stride, grid.height, grid.width, options.boxesPerCell(level),
                                static_cast<std::int64_t>(geometry->boxesInInput.size())});
    const std::vector<RelativeSize> sizes = sizesOf(options, level);
    for (int row = 0; row < grid.height; ++row) {
      for (int column = 0; column < grid.width; ++column) {
        const double x = (column + 0.5) * stepX, y = (row + 0.5) * stepY;
        for (const RelativeSize& size : sizes) {
          const double halfWidth = size.width * inputSize.width / 2,
                       halfHeight = size.height * inputSize.height / 2;
          geometry->boxesInInput.push_back(
              {static_cast<float>(x - halfWidth), static_cast<float>(y - halfHeight),
               static_cast<float>(x + halfWidth), static_cast<float>(y + halfHeight)});
        }
      }
    }
    strides.resize(geometry->boxesInInput.size(), static_cast<float>(stride));
  }
  AnchorSet set = anchorSetOf(std::move(geometry), std::move(strides), device);
  set.deltaWeights = {10, 10, 5, 5};
  return set;
}

}  // namespace anchorscope
