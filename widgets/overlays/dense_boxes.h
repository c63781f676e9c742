#pragma once
// A layer of anchors ready to be drawn: which boxes, in which colour, in which order. No Qt.

#include <cstdint>
#include <vector>

#include "widgets/overlays/layer.h"

namespace anchorscope {

/// Boxes in the order they are drawn: the least important first; equal values by anchor index.
struct DenseBoxes {
  std::vector<Box> boxesInImage;
  std::vector<Argb> colors;  ///< With the layer's opacity and fading in alpha; never 0.
  std::vector<std::uint32_t> anchors;
};

/// What a kAnchors layer shows of a frame. Left out are anchors of hidden levels, with undefined (NaN)
/// values, with values outside the filter, and those that fading makes wholly transparent. Empty when the
/// frame lacks the channel or the boxes.
DenseBoxes denseBoxes(const Layer& layer, const StageEvidence& evidence);

/// An anchor's box in the image frame; degenerate when it is not there (no such anchor, predictions not
/// captured).
Box anchorBoxInImage(const StageEvidence& evidence, std::int64_t anchor, BoxKind kind);

/// Colour and opacity of one value in a layer with a resolved range.
Argb layerColor(const Layer& layer, const ValueRange& range, ColorScale scale, float value);

}  // namespace anchorscope
