#pragma once
// A layer of anchors ready to be drawn: which boxes, in which colour, in which order. No Qt.

#include <cstdint>
#include <memory>
#include <vector>

#include "core/evidence/subset.h"
#include "widgets/overlays/layer.h"

namespace anchorscope {

/// Boxes in the order they are drawn: the least important first; equal values by anchor index.
struct DenseBoxes {
  std::vector<Box> boxesInImage;
  std::vector<Argb> colors;  ///< With the layer's opacity and fading in alpha; never 0.
  std::vector<std::uint32_t> anchors;
};

/// A part of the candidates that is to be told from the others.
struct Highlight {
  std::shared_ptr<const CandidateSubset> subset;  ///< Null: none is.
  bool hidesOthers = false;                       ///< They are left out, instead of faint.
  bool operator==(const Highlight&) const = default;
};

/// What a kAnchors layer shows of a frame. Left out are anchors of hidden levels, with undefined (NaN)
/// values, with values outside the filter, and those that fading makes wholly transparent. Empty when the
/// frame lacks the channel or the boxes. What is highlighted lies over the others and does not fade so far
/// that it cannot be seen.
DenseBoxes denseBoxes(const Layer& layer, const StageEvidence& evidence, const Highlight& highlight = {});

/// The boxes of a subset in the selection's colour, for pictures without a layer of anchors.
DenseBoxes subsetBoxes(const StageEvidence& evidence, const CandidateSubset& subset, BoxKind kind);

/// An anchor's box in the image frame; degenerate when it is not there (no such anchor, predictions not
/// captured).
Box anchorBoxInImage(const StageEvidence& evidence, std::int64_t anchor, BoxKind kind);

/// Colour and opacity of one value in a layer with a resolved range.
Argb layerColor(const Layer& layer, const ValueRange& range, ColorScale scale, float value);

}  // namespace anchorscope
