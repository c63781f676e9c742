#pragma once
// View header (no torch). A batch of transformed images, as the loader hands it out.

#include <cstdint>
#include <vector>

#include "core/base/diagnostics.h"
#include "core/base/geometry.h"
#include "core/data/dataset.h"

namespace anchorscope {

/// One transformed sample of a batch.
struct BatchSample {
  std::size_t imageIndex = 0;    ///< Into Dataset::images().
  AxisTransform inputFromImage;  ///< Exact for pixels and boxes alike. With mosaic: of the first tile.
  std::vector<Annotation>
      objectsInInput;  ///< Boxes in input px (the member name boxInImage then means the input frame).
};

/// Pixels of B images, NHWC float32, normalised, ready to be wrapped as a channels_last tensor without a
/// copy.
struct Batch {
  std::int64_t position = 0;  ///< Index of the batch since the start of training.
  SizePx inputSize;
  std::vector<BatchSample> samples;
  std::vector<float> pixels;  ///< B * height * width * 3; the border around an image is 0, the mean colour.
  Diagnostics diagnostics;    ///< Images that could not be read and were replaced by the next in order.
};

}  // namespace anchorscope
