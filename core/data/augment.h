#pragma once
// View header. Where an image goes in the detector's input, and how its colours change: plans drawn from one
// random stream, and the objects under them.

#include <span>
#include <vector>

#include "core/base/param.h"
#include "core/base/random.h"
#include "core/data/dataset.h"
#include "core/data/input_shape.h"
#include "core/data/object_shape.h"
#include "core/data/warp.h"

namespace anchorscope {

/// How an image is fitted into the input.
enum class Fit { kLetterbox, kStretch };

/// Options of augmentation, read once from the loader's parameters.
struct AugmentOptions {
  Fit fit = Fit::kLetterbox;
  double flip = 0;                                      ///< Probability.
  double zoomMin = 1, zoomMax = 1;                      ///< Relative to the fitted size, log-uniform.
  double brightness = 0, contrast = 0, saturation = 0;  ///< Factor drawn from [1 - x, 1 + x].
  double mosaic = 0;                                    ///< Probability.
  double minVisible = 0;  ///< Share of its area by which an object stays after cropping.

  static AugmentOptions from(const ParamSet& params);
  /// How images are fitted into the windows of this shape: a rectangle's has their aspect already.
  Fit fitIn(const InputShape& shape) const { return shape.keepsAspect() ? Fit::kStretch : fit; }
  Status validate() const;
};

/// Letterbox: the largest scale at which the whole image fits, centred (offset in whole px); stretch: both
/// axes fill the input.
AxisTransform fittedTransform(SizePx image, SizePx input, Fit fit);

/// Flip, zoom and placement: a larger image is cropped at a random place, a smaller one put at a random
/// place.
AxisTransform randomTransform(SizePx image, SizePx input, const AugmentOptions& options, Random& random);

/// The same inside one cell of a mosaic: the image covers the cell.
AxisTransform randomCellTransform(SizePx image, const PixelRect& cell, const AugmentOptions& options,
                                  Random& random);

/// A random change of brightness, contrast (about mid-grey) and saturation, in this order. Only matrix,
/// offset and changesColor of the map are set.
void randomColor(const AugmentOptions& options, Random& random, ColorMap& map);

/// Objects in the input, clipped to `window`. Kept when the share of their area inside it is at least
/// `minVisible` and the rest is no thinner than 1 px; without cropping (minVisible 0) all with a rest are
/// kept.
void appendObjectsInInput(const std::vector<Annotation>& objects, const AxisTransform& inputFromImage,
                          const PixelRect& window, double minVisible,
                          std::vector<Annotation>& objectsInInput);

/// The shapes of objects that appendObjectsInInput() appended, all under its transform.
/// `visibleInInput`: the px that show their image.
void appendShapesInInput(std::span<const Annotation> appended, const AxisTransform& inputFromImage,
                         const PixelRect& visibleInInput, std::vector<ShapeInInput>& shapesInInput);

}  // namespace anchorscope
