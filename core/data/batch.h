#pragma once
// View header (no torch). A batch of transformed images, as the loader hands it out.

#include <cstdint>
#include <vector>

#include "core/base/diagnostics.h"
#include "core/base/geometry.h"
#include "core/data/dataset.h"
#include "core/data/object_shape.h"
#include "core/data/pixel_rect.h"

namespace anchorscope {

/// One transformed sample of a batch.
struct BatchSample {
  std::size_t imageIndex = 0;    ///< Into Dataset::images().
  AxisTransform inputFromImage;  ///< Exact for pixels and boxes alike. With mosaic: of the first tile.
  PixelRect filledInInput;       ///< The px that hold an image; the rest is border.
  std::vector<Annotation>
      objectsInInput;  ///< Boxes in input px (the member name boxInImage then means the input frame).
  /// Where LoaderOptions::objectShapes asks for them: one for each of objectsInInput; else none.
  std::vector<ShapeInInput> shapesInInput;
};

/// Pixels of B images as they were read and transformed: 8-bit RGB, NHWC. Whoever trains on them normalises
/// them where it trains.
struct Batch {
  std::int64_t position = 0;  ///< Index of the batch since the start of training.
  SizePx inputSize;
  std::vector<BatchSample> samples;
  std::vector<std::uint8_t> pixels;  ///< B * height * width * 3; 0 outside the samples' filledInInput.
  Diagnostics diagnostics;  ///< Images that could not be read and were replaced by the next in order.
};

}  // namespace anchorscope
