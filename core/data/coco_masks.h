#pragma once
// Internal header. Boxes and areas of COCO's segmentations, for annotations without a bbox. Formats:
// pycocotools' mask.py and maskApi.c (polygons, run lengths as a list and as text).

#include <cstdint>
#include <string_view>

#include "core/base/result.h"
#include "core/data/dataset_builder.h"

namespace anchorscope {

struct MaskBounds {
  RawBox box;
  double areaPx = 0;  ///< Of polygons that do not overlap, or the set pixels of a mask.
};

/// `json`: the text of a "segmentation" value. An error says what it is instead.
Result<MaskBounds> maskBounds(std::string_view json);

}  // namespace anchorscope
