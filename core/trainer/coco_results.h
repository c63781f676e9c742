#pragma once
// View header. Detections as COCO results JSON, for other tools to score (pycocotools' loadRes).

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/data/dataset.h"
#include "core/eval/coco_ap.h"

namespace anchorscope {

/// A JSON array of {"image_id", "category_id", "bbox": [x, y, width, height], "score"}, in the order given.
/// Ids are those of the data set's own JSON, written as they stand there; a set of another format has the
/// image's position and the class's index
/// + 1, with "file_name" and "category" beside them. Boxes are px of the picture as it is stored on disk at
/// its full size, upright; numbers in their shortest form that reads back to the same. `detections`: image
/// and classIndex into the data set's images and classes (checked).
std::string cocoResultsJson(const Dataset& dataset, const std::vector<EvalDetection>& detections);

}  // namespace anchorscope
