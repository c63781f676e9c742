#pragma once
// Internal header (ATen). The old name of the detectors' header, until nothing includes it.

#include "core/model/dense_detector.h"
namespace anchorscope {
using RetinaNet = DenseDetector;
}
