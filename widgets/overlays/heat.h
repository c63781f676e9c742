#pragma once
// Channels of feature-map cells: which place and measure they belong to, the cell under a point, and the map
// as a picture. The names "FAMILY.PLACE.MEASURE" ("lip.layer2.conv.importance") are all that is known of
// them.

#include <QImage>
#include <QString>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "widgets/overlays/layer.h"

namespace anchorscope {

/// A cell channel's name in parts.
struct CellName {
  std::string family;   ///< "lip"
  std::string place;    ///< "layer2.conv"; may hold dots.
  std::string measure;  ///< "importance"
  std::string channel() const { return family + "." + place + "." + measure; }
};

/// Nothing for names of fewer than three parts.
std::optional<CellName> cellNameOf(const std::string& channel);

/// The frame's cell channels that have such names, in the frame's order.
std::vector<CellName> cellNames(const StageEvidence& evidence);

/// "LIP" for "lip": families are named after what people write in capitals.
QString familyTitle(const std::string& family);

struct CellPlace {
  int row = 0, column = 0;
  std::size_t index = 0;  ///< Into Channel::values.
};

/// The cell that covers a point of the image; nothing outside the image or the map, or for other channels.
std::optional<CellPlace> cellAt(const StageEvidence& evidence, const Channel& channel, double xInImage,
                                double yInImage);

/// The map in the layer's colours, one pixel per cell, or finer and interpolated between the cells' middles
/// for a smooth layer. Null when the values do not fill the grid.
QImage heatImage(const Layer& layer, const Channel& channel);

}  // namespace anchorscope
