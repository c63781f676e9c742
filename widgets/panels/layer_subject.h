#pragma once
// What a layer is about, told from what its channel declares: no method is known by name. Layers that are not
// drawn stand in the list under their subject.

#include <QString>
#include <vector>

#include "widgets/overlays/layer.h"

namespace anchorscope {

struct LayerSubject {
  QString id;                       ///< "subject:losses"; of a family of feature maps "family:lip".
  QString title;                    ///< With how many there are.
  std::vector<std::string> layers;  ///< Ids, as they are stacked from the top.
};

/// From so many channels on a family of feature maps is a subject of its own.
constexpr int kLargeFamily = 4;

/// The subjects of the layers that this frame has values for, in their order, none empty. Image, objects, bag
/// and predictions have none.
std::vector<LayerSubject> layerSubjects(const std::vector<Layer>& layers, const StageEvidence& evidence);

}  // namespace anchorscope
