#include "core/ops/anchors.h"

#include "core/base/check.h"

namespace anchorscope {
namespace {

struct Cells {
  int rows, columns;
};

Cells cellsOf(SizePx inputSize, int stride) {
  return {(inputSize.height + stride - 1) / stride, (inputSize.width + stride - 1) / stride};
}

std::array<int, 2> stepOf(AnchorConvention convention, SizePx inputSize, int stride) {
  if (convention == AnchorConvention::kMmdet) return {stride, stride};
  const Cells cells = cellsOf(inputSize, stride);
  return {inputSize.height / cells.rows, inputSize.width / cells.columns};
}

/// Anchors of one level around (0, 0), in float32 steps as both references compute them.
std::vector<Box> baseAnchors(const RetinaAnchorOptions& options, int stride) {
  const bool rounds = options.convention == AnchorConvention::kTorchvision;
  std::vector<Box> boxes;
  for (const double ratio : options.ratios) {
    const float heightFactor = std::sqrt(static_cast<float>(ratio));
    const float widthFactor = 1 / heightFactor;
    for (int k = 0; k < options.scalesPerOctave; ++k) {
      const double exact =
          stride * options.octaveBaseScale * std::pow(2.0, static_cast<double>(k) / options.scalesPerOctave);
      const float size = static_cast<float>(rounds ? std::trunc(exact) : exact);
      Box box{-widthFactor * size / 2, -heightFactor * size / 2, widthFactor * size / 2,
              heightFactor * size / 2};
      if (rounds) {  // half to even
        box = {std::nearbyint(box.x1), std::nearbyint(box.y1), std::nearbyint(box.x2),
               std::nearbyint(box.y2)};
      }
      boxes.push_back(box);
    }
  }
  return boxes;
}

}  // namespace

Status RetinaAnchorOptions::validate() const {
  const auto usage = [](std::string message) { return makeError(ErrorCode::kUsage, std::move(message)); };
  if (strides.empty()) return usage("The anchors have no stride; name at least one, in px");
  for (const int stride : strides) {
    if (stride < 1) return usage(concat("Anchor stride ", stride, " px is not positive"));
  }
  if (!(octaveBaseScale > 0) || !std::isfinite(octaveBaseScale)) {
    return usage(concat("Anchor scale ", octaveBaseScale, " strides is not a positive number"));
  }
  if (scalesPerOctave < 1)
    return usage(concat("There must be at least 1 anchor scale per octave, not ", scalesPerOctave));
  if (!(centerOffset >= 0 && centerOffset <= 1))
    return usage(
        concat("The offset of the first location, ", centerOffset, ", is not between 0 and 1 steps"));
  if (ratios.empty()) return usage("The anchors have no aspect ratio; name at least one (height / width)");
  for (const double ratio : ratios) {
    if (!(ratio > 0) || !std::isfinite(ratio))
      return usage(concat("Anchor ratio ", ratio, " is not a positive number"));
  }
  return {};
}

std::vector<std::array<int, 2>> retinaAnchorSteps(const RetinaAnchorOptions& options, SizePx inputSize) {
  std::vector<std::array<int, 2>> steps;
  for (const int stride : options.strides)
    steps.push_back(stepOf(options.convention, inputSize, stride));
  return steps;
}

AnchorSet anchorSetOf(std::shared_ptr<CandidateSet> geometry, std::vector<float> strides, at::Device device) {
  static_assert(sizeof(Box) == 4 * sizeof(float));
  const auto count = static_cast<std::int64_t>(geometry->boxesInInput.size());
  AnchorSet set;
  // from_blob takes no const pointer; the copy that follows only reads.
  set.boxes = at::from_blob(geometry->boxesInInput.data(), {count, 4}, at::kFloat).clone().to(device);
  set.strides = at::from_blob(strides.data(), {count}, at::kFloat).clone().to(device);
  set.levels = geometry->levels;
  set.geometry = std::move(geometry);
  return set;
}

AnchorSet makeRetinaAnchors(const RetinaAnchorOptions& options, SizePx inputSize, at::Device device) {
  ANCHORSCOPE_CHECK(inputSize.width > 0 && inputSize.height > 0, inputSize.width, " x ", inputSize.height);
  ANCHORSCOPE_CHECK(options.validate().ok(), "invalid anchor options");
  auto geometry = std::make_shared<CandidateSet>();
  std::vector<float> strides;
  for (const int stride : options.strides) {
    const Cells cells = cellsOf(inputSize, stride);
    const auto [stepY, stepX] = stepOf(options.convention, inputSize, stride);
    const LevelLayout level{stride, cells.rows, cells.columns, options.anchorsPerCell(),
                            static_cast<std::int64_t>(geometry->boxesInInput.size())};
    const std::vector<Box> base = baseAnchors(options, stride);
    for (int row = 0; row < cells.rows; ++row) {
      for (int column = 0; column < cells.columns; ++column) {
        const float x = static_cast<float>((column + options.centerOffset) * stepX),
                    y = static_cast<float>((row + options.centerOffset) * stepY);
        for (const Box& box : base) {
          geometry->boxesInInput.push_back({x + box.x1, y + box.y1, x + box.x2, y + box.y2});
        }
      }
    }
    strides.resize(geometry->boxesInInput.size(), static_cast<float>(stride));
    geometry->levels.push_back(level);
  }

  return anchorSetOf(std::move(geometry), std::move(strides), device);
}

AnchorSet makePoints(const PointOptions& options, SizePx inputSize, at::Device device) {
  RetinaAnchorOptions boxes{options.convention, options.strides, 1, 1, {1}, options.offset};
  AnchorSet set = makeRetinaAnchors(boxes, inputSize, device);
  set.offsets = BoxOffsets::kSideDistances;
  return set;
}

}  // namespace anchorscope
