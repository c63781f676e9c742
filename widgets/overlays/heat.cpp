#include "widgets/overlays/heat.h"

#include <algorithm>
#include <cmath>

#include "widgets/overlays/dense_boxes.h"

namespace anchorscope {
namespace {

constexpr int kSmoothSide = 512, kMostPerCell = 16;  ///< Pixels of a smooth map, about.

/// Values between the middles of cells; beyond the outermost middles, and beside undefined cells, the
/// nearest.
class Sampler {
 public:
  explicit Sampler(const Channel& channel) : channel_(channel) {}

  float at(double x, double y) const {  // in cells
    const double left = std::clamp(x - 0.5, 0.0, channel_.grid.columns - 1.0);
    const double top = std::clamp(y - 0.5, 0.0, channel_.grid.rows - 1.0);
    const int column = static_cast<int>(left), row = static_cast<int>(top);
    const auto across = static_cast<float>(left - column), down = static_cast<float>(top - row);
    const float value = (cell(row, column) * (1 - across) + cell(row, column + 1) * across) * (1 - down) +
                        (cell(row + 1, column) * (1 - across) + cell(row + 1, column + 1) * across) * down;
    return std::isfinite(value) ? value : cell(static_cast<int>(y), static_cast<int>(x));
  }

 private:
  float cell(int row, int column) const {
    const CellGrid& grid = channel_.grid;
    const auto index =
        static_cast<std::size_t>(std::min(row, grid.rows - 1)) * static_cast<std::size_t>(grid.columns) +
        static_cast<std::size_t>(std::min(column, grid.columns - 1));
    return channel_.values[index];
  }

  const Channel& channel_;
};

}  // namespace

std::optional<CellName> cellNameOf(const std::string& channel) {
  const std::size_t first = channel.find('.'), last = channel.rfind('.');
  if (first == std::string::npos || last == first) return std::nullopt;
  return CellName{channel.substr(0, first), channel.substr(first + 1, last - first - 1),
                  channel.substr(last + 1)};
}

std::vector<CellName> cellNames(const StageEvidence& evidence) {
  std::vector<CellName> names;
  for (const Channel& channel : evidence.channels) {
    if (channel.spec.domain != ChannelDomain::kCell) continue;
    if (auto name = cellNameOf(channel.spec.name)) names.push_back(*std::move(name));
  }
  return names;
}

QString familyTitle(const std::string& family) {
  return QString::fromStdString(family).toUpper();
}

std::optional<CellPlace> cellAt(const StageEvidence& evidence, const Channel& channel, double xInImage,
                                double yInImage) {
  const CellGrid& grid = channel.grid;
  if (channel.spec.domain != ChannelDomain::kCell || !evidence.image || !evidence.image->pixels ||
      grid.stride <= 0 || channel.values.size() != static_cast<std::size_t>(grid.count()))
    return std::nullopt;
  const SizePx size = evidence.image->pixels->size;
  if (!(xInImage >= 0 && yInImage >= 0 && xInImage < size.width && yInImage < size.height))
    return std::nullopt;
  const double x = evidence.image->inputFromImage.mapX(xInImage) / grid.stride,
               y = evidence.image->inputFromImage.mapY(yInImage) / grid.stride;
  if (!(x >= 0 && y >= 0 && x < grid.columns && y < grid.rows)) return std::nullopt;
  CellPlace place{static_cast<int>(y), static_cast<int>(x), 0};
  place.index = static_cast<std::size_t>(place.row) * static_cast<std::size_t>(grid.columns) +
                static_cast<std::size_t>(place.column);
  return place;
}

QImage heatImage(const Layer& layer, const Channel& channel) {
  const CellGrid& grid = channel.grid;
  if (grid.stride <= 0 || grid.rows <= 0 || grid.columns <= 0 ||
      channel.values.size() != static_cast<std::size_t>(grid.count()))
    return {};
  const int perCell =
      layer.smooth ? std::clamp(kSmoothSide / std::max(grid.rows, grid.columns), 1, kMostPerCell) : 1;
  const ValueRange range = resolveRange(layer, channel);
  const Sampler sampler(channel);
  QImage image(grid.columns * perCell, grid.rows * perCell, QImage::Format_ARGB32);
  for (int y = 0; y < image.height(); ++y) {
    auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
    for (int x = 0; x < image.width(); ++x) {
      const float value = sampler.at((x + 0.5) / perCell, (y + 0.5) / perCell);
      const bool shown = value >= layer.filterMin && value <= layer.filterMax;  // never NaN
      line[x] = shown ? layerColor(layer, range, channel.spec.scale, value) : 0u;
    }
  }
  return image;
}

}  // namespace anchorscope
