#include "tests/support/synthetic_maps.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace anchorscope::testing {
namespace {

/// Contrast of the image inside each cell, mean 1 over the map.
std::vector<float> contrastOf(const ProbeImage& image, const CellGrid& grid) {
  const ImagePixels& pixels = *image.pixels;
  const AxisTransform imageFromInput = image.inputFromImage.inverse();
  const auto light = [&](int x, int y) {
    const auto column = static_cast<std::size_t>(std::clamp(x, 0, pixels.size.width - 1));
    const auto row = static_cast<std::size_t>(std::clamp(y, 0, pixels.size.height - 1));
    return static_cast<float>(
        pixels.rgb[(row * static_cast<std::size_t>(pixels.size.width) + column) * 3 + 1]);
  };
  std::vector<float> values;
  double sum = 0;
  for (int row = 0; row < grid.rows; ++row)
    for (int column = 0; column < grid.columns; ++column) {
      const int x = static_cast<int>(imageFromInput.mapX((column + 0.5) * grid.stride)),
                y = static_cast<int>(imageFromInput.mapY((row + 0.5) * grid.stride));
      const int reach = std::max(2, grid.stride / 2);
      const float contrast =
          std::hypot(light(x + reach, y) - light(x - reach, y), light(x, y + reach) - light(x, y - reach));
      values.push_back(8 + contrast);
      sum += static_cast<double>(values.back());
    }
  for (float& value : values)
    value *= static_cast<float>(static_cast<double>(values.size()) / sum);
  return values;
}

}  // namespace

std::shared_ptr<const StageEvidence> withLipMaps(const std::shared_ptr<const StageEvidence>& evidence) {
  auto made = std::make_shared<StageEvidence>(*evidence);
  const std::vector<std::pair<std::string, int>> places = {{"stem", 2},
                                                           {"layer2.conv", 4},
                                                           {"layer2.shortcut", 4},
                                                           {"layer3.conv", 8},
                                                           {"layer3.shortcut", 8},
                                                           {"layer4.conv", 16},
                                                           {"layer4.shortcut", 16}};
  for (const auto& [place, stride] : places) {
    Channel importance;
    importance.spec.name = "lip." + place + ".importance";
    importance.spec.title = "LIP importance, " + place;
    importance.spec.unit = "1";
    importance.spec.description = "1 = average pooling.";
    importance.spec.source = "synthetic";
    importance.spec.min = 0.f;
    importance.spec.domain = ChannelDomain::kCell;
    importance.spec.scale = ColorScale::kDiverging;
    importance.grid = CellGrid::of(stride, evidence->image->inputSize);
    importance.values = contrastOf(*evidence->image, importance.grid);

    Channel entropy = importance;
    entropy.spec.name = "lip." + place + ".entropy";
    entropy.spec.title = "LIP window entropy, " + place;
    entropy.spec.unit = "nat";
    entropy.spec.max = std::log(9.f);
    entropy.spec.scale = ColorScale::kSequential;
    entropy.grid = CellGrid::of(2 * stride, evidence->image->inputSize);
    entropy.values = contrastOf(*evidence->image, entropy.grid);
    for (float& value : entropy.values)
      value = std::log(9.f) / (1 + 0.3f * value);

    Channel saturation = importance;
    saturation.spec.name = "lip." + place + ".saturation";
    saturation.spec.title = "LIP gate saturation, " + place;
    saturation.spec.max = 1.f;
    saturation.spec.scale = ColorScale::kSequential;
    for (float& value : saturation.values)
      value = std::clamp(value / 6, 0.f, 1.f);
    for (Channel* channel : {&importance, &entropy, &saturation})
      made->channels.push_back(std::move(*channel));
  }
  return made;
}

}  // namespace anchorscope::testing
