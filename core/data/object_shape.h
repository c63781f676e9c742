#pragma once
// View header. What of an image an annotated object covers, beyond its box, and the same in the detector's
// input. No tensors.

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "core/base/geometry.h"
#include "core/data/pixel_rect.h"
#include "core/data/segmentation.h"

namespace anchorscope {

/// The pixels or the outlines of an object, in px of its image (ImageRecord::size, the frame of
/// Annotation::boxInImage). Polygons are those that maskOfPolygons takes, united; they may reach out of the
/// image. A mask has the image's size.
struct ObjectShape {
  std::variant<std::vector<Polygon>, RunMask> form;

  const std::vector<Polygon>* polygons() const { return std::get_if<std::vector<Polygon>>(&form); }
  const RunMask* mask() const { return std::get_if<RunMask>(&form); }
};

/// The shape in an image whose sides are 1 / `reducedBy` of those that it was annotated in, rounded up to
/// `reducedSize`. Of a mask the pixel at the centre of each block is taken.
ObjectShape reducedShape(ObjectShape shape, int reducedBy, SizePx reducedSize);

/// The pixels of the image that the shape covers: polygons as pycocotools rasterises them (what lies farther
/// outside than the image is large is cut off first), a mask as it is.
RunMask maskInImage(const ObjectShape& shape, SizePx image);

/// All that it takes to draw an object's shape in the input.
struct ShapeInInput {
  std::shared_ptr<const ObjectShape> shape;  ///< Null: the object has none.
  AxisTransform inputFromImage;              ///< Of the object's own image: with mosaic, of its tile.
  /// The px of the input that show that image; the object covers nothing outside them.
  PixelRect visibleInInput;
};

/// What the shape covers of the pixels of `rectInInput`, 1 = covered: its rows from the top, each from the
/// left. Corners of polygons are mapped into the input and rasterised there (maskOfPolygons); a mask gives
/// the pixel that holds the centre of the input's, as nearest-neighbour resampling does. A rectangle within
/// another gives the same values there. It may reach out of the input. All 0 without a shape. Any thread.
std::vector<std::uint8_t> maskInInput(const ShapeInInput& shape, const PixelRect& rectInInput);
/// Of the whole input: height rows of width.
std::vector<std::uint8_t> maskInInput(const ShapeInInput& shape, SizePx input);

}  // namespace anchorscope
