#pragma once
// The bag of an object as boxes to draw: each member by its weights, for the dense rasteriser and for
// figures alike. No Qt.

#include <optional>
#include <vector>

#include "widgets/overlays/dense_boxes.h"

namespace anchorscope {

/// Boxes that are drawn alike. Widths are nominal, to be multiplied with the layer's line width.
struct BagBatch {
  ColorScale head = ColorScale::kSequential;  ///< kSequential: members of methods that weigh nothing.
  int width = 1;
  int inset = 0;  ///< Drawn so much inside: the room that the other head's line of the same box takes.
  DenseBoxes boxes;
};

struct BagBoxes {
  std::vector<BagBatch> batches;  ///< Bottom to top: the weakest first.
  std::size_t members = 0;        ///< On the layer's levels.
  std::size_t faded = 0;          ///< Of them without a box: next to no weight for either head.
  std::optional<std::int32_t> arrowFrom, arrowTo;  ///< Best classification score, best localisation.
};

/// What a kBag layer shows of the object's bag. A weight becomes width and opacity, by its share of the
/// head's largest; below 1/256 nothing is drawn. Members without weights (NaN) are drawn thin in the
/// selection's colour.
BagBoxes bagBoxes(const Layer& layer, const StageEvidence& evidence, int object);

}  // namespace anchorscope
