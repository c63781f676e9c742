#pragma once
// Internal header. COCO's segmentations: the shapes they are, and boxes and areas of them for annotations
// without a bbox. Formats: pycocotools' mask.py and maskApi.c (polygons, run lengths as a list and as text).

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/data/dataset_builder.h"
#include "core/data/object_shape.h"

namespace anchorscope {

/// `json`: the text of a "segmentation" value. In its own frame, with any finite coordinates. An error says
/// what it is instead.
Result<ObjectShape> shapeOfSegmentation(std::string_view json);

struct MaskBounds {
  RawBox box;
  double areaPx = 0;  ///< Of polygons that do not overlap, or the set pixels of a mask.
};

/// kBadData for a mask without a set pixel.
Result<MaskBounds> boundsOf(const ObjectShape& shape);
/// `json`: as above.
Result<MaskBounds> maskBounds(std::string_view json);

/// What became of an annotation's segmentation.
struct ShapeReading {
  std::shared_ptr<const ObjectShape> shape;  ///< In px of the record's size; null where it cannot be used.
  const char* problem = nullptr;             ///< Its kind; null: none.
  std::string message;
  RecordAction action = RecordAction::kKept;
};

/// The rules of dataset.h for the segmentation of an object of this image: as annotated on the upright image
/// at its full size.
ShapeReading readShape(std::string_view json, const ImageDraft& image);

}  // namespace anchorscope
